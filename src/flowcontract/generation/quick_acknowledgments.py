"""Connections of Schemathesis that acknowledge at once what a server sends.

A server that writes headers and body separately, such as the development server of Django, waits up to 40 ms for an
acknowledgment in between, for every request. Schemathesis makes its own sessions; which connections a pool of urllib3
makes is its attribute `ConnectionCls`.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

_lock = threading.Lock()
_users = 0


@contextlib.contextmanager
def quick_acknowledgments() -> Iterator[None]:
    """While it is open, new connections of urllib3 acknowledge at once; nothing changes where the system cannot."""
    global _users
    if not hasattr(socket, "TCP_QUICKACK"):
        yield
        return
    # Loading urllib3 takes time.
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    class QuickHTTP(_Quick, HTTPConnection):
        pass

    class QuickHTTPS(_Quick, HTTPSConnection):
        pass

    with _lock:
        _users += 1
        if _users == 1:
            HTTPConnectionPool.ConnectionCls, HTTPSConnectionPool.ConnectionCls = QuickHTTP, QuickHTTPS
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                HTTPConnectionPool.ConnectionCls, HTTPSConnectionPool.ConnectionCls = HTTPConnection, HTTPSConnection


class _Quick:
    """A connection that turns on quick acknowledgments before each response: the system turns them off again."""

    sock: Any

    def getresponse(self) -> Any:
        """Wait for the response."""
        # What wraps a socket, as in TLS through a proxy of TLS, may have no options.
        with contextlib.suppress(OSError, AttributeError):
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return super().getresponse()  # type: ignore[misc]
