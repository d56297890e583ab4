"""Rules about creations and changes: what was sent is stored, and nothing else changes."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from flowcontract.checks.interaction import Interaction
from flowcontract.checks.request_validity import invalid_part
from flowcontract.checks.sequences.values import (
    MISSING,
    Difference,
    differences,
    is_trimmed,
    look_alike,
    same,
    shown,
    shows,
)
from flowcontract.checks.status import CONVERSION, INVALID_INPUT, part_of
from flowcontract.checks.steps import Problem, Step
from flowcontract.openapi import pointers

_CREATED = re.compile(
    r"^(?:(?:date|time)_?)?(?:created|creation|inserted)(?:_|At|On|Date|Time|$)|^date_?created$", re.IGNORECASE
)
_VERSION = re.compile(r"^(?:version|lock_?version|revision|rev)$", re.IGNORECASE)

_MODIFIED = re.compile(
    r"^(?:(?:date|time)_?)?(?:last_?)?(?:updated|modified|changed)(?:_?(?:at|on|date|time))?$", re.IGNORECASE
)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")
"""How a time begins."""
_NORMALIZED = re.compile(r"\b(?:lower|upper|case|trim|strip|normali[sz]|white ?space|canonical|sorted)", re.IGNORECASE)
"""A description that says how a value is normalized."""
_SENSITIVE = re.compile(r"password|passwd|secret|token|api_?key", re.IGNORECASE)
"""Names of properties that servers mask or hash."""
_ENDS: tuple[Any, ...] = (None, 0, False, "", [], {})
"""Values at which counters, flags and texts end by themselves."""
RESET = "(reset)"
"""The expected value of a property without a default that a replacement leaves out."""
_MANY = 3
"""Properties that an update changes by mistake, each of which is a finding; more are one."""
_SECRET = 8
"""Characters of the shortest secret that is in no response by chance."""

Schemas = Mapping[str, Mapping[str, Any]]
"""Schemas of properties by name."""


def _resolved(schemas: Schemas, name: str) -> Mapping[str, Any]:
    return schemas.get(name) or {}


def _compared(
    sent: Mapping[str, Any], got: Any, request: Schemas, response: Schemas | None
) -> Iterator[tuple[str, Difference]]:
    """Differences by property, for what a response is documented to return."""
    if not isinstance(got, Mapping):
        return
    for name, value in sent.items():
        schema = _resolved(request, name)
        if schema.get("writeOnly") or schema.get("readOnly") or _VERSION.match(name) or _SENSITIVE.search(name):
            continue
        if _resolved(response or {}, name).get("deprecated"):
            continue  # What replaced it has the value.
        if name not in got:
            if response is not None and name in response and value not in (None, "", [], {}):
                yield name, Difference(f"/{name}", value, MISSING)
            continue
        for difference in differences(value, got[name], pointer=f"/{name}", schema=schema):
            if not (difference.is_normalized and _NORMALIZED.search(str(schema.get("description") or ""))):
                yield name, difference


def stored_as_sent(
    created: Step,
    read: Step,
    request: Schemas,
    response: Schemas | None,
    labels: Mapping[str, str],
    verb: str = "created",
    before: Step | None = None,
) -> Iterator[Problem]:
    """What was created (or changed) is read back equal to what was sent.

    `labels`: what is special about the value of a property; `before`: the read before a change.
    """
    if not created.ok or not isinstance(created.sent, Mapping):
        return
    for step in (created, read):
        if not step.ok or step.body is None:
            continue
        body = _named_alike(created.sent, step)
        if step is created and step is not read and _is_receipt(created.sent, body):
            continue
        found = False
        for name, difference in _compared(created.sent, body, request, response):
            if difference.expected is None and _excludes_null((response or {}).get(name) or {}):
                continue  # Null cannot be stored: it means that nothing was sent.
            found = True
            is_kept = before is not None and _is_kept(difference, _named_alike(created.sent, before))
            if not is_kept and _is_invalid(step.interaction, name):
                continue  # The rule about the schema reports it.
            steps = (created,) if step is created else (created, read)
            if difference.actual is MISSING and not is_kept:
                yield _lost(name, difference, steps)
                continue
            label = labels.get(name, "")
            special = "" if label.startswith("the value ") else label.partition(" (")[0]
            named = f" ({special})" if special and difference.expected not in (None, "", True, False) else ""
            is_normalized = difference.is_normalized and not (is_kept and difference.expected in (None, ""))
            escaped = look_alike(difference.expected, difference.actual)
            wanted, actual = (shown(value, escaped=escaped) for value in (difference.expected, difference.actual))
            key = f"{verb} {name} {label}"
            special = special or ("null" if difference.expected is None else "")
            if is_normalized:
                # Frameworks trim every text; what else is done to a property is of that property.
                key = "trimmed" if is_trimmed(difference.expected, difference.actual) else f"normalized {name}"
            elif is_kept:  # Whatever the value is: the change is lost.
                key = f"{verb} ignores null" if difference.expected is None else f"{verb} leaves {name}"
                special = "null" if difference.expected is None else ""
            yield Problem(
                "value-normalized" if is_normalized else "stored-value-differs",
                f"Expected {name} to be stored as sent, {wanted}{named}, got "
                f"{'the old value ' if is_kept else ''}{actual}.",
                key,
                steps,
                expected={name: difference.expected},
                actual={name: difference.actual},
                part="" if is_normalized else difference.pointer,
                special=special,
                is_shared=is_normalized,
                culprit=created,
            )
        if found:
            return


def _named_alike(sent: Mapping[str, Any], step: Step) -> Any:
    """The body of a response as a request has it: in the same envelope, if the request has one as well."""
    whole = step.interaction.json if step.interaction.exchange.response else None
    if not isinstance(whole, Mapping) or not isinstance(step.body, Mapping) or sent.keys() & step.body.keys():
        return step.body
    return whole if sent.keys() & whole.keys() else step.body


def _lost(name: str, difference: Difference, steps: tuple[Step, ...]) -> Problem:
    """A value that no response has: one finding for all values and for all writes of the collection."""
    path = steps[0].interaction.operation.path
    collection = re.sub(r"/\{[^{}/]*\}/?$", "", path).rstrip("/")
    part = difference.pointer.lstrip("/").replace("/", ".")
    return Problem(
        "stored-value-differs",
        f"Expected {name} to be stored as sent, {shown(difference.expected)}, got a response without {part}.",
        f"{collection} loses {name}",
        steps,
        expected={name: difference.expected},
        actual={name: difference.actual},
        part=difference.pointer,
        is_shared=True,
        culprit=steps[0],
    )


def _is_receipt(sent: Mapping[str, Any], body: Any) -> bool:
    """Whether a response shows nothing of what was sent, such as the ID alone: what is stored, a read shows."""
    return isinstance(body, Mapping) and bool(body) and not sent.keys() & body.keys()


def _is_kept(difference: Difference, before: Any) -> bool:
    """Whether a change left the value as it was."""
    name = difference.pointer.lstrip("/")
    if difference.expected == "" and difference.actual is None:
        return False  # Null stands for no text.
    return isinstance(before, Mapping) and name in before and before[name] == difference.actual


def _is_invalid(interaction: Interaction, name: str) -> bool:
    """Whether a property of a response violates its schema."""
    media = interaction.media
    errors = media.errors(interaction.json) if media is not None and interaction.is_json else ()
    return any(name == error.missing or name in pointers.split(error.instance) for error in errors)


def _excludes_null(schema: Mapping[str, Any]) -> bool:
    """Whether a schema certainly does not allow null."""
    kinds = schema.get("type")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return isinstance(kinds, list) and "null" not in kinds and schema.get("nullable") is not True


def can_be_read(created: Step, read: Step) -> Iterator[Problem]:
    """What was created can be read."""
    if created.ok and created.status != 202 and read.status in (404, 410):
        yield Problem(
            "created-resource-not-found",
            f"Expected the created resource, got {read.status}.",
            "not found after create",
            (created, read),
            culprit=created,
        )


def defaults_applied(created: Step, read: Step, request: Schemas) -> Iterator[Problem]:
    """A property that was left out has its documented default."""
    if not created.ok or not isinstance(created.sent, Mapping) or not read.ok or not isinstance(read.body, Mapping):
        return
    for name, schema in request.items():
        if "default" not in schema or name in created.sent or name not in read.body or schema.get("readOnly"):
            continue
        if _is_invalid(read.interaction, name):
            continue  # The rule about the schema reports it.
        if any(differences(schema["default"], read.body[name], schema=schema)):
            yield Problem(
                "default-not-applied",
                f"Expected the documented default {shown(schema['default'])} for {name}, got {shown(read.body[name])}.",
                f"default of {name}",
                (created, read),
                expected={name: schema["default"]},
                actual={name: read.body[name]},
                culprit=created,
            )


def read_only_ignored(created: Step, read: Step, values: Mapping[str, Any]) -> Iterator[Problem]:
    """Values that were sent for read-only properties are not taken over.

    The response to the creation tells where the resource cannot be read: under an ID that the caller chose.
    """
    shown_by = (read if read.ok else created).body
    if not created.ok or not isinstance(shown_by, Mapping):
        return
    for name, value in values.items():
        if name in shown_by and same(value, shown_by[name]):
            yield Problem(
                "read-only-field-written",
                f"Expected the read-only field {name} to be set by the server, got the value that was sent.",
                f"read-only {name}",
                (created, read),
                actual={name: shown_by[name]},
                culprit=created,
            )


def write_only_hidden(steps: tuple[Step, ...], secrets: Mapping[str, Any]) -> Iterator[Problem]:
    """Write-only values are in no response."""
    for step in steps:
        if not step.ok or step.body is None:
            continue
        for name, value in secrets.items():
            by_name = isinstance(step.body, Mapping) and name in step.body
            by_value = _is_secret(name, value, steps[0].sent) and _has_text(step.interaction.json, value)
            if by_name or by_value:
                yield Problem(
                    "write-only-field-returned",
                    f"Expected no response with the write-only field {name}, got one.",
                    f"write-only {name}",
                    (steps[0], step) if step is not steps[0] else (step,),
                    actual=step.body,
                    is_shared=True,
                )
                return


def still_at_its_path(change: Step, after: Step, own: str, returned: str | None) -> Iterator[Problem]:
    """A changed resource is still found by its ID, and has it. `returned`: the ID in the response to the change."""
    if change.ok and returned is not None and returned.lower() != own.lower():
        yield Problem(
            "update-changes-other-fields",
            f"Expected the changed resource to keep its ID {shown(own)}, got {shown(returned)}.",
            f"{change.interaction.exchange.request.method} returns another ID",
            (change,),
        )
    if change.ok and change.status != 202 and after.status in (404, 410):
        yield Problem(
            "update-changes-other-fields",
            f"Expected the changed resource at its path, got {after.status}.",
            f"{change.interaction.exchange.request.method} moves it",
            (change, after),
            culprit=change,
        )


def _is_secret(name: str, value: Any, sent: Any) -> bool:
    """Whether a value is long enough, and in no other property that was sent."""
    if not isinstance(value, str) or len(value) < _SECRET or not isinstance(sent, Mapping):
        return False
    return not any(_has_text(other, value) for key, other in sent.items() if key != name)


def _has_text(value: Any, text: str) -> bool:
    """Whether a text is part of a JSON value, however its characters were escaped."""
    return json.dumps(text)[1:-1] in json.dumps(value)


def other_properties_unchanged(
    before: Step, change: Step, after: Step, writable: Schemas, id_names: frozenset[str]
) -> Iterator[Problem]:
    """A change of some properties leaves the others as they were, the ID and the time of creation among them."""
    if not (before.ok and change.ok and after.ok) or not isinstance(change.sent, Mapping):
        return
    changed = _changed(before.body, change.sent, after.body, writable, id_names)
    # That an update resets whatever is not sent is one defect, not one of each property.
    together = [list(changed)] if len(changed) > _MANY else [[name] for name in changed]
    method = change.interaction.exchange.request.method
    change_of = f"a change of {', '.join(change.sent)}" if change.sent else "an empty change"
    for names in together:
        first, now = changed[names[0]]
        more = f"; {', '.join(names[1:])} changed, too" if len(names) > 1 else ""
        yield Problem(
            "update-changes-other-fields",
            f"Expected {change_of} to leave {names[0]} at {shown(first)}, got {shown(now)}{more}.",
            f"{method} changes {names[0] if len(names) == 1 else 'what is not sent'}",
            (before, change, after),
            expected={name: changed[name][0] for name in names},
            actual={name: changed[name][1] for name in names},
            culprit=change,
        )


def must_stay(name: str, writable: Schemas, id_names: frozenset[str]) -> bool:
    """Whether no request changes a property without naming it: clients set it, or it is the ID or time of creation.

    A server may change others with every write: the time of the last change, a version.
    """
    is_set_by_clients = name in writable and not writable[name].get("readOnly") and not _VERSION.match(name)
    return is_set_by_clients or name in id_names or _CREATED.search(name) is not None


def _changed(
    before: Any, sent: Mapping[str, Any], after: Any, writable: Schemas, id_names: frozenset[str]
) -> dict[str, tuple[Any, Any]]:
    """The properties that an update did not name and had to leave, each with its value before and after."""
    found: dict[str, tuple[Any, Any]] = {}
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return found
    for name, value in before.items():
        if name in sent or not must_stay(name, writable, id_names):
            continue
        now = after.get(name, MISSING)
        if name in after and same(value, now):
            continue
        if now is MISSING and value in (None, [], "", {}):
            continue
        found[name] = value, now
    return found


def replaced(
    before: Step,
    change: Step,
    after: Step,
    request: Schemas,
    id_names: frozenset[str],
    *,
    given: Collection[str],
    says_so: bool,
) -> Iterator[Problem]:
    """A replacement without optional properties resets them: to their defaults, null or nothing.

    `given`: properties that requests have set; the values of others are the server's own defaults. `says_so`: the
    contract calls it a replacement. Otherwise only documented defaults count: some frameworks leave what is not sent.
    """
    if not (before.ok and change.ok and after.ok) or not isinstance(change.sent, Mapping):
        return
    if not isinstance(before.body, Mapping) or not isinstance(after.body, Mapping):
        return
    kept: dict[str, dict[str, Any]] = {"replace-keeps-old-values": {}, "put-keeps-old-values": {}}
    for name, schema in request.items():
        old = before.body.get(name)
        now = after.body.get(name)
        optional = name not in change.sent and not schema.get("readOnly") and not schema.get("writeOnly")
        if not optional or name not in given or old in (None, [], "", {}) or now is None:
            continue
        if "default" in schema and same(old, schema["default"]):
            continue
        if same(old, now):
            kept["replace-keeps-old-values" if says_so or "default" in schema else "put-keeps-old-values"][name] = now
        elif "default" in schema and any(differences(schema["default"], now, schema=schema)):
            yield Problem(
                "default-not-applied",
                f"Expected the documented default {shown(schema['default'])} for {name}, got {shown(now)}.",
                f"default of {name} after PUT",
                (before, change, after),
                expected={name: schema["default"]},
                actual={name: now},
                culprit=change,
            )
    for rule, values in kept.items():
        if values:
            first, *others = values
            more = f"; the same for {', '.join(others)}" if others else ""
            yield Problem(
                rule,
                f"Expected PUT without {first} to reset {first}, got the old value {shown(values[first])}{more}.",
                "PUT keeps",
                (before, change, after),
                expected={name: request[name].get("default", RESET) for name in values},
                actual=values,
                is_shared=rule == "put-keeps-old-values",
                culprit=change,
            )
    yield from _identity_kept(before, change, after, id_names)


def _identity_kept(before: Step, change: Step, after: Step, id_names: frozenset[str]) -> Iterator[Problem]:
    """A replacement keeps the ID and the time of creation."""
    for name in before.body:
        if (name in id_names or _CREATED.search(name)) and name not in change.sent:
            now = after.body.get(name, MISSING)
            if not same(before.body[name], now):
                yield Problem(
                    "update-changes-other-fields",
                    f"Expected PUT to leave {name} at {shown(before.body[name])}, got {shown(now)}.",
                    f"PUT changes {name}",
                    (before, change, after),
                    culprit=change,
                )


def unchanged(
    before: Step,
    tried: Step,
    after: Step,
    moving: frozenset[str],
    why: str,
    rule: str,
    sent: Sequence[Any] | None = None,
) -> Iterator[Problem]:
    """A request that must not change a resource did not change it. `moving`: properties that change by themselves.

    `sent`: the bodies of the changes of another resource. Then only values that they have show an effect: others may
    move with time.
    """
    if not before.ok or not isinstance(before.body, Mapping) or after.failed:
        return
    if after.status in (404, 410):
        yield Problem(
            rule,
            f"Expected {why} to change nothing, but the resource is gone ({after.status}).",
            f"{why} deletes",
            (before, tried, after),
            culprit=tried,
        )
    elif after.ok and isinstance(after.body, Mapping):
        changed = [
            name
            for name in before.body
            if name not in moving
            and before.body[name] != after.body.get(name, MISSING)
            and (sent is None or _is_from(after.body.get(name), before.body[name], [body.get(name) for body in sent]))
        ]
        if changed:
            yield Problem(
                rule,
                f"Expected {why} to change nothing, but it changed {', '.join(changed[:5])}.",
                f"{why} changes",
                (before, tried, after),
                expected={name: before.body[name] for name in changed},
                actual={name: after.body.get(name) for name in changed},
                culprit=tried,
            )


def _is_from(now: Any, old: Any, sent: Sequence[Any]) -> bool:
    """Whether a value that changed is one that was sent, or has a member of it, and not one that anything ends at."""
    if isinstance(now, Mapping) and isinstance(old, Mapping):
        inner = [value for value in sent if isinstance(value, Mapping)]
        names = [name for name in now if now[name] != old.get(name)]
        return any(_is_from(now[name], old.get(name), [value.get(name) for value in inner]) for name in names)
    return now not in _ENDS and any(same(value, now) for value in sent)


def version_counts(before: Step, change: Step, after: Step, read_only: frozenset[str]) -> Iterator[Problem]:
    """A read-only version changes with each change."""
    if not (before.ok and change.ok and after.ok):
        return
    if not isinstance(before.body, Mapping) or not isinstance(after.body, Mapping):
        return
    for name, value in before.body.items():
        if _VERSION.match(name) and name in read_only and name in after.body and after.body[name] == value:
            yield Problem(
                "version-unchanged",
                f"Expected a new {name} after the change, got {shown(value)} again.",
                f"{name} stays",
                (before, change, after),
                culprit=change,
            )


def modified_names(body: Any, schemas: Schemas) -> tuple[str, ...]:
    """The properties of a resource that hold the time of its last change."""
    if not isinstance(body, Mapping):
        return ()
    return tuple(
        name
        for name, value in body.items()
        if _MODIFIED.search(name) and (_is_time(value) or (value is None and _is_nullable_time(schemas.get(name))))
    )


def _is_time(value: Any) -> bool:
    return isinstance(value, str) and _TIME.match(value) is not None


def _is_nullable_time(schema: Mapping[str, Any] | None) -> bool:
    return schema is not None and "date-time" in json.dumps(schema, default=str)


def has_fraction(times: Iterable[Any]) -> bool:
    """Whether times show fractions of a second: those of full seconds are the same for changes within one."""
    return any(isinstance(time, str) and re.search(r"\.\d*[1-9]", time) for time in times)


def time_of_change(before: Step, change: Step, after: Step, names: Sequence[str]) -> Iterator[Problem]:
    """The time of the last change moves with a change of something else. `names`: the properties that hold it."""
    if not (before.ok and change.ok and after.ok):
        return
    if not isinstance(before.body, Mapping) or not isinstance(after.body, Mapping):
        return
    if all(before.body[name] == after.body.get(name, MISSING) for name in before.body if name not in names):
        return  # Nothing changed.
    for name in names:
        if name in after.body and after.body[name] == before.body[name]:
            yield Problem(
                "version-unchanged",
                f"Expected a later time in {name} after the change, got {shown(after.body[name])} again.",
                f"{name} stays",
                (before, change, after),
                culprit=change,
            )


def valid_accepted(step: Step, label: str, documented_reasons: tuple[int, ...]) -> Iterator[Problem]:
    """A valid value is accepted."""
    if step.status in (400, 422) and step.status not in documented_reasons:
        yield Problem(
            "valid-request-rejected",
            f"Expected success for a valid body with {label}, got {step.status}.",
            f"valid {label}",
            (step,),
        )


CONVERSIONS = frozenset({"a number sent as text", "a boolean sent as text", "a number for a text"})
"""Invalid values that many frameworks convert to the documented type."""


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


def location_leads_there(created: Step, location: str, identity: str, item_path: str) -> Iterator[Problem]:
    """The Location of a creation names what was created; that of 202, where it is a path of such resources.

    `item_path`: the path of one of them in the contract.
    """
    collection = item_path.rpartition("/")[0].rpartition("/")[2]
    *_, parent, last = ["", *urlsplit(location).path.rstrip("/").split("/")]
    if (
        location
        and (created.status == 201 or (created.status == 202 and parent == collection))
        and unquote(last).lower() != identity.lower()
    ):
        yield Problem(
            "wrong-location",
            f"Expected Location to name the created resource ({identity}), got {location}.",
            "Location",
            (created,),
        )


def location_can_be_read(created: Step, followed: Step, read: Step, location: str) -> Iterator[Problem]:
    """What can be read at its own path can be read at the Location of its creation."""
    if read.ok and followed.status in (404, 410):
        yield Problem(
            "wrong-location",
            f"Expected the created resource at its Location {location}, got {followed.status}.",
            "Location",
            (created, followed),
            culprit=created,
        )


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


def same_as_returned(created: Step, read: Step, writable: Schemas) -> Iterator[Problem]:
    """A read returns what the creation returned, as far as the caller can set it."""
    if not (created.ok and read.ok) or not isinstance(created.body, Mapping) or not isinstance(read.body, Mapping):
        return
    for name in writable:
        if name not in created.body or name not in read.body or isinstance(created.body[name], dict | list):
            continue
        if not same(created.body[name], read.body[name]):
            yield Problem(
                "stored-value-differs",
                f"Expected {name} as the creation returned it, {shown(created.body[name])}, "
                f"got {shown(read.body[name])}.",
                f"read {name}",
                (created, read),
                expected={name: created.body[name]},
                actual={name: read.body[name]},
                culprit=created,
            )


def action_stored(
    before: Step, action: Step, after: Step, moving: frozenset[str], id_names: frozenset[str]
) -> Iterator[Problem]:
    """What an action says that it changed is not as before. `moving`: properties that change by themselves.

    A response without the resource's ID may be about something else, such as a job or a state.
    """
    bodies = (before.body, action.body, after.body)
    if not (action.ok and action.status != 202 and before.ok and after.ok):
        return
    if not all(isinstance(body, Mapping) for body in bodies):
        return
    if not id_names or any(not same(before.body[name], action.body.get(name, MISSING)) for name in id_names):
        return
    for name in sorted(before.body.keys() & action.body.keys() & after.body.keys() - moving):
        if same(before.body[name], after.body[name]) and not same(action.body[name], after.body[name]):
            yield Problem(
                "stored-value-differs",
                f"Expected {name} to be {shown(action.body[name])}, as in the response to the action, "
                f"got the old value {shown(after.body[name])}.",
                f"action leaves {name}",
                (before, action, after),
                expected={name: action.body[name]},
                actual={name: after.body[name]},
                culprit=action,
            )


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


def list_unchanged(
    first: Mapping[Any, Any],
    before: Mapping[Any, Any],
    after: Mapping[Any, Any],
    own: str,
    steps: tuple[Step, Step, Step],
) -> Iterator[Problem]:
    """A change of one resource changes no other in the list. `first`: an earlier reading, for what moves by itself."""
    if not steps[1].ok:
        return
    for identity, item in before.items():
        if identity in (None, own) or identity not in after or not isinstance(item, Mapping):
            continue
        earlier = first.get(identity)
        moving = {name for name in item if not isinstance(earlier, Mapping) or earlier.get(name) != item[name]}
        sent = steps[1].sent if isinstance(steps[1].sent, Mapping) else {}
        changed = [
            name for name in item if name in sent and name not in moving and after[identity].get(name) != item[name]
        ]
        if changed:
            yield Problem(
                "update-changes-another-resource",
                "Expected a change of one resource to leave others unchanged, "
                f"but {', '.join(changed[:5])} of another one changed.",
                "neighbor in the list",
                steps,
                expected={name: item[name] for name in changed},
                actual={name: after[identity].get(name) for name in changed},
                culprit=steps[1],
            )
            return


def list_current(change: Step, page: Step, read: Step, earlier: Sequence[Any], new: Any) -> Iterator[Problem]:
    """The list shows a change, as the read after it does. `earlier`, `new`: the item before and after the change."""
    if not (change.ok and page.ok and read.ok):
        return
    if not all(isinstance(body, Mapping) for body in (change.sent, read.body, new, *earlier)):
        return
    for name, value in change.sent.items():
        is_old = name in new and any(name in old and same(old[name], new[name]) for old in earlier)
        if is_old and name in read.body and same(read.body[name], value) and not same(new[name], value):
            yield Problem(
                "stored-value-differs",
                f"Expected {name} in the list as a read shows it after the change, {shown(value)}, got the old value "
                f"{shown(new[name])}.",
                "list shows the old",
                (change, read, page),
                expected={name: value},
                actual={name: new[name]},
                culprit=page,
            )
            return


def rejected_creates_nothing(
    rejected: Step, page: Step, sent: Mapping[str, Any], new: Sequence[Any]
) -> Iterator[Problem]:
    """A creation that is rejected creates nothing. `new`: items that were not in the list before."""
    if any(shows(item, sent) for item in new):
        yield Problem(
            "rejected-request-changes-data",
            f"Expected a rejected creation ({rejected.status}) to create nothing, got a new item in the list.",
            "rejected creation creates",
            (rejected, page),
            culprit=rejected,
        )


def unique_value(first: Step, again: Step, name: str, what: str, *, is_documented: bool = True) -> Iterator[Problem]:
    """A value that is unique is not taken twice. `what`: what the second request does.

    `is_documented`: the contract calls it unique; otherwise, a second creation with it was a conflict.
    """
    if first.ok and again.ok:
        why = f"the contract calls {name} unique" if is_documented else f"a creation with the same {name} gets 409"
        yield Problem(
            "duplicate-accepted",
            f"Expected an error for {what} with the {name} of another resource, got {again.status}: {why}.",
            f"{what} {name}",
            (first, again),
            actual=again.body,
        )
