"""A campaign on two dask workers, one of them killed in the middle, beside the same campaign on this machine.

    python benchmarks/fuzz/cluster.py [--cases 6000]

Needs the extra `flowcontract[cluster]`. A mock with the real server's defects switched on is the target. Exit 0 where
both campaigns ran the same cases and found the same failures equally often. The throughput of one worker and of two is
measured side by side against a mock that takes 10 ms for an answer, as a target elsewhere does: on loopback the
mock and the driver, and not the workers, are what a small machine has too little for.
"""

import argparse
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import flowmock
from flowcontract.engine.campaigns import session
from flowcontract.engine.campaigns.database import Database
from flowcontract.engine.campaigns.driver import Budget, Driver, State
from flowcontract.engine.campaigns.workers import ClusterPool, LocalPool, Pool
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

TOKEN = "benchmark-token-0123456789"
DEFECTS = ("defect-nul", "defect-non-ascii-token", "defect-shadowed-slugs")


@contextlib.contextmanager
def _cluster(workers: int) -> Iterator[tuple[str, list["subprocess.Popen[bytes]"]]]:
    """A scheduler and its workers, each a process of its own; gives the address and the workers."""
    dask = str(Path(sys.executable).with_name("dask"))
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        file = str(Path(folder) / "scheduler.json")
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        words = [dask, "scheduler", "--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0"]
        started = [subprocess.Popen([*words, "--scheduler-file", file], **quiet)]
        stack.callback(lambda: [process.kill() or process.wait() for process in started])  # type: ignore[func-returns-value]
        while not Path(file).exists() or not Path(file).read_text():
            time.sleep(0.1)
        words = [dask, "worker", "--scheduler-file", file, "--nthreads", "1", "--no-dashboard", "--no-nanny"]
        started += [subprocess.Popen([*words, "--local-directory", folder], **quiet) for _ in range(workers)]
        import json

        address = json.loads(Path(file).read_text())["address"]
        yield address, started[1:]


def _campaign(
    database: Path, url: str, cases: int, pool: Pool, watch: Callable[[State], None] = lambda _: None
) -> State:
    contract = Contract.load()
    asked = {"name": "", "seed": 3, "values": {}, "operations": [], "published": False, "unsafe": False,
             "timeout": 10.0, "cases": cases}  # fmt: skip
    with Database(database) as opened:
        prepared = session.begin(opened, contract, Target.at(url, contract.base_path, token=TOKEN), asked)
        try:
            return Driver(opened, prepared.campaign, prepared.plan, pool, Budget(cases=cases), watch).run()
        finally:
            pool.close()


def _wait_for(address: str, workers: int) -> ClusterPool:
    pool = ClusterPool(address, timeout=60)
    while pool.workers < workers:
        time.sleep(0.1)
    return pool


def _rates(cases: int) -> dict[int, float]:
    """Cases a second by number of workers, against a target that is 10 ms away."""
    rates = {}
    with tempfile.TemporaryDirectory() as folder:
        far = Path(folder) / "far.yaml"
        far.write_text("far:\n  summary: The target is far away\n  response: {delay: 0.01}\n")
        with flowmock.running(tokens=(TOKEN,), scenario="far", scenario_file=(str(far),)) as mock:
            for workers in (1, 2):
                with _cluster(workers) as (address, _):
                    pool = _wait_for(address, workers)
                    state = _campaign(Path(folder) / f"{workers}.db", mock.url, cases // 2, pool)
                    rates[workers] = state.cases / state.seconds
    return rates


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=6000)
    cases = parser.parse_args().cases
    with flowmock.running(tokens=(TOKEN,), scenario=DEFECTS) as mock, tempfile.TemporaryDirectory() as folder:
        local = _campaign(Path(folder) / "local.db", mock.url, cases, LocalPool(2))
        with _cluster(2) as (address, processes):
            pool = _wait_for(address, 2)

            def kill(state: State) -> None:
                if state.cases > 0.3 * cases:
                    processes[0].kill()

            killed = _campaign(Path(folder) / "killed.db", mock.url, cases, pool, kill)
            lost = processes[0].poll()
    rates = _rates(cases)
    same_cases = list(local.ranges) == list(killed.ranges) and local.cases == killed.cases
    one, other = ({key: kept.group.count for key, kept in state.groups.items()} for state in (local, killed))
    print(
        f"cases: {local.cases} locally, {killed.cases} with a worker killed (its exit code: {lost}); same: {same_cases}"
    )
    print(f"kinds of failure: {len(one)} and {len(other)}; same, and equally often: {one == other}")
    print(f"cases a second, 10 ms away: {rates[1]:.0f} with 1 worker, {rates[2]:.0f} with 2")
    return 0 if same_cases and one == other and lost else 1


if __name__ == "__main__":
    sys.exit(main())
