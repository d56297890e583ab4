"""What a run found: frozen values that reports read, and how failures are grouped into findings."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from flowcontract.checks.interaction import Interaction, Violation
from flowcontract.checks.registry import rule
from flowcontract.http.curl import curl
from flowcontract.http.messages import Exchange
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Location

_MAX_TRIGGERS = 3
"""Triggers that are separate findings; more of them are one defect."""
_WHATEVER_TRIGGER = frozenset(
    {"undocumented-status-code", "route-conflict", "schema-violation", "invalid-json", "undocumented-content-type"}
)
"""Rules whose group key says more than the trigger."""


class Result(IntEnum):
    """The outcome of a run; its value is the exit code. FAILED outranks INCONCLUSIVE."""

    PASSED = 0
    FAILED = 1
    INCONCLUSIVE = 2


class FindingStatus(StrEnum):
    """How a finding counts in the result of a run."""

    OPEN = "open"
    """It violates the contract; the run fails."""
    FLAKY = "flaky"
    """Some responses to the same request violate the contract and others do not; the run fails."""
    WARNING = "warning"
    """A conforming server may do this; the run still passes."""
    WAIVED = "waived"
    """A waiver in force covers it."""
    KNOWN = "known"
    """The baseline contains it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One exchange that violates one rule."""

    rule: str
    """ID in the table of rules (`flowcontract.checks.registry`)."""
    operation: str
    location: Location
    """The violated part of the contract."""
    message: str
    """One sentence: expected …, got …."""
    identity: str
    """Rule, operation, group key and trigger: failures with the same identity are one finding."""
    probe: str
    """Name of the probe that triggered it."""
    reason: str
    """Why that probe was sent."""
    exchange: Exchange
    other: Exchange | None = None
    """For a relation: the exchange it was compared with."""
    expected: Any = None
    """The expected JSON, if it helps."""
    actual: Any = None
    """The actual JSON, if it helps."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Failures that are one defect, shown by the smallest request."""

    rule: str
    title: str
    """The failure in a few words."""
    advice: str
    """How to fix it."""
    fingerprint: str
    """Short and stable from run to run; baselines contain it."""
    failure: Failure
    """The failure to show: the one with the smallest request."""
    curl: str
    count: int
    """How many exchanges have this failure."""
    probes: tuple[str, ...]
    status: FindingStatus = FindingStatus.OPEN
    note: str = ""
    """The waiver's reason and owner, or why the finding is flaky."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """Everything that reports need to know about one run. It contains no token values."""

    result: Result
    headline: str
    """The summary, as it follows `passed: `, `failed: ` or `inconclusive: `."""
    contract: str
    """File, title and version of the contract."""
    target: str
    operations: tuple[str, ...]
    profile: str
    seed: int
    requests: int
    seconds: float
    started: str
    """ISO 8601, UTC."""
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    """Facts that do not affect the result: a documented status that was never seen, an unused waiver."""
    statuses: tuple[tuple[int, int], ...]
    """How often each status was seen, in order."""
    rules: tuple[tuple[str, int], ...]
    """Each check and how often it ran."""
    exchanges: tuple[Exchange, ...]

    @property
    def open_findings(self) -> tuple[Finding, ...]:
        """The findings that make the run fail."""
        return tuple(
            finding for finding in self.findings if finding.status in (FindingStatus.OPEN, FindingStatus.FLAKY)
        )

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings with status `warning`."""
        return tuple(finding for finding in self.findings if finding.status is FindingStatus.WARNING)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A violation, the interaction that has it, and the interaction that it was compared with."""

    violation: Violation
    interaction: Interaction
    base: Interaction | None = None

    @property
    def size(self) -> tuple[int, int]:
        """How much there is to read: requests without side effects first, then by length in characters."""
        request = self.interaction.exchange.request
        headers = sum(len(name) + len(value) for name, value in request.headers)
        plain = 0 if request.method in ("GET", "HEAD") else 1
        return plain, len(request.target) + headers + len(request.body or b"")


def group_findings(occurrences: Sequence[Occurrence], contract: Contract, target: Target) -> tuple[Finding, ...]:
    """One finding per defect, in the order in which they were first seen."""
    groups: dict[tuple[str, str, str], list[Occurrence]] = defaultdict(list)
    for occurrence in occurrences:
        violation = occurrence.violation
        groups[violation.rule, occurrence.interaction.operation.id, violation.group_key].append(occurrence)
    findings = []
    for (name, operation, group_key), items in groups.items():
        for trigger, part in _by_trigger(name, items).items():
            findings.append(_finding(name, f"{name}|{operation}|{group_key}|{trigger}", part, contract, target))
    return tuple(findings)


def _by_trigger(name: str, items: Sequence[Occurrence]) -> dict[str, list[Occurrence]]:
    triggers = dict.fromkeys(item.interaction.probe.trigger for item in items)
    if "" in triggers or name in _WHATEVER_TRIGGER:
        return {"": list(items)}
    groups: dict[str, list[Occurrence]] = defaultdict(list)
    for item in items:
        probe = item.interaction.probe
        groups[probe.trigger if len(triggers) <= _MAX_TRIGGERS else probe.group].append(item)
    return groups


def _finding(name: str, identity: str, items: Sequence[Occurrence], contract: Contract, target: Target) -> Finding:
    smallest = min(items, key=lambda item: item.size)
    violation, interaction = smallest.violation, smallest.interaction
    failure = Failure(
        rule=name,
        operation=interaction.operation.id,
        location=contract.location(violation.pointer),
        message=violation.message,
        identity=identity,
        probe=interaction.probe.name,
        reason=interaction.probe.reason,
        exchange=interaction.exchange,
        other=smallest.base.exchange if smallest.base else None,
        expected=violation.expected,
        actual=violation.actual,
    )
    return Finding(
        rule=name,
        title=rule(name).title,
        advice=rule(name).advice,
        fingerprint=hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:12],
        failure=failure,
        curl=curl(target, interaction.exchange.request),
        count=len(items),
        probes=tuple(dict.fromkeys(item.interaction.probe.name for item in items)),
        status=FindingStatus.WARNING if rule(name).is_warning else FindingStatus.OPEN,
    )
