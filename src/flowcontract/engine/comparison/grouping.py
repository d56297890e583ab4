"""Group differences: one change shows in many requests, and in many ways.

Two groups are one if their requests and responses share a feature that no matching pair has: the same unusual response,
the same method, unknown resource IDs, one rule.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from flowcontract.checks import Interaction
from flowcontract.checks.status import DENIED
from flowcontract.engine.comparison.exchanges import Pair, PairDifference

_OUTERMOST = ("response", "status")
"""The kinds of difference that hide all others."""


Feature = tuple[tuple[object, ...], ...]
"""Properties that hold together."""


def group(differences: Sequence[PairDifference], pairs: Sequence[Pair]) -> list[list[PairDifference]]:
    """The differences of a comparison in groups, in the order in which they were first seen.

    What changed in the same way is one group; so are differences of one kind in exactly the same requests.
    """
    found: dict[tuple[str, ...], list[PairDifference]] = defaultdict(list)
    bodies = {
        (difference.pair.left.operation.id, difference.location): difference
        for difference in differences
        if difference.kind == "body"
    }
    for difference in differences:
        operation = difference.pair.left.operation.id
        # A schema violation where the shape differs in another response is the same change.
        same = (
            bodies.get((operation, difference.location), difference)
            if difference.kind == "rule" and difference.location
            else difference
        )
        found[operation, "status" if same.kind in _OUTERMOST else same.kind, same.group_key].append(difference)
    concurrent_group: dict[tuple[str, frozenset[Pair]], list[PairDifference]] = defaultdict(list)
    for (_, kind, _), part in _merge(found, pairs).items():
        concurrent_group[kind, frozenset(difference.pair for difference in part)] += part
    return list(concurrent_group.values())


def messages(differences: Sequence[PairDifference], shown: PairDifference) -> tuple[str, ...]:
    """The messages of a group: those of its example, or all statuses if there are several."""
    if shown.kind in _OUTERMOST and len({difference.message for difference in differences}) > 1:
        seen = [
            sorted({difference.sides[index] for difference in differences if difference.sides[index]})
            for index in (0, 1)
        ]
        return (f"A: {', '.join(seen[0])}; B: {', '.join(seen[1])}.",)
    return tuple(dict.fromkeys(difference.message for difference in differences if difference.pair is shown.pair))


def _merge(
    found: dict[tuple[str, ...], list[PairDifference]], pairs: Sequence[Pair]
) -> dict[tuple[str, ...], list[PairDifference]]:
    differing = {difference.pair for part in found.values() for difference in part}
    served = {_key(pair) for pair in pairs if pair.left.success or pair.right.success}
    matching = {feature for pair in pairs if pair not in differing for feature in _features(pair, served)}
    features = {key: _shared(part, served) - matching for key, part in found.items()}
    leads = {key: key for key in found}

    def lead(key: tuple[str, ...]) -> tuple[str, ...]:
        while leads[key] != key:
            key = leads[key]
        return key

    for one, other in combinations(found, 2):
        if one[0] == other[0] and _may_merge(one[1], other[1]) and features[one] & features[other]:
            leads[lead(other)] = lead(one)
    merged: dict[tuple[str, ...], list[PairDifference]] = defaultdict(list)
    for key, part in found.items():
        merged[lead(key)] += part
    return merged


def _may_merge(one: str, other: str) -> bool:
    """Differences in bodies and headers stay separate; differences of whole responses show in several ways."""
    apart = ("body", "header", "value")
    return one == other != "body" if one in apart or other in apart else (one == "rule") == (other == "rule")


def _key(pair: Pair) -> tuple[str, ...]:
    return (pair.left.probe.operation, *pair.left.probe.values.values())


def _shared(differences: Sequence[PairDifference], served: set[tuple[str, ...]]) -> set[Feature]:
    """What all of these have in common."""
    return set.intersection(
        *({*_features(difference.pair, served), *_of_rule(difference)} for difference in differences)
    )


def _of_rule(difference: PairDifference) -> Iterator[Feature]:
    """Any violation of a rule; schema violations are distinguished by their location."""
    if difference.kind == "rule" and not difference.location:
        yield (tuple(difference.group_key.split(" ")[:2]),)


def _features(pair: Pair, served: set[tuple[str, ...]]) -> set[Feature]:
    """The features of a request and its two responses, and all pairs of these. `served`: existing resources."""
    probe = pair.left.probe
    single: list[tuple[object, ...]] = [
        ("method", probe.request.method),
        ("group", probe.group),
        ("label", probe.group, probe.name.removeprefix(f"{probe.group}/").split(" ")[0].partition("/")[0]),
        ("expect", probe.expect),
        ("exists", _key(pair) in served),
        ("A", *_response(pair.left)),
        ("B", *_response(pair.right)),
        ("denied by", _denied_by(pair)),
        ("other content", pair.left.status, _content(pair.left) != _content(pair.right)),
    ]
    return {features for size in (1, 2) for features in combinations(single, size)}


def _denied_by(pair: Pair) -> str:
    """Which side alone denies access, if one does: the other side may have any status."""
    denied = [side.status in DENIED for side in (pair.left, pair.right)]
    failed = any(not side.status or side.status >= 500 for side in (pair.left, pair.right))
    return "" if failed or denied[0] == denied[1] else f"denied by {'B' if denied[1] else 'A'} only"


def _response(interaction: Interaction) -> tuple[str, str]:
    if interaction.exchange.response is None:
        return interaction.exchange.error, ""
    return str(interaction.status), interaction.content_type


def _content(interaction: Interaction) -> tuple[bytes, str | None]:
    response = interaction.exchange.response
    return (response.body, response.header("Content-Length")) if response else (b"", None)
