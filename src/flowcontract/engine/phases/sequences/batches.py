"""Scenarios of batches: one request that creates several resources."""

import json
from collections.abc import Generator, Iterator, Mapping
from typing import Any

from flowcontract.checks.sequences import acceptance, updates
from flowcontract.checks.sequences import batches as rules
from flowcontract.checks.steps import Problem, Step
from flowcontract.engine.phases.sequences.changing import merged_change
from flowcontract.engine.phases.sequences.resources import Resource, reference_value
from flowcontract.engine.phases.sequences.scene import Scene
from flowcontract.engine.phases.sequences.storing import unique_fields
from flowcontract.engine.phases.sequences.walking import read_list
from flowcontract.generation.sequences.bodies import batch_bodies
from flowcontract.generation.sequences.kinds import id_of, items_in, object_in
from flowcontract.openapi.model import Operation

_UNKNOWN_ID, _UNKNOWN_UUID = "999983", "5b1d7f0e-3c5a-4d7e-9f10-2b8c6a4e9d31"
"""IDs that no resource of a test system has."""

_MOST_REFERENCES = 3
"""References of one kind of resources that are tried."""


def create_several(scene: Scene) -> Iterator[Problem]:
    """Create several resources at once: all of them, in their order; or none, if one cannot be created."""
    recorder, kind = scene.recorder, scene.kind
    for operation in kind.batches:
        parent = scene.parent()
        bodies = scene.bodies(parent)
        made = [body for body in (bodies.minimal(), bodies.minimal(), bodies.minimal()) if body is not None]
        if len(made) < 3 or kind.list is None or recorder.values(operation, parent, kind) is None:
            continue
        before = read_list(recorder, kind, parent)
        step = _send(scene, operation, parent, made, "create several at once")
        if step is None:
            continue
        after = read_list(recorder, kind, parent)
        shown = _shown(scene, step)
        created = [_adopt(scene, parent, identity, step) for identity in shown if identity not in before.all_ids]
        if before.is_complete and after.is_complete:
            new = [item for item in after.all_items if id_of(kind, item) not in before.all_ids]
            yield from rules.stored(step, after.pages[-1], made, new)
            if len(new) == len(made):
                yield from rules.complete(step, len(made), len(shown))
        if "order" in operation.text.lower():
            yield from rules.in_order(step, made, list(shown.values()))
        yield from _same_batch(scene, parent, step, made, list(shown))
        yield from _partly_wrong(scene, operation, parent, made[0], step)
        yield from _change_one(scene, [one for one in created if one is not None])


def _send(scene: Scene, operation: Operation, parent: Resource | None, made: list[Any], label: str) -> Step | None:
    """Send a batch; None if its form is not known."""
    recorder, kind = scene.recorder, scene.kind
    whole = batch_bodies(operation, kind.create, made)
    values = recorder.values(operation, parent, kind) or {}
    if whole is None:
        return None
    return recorder.send(operation, values, label, sent=whole, needs=(parent.created,) if parent else ())


def _shown(scene: Scene, step: Step) -> dict[str, Any]:
    """The resources in the response to a batch that succeeded, by their IDs."""
    found = [object_in(scene.kind, item) for item in items_in(scene.kind, step.body) or []] if step.ok else []
    return {identity: item for item in found if (identity := id_of(scene.kind, item)) is not None}


def _adopt(scene: Scene, parent: Resource | None, identity: str, step: Step) -> Resource | None:
    return scene.recorder.adopt(scene.kind, parent, identity, step)


def _same_batch(
    scene: Scene, parent: Resource | None, first: Step, made: list[Any], ids: list[str]
) -> Iterator[Problem]:
    """Create the same ones at once again, where a conflict is documented: unique values are taken then."""
    operation = first.interaction.operation
    unique = unique_fields(scene.bodies(parent), made[0])
    if not first.ok or not unique or "409" not in operation.responses:
        return
    values = first.interaction.probe.values
    again = scene.recorder.send(operation, values, "create the same ones again", sent=first.sent, needs=(first,))
    new = {identity: item for identity, item in _shown(scene, again).items() if identity not in ids}
    for identity in new:
        _adopt(scene, parent, identity, again)
    for name in unique:
        if {item.get(name) for item in new.values()} & {body.get(name) for body in made}:
            yield from acceptance.unique_value(first, again, name, "a batch")
            return


def _change_one(scene: Scene, created: list[Resource]) -> Iterator[Problem]:
    """Change one resource of a batch: the others stay. What a batch sets for all of them is not one object."""
    recorder, kind = scene.recorder, scene.kind
    operation = kind.update or kind.replace
    bodies = recorder.bodies.of(operation)
    if len(created) < 2 or operation is None or bodies is None or kind.read is None:
        return
    before, moving = scene.moving(created[1])
    changes = [merged_change(bodies, index) for index in (0, -1)] if operation is kind.update else [bodies.full()]
    for change in changes:
        step = recorder.write(created[0], operation, change, "change the first one of the batch") if change else None
        if step is not None and step.ok:
            after = recorder.read(created[1], label="read the second one")
            why = "a change of another resource of the batch"
            yield from updates.unchanged(before, step, after, moving, why, "update-changes-another-resource", [change])


def _partly_wrong(
    scene: Scene, operation: Operation, parent: Resource | None, taken: Mapping[str, Any], first: Step
) -> Iterator[Problem]:
    """Create several of which one is invalid, refers to nothing or is there already: none is created."""
    bodies = scene.bodies(parent)
    invalid = next(iter(bodies.invalid(dict(taken), whole=False)), None)
    if invalid is not None:
        step = yield from _none_created(scene, operation, parent, json.loads(invalid.content), "is invalid")
        if step is not None:
            yield from acceptance.invalid_rejected(step, "a batch of which one is invalid", "batch")
    for name in list(scene.kind.references)[:_MOST_REFERENCES]:
        fresh = bodies.minimal() or {}
        unknown = _UNKNOWN_UUID if name in fresh and bodies.fields[name].format == "uuid" else _UNKNOWN_ID
        wrong = {**fresh, name: reference_value(bodies.fields[name], unknown)} if name in fresh else {}
        if wrong and bodies.is_valid(wrong):
            yield from _none_created(scene, operation, parent, wrong, f"refers to nothing by {name}")
    if first.ok and "409" in operation.responses:
        yield from _none_created(scene, operation, parent, taken, "is there already")


def _none_created(
    scene: Scene, operation: Operation, parent: Resource | None, wrong: Any, what: str
) -> Generator[Problem, None, Step | None]:
    """Create one that is new, for what is unique in others is taken, and one that is wrong."""
    recorder, kind = scene.recorder, scene.kind
    before = read_list(recorder, kind, parent)
    valid = scene.bodies(parent).minimal()
    step = _send(scene, operation, parent, [valid, wrong], f"create several of which one {what}")
    after = read_list(recorder, kind, parent)
    if step is None or not (before.is_complete and after.is_complete):
        return step
    again = read_list(recorder, kind, parent)
    step.checked.append("rejected-request-changes-data")
    new = set(after.all_ids) - set(before.all_ids)
    if step.is_denied and new and not set(again.all_ids) - set(after.all_ids):
        yield Problem(
            "rejected-request-changes-data",
            f"Expected a rejected batch to create nothing, got {len(new)} new items.",
            "batch creates some",
            (step, after.pages[-1]),
            culprit=step,
        )
    scene.claim(parent, before, after, step, valid, wrong)
    return step
