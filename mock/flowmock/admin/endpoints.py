"""Shared by the endpoints of the admin API: requests, JSON responses, and the check of the origin."""

import ipaddress
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Protocol
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
_NAMELESS = "."
"""Stands for the host of a URL without one."""

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


class Trusted(Protocol):
    """A decorator for endpoints that need a trusted caller. `any_host`: under whatever name they call the mock."""

    def __call__(self, endpoint: Endpoint, *, any_host: bool = False) -> Endpoint:
        """The endpoint, for trusted callers; others get 403."""


def trusted_only(own: str) -> Trusted:
    """A decorator for endpoints that need a trusted caller. `own`: the mock's host."""

    def trusted(endpoint: Endpoint, *, any_host: bool = False) -> Endpoint:
        async def checked(request: Request) -> Response:
            host, origin, site = (request.headers.get(name) for name in ("host", "origin", "sec-fetch-site"))
            # Browsers send an origin with every request that may change something, so this is not one.
            is_program = origin is None and request.method not in ("GET", "HEAD")
            if is_local_page(host, origin, site) and (any_host or is_program or is_unambiguous(host, own)):
                return await endpoint(request)
            raise HTTPException(
                403, "Only local pages and non-browser clients may use this. Open the console at a local address."
            )

        return checked

    return trusted


def is_local_page(host: str | None, origin: str | None, site: str | None) -> bool:
    """Whether a request comes from a page of the mock or of this machine, or from no page: a program sent it.

    `host`, `origin`, `site`: the headers Host, Origin and Sec-Fetch-Site.
    """
    if origin is None:  # Browsers leave it out where a page loads an image, or links to something.
        return site != "cross-site"
    there = _name(origin)
    is_own = there == _name(f"//{host or ''}") != _NAMELESS
    return is_own or there == "localhost" or there.endswith(".localhost") or _is_loopback(there)


def is_unambiguous(host: str | None, own: str) -> bool:
    """Whether a host can be nobody else's: an address, a name without a dot, or `own`, the mock's.

    A page whose name was made to point to this machine (DNS rebinding) has another one.
    """
    here = _name(f"//{host or ''}")
    return here == own or _is_address(here) or "." not in here or here.endswith(".localhost")


def _name(url: str) -> str:
    try:
        return urlsplit(url).hostname or _NAMELESS
    except ValueError:
        return _NAMELESS


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
