"""Windows of load, each between two windows of the reference, so that a busy machine slows both alike."""

import statistics
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count

from benchmarks.mock import load
from benchmarks.mock.process import Started, started
from benchmarks.mock.servers import SLUG, Server

KINDS = {
    "repeated": lambda path: path,
    "new, unknown": lambda path: path.replace(SLUG, "never-seen-{n}"),
    "new, known": lambda path: f"{path}?n={{n}}",
}
"""Kinds of reads: the same again and again; a key that was never asked for; a known key, with a query never seen."""
_numbers = count(1)


@dataclass(frozen=True)
class Window:
    """One window."""

    load: load.Load
    cpu: float
    """Microseconds of processor time of the server's processes per request."""


@dataclass(frozen=True)
class Figures:
    """What all windows of one server and kind come to: medians."""

    server: str
    kind: str
    ratio: float
    """Answers per second, in parts of what the reference gave just before and after."""
    cpu_ratio: float
    """Processor time per request, in parts of the reference's."""
    per_second: float
    cpu: float
    p50: float
    p99: float
    refused: float
    """Part of the answers with a status of 400 or more."""
    failed: int
    spread: tuple[float, float]
    """The lowest and the highest ratio of a round."""


def window(running: Started, kind: str, seconds: int) -> Window:
    """Load one server with one kind of reads."""
    before = running.cpu()
    first = next(_numbers) * 10_000_000
    path = KINDS[kind](running.server.path)
    done = load.send(running.port, path, running.server.headers, seconds=seconds, first=first)
    return Window(done, 1e6 * (running.cpu() - before) / max(done.requests, 1))


def compare(
    servers: Iterable[Server],
    reference: Server,
    kinds: Iterable[str],
    *,
    rounds: int,
    seconds: int,
    tell: Callable[[str], None],
) -> tuple[list[Figures], dict[str, Started]]:
    """Start all servers, and load them in turn. The processes end with the call; what they used is in the result."""
    figures, kinds = [], tuple(kinds)
    with ExitStack() as stack:
        base = stack.enter_context(started(reference))
        others = {each.name: stack.enter_context(started(each)) for each in servers}
        for running in others.values():
            for kind in kinds:
                window(running, kind, min(seconds, 1))
        for kind in kinds:
            rows: dict[str, list[tuple[Window, float, float]]] = {name: [] for name in others}
            for turn in range(rounds):
                before = window(base, kind, seconds)
                for name, running in others.items():
                    found = window(running, kind, seconds)
                    after = window(base, kind, seconds)
                    speed = (before.load.per_second + after.load.per_second) / 2
                    rows[name].append((found, found.load.per_second / speed, 2 * found.cpu / (before.cpu + after.cpu)))
                    before = after
                    tell(f"{kind}, round {turn + 1} of {rounds}: {name} {rows[name][-1][1]:.2f} of {reference.name}")
            figures += [_figures(name, kind, found) for name, found in rows.items()]
        return figures, others


def _figures(name: str, kind: str, rows: list[tuple[Window, float, float]]) -> Figures:
    loads = [row[0].load for row in rows]
    return Figures(
        server=name,
        kind=kind,
        ratio=statistics.median(row[1] for row in rows),
        cpu_ratio=statistics.median(row[2] for row in rows),
        per_second=statistics.median(each.per_second for each in loads),
        cpu=statistics.median(row[0].cpu for row in rows),
        p50=statistics.median(each.p50 for each in loads),
        p99=statistics.median(each.p99 for each in loads),
        refused=sum(each.refused for each in loads) / max(1, sum(each.requests for each in loads)),
        failed=sum(each.failed for each in loads),
        spread=(min(row[1] for row in rows), max(row[1] for row in rows)),
    )
