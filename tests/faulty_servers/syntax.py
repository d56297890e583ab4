"""Syntax: a body that a strict reader of JSON denies."""

import json
from collections.abc import Callable

from .fault import answers
from .server import ServerResponse


def bytes_(change: Callable[[bytes], bytes]) -> Callable[[ServerResponse], ServerResponse]:
    return lambda answer: answer.but(body=change(answer.body))


def put(new: bytes) -> Callable[[bytes], bytes]:
    """Write something else where the counter stands: `"cache_count":` and what follows it."""
    return lambda body: body.replace(b'"cache_count":', b'"cache_count":' + new + b',"was":')


def twice(value: bytes) -> Callable[[bytes], bytes]:
    """Write a member twice, the second time as it was."""
    return lambda body: body.replace(b'{"', b'{"pk":' + value + b',"', 1)


SUCCESS: tuple[tuple[str, str, Callable[[bytes], bytes]], ...] = (
    ("byte-order-mark", "A byte order mark precedes the JSON.", lambda body: b"\xef\xbb\xbf" + body),
    ("nan", "A number is NaN.", put(b"NaN")),
    ("infinity", "A number is -Infinity.", put(b"-Infinity")),
    ("leading-zero", "A number has a leading zero.", put(b"00")),
    ("plus-sign", "A number has a plus sign.", put(b"+1")),
    ("hexadecimal", "A number is hexadecimal.", put(b"0x0")),
    ("bare-fraction", "A number begins with the decimal point.", put(b".0")),
    ("undefined", "A value is undefined.", put(b"undefined")),
    ("duplicate-key", "A key is duplicated, with two values.", twice(b'"00000000-0000-0000-0000-000000000000"')),
    ("duplicate-key-of-another-type", "A key is duplicated, first with null.", twice(b"null")),
    ("trailing-brace", "There is an extra brace at the end.", lambda body: body + b"}"),
    ("trailing-text", "Text follows the JSON.", lambda body: body + b"\n-- 1 row"),
    ("trailing-nul", "NUL bytes follow the JSON.", lambda body: body + b"\0\0"),
    ("trailing-comma", "There is a comma before the last brace.", lambda body: body[:-1] + b",}"),
    ("second-document", "The JSON is sent twice.", lambda body: body + body),
    ("comment", "A comment precedes the JSON.", lambda body: b"/* flow */" + body),
    ("single-quotes", "Strings are in single quotes.", lambda body: body.replace(b'"', b"'")),
    ("python-literals", "The body is a Python literal.", lambda body: repr(json.loads(body)).encode()),
    ("bare-keys", "A key is not in quotes.", lambda body: body.replace(b'"pk":', b"pk:")),
    (
        "control-character",
        "A string contains an unescaped control character.",
        lambda body: body.replace(b'"name":"', b'"name":"\x01'),
    ),
    (
        "line-feed-in-text",
        "A string contains an unescaped line feed.",
        lambda body: body.replace(b'"title":"', b'"title":"\n'),
    ),
    (
        "bad-escape",
        "A string contains an escape that JSON does not have.",
        lambda body: body.replace(b'"title":"', b'"title":"\\x41'),
    ),
    ("script-guard", "A guard against script inclusion precedes the JSON.", lambda body: b")]}',\n" + body),
    (
        "json-in-a-text",
        "The body is a JSON string that contains JSON.",
        lambda body: json.dumps(body.decode()).encode(),
    ),
    ("callback", "The JSON is wrapped in a function call.", lambda body: b"callback(" + body + b");"),
    ("utf-16", "The JSON is UTF-16.", lambda body: body.decode().encode("utf-16")),
    (
        "latin-1",
        "Strings are Latin-1 labeled as UTF-8.",
        lambda body: body.replace(b'"name":"', b'"name":"Gr\xf6\xdfe '),
    ),
    (
        "overlong-utf-8",
        "A string contains an overlong UTF-8 form.",
        lambda body: body.replace(b'"name":"', b'"name":"\xc0\xaf'),
    ),
    (
        "encoded-surrogate",
        "A string contains an encoded surrogate.",
        lambda body: body.replace(b'"name":"', b'"name":"\xed\xa0\x80'),
    ),
    ("cut-text", "The JSON is truncated, with a matching Content-Length.", lambda body: body[: len(body) // 2]),
    ("last-brace-lost", "The last brace is missing.", lambda body: body[:-1]),
    ("empty-success", "A success has no body.", lambda body: b""),
    ("blank-success", "The body of a success is white space.", lambda body: b"  \n"),
    ("html-success", "A success is an HTML page labeled as JSON.", lambda body: b"<!doctype html><title>Flow</title>"),
    ("yaml-success", "A success is YAML labeled as JSON.", lambda body: body.replace(b'{"pk":', b"pk: ")),
)

for name, about, change in SUCCESS:
    answers("syntax", name, about, bytes_(change), by="strict json")

answers(
    "syntax",
    "no-content",
    "A read gets 204.",
    lambda answer: ServerResponse(204, b"", ()),
    by="status",
)

for status, word in ((403, "denial"), (404, "not-found")):
    forbids = "published" if status == 403 else "observed"
    for name, about, change in (
        ("empty", f"A {status} has no body.", lambda body: b""),
        ("plain", f"The body of a {status} is plain text labeled as JSON.", lambda body: b"No."),
        ("cut", f"The JSON of a {status} is truncated.", lambda body: body[:-2]),
        ("with-mark", f"The JSON of a {status} has a byte order mark.", lambda body: b"\xef\xbb\xbf" + body),
        ("html-as-json", f"A {status} is an HTML page labeled as JSON.", lambda body: b"<h1>No</h1>"),
        ("duplicate-detail", f"A {status} has `detail` twice.", lambda body: body.replace(b"{", b'{"detail":"x",', 1)),
    ):
        answers("syntax", f"{word}-{name}", about, bytes_(change), status=status, by="strict json", forbids=forbids)  # type: ignore[arg-type]
