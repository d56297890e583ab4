"""Authentication: holes, and denials that tell more than they should."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from urllib.parse import parse_qsl

from .fault import KNOWN, ask_for, bearer, denied, fault
from .server import TOKEN, Ask, Server, ServerResponse


def hole(name: str, about: str, opens: Callable[[str], bool], *shown: str | None) -> None:
    """A value of `Authorization` that opens the door and should not."""

    def faulty(server: Server, ask: Ask) -> ServerResponse:
        return server(ask.trusted() if opens(ask.header("authorization")) else ask)

    faulty.__name__, faulty.__doc__ = name.replace("-", "_"), about
    fault("authentication", *(denied(token=value) for value in shown), by="denied")(faulty)


def scheme(sent: str) -> str:
    return sent.partition(" ")[0].lower()


def token(sent: str) -> str:
    """What stands behind `Bearer `; empty where there is no such scheme."""
    return sent.partition(" ")[2].strip() if scheme(sent) == "bearer" else ""


def decoded(base64: str) -> str:
    try:
        return b64decode(base64).decode("latin-1")
    except ValueError:
        return ""


hole("open-to-all", "No credentials are required.", lambda sent: True, None)
hole(
    "absent-header-passes",
    "A request without the header is accepted; wrong credentials are denied.",
    lambda sent: not sent,
    None,
)
hole("empty-header-passes", "An empty header is accepted.", lambda sent: not sent.strip(), "")
hole(
    "bare-scheme-passes",
    "The scheme without a token is accepted.",
    lambda sent: sent.strip().lower() == "bearer",
    "Bearer",
)
hole("any-token-passes", "Any bearer token is accepted.", lambda sent: bool(token(sent)), bearer("wrong"))
hole("any-header-passes", "Any value of the header is accepted.", lambda sent: bool(sent), "x")
hole(
    "basic-passes",
    "Any Basic credentials are accepted.",
    lambda sent: scheme(sent) == "basic",
    "Basic YWRtaW46YWRtaW4=",
)
hole(
    "scheme-is-not-looked-at",
    "The token is accepted with any scheme.",
    lambda sent: sent.endswith(f" {TOKEN}"),
    f"Digest {TOKEN}",
)
hole(
    "token-scheme-passes",
    "The token is accepted with the scheme Token.",
    lambda sent: sent == f"Token {TOKEN}",
    f"Token {TOKEN}",
)
hole(
    "basic-scheme-with-token-passes",
    "The token is accepted with the scheme Basic.",
    lambda sent: sent == f"Basic {TOKEN}",
    f"Basic {TOKEN}",
)
hole("no-scheme-passes", "The token is accepted without a scheme.", lambda sent: sent == TOKEN, TOKEN)
hole(
    "no-space-passes",
    "The token is accepted without a space after the scheme.",
    lambda sent: sent == f"Bearer{TOKEN}",
    f"Bearer{TOKEN}",
)
hole(
    "colon-passes",
    "The token is accepted after `Bearer:`.",
    lambda sent: sent.replace(":", "", 1) == bearer(TOKEN),
    f"Bearer: {TOKEN}",
)
hole(
    "truncated-token-passes",
    "The beginning of the token is accepted.",
    lambda sent: bool(token(sent)) and TOKEN.startswith(token(sent)),
    bearer(TOKEN[:-1]),
)
hole(
    "extended-token-passes",
    "Anything that begins with the token is accepted.",
    lambda sent: token(sent).startswith(TOKEN),
    bearer(TOKEN + "x"),
)
hole(
    "token-in-other-case-passes",
    "The token is compared case-insensitively.",
    lambda sent: token(sent).lower() == TOKEN.lower(),
    bearer(TOKEN.lower()),
)
hole(
    "token-of-right-length-passes",
    "Any token of the right length is accepted.",
    lambda sent: len(token(sent)) == len(TOKEN),
    bearer("x" * len(TOKEN)),
)
hole(
    "long-token-passes",
    "Any token of at least 20 characters is accepted.",
    lambda sent: len(token(sent)) >= 20,
    bearer("x" * 64),
)
hole(
    "null-token-passes",
    "The token `null` is accepted, which clients without a token send.",
    lambda sent: token(sent) == "null",
    bearer("null"),
)
hole(
    "undefined-token-passes",
    "The token `undefined` is accepted.",
    lambda sent: token(sent) == "undefined",
    bearer("undefined"),
)
hole(
    "injected-token-passes",
    "The token is open to SQL injection.",
    lambda sent: "'" in token(sent),
    bearer("' OR '1'='1"),
)
hole(
    "wildcard-token-passes", "A wildcard is accepted as the token.", lambda sent: token(sent) in ("%", "*"), bearer("%")
)
hole(
    "last-word-passes",
    "The token is accepted after another word.",
    lambda sent: sent.split()[-1:] == [TOKEN],
    f"Bearer wrong {TOKEN}",
)
hole(
    "first-word-passes",
    "The token is accepted before another word.",
    lambda sent: token(sent).split()[:1] == [TOKEN],
    f"Bearer {TOKEN} wrong",
)
hole(
    "one-of-a-list-passes",
    "A list of credentials is accepted if it contains the token.",
    lambda sent: TOKEN in sent.replace(",", " ").split(),
    f"Bearer wrong, Bearer {TOKEN}",
)
hole(
    "quoted-token-passes",
    "The token is accepted in quotes.",
    lambda sent: token(sent).strip('"') == TOKEN,
    f'Bearer "{TOKEN}"',
)
hole(
    "unsigned-token-passes",
    "A JSON Web Token without a signature is accepted.",
    lambda sent: token(sent).startswith("eyJ"),
    bearer("eyJhbGciOiJub25lIn0.e30."),
)
hole(
    "any-token-in-lower-case-scheme-passes",
    "After `bearer` in lower case, any token is accepted.",
    lambda sent: sent.startswith("bearer "),
    "bearer wrong",
)
hole(
    "prefixed-token-passes",
    "Anything that ends with the token is accepted.",
    lambda sent: token(sent).endswith(TOKEN),
    bearer("x" + TOKEN),
)
hole("tab-passes", "The token is accepted after a tab.", lambda sent: sent == f"Bearer\t{TOKEN}", f"Bearer\t{TOKEN}")
hole(
    "trailing-comma-passes",
    "The token is accepted with a comma after it.",
    lambda sent: token(sent).rstrip(",;") == TOKEN,
    f"Bearer {TOKEN},",
)
hole(
    "token-as-password-passes",
    "The token is accepted as the password of Basic credentials.",
    lambda sent: scheme(sent) == "basic" and TOKEN in decoded(sent.partition(" ")[2]),
    "Basic " + b64encode(f"x:{TOKEN}".encode()).decode(),
)


def way_in(name: str, about: str, opens: Callable[[Ask], bool], *witness: Ask) -> None:
    """Something else in the request that opens the door and should not."""

    def faulty(server: Server, ask: Ask) -> ServerResponse:
        return server(ask.trusted() if opens(ask) else ask)

    faulty.__name__, faulty.__doc__ = name.replace("-", "_"), about
    fault("bypasses", *witness, by="denied")(faulty)


def in_query(name: str) -> Callable[[Ask], bool]:
    return lambda ask: (name, TOKEN) in parse_qsl(ask.query)


way_in(
    "token-in-query-passes",
    "The token is accepted as a query parameter.",
    in_query("token"),
    denied(query=f"token={TOKEN}"),
)
way_in(
    "access-token-in-query-passes",
    "The token is accepted as the query parameter `access_token`.",
    in_query("access_token"),
    denied(query=f"access_token={TOKEN}"),
)
way_in(
    "token-in-cookie-passes",
    "The token is accepted as a cookie.",
    lambda ask: TOKEN in ask.header("cookie"),
    denied(cookie=f"token={TOKEN}"),
)
way_in(
    "any-session-passes",
    "Any session cookie is accepted.",
    lambda ask: "session" in ask.header("cookie"),
    denied(cookie="sessionid=x; authentik_session=x"),
)
way_in("any-cookie-passes", "Any cookie is accepted.", lambda ask: bool(ask.header("cookie")), denied(cookie="a=b"))
way_in(
    "token-header-passes",
    "The token is accepted in `X-Auth-Token` and `X-API-Key`.",
    lambda ask: TOKEN in (ask.header("x-auth-token"), ask.header("x-api-key")),
    denied(x_auth_token=TOKEN),
)
way_in(
    "forwarded-for-passes",
    "A caller whose `X-Forwarded-For` is 127.0.0.1 needs no token.",
    lambda ask: "127.0.0.1" in ask.header("x-forwarded-for"),
    denied(x_forwarded_for="127.0.0.1"),
)
way_in(
    "forwarded-user-passes",
    "A caller with `X-Forwarded-User` needs no token.",
    lambda ask: bool(ask.header("x-forwarded-user") or ask.header("remote-user")),
    denied(x_forwarded_user="akadmin"),
)
way_in("head-passes", "HEAD needs no token.", lambda ask: ask.method == "HEAD", ask_for(KNOWN, "HEAD", token=None))
way_in(
    "range-passes",
    "A range request needs no token.",
    lambda ask: bool(ask.header("range")),
    denied(range="bytes=0-9"),
)
way_in(
    "some-query-passes",
    "A request with a query needs no token.",
    lambda ask: bool(ask.query),
    denied(query="debug=1"),
)
way_in("one-public-flow", "One flow needs no token.", lambda ask: ask.key == "initial-setup", denied("initial-setup"))
way_in(
    "debugging-passes",
    "A request with `?debug=1` needs no token.",
    lambda ask: "debug=1" in ask.query,
    denied(query="debug=1"),
)
way_in(
    "conditional-passes",
    "A conditional request needs no token.",
    lambda ask: bool(ask.header("if-none-match")),
    denied(if_none_match="*"),
)
way_in(
    "accept-html-passes",
    "A request that accepts HTML needs no token.",
    lambda ask: "text/html" in ask.header("accept"),
    denied(accept="text/html"),
)


@fault("bypasses", denied(path=f"/api/v3/flows/instances/{KNOWN}"), by="denied", forbids="rules")
def path_without_slash_passes(server: Server, ask: Ask) -> ServerResponse:
    """The path without its last slash needs no token."""
    key = ask.target.removeprefix("/api/v3/flows/instances/")
    return server(ask.about(key).trusted()) if key and "/" not in key and "?" not in key else server(ask)


@fault("bypasses", denied(token=bearer("wrong"), authorization=bearer(TOKEN)), by="denied")
def one_of_two_headers_passes(server: Server, ask: Ask) -> ServerResponse:
    """Of two Authorization headers, the valid one is used."""
    sent = [value for name, value in ask.headers if name == "authorization"]
    return server(ask.trusted()) if len(sent) > 1 and bearer(TOKEN) in sent else server(ask)


@fault("bypasses", ask_for(KNOWN, "POST", token=None, x_http_method_override="GET"), by="denied")
def overridden_post_passes(server: Server, ask: Ask) -> ServerResponse:
    """A POST with a method override to GET needs no token."""
    override = ask.method == "POST" and ask.header("x-http-method-override") == "GET"
    return server(ask_for(ask.key or "")) if override and ask.key else server(ask)


@fault("bypasses", denied(x_original_url="/health"), by="denied")
def rewritten_path_passes(server: Server, ask: Ask) -> ServerResponse:
    """A request with `X-Original-URL` needs no token."""
    return server(ask.trusted()) if ask.header("x-original-url") else server(ask)
