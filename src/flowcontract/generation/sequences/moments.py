"""Dates and times of bodies: moved, so that what each body books is free."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from flowcontract.generation.sequences.fields import Field

_LATEST = timedelta(days=300)
"""How far values are moved at most: what lies in the past mostly stays there."""


def moved(body: Mapping[str, Any], fields: Mapping[str, Field], number: int) -> dict[str, Any]:
    """The dates and times of a body, all of them later by the same time; another time for each number.

    Servers accept one appointment of a room or a person at a time. A period is moved by more than its length.
    """
    moments = {name: moment for name, field in fields.items() if (moment := _moment(field, body.get(name))) is not None}
    if not moments:
        return {}
    days = [moment.date() if isinstance(moment, datetime) else moment for moment in moments.values()]
    step = timedelta(days=(max(days) - min(days)).days + 1)
    shift = step * (1 + number % max(1, _LATEST // step - 1))
    try:
        return {name: _written(moment + shift, body[name]) for name, moment in moments.items()}
    except OverflowError:
        return {}


def number_of(mark: str) -> int:
    """The number in a mark of a body."""
    return int("".join(letter for letter in mark if letter.isdecimal()) or "0")


def _moment(field: Field, value: Any) -> date | None:
    if not isinstance(value, str) or field.format not in ("date", "date-time"):
        return None
    try:
        return date.fromisoformat(value) if field.format == "date" else datetime.fromisoformat(value)
    except ValueError:  # A leap second, for example.
        return None


def _written(moment: date, before: str) -> str:
    text = moment.isoformat()
    return text.removesuffix("+00:00") + "Z" if before.endswith("Z") else text
