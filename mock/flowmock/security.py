"""Tokens: who a caller is, and what it may view."""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

import orjson

from flowcontract.errors import UsageError
from flowcontract.openapi import parameters
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import SecurityScheme
from flowcontract.openapi.values.names import snake_case
from flowmock.messages import Call, Caller

ANYONE = Caller("anonymous")
_TOKEN = re.compile(r"[!-~]+")
"""What can be a token: visible ASCII, no space."""
_REMEMBERED = 1000
"""Values of `Authorization` that are not read again,"""
_LONG = 1000
"""and the characters of the longest of them."""
_ISSUED = frozenset({"access_token", "auth_token", "id_token", "jwt", "token"})
"""Members of a body that hold a token which later requests send (RFC 6749, 5.1, and its variants)."""


class Tokens:
    """The tokens that the mock accepts. Without any, every token may view everything."""

    def __init__(self, spoken: Iterable[str] = ()) -> None:
        """Read `VALUE`, `VALUE:none` and `VALUE:key,key`. Raises UsageError that does not show the value."""
        self.known: dict[str, Caller] = {}
        self._issued: set[str] = set()
        self.changed: Callable[[], None] = lambda: None
        """Called when another token is accepted from now on."""
        self._remembered = lru_cache(maxsize=_REMEMBERED)(self._authenticated)
        for text in spoken:
            value, _, role = text.partition(":")
            if not _TOKEN.fullmatch(value) or not (role == "" or _TOKEN.fullmatch(role)):
                raise UsageError(
                    "expected a token, VALUE or VALUE:none or VALUE:ID,ID, printable ASCII without spaces; "
                    "got something else (not shown).",
                    do="Check the quotes around it.",
                )
            self.known[value] = _caller(role)

    @property
    def usable(self) -> str:
        """A token that may view everything, else the first, else one that will do where all do."""
        everything = (value for value, caller in self.known.items() if caller.resource_ids is None)
        return next(everything, next(iter(self.known), "any-token"))

    def caller(self, credential: str) -> Caller | None:
        """Who shows this credential; None where nobody is known by it."""
        if not self.known:
            return Caller("any") if _TOKEN.fullmatch(credential) else None
        return self.known.get(credential) or (Caller("all") if credential in self._issued else None)

    def issue(self, body: bytes, *, sent: bytes) -> None:
        """Accept the token in the JSON body of a response to a login, where the mock has tokens of its own.

        `sent`: the body of the request; what it holds, the mock has not issued.
        """
        try:
            found = orjson.loads(body) if self.known and body else None
        except orjson.JSONDecodeError:
            return
        new = {
            value for value in _tokens_in(found) if _TOKEN.fullmatch(value) and value.encode() not in sent
        } - self._issued
        if new:
            self._issued |= new
            self._remembered.cache_clear()
            self.changed()

    def present(self, call: Call, scheme: SecurityScheme) -> Caller:
        """Who the caller is under one security scheme: anonymous, invalid, or somebody."""
        if scheme.kind == "apiKey":
            credential = _api_key(call, scheme)
            return ANYONE if not credential else self.caller(credential) or Caller("invalid", denial=_UNKNOWN)
        if scheme.kind == _CERTIFICATE:
            return Caller("any")
        wanted = scheme.scheme if scheme.kind == "http" else "bearer"
        value = call.header("authorization") or ""
        return (self._remembered if len(value) <= _LONG else self._authenticated)(value, wanted)

    def _authenticated(self, authorization: str, wanted: str) -> Caller:
        """Who sends this `Authorization` where one scheme is wanted."""
        text = authorization.encode("latin-1", "replace").decode("utf-8", "replace").strip()
        scheme, space, credential = text.partition(" ")
        if not space:
            return ANYONE
        if scheme.lower() != wanted:
            return Caller("invalid", denial="scheme-unsupported")
        if wanted not in _CHECKED:
            return Caller("any")
        caller = self.caller(_password(credential) if wanted == "basic" else credential)
        if wanted == "basic":  # A token that was named as it stands in the header is one as well.
            caller = caller or self.known.get(credential)
        return caller or Caller("invalid", denial=_UNKNOWN)

    def identify(self, call: Call, schemes: Iterable[SecurityScheme]) -> Caller:
        """Who the caller is under any of the schemes: the first that is somebody, else the first invalid credential."""
        found = [self.present(call, scheme) for scheme in schemes]
        if len(found) == 1:
            return found[0]
        denied = [caller for caller in found if caller.denial]
        somebody = [caller for caller in found if caller != ANYONE and not caller.denial]
        return (somebody or denied or [ANYONE])[0]


_UNKNOWN = "credential-unknown"
_CHECKED = frozenset({"bearer", "basic", "token"})
"""Schemes whose credentials can be compared with tokens; those of others (`digest`) are accepted as they are."""

_KINDS = frozenset({"apiKey", "http", "mutualTLS", "oauth2", "openIdConnect"})
"""Types of security schemes (OpenAPI 3.1.1, Security Scheme Object)."""
_CERTIFICATE = "mutualTLS"
"""A caller shows a certificate before it sends a request: nothing of it is in the request."""


def warnings(contract: Contract) -> Iterator[str]:
    """A warning for each security scheme of a contract whose credentials cannot be checked."""
    for scheme in contract.security_schemes.values():
        if scheme.kind == _CERTIFICATE:
            yield f"security scheme {scheme.name}: certificates are not checked; every caller passes."
        elif scheme.kind not in _KINDS:
            known = ", ".join(sorted(_KINDS))
            yield (
                f"security scheme {scheme.name}: expected `type` to be one of {known}, got {scheme.kind!r}; "
                "bearer tokens are expected."
            )
        elif scheme.kind == "http" and scheme.scheme not in _CHECKED:
            yield f"security scheme {scheme.name}: {scheme.scheme} credentials are not checked; any are accepted."


def _tokens_in(body: Any) -> Iterator[str]:
    """The tokens in a body or in an object within it."""
    for name, value in body.items() if isinstance(body, dict) else ():
        if isinstance(value, str) and snake_case(name) in _ISSUED:
            yield value
        elif isinstance(value, dict):
            yield from _tokens_in(value)


def _caller(role: str) -> Caller:
    if role in ("", "all"):
        return Caller("all")
    if role == "none":
        return Caller("none", resource_ids=frozenset())
    return Caller("some", resource_ids=frozenset(role.split(",")))


def _api_key(call: Call, scheme: SecurityScheme) -> str:
    if scheme.location == "header":
        value = call.header(scheme.parameter.lower()) or ""
        # `Bearer KEY`, `Bot KEY`: many contracts describe it so, without saying which word stands before the key.
        return value.rpartition(" ")[2] if scheme.parameter.lower() == "authorization" else value
    pairs = call.query if scheme.location == "query" else parameters.cookies(call.headers)
    return next((value for name, value in pairs if name == scheme.parameter), "")


def _password(credential: str) -> str:
    """`user:password` of HTTP Basic, as one text; a token is given to either of them."""
    try:
        user, _, password = base64.b64decode(credential, validate=True).decode("latin-1").partition(":")
    except (binascii.Error, ValueError):
        return ""
    return password or user
