"""Mutated cases: each is a pure function of seed and index, and no two are the same request.

The first indices enumerate the systematic cases (boundaries, edits of known IDs, known-bad strings) in an order that
depends on the seed; every later one picks a kind of case and makes it unique with its nonce.
"""

from collections.abc import Sequence

from flowcontract.checks.probe import Probe
from flowcontract.generation.mutations import credentials, queries, resource_ids
from flowcontract.generation.mutations.operation_context import KINDS, Kind, MutationContext, Nonce
from flowcontract.generation.mutations.random_choice import SeededRandom, mixed
from flowcontract.http.messages import Request


class MutatedCases:
    """The mutated cases of one plan."""

    def __init__(self, contexts: Sequence[MutationContext], seed: int) -> None:
        self._seed = seed
        self.systematic = _shuffled(_distinct(contexts), seed)
        self._draws = tuple(_Draw(context) for context in contexts)

    def case(self, index: int) -> Probe:
        """The case at an index, from 0."""
        if index < len(self.systematic):
            return self.systematic[index]
        rng = SeededRandom(self._seed, index)
        nonce = Nonce(mixed(self._seed, index & 0xFFFFFFFF))
        draw = rng.pick(self._draws)
        while True:
            probe = draw.kind(rng).make(draw.context, rng, nonce)
            if probe is not None:
                return probe


class _Draw:
    """One operation, and the kinds of cases that fit it, by weight."""

    def __init__(self, context: MutationContext) -> None:
        self.context = context
        kinds = [kind for kind in KINDS if context.has(kind.needs)]
        self._table = tuple(kind for kind in kinds for _ in range(kind.weight))

    def kind(self, rng: SeededRandom) -> Kind:
        return rng.pick(self._table)


def _distinct(contexts: Sequence[MutationContext]) -> list[Probe]:
    seen: set[Request] = set()
    found = []
    for context in contexts:
        for source in (queries, credentials, resource_ids):
            for probe in source.systematic(context):
                if probe.request not in seen:
                    seen.add(probe.request)
                    found.append(probe)
    return found


def _shuffled(probes: list[Probe], seed: int) -> tuple[Probe, ...]:
    import random

    random.Random(seed).shuffle(probes)  # noqa: S311 - an order, not a secret
    return tuple(probes)
