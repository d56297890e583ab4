"""Read one response from a socket (RFC 9112), within a deadline and with bounds on its size.

A parser of our own and not httptools: the checks need what a strict parser rejects or drops (two lengths, the bytes
after the end of a response, content after a HEAD), and it costs no more CPU time.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from flowcontract.http.channel import Channel
from flowcontract.http.messages import Response

MAX_BODY = 16 * 1024 * 1024
"""Bytes of content that are read; of a longer response, the rest is left out (`Response.cut`)."""
MAX_HEAD = 256 * 1024
"""Bytes of a header section: many times of what clients accept."""
_MAX_LINE = 4096
"""Bytes of a line with the size of a chunk, with its extensions."""
_MAX_DIGITS = 19
"""Digits of a Content-Length, and so many that none is right."""
_MAX_INTERIM = 16
"""Interim responses that may precede the response."""
_SHOWN = 60
"""Characters of a line that a reason shows."""

_STREAMS = re.compile(
    r"\s*(?:text/event-stream|multipart/x-mixed-replace|application/(?:x-)?(?:ndjson|jsonl|json-seq|stream\+json))\b",
    re.IGNORECASE,
)
"""Media types of streams, which may have no end."""
_STREAM_TIME = 1.0
"""Seconds to read a stream after its head."""
_STREAM_SIZE = 64 * 1024
"""Bytes of a stream to read."""
_BEGINNING = 64 * 1024
"""Bytes of a slow body of announced length that are enough to check."""
_STEADY = 1.2
"""Seconds without a byte after which a response that was flowing has stopped."""
_AFTER_HEAD = 0.03
"""Seconds to wait for content that should not follow a HEAD."""

_HEAD_END = re.compile(rb"\n\r?\n")
_STATUS_LINE = re.compile(r"HTTP/(\d)\.(\d) ([1-9]\d\d)(?: .*)?")
_HEADER = re.compile(r"(?m)^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\r\n\0]*)\r?$")
"""One line of a header section."""
_FOLD = re.compile(r"\r?\n[ \t]+")
"""A continuation of the line before (RFC 9112, section 5.2)."""
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;.*)?")

Pairs = tuple[tuple[str, str], ...]


class InvalidResponse(Exception):
    """What was received is not an HTTP response."""

    def __init__(self, reason: str, line: str = "") -> None:
        """`reason`: with `{}` where it shows the beginning of a line that was received."""
        super().__init__(reason)
        self._line = line

    def reason(self, redact: Callable[[str], str]) -> str:
        """The reason for people. What is shown is redacted whole: a part of a secret would not be recognized."""
        return str(self).format(ascii(redact(self._line)[:_SHOWN]))


class NoResponse(Exception):
    """The connection ended before a response."""


@dataclass(frozen=True, slots=True)
class ReadResponse:
    """A response, and whether another may follow on its connection."""

    response: Response
    reusable: bool


class Incoming:
    """The bytes that arrive on a connection, until a deadline."""

    def __init__(self, channel: Channel, deadline: float) -> None:
        """`deadline`: in seconds of the monotonic clock; TimeoutError is raised after it."""
        self._channel = channel
        self.deadline = deadline
        self.buffer = bytearray()
        self._arrived_at = 0.0

    @property
    def is_flowing(self) -> bool:
        """Whether bytes arrived a moment ago."""
        return time.monotonic() - self._arrived_at < _STEADY

    def more(self) -> bool:
        """Wait for more bytes; False at the end of the connection. Raises TimeoutError and OSError."""
        piece = self._channel.receive(self.deadline)
        self._arrived_at = time.monotonic()
        self.buffer += piece
        return bool(piece)

    def head(self) -> str:
        """The next header section, without the empty line at its end. Raises InvalidResponse and NoResponse."""
        start = 0
        while (end := _HEAD_END.search(self.buffer, start)) is None:
            if self.buffer[:5] != b"HTTP/"[: len(self.buffer)]:
                _reject_first_line(self.buffer.partition(b"\n")[0].decode("latin-1"))
            start = max(0, len(self.buffer) - 2)
            if start > MAX_HEAD:
                break
            if not self.more():
                raise NoResponse
        if end is None or end.start() > MAX_HEAD:
            raise InvalidResponse(f"headers of more than {MAX_HEAD // 1024} KiB")
        return self.take(end.end())[: end.start() + 1].decode("latin-1")

    def take(self, size: int) -> bytes:
        """Remove bytes from the start of the buffer."""
        taken = bytes(self.buffer[:size])
        del self.buffer[:size]
        return taken

    def line(self, limit: int) -> bytes:
        """The next line without its end. Raises InvalidResponse for one that is too long, NoResponse at the end."""
        while (end := self.buffer.find(b"\n")) < 0:
            if len(self.buffer) > limit:
                raise InvalidResponse("a line without end")
            if not self.more():
                raise NoResponse
        return self.take(end + 1)[:-1].removesuffix(b"\r")

    def peek(self, wait: float) -> None:
        """Take what has arrived already, waiting `wait` seconds at most."""
        try:
            if wait:
                self.buffer += self._channel.receive(time.monotonic() + wait)
            else:
                self.buffer += self._channel.received() or b""
        except OSError:  # Nothing has arrived, or the connection is gone.
            return


def is_stream(content_type: str) -> bool:
    """Whether a response of this Content-Type may have no end."""
    return _STREAMS.match(content_type) is not None


def read_response(channel: Channel, method: str, *, began: float, deadline: float) -> ReadResponse:
    """Read the response to a request with this method, sent at `began`.

    Raises TimeoutError, OSError, NoResponse and InvalidResponse where not even the head or nothing of an announced
    body arrived; a body that ends early is an incomplete response.
    """
    incoming = Incoming(channel, deadline)
    version, status, headers = _final_head(incoming)
    fields = {name.lower(): value for name, value in reversed(headers)}
    framing = _framing(method, status, headers, fields)
    body = _Body(incoming, fields)
    body.read(framing)
    elapsed = time.monotonic() - began
    complete = body.complete
    if complete and not body.cut and framing != _UNTIL_CLOSE and status != 101 and not incoming.buffer:
        incoming.peek(_AFTER_HEAD if method == "HEAD" else 0)
    surplus = bytes(incoming.buffer) if complete and not body.cut and status != 101 else b""
    reusable = (
        complete
        and not body.cut
        and not surplus
        and framing != _UNTIL_CLOSE
        and status != 101
        and _is_persistent(version, fields.get("connection", ""))
    )
    response = Response(status, headers, bytes(body.content), elapsed, complete, version, surplus, body.cut)
    return ReadResponse(response, reusable)


def _final_head(incoming: Incoming) -> tuple[str, int, Pairs]:
    """Read up to the head of the final response: interim ones may precede it (RFC 9110, section 15.2)."""
    for _ in range(_MAX_INTERIM):
        version, status, headers = parse_head(incoming.head())
        if status >= 200 or status == 101:
            return version, status, headers
    raise InvalidResponse("interim responses only")


def parse_head(text: str) -> tuple[str, int, Pairs]:
    """HTTP version, status and headers of a header section. Raises InvalidResponse."""
    first, _, block = text.partition("\n")
    match = _STATUS_LINE.fullmatch(first.removesuffix("\r"))
    if match is None or match[1] != "1":
        _reject_first_line(first)
    found = _HEADER.findall(block)
    if len(found) != block.count("\n"):
        block = _FOLD.sub(" ", block)
        found = _HEADER.findall(block)
        if len(found) != block.count("\n"):
            wrong = next(line for line in block.split("\n") if not _HEADER.match(line))
            raise InvalidResponse("the header line {}", wrong)
    return f"1.{min(1, int(match[2]))}", int(match[3]), tuple([(name, value.strip(" \t")) for name, value in found])


def _reject_first_line(line: str) -> NoReturn:
    raise InvalidResponse("the first line is {}, not a status line", line.strip())


def _is_persistent(version: str, connection: str) -> bool:
    options = {option.strip().lower() for option in connection.split(",")}
    return "close" not in options and (version == "1.1" or "keep-alive" in options)


_CHUNKED = -1
_UNTIL_CLOSE = -2


def _framing(method: str, status: int, headers: Pairs, fields: dict[str, str]) -> int:
    """The length of the body, or how to find it (RFC 9112, section 6.3). Raises InvalidResponse."""
    if method == "HEAD" or status in (204, 304) or status < 200:
        return 0
    if "transfer-encoding" in fields:
        codings = ",".join(value for name, value in headers if name.lower() == "transfer-encoding")
        return _CHUNKED if codings.rpartition(",")[2].strip().lower() == "chunked" else _UNTIL_CLOSE
    if "content-length" not in fields:
        return _UNTIL_CLOSE
    length = fields["content-length"]
    if len(fields) == len(headers) and length.isascii() and length.isdecimal() and len(length) < _MAX_DIGITS:
        return int(length)
    lengths = {
        length.strip() for name, value in headers if name.lower() == "content-length" for length in value.split(",")
    }
    length = lengths.pop()
    if lengths or not (length.isascii() and length.isdecimal() and len(length) < _MAX_DIGITS):
        raise InvalidResponse("Content-Length is {}", fields["content-length"])
    return int(length)


class _Body:
    """The content of a response as it is read."""

    def __init__(self, incoming: Incoming, fields: dict[str, str]) -> None:
        self._incoming = incoming
        self._is_stream = is_stream(fields.get("content-type", ""))
        self._limit = _STREAM_SIZE if self._is_stream else MAX_BODY
        self.content = bytearray()
        self.complete = True
        self.cut = False

    def read(self, framing: int) -> None:
        """Read to the end, or until a limit. Raises what ended the connection before any content."""
        incoming = self._incoming
        if 0 <= framing <= min(len(incoming.buffer), MAX_BODY):  # Most bodies arrive with their head.
            self.content += incoming.take(framing)
            return
        if self._is_stream:
            incoming.deadline = min(incoming.deadline, time.monotonic() + _STREAM_TIME)
        try:
            if framing == _CHUNKED:
                self._read_chunks()
            else:
                self.complete = self._read(framing) or framing == _UNTIL_CLOSE
        except TimeoutError:
            # What still flows is slow or endless, not incomplete: enough of it is a beginning, and less is late.
            flows = bool(self.content) and incoming.is_flowing
            self.cut = self._is_stream or (flows and (framing < 0 or len(self.content) >= _BEGINNING))
            self.complete = self.cut
            if not self.cut and (flows or not self.content):
                raise
        except ConnectionResetError:
            self.complete = False
            if not self.content:
                raise
        except (NoResponse, InvalidResponse):  # Within chunks.
            self.complete = False

    def _read(self, size: int) -> bool:
        """Read content of this size, below 0 to the end of the connection; False at the end of the connection."""
        buffer = self._incoming.buffer
        while size:
            taken = min(len(buffer), self._limit - len(self.content))
            if size > 0:
                taken = min(taken, size)
                size -= taken
            self.content += buffer[:taken]
            del buffer[:taken]
            if size and len(self.content) >= self._limit:
                self.cut = True
                return True
            if size and not self._incoming.more():
                return False
        return True

    def _read_chunks(self) -> None:
        while not self.cut:
            match = _CHUNK_SIZE.fullmatch(self._incoming.line(_MAX_LINE))
            if match is None:
                raise InvalidResponse("the size of a chunk")
            size = int(match[1], 16)
            if not size:
                break
            if not self._read(size):
                raise NoResponse
            if not self.cut and self._incoming.line(2):
                raise InvalidResponse("the end of a chunk")
        left = MAX_HEAD
        while not self.cut and (trailer := self._incoming.line(left)):
            left -= len(trailer)
