"""A call and its reply: the two values that every stage of the mock passes on."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from flowcontract.openapi.model import Operation
from flowmock.negotiation.prefer import Preferences

SMALL = 8192
"""Bytes of the headers of a request up to which they are worth remembering."""
Headers = tuple[tuple[str, str], ...]
"""Names and values, in order."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request, as far as its credentials tell."""

    role: str
    """`anonymous`, `invalid`, `any`, `all`, `some` or `none`."""
    keys: frozenset[str] | None = None
    """The keys that it may view; None for all of them."""
    refusal: str = ""
    """Why its credentials are refused, as a profile names the answer; empty where they are not."""


@dataclass(slots=True)
class Call:
    """One request as the mock understands it. Stages fill it in as they learn more."""

    method: str
    raw_path: str
    """As it came, percent-encoding included, without the query."""
    path: str
    """Decoded once."""
    query: tuple[tuple[str, str], ...]
    """Decoded pairs in order, repeated names included."""
    headers: tuple[tuple[str, str], ...]
    """Names in lower case, in order, repeated names included."""
    body: bytes = b""
    operation: Operation | None = None
    """None where the contract has none for this method and path."""
    path_values: Mapping[str, str] = field(default_factory=dict)
    session: str = ""
    """The client session that scenarios are kept apart by; empty for the one that everybody shares."""

    caller: Caller = Caller("anonymous")
    """Who it comes from."""
    preferences: Preferences | None = None
    """What its `Prefer` headers ask for; None where it has none."""
    head: "Head | None" = field(default=None, compare=False, repr=False)
    """What its headers say; made when it is first asked for."""
    settled: "Settled | None" = field(default=None, compare=False, repr=False)
    """What was settled by a call like it; None where nothing was."""

    @property
    def size(self) -> int:
        """Bytes that it takes in memory, about. A path is there three times: as it came, decoded, and as values."""
        head = self.head or Head(self.headers)
        size = head.size + 3 * len(self.raw_path) + len(self.body)
        return size + sum([len(value) for _, value in self.query]) if self.query else size

    @property
    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body) if self.body else None
        except (ValueError, RecursionError):
            return None

    def header(self, name: str) -> str | None:
        """The value of a header, `name` in lower case; sent several times, it is one with commas (RFC 9110, 5.3)."""
        if self.head is None:
            self.head = Head(self.headers)
        return self.head.named.get(name)


class Head:
    """The headers of a request, and what is asked of them often. Requests with the same headers may share it."""

    __slots__ = ("headers", "named", "session", "size")

    def __init__(self, headers: Headers) -> None:
        self.headers = headers
        self.named: dict[str, str] = {}
        """By name; one that was sent several times has its values with commas between (RFC 9110, 5.3)."""
        self.size = 0
        """Bytes of all values."""
        for name, value in headers:
            self.named[name] = f"{self.named[name]},{value}" if name in self.named else value
            self.size += len(value)
        self.session = self.named.get("x-mock-session") or _session(self.named.get("cookie"))


_SESSION = re.compile(r"(?:^|;)\s*mock_session=([^;]*)")


def _session(cookie: str | None) -> str:
    found = _SESSION.search(cookie) if cookie else None
    return unquote(found[1].strip()) if found else ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the mock answers, and why."""

    status: int
    headers: tuple[tuple[str, str], ...]
    """Names as they go out. Content-Length is the server's to add."""
    body: bytes
    rule: str
    """What chose this answer, for the journal and the console: `example default-source-enrollment`,
    `Prefer code=403`, `scenario rate-limited`, `profile: 406`, `generated (seed 7)`."""
    wait: float = 0.0
    """Seconds to wait before the first byte."""
    fault: str = ""
    """Name of a transport fault (`flowmock.server.faults`) to commit while sending; empty for none."""
    within_contract: bool = True
    """False where the answer breaks the contract on purpose."""
    details: Mapping[str, Any] = field(default_factory=dict)
    notes: dict[Any, Any] = field(default_factory=dict, init=False, compare=False, repr=False)
    """What was made of this reply, for those who will want to make the same of it again."""

    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers as ASGI takes them."""
        return [
            (name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace"))
            for name, value in self.headers
        ]


Handle = Callable[[Call], Reply]
"""Answers a call whose route, credentials and parameters are as they should be."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What route, method and headers settle, whatever else is asked: the caller was let pass, up to the parameters."""

    operation: Operation
    caller: Caller
    preferences: Preferences | None
    handle: Handle
