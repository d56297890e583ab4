"""The mock's reads and its memory: `python -m benchmarks.mock.ours [--write]`.

Three tables: reads compared with bare applications (uvicorn, granian), with the mock under other servers and with
Connexion alone; memory over 100,000 requests; the machine. `--write` puts them into docs/performance.md.
"""

import argparse
import importlib.util
import os
import sys
from collections.abc import Sequence

from benchmarks import page
from benchmarks.mock import servers
from benchmarks.mock.measure import KINDS, Figures, compare, window
from benchmarks.mock.process import started
from benchmarks.mock.servers import HERE, SERVERS, Server

ROOT = HERE.parents[1]
_GRANIAN = (sys.executable, "-m", "granian", "--interface", "asgi", "--http", "1", "--port", "{port}", "--workers", "1")
_UVICORN = (sys.executable, "-m", "uvicorn", "--port", "{port}", "--http", "httptools", "--no-access-log")
_HERE = {"PYTHONPATH": str(ROOT)}
SIDE_BY_SIDE = (
    SERVERS["mock"],
    Server("mock, as ASGI on uvicorn", (*_UVICORN, "benchmarks.mock.asgi:app"), environment=_HERE),
    Server("Connexion alone", (*_UVICORN, "benchmarks.mock.bare_connexion:app"), environment=_HERE),
    SERVERS["nginx"],
)
ON_GRANIAN = (
    Server("mock, as ASGI on granian", (*_GRANIAN, "benchmarks.mock.asgi:app"), environment=_HERE),
    Server("bare on granian", (*_GRANIAN, "benchmarks.mock.bare:app"), environment=_HERE),
)
"""Measured where granian is installed."""
REQUESTS = 100_000


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def _reads(rounds: int, seconds: int) -> str:
    chosen = [each for each in SIDE_BY_SIDE if each.is_available]
    chosen += ON_GRANIAN if importlib.util.find_spec("granian") else ()
    figures, _ = compare(chosen, SERVERS["bare"], KINDS, rounds=rounds, seconds=seconds, tell=_say)
    return _table("of bare", figures)


def _table(ratio: str, figures: Sequence[Figures]) -> str:
    head = ("server", "reads", ratio, "lowest to highest", "CPU per read", f"CPU {ratio}", "reads/s", "p50", "p99")
    rows = [
        (
            each.server,
            each.kind,
            f"{each.ratio:.2f}",
            f"{each.spread[0]:.2f} to {each.spread[1]:.2f}",
            f"{each.cpu:.1f} µs",
            f"{each.cpu_ratio:.2f}",
            f"{each.per_second:,.0f}",
            f"{each.p50:.2f} ms",
            f"{each.p99:.1f} ms",
        )
        for each in figures
    ]
    return page.table(head, rows)


def memory(requests: int = REQUESTS) -> str:
    """Memory on the way to twice so many requests, of all kinds in turn: a table."""
    rows = []
    with started(SERVERS["mock"]) as running:
        done, asked = 0, 0
        rows.append((f"{done:,}", f"{running.pss():.1f} MB"))
        for goal in (requests // 10, requests // 2, requests, 2 * requests):
            while done < goal:
                asked += 1
                done += window(running, list(KINDS)[asked % len(KINDS)], 1).load.requests
            rows.append((f"{done:,}", f"{running.pss():.1f} MB"))
            _say(f"memory after {rows[-1][0]} requests: {rows[-1][1]}")
    return page.table(("requests", "memory (PSS)"), rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mock.ours", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2, help="of one window")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    arguments = parser.parse_args()
    servers.write_answer()
    before = os.getloadavg()[0]
    tables = {"mock reads": _reads(arguments.rounds, arguments.seconds), "mock memory": memory()}
    load = f"Load of the machine: {before:.1f} before, {os.getloadavg()[0]:.1f} at the end, ours included."
    tables["mock machine"] = f"{page.machine()} {load}"
    for name, text in tables.items():
        print(f"\n{name}\n\n{text}")
        if arguments.write:
            page.put(name, text)


if __name__ == "__main__":
    main()
