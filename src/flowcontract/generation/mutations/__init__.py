"""Mutated cases: near IDs, known-bad strings, wrong credentials, undocumented input, and invalid input.

They cost a hundredth of a case that Schemathesis draws, and reach what a schema does not describe. The cases of an
operation follow from the seed alone.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

from flowcontract.checks.probe import Probe, Relation
from flowcontract.generation.mutations import additions, callers, ids, inputs
from flowcontract.generation.probes import OperationContext
from flowcontract.http.messages import SAFE_METHODS, Request
from flowcontract.openapi.contract import Contract

Family = Callable[[Contract, OperationContext, random.Random], Iterator[Probe]]
"""An endless stream of cases; it ends at once where an operation has nothing to mutate."""

_SAFE: tuple[Family, ...] = (ids.near, ids.bad, inputs.parameters, callers.denied, additions.queries, additions.headers)
_UNSAFE: tuple[Family, ...] = (inputs.bodies, inputs.parameters)
"""Unsafe requests are about objects that the session created: no IDs and no callers are made up."""
_TRIES = 10
"""Cases in a row that were drawn before, after which a family has nothing more to offer."""


def draw(contract: Contract, context: OperationContext, seed: int, count: int) -> list[Probe]:
    """Up to `count` different cases for one operation, in turn from each family that fits, after what they need."""
    safe = context.operation.method in SAFE_METHODS
    streams = [
        family(contract, context, random.Random(f"{seed} {context.operation.id} {family.__name__}"))  # noqa: S311
        for family in (_SAFE if safe else _UNSAFE)
    ]
    comparable = safe and context.readable
    bases = {probe.name: probe for probe in map(context.plain, context.known)} if comparable else {}
    sent: set[Request] = {probe.request for probe in bases.values()}
    found: list[Probe] = []
    while streams and len(found) < count:
        for stream in list(streams):
            tried = (probe for probe, _ in zip(stream, range(_TRIES), strict=False))
            given = (probe for probe in tried if context.builder.has_given_headers(probe.request))
            probe = next((probe for probe in given if probe.request not in sent), None)
            if probe is None:
                streams.remove(stream)
                continue
            sent.add(probe.request)
            found.append(probe)
    named = [_named(probe, number, context) for number, probe in enumerate(found[:count], 1)]
    # What differs between two equal requests is not an effect of the addition.
    again = [context.again("again")] if comparable else []
    used = {probe.compare_with for probe in (*found, *again)}
    plain = [*(base for base in bases.values() if base.name in used), *again]
    return [*(_suffixed(probe, context) for probe in plain), *named]


def _suffixed(probe: Probe, context: OperationContext) -> Probe:
    base = f"{probe.compare_with} of {context.operation.id}" if probe.compare_with else ""
    return replace(probe, name=f"{probe.name} of {context.operation.id}", compare_with=base)


def _named(probe: Probe, number: int, context: OperationContext) -> Probe:
    """Names are unique in a session."""
    if not probe.compare_with or probe.relation is Relation.DENIAL:
        probe = replace(probe, compare_with="", relation=Relation.NONE)
    return _suffixed(replace(probe, name=f"{probe.name} {number}"), context)
