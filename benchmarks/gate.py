"""The gate beside `schemathesis run`: requests, time and processor time over a right server, faults that each sees.

    python -m benchmarks gate [--short]

Both judge the same servers, of the catalogue that proves the gate (`tests/faulty_servers`), by the same contract with
the same token, each as a command of its own, in turn. Schemathesis runs with all checks that a right server passes: two
of them expect 401 where the contract says 403. The faults are every so-manieth of the catalogue by name.
"""

import os
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.faulty_servers.catalogue import FAULTS, Fault
from tests.faulty_servers.server import TOKEN, Server, running

from benchmarks import page
from flowcontract.openapi.contract import carried

_BASE = "/api/v3"
_MISTAKEN = "ignored_auth,missing_required_header"
_OPERATION = "flows_instances_retrieve"
"""The only operation of the servers of the catalogue."""
_KEYS = [f"--param=slug={flow}" for flow in Server().flows]


def _gate(profile: str) -> Callable[[str], list[str]]:
    words = [sys.executable, "-m", "flowcontract", "gate"]
    return lambda url: [*words, url, "--operation", _OPERATION, "--profile", profile, *_KEYS]


def _schemathesis(url: str) -> list[str]:
    command = str(Path(sys.executable).with_name("schemathesis"))
    words = [command, "run", str(carried("openapi.yaml")), "--url", url + _BASE, "-H", f"Authorization: Bearer {TOKEN}"]
    words += ["--include-operation-id", _OPERATION, "--exclude-checks", _MISTAKEN]
    return [*words, "--generation-deterministic", "--continue-on-failure"]


JUDGES: dict[str, tuple[Callable[[str], list[str]], str]] = {
    "flowcontract gate --profile quick": (_gate("quick"), r"(\d+) requests"),
    "flowcontract gate": (_gate("full"), r"(\d+) requests"),
    "schemathesis run": (_schemathesis, r"(\d[\d,]*) generated"),
}
"""By name: the command for a URL, and where it says how many requests it sent."""


@dataclass(frozen=True)
class Run:
    """One run of one judge."""

    code: int
    requests: int
    seconds: float
    cpu: float
    """Seconds of processor time of the judge's processes."""


def _run(name: str, url: str) -> Run:
    command, count = JUDGES[name]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = {**os.environ, "FLOWCONTRACT_TOKEN": TOKEN, "NO_COLOR": "1"}
    done = subprocess.run(command(url), env=environment, capture_output=True, text=True, cwd=page.ROOT)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    said = re.search(count, done.stdout)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(done.returncode, int(said[1].replace(",", "")) if said else 0, seconds, cpu)


def _faults(most: int) -> list[Fault]:
    ordered = sorted(FAULTS.values(), key=lambda fault: fault.name)
    return ordered[:: -(-len(ordered) // most)]


def measured(*, short: bool, tell: Callable[[str], None]) -> str:
    """The table: a right server first, then the faults."""
    rounds, faults = (1, _faults(5)) if short else (5, _faults(100))
    right: dict[str, list[Run]] = {name: [] for name in JUDGES}
    with running(Server()) as url:
        for turn in range(rounds):
            for name in JUDGES:
                right[name].append(_run(name, url))
                tell(f"right server, round {turn + 1} of {rounds}: {name} {right[name][-1]}")
    found: dict[str, list[Run]] = {name: [] for name in JUDGES}
    for fault in faults:
        for name in JUDGES:
            with running(fault.over(Server())) as url:
                found[name].append(_run(name, url))
        tell(f"{fault.name}: {', '.join(str(found[name][-1].code) for name in JUDGES)}")
    head = ("judge", "requests", "time", "CPU", "right server", f"of {len(faults)} faults", "CPU per fault seen")
    rows = [_row(name, right[name], found[name]) for name in JUDGES]
    return f"{page.table(head, rows)}\n\n{page.machine()}"


def _row(name: str, right: list[Run], found: list[Run]) -> tuple[str, ...]:
    seen = sum(run.code == 1 for run in found)
    spent = sum(run.cpu for run in found) / max(seen, 1)
    return (
        f"`{name}`",
        f"{statistics.median(run.requests for run in right):.0f}",
        f"{statistics.median(run.seconds for run in right):.2f} s",
        f"{statistics.median(run.cpu for run in right):.2f} s",
        "kept" if all(run.code == 0 for run in right) else "called broken",
        f"{seen} seen",
        f"{spent:.2f} s",
    )
