"""The open connections of this process's mocks, and the outermost layer of a mock under its own server."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

MAX_CONNECTIONS = 1000
"""Open connections of one process; another one gets 503. Many systems allow a process 1,024 open files."""

Addresses = tuple[tuple[Any, ...], tuple[Any, ...]]
"""Host and port of the server, and of the client."""


class Connection:
    """An open connection."""

    __slots__ = ("addresses", "begun", "transport", "waiting")

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        found = [tuple(transport.get_extra_info(name) or ())[:2] for name in ("sockname", "peername")]
        self.addresses: Addresses = (found[0], found[1])
        self.waiting = 0
        """Requests whose head is parsed and which are not being served yet."""
        self.begun: Callable[[], None] | None = None
        """Called when serving of a request begins; None where nothing waits for that."""


OPEN: dict[Addresses, Connection] = {}
"""By the addresses of server and client."""


def of(scope: Scope) -> Connection | None:
    """The connection of a request; None under a server that is not the mock's own."""
    server, client = scope.get("server"), scope.get("client")
    return OPEN.get((tuple(server), tuple(client))) if server and client else None


class Requests:
    """Tells connections when serving of their requests begins."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request."""
        if scope["type"] == "http" and (connection := OPEN.get((scope["server"], scope["client"]))):
            connection.waiting -= 1
            if connection.begun:
                connection.begun()
        return self.app(scope, receive, send)
