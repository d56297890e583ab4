"""Headers with a new random value in every response, such as a request ID that the server gives."""

from collections.abc import Awaitable
from random import Random

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowmock.messages import EXCHANGE, Exchange, RawHeaders

Names = tuple[tuple[bytes, int], ...]
"""Names of headers, and numbers of hexadecimal digits."""
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
            if message["type"] == "http.response.start" and (fresh := names(exchange)):
                message = {**message, "headers": added(message["headers"], fresh)}
            return send(message)

        return self.app(scope, receive, with_fresh)


def names(exchange: Exchange) -> Names:
    """The headers that are to be fresh in a response; none where a scenario leaves out what is usual."""
    reply = exchange.reply
    omits = reply and reply.details and reply.details.get("omit_default_headers")
    return () if omits else exchange.fresh_headers


def added(headers: RawHeaders, fresh: Names) -> RawHeaders:
    """The headers, and fresh ones with new values."""
    headers = headers.copy()
    for name, digits in fresh:
        headers.append((name, b"%0*x" % (digits, _random.getrandbits(4 * digits))))
    return headers
