"""Two answers to one request, side by side: from the outside in, as far as the first stage that finds something.

What each answer breaks of the contract by itself is compared too, so that a body that is about something else, or a
value that no schema allows, is found though the two have the same shape.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from flowcontract.checks import Context, Interaction, Violation, check_response, relations
from flowcontract.checks.probe import Relation
from flowcontract.engine.comparison import json_shape
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

_BY_STATUS: Mapping[int, tuple[str, ...]] = {
    401: ("www-authenticate",),
    405: ("allow",),
    429: ("retry-after",),
    503: ("retry-after",),
}
"""Headers that HTTP gives a meaning beside a status (RFC 9110), whether or not the contract names them."""
_ELSEWHERE = frozenset({"date", "location", "content-length"})
"""Headers whose values differ between any two servers."""

_INDEX = re.compile(r"/\d+(?=/|$)")


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """What came of one probe at A and at B."""

    left: Interaction
    right: Interaction

    @property
    def size(self) -> tuple[bool, int]:
        """How much there is to look at in the request."""
        request = self.left.exchange.request
        headers = sum(len(name) + len(value) for name, value in request.headers)
        return request.method not in ("GET", "HEAD"), len(request.target) + headers + len(request.body or b"")


@dataclass(frozen=True, slots=True)
class Trait:
    """One way in which a pair differs."""

    pair: Pair
    kind: str
    group_key: str
    """What makes two of them one, within an operation and a kind."""
    message: str
    pointer: str
    sides: tuple[str, str] = ("", "")
    """For a status, an answer or a media type: what A has and what B has."""
    location: str = ""
    """For a body: the place in it, with `*` for any index."""


def compare(
    contract: Contract, targets: tuple[Target, ...], pairs: Sequence[Pair], *, values: bool = False
) -> list[Trait]:
    """Every way in which the pairs differ. `values`: bodies are compared value by value too."""
    context = Context(contract, targets[0], max_response_time=float("inf"))
    contexts = (context, Context(contract, targets[1], max_response_time=float("inf")))
    steady = _steady(pairs)
    found: list[Trait] = []
    alike: dict[str, Pair] = {}
    for pair in pairs:
        traits = list(_outside(contract, pair, steady))
        if not traits and pair.left.exchange.response:
            traits = list(_rules(pair, check_response(contexts[0], pair.left), check_response(contexts[1], pair.right)))
        if not traits and values:
            traits = list(_values(pair))
        found += traits
        if not traits:
            alike[pair.left.probe.name] = pair
    return found + list(_related(alike))


def _sides(pair: Pair) -> tuple[Interaction, Interaction]:
    return pair.left, pair.right


def sides(pair: Pair) -> tuple[str, str]:
    """The status of each side, or why there is none."""
    return tuple(str(side.status) if side.status else side.exchange.error for side in _sides(pair))  # type: ignore[return-value]


def _outside(contract: Contract, pair: Pair, steady: Mapping[tuple[str, int, str], tuple[str, str]]) -> Iterator[Trait]:
    """What differs first: that an answer comes, its status, its media type, its headers, the shape of its body."""
    left, right = _sides(pair)
    ours, theirs = sides(pair)
    pointer = left.operation.pointer
    if ours != theirs:
        kind = "status" if left.status and right.status else "answer"
        yield Trait(pair, kind, f"{ours} {theirs}", f"A: {ours}; B: {theirs}.", f"{pointer}/responses", (ours, theirs))
    elif not left.exchange.response:
        return
    elif left.content_type != right.content_type:
        kinds = [side.content_type or "no Content-Type" for side in _sides(pair)]
        said = f"{ours}: {kinds[0]} at A; {kinds[1]} at B."
        at = left.documented.pointer if left.documented else pointer
        named = (f"{ours} {left.content_type}", f"{ours} {right.content_type}")
        yield Trait(pair, "media type", " ".join(kinds), said, at, named)
    else:
        headers = list(_headers(pair, steady))
        yield from headers or _shapes(contract, pair)


def _named(interaction: Interaction) -> set[str]:
    documented = interaction.documented.headers if interaction.documented else ()
    return {*documented, *_BY_STATUS.get(interaction.status, ())} - {"content-type"}


def _steady(pairs: Sequence[Pair]) -> dict[tuple[str, int, str], tuple[str, str]]:
    """Headers that have one value on each side, by operation, status and name, seen more than once."""
    seen: dict[tuple[str, int, str], tuple[Counter[str], Counter[str]]] = defaultdict(lambda: (Counter(), Counter()))
    for pair in pairs:
        for side, index in ((pair.left, 0), (pair.right, 1)):
            for name in _named(side) - _ELSEWHERE if side.exchange.response else ():
                value = side.response.header(name)
                if value is not None:
                    seen[side.operation.id, side.status, name][index][_canonical(name, value)] += 1
    return {
        key: (next(iter(ours)), next(iter(theirs)))
        for key, (ours, theirs) in seen.items()
        if len(ours) == len(theirs) == 1 and min(ours.total(), theirs.total()) > 1
    }


def _canonical(name: str, value: str) -> str:
    return ", ".join(sorted(word.strip() for word in value.split(","))) if name in ("allow", "vary") else value


def _headers(pair: Pair, steady: Mapping[tuple[str, int, str], tuple[str, str]]) -> Iterator[Trait]:
    left, right = _sides(pair)
    for name in sorted(_named(left)):
        ours, theirs = left.response.header(name), right.response.header(name)
        declared = left.documented.headers.get(name) if left.documented else None
        at = declared.pointer if declared else left.operation.pointer
        title = declared.name if declared else name.title()
        said = f"{title} with {left.status}:"
        if (ours is None) != (theirs is None):
            side = "A" if theirs is None else "B"
            yield Trait(pair, "header", f"{name} {left.status} {side}", f"{said} only {side} sends it.", at)
        elif ours is not None and theirs is not None:
            values = steady.get((left.operation.id, left.status, name))
            if values and values[0] != values[1]:
                yield Trait(pair, "header", f"{name} {left.status}", f"{said} {ours!r} at A; {theirs!r} at B.", at)


def _shapes(contract: Contract, pair: Pair) -> Iterator[Trait]:
    left, right = _sides(pair)
    at = left.media.schema_pointer if left.media else left.operation.pointer
    if bool(left.response.body) != bool(right.response.body):
        side = "A" if left.response.body else "B"
        yield Trait(pair, "body", f"{left.status} {side}", f"Body of {left.status}: only {side} sends one.", at)
    elif left.is_json and not left.json_error and not right.json_error and left.content and right.content:
        schema = left.media.schema if left.media else None
        shapes = (json_shape.shape(contract, schema, side.json) for side in _sides(pair))
        for location, ours, theirs in json_shape.differences(*shapes):
            said = f"{location or 'The whole body'} with {left.status}: {ours} at A; {theirs} at B."
            yield Trait(pair, "body", f"{left.status} {location} {ours} {theirs}", said, at, location=location)


def _rules(pair: Pair, ours: Iterable[Violation], theirs: Iterable[Violation]) -> Iterator[Trait]:
    """What only one of two answers breaks of the contract."""
    broken = [{(violation.rule, violation.group_key): violation for violation in side} for side in (ours, theirs)]
    for letter, one, other in (("A", broken[0], broken[1]), ("B", broken[1], broken[0])):
        for key in sorted(one.keys() - other.keys()):
            violation = one[key]
            said = f"Only {letter} breaks the rule {violation.rule}. {violation.message}"
            location = (
                _INDEX.sub("/*", violation.message.partition(":")[0]) if violation.rule == "schema-violation" else ""
            )
            yield Trait(pair, "rule", f"{letter} {' '.join(key)}", said, violation.pointer, location=location)


def _values(pair: Pair) -> Iterator[Trait]:
    left, right = _sides(pair)
    if not (left.success and left.exchange.response and left.is_json and right.is_json):
        return
    at = left.media.schema_pointer if left.media else left.operation.pointer
    volatile = left.operation.volatile
    for location in relations.differences(left.json, right.json):
        if not any(location == part or location.startswith(f"{part}/") for part in volatile):
            said = f"{location or 'The whole body'} with {left.status}: other values at A than at B."
            yield Trait(pair, "value", f"{left.status} {location}", said, at)


def _related(alike: Mapping[str, Pair]) -> Iterator[Trait]:
    """What only one side breaks of the relations between its own answers."""
    related = [
        (pair, alike[pair.left.probe.compare_with]) for pair in alike.values() if pair.left.probe.compare_with in alike
    ]
    related = [(pair, base) for pair, base in related if pair.left.exchange.response and base.left.exchange.response]
    sides = [[(pair.left, base.left) for pair, base in related], [(pair.right, base.right) for pair, base in related]]
    shaky = [relations.volatile_parts(side) for side in sides]
    noisy = [relations.noisy_headers(side) for side in sides]
    for number, (pair, _) in enumerate(related):
        found = []
        for index in (0, 1):
            interaction, base = sides[index][number]
            repeat = interaction.probe.relation is Relation.REPEAT
            volatile = {
                *interaction.operation.volatile,
                *(() if repeat else shaky[index].get(interaction.operation.id, ())),
            }
            found.append(relations.check_pair(interaction, base, volatile, noisy[index]))
        for trait in _rules(pair, found[0], found[1]):
            yield replace(trait, group_key=" ".join(trait.group_key.split(" ")[:2]))  # Whatever provoked it.
