"""The gate beside `schemathesis run`: what they find, and what a true finding costs.

    python -m benchmarks gate [--short]

Two parts, in one run. The flow operation: servers of the catalogue that proves the gate (`tests/faulty_servers`), each
with one fault, where a run that fails has found it. Real servers (`benchmarks/products`), whose findings were reviewed
one by one. Both testers read the same contract with the same token, each as a command of its own, in turn. Schemathesis
runs with all its checks, but on the flow operation without the two that expect 401 where the contract says 403.
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
from benchmarks.products import comparison, process, report, run
from benchmarks.products.catalogue import PRODUCTS
from flowcontract.openapi.contract import carried

_BASE = "/api/v3"
_EXCLUDED_CHECKS = "ignored_auth,missing_required_header"
_OPERATION = "flows_instances_retrieve"
"""The only operation of the servers of the catalogue."""
_IDS = [f"--param=slug={flow}" for flow in Server().flows]
_SECONDS = 55
"""Time limit of a run against a real server, so that it ends within a minute with its start and its report."""
_SHORT = ("json-server", "fastapi")
"""Real servers of a short run."""


def _gate(profile: str) -> Callable[[str], list[str]]:
    words = [sys.executable, "-m", "flowcontract", "gate"]
    return lambda url: [*words, url, "--operation", _OPERATION, "--profile", profile, *_IDS]


def _schemathesis(url: str) -> list[str]:
    command = str(Path(sys.executable).with_name("schemathesis"))
    words = [command, "run", str(carried("openapi.yaml")), "--url", url + _BASE, "-H", f"Authorization: Bearer {TOKEN}"]
    words += ["--include-operation-id", _OPERATION, "--exclude-checks", _EXCLUDED_CHECKS]
    return [*words, "--generation-deterministic", "--continue-on-failure"]


TESTERS: dict[str, tuple[Callable[[str], list[str]], str]] = {
    "flowcontract gate --profile quick": (_gate("quick"), r"([\d,]+) requests"),
    "flowcontract gate": (_gate("full"), r"([\d,]+) requests"),
    "schemathesis run": (_schemathesis, r"(\d[\d,]*) generated"),
}
"""By name: the command for a URL, and where its output has the number of requests."""


@dataclass(frozen=True)
class Run:
    """One run of one tester."""

    code: int
    requests: int
    seconds: float
    cpu: float
    """Seconds of processor time of the tester's processes."""


def _run(name: str, url: str) -> Run:
    command, count = TESTERS[name]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = {**os.environ, "FLOWCONTRACT_TOKEN": TOKEN, "NO_COLOR": "1"}
    done = subprocess.run(command(url), env=environment, capture_output=True, text=True, cwd=page.ROOT)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    match = re.search(count, done.stdout)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(done.returncode, int(match[1].replace(",", "")) if match else 0, seconds, cpu)


def _faults(most: int) -> list[Fault]:
    ordered = sorted(FAULTS.values(), key=lambda fault: fault.name)
    return ordered[:: -(-len(ordered) // most)]


def measured(*, short: bool, tell: Callable[[str], None]) -> str:
    """Both tables."""
    tables = (_on_the_flow_operation(short=short, tell=tell), _on_products(short=short, tell=tell))
    return "\n\n".join((*tables, page.machine()))


def _on_the_flow_operation(*, short: bool, tell: Callable[[str], None]) -> str:
    rounds, faults = (1, _faults(5)) if short else (5, _faults(40))
    conforming: dict[str, list[Run]] = {name: [] for name in TESTERS}
    with running(Server()) as url:
        for turn in range(rounds):
            for name in TESTERS:
                conforming[name].append(_run(name, url))
                tell(f"conforming server, round {turn + 1} of {rounds}: {name} {conforming[name][-1]}")
    faulty: dict[str, list[Run]] = {name: [] for name in TESTERS}
    for fault in faults:
        for name in TESTERS:
            with running(fault.over(Server())) as url:
                faulty[name].append(_run(name, url))
        tell(f"{fault.name}: {', '.join(str(faulty[name][-1].code) for name in TESTERS)}")
    head = (
        "tester",
        "requests",
        "time",
        "CPU",
        "conforming server",
        f"found of {len(faults)} faults",
        "CPU per fault found",
        "requests per fault found",
    )
    return page.table(head, [_row(name, conforming[name], faulty[name]) for name in TESTERS])


def _row(name: str, conforming: list[Run], faulty: list[Run]) -> tuple[str, ...]:
    found = sum(each.code == 1 for each in faulty)
    return (
        f"`{name}`",
        f"{statistics.median(each.requests for each in conforming):.0f}",
        f"{statistics.median(each.seconds for each in conforming):.2f} s",
        f"{statistics.median(each.cpu for each in conforming):.2f} s",
        "passed" if all(each.code == 0 for each in conforming) else "failed",
        str(found),
        f"{sum(each.cpu for each in faulty) / max(found, 1):.2f} s",
        f"{sum(each.requests for each in faulty) / max(found, 1):,.0f}",
    )


def _on_products(*, short: bool, tell: Callable[[str], None]) -> str:
    runs = []
    for product in PRODUCTS.values():
        if (short and product.name not in _SHORT) or process.missing(product):
            continue
        for tester in (run.gate, run.schemathesis):
            # A server of its own for each, so that neither sees the data of the other.
            with process.running(product) as server:
                runs.append(tester(server, seconds=_SECONDS))
            tell(f"{product.name}: {runs[-1].tester} {runs[-1].headline}")
    return report.summary(runs, comparison.read_entries())
