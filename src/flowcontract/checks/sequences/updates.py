"""Rules about changes: they change what they name, and nothing else."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from flowcontract.checks.sequences.values import (
    MISSING,
    Schemas,
    differences,
    is_version,
    same,
    shown,
)
from flowcontract.checks.steps import Problem, Step, checks
from flowcontract.checks.valid_parts import violates_schema

_CREATED = re.compile(
    r"^(?:(?:date|time)_?)?(?:created|creation|inserted)(?:_|At|On|Date|Time|$)|^date_?created$", re.IGNORECASE
)
_MODIFIED = re.compile(
    r"^(?:(?:date|time)_?)?(?:last_?)?(?:updated|modified|changed)(?:_?(?:at|on|date|time))?$", re.IGNORECASE
)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")
"""How a time begins."""
_ENDS: tuple[Any, ...] = (None, 0, False, "", [], {})
"""Values at which counters, flags and texts end by themselves."""
RESET = "(reset)"
"""The expected value of a property without a default that a replacement leaves out."""
_MANY = 3
"""Properties that an update changes by mistake, each of which is a finding; more are one."""


@checks("update-changes-other-fields", of="change")
def still_at_its_path(change: Step, after: Step, own: str, returned: str | None) -> Iterator[Problem]:
    """A changed resource is still found by its ID, and has it. `returned`: the ID in the response to the change."""
    if change.ok and returned is not None and returned.lower() != own.lower():
        yield Problem(
            "update-changes-other-fields",
            f"Expected the changed resource to keep its ID {shown(own)}, got {shown(returned)}.",
            f"{change.interaction.request.method} returns another ID",
            (change,),
        )
    if change.ok and change.status != 202 and after.status in (404, 410):
        yield Problem(
            "update-changes-other-fields",
            f"Expected the changed resource at its path, got {after.status}.",
            f"{change.interaction.request.method} moves it",
            (change, after),
            culprit=change,
        )


@checks("update-changes-other-fields", of="change")
def other_properties_unchanged(
    before: Step, change: Step, after: Step, writable: Schemas, id_names: frozenset[str]
) -> Iterator[Problem]:
    """A change of some properties leaves the others as they were, the ID and the time of creation among them."""
    if not (before.ok and change.ok and after.ok) or not isinstance(change.sent, Mapping):
        return
    changed = _changed(before.body, change.sent, after.body, writable, id_names)
    # That an update resets whatever is not sent is one defect, not one of each property.
    together = [list(changed)] if len(changed) > _MANY else [[name] for name in changed]
    method = change.interaction.request.method
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
    is_set_by_clients = name in writable and not writable[name].get("readOnly") and not is_version(name)
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


@checks("update-changes-other-fields", "default-not-applied", "replace-keeps-old-values", of="change")
def replaced(
    before: Step,
    change: Step,
    after: Step,
    request: Schemas,
    id_names: frozenset[str],
    *,
    given: Collection[str],
    says_so: bool,
    defaults: Mapping[str, Any] = MappingProxyType({}),
) -> Iterator[Problem]:
    """A replacement without optional properties resets them: to their defaults, null or nothing.

    `given`: properties that requests have set; the values of others are the server's own defaults. `says_so`: the
    contract calls it a replacement. Otherwise only documented defaults count: some frameworks leave what is not sent.
    `defaults`: what a creation without these properties sets them to, whether a schema says so or only words.
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
        if ("default" in schema and same(old, schema["default"])) or (name in defaults and same(old, defaults[name])):
            continue  # Kept or reset, it is the same.
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
    tried.checked.append(rule)
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


@checks("version-unchanged", of="change")
def version_counts(before: Step, change: Step, after: Step, read_only: frozenset[str]) -> Iterator[Problem]:
    """A read-only version changes with each change."""
    if not (before.ok and change.ok and after.ok):
        return
    if not isinstance(before.body, Mapping) or not isinstance(after.body, Mapping):
        return
    for name, value in before.body.items():
        if is_version(name) and name in read_only and name in after.body and after.body[name] == value:
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


@checks("version-unchanged", of="change")
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


@checks("stored-value-differs", of="action")
def action_stored(
    before: Step,
    action: Step,
    after: Step,
    moving: frozenset[str],
    id_names: frozenset[str],
    sent: Collection[str] = (),
) -> Iterator[Problem]:
    """What an action or a change says that it changed is not as before. `moving`: what changes by itself.

    A response without the resource's ID may be about something else, such as a job or a state. `sent`: properties that
    the request sets, which other rules compare.
    """
    what = "action" if action.interaction.request.method == "POST" else "change"
    bodies = (before.body, action.body, after.body)
    if not (action.ok and action.status != 202 and before.ok and after.ok):
        return
    if not all(isinstance(body, Mapping) for body in bodies):
        return
    if not id_names or any(not same(before.body[name], action.body.get(name, MISSING)) for name in id_names):
        return
    for name in sorted((before.body.keys() & action.body.keys() & after.body.keys()) - moving - set(sent)):
        if what == "change" and isinstance(action.body[name], dict | list):
            continue  # What it refers to may be shown in full in one of the two.
        if same(before.body[name], after.body[name]) and not same(action.body[name], after.body[name]):
            yield Problem(
                "stored-value-differs",
                f"Expected {name} to be {shown(action.body[name])}, as in the response to the {what}, "
                f"got the old value {shown(after.body[name])}.",
                f"{what} leaves {name}",
                (before, action, after),
                expected={name: action.body[name]},
                actual={name: after.body[name]},
                culprit=action,
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
    steps[1].checked.append("update-changes-another-resource")
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


@checks("stored-value-differs", of="page")
def list_current(change: Step, page: Step, read: Step, earlier: Sequence[Any], new: Any) -> Iterator[Problem]:
    """The list shows a change, as the read after it does. `earlier`, `new`: the item before and after the change."""
    if not (change.ok and page.ok and read.ok):
        return
    if not all(isinstance(body, Mapping) for body in (change.sent, read.body, new, *earlier)):
        return
    for name, value in change.sent.items():
        is_old = name in new and any(name in old and same(old[name], new[name]) for old in earlier)
        if is_old and name in read.body and same(read.body[name], value) and not same(value, new[name]):
            if violates_schema(page.interaction, name):
                continue  # The rule about the schema reports it.
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
