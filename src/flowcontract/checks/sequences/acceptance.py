"""Rules about what is accepted and what is rejected."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flowcontract.checks.request_validity import invalid_part
from flowcontract.checks.sequences.values import (
    same,
    shown,
    shows,
)
from flowcontract.checks.status import CONVERSION, INVALID_INPUT, part_of
from flowcontract.checks.steps import Problem, Step, checks, showing

CONVERSIONS = frozenset({"a number sent as text", "a boolean sent as text", "a number for a text"})
"""Invalid values that many frameworks convert to the documented type."""


@checks("valid-request-rejected")
def valid_accepted(step: Step, label: str, documented_reasons: tuple[int, ...]) -> Iterator[Problem]:
    """A valid value is accepted."""
    if step.status in (400, 422) and step.status not in documented_reasons:
        yield Problem(
            "valid-request-rejected",
            f"Expected success for a valid body with {label}, got {step.status}.",
            f"valid {label}",
            (step,),
        )


@checks("converted-input-accepted", "invalid-input-accepted")
def invalid_rejected(step: Step, label: str, group: str) -> Iterator[Problem]:
    """An invalid body is rejected. `group`: what is wrong, where the schema of the body does not say so."""
    if not step.ok:
        return
    invalid = invalid_part(step.interaction)
    described = invalid if invalid and invalid.message else None
    part = part_of(described) if described else ""
    converted = group in CONVERSIONS or (described is not None and described.is_conversion)
    key = f"{INVALID_INPUT} {part}" if part else f"body {group}"
    yield Problem(
        "converted-input-accepted" if converted else "invalid-input-accepted",
        f"Expected a client error for an invalid body ({label}), got {step.status}.",
        CONVERSION if converted else key,
        (step,),
        actual=step.body,
        part=part,
        is_shared=converted or bool(part),
    )


@checks("invalid-input-accepted", of="change")
def denied_by_both(denied: Step, change: Step, after: Step, name: str, value: Any) -> Iterator[Problem]:
    """What PATCH denies because of the state of a resource, PUT denies as well."""
    if change.ok and after.ok and isinstance(after.body, Mapping) and same(after.body.get(name), value):
        yield Problem(
            "invalid-input-accepted",
            f"Expected PUT to deny the change of {name} to {shown(value)}, as PATCH does with {denied.status}, got "
            f"{change.status}.",
            f"PUT changes {name}",
            (denied, change, after),
            expected=f"{denied.status} for PUT, as for PATCH",
            actual=after.body,
            culprit=change,
        )


@checks("invalid-input-accepted", of="change")
def dates_stay_in_order(change: Step, after: Step, start: str, end: str, denied: Step | None) -> Iterator[Problem]:
    """A change does not leave a date before the one that it must not be before.

    `denied`: a creation that was rejected because of that; None where the contract says it in words.
    """
    if not (change.ok and after.ok and isinstance(after.body, Mapping)):
        return
    first, second = after.body.get(start), after.body.get(end)
    sent = change.sent.get(end) if isinstance(change.sent, Mapping) else None
    if isinstance(first, str) and isinstance(second, str) and second == sent and second < first:
        why = f"a creation with it gets {denied.status}" if denied else "the contract says that it never is"
        yield Problem(
            "invalid-input-accepted",
            f"Expected {change.interaction.request.method} to reject {end} {shown(second)} before {start}"
            f" {shown(first)}, because {why}, got {change.status}.",
            f"{end} before {start}",
            (*([denied] if denied else []), change, after),
            actual=after.body,
            part=f"body/{end}",
            culprit=change,
        )


@checks("missing-reference-accepted")
def reference_rejected(created: Step, gone: Step, name: str) -> Iterator[Problem]:
    """A creation that refers to a missing resource is rejected."""
    if created.ok and created.status != 202:
        yield Problem(
            "missing-reference-accepted",
            f"Expected a client error for the ID of a deleted resource in {name}, got {created.status}.",
            f"reference {name}",
            (gone, created),
            actual=created.body,
            part=f"body/{name}",
        )


@checks("created-resource-not-found", "valid-request-rejected")
def delete_accepted(deleted: Step) -> Iterator[Problem]:
    """A resource that the caller created can be deleted."""
    if deleted.status in (404, 410):
        yield Problem(
            "created-resource-not-found",
            f"Expected the created resource to be deleted, got {deleted.status}.",
            "not found after create",
            (deleted,),
        )
    elif deleted.status == 412:
        yield Problem(
            "valid-request-rejected",
            "Expected a deletion with the ETag of the last read to be accepted, got 412.",
            "current If-Match",
            (deleted,),
        )


@checks("rejected-request-changes-data", of="rejected")
def rejected_creates_nothing(
    rejected: Step, page: Step, sent: Mapping[str, Any], new: Sequence[Any]
) -> Iterator[Problem]:
    """A creation that is rejected creates nothing. `new`: items that were not in the list before."""
    created = next((item for item in new if shows(item, sent)), None)
    if created is not None:
        problem = Problem(
            "rejected-request-changes-data",
            f"Expected a rejected creation ({rejected.status}) to create nothing, got a new item in the list.",
            "rejected creation creates",
            (rejected, page),
            culprit=rejected,
        )
        yield showing(problem, created)


@checks("duplicate-accepted")
def unique_value(
    first: Step, again: Step, name: str, what: str, *, is_documented: bool = True, in_any_case: bool = False
) -> Iterator[Problem]:
    """A value that is unique is not taken twice. `what`: what the second request does.

    `is_documented`: the contract calls it unique; otherwise, a second creation with it was a conflict. `in_any_case`:
    the second value has other cases of letters, and the contract says that this does not matter.
    """
    if first.ok and again.ok:
        why = f"the contract calls {name} unique" if is_documented else f"a creation with the same {name} gets 409"
        case = " in another case" if in_any_case else ""
        yield Problem(
            "duplicate-accepted",
            f"Expected an error for {what} with the same {name} as another resource{case}, got {again.status}: {why}"
            f"{', whatever the case of its letters' if in_any_case else ''}.",
            f"{name}{case}" if in_any_case else f"{what} {name}",
            (first, again),
            actual=again.body,
            part=f"body/{name}",
            is_shared=in_any_case,  # What compares the values.
        )
