"""Negotiation and conditions: headers that the contract does not have change the answer."""

import gzip
import json
from collections.abc import Callable

from .changes import JSON, XML, fails, into, only, setting, status, when
from .fault import KNOWN, ask_for, fault, get
from .server import Ask, Server, ServerResponse, error


def says(name: str, *values: str) -> Callable[[Ask], bool]:
    """A header that holds one of the values, or is there at all."""
    return lambda ask: any(value in ask.header(name) for value in values or (ask.header(name) or "\0",))


for name, about, condition, change, witness in (
    (
        "xml-as-json",
        "A client that accepts XML gets XML labeled as JSON.",
        says("accept", "xml"),
        into(XML, JSON),
        get(accept="application/xml"),
    ),
    (
        "xml-on-wish",
        "A client that accepts XML gets XML, which is undocumented.",
        says("accept", "xml"),
        into(XML, "application/xml"),
        get(accept="application/xml"),
    ),
    (
        "page-for-browsers",
        "A client that accepts HTML gets a browsable page.",
        says("accept", "html"),
        into(b"<html></html>", "text/html"),
        get(accept="text/html"),
    ),
    (
        "accept-garbage-is-500",
        "An invalid `Accept` causes a 500.",
        lambda ask: bool(ask.header("accept")) and "/" not in ask.header("accept"),
        fails,
        get(accept="garbage"),
    ),
    (
        "accept-anything-is-500",
        "`Accept: */*` causes a 500.",
        lambda ask: ask.header("accept") == "*/*",
        fails,
        get(accept="*/*"),
    ),
    (
        "accept-xml-is-500",
        "An `Accept` with XML causes a 500.",
        says("accept", "xml"),
        fails,
        get(accept="application/xml"),
    ),
    (
        "accept-json-is-406",
        "A client that accepts only JSON gets 406.",
        lambda ask: ask.header("accept") == "application/json",
        lambda ask, answer: error(406, "Not acceptable."),
        get(accept="application/json"),
    ),
    (
        "quality-is-500",
        "A quality value in `Accept` causes a 500.",
        says("accept", "q="),
        fails,
        get(accept="application/json;q=0.5"),
    ),
    (
        "indent-breaks",
        "A parameter in `Accept` gets invalid JSON.",
        says("accept", "indent", "q="),
        lambda ask, answer: answer.but(body=answer.body + b","),
        get(accept="application/json; indent=4"),
    ),
    (
        "gzip-on-wish-not-said",
        "A client that accepts gzip gets it without Content-Encoding.",
        says("accept-encoding", "gzip"),
        lambda ask, answer: answer.but(body=gzip.compress(answer.body)),
        get(accept_encoding="gzip"),
    ),
    (
        "brotli-not-done",
        "A client that accepts Brotli gets Content-Encoding br, but plain text.",
        says("accept-encoding", "br"),
        lambda ask, answer: answer.saying("Content-Encoding", "br"),
        get(accept_encoding="br"),
    ),
    (
        "gzip-at-quality-0",
        "A client that excludes gzip with `q=0` gets gzip.",
        says("accept-encoding", "gzip;q=0"),
        lambda ask, answer: answer.but(body=gzip.compress(answer.body)).saying("Content-Encoding", "gzip"),
        get(accept_encoding="gzip;q=0"),
    ),
    (
        "version-in-accept-changes",
        "A version in `Accept` gets another schema.",
        says("accept", "version", ";"),
        lambda ask, answer: answer.but(json={"data": answer.json}),
        get(accept="application/json; version=2"),
    ),
    (
        "accept-range-is-406",
        "A client that accepts `application/*` gets 406.",
        lambda ask: ask.header("accept") == "application/*",
        lambda ask, answer: error(406, "Not acceptable."),
        get(accept="application/*"),
    ),
    (
        "language-changes-title",
        "`Accept-Language` changes a value of the flow.",
        says("accept-language", "de", "fr"),
        setting(title="Willkommen bei authentik!"),
        get(accept_language="de"),
    ),
    (
        "language-changes-enum",
        "`Accept-Language` translates an enumeration.",
        says("accept-language", "de", "fr"),
        setting(designation="Anmeldung"),
        get(accept_language="de"),
    ),
    (
        "language-is-500",
        "An invalid `Accept-Language` causes a 500.",
        lambda ask: ask.header("accept-language") not in ("", "de", "en", "fr"),
        fails,
        get(accept_language="xx-invalid-%%%"),
    ),
    (
        "charset-on-wish",
        "A client that asks for Latin-1 gets it labeled as UTF-8.",
        says("accept-charset"),
        lambda ask, answer: answer.but(body=answer.body.decode().encode("latin-1", "replace")),
        get("A", accept_charset="iso-8859-1"),
    ),
    (
        "encoding-identity-is-406",
        "A client that accepts only `identity` gets 406.",
        says("accept-encoding", "identity"),
        status(406),
        get(accept_encoding="identity"),
    ),
    (
        "user-agent-changes",
        "Some values of `User-Agent` get fewer fields.",
        says("user-agent", "curl", "bot", "Mozilla"),
        only("pk", "slug"),
        get(user_agent="Mozilla/5.0"),
    ),
    (
        "origin-is-500",
        "A request with `Origin` causes a 500.",
        says("origin"),
        fails,
        get(origin="https://example.org"),
    ),
    (
        "content-type-is-415",
        "A GET with `Content-Type` gets 415.",
        says("content-type"),
        status(415),
        get(content_type="text/plain"),
    ),
    (
        "prefer-minimal-is-204",
        "`Prefer: return=minimal` gets 204.",
        says("prefer", "minimal"),
        lambda ask, answer: ServerResponse(204, b"", ()),
        get(prefer="return=minimal"),
    ),
    (
        "forwarded-host-in-link",
        "The link contains the host from `X-Forwarded-Host`.",
        says("x-forwarded-host"),
        lambda ask, answer: answer.but(json=answer.json | {"export_url": f"http://{ask.header('x-forwarded-host')}/"}),
        get(x_forwarded_host="evil.example"),
    ),
):
    when("negotiation", name, about, condition, change, witness)


DATE = "Mon, 02 Sep 2024 10:00:00 GMT"

for name, about, condition, change, witness in (
    (
        "not-modified-for-any-tag",
        "Any `If-None-Match` gets 304.",
        says("if-none-match"),
        lambda ask, answer: ServerResponse(304, b"", (), length=None),
        get(if_none_match='"x"'),
    ),
    (
        "not-modified-for-any-date",
        "Any `If-Modified-Since` gets 304.",
        says("if-modified-since"),
        lambda ask, answer: ServerResponse(304, b"", (), length=None),
        get(if_modified_since=DATE),
    ),
    (
        "part-for-range",
        "A range request gets 206 with a part.",
        says("range"),
        lambda ask, answer: answer.but(status=206, body=answer.body[:10]).saying(
            "Content-Range", f"bytes 0-9/{len(answer.body)}"
        ),
        get(range="bytes=0-9"),
    ),
    (
        "part-as-whole",
        "A range request gets 200 with a part.",
        says("range"),
        lambda ask, answer: answer.but(body=answer.body[:10]),
        get(range="bytes=0-9"),
    ),
    (
        "range-is-416",
        "A range request gets 416.",
        says("range"),
        lambda ask, answer: error(416, "Bad range."),
        get(range="bytes=0-9"),
    ),
    ("range-is-500", "A range request causes a 500.", says("range"), fails, get(range="bytes=0-9")),
    (
        "precondition-fails",
        "Any `If-Match` gets 412.",
        says("if-match"),
        lambda ask, answer: error(412, "Precondition failed."),
        get(if_match='"x"'),
    ),
    (
        "unmodified-since-is-500",
        "`If-Modified-Since` causes a 500.",
        lambda ask: bool(ask.header("if-modified-since")),
        fails,
        get(if_modified_since="yesterday"),
    ),
):
    when("conditional", name, about, condition, change, witness)


@fault("negotiation", ask_for(KNOWN, accept="application/xml", token=None), by="media type")
def denial_as_xml(server: Server, ask: Ask) -> ServerResponse:
    """A denied client that accepts XML gets XML labeled as JSON."""
    answer = server(ask)
    return answer.but(body=XML) if answer.status == 403 and "xml" in ask.header("accept") else answer


@fault("negotiation", get("no-such-flow", accept_language="de"), by="schema", forbids="observed")
def language_breaks_errors(server: Server, ask: Ask) -> ServerResponse:
    """Errors in other languages than English have no `detail`."""
    answer = server(ask)
    foreign = ask.header("accept-language").startswith(("de", "fr"))
    return (
        answer.but(body=json.dumps({"Fehler": "Nicht gefunden."}).encode())
        if answer.status == 404 and foreign
        else answer
    )
