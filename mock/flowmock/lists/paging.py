"""Pages of a list, and what the body around the items says about them: count, number of pages, next page.

Parameters and members are known by their names, as APIs commonly have them: page and page size, limit and offset, a
cursor. Members stand beside the items, or in an object there that is about pages (`pagination`, `meta`, `_links`). A
member gets the first of its possible values that the schema allows.
"""

import copy
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flowcontract.openapi.model import Operation
from flowcontract.openapi.values.plausible import kind_of_moment
from flowcontract.text import plain_name
from flowmock.lists.selecting import Item, declared_names
from flowmock.messages import Call

_SIZE = frozenset({"limit", "pagesize", "perpage", "size", "maxresults", "top", "pagelimit", "take", "itemsperpage"})
_OFFSET = frozenset({"offset", "skip", "start", "startindex", "pageoffset"})
_NUMBER = frozenset({"page", "pagenumber", "pageno", "pageindex", "currentpage"})
_CURSOR = frozenset(
    {"cursor", "after", "startingafter", "startafter", "pagetoken", "nexttoken", "continuationtoken"}
    | {"pagecursor", "pageafter"}
)
_OF_MOMENTS = frozenset({"date", "date-time"})
"""Formats of parameters that choose items by their time: `after`, `start`."""
_KINDS = {"size": _SIZE, "offset": _OFFSET, "number": _NUMBER, "cursor": _CURSOR}

TOTALS = frozenset({"count", "total", "totalcount", "totalitems", "totalresults", "totalelements", "totalrecords"})
_SHOWN = frozenset({"count", "numberofelements", "itemcount", "itemsonpage"})
"""Items on this page; `count` only beside another member with the total."""
_PAGES = frozenset({"pages", "totalpages", "pagecount", "lastpage"})
_CURRENT = frozenset({"current", "page", "currentpage", "pagenumber", "pageindex", "number"})
_FROM = frozenset({"startindex", "from"})
_TO = frozenset({"endindex", "to"})
_NEXT = frozenset({"next", "nextpage", "nexturl", "nextlink", "nextpageurl"})
_PREVIOUS = frozenset({"previous", "prev", "previouspage", "prevpage", "previousurl", "prevurl", "previouslink"})
_NEXT_CURSOR = frozenset({"nextcursor", "cursor", "nextpagetoken", "nexttoken", "continuationtoken"})
_HAS_NEXT = frozenset({"hasmore", "hasnext", "hasnextpage", "more"})
_HAS_PREVIOUS = frozenset({"hasprevious", "hasprev", "haspreviouspage"})
_ENDS = frozenset({"first", "last", "self"})
"""URLs of pages, or whether this is the first or the last one."""
_OF_A_PAGE = (_SIZE | _OFFSET | _PAGES | _CURRENT | _FROM | _TO | _NEXT | _PREVIOUS | _NEXT_CURSOR | _HAS_NEXT
              | _HAS_PREVIOUS) - {"number"}  # fmt: skip
"""Members that say on their own that a body is a page: an order has a total as well."""
_KNOWN = _OF_A_PAGE | TOTALS | _SHOWN | {"number"}
_HOLDERS = frozenset(
    {"cursors", "link", "links", "meta", "metadata", "page", "pageable", "pageinfo", "paging", "pagination"}
)
"""Objects that hold such members, whatever else they hold."""
_LINK = "href"
"""The URL in a link that is an object (HAL, JSON:API)."""

_ABSENT = object()
"""Stands for a member that is left out."""

Tokens = tuple[str, ...]
"""Names of members that lead into a body."""


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
    selected: Sequence[Item] = ()
    """The items of all pages."""

    @property
    def number(self) -> int:
        """Its number, from the first one on."""
        return self.first_number + (self.first // self.size if self.size else 0)

    @property
    def pages(self) -> int:
        """How many pages there are; none where there are no items."""
        return math.ceil(self.total / (self.size or self.total)) if self.total else 0

    @property
    def has_next(self) -> bool:
        """Whether items follow."""
        return self.first + len(self.items) < self.total

    def url(self, *, ahead: int) -> str:
        """The URL of another page: 1 for the next one, -1 for the previous one."""
        if "cursor" in self.names and not self.names.keys() & {"number", "offset"} and ahead > 0 and self.last_id:
            return self._url({self.names["cursor"]: self.last_id})
        return self.url_from(max(0, self.first + ahead * (self.size or self.total)))

    def url_from(self, first: int) -> str:
        """The URL of the page that begins with an item, by its index."""
        if "number" in self.names:
            return self._url(
                {self.names["number"]: str(self.first_number + first // (self.size or max(1, self.total)))}
            )
        return self._url({self.names["offset"]: str(first)} if "offset" in self.names else {})

    def _url(self, changed: Mapping[str, str]) -> str:
        kept = [(name, value) for name, value in self.call.query if name not in changed]
        host = self.call.header("host") or "localhost"
        query = urlencode([*kept, *changed.items()])
        return f"http://{host}{self.call.raw_path}{'?' if query else ''}{query}"

    def links(self) -> str:
        """The value of a `Link` header (RFC 8288); empty where there is one page."""
        found = [("next", 1)] * self.has_next + [("prev", -1)] * (self.first > 0)
        return ", ".join(f'<{self.url(ahead=ahead)}>; rel="{name}"' for name, ahead in found)


def parameters_of(operation: Operation) -> dict[str, str]:
    """The names of the query parameters that choose a page, by kind: `size`, `offset`, `number`, `cursor`."""
    return {
        kind: name
        for name, schema in declared_names(operation).items()
        for kind, known in _KINDS.items()
        if plain_name(name) in known and schema.get("format") not in _OF_MOMENTS
    }


def first_number_of(operation: Operation) -> int:
    """The number of the first page: 1, or 0."""
    names = parameters_of(operation)
    return _first_number(declared_names(operation)[names["number"]]) if "number" in names else 1


def is_about_pages(names: Collection[str]) -> bool:
    """Whether members with these names stand beside the items of a page, and not of anything else."""
    return any(plain_name(name) in _OF_A_PAGE for name in names)


def may_be_about_pages(name: str) -> bool:
    """Whether a member with this name says something of the page, where it stands beside the items or in a holder."""
    return plain_name(name) in _KNOWN | _ENDS | _NEXT_CURSOR


def is_holder(name: str, names: Collection[str]) -> bool:
    """Whether a member with this name, an object with members of these names, is about pages."""
    known = sum(plain_name(each) in _KNOWN for each in names)
    return known > 0 if plain_name(name) in _HOLDERS else known > 1


def page_of(items: Sequence[Item], operation: Operation, call: Call, id_of: Callable[[Item], str | None]) -> Page:
    """The page of a list that a call asks for. A page that does not exist has no items."""
    declared, names = declared_names(operation), parameters_of(operation)
    asked = {name: value for name, value in call.query if name in declared}
    numbers = {kind: _number(declared[name], asked.get(name)) for kind, name in names.items() if kind != "cursor"}
    size = numbers.get("size") or None
    first_number = first_number_of(operation)
    number = numbers.get("number")
    if number is not None and number != first_number:
        size = size or max(1, len(items))
    first = numbers.get("offset") or 0
    if number is not None:
        first = (number - first_number) * (size or 0)
    after = asked_cursor(operation, call)
    if after:
        ids = [id_of(item) for item in items]
        first = ids.index(after) + 1 if after in ids else len(items)
    shown = list(items[first : None if size is None else first + size]) if first >= 0 else []
    last_id = id_of(shown[-1]) if shown else None
    return Page(shown, len(items), first, size, call, names, first_number, last_id, items)


def asked_cursor(operation: Operation, call: Call) -> str:
    """The cursor that a call asks for; empty for none. A date or time is not a cursor."""
    name = parameters_of(operation).get("cursor") if call.query else None
    found = dict(call.query).get(name, "") if name else ""
    return "" if kind_of_moment(found) else found


def chosen_by(operation: Operation, call: Call) -> list[str]:
    """The query parameters of a call that choose a page and no items; a single one (`size`) can be about these."""
    names = parameters_of(operation).values() if call.query else ()
    return [name for name, value in call.query if len(names) > 1 and name in names and not kind_of_moment(value)]


def _number(schema: Mapping[str, Any], text: str | None) -> int | None:
    """The number that a call gives, else the default."""
    if text is not None:
        return int(text) if text.removeprefix("-").isdecimal() else None
    default = schema.get("default")
    return default if isinstance(default, int) and not isinstance(default, bool) else None


def _first_number(schema: Mapping[str, Any]) -> int:
    return 0 if 0 in (schema.get("default"), schema.get("minimum")) else 1


def paged(body: Any, envelope: Tokens, operation: Operation, call: Call, is_valid: Callable[[Any], bool]) -> Any:
    """The page that a call asks for of a list as a whole, as far as `is_valid` admits it."""
    items = body
    for token in envelope:
        items = items.get(token) if isinstance(items, Mapping) else None
    if not isinstance(items, list):
        return body
    changed = described(body, page_of(items, operation, call, _id_of), envelope, is_valid)
    return changed if is_valid(changed) else body


def _id_of(item: Any) -> str | None:
    value = item.get("id") if isinstance(item, Mapping) else None
    return None if value is None else str(value)


def described(body: Any, page: Page, envelope: Tokens, is_valid: Callable[[Any], bool]) -> Any:
    """The body of a list with the items of a page, and with members around them that agree with it.

    `envelope`: the members that lead to the items; empty where the body is the items.
    """
    if not envelope:
        return page.items
    body = copy.deepcopy(body)
    for holder, name in list(_members(body, envelope)):  # With its own items: those of the page may have more members.
        before = holder[name]
        for value in _values(plain_name(name), page, holder.keys()):
            if value is _ABSENT:
                del holder[name]
            else:
                is_link = isinstance(before, dict) and value is not None
                holder[name] = {**before, _LINK: value} if is_link else value
            if is_valid(body):
                break
            holder[name] = before
    holder = body
    for token in envelope[:-1]:
        holder = holder[token]
    holder[envelope[-1]] = page.items
    return body


def _members(body: dict[str, Any], envelope: Tokens) -> Iterator[tuple[dict[str, Any], str]]:
    """The members that may be about the page, with the objects that have them."""
    for name, value in body.items():
        if envelope and name == envelope[0]:
            if len(envelope) > 1:
                yield from _members(value, envelope[1:])
        elif isinstance(value, dict) and _LINK not in value:
            if is_holder(name, value):
                yield from _members(value, ())
        elif not isinstance(value, list):
            yield body, name


def header_values(name: str, page: Page, documented: Collection[str]) -> Sequence[Any]:
    """What a response header may be, the best first: None for none; nothing where it says nothing about pages.

    `name`: in lower case. `documented`: the names of all headers.
    """
    if name == "link":
        return (page.links() or None,)
    if name == "content-range":
        shown = f"{page.first}-{page.first + len(page.items) - 1}" if page.items else "*"
        return (f"items {shown}/{page.total}",)
    values = _values(_plain_header(name), page, [*map(_plain_header, documented)])
    return (None,) if values[:1] == (None,) else [value for value in values if value not in ("", _ABSENT)]


def _plain_header(name: str) -> str:
    return plain_name(name.removeprefix("x-").removeprefix("pagination-"))


def _values(name: str, page: Page, beside: Collection[str]) -> Sequence[Any]:
    """What a member may be, the best first; nothing where its name says nothing about pages.

    `beside`: the names of all members of the object that has it.
    """
    has_previous = page.first > 0
    shown = len(page.items)
    others = {plain_name(each) for each in beside} - {name}
    is_shown = name in _SHOWN and (name not in TOTALS or not others.isdisjoint(TOTALS))
    plain_facts: list[tuple[Collection[str], Any]] = [
        ((name,) if is_shown else (), shown),
        (TOTALS, page.total),
        (_CURRENT, page.number),
        (_SIZE, page.size or max(1, shown)),
        (_FROM, page.first + 1 if shown else 0),
        (_OFFSET, page.first),
        (_TO, page.first + shown if shown else 0),
        (_HAS_NEXT, page.has_next),
        (_HAS_PREVIOUS, has_previous),
        (("empty",) if others & _KNOWN else (), not shown),
    ]
    for names, fact in plain_facts:
        if name in names and (name != "number" or others & _KNOWN):
            return (fact,)
    if name in _PAGES:
        return (page.pages,) if page.pages else (0, 1)  # Some schemas have a first page without items.
    if name in _NEXT_CURSOR:
        return (page.last_id,) if page.has_next and page.last_id is not None else (None, "", _ABSENT)
    for names, exists, ahead in ((_NEXT, page.has_next, 1), (_PREVIOUS, has_previous, -1)):
        if name in names:
            return (page.url(ahead=ahead), page.number + ahead) if exists else (None, 0, "", _ABSENT)
    if name in _ENDS and others & (_KNOWN | _ENDS):
        last = max(0, page.pages - 1) * (page.size or 0)
        urls = {"first": page.url_from(0), "last": page.url_from(last), "self": page.url_from(page.first)}
        facts = {"first": [not has_previous], "last": [not page.has_next]}
        return (*facts.get(name, ()), urls[name])
    return ()
