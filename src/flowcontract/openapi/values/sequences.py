"""Lists of objects in an object: numbered from the first on, a history in the order of its moments, and one that is the
first among them, where they say which one is.
"""

import contextlib
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any

from flowcontract.openapi.values import moments
from flowcontract.openapi.values.names import snake_case, words
from flowcontract.openapi.values.plausible import kind_of_moment

_NUMBERS = frozenset({"number", "ordinal", "position", "rank", "sort_order", "sortorder", "display_order", "sequence"})
"""Names of what numbers the items of a list."""
_INDEX = "index"
"""What numbers them from zero."""
_OFFSETS = frozenset({"offset", "position", "start", "starts"})
_UNITS = frozenset({"milliseconds", "minutes", "ms", "seconds"})
"""Words of names of where the items of a list begin in what has them, and in which unit."""
_ONES = frozenset({"cover", "default", "lead", "main", "primary"})
"""What one item of a list is, as truth values say it."""
_PAST = frozenset({"created", "happened", "logged", "occurred", "paid", "posted", "recorded", "sent"})
_MOMENTS = frozenset({"at", "date", "datetime", "on", "time", "timestamp", "when"})
"""Names and words of names of moments when the items of a history happened."""
_DAYS = 10
"""Days after its creation in which an object has its history, where nothing says when it last changed."""
_NOTHING = object()


def in_order(value: dict[str, Any], given: Mapping[str, Any], generated: Mapping[str, Any]) -> dict[str, Any]:
    """An object whose lists of objects are numbered and in order; it is the value itself where nothing changes.

    `given`, `generated`: the object before its members agreed, and as it was generated. A list with such a member that
    was not generated stays as it is.
    """
    changed = {}
    for name, items in value.items():
        made = generated.get(name)
        if not (isinstance(items, list) and items and isinstance(made, list) and isinstance(items[0], dict)):
            continue
        if len(items) > len(made) or not all(isinstance(each, dict) for each in (*items, *made)):
            continue
        fixed = [_given(each, other) for each, other in zip(given[name], made, strict=False)]
        found = items
        for member in dict.fromkeys(name for each in items for name in each):
            is_wanted = _numbers(member) is not None or is_of_history(member) or _is_of_one(member)
            is_wanted = is_wanted or bool(_unit_of_offset(member))
            pairs = zip(items, fixed, strict=True) if is_wanted else ()
            if is_wanted and _is_of_one(member):
                found = _with_one(found, member, fixed)
            elif is_wanted and all(member in each and member not in names for each, names in pairs):
                found = _with(found, member, value, fixed)
        if found is not items:
            changed[name] = found
    return value | changed if changed else value


def is_history(value: Any) -> bool:
    """Whether a value is a list of what happened, each with its moment."""
    first = value[0] if isinstance(value, list) and value else None
    return isinstance(first, dict) and any(is_of_history(name) and kind_of_moment(first[name]) for name in first)


def _given(item: Mapping[str, Any], generated: Mapping[str, Any]) -> set[str]:
    """The members that were not generated."""
    return {name for name, value in item.items() if generated.get(name, _NOTHING) != value}


def _with_one(items: list[dict[str, Any]], member: str, fixed: Sequence[Collection[str]]) -> list[dict[str, Any]]:
    """The items, of which one is the first among them. `fixed`: the members of each item that were not generated."""
    own = [each.get(member, False) for each in items]
    free = [at for at, names in enumerate(fixed) if member not in names and member in items[at]]
    if own.count(True) == 1 or not free or not all(isinstance(each, bool) for each in own):
        return items
    chosen = None if any(own[at] for at in range(len(items)) if at not in free) else free[0]
    return [each | {member: at == chosen} if at in free else each for at, each in enumerate(items)]


def _with(
    items: list[dict[str, Any]], member: str, holder: Mapping[str, Any], fixed: Sequence[Collection[str]]
) -> list[dict[str, Any]]:
    """The items with numbers or moments in order. `fixed`: the members of each item that were not generated."""
    before = [each[member] for each in items]
    first = _numbers(member)
    if unit := _unit_of_offset(member):
        length = next(
            (each for name, each in holder.items() if words(name) in (("duration", unit), ("length", unit))), 0
        )
        after = _offsets(before, length)
    elif first is None:
        after = _history(before, holder)
    else:
        after = list(range(first, first + len(items))) if all(type(each) is int for each in before) else before
    if after == before:
        return items
    changed = [{**each, member: new} for each, new in zip(items, after, strict=True)]
    return [each | moments.in_order(each, {member, *names}) for each, names in zip(changed, fixed, strict=True)]


def _offsets(found: list[Any], length: Any) -> list[Any]:
    """Offsets in order, before the end of what they are in. `length`: of it, if it says so."""
    if any(type(each) is not int or each < 0 for each in found):
        return found
    if type(length) is int and 0 < length <= max(found):
        return [number * length // len(found) for number in range(len(found))]
    return sorted(found)


@lru_cache(4096)
def _unit_of_offset(name: str) -> str:
    """The unit of a member with this name that says where its object begins in another one; empty for any other."""
    *own, last = words(name)
    return last if len(own) == 1 and own[0] in _OFFSETS and last in _UNITS else ""


def _history(found: list[Any], holder: Mapping[str, Any]) -> list[Any]:
    """Moments in order, between the creation and the last change of what they are of."""
    kinds = {kind_of_moment(each) for each in found}
    kind = next(iter(kinds))
    if len(kinds) > 1 or not kind:
        return found
    found = sorted(found)
    created, last = moments.lifetime(holder, kind)
    created = created or moments.issue(holder)
    if created is None:
        return found
    with contextlib.suppress(OverflowError, TypeError, ValueError):
        end = created + timedelta(days=_DAYS) if last is None else last
        if any(not created <= moments.read(kind, each) <= end for each in found):
            step = (end - created) / (len(found) + 1)
            later = [created + (number + 1) * step for number in range(len(found))]
            return [moments.written(kind, each, like) for each, like in zip(later, found, strict=True)]
    return found


@lru_cache(4096)
def _numbers(name: str) -> int | None:
    """What the first item of a list has in a member with this name that numbers the items; None for any other."""
    plain = snake_case(name)
    return 0 if plain == _INDEX else 1 if plain in _NUMBERS else None


@lru_cache(4096)
def _is_of_one(name: str) -> bool:
    """Whether a member with this name says that its object is the first among those of a list: `is_primary`."""
    found = words(name)
    return found[-1] in _ONES and (len(found) == 1 or (len(found) == 2 and found[0] == "is"))


@lru_cache(4096)
def is_of_history(name: str) -> bool:
    """Whether a member with this name is the moment when its object happened."""
    own = set(words(name))
    return own <= _MOMENTS or bool(own & _PAST and own <= _PAST | _MOMENTS)
