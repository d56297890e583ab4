"""Campaigns in this process: without worker processes, a shard at a time."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from threading import Lock
from typing import Any

import pytest

from flowcontract.engine.campaigns import session
from flowcontract.engine.campaigns.database import Database
from flowcontract.engine.campaigns.driver import Budget, Driver, State
from flowcontract.engine.campaigns.plan import Settings


class Here:
    """A pool that runs functions at once in this process; `lose` lists tasks whose worker dies."""

    def __init__(self, workers: int = 1, lose: set[int] | None = None) -> None:
        self.workers = workers
        self.lose = lose or set()
        self.tasks = 0
        self.renewed = self.losses = 0

    def submit(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        self.tasks += 1
        if self.tasks in self.lose:
            future.set_exception(BrokenProcessPool("gone"))
            return future
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    def renew(self) -> None:
        self.renewed += 1
        self.losses += 1

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "campaign.db") as opened:
        yield opened


@pytest.fixture
def fuzz(things: Any) -> Callable[..., tuple[session.PreparedCampaign, State]]:
    """Run a campaign against the server of things in this process."""

    def run(
        database: Database, cases: int = 150, pool: Any = None, *, budget: Budget | None = None, **settings: Any
    ) -> tuple[session.PreparedCampaign, State]:
        asked = Settings(**{"seed": 5, "timeout": 5.0, **settings})
        prepared = session.begin(database, things.contract, things.target, asked)
        limits = budget or Budget(cases=cases, outage=2)
        return prepared, Driver(database, prepared.campaign, prepared.plan, pool or Here(), limits).run()

    return run


@pytest.fixture
def once() -> Callable[..., Callable[[], None]]:
    """Make what acts at the first request at which a condition holds: several threads may serve requests at once."""

    def made(when: Callable[[], bool], act: Callable[[], object]) -> Callable[[], None]:
        lock, left = Lock(), [act]

        def look() -> None:
            with lock:
                if left and when():
                    left.pop()()

        return look

    return made


@pytest.fixture
def here() -> type[Here]:
    return Here
