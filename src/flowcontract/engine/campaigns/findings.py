"""From cells to causes: the gate's grouping, over everything a campaign has found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from flowcontract.checks import Interaction
from flowcontract.checks.findings import Finding, FindingStatus, Occurrence, group_findings
from flowcontract.engine.campaigns.database import Kept, Triage
from flowcontract.engine.campaigns.plan import Cell, Source
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract


@dataclass(frozen=True, slots=True)
class Found:
    """A cause, and what a campaign knows of it beyond what the gate would."""

    finding: Finding
    cells: tuple[Cell, ...]
    second: float
    """When it was first seen, seconds into the campaign."""
    state: str
    """`open`, `known` or `fixed`, as people decided."""
    note: str
    new: bool = True
    """Whether no earlier campaign of the store found it."""

    @property
    def trigger(self) -> str:
        """What is special about the requests that show it; empty where they have nothing in common."""
        triggers = {cell.probe.trigger for cell in self.cells}
        return triggers.pop() if len(triggers) == 1 else ""

    @property
    def case(self) -> str:
        """The first case that showed it, such as `breadth 1,204`: the same for the same seed."""
        order = list(Source)
        first = min(self.cells, key=lambda cell: (order.index(cell.source), cell.index))
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
    kept: Iterable[Kept],
    contract: Contract,
    target: Target,
    *,
    triage: Mapping[str, Triage] | None = None,
    earlier: frozenset[str] = frozenset(),
) -> tuple[Found, ...]:
    """Every cause in what is kept, the first seen first, remarks last.

    `earlier`: fingerprints that earlier campaigns found.
    """
    seen = [item for item in kept if item.cell.probe.operation in contract.operations]
    broken: dict[int, tuple[Kept, Occurrence]] = {}
    for item in seen:
        made = _broken(item.cell, contract)
        broken[id(made)] = (item, made)
    grouped = group_findings([made for _, made in broken.values()], contract, target)
    members = _members(seen, grouped)
    known = triage or {}
    result = []
    for finding, items in zip(grouped, members, strict=True):
        decided = known.get(finding.fingerprint, Triage("open", "", ""))
        flaky = all(item.cell.flaky for item in items)
        note = "it did not break when the same was asked again" if flaky else ""
        note = decided.note or note
        if decided.state == "fixed":  # Before this campaign or after it.
            note = ": ".join(filter(None, ("said to be fixed", decided.note)))
        result.append(
            Found(
                finding=replace(
                    finding,
                    count=sum(item.cell.count for item in items),
                    status=FindingStatus.KNOWN
                    if decided.state == "known"
                    else FindingStatus.FLAKY
                    if flaky and finding.status is FindingStatus.OPEN
                    else finding.status,
                    note=note,
                ),
                cells=tuple(item.cell for item in items),
                second=min(item.second for item in items),
                state=decided.state,
                note=note,
                new=finding.fingerprint not in earlier,
            )
        )
    return tuple(sorted(result, key=lambda each: (each.is_warning, each.second, each.finding.fingerprint)))


def _broken(cell: Cell, contract: Contract) -> Occurrence:
    operation = contract.operation(cell.probe.operation)
    base = None
    if cell.base_probe is not None and cell.base_exchange is not None:
        base = Interaction(cell.base_probe, operation, cell.base_exchange)
    return Occurrence(cell.violation, Interaction(cell.probe, operation, cell.exchange), base)


def _members(kept: Sequence[Kept], grouped: Sequence[Finding]) -> list[list[Kept]]:
    """Which cells each cause holds: it is named by rule, operation, cause and, where that is apart, the trigger."""
    result: list[list[Kept]] = []
    for finding in grouped:
        head, _, trigger = finding.failure.identity.rpartition("|")
        result.append(
            [
                item
                for item in kept
                if f"{item.cell.violation.rule}|{item.cell.probe.operation}|{item.cell.violation.group_key}" == head
                and trigger in ("", item.cell.probe.trigger, item.cell.probe.group)
            ]
        )
    return result
