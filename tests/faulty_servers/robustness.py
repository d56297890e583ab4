"""What makes a server fail, hang or forget: odd input, framing, caches, several requests at once, and time."""

import gzip
import re
from collections.abc import Callable

from .changes import fails
from .fault import (
    KNOWN,
    OTHER,
    Fault,
    add,
    answers,
    ask_for,
    bearer,
    denied,
    fault,
    flows,
    get,
    is_read,
    repeated,
    unknown,
)
from .server import TOKEN, Ask, Server, ServerResponse, error

CLOSED = ServerResponse(200, cut=-1, end="close")


# Framing.


def _chunk(size: str, body: bytes, end: bytes = b"\r\n") -> bytes:
    return size.encode() + b"\r\n" + body + end + b"0\r\n\r\n"


def _chunked(answer: ServerResponse, body: bytes, *more: tuple[str, str]) -> ServerResponse:
    headers = (*answer.headers, ("Transfer-Encoding", "chunked"), *more)
    return answer.but(headers=headers, length=None, body=body)


def _length(form: str) -> Callable[[ServerResponse], ServerResponse]:
    return lambda answer: answer.but(
        headers=(*answer.headers, ("Content-Length", form.format(len(answer.body)))), length=None
    )


for name, about, change in (
    ("length-with-a-plus", "Content-Length has a plus sign.", _length("+{}")),
    ("length-in-hexadecimal", "Content-Length is hexadecimal.", _length("{:#x}")),
    ("length-below-zero", "Content-Length is negative.", _length("-1")),
    ("length-is-a-list", "Content-Length has two different numbers.", _length("{}, 5")),
    ("chunk-of-decimal-length", "The length of a chunk is decimal.",
     lambda answer: _chunked(answer, _chunk(str(len(answer.body)), answer.body))),
    ("chunk-runs-on", "A chunk does not end with a line break.",
     lambda answer: _chunked(answer, _chunk(f"{len(answer.body):x}", answer.body, b""))),
    ("chunked-twice", "Transfer-Encoding chunked is repeated, but the body is chunked once.",
     lambda answer: _chunked(answer, _chunk(f"{len(answer.body):x}", answer.body), ("Transfer-Encoding", "chunked"))),
    ("coding-of-transfer-unknown", "The Transfer-Encoding does not exist.",
     lambda answer: answer.saying("Transfer-Encoding", "rot13")),
    ("name-with-a-space", "The name of a header contains a space.",
     lambda answer: answer.but(headers=(("Content Type", "application/json"), *answer.headers))),
    ("nul-in-a-header", "A header contains a NUL.",
     lambda answer: answer.but(headers=(*answer.headers, ("X-Cache", "a\0b")))),
    ("status-of-four-digits", "The status has four digits.",
     lambda answer: answer.but(status_line="HTTP/1.1 2000 OK")),
    ("status-line-of-a-stream", "The status line begins with `ICY` instead of HTTP.",
     lambda answer: answer.but(status_line="ICY 200 OK")),
    ("only-an-interim-response", "Nothing follows an interim response.",
     lambda answer: ServerResponse(100, b"", (), length=None)),
    ("response-comes-twice", "The response is sent twice.",
     lambda answer: answer.but(body=answer.body + answer.wire("GET"), length=len(answer.body))),
    ("switches-protocols", "The server switches to another protocol without a request for it.",
     lambda answer: ServerResponse(101, b"", (("Upgrade", "websocket"), ("Connection", "Upgrade")), length=None)),
):  # fmt: skip
    answers("framing", name, about, change, by="framing", forbids="rules")


# Syntax and schema.


def _rewritten(rewrite: Callable[[bytes], bytes]) -> Callable[[ServerResponse], ServerResponse]:
    return lambda answer: answer.but(body=rewrite(answer.body))


for name, about, rewrite in (
    ("duplicate-key-below", "An inner object has a duplicate key.",
     lambda body: body[:-1] + b',"meta":{"a":1,"a":2}}'),
    ("half-a-character", "The title contains an unpaired surrogate.",
     lambda body: body.replace(b'"title":"', b'"title":"\\ud83d', 1)),
    ("nested-too-deeply", "A field is nested too deeply to be read.",
     lambda body: body[:-1] + b',"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    ("space-of-another-kind", "JSON contains a no-break space between tokens.",
     lambda body: body.replace(b'":', b'":\xc2\xa0', 1)),
    ("number-without-bounds", "A number is too large to be read.",
     lambda body: re.sub(rb'"cache_count":\d+', b'"cache_count":1e999', body)),
    ("page-before-the-json", "An HTML warning precedes the JSON.", lambda body: b"<b>Warning</b>: x\n" + body),
):  # fmt: skip
    answers(
        "syntax",
        name,
        about,
        _rewritten(rewrite),
        by="json",
    )

flows("schema", "stages-by-number", "A list is an object with numbers as keys.",
      lambda flow: flow | {"stages": dict(enumerate(flow["stages"]))})  # fmt: skip
flows("schema", "names-in-capitals", "All field names are in upper case.",
      lambda flow: {name.upper(): value for name, value in flow.items()})  # fmt: skip
flows("schema", "flow-as-pairs", "A flow is a list of pairs.", lambda flow: [[*pair] for pair in flow.items()])
flows(
    "schema",
    "optional-choice-is-empty",
    "An optional enumeration is an empty string.",
    lambda flow: flow | {"layout": ""},
)


# Credentials.


def _passes(name: str, about: str, sent: str) -> None:
    def faulty(server: Server, ask: Ask) -> ServerResponse:
        return server(ask.trusted() if ask.header("authorization") == sent else ask)

    add(Fault(name, "authentication", about, faulty, (denied(token=sent),), "published", True, "denied"))


_passes("scheme-jwt-passes", "The token is accepted with the scheme JWT.", f"JWT {TOKEN}")
_passes("scheme-oauth-passes", "The token is accepted with the scheme OAuth.", f"OAuth {TOKEN}")
_passes("test-token-passes", "The token `test` is accepted.", bearer("test"))


@fault("bypasses", denied(user_agent="kube-probe/1.30"), by="denied")
def health_check_passes(server: Server, ask: Ask) -> ServerResponse:
    """A request with the User-Agent of a health check needs no token."""
    return server(ask.trusted() if ask.header("user-agent").startswith("kube-probe") else ask)


@fault("bypasses", denied(query="preview=true"), by="denied")
def preview_passes(server: Server, ask: Ask) -> ServerResponse:
    """A request with `?preview=true` needs no token."""
    return server(ask.trusted() if "preview=true" in ask.query else ask)


@fault("denials", ask_for(method="OPTIONS", token=None), by="denied")
def options_tells_what_exists(server: Server, ask: Ask) -> ServerResponse:
    """OPTIONS of an unknown slug gets 404 without a token."""
    if ask.method != "OPTIONS" or not ask.key:
        return server(ask)
    return ServerResponse(200 if server.knows(ask) else 404, b"", (("Allow", "GET, HEAD, OPTIONS"),))


@fault("denials", ask_for("no-such-flow", "DELETE", token=None), by="denied")
def writing_tells_what_exists(server: Server, ask: Ask) -> ServerResponse:
    """An undocumented method gets 404 for an unknown slug without a token."""
    unsafe = ask.method in ("PUT", "PATCH", "DELETE") and ask.key
    return error(404, "Not found.") if unsafe and not server.knows(ask) else server(ask)


@fault("denials", denied("no-such-flow"), by="denied")
def denial_is_slow_for_unknown(server: Server, ask: Ask) -> ServerResponse:
    """A denied response takes 250 ms longer for an unknown slug."""
    answer = server(ask)
    return answer.but(wait=0.25) if answer.status == 403 and not server.knows(ask) else answer


@fault("denials", get(OTHER), denied(), by="denied", by_input=False)
def denial_names_the_last_flow(server: Server, ask: Ask) -> ServerResponse:
    """A denied response contains part of the ID of the flow that was read last."""
    answer = server(ask)
    if is_read(ask, answer):
        server.memory["last"] = answer.json["pk"][:8]
    return answer.but(json={"detail": "No.", "code": server.memory.get("last", "")}) if answer.status == 403 else answer


# Slugs.


def _before(sign: str) -> Callable[[str], str]:
    return lambda slug: slug.partition(sign)[0]


def _found(name: str, about: str, known: Callable[[str], str], witness: str) -> None:
    def faulty(server: Server, ask: Ask) -> ServerResponse:
        slugs = {known(slug): slug for slug in server.flows}
        slug = slugs.get(known(ask.key or ""), ask.key or "")
        return server(ask if ask.key in server.flows or not ask.key else ask.about(slug))

    add(Fault(name, "IDs found", about, faulty, (get(witness),), "published", True, "unknown"))


_found(
    "hyphens-do-not-count",
    "Hyphens in a slug are ignored.",
    lambda slug: slug.replace("-", ""),
    KNOWN.replace("-", ""),
)
_found(
    "hyphens-collapse", "Several hyphens count as one.", lambda slug: re.sub("-+", "-", slug), KNOWN.replace("-", "--")
)
_found("hyphens-are-trimmed", "Hyphens around a slug are removed.", lambda slug: slug.strip("-"), f"-{KNOWN}-")
_found(
    "made-a-slug",
    "Characters that a slug cannot contain are removed.",
    lambda slug: re.sub(r"[^\w-]", "", slug),
    f"{KNOWN}!",
)
for word, sign in (("ampersand", "&"), ("equals-sign", "="), ("at-sign", "@"), ("pipe", "|")):
    _found(
        f"{word}-is-cut", f"A slug ends at `{sign}`.",
        _before(sign), f"{KNOWN}{sign}a",
    )  # fmt: skip


# Headers and queries.


for name, about, header, value in (
    ("via-is-500", "A `Via` header causes a 500.", "via", "1.1 proxy"),
    ("hops-are-500", "`Max-Forwards` causes a 500.", "max-forwards", "10"),
    ("trailers-are-500", "`TE: trailers` causes a 500.", "te", "trailers"),
    ("if-range-is-500", "`If-Range` causes a 500.", "if-range", '"x"'),
    ("fetch-site-is-500", "`Sec-Fetch-Site` causes a 500.", "sec-fetch-site", "same-origin"),
    ("version-header-is-500", "A version header causes a 500.", "x-api-version", "0"),
):

    def _breaks(server: Server, ask: Ask, header: str = header) -> ServerResponse:
        answer = server(ask)
        return fails(answer, ask) if ask.header(header) and is_read(ask, answer) else answer

    add(Fault(name, "negotiation", about, _breaks, (get(**{header: value}),), "rules", True, "status"))


@fault("negotiation", denied(accept_language="de"), by="schema")
def language_breaks_denials(server: Server, ask: Ask) -> ServerResponse:
    """A denied response in another language has other fields."""
    answer = server(ask)
    return answer.but(json={"fehler": "Nein."}) if answer.status == 403 and ask.header("accept-language") else answer


@fault("negotiation", get(accept_encoding="zstd"), by="coding", forbids="rules")
def zstd_is_gzip(server: Server, ask: Ask) -> ServerResponse:
    """A body labeled as Zstandard is gzip."""
    answer = server(ask)
    if "zstd" not in ask.header("accept-encoding") or not is_read(ask, answer):
        return answer
    return answer.but(body=gzip.compress(answer.body, mtime=0)).saying("Content-Encoding", "zstd")


@fault("methods", ask_for(method="OPTIONS", token=None), by="allow", forbids="rules")
def options_allows_other_methods(server: Server, ask: Ask) -> ServerResponse:
    """OPTIONS lists methods that the path does not have."""
    listed = ServerResponse(200, b"", (("Allow", "POST, PUT"),))
    return listed if ask.method == "OPTIONS" and ask.key else server(ask)


# State.


@fault("state", get(accept_encoding="gzip"), get(), by="coding", by_input=False, forbids="rules")
def cache_ignores_the_coding(server: Server, ask: Ask) -> ServerResponse:
    """A compressed response is cached for all callers."""
    answer, kept = server(ask), server.memory.setdefault("kept", {})
    if is_read(ask, answer) and "gzip" in ask.header("accept-encoding"):
        kept[ask.target] = answer.but(body=gzip.compress(answer.body, mtime=0)).saying("Content-Encoding", "gzip")
    return kept.get(ask.target, answer) if is_read(ask, answer) else answer


@fault("state", get(x_forwarded_host="a.invalid"), get(), by="same question", by_input=False)
def cache_is_poisoned(server: Server, ask: Ask) -> ServerResponse:
    """The host from `X-Forwarded-Host` is cached for all callers."""
    answer, kept = server(ask), server.memory.setdefault("kept", {})
    if not is_read(ask, answer):
        return answer
    host = ask.header("x-forwarded-host")
    if host:
        kept.setdefault(ask.path, answer.but(json=answer.json | {"background": f"https://{host}/x.jpg"}))
    return kept.get(ask.path, answer)


@fault("state", get("default-provider-authorization-implicit-consent"),
       get("default-provider-authorization-explicit-consent"), by="relation", by_input=False)  # fmt: skip
def cache_has_short_keys(server: Server, ask: Ask) -> ServerResponse:
    """The cache uses only the first 31 characters of a slug."""
    answer = server(ask)
    kept = server.memory.setdefault("kept", {})
    return kept.setdefault((ask.key or "")[:31], answer) if is_read(ask, answer) else answer


@fault("state", ask_for(method="HEAD"), get(), by="same question", by_input=False)
def head_writes(server: Server, ask: Ask) -> ServerResponse:
    """HEAD changes a flow."""
    answer = server(ask)
    if is_read(ask, answer) and ask.method == "HEAD":
        server.memory["seen"] = True
    changed = is_read(ask, answer) and ask.method == "GET" and "seen" in server.memory
    return answer.but(json=answer.json | {"denied_action": "message"}) if changed else answer


for name, about, instead in (
    ("two-at-once-fail", "One of two concurrent requests gets 500.", error(500, "Busy.")),
    ("two-at-once-are-denied", "One of two concurrent requests gets 403.", error(403, "Busy.")),
    ("two-at-once-are-not-found", "One of two concurrent requests gets 404.", error(404, "Not found.")),
):

    def _at_once(server: Server, ask: Ask, instead: ServerResponse = instead) -> ServerResponse:
        answer = server(ask)
        return answer.but(wait=0.01) if ask.alone or not is_read(ask, answer) else instead

    add(Fault(name, "state", about, _at_once, (get(alone=False),), "published", True, "repeated"))


# Time and connections.


for name, about, wait, condition, witness in (
    ("quote-takes-seconds", "A quote in a slug takes three seconds.", 3.0,
     lambda ask: "'" in (ask.key or ""), unknown("x'y")),
    ("long-slugs-take-seconds", "A slug of 200 or more characters takes three seconds.", 3.0,
     lambda ask: len(ask.key or "") >= 200, unknown("k" * 256)),
    ("quote-takes-forever", "A quote in a slug takes six seconds.", 6.0,
     lambda ask: "'" in (ask.key or ""), unknown("x'y")),
):  # fmt: skip

    def _takes(
        server: Server, ask: Ask, wait: float = wait, condition: Callable[[Ask], bool] = condition
    ) -> ServerResponse:
        answer = server(ask)
        return answer.but(wait=wait) if condition(ask) and server.allows(ask) else answer

    add(Fault(name, "time", about, _takes, (witness,), "rules", True, "time"))

for name, about, condition, witness in (
    ("long-header-closes", "A header of more than 2,000 characters closes the connection.",
     lambda ask: any(len(value) > 2000 for _, value in ask.headers), get(x_long="k" * 4000)),
    ("query-closes", "A query closes the connection.", lambda ask: bool(ask.query), get(query="a=1")),
    ("control-character-closes", "A control character in a slug closes the connection.",
     lambda ask: any(letter < " " for letter in ask.key or ""), unknown("a\tb")),
):  # fmt: skip

    def _closes(server: Server, ask: Ask, condition: Callable[[Ask], bool] = condition) -> ServerResponse:
        return CLOSED if condition(ask) and server.allows(ask) else server(ask)

    add(Fault(name, "time", about, _closes, (witness,), "rules", True, "response"))


@fault("state", *repeated([get()], 101), by="same question", by_input=False)
def stages_are_lost_after_a_hundred(server: Server, ask: Ask) -> ServerResponse:
    """After a hundred reads, flows have no stages."""
    answer = server(ask)
    lost = is_read(ask, answer) and server.times() > 100
    return answer.but(json=answer.json | {"stages": []}) if lost else answer
