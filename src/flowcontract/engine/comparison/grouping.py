"""One cause for all differences that have it: what changed once shows in many requests, and in many ways.

Two groups of differences have one cause where their requests and answers have something in common that no request has
which both servers answer alike: the same odd answer, the same method, keys that are unknown, one rule.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from flowcontract.checks import Interaction
from flowcontract.engine.comparison.exchanges import Pair, Trait

_OUTERMOST = ("answer", "status")
"""The kinds of difference that hide any other."""

_REFUSALS = (401, 403)

Feature = tuple[tuple[object, ...], ...]
"""Things that are so together."""


def group(traits: Sequence[Trait], pairs: Sequence[Pair]) -> list[list[Trait]]:
    """The differences of a comparison by cause, in the order in which they were first seen.

    What changed in the same way is one; so is whatever of one kind is seen in the very same requests.
    """
    found: dict[tuple[str, ...], list[Trait]] = defaultdict(list)
    bodies = {(trait.pair.left.operation.id, trait.location): trait for trait in traits if trait.kind == "body"}
    for trait in traits:
        operation = trait.pair.left.operation.id
        # What a schema forbids of a place whose shape differs elsewhere is the same change, seen in another answer.
        same = bodies.get((operation, trait.location), trait) if trait.kind == "rule" and trait.location else trait
        found[operation, "status" if same.kind in _OUTERMOST else same.kind, same.group_key].append(trait)
    concurrent_group: dict[tuple[str, frozenset[Pair]], list[Trait]] = defaultdict(list)
    for (_, kind, _), part in _united(found, pairs).items():
        concurrent_group[kind, frozenset(trait.pair for trait in part)] += part
    return list(concurrent_group.values())


def messages(traits: Sequence[Trait], shown: Trait) -> tuple[str, ...]:
    """What a cause has to say: what its example shows, or all that was seen where it is of several statuses."""
    if shown.kind in _OUTERMOST and len({trait.message for trait in traits}) > 1:
        seen = [sorted({trait.sides[index] for trait in traits if trait.sides[index]}) for index in (0, 1)]
        return (f"A: {', '.join(seen[0])}; B: {', '.join(seen[1])}.",)
    return tuple(dict.fromkeys(trait.message for trait in traits if trait.pair is shown.pair))


def _united(found: dict[tuple[str, ...], list[Trait]], pairs: Sequence[Pair]) -> dict[tuple[str, ...], list[Trait]]:
    differing = {trait.pair for part in found.values() for trait in part}
    served = {_key(pair) for pair in pairs if pair.left.success or pair.right.success}
    alike = {feature for pair in pairs if pair not in differing for feature in _features(pair, served)}
    telling = {key: _shared(part, served) - alike for key, part in found.items()}
    leads = {key: key for key in found}

    def lead(key: tuple[str, ...]) -> tuple[str, ...]:
        while leads[key] != key:
            key = leads[key]
        return key

    for one, other in combinations(found, 2):
        if one[0] == other[0] and _may_unite(one[1], other[1]) and telling[one] & telling[other]:
            leads[lead(other)] = lead(one)
    merged: dict[tuple[str, ...], list[Trait]] = defaultdict(list)
    for key, part in found.items():
        merged[lead(key)] += part
    return merged


def _may_unite(one: str, other: str) -> bool:
    """Places of a body and headers are told apart; what an answer is as a whole shows in several ways."""
    apart = ("body", "header", "value")
    return one == other != "body" if one in apart or other in apart else (one == "rule") == (other == "rule")


def _key(pair: Pair) -> tuple[str, ...]:
    return (pair.left.probe.operation, *pair.left.probe.values.values())


def _shared(traits: Sequence[Trait], served: set[tuple[str, ...]]) -> set[Feature]:
    """What all of these have in common."""
    return set.intersection(*({*_features(trait.pair, served), *_of_rule(trait)} for trait in traits))


def _of_rule(trait: Trait) -> Iterator[Feature]:
    """Whatever of a rule is broken; what breaks a schema is told apart by its place."""
    if trait.kind == "rule" and not trait.location:
        yield (tuple(trait.group_key.split(" ")[:2]),)


def _features(pair: Pair, served: set[tuple[str, ...]]) -> set[Feature]:
    """What there is to say of a request and its two answers, alone and with others. `served`: keys that exist."""
    probe = pair.left.probe
    single: list[tuple[object, ...]] = [
        ("method", probe.request.method),
        ("group", probe.group),
        ("label", probe.group, probe.name.removeprefix(f"{probe.group}/").split(" ")[0].partition("/")[0]),
        ("expect", probe.expect),
        ("key", _key(pair) in served),
        ("A", *_answer(pair.left)),
        ("B", *_answer(pair.right)),
        ("turn", _turn(pair)),
        ("other content", pair.left.status, _content(pair.left) != _content(pair.right)),
    ]
    return {features for size in (1, 2) for features in combinations(single, size)}


def _turn(pair: Pair) -> str:
    """Whether a caller is refused that was not, or the other way round: the statuses beside it may be many."""
    refused = [side.status in _REFUSALS for side in (pair.left, pair.right)]
    failed = any(not side.status or side.status >= 500 for side in (pair.left, pair.right))
    return "" if failed or refused[0] == refused[1] else f"refused by {'B' if refused[1] else 'A'} alone"


def _answer(interaction: Interaction) -> tuple[str, str]:
    if interaction.exchange.response is None:
        return interaction.exchange.error, ""
    return str(interaction.status), interaction.content_type


def _content(interaction: Interaction) -> tuple[bytes, str | None]:
    response = interaction.exchange.response
    return (response.body, response.header("Content-Length")) if response else (b"", None)
