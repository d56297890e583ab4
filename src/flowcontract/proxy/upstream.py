"""The one upstream: requests go to it byte for byte, over kept connections, and to nowhere else."""

import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpcore

from flowcontract.http.target import Target

Pairs = list[tuple[bytes, bytes]]

_HOP = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te",
        b"trailer", b"transfer-encoding", b"upgrade", b"expect",
    }
)  # fmt: skip
"""Headers about one connection (RFC 9110, 7.6.1): they are not passed on, nor is what `Connection` names."""
_CONNECTIONS = 100
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
"""Characters that no header may have (RFC 9110, 5.5): they could not be sent on."""


class Unreachable(Exception):
    """No usable answer came from the upstream; says in which way and why."""

    def __init__(self, status: int, error: str, what: str) -> None:
        self.status = status
        """What the client is told: 502 or 504."""
        self.error = error
        """As an Exchange names it."""
        super().__init__(what)


def end_to_end(headers: Pairs) -> Pairs:
    """The headers that are meant for the other end; names in lower case."""
    pairs = [(name.lower(), value) for name, value in headers]
    named = {word.strip().lower() for name, value in pairs if name == b"connection" for word in value.split(b",")}
    # What frames or addresses a message is never taken away by what it says itself.
    named -= {b"content-length", b"host"}
    return [(name, value) for name, value in pairs if name not in _HOP and name not in named]


class Upstream:
    """A pool of connections to one server."""

    def __init__(self, target: Target, *, timeout: float) -> None:
        """`timeout`: seconds to wait for a connection, and for each piece of an answer."""
        parts = urlsplit(target.origin)
        self.host = parts.netloc.encode()
        self.prefix = parts.path.encode()
        self._at = (parts.scheme.encode(), (parts.hostname or "").encode(), parts.port)
        self._timeout = dict.fromkeys(("connect", "read", "write", "pool"), timeout)
        self._pool = httpcore.AsyncConnectionPool(
            max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS, keepalive_expiry=5.0
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.aclose()

    @asynccontextmanager
    async def ask(
        self, method: str, target: bytes, headers: Pairs, body: AsyncIterator[bytes] | None
    ) -> AsyncIterator[httpcore.Response]:
        """Send one request, and give the answer as it begins. Raises Unreachable."""
        url = httpcore.URL(scheme=self._at[0], host=self._at[1], port=self._at[2], target=self.prefix + target)
        sent = [(b"host", self.host), *((name, value) for name, value in headers if name != b"host")]
        if body is not None and not any(name == b"content-length" for name, _ in sent):
            sent.append((b"transfer-encoding", b"chunked"))
        request = httpcore.Request(
            method.encode(), url, headers=sent, content=body or b"", extensions={"timeout": self._timeout}
        )
        if body is None:  # httpcore would announce a body without length where it is given an iterator.
            request.headers = sent
        with _told():
            try:
                response = await self._pool.handle_async_request(request)
            except httpcore.RemoteProtocolError as error:
                if "without sending" not in str(error) or body is not None or method not in ("GET", "HEAD", "OPTIONS"):
                    raise
                # A kept connection that the upstream closed in this very moment.
                response = await self._pool.handle_async_request(request)
        try:
            if any(_CONTROL.search(value) for pair in response.headers for value in pair):
                raise Unreachable(
                    502, "garbage: control characters", "the upstream sent control characters in a header"
                )
            yield response
        finally:
            await response.aclose()


async def pieces(response: httpcore.Response) -> AsyncGenerator[bytes, None]:
    """The content of an answer as it comes. Raises Unreachable where it breaks off."""
    with _told():
        async for piece in response.aiter_stream():
            yield piece


class _told:
    """Turns what the client library raises into Unreachable."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, httpcore.TimeoutException):
            raise Unreachable(504, "timeout", "the upstream did not answer in time") from error
        if isinstance(error, httpcore.ConnectError):
            raise Unreachable(502, "refused", "nothing answers at the upstream") from error
        if isinstance(error, httpcore.RemoteProtocolError):
            if "without sending" in str(error) or "peer closed" in str(error):
                raise Unreachable(502, "closed", "the upstream closed the connection amid its answer") from error
            raise Unreachable(502, "garbage: no HTTP", "what the upstream answered is no HTTP") from error
        if isinstance(error, httpcore.LocalProtocolError):
            raise Unreachable(502, "garbage: not sent", "the request cannot be passed on as HTTP/1.1") from error
        if isinstance(error, httpcore.NetworkError):
            raise Unreachable(502, "reset", "the upstream broke the connection") from error
