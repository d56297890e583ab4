"""Responses to reads that were sent before, byte for byte the same request; forgotten when anything changes."""

from collections import OrderedDict
from collections.abc import Hashable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowmock.messages import EXCHANGE, Call, Exchange, Reply

MAX_ENTRIES = 1000
"""Responses that are kept; the oldest makes room for a further one."""
MAX_SIZE = 64 * 1024
"""Bytes of the largest request and response, together, that are kept."""
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_Entry = tuple[Call, Reply, tuple[tuple[str, int], ...], tuple[Message, ...]]


class ResponseCache:
    """Keeps responses from the second request on: most requests are never repeated."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._once: OrderedDict[int, None] = OrderedDict()
        """Hashes of requests that arrived once, the oldest first."""
        self.forget()

    def forget(self) -> None:
        """Forget every response; from any thread. Call it after what responses depend on has changed."""
        self._kept: OrderedDict[Hashable, _Entry] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["method"] not in _READS or scope[EXCHANGE].is_preview:
            await self.app(scope, receive, send)
            return
        key = scope["method"], scope.get("raw_path"), scope["path"], scope["query_string"], tuple(scope["headers"])
        kept = self._kept  # What is added to one that has been forgotten meanwhile is lost.
        exchange: Exchange = scope[EXCHANGE]
        entry = kept.get(key)
        if entry is not None:
            exchange.call, exchange.reply, exchange.fresh_headers, messages = entry
            for message in messages:
                await send(message)
            return
        sent: list[Message] = []

        async def keep(message: Message) -> None:
            sent.append(message)
            await send(message)

        mark = hash(key)
        is_second = mark in self._once
        await self.app(scope, receive, keep if is_second else send)
        new = _entry(exchange, sent)
        if new is None:
            return
        if is_second:
            kept[key] = new
        else:
            self._once[mark] = None
        for entries in (kept, self._once):
            if len(entries) > MAX_ENTRIES:
                entries.popitem(last=False)


def _entry(exchange: Exchange, sent: list[Message]) -> _Entry | None:
    """What is kept of an exchange; None where the next response may be another one."""
    call, reply = exchange.call, exchange.reply
    if call is None or reply is None or not exchange.is_repeatable or reply.wait or reply.fault or call.body:
        return None
    if call.size + len(reply.body) > MAX_SIZE or call.header("transfer-encoding") is not None:
        return None
    return call, reply, exchange.fresh_headers, tuple(sent)
