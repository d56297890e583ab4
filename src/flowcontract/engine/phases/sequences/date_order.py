"""Scenarios of two dates of a resource, one of which is never before the other."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import permutations
from typing import Any

from flowcontract.checks.sequences import acceptance
from flowcontract.checks.steps import Problem, Step
from flowcontract.engine.phases.sequences.resources import NotPossible, Resource
from flowcontract.engine.phases.sequences.scene import Scene
from flowcontract.generation.sequences.bodies import Bodies

_REJECTED = (400, 422)
_MOST_PAIRS = 4
"""Pairs of dates of one kind."""
_MOMENTS = ("date", "date-time")
_DAYS = timedelta(days=2)


def dates_in_order(scene: Scene) -> Iterator[Problem]:
    """Change a date so that it is before the one that it must not be before.

    The contract says so by their names, or a creation with the two exchanged is rejected.
    """
    kind = scene.kind
    if kind.read is None or (kind.update is None and kind.replace is None):
        return
    for earlier, later in documented_orders(scene.request_schemas, scene.response_schemas or {}):
        yield from _out_of_order(scene, earlier, later, None)
    bodies = scene.bodies(None) if kind.parent is None else None
    moments = [name for name, one in bodies.writable.items() if one.format in _MOMENTS] if bodies else []
    for earlier, later in list(permutations(moments, 2))[:_MOST_PAIRS]:
        denied = _denied(scene, bodies, earlier, later) if bodies is not None else None
        if denied is not None:
            yield from _out_of_order(scene, earlier, later, denied)


def documented_orders(*schemas: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Pairs of dates of which the description of the second says that it is never before the first."""
    found: dict[tuple[str, str], None] = {}
    for each in schemas:
        for name, schema in each.items():
            text = str(schema.get("description") or "")
            for other in {other for part in schemas for other, one in part.items() if one.get("format") in _MOMENTS}:
                not_before = rf"\b(?:never|not|cannot be) (?:before|earlier than|prior to) [`'\"]?{re.escape(other)}\b"
                after = rf"\bmust be (?:(?:at|on) or )?(?:after|later than) [`'\"]?{re.escape(other)}\b"
                if name != other and re.search(f"{not_before}|{after}", text, re.IGNORECASE):
                    found[other, name] = None
    yield from found


def _denied(scene: Scene, bodies: Bodies, earlier: str, later: str) -> Step | None:
    """The creation that was rejected because of the order of two dates; None if none was.

    Each of the dates is accepted for each of the two properties, in the other order.
    """
    start = _moment((bodies.full() or {}).get(earlier))
    if start is None or bodies.fields[earlier].format != bodies.fields[later].format:
        return None
    first, last = start, start + _DAYS
    label = f"create in {scene.kind.name} with {later} before {earlier}"
    body = _with_dates(bodies, {earlier: last, later: first})
    denied, _ = (
        scene.recorder.create(scene.kind, None, body, label=label, tolerated=_REJECTED) if body else (None, None)
    )
    if denied is None or denied.status not in _REJECTED:
        return None
    for days in (
        {earlier: first, later: last},
        {earlier: last, later: last + _DAYS},
        {earlier: first - _DAYS, later: first},
    ):
        body = _with_dates(bodies, days)
        if body is None or scene.recorder.create(scene.kind, None, body)[1] is None:
            return None
    return denied


def _with_dates(bodies: Bodies, days: Mapping[str, date]) -> dict[str, Any] | None:
    """A valid body with these dates; None if there is none."""
    body = bodies.full() or {}
    if not all(isinstance(body.get(name), str) for name in days):
        return None
    body |= {name: _written(day, body[name]) for name, day in days.items()}
    return body if bodies.is_valid(body) else None


def _out_of_order(scene: Scene, earlier: str, later: str, denied: Step | None) -> Iterator[Problem]:
    """Change the later date to one before the earlier, by each operation that changes a resource."""
    recorder, kind = scene.recorder, scene.kind
    for operation, bodies in recorder.bodies.of_changes(kind):
        if later not in bodies.writable or not {"400", "422"} & operation.responses.keys():
            continue
        resource = _ordered(scene, earlier, later, as_created=denied is not None)
        before = recorder.read(resource)
        start = _moment(before.body.get(earlier)) if isinstance(before.body, Mapping) else None
        text = before.body[later] if start is not None else None
        if start is None or not isinstance(text, str):
            continue
        whole = {} if operation.method == "PATCH" else bodies.full() or {}
        whole |= {earlier: before.body[earlier]} if earlier in whole else {}
        sent = bodies.with_value(whole, later, _written(start - _DAYS, text))
        if sent is None:
            continue
        label = f"change {later} to one before {earlier}"
        step = recorder.write(resource, operation, sent, label, tolerated=_REJECTED)
        yield from acceptance.dates_stay_in_order(step, recorder.read(resource), earlier, later, denied)


def _ordered(scene: Scene, earlier: str, later: str, *, as_created: bool) -> Resource:
    """A resource with both dates. `as_created`: a creation sets both."""
    bodies = scene.bodies(None) if as_created else None
    start = _moment((bodies.full() or {}).get(earlier)) if bodies is not None else None
    body = _with_dates(bodies, {earlier: start, later: start + _DAYS}) if bodies is not None and start else None
    if body is None:
        return scene.full(scene.parent())[0]
    _, made = scene.recorder.create(scene.kind, None, body)
    if made is None:
        raise NotPossible(scene.why_not_created())
    return made


def _moment(text: Any) -> date | None:
    try:
        whole = isinstance(text, str) and len(text) > len("2027-01-01")
        return (datetime.fromisoformat(text) if whole else date.fromisoformat(text)) if isinstance(text, str) else None
    except ValueError:
        return None


def _written(moment: date, like: str) -> str:
    """A date or a time in the form of another."""
    if len(like) == len("2027-01-01") or not isinstance(moment, datetime):
        day = moment.date() if isinstance(moment, datetime) else moment
        return day.isoformat() + like[len("2027-01-01") :]
    text = moment.isoformat()
    return text.removesuffix("+00:00") + "Z" if like.endswith("Z") else text
