"""Group the failures of a run into findings: one for each defect, over all operations.

Failures that follow from another one are left out (`causes`); the others are grouped by what is the same wherever a
defect shows (`evidence`); groups that are nevertheless one defect are merged (`merging`).
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import unquote

from flowcontract.checks.findings import (
    OF_INPUT,
    SCHEMATHESIS,
    Example,
    Failure,
    Finding,
    FindingStatus,
    Occurrence,
    Place,
)
from flowcontract.checks.grouping.causes import causes
from flowcontract.checks.grouping.evidence import by_evidence, error_text, tells
from flowcontract.checks.grouping.merging import ANY_TEXT, MAX_TRIGGERS, NO_VALUE, PAGES, merged
from flowcontract.checks.probe import Probe
from flowcontract.checks.registry import rule
from flowcontract.checks.request_validity import invalid_part
from flowcontract.http.curl import curl
from flowcontract.http.script import SequenceStep, script
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

_SHOWN = 5
"""Parts of a response that a message names."""
_WHATEVER_TRIGGER = frozenset({
    "undocumented-status-code", "route-conflict", "schema-violation", "fractional-integer", "invalid-json",
    "undocumented-content-type", "wrong-charset", "unexpected-content-encoding", "undocumented-body",
    "content-type-without-body", "missing-body", "invalid-response-header", "missing-http-header", "duplicate-header",
    "content-length-mismatch", "no-response", "information-disclosure", "credential-leak", "echoed-resource-id",
    "resource-of-another-user-accessible", "invalid-input-accepted", "filter-returns-other-items",
})  # fmt: skip
"""Rules about the response alone: their group key says more than the request that brought it to light."""


def group_findings(
    occurrences: Sequence[Occurrence],
    contract: Contract,
    target: Target,
    is_warning: Callable[[str], bool] = lambda name: rule(name).is_warning,
) -> tuple[Finding, ...]:
    """One finding per defect over all operations, in the order in which they were first seen.

    `is_warning` says whether a rule does not fail the run.
    """
    return tuple(
        _finding(identity, _with_all_parts(items), contract, target, is_warning(items[0].violation.rule))
        for identity, items in grouped(occurrences)
    )


def grouped(occurrences: Sequence[Occurrence]) -> list[tuple[str, list[Occurrence]]]:
    """The occurrences of each finding and its identity, in the order of `group_findings`."""
    groups = merged(by_evidence(causes(occurrences)))
    return [
        (f"{name}|{evidence}|{trigger}", part)
        for (name, evidence), items in groups.items()
        for trigger, part in ({"": items} if evidence.endswith(ANY_TEXT) else _by_trigger(name, items)).items()
    ]


def by_operation(items: Sequence[Occurrence]) -> dict[str, Occurrence]:
    """The occurrence that shows a finding best for each operation at fault, the plainest of all first.

    What some of them show with a sequence of their own needs a resource; without the sequence it may be gone.
    """
    found: dict[str, Occurrence] = {}
    for (operation, _), item in _by_place(items).items():
        found.setdefault(operation, item)
    return found


def _by_place(items: Sequence[Occurrence]) -> dict[Place, Occurrence]:
    """The same for each operation and each part of its request that is not validated."""
    of_sequences = any(item.steps for item in items)
    found: dict[Place, Occurrence] = {}
    for item in sorted(items, key=lambda item: (of_sequences and item.lacks_setup, _is_by_invalid(item), item.size)):
        part = item.violation.part if item.violation.rule in OF_INPUT else ""
        found.setdefault((item.violation.operation or item.interaction.operation.id, part), item)
    return found


def _is_by_invalid(item: Occurrence) -> bool:
    """Whether an invalid body shows a server error: its invalid part need not be the reason."""
    invalid = invalid_part(item.interaction) if item.violation.rule == "server-error" else None
    return invalid is not None and invalid.name == "body"


def _with_all_parts(items: list[Occurrence]) -> list[Occurrence]:
    """One occurrence for each interaction; its message names every part that the violations are about."""
    by_interaction: dict[int, list[Occurrence]] = defaultdict(list)
    for item in items:
        by_interaction[id(item.interaction)].append(item)
    found = []
    for same in by_interaction.values():
        parts = list(dict.fromkeys(item.violation.part for item in same))
        if len(parts) > 1 and same[0].violation.family:
            named = ", ".join(parts[:_SHOWN]) + (f" and {len(parts) - _SHOWN} more" if len(parts) > _SHOWN else "")
            families = {item.violation.family for item in same}
            no_value = len(families) > 1 and all(item.violation.lacks_value for item in same)
            message = f"{named}: {NO_VALUE if no_value else same[0].violation.family}"
            found.append(replace(same[0], violation=replace(same[0].violation, message=message)))
        else:
            found += same
    return found


def _by_trigger(name: str, items: Sequence[Occurrence]) -> dict[str, list[Occurrence]]:
    triggers = dict.fromkeys(item.interaction.probe.trigger for item in items)
    generated = all(trigger.startswith("generated input") for trigger in triggers)
    telling = name == "server-error" and tells(error_text(items[0].interaction))
    # Whichever parameter it is: that undocumented ones are read at all is the defect.
    queries = name == "undocumented-input-effect" and all(item.interaction.probe.group == "query" for item in items)
    if "" in triggers or generated or telling or queries or name in _WHATEVER_TRIGGER:
        return {"": list(items)}
    groups: dict[str, list[Occurrence]] = defaultdict(list)
    by_group = len(triggers) > MAX_TRIGGERS or name == "server-error"
    parameters: dict[str, set[str]] = defaultdict(set)
    for item in items:
        parameters[item.interaction.probe.trigger].add(_parameter_of(item.interaction.probe))
    # Special texts that break one parameter alone: generated input will show the same, with this trigger.
    broken = set().union(*(parameters[each.interaction.probe.trigger] for each in items if _is_text(each)))
    for item in items:
        probe = item.interaction.probe
        is_of_plan = not probe.is_generated and not item.steps
        parameter = _parameter_of(probe)
        if parameter in triggers or (name == "server-error" and _is_text(item) and broken == {parameter} != {""}):
            groups[parameter].append(item)
        elif probe.group == "value":
            groups[parameter if len(parameters[probe.trigger]) <= MAX_TRIGGERS else probe.trigger].append(item)
        else:
            groups[probe.group if by_group and is_of_plan else probe.trigger].append(item)
    return groups


def _is_text(item: Occurrence) -> bool:
    return item.interaction.probe.group == "text"


def _parameter_of(probe: Probe) -> str:
    """The trigger that a minimized request has for the query parameter that a probe is about; empty for others.

    A parameter that makes the server fail with other values as well is one defect.
    """
    name = unquote(probe.request.query.rpartition("&")[2].partition("=")[0])
    return f"query {name}" if name and probe.is_about_one_value else ""


def _finding(identity: str, items: Sequence[Occurrence], contract: Contract, target: Target, warning: bool) -> Finding:
    smallest = _by_place(items)
    at_fault = {operation for operation, _ in smallest}
    name = items[0].violation.rule
    parts = {item.violation.part for item in items} - {""}
    more = ""
    if name == "invalid-input-accepted" and len(parts) > 1:
        more = f" Not fully validated: {', '.join(sorted({re.split('[ /]', part)[-1] for part in parts}))}."
    alone = _alone(identity, name, items)
    shown, *others = (_example(identity, item, more, contract, target) for item in smallest.values())
    return Finding(
        rule=name,
        title=rule(name).title,
        advice=rule(name).advice,
        fingerprint=_fingerprint(identity),
        failure=shown.failure,
        curl=shown.curl,
        count=len(items),
        probes=tuple(dict.fromkeys(item.interaction.probe.name for item in items)),
        operations=tuple(each for each in contract.operations if each in at_fault),
        status=FindingStatus.WARNING if warning else FindingStatus.OPEN,
        script=shown.script,
        examples=tuple(others),
        parts=tuple(sorted(_fingerprint(each) for each in alone)) if alone != {identity} else (),
    )


def _alone(identity: str, name: str, items: Sequence[Occurrence]) -> set[str]:
    """The identities that the failures of a finding have in a run that sees too few of them to merge them."""
    if name == "invalid-input-accepted":
        return {f"{name}|{item.violation.group_key}|" for item in items}
    if name == PAGES:
        return {f"{name}|pages of {item.interaction.operation.id}|" for item in items}
    return {identity}


def _fingerprint(identity: str) -> str:
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _example(identity: str, item: Occurrence, more: str, contract: Contract, target: Target) -> Example:
    """One occurrence as reports show it; `more` follows its message."""
    violation, interaction = item.violation, item.interaction
    at_fault = contract.operation(violation.operation) if violation.operation else interaction.operation
    steps = item.setup or (item.steps if len(item.steps) > 1 else ())
    failure = Failure(
        rule=violation.rule,
        operation=at_fault.id,
        location=contract.location(violation.pointer),
        message=violation.message + more,
        identity=identity,
        probe=interaction.probe.name,
        reason=interaction.probe.reason,
        exchange=interaction.exchange,
        other=item.base.exchange if item.base else None,
        expected=violation.expected,
        actual=violation.actual,
        endpoint=f"{at_fault.method} {at_fault.path}",
        seen_in=f"{interaction.operation.method} {interaction.operation.path}" if violation.operation else "",
        part=violation.part,
        excerpt=contract.excerpt(violation.pointer),
        steps=tuple(SequenceStep(label, step.exchange, step.probe.references) for label, step in steps),
        only_schemathesis=violation.group_key.startswith(SCHEMATHESIS),
    )
    sequence = script(target, failure.steps) if steps else ""
    exchange = interaction.exchange
    return Example(failure, curl(target, exchange.request, response=exchange.response), sequence)
