"""The rules of the diff: what can break between a client of one contract and a server of another.

A rule breaks every consumer, or only consumers with a trait, such as rejecting unknown fields. For other consumers the
change has a lower severity.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from types import MappingProxyType

from flowcontract.errors import UsageError
from flowcontract.openapi import documents


class Severity(IntEnum):
    """How severe a change is, in ascending order."""

    GENERATED = 0
    """Only names in generated code change; requests and responses do not."""
    ADDITIVE = 1
    WARNING = 2
    """It does not break clients by itself, but needs a review."""
    BREAKING = 3

    def __str__(self) -> str:
        return self.name.lower()


TRAITS: Mapping[str, str] = MappingProxyType(
    {
        "closed-enums": "rejects an unknown value of an enumeration",
        "rejects-unknown": "rejects an object with an unknown field",
        "requires-fields": "rejects an object without a required field",
        "requires-nullable": "rejects an object without a required field that may be null",
        "rejects-null": "rejects null in a required field or a list where it is not allowed",
        "rejects-optional-null": "rejects null in an optional field where it is not allowed",
        "reads-lists": "rejects anything but a list of objects where one is required",
        "checks-types": "rejects a value of another type",
        "checks-formats": "rejects a string that violates its format",
        "checks-bounds": "rejects a value outside its pattern, length or range",
    }
)


@dataclass(frozen=True, slots=True)
class Consumer:
    """How strict a client is with responses."""

    name: str
    traits: frozenset[str]
    about: str = ""


def _consumer(name: str, about: str, *traits: str) -> Consumer:
    return Consumer(name, frozenset(traits), about)


_TYPED = (
    "closed-enums", "requires-fields", "requires-nullable", "rejects-null", "rejects-optional-null", "checks-types"
)  # fmt: skip

CONSUMERS: Mapping[str, Consumer] = MappingProxyType(
    {
        consumer.name: consumer
        for consumer in (
            _consumer("reader", "typed, ignores unknown fields, does not check bounds", *_TYPED),
            _consumer("strict", "checks everything in the contract", *TRAITS),
            _consumer(
                "python",
                "client of openapi-generator for Python (pydantic)",
                "closed-enums",
                "requires-fields",  # A missing field counts as null, so one that may be null can be missing,
                "rejects-null",  # and one that may be missing can be null.
                "checks-types",
                "checks-formats",
                "checks-bounds",
            ),
            _consumer(
                "typescript", "client of openapi-generator for TypeScript (fetch); never validates", "reads-lists"
            ),
            _consumer(
                "go",
                "client of openapi-generator for Go since 7.8: strict decoding",
                "closed-enums",
                "rejects-unknown",
                "requires-fields",
                "requires-nullable",
                "checks-types",
            ),
            _consumer("go-before-7.8", "older client of openapi-generator for Go", "closed-enums", "checks-types"),
        )
    }
)


def consumer(name: str) -> Consumer:
    """The consumer of a name, of a comma-separated list of traits, or of a YAML file with a list `traits`.

    Raises UsageError, or ContractError for a file that cannot be read.
    """
    if name in CONSUMERS:
        return CONSUMERS[name]
    if name.endswith((".yaml", ".yml", ".json")):
        raw = documents.read(Path(name))
        traits = raw.get("traits") if isinstance(raw, Mapping) else None
    else:
        traits = [trait.strip() for trait in name.split(",")]
    if not isinstance(traits, list) or not set(map(str, traits)) <= TRAITS.keys():
        raise UsageError(
            f"expected a consumer, got {name!r}.",
            do=f"Name one of {', '.join(CONSUMERS)}, or list traits: {','.join(TRAITS)}.",
        )
    return _consumer(name, "custom", *map(str, traits))


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of change."""

    name: str
    about: str
    trait: str = ""
    """It breaks consumers with this trait; empty for a rule that does not depend on the consumer."""
    otherwise: Severity = Severity.BREAKING
    """The severity for other consumers."""


def _table(*rules: Rule) -> Mapping[str, Rule]:
    return MappingProxyType({rule.name: rule for rule in rules})


_A, _W, _B, _G = Severity.ADDITIVE, Severity.WARNING, Severity.BREAKING, Severity.GENERATED

RULES = _table(
    Rule("operation-removed", "an operation was removed"),
    Rule("operation-missing", "an operation of the new contract, which an old server does not have"),
    Rule("operation-added", "an operation was added", otherwise=_A),
    Rule("operation-deprecated", "an operation is deprecated", otherwise=_W),
    Rule("operation-id-changed", "the operation ID changed: generated methods have other names", otherwise=_G),
    Rule("server-changed", "the base path changed"),
    Rule("server-address-changed", "the host changed, for clients that take it from the document", otherwise=_W),
    Rule("server-removed", "a server is no longer listed", otherwise=_W),
    Rule("security-required", "an operation requires credentials that it did not require"),
    Rule("security-scope-added", "an operation requires a further scope"),
    Rule("security-type-changed", "clients get the token for the same header in another way", otherwise=_W),
    Rule("security-flow-removed", "a flow of a security scheme was removed"),
    Rule("security-flow-added", "a flow of a security scheme was added", otherwise=_A),
    Rule("security-url-changed", "a URL at which clients get a token changed", otherwise=_W),
    Rule("security-scope-removed", "a flow no longer offers a scope", otherwise=_W),
    Rule("security-changed", "an operation requires other credentials"),
    Rule(
        "security-scheme-changed",
        "another security scheme for the same header: generated helpers change",
        otherwise=_G,
    ),
    Rule("parameter-required", "a parameter became required"),
    Rule("parameter-added", "an optional parameter was added", otherwise=_A),
    Rule("parameter-ignored", "a parameter was removed", otherwise=_W),
    Rule("parameter-name-changed", "a path parameter was renamed in generated code", otherwise=_G),
    Rule("parameter-style-changed", "the serialization of a parameter changed"),
    Rule("parameter-reserved-escaped", "a parameter no longer takes reserved characters as they are", otherwise=_W),
    Rule("parameter-empty-rejected", "a parameter may no longer be empty", otherwise=_W),
    Rule("request-body-required", "the request body became required"),
    Rule("request-body-ignored", "the request body was removed", otherwise=_W),
    Rule("request-body-added", "an optional request body was added", otherwise=_A),
    Rule("request-media-removed", "a media type of requests was removed"),
    Rule("request-media-added", "a media type of requests was added", otherwise=_A),
    Rule("request-part-type", "the media type or a header of a form's part changed"),
    Rule("request-part-style", "the serialization of a form's field changed"),
    Rule("request-xml", "an element or attribute of a request in XML has another name or namespace"),
    Rule("request-type", "a type of a request value was removed"),
    Rule("request-null", "null is no longer accepted"),
    Rule("request-enum-value", "an enumeration value is no longer accepted"),
    Rule("request-enum-value-added", "an enumeration value was added", otherwise=_A),
    Rule("request-format", "the format of a request value changed"),
    Rule("request-bounds", "the bounds of a request value became narrower"),
    Rule("request-pattern", "another pattern of a request value: whether it admits less is unknown", otherwise=_W),
    Rule("request-values", "a constraint of a request value became narrower"),
    Rule("request-undecided", "another constraint of a request value: its effect is unknown", otherwise=_W),
    Rule("request-closed", "unknown request fields are rejected or restricted", otherwise=_W),
    Rule("request-field-required", "a request field became required"),
    Rule("request-field-rejected", "a request field is rejected"),
    Rule("request-field-ignored", "a request field is ignored", otherwise=_W),
    Rule("request-field-added", "an optional request field was added", otherwise=_A),
    Rule("request-default", "the default of a request value changed", otherwise=_W),
    Rule("request-discriminator", "the discriminator of a request changed"),
    Rule("request-discriminator-added", "a request has a discriminator", otherwise=_W),
    Rule("request-variant", "an alternative of a request was removed"),
    Rule("request-variant-ambiguous", "a request matches several alternatives of a `oneOf`, which rejects it"),
    Rule("request-variant-added", "an alternative of a request was added", otherwise=_A),
    Rule("response-status-removed", "a success response was removed"),
    Rule("response-status-added", "a response status was added", otherwise=_A),
    Rule("response-success-added", "a success or redirect was added", otherwise=_W),
    Rule("response-redirect-removed", "a redirect was removed", otherwise=_W),
    Rule("response-error-removed", "an error response is no longer documented", otherwise=_W),
    Rule("response-media-removed", "a media type of responses was removed"),
    Rule("response-media-added", "a media type of responses was added", otherwise=_A),
    Rule("response-media-opened", "a media type of responses became a range", otherwise=_W),
    Rule("response-header-added", "a response header was added", otherwise=_A),
    Rule("response-header-missing", "a required response header may be missing"),
    Rule("response-header-removed", "an optional response header was removed", otherwise=_W),
    Rule("response-header-style", "the serialization of a response header changed", otherwise=_W),
    Rule("response-xml", "an element or attribute of a response in XML has another name or namespace"),
    Rule("response-type", "the type of a response value changed", "checks-types"),
    Rule("response-null", "a response value may be null", "rejects-null", _W),
    Rule("response-optional-null", "an optional response value may be null", "rejects-optional-null", _W),
    Rule("response-enum-value", "an unknown enumeration value", "closed-enums", _A),
    Rule("response-enum-opened", "an enumeration was opened to any value", "closed-enums", _A),
    Rule("response-format", "the format of a response value changed", "checks-formats", _W),
    Rule("response-bounds", "the bounds of a response value became wider", "checks-bounds", _A),
    Rule("response-pattern", "another pattern of a response value: whether it admits more is unknown", otherwise=_W),
    Rule("response-values", "a constraint of a response value became wider", "checks-bounds", _A),
    Rule("response-undecided", "another constraint of a response value: its effect is unknown", otherwise=_W),
    Rule("response-field-missing", "a required response field is missing", "requires-fields", _W),
    Rule("response-nullable-field-missing", "a required nullable response field is missing", "requires-nullable", _W),
    Rule("response-field-optional", "a required response field became optional", "requires-fields", _W),
    Rule("response-field-removed", "a response field was removed", otherwise=_B),
    Rule("response-field-unknown", "a response field was added", "rejects-unknown", _A),
    Rule("response-field-forbidden", "a response field that the client's schema excludes", "checks-types", _W),
    Rule("response-discriminator", "the discriminator of a response changed", "checks-types", _W),
    Rule("response-variant", "an alternative of a response was added", "checks-types", _W),
    Rule("callback-removed", "a callback was removed", otherwise=_W),
    Rule("callback-added", "a callback was added", otherwise=_A),
    Rule("callback-media-changed", "the media type of a callback or webhook changed"),
    Rule("callback-response-changed", "a callback or webhook expects another success status", otherwise=_W),
    Rule("callback-parameter-missing", "a required parameter of a callback or webhook may be missing", otherwise=_W),
    Rule("webhook-removed", "a webhook was removed", otherwise=_W),
    Rule("webhook-added", "a webhook was added", otherwise=_A),
    Rule("component-renamed", "a component was renamed: generated classes have other names", otherwise=_G),
    Rule("document-repaired", "an invalid response in the document was fixed: code can be generated", otherwise=_G),
    Rule("document-invalid", "a response in the document is invalid: no code can be generated", otherwise=_W),
    Rule("version-not-raised", "the contract changed, but `info.version` did not", otherwise=_W),
    Rule("version-lowered", "`info.version` is lower than before", otherwise=_W),
    Rule("version-adds-in-patch", "a patch release adds to the contract", otherwise=_W),
    Rule("version-requires-in-patch", "a patch release adds a required field"),
    Rule("version-breaks-in-patch", "a patch release breaks clients"),
    Rule("version-breaks-in-minor", "a minor release breaks clients", otherwise=_W),
)
