"""The plan: every request worth sending, in order, each with its reason. Pure: no request is sent here.

The plan depends on the contract, the keys, the profile and the seed alone, so it is the same every time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flowcontract.checks.probe import Expect, Probe, Relation
from flowcontract.generation import schemathesis_cases
from flowcontract.generation.probes import authorization, phases
from flowcontract.generation.probes.operation_context import Subject, unique
from flowcontract.generation.schemathesis_cases import Case
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation

__all__ = ["BUDGETS", "Expect", "Probe", "Relation", "Values", "default_keys", "discovery", "plan"]

Values = Mapping[str, str]
"""Path parameters by name: one thing that exists on the target."""

BUDGETS: Mapping[str, int] = {"quick": 138, "full": 370}
"""Requests for one operation; the gate asks again for a few more where something failed."""


def default_path_values(operation: Operation) -> tuple[Values, ...]:
    """What the contract's own examples answer to, each once."""
    found: dict[tuple[tuple[str, str], ...], Values] = {}
    for values in operation.example_path_values().values():
        found.setdefault(tuple(sorted(values.items())), values)
    return tuple(found.values())


def plan(
    contract: Contract,
    target: Target,
    keys: Mapping[str, Sequence[Values]],
    *,
    profile: str = "quick",
    seed: int = 0,
    operations: Sequence[Operation] = (),
    allow_unsafe: bool = False,
    spent: int = 0,
    draw: bool = True,
) -> tuple[Probe, ...]:
    """Every request for the operations, in order.

    `keys`: what exists on the target, by operation id. `spent`: requests that were needed to find that out.
    `draw`: whether the full profile holds generated cases too.
    """
    found: list[Probe] = []
    for operation in operations:
        subject = Subject(contract, operation, target, keys.get(operation.id, ()), allow_unsafe=allow_unsafe)
        cases = schemathesis_cases.cases(contract, operation, seed=seed) if profile == "full" and draw else ()
        found += _named(_fit(_parts(subject, cases), BUDGETS[profile] - spent), operation, alone=len(operations) == 1)
    return tuple(found)


def discovery(contract: Contract, target: Target, operation: Operation, keys: Sequence[Values]) -> list[Probe]:
    """One read of each key, to learn which of them exist on the target."""
    return list(phases.discovery(Subject(contract, operation, target, keys)))


def _parts(subject: Subject, cases: Sequence[Case]) -> list[tuple[float, list[Probe]]]:
    """The sections of a plan, in order, each with its weight where they do not all fit; 0 is never cut."""
    return [
        (weight, unique(part))
        for weight, part in (
            (0, phases.first(subject)),
            (3, authorization.credentials(subject)),
            (1, authorization.others(subject)),
            (2, phases.heads(subject)),
            (4, phases.unknown_keys(subject)),
            (1, phases.errors(subject)),
            (3, authorization.methods(subject)),
            (3, phases.headers(subject)),
            (2, phases.queries(subject)),
            (1, authorization.routes(subject)),
            (1, phases.generated(subject, cases)),
            (0, phases.last(subject)),
        )
    ]


def _fit(parts: Sequence[tuple[float, list[Probe]]], budget: int) -> list[Probe]:
    """As much of each section as the budget allows: what is short goes in whole, the others share the rest."""
    sizes = [0 if weight else len(part) for weight, part in parts]
    waiting = {index for index, (weight, part) in enumerate(parts) if weight and part}
    left = budget - sum(sizes)
    while left > 0 and waiting:
        total = sum(parts[index][0] for index in waiting)
        round_of = left
        for index in sorted(waiting):
            weight, part = parts[index]
            taken = min(max(1, int(round_of * weight / total)), len(part) - sizes[index], left)
            sizes[index] += taken
            left -= taken
            if sizes[index] == len(part):
                waiting.discard(index)
    return [probe for size, (_, part) in zip(sizes, parts, strict=True) for probe in part[:size]]


def _named(probes: list[Probe], operation: Operation, *, alone: bool) -> list[Probe]:
    """Names are unique: with several operations in a plan each begins with its operation's id."""
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
