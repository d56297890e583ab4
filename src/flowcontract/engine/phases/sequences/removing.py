"""Scenarios of deletions: what is deleted is gone everywhere, with its children, and nothing else."""

import contextlib
import re
from collections.abc import Generator, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from flowcontract.checks.lists import query_text
from flowcontract.checks.sequences import acceptance, conditions, deletion, updates
from flowcontract.checks.steps import Problem
from flowcontract.engine.phases.sequences.recorder import verb
from flowcontract.engine.phases.sequences.resources import NotPossible, Resource, requires_condition
from flowcontract.engine.phases.sequences.scene import Scene
from flowcontract.engine.phases.sequences.walking import read_list
from flowcontract.generation.probes.header_variants import OVERRIDES
from flowcontract.generation.sequences.bodies import Bodies
from flowcontract.generation.sequences.kinds import id_of, items_in, properties, singular, success_media
from flowcontract.generation.sequences.queries import filters, search_parameter
from flowcontract.openapi.model import Operation
from flowcontract.text import plain_name

_RESTORE = re.compile(r"(?:restore|undelete|recover|unarchive|reactivate|reinstate|revive)", re.IGNORECASE)
_GONE = (404, 410)
_CONFLICT = 409
_ROUNDS = 2
"""How often an action is called that conflicts deny."""
_MOST_VALUES = 6
"""Values of a closed set that an action is called with, one after the other."""
_MOST_FILTERS = 3
"""Filters by which a resource is looked for before and after its deletion, and texts that are searched for."""
_NOT_OVERRIDDEN = (200, 202, 204, 400, 401, 403, 422, 501)
"""Statuses of a method that the path does not have; the successes are no failure by themselves: the next read shows."""


def delete(scene: Scene) -> Iterator[Problem]:
    """Delete a resource; read, list, change and delete it again; its neighbors stay."""
    recorder, kind = scene.recorder, scene.kind
    if kind.delete is None:
        return
    parent = scene.parent()
    left = scene.resource(parent)
    resource, neighbors = left, []
    with contextlib.suppress(NotPossible):  # A server may allow a single one.
        (middle, _), right = scene.full(parent), scene.resource(parent)
        resource, neighbors = middle, [left, right]
    last = recorder.read(resource) if kind.read else None
    queries = _found_by(scene, parent, resource)
    deleted = recorder.delete(resource)
    if not deleted.ok:
        yield from acceptance.delete_accepted(deleted)
        return
    if kind.read is not None:
        yield from deletion.gone(deleted, recorder.read(resource, needs=(deleted,)), "reading a deleted resource")
        for neighbor in neighbors:
            read = recorder.read(neighbor, label="read the other one", needs=(deleted,))
            yield from deletion.others_stay(deleted, read)
    if kind.list is not None:
        walk = read_list(recorder, kind, parent)
        yield from deletion.not_listed(deleted, (walk.page_of(resource.id),), resource.id, walk.all_ids)
        for query in queries if resource.id not in walk.all_ids else ():
            walk = read_list(recorder, kind, parent, query)
            note = urlencode(query)
            yield from deletion.not_found_by(deleted, walk.page_of(resource.id), resource.id, walk.all_ids, note)
    for operation, bodies in recorder.bodies.of_changes(kind):
        sent = bodies.change() if operation.method == "PATCH" else bodies.minimal()
        tried = recorder.on(
            resource,
            operation,
            "change the deleted one",
            sent=sent,
            headers=_condition(operation, last.etag if last else ""),
            needs=(resource.created, deleted),
        )
        creates = "201" in operation.responses or not {"404", "410"} & operation.responses.keys()
        if operation.method == "PUT" and tried.ok and creates:
            recorder.own.append(resource)  # PUT creates what is not there, as far as the contract says.
            return
        yield from deletion.gone(deleted, tried, "changing a deleted resource")
    again = recorder.on(
        resource,
        kind.delete,
        "delete it again",
        headers=_condition(kind.delete, last.etag if last else ""),
        needs=(resource.created, deleted),
    )
    # A repeated DELETE may succeed: it is idempotent (RFC 9110, section 9.3.5).
    if again.ok and "404" not in kind.delete.responses and "410" not in kind.delete.responses:
        return
    if again.ok and again.body is not None:
        yield from deletion.gone(deleted, again, "deleting a deleted resource")


def _found_by(scene: Scene, parent: Resource | None, resource: Resource) -> list[dict[str, Any]]:
    """Queries of the list that find a resource: a search for one of its texts, and filters by its values."""
    kind, shown = scene.kind, resource.created.body
    if kind.list is None or not isinstance(shown, Mapping):
        return []
    texts = [value for value in shown.values() if isinstance(value, str) and value != resource.id]
    search = search_parameter(kind.list)
    tried = [(search, text) for text in texts] if search is not None else []
    filtering = filters(kind.list, scene.response_schemas or {})
    equal = [(one.parameter, shown.get(one.prop)) for one in filtering if one.matches in ("equal", "part")]
    found: list[dict[str, Any]] = []
    for options, most in ((tried, 1), (equal, _MOST_FILTERS)):
        usable = [(p, value) for p, value in options if isinstance(value, str | int) and p.is_valid(value)]
        for parameter, value in usable[: max(most, _MOST_FILTERS)]:
            query = {parameter.name: query_text(value)}
            if most and resource.id in read_list(scene.recorder, kind, parent, query).all_ids:
                found.append(query)
                most -= 1
    return found


def counted(scene: Scene) -> Iterator[Problem]:
    """A number in a summary that grows with each creation shrinks with a deletion."""
    recorder, kind = scene.recorder, scene.kind
    if kind.delete is None or kind.read is None or kind.parent is not None:
        return
    lists = [one.list for one in recorder.kinds]
    for operation in recorder.session.selection.operations:
        if operation.method != "GET" or "{" in operation.path or operation in lists:
            continue
        media = success_media(operation)
        names = deletion.counters(properties(media), kind.name) if media else ()
        if not names:
            continue
        label = f"read the number of {kind.name}"
        readings = [recorder.send(operation, {}, label)]
        made = []
        for _ in range(2):
            made.append(scene.resource())
            readings.append(recorder.send(operation, {}, label, needs=(made[-1].created,)))
        deleted = recorder.delete(made[-1])
        if deleted.ok and recorder.read(made[-1], tolerated=_GONE).status in _GONE:
            readings.append(recorder.send(operation, {}, label, needs=(deleted,)))
            yield from deletion.counted_no_more(readings, deleted, names)


def _condition(operation: Operation, etag: str) -> list[tuple[str, str]]:
    """The ETag from before, where one is required: the deletion may have changed it."""
    return [("If-Match", etag)] if etag and requires_condition(operation) else []


def children(scene: Scene) -> Iterator[Problem]:
    """Delete a parent: its children are gone with it, or it is kept for their sake."""
    recorder, kind = scene.recorder, scene.kind
    parent = scene.parent()
    if parent is None or parent.kind.delete is None:
        return
    child, _ = scene.full(parent)
    deleted = recorder.delete(parent, label=f"delete the parent in {parent.kind.name}")
    if not deleted.ok:
        return
    is_below = kind.item_path.count("{") > 1
    if is_below:  # Its path leads through what is gone.
        recorder.forget(child)
    if kind.read is not None:
        read = recorder.read(child, needs=(deleted,))
        # A child with a path of its own may live on, but not in a parent that is gone.
        if is_below or _names(parent, read.body):
            yield from deletion.gone(deleted, read, "reading a child of a deleted resource")
        if not is_below and read.status in _GONE:
            recorder.forget(child)
            recorder.session.resources.created.deleted(kind.item_path, child.values)
    if kind.list is not None and kind.list.path.count("{"):
        page = recorder.page(kind, parent, {}, needs=(deleted,))
        # An empty list for whatever parent is a style of its own, where no error is documented.
        if {"404", "410"} & kind.list.responses.keys() or items_in(kind, page.body):
            yield from deletion.gone(deleted, page, "listing the children of a deleted resource")
    body = scene.bodies(parent).minimal() if not kind.references else None
    if body is not None:
        step, made = recorder.create(kind, parent, body, label="create in a deleted resource")
        yield from deletion.gone(deleted, step, "creating in a deleted resource")
        if made is not None:
            recorder.forget(made)


def _names(parent: Resource, body: Any) -> bool:
    """Whether a representation says that it is in a parent: `warehouse_id`, or `warehouse` with its ID."""
    parameter, stem = plain_name(parent.kind.id_parameter.name), singular(parent.kind.name)
    for name, value in body.items() if isinstance(body, Mapping) else ():
        plain = plain_name(name)
        is_called_so = plain in (stem, f"{stem}id", f"{stem}uuid") or (len(plain) > 2 and parameter.startswith(plain))
        identity = id_of(parent.kind, value) if isinstance(value, Mapping) else str(value)
        if is_called_so and identity == parent.id:
            return True
    return False


def method_overrides(scene: Scene) -> Iterator[Problem]:
    """Name DELETE in headers, in the query and in a form: the method is the one in the request line."""
    recorder, kind = scene.recorder, scene.kind
    if kind.read is None or "POST" in kind.items:
        return
    resource = scene.resource(scene.parent())
    if not recorder.read(resource).ok:
        return
    headers = tuple((name, "DELETE") for name in OVERRIDES)
    form: dict[str, Any] = {"content": b"_method=DELETE", "content_type": "application/x-www-form-urlencoded"}
    variants: tuple[tuple[str, dict[str, Any]], ...] = (
        ("POST with DELETE in a header", {"method": "POST", "headers": headers, "content": b""}),
        ("POST with DELETE in a form", {"method": "POST", **form}),
        ("POST with DELETE in the query", {"method": "POST", "query": {"_method": "DELETE"}, "content": b""}),
        ("GET with DELETE in a header and in the query", {"headers": headers, "query": {"_method": "DELETE"}}),
    )
    for label, sent in variants:
        tried = recorder.on(resource, kind.read, label, tolerated=_NOT_OVERRIDDEN, **sent)
        overridden = list(deletion.not_deleted_by(label, tried, recorder.read(resource)))
        if overridden:
            recorder.forget(resource)
            yield from overridden
            return


def restore(scene: Scene) -> Iterator[Problem]:
    """Delete and restore: the resource is as before."""
    recorder, kind = scene.recorder, scene.kind
    for operation in kind.actions:
        if not _RESTORE.search(verb(operation)) or kind.delete is None or kind.read is None:
            continue
        parent = scene.parent()
        resource, _ = scene.full(parent)
        before = recorder.read(resource)
        deleted = recorder.delete(resource)
        if not deleted.ok:
            continue
        step = recorder.on(resource, operation, "restore it", needs=(resource.created, deleted))
        yield from deletion.restorable(step, deleted)
        if step.ok:
            recorder.own.append(resource)
            after = recorder.read(resource, needs=(deleted, step))
            id_names = scene.id_names(resource, before.body)
            yield from deletion.restored(before, step, after, scene.request_schemas, id_names)
            if kind.list is not None and after.ok:
                walk = read_list(recorder, kind, parent)
                yield from deletion.listed_again(step, walk.pages[-1], resource.id, walk.all_ids, walk.is_complete)
        again = recorder.on(resource, operation, "restore it again", needs=(resource.created, deleted, step))
        del again


def actions(scene: Scene) -> Iterator[Problem]:
    """Call the actions of one resource: what they return is read back.

    Those that a conflict denies are called once more, after the others: these may bring about the state that they need.
    """
    operations = [one for one in scene.kind.actions if not _RESTORE.search(verb(one))]
    if not operations:
        return
    resource = scene.resource(scene.parent())
    for _ in range(_ROUNDS):
        denied = []
        for operation in operations:
            is_denied = yield from _called(scene, resource, operation)
            denied += [operation] * is_denied
        if len(denied) in (0, len(operations)):
            return
        operations = denied


def _called(scene: Scene, resource: Resource, operation: Operation) -> Generator[Problem, None, bool]:
    """Call an action, with one value of a closed set after the other; whether each was a conflict."""
    recorder = scene.recorder
    for sent in action_bodies(recorder.bodies.of(operation) if operation.request_required else None):
        before, moving = scene.moving(resource) if scene.kind.read else (None, frozenset())
        step = recorder.on(resource, operation, f"call {verb(operation)}", sent=sent)
        if before is not None:
            id_names = scene.id_names(resource, before.body)
            after = recorder.read(resource)
            yield from updates.action_stored(before, step, after, moving, id_names)
            yield from conditions.etag_changes(before, step, after, moving)
        if step.status != _CONFLICT:
            return False
    return True


def action_bodies(bodies: Bodies | None) -> Iterator[Any]:
    """The smallest body of an action, and the same with other values of closed sets, such as a status."""
    smallest = bodies.smallest() if bodies is not None else None
    yield smallest
    if bodies is None or smallest is None:
        return
    for name, field in bodies.writable.items():
        others = [value for value in field.fact("enum") or () if value != smallest.get(name)]
        yield from filter(None, (bodies.with_value(smallest, name, value) for value in others[:_MOST_VALUES]))
