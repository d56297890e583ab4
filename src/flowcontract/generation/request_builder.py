"""Build a request for an operation: path, credentials, and required parameters."""

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from flowcontract.errors import ContractError
from flowcontract.http.messages import Request
from flowcontract.http.target import Target
from flowcontract.openapi import documents, parameters
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType, Operation, Parameter, SecurityScheme
from flowcontract.openapi.values import valid_value

TOKEN = "${FLOWCONTRACT_TOKEN}"  # noqa: S105 - the shell expression that stands for a token
TOKEN_NONE = "${FLOWCONTRACT_TOKEN_NONE}"  # noqa: S105

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


_WRITTEN = "".join(map(chr, range(0x21, 0x7F)))
"""Characters of a path template that are sent as they are."""
NO_CREDENTIALS = Credentials("absent", "requests without credentials are denied")


def valid_credentials(operation: Operation, value: str = TOKEN) -> Credentials:
    """Credentials for the operation's first security requirement; the value is a token's shell expression."""
    headers: list[tuple[str, str]] = []
    query: list[str] = []
    for scheme in operation.security[0] if operation.security else ():
        if scheme.kind == "apiKey" and scheme.location == "query":
            query.append(f"{scheme.parameter}={value}")
        elif scheme.kind == "apiKey" and scheme.location == "cookie":
            headers.append(("Cookie", f"{scheme.parameter}={value}"))
        else:
            headers.append((header_of(scheme), f"{prefix_of(scheme)}{value}"))
    # Two schemes may share a header or parameter: send it once.
    headers, query = list(dict.fromkeys(headers)), list(dict.fromkeys(query))
    return Credentials("good", "authorized callers are served", tuple(headers), "&".join(query))


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


class RequestBuilder:
    """Builds requests for one operation on one target."""

    def __init__(self, contract: Contract, operation: Operation, target: Target) -> None:
        self.operation = operation
        self._contract = contract
        self._prefix = target.prefix
        required = [parameter for parameter in operation.parameters if parameter.required]
        in_query = (parameter for parameter in required if parameter.location == "query")
        self._query = urlencode(
            [
                pair
                for parameter in in_query
                for pair in parameters.query_pairs(parameter, parameter_value(contract, parameter))
            ]
        )
        self._headers = tuple(
            (p.name, parameters.simple(parameter_value(contract, p), explode=p.explode))
            for p in required
            if p.location == "header"
        )
        cookies = [
            f"{p.name}={quote(parameters.text(parameter_value(contract, p)))}"
            for p in required
            if p.location == "cookie"
        ]
        self._headers += (("Cookie", "; ".join(cookies)),) if cookies else ()
        self.accept = _acceptable(operation)
        """The `Accept` header of requests without one of their own."""
        self._body = self._example_body()

    def path(self, raw: Mapping[str, str]) -> str:
        """The path of the request target; parameters are already percent-encoded."""
        path = quote(self._prefix + self.operation.path, safe=_WRITTEN)
        for name, value in raw.items():
            path = path.replace("{" + quote(name, safe=_WRITTEN) + "}", value)
        return path

    def request(
        self,
        raw: Mapping[str, str],
        credentials: Credentials,
        *,
        method: str = "",
        headers: Sequence[tuple[str, str]] = (),
        query: str = "",
        body: bytes | None = None,
        path: str = "",
    ) -> Request:
        """One request. An `Accept` header given here replaces the default one."""
        parts = [part for part in (self._query, credentials.query, query) if part]
        own = {name.lower() for name, _ in headers}
        accept = () if "accept" in own or "no-accept" in own else (("Accept", self.accept),)
        sent = [*accept, *credentials.headers, *self._headers, *headers]
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

    def _example_body(self) -> tuple[bytes, str] | None:
        media: MediaType | None = next(iter(self.operation.request_media.values()), None)
        if media is None or not media.is_json or not self.operation.request_required:
            return None
        examples = list(media.examples.values())
        if examples:
            value = examples[0].value
        elif media.schema is None:
            value = {}
        else:
            value = valid_value(media.schemas, media.schema_pointer, seed=0, direction="request", minimal=True)
        return documents.dump_json(value).encode(), media.name


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
