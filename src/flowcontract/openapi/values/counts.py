"""Counts of one object that agree: parts are no more than the whole, and a percentage is that of what is done."""

import zlib
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from flowcontract.openapi.values.names import singulars, words
from flowcontract.openapi.values.plausible import UNITS, USED

_AROUND = frozenset({"count", "counts", "num", "number", "of", "total", "totals"})
"""Words that say that a number counts what the others name: `total_tasks`, `task_count`."""
_NO_PARTS = frozenset(
    {"allowed", "average", "avg", "capacity", "last", "limit", "max", "maximum", "min", "minimum", "new", "next"}
    | {"other", "per", "previous", "required", "target"}
)
"""Words of counts that may be more than the whole."""
_DONE = frozenset({"answered", "closed", "complete", "completed", "delivered", "done", "finished", "paid", "resolved"})
_OPEN = frozenset({"incomplete", "open", "outstanding", "pending", "remaining", "unfinished", "unpaid", "unresolved"})
"""What is not done; together with what is done, it is the whole."""
_OVERLAPPING = frozenset(
    {"assigned", "blocked", "critical", "expired", "flagged", "late", "overdue", "recent", "unassigned", "unread"}
    | {"urgent"}
)
"""Parts of what is open, or that other parts may have as well."""
_PERCENT = frozenset({"pct", "percent", "percentage"})
_PROGRESS = frozenset({"completion", "progress"})
_OF_PROGRESS = _PERCENT | _PROGRESS | {"complete", "completed", "current", "done", "overall", "rate"}
_BEGINNINGS = frozenset({"backlog", "draft", "new", "pending", "planned", "queued", "scheduled", "todo"})
_NOT_DONE = _BEGINNINGS | {
    "active",
    "canceled",
    "cancelled",
    "blocked",
    "hold",
    "open",
    "processing",
    "progress",
    "review",
    "running",
    "started",
}
"""Words of statuses."""
_BEGUN = 5
"""The least percentage of what has begun."""
_STATUSES = ("status", "state")


class _Counts(NamedTuple):
    """The members that count things of one kind."""

    wholes: tuple[str, ...]
    """Those that count all of them."""
    lists: tuple[str, ...]
    """The lists of these things."""
    parts: tuple[tuple[str, str], ...]
    """Those that count some of them, each with the word that says which."""


class _Use(NamedTuple):
    """The members that say how much of something is used, how much there is, and how much is left, if one does."""

    used: str
    limit: str
    left: str


def may_disagree(names: Collection[str]) -> bool:
    """Whether members with these names may be a whole and its parts, or the progress of something."""
    found = tuple(names)
    return bool(_counts(found) or _percentages(found) or _uses(found))


def agreeing(value: Mapping[str, Any], fixed: Collection[str]) -> dict[str, Any]:
    """Counts of parts that are no more than the whole, and percentages of what is done. `fixed`: names of others."""
    changed: dict[str, Any] = {}
    done = None
    for counts in _counts(tuple(value)):
        changed |= _parts(value, counts, fixed)
        now = {**value, **changed}
        whole = next((now[name] for name in counts.wholes if type(now[name]) is int), 0)
        finished = [now[name] for name, word in counts.parts if word in _DONE and type(now[name]) is int]
        done = 100 * finished[0] / whole if len(finished) == 1 and 0 <= finished[0] <= whole and whole else done
    for use in _uses(tuple(value)):
        changed |= _within({**value, **changed}, use, fixed)
    return changed | _progress(value, done, fixed)


def _within(value: Mapping[str, Any], use: _Use, fixed: Collection[str]) -> dict[str, Any]:
    """What is used of a limit, which is all of it where the status says so, and what is left of it."""
    used, limit = value[use.used], value[use.limit]
    if type(used) is not int or type(limit) is not int or used < 0 or limit < 0:
        return {}
    changed = {}
    named = {word for name in _STATUSES if isinstance(value.get(name), str) for word in words(value[name])}
    if use.used not in fixed:
        used = limit if named & _FULL or {"sold", "out"} <= named else used % (limit + 1) if used > limit else used
        changed[use.used] = used
    elif used > limit and use.limit not in fixed:
        changed[use.limit] = limit = used
    if use.left and type(value[use.left]) is int and use.left not in fixed and used <= limit:
        changed[use.left] = limit - used
    return changed


def _parts(value: Mapping[str, Any], counts: _Counts, fixed: Collection[str]) -> dict[str, Any]:
    wholes = {name: value[name] for name in counts.wholes if type(value[name]) is int}
    parts = {name: word for name, word in counts.parts if type(value[name]) is int and value[name] >= 0}
    lists = [len(value[name]) for name in counts.lists if isinstance(value[name], list)]
    if not (wholes or lists) or not (parts or lists):
        return {}
    free = [name for name, word in parts.items() if word not in _OVERLAPPING and name not in fixed]
    given = sum(value[name] for name, word in parts.items() if word not in _OVERLAPPING and name in fixed)
    whole = next((each for name, each in wholes.items() if name in fixed), (*lists, max(given, *wholes.values(), 0))[0])
    changed = dict.fromkeys(wholes, whole)
    room, wanted = max(whole - given, 0), sum(value[name] for name in free)
    changed |= {name: value[name] * room // wanted if wanted > room else value[name] for name in free}
    left = [name for name in free if parts[name] in _OPEN]
    if len(left) == 1 and any(word in _DONE for word in parts.values()):
        changed[left[0]] = max(room - sum(changed[name] for name in free if name != left[0]), 0)
    most = next((changed.get(name, value[name]) for name, word in parts.items() if word in _OPEN), whole)
    overlapping = [name for name, word in parts.items() if word in _OVERLAPPING and name not in fixed]
    return changed | {name: value[name] % (most + 1) for name in overlapping if value[name] > most}


def _progress(value: Mapping[str, Any], done: float | None, fixed: Collection[str]) -> dict[str, Any]:
    """How much is done: what was given, else what counts say, else what the status says, else what one member says."""
    found = {name: value[name] for name in _percentages(tuple(value)) if _is_number(value[name])}
    if not found:
        return {}
    given = [_percent(name, item) for name, item in found.items() if name in fixed]
    percent = given[0] if given else next(_percent(name, item) for name, item in found.items())
    named = {word for name in _STATUSES if isinstance(value.get(name), str) for word in words(value[name])}
    if not given and done is not None:
        percent = done
    elif not given and named & _DONE:
        percent = 100
    elif not given and named & _BEGINNINGS:
        percent = 0
    elif not given and named & _NOT_DONE and not 0 < percent < 100:
        percent = _BEGUN + zlib.crc32(repr(value).encode("utf-8", "surrogatepass")) % (100 - 2 * _BEGUN)
    elif not given and len(found) == 1 and percent <= 100:
        return {}
    return {name: _like(item, percent if percent <= 100 else percent % 101) for name, item in found.items()}


def _is_number(item: Any) -> bool:
    return isinstance(item, int | float) and not isinstance(item, bool)


def _percent(name: str, item: float) -> float:
    """A percentage; a fraction is one of a hundred times as much, unless it is named a percentage."""
    is_fraction = isinstance(item, float) and 0 < item < 1 and _PERCENT.isdisjoint(words(name))
    return item * 100 if is_fraction else item


def _like(item: Any, percent: float) -> Any:
    """A percentage in the notation of another one."""
    if isinstance(item, int):
        return round(percent)
    return round(percent / 100, 2) if 0 < item < 1 else float(round(percent, 1))


@lru_cache(4096)
def _percentages(names: tuple[str, ...]) -> tuple[str, ...]:
    """The members that say how much is done: `progress`, `completion_percent`, `percent_done`."""
    found = []
    for name in names:
        own = set(words(name))
        is_of_progress = bool(own & _PROGRESS) or bool(own & _PERCENT and own & _DONE)
        if own <= _OF_PROGRESS and is_of_progress:
            found.append(name)
    return tuple(found)


@lru_cache(4096)
def _uses(names: tuple[str, ...]) -> tuple[_Use, ...]:
    """What is used of what there is: `sold` of a `quantity`, `seats_taken` of the `capacity`."""
    used, limits, left = (_with_one_of(names, known) for known in (USED, _LIMITS, _LEFT))
    found = []
    for name, what in used.items():
        of_same = [each for each, other in limits.items() if other == what]
        if not of_same and len(limits) == len(used) == 1:
            of_same = [each for each, other in limits.items() if not other or (not what and _are_things(each))]
        for limit in of_same[:1]:
            rest = [each for each, other in left.items() if other in (what, limits[limit])]
            found.append(_Use(name, limit, rest[0] if len(rest) == 1 else ""))
    return tuple(found)


def _with_one_of(names: Collection[str], known: frozenset[str]) -> dict[str, frozenset[str]]:
    """The names of counts with one of these words, and their other words."""
    found = {name: words(name) for name in names}
    return {
        name: frozenset(min(singulars(word), key=len) for word in own if word not in known | _AROUND)
        for name, own in found.items()
        if len(own) <= _MOST_WORDS and not known.isdisjoint(own) and UNITS.isdisjoint(own)
    }


def _are_things(name: str) -> bool:
    """Whether a name is one of several things: `tickets_total`."""
    return any(word.endswith("s") for word in words(name))


_MOST_WORDS = 3
_LIMITS = frozenset({"capacity", "limit", "max", "maximum", "quantity", "quota", "total"})
_LEFT = frozenset({"available", "free", "left", "remaining", "unsold"})
_FULL = frozenset({"full", "soldout"})
"""Words of statuses."""


def of_lists(names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The members that say how many items a list beside them has, with these lists: `file_count` and `files`."""
    for found in _counts(names):
        for name in found.wholes if len(found.lists) == 1 else ():
            if name not in found.lists:
                yield name, found.lists[0]


@lru_cache(4096)
def _counts(names: tuple[str, ...]) -> tuple[_Counts, ...]:
    """The members that count, by what they count, where one counts the whole and others count parts or list it."""
    of: dict[str, list[tuple[str, str, bool]]] = {}
    for name in names:
        own = words(name)
        rest = [word for word in own if word not in _AROUND]
        says_so = len(rest) < len(own)
        if rest and rest[-1] not in UNITS and (says_so or rest[-1].endswith("s")) and _NO_PARTS.isdisjoint(rest):
            of.setdefault(min(singulars(rest[-1]), key=len), []).append((name, "_".join(rest[:-1]), says_so))
    found = []
    for members in of.values():
        wholes = tuple(name for name, word, _ in members if not word)
        lists = tuple(name for name, word, says_so in members if not word and not says_so)
        parts = tuple((name, word) for name, word, _ in members if word)
        if wholes and (parts or (lists and len(wholes) > len(lists))):
            found.append(_Counts(wholes, lists, parts))
    return tuple(found)
