"""Which media type a caller accepts."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from flowcontract.openapi.media_types import essence

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
        rank = (0.0, 0) if "*" in offer else _rank(essence(offer), _ranges(accept), quality)
        if rank is not None and (best is None or (*rank, -index) > best):
            best, chosen = (*rank, -index), offer
    return chosen


def _rank(offer: str, ranges: Iterable[tuple[str, float]], quality: bool) -> tuple[float, int] | None:
    """Weight and precision of the most precise range that the offer falls under."""
    found: tuple[int, float] | None = None
    kind, _, subtype = offer.partition("/")
    for text, weight in ranges:
        main, _, sub = text.partition("/")
        if main not in ("*", kind) or sub not in ("*", subtype):
            continue
        precision = (main != "*") + (sub != "*")
        if found is None or precision > found[0]:
            found = precision, weight
    if found is None or (quality and found[1] <= 0):
        return None
    return (found[1] if quality else 1.0), found[0]


def _ranges(accept: str) -> list[tuple[str, float]]:
    ranges = []
    for text in accept.split(","):
        media_range, *parameters = text.split(";")
        weight = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "q":
                weight = _weight(value.strip())
        ranges.append((media_range.strip().lower(), weight))
    return ranges


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0
