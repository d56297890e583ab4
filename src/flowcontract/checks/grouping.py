"""Failures of one cause become one entry: the smallest request shows it."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from flowcontract.checks import Answered, Finding
from flowcontract.checks.registry import rule
from flowcontract.checks.results import Cause, Failure, Standing
from flowcontract.http.messages import Target, curl
from flowcontract.openapi.contract import Contract

_APART = 3
"""As many triggers are told apart; more of them are one defect with many faces."""
_WHATEVER_PROVOKED = frozenset({"status-documented", "key-shadowed", "schema", "json-strict", "media-type"})
"""Rules where what broke says more than what provoked it."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A finding, the answer it was found in, and the one that was compared with."""

    finding: Finding
    answered: Answered
    base: Answered | None = None

    @property
    def size(self) -> tuple[int, int]:
        """How much there is to look at: the size of the request, of two requests where two were compared."""
        request = self.answered.exchange.request
        headers = sum(len(name) + len(value) for name, value in request.headers)
        plain = 0 if request.method in ("GET", "HEAD") else 1
        return plain, len(request.target) + headers + len(request.body or b"")


def group(broken: Sequence[Broken], contract: Contract, target: Target) -> tuple[Cause, ...]:
    """One cause for all failures that have it, in the order in which they were first seen."""
    by_cause: dict[tuple[str, str, str], list[Broken]] = defaultdict(list)
    for item in broken:
        finding = item.finding
        by_cause[finding.rule, item.answered.operation.id, finding.cause].append(item)
    found = []
    for (name, operation, cause), items in by_cause.items():
        for trigger, part in _by_trigger(name, items).items():
            found.append(_cause(name, f"{name}|{operation}|{cause}|{trigger}", part, contract, target))
    return tuple(found)


def _by_trigger(name: str, items: Sequence[Broken]) -> dict[str, list[Broken]]:
    triggers = dict.fromkeys(item.answered.probe.trigger for item in items)
    if "" in triggers or name in _WHATEVER_PROVOKED:
        return {"": list(items)}
    groups: dict[str, list[Broken]] = defaultdict(list)
    for item in items:
        probe = item.answered.probe
        groups[probe.trigger if len(triggers) <= _APART else probe.group].append(item)
    return groups


def _cause(name: str, identity: str, items: Sequence[Broken], contract: Contract, target: Target) -> Cause:
    smallest = min(items, key=lambda item: item.size)
    finding, answered = smallest.finding, smallest.answered
    failure = Failure(
        rule=name,
        operation=answered.operation.id,
        place=contract.location(finding.pointer),
        message=finding.message,
        cause=identity,
        probe=answered.probe.name,
        reason=answered.probe.reason,
        exchange=answered.exchange,
        other=smallest.base.exchange if smallest.base else None,
        expected=finding.expected,
        actual=finding.actual,
    )
    return Cause(
        rule=name,
        title=rule(name).title,
        advice=rule(name).advice,
        fingerprint=hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:12],
        failure=failure,
        curl=curl(target, answered.exchange.request),
        count=len(items),
        probes=tuple(dict.fromkeys(item.answered.probe.name for item in items)),
        standing=Standing.REMARK if rule(name).is_remark else Standing.OPEN,
    )
