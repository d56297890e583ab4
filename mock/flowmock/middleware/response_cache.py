"""Responses to reads that were sent before, byte for byte the same request; forgotten when anything changes.

Two layers share one cache: the outermost one of the mock serves what is kept, and one behind everything that differs
from response to response keeps it.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Hashable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowmock.messages import EXCHANGE, Exchange, RawHeaders
from flowmock.middleware import fresh_headers
from flowmock.middleware.delivery import Record, Recorder

MAX_ENTRIES = 1000
"""Responses that are kept; the oldest makes room for a further one."""
MAX_SIZE = 64 * 1024
"""Bytes of the largest request and response, together, that are kept."""
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_KEEP = "flowmock.keep"
"""The key of the ASGI scope under which a request that arrives a second time has the place for its response."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A response that is kept."""

    status: int
    headers: RawHeaders
    fresh_headers: fresh_headers.Names
    body: Message
    record: Record
    """Records an exchange like that one."""


_Entries = OrderedDict[Hashable, _Entry]
"""By the request: method, path, query, version of HTTP and headers."""


class ResponseCache:
    """Keeps responses from the second request on: most requests are never repeated."""

    def __init__(self) -> None:
        self.once: OrderedDict[int, None] = OrderedDict()
        """Hashes of requests that arrived once, the oldest first."""
        self.forget()

    def forget(self) -> None:
        """Forget every response; from any thread. Call it after what responses depend on has changed."""
        self.kept: _Entries = OrderedDict()


class ServeCached:
    """Serves repeated requests, and has them recorded."""

    def __init__(self, app: ASGIApp, cache: ResponseCache) -> None:
        self.app = app
        self._cache = cache

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request; a preview, which brings an exchange with it, and other protocols pass."""
        if scope["type"] != "http" or scope["method"] not in _READS or EXCHANGE in scope:
            return self.app(scope, receive, send)
        path = scope.get("raw_path") or scope["path"]
        request = scope["method"], path, scope["query_string"], scope.get("http_version"), tuple(scope["headers"])
        kept, once = self._cache.kept, self._cache.once
        entry = kept.get(request)
        if entry is not None:
            return _serve(entry, send)
        mark = hash(request)
        if mark in once:
            # What is added to entries that have been forgotten meanwhile is lost.
            return self.app({**scope, _KEEP: (kept, request)}, receive, send)
        once[mark] = None
        _bound(once)
        return self.app(scope, receive, send)


async def _serve(entry: _Entry, send: Send) -> None:
    began = perf_counter()
    headers = fresh_headers.added(entry.headers, entry.fresh_headers)
    entry.record(headers, perf_counter() - began)
    await send({"type": "http.response.start", "status": entry.status, "headers": headers})
    await send(entry.body)


class KeepResponses:
    """Keeps responses to requests that arrive a second time."""

    def __init__(self, app: ASGIApp, recorder: Recorder) -> None:
        self.app = app
        self._recorder = recorder

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request."""
        return self._keep(scope, receive, send) if _KEEP in scope else self.app(scope, receive, send)

    async def _keep(self, scope: Scope, receive: Receive, send: Send) -> None:
        kept, request = scope[_KEEP]
        sent: list[Message] = []

        def keep(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":  # Outer layers may change its headers.
                sent.append({**message, "headers": message["headers"].copy()})
            else:
                sent.append(message)
            return send(message)

        await self.app(scope, receive, keep)
        entry = self._entry(scope[EXCHANGE], *sent) if len(sent) == 2 else None
        if entry is not None:
            kept[request] = entry
            _bound(kept)

    def _entry(self, exchange: Exchange, start: Message, body: Message) -> _Entry | None:
        """What is kept of an exchange; None where the next response may be another one."""
        call, reply = exchange.call, exchange.reply
        if call is None or reply is None or not exchange.is_repeatable or reply.wait or reply.fault or call.body:
            return None
        if call.size + len(reply.body) > MAX_SIZE or call.header("transfer-encoding") is not None:
            return None
        record = self._recorder(call, reply)
        return _Entry(start["status"], start["headers"], fresh_headers.names(exchange), body, record)


def _bound(entries: OrderedDict[Any, Any]) -> None:
    if len(entries) > MAX_ENTRIES:
        entries.popitem(last=False)
