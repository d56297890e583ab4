"""Filters without effect: bounds and searches of lists with values that leave out what the list shows."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, combinations, product
from urllib.parse import urlencode

from flowcontract.checks import lists
from flowcontract.checks.bound_days import on_bounds, without_its_day
from flowcontract.checks.findings import Occurrence
from flowcontract.checks.ignored_filters import is_same_list, without_effect
from flowcontract.checks.interaction import Interaction
from flowcontract.checks.probe import Expect, Probe, Relation
from flowcontract.checks.relations import RULES
from flowcontract.engine.session import Session
from flowcontract.generation.probes.filters import Exclusion, exclusions, has_filters
from flowcontract.generation.probes.operation_context import OperationContext
from flowcontract.openapi.model import Operation

GROUP = "filter"
"""The group of these probes; their responses are checked when they arrive."""
_PARENTS = 3
"""Resources whose lists are read until one has items."""
_MOST = 8
"""Filters of one list that are tried."""
_REJECTED = (400, 403, 404, 422)
"""Statuses with which a server may reject such a value."""


def run(session: Session) -> None:
    """Send each bound and each search of the lists that were read, alone.

    Our own mock applies those that it understands.
    """
    if session.options.assume_examples:
        return
    left_out = session.sender.left_out
    for operation in session.selection.operations:
        is_read = operation.method == "GET" and session.options.only_reads(operation)
        if session.is_over or not is_read or operation.id not in session.successes or operation.id in left_out:
            continue
        if not operation.path.rstrip("/").endswith("}") and has_filters(operation):
            _try(session, operation)


def _try(session: Session, operation: Operation) -> None:
    context = session.context_of(operation)
    for number, values in enumerate(context.known[:_PARENTS] if context.readable else ()):
        plain = context.probe(
            f"{GROUP}/none {number} of {operation.id}",
            "the list without a filter, which those with one are compared with",
            values,
            Expect.DOCUMENTED,
            tolerated=(404,),
        )
        base = _send(session, plain)
        if base is None or not base.success or not lists.items(base.json):
            continue
        tried = list(exclusions(operation, base.json))[:_MOST]
        found = [(each, items) for each in tried if (items := _without_effect(session, context, base, each))]
        if found and _is_unchanged(session, base):
            related = _only_together(session, context, base, [each for each, _ in found])
            for first, *others in (items for each, items in found if each.parameter.name not in related):
                violations = without_effect(first, base, *others)
                session.occurrences += [Occurrence(violation, first, base) for violation in violations]
        _try_days(session, context, base)
        return


def _try_days(session: Session, context: OperationContext, base: Interaction) -> None:
    """Send each bound that includes its day with the day of an item."""
    for parameter, day in list(on_bounds(context.operation, base.json))[:_MOST]:
        item = _send(session, replace(_probe(context, base, {parameter.name: day}), relation=Relation.ON_BOUND))
        if item is None or not item.success:
            continue
        session.count(item, RULES[Relation.ON_BOUND])
        violations = list(without_its_day(item, base))
        if violations and _is_unchanged(session, base):
            session.occurrences += [Occurrence(violation, item, base) for violation in violations]


def _send(session: Session, probe: Probe) -> Interaction | None:
    """The response to a probe, checked by itself; None where there is none."""
    sent = session.send([probe])
    session.interactions += sent
    session.check(sent)
    return sent[0] if sent and sent[0].exchange.response is not None else None


def _probe(context: OperationContext, base: Interaction, query: dict[str, str]) -> Probe:
    written = urlencode(query)
    return context.probe(
        f"{GROUP}/{written} of {context.operation.id}",
        "a filter leaves out the items that do not match",
        base.probe.values,
        Expect.DOCUMENTED,
        sent={"query": written},
        tolerated=_REJECTED,
        compare_with=base.probe.name,
        relation=Relation.UNFILTERED,
        trigger=" and ".join(f"query {name}" for name in query),
    )


def _without_effect(
    session: Session, context: OperationContext, base: Interaction, tried: Exclusion
) -> list[Interaction]:
    """The responses that show that a filter has no effect; none where one shows that it has, or all values of a pair.

    A server may reject values that are far away; then those that the list shows say enough.
    """
    found: dict[str, Interaction] = {}
    name = tried.parameter.name
    for value in dict.fromkeys(chain.from_iterable(tried.pairs)):
        item = _send(session, _probe(context, base, {name: value}))
        if item is None or (item.success and not is_same_list(item, base)):
            return []
        if item.success:
            session.count(item, RULES[Relation.UNFILTERED])
            found[value] = item
    return list(found.values()) if any(set(pair) <= set(found) for pair in tried.pairs) else []


def _is_unchanged(session: Session, base: Interaction) -> bool:
    """Whether the list without a filter is still the same: else it changes too fast to be compared."""
    again = _send(session, replace(base.probe, name=f"{base.probe.name}, again"))
    return again is not None and is_same_list(again, base)


def _only_together(
    session: Session, context: OperationContext, base: Interaction, ignored: Sequence[Exclusion]
) -> set[str]:
    """The names of filters that have an effect together: servers may take a range only as a whole."""
    found: set[str] = set()
    for one, other in combinations(ignored, 2):
        for values in product(one.pairs[0], other.pairs[0]):
            names = one.parameter.name, other.parameter.name
            item = _send(session, _probe(context, base, dict(zip(names, values, strict=True))))
            if item is not None and item.success and not is_same_list(item, base):
                found |= set(names)
                break
    return found
