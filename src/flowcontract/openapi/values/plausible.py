"""What makes a generated value plausible: numbers by the name of the property, and members that agree."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from mimetypes import MimeTypes
from typing import Any, NamedTuple
from urllib.parse import quote

from flowcontract.openapi.values.events import OF_A_MOMENT
from flowcontract.openapi.values.names import by_ending, snake_case, words


class Range(NamedTuple):
    """The numbers that are plausible for a name."""

    low: int
    high: int
    places: int = 0
    """Decimal places of a number that need not be an integer."""
    per_day: int = 0
    """By how much they grow with each day, as Unix times do."""
    per_year: int = 0
    """By how much they grow with each year, as years do."""

    def on(self, today: date) -> "Range":
        """The numbers that are plausible on a day: Unix times and years lie around it."""
        moved = self.per_day * (today - TODAY).days + self.per_year * (today.year - TODAY.year)
        return self._replace(low=self.low + moved, high=self.high + moved) if moved else self


TODAY = date(2026, 1, 1)
"""The day that generated moments lie around, if nothing else is said: their values are the same tomorrow."""
_SINCE, _SECONDS = 1_735_689_600, 31_536_000
"""The year of generated Unix times: its first second, and its length."""
_FIRST_UNIX_TIME = 946_684_800
"""Smaller numbers are no Unix times, but counts: this is that of the year 2000."""
_UNIX_TIME = Range(_SINCE, _SINCE + _SECONDS, per_day=86_400)
_RANGES = {
    "adults": Range(1, 6),
    "age": Range(18, 80),
    "at": _UNIX_TIME,
    "created": _UNIX_TIME,
    "amount": Range(1, 500, 2),
    "attendees": Range(1, 8),
    "balance": Range(1, 500, 2),
    "bathrooms": Range(1, 3),
    "bedrooms": Range(1, 5),
    "beds": Range(1, 8),
    "budget": Range(1_000, 50_000, 2),
    "bytes": Range(1_000, 5_000_000),
    "capacity": Range(2, 50),
    "children": Range(0, 4),
    "cm": Range(5, 200),
    "cost": Range(1, 500, 2),
    "count": Range(0, 100),
    "current_page": Range(1, 5),
    "daily_rate": Range(150, 900, 2),
    "day": Range(1, 28),
    "days": Range(1, 30),
    "deposit": Range(1, 500, 2),
    "diastolic": Range(60, 90),
    **dict.fromkeys(("chapter", "chapter_number", "episode", "episode_number", "lesson_number"), Range(1, 20)),
    "discount": Range(0, 50),
    "duration": Range(1, 3600),
    "exchange_rate": Range(0, 2, 4),
    "exp_year": Range(2027, 2031, per_year=1),
    "expiration_year": Range(2027, 2031, per_year=1),
    "expires_in": Range(3600, 3600),
    "expiry_year": Range(2027, 2031, per_year=1),
    "epoch": _UNIX_TIME,
    "fee": Range(1, 50, 2),
    "floors": Range(1, 5),
    "gross": Range(1, 500, 2),
    "guests": Range(1, 8),
    **dict.fromkeys(("heart_rate", "heart_rate_bpm", "pulse"), Range(55, 100)),
    "height": Range(100, 2000),
    "height_cm": Range(10, 200),
    "hour": Range(0, 23),
    "hourly_rate": Range(15, 150, 2),
    "hours": Range(1, 24),
    "kg": Range(1, 100, 1),
    "km": Range(1, 300, 1),
    "lat": Range(-60, 60, 4),
    "latitude": Range(-60, 60, 4),
    **dict.fromkeys(("depth_m", "height_m"), Range(1, 4, 1)),
    **dict.fromkeys(("length_m", "width_m"), Range(2, 12, 1)),
    "limit": Range(10, 50),
    "lng": Range(-150, 150, 4),
    "lon": Range(-150, 150, 4),
    "longitude": Range(-150, 150, 4),
    **dict.fromkeys(("m2", "sqm", "square_meters", "square_metres"), Range(10, 200, 1)),
    "min_nights": Range(1, 3),
    "minute": Range(0, 59),
    "minutes": Range(1, 60),
    "month": Range(1, 12),
    "months": Range(1, 24),
    "net": Range(1, 500, 2),
    "nights": Range(1, 14),
    "page": Range(1, 5),
    "page_number": Range(1, 5),
    "page_size": Range(10, 50),
    "participants": Range(1, 8),
    "passengers": Range(1, 8),
    "per_page": Range(10, 50),
    "percent": Range(0, 100, 1),
    "percentage": Range(0, 100, 1),
    "position": Range(1, 20),
    "port": Range(1024, 9999),
    "price": Range(1, 500, 2),
    "progress": Range(0, 100),
    "quantity": Range(1, 20),
    "rate": Range(1, 25, 1),
    "rating": Range(1, 5, 1),
    "revenue": Range(1_000, 50_000, 2),
    "salary": Range(30_000, 120_000, 2),
    **dict.fromkeys(("season", "season_number"), Range(1, 4)),
    "second": Range(0, 59),
    **dict.fromkeys(("display_order", "sort_order", "sortorder"), Range(1, 20)),
    **dict.fromkeys(("sqft", "square_feet"), Range(100, 2500)),
    "shipping": Range(1, 50, 2),
    "stars": Range(1, 5),
    "status_code": Range(200, 200),
    "subtotal": Range(1, 500, 2),
    "systolic": Range(105, 140),
    "tax": Range(1, 50, 2),
    "total": Range(1, 500, 2),
    "total_elements": Range(0, 100),
    "total_items": Range(0, 100),
    "total_pages": Range(1, 5),
    "total_records": Range(0, 100),
    "total_results": Range(0, 100),
    "timestamp": _UNIX_TIME,
    "modified": _UNIX_TIME,
    "updated": _UNIX_TIME,
    "vat": Range(1, 50, 2),
    "weekly_hours": Range(10, 40),
    **dict.fromkeys(("weight", "weight_kg"), Range(1, 100, 1)),
    "width": Range(100, 2000),
    "year": Range(2015, 2025, per_year=1),
}
_ALONE = {"floor": Range(0, 8), "number": Range(1, 50), "version": Range(1, 9)}
"""Those for a name that is only this: the `number` of a telephone is another one."""
AMOUNTS = ("amount", "value")
"""Names of what an object with a currency has of it."""
_CLOCK = re.compile(r"\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ].+)?")
_UNIX_FORMATS = frozenset({"epoch", "timestamp", "unix-time", "unix-timestamp", "unixtime"})
_UNIX_TEXT = re.compile(r"unix (epoch|time)|seconds since the epoch|epoch seconds", re.IGNORECASE)
IMAGES = frozenset({"avatar", "banner", "cover", "icon", "image", "logo", "photo", "picture", "poster", "thumbnail"})
"""Words of names of images."""
_WORD_LISTS = frozenset({"keywords", "labels", "tags"})


def is_word_list(name: str) -> bool:
    """Whether an array with this name holds words, if its schema says nothing of its items."""
    return name in _WORD_LISTS


@lru_cache(4096)
def numbers(name: str) -> Range | None:
    """The plausible numbers for a property of this name; None where any will do."""
    return _ALONE.get(name) or by_ending(name, _RANGES)


@lru_cache(4096)
def is_money(name: str) -> bool:
    """Whether a number with this name is a sum of money."""
    usual = numbers(name)
    return usual is not None and usual.places == 2


def unix_time(value: int, schema: Mapping[str, Any], today: date = TODAY) -> int:
    """A Unix time in place of another number, where the format or the description of its schema says that it is one.

    `schema`: without limits. `today`: the day before which it lies.
    """
    is_time = schema.get("format") in _UNIX_FORMATS or _UNIX_TEXT.search(str(schema.get("description", "")))
    low = _UNIX_TIME.on(today).low
    return low + value * 7_919 % _SECONDS if is_time and 0 <= value < low else value


def kind_of_moment(item: Any) -> str:
    """What a value is: `date`, `time`, `time of day` or `Unix time`; empty for no moment."""
    if isinstance(item, str) and _MOMENT.fullmatch(item):
        return "date" if len(item) == 10 else "time"
    if isinstance(item, str) and _CLOCK.fullmatch(item):
        return "time of day"
    return "Unix time" if type(item) is int and _FIRST_UNIX_TIME <= item < 2**32 else ""


def is_of_creation(name: str) -> bool:
    """Whether a member with this name is the moment when something was created or last changed."""
    return is_of_change(name) or not {"created", "joined", "registered", "uploaded"}.isdisjoint(words(name))


def is_of_change(name: str) -> bool:
    """Whether a member with this name is the moment when something was last changed."""
    return not {"changed", "modified", "updated"}.isdisjoint(words(name))


def is_true_at_first(name: str) -> bool:
    """Whether a truth value with this name is true of something new."""
    return not {"active", "available", "enabled", "valid", "visible"}.isdisjoint(words(name))


def is_count(name: str) -> bool:
    """Whether a number with this name counts things, or says how much of something is done: 0 of something new."""
    found = words(name)
    is_of_things = len(found) > 1 and found[-1].endswith("s") and not found[-1].endswith("ss")
    is_of_use = not USED.isdisjoint(found) and OF_A_MOMENT.isdisjoint(found)
    return is_of_use or not _OF_WORK.isdisjoint(found) or (is_of_things and found[-1] not in UNITS)


USED = frozenset({"booked", "claimed", "occupied", "redeemed", "reserved", "sold", "taken", "used"})
"""Words of names of how much of something is used: nothing of something new."""
_OF_WORK = frozenset({"count", "counts", "percent", "percentage", "progress", "spent"})
UNITS = frozenset(
    {"bytes", "cents", "days", "gross", "hours", "meters", "minutes", "months", "nights", "pixels", "radius"}
    | {"seconds", "status", "weeks", "years"}
)
"""What numbers are in, and not of."""


def written_like(moment: datetime, value: Any) -> Any:
    """A moment in the notation of another one; the value itself where it is no moment."""
    match kind_of_moment(value):
        case "date":
            return moment.date().isoformat()
        case "time":
            return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
        case "Unix time":
            return int(moment.timestamp())
    return value


NATURAL_KEYS = frozenset({"code", "handle", "key", "number", "ref", "reference", "sku", "slug"})
"""Last words of names of what identifies things besides their IDs."""


def same_ids(value: Mapping[str, Any]) -> dict[str, Any]:
    """Objects with the IDs that stand beside them: `doctor`, whose `id` is the `doctorId`."""
    objects = {snake_case(name): name for name, item in value.items() if isinstance(item, dict) and "id" in item}
    changed = {}
    for name, item in value.items() if objects else ():
        other = objects.get(snake_case(name).removesuffix("_id"))
        if other and other != name and type(item) is type(value[other]["id"]) and item != value[other]["id"]:
            changed[other] = {**value[other], "id": item}
    return changed


_URL_WORDS = frozenset({"href", "link", "src", "uri", "url"})
_FILE_WORDS = IMAGES - {"icon", "thumbnail"} | {"attachment", "content", "document", "download", "file", "media"}
"""Words of names that are of a file as it is; an icon or a thumbnail is another one."""


@lru_cache(256)
def ending_of(media_type: str) -> str:
    """What the name of a file of a media type ends with, such as `.pdf`; empty for unknown."""
    return MimeTypes().guess_extension(media_type.partition(";")[0].strip(), strict=False) or ""


def url_of_file(name: str, url: Any, filename: str, *, alone: bool = False) -> str | None:
    """A URL that ends with the name of a file, in place of another one; None for any other member.

    `name`: that of the member. `filename`: also an ending alone, such as `.pdf`. `alone`: whether nothing beside it is
    about a file.
    """
    named = set(words(name))
    is_of_file = bool(named & _FILE_WORDS) or (bool(named) and not alone)
    is_url = isinstance(url, str) and (url.startswith(("https://", "http://", "/")))
    if not (is_url and filename and is_of_file and named <= _URL_WORDS | _FILE_WORDS):
        return None
    before, _, last = url.rpartition("/")
    return f"{before}/{last.partition('.')[0] + filename if filename.startswith('.') else quote(filename)}"
