"""The journal: recorded exchanges, bounded in number and size. Credentials are redacted when it is read.

Recording only keeps references; an entry is formatted when it is read.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from flowmock.journal.redaction import Redacted, Redactor
from flowmock.messages import Call, RawHeaders, Reply, as_sent
from flowmock.validation import requests

MAX_BYTES = 16 * 1024 * 1024
"""Bytes of all kept requests and responses."""
MAX_SHOWN = 256 * 1024
"""Bytes of a body in the output; the rest is cut."""
MAX_FOLLOWERS = 32
"""Live readers at a time."""
_BACKLOG = 256
"""Entries that wait for a live reader; it misses further ones."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One exchange."""

    number: int
    """From 1, in order; never reused."""
    began: float
    """Seconds since the epoch."""
    seconds: float
    """From the complete request to the response being ready to send, delays included."""
    call: Call
    reply: Reply

    @property
    def rule(self) -> str:
        """What determined the response."""
        return self.reply.rule

    @property
    def violations(self) -> list[str]:
        """Violations of the contract in the request."""
        return list(self._violations())

    def _violations(self) -> Iterator[str]:
        call = self.call
        if call.method == "OPTIONS" and call.header("access-control-request-method"):
            return  # A CORS preflight: the browser sends it, not the client.
        if call.operation is None:
            yield "the contract has no operation for this method and path"
            return
        if not call.operation.is_open and call.caller.role in ("anonymous", "invalid"):
            schemes = " or ".join(
                " and ".join(scheme.name for scheme in alternative) for alternative in call.operation.security
            )
            problem = "no credentials" if call.caller.role == "anonymous" else "invalid credentials"
            yield f"security: {problem}; expected {schemes}"
        yield from map(str, requests.of_parameters(call.operation, call))
        yield from map(str, requests.of_body(call.operation, call))


_Row = tuple[int, float, float, Call, Reply, RawHeaders | None, int]
"""Number, began, seconds, call, reply, the headers that were sent, bytes."""


class Journal:
    """The last exchanges, in order, and their live readers."""

    def __init__(self, limit: int = 1000, *, max_bytes: int = MAX_BYTES) -> None:
        """`limit`: exchanges to keep, 0 for none."""
        self.limit = limit
        self.max_bytes = max_bytes
        self.recorded = 0
        """Exchanges since the start, including those that are no longer kept."""
        self.size = 0
        # Tuples: making an Entry costs more than all the rest of recording.
        self._rows: deque[_Row] = deque()
        self._followers: set[asyncio.Queue[Entry | None]] = set()

    def __len__(self) -> int:
        return len(self._rows)

    def record(self, call: Call, reply: Reply, *, seconds: float = 0.0, headers: RawHeaders | None = None) -> None:
        """Record an exchange, and drop the oldest beyond the limits.

        `headers`: those that were sent; None if they are the reply's own.
        """
        self.recorder(call, reply)(headers, seconds)

    def recorder(self, call: Call, reply: Reply) -> "Callable[[RawHeaders | None, float], None]":
        """Gives what records exchanges of this call and this reply, by the headers that were sent, and seconds."""
        size, rows = call.size + len(reply.body), self._rows

        def record(headers: RawHeaders | None, seconds: float) -> None:
            self.recorded += 1
            row = self.recorded, time.time() - seconds, seconds, call, reply, headers, size
            rows.append(row)
            self.size += size
            while len(rows) > self.limit or self.size > self.max_bytes:
                self.size -= rows.popleft()[-1]
            if self._followers:
                self._publish(self._entry(row))

        return record

    def _entry(self, row: _Row) -> Entry:
        number, began, seconds, call, reply, headers, _ = row
        if headers is not None:
            reply = as_sent(reply, reply.status, headers, reply.body)
        return Entry(number, began, seconds, call, reply)

    def _publish(self, entry: Entry) -> None:
        for queue in self._followers:
            if queue.qsize() < _BACKLOG:
                queue.put_nowait(entry)

    def entries(self, matches: Callable[[Entry], bool] = lambda _: True, *, since: int = 0) -> list[Entry]:
        """The kept exchanges after number `since` that match, oldest first."""
        later = (self._entry(row) for row in self._rows.copy() if row[0] > since)
        return [entry for entry in later if matches(entry)]

    def clear(self, session: str = "") -> int:
        """Delete all exchanges, or those of a session; returns how many. Numbering continues."""
        kept = [row for row in self._rows if session and row[3].session != session]
        deleted = len(self._rows) - len(kept)
        self._rows.clear()
        self._rows.extend(kept)
        self.size = sum(row[-1] for row in kept)
        return deleted

    def follow(self) -> "asyncio.Queue[Entry | None] | None":
        """A queue that gets every new exchange, and None when the mock stops. None: too many readers."""
        if len(self._followers) >= MAX_FOLLOWERS:
            return None
        queue: asyncio.Queue[Entry | None] = asyncio.Queue()
        self._followers.add(queue)
        return queue

    def unfollow(self, queue: "asyncio.Queue[Entry | None]") -> None:
        """Stop following."""
        self._followers.discard(queue)

    def end(self) -> None:
        """End the streams of all live readers."""
        for queue in self._followers:
            queue.put_nowait(None)


def as_json(entry: Entry, redactor: Redactor) -> dict[str, Any]:
    """An exchange as JSON, without credentials."""
    call, reply = entry.call, entry.reply
    redacted = redactor.of(call)
    return {
        "number": entry.number,
        "began": datetime.fromtimestamp(entry.began, UTC).isoformat(timespec="milliseconds"),
        "milliseconds": round(entry.seconds * 1000, 3),
        "session": redacted.value(call.session),
        "operation": call.operation.id if call.operation else None,
        "caller": call.caller.role,
        "token": redactor.number(call),
        "request": {
            "method": call.method,
            "target": target(call, redacted),
            "path": {name: redacted.value(value) for name, value in call.path_values.items()},
            "headers": redacted.headers(call.headers),
            "body": body(call.body, redacted),
        },
        "response": {
            "status": reply.status,
            "headers": redacted.headers(reply.headers),
            "body": body(reply.body, redacted),
            "fault": reply.fault or None,
        },
        "rule": redacted.value(reply.rule),
        "within_contract": reply.within_contract,
        "violations": [redacted.value(each) for each in entry.violations],
    }


def target(call: Call, redacted: Redacted) -> str:
    """Path and query of the request, without credentials."""
    query = urlencode(redacted.query(), safe="[]", errors="replace") if call.query else ""
    return redacted.value(call.raw_path) + (f"?{query}" if query else "")


def body(content: bytes, redacted: Redacted) -> dict[str, Any] | None:
    """A body as text, cut after MAX_SHOWN bytes; None if it is empty."""
    if not content:
        return None
    shown_part = content[:MAX_SHOWN]
    try:
        text = shown_part.decode()
    except UnicodeDecodeError as error:
        cut_in_character = len(content) > MAX_SHOWN and error.start > MAX_SHOWN - 4
        text = shown_part.decode("utf-8", "ignore" if cut_in_character else "replace")
    return {"text": redacted.value(text), "size": len(content), "cut": len(content) > MAX_SHOWN}
