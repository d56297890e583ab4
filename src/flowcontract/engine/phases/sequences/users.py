"""Scenarios of users: a second one reaches nothing of the first, a read-only credential changes nothing."""

from collections.abc import Iterator

from flowcontract.checks.sequences import access, writes
from flowcontract.checks.sequences.steps import Problem, Step
from flowcontract.engine.phases.sequences.recorder import Recorder
from flowcontract.engine.phases.sequences.resources import Caller, Resource, requires_condition
from flowcontract.engine.phases.sequences.scene import Scene
from flowcontract.generation.sequences.bodies import batch_bodies
from flowcontract.openapi.model import Operation

_TRIES = 3
"""So many denied creations, each followed by a new item, are not a coincidence."""
_DENIED = (400, 401, 403, 404, 409, 410, 412)


def second_user(scene: Scene) -> Iterator[Problem]:
    """The second user reads, lists, changes and deletes what the first created."""
    recorder, kind = scene.recorder, scene.kind
    if not recorder.has(Caller.OTHER):
        return
    parent = scene.parent()
    resource, _ = scene.full(parent)
    if kind.read is not None:
        if kind.read.is_open:
            return
        read = recorder.read(resource, caller=Caller.OTHER, tolerated=_DENIED)
        yield from access.denied_to_others(read, "reading a resource of the first")
        still = recorder.read(resource)
        yield from access.still_there(resource.created, still)
    if kind.list is not None and not kind.list.is_open:
        yield from _listed(scene, parent, resource)
    for operation, tried in _attempts(scene, resource, parent, Caller.OTHER):
        yield from access.denied_to_others(tried, _words(operation))
    yield from _referred_to_by_others(scene, parent)
    yield from _restored_by_others(scene, parent)


def _referred_to_by_others(scene: Scene, parent: Resource | None) -> Iterator[Problem]:
    """What the second user creates refers to nothing of the first that the second user cannot read."""
    recorder, kind = scene.recorder, scene.kind
    body = (scene.bodies(parent).smallest() if parent is None else None) or {}
    for name, path in kind.references.items():
        target = next((one for one in recorder.own if one.kind.item_path == path), None)
        if target is None or target.kind.read is None or name not in body or str(body[name]) != target.id:
            continue
        if recorder.read(target, caller=Caller.OTHER, tolerated=_DENIED).is_denied:
            step, _ = recorder.create(
                kind, None, body, caller=Caller.OTHER, tolerated=(*_DENIED, 422), needs=(target.created,)
            )
            yield from access.denied_to_others(step, f"referring to a resource of the first with {name}")
            return


def _listed(scene: Scene, parent: Resource | None, resource: Resource) -> Iterator[Problem]:
    recorder, kind = scene.recorder, scene.kind
    assert kind.list is not None
    if parent is not None and "{" in kind.list.path:
        page = recorder.page(kind, parent, {}, caller=Caller.OTHER, tolerated=_DENIED)
        yield from access.denied_to_others(page, "listing the resources of the first")
        return
    walk = recorder.walk(kind, parent, caller=Caller.OTHER)
    yield from access.not_listed_for_others(walk.page_of(resource.id), resource.id, walk.all_ids, "a list")
    mine = recorder.walk(kind, parent)
    if walk.is_complete and mine.is_complete:
        yield from access.total_of_own(walk.pages[0], len(walk.all_ids))


def _attempts(
    scene: Scene, resource: Resource, parent: Resource | None, caller: Caller
) -> Iterator[tuple[Operation, Step]]:
    """Writes that must be denied, each followed by a look whether it changed anything."""
    recorder, kind = scene.recorder, scene.kind
    bodies = scene.bodies(parent)
    body = bodies.smallest()
    if parent is not None or caller is Caller.READER:
        if body is not None:
            step, _ = recorder.create(kind, parent, body, caller=caller, tolerated=_DENIED)
            yield kind.create, step
        for operation in kind.batches:
            values, whole = recorder.values(operation, parent, kind), batch_bodies(operation, kind.create, [body])
            if values is not None and whole is not None and body is not None:
                yield (
                    operation,
                    recorder.send(
                        operation,
                        values,
                        f"create several ({caller})",
                        sent=whole,
                        caller=caller,
                        tolerated=_DENIED,
                        needs=(parent.created,) if parent else (),
                    ),
                )
    for change in (kind.update, kind.replace):
        changes = recorder.bodies(change)
        if change is not None and changes is not None:
            sent = changes.change() if change.method == "PATCH" else changes.smallest()
            yield change, _write(recorder, resource, change, sent, caller)
    if kind.delete is not None:
        yield kind.delete, _write(recorder, resource, kind.delete, None, caller)
    for operation in kind.actions:
        yield operation, recorder.on(resource, operation, f"call it ({caller})", caller=caller, tolerated=_DENIED)


def _write(recorder: Recorder, resource: Resource, operation: Operation, sent: object, caller: Caller) -> Step:
    """A write by another caller, with the owner's current ETag: only the permission may stop it."""
    read = recorder.read(resource) if requires_condition(operation) and resource.kind.read else None
    return recorder.write(
        resource, operation, sent, f"{operation.method} ({caller})", based_on=read, caller=caller, tolerated=_DENIED
    )


def _words(operation: Operation) -> str:
    return {
        "POST": "writing to resources of the first",
        "PATCH": "changing a resource of the first",
        "PUT": "replacing a resource of the first",
        "DELETE": "deleting a resource of the first",
    }[operation.method]


def _restored_by_others(scene: Scene, parent: Resource | None) -> Iterator[Problem]:
    """Actions on a deleted resource of the first."""
    recorder, kind = scene.recorder, scene.kind
    if not kind.actions or kind.delete is None:
        return
    resource, _ = scene.full(parent)
    deleted = recorder.delete(resource)
    for operation in kind.actions if deleted.ok else ():
        step = recorder.on(
            resource,
            operation,
            "call it for a deleted one (second user)",
            caller=Caller.OTHER,
            tolerated=_DENIED,
            needs=(resource.created, deleted),
        )
        yield from access.denied_to_others(step, "restoring a resource of the first")


def rejected_writes_change_nothing(scene: Scene) -> Iterator[Problem]:
    """After the writes of others, the resource is as before."""
    recorder, kind = scene.recorder, scene.kind
    for caller in (Caller.OTHER, Caller.READER):
        if not recorder.has(caller) or kind.read is None:
            continue
        parent = scene.parent()
        resource, _ = scene.full(parent)
        before, moving = scene.moving(resource)
        for operation, tried in _attempts(scene, resource, parent, caller):
            after = recorder.read(resource)
            is_child = operation in (kind.create, *kind.batches)
            if tried.is_denied and not is_child:
                yield from writes.unchanged(
                    before,
                    tried,
                    after,
                    moving,
                    f"a rejected {operation.method} of another caller",
                    "rejected-request-changes-data",
                )
            if tried.ok and after.ok:
                before = after
        if kind.list is not None and (caller is Caller.READER or parent is not None):
            yield from _rejected_creations(scene, parent, caller)


def _rejected_creations(scene: Scene, parent: Resource | None, caller: Caller) -> Iterator[Problem]:
    recorder, kind = scene.recorder, scene.kind
    body = scene.bodies(parent).minimal()
    if body is None:
        return
    before = recorder.walk(kind, parent)
    tries = []
    for _ in range(_TRIES):
        step, _ = recorder.create(kind, parent, body, caller=caller, tolerated=_DENIED)
        after = recorder.walk(kind, parent)
        if not (step.is_denied and before.is_complete and after.is_complete):
            return
        tries.append((step, after.pages[-1], len(set(after.all_ids) - set(before.all_ids))))
        if not tries[-1][2]:
            return
        before = after
    again = [recorder.walk(kind, parent) for _ in range(2)]
    yield from access.created_nothing(tries, len(set(again[-1].all_ids) - set(before.all_ids)))


def read_only(scene: Scene) -> Iterator[Problem]:
    """A read-only credential reads, and writes nothing."""
    recorder, kind = scene.recorder, scene.kind
    if not recorder.has(Caller.READER):
        return
    parent = scene.parent()
    resource, _ = scene.full(parent)
    if kind.read is not None:
        yield from access.may_read(recorder.read(resource, caller=Caller.READER))
    if kind.list is not None:
        yield from access.may_read(recorder.page(kind, parent, {}, caller=Caller.READER))
    for _, tried in _attempts(scene, resource, parent, Caller.READER):
        yield from access.may_not_write(tried)
