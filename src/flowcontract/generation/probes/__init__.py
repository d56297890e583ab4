"""The plan: every probe worth sending, in order, each with its reason. Nothing is sent here.

The plan depends on the contract, the known resources, the profile and the seed alone, so it is reproducible.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flowcontract.checks.probe import Expect, Probe, Relation
from flowcontract.generation import schemathesis_cases
from flowcontract.generation.probes import authorization, phases
from flowcontract.generation.probes.operation_context import OperationContext, unique
from flowcontract.generation.schemathesis_cases import Case
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation

__all__ = ["BUDGETS", "Expect", "Probe", "Relation", "Values", "default_path_values", "discovery", "plan"]

Values = Mapping[str, str]
"""Path parameters by name: one existing resource."""

BUDGETS: Mapping[str, int] = {"quick": 138, "full": 370}
"""Requests for one operation, without retries."""


def default_path_values(operation: Operation) -> tuple[Values, ...]:
    """Path parameters of the contract's own examples, each once."""
    found: dict[tuple[tuple[str, str], ...], Values] = {}
    for values in operation.example_path_values().values():
        found.setdefault(tuple(sorted(values.items())), values)
    return tuple(found.values())


def plan(
    contract: Contract,
    target: Target,
    unknown_ids: Mapping[str, Sequence[Values]],
    *,
    profile: str = "quick",
    seed: int = 0,
    operations: Sequence[Operation] = (),
    allow_unsafe: bool = False,
    spent: int = 0,
    draw: bool = True,
) -> tuple[Probe, ...]:
    """Every request for the operations, in order.

    `path_values`: existing resources, by operation ID. `spent`: requests that were needed to find them.
    `draw`: whether the full profile includes generated cases.
    """
    found: list[Probe] = []
    for operation in operations:
        context = OperationContext(
            contract, operation, target, unknown_ids.get(operation.id, ()), allow_unsafe=allow_unsafe
        )
        cases = schemathesis_cases.cases(contract, operation, seed=seed) if profile == "full" and draw else ()
        found += _named(_fit(_phases(context, cases), BUDGETS[profile] - spent), operation, alone=len(operations) == 1)
    return tuple(found)


def discovery(contract: Contract, target: Target, operation: Operation, unknown_ids: Sequence[Values]) -> list[Probe]:
    """One read of each resource, to learn which of them exist on the target."""
    return list(phases.discovery(OperationContext(contract, operation, target, unknown_ids)))


def _phases(context: OperationContext, cases: Sequence[Case]) -> list[tuple[float, list[Probe]]]:
    """The phases of a plan, in order, each with its weight if they do not all fit; 0 is never cut."""
    return [
        (weight, unique(part))
        for weight, part in (
            (0, phases.first(context)),
            (3, authorization.credentials(context)),
            (1, authorization.other_resources(context)),
            (2, phases.heads(context)),
            (4, phases.unknown_resources(context)),
            (1, phases.errors(context)),
            (3, authorization.methods(context)),
            (3, phases.headers(context)),
            (2, phases.queries(context)),
            (1, authorization.routes(context)),
            (1, phases.generated(context, cases)),
            (0, phases.last(context)),
        )
    ]


def _fit(phase_probes: Sequence[tuple[float, list[Probe]]], budget: int) -> list[Probe]:
    """As much of each phase as the budget allows: short phases fit whole, the others share the rest."""
    sizes = [0 if weight else len(part) for weight, part in phase_probes]
    waiting = {index for index, (weight, part) in enumerate(phase_probes) if weight and part}
    left = budget - sum(sizes)
    while left > 0 and waiting:
        total = sum(phase_probes[index][0] for index in waiting)
        round_of = left
        for index in sorted(waiting):
            weight, part = phase_probes[index]
            taken = min(max(1, int(round_of * weight / total)), len(part) - sizes[index], left)
            sizes[index] += taken
            left -= taken
            if sizes[index] == len(part):
                waiting.discard(index)
    return [probe for size, (_, part) in zip(sizes, phase_probes, strict=True) for probe in part[:size]]


def _named(probes: list[Probe], operation: Operation, *, alone: bool) -> list[Probe]:
    """Names are unique: with several operations in a plan each ends with the operation's ID."""
    if alone:
        return probes
    return [
        replace(
            probe,
            name=f"{probe.name} of {operation.id}",
            compare_with=f"{probe.compare_with} of {operation.id}" if probe.compare_with else "",
        )
        for probe in probes
    ]
