"""Members of one value that agree: moments in order, counts that count, sums that add up, one currency."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from flowcontract.openapi.values import counts, moments, money, parts, payments, reports, sequences
from flowcontract.openapi.values.events import has_happened, has_not_happened, may_not_have_happened
from flowcontract.openapi.values.names import snake_case, words
from flowcontract.openapi.values.plausible import ending_of, is_of_change, kind_of_moment, same_ids, url_of_file

_COUNTS = frozenset({"count", "total_count", "total_items", "total_results"})
_TOTAL = "total"
"""A count as well, beside nothing else or beside members that are about pages; else it may be a sum of money."""
_OF_A_PAGE = frozenset({"limit", "next", "offset", "page", "page_size", "pages", "per_page", "size", "total_pages"})


_NUMBER = re.compile(r"\d{1,9}(\.\d{1,9})?")
_MEDIA_TYPES = ("contenttype", "mediatype", "mimetype")
_GENERATED_ENDING = ".png"
_NOTHING = object()


class _Names(NamedTuple):
    """What the names of the members of an object say of it; most objects have nothing that could disagree."""

    rules: tuple[Callable[[dict[str, Any], Collection[str]], Mapping[str, Any]], ...]
    """What makes members agree."""
    have_currency: bool
    of_money: frozenset[str]
    """Those that depend on the currency."""
    have_events: bool


@lru_cache(4096)
def _names(names: tuple[str, ...]) -> _Names:
    plain = {snake_case(name) for name in names}
    have_events = any(may_not_have_happened(name, names) for name in names)
    rules = {
        moments.in_order: moments.are_several(names),
        parts.agreeing: parts.may_agree(names),
        counts.agreeing: counts.may_disagree(names),
        _done: have_events,
        _counts: not plain.isdisjoint(_COUNTS | {_TOTAL}),
        _bounds: any(_maximum(name) in names for name in names),
        _hours: any(not _HOURS.keys().isdisjoint(words(name)) for name in names),
        _squares: any(not _SQUARE.isdisjoint(words(name)) for name in names),
        _measures: plain >= _BODY.keys(),
        money.sums: money.have_sums(names),
        money.sums_of_lists: money.have_sums_of_lists(names),
        _same_place: not plain.isdisjoint(_PLACES) and any(words(name)[-1] in _ADDRESSES for name in names),
        _slug: "slug" in plain and not plain.isdisjoint(_NAMES),
        _email_of_name: "email" in plain and not plain.isdisjoint({"first_name", "name"}),
        _files: any("".join(words(name)) == "filename" for name in names),
        _ids: any(name.removesuffix("_id") in plain - {name} for name in plain),
    }
    chosen = tuple(rule for rule, is_needed in rules.items() if is_needed)
    of_money = frozenset(filter(money.is_of_currency, names))
    return _Names(chosen, any(map(money.is_currency, names)), of_money, have_events)


def agreeing(value: dict[str, Any], fixed: Collection[str] = ()) -> dict[str, Any]:
    """An object whose members agree. `fixed`: the names of those that others must agree with.

    Moments are in order, counts count, parts are no more than the whole, minimums are below maximums, sums add up, a
    URL ends with the name of its file, and an object has the ID that stands beside it.
    """
    changed: dict[str, Any] = {}
    for rule in _names(tuple(value)).rules:
        changed |= rule(value, fixed)
    changed = {name: item for name, item in changed.items() if name not in fixed and item != value[name]}
    return value | changed if changed else value


def choices(value: Any, generated: Any) -> Iterator[Any]:
    """A value as `settled` makes it, then with each other currency that it has: its schema may not allow the first."""
    for currency in (None, *list(dict.fromkeys(money.currencies(value, in_lists=True)))[1:]):
        found = settled(value, generated, currency)
        yield sequences.in_order({"": found}, {"": value}, {"": generated})[""] if isinstance(found, list) else found


def valid(value: Any, generated: Any, is_valid: Callable[[Any], bool]) -> Any:
    """A valid value as `settled` makes it, without what has not happened, as far as `is_valid` admits it.

    It is the value itself where nothing changes.
    """
    found = next((each for each in choices(value, generated) if each is value or is_valid(each)), value)
    return without_what_has_not_happened(found, value, generated, is_valid)


def settled(value: Any, generated: Any, currency: str | None = None) -> Any:
    """A value whose members agree, where those that differ from the generated value stay as they are.

    `currency`: that of the object which the value is in, empty where that has none. It is the value itself where
    nothing changes.
    """
    if isinstance(value, list) and isinstance(generated, list):
        pairs = zip(value, generated, strict=False)
        items = [settled(each, made, currency or None) for each, made in pairs if isinstance(each, dict | list)]
        if len(items) < min(len(value), len(generated)):
            return value
        is_same = all(item is each for item, each in zip(items, value, strict=False))
        return value if is_same else items + value[len(items) :]
    if not isinstance(value, dict) or not isinstance(generated, dict):
        return value
    fixed = _fixed(value, generated)
    currency = _currency(value, generated) if currency is None else currency
    known = _names(tuple(value))
    changed = {}
    for name, item in value.items():
        found = item
        if isinstance(item, dict | list):
            found = settled(item, generated.get(name), None if money.may_differ(name) else currency)
        elif currency and name in known.of_money and name not in fixed:
            found = money.in_currency(name, item, currency, has_currency=known.have_currency)
        if found is not item:
            changed[name] = found
    found = agreeing(value | changed if changed else value, fixed)
    found = payments.agreeing(found, generated, fixed)
    found = reports.agreeing(sequences.in_order(found, value, generated), value, generated)
    return moments.of_parts(found, value, generated)


def summed(value: Any, sent: Any) -> Any:
    """A value in which totals are what their parts come to, at any depth; those that a client sent stay.

    It is the value itself where nothing changes.
    """
    if isinstance(value, list):
        items = sent if isinstance(sent, list) and len(sent) == len(value) else [None] * len(value)
        found = [summed(item, own) for item, own in zip(value, items, strict=True)]
        return value if all(each is item for each, item in zip(found, value, strict=True)) else found
    if not isinstance(value, dict):
        return value
    given = sent if isinstance(sent, dict) else {}
    inner = {name: summed(item, given.get(name)) for name, item in value.items()}
    changed = {name: item for name, item in inner.items() if item is not value[name]}
    sums = money.sums(value | changed) if money.have_sums(value) else {}
    sums |= money.sums_of_lists(value | changed)
    if payments.may_have_payments(value):
        sums |= payments.balances(value | changed | sums)
    changed |= {name: item for name, item in sums.items() if name not in given and item != value[name]}
    return value | changed if changed else value


def without_what_has_not_happened(value: Any, given: Any, generated: Any, is_valid: Callable[[Any], bool]) -> Any:
    """A valid value where moments of what has not happened are null or absent, as far as `is_valid` admits it.

    `given`, `generated`: the value before its members agreed, and as it was generated.
    """
    if not _not_happened(value, given, generated):
        return value
    found = _copied(value)
    for holder, name in _not_happened(found, given, generated):
        before = dict(holder)
        holder[name] = None
        if not is_valid(found):
            del holder[name]
            if not is_valid(found):
                holder.clear()
                holder.update(before)
    return found


def _copied(value: Any) -> Any:
    """A copy of the objects and lists of a value; `copy.deepcopy` takes several times as long."""
    if isinstance(value, dict):
        return {name: _copied(item) for name, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _not_happened(value: Any, given: Any, generated: Any) -> list[tuple[dict[str, Any], str]]:
    """The generated moments of what has not happened, with the objects that have them."""
    found: list[tuple[dict[str, Any], str]] = []
    if isinstance(value, list) and isinstance(given, list) and isinstance(generated, list):
        for each, before, made in zip(value, given, generated, strict=False):
            if isinstance(each, dict | list):
                found += _not_happened(each, before, made)
    elif isinstance(value, dict) and isinstance(given, dict) and isinstance(generated, dict):
        for name, item in value.items():
            if isinstance(item, dict | list):
                found += _not_happened(item, given.get(name), generated.get(name))
        for name, item in value.items() if _names(tuple(value)).have_events else ():
            if item is not None and has_not_happened(name, value) and name not in _fixed(given, generated):
                found.append((value, name))
    return found


def _fixed(value: dict[str, Any], generated: dict[str, Any]) -> Collection[str]:
    """The members that were not generated."""
    if value is generated:
        return ()
    pairs = ((name, item, generated.get(name, _NOTHING)) for name, item in value.items())
    return {name for name, item, made in pairs if item is not made and _is_other(item, made)}


def _is_other(item: Any, generated: Any) -> bool:
    """Whether a member was not generated; an object or a list may be so in parts."""
    is_whole = isinstance(item, dict | list) and type(item) is type(generated)
    return not is_whole and item != generated


def _currency(value: dict[str, Any], generated: dict[str, Any]) -> str:
    """The currency of an object: one that was not generated, else the first one."""
    found = list(money.currencies(value))
    made = found if value is generated else list(money.currencies(generated))
    return next((each for each in found if each not in made), found[0] if found else "")


def _done(value: Mapping[str, Any], _fixed: Collection[str]) -> dict[str, Any]:
    """The moments of what the status says has happened, where they are null: that of the last change."""
    missing = [name for name, item in value.items() if item is None and has_happened(name, value)]
    changes = [item for name, item in value.items() if is_of_change(name) and kind_of_moment(item)] if missing else []
    changes = changes or moments.of_the_past(value) if missing else []
    return {name: moments.named(name, (changes or [moments.some(value)])[-1]) for name in missing}


def _ids(value: Mapping[str, Any], _fixed: Collection[str]) -> dict[str, Any]:
    return same_ids(value)


def _same_place(value: Mapping[str, Any], _fixed: Collection[str]) -> dict[str, Any]:
    """Addresses in the city and the country that stand beside them."""
    own = {name: item for name, item in value.items() if snake_case(name) in _PLACES and isinstance(item, str)}
    changed = {}
    for name, part in value.items():
        if isinstance(part, dict) and words(name)[-1] in _ADDRESSES:
            changed[name] = part | {each: own[each] for each in part if each in own and isinstance(part[each], str)}
    return changed


_PLACES = frozenset({"city", "country", "country_code", "postal_code", "postcode", "region", "zip"})
_ADDRESSES = frozenset({"address", "location", "place"})


def _slug(value: Mapping[str, Any], _fixed: Collection[str]) -> dict[str, Any]:
    """The slug of a name, where it is of several words."""
    plain = {snake_case(name): name for name in value}
    text = next((value[plain[each]] for each in _NAMES if isinstance(value.get(plain.get(each, "")), str)), "")
    slug, made = value[plain["slug"]], re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return {plain["slug"]: made} if isinstance(slug, str) and "-" in slug and made else {}


_NAMES = ("name", "title", "label")
"""Members that a slug is made of, the best first."""


def _email_of_name(value: Mapping[str, Any], fixed: Collection[str]) -> dict[str, Any]:
    """The generated email of a person whose name was given."""
    plain = {snake_case(name): name for name in value if isinstance(value[name], str)}
    own = [plain[part] for part in ("first_name", "last_name") if part in plain]
    own = own if len(own) == 2 else [plain[part] for part in ("name",) if part in plain]
    email = value[plain["email"]] if "email" in plain else ""
    if not email.endswith("@example.com") or not own or not set(own) <= set(fixed):
        return {}
    parts = [re.sub(r"[^a-z]", "", each) for each in " ".join(value[name] for name in own).lower().split()]
    return {plain["email"]: ".".join(filter(None, parts)) + "@example.com"} if any(parts) else {}


_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_HOURS = {"begin": "end", "from": "to", "open": "close", "opens": "closes", "start": "end", "starts": "ends"}


def _hours(value: Mapping[str, Any], _fixed: Collection[str]) -> dict[str, str]:
    """Times such as `08:30` of which one is before the other, where they are the wrong way round."""
    plain = {words(name): name for name, item in value.items() if isinstance(item, str) and _CLOCK.fullmatch(item)}
    changed: dict[str, str] = {}
    for own, name in plain.items():
        other = plain.get(tuple(_HOURS.get(word, word) for word in own), name)
        if value[name] > value[other]:
            changed |= {name: value[other], other: value[name]}
        elif other != name and value[name] == value[other]:
            hour = int(value[name][:2])
            changed |= {other: f"{hour + 1:02}{value[name][2:]}"} if hour < _LAST_HOUR else {name: "00:00"}
    return changed


_LAST_HOUR = 23
_SQUARE = frozenset({"avatar", "cover", "icon", "logo"})
"""Words of names of images that are as wide as high."""


def _squares(value: Mapping[str, Any], _fixed: Collection[str]) -> dict[str, Any]:
    """Images that are as wide as high, as far as their schemas allow it."""
    return {
        name: {**item, "height": item["width"]}
        for name, item in value.items()
        if isinstance(item, dict) and not _SQUARE.isdisjoint(words(name)) and type(item.get("width")) is int
        and type(item.get("height")) is int
    }  # fmt: skip


def _counts(value: Mapping[str, Any], _fixed: Collection[str]) -> dict[str, int]:
    """How many items there are, where one list stands beside a count."""
    lists = [item for item in value.values() if isinstance(item, list)]
    if len(lists) != 1:
        return {}
    plain = {name: snake_case(name) for name in value}
    is_page = len(value) == 2 or not _OF_A_PAGE.isdisjoint(plain.values())
    counts = _COUNTS | {_TOTAL} if is_page else _COUNTS
    return {name: len(lists[0]) for name, item in value.items() if type(item) is int and plain[name] in counts}


def _bounds(value: Mapping[str, Any], _fixed: Collection[str]) -> dict[str, Any]:
    """Minimums and maximums that are the wrong way round."""
    changed: dict[str, Any] = {}
    for name in value:
        other = _maximum(name)
        if not other or other not in value:
            continue
        low, high = value[name], value[other]
        if type(low) is type(high) is str and _NUMBER.fullmatch(low) and _NUMBER.fullmatch(high):
            low, high = float(low), float(high)
        if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
            changed |= {name: value[other], other: value[name]}
    return changed


def _files(value: Mapping[str, Any], _fixed: Collection[str]) -> dict[str, str]:
    """The name of a file, which ends as its media type does, and its URL, which ends with its name."""
    plain = {"".join(words(name)): name for name, item in value.items() if isinstance(item, str)}
    named, kind = plain.get("filename"), next((plain[each] for each in _MEDIA_TYPES if each in plain), None)
    if named is None:
        return {}
    filename, ending = value[named], ending_of(value[kind]) if kind else ""
    if ending and filename.endswith(_GENERATED_ENDING):
        filename = filename.removesuffix(_GENERATED_ENDING) + ending
    url = url_of_file("url", value.get("url"), filename) if str(value.get("url")).startswith("https://") else None
    return {named: filename} | ({"url": url} if url else {})


@lru_cache(4096)
def _maximum(name: str) -> str:
    """The name of the maximum that belongs to a minimum; empty for a name that is none."""
    low = next((word for word in words(name) if word in _MAXIMUMS), "")
    found = name.lower().find(low) if low else -1
    if found < 0:
        return ""
    high = _MAXIMUMS[low]
    return name[:found] + (high.title() if name[found].isupper() else high) + name[found + len(low) :]


_MAXIMUMS = {
    "min": "max", "minimum": "maximum", "low": "high", "lower": "upper", "lowest": "highest", "diastolic": "systolic",
}  # fmt: skip
_BODY = {"weight_kg": (50, 100), "height_cm": (152, 195)}
"""The least and the most of what is measured of adults, where both stand beside each other."""
_OF_THINGS = frozenset({"depth", "depth_cm", "length", "length_cm", "width", "width_cm"})


def _measures(value: Mapping[str, Any], _fixed: Collection[str]) -> dict[str, Any]:
    """The weight and the height of a person, where they stand beside each other, and not beside a width."""
    plain = {snake_case(name): name for name in value}
    if not plain.keys() >= _BODY.keys() or not _OF_THINGS.isdisjoint(plain):
        return {}
    found: dict[str, Any] = {}
    for each, (least, most) in _BODY.items():
        item = value[plain[each]]
        if isinstance(item, int | float) and not isinstance(item, bool) and not least <= item <= most:
            found[plain[each]] = round(least + item % (most - least), 1)
    return found
