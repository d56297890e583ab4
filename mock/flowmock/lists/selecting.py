"""Which items of a list a query asks for, and in which order: filters on properties, a search, an order.

Only query parameters that the operation declares count. They are known by their names, as APIs commonly have them.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flowcontract.openapi.model import Operation
from flowcontract.text import plain_name

Item = dict[str, Any]
Query = Sequence[tuple[str, str]]

_SEARCH = frozenset({"search", "q", "query", "keyword", "term", "searchterm"})
_ORDER = frozenset({"ordering", "order", "orderby", "sort", "sortby"})
_DIRECTION = frozenset({"order", "direction", "orderdir", "sortdir", "sortorder", "sortdirection", "orderdirection"})
_DIRECTIONS = ("asc", "desc")
_KEY = re.compile(r"([-+]?)([^:. ]+)(?:[:. ](asc|desc))?", re.IGNORECASE)


def declared_names(operation: Operation) -> dict[str, Mapping[str, Any]]:
    """The names that a query may have, and the schemas of their values; `page[size]` for a member of an object."""
    found: dict[str, Mapping[str, Any]] = {}
    for parameter in operation.parameters:
        if parameter.location == "query":
            schema = parameter.resolve(parameter.schema)
            found[parameter.name] = schema
            for name, member in (schema.get("properties") or {}).items() if parameter.style == "deepObject" else ():
                found[f"{parameter.name}[{name}]"] = parameter.resolve(member)
    return found


def declared_query(operation: Operation, query: Query) -> list[tuple[str, str]]:
    """The pairs of a query that the operation declares."""
    declared = declared_names(operation)
    return [(name, value) for name, value in query if name in declared]


def filtered(items: Iterable[Item], properties: Iterable[str], query: Query) -> list[Item]:
    """The items that have what a query asks for: equal properties, and each word of a search in one of its texts."""
    named = {plain_name(name): name for name in properties}
    wanted: dict[str, set[str]] = {}
    words: list[str] = []
    for name, value in query:
        if plain_name(name) in named and value:
            wanted.setdefault(named[plain_name(name)], set()).update({value, *value.split(",")})
        elif plain_name(name) in _SEARCH:
            words += value.lower().replace(",", " ").split()
    return [
        item
        for item in items
        if all(values & _texts(item.get(name)) for name, values in wanted.items())
        and all(any(word in text for text in _all_texts(item)) for word in words)
    ]


def ordered(items: Sequence[Item], properties: Iterable[str], query: Query) -> list[Item]:
    """The items in the order that a query asks for; without one, as they are. Items without a value come last."""
    named = {plain_name(name): name for name in properties}
    keys: list[tuple[str, bool]] = []
    reverse = False
    for name, value in query:
        if plain_name(name) in _DIRECTION and value.lower() in _DIRECTIONS:
            reverse = value.lower() == "desc"
        elif plain_name(name) in _ORDER and plain_name(name) not in named:
            found = (_KEY.fullmatch(part.strip()) for part in value.split(","))
            keys += [
                (named[plain_name(each[2])], each[1] == "-" or (each[3] or "").lower() == "desc")
                for each in found
                if each and plain_name(each[2]) in named
            ]
    result = list(items)
    for name, descending in reversed(keys):
        has = [item for item in result if item.get(name) is not None]
        has.sort(key=lambda item: _rank(item[name]), reverse=descending != reverse)
        result = has + [item for item in result if item.get(name) is None]
    return result


def _rank(value: Any) -> tuple[int, Any]:
    if isinstance(value, int | float):
        return 0, value
    return (1, value.casefold()) if isinstance(value, str) else (2, json.dumps(value, sort_keys=True))


def _texts(value: Any) -> set[str]:
    """The texts by which a property can be asked for; a list has those of its items."""
    if isinstance(value, list):
        return {text for item in value for text in _texts(item)}
    return {value if isinstance(value, str) else json.dumps(value)}


def _all_texts(item: Mapping[str, Any]) -> list[str]:
    return [value.lower() for value in item.values() if isinstance(value, str)]
