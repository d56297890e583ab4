"""How soon a campaign finds each fault of the gate's catalogue that a single request shows.

    python benchmarks/fuzz/faults.py [--time 60] [NAME...]

Each faulty server is asked the cases of a campaign in their order, by one worker in this process, until the first
failure. Exit 0 where every one was found. Run it in the root of a checkout.
"""

import argparse
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.faulty_servers.catalogue import FAULTS
from tests.faulty_servers.server import TOKEN, Server, running

from flowcontract.contract import Contract
from flowcontract.exchange import Target
from flowcontract.fuzz import session
from flowcontract.fuzz.bench import close_all
from flowcontract.fuzz.plan import PackedPlan, layout
from flowcontract.fuzz.store import Store
from flowcontract.fuzz.work import work


def found_after(fault: Any, contract: Contract, seconds: float) -> tuple[float, int, str] | None:
    """Seconds and cases until the first failure, and the rule; None where there was none in time."""
    known = [{"slug": flow} for flow in Server().flows]
    asked = {
        "name": "", "seed": 1, "keys": dict.fromkeys(contract.operations, known), "operations": [], "published": False,
        "unsafe": False, "timeout": 5.0, "cases": None,
    }  # fmt: skip
    with (
        tempfile.TemporaryDirectory() as folder,
        running(fault.over(Server())) as url,
        Store(Path(folder) / "c.db") as store,
    ):
        began = time.monotonic()
        target = Target.at(url, contract.base_path, token=TOKEN)
        try:
            plan = session.begin(store, contract, target, asked).plan
            packed, cases = PackedPlan.of(plan), 0
            for shard in layout(plan):
                at = shard.start
                while at < shard.stop:
                    result = work(packed, replace(shard, start=at), seconds=0.1, interval=0, seen=frozenset())
                    cases += result.reached - at
                    at = result.reached
                    after = time.monotonic() - began
                    if result.cells or result.suspect:
                        rules = {cell.finding.rule for cell in result.cells.values()} or {"answer-arrives"}
                        return after, cases, ", ".join(sorted(rules))
                    if after >= seconds:
                        return None
        except Exception as error:  # A server on which no campaign can begin is reported, and not counted as found.
            return (-1.0, 0, f"no campaign: {error}"[:90])
        finally:
            close_all()
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--time", type=float, default=60)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    contract = Contract.load()
    faults = [
        fault for fault in FAULTS.values() if fault.by_input and (not arguments.names or fault.name in arguments.names)
    ]
    times, missed = [], []
    for fault in faults:
        found = found_after(fault, contract, arguments.time)
        if found is None or found[0] < 0:
            missed.append(fault.name)
            print(f"{fault.kind:<16} {fault.name:<44} {'not found' if found is None else found[2]}", flush=True)
        else:
            times.append(found[0])
            print(f"{fault.kind:<16} {fault.name:<44} {found[0]:>6.2f} s {found[1]:>6} cases  {found[2]}", flush=True)
    middle, last = statistics.median(times or [0]), max(times or [0])
    print(f"\n{len(times)} of {len(faults)} found, median {middle:.2f} s, last {last:.2f} s")
    if missed:
        print("missed: " + ", ".join(missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
