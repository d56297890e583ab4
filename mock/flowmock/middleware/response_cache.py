"""Responses to reads that were sent before, byte for byte the same request; forgotten when anything changes."""

from collections import OrderedDict
from collections.abc import Awaitable, Hashable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowmock.messages import EXCHANGE, Call, Exchange, Reply

MAX_ENTRIES = 1000
"""Responses that are kept; the oldest makes room for a further one."""
MAX_SIZE = 64 * 1024
"""Bytes of the largest request and response, together, that are kept."""
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_Entry = tuple[Hashable, Call, Reply, tuple[tuple[bytes, int], ...], tuple[Message, ...]]
"""The request, and what was made of it."""


class ResponseCache:
    """Keeps responses from the second request on: most requests are never repeated."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._once: OrderedDict[int, None] = OrderedDict()
        """Hashes of requests that arrived once, the oldest first."""
        self.forget()

    def forget(self) -> None:
        """Forget every response; from any thread. Call it after what responses depend on has changed."""
        self._kept: OrderedDict[int, _Entry] = OrderedDict()
        """By the hash of the request: it is long, and hashed once."""

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request."""
        exchange: Exchange = scope[EXCHANGE]
        if scope["method"] not in _READS or exchange.is_preview:
            return self.app(scope, receive, send)
        path = scope.get("raw_path") or scope["path"]
        key = scope["method"], path, scope["query_string"], tuple(scope["headers"])
        mark = hash(key)
        entry = self._kept.get(mark)
        if entry is not None and entry[0] == key:
            _, exchange.call, exchange.reply, exchange.fresh_headers, messages = entry
            return _sent(messages, send)
        if mark in self._once:
            return self._keep(mark, key, scope, receive, send)
        self._once[mark] = None
        _bound(self._once)
        return self.app(scope, receive, send)

    async def _keep(self, mark: int, key: Hashable, scope: Scope, receive: Receive, send: Send) -> None:
        kept = self._kept  # What is added to one that has been forgotten meanwhile is lost.
        sent: list[Message] = []

        def keep(message: Message) -> Awaitable[None]:
            sent.append(message)
            return send(message)

        await self.app(scope, receive, keep)
        new = _entry(key, scope[EXCHANGE], sent)
        if new is not None:
            kept[mark] = new
            _bound(kept)


async def _sent(messages: tuple[Message, ...], send: Send) -> None:
    for message in messages:
        await send(message)


def _bound(entries: OrderedDict[Any, Any]) -> None:
    if len(entries) > MAX_ENTRIES:
        entries.popitem(last=False)


def _entry(key: Hashable, exchange: Exchange, sent: list[Message]) -> _Entry | None:
    """What is kept of an exchange; None where the next response may be another one."""
    call, reply = exchange.call, exchange.reply
    if call is None or reply is None or not exchange.is_repeatable or reply.wait or reply.fault or call.body:
        return None
    if call.size + len(reply.body) > MAX_SIZE or call.header("transfer-encoding") is not None:
        return None
    return key, call, reply, exchange.fresh_headers, tuple(sent)
