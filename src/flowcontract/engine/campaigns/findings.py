"""From cells to causes: the gate's grouping, over everything a campaign has found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from flowcontract.checks import Answered, grouping
from flowcontract.checks.grouping import Broken
from flowcontract.checks.results import Cause, Standing
from flowcontract.engine.campaigns.database import Kept, Triage
from flowcontract.engine.campaigns.plan import Cell, Source
from flowcontract.http.messages import Target
from flowcontract.openapi.contract import Contract


@dataclass(frozen=True, slots=True)
class Found:
    """A cause, and what a campaign knows of it beyond what the gate would."""

    cause: Cause
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
    def is_remark(self) -> bool:
        """Whether it is told and breaks nothing, and nobody has decided about it yet."""
        return self.cause.standing is Standing.REMARK

    @property
    def is_open(self) -> bool:
        """Whether it counts against the target: one that was said to be fixed and is here again does."""
        return self.state != "known" and self.cause.standing in (Standing.OPEN, Standing.FLAKY)


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
    broken: dict[int, tuple[Kept, Broken]] = {}
    for item in seen:
        made = _broken(item.cell, contract)
        broken[id(made)] = (item, made)
    grouped = grouping.group([made for _, made in broken.values()], contract, target)
    members = _members(seen, grouped)
    known = triage or {}
    result = []
    for cause, items in zip(grouped, members, strict=True):
        decided = known.get(cause.fingerprint, Triage("open", "", ""))
        flaky = all(item.cell.flaky for item in items)
        note = "it did not break when the same was asked again" if flaky else ""
        note = decided.note or note
        if decided.state == "fixed":  # Before this campaign or after it.
            note = ": ".join(filter(None, ("said to be fixed", decided.note)))
        result.append(
            Found(
                cause=replace(
                    cause,
                    count=sum(item.cell.count for item in items),
                    standing=Standing.KNOWN
                    if decided.state == "known"
                    else Standing.FLAKY
                    if flaky and cause.standing is Standing.OPEN
                    else cause.standing,
                    note=note,
                ),
                cells=tuple(item.cell for item in items),
                second=min(item.second for item in items),
                state=decided.state,
                note=note,
                new=cause.fingerprint not in earlier,
            )
        )
    return tuple(sorted(result, key=lambda each: (each.is_remark, each.second, each.cause.fingerprint)))


def _broken(cell: Cell, contract: Contract) -> Broken:
    operation = contract.operation(cell.probe.operation)
    base = None
    if cell.base_probe is not None and cell.base_exchange is not None:
        base = Answered(cell.base_probe, operation, cell.base_exchange)
    return Broken(cell.finding, Answered(cell.probe, operation, cell.exchange), base)


def _members(kept: Sequence[Kept], grouped: Sequence[Cause]) -> list[list[Kept]]:
    """Which cells each cause holds: it is named by rule, operation, cause and, where that is apart, the trigger."""
    result: list[list[Kept]] = []
    for cause in grouped:
        head, _, trigger = cause.failure.cause.rpartition("|")
        result.append(
            [
                item
                for item in kept
                if f"{item.cell.finding.rule}|{item.cell.probe.operation}|{item.cell.finding.cause}" == head
                and trigger in ("", item.cell.probe.trigger, item.cell.probe.group)
            ]
        )
    return result
