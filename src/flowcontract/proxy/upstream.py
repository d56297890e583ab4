"""The upstream: requests are forwarded to it byte for byte, over persistent connections."""

import asyncio
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
"""Headers about one connection (RFC 9110, 7.6.1): they are not forwarded, nor are those that `Connection` names."""
_CONNECTIONS = 100
_REPEATED = ("GET", "HEAD", "OPTIONS")
"""Methods of requests without a body that may be sent twice."""
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
"""Characters that no header may have (RFC 9110, 5.5): they cannot be forwarded."""


class Unreachable(Exception):
    """The upstream sent no usable response."""

    def __init__(self, status: int, error: str, message: str, *, is_at_fault: bool = True) -> None:
        self.status = status
        """The status for the client: 502 or 504."""
        self.error = error
        """As in Exchange.error."""
        self.is_at_fault = is_at_fault
        """Whether that is the fault of the upstream, and not of the request."""
        super().__init__(message)


def end_to_end(headers: Pairs) -> Pairs:
    """The end-to-end headers; names in lower case."""
    pairs = [(name.lower(), value) for name, value in headers]
    named = {word.strip().lower() for name, value in pairs if name == b"connection" for word in value.split(b",")}
    # Connection must not remove the headers that frame or address a message.
    named -= {b"content-length", b"host"}
    return [(name, value) for name, value in pairs if name not in _HOP and name not in named]


class Upstream:
    """A pool of connections to one server."""

    def __init__(self, target: Target, *, timeout: float) -> None:
        """`timeout`: seconds to wait for a connection, a response's head, and each piece of its body."""
        parts = urlsplit(target.origin)
        self.host = parts.netloc.encode()
        self.prefix = parts.path.encode()
        self._at = (parts.scheme.encode(), (parts.hostname or "").encode(), parts.port)
        self.timeout = timeout
        self._timeouts = dict.fromkeys(("connect", "read", "write", "pool"), timeout)
        self._pool = httpcore.AsyncConnectionPool(
            max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS, keepalive_expiry=5.0
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.aclose()

    @asynccontextmanager
    async def send(
        self, method: str, target: bytes, headers: Pairs, body: AsyncIterator[bytes] | None
    ) -> AsyncIterator[httpcore.Response]:
        """Send one request; the response streams. Raises Unreachable."""
        url = httpcore.URL(scheme=self._at[0], host=self._at[1], port=self._at[2], target=self.prefix + target)
        sent = [(b"host", self.host), *((name, value) for name, value in headers if name != b"host")]
        if body is not None and not any(name == b"content-length" for name, _ in sent):
            sent.append((b"transfer-encoding", b"chunked"))
        deadline = asyncio.timeout(self.timeout if body is None else None)
        request = httpcore.Request(
            method.encode(),
            url,
            headers=sent,
            content=b"" if body is None else self._then_begin(deadline, body),
            extensions={"timeout": self._timeouts},
        )
        if body is None:  # Given an iterator, httpcore would announce a body without length.
            request.headers = sent
        with _as_unreachable():
            async with deadline:
                try:
                    response = await self._pool.handle_async_request(request)
                except (httpcore.RemoteProtocolError, httpcore.ReadError) as error:
                    is_closed = isinstance(error, httpcore.ReadError) or "without sending" in str(error)
                    if not is_closed or body is not None or method not in _REPEATED:
                        raise
                    # A persistent connection that the upstream closed just now: after what it had read, or before.
                    response = await self._pool.handle_async_request(request)
        try:
            if any(_CONTROL.search(value) for pair in response.headers for value in pair):
                raise Unreachable(
                    502, "garbage: control characters", "the upstream sent control characters in a header"
                )
            if response.status >= 600:
                raise Unreachable(502, "garbage: the status", "the upstream sent a status above 599")
            yield response
        finally:
            await response.aclose()

    async def _then_begin(self, deadline: asyncio.Timeout, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The body of a request; the time for the response begins when all of it is sent."""
        async for piece in body:
            yield piece
        deadline.reschedule(asyncio.get_running_loop().time() + self.timeout)

    async def pieces(self, response: httpcore.Response) -> AsyncGenerator[bytes, None]:
        """The content of a response, streamed. Raises Unreachable if it ends early, or a piece does not come in time.

        The time counts until content has come: bytes of chunk sizes and trailers do not extend it.
        """
        stream = aiter(response.aiter_stream())
        with _as_unreachable():
            while True:
                async with asyncio.timeout(self.timeout):
                    piece = await anext(stream, None)
                if piece is None:
                    return
                yield piece


class _as_unreachable:
    """Turns exceptions of the client library into Unreachable."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (httpcore.TimeoutException, TimeoutError)):
            raise Unreachable(504, "timeout", "the upstream did not respond in time") from error
        if isinstance(error, httpcore.ConnectError):
            raise Unreachable(502, "refused", "nothing listens at the upstream") from error
        if isinstance(error, httpcore.RemoteProtocolError):
            if "without sending" in str(error) or "peer closed" in str(error):
                raise Unreachable(502, "closed", "the upstream closed the connection during its response") from error
            raise Unreachable(502, "garbage: not HTTP", "the response of the upstream is not HTTP") from error
        if isinstance(error, httpcore.LocalProtocolError):
            raise Unreachable(
                502, "garbage: not sent", "the request cannot be forwarded as HTTP/1.1", is_at_fault=False
            ) from error
        if isinstance(error, httpcore.NetworkError):
            raise Unreachable(502, "reset", "the upstream reset the connection") from error
