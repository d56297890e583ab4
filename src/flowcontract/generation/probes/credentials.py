"""The authentication matrix: everything that is not the right credentials, each in one way."""

from collections.abc import Iterator

from flowcontract.generation.request_builder import (
    NOBODY,
    TOKEN,
    TOKEN_NONE,
    Credentials,
    Pairs,
    good,
    header_of,
    prefix_of,
    shows_token,
)
from flowcontract.http.target import PASSWORD, Target
from flowcontract.openapi.model import Operation, SecurityScheme

WRONG = "flowcontract-wrong-token-000000000000000000000000"
_NON_ASCII = "fl\u00f6wcontract-wrong-token"


def refused(operation: Operation, target: Target) -> Iterator[Credentials]:
    """Credentials that give no right, the most telling first; none for an operation that is open to anyone."""
    if operation.is_open:
        return
    for who in _without_right(operation, target):
        if not (target.any_token and shows_token(who, operation.security[0][0], target)):
            yield who


def _without_right(operation: Operation, target: Target) -> Iterator[Credentials]:
    yield NOBODY
    yield _placed(operation, "wrong token", WRONG, "a token the server does not know gives no right")
    known = bool(target.tokens.get("FLOWCONTRACT_TOKEN"))
    if known:
        yield _placed(operation, "token cut short", "${FLOWCONTRACT_TOKEN%?}", "a token is compared whole")
    scheme = operation.security[0][0]
    in_header = scheme.kind != "apiKey" or scheme.location == "header"
    if in_header:
        yield from _malformed(scheme)
    if known and in_header and prefix_of(scheme):
        yield from _misshapen(scheme)
    if known:
        yield from _misplaced(operation)
        yield from _changed(operation, target)
    if target.tokens.get("FLOWCONTRACT_TOKEN_NONE"):
        yield _placed(operation, "token without permission", TOKEN_NONE, "a token without the right gives none")
    yield Credentials("says it is somebody", "a header that names a user or an address is no credentials", CLAIMS)
    if in_header:
        yield from _guessed(scheme)


def _header(
    scheme: SecurityScheme, label: str, value: str, reason: str, *, odd: bool = False, trigger: str = ""
) -> Credentials:
    return Credentials(label, reason, ((header_of(scheme), value),), odd=odd, trigger=trigger)


def _malformed(scheme: SecurityScheme) -> Iterator[Credentials]:
    """A header that holds no token of the server's at all."""
    prefix = prefix_of(scheme)
    yield _header(scheme, "empty header", "", "an empty header is no credentials")
    yield _header(
        scheme,
        "non-ASCII token",
        prefix + _NON_ASCII,
        "any byte may come in a header",
        odd=True,
        trigger="a non-ASCII token",
    )
    if prefix:
        yield _header(scheme, "scheme alone", prefix.strip(), "a scheme without a token is no credentials")


def _misshapen(scheme: SecurityScheme) -> Iterator[Credentials]:
    """The right token in a form that the scheme does not have."""
    word = prefix_of(scheme).strip()
    yield _header(scheme, "token without scheme", TOKEN, "a token needs its scheme")
    for other in ("Basic", "Token", "Digest", "ApiKey"):
        if other.lower() != scheme.scheme:
            yield _header(scheme, f"scheme {other}", f"{other} {TOKEN}", "another scheme than the contract's is none")
    for label, value in (
        ("no space", f"{word}{TOKEN}"),
        ("colon after the scheme", f"{word}: {TOKEN}"),
        ("a word after", f"{word} {TOKEN} more"),
        ("comma after", f"{word} {TOKEN},"),
        ("token in quotes", f'{word} "{TOKEN}"'),
        ("token twice in a row", f"{word} {TOKEN}{TOKEN}"),
    ):
        yield _header(scheme, label, value, "credentials have one form")
    if scheme.scheme != "basic":
        yield _header(scheme, "token as a password", f"Basic {PASSWORD}", "another scheme than the contract's is none")


def _guessed(scheme: SecurityScheme) -> Iterator[Credentials]:
    """What an attacker would try."""
    prefix = prefix_of(scheme)
    if prefix:
        yield _header(
            scheme, "wrong token, scheme in lower case", f"{prefix.lower()}{WRONG}", "the case proves nothing"
        )
        yield _header(scheme, "guessed password", "Basic YWRtaW46YWRtaW4=", "admin:admin is no credentials")
    for word in _WORDS:
        label = "unsigned web token" if word == _UNSIGNED else f"word {word.strip(chr(34)) or 'quotes'}"
        yield _header(scheme, label, prefix + word, "a word is no token")
    yield _header(
        scheme,
        "very long token",
        prefix + "k" * 5000,
        "a token may be of any length",
        odd=True,
        trigger="a very long token",
    )


_UNSIGNED = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9."
"""A JSON Web Token of the algorithm `none`, for the subject `admin`."""

CLAIMS = (
    ("X-Forwarded-For", "127.0.0.1"),
    ("X-Real-IP", "127.0.0.1"),
    ("Forwarded", "for=127.0.0.1"),
    ("X-Forwarded-User", "admin"),
    ("X-Authenticated-User", "admin"),
    ("Remote-User", "admin"),
    ("X-Remote-User", "admin"),
    ("X-Auth-Request-User", "admin"),
    ("X-Authentik-Username", "admin"),
    ("X-Requested-With", "XMLHttpRequest"),
    ("Referer", "http://127.0.0.1/"),
    ("X-Original-URL", "/"),
    ("X-Rewrite-URL", "/"),
    ("X-User", "admin"),
    ("X-Admin", "true"),
    ("X-Internal", "true"),
)

_WORDS = ("null", _UNSIGNED, "undefined", "' OR '1'='1", "*", "admin", '""')


def _placed(operation: Operation, label: str, value: str, reason: str) -> Credentials:
    where = good(operation, value)
    return Credentials(label, reason, where.headers, where.query)


def places(operation: Operation) -> frozenset[tuple[str, str]]:
    """Where any of the operation's schemes looks for a key: `header`, `query` or `cookie`, and a lower-case name."""
    return frozenset((scheme.location, scheme.parameter.lower()) for each in operation.security for scheme in each)


def _misplaced(operation: Operation) -> Iterator[Credentials]:
    declared = places(operation)
    names = ("token", "access_token", "api_key", "key", "auth", "authorization", "bearer")
    if not any(location == "query" for location, _ in declared):
        query = "&".join(f"{name}={TOKEN}" for name in names)
        yield Credentials("token in the query", "a token in a URL ends up in logs", query=query)
    if not any(location == "cookie" for location, _ in declared):
        crumbs = "; ".join(f"{name}={TOKEN}" for name in (*names, "session", "sessionid"))
        yield Credentials("token in a cookie", "a cookie is sent by any page of any site", (("Cookie", crumbs),))
    others = ("X-API-Key", "X-Auth-Token", "X-Token", "X-Access-Token", "Proxy-Authorization", "X-Authorization")
    yield Credentials(
        "token in other headers",
        "a token counts in the header that the contract names",
        tuple(
            (name, f"Bearer {TOKEN}" if "uthoriz" in name else TOKEN)
            for name in others
            if ("header", name.lower()) not in declared
        ),
    )


def _changed(operation: Operation, target: Target) -> Iterator[Credentials]:
    """The right token with something changed in it."""
    yield _placed(operation, "token with a letter more", TOKEN + "x", "a token is compared whole")
    token = target.tokens["FLOWCONTRACT_TOKEN"]
    for value, form in ((token.upper(), "${FLOWCONTRACT_TOKEN^^}"), (token.lower(), "${FLOWCONTRACT_TOKEN,,}")):
        if value != token:
            yield _placed(operation, "token in another case", form, "a token is compared letter by letter")
            return


def ambiguous(operation: Operation) -> Iterator[Credentials]:
    """Good credentials in an unusual form that HTTP allows: a server may take them or refuse them, and nothing else."""
    if operation.is_open or not prefix_of(operation.security[0][0]):
        return
    scheme = operation.security[0][0]
    name, word = header_of(scheme), prefix_of(scheme).strip()
    reason = "the name of a scheme has no case, and servers differ in how strict they are"
    for label, value in (
        ("scheme in lower case", f"{word.lower()} {TOKEN}"),
        ("scheme in upper case", f"{word.upper()} {TOKEN}"),
        ("two spaces", f"{word}  {TOKEN}"),
    ):
        yield Credentials(label, reason, ((name, value),), odd=True)


def lenient(operation: Operation) -> Iterator[Credentials]:
    """Good credentials in a form that HTTP does not have, which lenient readers take all the same."""
    if operation.is_open:
        return
    scheme = operation.security[0][0]
    if scheme.kind == "apiKey" and scheme.location != "header":
        return
    name, prefix = header_of(scheme), prefix_of(scheme)
    right, wrong = (name, prefix + TOKEN), (name, prefix + WRONG)
    forms: list[tuple[str, Pairs, str]] = [
        ("wrong, then right", (wrong, right), "two headers of which one is wrong"),
        ("right, then wrong", (right, wrong), "two headers of which one is wrong"),
    ]
    if prefix:
        forms.append(("tab for space", ((name, f"{prefix.strip()}\t{TOKEN}"),), "a tab for the space"))
    for label, headers, trigger in forms:
        reason = f"two readers may differ about {trigger}"
        yield Credentials(label, reason, headers, odd=True, trigger=trigger)
