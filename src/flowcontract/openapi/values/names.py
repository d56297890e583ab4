"""The words of names, and what one item of a collection may be called."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")
_QUALIFIERS = frozenset(
    {"cents", "eur", "gbp", "usd", "due", "gross", "net", "off", "paid", "refunded", "remaining"}
    | {"current", "from", "last", "previous", "this", "to"}
    | {"daily", "day", "month", "monthly", "today", "week", "weekly", "year", "yearly"}
)
"""Words at the end of a name that do not say what it holds: `price_usd`, `amount_due`, `revenue_month`."""


@lru_cache(4096)
def words(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case: `createdAt`, `created_at` and `created-at` are the same."""
    return tuple(snake_case(name).split("_"))


@lru_cache(4096)
def snake_case(name: str) -> str:
    """A name in lower case, its words separated by underscores."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("-", "_")


def singulars(name: str) -> list[str]:
    """What one item of a collection may be called: `pet` of `pets`, `company` of `companies`.

    It is not clear of every word: `movies` could be of `movy`, and `addresses` of `addresse`.
    """
    found = [name.removesuffix("s")]
    if name.endswith("ies"):
        found.append(name.removesuffix("ies") + "y")
    elif name.endswith(("ches", "oes", "sses", "shes", "uses", "xes", "zes")):
        found.append(name.removesuffix("es"))
    for ending, endings in _IRREGULAR.items():
        if name.endswith(ending):
            found += [name.removesuffix(ending) + each for each in endings]
    return found


_IRREGULAR = {
    "children": ("child",), "crises": ("crisis",), "criteria": ("criterion",), "gnoses": ("gnosis",),
    "indices": ("index",), "lyses": ("lysis",), "matrices": ("matrix",), "men": ("man",), "people": ("person",),
    "theses": ("thesis",), "vertices": ("vertex",), "ves": ("f", "fe"),
}  # fmt: skip
"""Endings of plurals that are not made by an `s`, and those of the singulars."""


def by_ending(name: str, known: Mapping[str, T]) -> T | None:
    """What is known for the last words of a name, as many of them as possible; None for none.

    `price_per_day` and `price_usd` are prices, unless more is known of their last words (`items_per_page`).
    """
    found = words(name)
    endings = ["_".join(found[start:]) for start in range(len(found))]
    if "per" in found[1:] and not any(ending.startswith("per_") and ending in known for ending in endings):
        found = found[: found.index("per", 1)]
    held = found
    while len(held) > 1 and held[-1] in _QUALIFIERS:
        held = held[:-1]
    for part in dict.fromkeys((held, found)):
        for start in range(len(part)):
            if (ending := "_".join(part[start:])) in known:
                return known[ending]
    return None
