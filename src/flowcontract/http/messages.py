"""Requests, responses and exchanges: plain values, free of secrets.

A token never appears in a Request. A shell expression, `${FLOWCONTRACT_TOKEN}`, stands in for it, and the client
replaces it as it writes to the socket. So nothing that prints a request (a curl command, a report, a log, an exception)
can leak one, and a printed curl command runs as it is once the variable is set.
"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
"""The methods of an OpenAPI document: what servers know."""
SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "QUERY")
"""Methods that change nothing (RFC 9110, section 9.2.1); QUERY is one of OpenAPI 3.2."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it is sent, with shell expressions in place of tokens."""

    method: str
    target: str
    """The request target: path and query exactly as sent, percent-encoding included."""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def is_safe(self) -> bool:
        """Whether the method changes nothing."""
        return self.method in SAFE_METHODS

    @property
    def query(self) -> str:
        """The query of the target, as sent."""
        return self.target.partition("?")[2]

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The names and values in the query, decoded."""
        return parse_qsl(self.query, keep_blank_values=True)

    def header(self, name: str) -> str | None:
        """The first value of a header, its name in any case."""
        return _first(self.headers, name)


@dataclass(frozen=True, slots=True)
class Response:
    """A response as it was received."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    """The content without transfer coding; as much as arrived if it is incomplete."""
    elapsed: float
    """Seconds from the first byte sent to the last byte received."""
    complete: bool = True
    """False if fewer bytes arrived than announced."""
    http_version: str = "1.1"
    surplus: bytes = b""
    """Bytes after the end of the response: content after a HEAD, bytes beyond Content-Length."""
    cut: bool = False
    """Whether `body` is only the beginning because the client stopped reading: the response is larger than its limit,
    or a stream without end. `complete` is True then: the server did nothing wrong."""

    def header(self, name: str) -> str | None:
        """The first value of a header, its name in any case."""
        return _first(self.headers, name)

    def header_values(self, name: str) -> tuple[str, ...]:
        """Every value of a header, in order."""
        name = name.lower()
        return tuple(value for key, value in self.headers if key.lower() == name)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its response, or the reason why there is none."""

    request: Request
    response: Response | None
    error: str = ""
    """Empty with a response; else `timeout`, `refused`, `reset`, `closed` or `garbage: …`."""
    sent_at: float = 0.0
    """When, in seconds of Unix time; 0 for an exchange that was never sent, such as one of examples."""
    retried: str = ""
    """Why the request was retried over a new connection (`closed` or `reset`); empty if it was not."""

    @property
    def problem(self) -> str:
        """Why there is no response, for people; empty with a response."""
        return self.error.replace("garbage: ", "invalid HTTP: ", 1)


def json_or_none(body: bytes | None) -> Any:
    """A body as JSON; None for no body and for one that is not JSON."""
    try:
        return json.loads(body or b"null")
    except (ValueError, RecursionError):
        return None


def _first(headers: tuple[tuple[str, str], ...], name: str) -> str | None:
    name = name.lower()
    return next((value for key, value in headers if key.lower() == name), None)
