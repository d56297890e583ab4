"""From the start of a process to its first 200, and the memory it then takes and takes after load."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.mock.process import started
from benchmarks.mock.servers import Server


@dataclass(frozen=True)
class Begun:
    """The starts of one server: medians."""

    server: str
    seconds: float
    """Until the first 200, of the clock,"""
    ratio: float
    """in parts of the reference's, which was started just before,"""
    cpu: float
    """and of the processor."""
    pss: float
    """MB at the first 200."""


def starts(
    servers: Sequence[Server], reference: Server, *, rounds: int, tell: Callable[[str], None]
) -> dict[str, Begun]:
    """Start all servers in turn, the reference before each; by name. What a first start keeps, the others find."""
    rows: dict[str, list[tuple[float, float, float, float]]] = {each.name: [] for each in servers}
    for each in servers:
        _once(each)
    for turn in range(rounds):
        for each in servers:
            base, *_ = _once(reference)
            seconds, cpu, pss = _once(each)
            rows[each.name].append((seconds, seconds / base, cpu, pss))
            tell(f"start, round {turn + 1} of {rounds}: {each.name} {seconds:.2f} s, {cpu:.2f} s of the processor")
    return {
        name: Begun(name, *(statistics.median(column) for column in zip(*found, strict=True)))
        for name, found in rows.items()
    }


def _once(server: Server) -> tuple[float, float, float]:
    with started(server) as running:
        return running.seconds, running.cpu(), running.pss()
