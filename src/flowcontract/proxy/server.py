"""The server of the proxy: which requests it accepts, and where it listens."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flowcontract.errors import UsageError
from flowcontract.http.server import Config, HttpToolsProtocol, Server, plain_response
from flowcontract.proxy.forward import Proxy

_MAX_HEAD = 1024 * 1024
"""Bytes of a request line and its headers that are read, and one piece more."""
_TOO_LONG = plain_response("400 Bad Request", "Request head too long.")


class _Protocol(HttpToolsProtocol):
    """HTTP over httptools; only targets in origin form (RFC 9112, 3.2.1) are requests to this proxy."""

    _target = b""
    """Of the request whose line and headers arrive."""
    _in_head = True
    """Whether the line and headers of a request are due."""
    _arrived = 0
    """Bytes of them."""

    _client: asyncio.Transport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        self._client = transport
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Parse what arrives."""
        self._arrived += len(data)
        super().data_received(data)
        if self._in_head and self._arrived > _MAX_HEAD and not self._client.is_closing():
            self._client.write(_TOO_LONG)
            self._client.close()

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._target = b""
        self._in_head, self._arrived = True, 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        self._target += url
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; one after a chunked body (a trailer) must not be taken for it (RFC 9110, 6.5.1)."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Reject a target with another host or without a path: the parser turns the error into a 400."""
        self._in_head = False
        if not self._target.startswith(b"/"):
            raise ValueError("expected a request target that begins with a slash")
        super().on_headers_complete()


class _Server(Server):
    def __init__(self, config: Config, proxy: Proxy) -> None:
        super().__init__(config)
        self._proxy = proxy

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Disconnect clients, then the upstream."""
        await super().shutdown(sockets)
        await self._proxy.close()


@dataclass(frozen=True, slots=True)
class Running:
    """A listening proxy."""

    proxy: Proxy
    origin: str
    """`http://host:port`."""
    _server: _Server
    _listener: socket.socket

    def serve(self) -> None:
        """Serve until a signal or `stop`."""
        self._server.run(sockets=[self._listener])

    def stop(self) -> None:
        """Stop serving; may be called from any thread."""
        self._server.should_exit = True

    @contextlib.contextmanager
    def serving(self) -> Iterator["Running"]:
        """Serve in a thread for as long as the block lasts."""
        thread = threading.Thread(target=self.serve, name="flowcontract-proxy", daemon=True)
        thread.start()
        try:
            self._server.wait(60)
            yield self
        finally:
            self.stop()
            thread.join()


@contextlib.contextmanager
def listening(proxy: Proxy, host: str = "127.0.0.1", port: int = 0) -> Iterator[Running]:
    """Listen; connections wait until `serve`. Raises UsageError if the address is not available."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(512)
    except (OSError, OverflowError, UnicodeError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"cannot listen on {host}:{port}: {reason}.", do="Choose another port with --port (0 picks a free one)."
        ) from error
    name, chosen = listener.getsockname()[:2]
    settings: dict[str, Any] = {"log_config": None, "log_level": "critical", "access_log": False}
    config = Config(
        proxy, http=_Protocol, ws="none", lifespan="off", server_header=False, date_header=False,
        proxy_headers=False, timeout_graceful_shutdown=1, **settings,
    )  # fmt: skip
    try:
        origin = f"http://[{name}]:{chosen}" if ":" in name else f"http://{name}:{chosen}"
        yield Running(proxy, origin, _Server(config, proxy), listener)
    finally:
        listener.close()
