"""The relations over sequences as a state machine of Hypothesis: it chooses, repeats and shrinks the sequences.

The machine creates resources, changes, reads, lists and deletes them in any order, as the first and as a second user,
and checks each response and what it has to agree with. What it created is deleted after each sequence.
"""

import contextlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, multiple, rule

from flowcontract.checks.findings import Finding, FindingStatus
from flowcontract.checks.grouping import group_findings
from flowcontract.checks.sequences import acceptance, access, conditions, deletion, lists, updates
from flowcontract.checks.steps import Problem, Step
from flowcontract.engine.cleanup import delete_own_resources
from flowcontract.engine.options import Options
from flowcontract.engine.phases import success
from flowcontract.engine.phases.sequences import changing, occurrence, sharing, storing
from flowcontract.engine.phases.sequences.recorder import Recorder
from flowcontract.engine.phases.sequences.resources import Caller, NotPossible, Resource, RunOver, if_match
from flowcontract.engine.phases.sequences.scene import Scene
from flowcontract.engine.phases.sequences.walking import read_list
from flowcontract.engine.runner import new_sender, new_session
from flowcontract.engine.session import Session
from flowcontract.errors import UsageError
from flowcontract.generation.sequences.bodies import Bodies
from flowcontract.generation.sequences.kinds import Kind, kinds
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

_FEW, _ALL = "the required fields", "all fields"
"""Bodies beside those with one unusual value."""


@dataclass(slots=True)
class _Known:
    """What the machine knows about one resource."""

    parent: Resource | None
    last: Step | None = None
    """The last read after a change."""
    older: Step | None = None
    """A read from before a change: its ETag is stale."""
    moving: frozenset[str] = frozenset()
    deleted: Step | None = None


@contextlib.contextmanager
def state_machine(
    contract: Contract, target: Target, options: Options, fail: Callable[[Finding], None]
) -> Iterator[type[RuleBasedStateMachine]]:
    """A state machine class for the resources that the contract creates, while the block lasts.

    `fail`: called with the first finding of a step; it raises. Raises UsageError where nothing can be created.
    """
    # Hypothesis limits the time: a request that is not sent would look like a flaky machine.
    with new_sender(target, replace(options, time_limit=math.inf)) as sender:
        sender.connect()
        session = new_session(contract, target, options, sender)
        found = kinds(session.selection.operations, options.pairs)
        if not found:
            raise UsageError(
                "expected an operation that creates resources from JSON, got none.", do="Add one with --pair."
            )
        success.run(session)
        session.occurrences.clear()
        by_path = {kind.item_path: kind for kind in found}
        own = {"session": session, "recorder": Recorder(session, found), "kinds": by_path, "fail": staticmethod(fail)}
        try:
            yield type("ResourceSequences", (ResourceSequences,), own)
        finally:
            delete_own_resources(session)


class ResourceSequences(RuleBasedStateMachine):
    """Own resources of one target. A subclass names the session, the kinds and what happens with a finding."""

    session: ClassVar[Session]
    recorder: ClassVar[Recorder]
    """One for all sequences, so that no two of them have resources with the same texts."""
    kinds: ClassVar[Mapping[str, Kind]]
    """By the path of one resource."""
    fail: ClassVar[Callable[[Finding], None]]
    resources: Bundle[Resource] = Bundle("resources")

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[int, _Known] = {}

    @rule(data=st.data(), target=resources)
    def create(self, data: st.DataObject) -> Any:
        """Create a resource and read it back."""
        kind = self.kinds[data.draw(st.sampled_from(sorted(self.kinds)), "path")]
        with self.step():
            scene = Scene(self.recorder, kind)
            parent = self.alive(kind.parent) if kind.parent else None
            parent = parent or scene.parent()
            body, labels = _body(scene.bodies(parent), data)
            step, made = self.recorder.create(kind, parent, body)
            self.check(storing.stored(scene, step, made, labels))
            if made is not None:
                self.known[id(made)] = _Known(parent)
                self.remember(scene, made)
                return made
        return multiple()

    @rule(resource=resources)
    def read(self, resource: Resource) -> None:
        """Read a resource: it is as after its last change, or gone."""
        if resource.kind.read is None:
            return
        with self.step():
            known = self.known[id(resource)]
            read = self.recorder.read(resource, needs=(known.deleted,) if known.deleted else ())
            if known.deleted is not None:
                self.check(deletion.gone(known.deleted, read, "reading a deleted resource"))
            elif known.last is not None:
                self.check(
                    updates.unchanged(
                        known.last, read, read, known.moving, "other requests", "update-changes-another-resource"
                    )
                )

    @rule(resource=resources, data=st.data())
    def change(self, resource: Resource, data: st.DataObject) -> None:
        """Change one property: it is stored, the others stay."""
        scene, known = Scene(self.recorder, resource.kind), self.known[id(resource)]
        operation = resource.kind.update
        bodies = self.recorder.bodies.of(operation)
        if operation is None or bodies is None or resource.kind.read is None or known.deleted or not bodies.writable:
            return
        with self.step():
            name = data.draw(st.sampled_from(sorted(bodies.writable)), "property")
            variations = {one.label: one.value for one in bodies.variations_of(name, {})}
            if not variations:
                return
            label = data.draw(st.sampled_from(list(variations)), "value")
            before = self.recorder.read(resource)
            step = self.recorder.write(
                resource, operation, {name: variations[label]}, f"change {name}", based_on=before
            )
            if step.ok:
                self.check(changing.changed_as_sent(scene, resource, before, step, self.recorder.read(resource), label))
                self.remember(scene, resource, before)

    @rule(resource=resources)
    def write_with_stale_etag(self, resource: Resource) -> None:
        """Change a resource with the ETag of an earlier read."""
        known, operation = self.known[id(resource)], resource.kind.update
        bodies = self.recorder.bodies.of(operation)
        if operation is None or bodies is None or known.older is None or known.deleted or not if_match(operation):
            return
        with self.step():
            before = self.recorder.read(resource)
            if known.older.etag and before.etag != known.older.etag:
                stale = self.recorder.write(
                    resource, operation, bodies.change(), "change it with a stale ETag", etag=known.older.etag
                )
                after = self.recorder.read(resource)
                self.check(conditions.stale_rejected(before, stale, after, "a stale If-Match", known.moving))

    @rule(resource=resources)
    def delete(self, resource: Resource) -> None:
        """Delete a resource: it is gone, and its children with it."""
        known = self.known[id(resource)]
        if resource.kind.delete is None or known.deleted is not None:
            return
        with self.step():
            deleted = self.recorder.delete(resource)
            if not deleted.ok:
                self.check(acceptance.delete_accepted(deleted))
                return
            known.deleted = deleted
            for child in [one for one in self.recorder.own if self.is_below(one, resource)]:
                self.recorder.forget(child)
                if id(child) in self.known:
                    self.known[id(child)].deleted = deleted
            if resource.kind.read is not None:
                read = self.recorder.read(resource, needs=(deleted,))
                self.check(deletion.gone(deleted, read, "reading a deleted resource"))

    @rule(resource=resources)
    def list(self, resource: Resource) -> None:
        """List the resources beside one: it is among them, or gone."""
        known = self.known[id(resource)]
        if resource.kind.list is None or (known.parent and not self.is_alive(known.parent)):
            return
        with self.step():
            walk = read_list(self.recorder, resource.kind, known.parent)
            if known.deleted is not None:
                self.check(deletion.not_listed(known.deleted, (walk.page_of(resource.id),), resource.id, walk.all_ids))
            elif walk.is_complete:
                self.check(lists.is_listed(resource.created, walk.pages, resource.id, walk.all_ids))

    @rule(resource=resources)
    def read_as_second_user(self, resource: Resource) -> None:
        """Read a resource as another user: denied."""
        read = resource.kind.read
        if read is None or read.is_open or not self.recorder.has(Caller.OTHER):
            return
        with self.step():
            step = self.recorder.read(resource, caller=Caller.OTHER, tolerated=(401, 403, 404, 410))
            if not (step.ok and sharing.may_be_shared(self.recorder, resource)):
                self.check(access.denied_to_others(step, "reading a resource of the first user"))

    def teardown(self) -> None:
        """Delete what the sequence created."""
        self.recorder.clean_up()

    # --- helpers --------------------------------------------------------------------------------------------------

    def alive(self, kind: Kind) -> Resource | None:
        """A resource of a kind that exists."""
        return next((one for one in self.recorder.own if one.kind.item_path == kind.item_path), None)

    def is_alive(self, resource: Resource) -> bool:
        """Whether a resource was not deleted."""
        return any(one is resource for one in self.recorder.own)

    def is_below(self, resource: Resource, parent: Resource) -> bool:
        """Whether a resource is a child of another one."""
        known = self.known.get(id(resource))
        return known is not None and known.parent is parent

    def remember(self, scene: Scene, resource: Resource, older: Step | None = None) -> None:
        """Note how a resource is now. What callers cannot set may change by itself."""
        if resource.kind.read is not None:
            known = self.known[id(resource)]
            known.last, moving = scene.moving(resource)
            known.moving, known.older = moving | scene.read_only, older or known.older

    @contextlib.contextmanager
    def step(self) -> Iterator[None]:
        """What a rule does; checks of single responses come with it."""
        self.session.occurrences.clear()
        with contextlib.suppress(RunOver, NotPossible):
            yield
        self.check(())

    def check(self, problems: Iterable[Problem]) -> None:
        """Fail with the first finding."""
        session = self.session
        session.occurrences += map(occurrence, problems)
        found = group_findings(session.occurrences, session.context.contract, session.target, session.is_warning)
        for finding in found:
            if finding.status is FindingStatus.OPEN and session.severity(finding.rule) == "failure":
                type(self).fail(finding)


def _body(bodies: Bodies, data: st.DataObject) -> tuple[Any, dict[str, str]]:
    """A valid body, and what is special about a property of it."""
    few, everything = bodies.smallest(), bodies.full()
    base = everything or few
    if base is None:
        raise NotPossible("no valid body is known")
    unusual = {
        f"{name}: {one.label}": (name, one) for name in bodies.writable for one in bodies.variations_of(name, base)
    }
    chosen = data.draw(st.sampled_from([_FEW, _ALL, *unusual]), "body")
    if chosen in unusual:
        name, variation = unusual[chosen]
        return {**base, name: variation.value}, {name: variation.label}
    return (few if chosen == _FEW else None) or base, {}
