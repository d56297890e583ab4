"""SIGTERM as Ctrl-C: what a CI system stops still reports what it found."""

import contextlib
import signal
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def as_interrupt() -> Iterator[None]:
    """Raise KeyboardInterrupt for SIGTERM, too."""
    if threading.current_thread() is not threading.main_thread():  # Only there can it be handled.
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
