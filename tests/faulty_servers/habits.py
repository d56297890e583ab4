"""Conforming servers with the habits of frameworks: what these answer before an operation does, and how errors look.

An unknown path and a method without a route never reach the application: each framework has an error of its own for
them. The errors of the operation have the documented members, and what the framework adds.
"""

import json
from typing import Any

from .server import Ask, Server, ServerResponse
from .variants import variant

ALLOW = ("Allow", "GET, HEAD")
JSON = ("Content-Type", "application/json")
PROBLEM = ("Content-Type", "application/problem+json; charset=utf-8")
PAGE = ("Content-Type", "text/html; charset=utf-8")
PLAIN = ("Content-Type", "text/plain; charset=utf-8")
_PHRASES = {403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed"}


def _json(status: int, body: Any, *headers: tuple[str, str]) -> ServerResponse:
    return ServerResponse(status, json.dumps(body).encode(), headers)


def _text(status: int, body: str, *headers: tuple[str, str]) -> ServerResponse:
    return ServerResponse(status, body.encode(), headers)


def _is_routed(ask: Ask) -> bool:
    """Whether the framework has a route for this path and method."""
    return ask.key is not None and ask.method in ("GET", "HEAD")


def _with_members(response: ServerResponse, **members: Any) -> ServerResponse:
    """An error of the operation with what the framework adds to it."""
    return response.but(json={**members, **response.json}) if response.status >= 400 else response


@variant()
def express(server: Server, ask: Ask) -> ServerResponse:
    """Express: HTML pages with `Cannot GET`, helmet's security headers, plain text for other methods of a route."""
    helmet = (("X-Content-Type-Options", "nosniff"), ("Content-Security-Policy", "default-src 'none'"))
    if _is_routed(ask):
        return server(ask).saying("X-Powered-By", "Express")
    if ask.key is None:
        return _text(404, f"<!DOCTYPE html>\n<title>Error</title>\n<pre>Cannot {ask.method}</pre>\n", PAGE, *helmet)
    if ask.method == "OPTIONS":
        return _text(200, "GET,HEAD", PAGE, ("Allow", "GET,HEAD"))
    return _text(405, "Method Not Allowed", PAGE, ("Allow", "GET,HEAD"), *helmet)


@variant()
def fastapi(server: Server, ask: Ask) -> ServerResponse:
    """FastAPI: errors with a `detail` everywhere; 405 with Allow."""
    if _is_routed(ask):
        return server(ask)
    status = 404 if ask.key is None else 405
    return _json(status, {"detail": _PHRASES[status]}, JSON, *([ALLOW] if status == 405 else []))


@variant()
def spring_boot(server: Server, ask: Ask) -> ServerResponse:
    """Spring Boot: problem details with the path as `instance`; Vary for CORS on every response."""
    if _is_routed(ask):
        if ask.header("origin"):  # Of another site.
            return _text(403, "Invalid CORS request", ("Vary", "Origin"))
        response = server(ask).saying("Vary", "Origin")
        return _with_members(response, title=_PHRASES.get(response.status, ""), status=response.status)
    status = 404 if ask.key is None else 405
    detail = f"Method '{ask.method}' is not supported." if status == 405 else "No static resource."
    body = {"type": "about:blank", "title": _PHRASES[status], "status": status, "detail": detail}
    return _json(status, body, PROBLEM, *([ALLOW] if status == 405 else []))


@variant()
def asp_net(server: Server, ask: Ask) -> ServerResponse:
    """ASP.NET: problem details with a trace ID for errors of the operation; otherwise a 404 or 405 without content."""
    if _is_routed(ask):
        response = server(ask)
        trace = f"00-{server.times('trace'):032x}-{1:016x}-00"
        return _with_members(response, title=_PHRASES.get(response.status, ""), status=response.status, traceId=trace)
    if ask.key is None:
        return ServerResponse(404, b"", ())
    return ServerResponse(405, b"", (ALLOW,))


@variant()
def go_net_http(server: Server, ask: Ask) -> ServerResponse:
    """Go's net/http: router errors are lines of plain text."""
    if _is_routed(ask):
        return server(ask)
    if ask.key is None:
        return _text(404, "404 page not found\n", PLAIN, ("X-Content-Type-Options", "nosniff"))
    return _text(405, "Method Not Allowed\n", PLAIN, ALLOW, ("X-Content-Type-Options", "nosniff"))


@variant()
def flask(server: Server, ask: Ask) -> ServerResponse:
    """Flask: router errors are HTML pages; OPTIONS is 200 with Allow and no content."""
    if _is_routed(ask):
        return server(ask)
    allow = ("Allow", "HEAD, GET, OPTIONS")
    if ask.key is not None and ask.method == "OPTIONS":
        return _text(200, "", PAGE, allow)
    status = 404 if ask.key is None else 405
    page = f"<!doctype html>\n<html lang=en>\n<title>{status} {_PHRASES[status]}</title>\n<h1>{_PHRASES[status]}</h1>\n"
    return _text(status, page, PAGE, *([allow] if status == 405 else []))


@variant()
def django_rest_framework(server: Server, ask: Ask) -> ServerResponse:
    """Django REST framework: denies before it looks at the method; OPTIONS describes the view; Vary on everything."""
    vary = ("Vary", "Accept, Cookie")
    allow = ("Allow", "GET, HEAD, OPTIONS")
    if ask.key is None:
        return _text(404, "<!doctype html>\n<title>Not Found</title>\n<h1>Not Found</h1>\n", PAGE)
    if not server.allows(ask):
        return server(Ask("GET", ask.target, ask.headers)).saying("Vary", "Accept, Cookie")
    if ask.method == "OPTIONS":
        return _json(200, {"name": "Flow instance", "renders": ["application/json"]}, JSON, allow, vary)
    if ask.method not in ("GET", "HEAD"):
        return _json(405, {"detail": f'Method "{ask.method}" not allowed.'}, JSON, allow, vary)
    return server(ask).saying("Allow", "GET, HEAD, OPTIONS").saying("Vary", "Accept, Cookie")


@variant()
def connexion(server: Server, ask: Ask) -> ServerResponse:
    """Connexion: router errors are problem details; errors of the operation are as documented."""
    if _is_routed(ask):
        return server(ask)
    status = 404 if ask.key is None else 405
    body = {"type": "about:blank", "title": _PHRASES[status], "detail": _PHRASES[status], "status": status}
    return _json(status, body, PROBLEM, *([ALLOW] if status == 405 else []))
