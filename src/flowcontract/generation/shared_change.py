"""Changes of a library's classes that last while a run needs them; several threads may need one at once."""

import contextlib
import threading
from collections.abc import Callable, Iterator


class SharedChange:
    """A change that the first of its users makes, and the last one takes back."""

    def __init__(self, make: Callable[[], None], take_back: Callable[[], None]) -> None:
        self._make = make
        self._take_back = take_back
        self._lock = threading.Lock()
        self._users = 0

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """The change holds while it is open."""
        with self._lock:
            self._users += 1
            if self._users == 1:
                self._make()
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if self._users == 0:
                    self._take_back()
