"""Our probes: requests whose responses tell what generated cases cannot, each with its reason. Nothing is sent here.

The plan depends on the contract, the known resources and the seed alone, so it is reproducible.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice

from flowcontract.checks.probe import Expect, Probe, Relation
from flowcontract.generation.probes import authorization, phases
from flowcontract.generation.probes.header_variants import CODINGS
from flowcontract.generation.probes.operation_context import OperationContext, title, unique
from flowcontract.generation.resources import Values
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation

__all__ = [
    "BUDGET", "SAMPLED", "Expect", "OperationContext", "Probe", "Relation", "Values", "asked_once", "discovery",
    "essential", "plan", "plans", "representatives",
]  # fmt: skip

BUDGET = 412
"""Probes of one operation, at most."""
_UNKNOWN = 4
"""IDs that name no resource, for every operation: empty, well-formed, and two that code for one type of ID fails on."""
_METHODS = 5
"""Requests with undocumented methods that every operation gets: two methods, and what is sent before them;"""
_HEADERS = 3
"""headers that it gets: an operation may handle either in a way of its own."""
_TEXTS = 7
"""Special texts in query parameters that every operation gets,"""
_VALUES = 8
"""and other unusual values;"""
_CHOICES = 8
"""values of filters that every operation gets;"""
_SAME_VALUE = 2
"""operations that the same value of a parameter of the same name is sent to: what reads it is the same for all."""
_LEAST = 60
"""Probes of one representative operation, at least."""

_ONCE = frozenset({"many parameters"})
"""Triggers that one operation gets: the parser of requests is the same for all."""

SAMPLED = frozenset({"error", "header", "id", "query", "route", "text", "value"})
"""Groups of probes that not every operation gets, each with a name that is the same in all of them."""


def representatives(operations: Sequence[Operation]) -> list[Operation]:
    """One operation for each way in which a server may handle HTTP differently.

    Probes about HTTP and not about one operation are sent to these alone: every shape of path, every security
    requirement, every media type of the success has one.
    """
    found: dict[tuple[object, ...], Operation] = {}
    for operation in operations:
        success = operation.success()
        shape = (
            operation.method,
            len(operation.path_parameters()),
            operation.path.endswith("/"),
            operation.is_open,
            tuple(sorted({scheme.name for alternative in operation.security for scheme in alternative})),
            tuple(success.media) if success else (),
        )
        found.setdefault(shape, operation)
    return list(found.values())


def budget(count: int) -> int:
    """Probes for each of `count` representative operations."""
    return max(min(BUDGET, BUDGET * 4 // max(1, count)), _LEAST)


def plan(context: OperationContext, budget: int) -> tuple[Probe, ...]:
    """The probes of one operation, in order; of each group the most informative ones where they do not all fit."""
    return _named(_fit(_phases(context), budget), context)


def essential(context: OperationContext) -> tuple[Probe, ...]:
    """The probes that every operation gets: those about the operation itself."""
    chosen = (
        *phases.first(context),
        *islice(authorization.credentials(context), 4),
        *authorization.without_permission(context),
        *islice(phases.unknown_resources(context), _UNKNOWN),
        *islice(phases.heads(context), 2),
        *islice(phases.queries(context), 2 if any(p.location == "query" for p in context.operation.parameters) else 1),
        *islice(phases.texts(context), _TEXTS),
        *islice(phases.unusual_values(context), _VALUES),
        *islice(phases.choices(context), _CHOICES),
        *phases.second_page(context),
        *phases.last_page(context),
        *phases.full_last_page(context),
        *phases.next_pages(context),
        *islice(authorization.methods(context), _METHODS),
        *islice(phases.headers(context), _HEADERS + (len(CODINGS) if context.is_longest else 0)),
        *authorization.other_users(context),
    )
    names = {probe.name for probe in chosen}
    return _named(
        [
            probe if probe.compare_with in names else replace(probe, compare_with="", relation=Relation.NONE)
            for probe in unique(chosen)
        ],
        context,
    )


def asked_once(planned: Sequence[tuple[Probe, ...]]) -> list[tuple[Probe, ...]]:
    """The plans of several operations, with what is slow and the same everywhere in the first alone.

    The same holds for the values of a parameter that several operations share, and the first two.
    """
    seen: Counter[str] = Counter()
    found = []
    for probes in planned:
        keys = [(probe, _asked(probe)) for probe in probes]
        found.append(tuple(probe for probe, (key, most) in keys if not key or seen[key] < most))
        seen.update({key for _, (key, _) in keys if key})
    return found


def _asked(probe: Probe) -> tuple[str, int]:
    """What is asked of so many operations at most; an empty text if all are asked."""
    if probe.trigger in _ONCE:
        return probe.trigger, 1
    return (probe.name.partition(" of ")[0], _SAME_VALUE) if probe.group == "value" else ("", 0)


def plans(
    contract: Contract,
    target: Target,
    known: Mapping[str, Sequence[Values]],
    *,
    operations: Sequence[Operation],
    allow_unsafe: bool = False,
) -> tuple[Probe, ...]:
    """The full plan of each operation, with what is known about its resources, and a read of each of them.

    Whether anonymous callers are denied is not known here: undocumented unsafe methods need `allow_unsafe`, and an
    operation that requires credentials.
    """
    contexts = [
        OperationContext(
            contract,
            operation,
            target,
            known.get(operation.id, ()),
            allow_unsafe=allow_unsafe,
            denies_anonymous=allow_unsafe and not operation.is_open,
        )
        for operation in operations
    ]
    return tuple(
        probe
        for context in contexts
        for probe in (*plan(context, BUDGET), *_named(list(phases.others(context)), context))
    )


def discovery(contract: Contract, target: Target, operation: Operation, known: Sequence[Values]) -> list[Probe]:
    """One read of each resource, to learn which of them exist on the target."""
    context = OperationContext(contract, operation, target, known)
    if not context.readable:
        return []
    return [
        context.probe(f"discovery/{title(values)}", "find out whether this resource exists", values, Expect.UNSPECIFIED)
        for values in context.known
    ]


def _phases(context: OperationContext) -> list[tuple[float, list[Probe]]]:
    """The groups of a plan, in order, each with its weight if they do not all fit; 0 is never cut."""
    return [
        (weight, unique(part))
        for weight, part in (
            (0, phases.first(context)),
            (3, authorization.credentials(context)),
            (1, authorization.other_resources(context)),
            (0, authorization.other_users(context)),
            (2, phases.heads(context)),
            (4, phases.unknown_resources(context)),
            (1, phases.errors(context)),
            (3, authorization.methods(context)),
            (3, phases.headers(context)),
            (2, phases.queries(context)),
            (2, phases.texts(context)),
            (2, phases.unusual_values(context)),
            (2, phases.choices(context)),
            (2, phases.second_page(context)),
            (2, phases.last_page(context)),
            (2, phases.full_last_page(context)),
            (2, phases.next_pages(context)),
            (1, authorization.routes(context)),
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


def _named(probes: Sequence[Probe], context: OperationContext) -> tuple[Probe, ...]:
    """Names are unique in a run: each ends with the operation's ID. Without probes that change the caller's headers."""
    operation = context.operation
    return tuple(
        replace(
            probe,
            name=f"{probe.name} of {operation.id}",
            compare_with=f"{probe.compare_with} of {operation.id}" if probe.compare_with else "",
            only_if_denied=f"{probe.only_if_denied} of {operation.id}" if probe.only_if_denied else "",
        )
        for probe in probes
        if context.builder.has_given_headers(probe.request)
    )
