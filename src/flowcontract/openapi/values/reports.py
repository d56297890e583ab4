"""Reports of one object that agree: a total is the sum of the points beside it, shares of alternatives are all of it,
and each alternative is there once.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flowcontract.openapi.values.names import words
from flowcontract.openapi.values.plausible import kind_of_moment

Points = Sequence[Mapping[str, Any]]

_SHARES = frozenset({"fraction", "pct", "percent", "percentage", "proportion", "ratio", "share"})
"""Last words of names of shares."""
_UNIQUE = frozenset({"distinct", "unique"})
_OWN_IDS = frozenset({"id", "uuid"})


def agreeing(value: dict[str, Any], given: Mapping[str, Any], generated: Mapping[str, Any]) -> dict[str, Any]:
    """An object whose report agrees; it is the value itself where nothing changes.

    `given`, `generated`: the object before its members agreed, and as it was generated. What was not generated stays.
    """
    if not any(map(_are_points, value.values())):
        return value
    changed: dict[str, Any] = {}
    for name, items in value.items():
        if _are_points(items) and given.get(name) == generated.get(name):
            found = _shared(_once([_with_unique(each) for each in items]))
            if found != items:
                changed[name] = found
    now = value | changed if changed else value
    changed |= {name: item for name, item in totals(now).items() if given.get(name) == generated.get(name)}
    return value | changed if changed else value


def totals(value: Mapping[str, Any]) -> dict[str, Any]:
    """The totals of points beside them, and the numbers of alternatives, which are no more than that."""
    changed: dict[str, Any] = {}
    for name, items in value.items():
        if not (_are_points(items) and _is_series(items)):
            continue
        for member in _counts(items):
            total = next((each for each, item in value.items() if type(item) is int and _is_total(each, member)), "")
            if not total:
                continue
            whole = sum(each[member] for each in items)
            changed |= {total: whole} if value[total] != whole else {}
            for other, parts in value.items():
                if other != name and _are_points(parts) and not _is_series(parts) and member in _counts(parts):
                    wanted = sum(each[member] for each in parts)
                    if wanted > whole:
                        changed[other] = [{**each, member: each[member] * whole // wanted} for each in parts]
    return changed


def _is_total(name: str, member: str) -> bool:
    own = words(name)
    return own in (("total", *words(member)), (*words(member), "total"))


def _are_points(items: Any) -> bool:
    """Whether a value is a list of objects without IDs."""
    return (
        isinstance(items, list)
        and bool(items)
        and all(
            isinstance(each, dict) and _OWN_IDS.isdisjoint(each) and each.keys() == items[0].keys() for each in items
        )
    )


def _is_series(items: Points) -> bool:
    """Whether each point has a moment."""
    return any(all(kind_of_moment(each[name]) for each in items) for name in items[0])


def _counts(items: Points) -> Iterator[str]:
    for name in items[0]:
        if all(type(each[name]) is int and not kind_of_moment(each[name]) and each[name] >= 0 for each in items):
            yield name


def _with_unique(item: Mapping[str, Any]) -> dict[str, Any]:
    """A point whose `unique_visitors` are no more than its `visits`."""
    found = dict(item)
    whole = [name for name, each in item.items() if type(each) is int and _UNIQUE.isdisjoint(words(name))]
    for name, each in item.items():
        if type(each) is int and not _UNIQUE.isdisjoint(words(name)):
            rest = tuple(word for word in words(name) if word not in _UNIQUE)
            of_same = [other for other in whole if words(other) == rest] or whole
            if len(of_same) == 1 and 0 <= item[of_same[0]] < each:
                found[name] = each % (item[of_same[0]] + 1)
    return found


def _once(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items with each label once, where they say shares or counts of these."""
    texts = [name for name, each in items[0].items() if isinstance(each, str)]
    is_breakdown = len(texts) == 1 and not _is_series(items) and _has_numbers_alone(items, texts[0])
    return list({each[texts[0]]: each for each in reversed(items)}.values())[::-1] if is_breakdown else items


def _has_numbers_alone(items: Points, label: str) -> bool:
    others = [each for item in items for name, each in item.items() if name != label]
    return bool(others) and all(isinstance(each, int | float) and not isinstance(each, bool) for each in others)


def _shared(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items with shares that come to 1, or to 100, where each has a label."""
    texts = [name for name, each in items[0].items() if isinstance(each, str)]
    shares = [name for name in items[0] if words(name)[-1] in _SHARES]
    if len(texts) != 1 or len(shares) != 1 or not _has_numbers_alone(items, texts[0]) or _is_series(items):
        return items
    own = [each[shares[0]] for each in items]
    whole, places = (100, 1) if max(own) > 1 else (1, 2)
    amount = sum(own)
    if min(own) < 0 or round(amount, 6) == whole:
        return items
    found = [round(each * whole / amount if amount else whole / len(own), places) for each in own]
    found[found.index(max(found))] = round(max(found) + whole - sum(found), places)
    are_whole = all(type(each) is int for each in own) and whole == 100
    if are_whole:
        found = [int(each) for each in found]
        found[found.index(max(found))] += whole - sum(found)
    return [{**item, shares[0]: each} for item, each in zip(items, found, strict=True)]
