"""The query of a list: its filters, its search and its orders."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flowcontract.checks.lists import PAGES, TOTALS
from flowcontract.http.paging import facts, paging, type_of
from flowcontract.openapi.model import Operation, Parameter
from flowcontract.text import plain_name

_SORT = frozenset({"sort", "sortby", "order", "orderby", "ordering", "orderingby"})
_SEARCH = frozenset({"q", "query", "search", "searchterm", "text", "term", "keyword", "find"})
_MINIMUM = re.compile(
    r"^(?:min|minimum|from|since|after|at_?least)_?(?=[a-z])(.+)$|^(.+?)_{1,2}(?:min|gte|ge|from|since|after)$",
    re.IGNORECASE,
)
_MAXIMUM = re.compile(
    r"^(?:max|maximum|to|until|before|at_?most)_?(?=[a-z])(.+)$|^(.+?)_{1,2}(?:max|lte|le|to|until|before)$",
    re.IGNORECASE,
)
_STRICT = re.compile(r"\b(?:exact|exactly|equals?|this|these|given|the same)\b", re.IGNORECASE)
_LOOSE = re.compile(
    r"\b(?:contain|part|partial|match|prefix|start|begin|search|like|fuzzy|whatever|regardless|insensitive)",
    re.IGNORECASE,
)
_DESCENDING = re.compile(r"(?:^-|[-_:. ]desc(?:ending)?$)", re.IGNORECASE)


def tells_of_more(body: Any, items: int, pages: int) -> bool:
    """Whether a page says that there are more items, or pages, than were read."""
    numbers = {plain_name(name): value for name, value in body.items()} if isinstance(body, Mapping) else {}
    return any(
        isinstance(value, int) and value > read
        for names, read in ((TOTALS, items), (PAGES, pages))
        for name, value in numbers.items()
        if name in names
    )


@dataclass(frozen=True, slots=True)
class Filter:
    """A query parameter that selects items by one of their properties."""

    parameter: Parameter
    prop: str
    matches: str
    """`equal`, `part`, `has`, `minimum` or `maximum`."""
    is_strict: bool = False
    """The contract says that only equal values match, or the values are of a closed set."""


def filters(operation: Operation, properties: Mapping[str, Mapping[str, Any]]) -> Iterator[Filter]:
    """The filters of a list whose property is known by its name."""
    chosen = paging(operation)
    by_name = {plain_name(name): name for name in properties}
    for parameter in operation.parameters:
        name = plain_name(parameter.name)
        if parameter.location != "query" or parameter in (chosen.position, chosen.size) or name in _SORT | _SEARCH:
            continue
        if name in by_name:
            prop = by_name[name]
            yield _equal(parameter, prop, properties[prop])
        elif f"{name}s" in by_name and type_of(properties[by_name[f"{name}s"]]) == "array":
            yield Filter(parameter, by_name[f"{name}s"], "has", _says_equal(parameter))
        else:
            yield from _bound(parameter, by_name)


def _equal(parameter: Parameter, prop: str, schema: Mapping[str, Any]) -> Filter:
    if type_of(schema) == "array":
        return Filter(parameter, prop, "has", _says_equal(parameter))
    closed = "enum" in facts(parameter) or type_of(facts(parameter)) in ("boolean", "integer", "number")
    if closed or _says_equal(parameter):
        return Filter(parameter, prop, "equal", is_strict=True)
    return Filter(parameter, prop, "part")


def _says_equal(parameter: Parameter) -> bool:
    text = description(parameter)
    return bool(_STRICT.search(text)) and not _LOOSE.search(text)


def _bound(parameter: Parameter, by_name: Mapping[str, str]) -> Iterator[Filter]:
    if type_of(facts(parameter)) not in ("integer", "number"):
        return
    for pattern, matches in ((_MINIMUM, "minimum"), (_MAXIMUM, "maximum")):
        found = pattern.match(re.sub("(?<=[a-z])(?=[A-Z])", "_", parameter.name))
        name = plain_name((found[1] or found[2] or "") if found else "")
        if name in by_name:
            yield Filter(parameter, by_name[name], matches, is_strict=True)
            return


def description(parameter: Parameter) -> str:
    """What the contract says about a parameter in words."""
    return str(parameter.description or facts(parameter).get("description") or "")


def search_parameter(operation: Operation) -> Parameter | None:
    """The parameter of a search in texts."""
    for parameter in operation.parameters:
        if parameter.location == "query" and plain_name(parameter.name) in _SEARCH:
            return parameter
    return None


@dataclass(frozen=True, slots=True)
class Order:
    """One documented order of a list."""

    parameter: Parameter
    value: str
    prop: str
    descending: bool


def orders(operation: Operation, properties: Mapping[str, Mapping[str, Any]]) -> Iterator[Order]:
    """The documented orders of a list by properties of its items."""
    by_name = {plain_name(name): name for name in properties}
    for parameter in operation.parameters:
        if parameter.location != "query" or plain_name(parameter.name) not in _SORT:
            continue
        for value in facts(parameter).get("enum") or ():
            plain = re.sub(r"^[+-]|[-_:. ](?:asc|desc)(?:ending)?$", "", str(value), flags=re.IGNORECASE)
            if plain_name(plain) in by_name:
                yield Order(parameter, str(value), by_name[plain_name(plain)], bool(_DESCENDING.search(str(value))))
