"""The shape of a JSON value: the locations in it and the types of the values there.

All elements of an array are one location (`/results/*`), and so are all members of an object with arbitrary names
(an object in its schema, without `properties`): these are data, not shape.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from flowcontract.openapi import pointers
from flowcontract.openapi.contract import Contract

Shape = Mapping[str, Counter[str]]
"""How often each type was seen at each location, by JSON Pointer with `*` for any element."""

_ANY = "*"


def shape(contract: Contract, schema: Mapping[str, Any] | None, value: Any) -> Shape:
    """The shape of a parsed body; the schema says which objects have arbitrary names."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    _walk(contract, schema or {}, value, "", found)
    return found


def differences(left: Shape, right: Shape) -> Iterator[tuple[str, str, str]]:
    """Locations where two shapes differ, with the types on each side.

    A location differs if no type is seen on both sides, or if one side always has it and the other never.
    """
    for location in sorted({*left, *right}):
        left_value, right_value = left.get(location, Counter()), right.get(location, Counter())
        if left_value and right_value:
            if not left_value.keys() & right_value.keys():
                yield location, _kind_names(left_value), _kind_names(right_value)
        elif not location.endswith(f"/{_ANY}"):
            holder = location.rpartition("/")[0]
            side = left if left_value else right
            always = sum(side[location].values()) == side[holder]["object"]
            if always and left.get(holder, Counter())["object"] and right.get(holder, Counter())["object"]:
                yield location, _kind_names(left_value), _kind_names(right_value)


def _walk(contract: Contract, schema: Mapping[str, Any], value: Any, at: str, found: dict[str, Counter[str]]) -> None:
    found[at][_kind(value)] += 1
    if isinstance(value, list):
        for item in value:
            _walk(contract, _resolved(contract, schema).get("items") or {}, item, f"{at}/{_ANY}", found)
    elif isinstance(value, dict):
        properties, free = _members(contract, schema)
        for name, item in value.items():
            location = f"{at}/{_ANY}" if free else at + pointers.join(name)
            _walk(contract, properties.get(name) or {}, item, location, found)


def _members(contract: Contract, schema: Mapping[str, Any], depth: int = 0) -> tuple[dict[str, Any], bool]:
    """The properties of an object in its schema and its subschemas, and whether names are arbitrary."""
    resolved = _resolved(contract, schema)
    properties = dict(resolved.get("properties") or {})
    free = resolved.get("additionalProperties", resolved.get("type") == "object") is not False
    if depth < 8:
        for part in (part for word in ("allOf", "anyOf", "oneOf") for part in resolved.get(word) or ()):
            more, open_too = _members(contract, part, depth + 1)
            properties = {**more, **properties}
            free = free or open_too
    return properties, free and not properties


def _resolved(contract: Contract, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found = contract.resolve(schema)
    return found if isinstance(found, Mapping) else {}


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "an array" if isinstance(value, list) else "object"


def _kind_names(kinds: Counter[str]) -> str:
    return " or ".join("an object" if kind == "object" else kind for kind in sorted(kinds)) or "nothing"
