"""Schemas that no finite value can satisfy, because they require themselves within themselves."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote


def endless(schemas: Mapping[str, Any]) -> frozenset[str]:
    """The pointers of those schemas, among all of a document by their pointers.

    The least fixed point: a schema is finite once all that it requires is.
    """
    pending = dict(schemas)
    while True:
        finite = [pointer for pointer, schema in pending.items() if _is_finite(schema, pending, frozenset({pointer}))]
        if not finite:
            return frozenset(pending)
        for pointer in finite:
            del pending[pointer]


def _is_finite(schema: Any, pending: Mapping[str, Any], whole: frozenset[str] = frozenset()) -> bool:
    """Whether a value of the schema can end, if those of the pending schemas cannot.

    `whole`: the schemas that the same value is of. A reference back to one of them, as from the children of a union to
    their parent, says nothing more.
    """
    if not isinstance(schema, Mapping):
        return True
    if "$ref" in schema and not _is_finite_target(unquote(schema["$ref"][1:]), pending, whole):
        return False
    if not all(_is_finite(part, pending, whole) for part in schema.get("allOf") or ()):
        return False
    for keyword in ("anyOf", "oneOf"):
        if schema.get(keyword) and not any(_is_finite(branch, pending, whole) for branch in schema[keyword]):
            return False
    if schema.get("type") == "array":
        return not schema.get("minItems") or _is_finite(schema.get("items"), pending)
    if schema.get("type") != "object":
        return True
    properties = schema.get("properties") or {}
    return all(_is_finite(properties.get(name), pending) for name in schema.get("required") or ())


def _is_finite_target(pointer: str, pending: Mapping[str, Any], whole: frozenset[str]) -> bool:
    if pointer not in pending or pointer in whole:
        return True
    return bool(whole) and _is_finite(pending[pointer], pending, whole | {pointer})
