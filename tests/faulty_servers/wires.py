"""Right servers that differ in how they speak HTTP: headers, connections, fronts, conditions and time."""

import gzip
import posixpath
import uuid
from dataclasses import replace

from .server import Ask, Server, ServerResponse, error
from .variants import HTML, variant


@variant()
def more_headers(server: Server, ask: Ask) -> ServerResponse:
    """Each response has proxy headers and its own request number."""
    more = (("Server", "nginx/1.27"), ("Date", "Mon, 23 Nov 2026 12:00:00 GMT"), ("X-Request-Id", uuid.uuid4().hex))
    answer = server(ask)
    return answer.but(headers=(*answer.headers, *more, ("Vary", "Cookie"), ("X-Frame-Options", "DENY")))


@variant()
def sets_a_cookie(server: Server, ask: Ask) -> ServerResponse:
    """Each response sets another session cookie."""
    return server(ask).saying("Set-Cookie", f"csrf={uuid.uuid4().hex}; Path=/; SameSite=Lax")


@variant()
def chunked(server: Server, ask: Ask) -> ServerResponse:
    """Bodies are chunked, without a length."""
    answer = server(ask)
    middle = len(answer.body) // 2
    chunks = [piece for piece in (answer.body[:middle], answer.body[middle:]) if piece] + [b""]
    body = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in chunks)
    return answer.saying("Transfer-Encoding", "chunked").but(length=None, body=body)


@variant()
def http_1_0(server: Server, ask: Ask) -> ServerResponse:
    """An old server: the end of the connection is the end of the body."""
    answer = server(ask)
    return answer.but(status_line=f"HTTP/1.0 {answer.status} X", length=None, end="close")


@variant()
def closes_each_connection(server: Server, ask: Ask) -> ServerResponse:
    """Every connection is closed after one response."""
    return server(ask).but(end="close")


@variant()
def lower_case_headers(server: Server, ask: Ask) -> ServerResponse:
    """Names of headers are in lower case, and the media type has capitals and spaces."""
    answer = server(ask)
    headers = tuple((name.lower(), value) for name, value in answer.headers)
    return answer.but(headers=headers).saying("content-type", "Application/JSON ; Charset=UTF-8")


@variant()
def no_charset(server: Server, ask: Ask) -> ServerResponse:
    """JSON is sent without a charset."""
    return server(ask).saying("Content-Type", "application/json")


@variant()
def takes_its_time(server: Server, ask: Ask) -> ServerResponse:
    """Each response takes 20 ms, and every twentieth 300 ms."""
    return server(ask).but(wait=0.3 if server.times() % 20 == 0 else 0.02)


@variant()
def odd_paths_are_pages(server: Server, ask: Ask) -> ServerResponse:
    """A path that no route matches, also for a dot or a slash in the slug, is a 404 page."""
    routed = ask.key is not None and not set("./") & set(ask.key)
    return server(ask) if routed else ServerResponse(404, b"<!doctype html><h1>Not Found</h1>", HTML)


@variant()
def redirects_to_the_slash(server: Server, ask: Ask) -> ServerResponse:
    """A path without its last slash is redirected to the one with it."""
    moved = ServerResponse(301, b"", (*HTML, ("Location", f"{ask.path}/")))
    return server(ask) if ask.path.endswith("/") else moved


@variant()
def odd_requests_are_400(server: Server, ask: Ask) -> ServerResponse:
    """A reverse proxy responds with a plain 400 to targets with bytes that must be encoded."""
    odd = any(not "!" <= c <= "~" for c in ask.target)
    return ServerResponse(400, b"Bad Request", (("Content-Type", "text/plain"),), end="close") if odd else server(ask)


@variant()
def limits_the_size(server: Server, ask: Ask) -> ServerResponse:
    """A reverse proxy rejects targets and headers of more than 8,000 bytes."""
    if len(ask.target) > 8000:
        return ServerResponse(414, b"<h1>URI Too Long</h1>", HTML, end="close")
    return error(431, "Too large.") if any(len(value) > 8000 for _, value in ask.headers) else server(ask)


@variant()
def allows_other_origins(server: Server, ask: Ask) -> ServerResponse:
    """Pages of other origins may send requests: CORS preflights and headers."""
    origin = ask.header("origin")
    if ask.method == "OPTIONS" and ask.header("access-control-request-method"):
        return ServerResponse(
            204, b"", (("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Methods", "GET"))
        )
    return server(ask).saying("Access-Control-Allow-Origin", origin) if origin else server(ask)


@variant()
def compresses_on_wish(server: Server, ask: Ask) -> ServerResponse:
    """Only clients that accept gzip get it."""
    answer = server(ask).saying("Vary", "Accept-Encoding")
    wanted = [part.strip() for part in ask.header("accept-encoding").split(",")]
    if "gzip" not in wanted:
        return answer
    return answer.but(body=gzip.compress(answer.body, mtime=0)).saying("Content-Encoding", "gzip")


@variant()
def odd_methods_are_400(server: Server, ask: Ask) -> ServerResponse:
    """A method that HTTP does not know is a bad request, in plain text."""
    known = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT")
    plain = ServerResponse(400, b"Invalid HTTP request received.", (("Content-Type", "text/plain"),), end="close")
    return server(ask) if ask.method in known else plain


@variant()
def odd_methods_are_501(server: Server, ask: Ask) -> ServerResponse:
    """A method that HTTP does not know is 501, as RFC 9110 says."""
    known = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
    return server(ask) if ask.method in known else error(501, "Not implemented.")


@variant()
def tags_and_304(server: Server, ask: Ask) -> ServerResponse:
    """Flows have ETags; If-None-Match with the ETag or a star gets 304."""
    answer = server(ask)
    if answer.status != 200:
        return answer
    tag = f'"{uuid.uuid5(uuid.NAMESPACE_URL, answer.body.decode()).hex}"'
    same = tag in ask.header("if-none-match") or ask.header("if-none-match") == "*"
    return ServerResponse(304, b"", (("ETag", tag),), length=None) if same else answer.saying("ETag", tag)


@variant()
def head_has_no_length(server: Server, ask: Ask) -> ServerResponse:
    """HEAD has no Content-Length, which is optional."""
    return server(ask).but(length=None) if ask.method == "HEAD" else server(ask)


@variant()
def slow_at_first(server: Server, ask: Ask) -> ServerResponse:
    """The first response takes a second, as after a start."""
    return server(ask).but(wait=1.0 if server.times() == 1 else 0.0)


@variant()
def odd_headers_are_400(server: Server, ask: Ask) -> ServerResponse:
    """A reverse proxy responds with a plain 400 to headers with control characters or non-ASCII bytes."""
    odd = any(not value.isascii() or not value.isprintable() for _, value in ask.headers)
    return ServerResponse(400, b"Bad Request", (("Content-Type", "text/plain"),), end="close") if odd else server(ask)


@variant()
def closes_after_errors(server: Server, ask: Ask) -> ServerResponse:
    """A connection is closed after the first response that is not a success."""
    answer = server(ask)
    return answer if answer.status == 200 else answer.but(end="close")


@variant()
def hangs_up_silently(server: Server, ask: Ask) -> ServerResponse:
    """Every seventh response is the last of its connection, and no header says so."""
    return server(ask).but(end="drop") if ask.turn == 7 else server(ask)


@variant()
def counts_down(server: Server, ask: Ask) -> ServerResponse:
    """Headers show how many requests are left and how long each took."""
    left, times = 5000 - server.times(), f"{server.times() % 7}.25"
    answer = server(ask).saying("X-RateLimit-Remaining", str(left)).saying("Server-Timing", f"app;dur={times}")
    return answer.saying("X-RateLimit-Reset", str(1795430000 + left % 3))


@variant()
def quoted_charset(server: Server, ask: Ask) -> ServerResponse:
    """The charset is in quotes and in upper case."""
    return server(ask).saying("Content-Type", 'application/json;charset="UTF-8"')


@variant()
def normalises_paths(server: Server, ask: Ask) -> ServerResponse:
    """Dots and double slashes in a path are resolved before routing."""
    path = posixpath.normpath(ask.path).replace("//", "/") + ("/" if ask.path.endswith("/") else "")
    return server(replace(ask, target=path + ask.target[len(ask.path) :]))


@variant()
def never_learnt_head(server: Server, ask: Ask) -> ServerResponse:
    """HEAD is not supported, and `Allow` does not list it."""
    answer = server(replace(ask, method="PUT") if ask.method == "HEAD" else ask)
    return answer.saying("Allow", "GET") if answer.status == 405 else answer


@variant()
def knows_when_it_changed(server: Server, ask: Ask) -> ServerResponse:
    """Flows have Last-Modified; If-Modified-Since gets 304."""
    answer = server(ask)
    if answer.status != 200:
        return answer
    changed = ("Last-Modified", "Mon, 02 Sep 2024 10:00:00 GMT")
    if "2026" in ask.header("if-modified-since"):
        return ServerResponse(304, b"", (changed,), length=None)
    return error(412, "It changed.") if ask.header("if-unmodified-since") else answer.saying(*changed)


@variant()
def gives_hints_first(server: Server, ask: Ask) -> ServerResponse:
    """An interim response (1xx) precedes each response."""
    answer = server(ask)
    hints = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
    return answer.but(status_line=f"{hints}HTTP/1.1 {answer.status} X")


@variant()
def spaces_around_values(server: Server, ask: Ask) -> ServerResponse:
    """Header values have white space around them."""
    answer = server(ask)
    headers = tuple((name, f" {value} \t") for name, value in answer.headers)
    return answer.but(headers=(*headers, ("Content-Length", f" {len(answer.body)} ")), length=None)


@variant()
def limits_its_callers(server: Server, ask: Ask) -> ServerResponse:
    """Every fiftieth request gets 429 without a delay, and succeeds when repeated."""
    return error(429, "Slow down.").saying("Retry-After", "0") if server.times() % 50 == 0 else server(ask)


@variant()
def behind_a_firewall(server: Server, ask: Ask) -> ServerResponse:
    """A firewall blocks whatever looks like an attack."""
    attack = any(sign in ask.target.lower() for sign in ("%00", "%0a", "%0d", "%27", "%3c", "..%2f"))
    return (
        ServerResponse(403, b"<title>Blocked</title><p>Your request was blocked.</p>", HTML) if attack else server(ask)
    )
