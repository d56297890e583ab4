"""Connections of Schemathesis that acknowledge at once what a server sends.

A server that writes headers and body separately, such as the development server of Django, waits up to 40 ms for an
acknowledgment in between, for every request. Schemathesis makes its own sessions; which connections a pool of urllib3
makes is its attribute `ConnectionCls`.
"""

import contextlib
import socket
from contextlib import AbstractContextManager
from typing import Any

from flowcontract.generation.shared_change import SharedChange


def quick_acknowledgments() -> AbstractContextManager[None]:
    """While it is open, new connections of urllib3 acknowledge at once; nothing changes where the system cannot."""
    return _CHANGE.in_use() if hasattr(socket, "TCP_QUICKACK") else contextlib.nullcontext()


def _acknowledge_at_once() -> None:
    # Loading urllib3 takes time.
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    class QuickHTTP(_Quick, HTTPConnection):
        pass

    class QuickHTTPS(_Quick, HTTPSConnection):
        pass

    HTTPConnectionPool.ConnectionCls, HTTPSConnectionPool.ConnectionCls = QuickHTTP, QuickHTTPS


def _acknowledge_as_usual() -> None:
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    HTTPConnectionPool.ConnectionCls, HTTPSConnectionPool.ConnectionCls = HTTPConnection, HTTPSConnection


_CHANGE = SharedChange(_acknowledge_at_once, _acknowledge_as_usual)


class _Quick:
    """A connection that turns on quick acknowledgments before each response: the system turns them off again."""

    sock: Any

    def getresponse(self) -> Any:
        """Wait for the response."""
        # What wraps a socket, as in TLS through a proxy of TLS, may have no options.
        with contextlib.suppress(OSError, AttributeError):
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return super().getresponse()  # type: ignore[misc]
