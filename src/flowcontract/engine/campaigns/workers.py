"""Where shards run: local processes, or the workers of a dask.distributed scheduler.

Both are executors of `concurrent.futures`, so the driver has one code path.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from importlib import import_module
from multiprocessing import connection
from typing import Any, Protocol

from flowcontract.errors import UsageError


class Pool(Protocol):
    """Runs functions in workers."""

    losses: int
    """Workers that died."""

    @property
    def workers(self) -> int:
        """How many functions run in parallel."""

    def submit(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> "Future[Any]":
        """Run a function; the future raises an error that `is_worker_loss` recognizes if its worker died."""

    def renew(self) -> None:
        """Make the pool usable again after a worker died."""

    def close(self) -> None:
        """Stop the workers that it started, without waiting for unfinished functions."""


def is_worker_loss(error: BaseException) -> bool:
    """Whether the error means that the worker died, not that the function failed: the shard runs again."""
    return isinstance(error, BrokenExecutor) or type(error).__name__ in (
        "KilledWorker",
        "CancelledError",
        "CommClosedError",
    )


_HERE = 2
"""Tasks that run in the process of the driver: the first shard and the probes are done before a worker has started."""


class LocalPool:
    """Processes on this machine, which start with the first task that is theirs."""

    def __init__(self, workers: int, *, here: int = _HERE, writes: bool = False) -> None:
        """`here`: how many tasks run in this process before the workers get any.

        `writes`: a task that runs when the pool is closed has a few seconds to delete what it created.
        """
        self.workers = workers
        self.losses = 0
        self._here = here
        self._writes = writes
        self._executor = self._start()

    def _start(self) -> ProcessPoolExecutor:
        self._others = multiprocessing.active_children()
        # Where the driver is killed, Python would warn of semaphores that it removes.
        os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker:UserWarning")
        # Not forked: the driver has threads, and a fork would inherit its database connection and its terminal.
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.workers, mp_context=context, initializer=_begin, initargs=(self._writes,))

    def submit(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> "Future[Any]":
        """Run a function in one of the processes, or in this one."""
        if self._here > 0:
            self._here -= 1
            future: Future[Any] = Future()
            try:
                future.set_result(function(*arguments, **named))
            except Exception as error:
                future.set_exception(error)
            return future
        with _interrupts_held():
            return self._executor.submit(function, *arguments, **named)

    def renew(self) -> None:
        """Start new processes: one that dies breaks the whole executor."""
        self.losses += 1
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor = self._start()

    def close(self) -> None:
        """Stop the processes."""
        processes = [process for process in multiprocessing.active_children() if process not in self._others]
        for process in processes:  # Before the executor tells them to exit: a signal during that is a traceback.
            process.terminate()
        self._executor.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.join(5)


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back. A process that starts here does so, too: it would print a traceback until it can ignore it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(writes: bool) -> None:
    """Leave Ctrl-C to the driver, and exit when the driver exits, for whatever reason."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if writes:
        signal.signal(signal.SIGTERM, _exit)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_with_parent, args=(parent.sentinel,), daemon=True).start()


def _exit(*_: object) -> None:
    """Exit, once: a second signal must not interrupt what the first one let the process do at its end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(1)


def _exit_with_parent(sentinel: int) -> None:
    with contextlib.suppress(OSError):
        connection.wait([sentinel])
    os._exit(1)


class ClusterPool:
    """The workers of a running dask.distributed scheduler. If a worker dies, another one runs its task again."""

    def __init__(self, address: str, *, timeout: float = 10.0) -> None:
        try:
            client = import_module("distributed").Client
        except ImportError as error:
            raise UsageError(
                "--cluster requires dask.distributed, which is not installed.",
                do="Run `pip install 'flowcontract[cluster]'`.",
            ) from error
        try:
            self._client: Any = client(address, timeout=timeout, set_as_default=False)
            self._client.wait_for_workers(1, timeout=timeout)
        except (OSError, TimeoutError, ValueError) as error:
            raise UsageError(
                f"no dask scheduler with workers responds at {address}: {error}.",
                do="Start `dask scheduler` and `dask worker ADDRESS`, or check the address.",
            ) from error
        self._executor: Executor = self._client.get_executor(pure=False, retries=5)
        self.losses = 0
        self._seen: set[str] = set()

    @property
    def workers(self) -> int:
        """How many tasks the cluster currently runs in parallel."""
        threads: dict[str, int] = self._client.nthreads()
        self.losses += len(self._seen - threads.keys())
        self._seen = set(threads)
        return max(1, sum(threads.values()))

    def submit(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> "Future[Any]":
        """Run a function on one of the workers."""
        return self._executor.submit(function, *arguments, **named)

    def renew(self) -> None:
        """Do nothing: the scheduler knows which workers are left."""

    def close(self) -> None:
        """Disconnect from the cluster, which keeps running."""
        self._executor.shutdown(wait=False)
        self._client.close(timeout=2)
