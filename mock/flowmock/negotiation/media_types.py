"""Which media type a caller accepts."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from flowcontract.openapi import media_types

_LONG = 1000
"""Characters of an `Accept` header up to which its choice is cached."""


def choose(accept: str | None, offers: Sequence[str], *, quality: bool = True) -> str | None:
    """The offered media type that an `Accept` header prefers; None where it accepts none of them.

    A missing header accepts everything (RFC 9110, 12.5.1). A more specific range goes before a less specific
    one, a higher weight before a lower one. `quality=False`: weights are not read, as some servers do.
    """
    if accept is None:
        return offers[0] if offers else None
    found = _chosen if len(accept) <= _LONG else _chosen.__wrapped__
    return found(accept, tuple(offers), quality)


@lru_cache(maxsize=256)
def _chosen(accept: str, offers: tuple[str, ...], quality: bool) -> str | None:
    best: tuple[float, int, int] | None = None
    chosen = None
    for index, offer in enumerate(offers):
        # A documented range stands for any type in it, so also for an accepted one.
        rank = (0.0, 0) if "*" in offer else _rank(*media_types.parse(offer), _ranges(accept), quality)
        if rank is not None and (best is None or (*rank, -index) > best):
            best, chosen = (*rank, -index), offer
    return chosen


def _rank(
    offer: str, offered: Mapping[str, str], ranges: Iterable[tuple[str, Mapping[str, str], float]], quality: bool
) -> tuple[float, int] | None:
    """Weight and precision of the most precise range that the offer falls under.

    `offered`: parameters of the offer. A range with another value for one of them does not include it.
    """
    found: tuple[int, float] | None = None
    kind, _, subtype = offer.partition("/")
    for text, wanted, weight in ranges:
        main, _, sub = text.partition("/")
        if main not in ("*", kind) or sub not in ("*", subtype):
            continue
        shared = [offered[name].lower() == value.lower() for name, value in wanted.items() if name in offered]
        if not all(shared):
            continue
        precision = (main != "*") + (sub != "*") + len(shared)
        if found is None or precision > found[0]:
            found = precision, weight
    if found is None or (quality and found[1] <= 0):
        return None
    return (found[1] if quality else 1.0), found[0]


def _ranges(accept: str) -> list[tuple[str, Mapping[str, str], float]]:
    """The ranges of an `Accept` header, with their parameters and weights."""
    ranges: list[tuple[str, Mapping[str, str], float]] = []
    for text in accept.split(","):
        media_range, parameters = media_types.parse(text)
        weight = _weight(parameters.get("q", "1"))
        ranges.append((media_range, {name: value for name, value in parameters.items() if name != "q"}, weight))
    return ranges


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0
