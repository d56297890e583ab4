"""Generated items of the day that a list needs (`/rooms/{id}/slots?day=2026-12-01`), which are generated for
any day, and the consecutive days of a calendar (`/rooms/{id}/availability?from=2026-12-01&days=14`).
"""

import contextlib
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from flowcontract.openapi.model import Operation
from flowcontract.openapi.values import moments
from flowcontract.openapi.values.plausible import is_of_creation, kind_of_moment, words
from flowmock.lists.selecting import Item, Query

_DAYS = frozenset({"date", "day"})
_STARTS = frozenset({"after", "begin", "from", "since", "start"})
_ENDS = frozenset({"before", "end", "to", "until"})
"""Words of names of parameters with the first and the last day."""
_COUNTS = frozenset({"days", "nights"})
_MAX_DAYS = 366


def of_day(
    items: Sequence[Item], operation: Operation, query: Query, is_valid: Callable[[Any], bool], *, sized: bool = False
) -> list[Item]:
    """The items, moved to the day that a query must name, in the order of their moments then, or consecutive days.

    `sized`: whether there are as many items as were asked for.
    """
    days = _calendar(items, operation, query, sized=sized)
    if days and all(map(is_valid, days)):
        return days
    name, day = _day(operation, query)
    moved = [_moved(item, name, day) for item in items] if day else []
    if not moved or not all(map(is_valid, moved)):
        return list(items)
    return sorted(moved, key=lambda item: str(_first(item)))


def _day(operation: Operation, query: Query) -> tuple[str, date | None]:
    """The required parameter by which a query names a day, and that day."""
    for parameter in operation.parameters:
        is_of_days = parameter.required and parameter.location == "query" and words(parameter.name)[-1] in _DAYS
        if is_of_days and (text := dict(query).get(parameter.name)):
            with contextlib.suppress(ValueError):
                return parameter.name, date.fromisoformat(text)
    return "", None


def _calendar(items: Sequence[Item], operation: Operation, query: Query, *, sized: bool) -> list[Item]:
    """Items that are days, from the one that a query begins with, as many as it says; none for other items."""
    name = next((each for each in items[0] if each.lower() in _DAYS), "") if items else ""
    given = dict(query)
    declared = {each.name: each for each in operation.parameters if each.location == "query"}
    start = next((_date(given.get(each)) for each in declared if not _STARTS.isdisjoint(words(each))), None)
    if not start or "id" in items[0] or any(kind_of_moment(item.get(name)) != "date" for item in items):
        return []
    count = next((_number(given.get(each, declared[each].schema.get("default"))) for each in declared
                  if words(each)[-1] in _COUNTS), 0)  # fmt: skip
    end = next((_date(given.get(each)) for each in declared if not _ENDS.isdisjoint(words(each))), None)
    if not count and end:
        count = min((end - start).days + 1, len(items))
    count = len(items) if sized or count < 1 else min(count, _MAX_DAYS)
    return [_moved(items[at % len(items)], name, start + timedelta(days=at)) for at in range(count)]


def _date(text: str | None) -> date | None:
    with contextlib.suppress(TypeError, ValueError):
        return date.fromisoformat((text or "")[:10])
    return None


def _number(value: Any) -> int:
    return int(value) if str(value).isdecimal() else 0


def _moved(item: Item, name: str, day: date) -> Item:
    """An item whose first moment, or the one with this name, is of a day, and whose others are as long after it."""
    kind = kind_of_moment(item.get(name))
    first = moments.read(kind, item[name]) if kind in ("date", "time") else _first(item)
    if first is None:
        return item
    days = timedelta(days=(day - first.date()).days)
    found = dict(item)
    for each, own in _moments(item):
        with contextlib.suppress(OverflowError, ValueError):
            found[each] = moments.written(own, moments.read(own, item[each]) + days, item[each])
    return found


def _first(item: Item) -> datetime | None:
    """The earliest moment of an item, but for that of its record."""
    with contextlib.suppress(ValueError):
        found = [moments.read(kind, item[name]) for name, kind in _moments(item)]
        return min(found, key=lambda moment: datetime.combine(moment.date(), moment.time()), default=None)
    return None


def _moments(item: Item) -> list[tuple[str, str]]:
    kinds = ((name, kind_of_moment(value)) for name, value in item.items() if not is_of_creation(name))
    return [(name, kind) for name, kind in kinds if kind in ("date", "time")]
