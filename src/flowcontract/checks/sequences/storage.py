"""Rules about what a creation or change stores: what was sent, and nothing that it must not take over."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from flowcontract.checks.sequences.values import (
    MISSING,
    Difference,
    Schemas,
    differences,
    is_trimmed,
    is_version,
    look_alike,
    same,
    shown,
)
from flowcontract.checks.steps import Problem, Step, checks
from flowcontract.checks.valid_parts import violates_schema

_NORMALIZED = re.compile(r"\b(?:lower|upper|case|trim|strip|normali[sz]|white ?space|canonical|sorted)", re.IGNORECASE)
"""A description that says how a value is normalized."""
_SENSITIVE = re.compile(r"password|passwd|secret|token|api_?key", re.IGNORECASE)
"""Names of properties that servers mask or hash."""
_SECRET = 8
"""Characters of the shortest secret that is in no response by chance."""


def _compared(
    sent: Mapping[str, Any], got: Any, request: Schemas, response: Schemas | None
) -> Iterator[tuple[str, Difference]]:
    """Differences by property, for what a response is documented to return."""
    if not isinstance(got, Mapping):
        return
    for name, value in sent.items():
        schema = request.get(name) or {}
        if schema.get("writeOnly") or schema.get("readOnly") or is_version(name) or _SENSITIVE.search(name):
            continue
        if ((response or {}).get(name) or {}).get("deprecated"):
            continue  # What replaced it has the value.
        if name not in got:
            if response is not None and name in response and value not in (None, "", [], {}):
                yield name, Difference(f"/{name}", value, MISSING)
            continue
        for difference in differences(value, got[name], pointer=f"/{name}", schema=schema):
            if not (difference.is_normalized and _NORMALIZED.search(str(schema.get("description") or ""))):
                yield name, difference


@checks("stored-value-differs", "value-normalized", of="created")
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
        found = [
            (name, difference)
            for name, difference in _compared(created.sent, body, request, response)
            # Null that cannot be stored means that nothing was sent.
            if not (difference.expected is None and _excludes_null((response or {}).get(name) or {}))
        ]
        steps = (created,) if step is created else (created, read)
        for name, difference in found:
            is_kept = before is not None and _is_kept(difference, _named_alike(created.sent, before))
            if not is_kept and violates_schema(step.interaction, name):
                continue  # The rule about the schema reports it.
            if difference.actual is MISSING and not is_kept:
                yield _lost(name, difference, steps)
            else:
                yield _differs(name, difference, steps, verb, labels.get(name, ""), is_kept=is_kept)
        if found:
            return


def _differs(
    name: str, difference: Difference, steps: tuple[Step, ...], verb: str, label: str, *, is_kept: bool
) -> Problem:
    """A value that is stored otherwise than it was sent. `label`: what is special about it."""
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
    return Problem(
        "value-normalized" if is_normalized else "stored-value-differs",
        f"Expected {name} to be stored as sent, {wanted}{named}, got {'the old value ' if is_kept else ''}{actual}.",
        key,
        steps,
        expected={name: difference.expected},
        actual={name: difference.actual},
        part="" if is_normalized else difference.pointer,
        special=special,
        is_shared=is_normalized,
        culprit=steps[0],
    )


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


def _excludes_null(schema: Mapping[str, Any]) -> bool:
    """Whether a schema certainly does not allow null."""
    kinds = schema.get("type")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return isinstance(kinds, list) and "null" not in kinds and schema.get("nullable") is not True


@checks("created-resource-not-found", of="created")
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


@checks("default-not-applied", of="created")
def defaults_applied(created: Step, read: Step, request: Schemas) -> Iterator[Problem]:
    """A property that was left out has its documented default."""
    if not created.ok or not isinstance(created.sent, Mapping) or not read.ok or not isinstance(read.body, Mapping):
        return
    for name, schema in request.items():
        if "default" not in schema or name in created.sent or name not in read.body or schema.get("readOnly"):
            continue
        if violates_schema(read.interaction, name):
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


@checks("read-only-field-written", of="created")
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


@checks("write-only-field-returned")
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
                    f"Expected the response to leave out the write-only field {name}, got it.",
                    f"write-only {name}",
                    (steps[0], step) if step is not steps[0] else (step,),
                    actual=step.body,
                    is_shared=True,
                )
                return


def _is_secret(name: str, value: Any, sent: Any) -> bool:
    """Whether a value is long enough, and in no other property that was sent."""
    if not isinstance(value, str) or len(value) < _SECRET or not isinstance(sent, Mapping):
        return False
    return not any(_has_text(other, value) for key, other in sent.items() if key != name)


def _has_text(value: Any, text: str) -> bool:
    """Whether a text is part of a JSON value, however its characters were escaped."""
    return json.dumps(text)[1:-1] in json.dumps(value)


@checks("wrong-location")
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


@checks("wrong-location", of="created")
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


@checks("stored-value-differs", of="created")
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
