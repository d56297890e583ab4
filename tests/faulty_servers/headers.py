"""Headers and framing: what is said about a body is not true of it, or nobody can tell where it ends."""

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
    ("json-as-html", "JSON under the name of HTML.", "text/html; charset=utf-8"),
    ("json-as-text", "JSON under the name of plain text.", "text/plain; charset=utf-8"),
    ("json-as-javascript", "JSON under the name of a script.", "application/javascript"),
    ("json-as-bytes", "JSON under the name of bytes.", "application/octet-stream"),
    ("json-as-problem", "A success under the name of a problem.", "application/problem+json"),
    ("json-as-text-json", "JSON under a name that nobody registered.", "text/json"),
    ("json-of-a-vendor", "JSON under a vendor's name that the contract does not have.", "application/vnd.flow.v1+json"),
    ("json-as-xml", "JSON under the name of XML.", "application/xml"),
    ("charset-utf-16", "The charset is not that of the body.", "application/json; charset=utf-16"),
    ("charset-latin-1", "UTF-8 is called Latin-1.", "application/json; charset=iso-8859-1"),
    ("charset-unknown", "The charset is one that there is not.", "application/json; charset=utf-42"),
    ("no-content-type", "A success does not say what it is.", None),
    ("empty-content-type", "The content type is empty.", ""),
    ("broken-content-type", "The content type is no media type.", "json"),
    ("content-type-with-two-values", "The content type is two.", "application/json, text/html"),
):
    answers("headers", name, about, typed(value), by="media type")

answers(
    "headers",
    "content-type-twice",
    "Two headers say what the body is, and differ.",
    lambda answer: answer.but(headers=(("Content-Type", "text/html"), *answer.headers)),
    by="media type",
)

for status, word in ((403, "denial"), (404, "not-found")):
    for name, about, body, value in (
        ("is-html", f"A {status} is a page.", b"<!doctype html><h1>No</h1>", "text/html; charset=utf-8"),
        ("is-text", f"A {status} is a plain text.", b"No.", "text/plain; charset=utf-8"),
        ("untyped", f"A {status} does not say what it is.", b'{"detail":"No."}', None),
        ("mistyped", f"A {status} is JSON under the name of HTML.", b'{"detail":"No."}', "text/html"),
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
    ("no-allow", "A 405 does not say what is allowed.", None),
    ("allow-without-get", "A 405 says that only writing is allowed.", "POST, PUT"),
    (
        "allow-names-the-denied",
        "A 405 to POST says that POST is allowed.",
        "GET, HEAD, POST, PUT, PATCH, DELETE, TRACE",
    ),
    ("allow-is-empty", "A 405 says that nothing is allowed.", ""),
    ("allow-is-a-sentence", "A 405 has a sentence where methods belong.", "Please use GET instead"),
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
        "A success is compressed, which nobody asked for.",
        lambda answer: answer.but(body=gzip.compress(answer.body)).saying("Content-Encoding", "gzip"),
    ),
    (
        "deflate-unasked",
        "A success is deflated, which nobody asked for.",
        lambda answer: answer.but(body=zlib.compress(answer.body)).saying("Content-Encoding", "deflate"),
    ),
    (
        "gzip-not-said",
        "A success is compressed, and no header says so.",
        lambda answer: answer.but(body=gzip.compress(answer.body)),
    ),
    (
        "gzip-not-done",
        "A success is called compressed and is not.",
        lambda answer: answer.saying("Content-Encoding", "gzip"),
    ),
    (
        "encoding-unknown",
        "A success has an encoding that there is not.",
        lambda answer: answer.saying("Content-Encoding", "utf-8"),
    ),
):
    answers("headers", name, about, change, by="encoding", forbids="rules")

for name, about, change in (
    (
        "length-too-long",
        "More bytes are promised than come, and the connection stays open.",
        lambda answer: answer.but(length=len(answer.body) + 8, end="stall"),
    ),
    (
        "length-too-long-and-closed",
        "More bytes are promised than come before the end.",
        lambda answer: answer.but(length=len(answer.body) + 8, end="close"),
    ),
    ("length-too-short", "Fewer bytes are promised than come.", lambda answer: answer.but(length=len(answer.body) - 1)),
    ("length-is-zero", "No bytes are promised, and all come.", lambda answer: answer.but(length=0)),
    (
        "length-in-characters",
        "The length counts characters, not bytes.",
        lambda answer: answer.but(
            length=len(answer.body.decode()), body=answer.body.replace(b'"title":"', '"title":"ÄÖÜ '.encode())
        ),
    ),
    (
        "length-twice",
        "Two lengths are promised.",
        lambda answer: answer.but(headers=(*answer.headers, ("Content-Length", str(len(answer.body) + 2)))),
    ),
    (
        "length-is-no-number",
        "The length is no number.",
        lambda answer: answer.but(length=None, headers=(*answer.headers, ("Content-Length", "all")), end="close"),
    ),
    (
        "chunks-not-ended",
        "The chunk that ends an answer never comes.",
        lambda answer: answer.but(
            length=None,
            headers=(*answer.headers, ("Transfer-Encoding", "chunked")),
            body=f"{len(answer.body):x}\r\n".encode() + answer.body + b"\r\n",
            end="close",
        ),
    ),
    (
        "chunks-not-made",
        "An answer is called chunked and is not.",
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
        "The status line is none of HTTP.",
        lambda answer: answer.but(status_line="200 OK", end="close"),
    ),
    (
        "status-line-of-http-9",
        "The version is one that there is not.",
        lambda answer: answer.but(status_line="HTTP/9.9 200 OK", end="close"),
    ),
    (
        "header-without-colon",
        "A header line is none.",
        lambda answer: answer.but(headers=(("X-Broken", None), *answer.headers)),
    ),
    (
        "nothing-at-all",
        "The connection is closed without an answer.",
        lambda answer: answer.but(cut=-1, end="reset"),
    ),
):
    answers("framing", name, about, change, by="framing", forbids="rules")

answers(
    "framing",
    "denial-ends-early",
    "A denied response ends in the middle of its body.",
    lambda answer: answer.but(cut=5, length=len(answer.body), end="close"),
    status=403,
    by="framing",
    forbids="rules",
)


answers(
    "framing",
    "length-beside-chunks",
    "A body in chunks has a length, too.",
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
    "A line end follows a body, beyond its length.",
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
    "The JSON of a 405 ends too early.",
    lambda answer: answer.but(body=answer.body[:-2]),
    status=405,
    by="strict json",
    forbids="observed",
)


@fault("headers", ask_for(KNOWN, "PUT", token=None), by="allow", forbids="rules")
def allow_only_for_post(server: Server, ask: Ask) -> ServerResponse:
    """Only the 405 to POST says what is allowed; those to PUT, PATCH and DELETE do not."""
    answer = server(ask)
    return answer.saying("Allow", None) if answer.status == 405 and ask.method != "POST" else answer


@fault("headers", get(accept_encoding="identity"), by="encoding", forbids="rules")
def gzip_against_the_wish(server: Server, ask: Ask) -> ServerResponse:
    """Whoever names any encoding gets gzip, also who asks for none."""
    answer = server(ask)
    if not ask.header("accept-encoding"):
        return answer
    return answer.but(body=gzip.compress(answer.body)).saying("Content-Encoding", "gzip")


@fault("headers", get(accept_encoding="gzip"), by="encoding", forbids="rules")
def gzip_is_broken(server: Server, ask: Ask) -> ServerResponse:
    """Whoever accepts gzip gets half of it."""
    answer = server(ask)
    if "gzip" not in ask.header("accept-encoding"):
        return answer
    return answer.but(body=gzip.compress(answer.body)[:-12]).saying("Content-Encoding", "gzip")


@fault("headers", get(), by="status")
def unavailable_without_retry_after(server: Server, ask: Ask) -> ServerResponse:
    """Every success is a 503 that does not say when to come again."""
    answer = server(ask)
    return error(503, "Later.") if answer.status == 200 else answer
