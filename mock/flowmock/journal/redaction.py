"""Redact credentials in what the mock shows of a request: journal, HAR, stream, console.

A credential is replaced by `[token ROLE]` wherever it occurs in an exchange, so that one can still see which of
several tokens was used. One that is an ordinary word (`admin`) is only where credentials are: elsewhere it is most
likely the word.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus, unquote

from flowcontract.openapi.model import SecurityScheme
from flowmock.messages import Call, Caller

_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "x-api-key", "x-auth-token", "x-csrftoken"})
_SECRET_QUERY = re.compile(r"(?i)^(access|id|refresh|auth|api|session)?[_-]?(token|key|secret|password|authorization)$")
_SESSION_COOKIE = "mock_session"
_SHORT = 6
"""A credential with fewer characters may occur within ordinary words, and is only replaced as a whole word."""

_WORD = re.compile(r"[A-Za-z]{1,12}")
_BEFORE = (
    r"(?i)((?:api[_-]?key|authorization|credential|passw(?:or)?d|secret|session|token)[\w-]*[\"'\]]*\s*[:=>]\s*[\"']?"
    r"(?:(?:basic|bearer|token)\s+)?|\b(?:basic|bearer)\s+)"
)
"""What stands before a credential in a body: the name of a field, or a scheme."""


def credentials(call: Call) -> tuple[str, ...]:
    """The credentials of a call, by known headers and the operation's security schemes."""
    found = [_after_scheme(value) for name, value in call.headers if name in _SECRET_HEADERS]
    cookies = dict(_cookies(call))
    for scheme in _schemes(call):
        if scheme.kind != "apiKey":
            continue
        if scheme.location == "query":
            found += [value for name, value in call.query if name == scheme.parameter]
        elif scheme.location == "header":
            found += [value for name, value in call.headers if name == scheme.parameter.lower()]
        else:
            found.append(cookies.get(scheme.parameter, ""))
    return tuple(dict.fromkeys(value for value in found if value))


class Redactor:
    """Finds the mock's tokens, and the credentials of a call."""

    def __init__(self, known: Mapping[str, Caller]) -> None:
        """`known`: callers by token value."""
        self._known = known
        self._numbers = {value: number for number, value in enumerate(known, 1)}

    @property
    def takes_any_token(self) -> bool:
        """Whether the mock has no tokens of its own, and accepts any."""
        return not self._known

    def number(self, call: Call) -> int | None:
        """The number of the token that a call shows, from 1 as they were given; None for no known one."""
        return next((self._numbers[value] for value in credentials(call) if value in self._numbers), None)

    def of(self, call: Call) -> "Redacted":
        """The redacted view of one call."""
        marks = {value: f"[token {caller.role}]" for value, caller in self._known.items()}
        for value in credentials(call):
            marks.setdefault(value, f"[token {call.caller.role}]")
        return Redacted(call, marks)


class Redacted:
    """A call without its credentials."""

    def __init__(self, call: Call, marks: Mapping[str, str]) -> None:
        self._call = call
        self._mark = f"[token {call.caller.role}]"
        self._marks = tuple(
            (encoded, mark)
            for value, mark in sorted(marks.items(), key=lambda item: -len(item[0]))
            for encoded in dict.fromkeys((value, quote(value, safe=""), quote_plus(value)))
        )
        self._secret_names = {scheme.parameter.lower() for scheme in _schemes(call) if scheme.kind == "apiKey"}

    def value(self, raw: str) -> str:
        """A string with every known credential replaced."""
        for credential, mark in self._marks:
            if credential not in raw:
                continue
            if _WORD.fullmatch(credential):
                raw = re.sub(rf"{_BEFORE}{credential}(?![\w-])", rf"\1{mark}", raw)
            elif len(credential) >= _SHORT:
                raw = raw.replace(credential, mark)
            else:
                raw = re.sub(rf"(?<![\w-]){re.escape(credential)}(?![\w-])", mark, raw)
        return raw

    def headers(self, headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Headers of the request or the response."""
        return [(name, self._header(name.lower(), value)) for name, value in headers]

    def query(self) -> list[tuple[str, str]]:
        """The query parameters."""
        return [
            (self.value(name), self._mark if self._is_secret(name) and value else self.value(value))
            for name, value in self._call.query
        ]

    def _is_secret(self, name: str) -> bool:
        return name.lower() in self._secret_names or _SECRET_QUERY.match(name) is not None

    def _header(self, name: str, value: str) -> str:
        if name in ("cookie", "set-cookie"):
            return self._cookie(value, whole=name == "cookie")
        if name in _SECRET_HEADERS or name in self._secret_names:
            scheme, space, rest = value.partition(" ")
            # A scheme is a word; a value without one may be a credential.
            return (
                f"{scheme} {self._mark}" if space and rest.strip() and scheme.isalpha() else self._without_scheme(value)
            )
        return self.value(value)

    def _without_scheme(self, value: str) -> str:
        return value if not value.strip() or value.strip().lower() in ("bearer", "basic", "token") else self._mark

    def _cookie(self, value: str, *, whole: bool) -> str:
        pieces = value.split(";")
        for index, piece in enumerate(pieces if whole else pieces[:1]):
            name, equals, _ = piece.partition("=")
            if equals and name.strip() != _SESSION_COOKIE:
                pieces[index] = f"{name}=[cookie]"
            elif not equals and piece.strip():
                pieces[index] = " [cookie]"
        return self.value(";".join(pieces))


def _schemes(call: Call) -> Iterator[SecurityScheme]:
    for alternative in call.operation.security if call.operation else ():
        yield from alternative


def _after_scheme(value: str) -> str:
    scheme, _, rest = value.strip().partition(" ")
    return rest.strip() or ("" if scheme.lower() in ("bearer", "basic", "token") else scheme)


def _cookies(call: Call) -> Iterator[tuple[str, str]]:
    for piece in (call.header("cookie") or "").split(";"):
        name, equals, value = piece.strip().partition("=")
        if equals:
            yield name, unquote(value)
