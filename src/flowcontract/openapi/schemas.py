"""OpenAPI 3.0 schemas as JSON Schema 2020-12, with formats checked and errors placed in the contract.

OpenAPI 3.0 has a dialect of its own (`nullable`, boolean `exclusiveMinimum`, `readOnly` beside
`required`). It is rewritten once per document and direction, keeping the shape, so that the place of an
error in the rewritten schema leads back to a place in the contract.
"""

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from re import _parser
from typing import Any, Literal
from urllib.parse import quote, unquote

import jsonschema_rs

from flowcontract.errors import ContractError
from flowcontract.openapi import pointers
from flowcontract.openapi.validation import reading

Direction = Literal["request", "response"]

_ROOT = "urn:contract"
_HALF = re.compile("[\ud800-\udfff]")
# Keywords whose value is a schema, a list of schemas, or a map of schemas.
_ONE = frozenset({"items", "not", "additionalProperties"})
_MANY = frozenset({"allOf", "anyOf", "oneOf"})
_MAP = frozenset({"properties"})
# What a keyword of the rewritten schema is called in the contract.
_ORIGINAL = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
# Objects whose keys are names that the author chose: `x-` and `example` say nothing special there.
_NAMES = frozenset({"parameters", "headers", "responses", "requestBodies", "links", "callbacks", "content"})
# OpenAPI keywords that say nothing about validity.
_SILENT = frozenset({"discriminator", "xml", "externalDocs", "example", "deprecated", "nullable"})


@dataclass(frozen=True, slots=True)
class SchemaError:
    """One way in which an instance is not what the schema says."""

    keyword: str
    message: str
    instance: str
    """JSON Pointer into the instance."""
    pointer: str
    """JSON Pointer into the contract, references followed: where the broken keyword stands."""


class Schemas:
    """The schemas of one document, compiled on demand and kept."""

    def __init__(self, document: Mapping[str, Any], name: str = "the contract") -> None:
        """`name`: what messages call the document."""
        self._document = document
        self._name = name
        self._validators: dict[tuple[str, Direction], Any] = {}

    @cached_property
    def _request_registry(self) -> Any:
        with reading((self._name, self._document)):
            return _registry(self._document, "request")

    @cached_property
    def _response_registry(self) -> Any:
        with reading((self._name, self._document)):
            return _registry(self._document, "response")

    def is_valid(self, pointer: str, instance: Any, direction: Direction = "response") -> bool:
        """Say whether `instance` is what the schema at `pointer` of the document says."""
        validator = self._validator(pointer, direction)
        try:
            return bool(validator.is_valid(instance))
        except UnicodeEncodeError:
            return bool(validator.is_valid(_whole(instance)))

    def errors(self, pointer: str, instance: Any, direction: Direction = "response") -> Iterator[SchemaError]:
        """Name each way in which `instance` is not what the schema at `pointer` says."""
        validator = self._validator(pointer, direction)
        try:
            found = list(validator.iter_errors(instance))
        except UnicodeEncodeError:
            found = list(validator.iter_errors(_whole(instance)))
        for error in found:
            yield from self._placed(error)

    def canonical(self, pointer: str, direction: Direction = "response") -> jsonschema_rs.CanonicalSchema:
        """The schema at `pointer` in canonical form: `allOf` folded, alternatives apart, contradictions found.

        Raises ContractError where the schema cannot be read.
        """
        registry = self._request_registry if direction == "request" else self._response_registry
        try:
            return jsonschema_rs.canonicalize(
                {"$ref": f"{_ROOT}-{direction}#{_quote(pointer)}"},
                draft=jsonschema_rs.Draft202012,
                registry=registry,
                validate_formats=True,
                offline=True,
            )
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            raise _unusable(pointer, error) from error

    def resolve(self, node: Any) -> Any:
        """Follow a schema's reference within the document; a circle or a gap ends in the empty schema."""
        for _ in range(50):
            reference = node.get("$ref") if isinstance(node, Mapping) else None
            if not isinstance(reference, str):
                return node
            try:
                node = pointers.get(self._document, pointers.split(unquote(reference.removeprefix("#"))))
            except LookupError:
                break
        return {}

    def _placed(self, error: Any) -> Iterator[SchemaError]:
        place = self._origin(error.schema_path)
        keyword = str(error.schema_path[-1])
        if keyword == "anyOf" and pointers.split(place)[-1:] != ["anyOf"]:
            # The rewriting put this `anyOf` around a nullable composition: what failed is inside it.
            for inner in error.kind.as_dict()["context"][0]:
                yield from self._placed(inner)
            return
        yield SchemaError(keyword, str(error.message), pointers.join(*error.instance_path), place)

    def _origin(self, path: list[str | int]) -> str:
        """Lead a path through the rewritten document back to a pointer into the contract.

        Steps that only the rewriting put in (a nullable's `anyOf`, an exclusive bound) are left out.
        """
        tokens: list[str | int] = []
        node: Any = self._document
        skipped = False
        for step in path:
            # A key such as the status `200` comes back as a number.
            step = str(step) if isinstance(node, Mapping) else step
            step = _ORIGINAL.get(step, step) if isinstance(step, str) and step not in node else step
            if isinstance(node, Mapping) and step not in node:
                skipped = True
                continue
            if (isinstance(node, list) and not isinstance(step, int)) or (skipped and isinstance(step, int)):
                skipped = False
                continue
            skipped = False
            tokens.append(step)
            node = node[step]
        return pointers.join(*tokens)

    def _validator(self, pointer: str, direction: Direction) -> Any:
        key = (pointer, direction)
        if key not in self._validators:
            registry = self._request_registry if direction == "request" else self._response_registry
            try:
                self._validators[key] = jsonschema_rs.Draft202012Validator(
                    {"$ref": f"{_ROOT}-{direction}#{_quote(pointer)}"},
                    registry=registry,
                    validate_formats=True,
                    formats=FORMATS,
                    offline=True,
                )
            except (ValueError, jsonschema_rs.ReferencingError) as error:
                raise _unusable(pointer, error) from error
        return self._validators[key]


def _whole(value: Any) -> Any:
    """A JSON value with U+FFFD for each half of a character, which JSON can escape and no validator can hold."""
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, Mapping):
        return {_whole(name): _whole(item) for name, item in value.items()}
    return value


def _unusable(pointer: str, error: Exception) -> ContractError:
    problem = getattr(error, "message", None) or str(error)
    return ContractError(
        f"the schema at {pointer or '/'} cannot be used: {problem}.", do="Mend the schema in the contract."
    )


def _quote(pointer: str) -> str:
    return quote(pointer, safe="/~!$&'()*+,;=:@-._")


# Formats of OpenAPI that JSON Schema does not know; they see strings only, numbers are bounded in `rewrite`.
def _is_base64(value: str) -> bool:
    import base64
    import binascii

    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


FORMATS = {"byte": _is_base64}
"""Checks of the formats that OpenAPI adds to those of JSON Schema, for strings."""


def _registry(document: Mapping[str, Any], direction: Direction) -> Any:
    return jsonschema_rs.Registry(
        [(f"{_ROOT}-{direction}", _rewrite_document(document, direction))],
        draft=jsonschema_rs.Draft202012,
    )


def _rewrite_document(node: Any, direction: Direction, *, names: bool = False) -> Any:
    """Copy a document, with each schema in it rewritten. A schema stands under `schema` or in `schemas`.

    `names`: the keys of this object are names.
    """
    if isinstance(node, list):
        return [_rewrite_document(item, direction) for item in node]
    if not isinstance(node, Mapping):
        return node
    copy: dict[str, Any] = {}
    for key, value in node.items():
        if names:
            copy[key] = _rewrite_document(value, direction)
        elif key == "schema" and isinstance(value, Mapping):
            copy[key] = rewrite(value, direction)
        elif key == "schemas" and isinstance(value, Mapping):
            copy[key] = {name: rewrite(schema, direction) for name, schema in value.items()}
        elif key in ("example", "examples") or key.startswith("x-"):
            continue
        else:
            copy[key] = _rewrite_document(value, direction, names=key in _NAMES)
    return copy


_SHORTEST = 1_000_000
"""Characters of the shortest text of a pattern; what must be longer is no key and no field."""


@lru_cache(maxsize=4096)
def is_foreign(pattern: str) -> bool:
    """Whether a pattern is good, and still cannot be read here: `^{a}$` and `^.{1,2097152}$` can elsewhere.

    One whose shortest text nobody can send is not good.
    """
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except ValueError:
        with contextlib.suppress(re.error, OverflowError, RecursionError):
            return bool(_parser.parse(pattern).getwidth()[0] <= _SHORTEST)
    return False


def unreadable(node: Any, at: str = "") -> Iterator[str]:
    """Pointers to the patterns below a node of a document that cannot be read, and so are not looked at."""
    if isinstance(node, Mapping):
        pattern = node.get("pattern")
        if isinstance(pattern, str) and is_foreign(pattern):
            yield f"{at}/pattern"
    if isinstance(node, Mapping | list):
        for key, value in node.items() if isinstance(node, Mapping) else enumerate(node):
            yield from unreadable(value, at + pointers.join(key))


def rewrite(schema: Any, direction: Direction) -> Any:
    """Rewrite one OpenAPI 3.0 schema as JSON Schema 2020-12.

    Rules (OpenAPI 3.0.3, Schema Object): siblings of `$ref` are ignored; `nullable: true` adds null to
    the type, the enum and the composition; `exclusiveMinimum: true` makes the bound exclusive; a readOnly
    property is not required in a request, a writeOnly one not in a response and must not stand there; a
    discriminator that names one alternative rules the others out.
    """
    if not isinstance(schema, Mapping):
        return schema
    if isinstance(schema.get("$ref"), str):
        reference = schema["$ref"]
        return {"$ref": "#" + _quote(unquote(reference[1:])) if reference.startswith("#") else reference}
    copy: dict[str, Any] = {}
    for key, value in schema.items():
        unread = key == "pattern" and isinstance(value, str) and is_foreign(value)
        if key in _SILENT or key.startswith("x-") or unread:
            continue
        if key in _ONE:
            copy[key] = rewrite(value, direction)
        elif key in _MANY:
            branches = [rewrite(item, direction) for item in value]
            copy[key] = branches if key == "allOf" else _told_apart(branches, value, schema.get("discriminator"))
        elif key in _MAP:
            copy[key] = {name: rewrite(item, direction) for name, item in value.items()}
        else:
            copy[key] = value
    _rewrite_bounds(schema, copy)
    _rewrite_required(schema, copy, direction)
    return _with_null(copy) if schema.get("nullable") is True else copy


def _told_apart(branches: list[Any], raw: list[Any], discriminator: Any) -> list[Any]:
    """Alternatives that a discriminator tells apart: none admits an instance that names another one.

    Alternatives of one shape, alike but for the name, would else all match, and `oneOf` none.
    """
    references = [item.get("$ref") if isinstance(item, Mapping) else None for item in raw]
    if not isinstance(discriminator, Mapping) or not all(isinstance(reference, str) for reference in references):
        return branches
    names = [discriminated(str(reference), discriminator) for reference in references]
    key = str(discriminator.get("propertyName", ""))
    found = []
    for at, branch in enumerate(branches):
        others = sorted({name for other, known in enumerate(names) if other != at for name in known} - names[at])
        found.append({"allOf": [branch, {"properties": {key: {"not": {"enum": others}}}}]} if others else branch)
    return found


def discriminated(reference: str, discriminator: Mapping[str, Any]) -> set[str]:
    """The values of a discriminator that name the schema at `reference`: those mapped to it, else its own name."""
    name = reference.rpartition("/")[2]
    mapped = {value for value, target in (discriminator.get("mapping") or {}).items() if target in (reference, name)}
    return mapped or {name}


def _rewrite_bounds(schema: Mapping[str, Any], copy: dict[str, Any]) -> None:
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(schema.get(exclusive), bool):
            del copy[exclusive]
            if schema[exclusive] and bound in copy:
                copy[exclusive] = copy.pop(bound)
    if schema.get("type") == "integer" and schema.get("format") in ("int32", "int64"):
        bits = 31 if schema["format"] == "int32" else 63
        copy.setdefault("allOf", []).append({"minimum": -(2**bits), "maximum": 2**bits - 1})


def _rewrite_required(schema: Mapping[str, Any], copy: dict[str, Any], direction: Direction) -> None:
    exempt = "readOnly" if direction == "request" else "writeOnly"
    named = schema.get("properties")
    if not isinstance(named, Mapping):
        return
    gone = {name for name, item in named.items() if isinstance(item, Mapping) and item.get(exempt) is True}
    if not gone:
        return
    if "required" in copy:
        copy["required"] = [name for name in copy["required"] if name not in gone]
    if direction == "response":
        for name in gone:
            copy["properties"][name] = False


def _with_null(copy: dict[str, Any]) -> dict[str, Any]:
    kind = copy.get("type")
    if isinstance(copy.get("enum"), list) and None not in copy["enum"]:
        copy["enum"] = [*copy["enum"], None]
    if isinstance(kind, str):
        copy["type"] = [kind, "null"]
    if any(key in copy for key in ("allOf", "oneOf", "anyOf", "not")):
        return {"anyOf": [copy, {"type": "null"}]}
    return copy
