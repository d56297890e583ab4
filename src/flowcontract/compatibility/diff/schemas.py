"""Compare two schemas: what changes for a client of one contract with a server of the other.

Each pair of schemas is compared once, on its first level. What operations reach is found by going through the pairs.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from flowcontract.compatibility.diff import values
from flowcontract.compatibility.diff.equality import Equality
from flowcontract.compatibility.diff.objects import arrays, objects
from flowcontract.compatibility.diff.shapes import Node, Shape, alternatives, name_of
from flowcontract.compatibility.diff.steps import Below, Exchange, SchemaDifference, Step
from flowcontract.compatibility.diff.unions import unions

_DEPTH = 60
"""Levels of a schema that are compared."""
_HARMLESS = frozenset(
    {
        "response-field-unknown",
        "request-field-ignored",
        "request-field-added",
        "request-enum-value-added",
        "request-default",
        "request-variant-added",
        "component-renamed",
    }
)
"""Differences with which every value that is sent is one that is taken."""


@dataclass(frozen=True, slots=True)
class _Pair:
    exchange: Exchange
    sent: Node
    taken: Node
    optional: bool


class Comparison:
    """Compares the schemas of two contracts, and remembers each pair."""

    def __init__(self, *, upgraded: bool) -> None:
        """`upgraded`: the server's contract is the newer one."""
        self._exchanges = Exchange("response", upgraded), Exchange("request", upgraded)
        self._levels: dict[_Pair, tuple[Step, ...]] = {}
        self._shapes: dict[tuple[int, Node], tuple[Shape, ...]] = {}
        self._equality = Equality()

    def response(self, client: Node, server: Node) -> Iterator[SchemaDifference]:
        """What the client may not understand in responses. Each difference is at its first location."""
        return self._reached(_Pair(self._exchanges[0], server.follow(), client.follow(), False), (server, client))

    def request(self, client: Node, server: Node) -> Iterator[SchemaDifference]:
        """What the server may reject in requests; each difference as in `response`."""
        return self._reached(_Pair(self._exchanges[1], client.follow(), server.follow(), False), (client, server))

    def _reached(self, pair: _Pair, named: tuple[Node, Node]) -> Iterator[SchemaDifference]:
        """Every difference that is reached from a pair, breadth first."""
        yield from _renamed(pair.exchange, *named, "")
        pending, seen = deque([("", pair, 0)]), {pair}
        while pending:
            at, pair, depth = pending.popleft()
            for step in self._level(pair):
                if isinstance(step, SchemaDifference):
                    yield replace(step, at=at + step.at)
                    continue
                yield from _renamed(pair.exchange, step.sent, step.taken, at + step.at)
                below = self._pair(pair.exchange, step)
                if below not in seen and depth < _DEPTH:
                    seen.add(below)
                    pending.append((at + step.at, below, depth + 1))

    def _pair(self, exchange: Exchange, step: Below) -> _Pair:
        return _Pair(exchange, step.sent.follow(), step.taken.follow(), step.optional)

    def _level(self, pair: _Pair) -> tuple[Step, ...]:
        found = self._levels.get(pair)
        if found is None:
            self._levels[pair] = ()  # A union within itself differs in nothing while its alternatives are compared.
            same = self._equality.same(pair.sent, pair.taken)
            found = self._levels[pair] = () if same else tuple(self._compare(pair))
        return found

    def _compare(self, pair: _Pair) -> Iterator[Step]:
        exchange = pair.exchange
        sent, taken = self._alternatives(pair.sent), self._alternatives(pair.taken)
        if not sent:
            return
        yield from values.types(exchange, sent, taken, pair.taken.pointer)
        yield from values.null(exchange, sent, taken, optional=pair.optional)
        yield from values.defaults(exchange, sent, taken)
        for kind in (*values.SCALARS, "array", "object"):
            ours, theirs = ([shape for shape in side if shape.is_kind(kind)] for side in (sent, taken))
            if not ours or not theirs:
                continue
            if kind in values.SCALARS:
                yield from values.scalars(exchange, kind, ours, theirs)
            else:
                compare = arrays if kind == "array" else objects
                yield from unions(
                    exchange,
                    ours,
                    theirs,
                    lambda one, other, compare=compare: compare(exchange, one, other),  # type: ignore[misc]
                    lambda one, other, compare=compare: self._covers(exchange, compare(exchange, one, other)),  # type: ignore[misc]
                )

    def _alternatives(self, node: Node) -> tuple[Shape, ...]:
        key = (id(node.contract), node)
        if key not in self._shapes:
            self._shapes[key] = alternatives(node)
        return self._shapes[key]

    def _covers(self, exchange: Exchange, steps: Iterator[Step]) -> bool:
        """Whether these steps lead to no difference but harmless ones."""
        pending, seen = list(steps), set[_Pair]()
        while pending:
            step = pending.pop()
            if isinstance(step, SchemaDifference):
                if step.rule not in _HARMLESS:
                    return False
                continue
            below = self._pair(exchange, step)
            if below not in seen:
                seen.add(below)
                pending += self._level(below)
        return True


def _renamed(exchange: Exchange, sent: Node, taken: Node, at: str) -> Iterator[SchemaDifference]:
    """Only generated code knows the names of components; told for the upgraded server."""
    (client, server), names = exchange.sides(sent, taken), exchange.sides(name_of(sent), name_of(taken))
    if exchange.upgraded and all(names) and names[0] != names[1]:
        text = " and ".join(names)
        yield SchemaDifference("component-renamed", at, text, client.follow().pointer, server.follow().pointer)
