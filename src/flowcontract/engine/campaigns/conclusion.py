"""The result of a campaign: its findings, its headline, and what it covered."""

import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from flowcontract.checks import load_rules, suppressions
from flowcontract.checks.findings import (
    CampaignSummary,
    OperationCoverage,
    PhaseCost,
    Result,
    RunResult,
    SourceCurve,
)
from flowcontract.checks.registry import RULES
from flowcontract.engine.campaigns.database import Campaign, Database, Point, StoredGroup
from flowcontract.engine.campaigns.driver import (
    ALL_CASES,
    DENIED,
    EXPIRED,
    NO_SUCCESS,
    State,
    state_of,
)
from flowcontract.engine.campaigns.findings import CampaignFinding, stored_findings
from flowcontract.engine.campaigns.plan import Shard
from flowcontract.engine.campaigns.session import MOST_REGRESSION_BYTES, MOST_REGRESSIONS
from flowcontract.engine.campaigns.sources import SOURCES
from flowcontract.engine.cleanup import merged, still_there
from flowcontract.engine.selection import LEFT_OUT, select
from flowcontract.engine.summary import ACCESSIBLE, NO_RESOURCE, only_open_tested, shared_note, untested_notes
from flowcontract.errors import UsageError
from flowcontract.generation import schemathesis_config
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.text import plural

_REASONS = 3
"""Reasons that one note names."""
_NOTES = 20
"""Notes of the shards that a result has."""
_NOT_REQUESTED = "not requested yet"


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The result of a campaign."""

    run_result: RunResult
    findings: tuple[CampaignFinding, ...]
    left_out: str = ""
    """Why findings of rules that a project adds are left out; empty if none can be."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A campaign of a database, and by what its findings are evaluated."""

    database: Database
    contract: Contract
    campaign: Campaign
    target: Target
    fail_on: str = "open"
    """`open`, `warning` (open findings and warnings), `new` (those that no earlier campaign found) or `never`."""
    waivers: Sequence[suppressions.Waiver] = ()
    baseline_file: Path | None = None

    def stored(
        self, groups: Iterable[StoredGroup], earlier: frozenset[str] = frozenset()
    ) -> tuple[CampaignFinding, ...]:
        """The findings that groups of failures make; `earlier`: fingerprints of those of earlier campaigns."""
        return stored_findings(self.database, self.contract, self.campaign, self.target, groups, earlier)

    def earlier(self) -> tuple[frozenset[str], Sequence[CampaignFinding]]:
        """Fingerprints of the findings of earlier campaigns, and those findings that no campaign since looked for."""
        seen: set[str] = set()
        left: dict[str, CampaignFinding] = {}
        for other in self.database.campaigns():
            if other.id < self.campaign.id:
                found = {each.finding.fingerprint: each for each in self.stored(self.database.groups(other).values())}
                retested = self.database.retested(other)
                left = {name: each for name, each in left.items() if not each.was_retested(retested)} | found
                seen |= found.keys()
        return frozenset(seen), list(left.values())

    def with_known(
        self,
        everything: Sequence[CampaignFinding],
        was_tested: Callable[[suppressions.KnownFinding], bool] = lambda _: True,
    ) -> tuple[tuple[CampaignFinding, ...], tuple[str, ...]]:
        """The findings as waivers and the baseline leave them, and notes about these. `was_tested`: see
        `apply_baseline`.
        """
        notes: tuple[str, ...] = ()
        findings = tuple(each.finding for each in everything)
        if self.baseline_file:
            known = suppressions.load_baseline(self.baseline_file)
            findings, notes = suppressions.apply_baseline(known, findings, was_tested)
        if self.waivers:
            findings, more = suppressions.apply_waivers(
                tuple(self.waivers), findings, date.today(), is_complete=False, operations=self.contract.operations
            )
            notes += more
        return tuple(replace(each, finding=finding) for each, finding in zip(everything, findings, strict=False)), notes

    def is_failed_by(self, everything: Iterable[CampaignFinding]) -> bool:
        """Whether findings fail the campaign."""
        fails: dict[str, Callable[[CampaignFinding], bool]] = {
            "open": lambda each: each.is_open,
            "warning": lambda each: each.is_open or each.is_warning,
            "new": lambda each: each.is_open and (each.new or each.is_regression),
            "never": lambda _: False,
        }
        return any(map(fails[self.fail_on], everything))


def conclude(evaluation: Evaluation, options: str = "") -> Conclusion:
    """The result of a campaign.

    `options`: those that commands about it need to reach the target, for people to copy; they begin with a space.
    """
    database, contract, campaign = evaluation.database, evaluation.contract, evaluation.campaign
    left_out = ""
    try:
        load_rules(campaign.settings.plugins)
    except UsageError as error:  # The project is not here; what other rules found can be shown all the same.
        left_out = str(error)
    state = state_of(database, campaign)
    earlier, left = evaluation.earlier()
    everything = evaluation.stored(database.groups(campaign).values(), earlier)
    coverage = tuple(_coverage(evaluation, state))
    accessible = {each.finding.failure.operation for each in everything if each.finding.rule == ACCESSIBLE}
    notes = _notes(state, coverage, accessible)
    notes += (f"Findings of rules that a project adds are left out: {left_out}",) if left_out else ()
    looked_for = _looks_for(campaign, state, contract) if evaluation.baseline_file else lambda _: True
    everything, more = evaluation.with_known(everything, looked_for)
    notes += more
    findings = tuple(each.finding for each in everything)
    shown, retested = {finding.fingerprint for finding in findings}, database.retested(campaign)
    unseen = [each for each in left if each.finding.fingerprint not in shown and not each.was_retested(retested)]
    unseen = [each for each in evaluation.with_known(unseen)[0] if each.is_open]
    unclear = {key for what, key, _ in state.counts if what == "unclear"}
    failed = sum(any(group.key in unclear for group in each.shown_groups) for each in unseen)
    result, headline = _result(evaluation, state, everything, coverage, (len(unseen), failed))
    checked: dict[str, list[str]] = {}
    for what, operation, rule in sorted(state.counts):
        if what == "checked" and rule in RULES:
            checked.setdefault(operation, []).append(rule)
    statuses: Counter[int] = Counter()
    for (what, _, status), count in state.counts.items():
        if what == "status" and status != "0":
            statuses[int(status)] += count
    return Conclusion(
        RunResult(
            result=result,
            headline=headline,
            contract=campaign.contract,
            target=campaign.target,
            operations=tuple(item.operation for item in coverage if item.reason not in LEFT_OUT),
            profile="campaign",
            seed=campaign.settings.seed,
            requests=state.requests,
            seconds=campaign.seconds,
            started=campaign.started,
            findings=findings,
            notes=notes,
            statuses=tuple(sorted(statuses.items())),
            rules=tuple(sorted((a, n) for (what, a, _), n in state.counts.items() if what == "check")),
            exchanges=(),
            coverage=coverage,
            checked={operation: tuple(rules) for operation, rules in checked.items()},
            phases=tuple(PhaseCost(c.source, c.requests, c.cpu_seconds) for c in curves(state.points)),
            campaign=_summary(evaluation, state, everything, options),
        ),
        everything,
        left_out,
    )


def _looks_for(campaign: Campaign, state: State, contract: Contract) -> Callable[[suppressions.KnownFinding], bool]:
    """Whether a campaign would have seen a finding of a baseline, if it were still there."""
    settings, number = campaign.settings, len(select(contract, campaign.settings.options(0)).operations)
    done = {
        name
        for name, source in SOURCES.items()
        if all(Shard(name, shard) in state.ranges for shard in range(source.shards(number)))
    }
    ran = (done | ({"examples"} if "coverage" in done else set())) - schemathesis_config.switched_off()

    def was_tested(known: suppressions.KnownFinding) -> bool:
        return (
            known.phases <= ran
            and state.counts["tested", known.operation, ""] > 0
            and settings.severities.get(known.rule) != "off"
            and state.counts["check", known.rule, ""] > 0
        )

    return was_tested


class CurrentFindings:
    """The findings of a running campaign, counted as in its result."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        self._groups: set[tuple[str, bool]] = set()
        self._found: tuple[CampaignFinding, ...] = ()

    def __call__(self, state: State) -> tuple[CampaignFinding, ...]:
        """The open findings of this state."""
        return tuple(each for each in self._all(state) if each.is_open)

    def is_failing(self, state: State) -> bool:
        """Whether a campaign that ended in this state would fail."""
        return self._evaluation.is_failed_by(self._all(state))

    def _all(self, state: State) -> tuple[CampaignFinding, ...]:
        groups = {(key, kept.group.flaky) for key, kept in state.groups.items()}
        if groups != self._groups:
            self._groups = groups
            found = self._evaluation.stored(state.groups.values(), self._earlier)
            self._found, _ = self._evaluation.with_known(found)
        return self._found

    @cached_property
    def _earlier(self) -> frozenset[str]:
        """Fingerprints of the findings of earlier campaigns, where they matter."""
        return self._evaluation.earlier()[0] if self._evaluation.fail_on == "new" else frozenset()


def _notes(state: State, coverage: Sequence[OperationCoverage], accessible: Iterable[str]) -> tuple[str, ...]:
    """`accessible`: operations that give a second user a resource of the first, which is a finding."""
    noted = merged(text for what, text, _ in state.counts if what == "note")
    more = (f"And {len(noted) - _NOTES:,} more notes like these.",) if len(noted) > _NOTES else ()
    left = sorted({path for (what, path, _), number in state.counts.items() if what == "left" and number > 0})
    lost = state.counts["lost", "", ""]
    unclear = [why for what, _, why in state.counts if what == "unclear"]
    reasons = list(dict.fromkeys(why.rstrip(".") for why in unclear))
    again = f"{plural(len(unclear), 'failure')} of earlier campaigns cannot be checked again: {{}}."
    return (
        *untested_notes(coverage, LEFT_OUT),
        *([again.format("; ".join(reasons[:_REASONS]))] if unclear else []),
        *([_too_many(left_out)] if (left_out := state.counts["left out", "", ""]) else []),
        *shared_note({name for what, name, _ in state.counts if what == "shared"}.difference(accessible)),
        *noted[:_NOTES],
        *more,
        *([still_there(left)] if left else []),
        *([f"{plural(lost, 'worker was', 'workers were')} lost; what was running there ran again."] if lost else []),
    )


def _too_many(left_out: int) -> str:
    limit = f"at most {MOST_REGRESSIONS}, and {MOST_REGRESSION_BYTES // 1024**2} MB of responses"
    return f"{plural(left_out, 'failure')} of earlier campaigns not sent again: a campaign sends {limit}."


def _coverage(evaluation: Evaluation, state: State) -> list[OperationCoverage]:
    contract, campaign = evaluation.contract, evaluation.campaign
    left_out = select(contract, campaign.settings.options(0)).left_out
    knowledge = evaluation.database.knowledge(campaign)
    untested = knowledge.untested if knowledge else {}
    statuses: dict[str, list[str]] = {}
    for what, name, status in state.counts:
        if what == "status":
            statuses.setdefault(name, []).append(status)
    rows = []
    for operation in contract.operations.values():
        tested = state.counts["tested", operation.id, ""] > 0
        reason = left_out.get(operation.id) or ("" if tested else untested.get(operation.id, _NOT_REQUESTED))
        if operation.id in statuses and reason.startswith((NO_RESOURCE, _NOT_REQUESTED)):  # Later shards made requests.
            reason = f"no request of it succeeded (got {', '.join(sorted(statuses[operation.id]))})"
        rows.append(OperationCoverage(operation.id, operation.method, operation.path, tested, reason))
    return rows


def _result(
    evaluation: Evaluation,
    state: State,
    everything: Sequence[CampaignFinding],
    coverage: Sequence[OperationCoverage],
    not_retested: tuple[int, int],
) -> tuple[Result, str]:
    """`not_retested`: open findings of earlier campaigns about which this one says nothing, and how many it tried."""
    campaign, (unseen, unclear) = evaluation.campaign, not_retested
    open_ones = [each for each in everything if each.is_open]
    warnings = [each for each in everything if each.is_warning]
    new = [each for each in open_ones if each.new]
    regressions = [each for each in open_ones if each.is_regression]
    others = Counter(
        each.finding.decision or str(each.finding.status)
        for each in everything
        if not each.is_open and not each.is_warning
    )
    counted = [item for item in coverage if item.reason not in LEFT_OUT]
    tested = sum(item.tested for item in counted)
    numbers = [
        plural(len(open_ones), "finding") if open_ones else "no findings",
        *([f"{len(new)} new"] if open_ones and len(new) < len(open_ones) else []),
        *([plural(len(regressions), "regression")] if regressions else []),
        *(f"{count} {name}" for name, count in sorted(others.items())),
        *([plural(len(warnings), "warning")] if warnings else []),
        *([f"{plural(unseen, 'earlier finding')} not retested"] if unseen else []),
    ]
    covered = f"{tested:,} of {plural(len(counted), 'operation')} tested, {plural(state.requests, 'request')}"
    headline = f"{', '.join(numbers)}; {covered}."
    if evaluation.is_failed_by(everything):
        early = f" It ended early: {campaign.ended}." if campaign.state == "stopped" and campaign.ended else ""
        so_far = "still running, so far " if campaign.state == "running" else ""
        return Result.FAILED, f"{so_far}{headline}{early}"
    if campaign.ended == EXPIRED:
        again = f"Run `flowcontract fuzz URL --resume {campaign.id}` with a new token"
        return Result.INCONCLUSIVE, f"paused: the server stopped accepting the credentials; {covered}. {again}."
    if not tested:
        why = next((item.reason for item in counted if item.reason), "")
        return Result.INCONCLUSIVE, f"no request succeeded; {covered}." + (
            f" {why[:1].upper()}{why[1:]}." if why else ""
        )
    if why := only_open_tested(evaluation.contract.operations, coverage):
        return Result.INCONCLUSIVE, f"{why}; {headline}"
    sent_again = sum(what in ("retested", "unclear") for what, _, _ in state.counts)
    if sent_again < state.counts["again", "", ""]:
        why = "the campaign ended before it had sent all failures of earlier campaigns again"
        return Result.INCONCLUSIVE, f"{why}; {headline}"
    if unclear and evaluation.fail_on in ("open", "warning"):
        why = f"{plural(unclear, 'earlier finding')} cannot be checked again"
        return Result.INCONCLUSIVE, f"{why}; {headline}"
    if campaign.state != "complete":
        why = "it is still running" if campaign.state == "running" else campaign.ended or "it ended early"
        return Result.INCONCLUSIVE, f"{why}; {headline}"
    return Result.PASSED, headline


def _resume(evaluation: Evaluation, options: str) -> str:
    """The command that goes on with a campaign that was stopped; empty for any other.

    One without any success needs other options: it begins anew.
    """
    campaign = evaluation.campaign
    if campaign.state != "stopped" or campaign.ended in (DENIED, NO_SUCCESS):
        return ""
    return resume_command(evaluation, options)


def resume_command(evaluation: Evaluation, options: str) -> str:
    """The command that goes on with a campaign; `options`: those that it needs to reach the target."""
    url = "" if evaluation.target.is_loopback else f" {shlex.quote(evaluation.target.url)}"
    return f"flowcontract fuzz{url} --resume {evaluation.campaign.id}{options}{_option(evaluation.database)}"


def _option(database: Database) -> str:
    """The option that names a database; empty for the default one."""
    return "" if database.path == Path("campaign.db") else f" --database {shlex.quote(str(database.path))}"


def _summary(
    evaluation: Evaluation, state: State, everything: Sequence[CampaignFinding], options: str
) -> CampaignSummary:
    campaign, target = evaluation.campaign, evaluation.target
    reached = {
        (operation, int(status)): count for (what, operation, status), count in state.counts.items() if what == "status"
    }
    return CampaignSummary(
        id=campaign.id,
        name=campaign.name,
        ended="" if campaign.ended == ALL_CASES else campaign.ended,
        resume=_resume(evaluation, options),
        database=_option(evaluation.database),
        target=("" if target.is_loopback else f" --target {shlex.quote(target.url)}") + options,
        creating=frozenset(each.finding.fingerprint for each in everything if each.creates),
        cpu_seconds=campaign.cpu,
        sources=curves(state.points),
        reached=tuple((operation, status, count) for (operation, status), count in sorted(reached.items())),
        first_seen=tuple((each.finding.fingerprint, each.first, each.case, each.new) for each in everything),
    )


def curves(points: Sequence[Point]) -> tuple[SourceCurve, ...]:
    """What each source did and discovered, in order of its first turn."""
    found: dict[str, SourceCurve] = {}
    for point in sorted(points, key=lambda point: point.second):
        before = found.get(point.source, SourceCurve(point.source, 0, 0.0, 0, 0, ()))
        features = before.discoveries + point.features + point.findings
        found[point.source] = SourceCurve(
            point.source,
            before.requests + point.requests,
            before.cpu_seconds + point.cpu,
            features,
            before.failures + point.findings,
            (*before.points, (before.cpu_seconds + point.cpu, features)),
        )
    return tuple(found.values())
