"""How the pages of a list are chosen: by number, by offset or by cursor, and how many items each has."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

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


_MOMENTS = ("date", "date-time")
"""Formats of what bounds a list, such as `from`, and does not choose a page."""


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
    def names(self) -> frozenset[str]:
        """The names of these parameters."""
        return frozenset(each.name for each in (self.position, self.size) if each is not None)

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
    chosen = (p for p in operation.parameters if p.location == "query" and facts(p).get("format") not in _MOMENTS)
    found = {plain_name(p.name): p for p in chosen}

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


def _is_number(parameter: Parameter) -> bool:
    return type_of(facts(parameter)) == "integer"


def facts(parameter: Parameter) -> Mapping[str, Any]:
    """The schema of a parameter, its reference followed; of a nullable one the alternative that is not null."""
    schema: Mapping[str, Any] = parameter.resolve(parameter.schema)
    for keyword in ("anyOf", "oneOf"):
        parts = [parameter.resolve(part) for part in schema.get(keyword) or ()]
        parts = [part for part in parts if part.get("type") != "null"]
        if len(parts) == 1:
            return {**schema, **parts[0]}
    return schema


def type_of(schema: Mapping[str, Any]) -> str:
    """The one type of a schema beside `null`; empty where it has several."""
    kind = schema.get("type")
    if isinstance(kind, list):
        return next((one for one in kind if one != "null"), "")
    if kind is None:
        parts = [part for part in schema.get("anyOf") or () if isinstance(part, Mapping) and part.get("type") != "null"]
        return type_of(parts[0]) if len(parts) == 1 else "string" if "enum" in schema else ""
    return str(kind)


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
