"""Failures of one cause become one entry: the smallest request shows it."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from flowcontract.checks import Interaction, Violation
from flowcontract.checks.registry import rule
from flowcontract.checks.results import Failure, Finding, FindingStatus
from flowcontract.http.messages import Target, curl
from flowcontract.openapi.contract import Contract

_APART = 3
"""As many triggers are told apart; more of them are one defect with many faces."""
_WHATEVER_PROVOKED = frozenset(
    {"undocumented-status-code", "route-conflict", "schema-violation", "invalid-json", "undocumented-content-type"}
)
"""Rules where what broke says more than what provoked it."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A finding, the answer it was found in, and the one that was compared with."""

    violation: Violation
    interaction: Interaction
    base: Interaction | None = None

    @property
    def size(self) -> tuple[int, int]:
        """How much there is to look at: the size of the request, of two requests where two were compared."""
        request = self.interaction.exchange.request
        headers = sum(len(name) + len(value) for name, value in request.headers)
        plain = 0 if request.method in ("GET", "HEAD") else 1
        return plain, len(request.target) + headers + len(request.body or b"")


def group(occurrences: Sequence[Occurrence], contract: Contract, target: Target) -> tuple[Finding, ...]:
    """One cause for all failures that have it, in the order in which they were first seen."""
    groups: dict[tuple[str, str, str], list[Occurrence]] = defaultdict(list)
    for item in occurrences:
        violation = item.violation
        groups[violation.rule, item.interaction.operation.id, violation.group_key].append(item)
    found = []
    for (name, operation, group_key), items in groups.items():
        for trigger, part in _by_trigger(name, items).items():
            found.append(_finding(name, f"{name}|{operation}|{group_key}|{trigger}", part, contract, target))
    return tuple(found)


def _by_trigger(name: str, items: Sequence[Occurrence]) -> dict[str, list[Occurrence]]:
    triggers = dict.fromkeys(item.interaction.probe.trigger for item in items)
    if "" in triggers or name in _WHATEVER_PROVOKED:
        return {"": list(items)}
    groups: dict[str, list[Occurrence]] = defaultdict(list)
    for item in items:
        probe = item.interaction.probe
        groups[probe.trigger if len(triggers) <= _APART else probe.group].append(item)
    return groups


def _finding(name: str, identity: str, items: Sequence[Occurrence], contract: Contract, target: Target) -> Finding:
    smallest = min(items, key=lambda item: item.size)
    violation, interaction = smallest.violation, smallest.interaction
    failure = Failure(
        rule=name,
        operation=interaction.operation.id,
        location=contract.location(violation.pointer),
        message=violation.message,
        identity=identity,
        probe=interaction.probe.name,
        reason=interaction.probe.reason,
        exchange=interaction.exchange,
        other=smallest.base.exchange if smallest.base else None,
        expected=violation.expected,
        actual=violation.actual,
    )
    return Finding(
        rule=name,
        title=rule(name).title,
        advice=rule(name).advice,
        fingerprint=hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:12],
        failure=failure,
        curl=curl(target, interaction.exchange.request),
        count=len(items),
        probes=tuple(dict.fromkeys(item.interaction.probe.name for item in items)),
        status=FindingStatus.WARNING if rule(name).is_warning else FindingStatus.OPEN,
    )
