"""Build a request for an operation: path, credentials, and required parameters."""

import contextlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from flowcontract.errors import ContractError
from flowcontract.generation import bodies
from flowcontract.http import credentials
from flowcontract.http.messages import Request
from flowcontract.http.target import Target
from flowcontract.openapi import parameters
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation, Parameter, SecurityScheme
from flowcontract.openapi.values import valid_value

TOKEN = f"${{{credentials.TOKEN}}}"
TOKEN_NONE = f"${{{credentials.TOKEN_NONE}}}"
OTHER_TOKEN = f"${{{credentials.OTHER_TOKEN}}}"
READ_ONLY_TOKEN = f"${{{credentials.READ_ONLY_TOKEN}}}"

_AUTHORIZATION = f"${{{credentials.header_variable('Authorization')}"
"""The beginning of the expression of an `Authorization` header that the caller gave, with a scheme of its own."""
_PLAIN = "a"
"""The value of a parameter that may hold anything, or whose schema admits none."""

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Credentials:
    """Credentials of a caller: headers and query parameters."""

    label: str
    reason: str
    headers: Pairs = ()
    query: str = ""
    odd: bool = False
    """The HTTP layer may reject them before the application sees them."""
    trigger: str = ""
    is_somebody: bool = False
    """Valid credentials of a caller without permission."""


_WRITTEN = "".join(map(chr, range(0x21, 0x7F)))
"""Characters of a path template that are sent as they are."""
NO_CREDENTIALS = Credentials("absent", "requests without credentials are denied")


def valid_credentials(operation: Operation, target: Target) -> Credentials | None:
    """Credentials for the security requirement that the caller can meet; None if there is none."""
    alternative = _met(operation, target)
    return credentials_of((scheme, _expression(scheme, target)) for scheme in alternative) if alternative else None


def credentials_with(operation: Operation, value: str, target: Target | None = None) -> Credentials:
    """Credentials for the operation's first security requirement, with this value in place of each secret.

    `target`: for the requirement that the caller can meet, if there is one.
    """
    first = operation.security[0] if operation.security else ()
    alternative = (_met(operation, target) if target is not None else ()) or first
    return credentials_of((scheme, value) for scheme in alternative)


def _met(operation: Operation, target: Target) -> tuple[SecurityScheme, ...]:
    """The first security requirement that the caller can meet; empty if there is none.

    `--token` is taken for the key of a scheme only where no requirement takes a token.
    """
    met = [one for one in operation.security if one and all(_expression(scheme, target) for scheme in one)]
    fitting = (one for one in met if not any(_is_token_for_key(scheme, target) for scheme in one))
    return next(fitting, met[0] if met else ())


def _is_token_for_key(scheme: SecurityScheme, target: Target) -> bool:
    token = f"${{{credentials.TOKEN}"
    return (scheme.kind == "apiKey" or scheme.scheme == "basic") and _expression(scheme, target).startswith(token)


def credentials_of(placed: Iterable[tuple[SecurityScheme, str]]) -> Credentials:
    """Credentials with these secrets, each where its scheme has it."""
    headers: list[tuple[str, str]] = []
    query: list[str] = []
    for scheme, value in placed:
        if scheme.kind == "apiKey" and scheme.location == "query":
            query.append(f"{quote(scheme.parameter)}={value}")
        elif scheme.kind == "apiKey" and scheme.location == "cookie":
            headers.append(("Cookie", f"{scheme.parameter}={value}"))
        elif (scheme.scheme == "basic" and value.startswith("Basic ")) or value.startswith(_AUTHORIZATION):
            headers.append((header_of(scheme), value))
        else:
            headers.append((header_of(scheme), f"{prefix_of(scheme)}{value}"))
    # Two schemes may share a header or parameter: send it once.
    headers, query = list(dict.fromkeys(headers)), list(dict.fromkeys(query))
    return Credentials("good", "authorized callers are served", tuple(headers), "&".join(query))


def _expression(scheme: SecurityScheme, target: Target) -> str:
    """The shell expression of the caller's secret for a scheme; empty if the caller has none."""
    in_query = scheme.kind == "apiKey" and scheme.location == "query"
    for variable in (credentials.key_variable(scheme.name), credentials.TOKEN):
        if scheme.scheme == "basic" and credentials.AUTH in target.tokens:
            return credentials.BASIC
        if target.tokens.get(variable):
            return target.in_query(variable) if in_query else f"${{{variable}}}"
        if given := _given(scheme, target):
            return given.removeprefix(prefix_of(scheme))
    return ""


def _given(scheme: SecurityScheme, target: Target) -> str:
    """The scheme's credentials in the headers that the caller added; empty if there are none."""
    for name, value in target.headers:
        if scheme.location == "cookie" and name.lower() == "cookie":
            return cookies(value).get(scheme.parameter, "")
        if scheme.location in ("header", "") and name.lower() == header_of(scheme).lower():
            return value
    return ""


def cookies(header: str) -> dict[str, str]:
    """The cookies of a `Cookie` header: names and values."""
    pairs = (crumb.strip().partition("=") for crumb in header.split(";"))
    return {name: value for name, equals, value in pairs if equals}


def secret_of(scheme: SecurityScheme, target: Target) -> str:
    """The caller's secret for a scheme, in plain text: for HTTP Basic USER:PASSWORD; empty if there is none."""
    if scheme.scheme == "basic" and credentials.AUTH in target.tokens:
        return target.tokens[credentials.AUTH]
    given = target.expand(_given(scheme, target)) if scheme.kind == "apiKey" else ""
    return target.tokens.get(credentials.key_variable(scheme.name)) or given or target.tokens.get(credentials.TOKEN, "")


def header_of(scheme: SecurityScheme) -> str:
    """The header of a scheme's credentials."""
    return scheme.parameter if scheme.kind == "apiKey" else "Authorization"


def prefix_of(scheme: SecurityScheme) -> str:
    """The text before the token in that header."""
    if scheme.kind == "apiKey":
        return ""
    return f"{(scheme.scheme or 'bearer').capitalize()} "


def shows_token(caller: Credentials, scheme: SecurityScheme, target: Target) -> bool:
    """Whether these credentials are well-formed for the scheme, with a valid or an invalid token."""
    if scheme.kind == "apiKey" and scheme.location != "header":
        return scheme.parameter in f"{caller.query} {dict(caller.headers).get('Cookie', '')}"
    prefix = prefix_of(scheme)
    for name, value in caller.headers:
        shown = target.expand(value).strip()
        if name == header_of(scheme) and shown[: len(prefix)].lower() == prefix.lower():
            return re.fullmatch(r"[!-~]+", shown[len(prefix) :]) is not None
    return False


def path_prefix(contract: Contract, operation: Operation, target: Target) -> str:
    """What stands before the path of an operation in a request target."""
    base_path = operation.base_path if target.base_path == contract.base_path else target.base_path
    return urlsplit(target.origin).path + base_path


class RequestBuilder:
    """Builds requests for one operation on one target."""

    def __init__(self, contract: Contract, operation: Operation, target: Target) -> None:
        self.operation = operation
        self._contract = contract
        self._prefix = path_prefix(contract, operation, target)
        required = [parameter for parameter in operation.parameters if parameter.required]
        in_query = (parameter for parameter in required if parameter.location == "query")
        self._query = urlencode(
            [
                pair
                for parameter in in_query
                for pair in parameters.query_pairs(parameter, parameter_value(contract, parameter))
            ]
        )
        named = {name.lower() for name, _ in target.headers}
        """Headers for which the caller has a value."""
        self._headers = tuple(
            (p.name, parameters.simple(parameter_value(contract, p), explode=p.explode))
            for p in required
            if p.location == "header" and p.name.lower() not in named
        )
        cookies = [
            f"{p.name}={quote(parameters.text(parameter_value(contract, p)))}"
            for p in required
            if p.location == "cookie"
        ]
        self._headers += (("Cookie", "; ".join(cookies)),) if cookies else ()
        self.accept = _acceptable(operation)
        """The `Accept` header of requests without one of their own."""
        # An operation that documents no credentials gets every header: many documents leave them out.
        schemes = tuple(contract.security_schemes.values()) if operation.security else ()
        of_schemes = {header_of(scheme).lower() for scheme in schemes}
        crumbs = {scheme.parameter for scheme in schemes if scheme.location == "cookie"}
        self._extra = tuple(
            (name, _without(crumbs, value) if name.lower() == "cookie" else value)
            for name, value in target.headers
            if name.lower() not in of_schemes
        )
        """Headers of every request that the caller added and that are not credentials of the operation's schemes."""
        self._body = self._valid_body()

    def path(self, raw: Mapping[str, str]) -> str:
        """The path of the request target; parameters are already percent-encoded."""
        path = quote(self._prefix + self.operation.path, safe=_WRITTEN)
        for name, value in raw.items():
            path = path.replace("{" + quote(name, safe=_WRITTEN) + "}", value)
        return path

    def request(
        self,
        raw: Mapping[str, str],
        caller: Credentials,
        *,
        method: str = "",
        headers: Sequence[tuple[str, str]] = (),
        query: str = "",
        body: bytes | None = None,
        path: str = "",
    ) -> Request:
        """One request. An `Accept` header given here replaces the default one."""
        parts = [part for part in (self._query, caller.query, query) if part]
        own = {name.lower() for name, _ in headers}
        given = own | {name.lower() for name, _ in self._extra}
        accept = () if "accept" in given or "no-accept" in given else (("Accept", self.accept),)
        extra = [(name, value) for name, value in self._extra if name.lower() == "cookie" or name.lower() not in own]
        sent = _with_one_cookie([*accept, *caller.headers, *self._headers, *extra, *headers])
        method = method or self.operation.method
        if body is None and method == self.operation.method and self._body is not None:
            body, media = self._body
            sent.append(("Content-Type", media))
        return Request(
            method,
            (path or self.path(raw)) + ("?" + "&".join(parts) if parts else ""),
            tuple((name, value) for name, value in sent if name.lower() != "no-accept"),
            body,
        )

    def has_given_headers(self, request: Request) -> bool:
        """Whether a request has each header that the caller wants in every request, with its value."""
        sent = {(name.lower(), value) for name, value in request.headers}
        given = {(name.lower(), value) for name, value in self._extra}
        return all(pair in sent or pair[0] in ("cookie", "content-type") for pair in given)

    def _valid_body(self) -> tuple[bytes, str] | None:
        """A valid body and its media type: the first type that can be written, JSON before others."""
        if not self.operation.request_media:
            return None
        for media in sorted(self.operation.request_media.values(), key=lambda media: not media.is_json):
            if (body := bodies.valid_body(media)) is not None:
                return body
        return None


def _without(names: Collection[str], header: str) -> str:
    """A `Cookie` header without these cookies."""
    return "; ".join(crumb for crumb in header.split("; ") if crumb.partition("=")[0] not in names)


def _with_one_cookie(headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers with all cookies in the first `Cookie` header: there is one at most (RFC 6265, section 5.4)."""
    crumbs = [value for name, value in headers if name.lower() == "cookie" and value]
    found = [(name, value) for name, value in headers if name.lower() != "cookie"]
    return [*found, ("Cookie", "; ".join(crumbs))] if crumbs else found


def _acceptable(operation: Operation) -> str:
    """What a caller accepts: JSON, or the documented media type if no success is JSON."""
    success = operation.success()
    if success is None or not success.media or success.media_for("application/json"):
        return "application/json"
    names = sorted(success.media, key=lambda name: not success.media[name].is_json)
    return names[0]


def made_up_path_values(contract: Contract, operation: Operation) -> dict[str, str] | None:
    """Path parameters that the contract allows, for a server that can be told what exists; None if there are none."""
    found = {}
    for parameter in operation.path_parameters():
        value = parameter_value(contract, parameter)
        if next(parameter.errors(value), None):
            return None
        found[parameter.name] = parameters.path_text(parameter, value)
    return found


def parameter_value(contract: Contract, parameter: Parameter) -> Any:
    """A valid value of a parameter: its first example, else one made from its schema, the same every time."""
    for example in parameter.examples.values():
        return example.value
    if not parameter.schema:
        return _PLAIN
    with contextlib.suppress(ContractError):  # Some schemas admit no value.
        value = valid_value(contract.schemas, parameter.schema_pointer, seed=0, direction="request", minimal=True)
        if value not in ([], {}, ""):  # Written into a request, it would look like a missing one.
            return value
        return valid_value(contract.schemas, parameter.schema_pointer, seed=0, direction="request")
    return _PLAIN


def segment(value: str) -> str:
    """A value as one path segment."""
    return quote(value, safe="-._~", errors="surrogateescape")
