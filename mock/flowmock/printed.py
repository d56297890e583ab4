"""An answer as the bytes that go out, but for what is new each time: the date and the profile's fresh headers."""

import re
from dataclasses import dataclass
from http import HTTPStatus

from flowmock.messages import Headers, Reply

FRESH = "\0"
"""Stands in a reply for the value of a fresh header, which is not known yet."""
# What no head may hold (RFC 9110, 5.1 and 5.5).
_NO_NAME = re.compile(r"[^!#$%&'*+.^_`|~0-9A-Za-z-]")
_NO_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_PHRASES = {int(status): status.phrase for status in HTTPStatus}
_STATUS = {status: f"HTTP/1.1 {status} {_PHRASES.get(status, '')}\r\n".encode() for status in range(200, 600)}


@dataclass(frozen=True, slots=True)
class Printed:
    """The bytes of an answer; the fresh headers go between `before` and `after`."""

    status: bytes
    """The status line; the date comes after it."""
    before: bytes
    fresh: tuple[bytes, ...]
    """The fresh headers up to their values."""
    after: bytes
    """The other headers, and the body."""

    def whole(self, date: bytes, fresh: Headers) -> bytes:
        """All of it. `date` is the value of that header, `fresh` are the fresh headers in order."""
        lines = [name + value.encode() for name, (_, value) in zip(self.fresh, fresh, strict=True)]
        return b"".join((self.status, b"\r\ndate: ", date, self.before, *lines, self.after))


def printed(reply: Reply, *, head: bool) -> Printed | None:
    """The bytes of a reply whose fresh headers, if it has some, stand together and hold FRESH.

    `head`: for the answer to HEAD. None for what cannot be sent so: a header that is none.
    """
    headers, body = reply.headers, reply.body
    if reply.status in (204, 304):  # These have no content (RFC 9110, 6.4.1), even where a contract gives them some.
        headers = tuple((name, value) for name, value in headers if name.lower() != "content-type")
        body = b""
    else:
        headers = (*headers, ("content-length", str(len(body))))
    lines: tuple[list[str], list[str]] = ([], [])
    fresh = []
    for name, value in headers:
        if value == FRESH:
            fresh.append(f"\r\n{name.lower()}: ")
        elif _NO_NAME.search(name) or _NO_VALUE.search(value):
            return None
        else:
            lines[bool(fresh)].append(f"\r\n{name.lower()}: {value}")
    before, after = ("".join(part).encode("latin-1", "replace") for part in lines)
    status = _STATUS.get(reply.status)
    if status is None or any(name == "connection" for name in (pair[0].lower() for pair in headers)):
        return None
    return Printed(
        status[:-2],
        before,
        tuple(name.encode("latin-1", "replace") for name in fresh),
        after + b"\r\n\r\n" + (b"" if head else body),
    )
