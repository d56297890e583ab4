"""Scenarios of lists that are read page by page."""

from collections.abc import Iterator, Sequence
from typing import Any

from flowcontract.checks.lists import stated_total
from flowcontract.checks.sequences import access, deletion, lists
from flowcontract.checks.steps import Problem, Step
from flowcontract.engine.phases.sequences.recorder import Recorder
from flowcontract.engine.phases.sequences.resources import Resource, Walk
from flowcontract.engine.phases.sequences.scene import Scene
from flowcontract.engine.phases.sequences.walking import read_list
from flowcontract.generation.probes.resource_ids import MOVED
from flowcontract.generation.sequences.kinds import Kind, items_in
from flowcontract.http.paging import Paging, Style, paging

_OWN = 5
"""Resources that are created to be listed."""
_MOST_PAGES = 8
"""Pages that the whole list is cut into."""
_FAR = 9_999


def pages(scene: Scene) -> Iterator[Problem]:
    """Read the list as a whole and page by page: each item once, in the same order, with the right total."""
    recorder, kind = scene.recorder, scene.kind
    if kind.list is None:
        return
    chosen = paging(kind.list)
    parent = scene.parent()
    own = scene.resources(parent, _OWN)
    names = [one.id for one in own]
    steps = [one.created for one in own]
    whole = read_list(recorder, kind, parent)
    if not whole.is_complete or not whole.pages[-1].ok:
        return
    yield from lists.partition(whole.pages, whole.ids, names, steps)
    yield from _totals(whole)
    for name in names:
        yield from lists.is_listed(own[names.index(name)].created, whole.pages, name, whole.all_ids)
    if chosen.size is None:
        return
    largest = chosen.largest
    if largest is not None:
        yield from lists.full_page(
            whole.pages[0],
            whole.items[0],
            min(largest, len(whole.all_ids)),
            chosen.size.name,
            f"with {chosen.size.name}={largest}",
        )
    size = max(2, -(-len(whole.all_ids) // _MOST_PAGES))
    walk = read_list(recorder, kind, parent, size=size, most=_MOST_PAGES + 4)
    again = read_list(recorder, kind, parent)
    strangers = _come_first(whole, again, names)
    for page, items in zip(walk.pages, walk.items, strict=True):
        yield from lists.page_size(page, items, size, chosen.size.name)
    if strangers or chosen.position is None:
        return
    yield from lists.end_reached(walk.pages, not walk.is_complete)
    if walk.is_complete:
        yield from lists.partition(walk.pages, walk.ids, names, steps)
        if len(walk.pages) == 1 and size < len(whole.all_ids):
            # No further page follows, so the one has all items.
            where = f"on all pages with {chosen.size.name}={size}"
            yield from lists.full_page(walk.pages[0], walk.items[0], len(whole.all_ids), chosen.size.name, where)
    yield from lists.same_order(whole.pages[0], whole.all_ids, walk.pages, walk.ids, names)
    yield from lists.short_pages(walk.pages, [len(items) for items in walk.items], size)
    for page, items in zip(walk.pages, walk.items, strict=True):
        yield from _total(page, items, len(again.all_ids), exact=len(again.all_ids) == len(whole.all_ids))
    yield from _last_page(recorder, kind, parent, chosen, size, whole)
    if chosen.style in (Style.PAGE, Style.OFFSET) and chosen.position is not None and _allows(chosen, _FAR):
        far = recorder.page(kind, parent, {chosen.position.name: _FAR}, tolerated=(400, 404, 416, 422))
        yield from lists.beyond_the_end(far, items_in(kind, far.body) or [], f"{chosen.position.name}={_FAR}")


def _last_page(
    recorder: Recorder, kind: Kind, parent: Resource | None, chosen: Paging, size: int, whole: Walk
) -> Iterator[Problem]:
    """The page after the last full one, which paging by its length may not have reached."""
    if chosen.style is not Style.PAGE or chosen.position is None or chosen.size is None:
        return
    count = len(whole.all_ids)
    rest = count % size
    if rest == 0:
        size = next((other for other in range(size + 1, size + 4) if count % other), size)
        rest = count % size
    if rest == 0:
        return
    number = chosen.first + count // size
    page = recorder.page(kind, parent, {chosen.size.name: size, chosen.position.name: number})
    found = items_in(kind, page.body) or []
    where = f"with {chosen.size.name}={size}&{chosen.position.name}={number}"
    yield from lists.last_page(whole.pages, page, found, rest, count, where)


def _allows(chosen: Paging, value: int) -> bool:
    return chosen.position is not None and chosen.position.is_valid(value)


def _come_first(before: Walk, after: Walk, own: list[str]) -> bool:
    """Whether new items of others move ours from page to page."""
    new = set(after.all_ids) - set(before.all_ids)
    if not new:
        return False
    order = after.all_ids
    last_own = max((order.index(one) for one in own if one in order), default=0)
    return any(order.index(one) < last_own for one in new)


def _totals(walk: Walk) -> Iterator[Problem]:
    yield from _total(walk.pages[-1], walk.items[-1], len(walk.all_ids), exact=True)


def _total(page: Step, items: Sequence[Any], count: int, *, exact: bool) -> Iterator[Problem]:
    """The stated total, unless it is a count of the page alone. `exact`: the list did not change meanwhile."""
    stated = stated_total(page.body)
    if stated is None or not exact or (stated[0].lower() == "count" and stated[1] == len(items)):
        return
    yield from lists.total(page, stated[0], stated[1], count, count)


def other_parents(scene: Scene) -> Iterator[Problem]:
    """Read the list of one parent, and a resource by the path of another one: neither has the children of another."""
    recorder, kind = scene.recorder, scene.kind
    if kind.parent is None:
        return
    child, other = scene.resource(scene.parent()), scene.parent()
    if kind.list is not None and "{" in kind.list.path:
        walk = read_list(recorder, kind, other)
        yield from lists.of_one_parent(child.created, walk.page_of(child.id), child.id, walk.all_ids)
    if kind.read is None or other is None or not other.values.keys() < child.values.keys():
        return
    values = {**child.values, **other.values}
    if values == child.values:
        return
    own = recorder.read(child)
    wrong = recorder.send(
        kind.read,
        values,
        "read it below another parent",
        needs=(child.created, other.created),
        tolerated=(*MOVED, 400, 403, 404, 410, 422),
        kind=kind,
    )
    yield from access.not_below_another_parent(child.created, other.created, own, wrong)


def insert_between_pages(scene: Scene) -> Iterator[Problem]:
    """Create and delete while pages are read: items that were there all the time are on one page each."""
    recorder, kind = scene.recorder, scene.kind
    if kind.list is None or paging(kind.list).style is not Style.CURSOR or paging(kind.list).size is None:
        return
    parent = scene.parent()
    own = scene.resources(parent, 6)
    whole = read_list(recorder, kind, parent)
    order = [one for one in whole.all_ids if one in {made.id for made in own}]
    if not whole.is_complete or len(whole.all_ids) > 16 or len(order) < 6:
        return
    by_id = {made.id: made for made in own}
    changed: dict[str, Step] = {}
    inserted: dict[int, Step] = {}

    def between(number: int) -> None:
        if number == 1 and kind.delete is not None:
            first = by_id[order[0]]
            deleted = recorder.delete(first, label="delete one of the first page")
            if deleted.ok:
                changed[first.id] = deleted
        elif number == 2:
            made = recorder.make(kind, parent)
            if made is not None:
                inserted[number] = made.created

    walk = read_list(recorder, kind, parent, size=2, between=between)
    stable = [one for one in order if one not in changed]
    if not walk.is_complete:
        return
    missing = [by_id[one] for one in stable if one not in walk.all_ids]
    if missing and changed and kind.read is not None:
        (deleted,) = changed.values()
        read = recorder.read(missing[0], label="read the other one", needs=(deleted,), tolerated=(404, 410))
        removed = list(deletion.others_stay(deleted, read))
        yield from removed
        if removed:  # The pages are right about that.
            return
    steps = [by_id[one].created for one in stable]
    yield from lists.partition(walk.pages, walk.ids, stable, steps, inserted)


def invalid_cursor(scene: Scene) -> Iterator[Problem]:
    """A cursor that is none of the server's is rejected, where the contract says so."""
    recorder, kind = scene.recorder, scene.kind
    if kind.list is None:
        return
    chosen = paging(kind.list)
    if chosen.style is not Style.CURSOR or chosen.position is None or "400" not in kind.list.responses:
        return
    text = "bm93aGVyZQ"
    says_so = "400" in chosen.position.description or "other value" in chosen.position.description
    if chosen.position.is_valid(text):
        page = recorder.page(kind, scene.parent(), {chosen.position.name: text})
        if page.ok and says_so:
            yield from lists.invalid_query_rejected(page, f"{chosen.position.name}={text}")
