"""The work of a worker: run one shard as a session of the gate's engine, and return what it showed.

A session lives as long as its shard, so memory does not grow.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from flowcontract.checks import Interaction, load_rules
from flowcontract.checks.findings import FindingStatus, Occurrence
from flowcontract.checks.grouping import grouped
from flowcontract.engine import cleanup
from flowcontract.engine.campaigns.discovery import Features
from flowcontract.engine.campaigns.plan import FailureGroup, Knowledge, Plan, Shard, ShardResult, Task
from flowcontract.engine.campaigns.sources import SOURCES, operations_of, seed_of
from flowcontract.engine.confirmation import Findings
from flowcontract.engine.minimization import minimized
from flowcontract.engine.phases import success
from flowcontract.engine.phases.setup import with_setup
from flowcontract.engine.runner import new_sender, new_session
from flowcontract.engine.selection import Selection
from flowcontract.engine.session import Session
from flowcontract.engine.summary import all_shared, second_user_notes, why_untested
from flowcontract.generation.created import Created
from flowcontract.generation.probes import Probe
from flowcontract.http.messages import Exchange
from flowcontract.openapi.contract import Contract

_KEPT_BODY = 64 * 1024
"""Bytes of a body that a group of failures keeps."""


class Worker:
    """Runs shards of one plan. It keeps what is read from the contract, and nothing about the requests."""

    def __init__(self, plan: Plan) -> None:
        load_rules(plan.settings.plugins)
        self.plan = plan
        self.contract = Contract(plan.document)
        self.published = Contract(plan.published) if plan.published is not None else None

    def run(self, task: Task, knowledge: Knowledge | None) -> ShardResult:
        """Run a shard; `knowledge` is None for the first one, which finds it out."""
        plan, shard = self.plan, task.shard
        began = time.process_time()
        options = plan.settings.options(seed_of(plan.settings.seed, shard), self.published, rate=task.rate)
        options = replace(options, time_limit=task.seconds)
        with new_sender(plan.target, options) as sender:
            session = new_session(self.contract, plan.target, options, sender)
            try:
                self.send(session, shard, knowledge)
                result = self._result(session, task)
                counted = len(session.interactions)
            finally:  # Also after Ctrl-C.
                if plan.settings.allow_unsafe:
                    cleanup.delete_own_resources(session)
            left, unknown = tuple(session.resources.created.alive), tuple(cleanup.unknown_notes(session))
            # The deletions at the end are successes, too.
            result = replace(
                result,
                left_over=left,
                unknown=unknown,
                tested=tuple(sorted(session.successes)),
                statuses=(*result.statuses, *_statuses(session.interactions[counted:])),
            )
        if knowledge is None:
            result = replace(result, knowledge=learned(session))
        return replace(result, cpu=time.process_time() - began)

    def send(
        self, session: Session, shard: Shard, knowledge: Knowledge | None, selected: Sequence[str] | None = None
    ) -> None:
        """Send the requests of a shard in a session; `selected`: other operations than those of the plan."""
        plan = self.plan
        if knowledge is not None:
            # Where nothing succeeds any more, a session by itself would not know that it did before.
            for item in _successes(session, knowledge):
                session.watch(item)
        if knowledge is None or plan.settings.allow_unsafe:
            # What a session creates it deletes as well: shards that may change data begin with their own objects.
            success.run(session)
            if knowledge is not None:
                # The first shard has read it all before; by now, lists show what other shards have stored.
                session.occurrences = [one for one in session.occurrences if not one.interaction.request.is_safe]
        if knowledge is not None and not plan.settings.allow_unsafe:
            _restore(session, knowledge)
        session.update_context()
        if knowledge is not None:
            of_plan = plan.selected if selected is None else selected
            _restrict(session, operations_of(SOURCES[shard.source], shard.number, of_plan))
            SOURCES[shard.source].run(session, plan, shard.number)

    def delete_left_over(self, resources: Sequence[Created]) -> Sequence[Created]:
        """Delete resources that earlier shards could not delete; those that are still there."""
        options = self.plan.settings.options(self.plan.settings.seed, self.published)
        with new_sender(self.plan.target, options) as sender:
            session = new_session(self.contract, self.plan.target, options, sender)
            return cleanup.delete_left_over(session, resources)

    def _result(self, session: Session, task: Task) -> ShardResult:
        examination = _Examination(session, task)
        groups = examination.groups()
        features = Features()
        for item in session.interactions:
            features.add(item)
            item.release()
        sender = session.sender
        is_down = "does not accept" in sender.stopped
        return ShardResult(
            task.shard,
            requests=len(sender.sent),
            statuses=_statuses(session.interactions),
            checks=dict(session.check_counts),
            checked=tuple(
                (name, rule) for name, rules in sorted(session.checked_rules.items()) for rule in sorted(rules)
            ),
            features=tuple(features.found),
            groups=tuple(groups),
            examined=examination.examined,
            notes=tuple(_notes(session)),
            shared=tuple(all_shared(session)),
            median=sender.median_time,
            is_cut=bool(sender.stopped) and not is_down,
            is_down=is_down,
            is_expired=session.expired,
        )


def _statuses(items: Sequence[Interaction]) -> tuple[tuple[str, int, int], ...]:
    """Operation ID, status, and how often, of responses."""
    counts = Counter((item.operation.id, item.status) for item in items)
    return tuple((operation, status, count) for (operation, status), count in sorted(counts.items()))


def _notes(session: Session) -> Iterator[str]:
    for name, why in session.sender.given_up.items():
        yield f"Gave up on {name}: {why}."
    yield from second_user_notes(session)
    yield from session.sequence_notes


def learned(session: Session) -> Knowledge:
    """What the first requests of a session showed."""
    found = [item for item in session.interactions if item.probe.group == "first" and item.success]
    untested = [o for o in session.selection.operations if o.id not in session.successes]
    return Knowledge(
        successes=tuple((item.probe, item.exchange) for item in found if item.operation.id in session.successes),
        denies_anonymous=tuple(sorted(session.denies_anonymous)),
        untested={operation.id: why_untested(session, operation) for operation in untested},
        median=session.sender.median_time,
    )


def _restrict(session: Session, operations: Sequence[str]) -> None:
    """Leave a session only some of its operations."""
    chosen = set(operations)
    left = tuple(operation for operation in session.selection.operations if operation.id in chosen)
    session.selection = Selection(left, session.selection.left_out)


def _successes(session: Session, knowledge: Knowledge) -> Iterator[Interaction]:
    """What succeeded in the first shard, as another session sees it."""
    for probe, exchange in knowledge.successes:
        operation = session.contract.operation(probe.operation)
        yield Interaction(probe, session.checked.get(operation.id, operation), exchange)


def _restore(session: Session, knowledge: Knowledge) -> None:
    """Let a session know what the first shard learned, without a request."""
    for item in _successes(session, knowledge):
        operation, probe = session.contract.operation(item.operation.id), item.probe
        session.resources.learn(operation, probe.values, item.json, item.response.header("Location") or "")
        if not item.success or probe.name.startswith("first/anonymous"):
            continue
        session.succeeded(item)
        session.known.setdefault(operation.id, []).append(probe.values)
    session.denies_anonymous.update(knowledge.denies_anonymous)


class _Examination:
    """Groups the failures of a shard. New ones are minimized and sent again."""

    def __init__(self, session: Session, task: Task) -> None:
        self._session = session
        self._shard = task.shard
        self._examined = task.examined
        self.examined: dict[str, str] = {}

    def groups(self) -> list[FailureGroup]:
        """The failures in groups, without those that are not certain enough."""
        findings = Findings(self._session)
        occurrences = findings.occurrences()
        known = [item for item in occurrences if self._key(item) in self._examined]
        unknown = [item for item in occurrences if self._key(item) not in self._examined]
        new = with_setup(self._session, minimized(self._session, unknown))
        flaky, dropped = self._unstable(new, findings)
        groups: dict[str, FailureGroup] = {}
        for item in [*new, *map(self._with_known_trigger, known)]:
            group = _group(item, self._shard)
            if group.key in dropped:
                continue
            pairs = self._session.options.pairs
            group = replace(group, flaky=group.key in flaky, is_about_own=self._is_about_own(item), pairs=pairs)
            groups[group.key] = groups[group.key].merged(group) if group.key in groups else group
        triggers = {item.interaction.request: item.interaction.probe.trigger for item in new}
        for item in occurrences:
            key, probe = self._key(item), item.interaction.probe
            trigger = triggers.get(item.interaction.request, probe.trigger)
            # What was dropped is looked at again when another shard sees it.
            if key not in self._examined and _group(item.triggered_by(trigger), self._shard).key not in dropped:
                self.examined[key] = trigger
        return list(groups.values())

    def _is_about_own(self, occurrence: Occurrence) -> bool:
        probe = occurrence.interaction.probe
        return bool(probe.references) or self._session.resources.created.names_own(probe.values.values())

    def _key(self, occurrence: Occurrence) -> str:
        return _group(occurrence, self._shard).key

    def _with_known_trigger(self, occurrence: Occurrence) -> Occurrence:
        return occurrence.triggered_by(self._examined[self._key(occurrence)])

    def _unstable(self, occurrences: Sequence[Occurrence], findings: Findings) -> tuple[set[str], set[str]]:
        """Keys of groups that did not fail again, and of those that are not worth reporting because of that."""
        retried = {finding.failure.identity: finding for finding in findings.retried(occurrences)}
        flaky: set[str] = set()
        dropped: set[str] = set()
        for identity, items in grouped(occurrences):
            keys = {self._key(item) for item in items}
            finding = retried.get(identity)
            if finding is None:
                dropped |= keys
            elif finding.status is FindingStatus.FLAKY:
                flaky |= keys
        return flaky, dropped


def _group(occurrence: Occurrence, shard: Shard) -> FailureGroup:
    violation, item, base = occurrence.violation, occurrence.interaction, occurrence.base
    return FailureGroup(
        violation=violation,
        probe=_brief(item.probe, item.exchange),
        exchange=_bounded(item.exchange),
        base_probe=base.probe if base else None,
        base_exchange=_bounded(base.exchange) if base else None,
        count=1,
        shard=shard,
        size=occurrence.size,
        steps=tuple((label, step.probe, _bounded(step.exchange)) for label, step in occurrence.steps),
        setup=tuple((label, step.probe, _bounded(step.exchange)) for label, step in occurrence.setup),
        scenario=occurrence.recording.scenario if occurrence.recording else "",
        kind=occurrence.recording.kind if occurrence.recording else "",
        is_confirmed=occurrence.is_confirmed,
    )


def _brief(probe: Probe, exchange: Exchange) -> Probe:
    """The probe with the request that was sent, which is kept once."""
    return replace(probe, request=exchange.request)


def _bounded(exchange: Exchange) -> Exchange:
    response = exchange.response
    if response is None or len(response.body) <= _KEPT_BODY:
        return exchange
    return replace(exchange, response=replace(response, body=response.body[:_KEPT_BODY], cut=True))
