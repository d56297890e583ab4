"""Serve the API with or without a fault, or run the gate over faulty servers.

    python -m tests.faulty_servers.crud list
    python -m tests.faulty_servers.crud serve [NAME] [--port PORT]
    python -m tests.faulty_servers.crud run [PATTERN…] [--every N] [--time-limit S] [--tester schemathesis]
    python -m tests.faulty_servers.crud kill [PATTERN…] [--write]

`run` tests the conforming server first (with `--variants` in all its variants), then each fault whose name or class
matches, each as a command of its own.
"""

import argparse
import contextlib
import fnmatch
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from . import kill
from .catalogue import FAULTS, Fault
from .document import DOCUMENT
from .handling import BASE, OTHER, OWNER, READER
from .server import Api
from .serving import Serve, running
from .variants import VARIANTS

ROOT = Path(__file__).resolve().parents[3]


def _matching(patterns: list[str], every: int) -> list[Fault]:
    def matches(fault: Fault) -> bool:
        return not patterns or any(fnmatch.fnmatch(text, one) for one in patterns for text in (fault.name, fault.kind))

    return [fault for fault in FAULTS.values() if matches(fault)][::every]


def _list() -> None:
    for name, server in VARIANTS.items():
        print(f"{'conforms':18} {name:36} {server.__doc__}")
    for fault in FAULTS.values():
        print(f"{fault.kind:18} {fault.name:36} {fault.about}")
    kinds = Counter(fault.kind for fault in FAULTS.values())
    print(f"{len(FAULTS)} faults: {', '.join(f'{count} {kind}' for kind, count in kinds.items())}")


def _serve(name: str, port: int) -> None:
    server = FAULTS[name].server if name in FAULTS else VARIANTS.get(name, Api)
    with tempfile.TemporaryDirectory() as folder, running(server(), port=port) as url:
        document = Path(folder, "openapi.json")
        document.write_text(json.dumps(DOCUMENT), encoding="utf-8")
        print(f"{url} {document}\n--token {OWNER} --other-token {OTHER} --read-only-token {READER}", flush=True)
        while True:
            time.sleep(3600)


def _command(tester: str, url: str, document: Path, limit: int) -> list[str]:
    if tester == "schemathesis":
        # Two checks do not expect that a documented 410, 412 or 428 depends on what happened before.
        words = [str(Path(sys.executable).with_name("schemathesis")), "run", str(document), "--url", url]
        words += ["--header", f"Authorization: Bearer {OWNER}", "--generation-deterministic"]
        words += ["--exclude-checks", "positive_data_acceptance,missing_required_header"]
        return [*words, "--max-time", str(limit), "--no-color"]
    words = [sys.executable, "-m", "flowcontract", "gate", url, "--spec", str(document), "--json", "--allow-unsafe"]
    return [*words, "--token", OWNER, "--other-token", OTHER, "--read-only-token", READER, "--time-limit", str(limit)]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """One run of a tester. The exit code is None when it was stopped long after its time limit."""

    code: int | None
    seconds: float
    cpu: float
    text: str

    def line(self) -> str:
        return f"exit {self.code}, {self.seconds:.0f} s, {self.cpu:.1f} s CPU; {self.text}"


def _test(tester: str, serve: Serve, document: Path, limit: int) -> _Outcome:
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    code, output, error = None, "", "stopped"
    with running(serve) as url, contextlib.suppress(subprocess.TimeoutExpired):
        words = _command(tester, url, document, limit)
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, errors="replace", timeout=limit + 60)
        code, output, error = done.returncode, done.stdout, done.stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    try:
        result = json.loads(output)
        text = f"{result['headline']} {', '.join(sorted({finding['rule'] for finding in result['findings']}))}"
    except ValueError:
        text = (output + error).strip().rpartition("\n")[2].strip("= ")
    return _Outcome(code, time.monotonic() - begun, cpu, text)


def _run(faults: Iterable[Fault], tester: str, limit: int, *, variants: bool) -> int:
    """Exit code 1 when a fault was missed or a conforming server failed."""
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder, "openapi.json")
        document.write_text(json.dumps(DOCUMENT), encoding="utf-8")
        failed = 0
        for name, server in {"plain": Api, **(VARIANTS if variants else {})}.items():
            outcome = _test(tester, server(), document, limit)
            failed += outcome.code != 0
            print(f"conforming, {name}: {outcome.line()}", flush=True)
        found: Counter[str] = Counter()
        total: Counter[str] = Counter()
        cpu = []
        for fault in faults:
            outcome = _test(tester, fault.server(), document, limit)
            total[fault.kind] += 1
            found[fault.kind] += outcome.code == 1
            cpu += [outcome.cpu] if outcome.code == 1 else []
            print(
                f"{'found ' if outcome.code == 1 else 'missed'} {fault.name} ({fault.kind}): {outcome.line()}",
                flush=True,
            )
    for kind, count in total.items():
        print(f"{found[kind]:4} of {count:4} {kind}")
    print(f"{found.total()} of {total.total()} found{f', median {statistics.median(cpu):.1f} s CPU' if cpu else ''}")
    return int(found != total or failed > 0)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faulty_servers.crud", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="all faults by class")
    serve = commands.add_parser("serve", help=f"serve below {BASE} until Ctrl-C")
    serve.add_argument(
        "name", nargs="?", default="", choices=["", *FAULTS, *VARIANTS], metavar="NAME", help="(default: no fault)"
    )
    serve.add_argument("--port", type=int, default=0)
    run = commands.add_parser("run", help="run the gate over faulty servers")
    run.add_argument("pattern", nargs="*", help="of names or classes (default: all)")
    run.add_argument("--every", type=int, default=1, metavar="N", help="only each N-th fault")
    run.add_argument("--time-limit", type=int, default=60, metavar="S")
    run.add_argument("--tester", choices=("gate", "schemathesis"), default="gate")
    run.add_argument("--variants", action="store_true", help="also all conforming servers")
    killing = commands.add_parser("kill", help="run the gate over all servers and compare with the committed table")
    killing.add_argument("pattern", nargs="*", help="of names or classes (default: all)")
    killing.add_argument("--write", action="store_true", help="write the table")
    killing.add_argument("--workers", type=int, metavar="N", help="processes (default: one for each processor)")
    arguments = parser.parse_args()
    if arguments.command == "kill":
        return kill.kill(arguments.pattern, write=arguments.write, workers=arguments.workers)
    if arguments.command == "list":
        _list()
    elif arguments.command == "serve":
        _serve(arguments.name, arguments.port)
    else:
        faults = _matching(arguments.pattern, arguments.every)
        return _run(faults, arguments.tester, arguments.time_limit, variants=arguments.variants)
    return 0


if __name__ == "__main__":
    sys.exit(main())
