"""A campaign on a dask.distributed cluster: real workers in processes of their own, one of them killed."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flowcontract.engine.campaigns import runner, session
from flowcontract.engine.campaigns.database import Database
from flowcontract.engine.campaigns.driver import Budget, Driver, State
from flowcontract.engine.campaigns.workers import ClusterPool, LocalPool, Pool
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


def _run(database: Path, things: Any, pool: Pool, cases: int) -> State:
    asked = {"name": "", "seed": 5, "values": {}, "operations": [], "published": False, "unsafe": False, "timeout": 5.0,
             "cases": cases}  # fmt: skip
    with Database(database) as opened:
        prepared = session.begin(opened, things.contract, things.target, asked)
        try:
            return Driver(opened, prepared.campaign, prepared.plan, pool, Budget(cases=cases)).run()
        finally:
            pool.close()
            runner.close_all()


def test_a_killed_worker_loses_nothing(things: Any, cluster: Any, tmp_path: Path) -> None:
    def fails_on_a_quote(ask: Any, reply: Any) -> Any:
        return type(reply)(500, {"detail": "Oh."}) if "'" in ask.key and ask.allowed else reply

    things.change = fails_on_a_quote
    local = _run(tmp_path / "local.db", things, LocalPool(1), 700)
    victim = next(iter(cluster.workers.values())).pid
    at = len(things.asked) + 300

    def kills(ask: Any, reply: Any) -> Any:
        if len(things.asked) == at:
            os.kill(victim, signal.SIGKILL)
        return fails_on_a_quote(ask, reply)

    things.change = kills
    spread = _run(tmp_path / "spread.db", things, ClusterPool(cluster.scheduler_address, timeout=30), 700)

    assert victim not in [each.pid for each in cluster.workers.values()], "it was replaced, so it was killed"
    assert list(local.ranges) == list(spread.ranges)
    assert local.cases == spread.cases == 700
    one, other = ({key: kept.group.count for key, kept in state.groups.items()} for state in (local, spread))
    assert one == other
    assert one


def test_no_scheduler_is_one_sentence() -> None:
    pytest.importorskip("distributed", reason="dask.distributed is not here: flowcontract[cluster]")

    with pytest.raises(UsageError, match="no dask scheduler with workers responds"):
        ClusterPool("tcp://127.0.0.1:1", timeout=0.5)
