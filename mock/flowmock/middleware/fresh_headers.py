"""Headers with a new random value in every response, such as a request ID that the server gives."""

from collections.abc import Awaitable
from os import urandom

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowmock.messages import EXCHANGE, Exchange


class FreshHeaders:
    """Adds the headers that a profile calls fresh."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request."""
        exchange: Exchange = scope[EXCHANGE]
        if exchange.is_preview:
            return self.app(scope, receive, send)

        def with_fresh(message: Message) -> Awaitable[None]:
            if exchange.fresh_headers and message["type"] == "http.response.start":
                reply = exchange.reply
                if not (reply and reply.details and reply.details.get("omit_default_headers")):
                    fresh = [
                        (name.lower().encode(), urandom((digits + 1) // 2).hex()[:digits].encode())
                        for name, digits in exchange.fresh_headers
                    ]
                    message = {**message, "headers": [*message["headers"], *fresh]}
            return send(message)

        return self.app(scope, receive, with_fresh)
