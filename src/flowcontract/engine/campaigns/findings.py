"""Findings of a campaign: the gate's grouping, applied to all stored failures, and what was decided about them."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from flowcontract.checks import Interaction
from flowcontract.checks.findings import Finding, FindingStatus, Occurrence
from flowcontract.checks.grouping import group_findings, grouped
from flowcontract.checks.probe import Probe
from flowcontract.checks.registry import RULES
from flowcontract.engine.campaigns.database import Campaign, Database, StoredGroup, Triage
from flowcontract.engine.campaigns.plan import FailureGroup
from flowcontract.engine.campaigns.sources import REGRESSIONS
from flowcontract.http.messages import Exchange
from flowcontract.http.target import Target
from flowcontract.openapi import assemble
from flowcontract.openapi.contract import Contract

_ACCEPTED = ("known", "wontfix", "false-positive")
"""States of findings that do not fail a campaign."""


@dataclass(frozen=True, slots=True)
class CampaignFinding:
    """A finding, with what only a campaign knows about it."""

    finding: Finding
    groups: tuple[FailureGroup, ...]
    first: float
    """Seconds from the start of the campaign to the first occurrence."""
    triage: Triage
    new: bool = True
    """Whether no earlier campaign in the database found it."""
    is_regression: bool = False
    """Whether it was seen again after it was marked as fixed."""

    @property
    def case(self) -> str:
        """The first shard with this finding, such as `fuzzing 12`; the same for the same seed.

        The shard of a failure that was sent again is of another campaign: that one is named instead.
        """
        if earlier := max(group.campaign for group in self.groups):
            return f"{REGRESSIONS}, from campaign {earlier}"
        first = min(self.groups, key=lambda group: (group.shard.number, group.shard.source)).shard
        return f"{first.source} {first.number:,}"

    @property
    def shown(self) -> FailureGroup:
        """The group that the finding is shown by."""
        shown = self.finding.failure.exchange
        return next((group for group in self.groups if group.exchange == shown), self.groups[0])

    @property
    def creates(self) -> bool:
        """Whether a replay creates resources, because those of the campaign were deleted."""
        return bool(self.shown.scenario) or self.shown.is_about_own

    @property
    def shown_groups(self) -> tuple[FailureGroup, ...]:
        """The failures that show it: one for each operation."""
        shown = [self.finding.failure.exchange, *(each.failure.exchange for each in self.finding.examples)]
        return tuple(group for group in self.groups if group.exchange in shown)

    def was_retested(self, keys: Collection[str]) -> bool:
        """Whether what shows it is among the failures with these keys, which were sent again."""
        return all(group.key in keys for group in self.shown_groups)

    @property
    def is_warning(self) -> bool:
        """Whether it is a warning without a decision."""
        return self.finding.status is FindingStatus.WARNING

    @property
    def is_open(self) -> bool:
        """Whether it fails the campaign."""
        return self.finding.status in (FindingStatus.OPEN, FindingStatus.FLAKY)


def findings_of(
    stored: Iterable[StoredGroup],
    contract: Contract,
    target: Target,
    *,
    is_warning: Callable[[str], bool],
    triage: Mapping[str, Triage] | None = None,
    earlier: frozenset[str] = frozenset(),
) -> tuple[CampaignFinding, ...]:
    """All findings among the stored failures, first seen first, warnings last.

    A failure of a rule that does not exist any more is none, such as one of a plugin that is not loaded.

    `earlier`: fingerprints of the findings of earlier campaigns.
    """
    seen = [
        item
        for item in stored
        if item.group.operations <= contract.operations.keys() and item.group.violation.rule in RULES
    ]
    shared: dict[tuple[str, Exchange], Interaction] = {}
    occurrences = [_occurrence(item.group, contract, shared) for item in seen]
    origin = {id(occurrence): item for occurrence, item in zip(occurrences, seen, strict=True)}
    members = [[origin[id(occurrence)] for occurrence in found] for _, found in grouped(occurrences)]
    result = []
    for finding, items in zip(group_findings(occurrences, contract, target, is_warning), members, strict=True):
        decided = (triage or {}).get(finding.fingerprint, Triage("open"))
        flaky = all(item.group.flaky for item in items)
        if flaky and finding.status is FindingStatus.WARNING:
            continue  # Not certain enough to report.
        if flaky:
            finding = replace(finding, status=FindingStatus.FLAKY, note="the same request did not fail again")
        last = max(item.last for item in items)
        is_regression = decided.state == "fixed" and last > decided.changed
        finding = _decided(finding, decided, is_regression)
        result.append(
            CampaignFinding(
                finding=replace(finding, count=sum(item.group.count for item in items)),
                groups=tuple(item.group for item in items),
                first=min(item.first for item in items),
                triage=decided,
                new=finding.fingerprint not in earlier,
                is_regression=is_regression,
            )
        )
    return tuple(sorted(result, key=lambda each: (each.is_warning, each.first, each.finding.fingerprint)))


def _decided(finding: Finding, triage: Triage, is_regression: bool) -> Finding:
    """The finding as it counts after a decision."""
    about = ": ".join(filter(None, (triage.state, " ".join(filter(None, (triage.note, triage.link))))))
    if triage.state in _ACCEPTED:
        if triage.expires and triage.expires <= date.today().isoformat():
            return replace(finding, note=f"{about} (expired on {triage.expires})")
        until = f" (until {triage.expires})" if triage.expires else ""
        return replace(finding, status=FindingStatus.KNOWN, decision=triage.state, note=about + until)
    if triage.state == "fixed":
        if is_regression:
            status = FindingStatus.OPEN if finding.status is FindingStatus.WARNING else finding.status
            return replace(finding, status=status, note=f"regression, seen again after it was marked as {about}")
        return replace(finding, status=FindingStatus.KNOWN, decision="fixed", note=f"{about}; not seen since")
    return replace(finding, note="; ".join(filter(None, (finding.note, triage.note, triage.link))))


def _occurrence(group: FailureGroup, contract: Contract, shared: dict[tuple[str, Exchange], Interaction]) -> Occurrence:
    """A group as an occurrence; violations of one response are of one interaction, which `shared` holds."""
    operation = contract.operation(group.probe.operation)
    base = None
    if group.base_probe is not None and group.base_exchange is not None:
        base = Interaction(group.base_probe, operation, group.base_exchange)
    interaction = Interaction(group.probe, operation, group.exchange)
    return Occurrence(
        group.violation,
        shared.setdefault((group.probe.name, group.exchange), interaction),
        base,
        _interactions(group.steps, contract),
        _interactions(group.setup, contract),
        is_confirmed=group.is_confirmed,
    )


def _interactions(
    steps: Iterable[tuple[str, Probe, Exchange]], contract: Contract
) -> tuple[tuple[str, Interaction], ...]:
    return tuple(
        (label, Interaction(probe, contract.operation(probe.operation), exchange)) for label, probe, exchange in steps
    )


def stored_findings(
    database: Database,
    contract: Contract,
    campaign: Campaign,
    target: Target,
    groups: Iterable[StoredGroup],
    earlier: frozenset[str],
) -> tuple[CampaignFinding, ...]:
    """The findings that groups of failures make; `earlier`: fingerprints of those of earlier campaigns.

    Those of rules that a project adds are left out where the project is not loaded.
    """
    checked_by = assemble.published(contract) if campaign.settings.published else contract
    severities = campaign.settings.severities

    def is_warning(name: str) -> bool:
        severity = severities.get(name) or ("warning" if RULES[name].is_warning else "failure")
        return severity != "failure"

    known = [each for each in groups if each.group.violation.rule in RULES]
    return findings_of(known, checked_by, target, is_warning=is_warning, triage=database.triage(), earlier=earlier)
