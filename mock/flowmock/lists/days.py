"""Generated items of the day that a list needs (`/rooms/{id}/slots?day=2026-12-01`), which are generated for
any day.
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


def of_day(items: Sequence[Item], operation: Operation, query: Query, is_valid: Callable[[Any], bool]) -> list[Item]:
    """The items, moved to the day that a query must name, in the order of their moments then."""
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
