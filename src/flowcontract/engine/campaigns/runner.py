"""The case runner of a worker: makes cases by index, sends them and checks the responses."""

import statistics
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from flowcontract.checks import Context, Interaction, check_response, conditional, relations
from flowcontract.checks.findings import Occurrence
from flowcontract.engine.campaigns.metrics import family
from flowcontract.engine.campaigns.plan import BLOCK_SIZE, PackedPlan, Plan, Source
from flowcontract.errors import TargetError
from flowcontract.generation import mutations, probes
from flowcontract.generation.mutations.cases import MutatedCases
from flowcontract.generation.mutations.operation_context import MutationContext, contexts
from flowcontract.http.messages import Exchange, Request
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation

if TYPE_CHECKING:
    from flowcontract.engine.campaigns.property_based import Block
    from flowcontract.generation.schemathesis_cases import Case
from flowcontract.checks.probe import Expect, Probe, Relation
from flowcontract.http.client import Transport

__all__ = ["CaseRunner", "case_runner", "mutations"]

_FEW = 10
"""Number of operations to collect input classes from."""
_SAMPLE = 5_000
"""Number of random cases to collect input classes from."""
_FILLER_START = 1 << 31
"""Mutated cases from this index on fill incomplete property-based blocks; no campaign reaches it otherwise."""
_RUNNERS: dict[tuple[str, int], "CaseRunner"] = {}


def case_runner(packed: PackedPlan) -> "CaseRunner":
    """The case runner of this plan in this thread, made on first use; closes that of another plan."""
    key = (packed.key, threading.get_ident())
    if key not in _RUNNERS:
        for old in [each for each in _RUNNERS if each[1] == key[1]]:
            _RUNNERS.pop(old).close()
        _RUNNERS[key] = CaseRunner(packed.unpack())
    return _RUNNERS[key]


def close_all() -> None:
    """Close all case runners of this process."""
    while _RUNNERS:
        _RUNNERS.popitem()[1].close()


class CaseRunner:
    """Makes, sends and checks cases by index. Not thread-safe."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.contract = plan.contract
        self.target = plan.target
        self.transport = Transport(plan.target, timeout=plan.timeout)
        self._checked_by = Contract(plan.published) if plan.published else self.contract
        self._operations = {name: self._as_published(o) for name, o in self.contract.operations.items()}
        self._volatile: dict[str, tuple[str, ...]] = {name: o.volatile for name, o in self._operations.items()}
        self._noisy: frozenset[str] = frozenset()
        # A server may close an idle connection at any time: the response on a new connection counts.
        self._context = Context(
            self._checked_by,
            plan.target,
            strict=plan.published is not None,
            max_response_time=plan.bound,
            closes_idle_connections=True,
            known_ids=frozenset(text for each in plan.known.values() for values in each for text in values.values()),
        )
        self._bases: dict[str, Interaction | None] = {}
        self._blocks: dict[int, tuple[tuple[Case, Probe], ...]] = {}
        self._ready = False

    def _as_published(self, operation: Operation) -> Operation:
        if self._checked_by is self.contract or operation.id not in self._checked_by.operations:
            return operation
        return replace(
            self._checked_by.operation(operation.id),
            invariants=operation.invariants, volatile=operation.volatile, extensions=operation.extensions,
        )  # fmt: skip

    def close(self) -> None:
        """Close the connection."""
        self.transport.close()

    # Cases

    @cached_property
    def contexts(self) -> tuple[MutationContext, ...]:
        """A mutation context for each operation that may be sent."""
        plan = self.plan
        return contexts(
            self.contract, plan.target, plan.known, operations=plan.operations, corpus=plan.corpus, unsafe=plan.unsafe
        )

    @cached_property
    def mutated(self) -> MutatedCases:
        """The mutated cases."""
        return MutatedCases(self.contexts, self.plan.seed)

    def probe(self, source: Source, index: int) -> Probe:
        """The case of a source at an index; mutated cases fill property-based blocks that have too few cases."""
        if source is Source.MUTATED:
            return self.mutated.case(index)
        if source is Source.PROPERTY_BASED:
            generated = self.generated(index)
            return generated[1] if generated else self.mutated.case(_FILLER_START + index)
        return (self.plan.planned if source is Source.PLAN else self.plan.regressions)[index]

    def generated(self, index: int) -> "tuple[Case, Probe] | None":
        """The property-based case at an index and its probe; None if its block has fewer cases."""
        number, position = divmod(index, BLOCK_SIZE)
        if number not in self._blocks:
            self._blocks.clear()
            self._blocks[number] = self.block(index).cases()
        cases = self._blocks[number]
        return cases[position] if position < len(cases) else None

    def block(self, index: int) -> "Block":
        """The block of a property-based case. The first block of each operation starts with stored examples."""
        from flowcontract.engine.campaigns.property_based import Block

        number = index // BLOCK_SIZE
        examples = self.plan.examples if number < len(self.contexts) else ()
        return Block(self.contexts[number % len(self.contexts)], self.plan.seed, number, examples)

    # Requests and checks

    def send(self, probe: Probe) -> Interaction:
        """Send a probe."""
        if probe.new_connection:
            self.transport.close()
        exchange = self.target.redacted(self.transport.send(probe.request))
        return Interaction(probe, self._operations[probe.operation], exchange)

    def check(self, interaction: Interaction) -> list[Occurrence]:
        """The violations of a response by itself, otherwise in relation to its reference response."""
        violations = check_response(self._context, interaction)
        probe = interaction.probe
        if violations:
            base = self._base(probe.compare_with) if probe.compare_with else None
            derived = base is not None and conditional.is_conditional_response(interaction, base)
            return [] if derived else [Occurrence(violation, interaction) for violation in violations]
        if not probe.compare_with or probe.relation is Relation.NONE:
            return []
        base = self._base(probe.compare_with)
        if base is None:
            return []
        volatile = self._volatile[probe.operation]
        return [
            Occurrence(violation, interaction, base)
            for violation in relations.check_pair(interaction, base, volatile, self._noisy)
        ]

    def is_up(self) -> bool:
        """Whether the target accepts connections."""
        try:
            self.transport.connect()
        except TargetError:
            return False
        return True

    # Responses to compare with

    @cached_property
    def _references(self) -> Mapping[str, Probe]:
        return {probe.name: probe for context in self.contexts for probe in reference_probes(context)}

    @cached_property
    def _planned_by_name(self) -> Mapping[str, Probe]:
        return {probe.name: probe for probe in self.plan.planned}

    def _base(self, name: str) -> Interaction | None:
        """The reference response, requested on first use; None if it has violations itself."""
        if not self._ready:
            self._prepare()
        if name not in self._bases:
            probe = self._references.get(name) or self._planned_by_name.get(name)
            self._bases[name] = self._without_violations(probe) if probe else None
        return self._bases[name]

    def _without_violations(self, probe: Probe) -> Interaction | None:
        interaction = self.send(probe)
        return None if check_response(self._context, interaction) else interaction

    def _prepare(self) -> None:
        """Find out which members differ between two equal requests, so that they are ignored in comparisons."""
        self._ready = True
        for context in self.contexts:
            pairs = []
            for probe in reference_probes(context)[:1]:
                base, again = (
                    self._without_violations(probe),
                    self._without_violations(replace(probe, relation=Relation.REPEAT)),
                )
                pairs += [(again, base)] if base and again else []
            unstable = relations.volatile_parts(pairs).get(context.operation.id, frozenset())
            self._volatile[context.operation.id] += tuple(sorted(unstable))


def reference_probes(context: MutationContext) -> list[Probe]:
    """The simplest request for each existing resource."""
    if not (context.has_existing and context.may_succeed):
        return []
    return [
        Probe(
            context.reference(values), "an existing resource is found, and its response is as documented",
            context.operation.id, context.builder.request(context.raw(values), context.valid), Expect.SUCCESS, values,
        )
        for values in context.known
    ]  # fmt: skip


def planned(plan: Plan) -> tuple[Probe, ...]:
    """The gate's plan for the operations of a campaign; safe requests only, unless the plan is unsafe."""
    contract = plan.contract
    operations = [contract.operation(name) for name in plan.operations]
    whole = probes.plans(contract, plan.target, plan.known, operations=operations, allow_unsafe=plan.unsafe)
    return tuple(probe for probe in whole if plan.unsafe or is_safe(probe.request))


def classes(plan: Plan) -> list[str]:
    """All input classes of a campaign with this plan, taken from its first operations."""
    few = replace(plan, operations=plan.operations[:_FEW])
    mutated = CaseRunner(few).mutated
    sample = range(len(mutated.systematic), len(mutated.systematic) + _SAMPLE)
    probes = (*plan.planned, *mutated.systematic, *map(mutated.case, sample))
    return sorted({family(probe.name) for probe in probes})


def is_safe(request: Request) -> bool:
    """Whether a request changes nothing: a safe method, and no header or parameter that overrides the method."""
    overriding = any("override" in name.lower() or name.lower() == "x-http-method" for name, _ in request.headers)
    return request.method in ("GET", "HEAD", "OPTIONS") and not overriding and "_method" not in request.target


def slow_threshold(exchanges: Sequence[Exchange]) -> float:
    """Seconds after which a response is slow: 20 times the median, at least the gate's 2 s."""
    times = [exchange.response.elapsed for exchange in exchanges if exchange.response]
    return max(2.0, 20 * statistics.median(times)) if times else 2.0
