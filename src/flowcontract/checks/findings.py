"""What a run found: frozen values that reports read."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from typing import Any

from flowcontract.checks.interaction import Interaction, Violation
from flowcontract.checks.steps import Recording
from flowcontract.http.messages import Exchange
from flowcontract.http.script import SequenceStep
from flowcontract.openapi.model import Location

SCHEMATHESIS = "schemathesis:"
"""Prefix of the evidence of failures that only a check of Schemathesis sees."""


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
    """ID of the operation at fault."""
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
    endpoint: str = ""
    """Method and path of the operation: `PATCH /books/{id}`."""
    seen_in: str = ""
    """Method and path of the operation whose response shows it, where that is another one: `GET /books/{id}`."""
    part: str = ""
    """The part of the body that violates the rule, as a JSON Pointer; empty for the whole response."""
    excerpt: str = ""
    """The violated part of the contract, as YAML."""
    steps: tuple[SequenceStep, ...] = ()
    """The sequence of requests that shows it; its last one is `exchange`. Empty where one request does."""
    only_schemathesis: bool = False
    """Whether only a check of Schemathesis sees it; ours see nothing in the response."""


@dataclass(frozen=True, slots=True)
class Example:
    """A finding as one operation shows it."""

    failure: Failure
    curl: str
    script: str = ""


Place = tuple[str, str]
"""Where a finding occurs: the ID of an operation, and the part of its request, if the finding is about one."""
OF_INPUT = frozenset({"invalid-input-accepted", "converted-input-accepted"})
"""Rules that an operation violates with each part of a request that it does not validate."""


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
    operations: tuple[str, ...] = ()
    """IDs of all operations that have this failure, in the order of the contract."""
    status: FindingStatus = FindingStatus.OPEN
    note: str = ""
    """The waiver's reason and owner, or why the finding is flaky."""
    decision: str = ""
    """What was decided about a known finding of a campaign: `known`, `wontfix`, `false-positive` or `fixed`."""
    script: str = ""
    """Shell commands that send the sequence again with new resources; empty where one request shows the failure."""
    examples: tuple[Example, ...] = ()
    """The smallest request of each other operation, and of each further part of a request that it does not validate."""
    parts: tuple[str, ...] = ()
    """The fingerprints that its failures have in a run that sees too few of them to merge them."""
    unasked: tuple[str, ...] = ()
    """IDs of tested operations that may have it as well: only others were sent the probes that show it."""

    @property
    def places(self) -> frozenset[Place]:
        """Where it occurs: its operations, each with the parts of requests that it does not validate."""
        shown = (self.failure, *(each.failure for each in self.examples))
        places = {(each.operation, each.part if self.rule in OF_INPUT else "") for each in shown}
        return frozenset(places | {(each, "") for each in self.operations if all(each != name for name, _ in places)})

    def in_operation(self, operation: str) -> "Finding":
        """The finding as an operation shows it, by its ID."""
        shown = next((each for each in self.examples if each.failure.operation == operation), None)
        return replace(self, failure=shown.failure, curl=shown.curl, script=shown.script) if shown else self

    @property
    def is_from_schemathesis(self) -> bool:
        """Whether only a check of Schemathesis sees this failure; ours see nothing in the response."""
        return self.failure.only_schemathesis


@dataclass(frozen=True, slots=True)
class OperationCoverage:
    """Whether one operation was tested."""

    operation: str
    method: str
    path: str
    tested: bool
    """A request with its own method and valid input got a documented success."""
    reason: str = ""
    """Why it was not tested; empty if it was."""


@dataclass(frozen=True, slots=True)
class PhaseCost:
    """What one phase of a run cost."""

    phase: str
    requests: int
    seconds: float
    """CPU seconds of this process."""


@dataclass(frozen=True, slots=True)
class SourceCurve:
    """What one source of cases of a campaign did, and what it brought to light."""

    source: str
    requests: int
    cpu_seconds: float
    discoveries: int
    """New statuses, shapes of responses, texts of errors and failures."""
    failures: int
    """New groups of failures."""
    points: tuple[tuple[float, int], ...]
    """CPU seconds of the source, and its discoveries until then."""


@dataclass(frozen=True, slots=True)
class CampaignSummary:
    """What only a campaign knows about its run."""

    id: int
    name: str
    ended: str
    """Why it ended before all of its cases had run; empty if it did not."""
    resume: str
    """The command that goes on with it; empty where nothing is left to do, or it still runs."""
    database: str
    """The option that names its database in commands; empty for the default one."""
    target: str
    """The options that a replay needs to reach the server: its URL unless it is this machine, credentials."""
    creating: frozenset[str]
    """Fingerprints of the findings whose replay creates resources."""
    cpu_seconds: float
    sources: tuple[SourceCurve, ...]
    reached: tuple[tuple[str, int, int], ...]
    """Operation ID, status (0 without a response), and how often it was seen."""
    first_seen: tuple[tuple[str, float, str, bool], ...]
    """Fingerprint of a finding, seconds until it was first seen, the shard, and whether it is new in the database."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """Everything that reports need to know about one run. It contains no token values."""

    result: Result
    headline: str
    """The summary, as it follows `passed: `, `failed: ` or `inconclusive: `."""
    contract: str
    """File, title and version of the contract."""
    target: str
    operations: tuple[str, ...] = ()
    profile: str = ""
    seed: int = 0
    requests: int = 0
    seconds: float = 0.0
    started: str = ""
    """ISO 8601, UTC."""
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    """Facts that do not affect the result: a documented status that was never seen, an unused waiver."""
    statuses: tuple[tuple[int, int], ...] = ()
    """How often each status was seen, in order."""
    rules: tuple[tuple[str, int], ...] = ()
    """Each check and how often it ran."""
    exchanges: tuple[Exchange, ...] = ()
    coverage: tuple[OperationCoverage, ...] = ()
    """Every operation of the contract."""
    phases: tuple[PhaseCost, ...] = ()
    ran: tuple[str, ...] = ()
    """Names of the phases that ran for every operation: `probes`, `sequences` and those of Schemathesis."""
    checked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The rules that were checked for each operation, by its ID."""
    cut: str = ""
    """That the plan was not finished, and why; empty if it was."""
    campaign: CampaignSummary | None = None
    """Of a campaign."""

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


OF_ITEMS = frozenset({"filter-returns-other-items"})
"""Rules that certain items of a list show."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A violation, the interaction that has it, and the interaction that it was compared with."""

    violation: Violation
    interaction: Interaction
    base: Interaction | None = None
    steps: tuple[tuple[str, Interaction], ...] = ()
    """The sequence that it is the end of: what each request does, and its interaction."""
    setup: tuple[tuple[str, Interaction], ...] = ()
    """All requests that show it on another server: those that create what it is about come before its own.

    Empty where it is about nothing that the run created, or where the steps are all.
    """
    recording: Recording | None = None
    """The run of a scenario that it comes from."""
    is_of_existing: bool = False
    """Whether it shows in an item that was there before the run, or in a list of such items alone."""
    is_confirmed: bool = False
    """Whether these steps alone, sent again, showed it again."""

    def triggered_by(self, trigger: str) -> "Occurrence":
        """The same with another trigger of its probe."""
        item = self.interaction
        probe = replace(item.probe, trigger=trigger)
        return replace(self, interaction=Interaction(probe, item.operation, item.exchange))

    @property
    def lacks_setup(self) -> bool:
        """Whether it is about a resource or items that may be gone, without the requests that create them."""
        # How many items a list has decides which page is the last one.
        is_of_items = self.violation.rule in (*OF_ITEMS, "pages-leave-out-items") and not self.is_of_existing
        return (bool(self.interaction.probe.values) or is_of_items) and not self.steps

    @property
    def size(self) -> tuple[int, int, int, int, int, int]:
        """How hard it is to read: documented requests first, then probes, those without side effects, fewest parts.

        Probes of ours say why they are sent, and come in an order of their own, from plain to special; generated
        requests do not: that after the fewest others is first, then the shortest.
        """
        probe, request = self.interaction.probe, self.interaction.request
        steps = len(self.steps)
        before = steps if probe.is_generated else 0
        unsafe = 0 if request.method in ("GET", "HEAD") else 1
        headers = [name for name, _ in request.headers if name.lower() != "accept"]
        parts = len(headers) + request.target.count("&") + request.target.count("?")
        length = sum(len(name) + len(value) for name, value in request.headers)
        length += len(request.target) + len(request.body or b"")
        return int(probe.odd), int(probe.is_generated), unsafe, before, parts, length if probe.is_generated else steps
