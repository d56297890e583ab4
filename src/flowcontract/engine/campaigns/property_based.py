"""Property-based cases from Schemathesis and Hypothesis: fewer and slower than mutated cases, but driven by schemas.

Hypothesis shrinks failing cases and stores them in its example database, which is kept in the campaign database: the
first block of a later campaign starts with them.
"""

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from hypothesis.database import ExampleDatabase

from flowcontract.checks.probe import Expect, Probe
from flowcontract.engine.campaigns.plan import BLOCK_SIZE, Example
from flowcontract.generation import schemathesis_cases
from flowcontract.generation.mutations.operation_context import INVALID, MutationContext, tolerated_for
from flowcontract.generation.schemathesis_cases import Case


class Examples(ExampleDatabase):
    """Hypothesis's example database for one operation and mode, in memory.

    Hypothesis keys entries by the code of a test; here all entries belong to the one operation and mode.
    """

    def __init__(self, kept: Iterable[bytes] = ()) -> None:
        super().__init__()
        self.kept = dict.fromkeys(kept)

    def fetch(self, key: bytes) -> Iterable[bytes]:
        """The smallest example of each failure."""
        return () if _is_secondary(key) else tuple(self.kept)

    def save(self, key: bytes, value: bytes) -> None:
        """Database a failing example."""
        if not _is_secondary(key):
            self.kept[value] = None

    def delete(self, key: bytes, value: bytes) -> None:
        """Remove an example that no longer fails, or that a smaller one replaces."""
        if not _is_secondary(key):
            self.kept.pop(value, None)


def _is_secondary(key: bytes) -> bool:
    return key.endswith((b".secondary", b".pareto"))


@dataclass(frozen=True, slots=True)
class Block:
    """A block of cases: deterministic for a contract, seed, number, examples and library versions."""

    context: MutationContext
    seed: int
    number: int
    examples: tuple[Example, ...] = ()
    """Failing examples of earlier campaigns: the block starts with those of its operation."""

    def cases(self) -> tuple[tuple[Case, Probe], ...]:
        """Each case with the request that is sent for it."""
        context = self.context
        schemathesis_cases.warm_up().join()
        generated = schemathesis_cases.cases(
            context.contract, context.operation, seed=self._seed, count=BLOCK_SIZE, remembered=self._remembered
        )
        return tuple((case, probe_of(context, case)) for case in generated)

    def shrink(self, wanted: Case, fails: Callable[[Case], bool]) -> tuple[Case, tuple[Example, ...]]:
        """The smallest failing case that Hypothesis finds by shrinking `wanted`, a failing case of this block.

        The cases are generated again until `wanted` comes up; from there on Hypothesis shrinks. Returns the smallest
        case and the new entries of the example database.
        """
        smallest = wanted
        reached = False
        outcomes: dict[tuple[Any, ...], bool] = {wanted.identity: True}

        def check(case: Case) -> None:
            nonlocal smallest, reached
            reached = reached or case.identity == wanted.identity
            if reached and case.identity not in outcomes:
                outcomes[case.identity] = case.is_short and fails(case)
            if reached and outcomes[case.identity]:
                smallest = case
                raise _CaseFailedError

        context, examples = self.context, self._remembered(wanted.mode)
        before = tuple(examples.kept)
        with contextlib.suppress(_CaseFailedError):
            schemathesis_cases.run(
                context.contract,
                context.operation,
                wanted.mode,
                check,
                seed=self._seed,
                count=BLOCK_SIZE,
                database=examples,
            )
        found = (value for value in examples.kept if value not in before)
        return smallest, tuple(Example(context.operation.id, wanted.mode, value) for value in found)

    @property
    def _seed(self) -> int:
        return self.seed * 1_000_003 + self.number

    def _remembered(self, mode: str) -> Examples:
        mine = (self.context.operation.id, mode)
        return Examples(each.value for each in self.examples if (each.operation, each.mode) == mine)


class _CaseFailedError(Exception):
    """Tells Hypothesis that a case fails."""


def probe_of(context: MutationContext, case: Case) -> Probe:
    """The request of a case, and the response that is expected from a conforming server."""
    values = {name: unquote(raw, errors="surrogateescape") for name, raw in case.path.items()}
    request = context.builder.request(
        dict(case.path), context.valid, headers=case.headers, query=case.query, body=case.body
    )
    probe = Probe(
        "id/generated",
        case.reason,
        context.operation.id,
        request,
        Expect.DOCUMENTED,
        values,
        tolerated=INVALID if case.mode == "negative" else (),
        odd=True,
        trigger="generated input",
    )
    if case.plain and context.shapes:
        name = context.parameters[-1]
        expect, odd, seen = context.expected(name, case.path.get(name, ""), values.get(name, ""), values)
        tolerated = (*probe.tolerated, *(tolerated_for(expect, values.get(name, "")) if odd else ()))
        return replace(probe, expect=expect, odd=odd, values=seen, may_exist=True, tolerated=tolerated)
    return probe
