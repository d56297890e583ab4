"""Cases that Schemathesis and Hypothesis think of: few, and slow to draw beside breadth, but shaped by the schemas.

Hypothesis makes what fails small, and remembers it in its example database, which the campaign store keeps: the
first block of a later campaign begins with it.
"""

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from hypothesis.database import ExampleDatabase

from flowcontract.checks.probe import Expect, Probe
from flowcontract.engine.campaigns.plan import DEPTH_BLOCK, Example
from flowcontract.generation import schemathesis_cases
from flowcontract.generation.mutations.operation_context import INVALID, Deck, excused
from flowcontract.generation.schemathesis_cases import Case


class Examples(ExampleDatabase):
    """Hypothesis's example database for one operation and mode, over values that somebody else keeps.

    Hypothesis names entries after the code of a test; here they belong to what the database was made for.
    """

    def __init__(self, kept: Iterable[bytes] = ()) -> None:
        super().__init__()
        self.kept = dict.fromkeys(kept)

    def fetch(self, key: bytes) -> Iterable[bytes]:
        """What was found to fail: the smallest of each failure alone."""
        return () if _is_aside(key) else tuple(self.kept)

    def save(self, key: bytes, value: bytes) -> None:
        """Keep what fails."""
        if not _is_aside(key):
            self.kept[value] = None

    def delete(self, key: bytes, value: bytes) -> None:
        """Forget what fails no more, or what something smaller stands for now."""
        if not _is_aside(key):
            self.kept.pop(value, None)


def _is_aside(key: bytes) -> bool:
    return key.endswith((b".secondary", b".pareto"))


@dataclass(frozen=True, slots=True)
class Block:
    """One block of cases: the same for the same contract, seed, number, examples and version of the libraries."""

    deck: Deck
    seed: int
    number: int
    examples: tuple[Example, ...] = ()
    """What earlier campaigns found: the block begins with what there is of its operation."""

    def cases(self) -> tuple[tuple[Case, Probe], ...]:
        """Each case, and the probe that it becomes."""
        deck = self.deck
        schemathesis_cases.warm_up().join()
        drawn = schemathesis_cases.cases(
            deck.contract, deck.operation, seed=self._seed, count=DEPTH_BLOCK, remembered=self._remembered
        )
        return tuple((case, probe_of(deck, case)) for case in drawn)

    def shrunk(self, wanted: Case, breaks: Callable[[Case], bool]) -> tuple[Case, tuple[Example, ...]]:
        """The smallest case that Hypothesis finds for which `breaks` is true, as it is for `wanted`, one of this block.

        The cases are drawn again until `wanted` comes; from there on Hypothesis shrinks. Gives the case, and what the
        example database holds of it.
        """
        smallest = wanted
        reached = False
        answers: dict[tuple[Any, ...], bool] = {wanted.identity: True}

        def check(case: Case) -> None:
            nonlocal smallest, reached
            reached = reached or case.identity == wanted.identity
            if reached and case.identity not in answers:
                answers[case.identity] = case.is_short and breaks(case)
            if reached and answers[case.identity]:
                smallest = case
                raise _BrokenError

        deck, examples = self.deck, self._remembered(wanted.mode)
        before = tuple(examples.kept)
        with contextlib.suppress(_BrokenError):
            schemathesis_cases.run(
                deck.contract, deck.operation, wanted.mode, check, seed=self._seed, count=DEPTH_BLOCK, database=examples
            )
        found = (value for value in examples.kept if value not in before)
        return smallest, tuple(Example(deck.operation.id, wanted.mode, value) for value in found)

    @property
    def _seed(self) -> int:
        return self.seed * 1_000_003 + self.number

    def _remembered(self, mode: str) -> Examples:
        mine = (self.deck.operation.id, mode)
        return Examples(each.value for each in self.examples if (each.operation, each.mode) == mine)


class _BrokenError(Exception):
    """Tells Hypothesis that a case fails."""


def probe_of(deck: Deck, case: Case) -> Probe:
    """What is sent for a case, and what a right server owes it."""
    values = {name: unquote(raw, errors="surrogateescape") for name, raw in case.path.items()}
    request = deck.form.request(dict(case.path), deck.good, headers=case.headers, query=case.query, body=case.body)
    probe = Probe(
        "key/generated",
        case.reason,
        deck.operation.id,
        request,
        Expect.ANY,
        values,
        tolerated=INVALID if case.mode == "negative" else (),
        odd=True,
        trigger="generated input",
    )
    if case.plain and deck.shapes:
        name = deck.parameters[-1]
        expect, odd, seen = deck.expected(name, case.path.get(name, ""), values.get(name, ""), values)
        tolerated = (*probe.tolerated, *(excused(expect, values.get(name, "")) if odd else ()))
        return replace(probe, expect=expect, odd=odd, values=seen, plausible=True, tolerated=tolerated)
    return probe
