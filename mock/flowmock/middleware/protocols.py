"""What is not an HTTP request: the start and end of the server, and websockets, which no contract describes."""

from starlette.types import ASGIApp, Receive, Scope, Send

from flowmock.messages import EXCHANGE, Exchange


class Protocols:
    """Passes HTTP requests on, each with an exchange of its own; completes `lifespan`; closes websockets."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection scope. Raises ValueError for a protocol that ASGI does not define."""
        if scope["type"] == "http":
            await self.app({EXCHANGE: Exchange(), **scope}, receive, send)
        elif scope["type"] == "lifespan":
            await _complete(receive, send)
        elif scope["type"] == "websocket":
            await receive()  # `websocket.connect`; closed before it is accepted, the client gets 403.
            await send({"type": "websocket.close", "code": 1000, "reason": "no websocket is served here"})
        else:
            raise ValueError(f"expected an ASGI scope of http, websocket or lifespan, got {scope['type']!r}")


async def _complete(receive: Receive, send: Send) -> None:
    """Take part in the server's start and end; the mock needs neither."""
    while True:
        event = (await receive())["type"]
        await send({"type": f"{event}.complete"})
        if event == "lifespan.shutdown":
            return
