"""Variants of a request that must not change its meaning, and other methods."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from flowcontract.generation.request_builder import Pairs

NEGOTIATION_STATUSES = (406, 415)
"""A server may say that no requested format is available."""
TOO_LARGE_STATUSES = (413, 414, 431)
FIREWALL_STATUSES = (400, 403)
"""A firewall in front of the server may treat it as an attack."""
ORIGIN_STATUSES = (403,)
"""Some frameworks deny every request that names another site, not only preflights."""


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
    """Its own trigger, if two variants of a group fail for different reasons."""
    is_about_encoding: bool = False
    """It shows only in a response that has other characters than ASCII."""

    @property
    def may_be_blocked(self) -> bool:
        """Whether what stands before the operation, such as a firewall, may deny it, in a format of its own."""
        return 403 in self.tolerated


_NO_ACCEPT: Pairs = (("No-Accept", ""),)
_BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


def _accept(label: str, value: str, *, acceptable: bool) -> Variant:
    reason = (
        "an Accept header that includes the documented type gets the normal response"
        if acceptable
        else "an unusual Accept header gets 406 or the normal response"
    )
    return Variant(label, reason, (("Accept", value),), tolerated=() if acceptable else (*NEGOTIATION_STATUSES, 400))


def _header(label: str, reason: str, *headers: tuple[str, str], tolerated: tuple[int, ...] = ()) -> Variant:
    return Variant(label, reason, headers, tolerated=tolerated)


_COMPRESSED = _header(
    "Accept-Encoding",
    "a compressed response has the same content",
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
)
_UNCOMPRESSED = _header(
    "Accept-Encoding identity",
    "an uncompressed response has the same content",
    ("Accept-Encoding", "identity, gzip;q=0"),
)
CODINGS = (_COMPRESSED, _UNCOMPRESSED)
"""Content codings that are accepted and refused: many servers compress long responses alone."""
HEADERS: tuple[Variant, ...] = (
    Variant("no Accept", "a request without Accept gets the normal response", _NO_ACCEPT),
    _accept("Accept anything", "*/*", acceptable=True),
    _accept("Accept XML", "application/xml", acceptable=False),
    _accept("Accept of a browser", _BROWSER, acceptable=True),
    _header(
        "Accept-Language", "the preferred language does not affect the response", ("Accept-Language", "de-DE,ar;q=0.9")
    ),
    _COMPRESSED,
    _header("If-None-Match", "an unknown ETag gets the normal response", ("If-None-Match", '"flowcontract"')),
    _header("Range", "a range request gets the complete response, unless 206 is documented", ("Range", "bytes=0-9")),
    _header(
        "X-HTTP-Method-Override HEAD",
        "only the request line determines the method",
        ("X-HTTP-Method-Override", "HEAD"),
        ("X-HTTP-Method", "HEAD"),
        ("X-Method-Override", "HEAD"),
    ),
    _header(
        "If-Modified-Since",
        "without ETag and Last-Modified, If-Modified-Since is ignored",
        ("If-Modified-Since", "Mon, 23 Nov 2026 00:00:00 GMT"),
    ),
    _header(
        "X-Forwarded-Host",
        "callers cannot choose the host in links",
        ("X-Forwarded-Host", "flowcontract.invalid"),
        ("X-Forwarded-Proto", "gopher"),
        ("X-Forwarded-Prefix", "/flowcontract"),
        ("Forwarded", "host=flowcontract.invalid"),
    ),
    _header(
        "Origin",
        "a request from a page of another site gets the same response or is denied",
        ("Origin", "https://flowcontract.invalid"),
        ("Referer", "https://flowcontract.invalid/"),
        tolerated=ORIGIN_STATUSES,
    ),
    _header(
        "debug headers",
        "callers cannot turn on debugging features",
        ("X-Debug", "1"),
        ("Debug", "true"),
        ("X-Trace", "1"),
        ("X-Test", "1"),
        ("X-Mock", "1"),
    ),
    _accept("Accept HTML", "text/html", acceptable=False),
    _header("If-Match", "without ETag and Last-Modified, If-Match is ignored", ("If-Match", '"flowcontract"')),
    Variant(
        "Accept-Charset", "JSON is always sent as UTF-8", (("Accept-Charset", "iso-8859-1"),), is_about_encoding=True
    ),
    _header("Cookie", "unknown cookies are ignored", ("Cookie", "flowcontract=1; theme=dark; lang=de")),
    _header(
        "User-Agent of a browser",
        "User-Agent does not affect the response",
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    ),
    _header(
        "Cache-Control",
        "bypassing caches does not affect the response",
        ("Cache-Control", "no-cache"),
        ("Pragma", "no-cache"),
    ),
    _header("Prefer", "Prefer does not affect reads", ("Prefer", "return=minimal"), tolerated=(400, 406)),
    _accept("Accept application", "application/*", acceptable=True),
    _accept("Accept with weights", "application/json;q=0.5, text/plain;q=0.1", acceptable=True),
    _accept("Accept garbage", "flowcontract,;;q=", acceptable=False),
    _accept("Accept empty", "", acceptable=False),
    _accept("Accept problem JSON", "application/problem+json", acceptable=False),
    _accept(
        "Accept long", ", ".join(f"application/x-{n}" for n in range(150)) + ", application/json", acceptable=False
    ),
    replace(
        _accept("Accept with a charset", "application/json; charset=utf-16", acceptable=False), is_about_encoding=True
    ),
    _UNCOMPRESSED,
    _header(
        "Accept-Language odd",
        "an unknown language does not affect the response",
        ("Accept-Language", "x-flowcontract, *;q=0, zz-ZZ"),
    ),
    _header(
        "If-Unmodified-Since",
        "without ETag and Last-Modified, If-Unmodified-Since is ignored",
        ("If-Unmodified-Since", "Mon, 01 Jan 1990 00:00:00 GMT"),
    ),
    _header(
        "Range beyond the end",
        "a range request gets the complete response, unless 206 is documented",
        ("Range", "bytes=999999-"),
    ),
    _header(
        "User-Agent of a robot",
        "User-Agent does not affect the response",
        ("User-Agent", "Googlebot/2.1"),
        tolerated=FIREWALL_STATUSES,
    ),
    _header("Content-Type on a read", "Content-Type without a body is ignored", ("Content-Type", "text/xml")),
    _header(
        "User-Agent odd",
        "User-Agent does not affect the response",
        ("User-Agent", "() { :;}; echo flowcontract"),
        tolerated=FIREWALL_STATUSES,
    ),
    _header(
        "traceparent",
        "tracing headers do not affect the response",
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("X-Request-Id", "flowcontract-1"),
    ),
    _header(
        "many headers",
        "unknown headers are ignored",
        *((f"X-Flowcontract-{n}", "1") for n in range(40)),
        tolerated=(400, *TOO_LARGE_STATUSES),
    ),
    _header(
        "long header",
        "unknown headers are ignored",
        ("X-Flowcontract", "k" * 4000),
        tolerated=(400, *TOO_LARGE_STATUSES),
    ),
    _header(
        "headers of browsers",
        "headers that browsers add do not affect the response",
        ("Sec-Fetch-Site", "same-origin"),
        ("Sec-Fetch-Mode", "cors"),
        ("DNT", "1"),
        ("Upgrade-Insecure-Requests", "1"),
        ("Save-Data", "on"),
        ("X-Requested-With", "XMLHttpRequest"),
    ),
    _header(
        "headers of proxies",
        "headers that proxies add do not affect the response",
        ("Via", "1.1 flowcontract"),
        ("Max-Forwards", "10"),
        ("TE", "trailers"),
        ("If-Range", '"flowcontract"'),
        ("X-Forwarded-Port", "443"),
    ),
    _header(
        "version headers",
        "an undocumented API version does not affect the response",
        ("X-API-Version", "0"),
        ("Accept-Version", "0"),
        tolerated=(400, 406),
    ),
    _header("Connection close", "the last request on a connection gets the same response", ("Connection", "close")),
    Variant(
        "content on a read",
        "a body on a read request is ignored or rejected",
        (("Content-Type", "application/json"), ("Connection", "close")),
        body=b"{}",
        tolerated=(*FIREWALL_STATUSES, 411, 413, 415),
    ),
)
"""Headers that do not affect the response, the most informative first."""

_MARKUP = Variant(
    "markup",
    "markup in the request never appears in the response",
    query="flowcontract=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    tolerated=FIREWALL_STATUSES,
)

QUERIES: tuple[Variant, ...] = (
    Variant("unknown parameter", "undocumented parameters are ignored", query="flowcontract=1"),
    Variant(
        "switches",
        "callers cannot turn on debugging features",
        query="debug=true&trace=1&verbose=1&test=1&dev=1&admin=true&raw=1",
    ),
    Variant(
        "repeated parameter",
        "repeated undocumented parameters are ignored or rejected",
        query="flowcontract=1&flowcontract=2",
        tolerated=(400,),
    ),
    Variant(
        "callback", "the response is JSON, never a script (JSONP)", query="callback=flowcontract&jsonp=flowcontract"
    ),
    Variant(
        "choice of fields",
        "undocumented parameters cannot select fields",
        query="fields=flowcontract&include=flowcontract&exclude=*&only=x&expand=*",
    ),
    Variant(
        "page",
        "paging parameters do not affect a single resource",
        query="page=2&page_size=1&limit=1&offset=1&ordering=-x&sort=x",
    ),
    Variant("cache breaker", "a cache buster does not affect the response", query="_=1700000000000"),
    Variant("method in the query", "only the request line determines the method", query="_method=HEAD&method=HEAD"),
    Variant(
        "language", "the preferred language does not affect the response", query="lang=de&locale=de&language=de&hl=de"
    ),
    _MARKUP,
    Variant("format", "an undocumented format is ignored or rejected", query="format=xml", tolerated=(400, 404, 406)),
    Variant(
        "search",
        "a search finds the resource in the path, or nothing",
        query="search=flowcontract&q=flowcontract",
        tolerated=(400, 404),
    ),
    Variant(
        "many parameters",
        "a large number of undocumented parameters is ignored or rejected",
        query="&".join(["flowcontract"] * 1200),
        tolerated=(*FIREWALL_STATUSES, *TOO_LARGE_STATUSES),
        trigger="many parameters",
    ),
    Variant(
        "CR LF",
        "a line break in the query cannot inject a header",
        query="flowcontract=%0d%0aX-Flowcontract-Injected:%20yes",
        tolerated=FIREWALL_STATUSES,
        trigger="a line break in the query",
    ),
    Variant(
        "NUL",
        "undocumented parameters are ignored",
        query="flowcontract=%00",
        tolerated=FIREWALL_STATUSES,
        trigger="NUL in the query",
    ),
    Variant(
        "quote",
        "undocumented parameters are ignored",
        query="flowcontract=%27%22%3B--",
        tolerated=FIREWALL_STATUSES,
        trigger="a quote in the query",
    ),
    Variant(
        "invalid percent-encoding",
        "undocumented parameters are ignored",
        query="flowcontract=%zz",
        tolerated=FIREWALL_STATUSES,
        trigger="a percent sign in the query",
    ),
    Variant("empty", "an empty query is ignored", query="&"),
    Variant(
        "invalid UTF-8",
        "undocumented parameters are ignored",
        query="flowcontract=%FF",
        tolerated=FIREWALL_STATUSES,
        trigger="invalid UTF-8 in the query",
    ),
    Variant(
        "long",
        "undocumented parameters are ignored",
        query="flowcontract=" + "k" * 2000,
        tolerated=TOO_LARGE_STATUSES,
    ),
    Variant(
        "many",
        "undocumented parameters are ignored",
        query="&".join(f"flowcontract{n}={n}" for n in range(100)),
        tolerated=TOO_LARGE_STATUSES,
    ),
    Variant("pretty", "undocumented parameters change whitespace at most", query="pretty=1&indent=2"),
    Variant("version", "an undocumented API version does not affect the response", query="version=0&v=0&api-version=0"),
    Variant(
        "odd names",
        "undocumented parameters are ignored",
        query="=flowcontract&flowcontract[]=1&flowcontract[a]=b&flowcontract.a=b&__proto__=1&$where=1&@type=x",
    ),
)
"""Queries that do not affect the response, the most informative first. One that may filter may find nothing."""

_OF_LISTS = (
    "filter", "search", "q", "fields", "sort", "sort_by", "sortBy", "sortby", "order", "order_by", "orderBy",
    "ordering", "limit", "offset", "cursor", "page", "page_size",
)  # fmt: skip
"""Names with which servers select, sort and page."""


def without_values(declared: Collection[str]) -> Variant:
    """Query parameters that no contract may mention and many servers know, without values; not those in `declared`."""
    return Variant(
        "parameters without values",
        "undocumented parameters without a value are ignored",
        query="&".join(f"{name}=" for name in _OF_LISTS if name not in declared),
        tolerated=(400, 404),
        trigger="query parameters without a value",
    )


UNSAFE = ("DELETE", "PATCH", "PUT", "POST")
"""Those that change what exists first."""
MIGHT_CREATE = ("PUT", "POST")
"""Those that may create what they name."""
SAFE_BUT_UNKNOWN = ("TRACE", "PROPFIND")
"""Safe by RFC 9110 and RFC 4918, so they may be sent with credentials to an existing resource."""

OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
"""Headers with which some frameworks let a request override its method."""

BYPASSES: tuple[Variant, ...] = (
    _header(
        "If-None-Match", "unauthorized callers do not learn whether the resource has changed", ("If-None-Match", "*")
    ),
    _header("Range", "a range of the resource is protected, too", ("Range", "bytes=0-9")),
    _accept("Accept HTML", "text/html", acceptable=False),
    _header(
        "Origin",
        "requests from pages of other sites are denied, too",
        ("Origin", "http://localhost"),
        tolerated=ORIGIN_STATUSES,
    ),
    _accept("Accept XML", "application/xml", acceptable=False),
    _header("Accept-Language", "the language changes only the text of an error", ("Accept-Language", "de, ar;q=0.9")),
)
"""What might bypass authorization."""

ERROR_VARIANTS: tuple[Variant, ...] = (
    _header(
        "Accept-Language",
        "the language changes only the text of an error",
        ("Accept-Language", "de-DE,ar;q=0.9"),
    ),
    _header(
        "debug headers",
        "callers cannot turn on debugging features",
        ("X-Debug", "1"),
        ("Debug", "true"),
        ("X-Trace", "1"),
    ),
    Variant("switches", "callers cannot turn on debugging features", query="debug=1&trace=true&verbose=1"),
    _MARKUP,
    _header("no Accept", "a request without Accept gets the normal response", *_NO_ACCEPT),
    _accept("Accept XML", "application/xml", acceptable=False),
    _accept("Accept HTML", "text/html", acceptable=False),
    _header(
        "Accept-Encoding",
        "a compressed response has the same content",
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ),
)
"""What might change an error response."""
