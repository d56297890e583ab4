"""Processor time to the first finding on faulty servers: `flowcontract fuzz`, `schemathesis run`, `schemathesis fuzz`.

    python -m benchmarks.fuzz.faults [--flow N] [--crud N] [--time S] [--results FILE] [--write] [NAME...]

Each tester runs as a command of its own, in turn, against the same server, with the same contract and token, until its
first finding or until its time is over. The flow catalogue (`tests/faulty_servers`) is about one read; the CRUD
catalogue (`tests/faulty_servers/crud`) about writes, which all three testers may send. Checks of Schemathesis that the
conforming server fails are switched off. The samples are every so-manieth fault, by name. Conforming servers come
first: there nothing is to be found. Results are added to a file as they come, and what is in it is not run again.
"""

import argparse
import contextlib
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.faulty_servers import catalogue
from tests.faulty_servers import server as flow
from tests.faulty_servers.crud import catalogue as crud_catalogue
from tests.faulty_servers.crud import document as crud_document
from tests.faulty_servers.crud import handling, serving
from tests.faulty_servers.crud.server import Api

from benchmarks import page
from flowcontract.openapi.contract import carried

TESTERS = ("flowcontract fuzz", "schemathesis run", "schemathesis fuzz")
OPERATION = "flows_instances_retrieve"
_GRACE = 60
"""Seconds beyond its own time limit after which a run is stopped."""
_MISTAKEN = {
    "flow": "ignored_auth,missing_required_header",
    "crud": "positive_data_acceptance,missing_required_header",
}
"""Checks that expect another status than the contract documents, by catalogue."""
_BREAKS_FUZZ = ",ignored_auth"
"""The check with which `schemathesis fuzz` 4.32 ends in an internal error on the CRUD server."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one tester against one server."""

    catalogue: str
    """`flow` or `crud`."""
    fault: str
    """Empty for the conforming server."""
    kind: str
    tester: str
    found: bool
    cpu: float
    """Seconds of processor time of all of its processes."""
    seconds: float
    memory: int
    """Bytes of its largest process, at most those of a run before it."""


@contextlib.contextmanager
def _serving(catalogue_name: str, fault: str) -> Iterator[str]:
    """The URL of a server with a fault, with the base path."""
    if catalogue_name == "flow":
        server = catalogue.FAULTS[fault].over(flow.Server()) if fault else flow.Server()
        with flow.running(server) as url:
            yield url + "/api/v3"
    else:
        with serving.running(crud_catalogue.FAULTS[fault].server() if fault else Api()) as url:
            yield url


def _command(tester: str, name: str, url: str, document: Path, seconds: int, database: Path) -> list[str]:
    token = flow.TOKEN if name == "flow" else handling.OWNER
    if tester == "flowcontract fuzz":
        words = [sys.executable, "-m", "flowcontract", "fuzz", url, "--spec", str(document), "--token", token]
        words += ["--time", str(seconds), "--workers", "1", "--database", str(database), "--fail-fast", "--quiet"]
        if name == "flow":
            return [*words, "--operation", OPERATION]
        return [*words, "--allow-unsafe", "--other-token", handling.OTHER]
    command = str(Path(sys.executable).with_name("schemathesis"))
    words = [command, tester.split()[1], str(document), "--url", url, "--header", f"Authorization: Bearer {token}"]
    excluded = _MISTAKEN[name] + (_BREAKS_FUZZ if tester == "schemathesis fuzz" else "")
    words += ["--exclude-checks", excluded, "--max-failures", "1", "--seed", "1", "--no-color"]
    words += ["--include-operation-id", OPERATION] if name == "flow" else []
    return [*words, "--max-time", str(seconds)]


def run(name: str, fault: str, kind: str, tester: str, seconds: int) -> Run:
    """Run a tester against a server until its first finding."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder, _serving(name, fault) as url:
        document = Path(folder, "openapi.json")
        if name == "flow":
            document = Path(str(carried("openapi.yaml"))).resolve()
        else:
            document.write_text(json.dumps(crud_document.DOCUMENT), encoding="utf-8")
        words = _command(tester, name, url, document, seconds, Path(folder, "campaign.db"))
        before, began, code = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic(), None
        with contextlib.suppress(subprocess.TimeoutExpired):
            done = subprocess.run(
                words, cwd=folder, env=_environment(), capture_output=True, timeout=seconds + _GRACE, check=False
            )
            code = done.returncode
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(name, fault, kind, tester, code == 1, cpu, time.monotonic() - began, after.ru_maxrss * 1024)


def _environment() -> dict[str, str]:
    """The environment of a tester that runs in a folder of its own."""
    paths = [str(page.ROOT / part) for part in ("src", "mock")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "NO_COLOR": "1"}


def _sample(name: str, most: int) -> list[tuple[str, str]]:
    """Some faults of a catalogue, evenly spread by name: name and class."""
    if name == "flow":
        found = [(fault.name, fault.kind) for fault in catalogue.FAULTS.values() if fault.by_input]
    else:
        found = [(fault.name, fault.kind) for fault in crud_catalogue.FAULTS.values()]
    return sorted(found)[:: max(1, -(-len(found) // most))] if most else []


def table(runs: Sequence[Run], seconds: int) -> str:
    """What each tester found, and the processor time that it took."""
    rows = []
    for name in ("flow", "crud"):
        of_catalogue = [one for one in runs if one.catalogue == name and one.fault]
        faults = {one.fault for one in of_catalogue}
        theirs = {one.fault for one in of_catalogue if one.found and one.tester != TESTERS[0]}
        for tester in TESTERS if faults else ():
            own = [one for one in of_catalogue if one.tester == tester]
            found = [one for one in own if one.found]
            common = [one.cpu for one in found if one.fault in theirs]
            wrong = sum(one.found for one in runs if one.catalogue == name and not one.fault and one.tester == tester)
            spent = sorted(one.cpu for one in found)
            rows.append(
                (
                    name,
                    f"`{tester}`",
                    f"{len(found)} of {len(faults)}",
                    f"{statistics.median(spent):.1f} s" if spent else "",
                    f"{spent[math.ceil(0.9 * len(spent)) - 1]:.1f} s" if spent else "",
                    f"{statistics.median(common):.1f} s" if common else "",
                    f"{sum(one.cpu for one in own) / max(1, len(found)):.1f} s",
                    "fails" if wrong else "passes",
                )
            )
    head = (
        "catalog",
        "tester",
        f"found in {seconds} s",
        "median CPU",
        "90th percentile",
        "median, found by both",
        "all CPU per fault found",
        "conforming server",
    )
    return f"{page.table(head, rows)}\n\n{page.machine()}"


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flow", type=int, default=30, metavar="N", help="faults of the flow catalogue, at most")
    parser.add_argument("--crud", type=int, default=30, metavar="N", help="faults of the CRUD catalogue, at most")
    parser.add_argument("--time", type=int, default=60, metavar="S", help="seconds for each run")
    parser.add_argument("--results", type=Path, metavar="FILE")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("names", nargs="*", help="only these faults")
    arguments = parser.parse_args()
    runs: list[Run] = []
    if arguments.results and arguments.results.exists():
        runs = [Run(**json.loads(line)) for line in arguments.results.read_text("utf-8").splitlines()]
    done = {(one.catalogue, one.fault, one.tester) for one in runs}
    for name in ("flow", "crud"):
        sample = _sample(name, getattr(arguments, name))
        for fault, kind in [("", "conforming"), *sample] if sample else []:
            for tester in TESTERS:
                if (name, fault, tester) in done or (arguments.names and fault not in arguments.names):
                    continue
                runs.append(run(name, fault, kind, tester, arguments.time))
                if arguments.results:
                    with arguments.results.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(asdict(runs[-1])) + "\n")
                last = runs[-1]
                outcome = "found " if last.found else "missed"
                print(f"{outcome} {last.cpu:5.1f} s CPU  {tester:18} {name} {fault or 'conforming'}", flush=True)
    text = table(runs, arguments.time)
    print(text)
    if arguments.write:
        page.put("fuzz faults", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
