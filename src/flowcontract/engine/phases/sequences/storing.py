"""Scenarios of creations: what was sent is read back, and invalid bodies are rejected."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from flowcontract.checks.probe import Expect
from flowcontract.checks.sequences import acceptance, lists, storage, updates
from flowcontract.checks.steps import Problem, Step
from flowcontract.engine.phases.sequences.changing import merged_change
from flowcontract.engine.phases.sequences.resources import (
    Caller,
    NotPossible,
    Resource,
    reference_value,
    requires_condition,
)
from flowcontract.engine.phases.sequences.scene import Scene
from flowcontract.engine.phases.sequences.walking import read_list
from flowcontract.generation.sequences.bodies import Bodies
from flowcontract.generation.sequences.kinds import id_of, object_in
from flowcontract.openapi.model import Operation

_REJECTED = (400, 422)
_MOST_TRIED = 4
"""Properties of which it is tried whether their values may be taken twice."""
_REASONS = (409,)
"""Statuses with which a server may reject a valid body because of other data."""


def create_and_read(scene: Scene) -> Iterator[Problem]:
    """Create with few and with all properties; read back, find it in the list, follow its Location."""
    recorder, kind = scene.recorder, scene.kind
    parent = scene.parent()
    bodies = scene.bodies(parent)
    before = read_list(recorder, kind, parent) if kind.list else None
    created = []
    for body in (bodies.minimal(), bodies.full()):
        if body is None:
            continue
        step, made = recorder.create(kind, parent, body)
        yield from stored(scene, step, made, {})
        made = made or recorder.prepare(kind, parent, step)
        if made is not None:
            created.append(made)
        elif step.ok and kind.read is not None:
            yield from _without_id(scene, step, before.all_ids if before else [])
    if not created:
        raise NotPossible(scene.why_not_created())
    if before is not None and before.is_complete:
        after = read_list(recorder, kind, parent)
        for made in created:
            yield from lists.is_listed(
                made.created, after.pages, made.id, after.all_ids if after.is_complete else [made.id]
            )
            scene.claim(parent, before, after, made.created, made.created.sent)
            if kind.read is None:
                item = next((one for one in after.all_items if id_of(kind, one) == made.id), None)
                listed = Step("find it in the list", after.page_of(made.id).interaction, None, item, (made.created,))
                yield from storage.stored_as_sent(
                    made.created, listed, scene.request_schemas, scene.response_schemas, {}
                )
    yield from _counted(scene, parent, bodies)


def _without_id(scene: Scene, step: Step, known: list[str]) -> Iterator[Problem]:
    identity = id_of(scene.kind, step.body)
    step.checked.append("created-resource-not-found")
    if identity in known:
        yield Problem(
            "created-resource-not-found",
            "Expected a new ID for a created resource, got the ID of one that existed before.",
            "ID of another",
            (step,),
            actual=step.body,
        )


def _counted(scene: Scene, parent: Resource | None, bodies: Bodies) -> Iterator[Problem]:
    """One creation adds one item."""
    recorder, kind = scene.recorder, scene.kind
    if kind.list is None:
        return
    before = read_list(recorder, kind, parent)
    body = bodies.smallest()
    step, made = recorder.create(kind, parent, body) if body is not None else (None, None)
    after = read_list(recorder, kind, parent)
    if step is None or made is None or not (before.is_complete and after.is_complete):
        return
    later = read_list(recorder, kind, parent)
    others = len(set(later.all_ids) - set(after.all_ids)) > 0 or _strangers(
        before.all_items, after.all_items, kind, body
    )
    yield from lists.created_once(before.all_ids, after.all_ids, step, after.page_of(made.id), others)
    scene.claim(parent, before, after, step, body)


def _strangers(before: list[Any], after: list[Any], kind: Any, body: Any) -> bool:
    """Whether a new item is not a copy of what was created."""
    known = {id_of(kind, item) for item in before}
    new = [item for item in after if id_of(kind, item) not in known and isinstance(item, Mapping)]
    texts = {name: value for name, value in (body or {}).items() if isinstance(value, str)}
    return any(any(name in item and item[name] != value for name, value in texts.items()) for item in new)


def stored(scene: Scene, step: Step, made: Resource | None, labels: Mapping[str, str]) -> Iterator[Problem]:
    """What holds after a creation."""
    recorder, kind = scene.recorder, scene.kind
    if made is None or not step.ok:
        return
    location = step.header("Location")
    yield from storage.location_leads_there(step, location, made.id, kind.item_path)
    if kind.read is None:
        yield from storage.stored_as_sent(step, step, scene.request_schemas, scene.response_schemas, labels)
        return
    read = recorder.read(made)
    yield from storage.can_be_read(step, read)
    # Not the path of `read`: where a scenario runs again in part, that may be about the resource of the first time.
    path = _other_path(step, recorder.path_of(made), location, made.id) if read.ok else ""
    if path:
        followed = recorder.read(made, label="follow its Location", path=path, tolerated=(404, 410))
        yield from storage.location_can_be_read(step, followed, read, location)
    yield from storage.stored_as_sent(step, read, scene.request_schemas, scene.response_schemas, labels)
    yield from storage.defaults_applied(step, read, scene.request_schemas)
    yield from storage.same_as_returned(step, read, scene.writable_schemas(None))
    secrets = {
        name: step.sent[name]
        for name, schema in scene.request_schemas.items()
        if schema.get("writeOnly") and isinstance(step.sent, Mapping) and name in step.sent
    }
    yield from storage.write_only_hidden((step, read), secrets)


def _other_path(created: Step, own: str, location: str, identity: str) -> str:
    """The path of a Location on the same server that is about the resource, but not its own one, where it is read."""
    if created.status != 201 or not location:
        return ""
    parts = urlsplit(urljoin(created.interaction.request.target, location))
    if parts.netloc or unquote(parts.path).rstrip("/") == unquote(own).rstrip("/"):
        return ""
    return parts.path if unquote(parts.path.rstrip("/").rpartition("/")[2]).lower() == identity.lower() else ""


def varied_values(scene: Scene) -> Iterator[Problem]:
    """Create with values that servers store wrongly, and read back."""
    recorder, kind = scene.recorder, scene.kind
    parent = scene.parent()
    bodies = scene.bodies(parent)
    base = bodies.smallest()
    if base is None:
        return
    rejected = []
    for varied in bodies.varied(base):
        step, made = recorder.create(kind, parent, varied.body, label=f"create in {kind.name} with unusual values")
        labels = {name: one.label for name, one in varied.variations.items()}
        yield from stored(scene, step, made, labels)
        if step.status in _REJECTED:
            rejected.append(varied)
        elif kind.list is not None and made is not None and step.ok:
            recorder.page(kind, parent, {})
    for varied in rejected[:8]:
        for name, variation in varied.variations.items():
            body = bodies.with_value(bodies.smallest() or base, name, variation.value)
            if body is None:
                continue
            step, made = recorder.create(kind, parent, body, label=f"create in {kind.name} with {variation.label}")
            other = bodies.smallest() or base
            near = None if variation.companion is None else bodies.with_value(other, name, variation.companion)
            if step.status in _REJECTED and near is not None:
                _, accepted = recorder.create(kind, parent, near, label=f"create in {kind.name} with a value near it")
                if accepted is not None:
                    yield from acceptance.valid_accepted(step, f"{variation.label} in {name}", _REASONS)
            yield from stored(scene, step, made, {name: variation.label})


def missing_references(scene: Scene) -> Iterator[Problem]:
    """Create with a reference to a resource that is deleted by then."""
    recorder, kind = scene.recorder, scene.kind
    parent = scene.parent()
    for name, path in kind.references.items():
        other = next((one for one in recorder.kinds if one.item_path == path), None)
        if other is None or other.delete is None or other.read is None:
            continue
        if parent is not None and parent.kind.item_path == path:
            continue
        scene.resource(parent)  # One with references that exist is accepted.
        target = recorder.make(other)
        if target is None or not recorder.delete(target, label=f"delete what {name} would refer to").ok:
            continue
        gone = recorder.read(target, tolerated=(404, 410))
        if gone.status not in (404, 410):
            continue
        bodies = scene.bodies(parent)
        body = bodies.smallest()
        if body is None:
            continue
        step, _ = recorder.create(
            kind,
            parent,
            {**body, name: reference_value(bodies.fields[name], target.id)},
            label=f"create in {kind.name} with the ID of a deleted resource in {name}",
            needs=(target.created, gone),
        )
        yield from acceptance.reference_rejected(step, gone, name)


def read_only_values(scene: Scene) -> Iterator[Problem]:
    """Send values for read-only properties."""
    recorder, kind = scene.recorder, scene.kind
    parent = scene.parent()
    bodies = scene.bodies(parent)
    response = scene.response_schemas or {}
    read_only = {name for name, field in bodies.fields.items() if field.read_only}
    read_only |= {
        name
        for name in response.keys() - bodies.fields.keys()
        if response[name].get("readOnly") is True or bodies.is_closed
    }
    base = bodies.smallest()
    if not read_only or base is None or kind.read is None:
        return
    example = recorder.read(scene.resource(parent)).body
    values = {}
    for name in sorted(read_only):
        value = example.get(name) if isinstance(example, Mapping) else None
        other = _another(value)
        if other is not None:
            values[name] = other
    if not values:
        return
    step, made = recorder.create(
        kind, parent, {**base, **values}, label=f"create in {kind.name} with read-only fields", tolerated=(400, 422)
    )
    if made is not None:
        yield from storage.read_only_ignored(step, recorder.read(made), values)


def _another(value: Any) -> Any:
    """Another value of the same kind; None if none is known."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value + 987_654
    if isinstance(value, str) and value:
        digits = [index for index, letter in enumerate(value) if letter.isdigit()]
        if digits:
            at = digits[-1]
            return value[:at] + str((int(value[at]) + 5) % 10) + value[at + 1 :]
        return f"{value}x"
    return None


def invalid_bodies(scene: Scene) -> Iterator[Problem]:
    """Create and change with bodies that violate the contract."""
    recorder, kind = scene.recorder, scene.kind
    parent = scene.parent()
    bodies = scene.bodies(parent)
    base = bodies.smallest()
    if base is None:
        return
    values = recorder.new_values(kind, parent)
    if values is None:
        return
    needs = (parent.created,) if parent else ()
    for invalid in bodies.invalid(base, required=kind.create.request_required):
        step = recorder.send(
            kind.create,
            values,
            f"create in {kind.name} {invalid.phrase}",
            content=invalid.content,
            needs=needs,
            kind=kind,
        )
        yield from acceptance.invalid_rejected(step, invalid.label, invalid.group)
        _adopt(scene, parent, step)
    for label, content in bodies.unusual(base):
        step = recorder.send(
            kind.create,
            values,
            f"create in {kind.name} with {label}",
            content=content,
            needs=needs,
            kind=kind,
            tolerated=(400, 422),
        )
        _adopt(scene, parent, step)
        if step.ok and kind.list is not None:
            recorder.page(kind, parent, {})
    if "415" in kind.create.responses:
        step = recorder.send(
            kind.create,
            values,
            f"create in {kind.name} with another media type",
            sent=base,
            content_type="text/plain",
            needs=needs,
            kind=kind,
            tolerated=(400, 422),
        )
        yield from acceptance.invalid_rejected(step, "the media type text/plain", "media type")
        _adopt(scene, parent, step)
    yield from _invalid_changes(scene, parent)


def _adopt(scene: Scene, parent: Resource | None, step: Step) -> None:
    chosen = step.interaction.probe.values.get(scene.kind.id_parameter.name) if scene.kind.has_chosen_ids else None
    identity = (chosen or id_of(scene.kind, step.body)) if step.ok else None
    if identity is not None:
        scene.recorder.adopt(scene.kind, parent, identity, step)


def _invalid_changes(scene: Scene, parent: Resource | None) -> Iterator[Problem]:
    recorder, kind = scene.recorder, scene.kind
    for operation, bodies in recorder.bodies.of_changes(kind):
        resource, _ = scene.full(parent)
        if operation.method == "PATCH":
            base: dict[str, Any] = {}
            found = list(bodies.invalid(base, whole=True))
        else:
            base = bodies.smallest() or {}
            found = list(bodies.invalid(base, whole=False))
        for invalid in found:
            label = f"change it {invalid.phrase}"
            if invalid.value is not None:
                step = recorder.write(resource, operation, invalid.value, label, unchanged=invalid.member)
            else:
                step = recorder.write(resource, operation, None, label, content=invalid.content)
            yield from acceptance.invalid_rejected(step, invalid.label, invalid.group)
        yield from _half_valid(scene, resource, operation, bodies)


def _half_valid(scene: Scene, resource: Resource, operation: Operation, bodies: Bodies) -> Iterator[Problem]:
    """Valid changes beside one that is invalid: the server stores all of them or, as it must here, none."""
    recorder, kind = scene.recorder, scene.kind
    valid = (merged_change(bodies, 0) if operation.method == "PATCH" else bodies.full()) or {}
    found = {
        invalid.member: {**{name: value for name, value in valid.items() if name != invalid.member}, **last}
        for invalid in bodies.invalid(valid, whole=False)
        if invalid.value is not None
        and invalid.group not in acceptance.CONVERSIONS
        and (last := _new_members(invalid.value, valid))
        and len(valid) > len(last)
    }
    # The member that no schema knows, the last one and the first one: every property is once beside another one.
    names = [name for name in found if name]
    chosen = list(dict.fromkeys([*(name for name in found if not name), *names[-1:], *names[:1]]))
    if kind.read is None or not chosen:
        return
    before, moving = scene.moving(resource)
    for name in chosen:
        step = recorder.write(resource, operation, found[name], "change it with one invalid value", unchanged=name)
        after = recorder.read(resource)
        if 400 <= step.status < 500:
            why = f"a rejected {operation.method} with one invalid value"
            yield from updates.unchanged(before, step, after, moving, why, "rejected-request-changes-data")
        before = after


def _new_members(body: Any, valid: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a body that are not among the valid ones."""
    return {name: value for name, value in body.items() if name not in valid or valid[name] != value}


def same_again(scene: Scene) -> Iterator[Problem]:
    """Create with the same body twice, where a conflict is documented: unique values are taken then."""
    recorder, kind = scene.recorder, scene.kind
    if "409" not in kind.create.responses:
        return
    parent = scene.parent()
    bodies = scene.bodies(parent)
    body = bodies.smallest()
    if body is None:
        return
    first, made = recorder.create(kind, parent, body)
    before = read_list(recorder, kind, parent) if kind.list else None
    again, other = recorder.create(kind, parent, body, label="create the same again")
    stored: list[Problem] = []
    if before is not None and again.status == 409 and before.is_complete:
        after = read_list(recorder, kind, parent)
        new = [item for item in after.all_items if id_of(kind, item) not in before.all_ids]
        stored += acceptance.rejected_creates_nothing(again, after.pages[-1], body, new)
    yield from stored
    yield from _taken(scene, parent, body, (first, made), (again, other))
    if stored and before is not None:  # And so may others have been.
        denied = [one for one in recorder.steps if one.is_denied and one.interaction.operation == kind.create]
        scene.claim(parent, before, read_list(recorder, kind, parent), again, *(one.sent for one in denied))


def _taken(
    scene: Scene,
    parent: Resource | None,
    body: Mapping[str, Any],
    created: tuple[Step, Resource | None],
    created_again: tuple[Step, Resource | None],
) -> Iterator[Problem]:
    """Unique values of a resource are taken, for creations and for changes."""
    bodies = scene.bodies(parent)
    (first, made), (again, other) = created, created_again
    unique = unique_fields(bodies, body)
    for name in unique:
        if made is not None and other is not None and made.id != other.id:
            yield from acceptance.unique_value(first, again, name, "a creation")
            return
    if made is not None:
        shown = _refused(scene, parent, body) if again.status == 409 and not unique else []
        yield from _changed_to_taken(scene, parent, made, body, unique or shown, is_documented=bool(unique))
        for name in unique:
            if bodies.fields[name].is_unique_in_any_case:
                yield from _taken_in_another_case(scene, parent, made, body, name)


def unique_fields(bodies: Bodies, body: Mapping[str, Any]) -> list[str]:
    """The properties of a body whose values the contract calls unique."""
    return [name for name, field in bodies.fields.items() if field.is_unique and name in body]


def _refused(scene: Scene, parent: Resource | None, body: Mapping[str, Any]) -> list[str]:
    """The property whose value alone makes a creation a conflict, where one does."""
    bodies = scene.bodies(parent)
    names = [name for name in body if name in bodies.writable and bodies.writable[name].format in ("", "email", "uuid")]
    for name in [name for name in names if isinstance(body[name], str)][:_MOST_TRIED]:
        fresh = bodies.fresh(dict(body))
        sent = bodies.with_value(fresh, name, body[name]) if fresh is not None else None
        label = f"create another one with the same {name}"
        if sent is not None and scene.recorder.create(scene.kind, parent, sent, label=label)[0].status == 409:
            return [name]
    return []


def _changed_to_taken(
    scene: Scene,
    parent: Resource | None,
    taken: Resource,
    body: Mapping[str, Any],
    unique: Sequence[str],
    *,
    is_documented: bool,
) -> Iterator[Problem]:
    """Change another resource to a unique value of the first."""
    recorder, kind = scene.recorder, scene.kind
    for operation, bodies in recorder.bodies.of_changes(kind) if unique and kind.read else ():
        if "409" not in operation.responses:
            continue
        for name in unique:
            whole = {} if operation.method == "PATCH" else bodies.smallest() or {}
            sent = bodies.with_value(whole, name, body[name]) if name in bodies.fields else None
            if sent is None:
                continue
            resource = scene.resource(parent)
            step = recorder.write(resource, operation, sent, f"change {name} to that of another one")
            shown = object_in(kind, recorder.read(resource).body)
            if isinstance(shown, Mapping) and shown.get(name) == body[name]:
                what = f"a {operation.method}"
                yield from acceptance.unique_value(taken.created, step, name, what, is_documented=is_documented)


def _taken_in_another_case(
    scene: Scene, parent: Resource | None, taken: Resource, body: Mapping[str, Any], name: str
) -> Iterator[Problem]:
    """Create and change with the unique value of the first, its letters in the other case."""
    recorder, kind, value = scene.recorder, scene.kind, body[name]
    other = value.swapcase() if isinstance(value, str) else value
    bodies = scene.bodies(parent)
    sent = bodies.with_value(bodies.fresh(dict(body)) or dict(body), name, other)
    if other == value or sent is None:
        return
    label = f"create another one with the same {name} in another case"
    step, made = recorder.create(kind, parent, sent, label=label)
    if made is not None and made.id != taken.id:
        yield from acceptance.unique_value(taken.created, step, name, "a creation", in_any_case=True)
    for operation, changes in recorder.bodies.of_changes(kind) if kind.read else ():
        if "409" not in operation.responses or name not in changes.fields:
            continue
        whole = {} if operation.method == "PATCH" else changes.smallest() or {}
        change = changes.with_value(whole, name, other)
        if change is None:
            continue
        resource = scene.resource(parent)
        step = recorder.write(resource, operation, change, f"change {name} to that of another one in another case")
        shown = object_in(kind, recorder.read(resource).body)
        if isinstance(shown, Mapping) and str(shown.get(name)).casefold() == other.casefold():
            yield from acceptance.unique_value(taken.created, step, name, f"a {operation.method}", in_any_case=True)


def without_credentials(scene: Scene) -> Iterator[Problem]:
    """Create, change and delete without credentials; the responses are checked by themselves."""
    recorder, kind = scene.recorder, scene.kind
    parent = scene.parent()
    denied: dict[str, Any] = {"caller": Caller.NOBODY, "expect": Expect.DENIED}
    body = scene.bodies(parent).minimal()
    if body is not None and not kind.create.is_open:
        recorder.create(kind, parent, body, **denied)
    writes = [each for each in (kind.update, kind.replace, *kind.actions, kind.delete) if each and not each.is_open]
    if not writes:
        return
    resource = scene.resource(parent)
    for operation in writes:
        bodies = recorder.bodies.of(operation)
        sent = (bodies.change() if operation.method == "PATCH" else bodies.smallest()) if bodies else None
        read = recorder.read(resource) if requires_condition(operation) and kind.read else None
        label = f"{operation.method} without credentials"
        recorder.write(resource, operation, sent, label, based_on=read, **denied)
    yield from ()
