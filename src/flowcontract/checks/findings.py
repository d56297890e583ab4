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

_APART = 3
"""As many triggers are told apart; more of them are one defect with many faces."""
_WHATEVER_PROVOKED = frozenset(
    {"undocumented-status-code", "route-conflict", "schema-violation", "invalid-json", "undocumented-content-type"}
)
"""Rules where what broke says more than what provoked it."""


class Result(IntEnum):
    """The outcome of a run; its value is the exit code. Broken outranks unjudged."""

    PASSED = 0
    FAILED = 1
    INCONCLUSIVE = 2


class FindingStatus(StrEnum):
    """What becomes of a cause in the verdict."""

    OPEN = "open"
    """It breaks the contract."""
    FLAKY = "flaky"
    """It breaks the contract in some answers to the same request and not in others; it counts as open."""
    WARNING = "warning"
    """A right server may do this: it is told, and breaks nothing."""
    WAIVED = "waived"
    """A waiver in force covers it."""
    KNOWN = "known"
    """The baseline holds it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One exchange that breaks one rule."""

    rule: str
    """Identifier in the table of rules (`flowcontract.checks.registry`)."""
    operation: str
    location: Location
    """Where the contract says what was broken."""
    message: str
    """One sentence: what was expected, what came."""
    identity: str
    """Rule, operation, group key and trigger: failures with the same identity are one finding."""
    probe: str
    """Name of the probe that provoked it."""
    reason: str
    """Why that probe was sent."""
    exchange: Exchange
    other: Exchange | None = None
    """For a relation: the exchange it was compared with."""
    expected: Any = None
    """JSON that shows what was expected, where it helps."""
    actual: Any = None
    """JSON that came, where it helps."""


@dataclass(frozen=True, slots=True)
class Finding:
    """All failures of one cause, the one with the smallest request first."""

    rule: str
    title: str
    """The rule in a few words."""
    advice: str
    """What to do."""
    fingerprint: str
    """Short, stable from run to run: what a baseline holds."""
    failure: Failure
    """The one to show: the smallest request."""
    curl: str
    count: int
    """How many exchanges failed for this cause."""
    probes: tuple[str, ...]
    status: FindingStatus = FindingStatus.OPEN
    note: str = ""
    """The waiver's reason and owner, or the evidence of a flaky answer."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """Everything a report needs to know of one run. No token value stands anywhere in it."""

    result: Result
    headline: str
    """What was found, as it goes on after `Contract kept: `, `Contract broken: ` or `Could not judge: `."""
    contract: str
    """File, title and version of the contract judged by."""
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
    """Things the owner should know that break nothing: a documented status never seen, an unused waiver."""
    statuses: tuple[tuple[int, int], ...]
    """How often each status was seen, in order."""
    rules: tuple[tuple[str, int], ...]
    """Each rule that was judged and how often."""
    exchanges: tuple[Exchange, ...]

    @property
    def open_findings(self) -> tuple[Finding, ...]:
        """The causes that make the verdict broken."""
        return tuple(
            finding for finding in self.findings if finding.status in (FindingStatus.OPEN, FindingStatus.FLAKY)
        )

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What is told and breaks nothing."""
        return tuple(finding for finding in self.findings if finding.status is FindingStatus.WARNING)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A finding, the answer it was found in, and the one that was compared with."""

    violation: Violation
    interaction: Interaction
    base: Interaction | None = None

    @property
    def size(self) -> tuple[int, int]:
        """How much there is to look at: the size of the request, of two requests where two were compared."""
        request = self.interaction.exchange.request
        headers = sum(len(name) + len(value) for name, value in request.headers)
        plain = 0 if request.method in ("GET", "HEAD") else 1
        return plain, len(request.target) + headers + len(request.body or b"")


def group_findings(occurrences: Sequence[Occurrence], contract: Contract, target: Target) -> tuple[Finding, ...]:
    """One cause for all failures that have it, in the order in which they were first seen."""
    groups: dict[tuple[str, str, str], list[Occurrence]] = defaultdict(list)
    for item in occurrences:
        violation = item.violation
        groups[violation.rule, item.interaction.operation.id, violation.group_key].append(item)
    found = []
    for (name, operation, group_key), items in groups.items():
        for trigger, part in _by_trigger(name, items).items():
            found.append(_finding(name, f"{name}|{operation}|{group_key}|{trigger}", part, contract, target))
    return tuple(found)


def _by_trigger(name: str, items: Sequence[Occurrence]) -> dict[str, list[Occurrence]]:
    triggers = dict.fromkeys(item.interaction.probe.trigger for item in items)
    if "" in triggers or name in _WHATEVER_PROVOKED:
        return {"": list(items)}
    groups: dict[str, list[Occurrence]] = defaultdict(list)
    for item in items:
        probe = item.interaction.probe
        groups[probe.trigger if len(triggers) <= _APART else probe.group].append(item)
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
