"""Whether a later response can show a failure again: data change, by the requests of a run as well."""

from collections.abc import Callable, Mapping
from typing import Any

from flowcontract.checks import lists, pages
from flowcontract.checks.interaction import Interaction
from flowcontract.openapi import pointers


def _has_items(now: Interaction) -> bool:
    return bool(lists.items(now.json))


def _shows_total(now: Interaction) -> bool:
    return lists.can_show_total(now) or pages.can_show_end(now)


_BY_RULE: Mapping[str, Callable[[Interaction], bool]] = {
    "wrong-total": _shows_total,
    "filter-returns-other-items": _has_items,
    "pages-leave-out-items": pages.is_last_page,
    "pages-overlap": _has_items,
}
"""What a list needs to have for a rule that is about the list and not about one of its items."""


def can_show(rule: str, part: str, before: Interaction, now: Interaction) -> bool:
    """Whether a response has what a failure was about: the same item of a list, or a page that the rule is about."""
    return _BY_RULE[rule](now) if rule in _BY_RULE else has_item(part, before, now)


def has_item(part: str, before: Interaction, now: Interaction) -> bool:
    """Whether the item of a list that a part of a response lies in is still in the list, whatever it looks like now.

    `part`: a JSON Pointer. True where it lies in no item of a list.
    """
    tokens = pointers.split(part) if part.startswith("/") else []
    try:
        values = [pointers.get(before.json, tokens[:count]) for count in range(len(tokens))]
        at = next((count for count, value in enumerate(values) if isinstance(value, list)), None)
        if at is None:
            return True
        item = pointers.get(values[at], tokens[at : at + 1])
    except LookupError:
        return True  # It is not known as a whole.
    try:
        current = pointers.get(now.json, tokens[:at])
    except LookupError:
        return False
    return isinstance(current, list) and any(_is_same(item, other) for other in current)


def _is_same(item: Any, other: Any) -> bool:
    """Whether two items are the same resource; where they have no ID, whether they are equal."""
    if not isinstance(item, dict) or not isinstance(other, dict):
        return bool(item == other)
    names = [name for name in item if name.lower() in lists.IDS]
    return all(item[name] == other.get(name) for name in names) if names else item == other
