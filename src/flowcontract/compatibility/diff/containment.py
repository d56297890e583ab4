"""Whether one set of values contains another, decided by the canonical form of jsonschema-rs."""

import functools
import json
from collections.abc import Iterable, Mapping
from typing import Any

import jsonschema_rs
from jsonschema_rs.canonical import Containment

from flowcontract.compatibility.diff.shapes import Node, Shape, alternatives
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
"""Levels of references within a constraint that are written out."""


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
    if kind == "array" and isinstance(shape.items, Node):
        found["items"] = _leaf(shape.items)
    parts = [without_references(shape, constraint) for _, constraint in shape.residual]
    if any(part is None for part in parts):
        return None
    return {**found, "allOf": parts} if parts else found


def _leaf(node: Node) -> Any:
    """A scalar field or entry in full; any other as any value."""
    shapes = alternatives(node)
    kinds = [(shape, kind) for shape in shapes for kind in _SCALARS if shape.is_kind(kind)]
    if any(shape.is_kind(kind) for shape in shapes for kind in ("array", "object")):
        return True
    return {"anyOf": [part for shape, kind in kinds if (part := written(shape, kind)) is not None]} if kinds else True


def without_references(shape: Shape, constraint: Mapping[str, Any]) -> dict[str, Any] | None:
    """A constraint with its references written out; None where that would take too many levels."""
    try:
        return {key: _inlined(shape, key, value, _DEPTH) for key, value in constraint.items()}
    except RecursionError:
        return None


def _inlined(shape: Shape, key: str, value: Any, depth: int) -> Any:
    if key in SCHEMA_ONE:
        return _schema(shape, value, depth)
    if key in SCHEMA_LISTS:
        return [_schema(shape, item, depth) for item in value]
    if key in SCHEMA_MAPS:
        return {name: _schema(shape, item, depth) for name, item in value.items()}
    return value


def _schema(shape: Shape, schema: Any, depth: int) -> Any:
    if isinstance(schema, Mapping) and isinstance(schema.get("$ref"), str):
        if depth == 0:
            raise RecursionError
        schema, depth = as_object(shape.contract.resolve(schema)), depth - 1
    if not isinstance(schema, Mapping):
        return schema
    return {key: _inlined(shape, key, value, depth) for key, value in schema.items()}
