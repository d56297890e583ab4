"""Compare two contracts operation by operation, for a client of one on a server of the other."""

import re
from collections.abc import Iterator, Mapping

from flowcontract.compatibility.diff.bodies import request
from flowcontract.compatibility.diff.callbacks import callbacks, webhooks
from flowcontract.compatibility.diff.pairs import Difference, Pair, name, raw
from flowcontract.compatibility.diff.parameters import parameters
from flowcontract.compatibility.diff.responses import responses
from flowcontract.compatibility.diff.security import security
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowcontract.openapi.operations import base_path
from flowcontract.openapi.releases import UNDESCRIBED


def compare(pair: Pair, only: frozenset[str] = frozenset()) -> Iterator[Difference]:
    """Every change that can break the client or is new for it. `only`: IDs of the operations to compare."""
    clients, servers = (list(side.operations.values()) for side in (pair.client, pair.server))
    matched, removed, added = _matched(pair, clients, servers)
    undescribed = {
        *(pair.client.document.get(UNDESCRIBED) or ()),
        *(pair.server.document.get(UNDESCRIBED) or ()),
    }
    removed, added = ([one for one in side if one.id not in undescribed] for side in (removed, added))
    if only:
        matched = [(one, other) for one, other in matched if one.id in only or other.id in only]
        removed, added = ([one for one in side if one.id in only] for side in (removed, added))
    yield from _addresses(pair, matched)
    for client, server in matched:
        yield from _operation(pair, client, server)
    if pair.upgraded:
        for client in removed:
            yield Difference("operation-removed", name(client), "", "", "was removed", client.pointer, "/paths")
        for server in added:
            yield Difference("operation-added", name(server), "", "", "is new", "/paths", server.pointer)
    if not only:
        yield from webhooks(pair)


_Matched = tuple[list[tuple[Operation, Operation]], list[Operation], list[Operation]]


def _matched(pair: Pair, clients: list[Operation], servers: list[Operation]) -> _Matched:
    """Pairs of the same address, then up to names of parameters, then below another base path; the rest of both."""
    matched: list[tuple[Operation, Operation]] = []
    for named, with_base in ((True, True), (False, True), (False, False)):
        known: dict[tuple[str, str], list[Operation]] = {}
        for server in servers:
            for base in _bases(pair.server, server) if with_base else [""]:
                known.setdefault((server.method, _address(base, server, named=named)), []).append(server)
        for client in list(clients):
            key = client.method, _address(client.base_path if with_base else "", client, named=named)
            found = next((each for each in known.get(key, ()) if each in servers), None)
            if found:
                servers.remove(found)
                clients.remove(client)
                matched.append((client, found))
    order = {client.pointer: index for index, client in enumerate(pair.client.operations.values())}
    return sorted(matched, key=lambda each: order[each[0].pointer]), clients, servers


def _address(base: str, operation: Operation, *, named: bool) -> str:
    return base + (operation.path if named else _template(operation.path))


def _template(path: str) -> str:
    """A path without the names of parameters, which requests do not contain."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def _bases(contract: Contract, operation: Operation) -> list[str]:
    """The base paths of all servers of an operation."""
    bases = [operation.base_path]
    if operation.base_path == contract.base_path:
        bases += [base_path({"servers": [one]}) for one in _servers(contract)[1:]]
    return bases


def _servers(contract: Contract) -> list[Mapping[str, str]]:
    return [one for one in contract.document.get("servers") or () if isinstance(one, Mapping)]


def _addresses(pair: Pair, matched: list[tuple[Operation, Operation]]) -> Iterator[Difference]:
    moved = {
        (client.base_path, server.base_path)
        for client, server in matched
        if _template(client.path) == _template(server.path) and client.base_path not in _bases(pair.server, server)
    }
    if not matched and pair.client.base_path != pair.server.base_path:
        moved.add((pair.client.base_path, pair.server.base_path))
    for client_base, server_base in sorted(moved):
        text = f"{server_base or '/'} instead of {client_base or '/'}"
        yield Difference("server-changed", "", "", "", text, "/servers", "/servers")
    hosts = [[host for one in _servers(side) if (host := _host(one))] for side in (pair.client, pair.server)]
    if pair.upgraded and all(hosts) and hosts[0][0] not in hosts[1]:
        text = f"{hosts[1][0]} instead of {hosts[0][0]}"
        yield Difference("server-address-changed", "", "", "", text, "/servers", "/servers")


def _host(server: Mapping[str, str]) -> str:
    """Scheme and host; empty where the URL is relative."""
    found = re.match(r"[a-z]+://[^/]+", str(server.get("url", "")))
    return found[0] if found else ""


def _operation(pair: Pair, client: Operation, server: Operation) -> Iterator[Difference]:
    def found(rule: str, text: str) -> Difference:
        return Difference(rule, name(client), "", "", text, client.pointer, server.pointer)

    if pair.upgraded:
        if client.id != server.id and all(raw(*each).get("operationId") for each in _both(pair, client, server)):
            yield found("operation-id-changed", f"{server.id} instead of {client.id}")
        if raw(pair.server, server).get("deprecated") and not raw(pair.client, client).get("deprecated"):
            yield found("operation-deprecated", "is deprecated")
    yield from security(pair, client, server)
    yield from parameters(pair, client, server)
    yield from request(pair, client, server)
    yield from responses(pair, client, server)
    yield from callbacks(pair, client, server)


def _both(pair: Pair, client: Operation, server: Operation) -> Iterator[tuple[Contract, Operation]]:
    yield pair.client, client
    yield pair.server, server
