"""What makes a generated value plausible: numbers by the name of the property, and members that agree."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")


class Range(NamedTuple):
    """The numbers that are plausible for a name."""

    low: int
    high: int
    places: int = 0
    """Decimal places of a number that need not be an integer."""


_RANGES = {
    "age": Range(18, 80),
    "at": Range(1_735_689_600, 1_767_225_600),
    "created": Range(1_735_689_600, 1_767_225_600),
    "amount": Range(1, 500, 2),
    "balance": Range(1, 500, 2),
    "cost": Range(1, 500, 2),
    "count": Range(0, 100),
    "current_page": Range(1, 5),
    "day": Range(1, 28),
    "discount": Range(0, 50),
    "duration": Range(1, 3600),
    "epoch": Range(1_735_689_600, 1_767_225_600),
    "fee": Range(1, 50, 2),
    "hour": Range(0, 23),
    "lat": Range(-60, 60, 4),
    "latitude": Range(-60, 60, 4),
    "limit": Range(10, 50),
    "lng": Range(-150, 150, 4),
    "lon": Range(-150, 150, 4),
    "longitude": Range(-150, 150, 4),
    "minute": Range(0, 59),
    "month": Range(1, 12),
    "page": Range(1, 5),
    "page_number": Range(1, 5),
    "page_size": Range(10, 50),
    "per_page": Range(10, 50),
    "percent": Range(0, 100, 1),
    "percentage": Range(0, 100, 1),
    "port": Range(1024, 9999),
    "price": Range(1, 500, 2),
    "progress": Range(0, 100),
    "quantity": Range(1, 20),
    "rating": Range(1, 5, 1),
    "second": Range(0, 59),
    "stars": Range(1, 5),
    "status_code": Range(200, 200),
    "tax": Range(1, 50, 2),
    "total_elements": Range(0, 100),
    "total_items": Range(0, 100),
    "total_pages": Range(1, 5),
    "total_records": Range(0, 100),
    "total_results": Range(0, 100),
    "timestamp": Range(1_735_689_600, 1_767_225_600),
    "updated": Range(1_735_689_600, 1_767_225_600),
    "year": Range(2015, 2025),
}
_EARLIER, _LATER = -1, 1
_MOMENTS = {
    "arrival": _EARLIER, "arrives": _EARLIER, "checkin": _EARLIER, "in": _EARLIER,
    "checkout": _LATER, "departs": _LATER, "departure": _LATER, "due": _LATER, "out": _LATER,
    "begin": _EARLIER, "begins": _EARLIER, "created": _EARLIER, "from": _EARLIER,
    "issued": _EARLIER, "opened": _EARLIER, "start": _EARLIER, "started": _EARLIER, "starts": _EARLIER,
    "changed": 0, "modified": 0, "published": 0, "updated": 0,
    "closed": _LATER, "completed": _LATER, "deleted": _LATER, "end": _LATER, "ended": _LATER, "ends": _LATER,
    "expires": _LATER, "expiry": _LATER, "expiration": _LATER, "finished": _LATER, "to": _LATER, "until": _LATER,
}  # fmt: skip
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ].+)?")
_COUNTS = frozenset({"count", "total_count", "total_items", "total_results"})
_TOTAL = "total"
"""A count as well, beside nothing else or beside members that are about pages; else it may be a sum of money."""
_OF_A_PAGE = frozenset({"limit", "next", "offset", "page", "page_size", "pages", "per_page", "size", "total_pages"})


_WORD_LISTS = frozenset({"keywords", "labels", "tags"})
_PERSONS = frozenset(
    {"author", "buyer", "contact", "customer", "doctor", "driver", "employee", "guest", "member", "owner"}
    | {"passenger", "patient", "person", "player", "recipient", "reviewer", "sender", "student", "teacher"}
    | {"traveler", "user", "volunteer"}
)
"""Names of schemas and members that are people."""
_AFFIXES = frozenset(
    {"base", "create", "created", "detail", "details", "dto", "full", "in", "input", "model", "out", "output"}
    | {"patched", "profile", "public", "read", "ref", "request", "response", "schema", "summary", "update", "view"}
)
"""Words that names of schemas have besides what they are of."""
_PARTS_OF_A_PERSON = {
    **dict.fromkeys(("first_name", "firstname", "forename", "given_name"), "first"),
    **dict.fromkeys(("family_name", "last_name", "lastname", "surname"), "last"),
    **dict.fromkeys(("display_name", "displayname", "full_name", "fullname", "name"), "name"),
    **dict.fromkeys(("email", "email_address", "mail"), "email"),
    **dict.fromkeys(("login", "user_name", "username"), "login"),
}


def is_word_list(name: str) -> bool:
    """Whether an array with this name holds words, if its schema says nothing of its items."""
    return name in _WORD_LISTS


@lru_cache(4096)
def is_person(name: str) -> bool:
    """Whether a schema or a member with this name is a person: `Owner`, `UserRequest`, `customers`."""
    found = [word for word in words(name) if word not in _AFFIXES]
    return bool(found) and (found[-1] in _PERSONS or found[-1].removesuffix("s") in _PERSONS)


@lru_cache(4096)
def part_of_a_person(name: str) -> str | None:
    """What a member with this name holds of a person: `first`, `last`, `name`, `email` or `login`."""
    return _PARTS_OF_A_PERSON.get("_".join(words(name)))


@lru_cache(4096)
def words(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case: `createdAt`, `created_at` and `created-at` are the same."""
    return tuple(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("-", "_").split("_"))


def by_ending(name: str, known: Mapping[str, T]) -> T | None:
    """What is known for the last words of a name, as many of them as possible; None for none."""
    found = words(name)
    endings = ("_".join(found[start:]) for start in range(len(found)))
    return next((known[ending] for ending in endings if ending in known), None)


@lru_cache(4096)
def numbers(name: str) -> Range | None:
    """The plausible numbers for a property of this name; None where any will do."""
    return by_ending(name, _RANGES)


def agreeing(value: dict[str, Any]) -> dict[str, Any]:
    """An object whose members agree: moments are in order, counts count, minimums are below maximums."""
    changed = _moments(value) | _counts(value) | _bounds(value)
    return value | changed if changed else value


def _moments(value: Mapping[str, Any]) -> dict[str, Any]:
    """Dates and times whose names say which is earlier, in that order."""
    changed: dict[str, Any] = {}
    ranked = [
        (rank, name) for name, item in value.items() if isinstance(item, str) and (rank := _rank(name)) is not None
    ]
    if len(ranked) < 2:
        return changed
    for is_date in (True, False):
        found = [
            (rank, name)
            for rank, name in ranked
            if _MOMENT.fullmatch(value[name]) and (len(value[name]) == 10) is is_date
        ]
        names = [name for _, name in sorted(found, key=lambda item: item[0])]
        changed |= dict(zip(names, sorted(value[name] for name in names), strict=True))
    return changed


@lru_cache(4096)
def _rank(name: str) -> int | None:
    return next((_MOMENTS[word] for word in words(name) if word in _MOMENTS), None)


def _counts(value: Mapping[str, Any]) -> dict[str, int]:
    """How many items there are, where one list stands beside a count."""
    lists = [item for item in value.values() if isinstance(item, list)]
    if len(lists) != 1:
        return {}
    plain = {name: "_".join(words(name)) for name in value}
    is_page = len(value) == 2 or not _OF_A_PAGE.isdisjoint(plain.values())
    counts = _COUNTS | {_TOTAL} if is_page else _COUNTS
    return {name: len(lists[0]) for name, item in value.items() if type(item) is int and plain[name] in counts}


def _bounds(value: Mapping[str, Any]) -> dict[str, Any]:
    """Minimums and maximums that are the wrong way round."""
    changed: dict[str, Any] = {}
    for name in value:
        other = _maximum(name)
        if not other or other not in value:
            continue
        low, high = value[name], value[other]
        if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
            changed |= {name: high, other: low}
    return changed


@lru_cache(4096)
def _maximum(name: str) -> str:
    """The name of the maximum that belongs to a minimum; empty for a name that is none."""
    if not {"min", "minimum"}.intersection(words(name)):
        return ""
    return re.sub("[Mm]in", lambda found: found[0].replace("in", "ax"), name, count=1)
