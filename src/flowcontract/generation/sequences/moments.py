"""Dates and times of bodies: moved, so that what each body books is free, or into the near future."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flowcontract.generation.sequences.fields import Field

_LATEST = timedelta(days=300)
"""How far values are moved at most: what lies in the past mostly stays there."""
_SOON = timedelta(days=7)
"""Time from now that a server accepts for what is planned, if it accepts any."""
_SOON_UNTIL = timedelta(days=21)
"""How far values in the near future are moved at most."""


def moved(body: Mapping[str, Any], fields: Mapping[str, Field], number: int, *, soon: bool = False) -> dict[str, Any]:
    """The dates and times of a body, all of them later by the same time; another time for each number.

    Servers accept one appointment of a room or a person at a time. A period is moved by more than its length. `soon`:
    to some time of the next weeks.
    """
    moments = _moments(body, fields)
    if not moments:
        return {}
    days = [moment.date() if isinstance(moment, datetime) else moment for moment in moments.values()]
    step = timedelta(days=(max(days) - min(days)).days + 1)
    shift = step * (1 + number % max(1, (_SOON_UNTIL if soon else _LATEST) // step - 1))
    if soon:
        shift += datetime.now(UTC).date() + _SOON - min(days)
    try:
        return {name: _written(moment + shift, body[name]) for name, moment in moments.items()}
    except OverflowError:
        return {}


def _moments(body: Mapping[str, Any], fields: Mapping[str, Field]) -> dict[str, date]:
    found = ((name, _moment(field, body.get(name))) for name, field in fields.items())
    return {name: moment for name, moment in found if moment is not None}


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
