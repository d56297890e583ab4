"""One cause for all differences that have it: what changed once shows in many requests, and in many ways."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations

from flowcontract.compare.beside import Pair, Trait, sides

_OUTERMOST = ("answer", "status")
"""The kinds of difference that hide any other."""
_REFUSALS = ("401", "403")


def group(traits: Sequence[Trait], pairs: Sequence[Pair]) -> list[list[Trait]]:
    """The differences of a comparison by cause, in the order in which they were first seen.

    Two ways to change a status are one where they are the same pair of statuses, or have on one side the same status,
    one that is unusual for such requests. Whatever of one kind is seen in the very same requests has one cause, too.
    """
    found: dict[tuple[str, ...], list[Trait]] = defaultdict(list)
    bodies = {(trait.pair.left.operation.id, trait.place): trait for trait in traits if trait.kind == "body"}
    for trait in traits:
        operation = trait.pair.left.operation.id
        # What a schema forbids of a place whose shape differs elsewhere is the same change, seen in another answer.
        same = bodies.get((operation, trait.place), trait) if trait.kind == "rule" and trait.place else trait
        found[operation, "status" if same.kind in _OUTERMOST else same.kind, same.cause].append(trait)
    together: dict[tuple[str, frozenset[Pair]], list[Trait]] = defaultdict(list)
    for (_, kind, _), part in _united(found, pairs).items():
        together[kind, frozenset(trait.pair for trait in part)] += part
    return list(together.values())


def messages(traits: Sequence[Trait], shown: Trait) -> tuple[str, ...]:
    """What a cause has to say: what its example shows, or all that was seen where it is of several statuses."""
    if shown.kind in _OUTERMOST and len({trait.message for trait in traits}) > 1:
        seen = [sorted({trait.sides[index] for trait in traits}) for index in (0, 1)]
        return (f"A: {', '.join(seen[0])}; B: {', '.join(seen[1])}.",)
    return tuple(dict.fromkeys(trait.message for trait in traits if trait.pair is shown.pair))


def _united(found: dict[tuple[str, ...], list[Trait]], pairs: Sequence[Pair]) -> dict[tuple[str, ...], list[Trait]]:
    usual = _usual(pairs, {trait.pair for part in found.values() for trait in part})
    leads = {key: key for key in found}

    def lead(key: tuple[str, ...]) -> tuple[str, ...]:
        while leads[key] != key:
            key = leads[key]
        return key

    for one, other in combinations(found, 2):
        if one[:2] == other[:2] and one[1] in ("status", "media type") and _alike(found[one], found[other], usual):
            leads[lead(other)] = lead(one)
    merged: dict[tuple[str, ...], list[Trait]] = defaultdict(list)
    for key, part in found.items():
        merged[lead(key)] += part
    return merged


def _usual(pairs: Sequence[Pair], differing: set[Pair]) -> set[tuple[str, str, str]]:
    """What both answer alike: operation, group of probes, status and with it the media type."""
    found = set()
    for pair in pairs:
        if pair not in differing:
            status, probe = sides(pair)[0], pair.left.probe
            content_type = pair.left.content_type if pair.left.exchange.response else ""
            found |= {
                (probe.operation, probe.group, status),
                (probe.operation, probe.group, f"{status} {content_type}"),
            }
    return found


def _alike(one: Sequence[Trait], other: Sequence[Trait], usual: set[tuple[str, str, str]]) -> bool:
    """Whether two ways in which a status or a media type changed are one change."""
    operation = one[0].pair.left.operation.id
    for index in (0, 1):
        said, changed = one[0].sides[index], {one[0].sides[1 - index], other[0].sides[1 - index]}
        if said != other[0].sides[index]:
            continue
        if any(_down(part, index) for part in (one, other)):
            return True
        if said in _REFUSALS and not any(_failed(status) or status in _REFUSALS for status in changed):
            return True
        groups = {trait.pair.left.probe.group for trait in one} & {trait.pair.left.probe.group for trait in other}
        if groups and not any((operation, name, said) in usual for name in groups):
            return True
    return False


def _down(traits: Sequence[Trait], index: int) -> bool:
    """Whether a failure is what even a plain success was answered with."""
    trait = traits[0]
    if not _failed(trait.sides[index]) or not trait.sides[1 - index].startswith("2"):
        return False
    return any(not each.pair.left.probe.trigger for each in traits)


def _failed(said: str) -> bool:
    return not said[:1].isdecimal() or said[:3] >= "500"
