"""What the endpoints of the mock's own interface share: reading requests, answering in JSON, and who may ask."""

import ipaddress
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from flowmock.scenarios.reading import Reader

MAX_BODY = 1024 * 1024
"""Bytes of a request to this interface."""
MOST = 1_000_000_000
"""The greatest number that a request may name."""
READER = Reader("the request")

Endpoint = Callable[[Request], Awaitable[Response]]


def session(request: Request) -> str:
    """The session that is meant: named in the query, else the request's own, as for any call."""
    own = request.headers.get("x-mock-session") or request.cookies.get("mock_session", "")
    return request.query_params.get("session", own)


def origin(request: Request) -> str:
    """What stands before the paths of this mock, as its caller knows it: `http://127.0.0.1:8000`."""
    return f"{request.url.scheme}://{request.headers.get('host', 'localhost')}"


def number(text: str, name: str) -> int:
    """A whole number of the query. Raises MockError that names it."""
    value = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else text
    return READER.integer(value, f"/{name}", 0, MOST)


async def body(request: Request) -> Any:
    """The JSON that a request holds. Raises MockError for what is none, 413 for too much."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > MAX_BODY:
            raise HTTPException(413, f"at most {MAX_BODY} bytes are read here.")
        pieces.append(piece)
    try:
        return json.loads(b"".join(pieces))
    except (ValueError, RecursionError) as error:
        raise READER.error("", f"JSON was expected ({error})") from error


def trusted_only(own: str) -> Callable[[Endpoint], Endpoint]:
    """Makes an endpoint one for those who may read the journal and define scenarios; `own`: the mock's host."""

    def trusted(endpoint: Endpoint) -> Endpoint:
        async def checked(request: Request) -> Response:
            if is_trusted(request.headers.get("host", ""), request.headers.get("origin"), own):
                return await endpoint(request)
            raise HTTPException(
                403, "this is for pages of this machine, under its address, and for callers that are no pages."
            )

        return checked

    return trusted


def is_trusted(host: str, origin: str | None, own: str) -> bool:
    """Whether a request can come from none but the mock's user.

    A page of another machine has its own origin. One that made its name point to this machine (DNS rebinding) has
    its own host too: so the host must be one that nobody else can own, an address or a name without a dot, or `own`.
    """
    here = _name(f"//{host}")
    if not (here == own or _is_address(here) or "." not in here or here.endswith(".localhost")):
        return False
    if origin is None:
        return True
    there = _name(origin)
    return there == here or there == "localhost" or there.endswith(".localhost") or _is_loopback(there)


def _name(url: str) -> str:
    try:
        return urlsplit(url).hostname or "."
    except ValueError:
        return "."


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(name: str) -> bool:
    return _is_address(name) and ipaddress.ip_address(name).is_loopback


def in_json(value: Any, status: int = 200) -> Response:
    """A JSON answer that nobody keeps."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Response(
        text.encode("utf-8", "replace"),
        status,
        {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        "application/json",
    )


def refuse(_request: Request, error: Exception) -> Response:
    """The answer to what cannot be."""
    return in_json({"error": str(error)}, 400)


def unknown(request: Request, error: Exception) -> Response:
    """The answer to what is not there, or not for this caller."""
    assert isinstance(error, HTTPException)
    said = str(error.detail)
    if said == HTTPStatus(error.status_code).phrase:
        said = f"{request.method} {request.url.path} is not part of the mock's interface."
    return in_json({"error": said}, error.status_code)
