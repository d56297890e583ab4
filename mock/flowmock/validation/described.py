"""Rules that descriptions state of values in a body: `must lie in the future`, `must be after start`."""

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from operator import ge, gt, le, lt
from typing import Any

from flowcontract.openapi import pointers
from flowcontract.openapi.model import MediaType
from flowcontract.openapi.values import members, moments
from flowcontract.openapi.values.plausible import kind_of_moment
from flowmock.validation.violations import Violation

_MUST = r"\b(?:has to|have to|must|needs to)\s+(?:always\s+)?(?:be|lie)\s+"
_TENSE = re.compile(rf"{_MUST}(?:a (?:date|day|moment|time)\s+)?in the (future|past)\b", re.IGNORECASE)
_ORDER = re.compile(
    rf"{_MUST}(on or after|on or before|after|before|earlier than|greater than|later than|less than|larger than"
    r"|not after|not before|smaller than)\s+(?:the\s+)?[`'\"]?(\w+)[`'\"]?",
    re.IGNORECASE,
)
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    **dict.fromkeys(("after", "greater than", "larger than", "later than"), gt),
    **dict.fromkeys(("before", "earlier than", "less than", "smaller than"), lt),
    **dict.fromkeys(("not before", "on or after"), ge),
    **dict.fromkeys(("not after", "on or before"), le),
}
_CLOCK = re.compile(r"[0-2]\d:[0-5]\d(?::[0-5]\d)?")
_MAX_DEPTH = 6


def violations(media: MediaType, value: Any, today: date, pointer: str = "", depth: int = 0) -> Iterator[Violation]:
    """What in a valid body is not as the descriptions of its members say. `today`: the day of generated values."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list) and (items := media.items()):
        for number, each in enumerate(value):
            yield from violations(items, each, today, f"{pointer}/{number}", depth + 1)
    if not isinstance(value, dict):
        return
    for name, schema in members(media.schema or {}, media.schemas):
        if name not in value:
            continue
        at = pointer + pointers.join(name)
        written = schema if isinstance(schema, Mapping) else {}
        text = str(written.get("description") or media.schemas.resolve(schema).get("description", ""))
        if text and (wrong := _wrong(text, value[name], value, today)):
            yield Violation("body", "", wrong, at)
        part = media.member(name) if isinstance(value[name], dict | list) else None
        if part:
            yield from violations(part, value[name], today, at, depth + 1)


def _wrong(text: str, value: Any, holder: Mapping[str, Any], today: date) -> str:
    """What is wrong with a value by its description; empty for nothing."""
    if (said := _TENSE.search(text)) and _is_elsewhere(value, said[1].lower(), today):
        return f"expected a moment in the {said[1].lower()}, got {value}"
    if (ordered := _ORDER.search(text)) and ordered[2] in holder:
        other, compare = holder[ordered[2]], _COMPARE[ordered[1].lower()]
        pair = _comparable(value, other)
        if pair and not compare(*pair):
            return f"expected a value {ordered[1].lower()} {ordered[2]} ({other}), got {value}"
    return ""


def _is_elsewhere(value: Any, tense: str, today: date) -> bool:
    """Whether a moment is not in the future or the past, neither now nor on the day of generated values."""
    kind = kind_of_moment(value)
    if kind not in ("date", "time", "Unix time"):
        return False
    with contextlib.suppress(OverflowError, ValueError):
        moment = moments.read(kind, value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        now = datetime.now(UTC)
        usual = datetime.combine(today, now.time(), UTC)
        first, last = min(now, usual), max(now, usual)
        return moment < first - timedelta(days=1) if tense == "future" else moment > last + timedelta(days=1)
    return False


def _comparable(value: Any, other: Any) -> tuple[Any, Any] | None:
    """Two numbers, or two moments of a kind; None for anything else."""
    if all(isinstance(each, int | float) and not isinstance(each, bool) for each in (value, other)):
        return value, other
    if all(isinstance(each, str) and _CLOCK.fullmatch(each) for each in (value, other)):
        return value, other
    kind = kind_of_moment(value)
    if kind and kind == kind_of_moment(other):
        with contextlib.suppress(OverflowError, TypeError, ValueError):
            pair = moments.read(kind, value), moments.read(kind, other)
            return pair if (pair[0].tzinfo is None) == (pair[1].tzinfo is None) else None
    return None
