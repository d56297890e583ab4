"""What was worked out and may be asked for again, bounded: the oldest goes first."""

from collections import OrderedDict
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Notes(OrderedDict[K, V]):
    """A dict of at most so many entries; `note` adds one."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def note(self, key: K, value: V) -> None:
        """Add an entry."""
        self[key] = value
        if len(self) > self._most:
            self.popitem(last=False)
