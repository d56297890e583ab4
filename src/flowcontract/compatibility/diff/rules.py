"""The rules of the diff: what can go wrong between a client of one contract and a server of another.

Each rule says whom it hurts: everybody, or those consumers alone that have a trait, such as rejecting fields
they do not know. For the others it is a change of a lesser kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from types import MappingProxyType

from flowcontract.errors import UsageError
from flowcontract.openapi import documents


class Severity(IntEnum):
    """How much a change matters, the greatest last."""

    GENERATED = 0
    """It concerns the names in generated code alone; nothing changes on the wire."""
    ADDITIVE = 1
    WARNING = 2
    """It breaks nobody by itself, but should be looked at."""
    BREAKING = 3

    def __str__(self) -> str:
        return self.name.lower()


TRAITS: Mapping[str, str] = MappingProxyType(
    {
        "closed-enums": "refuses a value of an enumeration that it does not know",
        "rejects-unknown": "refuses an object with a field that it does not know",
        "requires-fields": "refuses an object without a required field",
        "requires-nullable": "refuses an object without a required field that may be null",
        "rejects-null": "refuses null in a required field, or among the entries of a list, where it is not allowed",
        "rejects-optional-null": "refuses null in an optional field where it is not allowed",
        "checks-types": "refuses a value of another type",
        "checks-formats": "refuses a text that is not of the format",
        "checks-bounds": "refuses a value outside its pattern, length or range",
    }
)


@dataclass(frozen=True, slots=True)
class Consumer:
    """How strict a client is with the answers that it gets."""

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
            _consumer("reader", "typed, ignores fields it does not know, does not check bounds", *_TYPED),
            _consumer("strict", "checks all that a contract can say", *TRAITS),
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
            _consumer("typescript", "client of openapi-generator for TypeScript (fetch); never validates"),
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
    """The consumer of a name, of a list of traits with commas, or of a YAML file with a list `traits`.

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
            f"a consumer was expected, {name!r} is none.",
            do=f"Name one of {', '.join(CONSUMERS)}, or list traits: {','.join(TRAITS)}.",
        )
    return _consumer(name, "of your own", *map(str, traits))


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that can go wrong."""

    name: str
    about: str
    trait: str = ""
    """Consumers with this trait are hurt; empty for a rule that does not depend on the consumer."""
    otherwise: Severity = Severity.BREAKING
    """What it is for those who are not hurt."""


def _table(*rules: Rule) -> Mapping[str, Rule]:
    return MappingProxyType({rule.name: rule for rule in rules})


_A, _W, _B, _G = Severity.ADDITIVE, Severity.WARNING, Severity.BREAKING, Severity.GENERATED

RULES = _table(
    Rule("operation-removed", "an operation that the client calls is gone"),
    Rule("operation-added", "a new operation", otherwise=_A),
    Rule("operation-deprecated", "an operation is to be removed", otherwise=_W),
    Rule("operation-id-changed", "an operation has another id: generated methods have another name", otherwise=_G),
    Rule("server-changed", "the base path is another"),
    Rule("server-address-changed", "the host is another for clients that take it from the document", otherwise=_W),
    Rule("security-required", "an operation asks for credentials that it did not ask for"),
    Rule("security-scope-added", "an operation asks for a scope that it did not ask for"),
    Rule("security-changed", "an operation asks for other credentials"),
    Rule("security-scheme-changed", "the same header, described otherwise: generated helpers change", otherwise=_G),
    Rule("parameter-required", "a parameter has to be sent that did not have to be"),
    Rule("parameter-added", "a new optional parameter", otherwise=_A),
    Rule("parameter-ignored", "a parameter that the client may send is gone", otherwise=_W),
    Rule("parameter-name-changed", "a path parameter has another name in generated code", otherwise=_G),
    Rule("parameter-style-changed", "a parameter is written another way"),
    Rule("request-body-required", "a body has to be sent that did not have to be"),
    Rule("request-body-ignored", "a body that the client may send is not read", otherwise=_W),
    Rule("request-body-added", "a body may be sent", otherwise=_A),
    Rule("request-media-removed", "a media type that the client sends is not taken"),
    Rule("request-media-added", "another media type is taken", otherwise=_A),
    Rule("request-type", "a value of a type that the client sends is not taken"),
    Rule("request-null", "null, which the client may send, is not taken"),
    Rule("request-enum-value", "a value that the client may send is not taken"),
    Rule("request-enum-value-added", "another value is taken", otherwise=_A),
    Rule("request-format", "a text of another format is asked for"),
    Rule("request-bounds", "the bounds of a value are narrower"),
    Rule("request-field-required", "a field has to be sent that did not have to be"),
    Rule("request-field-refused", "a field that the client may send is refused"),
    Rule("request-field-ignored", "a field that the client may send is not read", otherwise=_W),
    Rule("request-field-added", "a new optional field", otherwise=_A),
    Rule("request-default", "another value counts where the client sends none", otherwise=_W),
    Rule("request-discriminator", "the client names an alternative by a value or a field that is not taken"),
    Rule("request-variant", "an alternative that the client may send is not taken"),
    Rule("response-status-removed", "the success answer that the client reads is gone"),
    Rule("response-status-added", "an answer with another status", otherwise=_A),
    Rule("response-media-removed", "the media type that the client reads is gone"),
    Rule("response-media-added", "an answer of another media type", otherwise=_A),
    Rule("response-header-added", "a new header", otherwise=_A),
    Rule("response-header-removed", "a header that was always there may be missing", otherwise=_W),
    Rule("response-type", "a value is of another type", "checks-types"),
    Rule("response-null", "a value may be null", "rejects-null", _W),
    Rule("response-optional-null", "a value that need not be there may be null", "rejects-optional-null", _W),
    Rule("response-enum-value", "a value that the client does not know", "closed-enums", _A),
    Rule("response-enum-opened", "any value, where there were a few", "closed-enums", _A),
    Rule("response-format", "a text of another format", "checks-formats", _W),
    Rule("response-bounds", "a value outside the bounds that the client knows", "checks-bounds", _A),
    Rule("response-field-missing", "a required field is not there", "requires-fields", _W),
    Rule("response-nullable-field-missing", "a required field that may be null is not there", "requires-nullable", _W),
    Rule("response-field-optional", "a required field may be missing", "requires-fields", _W),
    Rule("response-field-removed", "a field is gone that was there", otherwise=_B),
    Rule("response-field-unknown", "a field that the client does not know", "rejects-unknown", _A),
    Rule("response-discriminator", "an alternative is named by another value or field", "checks-types", _W),
    Rule("response-variant", "an alternative that the client does not know", "checks-types", _W),
    Rule("component-renamed", "a component has another name: generated classes have another name", otherwise=_G),
    Rule("document-repaired", "an answer that was not valid in the document is; code can be generated", otherwise=_G),
    Rule("document-invalid", "an answer is not valid in the document: no code can be generated", otherwise=_W),
    Rule("version-not-raised", "the contract changed and `info.version` did not", otherwise=_W),
    Rule("version-lowered", "`info.version` is lower than before", otherwise=_W),
    Rule("version-adds-in-patch", "a patch release adds to the contract", otherwise=_W),
    Rule("version-requires-in-patch", "a patch release adds a required field"),
    Rule("version-breaks-in-patch", "a patch release breaks clients"),
    Rule("version-breaks-in-minor", "a minor release breaks clients", otherwise=_W),
)
