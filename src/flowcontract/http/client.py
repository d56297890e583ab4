"""Send requests byte for byte: any target, any header, over a persistent connection, with a deadline.

On a socket of its own: other clients normalize paths, merge headers and hide what a server does wrong.
"""

import functools
import time
from dataclasses import replace
from urllib.parse import urlsplit

from flowcontract.http import response_reader
from flowcontract.http.channel import Channel
from flowcontract.http.connection import ConnectionFailed, Connector, tls_failure
from flowcontract.http.messages import Exchange, Request
from flowcontract.http.response_reader import InvalidResponse, NoResponse
from flowcontract.http.target import Target

_USER_AGENT = "User-Agent: flowcontract"
"""Sent if a request has none: some servers reject requests without it (RFC 9110, section 10.1.5)."""

_SECTIONS = 64
"""Header sections to keep: most requests of a run have one of a few."""


class Transport:
    """One persistent connection to one target. Not thread-safe."""

    def __init__(self, target: Target, *, timeout: float = 10.0) -> None:
        """`timeout`: seconds a whole exchange may take. Raises UsageError for TLS options that cannot be used."""
        self.target = target
        self.timeout = timeout
        self._host = urlsplit(target.origin).netloc
        self._connector = Connector(target)
        self._channel: Channel | None = None
        self._header_section = functools.lru_cache(_SECTIONS)(self._headers_as_bytes)
        self.follows_head = False
        """The last request was HEAD: a server that sends content for it leaves that on the connection."""
        self.idle_closes = 0
        """How often the server closed the idle connection without notice."""

    def __enter__(self) -> "Transport":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the next exchange opens a new one."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def connect(self) -> None:
        """Check that the target can be reached. Raises TargetError with the reason and how to fix it."""
        self._connector.check(self.timeout)

    def send(self, request: Request, *, timeout: float | None = None) -> Exchange:
        """Send one request and wait for the complete response; never raises for what the server does.

        If the server has closed the idle connection, a new one is opened, once. A request that must not be repeated
        gets a new connection: a server may close an idle one at any time (RFC 9112, section 9.5).
        """
        may_be_repeated = request.method in ("GET", "HEAD", "OPTIONS")
        if not may_be_repeated:
            self.close()
        elif self._channel is not None and not self._channel.is_idle():
            self.idle_closes += 1
            self.close()
        fresh = self._channel is None
        exchange = self._once(request, timeout or self.timeout)
        if exchange.error in ("closed", "reset") and not fresh and may_be_repeated:
            return replace(self._once(request, timeout or self.timeout), retried=exchange.error)
        return exchange

    def _once(self, request: Request, timeout: float) -> Exchange:
        began = time.monotonic()
        self.follows_head = request.method == "HEAD"
        deadline = began + timeout
        sent_at = time.time()
        try:
            channel = self._channel = self._channel or self._connector.open(deadline)
            whole = self._write(channel, request, deadline)
            read = response_reader.read_response(channel, request.method, began=began, deadline=deadline)
        except (OSError, InvalidResponse, NoResponse, UnicodeError) as problem:
            self.close()
            return Exchange(request, None, self._error(problem), sent_at)
        # Many servers close the connection after an error, or after what their parser rejects, without a word.
        failed = read.response.status == 400 or read.response.status >= 500
        if not whole or failed or not read.reusable or (request.header("Connection") or "").lower() == "close":
            self.close()
        return Exchange(request, read.response, "", sent_at)

    def _error(self, problem: Exception) -> str:
        """Why there is no response, as in `Exchange.error`."""
        match problem:
            case NoResponse():
                return "closed"
            case TimeoutError():
                return "timeout"
            case ConnectionRefusedError():
                return "refused"
            case ConnectionResetError() | BrokenPipeError() | ConnectionAbortedError():
                return "reset"
            case InvalidResponse():
                return f"garbage: {problem.reason(self.target.redact)}"
            case ConnectionFailed():
                return f"garbage: {problem.reason}"
            case OSError():
                failed = tls_failure(problem, self.target.origin) if self._connector.uses_tls else None
                return f"garbage: {failed.reason if failed else problem.strerror or type(problem).__name__}"
        return f"garbage: {type(problem).__name__}"

    def _write(self, channel: Channel, request: Request, deadline: float) -> bool:
        """Send a request; False if the server responded, and perhaps closed, before the end of its body."""
        try:
            return channel.send(self._as_bytes(request), deadline)
        except (BrokenPipeError, ConnectionResetError):
            if request.body is None:
                raise
            return False

    def _as_bytes(self, request: Request) -> bytes:
        target = self.target.expand(request.target)
        if target.startswith("/"):
            target = self._connector.absolute_form + target
        length = -1 if request.body is None else len(request.body)
        first = f"{request.method} {target} HTTP/1.1\r\n".encode("latin-1", "surrogateescape")
        return first + self._header_section(request.headers, length) + (request.body or b"")

    def _headers_as_bytes(self, headers: tuple[tuple[str, str], ...], length: int) -> bytes:
        """The header section with the empty line after it; `length`: of the body, below 0 for none."""
        lines = [f"{name}: {self.target.expand(value)}" for name, value in headers]
        named = {name.lower() for name, _ in headers}
        if "host" not in named:
            lines.insert(0, f"Host: {self._host}")
        if "user-agent" not in named:
            lines.append(_USER_AGENT)
        if self._connector.proxy_header:
            lines.append(self._connector.proxy_header)
        if length >= 0 and "content-length" not in named:
            lines.append(f"Content-Length: {length}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")
