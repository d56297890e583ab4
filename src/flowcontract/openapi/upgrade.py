"""OpenAPI 3.0 as 3.1: every schema becomes JSON Schema 2020-12 of the same meaning.

The differences are those of the OpenAPI Initiative's migration notes (3.0.3 to 3.1.0): `nullable`, boolean exclusive
bounds, `example`, and the siblings of `$ref`, which 3.0 ignores. Everything else is spelled the same in both.
"""

from collections.abc import Mapping
from typing import Any

from flowcontract.openapi.structure import KINDS, SCHEMA_LISTS, SCHEMA_MAPS, SCHEMA_ONE, Kind

_COMPOSITIONS = ("allOf", "anyOf", "oneOf", "not")
_BOUNDS = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))


def upgrade(document: Mapping[str, Any]) -> dict[str, Any]:
    """A 3.0 document with every schema in it upgraded. Wrong types are left as they are."""
    return {**part("document", document), "openapi": "3.1.1"}


def schema(node: Any) -> Any:
    """An OpenAPI 3.0 Schema Object as JSON Schema 2020-12; what is not an object is left as it is.

    `nullable: true` admits null whatever `type`, `enum` and compositions say. The specification (3.0.3, "nullable")
    lets it count only beside `type`; documents in use write it beside `allOf` and mean it.
    """
    if not isinstance(node, Mapping):
        return node
    if isinstance(node.get("$ref"), str):
        return {"$ref": node["$ref"]}
    left_out = {"nullable", "example"} | ({"type"} if node.get("type", "") is None else set())
    found = {key: _keyword(key, value) for key, value in node.items() if key not in left_out}
    for bound, exclusive in _BOUNDS:
        if isinstance(found.get(exclusive), bool) and found.pop(exclusive) and bound in found:
            found[exclusive] = found.pop(bound)
    if "example" in node:
        found["examples"] = [node["example"]]
    return _with_null(found) if node.get("nullable") is True else found


def is_null_wrapper(node: Any) -> bool:
    """Whether a schema is what `schema` writes around a nullable composition: the composition, or null."""
    return (
        isinstance(node, Mapping)
        and list(node) == ["anyOf"]
        and isinstance(node["anyOf"], list)
        and len(node["anyOf"]) == 2
        and node["anyOf"][1] == {"type": "null"}
    )


def _keyword(key: str, value: Any) -> Any:
    if key in SCHEMA_ONE:
        return schema(value)
    if key in SCHEMA_LISTS and isinstance(value, list):
        return [schema(item) for item in value]
    if key in SCHEMA_MAPS and isinstance(value, Mapping):
        return {name: schema(item) for name, item in value.items()}
    return value


def _with_null(found: dict[str, Any]) -> dict[str, Any]:
    if isinstance(found.get("enum"), list) and None not in found["enum"]:
        found["enum"] = [*found["enum"], None]
    kinds = found.get("type")
    if isinstance(kinds, str):
        found["type"] = [kinds, "null"]
    elif isinstance(kinds, list) and "null" not in kinds:
        found["type"] = [*kinds, "null"]
    if any(keyword in found for keyword in _COMPOSITIONS):
        return {"anyOf": [found, {"type": "null"}]}
    return found


def part(kind: str, node: Any) -> Any:
    """An object of a 3.0 document, by its kind in `structure`, with every schema in it upgraded."""
    if not isinstance(node, Mapping):
        return node
    fields = KINDS[kind]
    return {key: _field(fields.get(key) or fields.get("*"), value) for key, value in node.items()}


def _field(kind: Kind | None, value: Any) -> Any:
    if kind == "schema":
        return schema(value)
    if isinstance(kind, list) and isinstance(value, list):
        return [_field(kind[0], item) for item in value]
    if isinstance(kind, dict) and isinstance(value, Mapping):
        return {
            name: item if name.startswith("x-") and "x-" in kind else _field(kind["*"], item)
            for name, item in value.items()
        }
    return part(kind, value) if isinstance(kind, str) and kind in KINDS else value
