"""What is not an HTTP request: the start and end of the server, and websockets, which no contract describes."""

from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send


class Protocols:
    """Passes HTTP requests on; completes `lifespan`; closes websockets."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one connection scope. Raises ValueError for a protocol that ASGI does not define."""
        if scope["type"] == "http":
            return self.app(scope, receive, send)
        if scope["type"] == "lifespan":
            return _complete(receive, send)
        if scope["type"] == "websocket":
            return _close(receive, send)
        raise ValueError(f"expected an ASGI scope of http, websocket or lifespan, got {scope['type']!r}")


async def _close(receive: Receive, send: Send) -> None:
    """Close a websocket before it is accepted: the client gets 403."""
    await receive()  # `websocket.connect`
    await send({"type": "websocket.close", "code": 1000, "reason": "no websocket is served here"})


async def _complete(receive: Receive, send: Send) -> None:
    """Take part in the server's start and end; the mock needs neither."""
    while True:
        event = (await receive())["type"]
        await send({"type": f"{event}.complete"})
        if event == "lifespan.shutdown":
            return
