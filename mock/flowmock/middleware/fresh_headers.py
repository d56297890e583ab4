"""Headers with a new random value in every response, such as a request ID that the server gives."""

from collections.abc import Awaitable
from random import Random

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowmock.messages import EXCHANGE, Exchange

_random = Random()  # noqa: S311  IDs, not secrets


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
            if message["type"] == "http.response.start" and (fresh := exchange.fresh_headers):
                reply = exchange.reply
                if not (reply and reply.details and reply.details.get("omit_default_headers")):
                    added = [(name, b"%0*x" % (digits, _random.getrandbits(4 * digits))) for name, digits in fresh]
                    message = {**message, "headers": [*message["headers"], *added]}
            return send(message)

        return self.app(scope, receive, with_fresh)
