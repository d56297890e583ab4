"""Run the gate against every server of the catalogue, and compare the outcome of each with the committed table.

    python -m tests.faulty_servers                       all, over the small conforming server
    python -m tests.faulty_servers 'pk-*' IDs-found     only those of a name, or of a class
    python -m tests.faulty_servers --sample              the conforming servers, and one that each rule finds
    python -m tests.faulty_servers --over mock           over the mock; nothing is compared
    python -m tests.faulty_servers --write               write the table, and the page docs/data/faults-gate.md

The exit code is 0 where every outcome is as in the table and every conforming server passes, else 1.
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

from flowcontract import engine
from flowcontract.checks.findings import RunResult
from flowcontract.http.target import Target
from flowcontract.openapi import documents
from flowcontract.openapi.contract import Contract

from . import table
from .catalogue import FAULTS, VARIANTS, Fault, Variant
from .server import TOKEN, Server, running
from .table import Run

OPERATION = "flows_instances_retrieve"
"""The catalogue is about this operation; its servers have no other one."""
PROOF = Path("docs/data/faults-gate.md")
EXPECTED = Path(__file__).with_name("expected.tsv")
"""The outcomes of the gate with the profile `quick`."""
_SECONDS = 30.0
"""Time limit of one run: a slow server is found slow well before."""


def gate_result(url: str, keys: Iterable[str], profile: str) -> RunResult:
    """The result of the gate for a server, as `flowcontract gate` gives it."""
    contract = Contract.load()
    target = Target.at(url, contract.base_path, token=TOKEN)
    named = {OPERATION: [{"slug": key} for key in keys]}
    options = engine.Options(operations=(OPERATION,), path_values=named, profile=profile, time_limit=_SECONDS)
    return engine.run(contract, target, options)


@contextmanager
def conforming(over: str) -> Iterator[Server]:
    """A conforming server to lay a fault over."""
    if over == "mock":
        from .relay import over_the_mock

        with over_the_mock() as relay:
            yield relay
    else:
        yield Server()


def run(name: str, over: str, profile: str) -> Run:
    """Start one server of the catalogue, test it, end it."""
    server: Fault | Variant = FAULTS.get(name) or VARIANTS[name]
    kind, forbids, by_input = table.CONFORMING, "", False
    if isinstance(server, Fault):
        kind, forbids, by_input = server.kind, server.forbids, server.by_input
    blank = Run(name, kind, server.about, forbids, by_input)
    began = time.monotonic()
    try:
        with conforming(over) as base, running(server.over(base)) as url:
            keys = (isinstance(server, Variant) and server.keys) or tuple(base.flows)
            run_result = gate_result(url, keys, profile)
    except Exception as problem:
        return replace(blank, error=f"{type(problem).__name__}: {problem}")
    return replace(
        blank,
        result=run_result.result,
        rules=tuple(dict.fromkeys(finding.rule for finding in run_result.open_findings)),
        warnings=tuple(dict.fromkeys(finding.rule for finding in run_result.warnings)),
        requests=run_result.requests,
        seconds=time.monotonic() - began,
    )


def chosen(patterns: Iterable[str], over: str) -> list[str]:
    """Names of the catalogue that one of the patterns matches, or whose class does; all where there is none.

    Over the mock: the mock itself for a conforming server, and the faults that show over it. Not all do: where the mock
    denies a request first, or does not have the flow, there is nothing to break.
    """
    wanted = tuple(patterns) or ("*",)

    def matches(name: str, kind: str) -> bool:
        return any(fnmatch(name, pattern) or kind.replace(" ", "-") == pattern for pattern in wanted)

    names = [name for name, fault in FAULTS.items() if matches(name, fault.kind)]
    if over == "mock":
        with conforming(over) as base:
            names = [name for name in names if FAULTS[name].shows(base)]
        return names + [name for name in ("minimal",) if matches(name, table.CONFORMING)]
    return names + [name for name in VARIANTS if matches(name, table.CONFORMING)]


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="kill", description="Run the gate against every server of the catalogue.")
    parser.add_argument("names", nargs="*", help="only the servers of these names (with * and ?) or classes")
    parser.add_argument("--sample", action="store_true", help="only conforming servers, and one that each rule finds")
    parser.add_argument(
        "--over", choices=("server", "mock"), default="server", help="the conforming server under the faults"
    )
    parser.add_argument("--profile", default="quick", help="the gate's profile; the table is about quick")
    parser.add_argument("--workers", type=int, default=2 * (os.cpu_count() or 1), help="servers tested at once")
    parser.add_argument("--write", action="store_true", help=f"write the table, and {PROOF}")
    parser.add_argument("--list", action="store_true", help="list the catalogue and test nothing")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    """Run what is asked for, print the outcomes, and give the exit code."""
    options = arguments(words)
    names = chosen(options.names, options.over)
    if options.sample:
        names = [name for name in table.sample(table.read(EXPECTED).values()) if name in names]
    if options.list:
        sys.stdout.write(table.listed(FAULTS[name] for name in names if name in FAULTS))
        return 0
    runs = []
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.workers, mp_context=context) as pool:
        for done in as_completed(pool.submit(run, name, options.over, options.profile) for name in names):
            runs.append(done.result())
            sys.stdout.write(table.line(runs[-1]))
            sys.stdout.flush()
    runs.sort(key=lambda run: names.index(run.name))
    sys.stdout.write("\n" + table.summary(runs))
    if options.write:
        table.write(EXPECTED, runs)
        documents.write(PROOF, table.markdown(runs))
    if options.over == "mock" or options.profile != "quick":
        return int(any(run.is_false_alarm for run in runs))
    differences = table.differences(runs, table.read(EXPECTED))
    sys.stdout.writelines(f"not as in the table: {line}\n" for line in differences)
    return 1 if differences else 0
