"""The journal's layer: what was asked and what was sent, as it is sent."""

import time
from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowmock.messages import EXCHANGE, Call, Exchange, RawHeaders, Reply

Record = Callable[[Call, Reply, RawHeaders, float], None]
"""Takes a call, its reply, the headers that were sent, and seconds from the request to the response being ready."""


class Journal:
    """Has each exchange recorded before its response goes out, so that who has the response finds the entry."""

    def __init__(self, app: ASGIApp, record: Record) -> None:
        self.app = app
        self._record = record

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request."""
        exchange: Exchange = scope[EXCHANGE]
        if exchange.is_preview:
            return self.app(scope, receive, send)
        record, began = self._record, time.perf_counter()

        def recorded(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start" and exchange.call and exchange.reply:
                record(exchange.call, exchange.reply, message["headers"], time.perf_counter() - began)
            return send(message)

        return self.app(scope, receive, recorded)
