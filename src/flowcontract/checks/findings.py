"""What a run found: frozen values that reports read, and how failures are grouped into findings."""

import hashlib
import html
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
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
SCHEMATHESIS = "schemathesis:"
"""Prefix of the evidence of failures that only a check of Schemathesis sees."""
_VARYING = re.compile(r"(?:%\w{2,4})+|\d+|[0-9a-fA-F]{8,}|\"[^\"]*\"|'[^']*'")
"""What differs in the text of an error from request to request."""
_MARKUP = re.compile(r"\s*(?:<(style|script)\b.*?</\1>|<[^>]*>)\s*", re.DOTALL | re.IGNORECASE)
"""What a page is made of, beside its text."""
_ERROR_TEXT = 400
"""Characters of an error's text that tell one defect from another."""
_READ = 4000
"""Characters of an error's text that are read."""
_DISTINCTIVE = 4
"""Shortest value, in characters, that is not in a text by chance."""
_TELLING = 60
"""Shortest text, in characters, that does."""
_WHATEVER_TRIGGER = frozenset(
    {
        "undocumented-status-code",
        "route-conflict",
        "schema-violation",
        "invalid-json",
        "undocumented-content-type",
        "no-response",
    }
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
    """ID of the operation whose request is shown."""
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
    operations: tuple[str, ...] = ()
    """IDs of all operations that have this failure, in the order of the contract."""
    status: FindingStatus = FindingStatus.OPEN
    note: str = ""
    """The waiver's reason and owner, or why the finding is flaky."""

    @property
    def is_from_schemathesis(self) -> bool:
        """Whether only a check of Schemathesis sees this failure; ours see nothing in the response."""
        return self.failure.identity.partition("|")[2].startswith(SCHEMATHESIS)


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
    coverage: tuple[OperationCoverage, ...] = ()
    """Every operation of the contract."""
    phases: tuple[PhaseCost, ...] = ()

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
    def size(self) -> tuple[int, int, int]:
        """How hard it is to read: documented requests first, then those without side effects, then by length."""
        request = self.interaction.exchange.request
        headers = sum(len(name) + len(value) for name, value in request.headers)
        unsafe = 0 if request.method in ("GET", "HEAD") else 1
        odd = int(self.interaction.probe.odd)
        return odd, unsafe, len(request.target) + headers + len(request.body or b"")


def group_findings(
    occurrences: Sequence[Occurrence],
    contract: Contract,
    target: Target,
    is_warning: Callable[[str], bool] = lambda name: rule(name).is_warning,
) -> tuple[Finding, ...]:
    """One finding per defect over all operations, in the order in which they were first seen.

    `is_warning` says whether a rule does not fail the run.
    """
    return tuple(
        _finding(identity, items, contract, target, is_warning(items[0].violation.rule))
        for identity, items in grouped(occurrences)
    )


def grouped(occurrences: Sequence[Occurrence]) -> list[tuple[str, list[Occurrence]]]:
    """The occurrences of each finding and its identity, in the order of `group_findings`."""
    groups: dict[tuple[str, str], list[Occurrence]] = defaultdict(list)
    of_get: dict[tuple[str, str, str], str] = {}
    plain = {_evidence(occurrence) for occurrence in occurrences if not occurrence.interaction.probe.trigger}
    for occurrence in occurrences:
        violation, interaction = occurrence.violation, occurrence.interaction
        evidence = _evidence(occurrence)
        of_operation = f"{evidence} {interaction.operation.id}"
        if of_operation in plain:  # The plain request fails alike: nothing that is added to it is the reason.
            evidence = of_operation
        same = (violation.rule, interaction.operation.id, violation.group_key)
        if interaction.exchange.request.method == "HEAD":  # It has no body; GET shows what the error is.
            evidence = of_get.get(same, evidence)
        else:
            of_get.setdefault(same, evidence)
        groups[violation.rule, evidence].append(occurrence)
    return [
        (f"{name}|{evidence}|{trigger}", part)
        for (name, evidence), items in groups.items()
        for trigger, part in _by_trigger(name, items).items()
    ]


def _evidence(occurrence: Occurrence) -> str:
    """What is the same wherever one defect shows: the group key, and for a server error the error itself."""
    violation, interaction = occurrence.violation, occurrence.interaction
    if violation.rule != "server-error" or interaction.exchange.response is None:
        return violation.group_key
    text = _error_text(interaction)
    # A fixed text such as "Internal Server Error" does not tell one defect from another.
    trigger = interaction.probe.trigger
    if len(text) < _TELLING and (not trigger or trigger.startswith("generated input")):
        return f"{violation.group_key} {text} {interaction.operation.id}"
    return f"{violation.group_key} {text}"


def _error_text(interaction: Interaction) -> str:
    """The text of an error without what comes from the request: names and words, no numbers and no quoted values."""
    text = _MARKUP.sub(" ", interaction.text) if "html" in interaction.content_type else interaction.text
    text = html.unescape(text.strip()[:_READ])
    for value in interaction.probe.values.values():
        text = text.replace(value, "…") if len(value) >= _DISTINCTIVE else text
    # What varies in length is replaced before the text is cut, or the rest of the same text would differ.
    return re.sub("…+", "…", _VARYING.sub("…", text))[:_ERROR_TEXT]


def _by_trigger(name: str, items: Sequence[Occurrence]) -> dict[str, list[Occurrence]]:
    triggers = dict.fromkeys(item.interaction.probe.trigger for item in items)
    generated = all(trigger.startswith("generated input") for trigger in triggers)
    telling = name == "server-error" and len(_error_text(items[0].interaction)) >= _TELLING
    if "" in triggers or generated or telling or name in _WHATEVER_TRIGGER:
        return {"": list(items)}
    groups: dict[str, list[Occurrence]] = defaultdict(list)
    by_group = len(triggers) > _MAX_TRIGGERS or name in ("server-error", "echoed-resource-id")
    for item in items:
        probe = item.interaction.probe
        groups[probe.group if by_group else probe.trigger].append(item)
    return groups


def _finding(identity: str, items: Sequence[Occurrence], contract: Contract, target: Target, warning: bool) -> Finding:
    smallest = min(items, key=lambda item: item.size)
    violation, interaction = smallest.violation, smallest.interaction
    name = violation.rule
    operations = {item.interaction.operation.id for item in items}
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
        operations=tuple(name for name in contract.operations if name in operations),
        status=FindingStatus.WARNING if warning else FindingStatus.OPEN,
    )
