"""The query of a list: how its pages follow one another, its filters, its search and its orders."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

from flowcontract.checks.lists import TOTALS
from flowcontract.http.links import split_link
from flowcontract.openapi.model import Operation, Parameter
from flowcontract.text import plain_name

_PAGE = frozenset({"page", "pagenumber", "pageno", "pagenum", "pageindex", "currentpage", "p"})
_OFFSET = frozenset({"offset", "skip", "start", "startindex", "from", "pageoffset"})
_SIZE = frozenset(
    {
        "perpage",
        "pagesize",
        "size",
        "limit",
        "count",
        "top",
        "first",
        "maxresults",
        "pagelimit",
        "max",
        "take",
        "itemsperpage",
    }
)
_CURSOR = frozenset(
    {
        "cursor",
        "after",
        "pagetoken",
        "continuationtoken",
        "next",
        "startingafter",
        "token",
        "marker",
        "nexttoken",
        "pagecursor",
    }
)
_SORT = frozenset({"sort", "sortby", "order", "orderby", "ordering", "orderingby"})
_SEARCH = frozenset({"q", "query", "search", "searchterm", "text", "term", "keyword", "find"})
_NEXT = (
    "nextcursor",
    "nextpagetoken",
    "nexttoken",
    "next",
    "cursor",
    "endcursor",
    "continuationtoken",
    "after",
    "nextafter",
    "nextpage",
)
_INFO = ("pagination", "paging", "page", "meta", "metadata", "links", "pageinfo", "_links")
_MINIMUM = re.compile(
    r"^(?:min|minimum|from|since|after|at_?least)_?(?=[a-z])(.+)$|^(.+?)_{1,2}(?:min|gte|ge|from|since|after)$",
    re.IGNORECASE,
)
_MAXIMUM = re.compile(
    r"^(?:max|maximum|to|until|before|at_?most)_?(?=[a-z])(.+)$|^(.+?)_{1,2}(?:max|lte|le|to|until|before)$",
    re.IGNORECASE,
)
_PAGES = frozenset({"pages", "totalpages", "pagecount", "numpages"})
_STRICT = re.compile(r"\b(?:exact|exactly|equals?|this|these|given|the same)\b", re.IGNORECASE)
_LOOSE = re.compile(
    r"\b(?:contain|part|partial|match|prefix|start|begin|search|like|fuzzy|whatever|regardless|insensitive)",
    re.IGNORECASE,
)
_DESCENDING = re.compile(r"(?:^-|[-_:. ]desc(?:ending)?$)", re.IGNORECASE)


class Style(StrEnum):
    """How pages follow one another."""

    NONE = "none"
    PAGE = "page"
    OFFSET = "offset"
    CURSOR = "cursor"


@dataclass(frozen=True, slots=True)
class Paging:
    """The parameters that choose a page."""

    style: Style = Style.NONE
    position: Parameter | None = None
    size: Parameter | None = None

    @property
    def first(self) -> int:
        """The number of the first page, or the first offset."""
        if self.style is Style.OFFSET or self.position is None:
            return 0
        default, least = facts(self.position).get("default"), facts(self.position).get("minimum")
        return next((number for each in (default, least) if (number := _whole(each)) is not None), 1)

    @property
    def largest(self) -> int | None:
        """The largest documented page, at most 100; None without a parameter for it."""
        if self.size is None:
            return None
        if "maximum" not in facts(self.size):
            return 100
        most = _whole(facts(self.size)["maximum"])
        return min(100, most) if most is not None and most > 0 else None


def paging(operation: Operation) -> Paging:
    """How the pages of a list are chosen."""
    found = {plain_name(p.name): p for p in operation.parameters if p.location == "query"}

    def one(names: frozenset[str]) -> Parameter | None:
        return next((parameter for name, parameter in found.items() if name in names), None)

    size, page, offset, cursor = one(_SIZE), one(_PAGE), one(_OFFSET), one(_CURSOR)
    if page is not None and _is_number(page):
        return Paging(Style.PAGE, page, size)
    if offset is not None and _is_number(offset):
        return Paging(Style.OFFSET, offset, size)
    position = cursor or page or offset
    return Paging(Style.CURSOR if position else Style.NONE, position, size)


def _whole(number: Any) -> int | None:
    """A bound as an integer, which `50.0` is, too; None for any other."""
    return int(number) if isinstance(number, int | float) and number == int(number) else None


def tells_of_more(body: Any, items: int, pages: int) -> bool:
    """Whether a page says that there are more items, or pages, than were read."""
    numbers = {plain_name(name): value for name, value in body.items()} if isinstance(body, Mapping) else {}
    return any(
        isinstance(value, int) and value > read
        for names, read in ((TOTALS, items), (_PAGES, pages))
        for name, value in numbers.items()
        if name in names
    )


def _is_number(parameter: Parameter) -> bool:
    return _type(facts(parameter)) == "integer"


def facts(parameter: Parameter) -> Mapping[str, Any]:
    """The schema of a parameter, its reference followed; of a nullable one the alternative that is not null."""
    schema: Mapping[str, Any] = parameter.resolve(parameter.schema)
    for keyword in ("anyOf", "oneOf"):
        parts = [parameter.resolve(part) for part in schema.get(keyword) or ()]
        parts = [part for part in parts if part.get("type") != "null"]
        if len(parts) == 1:
            return {**schema, **parts[0]}
    return schema


def next_cursor(body: Any, headers: Iterable[tuple[str, str]], parameter: str) -> str | None:
    """The cursor of the next page in a response; None on the last page."""
    for header, text in headers:
        match = re.search(r"<([^>]*)>[^,]*;\s*rel=\"?next", text) if header.lower() == "link" else None
        if match:
            return _in_url(match[1], parameter)
        if text and plain_name(header).removeprefix("x") in _NEXT:
            return _in_url(text, parameter) if "?" in text else text
    if not isinstance(body, Mapping):
        return None
    by_name = {plain_name(name): value for name, value in body.items()}
    for name in _NEXT:
        value = by_name.get(name)
        if isinstance(value, Mapping):
            value = value.get("href") or value.get("cursor")
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            text = str(value)
            return _in_url(text, parameter) if "?" in text else text
    for name in _INFO:
        inner = by_name.get(plain_name(name))
        if isinstance(inner, Mapping) and (found := next_cursor(inner, (), parameter)) is not None:
            return found
    return None


def _in_url(url: str, parameter: str) -> str | None:
    return dict(parse_qsl(split_link(url).query)).get(parameter)


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
        elif f"{name}s" in by_name and _type(properties[by_name[f"{name}s"]]) == "array":
            yield Filter(parameter, by_name[f"{name}s"], "has", _says_equal(parameter))
        else:
            yield from _bound(parameter, by_name)


def _equal(parameter: Parameter, prop: str, schema: Mapping[str, Any]) -> Filter:
    if _type(schema) == "array":
        return Filter(parameter, prop, "has", _says_equal(parameter))
    closed = "enum" in facts(parameter) or _type(facts(parameter)) in ("boolean", "integer", "number")
    if closed or _says_equal(parameter):
        return Filter(parameter, prop, "equal", is_strict=True)
    return Filter(parameter, prop, "part")


def _says_equal(parameter: Parameter) -> bool:
    text = description(parameter)
    return bool(_STRICT.search(text)) and not _LOOSE.search(text)


def _bound(parameter: Parameter, by_name: Mapping[str, str]) -> Iterator[Filter]:
    if _type(facts(parameter)) not in ("integer", "number"):
        return
    for pattern, matches in ((_MINIMUM, "minimum"), (_MAXIMUM, "maximum")):
        found = pattern.match(re.sub("(?<=[a-z])(?=[A-Z])", "_", parameter.name))
        name = plain_name((found[1] or found[2] or "") if found else "")
        if name in by_name:
            yield Filter(parameter, by_name[name], matches, is_strict=True)
            return


def _type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        return next((one for one in kind if one != "null"), "")
    if kind is None:
        parts = [part for part in schema.get("anyOf") or () if isinstance(part, Mapping) and part.get("type") != "null"]
        return _type(parts[0]) if len(parts) == 1 else "string" if "enum" in schema else ""
    return str(kind)


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
