"""What may be added to a request without changing its meaning, and what may stand in place of its method."""

from dataclasses import dataclass

from flowcontract.generation.request_builder import Pairs

NEGOTIATION = (406, 415)
"""A server may say that it cannot answer in the form asked for."""
TOO_LARGE = (413, 414, 431)
WALLED = (400, 403)
"""A firewall before the server may take it for an attack."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One addition to a request."""

    label: str
    reason: str
    headers: Pairs = ()
    query: str = ""
    body: bytes | None = None
    tolerated: tuple[int, ...] = ()
    trigger: str = ""
    """Its own, where two variants of a group break for different reasons."""


_NO_ACCEPT: Pairs = (("No-Accept", ""),)
_BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


def _accept(label: str, value: str, *, acceptable: bool) -> Variant:
    reason = "a range that takes in the documented type" if acceptable else "a server may ignore it or say 406"
    return Variant(label, reason, (("Accept", value),), tolerated=() if acceptable else (*NEGOTIATION, 400))


def _header(label: str, reason: str, *headers: tuple[str, str], tolerated: tuple[int, ...] = ()) -> Variant:
    return Variant(label, reason, headers, tolerated=tolerated)


HEADERS: tuple[Variant, ...] = (
    Variant("no Accept", "no Accept takes anything", _NO_ACCEPT),
    _accept("Accept anything", "*/*", acceptable=True),
    _accept("Accept XML", "application/xml", acceptable=False),
    _accept("Accept of a browser", _BROWSER, acceptable=True),
    _header("Accept-Language", "an answer for machines has one language", ("Accept-Language", "de-DE,ar;q=0.9")),
    _header("Accept-Encoding", "a coded answer decodes to the same", ("Accept-Encoding", "gzip, deflate, br, zstd")),
    _header("If-None-Match", "a tag that was never given matches nothing", ("If-None-Match", '"flowcontract"')),
    _header("Range", "the contract documents whole answers only", ("Range", "bytes=0-9")),
    _header(
        "X-HTTP-Method-Override HEAD",
        "the method is what the request line says",
        ("X-HTTP-Method-Override", "HEAD"),
        ("X-HTTP-Method", "HEAD"),
        ("X-Method-Override", "HEAD"),
    ),
    _header(
        "If-Modified-Since",
        "without validators nothing is unmodified",
        ("If-Modified-Since", "Mon, 23 Nov 2026 00:00:00 GMT"),
    ),
    _header(
        "X-Forwarded-Host",
        "a caller does not choose the host that links point to",
        ("X-Forwarded-Host", "flowcontract.invalid"),
        ("X-Forwarded-Proto", "gopher"),
        ("X-Forwarded-Prefix", "/flowcontract"),
        ("Forwarded", "host=flowcontract.invalid"),
    ),
    _header(
        "Origin",
        "another site's page gets the same data or is stopped by its browser",
        ("Origin", "https://flowcontract.invalid"),
        ("Referer", "https://flowcontract.invalid/"),
    ),
    _header(
        "debug headers",
        "a switch for developers is not for callers",
        ("X-Debug", "1"),
        ("Debug", "true"),
        ("X-Trace", "1"),
        ("X-Test", "1"),
        ("X-Mock", "1"),
    ),
    _accept("Accept HTML", "text/html", acceptable=False),
    _header("If-Match", "without validators nothing can fail to match", ("If-Match", '"flowcontract"')),
    _header("Accept-Charset", "JSON is UTF-8", ("Accept-Charset", "iso-8859-1")),
    _header("Cookie", "a cookie the server never set means nothing", ("Cookie", "flowcontract=1; theme=dark; lang=de")),
    _header(
        "User-Agent of a browser",
        "the caller's program changes nothing",
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    ),
    _header(
        "Cache-Control",
        "asking for a fresh answer gives the same",
        ("Cache-Control", "no-cache"),
        ("Pragma", "no-cache"),
    ),
    _header("X-Requested-With", "a script gets what everybody gets", ("X-Requested-With", "XMLHttpRequest")),
    _header(
        "Prefer", "a read has one answer, whatever is preferred", ("Prefer", "return=minimal"), tolerated=(400, 406)
    ),
    _accept("Accept application", "application/*", acceptable=True),
    _accept("Accept with weights", "application/json;q=0.5, text/plain;q=0.1", acceptable=True),
    _accept("Accept image", "image/webp", acceptable=False),
    _accept("Accept garbage", "flowcontract,;;q=", acceptable=False),
    _accept("Accept empty", "", acceptable=False),
    _accept("Accept problem JSON", "application/problem+json", acceptable=False),
    _accept("Accept CSV", "text/csv", acceptable=False),
    _accept(
        "Accept long", ", ".join(f"application/x-{n}" for n in range(150)) + ", application/json", acceptable=False
    ),
    _accept("Accept with a charset", "application/json; charset=utf-16", acceptable=False),
    _header(
        "Accept-Encoding identity", "an answer that was not to be coded", ("Accept-Encoding", "identity, gzip;q=0")
    ),
    _header("Accept-Language odd", "a language that nobody has", ("Accept-Language", "x-flowcontract, *;q=0, zz-ZZ")),
    _header(
        "If-Unmodified-Since",
        "without validators nothing was modified",
        ("If-Unmodified-Since", "Mon, 01 Jan 1990 00:00:00 GMT"),
    ),
    _header("Range beyond the end", "the contract documents whole answers only", ("Range", "bytes=999999-")),
    _header("User-Agent of a robot", "the caller's program changes nothing", ("User-Agent", "Googlebot/2.1")),
    _header("Content-Type on a read", "a type without content means nothing", ("Content-Type", "text/xml")),
    _header("User-Agent odd", "the caller's program changes nothing", ("User-Agent", "() { :;}; echo flowcontract")),
    _header(
        "traceparent",
        "tracing changes nothing",
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("X-Request-Id", "flowcontract-1"),
    ),
    _header(
        "many headers",
        "headers that mean nothing change nothing",
        *((f"X-Flowcontract-{n}", "1") for n in range(40)),
        tolerated=(400, *TOO_LARGE),
    ),
    _header(
        "long header",
        "a header that means nothing changes nothing",
        ("X-Flowcontract", "k" * 4000),
        tolerated=(400, *TOO_LARGE),
    ),
    _header("Connection close", "the last request of a connection is answered like any", ("Connection", "close")),
    Variant(
        "content on a read",
        "a server may ignore content or refuse it",
        (("Content-Type", "application/json"), ("Connection", "close")),
        body=b"{}",
        tolerated=(400, 411, 413, 415),
    ),
)
"""Headers without meaning for the answer, the most telling first."""

_MARKUP = Variant(
    "markup",
    "input comes back nowhere",
    query="flowcontract=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    tolerated=WALLED,
)

QUERIES: tuple[Variant, ...] = (
    Variant("unknown parameter", "a parameter the contract does not have changes nothing", query="flowcontract=1"),
    Variant(
        "switches",
        "a switch for developers is not for callers",
        query="debug=true&trace=1&verbose=1&test=1&dev=1&admin=true&raw=1",
    ),
    Variant(
        "repeated parameter",
        "a parameter the contract does not have changes nothing, sent twice either",
        query="flowcontract=1&flowcontract=2",
    ),
    Variant("callback", "an answer is JSON, not a script", query="callback=flowcontract&jsonp=flowcontract"),
    Variant(
        "choice of fields",
        "an answer is whole",
        query="fields=flowcontract&include=flowcontract&exclude=*&only=x&expand=*",
    ),
    Variant("page", "one thing has no pages", query="page=2&page_size=1&limit=1&offset=1&ordering=-x&sort=x"),
    Variant("cache breaker", "a number against caches changes nothing", query="_=1700000000000"),
    Variant("method in the query", "the method is what the request line says", query="_method=HEAD&method=HEAD"),
    Variant("language", "an answer for machines has one language", query="lang=de&locale=de&language=de&hl=de"),
    _MARKUP,
    Variant(
        "format", "a server may know formats, but it says what it sends", query="format=xml", tolerated=(400, 404, 406)
    ),
    Variant(
        "search",
        "a search may find nothing, but nothing else than the path names",
        query="search=flowcontract&q=flowcontract",
        tolerated=(400, 404),
    ),
    Variant(
        "NUL",
        "an unknown parameter is not looked at",
        query="flowcontract=%00",
        tolerated=WALLED,
        trigger="NUL in the query",
    ),
    Variant(
        "quote",
        "an unknown parameter is not looked at",
        query="flowcontract=%27%22%3B--",
        tolerated=WALLED,
        trigger="a quote in the query",
    ),
    Variant(
        "broken percent form",
        "an unknown parameter is not looked at",
        query="flowcontract=%zz",
        tolerated=(400,),
        trigger="a percent sign in the query",
    ),
    Variant("empty", "an empty query is none", query="&"),
    Variant("nameless", "an unknown parameter is not looked at", query="=flowcontract"),
    Variant(
        "arrays", "an unknown parameter is not looked at", query="flowcontract[]=1&flowcontract[a]=b&flowcontract.a=b"
    ),
    Variant(
        "invalid UTF-8",
        "an unknown parameter is not looked at",
        query="flowcontract=%FF",
        tolerated=(400,),
        trigger="invalid UTF-8 in the query",
    ),
    Variant("long", "an unknown parameter is not looked at", query="flowcontract=" + "k" * 2000, tolerated=TOO_LARGE),
    Variant(
        "many",
        "unknown parameters are not looked at",
        query="&".join(f"flowcontract{n}={n}" for n in range(100)),
        tolerated=TOO_LARGE,
    ),
    Variant("pretty", "white space between JSON tokens means nothing", query="pretty=1&indent=2"),
    Variant("version", "there is one contract", query="version=0&v=0&api-version=0"),
    Variant("odd names", "an unknown parameter is not looked at", query="__proto__=1&constructor=1&$where=1&@type=x"),
)
"""Queries without meaning for the answer, the most telling first. Where one may filter, it may find nothing."""

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
SAFE_BUT_UNKNOWN = ("TRACE", "PROPFIND")
"""Safe by RFC 9110 and RFC 4918, so they may be sent with credentials to a key that exists."""

OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
"""Headers by which some frameworks let a request choose another method."""

AROUND: tuple[Variant, ...] = (
    _header("If-None-Match", "who may not see it is not told that it is unchanged", ("If-None-Match", "*")),
    _header("Range", "a part of it is not for everybody either", ("Range", "bytes=0-9")),
    _accept("Accept HTML", "text/html", acceptable=False),
    _header("Origin", "a page of another site has no right either", ("Origin", "http://localhost")),
    _accept("Accept XML", "application/xml", acceptable=False),
)
"""What might lead around a refusal."""

BESIDE_ERRORS: tuple[Variant, ...] = (
    _header(
        "Accept-Language",
        "an error is the same in every language but for its text",
        ("Accept-Language", "de-DE,ar;q=0.9"),
    ),
    _header(
        "debug headers",
        "a switch for developers is not for callers",
        ("X-Debug", "1"),
        ("Debug", "true"),
        ("X-Trace", "1"),
    ),
    Variant("switches", "a switch for developers is not for callers", query="debug=1&trace=true&verbose=1"),
    _MARKUP,
    _header("no Accept", "no Accept takes anything", *_NO_ACCEPT),
    _accept("Accept XML", "application/xml", acceptable=False),
    _accept("Accept HTML", "text/html", acceptable=False),
    _header("Accept-Encoding", "a coded answer decodes to the same", ("Accept-Encoding", "gzip, deflate, br, zstd")),
)
"""What might change an error."""
