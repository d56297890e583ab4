"""From groups to causes: the gate's grouping, over everything a campaign has found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from flowcontract.checks import Interaction
from flowcontract.checks.findings import Finding, FindingStatus, Occurrence, group_findings
from flowcontract.engine.campaigns.database import StoredGroup, Triage
from flowcontract.engine.campaigns.plan import FailureGroup, Source
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract


@dataclass(frozen=True, slots=True)
class CampaignFinding:
    """A cause, and what a campaign knows of it beyond what the gate would."""

    finding: Finding
    groups: tuple[FailureGroup, ...]
    second: float
    """When it was first seen, seconds into the campaign."""
    state: str
    """`open`, `known` or `fixed`, as people decided."""
    note: str
    new: bool = True
    """Whether no earlier campaign of the database found it."""

    @property
    def trigger(self) -> str:
        """What is special about the requests that show it; empty where they have nothing in common."""
        triggers = {group.probe.trigger for group in self.groups}
        return triggers.pop() if len(triggers) == 1 else ""

    @property
    def case(self) -> str:
        """The first case that showed it, such as `breadth 1,204`: the same for the same seed."""
        order = list(Source)
        first = min(self.groups, key=lambda group: (order.index(group.source), group.index))
        return f"{first.source} {first.index:,}"

    @property
    def is_warning(self) -> bool:
        """Whether it is told and breaks nothing, and nobody has decided about it yet."""
        return self.finding.status is FindingStatus.WARNING

    @property
    def is_open(self) -> bool:
        """Whether it counts against the target: one that was said to be fixed and is here again does."""
        return self.state != "known" and self.finding.status in (FindingStatus.OPEN, FindingStatus.FLAKY)


def found(
    kept: Iterable[StoredGroup],
    contract: Contract,
    target: Target,
    *,
    triage: Mapping[str, Triage] | None = None,
    earlier: frozenset[str] = frozenset(),
) -> tuple[CampaignFinding, ...]:
    """Every cause in what is kept, the first seen first, remarks last.

    `earlier`: fingerprints that earlier campaigns found.
    """
    seen = [item for item in kept if item.group.probe.operation in contract.operations]
    broken: dict[int, tuple[StoredGroup, Occurrence]] = {}
    for item in seen:
        made = _broken(item.group, contract)
        broken[id(made)] = (item, made)
    grouped = group_findings([made for _, made in broken.values()], contract, target)
    members = _members(seen, grouped)
    known = triage or {}
    result = []
    for finding, items in zip(grouped, members, strict=True):
        decided = known.get(finding.fingerprint, Triage("open", "", ""))
        flaky = all(item.group.flaky for item in items)
        note = "it did not break when the same was asked again" if flaky else ""
        note = decided.note or note
        if decided.state == "fixed":  # Before this campaign or after it.
            note = ": ".join(filter(None, ("said to be fixed", decided.note)))
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


def _broken(group: FailureGroup, contract: Contract) -> Occurrence:
    operation = contract.operation(group.probe.operation)
    base = None
    if group.base_probe is not None and group.base_exchange is not None:
        base = Interaction(group.base_probe, operation, group.base_exchange)
    return Occurrence(group.violation, Interaction(group.probe, operation, group.exchange), base)


def _members(kept: Sequence[StoredGroup], grouped: Sequence[Finding]) -> list[list[StoredGroup]]:
    """Which groups each cause holds: it is named by rule, operation, cause and, where that is apart, the trigger."""
    result: list[list[StoredGroup]] = []
    for finding in grouped:
        head, _, trigger = finding.failure.identity.rpartition("|")
        result.append(
            [
                item
                for item in kept
                if f"{item.group.violation.rule}|{item.group.probe.operation}|{item.group.violation.group_key}" == head
                and trigger in ("", item.group.probe.trigger, item.group.probe.group)
            ]
        )
    return result
