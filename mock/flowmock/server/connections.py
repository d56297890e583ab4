"""The open connections of this process's mocks, and the outermost layer of a mock under its own server."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

MAX_CONNECTIONS = 1000
"""Open connections of one process; another one gets 503. Many systems allow a process 1,024 open files."""

_INVALID = b"Expected one Host header."

Addresses = tuple[tuple[Any, ...], tuple[Any, ...]]
"""Host and port of the server, and of the client."""


@dataclass(frozen=True, slots=True)
class Connection:
    """An open connection."""

    transport: asyncio.Transport
    answered: Callable[[], None]
    """To be called when a request is answered: only then is what follows it parsed."""


OPEN: dict[Addresses, Connection] = {}
"""By the addresses of server and client."""


def of(scope: Scope) -> Connection | None:
    """The connection of a request; None under a server that is not the mock's own."""
    server, client = scope.get("server"), scope.get("client")
    return OPEN.get((tuple(server), tuple(client))) if server and client else None


class Requests:
    """Passes on requests that have one `Host` (RFC 9112, 3.2), and tells their connections when they are answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            hosts = [name for name, _ in scope["headers"]].count(b"host")
            if hosts == 1 or (hosts == 0 and scope["http_version"] == "1.0"):
                await self.app(scope, receive, send)
            else:
                await _deny(send)
        finally:
            if connection := of(scope):
                connection.answered()


async def _deny(send: Send) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"connection", b"close"),
        (b"content-length", b"%d" % len(_INVALID)),
    ]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": _INVALID, "more_body": False})
