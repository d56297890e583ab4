"""Generated items of the day that a list needs (`/rooms/{id}/slots?day=2026-12-01`), which are generated for
any day, and the consecutive days of a calendar (`/rooms/{id}/availability?from=2026-12-01&days=14`).
"""

import contextlib
import zlib
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from flowcontract.openapi.model import Operation
from flowcontract.openapi.values import moments, reports
from flowcontract.openapi.values.names import words
from flowcontract.openapi.values.plausible import is_of_creation, kind_of_moment
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
    """The items, moved to the week or the day that a query names, in the order of their moments, or consecutive days.

    `sized`: whether there are as many items as were asked for.
    """
    days = _calendar(items, operation, query, sized=sized)
    if days and all(map(is_valid, days)):
        return days
    name, day = _day(operation, query)
    moved = [_moved(item, name, day) for item in items] if day else []
    declared = {each.name for each in operation.parameters if each.location == "query" and "week" in words(each.name)}
    start, length = _period([pair for pair in query if pair[0] in declared])
    moved = _spread(items, start, length) if start and items else moved
    if not moved or not all(map(is_valid, moved)):
        return list(items)
    return sorted(moved, key=lambda item: str(_first(item)))


def in_period(value: Any, query: Query, is_valid: Callable[[Any], bool]) -> Any:
    """The body of what is not a list, with the moments of its lists in the day, week or range that a query names."""
    start, length = _period(query)
    if start is None or not isinstance(value, dict):
        return value
    found = dict(value)
    for name, items in value.items():
        if isinstance(items, list) and items and all(isinstance(each, dict) for each in items):
            found[name] = _spread(items, start, length)
    series = found | {name: _series(value[name], query) or items for name, items in found.items()}
    choices = (series | reports.totals(series), series, found)
    return next(filter(is_valid, choices), value)


def _series(items: Any, query: Query) -> list[Item]:
    """The points of a chart, one for each day, week or month of the range that a query names; none for others."""
    starts = [day for name, text in query if not _STARTS.isdisjoint(words(name)) and (day := _date(text))]
    ends = [day for name, text in query if not _ENDS.isdisjoint(words(name)) and (day := _date(text))]
    first = items[0] if isinstance(items, list) and items and isinstance(items[0], dict) else {}
    named = [name for name, kind in _moments(first) if kind in ("date", "time")]
    has_counts = any(type(each) is int for each in first.values())
    if not (starts and ends and len(named) == 1 and has_counts) or "id" in first:
        return []
    step = next((_STEPS[text] for _, text in query if text in _STEPS), _next_day)
    days: list[date] = []
    day = starts[0]
    while day <= ends[0] and len(days) < _MAX_DAYS:
        days.append(day)
        day = step(day)
    return [_moved(_varied(items[at % len(items)], at), named[0], day) for at, day in enumerate(days)]


def _varied(item: Item, number: int) -> Item:
    """A point with other counts than the same one had before, by at most a quarter."""
    share = zlib.crc32(str(number).encode()) % 26
    return {name: each - each * share // 100 if type(each) is int else each for name, each in item.items()}


def _next_month(day: date) -> date:
    year, month = divmod(day.year * 12 + day.month, 12)
    return date(year, month + 1, 1)


def _next_day(day: date) -> date:
    return day + timedelta(days=1)


_STEPS: dict[str, Callable[[date], date]] = {
    **dict.fromkeys(("day", "daily"), _next_day),
    **dict.fromkeys(("week", "weekly"), lambda day: day + timedelta(days=7)),
    **dict.fromkeys(("month", "monthly"), _next_month),
}
"""The next day of a chart, by the interval that a query names."""


def _spread(items: Sequence[Item], start: date, length: int) -> list[Item]:
    """The items, moved to days of a period, in the order of their moments then."""
    days = (start + timedelta(days=at * length // len(items)) for at in range(len(items)))
    return sorted(
        (_moved(each, "", day) for each, day in zip(items, days, strict=True)), key=lambda item: str(_first(item))
    )


def _period(query: Query) -> tuple[date | None, int]:
    """The first day that a query names, and how many it is about: one, a week from its Monday or start, or a range."""
    ends = [day for name, text in query if not _ENDS.isdisjoint(words(name)) and (day := _date(text))]
    for name, text in query:
        named = set(words(name))
        is_week, begins = "week" in named, bool(named & (_STARTS | {"starting", "starts"}))
        day = _date(f"{text}-1" if is_week and "W" in text else text)
        if day and is_week:
            return (day if begins else day - timedelta(days=day.weekday())), 7
        if day and begins:
            return day, min(max((ends[0] - day).days + 1, 1), _MAX_DAYS) if ends else 1
        if day and named & _DAYS and not named & _ENDS:
            return day, 1
    return None, 0


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
