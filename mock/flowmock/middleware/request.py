"""Between the wire and the pipeline: a request as a call, a reply as an answer."""

from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from flowmock.messages import SMALL, Call, Head, Reply

MAX_BODY = 16 * 1024 * 1024
"""Bytes of a request body that are read; a longer one is refused."""


async def read(scope: Any, receive: Any) -> Call | None:
    """The call of an ASGI request; None where the client left before it was whole."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False) and len(body) <= MAX_BODY
    raw = tuple(scope["headers"])
    size = sum(len(name) + len(value) for name, value in raw)
    raw_path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    return call(scope["method"], raw_path, scope["path"], scope["query_string"], shared_head(raw, size), bytes(body))


def call(method: str, raw_path: str, path: str, query: bytes, head: Head, body: bytes = b"") -> Call:
    """The call of a request that has been read. `path` is decoded, `raw_path` and `query` are as they came."""
    return Call(
        method=method,
        raw_path=raw_path,
        path=path,
        query=pairs(query) if query else (),
        headers=head.headers,
        body=body,
        session=head.session,
        head=head,
    )


def pairs(query: bytes) -> tuple[tuple[str, str], ...]:
    """The decoded pairs of a query."""
    text = query.decode("utf-8", "replace")
    if "%" in text or "+" in text:
        return tuple(parse_qsl(text, keep_blank_values=True))
    # Nothing is to be decoded, so this is the same, four times as fast.
    pieces = [piece.partition("=") for piece in text.split("&") if piece]
    return tuple([(name, value) for name, _, value in pieces])


def head(raw: tuple[tuple[bytes, bytes], ...]) -> Head:
    """Decode the headers of a request; names are in lower case."""
    return Head(tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw))


_shared = lru_cache(maxsize=128)(head)


def shared_head(raw: tuple[tuple[bytes, bytes], ...], size: int) -> Head:
    """The same, shared by requests with the same headers where they are small: a client sends them again and again."""
    return (_shared if size <= SMALL else head)(raw)


def again(body: bytes, receive: Any) -> Any:
    """A `receive` that gives a body which has been read, and then what else comes."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Any:
        return messages.pop() if messages else await receive()

    return received


async def send(reply: Reply, scope: Any, receive: Any, send: Any) -> None:
    """Send a reply, with its fault where it has one."""
    if reply.fault:
        from flowmock.server import faults

        await faults.send(reply, scope, receive, send)
        return
    headers = reply.raw_headers()
    body = reply.body
    if reply.status in (204, 304):  # These have no content (RFC 9110, 6.4.1), even where a contract gives them some.
        body = b""
        headers = [(name, value) for name, value in headers if name != b"content-type"]
    else:
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
