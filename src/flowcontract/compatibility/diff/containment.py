"""Whether one set of values contains another, decided by the canonical form of jsonschema-rs."""

import functools
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import jsonschema_rs
from jsonschema_rs.canonical import Containment

from flowcontract.compatibility.diff.shapes import KINDS, Node, Shape, alternatives
from flowcontract.compatibility.diff.steps import Exchange
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.schemas import as_object
from flowcontract.openapi.structure import SCHEMA_LISTS, SCHEMA_MAPS, SCHEMA_ONE

YES, NO, UNKNOWN = Containment.YES, Containment.NO, Containment.UNKNOWN
_OF_KIND: Mapping[str, frozenset[str]] = {
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
    "string": frozenset({"minLength", "maxLength", "pattern"}),
    "array": frozenset({"minItems", "maxItems", "uniqueItems"}),
    "object": frozenset({"minProperties", "maxProperties"}),
}
_SCALARS = ("null", "boolean", "number", "string")
_DEPTH = 3
"""Levels of references that are written out."""
_LARGEST = 300
"""Schemas that are written out in one."""
_DESCRIBING = frozenset(
    {"title", "description", "examples", "deprecated", "externalDocs", "xml", "$comment", "$defs", "definitions"}
    | {"default", "discriminator"}
)


def covers(taken: Iterable[Any], sent: Iterable[Any]) -> Containment:
    """Whether each value that one of the schemas `sent` admits is one of `taken` too; without references."""
    try:
        return _covers(json.dumps({"anyOf": list(taken)}), json.dumps({"anyOf": list(sent)}))
    except (ValueError, UnicodeEncodeError):  # Not JSON, or a number that it cannot hold.
        return UNKNOWN


@functools.lru_cache(maxsize=4096)
def _covers(taken: str, sent: str) -> Containment:
    try:
        one, other = (
            jsonschema_rs.canonicalize(
                json.loads(text), draft=jsonschema_rs.Draft202012, validate_formats=True, offline=True
            )
            for text in (taken, sent)
        )
        return one.covers(other)
    except (ValueError, jsonschema_rs.ReferencingError):
        return UNKNOWN


def written(shape: Shape, kind: str, *, closed: bool = False) -> dict[str, Any] | None:
    """The values of one type of a shape as a schema without references; None where that would take too many levels.

    Fields and entries are those that are no deeper than one level. `closed`: fields that are not declared do not occur.
    """
    found: dict[str, Any] = {"type": "integer" if kind == "number" and shape.integers_only else kind}
    values = shape.values(kind)
    if values is not None:
        found["enum"] = list(values)
    found.update({key: value for key, value in shape.bounds.items() if key in _OF_KIND.get(kind, ())})
    if shape.format and kind == "string":
        found["format"] = shape.format
    if kind == "object":
        found["required"] = list(shape.required)
        found["properties"] = {name: _leaf(node) for name, node in shape.properties.items()}
        if closed and shape.further in (None, False) and shape.properties:
            found["additionalProperties"] = False
    if kind == "array":
        if shape.prefix:
            found["prefixItems"] = [_leaf(node) for node in shape.prefix]
        if shape.items is False or isinstance(shape.items, Node):
            found["items"] = shape.items and _leaf(shape.items)
    parts = [without_references(shape.contract, constraint) for _, constraint in shape.residual]
    if any(part is None for part in parts):
        return None
    return {**found, "allOf": parts} if parts else found


def _leaf(node: Node) -> Any:
    """A scalar field or entry in full; any other as any value."""
    if not is_scalar(node):
        return True
    kinds = [(shape, kind) for shape in alternatives(node) for kind in _SCALARS if shape.is_kind(kind)]
    return {"anyOf": [part for shape, kind in kinds if (part := written(shape, kind)) is not None]} if kinds else True


def is_scalar(node: Node) -> bool:
    """Whether no array and no object is valid."""
    return not any(shape.is_kind(kind) for shape in alternatives(node) for kind in ("array", "object"))


def divides(sent: Shape, taken: Sequence[Shape]) -> bool:
    """Whether each object of a shape is surely one of exactly one other; fields that are not scalars are the same."""
    schemas = [written(shape, "object", closed=True) for shape in (sent, *taken)]
    if None in schemas:
        return False
    pairs = itertools.combinations(schemas[1:], 2)
    if any(shape.choice for shape in taken) and any(covers([False], [{"allOf": [*pair]}]) is not YES for pair in pairs):
        return False
    return covers(schemas[1:], schemas[:1]) is YES


def possible(shape: Shape) -> Shape:
    """A shape without the types that its other constraints exclude."""
    if not shape.residual:
        return shape
    parts = [without_references(shape.contract, constraint) for _, constraint in shape.residual]
    if any(part is None for part in parts):
        return shape
    excluded = {
        kind for kind in KINDS if shape.is_kind(kind) and covers([False], [{"type": kind, "allOf": parts}]) is YES
    }
    if "number" in excluded:
        excluded.add("integer")
    return replace(shape, types=shape.types - excluded)


def contained(exchange: Exchange, sent: Node, taken: Node) -> bool:
    """Whether each value that is sent is surely one that is taken."""
    schemas = in_full(taken), in_full(sent)
    if None in schemas or any(_mentions(schema, exchange.hidden) for schema in schemas):
        return False
    return covers([schemas[0]], [schemas[1]]) is YES


def excludes(
    exchange: Exchange, sent: Node, taken: Node, sent_shapes: Sequence[Shape], taken_shapes: Sequence[Shape]
) -> bool:
    """Whether a value that is sent is surely not taken, though no single keyword says so.

    Fields that are not declared do not count, so objects are compared only where both sides declare the same.
    """
    shapes = (*sent_shapes, *taken_shapes)
    if not any(shape.residual or shape.choice or shape.enum is not None for shape in shapes):
        return False
    schemas = in_full(taken), in_full(sent)
    if None in schemas or any(_mentions(schema, exchange.hidden) for schema in schemas):
        return False
    kinds = [kind for kind in KINDS if kind != "object" and any(shape.is_kind(kind) for shape in sent_shapes)]
    if kinds and covers([schemas[0]], [{"allOf": [schemas[1], {"type": kinds}]}]) is NO:
        return True
    enumerated = [value for shape in sent_shapes for value in shape.values("object") or ()]
    if enumerated:
        return covers([schemas[0]], [{"enum": enumerated}]) is NO
    names = {frozenset(shape.properties) for shape in shapes if shape.is_kind("object")}
    if len(names) != 1:
        return False
    declared = [{"properties": dict.fromkeys(each, True), "additionalProperties": False} for each in names if each]
    return covers([schemas[0]], [{"allOf": [schemas[1], {"type": "object"}, *declared]}]) is NO


def _mentions(schema: Any, keyword: str) -> bool:
    return f'"{keyword}": true' in json.dumps(schema)


def without_references(contract: Contract, schema: Any) -> Any:
    """A schema with its references written out; None where that would take too many levels, or be too large."""
    try:
        return _Inlining(contract).schema(schema, _DEPTH)
    except _TooLargeError:
        return None


def in_full(node: Node) -> Any:
    """The schema of a node, with all that apply to it; None as in `without_references`."""
    parts = [without_references(one.contract, one.schema) for one in (node, *node.also)]
    if any(part is None for part in parts):
        return None
    return {"allOf": parts} if len(parts) > 1 else parts[0]


class _TooLargeError(Exception):
    """A schema that is not written out."""


class _Inlining:
    """Writes references out, up to a number of schemas."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._left = _LARGEST

    def schema(self, schema: Any, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise _TooLargeError
        if not isinstance(schema, Mapping):
            return schema
        schema = {key: value for key, value in schema.items() if key not in _DESCRIBING}
        if isinstance(schema.get("$ref"), str):
            if depth == 0:
                raise _TooLargeError
            target = self.schema(as_object(self._contract.schemas.target(schema["$ref"])), depth - 1)
            beside = {key: self._keyword(key, value, depth) for key, value in schema.items() if key != "$ref"}
            return {"allOf": [target, beside]} if beside else target
        return {key: self._keyword(key, value, depth) for key, value in schema.items()}

    def _keyword(self, key: str, value: Any, depth: int) -> Any:
        if key in SCHEMA_ONE:
            return self.schema(value, depth)
        if key in SCHEMA_LISTS:
            return [self.schema(item, depth) for item in value]
        if key in SCHEMA_MAPS:
            return {name: self.schema(item, depth) for name, item in value.items()}
        return value
