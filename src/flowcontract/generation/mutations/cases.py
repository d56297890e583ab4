"""Cheap cases for volume: each is a pure function of (seed, index), and no two are the same request.

The first indices walk through everything systematic (boundaries, edits of known keys, what breaks servers) in an
order of the seed; every later one draws a kind and puts its own mark, the mixed index, into what it varies.
"""

from collections.abc import Sequence

from flowcontract.checks.probe import Probe
from flowcontract.generation.mutations import credentials, queries, resource_ids
from flowcontract.generation.mutations.operation_context import KINDS, Deck, Kind, Nonce
from flowcontract.generation.mutations.random_choice import Dice, mixed
from flowcontract.http.messages import Request


class Breadth:
    """The breadth cases of one plan."""

    def __init__(self, decks: Sequence[Deck], seed: int) -> None:
        self._seed = seed
        self.systematic = _shuffled(_distinct(decks), seed)
        self._draws = tuple(_Draw(deck) for deck in decks)

    def case(self, index: int) -> Probe:
        """The case at an index, from 0."""
        if index < len(self.systematic):
            return self.systematic[index]
        dice = Dice(self._seed, index)
        nonce = Nonce(mixed(self._seed, index & 0xFFFFFFFF))
        draw = dice.pick(self._draws)
        while True:
            probe = draw.kind(dice).make(draw.deck, dice, nonce)
            if probe is not None:
                return probe


class _Draw:
    """One deck, and the kinds that fit it by their weight."""

    def __init__(self, deck: Deck) -> None:
        self.deck = deck
        kinds = [kind for kind in KINDS if deck.has(kind.needs)]
        self._table = tuple(kind for kind in kinds for _ in range(kind.weight))

    def kind(self, dice: Dice) -> Kind:
        return dice.pick(self._table)


def _distinct(decks: Sequence[Deck]) -> list[Probe]:
    seen: set[Request] = set()
    found = []
    for deck in decks:
        for source in (queries, credentials, resource_ids):
            for probe in source.systematic(deck):
                if probe.request not in seen:
                    seen.add(probe.request)
                    found.append(probe)
    return found


def _shuffled(probes: list[Probe], seed: int) -> tuple[Probe, ...]:
    import random

    random.Random(seed).shuffle(probes)  # noqa: S311 - an order, not a secret
    return tuple(probes)
