"""A campaign on a dask.distributed cluster: real workers in processes of their own, one of them killed."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flowcontract.engine.campaigns.database import Database
from flowcontract.engine.campaigns.driver import State
from flowcontract.engine.campaigns.workers import ClusterPool, LocalPool
from flowcontract.errors import UsageError


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A scheduler and two workers, each of one thread."""
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not here: flowcontract[cluster]")
    import dask

    patience = {"distributed.comm.timeouts.connect": "120s", "distributed.comm.timeouts.tcp": "120s"}  # A busy machine.
    with (
        dask.config.set(patience),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",  # None would still take a fixed port, on every address.
            silence_logs=50,
        ) as started,
    ):
        yield started


def _fails_on_a_quote(ask: Any, reply: Any) -> Any:
    return type(reply)(500, {"detail": "Oh."}) if "'" in ask.key and ask.allowed else reply


def _run(file: Path, fuzz: Any, pool: Any) -> State:
    with Database(file) as database:
        try:
            return fuzz(database, 300, pool)[1]  # type: ignore[no-any-return]
        finally:
            pool.close()


def test_a_killed_worker_loses_nothing(
    things: Any, cluster: Any, fuzz: Any, here: Any, once: Any, tmp_path: Path
) -> None:
    things.change = _fails_on_a_quote
    alone = _run(tmp_path / "alone.db", fuzz, here())
    at = len(things.asked) + 150
    victims: list[int] = []

    def kill() -> None:
        busy = next(worker for worker in cluster.scheduler.workers.values() if worker.processing)
        victims.append(cluster.workers[busy.name].pid)
        os.kill(victims[0], signal.SIGKILL)

    kills = once(lambda: len(things.asked) >= at, kill)
    things.change = lambda ask, reply: kills() or _fails_on_a_quote(ask, reply)
    spread = _run(tmp_path / "spread.db", fuzz, ClusterPool(cluster.scheduler_address, timeout=30))

    assert victims[0] not in [each.pid for each in cluster.workers.values()], "it was replaced, so it was killed"
    assert set(alone.groups) == set(spread.groups)
    assert spread.requests >= 300
    numbers = [number for source, first, last in spread.ranges.ranges() if source == "mutated"
               for number in range(first, last)]  # fmt: skip
    assert numbers == list(range(len(numbers))), "no shard was left out"
    with Database(tmp_path / "spread.db") as database:
        assert database.counts(database.campaign())["lost", "", ""] >= 1


def test_local_workers_find_the_same(things: Any, fuzz: Any, here: Any, tmp_path: Path) -> None:
    things.change = _fails_on_a_quote

    alone = _run(tmp_path / "alone.db", fuzz, here())
    processes = _run(tmp_path / "processes.db", fuzz, LocalPool(2))

    assert set(alone.groups) == set(processes.groups)


def test_no_scheduler_is_one_sentence() -> None:
    pytest.importorskip("distributed", reason="dask.distributed is not here: flowcontract[cluster]")

    with pytest.raises(UsageError, match="no dask scheduler with workers responds"):
        ClusterPool("tcp://127.0.0.1:1", timeout=0.5)
