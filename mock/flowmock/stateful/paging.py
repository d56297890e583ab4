"""Pages of a list, and what the body around the items says about them: count, number of pages, next page.

Parameters and members are known by their names, as APIs commonly have them: page and page size, limit and offset, a
cursor. A member gets the first of its possible values that the schema allows.
"""

import copy
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flowcontract.openapi.model import Operation, Parameter
from flowcontract.text import plain_name
from flowmock.messages import Call
from flowmock.stateful.selecting import Item, declared_query

_SIZE = frozenset({"limit", "pagesize", "perpage", "size", "maxresults", "top", "pagelimit"})
_OFFSET = frozenset({"offset", "skip", "start", "startindex", "pageoffset"})
_NUMBER = frozenset({"page", "pagenumber", "pageno"})
_CURSOR = frozenset({"cursor", "after", "startingafter", "startafter", "pagetoken", "nexttoken", "continuationtoken"})

_TOTAL = frozenset({"count", "total", "totalcount", "totalitems", "totalresults", "totalelements", "totalrecords"})
_PAGES = frozenset({"pages", "totalpages", "pagecount", "lastpage"})
_CURRENT = frozenset({"current", "page", "currentpage", "pagenumber"})
_FROM = frozenset({"startindex", "from"})
_TO = frozenset({"endindex", "to"})
_NEXT = frozenset({"next", "nextpage", "nexturl", "nextlink", "nextpageurl"})
_PREVIOUS = frozenset({"previous", "prev", "previouspage", "prevpage", "previousurl", "prevurl", "previouslink"})
_NEXT_CURSOR = frozenset({"nextcursor", "cursor", "nextpagetoken", "nexttoken", "continuationtoken"})
_HAS_NEXT = frozenset({"hasmore", "hasnext", "hasnextpage", "more"})
_HAS_PREVIOUS = frozenset({"hasprevious", "hasprev", "haspreviouspage"})

_ABSENT = object()
"""Stands for a member that is left out."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list."""

    items: list[Item]
    total: int
    first: int
    """The index of its first item."""
    size: int | None
    """Items on a full page; None where all are on one."""
    call: Call
    names: Mapping[str, str]
    """The names of the operation's parameters, by kind: `size`, `offset`, `number`, `cursor`."""
    first_number: int
    """The number of the first page: 1, or 0."""
    last_id: str | None
    """The ID of its last item."""

    @property
    def number(self) -> int:
        """Its number, from the first one on."""
        return self.first_number + (self.first // self.size if self.size else 0)

    @property
    def pages(self) -> int:
        """How many pages there are; one where there are no items."""
        return max(1, math.ceil(self.total / self.size)) if self.size else 1

    @property
    def has_next(self) -> bool:
        """Whether items follow."""
        return self.first + len(self.items) < self.total

    def url(self, *, ahead: int) -> str:
        """The URL of another page: 1 for the next one, -1 for the previous one."""
        changed: dict[str, str] = {}
        if "number" in self.names:
            changed[self.names["number"]] = str(self.number + ahead)
        elif "offset" in self.names:
            changed[self.names["offset"]] = str(max(0, self.first + ahead * (self.size or 0)))
        elif "cursor" in self.names and ahead > 0 and self.last_id is not None:
            changed[self.names["cursor"]] = self.last_id
        kept = [(name, value) for name, value in self.call.query if name not in changed]
        host = self.call.header("host") or "localhost"
        return f"http://{host}{self.call.raw_path}?{urlencode([*kept, *changed.items()])}"

    def links(self) -> str:
        """The value of a `Link` header (RFC 8288); empty where there is one page."""
        found = [("next", 1)] * self.has_next + [("prev", -1)] * (self.first > 0)
        return ", ".join(f'<{self.url(ahead=ahead)}>; rel="{name}"' for name, ahead in found)


def page_of(items: Sequence[Item], operation: Operation, call: Call, id_of: Callable[[Item], str | None]) -> Page:
    """The page of a list that a call asks for. A page that does not exist has no items."""
    declared = {each.name: each for each in operation.parameters if each.location == "query"}
    names = {kind: name for name in declared for kind, known in _KINDS.items() if plain_name(name) in known}
    asked = dict(declared_query(operation, call.query))
    numbers = {kind: _number(declared[name], asked.get(name)) for kind, name in names.items() if kind != "cursor"}
    size = numbers.get("size") or None
    first_number = _first_number(declared[names["number"]]) if "number" in names else 1
    number = numbers.get("number")
    if number is not None and number != first_number:
        size = size or max(1, len(items))
    first = numbers.get("offset") or 0
    if number is not None:
        first = (number - first_number) * (size or 0)
    after = asked.get(names["cursor"]) if "cursor" in names else None
    if after:
        ids = [id_of(item) for item in items]
        first = ids.index(after) + 1 if after in ids else len(items)
    shown = list(items[first : None if size is None else first + size]) if first >= 0 else []
    last_id = id_of(shown[-1]) if shown else None
    return Page(shown, len(items), first, size, call, names, first_number, last_id)


def _number(parameter: Parameter, text: str | None) -> int | None:
    """The number that a call gives, else the parameter's default."""
    if text is not None:
        return int(text) if text.removeprefix("-").isdecimal() else None
    default = parameter.resolve(parameter.schema).get("default")
    return default if isinstance(default, int) and not isinstance(default, bool) else None


def _first_number(parameter: Parameter) -> int:
    schema = parameter.resolve(parameter.schema)
    return 0 if 0 in (schema.get("default"), schema.get("minimum")) else 1


_KINDS = {"size": _SIZE, "offset": _OFFSET, "number": _NUMBER, "cursor": _CURSOR}


def described(body: Any, page: Page, envelope: str, is_valid: Callable[[Any], bool]) -> Any:
    """The body of a list with the items of a page, and with members around them that agree with it."""
    if not envelope:
        return page.items
    body = {**copy.deepcopy(body), envelope: page.items}
    for holder, name in list(_members(body, envelope)):
        for value in _values(plain_name(name), page):
            before = holder[name]
            if value is _ABSENT:
                del holder[name]
            else:
                holder[name] = value
            if is_valid(body):
                break
            holder[name] = before
    return body


def _members(body: dict[str, Any], envelope: str) -> Iterator[tuple[dict[str, Any], str]]:
    """The members around the items with the objects that have them."""
    for name, value in body.items():
        if isinstance(value, dict):
            yield from _members(value, "")
        elif name != envelope:
            yield body, name


def _values(name: str, page: Page) -> Sequence[Any]:
    """What a member may be, the best first; nothing where its name says nothing about pages."""
    has_previous = page.first > 0
    shown = len(page.items)
    plain_facts: list[tuple[frozenset[str], Any]] = [
        (_TOTAL, page.total),
        (_PAGES, page.pages),
        (_CURRENT, page.number),
        (_SIZE, page.size or max(1, shown)),
        (_FROM, page.first + 1 if shown else 0),
        (_OFFSET, page.first),
        (_TO, page.first + shown),
        (_HAS_NEXT, page.has_next),
        (_HAS_PREVIOUS, has_previous),
    ]
    for names, fact in plain_facts:
        if name in names:
            return (fact,)
    if name in _NEXT_CURSOR:
        return (page.last_id,) if page.has_next and page.last_id is not None else (None, "", _ABSENT)
    for names, exists, ahead in ((_NEXT, page.has_next, 1), (_PREVIOUS, has_previous, -1)):
        if name in names:
            return (page.url(ahead=ahead), page.number + ahead) if exists else (None, 0, "", _ABSENT)
    return ()
