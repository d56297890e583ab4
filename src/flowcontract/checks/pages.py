"""Checks of the pages of a list by what a page states of all of them: the total, and the number of pages."""

import operator
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flowcontract.checks import lists
from flowcontract.checks.interaction import Context, Interaction, Violation
from flowcontract.http.paging import Style, facts, paging
from flowcontract.openapi import pointers
from flowcontract.openapi.model import Operation
from flowcontract.text import plain_name, plural

FEW = 1000
"""Items up to which a total is counted and every page can be read: others may be estimates, or beyond a limit."""
LAST_PAGE = "last page"
"""How the group key of a violation begins that says that items are missing where the list ends."""
_ESTIMATE = re.compile(r"\b(?:estimat|approximat|roughly|at least|up to|capped)", re.IGNORECASE)
"""What a description says of a total that is not exact."""
_OF_PAGE = re.compile(r"\b(?:(?:this|current|each) page|returned)\b", re.IGNORECASE)
"""What a description says of a total that is the number of items on a page."""
_NUMBER = "number of pages of "
"""How the group key of a violation begins that is about the number of pages."""
_MORE = frozenset({"hasmore", "hasmoreitems", "hasmorepages", "hasnext", "hasnextpage"})
"""Names of what says whether a page follows."""
_PLAIN_SIZES = frozenset({"pagesize", "perpage", "itemsperpage"})
"""Names of the size of pages that are not of the number of items on this one."""


def stated_pages(_context: Context, interaction: Interaction) -> Iterator[Violation]:
    """A page before the end of the list has items, and the number of pages follows from the total and the size.

    After the last item there is no further page.
    """
    page = lists.page_of(interaction)
    documented = interaction.documented
    if page is None or documented is None or not _is_exact(interaction, page) or _is_filtered(interaction):
        return
    name, pointer = interaction.operation.id, documented.pointer
    before = items_before(interaction)
    if not page.items and before is not None and 0 < before < page.total and lists.can_be_read(interaction):
        query = interaction.request.query
        yield Violation(
            "pages-leave-out-items",
            f"Expected items on this page ({query}), because {page.name} is {page.total} and at most"
            f" {plural(before, 'item')} can be on the pages before it, got none.",
            pointer,
            f"{LAST_PAGE} of {name}",
            actual=page.body,
        )
    for member in flags_of_more(page.body) if _ends_list(interaction, page) else ():
        if lists.can_be_read(interaction):
            yield Violation(
                "wrong-total",
                f"Expected {member} to be false on the last page, which ends with the last of"
                f" {plural(page.total, 'item')} ({page.name}), got true.",
                pointer,
                "a page after the last item",  # Of all lists: one function makes the pages of most servers.
                actual=page.body,
            )
    size = _confirmed_size(interaction, page)
    for member, value in _numbers_of_pages(page.body) if size else ():
        wanted = -(-page.total // size)
        from_zero = plain_name(member) == "lastpage" and value == wanted - 1
        of_items = plain_name(member) == "pagecount" and value == len(page.items)
        is_wrong = value not in (wanted, max(1, wanted)) and not from_zero and not of_items
        if is_wrong and lists.can_be_read(interaction):
            yield Violation(
                "wrong-total",
                f"Expected {wanted} for {member} ({plural(page.total, 'item')}, {size} on a page), got {value}.",
                pointer,
                f"{_NUMBER}{name}",
                actual=page.body,
            )


def flags_of_more(body: Any, *, value: bool = True) -> list[str]:
    """The members of a page with this value that say whether another page follows."""
    parts = lists.parts_of_page(body) if isinstance(body, Mapping) else []
    return [name for part in parts for name in part if plain_name(name) in _MORE and part[name] is value]


def _ends_list(interaction: Interaction, page: lists.Page) -> bool:
    """Whether the last item of the list is the last one of a page, by the number of the page and the total."""
    chosen = paging(interaction.operation)
    position, before = chosen.position, items_before(interaction)
    if position is None or chosen.style is not Style.PAGE or _OF_PAGE.search(_described(interaction, page)):
        return False
    if position.name not in _query(interaction):
        before = 0
    elif {"default", "minimum"}.isdisjoint(facts(position)) or not _confirmed_size(interaction, page):
        return False  # The number of the first page, or the size of the pages, is not known.
    return bool(page.items) and before is not None and before + len(page.items) == page.total


def can_show_end(interaction: Interaction) -> bool:
    """Whether a page ends with the last item of its list, and says whether another page follows."""
    page = lists.page_of(interaction)
    says_so = page is not None and any(flags_of_more(page.body, value=value) for value in (True, False))
    return page is not None and says_so and _ends_list(interaction, page)


def is_number_of_pages(violation: Violation) -> bool:
    """Whether a violation is about the stated number of pages."""
    return violation.group_key.startswith(_NUMBER)


@dataclass(frozen=True, slots=True)
class Count:
    """What the number of pages follows from."""

    items: int
    size: int
    """The items of a page."""

    @property
    def is_even(self) -> bool:
        """Whether the last page is full, which is where most mistakes show."""
        return self.items % self.size == 0


def count_of(interaction: Interaction) -> Count | None:
    """What the number of pages in a response follows from; None where it states none."""
    page = lists.page_of(interaction)
    size = _confirmed_size(interaction, page) if page is not None else 0
    return Count(page.total, size) if page is not None and size and any(_numbers_of_pages(page.body)) else None


def alike(operation: Operation, now: Count, before: Count) -> Iterator[str]:
    """Queries for several pages of which the last one is full if it was so before, the greatest page first."""
    parameter = paging(operation).size
    for size in range(now.items - 1, 0, -1):
        if parameter is not None and parameter.is_valid(size) and Count(now.items, size).is_even == before.is_even:
            yield urlencode({parameter.name: size})


def items_before(interaction: Interaction) -> int | None:
    """The most items that can be on the pages before a page with a number or an offset; None where it is not known."""
    chosen, query = paging(interaction.operation), _query(interaction)
    position = chosen.position
    number = _whole(query.get(position.name)) if position is not None else None
    size = _size(interaction)
    if position is None or number is None or size == 0:
        return None
    if chosen.style is Style.OFFSET:
        return number if plain_name(position.name) != "pageoffset" or "[" in position.name else None
    if chosen.style is not Style.PAGE or size is None:
        return None
    # Where the first number is not documented, it may be 0 or 1.
    is_known = not {"default", "minimum"}.isdisjoint(facts(position))
    return (number - chosen.first if is_known else number) * size


def exact_total(interaction: Interaction) -> tuple[str, int] | None:
    """The total that a whole list states, and its name; None where there is none, or it may be an estimate."""
    page = lists.page_of(interaction)
    is_known = page is not None and _is_exact(interaction, page) and not _is_filtered(interaction)
    return (page.name, page.total) if page is not None and is_known else None


def overlapping(interaction: Interaction, first: Interaction) -> Iterator[Violation]:
    """The second page of a list does not begin with the items at the end of the first one.

    An item is known by its ID: two items of a page have two of them. Nothing is said where the two pages are the same,
    or where other items are on both, such as pinned ones. As lists change, a finding needs more reads.
    """
    before, after = _known_items(first), _known_items(interaction)
    counts = range(1, min(len(before), len(after) + 1))
    count = next((each for each in counts if before[-each:] == after[:each]), 0)
    if not count or len(before) != _size(interaction):
        return
    name, value = next((name, value) for name, value in after[0].items() if plain_name(name) in lists.IDS)
    yield Violation(
        "pages-overlap",
        f"Expected each item once across all pages, got the item with {name} {value} on both pages.",
        interaction.operation.pointer + "/responses",
        f"pages overlap of {interaction.operation.id}",
        actual=interaction.json,
        part=pointers.find(interaction.json, partial(operator.is_, after[0])) or "",
    )


def is_same_page(one: Interaction, other: Interaction) -> bool:
    """Whether two responses have the same items in the same order."""
    return one.success and other.success and _known_items(one) == _known_items(other)


def _known_items(interaction: Interaction) -> list[Mapping[str, Any]]:
    """The items of a page; none where an item has no ID, or the same as another one."""
    found = lists.items(interaction.json) if interaction.success and interaction.is_json else []
    ids = [[value for name, value in item.items() if plain_name(name) in lists.IDS] for item in found]
    return found if all(ids) and all(one not in ids[:at] for at, one in enumerate(ids)) else []


def is_last_page(interaction: Interaction) -> bool:
    """Whether a page is the last one, and not full: as data change, it can be another one."""
    page, before, size = lists.page_of(interaction), items_before(interaction), _size(interaction)
    return page is not None and before is not None and before < page.total < before + (size or page.total)


def _size(interaction: Interaction) -> int | None:
    """The greatest number of items of a page: as requested, else as the list states or the contract says."""
    size = paging(interaction.operation).size
    sent = _whole(_query(interaction).get(size.name)) if size is not None else None
    stated = lists.page_sizes(interaction.json) if isinstance(interaction.json, Mapping) else []
    default = facts(size).get("default") if size is not None else None
    return next((each for each in (sent, *stated, default) if isinstance(each, int)), None)


def _confirmed_size(interaction: Interaction, page: lists.Page) -> int:
    """The size of the pages, where what the list states and what was requested agree; 0 otherwise."""
    parameter = paging(interaction.operation).size
    stated = lists.page_sizes(page.body, _PLAIN_SIZES)
    wanted: Any = stated[0] if stated else None
    if parameter is not None:
        sent = _query(interaction).get(parameter.name)
        wanted = facts(parameter).get("default") if sent is None else _whole(sent)
        if not isinstance(wanted, int) or not parameter.is_valid(wanted):
            return 0
        stated = lists.page_sizes(page.body)
    is_confirmed = isinstance(wanted, int) and all(each == wanted for each in stated) and len(page.items) <= wanted
    return wanted if is_confirmed else 0


def _numbers_of_pages(body: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for part in lists.parts_of_page(body):
        for name, value in part.items():
            if plain_name(name) in lists.PAGES and isinstance(value, int) and not isinstance(value, bool):
                yield name, value


def _is_exact(interaction: Interaction, page: lists.Page) -> bool:
    """Whether a total is that of the list, and no estimate."""
    if page.total >= FEW or (page.name.lower() == "count" and "next" not in page.body):
        return False
    return not _ESTIMATE.search(_described(interaction, page))


def _described(interaction: Interaction, page: lists.Page) -> str:
    """What the contract says of the total."""
    media = interaction.media
    members = media.schemas.resolve(media.schema).get("properties") or {} if media and media.schema else {}
    described = media.schemas.resolve(members[page.name]) if media and page.name in members else {}
    return str(described.get("description") or "")


def _is_filtered(interaction: Interaction) -> bool:
    """Whether a request has other optional parameters than those that choose a page."""
    own = paging(interaction.operation).names
    return any(name not in own for name, _ in lists.optional_query(interaction))


def _query(interaction: Interaction) -> dict[str, str]:
    return dict(interaction.request.parameters)


def _whole(text: str | None) -> int | None:
    return int(text) if text and len(text) < 10 and text.isascii() and text.isdecimal() else None
