"""Scenarios of users: a second one reaches nothing of the first, a read-only credential changes nothing."""

from collections.abc import Iterator, Mapping, Sequence

from flowcontract.checks.sequences import access, updates
from flowcontract.checks.steps import Problem, Step
from flowcontract.engine.phases.sequences import sharing
from flowcontract.engine.phases.sequences.recorder import Recorder
from flowcontract.engine.phases.sequences.resources import Caller, Resource, requires_condition
from flowcontract.engine.phases.sequences.scene import Scene
from flowcontract.engine.phases.sequences.walking import read_list
from flowcontract.generation.sequences.bodies import batch_bodies
from flowcontract.openapi.model import Operation

_TRIES = 3
"""So many denied creations, each followed by a new item, are not a coincidence."""
_NAMED = 2
"""Denied changes that a message names."""
_DENIED = (400, 401, 403, 404, 409, 410, 412)


def second_user(scene: Scene) -> Iterator[Problem]:
    """The second user reads, lists, changes and deletes what the first created.

    What this user's own list shows belongs to both, such as the books of a library. Changes are then expected to be
    denied only if the server denies some of them, or shows who created what.
    """
    recorder, kind = scene.recorder, scene.kind
    if not recorder.has(Caller.OTHER) or (kind.read is not None and kind.read.is_open):
        return
    parent = scene.parent()
    resource, _ = scene.full(parent)
    if sharing.is_hidden(recorder, resource):
        _count_as_shared(recorder, resource)
        return
    before = recorder.read(resource) if kind.read else None
    is_shared, seen = _looked_at(scene, parent, resource)
    if before is not None:
        yield from access.still_there(before, recorder.read(resource))
    if is_shared:
        _count_as_shared(recorder, resource)
    else:
        yield from seen
    attempts = list(_attempts(scene, resource, parent, Caller.OTHER))
    creations = (kind.create, *kind.batches)
    has_created = any(tried.ok for operation, tried in attempts if operation in creations)
    if (
        parent is not None and has_created and sharing.is_shared(recorder, parent)
    ):  # Anybody may create something in it.
        attempts = [(operation, tried) for operation, tried in attempts if operation not in creations]
    denied = access.all_denied(tried for _, tried in attempts)
    if is_shared and not denied and not _shows_its_creator(scene, parent):
        return
    operations = [step.interaction.operation for step in denied[:_NAMED]]
    named = " and ".join(f"{each.method} {each.path}" for each in operations)
    for operation, tried in attempts:
        if is_shared and _is_for_all_roles(operation, attempts):
            continue
        yield from access.denied_to_others(tried, _words(operation), is_shared=is_shared, denied=named)
    yield from _referred_to_by_others(scene, parent)
    for tried in _on_a_deleted_one(scene, parent, Caller.OTHER):
        yield from access.denied_to_others(tried, "restoring a resource of the first user")


def _count_as_shared(recorder: Recorder, resource: Resource) -> None:
    operation = resource.kind.read or resource.kind.create
    recorder.session.shared.setdefault(operation.id, []).append(dict(resource.values))


def _is_for_all_roles(operation: Operation, attempts: Sequence[tuple[Operation, Step]]) -> bool:
    """Whether the contract documents 403 for other changes of a shared resource, but not for this one."""
    return "403" not in operation.responses and any("403" in other.responses for other, _ in attempts)


def _looked_at(scene: Scene, parent: Resource | None, resource: Resource) -> tuple[bool, list[Problem]]:
    """Whether the second user's list shows the resource, and it can be read; what is wrong if it is not shared."""
    recorder, is_selected = scene.recorder, scene.kind.list is not None
    kind = sharing.with_list(recorder, scene.kind)
    seen: list[Problem] = []
    is_shared = kind.list is not None and not kind.list.is_open
    for one in (parent, resource):
        if one is not None and one.kind.read is not None:
            read = recorder.read(one, caller=Caller.OTHER, tolerated=_DENIED)
            is_shared = is_shared and read.ok
            seen += access.denied_to_others(read, "reading a resource of the first user") if one is resource else ()
    if kind.list is None or kind.list.is_open:
        return sharing.is_shared(recorder, resource), seen
    walk, is_listed = Scene(recorder, kind).list_of_others(parent, resource)
    if not is_selected:
        return is_shared and is_listed, seen
    if parent is not None and "{" in kind.list.path:
        seen += access.denied_to_others(walk.pages[0], "listing the first user's resources")
        return is_shared and is_listed, seen
    seen += access.not_listed_for_others(walk.page_of(resource.id), resource.id, walk.all_ids, "list")
    if walk.is_complete and read_list(recorder, kind, parent).is_complete:
        seen += access.total_of_own(walk.pages[0], len(walk.all_ids))
    return is_shared and is_listed, seen


def _shows_its_creator(scene: Scene, parent: Resource | None) -> bool:
    """Whether a property that the server sets is the same in what one user creates, and another for each user."""
    recorder, kind = scene.recorder, scene.kind
    shown: dict[Caller, list[Mapping[str, object]]] = {Caller.OWNER: [], Caller.OTHER: []}
    # In turns, so that a time in seconds does not tell the users apart.
    for caller in (*shown, *shown):
        body = scene.bodies(parent).smallest()
        step, _ = recorder.create(kind, parent, body, caller=caller, tolerated=_DENIED)
        if not step.ok or not isinstance(step.body, Mapping):
            return False
        shown[caller].append(step.body)
    (mine, mine_again), (theirs, theirs_again) = shown.values()
    missing = object()
    return any(
        mine.get(name, missing) == mine_again.get(name, missing)
        and theirs.get(name, missing) == theirs_again.get(name, missing)
        and mine.get(name, missing) != theirs.get(name, missing)
        for name in scene.read_only
    )


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
            yield from access.denied_to_others(step, f"referring to a resource of the first user with {name}")
            return


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
    for change, bodies in recorder.bodies.of_changes(kind):
        sent = bodies.change() if change.method == "PATCH" else bodies.smallest()
        yield change, _write(recorder, resource, change, sent, caller)
    for operation in kind.actions:
        yield operation, recorder.on(resource, operation, f"call it ({caller})", caller=caller, tolerated=_DENIED)
    if kind.delete is not None:  # The last one: if it is not denied, nothing is left to be changed.
        yield kind.delete, _write(recorder, resource, kind.delete, None, caller)


def _write(recorder: Recorder, resource: Resource, operation: Operation, sent: object, caller: Caller) -> Step:
    """A write by another caller, with the owner's current ETag: only the permission may stop it."""
    read = recorder.read(resource) if requires_condition(operation) and resource.kind.read else None
    return recorder.write(
        resource, operation, sent, f"{operation.method} ({caller})", based_on=read, caller=caller, tolerated=_DENIED
    )


def _words(operation: Operation) -> str:
    return {
        "POST": "writing to the first user's resources",
        "PATCH": "changing a resource of the first user",
        "PUT": "replacing a resource of the first user",
        "DELETE": "deleting a resource of the first user",
    }[operation.method]


def _on_a_deleted_one(scene: Scene, parent: Resource | None, caller: Caller) -> Iterator[Step]:
    """Actions of another caller on a deleted resource: some restore it."""
    recorder, kind = scene.recorder, scene.kind
    if not kind.actions or kind.delete is None:
        return
    resource, _ = scene.full(parent)
    deleted = recorder.delete(resource)
    for operation in kind.actions if deleted.ok else ():
        yield recorder.on(
            resource,
            operation,
            f"call it for a deleted one ({caller})",
            caller=caller,
            tolerated=_DENIED,
            needs=(resource.created, deleted),
        )


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
                yield from updates.unchanged(
                    before,
                    tried,
                    after,
                    moving,
                    f"a rejected {operation.method} of another caller",
                    "rejected-request-changes-data",
                )
            if tried.ok and not after.ok:
                break  # It is gone, which is another finding.
            if tried.ok:
                before = after
        if kind.list is not None and (caller is Caller.READER or parent is not None):
            yield from _rejected_creations(scene, parent, caller)


def named_in_batches(scene: Scene) -> Iterator[Problem]:
    """The second user names a resource of the first among those of a batch: it stays as it is."""
    recorder, kind = scene.recorder, scene.kind
    if not recorder.has(Caller.OTHER) or kind.read is None or kind.read.is_open:
        return
    for operation, name in kind.by_ids:
        parent = scene.parent()
        resource, _ = scene.full(parent)
        bodies, values = recorder.bodies.of(operation), recorder.values(operation, parent, kind)
        ids = [resource.id, *([int(resource.id)] if resource.id.isdecimal() else [])]
        found = [bodies.with_value(bodies.smallest() or {}, name, [one]) for one in ids] if bodies else []
        sent = next(filter(None, found), None)
        if sent is None or values is None or recorder.read(resource, caller=Caller.OTHER, tolerated=_DENIED).ok:
            continue  # What both can read may belong to both.
        before, moving = scene.moving(resource)
        tried = recorder.send(
            operation,
            values,
            f"name it in a batch ({Caller.OTHER})",
            sent=sent,
            caller=Caller.OTHER,
            tolerated=_DENIED,
            needs=(resource.created,),
        )
        after = recorder.read(resource, needs=(tried,))
        what = f"{operation.method} {operation.path} of the second user"
        yield from updates.unchanged(before, tried, after, moving, what, "resource-of-another-user-accessible")


def _rejected_creations(scene: Scene, parent: Resource | None, caller: Caller) -> Iterator[Problem]:
    recorder, kind = scene.recorder, scene.kind
    body = scene.bodies(parent).minimal()
    if body is None:
        return
    before = read_list(recorder, kind, parent)
    tries = []
    for _ in range(_TRIES):
        step, _ = recorder.create(kind, parent, body, caller=caller, tolerated=_DENIED)
        after = read_list(recorder, kind, parent)
        scene.claim(parent, before, after, step, body)
        if not (step.is_denied and before.is_complete and after.is_complete):
            return
        tries.append((step, after.pages[-1], len(set(after.all_ids) - set(before.all_ids))))
        if not tries[-1][2]:
            return
        before = after
    again = [read_list(recorder, kind, parent) for _ in range(2)]
    yield from access.created_nothing(tries, len(set(again[-1].all_ids) - set(before.all_ids)))


def read_only(scene: Scene) -> Iterator[Problem]:
    """A read-only credential reads, and writes nothing."""
    recorder, kind = scene.recorder, scene.kind
    if not recorder.has(Caller.READER):
        return
    parent = scene.parent()
    resource, _ = scene.full(parent)
    pairs: list[tuple[Step, Step]] = []
    if kind.read is not None:
        pairs.append((recorder.read(resource), recorder.read(resource, caller=Caller.READER)))
    if kind.list is not None:
        pairs.append((recorder.page(kind, parent, {}), recorder.page(kind, parent, {}, caller=Caller.READER)))
    if not (all(access.is_for_other_roles(tried) for _, tried in pairs) and sharing.reads_others(recorder, kind)):
        for own, tried in pairs:
            yield from access.may_read(own, tried)
    for _, tried in _attempts(scene, resource, parent, Caller.READER):
        yield from access.may_not_write(tried)
    for tried in _on_a_deleted_one(scene, parent, Caller.READER):
        yield from access.may_not_write(tried)
