"""The plan: every request worth sending, in order, each with its reason. Pure: no request is sent here.

The plan depends on the contract, the keys, the profile and the seed alone, so it is the same every time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flowcontract.contract import Contract, Operation
from flowcontract.exchange import Target
from flowcontract.probe import Expect, Probe, Relation
from flowcontract.probes.sections import Sections

__all__ = ["BUDGETS", "Expect", "Probe", "Relation", "Values", "default_keys", "discovery", "plan"]

Values = Mapping[str, str]
"""Path parameters by name: one thing that exists on the target."""

BUDGETS: Mapping[str, int] = {"quick": 138, "full": 370}
"""Requests for one operation; the gate asks again for a few more where something failed."""


def default_keys(operation: Operation) -> tuple[Values, ...]:
    """What the contract's own examples answer to, each once."""
    found: dict[tuple[tuple[str, str], ...], Values] = {}
    for values in operation.keys().values():
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
) -> tuple[Probe, ...]:
    """Every request for the operations, in order. `keys`: what exists on the target, by operation id."""
    found: list[Probe] = []
    for operation in operations:
        sections = Sections(contract, operation, target, keys.get(operation.id, ()), allow_unsafe=allow_unsafe)
        generated: list[Probe] = []
        if profile == "full":
            from flowcontract import generated as generation

            generated = sections.generated(generation.cases(contract, operation, seed=seed))
        found += _numbered(_fit(sections, generated, BUDGETS[profile]), operation, alone=len(operations) == 1)
    return tuple(found)


def discovery(contract: Contract, target: Target, operation: Operation, keys: Sequence[Values]) -> list[Probe]:
    """One read of each key, to learn which of them exist on the target."""
    return Sections(contract, operation, target, keys).discovery()


def _fit(sections: Sections, generated: list[Probe], budget: int) -> list[Probe]:
    """As much of each section as the budget allows: what is short goes in whole, the others share the rest."""
    parts = [
        sections.first(),
        sections.credentials(),
        sections.other_keys(),
        sections.heads(),
        sections.unknown_keys(),
        sections.methods(),
        sections.headers(),
        sections.queries(),
        sections.routes(),
        generated,
        sections.last(),
    ]
    essential = (0, len(parts) - 1)
    left = budget - sum(len(parts[index]) for index in essential)
    open_parts = [index for index in range(len(parts)) if index not in essential]
    sizes = {index: 0 for index in open_parts}
    while left > 0 and open_parts:
        share = max(1, left // len(open_parts))
        for index in list(open_parts):
            taken = min(share, len(parts[index]) - sizes[index], left)
            sizes[index] += taken
            left -= taken
            if sizes[index] == len(parts[index]):
                open_parts.remove(index)
    return [
        probe
        for index, part in enumerate(parts)
        for probe in (part if index in essential else part[: sizes[index]])
    ]


def _numbered(probes: list[Probe], operation: Operation, *, alone: bool) -> list[Probe]:
    """Names are unique: with several operations in a plan each begins with its operation's id."""
    if alone:
        return probes
    named = [
        replace(probe, name=f"{probe.name} of {operation.id}", like=f"{probe.like} of {operation.id}" if probe.like else "")
        for probe in probes
    ]
    return named
