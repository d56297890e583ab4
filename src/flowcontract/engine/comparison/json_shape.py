"""The shape of a JSON value: which places it has and what kind of value stands there, whatever the values are.

All elements of an array are one place (`/results/*`), and so are all members of an object whose names are free
(an object by its schema, without `properties`): those are data, not shape.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from flowcontract.openapi import pointers
from flowcontract.openapi.contract import Contract

Shape = Mapping[str, Counter[str]]
"""How often each kind of value was seen at each place, by JSON Pointer with `*` for any element."""

_ANY = "*"


def shape(contract: Contract, schema: Mapping[str, Any] | None, value: Any) -> Shape:
    """The shape of a parsed body; the schema tells which objects have names that are free."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    _walk(contract, schema or {}, value, "", found)
    return found


def differences(left: Shape, right: Shape) -> Iterator[tuple[str, str, str]]:
    """Places where two shapes differ, with what stands there on each side.

    A place differs where no kind of value is seen on both sides, or where one side always has it and the other never.
    """
    for location in sorted({*left, *right}):
        ours, theirs = left.get(location, Counter()), right.get(location, Counter())
        if ours and theirs:
            if not ours.keys() & theirs.keys():
                yield location, _words(ours), _words(theirs)
        elif not location.endswith(f"/{_ANY}"):
            holder = location.rpartition("/")[0]
            side = left if ours else right
            always = sum(side[location].values()) == side[holder]["object"]
            if always and left.get(holder, Counter())["object"] and right.get(holder, Counter())["object"]:
                yield location, _words(ours), _words(theirs)


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
    """The properties of an object by the schema and the ones it is put together of, and whether names are free."""
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
        return "a text"
    return "an array" if isinstance(value, list) else "object"


def _words(kinds: Counter[str]) -> str:
    return " or ".join("an object" if kind == "object" else kind for kind in sorted(kinds)) or "nothing"
