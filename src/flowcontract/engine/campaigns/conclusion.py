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
from flowcontract.engine.campaigns.database import Campaign, Database, Point
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
from flowcontract.engine.summary import NO_RESOURCE, only_open_tested, shared_note, untested_notes
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
_OF_OTHERS = "resource-of-another-user-accessible"


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The result of a campaign."""

    run_result: RunResult
    findings: tuple[CampaignFinding, ...]
    left_out: str = ""
    """Why findings of rules that a project adds are left out; empty if none can be."""


def conclude(
    database: Database,
    contract: Contract,
    campaign: Campaign,
    target: Target,
    *,
    fail_on: str = "open",
    waivers: Sequence[suppressions.Waiver] = (),
    baseline_file: Path | None = None,
    options: str = "",
) -> Conclusion:
    """The result of a campaign of the database.

    `options`: those that commands about it need to reach the target, for people to copy; they begin with a space.
    `fail_on`: `open`, `warning` (open findings and warnings), `new` (those that no earlier campaign found) or `never`.
    """
    left_out = ""
    try:
        load_rules(campaign.settings.plugins)
    except UsageError as error:  # The project is not here; what other rules found can be shown all the same.
        left_out = str(error)
    state = state_of(database, campaign)
    earlier, left = _earlier(database, contract, campaign, target)
    everything = stored_findings(database, contract, campaign, target, database.groups(campaign).values(), earlier)
    coverage = tuple(_coverage(database, contract, campaign, state))
    accessible = {each.finding.failure.operation for each in everything if each.finding.rule == _OF_OTHERS}
    notes = _notes(state, coverage, accessible)
    notes += (f"Findings of rules that a project adds are left out: {left_out}",) if left_out else ()
    looked_for = _looks_for(campaign, state, contract) if baseline_file else lambda _: True
    everything, more = _with_known(everything, contract, waivers, baseline_file, looked_for)
    notes += more
    findings = tuple(each.finding for each in everything)
    shown, retested = {finding.fingerprint for finding in findings}, database.retested(campaign)
    unseen = [each for each in left if each.finding.fingerprint not in shown and not each.was_retested(retested)]
    unseen = [each for each in _with_known(unseen, contract, waivers, baseline_file)[0] if each.is_open]
    unclear = {key for what, key, _ in state.counts if what == "unclear"}
    failed = sum(any(group.key in unclear for group in each.shown_groups) for each in unseen)
    result, headline = _result(campaign, state, everything, contract, coverage, fail_on, (len(unseen), failed))
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
            campaign=_summary(database, campaign, state, everything, target, options),
        ),
        everything,
        left_out,
    )


def _with_known(
    everything: Sequence[CampaignFinding],
    contract: Contract,
    waivers: Sequence[suppressions.Waiver],
    baseline_file: Path | None,
    was_tested: Callable[[suppressions.KnownFinding], bool] = lambda _: True,
) -> tuple[tuple[CampaignFinding, ...], tuple[str, ...]]:
    """The findings as waivers and a baseline leave them, and notes about these. `was_tested`: see `apply_baseline`."""
    notes: tuple[str, ...] = ()
    findings = tuple(each.finding for each in everything)
    if baseline_file:
        known = suppressions.load_baseline(baseline_file)
        findings, more = suppressions.apply_baseline(known, findings, was_tested)
        notes += more
    if waivers:
        findings, more = suppressions.apply_waivers(
            tuple(waivers), findings, date.today(), is_complete=False, operations=contract.operations
        )
        notes += more
    return tuple(replace(each, finding=finding) for each, finding in zip(everything, findings, strict=False)), notes


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

    def __init__(
        self,
        database: Database,
        contract: Contract,
        campaign: Campaign,
        target: Target,
        *,
        fail_on: str = "open",
        waivers: Sequence[suppressions.Waiver] = (),
        baseline_file: Path | None = None,
    ) -> None:
        """`fail_on`: as for `conclude`."""
        self._database, self._contract, self._campaign, self._target = database, contract, campaign, target
        self._fail_on = fail_on
        self._known = (waivers, baseline_file)
        self._groups: set[tuple[str, bool]] = set()
        self._found: tuple[CampaignFinding, ...] = ()

    def __call__(self, state: State) -> tuple[CampaignFinding, ...]:
        """The open findings of this state."""
        return tuple(each for each in self._all(state) if each.is_open)

    def is_failing(self, state: State) -> bool:
        """Whether a campaign that ended in this state would fail."""
        return bool(_failing(self._all(state), self._fail_on))

    def _all(self, state: State) -> tuple[CampaignFinding, ...]:
        groups = {(key, kept.group.flaky) for key, kept in state.groups.items()}
        if groups != self._groups:
            self._groups = groups
            about = self._database, self._contract, self._campaign, self._target
            found = stored_findings(*about, state.groups.values(), self._earlier)
            self._found, _ = _with_known(found, self._contract, *self._known)
        return self._found

    @cached_property
    def _earlier(self) -> frozenset[str]:
        """Fingerprints of the findings of earlier campaigns, where they matter."""
        if self._fail_on != "new":
            return frozenset()
        return _earlier(self._database, self._contract, self._campaign, self._target)[0]


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


def _earlier(
    database: Database, contract: Contract, campaign: Campaign, target: Target
) -> tuple[frozenset[str], Sequence[CampaignFinding]]:
    """Fingerprints of the findings of earlier campaigns, and those findings that no campaign since looked for."""
    seen: set[str] = set()
    left: dict[str, CampaignFinding] = {}
    for other in database.campaigns():
        if other.id < campaign.id:
            found = stored_findings(database, contract, campaign, target, database.groups(other).values(), frozenset())
            retested = database.retested(other)
            left = {name: each for name, each in left.items() if not each.was_retested(retested)}
            left |= {each.finding.fingerprint: each for each in found}
            seen |= {each.finding.fingerprint for each in found}
    return frozenset(seen), list(left.values())


def _coverage(database: Database, contract: Contract, campaign: Campaign, state: State) -> list[OperationCoverage]:
    left_out = select(contract, campaign.settings.options(0)).left_out
    knowledge = database.knowledge(campaign)
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
    campaign: Campaign,
    state: State,
    everything: Sequence[CampaignFinding],
    contract: Contract,
    coverage: Sequence[OperationCoverage],
    fail_on: str,
    not_retested: tuple[int, int],
) -> tuple[Result, str]:
    """`not_retested`: open findings of earlier campaigns about which this one says nothing, and how many it tried."""
    unseen, unclear = not_retested
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
    if _failing(everything, fail_on):
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
    if why := only_open_tested(contract.operations, coverage):
        return Result.INCONCLUSIVE, f"{why}; {headline}"
    sent_again = sum(what in ("retested", "unclear") for what, _, _ in state.counts)
    if sent_again < state.counts["again", "", ""]:
        why = "the campaign ended before it had sent all failures of earlier campaigns again"
        return Result.INCONCLUSIVE, f"{why}; {headline}"
    if unclear and fail_on in ("open", "warning"):
        why = f"{plural(unclear, 'earlier finding')} cannot be checked again"
        return Result.INCONCLUSIVE, f"{why}; {headline}"
    if campaign.state != "complete":
        why = "it is still running" if campaign.state == "running" else campaign.ended or "it ended early"
        return Result.INCONCLUSIVE, f"{why}; {headline}"
    return Result.PASSED, headline


def _failing(everything: Sequence[CampaignFinding], fail_on: str) -> list[CampaignFinding]:
    """The findings that fail a campaign."""
    fails: dict[str, Callable[[CampaignFinding], bool]] = {
        "open": lambda each: each.is_open,
        "warning": lambda each: each.is_open or each.is_warning,
        "new": lambda each: each.is_open and (each.new or each.is_regression),
        "never": lambda _: False,
    }
    return [each for each in everything if fails[fail_on](each)]


def _resume(database: Database, campaign: Campaign, target: Target, options: str) -> str:
    """The command that goes on with a campaign that was stopped; empty for any other.

    One without any success needs other options: it begins anew.
    """
    if campaign.state != "stopped" or campaign.ended in (DENIED, NO_SUCCESS):
        return ""
    return resume_command(database, campaign, target, options)


def resume_command(database: Database, campaign: Campaign, target: Target, options: str) -> str:
    """The command that goes on with a campaign; `options`: those that it needs to reach the target."""
    url = "" if target.is_loopback else f" {shlex.quote(target.url)}"
    return f"flowcontract fuzz{url} --resume {campaign.id}{options}{_option(database)}"


def _option(database: Database) -> str:
    """The option that names a database; empty for the default one."""
    return "" if database.path == Path("campaign.db") else f" --database {shlex.quote(str(database.path))}"


def _summary(
    database: Database,
    campaign: Campaign,
    state: State,
    everything: Sequence[CampaignFinding],
    target: Target,
    options: str,
) -> CampaignSummary:
    reached = {
        (operation, int(status)): count for (what, operation, status), count in state.counts.items() if what == "status"
    }
    return CampaignSummary(
        id=campaign.id,
        name=campaign.name,
        ended="" if campaign.ended == ALL_CASES else campaign.ended,
        resume=_resume(database, campaign, target, options),
        database=_option(database),
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
