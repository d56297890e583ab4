"""Shared by the endpoints of the admin API: requests, JSON responses, and the check of the origin."""

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
"""Bytes of a request body."""
MAX_INTEGER = 1_000_000_000
"""The greatest integer in a request."""
READER = Reader("the request")

Endpoint = Callable[[Request], Awaitable[Response]]


def session(request: Request) -> str:
    """The session that a request is about: that of its query, else its own."""
    own = request.headers.get("x-mock-session") or request.cookies.get("mock_session", "")
    return request.query_params.get("session", own)


def origin(request: Request) -> str:
    """The origin of this mock as the client knows it: `http://127.0.0.1:8000`."""
    return f"{request.url.scheme}://{request.headers.get('host', 'localhost')}"


def number(raw: str, name: str) -> int:
    """An integer of the query. Raises MockError that names the parameter."""
    value = int(raw) if raw.isascii() and raw.isdecimal() and len(raw) < 10 else raw
    return READER.integer(value, f"/{name}", 0, MAX_INTEGER)


async def body(request: Request) -> Any:
    """The JSON body of a request. Raises MockError if it is invalid, a 413 if it is too large."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > MAX_BODY:
            raise HTTPException(413, f"Expected a body of at most {MAX_BODY} bytes.")
        pieces.append(piece)
    try:
        return json.loads(b"".join(pieces))
    except (ValueError, RecursionError) as error:
        raise READER.error("", f"expected a JSON body ({error})") from error


def trusted_only(own: str) -> Callable[[Endpoint], Endpoint]:
    """A decorator for endpoints that need a trusted caller. `own`: the mock's host."""

    def trusted(endpoint: Endpoint) -> Endpoint:
        async def checked(request: Request) -> Response:
            if is_trusted(request.headers.get("host", ""), request.headers.get("origin"), own):
                return await endpoint(request)
            raise HTTPException(
                403, "Only local pages and non-browser clients may use this. Open the console at a local address."
            )

        return checked

    return trusted


def is_trusted(host: str, origin: str | None, own: str) -> bool:
    """Whether only the mock's user can have sent a request.

    A page of another machine has another origin. A page whose name points to this machine (DNS rebinding) has another
    host: so the host must be one that nobody else can own: an address, a name without a dot, or `own`.
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


def json_response(value: Any, status: int = 200) -> Response:
    """A JSON response that is not cached."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Response(
        text.encode("utf-8", "replace"),
        status,
        {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        "application/json",
    )


def bad_request(_request: Request, error: Exception) -> Response:
    """The response to an invalid request: 400 with the message."""
    return json_response({"error": str(error)}, 400)


def http_error(request: Request, error: Exception) -> Response:
    """The response to an HTTP error: its status, with the message."""
    assert isinstance(error, HTTPException)
    message = str(error.detail)
    if message == HTTPStatus(error.status_code).phrase:
        message = f"The admin API has no {request.method} {request.url.path}."
    return json_response({"error": message}, error.status_code)
