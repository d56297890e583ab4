"""Schemathesis's engine in a thread of its own.

Its transport has no limit for a server that sends a header section byte by byte, and an exception in one of its threads
is only printed. Here, its events come through a queue, exceptions are noted, and the engine is abandoned if it does not
end in time after it was stopped.
"""

import queue
import threading
import time
from collections.abc import Iterator
from typing import Any

_POLL = 0.2
"""Seconds between looks at whether the engine was stopped."""
_END = object()
_THREADS = "schemathesis"
"""How the names of Schemathesis's threads begin."""


class EngineThread:
    """Runs the engine; its events can be taken from any thread."""

    def __init__(self, stream: Any, *, patience: float) -> None:
        """`stream`: a stream of events of the engine; `patience`: seconds to wait for its end when it is stopped."""
        self.failed: set[str] = set()
        """Names of the exceptions in threads of the engine."""
        self._stream = stream
        self._patience = patience
        self._stopped_at = 0.0
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=f"{_THREADS}_events", daemon=True)
        self._excepthook = threading.excepthook

    @property
    def is_alive(self) -> bool:
        """Whether the engine still runs, although it was given up."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End after the requests that are being sent."""
        self._stopped_at = self._stopped_at or time.monotonic()
        self._stream.stop()

    def events(self) -> Iterator[Any]:
        """The events of the engine, until its end, or until it was stopped and does not end. Raises its exceptions."""
        threading.excepthook = self._note
        self._thread.start()
        while True:
            try:
                event = self._queue.get(timeout=_POLL)
            except queue.Empty:
                if self._stopped_at and time.monotonic() - self._stopped_at > self._patience:
                    return
                continue
            if event is _END:
                return
            if isinstance(event, Exception):
                raise event
            yield event

    def end(self) -> None:
        """Stop, and wait for the end."""
        if self._thread.is_alive():
            self.stop()
            self._thread.join(max(0.0, self._stopped_at + self._patience - time.monotonic()))
        threading.excepthook = self._excepthook

    def _run(self) -> None:
        try:
            for event in self._stream:
                self._queue.put(event)
        except Exception as error:
            self._queue.put(error)
        finally:
            self._queue.put(_END)

    def _note(self, problem: threading.ExceptHookArgs) -> None:
        if problem.thread is not None and problem.thread.name.startswith(_THREADS):
            self.failed.add(problem.exc_type.__name__)
        else:
            self._excepthook(problem)
