"""Scenarios of the query of a list: filters, searches, orders, and values that violate the contract."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from flowcontract.checks.lists import query_text
from flowcontract.checks.sequences import access, lists
from flowcontract.checks.steps import Problem
from flowcontract.checks.valid_parts import violates_schema
from flowcontract.engine.phases.sequences.recorder import Recorder
from flowcontract.engine.phases.sequences.resources import Caller, Resource, Walk
from flowcontract.engine.phases.sequences.scene import Scene
from flowcontract.engine.phases.sequences.walking import read_list
from flowcontract.generation.sequences.bodies import Bodies
from flowcontract.generation.sequences.kinds import Kind, id_of
from flowcontract.generation.sequences.queries import (
    Filter,
    Order,
    description,
    filters,
    orders,
    search_parameter,
)
from flowcontract.http.paging import facts, paging
from flowcontract.openapi.model import Parameter

_SMALL_PAGE = 2
_MOST_ORDERS = 2
"""Orders that are read on small pages: what sorts before or after paging does so for each of them."""
_WITHOUT_BOUND = {"minimum": "above", "maximum": "below"}
_REJECTED = (400, 409, 422)
"""Statuses of a creation whose number or dates the server does not accept."""
_WORD = "Quokkazig"
"""In no text of anybody else."""


def filtered(scene: Scene) -> Iterator[Problem]:
    """Filter by each property that a query parameter names."""
    recorder, kind = scene.recorder, scene.kind
    if kind.list is None or scene.response_schemas is None:
        return
    found = list(filters(kind.list, scene.response_schemas))
    if not found:
        return
    parent = scene.parent()
    bodies = scene.bodies(parent)
    for one in found:
        if one.is_bound:
            yield from _in_range(scene, parent, bodies, one)
            continue
        for created, value, other in _pairs(scene, parent, bodies, one):
            note = f"{one.parameter.name}={query_text(value)}"
            walk = read_list(recorder, kind, parent, {one.parameter.name: value})
            yield from _is_filtered(scene, walk, one, value, note)
            step = created.created
            yield from lists.found_by_filter(step, walk.pages[-1], created.id, walk.all_ids, note, walk.is_complete)
            if other is not None and one.is_strict and other.id in walk.all_ids:
                yield from lists.finds_other(other.created, walk.page_of(other.id), other.id, note)
            yield from _paged(scene, parent, one, value, walk, note)
        if one.prop in bodies.writable or one.matches != "equal":
            continue
        for value in _documented_values(one, scene.response_schemas[one.prop]):
            walk = read_list(recorder, kind, parent, {one.parameter.name: value})
            yield from _is_filtered(scene, walk, one, value, f"{one.parameter.name}={query_text(value)}")
    yield from _changed_values(scene, parent, bodies, found)
    yield from _together(scene, parent, found)


def _is_filtered(scene: Scene, walk: Walk, one: Filter, value: Any, note: str) -> Iterator[Problem]:
    own = scene.creations()
    for page, items in zip(walk.pages, walk.items, strict=True):
        matches = "part" if one.matches == "has" and not one.is_strict else one.matches
        matches = "any case" if one.ignores_case else matches
        matches = _WITHOUT_BOUND[matches] if one.is_bound and one.includes is False else matches
        # What the run created is looked at first: a script can create it again.
        own_first = sorted(items, key=lambda item: id_of(scene.kind, item) not in own)
        yield from lists.filtered(page, own_first, one.prop, value, matches, note, name=one.parameter.name)


def _in_range(scene: Scene, parent: Resource | None, bodies: Bodies, one: Filter) -> Iterator[Problem]:
    """A bound finds what is within it: another resource, and one that is equal to it as the contract says."""
    made: list[tuple[Resource, Any]] = []
    for body in _bodies_with(bodies, one):
        _, resource = scene.recorder.create(scene.kind, parent, body, tolerated=_REJECTED)
        if resource is not None:
            made.append((resource, body[one.prop]))
    listed = read_list(scene.recorder, scene.kind, parent).all_ids  # A list may begin today, or leave out the past.
    for _, bound in made:
        if not _is_valid_text(one, bound):
            continue
        note = f"{one.parameter.name}={query_text(bound)}"
        walk = read_list(scene.recorder, scene.kind, parent, {one.parameter.name: bound})
        yield from _is_filtered(scene, walk, one, bound, note)
        for resource, value in made:
            is_found = one.includes if value == bound else lists.is_within(value, bound, one.matches)
            if is_found and resource.id in listed:
                step, last = resource.created, walk.page_of(resource.id)
                yield from lists.found_by_filter(step, last, resource.id, walk.all_ids, note, walk.is_complete)
        yield from _paged(scene, parent, one, bound, walk, note)


def _bodies_with(bodies: Bodies, one: Filter) -> Iterator[dict[str, Any]]:
    """Two bodies with different numbers, or dates, of the property of a filter."""
    for value in _filter_values(bodies, one):
        body = bodies.with_value(bodies.smallest() or {}, one.prop, value)
        yield from [body] if body else ()
    if one.prop in bodies.writable and bodies.writable[one.prop].format in ("date", "date-time"):
        for _ in range(2):  # Each has dates of its own.
            found = (
                body for body in (bodies.smallest(), bodies.full()) if body and isinstance(body.get(one.prop), str)
            )
            yield from islice(found, 1)


def _paged(scene: Scene, parent: Resource | None, one: Filter, value: Any, walk: Walk, note: str) -> Iterator[Problem]:
    """The filter holds on small pages, too, and each of them is full."""
    recorder, kind = scene.recorder, scene.kind
    assert kind.list is not None
    chosen = paging(kind.list)
    count = len(walk.all_ids)
    if chosen.size is None or not walk.is_complete or not 1 < count <= 30:
        return
    size = max(1, -(-count // 4))
    small = read_list(recorder, kind, parent, {one.parameter.name: value}, size=size, most=8)
    yield from _is_filtered(scene, small, one, value, note)
    if small.is_complete and not set(read_list(recorder, kind, parent, {one.parameter.name: value}).all_ids) - set(
        walk.all_ids
    ):
        yield from lists.partition(small.pages, small.ids, walk.all_ids, [])
        yield from lists.short_pages(small.pages, [len(items) for items in small.items], size)
        if len(small.pages) == 1 and not small.all_ids:
            where = f"with {note}&{chosen.size.name}={size}"
            yield from lists.full_page(small.pages[0], small.items[0], min(size, count), chosen.size.name, where)


def _pairs(
    scene: Scene, parent: Resource | None, bodies: Bodies, one: Filter
) -> Iterator[tuple[Resource, Any, Resource | None]]:
    """A resource that a filter finds, the value, and one that it does not find."""
    recorder, kind = scene.recorder, scene.kind
    values = _filter_values(bodies, one)
    made: list[tuple[Resource, Any]] = []
    for value in [*values, *values[:2]]:
        body = bodies.smallest()
        sent = [value] if one.matches == "has" and one.prop in bodies.fields else value
        body = bodies.with_value(body, one.prop, sent) if body is not None else None
        if body is None:
            continue
        _, resource = recorder.create(kind, parent, body)
        if resource is not None:
            made.append((resource, value))
    for index, (resource, value) in enumerate(made[: len(values)]):
        if not _is_valid_text(one, value):
            continue
        other = made[index - 1][0] if len(made) > 1 else None
        if one.matches == "equal" and other and made[index - 1][1] == value:
            other = None
        yield resource, value, other


def _is_valid_text(one: Filter, value: Any) -> bool:
    return one.parameter.is_valid(value) or one.parameter.is_valid(str(value))


def _filter_values(bodies: Bodies, one: Filter) -> list[Any]:
    """Values of a property to filter by: two, that differ in more than case; and one that is part of another."""
    field = bodies.writable.get(one.prop)
    if field is None:
        return []
    if field.fact("enum"):
        return list(field.fact("enum")[:3])
    if field.kinds == {"boolean"}:
        return [True, False]
    if field.kinds & {"integer", "number"}:
        least, most = field.fact("minimum"), field.fact("maximum")
        low = least if isinstance(least, int | float) else 1
        values = [low + 1, low + 3] if most is None or low + 3 <= most else [low]
        return [
            value + 0.5 if "number" in field.kinds and (most is None or value < most) else value for value in values
        ]
    if field.is_plain_text or field.kinds == {"array"}:
        other_case = [] if one.ignores_case else ["Kelp"]
        return ["kelp", "kelpie", *other_case] if one.is_strict else ["kelpie", "zander"]
    return []


def _documented_values(one: Filter, prop: Mapping[str, Any]) -> list[Any]:
    """Values to filter by what only the server sets: those that a property may have, and not `all`."""
    return [value for value in one.parameter.choices if value in (prop.get("enum") or ())][:3]


def _changed_values(scene: Scene, parent: Resource | None, bodies: Bodies, found: list[Filter]) -> Iterator[Problem]:
    """A filter sees the value after a change."""
    recorder, kind = scene.recorder, scene.kind
    operation = kind.update
    changes = recorder.bodies.of(operation)
    if operation is None or changes is None:
        return
    for one in found:
        values = [value for value in _filter_values(bodies, one) if _is_valid_text(one, value)]
        if one.matches != "equal" or len(values) < 2 or not changes.is_valid({one.prop: values[1]}):
            continue
        body = bodies.minimal()
        body = bodies.with_value(body, one.prop, values[0]) if body else None
        if body is None:
            continue
        _, resource = recorder.create(kind, parent, body)
        if resource is None:
            continue
        step = recorder.write(resource, operation, {one.prop: values[1]}, f"change {one.prop}")
        if not step.ok:
            continue
        note = f"{one.parameter.name}={query_text(values[1])}"
        walk = read_list(recorder, kind, parent, {one.parameter.name: values[1]})
        yield from lists.found_by_filter(
            step, walk.pages[-1], resource.id, walk.all_ids, f"{note} after a change", walk.is_complete
        )
        return


def _together(scene: Scene, parent: Resource | None, found: list[Filter]) -> Iterator[Problem]:
    """Two filters together: an item has to match both."""
    recorder, kind = scene.recorder, scene.kind
    bodies = scene.bodies(parent)
    usable = [one for one in found if one.matches in ("equal", "has") and _filter_values(bodies, one)]
    if len(usable) < 2:
        return
    first, second = usable[:2]
    values = [_filter_values(bodies, one)[0] for one in (first, second)]
    if not (_is_valid_text(first, values[0]) and _is_valid_text(second, values[1])):
        return
    query = {first.parameter.name: values[0], second.parameter.name: values[1]}
    note = "&".join(f"{name}={query_text(value)}" for name, value in query.items())
    for one, value, rest in ((first, values[0], second), (second, values[1], first)):
        body = bodies.minimal()
        body = bodies.with_value(body, one.prop, [value] if one.matches == "has" else value) if body else None
        if body is not None and rest.prop in body:
            continue
        if body is not None:
            recorder.create(kind, parent, body)
    walk = read_list(recorder, kind, parent, query)
    for one, value in ((first, values[0]), (second, values[1])):
        yield from _is_filtered(scene, walk, one, value, note)


def searched(scene: Scene) -> Iterator[Problem]:
    """Search for a word of a resource's texts."""
    recorder, kind = scene.recorder, scene.kind
    parameter = search_parameter(kind.list) if kind.list else None
    if parameter is None:
        return
    parent = scene.parent()
    bodies = scene.bodies(parent)
    body = bodies.full() or bodies.minimal()
    if body is None:
        return
    for name, field in bodies.writable.items():
        if field.is_plain_text and not field.write_only:
            body = (
                bodies.with_value(body, name, f"about {_WORD} things") or bodies.with_value(body, name, _WORD) or body
            )
    if _WORD not in json.dumps(body):
        return  # Nothing of the resource is such a text: what the search finds belongs to others.
    _, resource = recorder.create(kind, parent, body)
    if resource is None:
        return
    others = scene.resources(parent, 1)
    for one in _words(parameter):
        note = f"{parameter.name}={one}"
        walk = read_list(recorder, kind, parent, {parameter.name: one})
        yield from lists.found_by_filter(
            resource.created, walk.pages[-1], resource.id, walk.all_ids, note, walk.is_complete
        )
        if one == _WORD and others[0].id in walk.all_ids:
            yield from lists.finds_other(others[0].created, walk.page_of(others[0].id), others[0].id, note)
        for item in (each for each in walk.all_items if one == _WORD and id_of(kind, each) != resource.id):
            yield from lists.contains(walk.page_of(id_of(kind, item)), item, one, note)
    nothing = f"{_WORD}nothing"
    if parameter.is_valid(nothing):
        recorder.page(kind, parent, {parameter.name: nothing})
    yield from _foreign_search(scene, parent, resource, parameter.name, _WORD)


def _words(parameter: Parameter) -> list[str]:
    """The words to search for: as the contract describes the search, also in another case, or a part."""
    text = description(parameter).lower()
    words = [_WORD]
    if "case" in text or "insensitive" in text:
        words += [_WORD.upper(), _WORD.lower()]
    if any(one in text for one in ("contain", "part", "substring")):
        words.append(_WORD[2:6])
    return [word for word in words if parameter.is_valid(word)]


def _foreign_search(
    scene: Scene, parent: Resource | None, resource: Resource, name: str, word: str
) -> Iterator[Problem]:
    recorder, kind = scene.recorder, scene.kind
    if kind.list is None or kind.list.is_open or parent is not None or not recorder.has(Caller.OTHER):
        return
    walk = read_list(recorder, kind, parent, {name: word}, caller=Caller.OTHER)
    if resource.id in walk.all_ids and not scene.list_of_others(parent, resource)[1]:
        yield from access.not_listed_for_others(walk.page_of(resource.id), resource.id, walk.all_ids, "search")


def ordered(scene: Scene) -> Iterator[Problem]:
    """Ask for each documented order."""
    recorder, kind = scene.recorder, scene.kind
    if kind.list is None or scene.response_schemas is None:
        return
    found = list(orders(kind.list, scene.response_schemas))
    if not found:
        return
    parent = scene.parent()
    bodies = scene.bodies(parent)
    own: list[Resource] = []
    for index, letter in enumerate(("mmm", "aaa", "zzz", "fff")):
        body = bodies.smallest()
        if body is None:
            return
        for one in found:
            field = bodies.writable.get(one.prop)
            value = _ordered_value(field, letter, index) if field else None
            body = (bodies.with_value(body, one.prop, value) if value is not None else None) or body
        _, made = recorder.create(kind, parent, body)
        if made is not None:
            own.append(made)
    for one in found:
        yield from _in_order(recorder, kind, parent, one, own, size=None)
    for one in found[:_MOST_ORDERS]:
        yield from _in_order(recorder, kind, parent, one, own, size=_SMALL_PAGE)


def _ordered_value(field: Any, letter: str, index: int) -> Any:
    if field.fact("enum"):
        return None
    if field.is_plain_text:
        return f"{letter} sorted"
    if field.kinds & {"integer", "number"}:
        least, most = field.fact("minimum"), field.fact("maximum")
        low = least if isinstance(least, int | float) else 1
        # In another order than the texts, and, where there is room, than the digits.
        more_digits = 10 ** len(str(int(low) + 4))
        for values in ((low + 2, more_digits, low, low + 4), (low + 2, low + 3, low, low + 1)):
            if most is None or max(values) <= most:
                return values[index]
    return None


def _in_order(
    recorder: Recorder, kind: Kind, parent: Resource | None, one: Order, own: list[Resource], *, size: int | None
) -> Iterator[Problem]:
    """The order holds on each page and, with pages of this size, over all of them."""
    assert kind.list is not None
    chosen = paging(kind.list)
    if size is not None and (chosen.size is None or chosen.position is None or not chosen.size.is_valid(size)):
        return
    walk = read_list(recorder, kind, parent, {one.parameter.name: one.value}, size=size)
    if not walk.is_complete:
        return
    ids = {made.id for made in own}
    values = [
        item[one.prop]
        for item in walk.all_items
        if isinstance(item, Mapping) and id_of(kind, item) in ids and item.get(one.prop) is not None
    ]
    if any(violates_schema(page.interaction, one.prop) for page in walk.pages if page.ok):
        return  # The rule about the schema reports it: texts of numbers have another order than numbers.
    kinds = {type(value) for value in values}
    if kinds <= {int, float} or kinds == {str}:
        note = f"{one.parameter.name}={one.value}"
        where = f" over all pages with {chosen.size.name}={size}" if size and chosen.size else ""
        ranks = one.schema.get("enum") or ()
        yield from lists.sorted_by(walk.pages, values, note, one.descending, where, ranks)


def invalid_queries(scene: Scene) -> Iterator[Problem]:
    """Query parameters whose values violate the contract."""
    recorder, kind = scene.recorder, scene.kind
    if kind.list is None:
        return
    parent = scene.parent()
    for parameter in kind.list.parameters:
        if parameter.location != "query" or parameter.content:
            continue
        schema = facts(parameter)
        for value in _invalid_query_values(schema):
            if parameter.is_valid(value) or _is_valid_number(parameter, value):
                continue
            page = recorder.page(kind, parent, {parameter.name: value}, label=f"list with {parameter.name}={value}")
            yield from lists.invalid_query_rejected(page, f"{parameter.name}={value}")


def _is_valid_number(parameter: Any, value: str) -> bool:
    return value.lstrip("-").isdecimal() and parameter.is_valid(int(value))


def _invalid_query_values(schema: Mapping[str, Any]) -> Iterator[str]:
    kind = schema.get("type")
    if "enum" in schema:
        yield "flowcontract-unknown"
    elif kind in ("integer", "number"):
        yield "many"
        if isinstance(schema.get("minimum"), int):
            yield str(schema["minimum"] - 1)
        if isinstance(schema.get("maximum"), int):
            yield str(schema["maximum"] + 1)
            yield "9" * 20  # More than 64 bits.
    elif kind == "boolean":
        yield "maybe"
