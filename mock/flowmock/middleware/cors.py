"""Cross-origin requests (Fetch, CORS protocol): headers that let a page of another origin read a response.

Starlette's CORSMiddleware exposes a fixed list of headers and marks every response with `Vary`. A mock lets pages read
whatever headers a response has, and leaves responses to other clients as the server sends them.
"""

from collections.abc import Awaitable
from dataclasses import replace

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowcontract.http import cors
from flowmock.messages import EXCHANGE, Exchange


class Cors:
    """Allows pages of any origin to send requests, with credentials, and to read responses."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request; those that do not come from a page pass as they are."""
        for name, _ in scope["headers"]:
            if name == b"origin":
                return self._serve_page(dict(scope["headers"]), scope, receive, send)
        return self.app(scope, receive, send)

    async def _serve_page(self, asked: dict[bytes, bytes], scope: Scope, receive: Receive, send: Send) -> None:
        exchange: Exchange = scope[EXCHANGE]
        method = scope["method"]
        is_preflight = cors.is_preflight(method, asked)
        is_replaced = False

        async def allowed(message: Message) -> None:
            nonlocal is_replaced
            if message["type"] == "http.response.start":
                # A browser needs a success to go on, whatever the server says of OPTIONS.
                is_replaced = is_preflight and not 200 <= message["status"] < 300
                fresh = {name for name, _ in exchange.fresh_headers}
                message = {**message, "headers": cors.allowing(method, asked, message["headers"], fresh)}
                if is_replaced:
                    headers = [pair for pair in message["headers"] if pair[0] != b"content-length"]
                    message |= {"status": 204, "headers": headers}
                    if exchange.reply:
                        exchange.reply = replace(exchange.reply, status=204, body=b"", rule="CORS preflight")
            elif is_replaced:
                message = {**message, "body": b""}
            await send(message)

        await self.app(scope, receive, allowed)
