"""Answers that are remembered by the very bytes of their requests, bounded, and forgotten all at once.

An answer that depends on nothing but the request and what the mock serves is the same whenever the same bytes come:
method, target, every header. What must not be the same twice (the date, fresh headers, the journal's entry) is made
for each answer.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from flowmock.messages import Call, Head, Headers, Reply
from flowmock.notes import Notes
from flowmock.printed import Printed

MOST = 1000
"""Answers that are remembered; a further one takes the place of the oldest."""
MAX_BYTES = 4 * 1024 * 1024
"""Bytes of requests and answers that are kept for them, about."""
MAX_REQUEST = 8192
"""Bytes of the longest request whose answer is remembered."""
HEADS = 200
"""Headers of requests, as they were parsed, that are remembered."""


class Exchange(NamedTuple):
    """A call, its reply, and the bytes that it becomes."""

    call: Call
    reply: Reply
    """Without the headers that are new each time, and without those for browsers of other origins."""
    printed: Printed | None
    """None where the reply cannot be sent in one go: it waits, has a fault, or is not quite HTTP."""
    fresh: Callable[[Reply], Headers]
    """Makes the headers that are new each time."""
    is_lasting: bool
    """Whether the same request gets the same answer as long as nothing is forgotten."""


class Kept:
    """The answers that are remembered until something changes."""

    def __init__(self) -> None:
        self.answers: OrderedDict[bytes, Exchange] = OrderedDict()
        self._sizes = 0
        self._once: tuple[set[int], set[int]] = (set(), set())

    def add(self, request: bytes, exchange: Exchange) -> None:
        """Remember an answer by the bytes of its request, if they have come before: most that come once never come
        again, and would drive out those that do.
        """
        mark = hash(request)
        young, old = self._once
        if mark not in young and mark not in old:
            young.add(mark)
            if len(young) > MOST:
                self._once = (set(), young)
            return
        size = _size(request, exchange)
        if len(request) > MAX_REQUEST or size > MAX_BYTES // 16:
            return
        self.answers[request] = exchange
        self._sizes += size
        while len(self.answers) > MOST or self._sizes > MAX_BYTES:
            self._sizes -= _size(*self.answers.popitem(last=False))


class Memory:
    """What is remembered now."""

    def __init__(self) -> None:
        self.heads: Notes[bytes, Head] = Notes(HEADS)
        """Headers that have been parsed, by their bytes. They depend on nothing, so they are never forgotten."""
        self.kept = Kept()
        """Taken before an answer is made: what is added to one that has been forgotten meanwhile is lost."""

    def forget(self) -> None:
        """Forget everything, from whatever thread."""
        self.kept = Kept()


def _size(request: bytes, exchange: Exchange) -> int:
    assert exchange.printed
    return 4 * len(request) + len(exchange.printed.before) + len(exchange.printed.after)
