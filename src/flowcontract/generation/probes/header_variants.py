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
    reason = "a range that includes the documented type" if acceptable else "406 or a normal response is allowed"
    return Variant(label, reason, (("Accept", value),), tolerated=() if acceptable else (*NEGOTIATION_STATUSES, 400))


def _header(label: str, reason: str, *headers: tuple[str, str], tolerated: tuple[int, ...] = ()) -> Variant:
    return Variant(label, reason, headers, tolerated=tolerated)


_COMPRESSED = _header(
    "Accept-Encoding",
    "a compressed response decodes to the same content",
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
)
_UNCOMPRESSED = _header(
    "Accept-Encoding identity", "an uncompressed response", ("Accept-Encoding", "identity, gzip;q=0")
)
CODINGS = (_COMPRESSED, _UNCOMPRESSED)
"""Content codings that are accepted and refused: many servers compress long responses alone."""
HEADERS: tuple[Variant, ...] = (
    Variant("no Accept", "a request without Accept accepts anything", _NO_ACCEPT),
    _accept("Accept anything", "*/*", acceptable=True),
    _accept("Accept XML", "application/xml", acceptable=False),
    _accept("Accept of a browser", _BROWSER, acceptable=True),
    _header("Accept-Language", "responses for machines have one language", ("Accept-Language", "de-DE,ar;q=0.9")),
    _COMPRESSED,
    _header("If-None-Match", "an unknown entity tag matches nothing", ("If-None-Match", '"flowcontract"')),
    _header("Range", "only complete responses are documented", ("Range", "bytes=0-9")),
    _header(
        "X-HTTP-Method-Override HEAD",
        "the method is the one in the request line",
        ("X-HTTP-Method-Override", "HEAD"),
        ("X-HTTP-Method", "HEAD"),
        ("X-Method-Override", "HEAD"),
    ),
    _header(
        "If-Modified-Since",
        "without validators nothing counts as unmodified",
        ("If-Modified-Since", "Mon, 23 Nov 2026 00:00:00 GMT"),
    ),
    _header(
        "X-Forwarded-Host",
        "callers do not choose the host in links",
        ("X-Forwarded-Host", "flowcontract.invalid"),
        ("X-Forwarded-Proto", "gopher"),
        ("X-Forwarded-Prefix", "/flowcontract"),
        ("Forwarded", "host=flowcontract.invalid"),
    ),
    _header(
        "Origin",
        "pages of other sites get the same data, and their browser stops them, or they are denied",
        ("Origin", "https://flowcontract.invalid"),
        ("Referer", "https://flowcontract.invalid/"),
        tolerated=ORIGIN_STATUSES,
    ),
    _header(
        "debug headers",
        "callers cannot turn on developer switches",
        ("X-Debug", "1"),
        ("Debug", "true"),
        ("X-Trace", "1"),
        ("X-Test", "1"),
        ("X-Mock", "1"),
    ),
    _accept("Accept HTML", "text/html", acceptable=False),
    _header("If-Match", "without validators no precondition fails", ("If-Match", '"flowcontract"')),
    Variant("Accept-Charset", "JSON is UTF-8", (("Accept-Charset", "iso-8859-1"),), is_about_encoding=True),
    _header("Cookie", "unknown cookies are ignored", ("Cookie", "flowcontract=1; theme=dark; lang=de")),
    _header(
        "User-Agent of a browser",
        "the user agent does not affect the response",
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    ),
    _header(
        "Cache-Control",
        "a fresh response is the same",
        ("Cache-Control", "no-cache"),
        ("Pragma", "no-cache"),
    ),
    _header("Prefer", "preferences do not affect reads", ("Prefer", "return=minimal"), tolerated=(400, 406)),
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
    _header("Accept-Language odd", "an unknown language", ("Accept-Language", "x-flowcontract, *;q=0, zz-ZZ")),
    _header(
        "If-Unmodified-Since",
        "without validators nothing counts as modified",
        ("If-Unmodified-Since", "Mon, 01 Jan 1990 00:00:00 GMT"),
    ),
    _header("Range beyond the end", "only complete responses are documented", ("Range", "bytes=999999-")),
    _header(
        "User-Agent of a robot",
        "the user agent does not affect the response",
        ("User-Agent", "Googlebot/2.1"),
        tolerated=FIREWALL_STATUSES,
    ),
    _header("Content-Type on a read", "a type without content is ignored", ("Content-Type", "text/xml")),
    _header(
        "User-Agent odd",
        "the user agent does not affect the response",
        ("User-Agent", "() { :;}; echo flowcontract"),
        tolerated=FIREWALL_STATUSES,
    ),
    _header(
        "traceparent",
        "tracing does not affect the response",
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
        "what browsers add does not affect the response",
        ("Sec-Fetch-Site", "same-origin"),
        ("Sec-Fetch-Mode", "cors"),
        ("DNT", "1"),
        ("Upgrade-Insecure-Requests", "1"),
        ("Save-Data", "on"),
        ("X-Requested-With", "XMLHttpRequest"),
    ),
    _header(
        "headers of proxies",
        "what proxies add does not affect the response",
        ("Via", "1.1 flowcontract"),
        ("Max-Forwards", "10"),
        ("TE", "trailers"),
        ("If-Range", '"flowcontract"'),
        ("X-Forwarded-Port", "443"),
    ),
    _header(
        "version headers",
        "there is one version of the contract",
        ("X-API-Version", "0"),
        ("Accept-Version", "0"),
        tolerated=(400, 406),
    ),
    _header("Connection close", "the last request of a connection gets the same response", ("Connection", "close")),
    Variant(
        "content on a read",
        "a server may ignore or reject content",
        (("Content-Type", "application/json"), ("Connection", "close")),
        body=b"{}",
        tolerated=(*FIREWALL_STATUSES, 411, 413, 415),
    ),
)
"""Headers that do not affect the response, the most informative first."""

_MARKUP = Variant(
    "markup",
    "input is never reflected",
    query="flowcontract=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    tolerated=FIREWALL_STATUSES,
)

QUERIES: tuple[Variant, ...] = (
    Variant("unknown parameter", "undocumented parameters are ignored", query="flowcontract=1"),
    Variant(
        "switches",
        "callers cannot turn on developer switches",
        query="debug=true&trace=1&verbose=1&test=1&dev=1&admin=true&raw=1",
    ),
    Variant(
        "repeated parameter",
        "undocumented parameters are ignored, also if repeated; a server may reject what is repeated",
        query="flowcontract=1&flowcontract=2",
        tolerated=(400,),
    ),
    Variant("callback", "responses are JSON, not scripts", query="callback=flowcontract&jsonp=flowcontract"),
    Variant(
        "choice of fields",
        "responses are complete",
        query="fields=flowcontract&include=flowcontract&exclude=*&only=x&expand=*",
    ),
    Variant("page", "a single resource has no pages", query="page=2&page_size=1&limit=1&offset=1&ordering=-x&sort=x"),
    Variant("cache breaker", "a cache buster does not affect the response", query="_=1700000000000"),
    Variant("method in the query", "the method is the one in the request line", query="_method=HEAD&method=HEAD"),
    Variant("language", "responses for machines have one language", query="lang=de&locale=de&language=de&hl=de"),
    _MARKUP,
    Variant(
        "format", "a server may support formats, but must declare them", query="format=xml", tolerated=(400, 404, 406)
    ),
    Variant(
        "search",
        "a search may find nothing, or what the path names",
        query="search=flowcontract&q=flowcontract",
        tolerated=(400, 404),
    ),
    Variant(
        "many parameters",
        "undocumented parameters are ignored, up to a limit of the server; with debug mode on, a framework may fail",
        query="&".join(["flowcontract"] * 1200),
        tolerated=(*FIREWALL_STATUSES, *TOO_LARGE_STATUSES),
        trigger="many parameters",
    ),
    Variant(
        "CR LF",
        "a line break does not end a header",
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
    Variant("pretty", "an undocumented parameter changes nothing but white space", query="pretty=1&indent=2"),
    Variant("version", "there is one version of the contract", query="version=0&v=0&api-version=0"),
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
        "undocumented parameters are ignored, also without a value",
        query="&".join(f"{name}=" for name in _OF_LISTS if name not in declared),
        tolerated=(400, 404),
        trigger="query parameters without a value",
    )


UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
SAFE_BUT_UNKNOWN = ("TRACE", "PROPFIND")
"""Safe by RFC 9110 and RFC 4918, so they may be sent with credentials to an existing resource."""

OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
"""Headers with which some frameworks let a request override its method."""

BYPASSES: tuple[Variant, ...] = (
    _header("If-None-Match", "unauthorized callers do not learn that it is unchanged", ("If-None-Match", "*")),
    _header("Range", "a part of it is protected as well", ("Range", "bytes=0-9")),
    _accept("Accept HTML", "text/html", acceptable=False),
    _header(
        "Origin",
        "pages of other sites have no permission either",
        ("Origin", "http://localhost"),
        tolerated=ORIGIN_STATUSES,
    ),
    _accept("Accept XML", "application/xml", acceptable=False),
    _header(
        "Accept-Language", "errors differ between languages in their text only", ("Accept-Language", "de, ar;q=0.9")
    ),
)
"""What might bypass authorization."""

ERROR_VARIANTS: tuple[Variant, ...] = (
    _header(
        "Accept-Language",
        "errors differ between languages in their text only",
        ("Accept-Language", "de-DE,ar;q=0.9"),
    ),
    _header(
        "debug headers",
        "callers cannot turn on developer switches",
        ("X-Debug", "1"),
        ("Debug", "true"),
        ("X-Trace", "1"),
    ),
    Variant("switches", "callers cannot turn on developer switches", query="debug=1&trace=true&verbose=1"),
    _MARKUP,
    _header("no Accept", "a request without Accept accepts anything", *_NO_ACCEPT),
    _accept("Accept XML", "application/xml", acceptable=False),
    _accept("Accept HTML", "text/html", acceptable=False),
    _header(
        "Accept-Encoding",
        "a compressed response decodes to the same content",
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ),
)
"""What might change an error response."""
