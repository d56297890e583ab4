"""Conforming servers with the habits of caches, proxies and security advice."""

import uuid
import zlib

from .fault import is_read
from .server import Ask, Server, ServerResponse, error
from .variants import variant


def _with(answer: ServerResponse, *headers: tuple[str, str]) -> ServerResponse:
    return answer.but(headers=(*answer.headers, *headers))


@variant()
def denials_have_references(server: Server, ask: Ask) -> ServerResponse:
    """The message of each denied response contains its own number, of any length."""
    answer = server(ask)
    reference = uuid.uuid4().hex[: server.times() % 9 + 4]
    return answer.but(json={"detail": f"Denied, reference {reference}."}) if answer.status == 403 else answer


@variant()
def only_for_its_caller(server: Server, ask: Ask) -> ServerResponse:
    """Browsers may keep a response for a minute, and shared caches may not."""
    return _with(server(ask), ("Cache-Control", "private, max-age=60"), ("Vary", "Accept"), ("Expires", "0"))


@variant()
def kept_by_caller(server: Server, ask: Ask) -> ServerResponse:
    """Shared caches may keep a response for each Authorization."""
    return _with(server(ask), ("Cache-Control", "public, max-age=60"), ("Vary", "Accept, Authorization"))


@variant()
def looks_at_all_conditions(server: Server, ask: Ask) -> ServerResponse:
    """Flows have both validators, and every condition is evaluated."""
    answer = server(ask)
    if not is_read(ask, answer):
        return answer
    tag = f'"{zlib.crc32(answer.body):x}"'
    validators = (("ETag", tag), ("Last-Modified", "Mon, 02 Sep 2024 10:00:00 GMT"))
    match, none_match = ask.header("if-match"), ask.header("if-none-match")
    if match and tag not in match and match != "*":
        return error(412, "It changed.")
    if tag in none_match or none_match == "*" or (not none_match and "2026" in ask.header("if-modified-since")):
        return ServerResponse(304, b"", validators, length=None)
    return error(412, "It changed.") if ask.header("if-unmodified-since") else _with(answer, *validators)


@variant()
def chunks_with_extensions(server: Server, ask: Ask) -> ServerResponse:
    """Chunks have extensions, and a trailer follows them."""
    answer = server(ask)
    if not answer.body:
        return answer
    body = f"{len(answer.body):X};a=b\r\n".encode() + answer.body + b"\r\n0\r\nX-Sum: 1\r\n\r\n"
    return _with(answer, ("Transfer-Encoding", "chunked"), ("Trailer", "X-Sum")).but(length=None, body=body)


@variant()
def wrong_tokens_wait(server: Server, ask: Ask) -> ServerResponse:
    """A wrong token is denied with a delay, to slow down guessing."""
    answer = server(ask)
    return answer.but(wait=0.15) if answer.status == 403 and ask.header("authorization") else answer


@variant()
def cookies_of_a_balancer(server: Server, ask: Ask) -> ServerResponse:
    """A balancer sets two cookies."""
    first = ("Set-Cookie", f"LB={uuid.uuid4().hex}; Expires=Mon, 30 Nov 2026 00:00:00 GMT; Path=/")
    return _with(server(ask), first, ("Set-Cookie", "LBCORS=; Path=/; SameSite=None; Secure"))


@variant()
def headers_of_security_advice(server: Server, ask: Ask) -> ServerResponse:
    """Headers restrict browsers, and name the proxies on the way."""
    return _with(
        server(ask),
        ("Strict-Transport-Security", "max-age=31536000"),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", "default-src 'none'"),
        ("Access-Control-Allow-Origin", "*"),
        ("Via", "1.1 varnish"),
        ("X-Served-By", "cache-fra-1"),
        ("Age", "0"),
        ("Expires", "-1"),
    )


@variant()
def no_reason_phrase(server: Server, ask: Ask) -> ServerResponse:
    """The status line ends after the status code."""
    answer = server(ask)
    return answer.but(status_line=f"HTTP/1.1 {answer.status} ")


@variant()
def options_lists_itself(server: Server, ask: Ask) -> ServerResponse:
    """OPTIONS is one of the methods that it lists."""
    listed = ServerResponse(204, b"", (("Allow", "OPTIONS, HEAD, GET"),))
    return listed if ask.method == "OPTIONS" and ask.key else server(ask)


@variant()
def links_to_itself(server: Server, ask: Ask) -> ServerResponse:
    """A flow links to the requested path, and has fields that mention secrets but contain none."""
    answer = server(ask)
    more = {"_links": {"self": {"href": ask.path}}, "secret_count": 3, "password_policy": "strict", "next_token": None}
    return answer.but(json=answer.json | more) if is_read(ask, answer) else answer
