"""What the mock does not mock: the start and end of the server, websockets, and requests that are not valid HTTP."""

from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send

_NEEDED = {"1.0": (0, 1), "1.1": (1,)}
"""How many `Host` headers a request has, by the version of HTTP (RFC 9112, section 3.2)."""
_INVALID = b"Expected one Host header."


class Protocols:
    """Passes HTTP requests on, from clients only with one `Host`; completes `lifespan`; closes websockets."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one connection scope. Raises ValueError for a protocol that ASGI does not define."""
        if scope["type"] == "http":
            needed = _NEEDED.get(scope.get("http_version", "")) if scope.get("client") else None
            if needed and [name for name, _ in scope["headers"]].count(b"host") not in needed:
                return _deny(send)
            return self.app(scope, receive, send)
        if scope["type"] == "lifespan":
            return _complete(receive, send)
        if scope["type"] == "websocket":
            return _close(receive, send)
        raise ValueError(f"expected an ASGI scope of http, websocket or lifespan, got {scope['type']!r}")


async def _deny(send: Send) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"connection", b"close"),
        (b"content-length", b"%d" % len(_INVALID)),
    ]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": _INVALID, "more_body": False})


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
