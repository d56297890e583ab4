"""Moments in one object: in the order that their names give, and what begins soon comes to its end."""

import contextlib
import zlib
from calendar import monthrange
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from flowcontract.openapi.values.names import words
from flowcontract.openapi.values.plausible import kind_of_moment

_PRECEDED, _FIRST, _BEFORE, _EARLIER, _HAPPENED, _SEEN, _CHANGED, _LATER = -4, -3, -2, -1, 0, 1, 2, 3
_MOMENTS = {
    **dict.fromkeys(("stayed", "traveled", "travelled", "visited"), _PRECEDED),
    "arrival": _EARLIER, "arrives": _EARLIER, "checkin": _EARLIER, "in": _EARLIER,
    "checkout": _LATER, "departs": _LATER, "departure": _LATER, "due": _LATER, "out": _LATER,
    "admission": _BEFORE, "boarding": _BEFORE,
    "begin": _EARLIER, "begins": _EARLIER, "created": _FIRST, "reported": _FIRST, "doors": _BEFORE, "from": _EARLIER,
    "issued": _EARLIER, "opened": _EARLIER, "start": _EARLIER, "started": _EARLIER, "starts": _EARLIER,
    "opens": _EARLIER, "closes": _LATER,
    "joined": _BEFORE, "ordered": _BEFORE, "placed": _BEFORE, "registered": _BEFORE, "requested": _BEFORE,
    "submitted": _BEFORE, "uploaded": _BEFORE,
    **dict.fromkeys(("accepted", "approved", "canceled", "cancelled", "closed", "completed"), _HAPPENED),
    **dict.fromkeys(("confirmed", "delivered", "finished", "paid", "processed", "published"), _HAPPENED),
    **dict.fromkeys(("answered", "declined", "failed", "rejected", "replied", "responded", "revoked"), _HAPPENED),
    **dict.fromkeys(("received", "resolved", "sent", "shipped", "used", "verified"), _HAPPENED),
    **dict.fromkeys(("acknowledged", "read", "seen", "viewed"), _SEEN),
    "changed": _CHANGED, "last": _CHANGED, "modified": _CHANGED, "updated": _CHANGED,
    "by": _LATER, "deleted": _LATER, "end": _LATER, "ended": _LATER, "ends": _LATER,
    "expires": _LATER, "expiry": _LATER, "expiration": _LATER, "next": _LATER, "to": _LATER, "until": _LATER,
}  # fmt: skip
_VAGUE = {
    **dict.fromkeys(("planned", "scheduled"), _EARLIER),
    **dict.fromkeys(("deadline", "estimated", "expected", "renewal", "renews"), _LATER),
}
"""The same for words that say less than others beside them; other words that end with `ed` are of what happened."""
_STARTS = frozenset(
    {"arrival", "arrives", "begin", "begins", "checkin", "from", "in", "opens", "start", "started", "starts"}
)
_ENDS = frozenset(
    {"checkout", "closes", "departs", "departure", "end", "ended", "ends", "finished", "out", "to", "until"}
)
_STAYS = frozenset({"arrival", "arrives", "check", "checkin", "checkout", "departs", "departure"})
_ARRIVALS, _DEPARTURES = frozenset({"arrival", "arrives"}), frozenset({"departs", "departure"})
_OF_STAYS = frozenset({"accommodation", "adults", "guest", "guests", "hotel", "nights", "room", "rooms"})
_OF_JOURNEYS = frozenset(
    {"aircraft", "airline", "airport", "bus", "carrier", "destination", "ferry", "flight", "gate", "origin"}
    | {"passenger", "passengers", "platform", "seat", "seats", "station", "terminal", "train", "trip", "vehicle"}
)
"""Words of names beside a departure that precedes the arrival; beside the others, it follows."""
_LONG = frozenset(
    {"access", "billing", "campaign", "contract", "coverage", "effective", "employment", "lease", "membership"}
    | {"period", "policy", "project", "subscription", "term", "trial", "valid", "validity"}
)
"""Words of names of what may last for months."""
_OF_A_MOMENT = frozenset({"at", "date", "datetime", "day", "on", "time", "timestamp"})
_REPLIES = frozenset({"answer", "reply", "response"})
"""Last words of names of objects that were made after the one that has them."""
_FOLLOWING = frozenset(
    {"activities", "appointments", "attachments", "comments", "events", "history", "notes", "replies", "responses"}
)
"""Last words of names of lists of what comes after the object that has them."""
_CHANGES_OF_PLANS = frozenset({"cancelable", "cancellable", "cancellation", "changeable", "refundable"})
_DEADLINES = frozenset({"before", "by", "deadline", "until"})
"""Words of names of moments until which plans can be changed: before their start."""
_DAY = 86_400
_LENGTHS = {
    "seconds": 1, "minutes": 60, "mins": 60, "min": 60, "hours": 3600, "nights": _DAY, "days": _DAY, "weeks": 7 * _DAY,
}  # fmt: skip
"""Seconds in the units of lengths, by the last word of their names."""


class _Pair(NamedTuple):
    """The names of a start and of its end, and what their names say of both."""

    start: str
    end: str
    kind: str
    is_in_days: bool


def are_several(names: Collection[str]) -> bool:
    """Whether members with these names can be moments of which one is earlier."""
    return sum(_rank(name) is not None for name in names) > 1


def is_of_event(name: str) -> bool:
    """Whether a member with this name can be the moment of what happened to something after its creation."""
    return _rank(name) in (_HAPPENED, _SEEN, _CHANGED)


def is_of_past(name: str) -> bool:
    """Whether a moment with this name, if something new must have it, is that of its creation: not a plan or an end."""
    own = set(words(name))
    is_begun = _rank(name) not in (_EARLIER, _LATER, _PRECEDED) or not own.isdisjoint(_BEGUN)
    return is_begun and own.isdisjoint(_LONG_AGO)


_BEGUN = frozenset({"issued", "opened", "started"})
"""Words of what has begun, beside those of plans that begin."""
_LONG_AGO = frozenset({"birth", "birthday", "born", "original", "since"})
"""Words of what was before the object that says it."""


def in_order(value: Mapping[str, Any], fixed: Collection[str]) -> dict[str, Any]:
    """Dates, times and Unix times whose names say which is earlier, in that order; `fixed` are names of others."""
    changed: dict[str, Any] = {}
    found = _kinds(value)
    if len(found) < 2:
        return {}
    is_journey = _is_journey(tuple(value), tuple(found))
    ranked = [(_rank(name, is_journey) or 0, name, kind) for name, kind in found]
    pairs = _pairs(tuple(found), is_journey)
    for kind in dict.fromkeys(each for _, each in found):
        of_kind = (name for _, name, each in sorted(ranked, key=lambda each: each[0]) if each == kind)
        own = [name for name in of_kind if name not in fixed and not _is_deadline(name)]
        has_plan = any(pair.kind == kind for pair in pairs)
        names = [name for name in own if not (has_plan and _rank(name) == _CHANGED)]  # Plans change at any time.
        changed |= dict(zip(names, sorted(value[name] for name in names), strict=True))
        changed |= _after_first({**value, **changed}, own, names)
    for pair in pairs:
        changed |= _near({**value, **changed}, pair, fixed)
        changed |= _opening({**value, **changed}, pair, fixed)
    changed |= _after_creation({**value, **changed}, ranked, fixed)
    changed |= _before_creation({**value, **changed}, ranked, fixed)
    for pair in pairs:
        changed |= _deadlines({**value, **changed}, pair, fixed)
    changed |= _after_issue({**value, **changed}, ranked, fixed)
    return changed | _seen_later({**value, **changed}, ranked, fixed)


def _seen_later(
    value: Mapping[str, Any], ranked: Sequence[tuple[int, str, str]], fixed: Collection[str]
) -> dict[str, Any]:
    """What was read or seen, within three days after it was sent, where it is before that, which was given."""
    changed: dict[str, Any] = {}
    for _, name, kind in [each for each in ranked if each[0] == _SEEN and each[1] not in fixed]:
        with contextlib.suppress(OverflowError, TypeError, ValueError):
            last = max(read(own, value[each]) for rank, each, own in ranked if rank < _SEEN and own == kind)
            if read(kind, value[name]) < last:
                later = timedelta(seconds=zlib.crc32(str(last).encode()) % (3 * _DAY))
                changed[name] = written(kind, last + later, value[name])
    return changed


def _after_first(value: Mapping[str, Any], names: Sequence[str], ordered: Sequence[str]) -> dict[str, Any]:
    """The other moments of a kind, at the creation where they were before it. `ordered`: those that are in order."""
    first = next((value[name] for name in ordered if _rank(name) == _FIRST), None)
    late = (name for name in names if name not in ordered)
    return {name: first for name in late if value[name] < first} if first is not None else {}


def _opening(value: Mapping[str, Any], pair: _Pair, fixed: Collection[str]) -> dict[str, Any]:
    """What opens for a start, such as doors, some time before it."""
    changed: dict[str, Any] = {}
    for name in value if pair.kind == "time" and not pair.is_in_days else ():
        if _OPENINGS.isdisjoint(words(name)) or kind_of_moment(value[name]) != pair.kind or name in fixed:
            continue
        with contextlib.suppress(OverflowError, TypeError, ValueError):
            start = read(pair.kind, value[pair.start])
            if not timedelta() <= start - read(pair.kind, value[name]) <= timedelta(hours=6):
                minutes = 30 * (1 + zlib.crc32(str(value[pair.start]).encode()) % 4)
                changed[name] = written(pair.kind, start - timedelta(minutes=minutes), value[name])
    return changed


_OPENINGS = frozenset({"admission", "boarding", "doors"})


def _kinds(value: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The members that are moments of which one is earlier, and their kinds."""
    return [(name, kind) for name, item in value.items() if _rank(name) is not None and (kind := kind_of_moment(item))]


def after_change(
    value: Mapping[str, Any], sent: Mapping[str, Any], before: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The ends of what a client gave another start or length, and the starts of what it gave an end before them.

    `sent`: all that the client sent, lengths that the object does not have (`duration_minutes`) included. `before`: the
    object before the change, which lasts as long as it did if nothing else is said.
    """
    changed: dict[str, Any] = {}
    found = _kinds(value)
    for pair in _pairs(tuple(found), _is_journey(tuple(value), tuple(found))) if len(found) > 1 else ():
        is_given = bool(_length(sent) or _months(sent)) and not {pair.start, pair.end} <= sent.keys()
        if not (is_given or pair.start in sent or pair.end in sent):
            continue
        with contextlib.suppress(OverflowError, TypeError, ValueError):
            start, end = (read(pair.kind, value[name]) for name in (pair.start, pair.end))
            length = timedelta(seconds=_length(sent)) or _in_months(start, sent)
            length = length or timedelta(seconds=_length(value)) or _in_months(start, value) or _lasted(pair, before)
            if pair.kind == "date" and length % timedelta(days=1):
                length = timedelta()
            if pair.end not in sent and (length or end <= start):
                changed[pair.end] = written(pair.kind, start + (length or timedelta(days=1)), value[pair.end])
            elif pair.end in sent and pair.start not in sent and (is_given or end <= start):
                changed[pair.start] = written(pair.kind, end - (length or timedelta(days=1)), value[pair.start])
            elif pair.end in sent and end > start:
                seconds = int((end - start).total_seconds())
                lengths = [(name, unit) for name, unit in _lengths(tuple(value)) if name not in sent]
                changed |= {name: seconds // unit for name, unit in lengths if seconds % unit == 0}
    return changed


def _lasted(pair: _Pair, before: Mapping[str, Any] | None) -> timedelta:
    """How long an object lasted before a change; nothing for one that ended before it began."""
    if before is None or pair.start not in before or pair.end not in before:
        return timedelta()
    return max(timedelta(), read(pair.kind, before[pair.end]) - read(pair.kind, before[pair.start]))


def _after_creation(
    value: Mapping[str, Any], ranked: Sequence[tuple[int, str, str]], fixed: Collection[str]
) -> dict[str, Any]:
    """Moments of another kind than that of the creation, or beside one that was given, where they are before it.

    What happened did so at once. Plans of a kind are moved by the same days: a stay has as many nights as before.
    """
    created = next(((kind, value[name]) for rank, name, kind in ranked if rank == _FIRST), ("time of day", ""))
    changed: dict[str, Any] = {}
    for kind in ("date", "time", "Unix time") if created[0] != "time of day" else ():
        names = [name for rank, name, own in ranked if own == kind and rank > _FIRST and name not in fixed]
        with contextlib.suppress(OverflowError, TypeError, ValueError):
            found, begin = {name: read(kind, value[name]) for name in names}, read(*created)
            early = [name for name in names if found[name].date() < begin.date()]
            changed |= {name: written(kind, begin, value[name]) for name in early if is_of_event(name)}
            plans = [name for name in names if not is_of_event(name)]
            if plans and not set(early).isdisjoint(plans):
                days = (begin.date() - min(found[name].date() for name in plans)).days
                moved = timedelta(days=days + zlib.crc32(str(created).encode()) % 14)
                changed |= {name: written(kind, found[name] + moved, value[name]) for name in plans}
    return changed


def _before_creation(
    value: Mapping[str, Any], ranked: Sequence[tuple[int, str, str]], fixed: Collection[str]
) -> dict[str, Any]:
    """What precedes the creation, as a stay precedes its review, some days before it."""
    created = next(((kind, value[name]) for rank, name, kind in ranked if rank == _FIRST), ("time of day", ""))
    changed: dict[str, Any] = {}
    for rank, name, kind in ranked if created[0] != "time of day" else ():
        if rank == _PRECEDED and kind != "time of day" and name not in fixed:
            with contextlib.suppress(OverflowError, TypeError, ValueError):
                begin, moment = read(*created), read(kind, value[name])
                if moment.date() >= begin.date():
                    days = (moment.date() - begin.date()).days + 1 + zlib.crc32(str(created).encode()) % 30
                    changed[name] = written(kind, moment - timedelta(days=days), value[name])
    return changed


@lru_cache(4096)
def _is_deadline(name: str) -> bool:
    """Whether a member with this name is the moment until which plans can be changed."""
    found = words(name)
    return not _CHANGES_OF_PLANS.isdisjoint(found) and not _DEADLINES.isdisjoint(found)


def _deadlines(value: Mapping[str, Any], pair: _Pair, fixed: Collection[str]) -> dict[str, Any]:
    """The moments until which plans can be changed, some days before their start."""
    changed: dict[str, Any] = {}
    for name, item in value.items():
        kind = kind_of_moment(item)
        if (
            _is_deadline(name)
            and kind in ("date", "time", "Unix time")
            and pair.kind != "time of day"
            and name not in fixed
        ):
            with contextlib.suppress(OverflowError, TypeError, ValueError):
                start, moment = read(pair.kind, value[pair.start]), read(kind, item)
                days = (moment.date() - start.date()).days + 1 + zlib.crc32(str(start).encode()) % 7
                if not 1 <= (start.date() - moment.date()).days <= 30:
                    created, _ = lifetime(value, kind)
                    earlier = moment - timedelta(days=days)
                    changed[name] = written(kind, max(earlier, created or earlier), item)
    return changed


def of_parts(value: dict[str, Any], given: Mapping[str, Any], generated: Mapping[str, Any]) -> dict[str, Any]:
    """An object whose objects that say what happened to it (`cancellation`, `reply`) have moments after its creation,
    and by its last change; it is the value itself where nothing changes.

    `given`, `generated`: the object before its members agreed, and as it was generated. Objects that were not generated
    stay as they are.
    """
    begin, last = lifetime(value, "time") if any(isinstance(item, dict) for item in value.values()) else (None, None)
    changed: dict[str, Any] = {}
    begin = begin or (lifetime(value, "time")[0] if any(_follows(name) for name in value) else None)
    for name, part in value.items() if begin else ():
        is_generated = _moments_in(given.get(name)) == _moments_in(generated.get(name))
        if isinstance(part, list) and begin and _follows(name) and is_generated:
            later = [_after(each, begin) for each in part]
            changed |= {name: later} if later != part else {}
        if isinstance(part, dict) and given.get(name) == generated.get(name) and begin:
            is_reply = words(name)[-1] in _REPLIES
            ranks = (_FIRST, _HAPPENED, _CHANGED) if is_reply else (_HAPPENED,)
            names = [each for each, item in part.items() if _rank(each) in ranks and kind_of_moment(item) == "time"]
            end = max(last or begin + timedelta(days=10), begin)
            with contextlib.suppress(OverflowError, TypeError, ValueError):
                is_own = not is_reply and ("id" in part or lifetime(part, "time")[0] is not None)
                if not is_own and any(not begin <= read("time", part[each]) <= end for each in names):
                    seconds = int((end - begin).total_seconds())
                    moment = begin + timedelta(seconds=zlib.crc32(str(begin).encode()) % (seconds + 1))
                    changed[name] = part | {each: written("time", moment, part[each]) for each in names}
    return value | changed if changed else value


def _moments_in(value: Any) -> list[list[Any]]:
    """The moments of the objects of a list."""
    objects = (each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()
    return [[item for item in each.values() if kind_of_moment(item)] for each in objects]


def _follows(name: str) -> bool:
    """Whether a list with this name is of what comes after the object that has it."""
    return words(name)[-1] in _FOLLOWING


def _after(part: Any, begin: datetime) -> Any:
    """An object whose moments are all later by the same days, on the next day where one was before another moment."""
    kinds = {name: kind_of_moment(item) for name, item in part.items()} if isinstance(part, dict) else {}
    with contextlib.suppress(OverflowError, TypeError, ValueError):
        moments = {name: read(kind, part[name]) for name, kind in kinds.items() if kind in ("date", "time")}
        days = (begin.date() - min(moments.values()).date()).days if moments else 0
        if moments and min(moments.values()) < begin:
            later = timedelta(days=days + 1)
            return part | {name: written(kinds[name], each + later, part[name]) for name, each in moments.items()}
    return part


def _after_issue(
    value: Mapping[str, Any], ranked: Sequence[tuple[int, str, str]], fixed: Collection[str]
) -> dict[str, Any]:
    """What happened, such as a payment, some days after the issue that it is before, where that has another kind."""
    issued = next(((kind, value[name]) for _, name, kind in ranked if not _ISSUES.isdisjoint(words(name))), None)
    changed: dict[str, Any] = {}
    for rank, name, kind in ranked if issued else ():
        if issued and rank == _HAPPENED and kind not in (issued[0], "time of day") and name not in fixed:
            with contextlib.suppress(OverflowError, TypeError, ValueError):
                begin, moment = read(*issued), read(kind, value[name])
                if moment.date() < begin.date():
                    days = (begin.date() - moment.date()).days + 1 + zlib.crc32(str(issued).encode()) % 14
                    changed[name] = written(kind, moment + timedelta(days=days), value[name])
    return changed


_ISSUES = frozenset({"issued", "ordered", "placed", "requested", "submitted"})


def issue(value: Mapping[str, Any]) -> datetime | None:
    """When an object was issued, ordered or the like, as far as it says so."""
    found = ((kind_of_moment(item), item) for name, item in value.items() if not _ISSUES.isdisjoint(words(name)))
    with contextlib.suppress(OverflowError, TypeError, ValueError):
        return next((read(kind, item) for kind, item in found if kind in ("date", "time", "Unix time")), None)
    return None


def lifetime(value: Mapping[str, Any], kind: str) -> tuple[datetime | None, datetime | None]:
    """When an object was created and last changed, as far as it says so by moments of a kind."""
    found: dict[int, datetime] = {}
    for name, item in value.items():
        rank = _rank(name)
        if rank in (_FIRST, _CHANGED) and kind_of_moment(item) == kind:
            with contextlib.suppress(OverflowError, TypeError, ValueError):
                found.setdefault(rank, read(kind, item))
    return found.get(_FIRST), found.get(_CHANGED)


@lru_cache(4096)
def _rank(name: str, is_journey: bool = False) -> int | None:
    found = words(name)
    word = next((word for word in found if word in _MOMENTS), "")
    rank = _MOMENTS.get(word)
    if rank is None and len(found) > 1:
        rank = next((_VAGUE[word] for word in found if word in _VAGUE), None)
        is_of_event = found[-2].endswith("ed") and found[-1] in _OF_A_MOMENT
        rank = _HAPPENED if rank is None and is_of_event else rank
    return -rank if rank and is_journey and word in _ARRIVALS | _DEPARTURES else rank


@lru_cache(4096)
def _is_journey(names: tuple[str, ...], moments: tuple[tuple[str, str], ...]) -> bool:
    """Whether an object departs before it arrives, as trains do, and guests of a hotel do not.

    The names of its members say so; else a stay has dates, and a journey has times. `moments`: names and kinds.
    """
    kinds = {kind for name, kind in moments if not (_ARRIVALS | _DEPARTURES).isdisjoint(words(name))}
    said = {word for name in names for word in words(name)} if kinds else set()
    is_of_stay, is_of_journey = not said.isdisjoint(_OF_STAYS), not said.isdisjoint(_OF_JOURNEYS)
    return is_of_journey if is_of_stay != is_of_journey else bool(kinds) and "date" not in kinds


@lru_cache(4096)
def _pairs(names: tuple[tuple[str, str], ...], is_journey: bool) -> list[_Pair]:
    """The starts with their ends of the same kind: `check_in` and `check_out`, `startsAt` and `endsAt`."""
    first, last = _STARTS, _ENDS
    if is_journey:
        first, last = _STARTS - _ARRIVALS | _DEPARTURES, _ENDS - _DEPARTURES | _ARRIVALS
    starts: dict[tuple[frozenset[str], str], str] = {}
    ends: dict[tuple[frozenset[str], str], str] = {}
    for name, kind in names:
        found = frozenset(words(name)) - _OF_A_MOMENT
        for known, marks in ((starts, first), (ends, last)):
            if found & marks:
                known.setdefault((found - marks, kind), name)
    return [
        _Pair(start, ends[about, kind], kind, _is_in_days(start, ends[about, kind], kind, is_journey))
        for (about, kind), start in starts.items()
        if (about, kind) in ends and about.isdisjoint(_LONG)
    ]


def _is_in_days(start: str, end: str, kind: str, is_journey: bool) -> bool:
    """Whether the time between a start and its end is one of days."""
    return kind == "date" or not (is_journey or _STAYS.isdisjoint((*words(start), *words(end))))


def _near(value: Mapping[str, Any], pair: _Pair, fixed: Collection[str]) -> dict[str, Any]:
    """The end of a pair, or the start where the end is fixed, a believable time from the other one."""
    kind = pair.kind
    if {pair.start, pair.end} <= set(fixed):
        return {}
    first, last, moves = pair.start, pair.end, 1
    if pair.end in fixed:
        first, last, moves = pair.end, pair.start, -1
    with contextlib.suppress(OverflowError, TypeError, ValueError):
        start, end = read(kind, value[pair.start]), read(kind, value[pair.end])
        choice = zlib.crc32(str(value[first]).encode())
        in_days = pair.is_in_days
        length = (1 + choice % 14) * _DAY if in_days else (2 + choice % 11) * 900
        most = 14 * _DAY if in_days else 12 * 3600
        if kind == "date" and "opens" in words(pair.start):  # A season has months.
            length, most = (90 + choice % 120) * _DAY, 300 * _DAY
        given = _length(value) or int(_in_months(start, value).total_seconds())
        if given and (kind != "date" or given % _DAY == 0):
            length = most = given
        seconds = (end - start).total_seconds()
        is_near = 0 < seconds <= most and (not given or seconds == given)
        if not is_near:
            moved = read(kind, value[first]) + moves * timedelta(seconds=length)
            return {last: written(kind, moved, value[last])}
    return {}


def _length(value: Mapping[str, Any]) -> int:
    """The length in seconds that an object says: `duration_minutes`, `nights`; 0 for none."""
    found = ((value[name], unit) for name, unit in _lengths(tuple(value)))
    return next((item * unit for item, unit in found if type(item) is int and item > 0), 0)


def _months(value: Mapping[str, Any]) -> int:
    """The length in months that an object says: `months`, `duration_months`; 0 for none."""
    named = (
        item
        for name, item in value.items()
        if (found := words(name))[-1] == "months" and (len(found) == 1 or {"duration", "length"} & set(found))
    )
    return next((item for item in named if type(item) is int and 0 < item <= _MAX_MONTHS), 0)


def _in_months(start: datetime, value: Mapping[str, Any]) -> timedelta:
    """The time from a moment on until as many months later as an object says; nothing where it says none."""
    year, month = divmod(start.year * 12 + start.month - 1 + _months(value), 12)
    end = start.replace(year=year, month=month + 1, day=min(start.day, monthrange(year, month + 1)[1]))
    return end - start


_MAX_MONTHS = 1200


@lru_cache(4096)
def _lengths(names: tuple[str, ...]) -> list[tuple[str, int]]:
    """The members that say a length, and its unit in seconds."""
    found = [(name, words(name)) for name in names]
    are_lengths = (
        bool({"duration", "length"} & set(each[:-1])) or each in (("nights",), ("weeks",)) for _, each in found
    )
    return [
        (name, _LENGTHS[each[-1]])
        for (name, each), is_length in zip(found, are_lengths, strict=True)
        if is_length and each[-1] in _LENGTHS
    ]


def read(kind: str, item: Any) -> datetime:
    """A moment; one with nothing but a time of day is of some day."""
    match kind:
        case "date":
            return datetime.combine(date.fromisoformat(item), time(tzinfo=UTC))
        case "time of day":
            return datetime.combine(date(2000, 1, 2), time.fromisoformat(item))
        case "time":
            return datetime.fromisoformat(item)
    return datetime.fromtimestamp(item, UTC)


def written(kind: str, moment: datetime, like: Any) -> Any:
    """A moment in the notation of another one. Raises ValueError for another day of a time of day."""
    match kind:
        case "date":
            return moment.date().isoformat()
        case "time of day":
            if moment.date() != date(2000, 1, 2):
                raise ValueError
            text = moment.timetz().isoformat(timespec="seconds")
        case "time":
            text = moment.isoformat(timespec="seconds")
        case _:
            return int(moment.timestamp())
    return text.replace("+00:00", "Z") if like.endswith("Z") else text


def named(name: str, moment: Any) -> Any:
    """A moment as a member with this name has it: `paid_on` and `payment_date` are dates."""
    kind, last = kind_of_moment(moment), words(name)[-1]
    if kind == "date" and last == "at":
        return f"{moment}T12:00:00Z"
    return moment[:10] if kind == "time" and last in ("on", "date") else moment


def of_the_past(value: Mapping[str, Any]) -> list[Any]:
    """The moments by which something has begun, the earliest first."""
    found = [name for name, item in value.items() if kind_of_moment(item) in ("date", "time")]
    return sorted((value[name] for name in found if (_rank(name) or 0) < 0), key=str)


def some(value: Mapping[str, Any]) -> str:
    """Some moment, for an object that has none: the same for the same object."""
    seconds = zlib.crc32(repr(value).encode("utf-8", "surrogatepass")) % (365 * _DAY)
    return str(written("time", datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds), "Z"))
