"""What is sent: recorded, and handed to the client or to a network fault."""

import time
from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowmock import faults
from flowmock.messages import EXCHANGE, Call, Exchange, RawHeaders, Reply, as_sent

Record = Callable[[RawHeaders, float], None]
"""Records an exchange: the headers that were sent, and seconds from the request to the response being ready."""
Recorder = Callable[[Call, Reply], Record]
"""Gives what records exchanges of this call and this reply."""


class Delivery:
    """Begins an exchange, and has it recorded before its response goes out: who has the response finds the entry.

    A response for which a scenario or `Prefer` asks for a network fault is cut, stalled or garbled.
    """

    def __init__(self, app: ASGIApp, recorder: Recorder) -> None:
        self.app = app
        self._recorder = recorder

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request. Nothing of a preview, which brings an exchange with it, is recorded."""
        if EXCHANGE in scope:
            return self.app(scope, receive, send)
        exchange, recorder, began = Exchange(), self._recorder, time.perf_counter()

        def deliver(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                reply = exchange.reply or as_sent(None, message["status"], message["headers"], b"")
                if exchange.call:
                    recorder(exchange.call, reply)(message["headers"], time.perf_counter() - began)
                if reply.fault:
                    return _hold(exchange, reply.fault, message)
            elif exchange.start is not None:
                body = message.get("body", b"")
                return faults.inject(exchange.start[0], exchange.start[1], body, scope, receive, send)
            return send(message)

        return self.app({EXCHANGE: exchange, **scope}, receive, deliver)


async def _hold(exchange: Exchange, fault: str, start: Message) -> None:
    """Keep the start of a response until its body is there."""
    exchange.start = fault, start
