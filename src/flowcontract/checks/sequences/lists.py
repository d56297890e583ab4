"""Rules about lists: created resources are in them, filters and orders hold, pages partition them."""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flowcontract.checks.lists import without_next
from flowcontract.checks.pages import LAST_PAGE
from flowcontract.checks.request_validity import invalid_part
from flowcontract.checks.sequences.values import same, shown, sort_keys
from flowcontract.checks.status import INVALID_INPUT, part_of
from flowcontract.checks.steps import Problem, Step, checks, showing
from flowcontract.checks.valid_parts import violates_schema
from flowcontract.text import plural

_NOT_FOUND = 404
_NAMED = 3
"""Items that a message names."""


@checks("created-resource-not-listed")
def is_listed(created: Step, pages: Sequence[Step], own: str, ids: Sequence[str]) -> Iterator[Problem]:
    """A created resource is in the list, once. `ids`: of all items, page by page."""
    if not all(page.ok for page in pages) or not created.ok or created.status == 202:
        return
    if ids.count(own) == 0:
        yield Problem(
            "created-resource-not-listed",
            "Expected the created resource in the list, got a list without it.",
            "not listed",
            (created, pages[-1]),
        )


@checks("filter-returns-other-items", of="page")
def of_one_parent(created: Step, page: Step, child: str, ids: Sequence[str]) -> Iterator[Problem]:
    """The list of a new parent is without what was created below another one."""
    if created.ok and page.ok and child in ids:
        problem = Problem(
            "filter-returns-other-items",
            f"Expected only items of the parent in the path, got one ({child}) that was created below another parent.",
            "other parent",
            (created, page),
            culprit=page,
        )
        yield showing(problem, child)


@checks("created-more-than-once", of="created")
def created_once(
    before: Sequence[str], after: Sequence[str], created: Step, page: Step, others: bool
) -> Iterator[Problem]:
    """A creation adds one item to the list; `others`: somebody else creates items meanwhile."""
    new = [one for one in after if one not in set(before)]
    if len(new) > 1 and not others:
        yield Problem(
            "created-more-than-once",
            f"Expected one new item in the list after one creation, got {len(new)}: {_named(new)}.",
            "creates several",
            (created, page),
            culprit=created,
        )


def _named(ids: Sequence[str]) -> str:
    return ", ".join(ids[:_NAMED]) + (", …" if len(ids) > _NAMED else "")


@checks("filter-returns-other-items")
def filtered(
    page: Step, items: Sequence[Any], prop: str, value: Any, matches: str, note: str, *, name: str
) -> Iterator[Problem]:
    """Every item of a filtered list matches. `matches`: `equal`, `any case`, `part`, `has`, or as for `is_within`.

    `name`: the query parameter that filters by this property; `note` may have further ones.
    """
    for item in items:
        if not isinstance(item, Mapping) or prop not in item:
            continue
        if not _matches(item[prop], value, matches) and not violates_schema(page.interaction, prop):
            problem = Problem(
                "filter-returns-other-items",
                f"Expected only items that match the filter {note}, got one with {prop} {shown(item[prop])}.",
                f"filter {name}",
                (page,),
                is_about_items=True,
            )
            yield showing(problem, item, prop)
            return


def _ordered(value: Any) -> float | datetime | None:
    """A number, or a date or time of a text, as what can be compared; None for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC))


_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "above": operator.gt,
    "below": operator.lt,
}


def is_within(value: Any, bound: Any, how: str) -> bool | None:
    """Whether a number or a date is in a range; None where the two cannot be compared.

    `how`: `minimum`, `maximum`, or `above` and `below`, which leave out the bound.
    """
    one, other = _ordered(value), _ordered(bound)
    return _ORDERS[how](one, other) if one is not None and type(one) is type(other) else None


def _matches(actual: Any, value: Any, how: str) -> bool:
    if how in _ORDERS:
        return is_within(actual, value, how) is not False
    if how == "has":
        return isinstance(actual, list) and any(same(value, one) for one in actual)
    if how == "any case" and isinstance(actual, str):
        return actual.casefold() == str(value).casefold()
    if how == "part":
        texts = actual if isinstance(actual, list) else [actual]
        return any(str(value).casefold() in str(one).casefold() for one in texts)
    return same(value, actual)


@checks("filter-misses-items")
def found_by_filter(
    created: Step, page: Step, own: str, ids: Sequence[str], note: str, complete: bool
) -> Iterator[Problem]:
    """A resource that matches a filter is found by it. `complete`: the whole filtered list was read."""
    if created.ok and page.ok and complete and own not in ids:
        yield Problem(
            "filter-misses-items",
            f"Expected the created resource{_match(created.sent, note)} in the list filtered by {note}, got a list"
            " without it.",
            f"filter {note.partition('=')[0]}",
            (created, page),
        )


def _match(sent: Any, note: str) -> str:
    """The property that a filter has to find: its text has the value of the filter, maybe in another case or inside."""
    value = note.partition("=")[2].casefold()
    texts = sent.items() if isinstance(sent, Mapping) else ()
    found = ((name, text) for name, text in texts if isinstance(text, str) and value and value in text.casefold())
    return next((f" ({name}: {shown(text)})" for name, text in found), "")


@checks("pages-overlap", "pages-leave-out-items", of="pages")
def partition(
    pages: Sequence[Step],
    ids: Sequence[Sequence[str]],
    own: Sequence[str],
    created: Sequence[Step],
    between: Mapping[int, Step] | None = None,
) -> Iterator[Problem]:
    """Pages that follow one another have each item once.

    `between`: what created another item after a page, by the number of the page, from 1.
    """
    if not all(page.ok for page in pages) or len(pages) < 2:
        return
    flat = [one for page in ids for one in page]
    for one in own:
        if flat.count(one) > 1:
            numbers = [number for number, found in enumerate(ids, 1) if one in found]
            inserted = [step for after, step in (between or {}).items() if numbers[0] <= after < numbers[-1]]
            where = f"item {one} on pages {' and '.join(map(str, numbers))}"
            if len(numbers) == 1:
                where = f"item {one} on page {numbers[0]} ({flat.count(one)} times)"
            problem = Problem(
                "pages-overlap",
                f"Expected each item once across all pages, got {where}"
                + (": a new item between the requests for these pages shifted the cursor." if inserted else "."),
                "pages overlap after a creation" if inserted else "pages overlap",
                (*created, *inserted, *(pages[number - 1] for number in numbers)),
                is_about_items=not created,
                is_shared=bool(inserted),  # What makes the cursors, in every list.
            )
            yield showing(problem, one)
            return
    missing = [one for one in own if one not in flat]
    if missing:
        segments = pages[0].interaction.operation.path.split("/")
        noun = next((part for part in reversed(segments) if part and not part.startswith("{")), "items")
        all_items = f"all {len(own)} {'created ' if created else ''}{noun}"
        rest = f"{len(missing)} of them {'is' if len(missing) == 1 else 'are'} on no page ({_named(missing)})"
        contradiction = without_next(pages[-1].interaction.json, len(flat))
        yield Problem(
            "pages-leave-out-items",
            f"Expected {all_items} on the pages, but {rest}"
            + (f": {contradiction} on {len(pages)} pages." if contradiction else "."),
            LAST_PAGE if contradiction else "pages leave out",
            (*created, *pages),
            is_about_items=not created,
        )


@checks("page-too-large")
def page_size(page: Step, items: Sequence[Any], size: int, name: str) -> Iterator[Problem]:
    """A page has at most as many items as were asked for."""
    if page.ok and len(items) > size:
        yield Problem(
            "page-too-large",
            f"Expected at most {plural(size, 'item')} with {name}={size}, got {len(items)}.",
            f"{name} exceeded",
            (page,),
            is_about_items=True,
        )


@checks("pages-leave-out-items")
def full_page(page: Step, items: Sequence[Any], wanted: int, name: str, where: str) -> Iterator[Problem]:
    """A page has as many items as were asked for and are left. `name`: of the size; `where`: `with limit=3`."""
    if page.ok and len(items) < wanted:
        yield Problem(
            "pages-leave-out-items",
            f"Expected {plural(wanted, 'item')} {where} (the whole list has enough), got {len(items)}.",
            f"{name} not reached",
            (page,),
            is_about_items=True,
        )


@checks("pages-leave-out-items")
def last_page(
    whole: Sequence[Step], page: Step, items: Sequence[Any], wanted: int, count: int, where: str
) -> Iterator[Problem]:
    """The last page of a list has what the pages before it do not have. `whole`: the same list on larger pages."""
    if page.status == _NOT_FOUND or (page.ok and len(items) < wanted):
        got = len(items) or "none" if page.ok else page.status
        yield Problem(
            "pages-leave-out-items",
            f"Expected {plural(wanted, 'item')} {where}, because the list has {count}, got {got}.",
            f"{LAST_PAGE} by its number",
            (*whole, page),
            is_about_items=True,
        )


@checks("unstable-order")
def same_order(
    whole: Step, all_ids: Sequence[str], pages: Sequence[Step], ids: Sequence[Sequence[str]], own: Sequence[str]
) -> Iterator[Problem]:
    """The pages have the items in the order of the whole list."""
    flat = [one for page in ids for one in page if one in own]
    expected = [one for one in all_ids if one in own]
    if sorted(flat) == sorted(expected) and len(set(flat)) == len(flat) and flat != expected:
        yield Problem(
            "unstable-order",
            f"Expected the pages in the order of the whole list, got {_first_wrong(flat, expected)}.",
            "order of pages",
            (whole, *pages),
            expected=expected,
            actual=flat,
            is_about_items=True,
        )


@checks("wrong-total")
def total(page: Step, name: str, value: Any, least: int, most: int | None) -> Iterator[Problem]:
    """The total that a list states is the number of its items. `most`: None where not all were read."""
    if not page.ok or not isinstance(value, int) or isinstance(value, bool):
        return
    if value < least or (most is not None and value > most):
        expected = f"at least {least}" if most != least else f"{least}"
        message = f"Expected {name} to be {expected}, got {value}."
        yield Problem("wrong-total", message, f"total {name}", (page,), is_about_items=True)


@checks("pages-overlap")
def beyond_the_end(page: Step, items: Sequence[Any], name: str) -> Iterator[Problem]:
    """A page far beyond the last has no items."""
    if page.ok and items:
        yield Problem(
            "pages-overlap",
            f"Expected no items far beyond the last page ({name}), got {len(items)}.",
            "beyond the end",
            (page,),
            is_about_items=True,
        )


@checks("pages-never-end")
def end_reached(pages: Sequence[Step], more: bool) -> Iterator[Problem]:
    """Following the cursor comes to an end."""
    if more and all(page.ok for page in pages):
        yield Problem(
            "pages-never-end",
            f"Expected no cursor after the last item, got one on page {len(pages)}.",
            "never ends",
            tuple(pages[-2:]),
            is_about_items=True,
        )


@checks("wrong-order")
def sorted_by(
    pages: Sequence[Step],
    values: Sequence[Any],
    note: str,
    descending: bool,
    where: str = "",
    ranks: Sequence[Any] = (),
) -> Iterator[Problem]:
    """Items are in the order that was asked for, on one page and over several.

    `where`: `over all pages`; `ranks`: the values of an enumeration, in order.
    """
    is_in_order = any(keys == sorted(keys, reverse=descending) for keys in sort_keys(values, ranks))
    if all(page.ok for page in pages) and not is_in_order:
        expected = sorted(values, reverse=descending)
        yield Problem(
            "wrong-order",
            f"Expected the items in the order {note}{where}, got {_first_wrong(values, expected)}.",
            f"order {note}",
            tuple(pages),
            expected=expected,
            actual=list(values),
            is_about_items=True,
        )


def _first_wrong(got: Sequence[Any], expected: Sequence[Any]) -> str:
    """The first value that is not in its place, in words."""
    value, wanted = next((one, other) for one, other in zip(got, expected, strict=True) if one != other)
    return f"{shown(value)} where {shown(wanted)} belongs"


@checks("pages-leave-out-items")
def short_pages(pages: Sequence[Step], counts: Sequence[int], size: int) -> Iterator[Problem]:
    """Every page before the last that has items is full; an empty one may follow, where cursors are followed."""
    for index, (page, count) in enumerate(zip(pages, counts, strict=True)):
        if page.ok and count < size and any(counts[index + 1 :]):
            yield Problem(
                "pages-leave-out-items",
                f"Expected {size} items on every page before the last, got {count}.",
                "short page",
                (page,),
                is_about_items=True,
            )
            return


@checks("filter-returns-other-items")
def finds_other(other: Step, page: Step, own: str, note: str) -> Iterator[Problem]:
    """A filter does not find what does not match."""
    problem = Problem(
        "filter-returns-other-items",
        f"Expected only items that match the filter {note}, got one ({own}) that was created with another value.",
        f"filter {note.partition('=')[0]}",
        (other, page),
    )
    yield showing(problem, own)


@checks("filter-returns-other-items")
def contains(page: Step, item: Any, word: str, note: str) -> Iterator[Problem]:
    """An item that a search found has the word somewhere."""
    if word.casefold() not in str(item).casefold():
        problem = Problem(
            "filter-returns-other-items",
            f"Expected only items that contain the word searched for ({note}), got one without it.",
            f"filter {note.partition('=')[0]}",
            (page,),
            is_about_items=True,
        )
        yield showing(problem, item)


@checks("invalid-input-accepted")
def invalid_query_rejected(page: Step, note: str) -> Iterator[Problem]:
    """A query that violates the contract is rejected."""
    if page.ok:
        name = note.partition("=")[0]
        invalid = invalid_part(page.interaction)
        part = part_of(invalid) if invalid and invalid.name == f"query parameter {name}" else ""
        why = f" Why it is invalid: {invalid.message.rstrip('.')}." if invalid and part and invalid.message else ""
        yield Problem(
            "invalid-input-accepted",
            f"Expected a client error for the invalid query {note}, got {page.status}.{why}",
            f"{INVALID_INPUT} {part}" if part else f"query {name} of {page.interaction.operation.id}",
            (page,),
            part=part,
            is_shared=bool(part),
        )
