"""Between the wire and the pipeline: a request as a call, a reply as an answer."""

import re
from typing import Any
from urllib.parse import parse_qsl, unquote

from flowmock.call import Call, Reply

MAX_BODY = 16 * 1024 * 1024
"""Bytes of a request body that are read; a longer one is refused."""
_SESSION = re.compile(r"(?:^|;)\s*mock_session=([^;]*)")


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
    query = scope["query_string"].decode("utf-8", "replace")
    call = Call(
        method=scope["method"],
        raw_path=(scope.get("raw_path") or scope["path"].encode()).decode("latin-1"),
        path=scope["path"],
        query=tuple(parse_qsl(query, keep_blank_values=True)) if query else (),
        headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
        body=bytes(body),
    )
    call.session = call.header("x-mock-session") or _session(call.header("cookie"))
    return call


def _session(cookie: str | None) -> str:
    found = _SESSION.search(cookie) if cookie else None
    return unquote(found[1].strip()) if found else ""


def again(body: bytes, receive: Any) -> Any:
    """A `receive` that gives a body which has been read, and then what else comes."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Any:
        return messages.pop() if messages else await receive()

    return received


async def send(reply: Reply, scope: Any, receive: Any, send: Any) -> None:
    """Send a reply, with its fault where it has one."""
    if reply.fault:
        from flowmock import faults

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
