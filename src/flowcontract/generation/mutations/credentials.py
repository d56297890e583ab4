"""Credentials of unauthorized callers."""

from base64 import b64encode
from collections.abc import Iterator

from flowcontract.checks.probe import Probe
from flowcontract.generation.dictionary import ALPHABETS, PLAIN
from flowcontract.generation.mutations.operation_context import MutationContext, Nonce, kind
from flowcontract.generation.mutations.random_choice import SeededRandom
from flowcontract.generation.probes.credentials import WRONG, locations
from flowcontract.generation.request_builder import TOKEN, Credentials, credentials_with, header_of, prefix_of
from flowcontract.http.credentials import PASSWORD

_ALPHABETS = tuple(ALPHABETS)
_SCHEMES = ("Basic", "Token", "Digest", "ApiKey", "Negotiate", "JWT", "OAuth", "AWS4-HMAC-SHA256", "Hawk", "Mutual")
NAMES = ("token", "access_token", "api_key", "key", "auth", "authorization", "bearer", "session", "sessionid", "jwt")
_HEADERS = ("X-API-Key", "X-Auth-Token", "X-Token", "X-Access-Token", "Proxy-Authorization", "X-Authorization",
            "X-Forwarded-User", "Remote-User", "X-User", "X-Admin", "X-Internal", "X-Original-URL")  # fmt: skip
REASON = "unauthorized callers are denied"


def _placed(context: MutationContext, label: str, value: str, *, odd: bool = False) -> Credentials:
    where = credentials_with(context.operation, value)
    return Credentials(label, REASON, where.headers, where.query, odd=odd)


def _in_header(context: MutationContext) -> bool:
    scheme = context.operation.security[0][0]
    return scheme.kind != "apiKey" or scheme.location == "header"


@kind(6, "security")
def wrong_token(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe:
    """An unknown token."""
    token = rng.text(PLAIN, rng.below(60)) + nonce.text()
    return context.unauthorized(rng, _placed(context, "wrong token", token), "credentials/wrong token")


@kind(5, "security")
def odd_token(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe | None:
    """A token of any alphabet."""
    if not _in_header(context):
        return None
    name = rng.pick(_ALPHABETS)
    letters = "".join(mark for mark in ALPHABETS[name] if mark not in "\r\n\0${}")
    token = rng.text(letters, rng.below(20)) + nonce.text(letters if len(letters) > 1 else PLAIN)
    return context.unauthorized(
        rng, _placed(context, "odd token", token, odd=True), f"credentials/{name} token",
        "" if token.isascii() else "a non-ASCII token",
    )  # fmt: skip


@kind(4, "security")
def token_with_more(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe:
    """The valid token with something before or after it, or in place of its last character."""
    mark = rng.text(PLAIN, rng.below(4)) + nonce.text()
    token = rng.pick(
        (TOKEN + mark, mark + TOKEN, "${FLOWCONTRACT_TOKEN%?}" + mark, TOKEN + "." + mark, TOKEN + "%00" + mark)
    )
    return context.unauthorized(rng, _placed(context, "token with more", token), "credentials/token with more")


@kind(3, "security")
def other_scheme(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe | None:
    """The valid token with an undocumented scheme."""
    scheme = context.operation.security[0][0]
    if not _in_header(context):
        return None
    name = rng.pick(_SCHEMES) if rng.below(2) else "X" + nonce.text(PLAIN[:26])
    if name.lower() == scheme.scheme:
        name = "X-" + name
    value = rng.pick((TOKEN, b64encode(nonce.text().encode()).decode(), f'user="{nonce.text()}"', TOKEN + nonce.text()))
    value = value if nonce.text() in value or name.startswith("X") else f"{nonce.text()} {value}"
    caller = Credentials("other scheme", REASON, ((header_of(scheme), f"{name} {value}"),))
    return context.unauthorized(rng, caller, "credentials/other scheme")


@kind(4, "security")
def wrong_location(context: MutationContext, rng: SeededRandom, nonce: Nonce) -> Probe:
    """The valid token in an undocumented location."""
    position = rng.pick(("query", "cookie", "header"))
    name = rng.pick(_HEADERS if position == "header" else NAMES)
    if (position, name.lower()) in locations(context.operation):
        position, name = "header", "X-" + nonce.text(PLAIN[:26])
    mark = nonce.text()
    if position == "query":
        caller = Credentials("token in the query", REASON, query=f"{name}={TOKEN}&n={mark}")
    elif position == "cookie":
        caller = Credentials("token in a cookie", REASON, (("Cookie", f"{name}={TOKEN}; n={mark}"),))
    else:
        caller = Credentials("token in another header", REASON, ((name, TOKEN), ("X-N", mark)))
    return context.unauthorized(rng, caller, f"credentials/{caller.label}")


def systematic(context: MutationContext) -> Iterator[Probe]:
    """Invalid credentials, for each known resource."""
    if not context.has("security"):
        return
    rng = SeededRandom(0, 1)
    scheme = context.operation.security[0][0]
    words = ("", " ", "null", "undefined", "None", "true", "admin", "*", '""', "{}", "[]", "0", "-", "." * 3, "a.b.c",
             "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJIUzI1NiJ9.e30.AA", "' OR '1'='1",
             "k" * 1000, "k" * 5000)  # fmt: skip
    for _ in range(2 * len(context.known)):
        for word in (*words, WRONG):
            caller = _placed(context, "word", word, odd=len(word) > 999)
            yield context.unauthorized(
                rng, caller, "credentials/word for a token", "a very long token" if caller.odd else ""
            )
        if _in_header(context) and prefix_of(scheme):
            for name in _SCHEMES:
                if name.lower() != scheme.scheme:
                    header = ((header_of(scheme), f"{name} {TOKEN}"),)
                    yield context.unauthorized(
                        rng, Credentials("other scheme", REASON, header), "credentials/other scheme"
                    )
            basic = ((header_of(scheme), f"Basic {PASSWORD}"),)
            if scheme.scheme != "basic":
                yield context.unauthorized(
                    rng, Credentials("password", REASON, basic), "credentials/token as a password"
                )
            yield context.unauthorized(rng, Credentials("none", REASON), "credentials/absent")
