"""Scenarios of resources that refer to each other: lists below what they refer to, deletions, totals."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from flowcontract.checks.sequences import deletion, lists, related, updates
from flowcontract.checks.steps import Problem, Step
from flowcontract.engine.phases.sequences.recorder import verb
from flowcontract.engine.phases.sequences.removing import action_bodies
from flowcontract.engine.phases.sequences.resources import Resource, reference_value
from flowcontract.engine.phases.sequences.scene import Scene
from flowcontract.generation.sequences.kinds import (
    Kind,
    id_of,
    items_in,
    response_schema,
    schema_of_items,
    singular,
)
from flowcontract.generation.sequences.queries import tells_of_more
from flowcontract.openapi.model import Operation
from flowcontract.text import plain_name

_KEPT = (400, 403, 405, 409, 412, 422, 423)
"""Statuses with which a server may keep what another resource refers to."""
_MOST_STATES = 8
"""Actions that bring a resource into another state."""


def lists_of_others(scene: Scene) -> Iterator[Problem]:
    """Create, change and delete a resource: the list below what it refers to shows each of them at once."""
    for path in dict.fromkeys(scene.kind.references.values()):
        listing = _list_below(scene, path)
        owner = _referred(scene, path) if listing is not None else None
        if listing is not None and owner is not None and scene.kind.read is not None:
            yield from islice(_followed(scene, listing, owner), 1)  # A list that does not follow is one defect.


def _followed(scene: Scene, listing: Operation, owner: Resource) -> Iterator[Problem]:
    recorder, kind = scene.recorder, scene.kind
    _listed(scene, listing, owner, owner.created)  # A server that keeps lists has it from now on.
    resource, step = scene.full(None)
    page, items = _listed(scene, listing, owner, step)
    if not page.ok or tells_of_more(page.body, len(items), 1):
        return
    yield from lists.is_listed(step, [page], resource.id, list(items))
    for operation, bodies in recorder.bodies.of_changes(kind):
        if resource.id not in items:
            continue
        before = items[resource.id]
        sent = bodies.change() if operation.method == "PATCH" else bodies.full()
        if sent is None:
            continue
        change = recorder.write(resource, operation, sent, "change it")
        read = recorder.read(resource)
        page, items = _listed(scene, listing, owner, change)
        yield from updates.list_current(change, page, read, (before,), items.get(resource.id))
    if kind.delete is not None:
        deleted = recorder.delete(resource)
        page, items = _listed(scene, listing, owner, deleted)
        yield from deletion.not_listed(deleted, (page,), resource.id, list(items))


def _list_below(scene: Scene, path: str) -> Operation | None:
    """The list of a kind below what it refers to: `/owners/{id}/pets` beside `/pets`, with items of the same schema."""
    schema = response_schema(scene.kind.read)
    for operation in scene.recorder.session.selection.operations:
        below = operation.path.rstrip("/").removeprefix(path.rstrip("/"))
        is_below = below.count("/") == 1 and operation.path.startswith(path.rstrip("/")) and "{" not in below
        if is_below and operation.method == "GET" and schema and schema_of_items(operation) == schema:
            return operation
    return None


def _referred(scene: Scene, path: str) -> Resource | None:
    """What new resources of the kind refer to."""
    scene.bodies(None)  # Creates it.
    return next((one for one in scene.recorder.own if one.kind.item_path == path), None)


def _listed(scene: Scene, listing: Operation, owner: Resource, after: Step) -> tuple[Step, dict[str, Any]]:
    """The list below a resource, and its items by their IDs."""
    label = f"list {scene.kind.name} below {singular(owner.kind.name)}"
    values = scene.recorder.values(listing, owner) or owner.values
    page = scene.recorder.send(listing, values, label, needs=(owner.created, after))
    items = items_in(scene.kind, page.body) or []
    return page, {identity: item for item in items if (identity := id_of(scene.kind, item)) is not None}


def deleted_along(scene: Scene) -> Iterator[Problem]:
    """Delete what a resource refers to: the resource goes along or stays, or prevents it, as the contract says.

    It is in the state in which it was created; only those that prevent the deletion are brought into others as well.
    """
    recorder, kind = scene.recorder, scene.kind
    for name, path in kind.references.items():
        other = next((one for one in recorder.kinds if one.item_path == path), None)
        if other is None or other.delete is None or kind.read is None or kind.parent is not None:
            continue
        described = f"{other.delete.summary}\n{other.delete.description}"
        fate = "prevents" if related.prevents(described, _names(kind)) else related.fate(described, _names(kind))
        owner = recorder.make(other)
        bodies = scene.bodies(None)
        body = bodies.full()
        if owner is None or body is None or name not in bodies.fields:
            continue
        step, made = recorder.create(
            kind,
            None,
            {**body, name: reference_value(bodies.fields[name], owner.id)},
            label=f"create in {kind.name} for it",
            needs=(owner.created,),
        )
        if made is None or not step.ok:
            continue
        if fate == "prevents":
            yield from _prevented(scene, owner, made, name)
            continue
        # Where the contract does not say what happens, the server may also keep it, but must not fail.
        deleted = recorder.delete(owner, label=f"delete what {name} refers to", tolerated=() if fate else _KEPT)
        read = recorder.read(made, needs=(made.created, deleted), tolerated=(404, 410))
        if fate == "stays":
            yield from deletion.others_stay(deleted, read)
        elif fate == "goes":
            yield from deletion.gone(deleted, read, f"reading one of {kind.name} that the deletion takes along")
        if read.status in (404, 410):
            recorder.forget(made)
            recorder.session.resources.created.deleted(kind.item_path, made.values)


def _prevented(scene: Scene, owner: Resource, made: Resource, name: str) -> Iterator[Problem]:
    """Delete what a resource refers to, in each state that its actions lead to."""
    recorder, read = scene.recorder, made.kind.read
    assert read is not None
    changes = ((one, sent) for one in made.kind.actions for sent in action_bodies(recorder.bodies.of(one)))
    for change in (None, *islice(changes, _MOST_STATES)):
        needs = [made.created]
        if change is not None:
            operation, sent = change
            called = recorder.on(made, operation, f"call {verb(operation)}", sent=sent, tolerated=(409, 422))
            if not called.ok:
                continue
            needs.append(called)
        deleted = recorder.delete(owner, label=f"delete what {name} refers to", tolerated=(409,))
        after = recorder.read(made, needs=(*needs, deleted), tolerated=(404, 410))
        yield from related.prevented(deleted, after, name, owner.id)
        if deleted.ok or not after.ok:
            return


def _names(kind: Kind) -> tuple[str, str]:
    return plain_name(kind.name), singular(kind.name)


def totals(scene: Scene) -> Iterator[Problem]:
    """Add a part to a resource and delete it: the totals of the resource are as before."""
    recorder, kind = scene.recorder, scene.kind
    parent = scene.parent()
    if parent is None or parent.kind.read is None or kind.delete is None:
        return
    before = recorder.read(parent)
    part, _ = scene.full(parent)
    raised = recorder.read(parent, needs=(parent.created, part.created))
    deleted = recorder.delete(part)
    after = recorder.read(parent, needs=(parent.created, deleted))
    yield from related.totals_follow(before, raised, deleted, after)
