"""What a worker does: run the cases of a shard for a while, and bring back what came of them."""

import time
from dataclasses import replace

from flowcontract.checks import Interaction
from flowcontract.checks.findings import Occurrence
from flowcontract.engine.campaigns.metrics import family, tally
from flowcontract.engine.campaigns.minimize import minimal, shrunk
from flowcontract.engine.campaigns.plan import Cell, Example, PackedPlan, Shard, ShardResult, Source
from flowcontract.engine.campaigns.runner import Bench, bench
from flowcontract.generation import schemathesis_cases

_AGAIN = 2
"""How often a new failure is asked again, to tell a flaky one."""


def work(packed: PackedPlan, shard: Shard, *, seconds: float, interval: float, seen: frozenset[str]) -> ShardResult:
    """Run a shard for about `seconds`, one request every `interval` seconds at most.

    `seen`: keys of cells and behaviours that the driver has: a new one is looked at more closely.
    """
    table = bench(packed)
    began, cpu = time.monotonic(), time.process_time()
    result = ShardResult(shard, shard.start)
    requests: set[int] = set()
    if shard.source is Source.BREADTH:
        schemathesis_cases.warm_up()  # Depth comes next, and the cases do not wait for it.
    for index in range(shard.start, shard.stop):
        now = time.monotonic()
        if now - began >= seconds:
            break
        probe = table.probe(shard.source, index)
        interaction = table.ask(probe)
        if interaction.exchange.response is None and not table.is_up():
            result.down = True
            result.suspect = next(iter(_cells(table.broken(interaction), shard.source, index)), None)
            break
        requests.add(hash(probe.request))
        _take(table, result, interaction, index, seen)
        result.reached = index + 1
        if interval and (left := interval - (time.monotonic() - now)) > 0:
            time.sleep(left)
    result.counts["distinct", "", ""] = len(requests)
    result.cpu = time.process_time() - cpu
    return result


def _take(table: Bench, result: ShardResult, interaction: Interaction, index: int, seen: frozenset[str]) -> None:
    source = result.shard.source
    drawn = source is Source.DEPTH or (source is Source.BREADTH and index >= len(table.breadth.systematic))
    behaviour = tally(result.counts, interaction, drawn=drawn)
    if behaviour not in seen and behaviour not in result.interest:
        result.interest[behaviour] = (interaction.probe, interaction.exchange)
    for cell in _cells(table.broken(interaction), source, index):
        result.counts["failed", family(interaction.probe.name), cell.violation.rule] += 1
        if cell.key in result.cells:
            result.cells[cell.key] = result.cells[cell.key].merged(cell)
        elif cell.key in seen:
            result.cells[cell.key] = cell
        else:
            result.cells[cell.key], found = _looked_at(table, cell)
            result.examples += found


def _cells(broken: list[Occurrence], source: Source, index: int) -> list[Cell]:
    return [
        Cell(
            violation=item.violation,
            probe=item.interaction.probe,
            exchange=item.interaction.exchange,
            base_probe=item.base.probe if item.base else None,
            base_exchange=item.base.exchange if item.base else None,
            count=1,
            source=source,
            index=index,
        )
        for item in broken
    ]


def _looked_at(table: Bench, cell: Cell) -> tuple[Cell, tuple[Example, ...]]:
    """A failure that is new: asked again, made small where it stands, and what Hypothesis is to remember of it."""
    if cell.probe.request.method not in ("GET", "HEAD", "OPTIONS"):
        return cell, ()
    for _ in range(_AGAIN):
        again = _cells(table.broken(table.ask(cell.probe)), cell.source, cell.index)
        if not any(other.key == cell.key for other in again):
            return replace(cell, flaky=True), ()
    smaller, found = shrunk(table, cell) if cell.source is Source.DEPTH else (cell, ())
    smaller = minimal(table, smaller)
    return (smaller if smaller.key == cell.key else cell), found
