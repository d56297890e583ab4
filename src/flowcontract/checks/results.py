"""What a run found: frozen values that reports read. The gate and the fuzzer make them, neither prints."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from flowcontract.http.messages import Exchange
from flowcontract.openapi.model import Location


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
