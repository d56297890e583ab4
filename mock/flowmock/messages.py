"""A request, its response, and what the layers of the mock know about both."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Scope, Send

from flowcontract.http import content_coding
from flowcontract.openapi.model import Operation

if TYPE_CHECKING:
    from flowmock.negotiation.prefer import Preferences
    from flowmock.routing import Route

EXCHANGE = "flowmock.exchange"
"""The key of the ASGI scope under which the Exchange is."""
Headers = tuple[tuple[str, str], ...]
"""Names and values, in order."""
RawHeaders = list[tuple[bytes, bytes]]
"""The same, as ASGI has them."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request, as far as its credentials tell."""

    role: str
    """`anonymous`, `invalid`, `any`, `all`, `some` or `none`."""
    resource_ids: frozenset[str] | None = None
    """IDs of the resources that it may view; None: all."""
    denial: str = ""
    """The profile's response to invalid credentials; empty for valid ones."""


@dataclass(slots=True)
class Call:
    """One request as the mock understands it. Stages fill it in as they learn more."""

    method: str
    raw_path: str
    """As received, percent-encoding included, without the query."""
    path: str
    """Decoded once."""
    query: tuple[tuple[str, str], ...]
    """Decoded pairs in order, repeated names included."""
    headers: tuple[tuple[str, str], ...]
    """Names in lower case, in order, repeated names included."""
    body: bytes = b""
    """As received."""
    decoded: bytes | None = field(default=None, compare=False, repr=False)
    """The body without its content coding, while the request is being served; None where it has none."""
    operation: Operation | None = None
    """None where the contract has none for this method and path."""
    path_values: Mapping[str, str] = field(default_factory=dict)
    """The path parameters, decoded."""
    encoded_path_values: Mapping[str, str] = field(default_factory=dict)
    """The path parameters as received, where the path has percent-encoded characters."""
    session: str = ""
    """The client session that scenarios are kept apart by; empty for the one that everybody shares."""

    caller: Caller = Caller("anonymous")
    """Who it comes from."""
    preferences: "Preferences | None" = None
    """What its `Prefer` headers ask for; None where it has none."""
    list_size: int | None = None
    """How many items a list in the response has, where `Prefer` or a scenario says so."""
    head: "Head | None" = field(default=None, compare=False, repr=False)
    """What its headers say; made when it is first asked for."""
    _size: int = field(default=0, compare=False, repr=False)

    @property
    def scenario(self) -> str:
        """The scenario that it names for itself alone, by `Prefer` or a cookie; empty for none."""
        if self.preferences and self.preferences.scenario:
            return self.preferences.scenario
        return self.head.scenario if self.head else ""

    @property
    def size(self) -> int:
        """Bytes that it takes in memory, about, once it is whole. A path is there three times."""
        if not self._size:
            head = self.head or Head(self.headers)
            query = sum([len(value) for _, value in self.query]) if self.query else 0
            self._size = head.size + 3 * len(self.raw_path) + len(self.body) + query
        return self._size

    @property
    def content(self) -> bytes | None:
        """The body without its content coding; None where it cannot be decoded."""
        if self.decoded is not None:
            return self.decoded
        return content_coding.decoded(self.body, self.header("content-encoding"))

    @property
    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.content or b"") if self.body else None
        except (ValueError, RecursionError):
            return None

    def header(self, name: str) -> str | None:
        """The value of a header, `name` in lower case; sent several times, it is one with commas (RFC 9110, 5.3)."""
        if self.head is None:
            self.head = Head(self.headers)
        return self.head.named.get(name)


class Head:
    """The headers of a request, and what is asked of them often. Requests with the same headers may share it."""

    __slots__ = ("headers", "named", "scenario", "session", "size")

    def __init__(self, headers: Headers) -> None:
        self.headers = headers
        self.named: dict[str, str] = {}
        """By name; one that was sent several times has its values with commas between (RFC 9110, 5.3)."""
        self.size = 0
        """Bytes of all values."""
        for name, value in headers:
            self.named[name] = f"{self.named[name]},{value}" if name in self.named else value
            self.size += len(value)
        cookies = _COOKIES.findall(self.named.get("cookie", ""))
        ours = {name: unquote(value.strip()) for name, value in reversed(cookies)}
        self.session = self.named.get("x-mock-session") or ours.get("session", "")
        self.scenario = ours.get("scenario", "")


_COOKIES = re.compile(r"(?:^|;)\s*mock_(session|scenario)=([^;]*)")


@dataclass(frozen=True, slots=True)
class Reply:
    """The mock's response, and the reason for it."""

    status: int
    headers: tuple[tuple[str, str], ...]
    """Names as they go out. Content-Length is the server's to add."""
    body: bytes
    rule: str
    """What chose this response, for the journal and the console: `example default-source-enrollment`,
    `Prefer code=403`, `scenario rate-limited`, `profile: 406`, `generated (seed 7)`."""
    wait: float = 0.0
    """Seconds to wait before the first byte."""
    fault: str = ""
    """Name of a network fault (`flowmock.faults`) to inject while sending; empty for none."""
    within_contract: bool = True
    """False where the response violates the contract on purpose."""
    details: Mapping[str, Any] = field(default_factory=dict)


class Handle(Protocol):
    """Responds to a call whose route, credentials and parameters are as they should be."""

    def __call__(self, call: Call) -> Reply:
        """The reply."""

    def without_memory(self) -> "Handle":
        """One that responds as if the mock remembered nothing, and changes nothing."""


class CompiledContracts(Protocol):
    """What the contracts were compiled to (`flowmock.compiled`), as far as the layers use it."""

    @property
    def connexion(self) -> ASGIApp:
        """Serves the operations."""

    def responses_for(self, route: "Route | None") -> Any:
        """What makes the responses of a route."""

    def unrouted_message(self, call: Call) -> str:
        """What a 404 says of a path that no contract has."""


@dataclass(slots=True)
class Exchange:
    """One request and its response, as far as the layers know them. Each layer fills in its part."""

    compiled: "CompiledContracts | None" = None
    """What the contracts were compiled to when the request arrived; a reload in between does not concern it."""
    call: Call | None = None
    route: "Route | None" = None
    """None for a path that no contract has."""
    reply: Reply | None = None
    """Why the response is what it is. Status, headers and body are those that were sent as ASGI messages."""
    fresh_headers: tuple[tuple[bytes, int], ...] = ()
    """Headers with a new random value in every response: names and numbers of hexadecimal digits."""
    start: "tuple[str, Message] | None" = None
    """A network fault, and the start of the response that it is injected into."""
    is_repeatable: bool = True
    """Whether the same request gets the same response until something changes."""
    is_preview: bool = False
    """Whether nobody is waiting for the response: it is neither recorded nor delayed."""
    uses_up_scenarios: bool = True
    """Whether scenarios that last for a number of responses count this one."""


class Capture:
    """An ASGI `send` that keeps the response."""

    def __init__(self) -> None:
        self.start: Message = {}
        self.body = b""

    async def __call__(self, message: Message) -> None:
        """Take one message."""
        if message["type"] == "http.response.start":
            self.start = message
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    def reply(self, exchange: Exchange) -> Reply:
        """The response, with the reason that the exchange has for it."""
        return as_sent(exchange.reply, self.start["status"], self.start["headers"], self.body)


def as_sent(reply: Reply | None, status: int, headers: RawHeaders, body: bytes) -> Reply:
    """A response as it was sent; names are spelled as in the reply, and Content-Length is left out as everywhere."""
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers if name != b"content-length"]
    if reply is None:
        return Reply(status, tuple(pairs), body, f"{status}, from the framework")
    spelled = {name.lower(): name for name, _ in reply.headers}
    named = tuple((spelled.get(name, name), value) for name, value in pairs)
    return Reply(status, named, body, reply.rule, reply.wait, reply.fault, reply.within_contract, reply.details)


async def respond(reply: Reply, scope: Scope, send: Send) -> None:
    """Send a reply as ASGI messages, and keep it in the exchange."""
    scope[EXCHANGE].reply = reply
    headers, body = raw_headers(reply)
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def raw_headers(reply: Reply) -> tuple[RawHeaders, bytes]:
    """Headers and body as ASGI messages hold them."""
    if reply.status not in (204, 205, 304):
        return [*_encoded(reply.headers), (b"content-length", b"%d" % len(reply.body))], reply.body
    # These have no content (RFC 9110, 6.4.1 and 15.3.6), even where a contract documents some; a 205 says so.
    length = [(b"content-length", b"0")] if reply.status == 205 else []
    return [pair for pair in _encoded(reply.headers) if pair[0] != b"content-type"] + length, b""


@lru_cache(maxsize=1000)
def _encoded(headers: Headers) -> RawHeaders:
    return [(name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in headers]
