"""Moments of plans, such as starts, deadlines and what comes next: after today, before it, or around it.

What has been created, changed or done lies before today. What is planned does so for some objects only; a status or a
truth value says for which.
"""

import contextlib
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from flowcontract.openapi.values.moments import read, written
from flowcontract.openapi.values.names import words
from flowcontract.openapi.values.plausible import kind_of_moment

_STARTS = frozenset({"arrival", "arrives", "begin", "begins", "checkin", "opens", "start", "starts"})
_ENDS = frozenset(
    {"checkout", "closes", "deadline", "due", "end", "ends", "expiration", "expires", "expiry", "renewal", "renews"}
    | {"until"}
)
_PLANS = (
    _STARTS
    | _ENDS
    | {"admission", "boarding", "departs", "departure", "doors", "estimated", "expected", "next", "planned", "remind"}
    | {"reminder", "scheduled", "upcoming"}
)
"""Words of names of moments that are planned."""
_STAYS = frozenset({"check", "in", "out"})
_FROM = frozenset({"available", "effective", "valid"})
"""Words of names of a start that is a `from`: `valid_from`."""
_PAST = frozenset({"actual", "birth", "first", "last", "latest", "original", "previous", "since"})
_REPORTED = frozenset({"period", "range", "report", "week", "window"})
"""Words of names of what a report is about, unless it is the current one or a trial."""
_PLANNED_ED = frozenset({"estimated", "expected", "planned", "reserved", "scheduled"})
"""The only words with this ending that are not about what has happened."""
_DAYS = frozenset({"date", "day"})
_STATUSES = ("phase", "stage", "state", "status")
_COMING = frozenset(
    {"accepted", "booked", "confirmed", "draft", "issued", "new", "open", "outstanding", "pending", "planned"}
    | {"requested", "reserved", "scheduled", "sent", "upcoming"}
)
_CURRENT = frozenset({"active", "current", "live", "ongoing", "progress", "running", "started", "trial", "trialing"})
_OVER = frozenset(
    {"archived", "attended", "canceled", "cancelled", "closed", "complete", "completed", "delivered", "done", "ended"}
    | {"expired", "finished", "inactive", "missed", "over", "overdue", "past", "redeemed", "resolved", "returned"}
    | {"stopped", "terminated", "used"}
)
"""Words of statuses, truth values and names of moments: the object is to come, lasts, or is over."""
_LATE = frozenset({"ended", "expired", "missed", "over", "overdue", "past"})
"""Those that say, where they are false, that the object is to come."""
_SOON, _LATELY = 60, 30
"""Days after and before today within which plans begin or end, once they are moved."""


def placed(value: Any, given: Any, generated: Any, today: date, *, by_chance: bool = True) -> Any:
    """A value whose generated plans lie where its members say that they do, at any depth; else by chance.

    `given`, `generated`: the value before its members agreed, and as it was generated. `by_chance`: whether plans of
    which nothing is said are moved. It is the value itself where nothing changes.
    """
    if isinstance(value, list) and isinstance(given, list) and isinstance(generated, list):
        pairs = zip(value, given, generated, strict=False)
        parts = [placed(each, before, made, today, by_chance=by_chance) for each, before, made in pairs]
        if len(parts) < len(value) or all(part is each for part, each in zip(parts, value, strict=True)):
            return value
        return parts
    if not isinstance(value, dict) or not isinstance(given, dict) or not isinstance(generated, dict):
        return value
    changed = {}
    for name, item in value.items():
        if isinstance(item, dict | list):
            part = placed(item, given.get(name), generated.get(name), today, by_chance=by_chance)
            if part is not item:
                changed[name] = part
    if _plans(tuple(value)):
        fixed = {name for name, item in given.items() if item != generated.get(name)}
        changed |= _moved(value, fixed, today, by_chance=by_chance)
        changed |= next_of_parts({**value, **changed}, today, fixed)
    return value | changed if changed else value


def _moved(value: Mapping[str, Any], fixed: Collection[str], today: date, *, by_chance: bool) -> dict[str, Any]:
    """The moments of an object that have another day. `fixed`: the members that were not generated."""
    found = dict(_moments(value))
    plans = {name: each for name, each in found.items() if name in _plans(tuple(value))}
    if not plans or any(name in fixed for name in plans):
        return {}
    now = datetime.combine(today, time(tzinfo=UTC))
    chance = zlib.crc32(repr(sorted(plans.items())).encode())
    when = _when(value) or (_BY_CHANCE[chance % len(_BY_CHANCE)] if by_chance else "")
    first, last = min(plans.values()), max(plans.values())
    if when == "coming":
        days = (now - first).days + 1 + chance % _SOON if first < now else 0
        return _later(value, plans, days)
    if when == "current":
        ends = {name: each for name, each in plans.items() if not _is_start(name)}
        days = (now - min(ends.values())).days + 1 + chance % _SOON if ends and min(ends.values()) < now else 0
        is_short = last - first < timedelta(days=1) and len(ends) < len(plans)
        return _later(value, plans if is_short else ends, days if not is_short else (now - first).days + 1)
    if when == "over":
        after = {name: each for name, each in found.items() if each >= now and name not in fixed}
        return (
            _later(value, {**plans, **after}, (now - max(after.values())).days - 1 - chance % _LATELY) if after else {}
        )
    following = {name: each for name, each in plans.items() if "next" in words(name) and each < now}
    return _later(value, following, (now - min(following.values())).days + 1 + chance % _LATELY) if following else {}


def next_of_parts(value: Mapping[str, Any], today: date, fixed: Collection[str] = ()) -> dict[str, Any]:
    """The moments of an object that are next, as the one list of objects in it says what comes from today on.

    `fixed`: the names of members that stay.
    """
    lists = [item for item in value.values() if isinstance(item, list) and item and isinstance(item[0], dict)]
    names = [name for name in value if "next" in words(name) and name not in fixed]
    if len(lists) != 1 or not names:
        return {}
    now = datetime.combine(today, time(tzinfo=UTC))
    found = [moment for part in lists[0] if isinstance(part, dict) for moment in _beginning(part) if moment >= now]
    kinds = {name: kind_of_moment(value[name]) for name in names}
    return {
        name: written(kind, min(found), value[name])
        for name, kind in kinds.items()
        if found and kind in ("date", "time")
    }


def coming(items: Sequence[dict[str, Any]], today: date) -> list[dict[str, Any]]:
    """The items that begin today or later, the next one first; all items where none has a plan."""
    now = datetime.combine(today, time(tzinfo=UTC))
    begins = [(moment, at) for at, item in enumerate(items) for moment in _beginning(item)]
    return [items[at] for moment, at in sorted(begins) if moment >= now] if begins else list(items)


def _beginning(part: Mapping[str, Any]) -> list[datetime]:
    """When a part begins, or the first of its other plans."""
    planned = {name: moment for name, moment in _moments(part) if is_planned(name)}
    return ([planned[name] for name in planned if _is_start(name)] or list(planned.values()))[:1]


_BY_CHANCE = ("coming", "coming", "")


def _later(value: Mapping[str, Any], names: Collection[str], days: int) -> dict[str, Any]:
    """Moments so many days later."""
    changed: dict[str, Any] = {}
    for name in names if days else ():
        with contextlib.suppress(OverflowError, ValueError):
            kind = kind_of_moment(value[name])
            changed[name] = written(kind, read(kind, value[name]) + timedelta(days=days), value[name])
    return changed


def _moments(value: Mapping[str, Any]) -> Iterator[tuple[str, datetime]]:
    for name, item in value.items():
        kind = kind_of_moment(item)
        if kind in ("date", "time", "Unix time"):
            with contextlib.suppress(OverflowError, ValueError):
                moment = read(kind, item)
                yield name, moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@lru_cache(4096)
def _plans(names: tuple[str, ...]) -> frozenset[str]:
    """The members that are moments of a plan, if they are moments: a `date` too, beside the times of a start."""
    found = {name for name in names if is_planned(name)}
    return frozenset(found | {name for name in names if found and words(name)[-1] in _DAYS and len(words(name)) == 1})


@lru_cache(4096)
def is_planned(name: str) -> bool:
    """Whether a moment with this name is planned: `starts_at`, `due_date`, `next_visit`; not `started_at`."""
    found = frozenset(words(name))
    if found & _PAST or (found & _REPORTED and not found & _CURRENT):
        return False
    if any(word.endswith("ed") for word in found - _PLANNED_ED):
        return False
    return bool(found & _PLANS) or len(found & _STAYS) == 2 or ("from" in found and bool(found & _FROM))


def _is_start(name: str) -> bool:
    found = frozenset(words(name))
    return bool(found & (_STARTS | {"from"})) or found >= {"check", "in"}


def _when(value: Mapping[str, Any]) -> str:
    """Whether an object is `coming`, `current` or `over`, as its status, a truth value or a moment says; else empty."""
    for name, item in value.items():
        is_status = isinstance(item, str) and name.lower() in _STATUSES
        if is_status and (said := _said(frozenset(words(item.replace(" ", "_"))))):
            return said
    for name, item in value.items():
        found = frozenset(words(name)) - {"has", "is", "was"}
        if isinstance(item, bool) and len(found) == 1 and (said := _said(found)):
            if item or found & _LATE or "upcoming" in found:
                return said if item else "over" if said == "coming" else "coming"
        elif kind_of_moment(item) and found & _OVER and not is_planned(name):
            return "over"
    return ""


def _said(found: frozenset[str]) -> str:
    named = {"over": _OVER, "coming": _COMING, "current": _CURRENT}
    return next((when for when, known in named.items() if found & known), "")


Valid = Callable[[Any], bool]


def valid(value: Any, given: Any, generated: Any, today: date, is_valid: Valid, *, by_chance: bool = True) -> Any:
    """A valid value as `placed` makes it, where that is valid."""
    found = placed(value, given, generated, today, by_chance=by_chance)
    return found if found is value or is_valid(found) else value
