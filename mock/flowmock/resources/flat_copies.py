"""Flat copies: members of an item in a list, or of what stands for an item, that an object in the item has."""

from collections.abc import Mapping
from typing import Any

from flowcontract.openapi.values.names import words
from flowcontract.openapi.values.plausible import is_of_creation

_OF_RECORDS = frozenset({"created", "deleted", "modified", "updated"})
"""Words of names of what each object has for itself."""


def of_parts(name: str, item: Mapping[str, Any]) -> list[Any]:
    """What the objects in an item say of a member with this name; empty where they say nothing.

    It begins with the name of an object (the `url` of its `cover` is its `cover_url`; null where there is no cover), or
    it is a name of several words that an object has.
    """
    own = words(name)
    for key, part in item.items():
        of_part = words(key)
        if own[: len(of_part)] == of_part and len(own) > len(of_part):
            if part is None:
                return [None]
            if isinstance(part, Mapping):
                return [each for inner, each in part.items() if words(inner) == own[len(of_part) :]]
    if len(own) == 1 or own[-1] == "id" or not _OF_RECORDS.isdisjoint(own) or is_of_creation(name):
        return []
    parts = [part for part in item.values() if isinstance(part, Mapping)]
    return [each for part in parts for inner, each in part.items() if words(inner) == own][:1]
