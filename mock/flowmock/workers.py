"""Several processes that serve one mock on one port, and one that starts them again where they die.

They are forked, so that what is compiled is in memory once. The one that starts them serves nothing itself.
"""

import multiprocessing
import os
import signal
import socket
import sys
import threading
import uuid
from collections.abc import Sequence
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from typing import Any

from flowcontract.errors import FlowContractError, MockError
from flowmock import shared
from flowmock.application import Freshness, Mock
from flowmock.server import process

_CANNOT = 3
"""Exit status of a worker that cannot even begin."""
_GRACE = 5.0
"""Seconds in which workers end in good order."""


def serve(mock: Mock, listeners: Sequence[socket.socket]) -> None:
    """Serve with one worker for each listener, until a signal comes. Raises MockError where they cannot begin.

    A listener stays open while its worker is started again: who connects meanwhile waits. Raises MockError too where
    the store does not answer, and where processes cannot be forked.
    """
    if "fork" not in multiprocessing.get_all_start_methods():
        raise MockError("workers need a system that can fork.", do="Serve without --store, with one worker.")
    shared.check(mock.settings.store)
    run = uuid.uuid4().hex
    # What is there now stays: no worker's garbage collector need look at it, and it stays in memory once.
    with _Ending() as ending:
        running = [_started(mock, each, run, again=False) for each in listeners]
        try:
            while not ending.asked:
                for sentinel in wait([*(each.sentinel for each in running), ending.woken]):
                    if sentinel == ending.woken:
                        continue
                    at = next(at for at, each in enumerate(running) if each.sentinel == sentinel)
                    dead = running[at]
                    dead.join()
                    if dead.exitcode == _CANNOT:
                        raise MockError("a worker could not begin; see above.", do="Mend it, and start the mock again.")
                    sys.stderr.write(f"flowcontract mock: a worker ended ({dead.exitcode}) and is started again.\n")
                    running[at] = _started(mock, listeners[at], run, again=True)
        finally:
            _end(running)
            shared.clear(mock.settings.store, run)


def _started(mock: Mock, listener: socket.socket, run: str, *, again: bool) -> ForkProcess:
    process = multiprocessing.get_context("fork").Process(
        target=_work, args=(mock, listener, run, again), name="flowmock-worker"
    )
    process.start()
    return process


def _end(running: list[ForkProcess]) -> None:
    for each in running:
        each.terminate()
    for each in running:
        each.join(_GRACE)
        if each.is_alive():
            each.kill()
            each.join()


class _Ending:
    """Hears the signals that end the mock while the block lasts."""

    def __init__(self) -> None:
        self.asked = False
        self.woken, self._wake = os.pipe()

    def __enter__(self) -> "_Ending":
        self._before: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            self._before = {each: signal.signal(each, self._ask) for each in (signal.SIGINT, signal.SIGTERM)}
        return self

    def _ask(self, *_: Any) -> None:
        self.asked = True
        os.write(self._wake, b"!")

    def __exit__(self, *_: Any) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)
        os.close(self.woken)
        os.close(self._wake)


def _work(mock: Mock, listener: socket.socket, run: str, again: bool) -> None:
    """One worker. A terminal's Ctrl-C reaches it too, and it ends then as on SIGTERM."""
    if again:
        mock = _anew(mock)
    try:
        shared.Shared(mock, mock.settings.store, run)
        with process.watching(mock):
            process.server(mock).run(sockets=[listener])
    except FlowContractError as error:
        sys.stderr.write(f"flowcontract mock: {error}\n")
        raise SystemExit(_CANNOT) from error


def _anew(mock: Mock) -> Mock:
    """The mock of a worker that takes another's place: its files may have changed since the first ones began."""
    try:
        found = process.from_settings(mock.settings)
    except FlowContractError as error:
        found = mock
        found.freshness = Freshness(1, str(error))
    found.observers += [each for each in mock.observers if each not in found.observers]
    return found
