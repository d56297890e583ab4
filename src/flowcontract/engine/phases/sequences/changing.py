"""Scenarios of changes: PATCH and PUT, conditions, idempotency keys."""

import dataclasses
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from flowcontract.checks.sequences import acceptance, conditions, storage, updates
from flowcontract.checks.sequences.values import shown
from flowcontract.checks.steps import Problem, Step
from flowcontract.engine.phases.sequences.resources import IF_NONE_MATCH, Caller, Resource, if_match, requires_condition
from flowcontract.engine.phases.sequences.scene import Scene
from flowcontract.engine.phases.sequences.walking import read_list
from flowcontract.generation.sequences.bodies import Bodies
from flowcontract.generation.sequences.kinds import Kind, id_of
from flowcontract.openapi.model import Operation, Parameter
from flowcontract.text import plain_name

_FINE, _COARSE = 0.02, 1.1
"""Seconds until a clock shows another time, with fractions of a second and without."""
_MOST_WAITS = 3
"""Kinds for which a run waits that long: one handler is often behind all of them."""
_MOST_CHANGES = 24
"""Changes of single properties of one kind."""
_ANOTHER_BODY = re.compile(
    r"\bkey\b[^.;]*\b(?:another|different|other) (?:body|payload|content|request)", re.IGNORECASE
)
"""What a description says of a key that is sent again."""
_EMPTY: tuple[Any, ...] = (None, "", 0, False, [])
"""Values that servers forget."""
_MOST_VALUES = 6
"""Values of one property that a resource is changed to, one after the other."""


def update(scene: Scene) -> Iterator[Problem]:
    """Change one property after the other: what is sent is stored, the others stay, and so does another resource."""
    recorder, kind = scene.recorder, scene.kind
    operation = kind.update
    bodies = recorder.bodies.of(operation)
    if operation is None or bodies is None or kind.read is None:
        return
    parent = scene.parent()
    resource, _ = scene.full(parent)
    neighbor, _ = scene.full(parent)
    neighbor_before, moving = scene.moving(neighbor)
    last: Step | None = None
    changes: list[dict[str, Any]] = []
    sent = 0
    for name in bodies.writable:
        for change, label in _changes(bodies, name):
            if sent >= _MOST_CHANGES:
                break
            sent += 1
            before = recorder.read(resource)
            step = recorder.write(resource, operation, change, _named(name, change), based_on=before)
            yield from conditions.current_accepted(step, before, "If-Match")
            if not step.ok:
                continue
            after = recorder.read(resource)
            last = step
            changes.append(change)
            yield from changed_as_sent(scene, resource, before, step, after, label)
            id_names = scene.id_names(resource, before.body)
            yield from updates.action_stored(before, step, after, moving, id_names, change)
    if last is not None:
        yield from updates.unchanged(
            neighbor_before,
            last,
            recorder.read(neighbor),
            moving,
            "a change of another resource",
            "update-changes-another-resource",
            changes,
        )
        yield from _in_list(scene, resource, parent, operation)


def changed_as_sent(
    scene: Scene, resource: Resource, before: Step, step: Step, after: Step, label: str
) -> Iterator[Problem]:
    """What holds after a change. `label`: what is special about the value that was sent."""
    operation, labels = step.interaction.operation, dict.fromkeys(step.sent, label)
    yield from storage.stored_as_sent(
        step, after, scene.schemas_of(operation), scene.response_schemas, labels, "changed", before
    )
    yield from updates.other_properties_unchanged(
        before, step, after, scene.writable_schemas(operation), scene.id_names(resource, before.body)
    )
    yield from updates.version_counts(before, step, after, scene.read_only)
    yield from conditions.etag_changes(before, step, after)


def _in_list(scene: Scene, resource: Resource, parent: Resource | None, operation: Operation) -> Iterator[Problem]:
    """The list shows a change, and resources that were there before as they were."""
    recorder, kind = scene.recorder, scene.kind
    bodies = recorder.bodies.of(operation)
    if kind.list is None or bodies is None:
        return
    is_patch = operation.method == "PATCH"
    one, other = (
        (merged_change(bodies, 0), merged_change(bodies, -1)) if is_patch else (bodies.full(), bodies.minimal())
    )
    if not one or not other:
        return
    # Two changes with different values: one of them shows in a resource that is changed along.
    recorder.write(resource, operation, one, "change it")
    first, before = read_list(recorder, kind, parent), read_list(recorder, kind, parent)
    step = recorder.write(resource, operation, other, "change it again")
    after = read_list(recorder, kind, parent)
    earlier, old, new = ({id_of(kind, item): item for item in walk.all_items} for walk in (first, before, after))
    yield from updates.list_unchanged(earlier, old, new, resource.id, (before.pages[-1], step, after.pages[-1]))
    read = recorder.read(resource)
    earlier_items = (old.get(resource.id), one)
    yield from updates.list_current(step, after.page_of(resource.id), read, earlier_items, new.get(resource.id))


def merged_change(bodies: Bodies, index: int) -> dict[str, Any]:
    """One valid change of all properties, with the value of each at an index."""
    merged: dict[str, Any] = {}
    for name in bodies.writable:
        found = [change for change, _ in _changes(bodies, name)]
        if found and bodies.is_valid({**merged, **found[index]}):
            merged |= found[index]
    return merged


def _changes(bodies: Bodies, name: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Valid changes of one property: another value, then the empty ones that servers forget."""
    found = bodies.variations_of(name, {})
    if not found:
        made = bodies.full() or {}
        if name in made and bodies.is_valid({name: made[name]}):
            yield {name: made[name]}, "another value"
        return
    empty = [one for one in found if one.value in _EMPTY]
    plain = [one for one in found if one not in empty]
    chosen = [*plain[:1], *empty[:3], *plain[1:2]]
    for one in chosen:
        yield {name: one.value}, one.label


def _named(name: str, change: Mapping[str, Any]) -> str:
    """What a change does, with the value where it is an empty one: that is the reason for what it shows."""
    return f"change {name} to {shown(change[name])}" if change[name] in _EMPTY else f"change {name}"


def modification_time(scene: Scene) -> Iterator[Problem]:
    """Change a resource when the clock has moved on: the time of the last change moves with it."""
    recorder, kind = scene.recorder, scene.kind
    if kind.read is None:
        return
    resource, _ = scene.full(scene.parent())
    before, moving = scene.moving(resource)
    sendable = {name for operation in (kind.update, kind.replace) for name in scene.schemas_of(operation)}
    names = [
        name
        for name in updates.modified_names(before.body, scene.response_schemas or {})
        if name not in sendable | moving
    ]
    if not names:
        return
    is_fine = updates.has_fraction(value for name, value in before.body.items() if name in names)
    changes = [(operation, sent) for operation, sent in _writes(scene) if operation.method != "DELETE"]
    if not is_fine:
        recorder.waited.add(kind.name)
        if len(recorder.waited) > _MOST_WAITS:
            return
    for operation, sent in changes if is_fine else changes[:1]:
        time.sleep(_FINE if is_fine else _COARSE)  # The server's clock has to show another time.
        step = recorder.write(resource, operation, sent, f"change it by {operation.method}", based_on=before)
        after = recorder.read(resource)
        yield from updates.time_of_change(before, step, after, names)
        before = after


def replace(scene: Scene) -> Iterator[Problem]:
    """Replace a resource with all properties by one with the required ones alone, and back."""
    recorder, kind = scene.recorder, scene.kind
    operation = kind.replace
    bodies = recorder.bodies.of(operation)
    if operation is None or bodies is None or kind.read is None:
        return
    parent = scene.parent()
    defaults = _own_defaults(scene, parent)
    resource, created = scene.full(parent, unlike=defaults)
    request = {name: schema for name, schema in scene.schemas_of(operation).items() if name not in bodies.identity}
    says_so = "replace" in operation.text.lower()
    given = set(created.sent or ())
    for body, label in ((bodies.minimal(), "required fields"), (bodies.full(), "all fields")):
        if body is None:
            continue
        before = recorder.read(resource)
        step = recorder.write(resource, operation, body, f"replace it by one with {label}", based_on=before)
        yield from conditions.current_accepted(step, before, "If-Match")
        after = recorder.read(resource)
        yield from updates.still_at_its_path(step, after, resource.id, id_of(kind, step.body))
        moved = id_of(kind, step.body) if step.ok and not after.ok else None
        if moved is not None and moved != resource.id:
            recorder.adopt(kind, parent, moved, step)
        yield from storage.stored_as_sent(step, after, request, scene.response_schemas, {}, "replaced")
        yield from updates.version_counts(before, step, after, scene.read_only)
        yield from conditions.etag_changes(before, step, after)
        id_names = scene.id_names(resource, before.body)
        yield from updates.replaced(
            before, step, after, request, id_names, given=given, says_so=says_so, defaults=defaults
        )
        given |= set(step.sent or ()) if step.ok else set()
    yield from _in_list(scene, resource, parent, operation)


def _own_defaults(scene: Scene, parent: Resource | None) -> dict[str, Any]:
    """What the server sets properties to that a creation leaves out."""
    plain = scene.resource(parent)
    shown, sent = scene.recorder.read(plain).body, plain.created.sent
    if not isinstance(shown, Mapping) or not isinstance(sent, Mapping):
        return {}
    return {name: value for name, value in shown.items() if name not in sent}


def transitions(scene: Scene) -> Iterator[Problem]:
    """Replace a resource by one with a value that PATCH does not let it change to: PUT does not, either."""
    recorder, kind = scene.recorder, scene.kind
    update, replacement = kind.update, kind.replace
    changes, bodies = recorder.bodies.of(update), recorder.bodies.of(replacement)
    if update is None or replacement is None or changes is None or bodies is None or kind.read is None:
        return
    if not all("409" in operation.responses for operation in (update, replacement)):
        return
    for name, field in changes.writable.items():
        if not field.fact("enum") or name not in bodies.writable:
            continue
        resource, _ = scene.full(scene.parent())
        for value in field.fact("enum")[:_MOST_VALUES]:
            denied = recorder.write(resource, update, {name: value}, f"change {name} to {value}", tolerated=(409,))
            whole = bodies.with_value(bodies.smallest() or {}, name, value) if denied.status == 409 else None
            if whole is None:
                continue
            step = recorder.write(
                resource, replacement, whole, f"replace it by one with {name} {value}", tolerated=(409,)
            )
            if step.ok:
                yield from acceptance.denied_by_both(denied, step, recorder.read(resource), name, value)
            break


def etags(scene: Scene) -> Iterator[Problem]:
    """Write with a stale ETag, without one, and read on condition."""
    recorder, kind = scene.recorder, scene.kind
    if kind.read is None:
        return
    parent = scene.parent()
    resource, _ = scene.full(parent)
    read = recorder.read(resource)
    if not read.etag:
        return
    again = recorder.read(
        resource,
        headers=[(IF_NONE_MATCH, read.etag)],
        label="read it with If-None-Match",
        needs=(read,),
        tolerated=(304,),
    )
    yield from conditions.not_modified(read, again, "304" in kind.read.responses)
    change = _some_change(scene, resource)
    if change is None or not change.ok:
        return
    later = recorder.read(
        resource,
        headers=[(IF_NONE_MATCH, read.etag)],
        label="read it with the old If-None-Match",
        needs=(read,),
        tolerated=(304,),
    )
    current = recorder.read(resource)
    yield from conditions.modified(read, change, later, current)
    yield from conditions.etag_changes(read, change, current)
    yield from conditions.consistent_etags((read, current))
    for operation, sent in _writes(scene):
        if not if_match(operation):
            continue
        if conditions.is_stale(read, current):
            before, moving = scene.moving(resource)
            stale = recorder.write(
                resource, operation, sent, f"{operation.method} with the ETag from before the change", etag=read.etag
            )
            after = recorder.read(resource)
            yield from conditions.stale_rejected(before, stale, after, "a stale If-Match", moving, (read, change))
            if operation.method == "DELETE" and stale.ok:
                return
        if requires_condition(operation):
            bare = recorder.on(
                resource, operation, f"{operation.method} without If-Match", sent=sent, without=["If-Match"]
            )
            yield from conditions.condition_required(bare, "If-Match")
            if operation.method == "DELETE" and bare.ok:
                return


def _writes(scene: Scene) -> Iterator[tuple[Operation, Any]]:
    """The writes of one resource, each with a valid body; the deletion last."""
    recorder, kind = scene.recorder, scene.kind
    for operation, bodies in recorder.bodies.of_changes(kind):
        sent = bodies.change() if operation.method == "PATCH" else bodies.smallest()
        if sent is not None:
            yield operation, sent
    if kind.delete is not None:
        yield kind.delete, None


def _some_change(scene: Scene, resource: Resource) -> Step | None:
    """Change a resource in any documented way."""
    for operation, sent in _writes(scene):
        if operation.method != "DELETE":
            step = scene.recorder.write(resource, operation, sent, "change it")
            if step.ok:
                return step
    return None


def etags_of_parents(scene: Scene) -> Iterator[Problem]:
    """Create a child: where the content of its parent changes with it, the ETag does, too.

    Where the response shows the parent, the parent is as shown.
    """
    recorder, kind = scene.recorder, scene.kind
    if kind.parent is None or kind.parent.read is None:
        return
    parent = scene.parent()
    assert parent is not None
    above = Scene(recorder, parent.kind)
    before, moving = above.moving(parent)
    child = scene.resource(parent)
    after = recorder.read(parent)
    yield from conditions.etag_changes(before, child.created, after)
    whole = dataclasses.replace(child.created, body=child.created.interaction.json)
    yield from updates.action_stored(before, whole, after, moving, above.id_names(parent, before.body))


def body_versions(scene: Scene) -> Iterator[Problem]:
    """Write with a stale version in the body, for optimistic locking without ETags."""
    recorder, kind = scene.recorder, scene.kind
    for operation, sent in _writes(scene):
        bodies = recorder.bodies.of(operation)
        names = [name for name, one in bodies.fields.items() if one.is_version and not one.read_only] if bodies else []
        if not names or kind.read is None or not {"409", "412", "428"} & operation.responses.keys():
            continue
        resource, _ = scene.full(scene.parent())
        first = recorder.read(resource)
        change = recorder.write(resource, operation, sent, "change it", based_on=first)
        if not change.ok:
            continue
        before, moving = scene.moving(resource)
        if all(name in first.body and first.body[name] == before.body.get(name) for name in names):
            continue  # The version is still the current one, which another rule reports.
        stale = recorder.write(resource, operation, sent, "change it with the version from before", based_on=first)
        after = recorder.read(resource)
        yield from conditions.stale_rejected(before, stale, after, "a stale version", moving, (first, change))


def idempotency(scene: Scene) -> Iterator[Problem]:
    """Create twice with the same key, with another body, and with another key."""
    recorder, kind = scene.recorder, scene.kind
    name = _key_header(kind)
    if name is None:
        return
    parent = scene.parent()
    bodies = scene.bodies(parent)
    body = bodies.minimal()
    if body is None:
        return
    keys = [_key(name, number, recorder.run_number()) for number in range(2)]
    if None in keys:
        return
    first, _ = recorder.create(kind, parent, body, headers=[(name.name, str(keys[0]))], label="create with a key")
    if not first.ok:
        scene.resource(parent)  # Without a key, a creation succeeds: the key is the reason.
    yield from conditions.other_key_creates(first, first, None, None)
    again, _ = recorder.create(
        kind, parent, body, headers=[(name.name, str(keys[0]))], label="create with the same key", needs=[first]
    )
    yield from conditions.once(first, again, _id(kind, first), _id(kind, again))
    if first.ok and again.is_denied and again.status not in (409, 425):
        yield from acceptance.valid_accepted(again, "the same idempotency key", ())
    other = bodies.different(body)
    if other is not None:
        changed, _ = recorder.create(
            kind, parent, other, headers=[(name.name, str(keys[0]))], label="create another one with the same key"
        )
        says_so = any(status in name.description for status in ("409", "422"))
        if says_so or _ANOTHER_BODY.search(f"{name.description}. {kind.create.text}"):
            yield from conditions.other_body_rejected(first, changed, _id(kind, first), _id(kind, changed))
    # Not the body of the first: what is unique in it would be taken.
    fresh, _ = recorder.create(
        kind, parent, bodies.minimal() or body, headers=[(name.name, str(keys[1]))], label="create with another key"
    )
    yield from conditions.other_key_creates(first, fresh, _id(kind, first), _id(kind, fresh))
    yield from _key_of_another_user(scene, name, str(keys[0]), first, body)


def _key_of_another_user(
    scene: Scene, name: Parameter, key: str, first: Step, body: Mapping[str, Any]
) -> Iterator[Problem]:
    recorder, kind = scene.recorder, scene.kind
    if "{" in kind.create.path or not recorder.has(Caller.OTHER) or not first.ok:
        return
    foreign, _ = recorder.create(kind, None, body, caller=Caller.OTHER, headers=[(name.name, key)])
    foreign.checked.append("resource-of-another-user-accessible")
    if foreign.ok and _id(kind, foreign) == _id(kind, first) and _id(kind, first) is not None:
        yield Problem(
            "resource-of-another-user-accessible",
            "Expected a resource of the second user for the same idempotency key, got the first user's resource.",
            f"key {kind.create.path}",
            (first, foreign),
            actual=foreign.body,
        )


def _id(kind: Kind, step: Step) -> str | None:
    return id_of(kind, step.body)


def _key_header(kind: Kind) -> Parameter | None:
    for parameter in kind.create.parameters:
        if parameter.location == "header" and "idempotency" in plain_name(parameter.name):
            return parameter
    return None


def _key(parameter: Parameter, number: int, run: str) -> str | None:
    """A key that the parameter's schema allows; None if none is known."""
    for text in (
        f"flowcontract-{run}-{number}",
        f"5d1f7c0e-8a4b-4c6d-9e2f-{int(run, 16) * 2 + number:012x}",
        f"flowcontract{run}{number}",
    ):
        if parameter.is_valid(text):
            return text
    return None
