"""Where shards are run: processes of this machine, or the workers of a dask.distributed scheduler.

Both are executors of `concurrent.futures`, so the driver has one code path.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from importlib import import_module
from multiprocessing import connection
from typing import Any, Protocol

from flowcontract.errors import UsageError


class Pool(Protocol):
    """Runs functions somewhere else."""

    @property
    def workers(self) -> int:
        """How many run at once."""

    def submit(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> "Future[Any]":
        """Run a function; the future raises `lost` errors where its worker is gone."""

    def renew(self) -> None:
        """Make the pool usable again after a worker was lost."""

    def close(self) -> None:
        """End what it started, without waiting for what is not done."""


def is_loss(error: BaseException) -> bool:
    """Whether an error says that the worker is gone, and not that the work failed: the shard is to be run again."""
    return isinstance(error, BrokenExecutor) or type(error).__name__ in (
        "KilledWorker",
        "CancelledError",
        "CommClosedError",
    )


class LocalPool:
    """Processes of this machine."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._executor = self._start()

    def _start(self) -> ProcessPoolExecutor:
        # Not forked: the driver has threads, and a fork would take over its store and its terminal.
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.workers, mp_context=context, initializer=_begin)

    def submit(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> "Future[Any]":
        """Run a function in one of the processes."""
        return self._executor.submit(function, *arguments, **named)

    def renew(self) -> None:
        """Start new processes: one that is lost breaks them all."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor = self._start()

    def close(self) -> None:
        """End the processes."""
        processes = list((getattr(self._executor, "_processes", None) or {}).values())
        self._executor.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()
        for process in processes:
            process.join(5)


def _begin() -> None:
    """Leave Ctrl-C to the driver, and end when the driver is gone, however it ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_outlive_nobody, args=(parent.sentinel,), daemon=True).start()


def _outlive_nobody(sentinel: int) -> None:
    with contextlib.suppress(OSError):
        connection.wait([sentinel])
    os._exit(1)


class ClusterPool:
    """The workers of a dask.distributed scheduler that runs already. A lost worker's task is run again by another."""

    def __init__(self, address: str, *, timeout: float = 10.0) -> None:
        try:
            client = import_module("distributed").Client
        except ImportError as error:
            raise UsageError(
                "--cluster needs dask.distributed, which is not installed.", do="pip install 'flowcontract[cluster]'"
            ) from error
        try:
            self._client: Any = client(address, timeout=timeout, set_as_default=False)
            self._client.wait_for_workers(1, timeout=timeout)
        except (OSError, TimeoutError, ValueError) as error:
            raise UsageError(
                f"no dask scheduler with a worker answers at {address}: {error}.",
                do="Start `dask scheduler` and `dask worker ADDRESS`, or check the address.",
            ) from error
        self._executor: Executor = self._client.get_executor(pure=False, retries=5)

    @property
    def workers(self) -> int:
        """How many tasks the cluster runs at once, as it is now."""
        threads: dict[str, int] = self._client.nthreads()
        return max(1, sum(threads.values()))

    def submit(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> "Future[Any]":
        """Run a function on one of the workers."""
        return self._executor.submit(function, *arguments, **named)

    def renew(self) -> None:
        """Nothing to do: the scheduler knows which workers are left."""

    def close(self) -> None:
        """Leave the cluster; it goes on."""
        self._executor.shutdown(wait=False)
        self._client.close(timeout=2)
