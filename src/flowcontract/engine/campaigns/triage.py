"""Look up a finding in a database, and replay its request."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from flowcontract.checks import Interaction
from flowcontract.checks.findings import SCHEMATHESIS, Occurrence, Result
from flowcontract.checks.probe import Expect, Probe
from flowcontract.checks.status import DENIED
from flowcontract.checks.steps import Step
from flowcontract.engine.campaigns import chain
from flowcontract.engine.campaigns.database import Campaign, Database
from flowcontract.engine.campaigns.findings import CampaignFinding
from flowcontract.engine.campaigns.plan import FailureGroup, Knowledge, Plan
from flowcontract.engine.campaigns.session import conclude, plan_of
from flowcontract.engine.campaigns.sources import seed_of
from flowcontract.engine.campaigns.worker import Worker, learned
from flowcontract.engine.cleanup import delete_own_resources
from flowcontract.engine.confirmation import CHECKED_BEFORE, Findings
from flowcontract.engine.phases import success
from flowcontract.engine.phases.sequences.again import ScenarioRun, is_same
from flowcontract.engine.phases.sequences.recorder import HTTP_LAYER, spoken
from flowcontract.engine.runner import new_sender, new_session
from flowcontract.engine.session import Session
from flowcontract.errors import TargetError, UsageError
from flowcontract.generation.probes import OperationContext
from flowcontract.http import credentials
from flowcontract.http.messages import SAFE_METHODS, Exchange
from flowcontract.http.target import Target
from flowcontract.openapi import assemble
from flowcontract.openapi.contract import Contract

_GONE = (404, 410)


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

    @property
    def result(self) -> Result:
        """Failed if the failure is there, passed if it is not."""
        if self.failures:
            return Result.FAILED
        return Result.INCONCLUSIVE if self.inconclusive else Result.PASSED


def find(
    database: Database, contract_of: Callable[[Campaign], Contract], fingerprint: str
) -> tuple[Campaign, CampaignFinding]:
    """A finding by its fingerprint or a prefix of it, from the newest campaign. Raises UsageError if ambiguous."""
    matching: dict[str, tuple[Campaign, CampaignFinding]] = {}
    for campaign in database.campaigns():
        contract = contract_of(campaign)
        target = Target.at(campaign.target, contract.base_path)
        for each in conclude(database, contract, campaign, target).findings:
            if fingerprint and each.finding.fingerprint.startswith(fingerprint.lower()):
                matching[each.finding.fingerprint] = (campaign, each)
    if len(matching) != 1:
        number = "no finding" if not matching else f"{len(matching)} findings"
        raise UsageError(
            f"{database.path} has {number} {fingerprint!r}.",
            do="Run `flowcontract campaigns show` to list the findings, and give more characters.",
        )
    return next(iter(matching.values()))


def replay(
    contract: Contract, campaign: Campaign, each: CampaignFinding, target: Target, *, unsafe: bool = False
) -> ReplayResult:
    """Send the plainest request of a finding, or its whole sequence, again, and check the response by the same rule.

    Raises TargetError if the target is unreachable, UsageError if the request is not safe.
    """
    group = each.shown
    needed = {group.probe.operation, *(probe.operation for _, probe, _ in group.steps)}
    if missing := sorted(needed - set(contract.operations)):
        raise UsageError(
            f"{contract.name} has no operation {missing[0]!r}, which this finding needs.",
            do="Name the contract of its campaign with --spec, or leave --spec out.",
        )
    if not unsafe and (changes := _changes(group)):
        raise UsageError(f"this finding needs {changes}, which may change data there.", do="Add --allow-unsafe.")
    if missing := sorted(_credentials(group) - target.tokens.keys()):
        raise UsageError(
            f"this finding needs credentials that are not given: {', '.join(missing)}.",
            do=f"Add {' and '.join(dict.fromkeys(map(credentials.option, missing)))}.",
        )
    plan = plan_of(contract, campaign, target)
    published = assemble.published(contract) if campaign.settings.published else None
    options = plan.settings.options(plan.settings.seed, published)
    before = Target.at(campaign.target, contract.base_path)
    probes = [_moved(probe, before, target) for probe in (group.base_probe, group.probe) if probe is not None]
    with new_sender(target, options) as sender:
        sender.connect()
        session = new_session(contract, target, options, sender)
        if group.scenario:
            return _replayed_scenario(session, group)
        if group.steps:
            return _replayed_sequence(session, group, before)
        items = session.send([replace(probe, concurrent_group="") for probe in probes])
        if sender.withheld:  # Only what a session creates may be changed.
            return _replayed_shard(contract, plan, group, target, unsafe=unsafe)
        if len(items) < len(probes):
            raise TargetError(f"no response from {target.origin}.", do="Check the server and the credentials.")
        session.interactions += items
        # The rest of the campaign showed that the target serves the contract.
        session.successes.setdefault(group.probe.operation, items[-1])
        session.check([item for item in items if item.probe.group in CHECKED_BEFORE])
        violations = [item.violation for item in Findings(session).occurrences()]
        failures = [violation.message for violation in violations if violation.rule == group.violation.rule]
        if not failures and _is_same(group, items[-1]):
            failures = [group.violation.message]
        why = "" if failures else _denied(group, items[-1])
        if not failures and not why:
            if _takes_a_session(group):
                return _replayed_shard(contract, plan, group, target, unsafe=unsafe)
            why = _gone(session, group, items[-1])
    return ReplayResult(items[-1].exchange, tuple(failures), why)


def _credentials(group: FailureGroup) -> frozenset[str]:
    """The variables of the credentials that its requests have."""
    base = [group.base_probe] if group.base_probe else []
    requests = [probe.request for probe in (*base, group.probe, *(probe for _, probe, _ in group.steps))]
    texts = (text for request in requests for text in (request.target, *(value for _, value in request.headers)))
    return frozenset[str]().union(*map(credentials.variables, texts))


def _takes_a_session(group: FailureGroup) -> bool:
    """Whether one request does not show that a failure is gone: what it is about was deleted, or is not known."""
    return group.is_about_own or group.probe.expect is Expect.NOT_BELOW


def _replayed_shard(
    contract: Contract, plan: Plan, group: FailureGroup, target: Target, *, unsafe: bool
) -> ReplayResult:
    """Run the shard that showed a failure again, for its operation alone and with new resources."""
    name, creates = group.probe.operation, plan.settings.allow_unsafe
    if creates and not unsafe:
        return ReplayResult(group.exchange, (), f"{_DELETED}. Add --allow-unsafe to create another")
    options = plan.settings.options(seed_of(plan.settings.seed, group.shard))
    worker = Worker(replace(plan, selected=(name,), regressions=(group.probe,)))
    with new_sender(target, options) as sender:
        session = new_session(contract, target, options, sender)
        try:
            if not creates:
                success.run(session)
            worker.send(session, group.shard, Knowledge() if creates else learned(session))
            occurrences = Findings(session).occurrences()
        finally:
            if creates:
                delete_own_resources(session)
    for one in occurrences:
        if is_same(one.violation, group.violation) and one.interaction.probe.operation == name:
            return ReplayResult(one.interaction.exchange, (one.violation.message,))
    sent = [item for item in session.interactions if item.probe.operation == name]
    like = [
        item for item in sent if item.probe.trigger == group.probe.trigger and item.probe.group == group.probe.group
    ]
    if not like or name not in session.successes:
        return ReplayResult(group.exchange, (), f"{_DELETED}, and the requests of the campaign did not create another")
    return ReplayResult(like[-1].exchange, ())


_DELETED = "the resource of the request was deleted at the end of the campaign"


def _denied(group: FailureGroup, item: Interaction) -> str:
    """That the server does not accept the credentials any more, as a sentence; empty if it does."""
    probe, before = group.probe, group.exchange.response
    was_denied = before is not None and before.status in DENIED
    may_be = probe.expect is Expect.DENIED or probe.group == "credentials" or was_denied
    if may_be or item.status not in DENIED or not item.with_credentials:
        return ""
    return f"the server denied the request ({item.status}); check the credentials"


def _changes(group: FailureGroup) -> str:
    """What a replay would send that may change data; empty if it only reads."""
    if group.scenario:
        return "a sequence that creates and deletes resources"
    methods = [probe.request.method for _, probe, _ in group.steps] or [group.probe.request.method]
    changing = next((name for name in methods if name not in (*SAFE_METHODS, "TRACE")), "")
    return f"a {changing} request" if changing else ""


def _gone(session: Session, group: FailureGroup, item: Interaction) -> str:
    """That the resource of a request does not exist any more, as a sentence; empty if that is not the reason.

    Where another caller should not reach it, the first caller's own request shows whether it still exists.
    """
    before = group.exchange.response
    was_there = before is not None and before.status < 300
    if not (was_there and group.probe.values and item.status in _GONE):
        return ""
    if group.probe.expect is Expect.DENIED and item.operation.method == "GET":
        context = OperationContext(session.contract, item.operation, session.target, [group.probe.values])
        plain = context.probe("exists", "the resource still exists", group.probe.values, Expect.DOCUMENTED)
        if any(one.status in _GONE for one in session.send([plain])):
            return f"{item.exchange.request.target.partition('?')[0]} does not exist any more"
    elif group.probe.expect in (Expect.SUCCESS, Expect.DOCUMENTED):
        return chain.status_changed(1, item.exchange.request, group.exchange, item.exchange)
    return ""


def _replayed_scenario(session: Session, group: FailureGroup) -> ReplayResult:
    """Run the scenario of a sequence again, and look for the same problem."""
    run = ScenarioRun(session, group.scenario, group.kind)
    if run.problem and not run.occurrences:  # The kind may need resources that others created.
        success.run(session)
        run = ScenarioRun(session, group.scenario, group.kind)
    delete_own_resources(session)
    if not run.steps:
        raise TargetError(f"no response from {session.target.origin}.", do="Check the server and the credentials.")
    same = [one for one in run.occurrences if _is_again(one, group)]
    found = next((one for one in same if _ends_like(one, group)), next(iter(same), None))
    if found is not None:
        steps = tuple((step.label, step.interaction.exchange) for step in run.needed_for(found))
        return ReplayResult(found.interaction.exchange, (found.violation.message,), steps=steps)
    matching = [_counterparts(label, probe, run) for label, probe, _ in group.steps]
    ends = matching[-1] if matching and matching[-1] else run.steps[-1:]
    labels = [label for label, _, _ in group.steps[-1:]]
    last = next((step for step in ends if step.label in labels), ends[-1])
    why = _different(group, matching)
    if not why and not (matching and matching[-1]):
        why = run.problem or f"the last step ({last.interaction.probe.request.method}) was not sent"
    return ReplayResult(last.interaction.exchange, (), why)


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
    return expected or item.operation.method != item.exchange.request.method


def _replayed_sequence(session: Session, group: FailureGroup, before: Target) -> ReplayResult:
    """Send a whole sequence of Schemathesis again, and check the last response by the same rule."""
    steps = [(_moved(probe, before, session.target), exchange) for _, probe, exchange in group.steps]
    items = chain.send_again(session, steps)
    if not items:
        raise TargetError(f"no response from {session.target.origin}.", do="Check the server and the credentials.")
    delete_own_resources(session)
    labels = [label for label, _, _ in group.steps]
    sent = tuple((label, item.exchange) for label, item in zip(labels, items, strict=False))
    if different := chain.unlike(steps, items):
        return ReplayResult(items[-1].exchange, (), different, sent)
    found = [one.message for one in session.violations(items[-1]) if one.rule == group.violation.rule]
    if not found and _is_same(group, items[-1]):
        found = [group.violation.message]
    return ReplayResult(items[-1].exchange, tuple(found), steps=sent)


def _is_same(group: FailureGroup, item: Interaction) -> bool:
    """Whether a response is as before, where only a check of Schemathesis sees what is wrong with it."""
    before = group.exchange.response
    only_there = group.violation.group_key.startswith(SCHEMATHESIS)
    return only_there and before is not None and before.status == item.status


def _moved(probe: Probe, before: Target, now: Target) -> Probe:
    """The probe for a target that may have another path prefix."""
    path = probe.request.target
    if before.prefix != now.prefix and path.startswith(before.prefix):
        return replace(probe, request=replace(probe.request, target=now.prefix + path[len(before.prefix) :]))
    return probe
