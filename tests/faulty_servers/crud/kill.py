"""Run the gate against every faulty server of this API, and compare each outcome with the committed table.

    python -m tests.faulty_servers.crud kill                   all of them, and the conforming servers
    python -m tests.faulty_servers.crud kill 'stale-*' storage only those of a name or a class
    python -m tests.faulty_servers.crud kill --write           write the table

The runs have `--profile quick --allow-unsafe --fail-fast`: our probes and sequences until the first failure.
"""

import csv
import fnmatch
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.faulty_servers import table

from flowcontract import engine
from flowcontract.checks.findings import Result, RunResult
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

from .catalogue import FAULTS
from .document import DOCUMENT
from .handling import OTHER, OWNER, READER
from .server import Api
from .serving import Serve, running
from .variants import VARIANTS

EXPECTED = Path(__file__).with_name("expected.tsv")
_COLUMNS = ("server", "class", "outcome", "rules")
_SECONDS = 120.0
"""Time limit of one run; it takes a few seconds where nothing else runs."""


@dataclass(frozen=True, slots=True)
class Run:
    """What the gate made of one server."""

    name: str
    kind: str
    outcome: str
    """`failed`, `passed` or `inconclusive`."""
    rules: tuple[str, ...]
    """The rules of the failures, sorted."""

    @property
    def row(self) -> tuple[str, ...]:
        """The run as a row of the table."""
        return self.name, self.kind, self.outcome, " ".join(self.rules)


def gate_result(serve: Serve, *, fail_fast: bool = True, profile: str = "quick", unsafe: bool = True) -> RunResult:
    """The result of the gate for a server, with two users and a read-only credential."""
    contract = Contract(DOCUMENT)
    with running(serve) as url:
        target = Target.at(url, contract.base_path, token=OWNER, other_token=OTHER, read_only_token=READER)
        options = engine.Options(
            profile=profile, allow_unsafe=unsafe, fail_fast=fail_fast, time_limit=_SECONDS, max_response_time=_SECONDS
        )
        return engine.run(contract, target, options)


def servers() -> dict[str, tuple[str, type[Api]]]:
    """Every server by name, with its class: the conforming ones first."""
    conforming = {"plain": Api, **VARIANTS}
    return {name: (table.CONFORMING, server) for name, server in conforming.items()} | {
        name: (fault.kind, fault.server) for name, fault in FAULTS.items()
    }


def run(name: str) -> Run:
    """Run the gate against one server."""
    kind, server = servers()[name]
    result = gate_result(server())
    rules = tuple(sorted({finding.rule for finding in result.open_findings}))
    outcome = {Result.PASSED: "passed", Result.FAILED: "failed"}.get(result.result, "inconclusive")
    if result.result is Result.INCONCLUSIVE and rules:
        outcome = "failed"
    return Run(name, kind, outcome, rules)


def kill(patterns: Sequence[str], *, write: bool, workers: int | None = None) -> int:
    """Run, print and compare. Exit code 1 where an outcome differs from the table or a conforming server fails."""
    chosen = [
        name
        for name, (kind, _) in servers().items()
        if not patterns or any(fnmatch.fnmatch(text, one) for one in patterns for text in (name, kind))
    ]
    expected = table.read(EXPECTED) if EXPECTED.exists() else {}
    runs, different = [], 0
    with ProcessPoolExecutor(workers or os.cpu_count()) as pool:
        for found in pool.map(run, chosen):
            runs.append(found)
            if write:
                _write_table(runs, expected)
            same = expected.get(found.name) == found.row
            different += not same
            note = "" if same or write else f"   (expected {' '.join(expected.get(found.name, ('nothing',))[2:])})"
            print(f"{found.outcome:8} {found.kind:18} {found.name:36} {' '.join(found.rules)}{note}", flush=True)
    print(summary(runs))
    if write:
        return 0
    wrong = [one for one in runs if one.kind == table.CONFORMING and one.outcome != "passed"]
    return int(bool(different or wrong))


def summary(runs: Iterable[Run]) -> str:
    """How many faults of each class were found."""
    total = Counter(one.kind for one in runs)
    found = Counter(one.kind for one in runs if one.outcome == "failed")
    lines = [f"{found[kind]:4} of {count:4} {kind}" for kind, count in total.items()]
    faults = sum(count for kind, count in total.items() if kind != table.CONFORMING)
    return "\n".join([*lines, f"{found.total() - found[table.CONFORMING]} of {faults} faults found"])


def _write_table(runs: Sequence[Run], before: dict[str, tuple[str, ...]]) -> None:
    rows = before | {one.name: one.row for one in runs}
    with EXPECTED.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows(rows[name] for name in servers() if name in rows)
