"""Findings of a campaign: the gate's grouping, applied to all stored failures."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from flowcontract.checks import Interaction
from flowcontract.checks.findings import Finding, FindingStatus, Occurrence
from flowcontract.checks.grouping import group_findings, grouped
from flowcontract.engine.campaigns.database import StoredGroup, Triage
from flowcontract.engine.campaigns.plan import FailureGroup, Source
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract


@dataclass(frozen=True, slots=True)
class CampaignFinding:
    """A finding, with what only a campaign knows about it."""

    finding: Finding
    groups: tuple[FailureGroup, ...]
    second: float
    """Seconds from the start of the campaign to the first occurrence."""
    state: str
    """The triage decision: `open`, `known` or `fixed`."""
    note: str
    new: bool = True
    """Whether no earlier campaign in the database found it."""

    @property
    def trigger(self) -> str:
        """What is special about all of its requests; empty if they have nothing in common."""
        triggers = {group.probe.trigger for group in self.groups}
        return triggers.pop() if len(triggers) == 1 else ""

    @property
    def case(self) -> str:
        """The first case with this finding, such as `mutated 1,204`; the same for the same seed."""
        order = list(Source)
        first = min(self.groups, key=lambda group: (order.index(group.source), group.index))
        return f"{first.source} {first.index:,}"

    @property
    def is_warning(self) -> bool:
        """Whether it is a warning without a triage decision."""
        return self.finding.status is FindingStatus.WARNING

    @property
    def is_open(self) -> bool:
        """Whether it fails the campaign; a finding that was marked as fixed and occurs again does."""
        return self.state != "known" and self.finding.status in (FindingStatus.OPEN, FindingStatus.FLAKY)


def findings_of(
    stored: Iterable[StoredGroup],
    contract: Contract,
    target: Target,
    *,
    triage: Mapping[str, Triage] | None = None,
    earlier: frozenset[str] = frozenset(),
) -> tuple[CampaignFinding, ...]:
    """All findings among the stored failures, first seen first, warnings last.

    `earlier`: fingerprints of the findings of earlier campaigns.
    """
    seen = [item for item in stored if item.group.probe.operation in contract.operations]
    occurrences = [_occurrence(item.group, contract) for item in seen]
    origin = {id(occurrence): item for occurrence, item in zip(occurrences, seen, strict=True)}
    members = [[origin[id(occurrence)] for occurrence in found] for _, found in grouped(occurrences)]
    known = triage or {}
    result = []
    for finding, items in zip(group_findings(occurrences, contract, target), members, strict=True):
        decided = known.get(finding.fingerprint, Triage("open", "", ""))
        flaky = all(item.group.flaky for item in items)
        note = "the same request did not fail again" if flaky else ""
        note = decided.note or note
        if decided.state == "fixed":  # Before this campaign or after it.
            note = ": ".join(filter(None, ("marked as fixed", decided.note)))
        result.append(
            CampaignFinding(
                finding=replace(
                    finding,
                    count=sum(item.group.count for item in items),
                    status=FindingStatus.KNOWN
                    if decided.state == "known"
                    else FindingStatus.FLAKY
                    if flaky and finding.status is FindingStatus.OPEN
                    else finding.status,
                    note=note,
                ),
                groups=tuple(item.group for item in items),
                second=min(item.second for item in items),
                state=decided.state,
                note=note,
                new=finding.fingerprint not in earlier,
            )
        )
    return tuple(sorted(result, key=lambda each: (each.is_warning, each.second, each.finding.fingerprint)))


def _occurrence(group: FailureGroup, contract: Contract) -> Occurrence:
    operation = contract.operation(group.probe.operation)
    base = None
    if group.base_probe is not None and group.base_exchange is not None:
        base = Interaction(group.base_probe, operation, group.base_exchange)
    return Occurrence(group.violation, Interaction(group.probe, operation, group.exchange), base)
