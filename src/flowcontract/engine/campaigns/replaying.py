"""Send what showed a failure again: a request, a sequence or a scenario, with new resources of their own."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from flowcontract.checks import Interaction, Violation, pages, reproduction
from flowcontract.checks.findings import SCHEMATHESIS, Occurrence, Result
from flowcontract.checks.probe import Expect, Probe
from flowcontract.checks.status import DENIED
from flowcontract.checks.steps import Step, needed
from flowcontract.engine.campaigns import chain
from flowcontract.engine.campaigns.plan import FailureGroup, Knowledge, Shard
from flowcontract.engine.campaigns.sources import seed_of
from flowcontract.engine.campaigns.worker import Worker, learned
from flowcontract.engine.cleanup import delete_own_resources
from flowcontract.engine.confirmation import CHECKED_BEFORE, SEVERAL_RESPONSES, Findings
from flowcontract.engine.phases import success
from flowcontract.engine.phases.sequences.again import ScenarioRun, is_same
from flowcontract.engine.phases.sequences.recorder import Recorder
from flowcontract.engine.phases.sequences.rerun import spoken
from flowcontract.engine.phases.sequences.resources import NotPossible, RunOver
from flowcontract.engine.phases.sequences.sending import HTTP_LAYER
from flowcontract.engine.phases.sequences.walking import read_list
from flowcontract.engine.runner import new_sender, new_session
from flowcontract.engine.session import Session
from flowcontract.errors import TargetError
from flowcontract.generation.probes import OperationContext
from flowcontract.generation.sequences.bodies import json_media
from flowcontract.generation.sequences.fields import observed_values, repeatable_values
from flowcontract.generation.sequences.kinds import Kind, identity, kinds, properties
from flowcontract.http.messages import Exchange, json_or_none
from flowcontract.text import plural

_GONE = (404, 410)
_MOST_CHAINS = 2_000
"""Beginnings of a chain of steps that are looked at, where many steps of a run are alike."""


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """The result of a replay."""

    exchange: Exchange
    failures: tuple[str, ...]
    """Messages of the same rule; empty if the failure is not reproduced."""
    inconclusive: str = ""
    """Why the responses say nothing about the failure; empty if they do."""
    steps: tuple[tuple[str, Exchange], ...] = ()
    """The sequence that was sent: what each request does, and its exchange."""
    again: FailureGroup | None = None
    """The failure with the new exchanges, if it is still there."""
    notes: tuple[str, ...] = ()
    """What the replay created and could not delete."""

    @property
    def result(self) -> Result:
        """Failed if the failure is there, passed if it is not."""
        if self.failures:
            return Result.FAILED
        return Result.INCONCLUSIVE if self.inconclusive else Result.PASSED


class Replay:
    """Sends failures of a campaign again, each in a session of its own; `sessions` are those that were needed.

    `unsafe`: requests may change data; `rate` and `seconds` as for a task.
    """

    def __init__(self, worker: Worker, *, unsafe: bool, rate: float = 0.0, seconds: float = 600.0) -> None:
        self._worker, self._unsafe, self._rate = worker, unsafe, rate
        self._until = time.monotonic() + seconds
        self._runs: dict[tuple[str, ...], tuple[Session, ScenarioRun]] = {}
        """Scenarios that ran: one run shows all failures of its kind."""
        self.sessions: list[Session] = []

    @property
    def seconds_left(self) -> float:
        """Seconds of the time limit that are left."""
        return self._until - time.monotonic()

    def run(self, group: FailureGroup) -> ReplayResult:
        """Send again what showed a failure. Raises TargetError if there is no response."""
        if group.scenario:
            return self._scenario(group)
        if group.violation.rule == "use-after-delete" and not _deletes(group):
            return ReplayResult(group.exchange, (), "the stored requests delete nothing")
        if group.violation.rule in SEVERAL_RESPONSES or _needs_denial(group):
            return self._shard(group)
        with self._session(group) as session:
            if group.steps:
                return _replayed_sequence(session, group)
            result = self._request(session, group)
        return result or self._shard(group)

    @contextmanager
    def _session(self, group: FailureGroup, shard: Shard | None = None) -> Iterator[Session]:
        plan = self._worker.plan
        seed = seed_of(plan.settings.seed, shard) if shard else plan.settings.seed
        options = plan.settings.options(seed, self._worker.published, rate=self._rate)
        options = replace(options, time_limit=max(0.1, self.seconds_left), pairs=self._pairs(group))
        with new_sender(plan.target, options) as sender:
            sender.connect()
            session = new_session(self._worker.contract, plan.target, options, sender)
            self.sessions.append(session)
            try:
                if self._unsafe:
                    _read_lists(session, group)
                yield session
            finally:
                if self._unsafe:
                    delete_own_resources(session)

    def _pairs(self, group: FailureGroup) -> Mapping[str, str]:
        """What creates what, as it was when the failure was found, as far as the contract still has it."""
        if group.pairs is None:
            return self._worker.plan.settings.pairs
        operations = self._worker.contract.operations
        paths = {"", *(operation.path for operation in operations.values())}
        return {name: path for name, path in group.pairs.items() if name in operations and path in paths}

    def _request(self, session: Session, group: FailureGroup) -> ReplayResult | None:
        """Send one request, after those that create what it is about; None where that does not show anything."""
        steps: list[chain.Step] = []
        if self._unsafe:
            steps += [(probe, exchange) for _, probe, exchange in group.setup[:-1]]
        before = len(steps)
        if group.base_probe is not None and group.base_exchange is not None:
            steps.append((group.base_probe, group.base_exchange))
        steps.append((group.probe, group.exchange))
        items = chain.send_again(session, steps)
        created, items = items[:before], items[before:]
        if session.sender.withheld or (chain.unlike(steps[: before + 1], [*created, *items[:1]]) and before):
            return None  # Only what a session creates may be changed.
        if len(items) < len(steps) - before:
            raise _no_response(session)
        session.interactions += items
        # The rest of the campaign showed that the target serves the contract.
        session.successes.setdefault(group.probe.operation, items[-1])
        session.check([item for item in items if item.probe.group in CHECKED_BEFORE])
        occurrences = Findings(session).occurrences()
        labels = [label for label, _, _ in group.setup] if before else []
        sent = tuple((label, item.exchange) for label, item in zip(labels, [*created, items[-1]], strict=False))
        found = _best(group, [one.violation for one in occurrences if one.interaction is items[-1]])
        if found is None and _is_same(group, items[-1]):
            found = group.violation
        if found is not None:
            setup = _replaced(group.setup, [*created, items[-1]]) if before else group.setup
            again = replace(_seen_again(group, found, items[-1]), setup=setup)
            if len(items) > 1:
                again = replace(again, base_probe=items[0].probe, base_exchange=items[0].exchange)
            return ReplayResult(items[-1].exchange, (found.message,), steps=sent, again=again)
        why = _denied(group, items[-1])
        if not why and (group.probe.expect is Expect.NOT_BELOW or (group.is_about_own and not before)):
            return None  # What it is about was deleted, or is not known.
        if not why and (counted := _counted_again(session, group, items[-1].exchange)):
            return counted
        why = why or _gone(session, group, items[-1]) or _shows_nothing(group, items[-1])
        return ReplayResult(items[-1].exchange, (), why, sent)

    def _shard(self, group: FailureGroup) -> ReplayResult:
        """Run the shard that showed a failure again, for its operation alone and with new resources."""
        name, creates = group.probe.operation, self._worker.plan.settings.allow_unsafe
        if creates and not self._unsafe:
            return ReplayResult(group.exchange, (), f"{_DELETED}. Add --allow-unsafe to create another")
        with self._session(group, group.shard) as session:
            if not creates:
                success.run(session)
            self._worker.send(session, group.shard, Knowledge() if creates else learned(session), (name,))
            occurrences = Findings(session).occurrences()
        for one in occurrences:
            if is_same(one.violation, group.violation) and one.interaction.probe.operation == name:
                again = _seen_again(group, one.violation, one.interaction)
                return ReplayResult(one.interaction.exchange, (one.violation.message,), again=again)
        sent = [item for item in session.interactions if item.probe.operation == name]
        like = [
            item for item in sent if item.probe.trigger == group.probe.trigger and item.probe.group == group.probe.group
        ]
        if not like or name not in session.successes:
            why = f"{_DELETED}, and the requests of the campaign did not create another"
            return ReplayResult(group.exchange, (), why)
        return ReplayResult(like[-1].exchange, ())

    def _scenario(self, group: FailureGroup) -> ReplayResult:
        """Run the scenario of a sequence again, and look for the same problem."""
        key = group.scenario, group.kind, repr(sorted(self._pairs(group).items()))
        if key not in self._runs:
            with self._session(group) as session:
                self._runs[key] = session, _run_as_before(session, group)
        result = _result_of(*self._runs[key], group)
        if result.result is Result.PASSED and pages.is_number_of_pages(group.violation):
            with self._session(group) as session:
                return _counted_again(session, group, result.exchange) or result
        return result


def _read_lists(session: Session, group: FailureGroup) -> None:
    """Read the lists of what a replay may create: what they do not show is new, and is deleted at the end."""
    found = kinds(session.selection.operations, session.options.pairs)
    names = group.operations | _creating({kind.item_path: kind for kind in found}, group.kind)
    recorder, before = Recorder(session, found), len(session.occurrences)
    for kind in found:
        if kind.create.id in names and kind.list is not None and "{" not in kind.list.path:
            with suppress(NotPossible, RunOver):
                read_list(recorder, kind, None)
    del session.occurrences[before:]


def _run_as_before(session: Session, group: FailureGroup) -> ScenarioRun:
    """Run the scenario of a failure with values of the creations that are stored with it."""
    found = {kind.item_path: kind for kind in kinds(session.selection.operations, session.options.pairs)}
    given: dict[str, dict[str, Any]] = {}
    for _, probe, exchange in (*group.setup, *group.steps):
        kind = next((one for one in found.values() if one.create.id == probe.operation), None)
        media, body = json_media(kind.create) if kind else None, json_or_none(probe.request.body)
        is_accepted = exchange.response is not None and exchange.response.status < 300
        if kind is not None and media is not None and isinstance(body, dict) and is_accepted:
            session.recorded.setdefault(kind.item_path, repeatable_values(media, body))
            values = observed_values(media, [body])
            referring = {*kind.references, *identity(kind, properties(media))}
            given.setdefault(kind.item_path, {name: value for name, value in values.items() if name not in referring})
    run = ScenarioRun(session, group.scenario, group.kind)
    if run.problem and not run.occurrences:  # Codes and references of then may be needed as they were.
        session.observed |= given
        run = ScenarioRun(session, group.scenario, group.kind)
    if run.problem and not run.occurrences:  # The kind may need resources that others created.
        success.run(session, group.operations | _creating(found, group.kind))
        run = ScenarioRun(session, group.scenario, group.kind)
    if run.problem and not run.occurrences:  # Or dates in the near future.
        session.postponed.add(group.kind)
        run = ScenarioRun(session, group.scenario, group.kind)
    return run


def _creating(found: Mapping[str, Kind], path: str) -> set[str]:
    """IDs of the operations that create a kind, what it refers to, and what it is below."""
    known: dict[str, Kind] = {}
    waiting = [path]
    while waiting:
        kind = found.get(waiting.pop())
        if kind is not None and kind.item_path not in known:
            known[kind.item_path] = kind
            waiting += [*kind.references.values(), *([kind.parent.item_path] if kind.parent else [])]
    return {kind.create.id for kind in known.values()}


def _deletes(group: FailureGroup) -> bool:
    """Whether a failure is stored with a deletion."""
    return any(probe.request.method == "DELETE" for _, probe, _ in (*group.steps, *group.setup))


def _needs_denial(group: FailureGroup) -> bool:
    """Whether a request may be sent only after an earlier one of its shard was denied."""
    base = [group.base_probe] if group.base_probe else []
    return any(probe.only_if_denied for probe in (group.probe, *base))


def _no_response(session: Session) -> TargetError:
    return TargetError(f"no response from {session.target.origin}.", do="Check the server and the credentials.")


def _best(group: FailureGroup, violations: Sequence[Violation]) -> Violation | None:
    """The violation of the same rule, the same one if it is among them."""
    same = [one for one in violations if one.rule == group.violation.rule]
    return next((one for one in same if is_same(one, group.violation)), next(iter(same), None))


def _seen_again(group: FailureGroup, violation: Violation, item: Interaction) -> FailureGroup:
    """The failure with the exchange that shows it now."""
    request = item.request
    probe = replace(group.probe, request=request, values=item.probe.values)
    return replace(group, violation=violation, probe=probe, exchange=item.exchange, count=1)


def _replaced(
    steps: Sequence[tuple[str, Probe, Exchange]], items: Sequence[Interaction]
) -> tuple[tuple[str, Probe, Exchange], ...]:
    """Steps with the exchanges of now."""
    return tuple(
        (label, replace(probe, request=item.request, values=item.probe.values), item.exchange)
        for (label, probe, _), item in zip(steps, items, strict=False)
    )


_DELETED = "the resource of the request was deleted at the end of the campaign"


def _denied(group: FailureGroup, item: Interaction) -> str:
    """That the server does not accept the credentials any more, as a sentence; empty if it does."""
    probe, before = group.probe, group.exchange.response
    was_denied = before is not None and before.status in DENIED
    may_be = probe.expect is Expect.DENIED or probe.group == "credentials" or was_denied
    if may_be or item.status not in DENIED or not item.with_credentials:
        return ""
    return f"the server denied the request ({item.status}); check the credentials"


def _gone(session: Session, group: FailureGroup, item: Interaction) -> str:
    """That the resource of a request does not exist any more, as a sentence; empty if that is not the reason.

    Where another caller should not reach it, the first caller's own request shows whether it still exists.
    """
    before = group.exchange.response
    was_there = before is not None and before.status < 300
    values = item.probe.values
    if not (was_there and values and item.status in _GONE):
        return ""
    if group.probe.expect is Expect.DENIED and item.operation.method == "GET":
        context = OperationContext(session.contract, item.operation, session.target, [values])
        plain = context.probe("exists", "the resource still exists", values, Expect.DOCUMENTED)
        if any(one.status in _GONE for one in session.send([plain])):
            return f"{item.request.path} does not exist any more"
    elif group.probe.expect in (Expect.SUCCESS, Expect.DOCUMENTED):
        return chain.status_changed(1, item.request, group.exchange, item.exchange)
    return ""


def _shows_nothing(group: FailureGroup, item: Interaction) -> str:
    """That a list does not have what its rule checks any more, as a sentence; empty if it does."""
    before = Interaction(group.probe, item.operation, group.exchange)
    if not item.success or reproduction.can_show(group.violation.rule, group.violation.part, before, item):
        return ""
    return f"{item.request.target} returns other data now, to which {group.violation.rule} does not apply"


def _counted_again(session: Session, group: FailureGroup, exchange: Exchange) -> ReplayResult | None:
    """For a wrong number of pages: pages that end like those of then, where the list has another length by now.

    None for other failures, and where the numbers are those of then.
    """
    if not pages.is_number_of_pages(group.violation):
        return None
    was = pages.count_of(session.interaction(group.probe, group.exchange))
    now = next(iter(session.send([replace(group.probe, request=exchange.request, concurrent_group="")])), None)
    count = pages.count_of(now) if now is not None else None
    if now is None or was is None or was == count or not now.success:
        return None
    path = exchange.request.path
    for query in islice(pages.alike(now.operation, count, was) if count else (), 1):
        request = replace(exchange.request, target=f"{path}?{query}")
        for item in session.send([replace(group.probe, request=request, concurrent_group="")]):
            if (found := _best(group, session.violations(item))) is not None:
                again = replace(_seen_again(group, found, item), setup=(), steps=())
                return ReplayResult(item.exchange, (found.message,), again=again)
            if pages.count_of(item) is not None:
                return ReplayResult(item.exchange, ())
    items = plural(count.items, "item") if count else "no number of pages"
    return ReplayResult(exchange, (), f"{path} returns {items} now, was {was.items:,}")


def _result_of(session: Session, run: ScenarioRun, group: FailureGroup) -> ReplayResult:
    """What a run of its scenario says about a failure."""
    if not run.steps:
        if run.is_over or not run.problem:
            raise _no_response(session)
        return ReplayResult(group.exchange, (), run.problem)
    same = sorted((one for one in run.occurrences if _is_again(one, group)), key=lambda one: len(one.steps))
    found = next((one for one in same if _ends_like(one, group)), next(iter(same), None))
    if found is not None:
        steps = _fewest(run, found, group)
        again = replace(
            _seen_again(group, found.violation, found.interaction),
            probe=replace(found.interaction.probe, trigger=group.probe.trigger),
            steps=tuple((step.label, step.interaction.probe, step.interaction.exchange) for step in steps),
            setup=(),
        )
        shown = tuple((step.label, step.interaction.exchange) for step in steps)
        return ReplayResult(found.interaction.exchange, (found.violation.message,), steps=shown, again=again)
    matching = [_counterparts(label, probe, run) for label, probe, _ in group.steps]
    chosen = _one_chain(group, matching, run)
    ends = matching[-1] if matching else []
    last = chosen[-1] if len(chosen) == len(matching) > 0 else (ends or run.steps)[-1]
    why = _different(group, matching)
    if not why and not ends:
        why = run.problem or f"the last step ({last.interaction.probe.request.method}) was not sent"
    shown = tuple((step.label, step.interaction.exchange) for step in chosen)
    return ReplayResult(last.interaction.exchange, (), why, steps=shown)


def _one_chain(group: FailureGroup, matching: Sequence[Sequence[Step]], run: ScenarioRun) -> list[Step]:
    """The last steps of a run that do together what those of a failure did: about one resource where those were.

    `matching`: for each step of the failure, all steps of the run that are like it. Where no such steps are in the
    run, fewer of them.
    """
    at = {id(step): position for position, step in enumerate(run.steps)}
    stored = [(label, probe) for label, probe, _ in group.steps]
    left = _MOST_CHAINS

    def candidates(number: int, later: Sequence[tuple[int, Step]]) -> list[Step]:
        """The steps that a chain may begin with: what its later steps were made from first, then the last ones."""
        made_from = {id(step) for step in needed(tuple(step for _, step in later))}
        label, probe = stored[number]
        end = at[id(later[0][1])] if later else len(run.steps)
        pairs = [(stored[other][1], one.interaction.probe) for other, one in later]
        fitting = [
            step
            for step in matching[number]
            if at[id(step)] < end
            and all(_is_same_pair((probe, before), (step.interaction.probe, now)) for before, now in pairs)
        ]
        return sorted(fitting, key=lambda step: (id(step) in made_from, step.label == label, at[id(step)]))[::-1]

    def whole(number: int, later: tuple[tuple[int, Step], ...]) -> tuple[tuple[int, Step], ...] | None:
        nonlocal left
        left -= 1
        if number < 0:
            return later
        tried = candidates(number, later) if left > 0 else ()
        return next(filter(None, (whole(number - 1, ((number, step), *later)) for step in tried)), None)

    if found := whole(len(stored) - 1, ()):
        return [step for _, step in found]
    part: tuple[tuple[int, Step], ...] = ()
    for number in reversed(range(len(stored))):
        part = (*((number, step) for step in candidates(number, part)[:1]), *part)
    return [step for _, step in part]


def _is_same_pair(before: tuple[Probe, Probe], now: tuple[Probe, Probe]) -> bool:
    """Whether two requests name the same resources in their paths now if they did so before, and others if not."""

    def shared(pair: tuple[Probe, Probe]) -> dict[str, bool]:
        one, other = (probe.values for probe in pair)
        return {name: one[name] == other[name] for name in one.keys() & other.keys()}

    return shared(before) == shared(now)


def _fewest(run: ScenarioRun, found: Occurrence, group: FailureGroup) -> tuple[Step, ...]:
    """The steps that show a failure: what it was made from, and of the changes those that are stored.

    All changes, where it was never seen that the stored ones alone show it.
    """
    steps = tuple(run.needed_for(found))
    if not group.is_confirmed:
        return steps
    own = {id(item) for _, item in found.steps} | {id(found.interaction)}
    kept = {id(step) for step in needed(tuple(step for step in steps if id(step.interaction) in own))}
    stored = Counter((probe.operation, spoken(label)) for label, probe, _ in group.steps)
    stored.subtract(_what(step) for step in run.steps if id(step) in kept)
    for step in reversed(steps):
        if id(step) not in kept and stored[_what(step)] > 0:
            stored[_what(step)] -= 1
            kept |= {id(each) for each in needed((step,))}
    return tuple(step for step in run.sent_until(found) if id(step) in kept)


def _what(step: Step) -> tuple[str, str]:
    """What a step does, whatever the values in it."""
    return step.interaction.probe.operation, spoken(step.label)


def _is_again(occurrence: Occurrence, group: FailureGroup) -> bool:
    return is_same(occurrence.violation, group.violation) and (
        occurrence.interaction.probe.operation == group.probe.operation
    )


def _ends_like(occurrence: Occurrence, group: FailureGroup) -> bool:
    """Whether the last step does the same as that of the failure."""
    return bool(occurrence.steps and group.steps) and spoken(occurrence.steps[-1][0]) == spoken(group.steps[-1][0])


def _counterparts(label: str, probe: Probe, run: ScenarioRun) -> list[Step]:
    """The steps of a run that do what a step did."""
    return [
        step
        for step in run.steps
        if step.interaction.probe.operation == probe.operation and spoken(step.label) == spoken(label)
    ]


def _different(group: FailureGroup, matching: Sequence[Sequence[Step]]) -> str:
    """The first step that no step of the run is like any more, as a sentence; empty if there is none.

    The last step, and what a server need not accept, show whether the failure is there.
    """
    for number, ((_, probe, before), found) in enumerate(zip(group.steps[:-1], matching, strict=False), 1):
        texts = [chain.status_changed(number, probe.request, before, step.interaction.exchange) for step in found]
        if all(texts) and not any(_need_not_succeed(step) for step in found):
            return (
                texts[0] if texts else f"step {number} ({before.request.method} {before.request.target}) was not sent"
            )
    return ""


def _need_not_succeed(step: Step) -> bool:
    """Whether a conforming server may reject a step: another caller's, a method that is not the operation's."""
    item = step.interaction
    expected = item.probe.tolerated.count(item.status) > (item.status in HTTP_LAYER)
    return expected or item.operation.method != item.request.method


def _replayed_sequence(session: Session, group: FailureGroup) -> ReplayResult:
    """Send a whole sequence of Schemathesis again, and check the last response by the same rule."""
    steps = [(probe, exchange) for _, probe, exchange in group.steps]
    items = chain.send_again(session, steps)
    if not items:
        raise _no_response(session)
    labels = [label for label, _, _ in group.steps]
    sent = tuple((label, item.exchange) for label, item in zip(labels, items, strict=False))
    if different := chain.unlike(steps, items):
        return ReplayResult(items[-1].exchange, (), different, sent)
    found = _best(group, session.violations(items[-1])) or (group.violation if _is_same(group, items[-1]) else None)
    if found is None:
        return ReplayResult(items[-1].exchange, (), steps=sent)
    again = replace(_seen_again(group, found, items[-1]), steps=_replaced(group.steps, items))
    return ReplayResult(items[-1].exchange, (found.message,), steps=sent, again=again)


def _is_same(group: FailureGroup, item: Interaction) -> bool:
    """Whether a response is as before, where only a check of Schemathesis sees what is wrong with it."""
    before = group.exchange.response
    only_there = group.violation.group_key.startswith(SCHEMATHESIS)
    return only_there and before is not None and before.status == item.status
