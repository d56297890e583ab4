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
        "Who accepts XML gets XML under the name of JSON.",
        says("accept", "xml"),
        into(XML, JSON),
        get(accept="application/xml"),
    ),
    (
        "xml-on-wish",
        "Who accepts XML gets a 200 of XML, which the contract does not have.",
        says("accept", "xml"),
        into(XML, "application/xml"),
        get(accept="application/xml"),
    ),
    (
        "page-for-browsers",
        "Who accepts HTML gets a page to browse the API.",
        says("accept", "html"),
        into(b"<html></html>", "text/html"),
        get(accept="text/html"),
    ),
    (
        "accept-garbage-is-500",
        "An `Accept` that is none makes the server fail.",
        lambda ask: bool(ask.header("accept")) and "/" not in ask.header("accept"),
        fails,
        get(accept="garbage"),
    ),
    (
        "accept-anything-is-500",
        "`Accept: */*` makes the server fail.",
        lambda ask: ask.header("accept") == "*/*",
        fails,
        get(accept="*/*"),
    ),
    (
        "accept-xml-is-500",
        "An `Accept` of XML makes the server fail.",
        says("accept", "xml"),
        fails,
        get(accept="application/xml"),
    ),
    (
        "accept-json-is-406",
        "Who accepts JSON is told that there is none.",
        lambda ask: ask.header("accept") == "application/json",
        lambda ask, answer: error(406, "Not acceptable."),
        get(accept="application/json"),
    ),
    (
        "quality-is-500",
        "A quality in `Accept` makes the server fail.",
        says("accept", "q="),
        fails,
        get(accept="application/json;q=0.5"),
    ),
    (
        "indent-breaks",
        "A parameter in `Accept` gives JSON that is none.",
        says("accept", "indent", "q="),
        lambda ask, answer: answer.but(body=answer.body + b","),
        get(accept="application/json; indent=4"),
    ),
    (
        "gzip-on-wish-not-said",
        "Who accepts gzip gets it, and no header says so.",
        says("accept-encoding", "gzip"),
        lambda ask, answer: answer.but(body=gzip.compress(answer.body)),
        get(accept_encoding="gzip"),
    ),
    (
        "brotli-not-done",
        "Who accepts Brotli is told that it is, and it is not.",
        says("accept-encoding", "br"),
        lambda ask, answer: answer.saying("Content-Encoding", "br"),
        get(accept_encoding="br"),
    ),
    (
        "gzip-at-quality-0",
        "Who rejects gzip by its quality gets it.",
        says("accept-encoding", "gzip;q=0"),
        lambda ask, answer: answer.but(body=gzip.compress(answer.body)).saying("Content-Encoding", "gzip"),
        get(accept_encoding="gzip;q=0"),
    ),
    (
        "version-in-accept-changes",
        "A version in `Accept` gives another shape.",
        says("accept", "version", ";"),
        lambda ask, answer: answer.but(json={"data": answer.json}),
        get(accept="application/json; version=2"),
    ),
    (
        "accept-range-is-406",
        "Who accepts `application/*` is told that there is no JSON.",
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
        "An `Accept-Language` that is none makes the server fail.",
        lambda ask: ask.header("accept-language") not in ("", "de", "en", "fr"),
        fails,
        get(accept_language="xx-invalid-%%%"),
    ),
    (
        "charset-on-wish",
        "Who asks for Latin-1 gets it, under the name of UTF-8.",
        says("accept-charset"),
        lambda ask, answer: answer.but(body=answer.body.decode().encode("latin-1", "replace")),
        get("A", accept_charset="iso-8859-1"),
    ),
    (
        "encoding-identity-is-406",
        "Who wants no encoding is denied.",
        says("accept-encoding", "identity"),
        status(406),
        get(accept_encoding="identity"),
    ),
    (
        "user-agent-changes",
        "An unknown client gets fewer members.",
        says("user-agent", "curl", "bot", "Mozilla"),
        only("pk", "slug"),
        get(user_agent="Mozilla/5.0"),
    ),
    (
        "origin-is-500",
        "A request from another origin makes the server fail.",
        says("origin"),
        fails,
        get(origin="https://example.org"),
    ),
    (
        "content-type-is-415",
        "A content type on a GET without a body is denied.",
        says("content-type"),
        status(415),
        get(content_type="text/plain"),
    ),
    (
        "prefer-minimal-is-204",
        "`Prefer: return=minimal` empties a read.",
        says("prefer", "minimal"),
        lambda ask, answer: ServerResponse(204, b"", ()),
        get(prefer="return=minimal"),
    ),
    (
        "forwarded-host-in-link",
        "The link is made of the host that the caller claims.",
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
        "Any entity tag matches: 304 for one that was never given.",
        says("if-none-match"),
        lambda ask, answer: ServerResponse(304, b"", (), length=None),
        get(if_none_match='"x"'),
    ),
    (
        "not-modified-for-any-date",
        "Any date matches: 304 although nothing has a date.",
        says("if-modified-since"),
        lambda ask, answer: ServerResponse(304, b"", (), length=None),
        get(if_modified_since=DATE),
    ),
    (
        "part-for-range",
        "A range gives a part, with 206.",
        says("range"),
        lambda ask, answer: answer.but(status=206, body=answer.body[:10]).saying(
            "Content-Range", f"bytes 0-9/{len(answer.body)}"
        ),
        get(range="bytes=0-9"),
    ),
    (
        "part-as-whole",
        "A range gives a part, with 200.",
        says("range"),
        lambda ask, answer: answer.but(body=answer.body[:10]),
        get(range="bytes=0-9"),
    ),
    (
        "range-is-416",
        "A range cannot be satisfied.",
        says("range"),
        lambda ask, answer: error(416, "Bad range."),
        get(range="bytes=0-9"),
    ),
    ("range-is-500", "A range makes the server fail.", says("range"), fails, get(range="bytes=0-9")),
    (
        "precondition-fails",
        "Any `If-Match` fails although nothing has a tag.",
        says("if-match"),
        lambda ask, answer: error(412, "Precondition failed."),
        get(if_match='"x"'),
    ),
    (
        "unmodified-since-is-500",
        "A date that is none makes the server fail.",
        lambda ask: bool(ask.header("if-modified-since")),
        fails,
        get(if_modified_since="yesterday"),
    ),
):
    when("conditional", name, about, condition, change, witness)


@fault("negotiation", ask_for(KNOWN, accept="application/xml", token=None), by="media type")
def denial_as_xml(server: Server, ask: Ask) -> ServerResponse:
    """Who accepts XML is denied in XML under the name of JSON."""
    answer = server(ask)
    return answer.but(body=XML) if answer.status == 403 and "xml" in ask.header("accept") else answer


@fault("negotiation", get("no-such-flow", accept_language="de"), by="schema", forbids="observed")
def language_breaks_errors(server: Server, ask: Ask) -> ServerResponse:
    """In another language than English an error has no `detail`."""
    answer = server(ask)
    foreign = ask.header("accept-language").startswith(("de", "fr"))
    return (
        answer.but(body=json.dumps({"Fehler": "Nicht gefunden."}).encode())
        if answer.status == 404 and foreign
        else answer
    )
