"""Compare two contracts operation by operation, for a client of one on a server of the other."""

from collections.abc import Iterator

from flowcontract.compatibility.diff.bodies import request
from flowcontract.compatibility.diff.callbacks import callbacks, webhooks
from flowcontract.compatibility.diff.pairs import Difference, Pair, name, raw
from flowcontract.compatibility.diff.parameters import parameters
from flowcontract.compatibility.diff.responses import responses
from flowcontract.compatibility.diff.security import security
from flowcontract.compatibility.diff.servers import addresses, bases
from flowcontract.compatibility.diff.unreadable import Unreadable
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowcontract.openapi.path_templates import nameless
from flowcontract.openapi.releases import UNDESCRIBED


def compare(pair: Pair, only: frozenset[str] = frozenset()) -> Iterator[Difference]:
    """Every change that can break the client or is new for it. `only`: IDs of the operations to compare.

    What cannot be read in one of the contracts is a problem of that contract, not a change.
    """
    unreadable = Unreadable(pair.client), Unreadable(pair.server)
    for one in _compare(pair, only):
        if not any(side.explains(one, at) for side, at in zip(unreadable, (one.client, one.server), strict=True)):
            yield one


def _compare(pair: Pair, only: frozenset[str]) -> Iterator[Difference]:
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
    yield from addresses(pair, matched)
    for client, server in matched:
        yield from _operation(pair, client, server)
    rule, text = ("removed", "was removed") if pair.upgraded else ("missing", "does not exist yet")
    for client in removed:
        yield Difference(f"operation-{rule}", name(client), "", "", text, client.pointer, "/paths")
    for server in added if pair.upgraded else ():
        yield Difference("operation-added", name(server), "", "", "is new", "/paths", server.pointer)
    if not only:
        yield from webhooks(pair)


def counterparts(client: Contract, server: Contract) -> dict[str, Operation]:
    """The client's own operation for each operation of a server that it can call, by the server's ID."""
    sides = list(client.operations.values()), list(server.operations.values())
    matched, _, _ = _matched(Pair(client, server, upgraded=True), *sides)
    return {other.id: one for one, other in matched}


_Matched = tuple[list[tuple[Operation, Operation]], list[Operation], list[Operation]]


def _matched(pair: Pair, clients: list[Operation], servers: list[Operation]) -> _Matched:
    """Pairs of the same address, then up to names of parameters, then below another base path; the rest of both."""
    matched: list[tuple[Operation, Operation]] = []
    for named, with_base in ((True, True), (False, True), (False, False)):
        known: dict[tuple[str, str], list[Operation]] = {}
        for server in servers:
            for base in bases(pair.server, server) if with_base else [""]:
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
    return base + (operation.path if named else nameless(operation.path))


def _operation(pair: Pair, client: Operation, server: Operation) -> Iterator[Difference]:
    def found(rule: str, text: str) -> Difference:
        return Difference(rule, name(client), "", "", text, client.pointer, server.pointer)

    if pair.upgraded:
        ids = [raw(*each).get("operationId") for each in _both(pair, client, server)]
        if ids[0] != ids[1]:
            yield found("operation-id-changed", f"{ids[1] or 'none'} instead of {ids[0] or 'none'}")
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
