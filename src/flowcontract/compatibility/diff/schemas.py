"""Compare two schemas: what changes for a client of one contract with a server of the other.

Each pair of schemas is compared once, on its first level. What operations reach is found by going through the pairs.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from flowcontract.compatibility.diff import values
from flowcontract.compatibility.diff.containment import contained, divides, excludes, is_scalar, possible
from flowcontract.compatibility.diff.equality import Equality
from flowcontract.compatibility.diff.objects import arrays, objects
from flowcontract.compatibility.diff.shapes import Node, Shape, alternatives, is_list_of_objects, name_of
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
_EXCLUDING = frozenset(
    {"type", "null", "optional-null", "enum-value", "enum-opened", "bounds", "pattern", "values", "undecided"}
    | {"variant", "variant-ambiguous", "field-required", "field-rejected", "field-forbidden", "field-optional"}
    | {"field-missing", "nullable-field-missing", "closed"}
)
"""Differences with which a value that is sent may be one that is not taken; without `request-` and `response-`."""


@dataclass(frozen=True, slots=True)
class _Pair:
    exchange: Exchange
    sent: Node
    taken: Node
    optional: bool


@dataclass(frozen=True, slots=True)
class _Level:
    """What comparing a pair found: differences on its first level, and the pairs below that are not the same."""

    differences: tuple[SchemaDifference, ...] = ()
    below: tuple[tuple[str, _Pair], ...] = ()


class Comparison:
    """Compares the schemas of two contracts, and remembers each pair."""

    def __init__(self, *, upgraded: bool) -> None:
        """`upgraded`: the server's contract is the newer one."""
        self._exchanges = Exchange("response", upgraded), Exchange("request", upgraded)
        self._levels: dict[_Pair, _Level] = {}
        self._found: dict[_Pair, tuple[SchemaDifference, ...]] = {}
        self._shapes: dict[tuple[int, Node], tuple[Shape, ...]] = {}
        self._equality = Equality()

    def response(self, client: Node, server: Node) -> Iterator[SchemaDifference]:
        """What the client may not understand in responses. Each difference is at its first location."""
        return self._all(Below("", server, client), self._exchanges[0])

    def request(self, client: Node, server: Node) -> Iterator[SchemaDifference]:
        """What the server may reject in requests; each difference as in `response`."""
        return self._all(Below("", client, server), self._exchanges[1])

    def _all(self, root: Below, exchange: Exchange) -> Iterator[SchemaDifference]:
        yield from _renamed(exchange, root)
        pair = self._pair(exchange, root)
        if pair not in self._found:
            self._found[pair] = tuple(self._reached(pair))
        yield from self._found[pair]

    def _reached(self, pair: _Pair) -> Iterator[SchemaDifference]:
        """Every difference that is reached from a pair, breadth first."""
        pending, seen = deque([("", pair, 0)]), {pair}
        while pending:
            at, pair, depth = pending.popleft()
            level = self._level(pair)
            for difference in level.differences:
                yield replace(difference, at=at + difference.at)
            for field, below in level.below if depth < _DEPTH else ():
                if below not in seen:
                    seen.add(below)
                    pending.append((at + field, below, depth + 1))

    def _pair(self, exchange: Exchange, step: Below) -> _Pair:
        return _Pair(exchange, step.sent.follow(), step.taken.follow(), step.optional)

    def _level(self, pair: _Pair) -> _Level:
        found = self._levels.get(pair)
        if found is None:
            self._levels[pair] = (
                _Level()
            )  # A union within itself differs in nothing while its alternatives are compared.
            found = self._levels[pair] = self._compared(pair)
        return found

    def _compared(self, pair: _Pair) -> _Level:
        if self._equality.same(pair.sent, pair.taken):
            return _Level()
        differences, below = list[SchemaDifference](), list[tuple[str, _Pair]]()
        for step in self._compare(pair):
            if isinstance(step, SchemaDifference):
                differences.append(step)
                continue
            differences += _renamed(pair.exchange, step)
            under = self._pair(pair.exchange, step)
            if not self._equality.same(under.sent, under.taken):
                below.append((step.at, under))
        excluding = [one for one in differences if one.rule.partition("-")[2] in _EXCLUDING]
        if excluding and contained(pair.exchange, pair.sent, pair.taken):
            differences = [one for one in differences if one not in excluding]
        elif not excluding and not below:
            differences += self._excluded(pair)
        return _Level(tuple(differences), tuple(below))

    def _excluded(self, pair: _Pair) -> Iterator[SchemaDifference]:
        """Values that are sent, and not taken because of several parts of a schema together."""
        sent, taken = self._alternatives(pair.sent), self._alternatives(pair.taken)
        if sent and excludes(pair.exchange, pair.sent, pair.taken, sent, taken):
            taken_at = taken[0] if taken else pair.taken.pointer
            is_choice = pair.exchange.way == "request" and any(shape.choice for shape in taken)
            if is_choice:
                text = "matches no alternative, or more than one"
                yield pair.exchange.difference("variant-ambiguous", text, sent[0], taken_at)
            else:
                text = "may violate the schema" if pair.exchange.way == "response" else "must satisfy the schema"
                yield pair.exchange.difference("values", text, sent[0], taken_at)

    def _compare(self, pair: _Pair) -> Iterator[Step]:
        exchange = pair.exchange
        sent, taken = self._alternatives(pair.sent), self._alternatives(pair.taken)
        if not sent:
            return
        loses_list = exchange.way == "response" and not pair.optional and is_list_of_objects(pair.taken)
        for step in (
            *values.types(exchange, sent, taken, pair.taken.pointer),
            *values.null(exchange, sent, taken, optional=pair.optional),
        ):
            yield replace(step, loses_list=loses_list)
        yield from values.defaults(exchange, sent, taken)
        for kind in (*values.SCALARS, "array", "object"):
            ours, theirs = ([shape for shape in side if shape.is_kind(kind)] for side in (sent, taken))
            if not ours or not theirs:
                continue
            if kind in values.SCALARS:
                yield from values.scalars(exchange, kind, ours, theirs)
            elif (enumerated := values.compounds(exchange, kind, ours, theirs)) is not None:
                yield from enumerated
            else:
                compare = arrays if kind == "array" else objects
                yield from unions(
                    exchange,
                    ours,
                    theirs,
                    lambda one, other, compare=compare: compare(exchange, one, other),  # type: ignore[misc]
                    lambda one, other, compare=compare: self._covers(exchange, compare(exchange, one, other)),  # type: ignore[misc]
                    lambda one, others: self._is_divided(exchange, one, others),
                )

    def _alternatives(self, node: Node) -> tuple[Shape, ...]:
        key = (id(node.contract), node)
        if key not in self._shapes:
            self._shapes[key] = tuple(possible(shape) for shape in alternatives(node))
        return self._shapes[key]

    def _is_divided(self, exchange: Exchange, sent: Shape, taken: Sequence[Shape]) -> bool:
        """Whether alternatives of the same fields divide what is sent among them, by the values of some fields."""
        fields = sent.visible(exchange.hidden)
        if not fields or any(shape.properties.keys() != sent.properties.keys() for shape in taken):
            return False
        known = [shape.visible(exchange.hidden) for shape in taken]
        deep = [name for name, node in fields.items() if not is_scalar(node)]
        if any(fields.keys() != each.keys() for each in known) or not all(
            self._equality.same(fields[name], each[name]) for each in known for name in deep
        ):
            return False
        return divides(sent, taken)

    def _covers(self, exchange: Exchange, steps: Iterator[Step]) -> bool:
        """Whether these steps lead to no difference but harmless ones."""
        pending, seen = list[_Pair](), set[_Pair]()
        for step in steps:
            if isinstance(step, Below):
                pending.append(self._pair(exchange, step))
            elif step.rule not in _HARMLESS:
                return False
        while pending:
            pair = pending.pop()
            if pair in seen:
                continue
            seen.add(pair)
            level = self._level(pair)
            if any(difference.rule not in _HARMLESS for difference in level.differences):
                return False
            pending += (below for _, below in level.below)
        return True


def _renamed(exchange: Exchange, step: Below) -> Iterator[SchemaDifference]:
    """Only generated code knows the names of components; told for the upgraded server."""
    if not exchange.upgraded:
        return
    client, server = exchange.sides(step.sent, step.taken)
    names = name_of(client), name_of(server)
    if all(names) and names[0] != names[1]:
        pointers = client.follow().pointer, server.follow().pointer
        yield SchemaDifference("component-renamed", step.at, " and ".join(names), *pointers)
