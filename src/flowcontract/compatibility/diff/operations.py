"""Compare two contracts operation by operation, for a client of one on a server of the other."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flowcontract.compatibility.diff.schema_view import Node
from flowcontract.compatibility.diff.schemas import Comparison, SchemaDifference
from flowcontract.openapi import pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import (
    EXTENSION,
    DocumentedResponse,
    Header,
    MediaType,
    Operation,
    Parameter,
    SecurityScheme,
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One change between the contracts of a client and a server, before it has a severity."""

    rule: str
    operation: str
    """`GET /flows/{slug}/`; empty for what concerns the whole contract."""
    where: str
    """`response 200 application/json`, `path parameter slug`; empty for the operation itself."""
    at: str
    """JSON Pointer into the payload, with `*` for every entry."""
    text: str
    client: str
    """Pointer into the client's contract."""
    server: str


@dataclass(frozen=True)
class Pair:
    """The contract of a client and the contract of a server."""

    client: Contract
    server: Contract
    upgraded: bool
    """Whether the server's contract is the later one."""

    @cached_property
    def schemas(self) -> Comparison:
        """Compares the schemas of both."""
        return Comparison(upgraded=self.upgraded)


def compare(pair: Pair, only: frozenset[str] = frozenset()) -> Iterator[Difference]:
    """Every change that can break the client or is new for it. `only`: IDs of the operations to compare."""
    clients, servers = ({_key(one): one for one in side.operations.values()} for side in (pair.client, pair.server))
    if only:
        wanted = {key for side in (clients, servers) for key, one in side.items() if one.id in only}
        clients, servers = ({key: side[key] for key in side if key in wanted} for side in (clients, servers))
    if pair.upgraded and pair.client.base_path != pair.server.base_path:
        text = f"{pair.server.base_path or '/'} instead of {pair.client.base_path or '/'}"
        yield Difference("server-changed", "", "", "", text, "/servers", "/servers")
    hosts = [_host(side) for side in (pair.client, pair.server)]
    if pair.upgraded and all(hosts) and hosts[0] != hosts[1]:
        text = f"{hosts[1]} instead of {hosts[0]}"
        yield Difference("server-address-changed", "", "", "", text, "/servers", "/servers")
    for key, client in clients.items():
        if key in servers:
            yield from _operation(pair, client, servers[key])
        elif pair.upgraded:
            yield Difference("operation-removed", _name(client), "", "", "was removed", client.pointer, "/paths")
    if pair.upgraded:
        for key, server in servers.items():
            if key not in clients:
                yield Difference("operation-added", _name(server), "", "", "is new", "/paths", server.pointer)


def _host(contract: Contract) -> str:
    """Scheme and host of the first server; empty where its URL is relative."""
    servers = contract.document.get("servers") or [{}]
    found = re.match(r"[a-z]+://[^/]+", str(servers[0].get("url", "")))
    return found[0] if found else ""


def _key(operation: Operation) -> tuple[str, str]:
    """Method and path without the names of parameters, which requests do not contain."""
    return operation.method, re.sub(r"\{[^}]*\}", "{}", operation.path)


def _name(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


def _operation(pair: Pair, client: Operation, server: Operation) -> Iterator[Difference]:
    def found(rule: str, text: str, where: str = "") -> Difference:
        return Difference(rule, _name(client), where, "", text, client.pointer, server.pointer)

    if pair.upgraded:
        if client.id != server.id:
            yield found("operation-id-changed", f"{server.id} instead of {client.id}")
        if _raw(pair.server, server).get("deprecated") and not _raw(pair.client, client).get("deprecated"):
            yield found("operation-deprecated", "is deprecated")
    yield from _security(pair, client, server)
    yield from _parameters(pair, client, server)
    yield from _request(pair, client, server)
    yield from _responses(pair, client, server)


def _raw(contract: Contract, operation: Operation) -> Mapping[str, Any]:
    found: Mapping[str, Any] = pointers.get(contract.document, pointers.split(operation.pointer))
    return found


def _security(pair: Pair, client: Operation, server: Operation) -> Iterator[Difference]:
    if server.is_open:
        return
    offered = [] if client.is_open else [{_transmitted(scheme) for scheme in one} for one in client.security]
    asked = [{_transmitted(scheme) for scheme in one} for one in server.security]
    at = (f"{client.pointer}/security", f"{server.pointer}/security")
    if client.is_open:
        yield Difference("security-required", _name(client), "security", "", _schemes(server), *at)
    elif not all(any(need <= one for need in asked) for one in offered):
        text = f"{_schemes(server)} instead of {_schemes(client)}"
        yield Difference("security-changed", _name(client), "security", "", text, *at)
    elif more := _scopes(pair.server, server) - _scopes(pair.client, client):
        yield Difference(
            "security-scope-added", _name(client), "security", "", f"requires {', '.join(sorted(more))}", *at
        )
    elif pair.upgraded and _described(client) != _described(server):
        text = f"{_schemes(server)} instead of {_schemes(client)}"
        yield Difference("security-scheme-changed", _name(client), "security", "", text, *at)


def _scopes(contract: Contract, operation: Operation) -> set[str]:
    """Every scope that one of the alternatives requires."""
    text = _raw(contract, operation).get("security", contract.document.get("security")) or ()
    return {scope for alternative in text for scopes in alternative.values() for scope in scopes or ()}


def _transmitted(scheme: SecurityScheme) -> tuple[str, str]:
    """Where the credentials are sent: an API key in the header `Authorization` is like an HTTP scheme."""
    if scheme.kind in ("http", "oauth2", "openIdConnect"):
        return ("header", "authorization" if scheme.scheme != "basic" else "authorization: basic")
    return (scheme.location, scheme.parameter.lower() if scheme.location == "header" else scheme.parameter)


def _described(operation: Operation) -> list[Any]:
    return sorted(
        sorted((*_published(scheme), scheme.location, scheme.parameter) for scheme in one) for one in operation.security
    )


def _published(scheme: SecurityScheme) -> tuple[str, str]:
    return (scheme.published, "") if scheme.published else (scheme.kind, scheme.scheme)


def _schemes(operation: Operation) -> str:
    alternatives = (
        " and ".join(" ".join(word for word in (*_published(scheme), scheme.parameter) if word) for scheme in one)
        or "none"
        for one in operation.security
    )
    return " or ".join(alternatives) or "none"


def _parameters(pair: Pair, client: Operation, server: Operation) -> Iterator[Difference]:
    sent, taken = _by_name(client), _by_name(server)
    for key in [*sent, *(key for key in taken if key not in sent)]:
        one, other = sent.get(key), taken.get(key)
        where = f"{key[0]} parameter {(one or other).name}"  # type: ignore[union-attr]
        at = (one.pointer if one else client.pointer, other.pointer if other else server.pointer)

        def found(rule: str, text: str, where: str = where, at: tuple[str, str] = at) -> Difference:
            return Difference(rule, _name(client), where, "", text, *at)

        if other is None:
            yield found("parameter-ignored", "is ignored")
        elif one is None:
            if other.required:
                yield found("parameter-required", "is required")
            elif pair.upgraded:
                yield found("parameter-added", "is optional")
        else:
            if other.required and not one.required:
                yield found("parameter-required", "is required")
            if pair.upgraded and one.name != other.name:
                yield found("parameter-name-changed", f"{other.name} instead of {one.name}")
            if (one.style, one.explode) != (other.style, other.explode):
                yield found("parameter-style-changed", f"{other.style} instead of {one.style}")
            nodes = _node(pair.client, one), _node(pair.server, other)
            yield from _placed(pair.schemas.request(*nodes), client, where)


def _by_name(operation: Operation) -> dict[tuple[str, str], Parameter]:
    """Parameters by location and name; those in the path by their position there, which is what is sent."""
    order = re.findall(r"\{([^}]*)\}", operation.path)
    found = {}
    for one in operation.parameters:
        name = str(order.index(one.name)) if one.location == "path" and one.name in order else one.name
        found[one.location, name.lower() if one.location == "header" else name] = one
    return found


def _node(contract: Contract, owner: Parameter | MediaType | Header) -> Node:
    """The schema of a parameter, a body or a header; that of its only media type where it has `content` instead."""
    media = None if isinstance(owner, MediaType) else owner.content
    return Node(contract, (media or owner).schema_pointer, (media or owner).schema or {})


def _placed(differences: Iterator[SchemaDifference], operation: Operation, where: str) -> Iterator[Difference]:
    for one in differences:
        yield Difference(one.rule, _name(operation), where, one.at, one.text, one.client, one.server)


def _request(pair: Pair, client: Operation, server: Operation) -> Iterator[Difference]:
    def found(rule: str, text: str) -> Difference:
        at = (f"{client.pointer}/requestBody", f"{server.pointer}/requestBody")
        return Difference(rule, _name(client), "request body", "", text, *at)

    if not server.request_media:
        if client.request_media:
            yield found("request-body-ignored", "is ignored")
        return
    if server.request_required and not client.request_required:
        yield found("request-body-required", "is required")
    elif not client.request_media and pair.upgraded:
        yield found("request-body-added", "is optional")
    sent, taken = _by_type(client.request_media), _by_type(server.request_media)
    for name, media in sent.items():
        if name not in taken:
            yield found("request-media-removed", f"{name} is not accepted")
        else:
            nodes = _node(pair.client, media), _node(pair.server, taken[name])
            yield from _placed(pair.schemas.request(*nodes), client, f"request body {name}")
    if client.request_media and pair.upgraded:
        for name in (name for name in taken if name not in sent):
            yield found("request-media-added", f"{name} is accepted")


def _responses(pair: Pair, client: Operation, server: Operation) -> Iterator[Difference]:
    for status, response in client.responses.items():
        where = f"response {status}"
        other = server.responses.get(status)
        if other is None:
            if status.startswith("2") and pair.upgraded:
                text = "was removed"
                yield Difference(
                    "response-status-removed", _name(client), where, "", text, response.pointer, server.pointer
                )
            continue
        yield from _response(pair, (client, server), response, other)
    if not pair.upgraded:
        return
    for status, other in server.responses.items():
        if status not in client.responses:
            where = f"response {status}"
            yield Difference("response-status-added", _name(client), where, "", "is new", client.pointer, other.pointer)


_SCHEMA = "#/components/schemas/"


def _is_valid(contract: Contract, operation: Operation, status: str) -> bool:
    """Whether a response was published as a response: a reference to a schema instead is a mistake."""
    raw = (_raw(contract, operation).get("responses") or {}).get(status) or {}
    published = raw.get(f"{EXTENSION}-published", raw)
    return not str(published.get("$ref", "")).startswith(_SCHEMA)


def _response(
    pair: Pair, operations: tuple[Operation, Operation], client: DocumentedResponse, server: DocumentedResponse
) -> Iterator[Difference]:
    operation = operations[0]
    was_valid, is_valid = (
        _is_valid(contract, one, client.status)
        for contract, one in zip((pair.client, pair.server), operations, strict=True)
    )
    where = f"response {client.status}"

    def found(rule: str, text: str) -> Difference:
        return Difference(rule, _name(operation), where, "", text, client.pointer, server.pointer)

    if pair.upgraded and was_valid != is_valid:
        yield found("document-repaired" if is_valid else "document-invalid", f"{_SCHEMA}… instead of a response")
    if not (was_valid and is_valid) and not (client.media and server.media):
        return  # The intended response is unknown.
    known, sent = _by_type(client.media), _by_type(server.media)
    for name, media in known.items():
        if name in sent:
            differences = pair.schemas.response(_node(pair.client, media), _node(pair.server, sent[name]))
            yield from _placed(differences, operation, f"{where} {name}")
        elif pair.upgraded or not server.media:
            yield found("response-media-removed", f"{name} is not sent")
    if pair.upgraded:
        for name in (name for name in sent if name not in known):
            yield found("response-media-added", f"{name} is new")
    yield from _headers(pair, operation, client, server)


def _headers(
    pair: Pair, operation: Operation, client: DocumentedResponse, server: DocumentedResponse
) -> Iterator[Difference]:
    for name, header in client.headers.items():
        where = f"response {client.status} header {header.name}"
        other = server.headers.get(name)
        if header.required and not (other and other.required):
            at = (header.pointer, other.pointer if other else server.pointer)
            yield Difference("response-header-removed", _name(operation), where, "", "may be missing", *at)
        if other:
            nodes = _node(pair.client, header), _node(pair.server, other)
            yield from _placed(pair.schemas.response(*nodes), operation, where)
    for name, header in server.headers.items():
        if pair.upgraded and name not in client.headers:
            where, at = f"response {client.status} header {header.name}", (client.pointer, header.pointer)
            yield Difference("response-header-added", _name(operation), where, "", "is new", *at)


def _by_type(media: Mapping[str, MediaType]) -> dict[str, MediaType]:
    """Media types by name, without case and charset."""
    return {re.sub(r";\s*charset=[^;]*", "", name.lower()).replace(" ", ""): one for name, one in media.items()}
