"""Where the cases of a campaign come from: each source is a phase of the gate that runs over some operations.

A phase becomes a source with one line in `SOURCES`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from flowcontract.engine.campaigns.plan import FailureGroup, Plan, Shard
from flowcontract.engine.phases import generated, mutated, probing, sequences, success
from flowcontract.engine.session import Session
from flowcontract.generation.schemathesis_config import DETERMINISTIC


@dataclass(frozen=True, slots=True)
class Source:
    """One source of cases."""

    name: str
    run: Callable[[Session, Plan, int], None]
    """Runs a shard: a session over the shard's operations, with the shard's seed; the plan, and the shard's number."""
    together: int = 0
    """Operations in one shard; 0 for all of them."""
    parts: int = 1
    """Shards about the same operations in one round."""
    once: bool = False
    """Its cases follow from the contract: there is one round. Others go on with ever new seeds."""
    promise: float = 10.0
    """What it is expected to discover in its first CPU second: the higher, the earlier it has its turn."""
    is_first: bool = False
    """It runs before all others, whatever the limits of cases: few shards follow from what is known already."""
    is_unsafe: bool = False
    """It writes: it runs with --allow-unsafe only."""

    def shards(self, operations: int) -> int:
        """Shards in one round, after which every operation had its turn."""
        return self.parts * max(1, -(-operations // (self.together or max(1, operations))))


REGRESSIONS = "regressions"
"""The source that looks for the failures of earlier campaigns."""
_FAILURES = 10
"""Failures of earlier campaigns in one shard."""


def regressions_of(plan: Plan, number: int) -> tuple[FailureGroup, ...]:
    """The failures of earlier campaigns that a shard looks for."""
    return plan.regressions[number * _FAILURES : (number + 1) * _FAILURES]


def _nothing(_: Session, __: Plan, ___: int) -> None:
    """Regressions have sessions of their own."""


_SCENARIOS = 4
"""Scenarios of sequences in one shard: each shard creates objects of its own first."""


def _sequences(session: Session, _: Plan, number: int) -> None:
    sequences.run(session, 1.0, sequences.SCENARIOS[number * _SCENARIOS : (number + 1) * _SCENARIOS])
    success.run_for_created(session)


SOURCES: Mapping[str, Source] = {
    source.name: source
    for source in (
        Source(REGRESSIONS, _nothing, once=True, is_first=True),
        Source("probes", lambda session, *_: probing.run(session), once=True, promise=500),
        Source(
            "sequences",
            _sequences,
            parts=-(-len(sequences.SCENARIOS) // _SCENARIOS),
            once=True,
            promise=200,
            is_unsafe=True,
        ),
        Source("coverage", lambda session, *_: generated.run(session, DETERMINISTIC, 1.0), 4, once=True, promise=40),
        Source("mutated", lambda session, *_: mutated.run(session), together=3, promise=30),
        Source("stateful", lambda session, *_: generated.run(session, ("stateful",), 1.0), promise=20),
        Source("fuzzing", lambda session, *_: generated.run(session, ("fuzzing",), 1.0), together=4, promise=15),
    )
}


def sources_of(plan: Plan) -> dict[str, Source]:
    """The sources that have cases for a plan."""
    return {
        name: replace(source, parts=-(-len(plan.regressions) // _FAILURES)) if name == REGRESSIONS else source
        for name, source in SOURCES.items()
        if (name != REGRESSIONS or plan.regressions) and (plan.settings.allow_unsafe or not source.is_unsafe)
    }


def operations_of(source: Source, number: int, selected: Sequence[str]) -> tuple[str, ...]:
    """IDs of the operations of a shard."""
    if not source.together:
        return tuple(selected)
    first = number % source.shards(len(selected)) * source.together
    return tuple(selected[first : first + source.together])


def seed_of(seed: int, shard: Shard) -> int:
    """The seed of a shard: another one for each, the same for the same campaign seed."""
    return (seed * 1_000_003 + shard.number * 7_919) % 2**31
