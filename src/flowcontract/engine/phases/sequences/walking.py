"""Reads a list page by page, the way its parameters and its responses say."""

from collections.abc import Mapping
from typing import Any

from flowcontract.checks.steps import Step
from flowcontract.engine.phases.sequences.recorder import Recorder
from flowcontract.engine.phases.sequences.resources import Caller, Resource, Walk
from flowcontract.generation.sequences.kinds import Kind, id_of, items_in
from flowcontract.generation.sequences.queries import tells_of_more
from flowcontract.http.paging import Paging, Style, next_cursor, paging

_PAGES = 12
"""Pages of a list that are read."""


def read_list(
    recorder: Recorder,
    kind: Kind,
    parent: Resource | None,
    query: Mapping[str, Any] | None = None,
    *,
    size: int | None = None,
    caller: Caller = Caller.OWNER,
    between: Any = None,
    most: int = _PAGES,
) -> Walk:
    """Read a list page by page. `between`: called after each page with its number, from 1."""
    assert kind.list is not None
    chosen = paging(kind.list)
    size = chosen.largest if size is None else size
    base: dict[str, Any] = dict(query or {})
    if chosen.size is not None and size is not None:
        base[chosen.size.name] = size
    pages: list[Step] = []
    items: list[tuple[Any, ...]] = []
    ids: list[tuple[str, ...]] = []
    position: Any = None
    complete = False
    while len(pages) < most:
        turn = base if position is None or chosen.position is None else {**base, chosen.position.name: position}
        step = recorder.page(
            kind, parent, turn, caller=caller, needs=pages[-1:] if chosen.style is Style.CURSOR else ()
        )
        found = items_in(kind, step.body) or []
        pages.append(step)
        items.append(tuple(found))
        ids.append(tuple(one for one in (id_of(kind, item) for item in found) if one is not None))
        if not step.ok:
            break
        position = _next(kind, chosen, step, found, size, len(pages), sum(map(len, items)))
        if position is None:
            # Where only the number of items can be chosen, or nothing known, nothing leads to the rest.
            is_whole = (size is None or len(found) < size) and not tells_of_more(step.body, len(found), 1)
            complete = chosen.position is not None or is_whole
            break
        if between is not None:
            between(len(pages))
    # Items without IDs cannot be told apart.
    complete = complete and sum(map(len, ids)) == sum(map(len, items))
    if complete and not query and caller is Caller.OWNER:
        recorder.session.resources.created.add_whole(kind.list, pages[0].interaction.probe.values)
    return Walk(tuple(pages), tuple(items), tuple(ids), complete)


def _next(kind: Kind, chosen: Paging, step: Step, found: list[Any], size: int | None, number: int, seen: int) -> Any:
    """The position of the next page; None after the last."""
    if chosen.style is Style.NONE or chosen.position is None:
        return None
    if chosen.style is not Style.CURSOR and isinstance(step.body, Mapping) and step.body.get("next", "?") is None:
        return None  # The last page: a request for a further one may get 404.
    if chosen.style is Style.CURSOR:
        response = step.interaction.exchange.response
        cursor = next_cursor(step.body, response.headers if response else (), chosen.position.name)
        if cursor is None and isinstance(step.body, list) and size and len(found) >= size:
            return id_of(kind, found[-1])
        if (
            cursor is None
            and isinstance(step.body, Mapping)
            and (step.body.get("has_more") or step.body.get("hasMore"))
        ):
            return id_of(kind, found[-1]) if found else None
        return cursor
    # A full page may be followed by another; without a size, an empty page is the end.
    if not found or (size is not None and len(found) < size):
        return None
    return chosen.first + number if chosen.style is Style.PAGE else seen
