"""Credentials of unauthorized callers, each invalid in one way, and malformed ones of authorized callers."""

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from urllib.parse import quote

from flowcontract.checks.probe import ANOTHER_USER
from flowcontract.generation.request_builder import (
    NO_CREDENTIALS,
    OTHER_TOKEN,
    TOKEN,
    TOKEN_NONE,
    Credentials,
    Pairs,
    credentials_of,
    credentials_with,
    header_of,
    prefix_of,
    shows_token,
)
from flowcontract.http.credentials import AUTH, CUT_BASIC, EXPRESSION, PASSWORD
from flowcontract.http.target import Target
from flowcontract.openapi.model import Operation, SecurityScheme

WRONG = "flowcontract-wrong-token-000000000000000000000000"
_NON_ASCII = "fl\u00f6wcontract-wrong-token"


def unauthorized(
    operation: Operation, target: Target, others: Collection[SecurityScheme] = ()
) -> Iterator[Credentials]:
    """Invalid credentials, the most informative first; none for an operation that is open to anyone.

    `others`: the schemes of the contract, whose locations are not wrong, even where an operation leaves them out.
    """
    if operation.is_open:
        return
    schemes = {scheme for alternative in operation.security for scheme in alternative}
    for caller in _without_right(operation, target, others):
        if not (target.any_token and any(shows_token(caller, scheme, target) for scheme in schemes)):
            yield caller


def _without_right(operation: Operation, target: Target, others: Collection[SecurityScheme]) -> Iterator[Credentials]:
    yield NO_CREDENTIALS
    yield _in_place(operation, target, "wrong token", WRONG, "an unknown token grants no access")
    known = bool(target.tokens.get("FLOWCONTRACT_TOKEN"))
    if known:
        yield _in_place(operation, target, "token cut short", "${FLOWCONTRACT_TOKEN%?}", "the whole token is compared")
    scheme = operation.security[0][0]
    if scheme.scheme == "basic" and target.tokens.get(AUTH):
        yield _in_place(operation, target, "password cut short", CUT_BASIC, "the whole password is compared")
    in_header = scheme.kind != "apiKey" or scheme.location == "header"
    if in_header:
        yield _header(scheme, "empty header", "", "an empty header grants no access")
    yield from _non_ascii(operation)
    if in_header and prefix_of(scheme):
        yield _header(scheme, "scheme alone", prefix_of(scheme).strip(), "a scheme without a token grants no access")
    if known and in_header and prefix_of(scheme):
        yield from _wrong_format(scheme)
    if known:
        yield from _wrong_location(operation, others)
        yield from _modified(operation, target)
    if target.tokens.get("FLOWCONTRACT_TOKEN_NONE"):
        reason = "a token without permission grants no access"
        yield replace(_in_place(operation, target, "token without permission", TOKEN_NONE, reason), is_somebody=True)
    yield Credentials(
        "headers that claim an identity", "headers that claim to be a user or an address grant no access", CLAIMS
    )
    if in_header:
        yield from _guesses(scheme)


def _header(
    scheme: SecurityScheme, label: str, value: str, reason: str, *, odd: bool = False, trigger: str = ""
) -> Credentials:
    return Credentials(label, reason, ((header_of(scheme), value),), odd=odd, trigger=trigger)


def _non_ascii(operation: Operation) -> Iterator[Credentials]:
    """Unknown tokens that are not ASCII, in each place of one: some comparisons of secrets fail on them."""
    found: dict[tuple[Pairs, str], Credentials] = {}
    for scheme in (scheme for alternative in operation.security for scheme in alternative):
        in_query = scheme.kind == "apiKey" and scheme.location == "query"
        caller = credentials_of([(scheme, quote(_NON_ASCII) if in_query else _NON_ASCII)])
        label = f"non-ASCII token of {scheme.name}" if found else "non-ASCII token"
        reason = (
            "a non-ASCII token in the query does not crash the server"
            if in_query
            else "a non-ASCII token does not crash the server"
        )
        caller = replace(caller, label=label, reason=reason, odd=True, trigger="a non-ASCII token")
        found.setdefault((caller.headers, caller.query), caller)
    yield from found.values()


def _wrong_format(scheme: SecurityScheme) -> Iterator[Credentials]:
    """The valid token in another format than the scheme's."""
    word = prefix_of(scheme).strip()
    yield _header(scheme, "token without scheme", TOKEN, "a token without its scheme grants no access")
    for other in ("Basic", "Token", "Digest", "JWT", "OAuth"):
        if other.lower() != scheme.scheme:
            yield _header(scheme, f"scheme {other}", f"{other} {TOKEN}", "an undocumented scheme grants no access")
    for label, value in (
        ("no space after the scheme", f"{word}{TOKEN}"),
        ("a colon after the scheme", f"{word}: {TOKEN}"),
        ("a word after the token", f"{word} {TOKEN} more"),
        ("a comma after the token", f"{word} {TOKEN},"),
        ("token in quotes", f'{word} "{TOKEN}"'),
        ("token twice in a row", f"{word} {TOKEN}{TOKEN}"),
    ):
        yield _header(scheme, label, value, "malformed credentials grant no access")
    if scheme.scheme != "basic":
        yield _header(scheme, "token as a password", f"Basic {PASSWORD}", "an undocumented scheme grants no access")


def _guesses(scheme: SecurityScheme) -> Iterator[Credentials]:
    """What an attacker would try."""
    prefix = prefix_of(scheme)
    if prefix:
        yield _header(
            scheme,
            "wrong token, scheme in lower case",
            f"{prefix.lower()}{WRONG}",
            "a wrong token is denied, whatever the case of its scheme",
        )
        yield _header(
            scheme, "guessed password", "Basic YWRtaW46YWRtaW4=", "a guessed password (admin:admin) grants no access"
        )
    for word in _WORDS:
        label = "unsigned web token" if word == _UNSIGNED else f"word {word}"
        what = "an unsigned JSON Web Token" if word == _UNSIGNED else "a guessed token"
        yield _header(scheme, label, prefix + word, f"{what} grants no access")
    yield _header(
        scheme,
        "very long token",
        prefix + "k" * 5000,
        "a very long token does not crash the server",
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
    ("X-Forwarded-Preferred-Username", "admin"),
    ("X-Requested-With", "XMLHttpRequest"),
    ("Referer", "http://127.0.0.1/"),
    ("X-Original-URL", "/"),
    ("X-Rewrite-URL", "/"),
    ("X-User", "admin"),
    ("X-Admin", "true"),
    ("X-Internal", "true"),
    ("X-SSL-Client-Verify", "SUCCESS"),
    ("User-Agent", "kube-probe/1.30"),
)

_CHARACTERS = r"[A-Za-z0-9._~+/-]+=*"
"""A token of HTTP authentication (RFC 9110, section 11.2)."""
_WORDS = ("null", _UNSIGNED, "undefined", "' OR '1'='1", "*", "admin", "test")


def _in_place(operation: Operation, target: Target, label: str, value: str, reason: str) -> Credentials:
    where = credentials_with(operation, value, target)
    return Credentials(label, reason, where.headers, where.query)


def is_malformed(operation: Operation, caller: Credentials) -> bool:
    """Whether a caller's header does not have the format of the operation's scheme.

    A server may call such a request a bad one (RFC 6750, section 3.1).
    """
    scheme = operation.security[0][0]
    sent = [value for name, value in caller.headers if name.lower() == header_of(scheme).lower()]
    prefix = prefix_of(scheme).strip()
    form = re.compile(rf"{re.escape(prefix)} {_CHARACTERS}" if prefix else ".+", re.IGNORECASE)
    return any(not form.fullmatch(EXPRESSION.sub("x", value)) for value in sent)


def another_user(operation: Operation, target: Target) -> Credentials | None:
    """The credentials of the second user, if the caller gave them and the operation asks for any."""
    if operation.is_open or not target.tokens.get("FLOWCONTRACT_OTHER_TOKEN"):
        return None
    reason = "a user cannot access another user's resources"
    found = _in_place(operation, target, "another user", OTHER_TOKEN, reason)
    return replace(found, is_somebody=True, trigger=ANOTHER_USER)


def _wrong_location(operation: Operation, others: Collection[SecurityScheme]) -> Iterator[Credentials]:
    schemes = [*others, *(scheme for each in operation.security for scheme in each)]
    declared = {(scheme.location, scheme.parameter.lower()) for scheme in schemes}
    names = ("token", "access_token", "api_key", "key", "auth", "authorization", "bearer")
    if not any(location == "query" for location, _ in declared):
        query = "&".join(f"{name}={TOKEN}" for name in names)
        yield Credentials(
            "token in the query", "a token in the URL grants no access, because URLs end up in logs", query=query
        )
    if not any(location == "cookie" for location, _ in declared):
        crumbs = "; ".join(f"{name}={TOKEN}" for name in (*names, "session", "sessionid"))
        yield Credentials(
            "token in a cookie",
            "a token in a cookie grants no access, because any site can make a browser send it",
            (("Cookie", crumbs),),
        )
    headers = ("X-API-Key", "X-Auth-Token", "X-Token", "X-Access-Token", "Proxy-Authorization", "X-Authorization")
    yield Credentials(
        "token in undocumented headers",
        "a token in an undocumented header grants no access",
        tuple(
            (name, f"Bearer {TOKEN}" if "uthoriz" in name else TOKEN)
            for name in headers
            if ("header", name.lower()) not in declared
        ),
    )


def _modified(operation: Operation, target: Target) -> Iterator[Credentials]:
    """The valid token, modified."""
    yield _in_place(operation, target, "token with an extra letter", TOKEN + "x", "the whole token is compared")
    token = target.tokens["FLOWCONTRACT_TOKEN"]
    for value, form in ((token.upper(), "${FLOWCONTRACT_TOKEN^^}"), (token.lower(), "${FLOWCONTRACT_TOKEN,,}")):
        if value != token:
            yield _in_place(operation, target, "token in another case", form, "tokens are case-sensitive")
            return


def ambiguous(operation: Operation) -> Iterator[Credentials]:
    """Valid credentials in an unusual format that HTTP allows: a server may accept or deny them, and nothing else."""
    if operation.is_open or not prefix_of(operation.security[0][0]):
        return
    scheme = operation.security[0][0]
    name, word = header_of(scheme), prefix_of(scheme).strip()
    reason = "valid credentials in an unusual format are either accepted or denied"
    for label, value in (
        ("scheme in lower case", f"{word.lower()} {TOKEN}"),
        ("scheme in upper case", f"{word.upper()} {TOKEN}"),
        ("two spaces", f"{word}  {TOKEN}"),
    ):
        yield Credentials(label, reason, ((name, value),), odd=True)


def lenient(operation: Operation) -> Iterator[Credentials]:
    """Valid credentials in a format that HTTP does not allow but lenient parsers accept."""
    if operation.is_open:
        return
    scheme = operation.security[0][0]
    if scheme.kind == "apiKey" and scheme.location != "header":
        return
    name, prefix = header_of(scheme), prefix_of(scheme)
    valid, wrong = (name, prefix + TOKEN), (name, prefix + WRONG)
    forms: list[tuple[str, Pairs, str]] = [
        ("wrong, then valid", (wrong, valid), f"two {name} headers (one of them wrong)"),
        ("valid, then wrong", (valid, wrong), f"two {name} headers (one of them wrong)"),
    ]
    if prefix:
        forms.append(("tab for space", ((name, f"{prefix.strip()}\t{TOKEN}"),), "a tab instead of the space"))
    for label, headers, trigger in forms:
        reason = f"malformed credentials are denied: {trigger}"
        yield Credentials(label, reason, headers, odd=True, trigger=trigger)
