"""Filters that are true or false: `only_available`, `in_stock`, `has_photo`, `upcoming`, `include_archived`.

They are of a property of that name, of the number or the list that says it, of a status, or of a moment.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from flowcontract.openapi.values.names import singulars
from flowcontract.openapi.values.names import words as words_of
from flowcontract.openapi.values.plans import is_planned
from flowcontract.openapi.values.plausible import is_of_creation, kind_of_moment
from flowcontract.text import plain_name

Item = dict[str, Any]
Path = tuple[str, ...]
"""The name of a property, after that of the object that it is in."""
Condition = Callable[[Item], bool]

_ONLY = frozenset({"just", "only"})
INCLUDING = frozenset({"include", "including", "show"})
_EXCLUDING = frozenset({"exclude", "excluding", "hide", "without"})
"""First words of names: where it is false, `only` filters nothing; `include` does so where it is true."""
_VERBS = frozenset({"are", "has", "have", "in", "is", "with"})
_AHEAD, _BEHIND = frozenset({"future", "upcoming"}), frozenset({"past"})
_STATUSES = ("status", "state")
_LATE = frozenset({"late", "overdue"})
_DUE = frozenset({"deadline", "due"})
"""Words of names of moments until which something is to be done."""
_FINAL = frozenset(
    {"archived", "canceled", "cancelled", "closed", "complete", "completed", "declined", "deleted", "delivered", "done"}
    | {"finished", "fulfilled", "paid", "refunded", "rejected", "resolved", "returned", "terminated", "void"}
    | {"withdrawn"}
)
"""Words of statuses of what is not overdue anymore."""
_NEGATIONS = {"outofstock": ("stock",), "soldout": ("available", "availability"), "unavailable": ("available",)}
"""What is so of what has none of something."""
_OPPOSITES = ("un", "not")
"""How names begin that say the opposite of another one: `unread`."""
_WITHOUT = re.compile(
    r"\b(?:without|lacking|ha(?:s|ve|ving) no|with no)(?: (?:an?|any|assigned))? (\w+)", re.IGNORECASE
)
"""How a description says what the items have not that a filter finds."""
HIDDEN = frozenset({"archived", "canceled", "cancelled", "deleted", "disabled", "draft", "hidden", "inactive"})
"""What lists have only if a request says so, where a filter with this name is false by default."""


def as_described(name: str, text: str, properties: Iterable[str]) -> str:
    """The name of a filter with a truth value that says what it finds: `without_owner` for `free`.

    `text`: its description, `Only rooms without an owner`.
    """
    found = _WITHOUT.search(text)
    plain = {plain_name(each) for each in properties}
    if found is None or words_of(name)[0] in _EXCLUDING or {plain_name(name), f"is{plain_name(name)}"} & plain:
        return name
    nouns = [plain_name(found[1]), *singulars(plain_name(found[1]))]
    return next((f"without_{noun}" for noun in nouns if {noun, f"{noun}s", f"{noun}id"} & plain), name)


def at(item: Item, path: Path) -> Any:
    """A property of an item; None for nothing."""
    value: Any = item
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def condition(name: str, value: str, named: Mapping[str, Path], items: Sequence[Item], today: date) -> Condition | None:
    """What an item must be for a filter with a truth value; None for other filters.

    `named`: the properties of items by plain names. `today`: what is upcoming begins on that day or later.
    """
    if value not in ("true", "false"):
        return None
    first, *rest = words_of(name)
    is_so = value == "true"
    if rest and first in _ONLY | INCLUDING | _EXCLUDING:
        if is_so == (first in INCLUDING):
            return _always if _fact(rest, named, items, today) else None
        fact = _fact(rest, named, items, today)
        return _opposite(fact) if fact and first not in _ONLY else fact
    if not is_so and not (_AHEAD | _BEHIND).isdisjoint((first, *rest)) and plain_name(name) not in named:
        return _always if _moment(named, items) else None
    fact = _fact((first, *rest), named, items, today)
    return _opposite(fact) if fact and not is_so else fact


def _always(_item: Item) -> bool:
    return True


def _opposite(fact: Condition) -> Condition:
    return lambda item: not fact(item)


def _fact(words: Sequence[str], named: Mapping[str, Path], items: Sequence[Item], today: date) -> Condition | None:
    """What is so of an item that has what the words of a filter say; None where no property says it."""
    plain = "".join(words)
    bare = [word for word in words if word not in _VERBS]
    if plain in named and any(isinstance(at(item, named[plain]), bool) for item in items):
        return _set(named[plain])
    if len(bare) == 1 and bare[0] in _AHEAD | _BEHIND and (path := _moment(named, items)):
        return _on_side(path, today, is_ahead=bare[0] in _AHEAD)
    if (path := _property(plain, bare, named, items)) is not None:
        return _set(path)
    for status in _STATUSES:
        path = named.get(status)
        if path and any(plain_name(str(at(item, path))) == "".join(bare) for item in items):
            return _equal(path, "".join(bare))
    if len(bare) == 1 and bare[0] in _LATE and (path := _due(named, items)):
        return _overdue(path, [named[each] for each in _STATUSES if each in named], today)
    opposites = [*_NEGATIONS.get(plain, ()), *("".join(bare).removeprefix(each) for each in _OPPOSITES)]
    found = (_property(each, [each], named, items) for each in opposites if each not in ("", "".join(bare)))
    path = next(filter(None, found), None)
    return _opposite(_set(path)) if path else None


def _property(plain: str, bare: Sequence[str], named: Mapping[str, Path], items: Sequence[Item]) -> Path | None:
    """The property that says whether an item has something: itself, a truth value, a number or a list of it.

    Texts say so by being there, where they are named otherwise (`has_photo`, `photo_url`).
    """
    joined = "".join(bare)
    names = [plain, joined, *singulars(joined), f"{joined}s"]
    choices = [
        each
        for name in names
        for each in (name, f"is{name}", f"has{name}", f"{name}count", f"{name}s", f"{name}at", f"{name}on")
    ]
    exact = next((named[each] for each in choices if each in named), None)
    if exact:
        return exact
    found = [path for path in dict.fromkeys(named.values()) if len(path) == 1 and set(bare) <= set(words_of(path[0]))]
    values = {path: [at(item, path) for item in items] for path in found}
    flags = [path for path in found if any(isinstance(each, bool) for each in values[path])]
    numbers = [path for path in found if any(isinstance(each, int | float) for each in values[path])]
    for known in (flags, numbers, found):
        if known:
            return known[0] if len(known) == 1 else None
    return None


def _set(path: Path) -> Condition:
    """Whether a property says that something is so: true, a number above 0, a list that is not empty, or a value."""
    return lambda item: bool(at(item, path))


def _equal(path: Path, plain: str) -> Condition:
    return lambda item: plain_name(str(at(item, path))) == plain


def _on_side(path: Path, today: date, *, is_ahead: bool) -> Condition:
    """Whether a moment lies on one side of today."""
    text = today.isoformat()

    def is_so(item: Item) -> bool:
        found = at(item, path)
        moments = [str(found)] if kind_of_moment(found) in ("date", "time") else []
        return any((moment[: len(text)] >= text) == is_ahead for moment in moments)

    return is_so


def _due(named: Mapping[str, Path], items: Sequence[Item]) -> Path | None:
    """The date or time until which something is to be done with an item; None for none, or for several."""
    own = [path for path in dict.fromkeys(named.values()) if len(path) == 1 and _DUE.intersection(words_of(path[0]))]
    found = [path for path in own if any(kind_of_moment(at(item, path)) in ("date", "time") for item in items)]
    return found[0] if len(found) == 1 else None


def _overdue(due: Path, statuses: Sequence[Path], today: date) -> Condition:
    """Whether something had to be done before today, and its status does not say that it is over."""
    is_past = _on_side(due, today, is_ahead=False)
    return lambda item: (
        is_past(item) and not any(_FINAL.intersection(words_of(str(at(item, path)))) for path in statuses)
    )


def _moment(named: Mapping[str, Path], items: Sequence[Item]) -> Path | None:
    """The property that says when an item is: a planned one, else one of its other dates and times."""

    def moments(paths: Iterable[Path]) -> list[Path]:
        return [path for path in paths if any(kind_of_moment(at(item, path)) in ("date", "time") for item in items)]

    own = [path for path in dict.fromkeys(named.values()) if len(path) == 1 and not is_of_creation(path[0])]
    planned = moments(path for path in own if is_planned(path[0]))
    return next(iter(planned or moments(own)), None)
