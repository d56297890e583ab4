"""Headers and framing: wrong descriptions of the body, and bodies without a clear end."""

import gzip
import zlib
from collections.abc import Callable

from .fault import KNOWN, answers, ask_for, fault, get
from .server import Ask, Server, ServerResponse, error

Change = Callable[[ServerResponse], ServerResponse]


def typed(value: str | None) -> Change:
    return lambda answer: answer.saying("Content-Type", value)


def other(body: bytes, media: str | None) -> Change:
    return lambda answer: answer.but(body=body).saying("Content-Type", media)


def allowing(methods: str | None) -> Change:
    return lambda answer: answer.saying("Allow", methods)


for name, about, value in (
    ("json-as-html", "JSON is labeled as HTML.", "text/html; charset=utf-8"),
    ("json-as-text", "JSON is labeled as plain text.", "text/plain; charset=utf-8"),
    ("json-as-javascript", "JSON is labeled as JavaScript.", "application/javascript"),
    ("json-as-bytes", "JSON is labeled as binary data.", "application/octet-stream"),
    ("json-as-problem", "A success is labeled as a problem document.", "application/problem+json"),
    ("json-as-text-json", "JSON has an unregistered media type.", "text/json"),
    ("json-of-a-vendor", "JSON has an undocumented vendor media type.", "application/vnd.flow.v1+json"),
    ("json-as-xml", "JSON is labeled as XML.", "application/xml"),
    ("charset-utf-16", "UTF-8 is labeled as UTF-16.", "application/json; charset=utf-16"),
    ("charset-latin-1", "UTF-8 is labeled as Latin-1.", "application/json; charset=iso-8859-1"),
    ("charset-unknown", "The charset does not exist.", "application/json; charset=utf-42"),
    ("no-content-type", "A success has no Content-Type.", None),
    ("empty-content-type", "Content-Type is empty.", ""),
    ("broken-content-type", "Content-Type is not a media type.", "json"),
    ("content-type-with-two-values", "Content-Type has two media types.", "application/json, text/html"),
):
    answers("headers", name, about, typed(value), by="media type")

answers(
    "headers",
    "content-type-twice",
    "There are two different Content-Type headers.",
    lambda answer: answer.but(headers=(("Content-Type", "text/html"), *answer.headers)),
    by="media type",
)

for status, word in ((403, "denial"), (404, "not-found")):
    for name, about, body, value in (
        ("is-html", f"A {status} is an HTML page.", b"<!doctype html><h1>No</h1>", "text/html; charset=utf-8"),
        ("is-text", f"A {status} is plain text.", b"No.", "text/plain; charset=utf-8"),
        ("untyped", f"A {status} has no Content-Type.", b'{"detail":"No."}', None),
        ("mistyped", f"A {status} is JSON labeled as HTML.", b'{"detail":"No."}', "text/html"),
        (
            "is-problem",
            f"A {status} is a problem document.",
            b'{"title":"No","detail":"No."}',
            "application/problem+json",
        ),
        ("is-xml", f"A {status} is XML.", b"<detail>No.</detail>", "application/xml"),
    ):
        answers(
            "headers",
            f"{word}-{name}",
            about,
            other(body, value),
            status=status,
            by="media type",
            forbids="published" if status == 403 else "observed",
        )

for name, about, allow in (
    ("no-allow", "A 405 has no Allow header.", None),
    ("allow-without-get", "A 405 allows only unsafe methods.", "POST, PUT"),
    (
        "allow-names-the-denied",
        "A 405 to POST allows POST.",
        "GET, HEAD, POST, PUT, PATCH, DELETE, TRACE",
    ),
    ("allow-is-empty", "A 405 has an empty Allow header.", ""),
    ("allow-is-a-sentence", "The Allow header of a 405 is a sentence.", "Please use GET instead"),
):
    answers(
        "headers",
        name,
        about,
        allowing(allow),
        status=405,
        by="allow",
        forbids="rules",
    )

for name, about, change in (
    (
        "gzip-unasked",
        "A success is compressed without Accept-Encoding.",
        lambda answer: answer.but(body=gzip.compress(answer.body)).saying("Content-Encoding", "gzip"),
    ),
    (
        "deflate-unasked",
        "A success is deflated without Accept-Encoding.",
        lambda answer: answer.but(body=zlib.compress(answer.body)).saying("Content-Encoding", "deflate"),
    ),
    (
        "gzip-not-said",
        "A success is compressed without Content-Encoding.",
        lambda answer: answer.but(body=gzip.compress(answer.body)),
    ),
    (
        "gzip-not-done",
        "A success has Content-Encoding gzip but is not compressed.",
        lambda answer: answer.saying("Content-Encoding", "gzip"),
    ),
    (
        "encoding-unknown",
        "A success has an unknown Content-Encoding.",
        lambda answer: answer.saying("Content-Encoding", "utf-8"),
    ),
):
    answers("headers", name, about, change, by="encoding", forbids="rules")

for name, about, change in (
    (
        "length-too-long",
        "Content-Length is too large, and the connection stays open.",
        lambda answer: answer.but(length=len(answer.body) + 8, end="stall"),
    ),
    (
        "length-too-long-and-closed",
        "Content-Length is too large, and the connection is closed.",
        lambda answer: answer.but(length=len(answer.body) + 8, end="close"),
    ),
    ("length-too-short", "Content-Length is too small.", lambda answer: answer.but(length=len(answer.body) - 1)),
    ("length-is-zero", "Content-Length is 0, but there is a body.", lambda answer: answer.but(length=0)),
    (
        "length-in-characters",
        "Content-Length counts characters, not bytes.",
        lambda answer: answer.but(
            length=len(answer.body.decode()), body=answer.body.replace(b'"title":"', '"title":"ÄÖÜ '.encode())
        ),
    ),
    (
        "length-twice",
        "There are two different Content-Length headers.",
        lambda answer: answer.but(headers=(*answer.headers, ("Content-Length", str(len(answer.body) + 2)))),
    ),
    (
        "length-is-no-number",
        "Content-Length is not a number.",
        lambda answer: answer.but(length=None, headers=(*answer.headers, ("Content-Length", "all")), end="close"),
    ),
    (
        "chunks-not-ended",
        "The last chunk of a chunked body is missing.",
        lambda answer: answer.but(
            length=None,
            headers=(*answer.headers, ("Transfer-Encoding", "chunked")),
            body=f"{len(answer.body):x}\r\n".encode() + answer.body + b"\r\n",
            end="close",
        ),
    ),
    (
        "chunks-not-made",
        "A response has Transfer-Encoding chunked but no chunks.",
        lambda answer: answer.but(
            length=None, headers=(*answer.headers, ("Transfer-Encoding", "chunked")), end="close"
        ),
    ),
    (
        "cut-and-closed",
        "The connection ends in the middle of the body.",
        lambda answer: answer.but(cut=len(answer.body) // 2, length=len(answer.body), end="close"),
    ),
    (
        "cut-and-reset",
        "The connection is reset in the middle of the body.",
        lambda answer: answer.but(cut=len(answer.body) // 2, length=len(answer.body), end="reset"),
    ),
    (
        "status-line-broken",
        "The status line has no HTTP version.",
        lambda answer: answer.but(status_line="200 OK", end="close"),
    ),
    (
        "status-line-of-http-9",
        "The HTTP version does not exist.",
        lambda answer: answer.but(status_line="HTTP/9.9 200 OK", end="close"),
    ),
    (
        "header-without-colon",
        "A header line has no colon.",
        lambda answer: answer.but(headers=(("X-Broken", None), *answer.headers)),
    ),
    (
        "nothing-at-all",
        "The connection is reset without a response.",
        lambda answer: answer.but(cut=-1, end="reset"),
    ),
):
    answers("framing", name, about, change, by="framing", forbids="rules")

answers(
    "framing",
    "denial-ends-early",
    "A denied response is truncated.",
    lambda answer: answer.but(cut=5, length=len(answer.body), end="close"),
    status=403,
    by="framing",
    forbids="rules",
)


answers(
    "framing",
    "length-beside-chunks",
    "A chunked body has Content-Length, too.",
    lambda answer: answer.but(
        headers=(*answer.headers, ("Transfer-Encoding", "chunked")),
        body=f"{len(answer.body):x}\r\n".encode() + answer.body + b"\r\n0\r\n\r\n",
    ),
    by="framing",
    forbids="rules",
)
answers(
    "framing",
    "end-not-said",
    "A body has no length, and the connection stays open.",
    lambda answer: answer.but(length=None, end="stall"),
    by="framing",
    forbids="rules",
)
answers(
    "framing",
    "line-end-behind-the-body",
    "A line break follows the body, beyond its Content-Length.",
    lambda answer: answer.but(body=answer.body + b"\r\n", length=len(answer.body)),
    by="framing",
    forbids="rules",
)
answers(
    "headers",
    "not-allowed-without-detail",
    "The body of a 405 has no `detail`.",
    lambda answer: answer.but(json={"error": "No."}),
    status=405,
    by="schema",
    forbids="observed",
)
answers(
    "headers",
    "not-allowed-is-broken-json",
    "The JSON of a 405 is truncated.",
    lambda answer: answer.but(body=answer.body[:-2]),
    status=405,
    by="strict json",
    forbids="observed",
)


@fault("headers", ask_for(KNOWN, "PUT", token=None), by="allow", forbids="rules")
def allow_only_for_post(server: Server, ask: Ask) -> ServerResponse:
    """Only the 405 to POST has an Allow header."""
    answer = server(ask)
    return answer.saying("Allow", None) if answer.status == 405 and ask.method != "POST" else answer


@fault("headers", get(accept_encoding="identity"), by="encoding", forbids="rules")
def gzip_against_the_wish(server: Server, ask: Ask) -> ServerResponse:
    """Any Accept-Encoding gets gzip, even `identity`."""
    answer = server(ask)
    if not ask.header("accept-encoding"):
        return answer
    return answer.but(body=gzip.compress(answer.body)).saying("Content-Encoding", "gzip")


@fault("headers", get(accept_encoding="gzip"), by="encoding", forbids="rules")
def gzip_is_broken(server: Server, ask: Ask) -> ServerResponse:
    """A client that accepts gzip gets truncated gzip."""
    answer = server(ask)
    if "gzip" not in ask.header("accept-encoding"):
        return answer
    return answer.but(body=gzip.compress(answer.body)[:-12]).saying("Content-Encoding", "gzip")


@fault("headers", get(), by="status")
def unavailable_without_retry_after(server: Server, ask: Ask) -> ServerResponse:
    """Every success is replaced by a 503 without Retry-After."""
    answer = server(ask)
    return error(503, "Later.") if answer.status == 200 else answer
