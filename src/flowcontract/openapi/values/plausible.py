"""What makes a generated value plausible: numbers by the name of the property, and members that agree."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from mimetypes import MimeTypes
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

T = TypeVar("T")


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
_QUALIFIERS = frozenset(
    {"cents", "eur", "gbp", "usd", "due", "gross", "net", "off", "paid", "refunded", "remaining"}
    | {"current", "from", "last", "previous", "this", "to"}
    | {"daily", "day", "month", "monthly", "today", "week", "weekly", "year", "yearly"}
)
"""Words at the end of a name that do not say what it holds: `price_usd`, `amount_due`, `revenue_month`."""
_CLOCK = re.compile(r"\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ].+)?")
_UNIX_FORMATS = frozenset({"epoch", "timestamp", "unix-time", "unix-timestamp", "unixtime"})
_UNIX_TEXT = re.compile(r"unix (epoch|time)|seconds since the epoch|epoch seconds", re.IGNORECASE)
_ENDS = frozenset({"archived", "canceled", "deleted", "failed", "refunded", "rejected", "revoked"})
"""What happens to few items, as names of moments say it."""
_NOUNS = {
    "cancel": "canceled", "cancelation": "canceled", "deletion": "deleted", "failure": "failed",
    "rejection": "rejected", "revocation": "revoked",
}  # fmt: skip
"""Other words for these."""
_ABOUT_ENDS = frozenset({"by", "code", "details", "message", "note", "reason"})
"""Words of names of what is known of them."""
_PROGRESS = frozenset(
    {"closed", "completed", "delivered", "finished", "fulfilled", "paid", "published", "resolved", "settled", "shipped"}
)
"""What happens to most items at last."""
_NOT_YET = frozenset(
    {"created", "draft", "due", "new", "open", "outstanding", "overdue", "pending", "planned", "queued", "requested"}
    | {"scheduled", "todo", "unpaid", "waiting"}
)
"""Words of statuses before that."""
_IN_PROGRESS = frozenset(
    {"active", "assigned", "blocked", "hold", "paused", "progress", "processing", "review", "running", "started"}
)
_BEFORE = {
    **dict.fromkeys(("closed", "resolved"), _IN_PROGRESS),
    **dict.fromkeys(("completed", "delivered", "finished", "fulfilled"), _IN_PROGRESS | {"canceled"}),
    "paid": frozenset({"canceled", "declined", "expired", "failed", "issued", "sent", "uncollectible", "void"}),
}
"""Words of further statuses before one of these."""
_DONE = frozenset({"complete", "completed", "done", "finished"})
"""Words of statuses that mean the same."""
_OF_A_MOMENT = frozenset({"at", "date", "on", "time"})
_STATUSES = ("status", "state")
_PAYMENT_STATUSES = ("payment_status", "paymentStatus")

IMAGES = frozenset({"avatar", "banner", "cover", "icon", "image", "logo", "photo", "picture", "poster", "thumbnail"})
"""Words of names of images."""
_WORD_LISTS = frozenset({"keywords", "labels", "tags"})
_PERSONS = frozenset(
    {
        "attendee",
        "author",
        "buyer",
        "coach",
        "contact",
        "customer",
        "doctor",
        "driver",
        "employee",
        "guest",
        "instructor",
    }
    | {"member", "narrator", "owner", "participant", "presenter", "speaker"}
    | {"passenger", "patient", "person", "player", "recipient", "reviewer", "sender", "student", "teacher"}
    | {"traveler", "user", "volunteer"}
)
"""Names of schemas and members that are people."""
_NAMED_PERSONS = _PERSONS - {"user"} | {
    *("applicant", "assignee", "attendee", "coach", "creator", "holder", "instructor", "manager", "participant"),
    *("reporter", "requester", "speaker", "trainer", "visitor"),
}
"""Words before `name` in names of members with the names of people; a `user_name` is a login."""
_VENUES = frozenset({"amphitheater", "arena", "auditorium", "hall", "stadium", "theater", "theatre", "venue"})
_PLACES = frozenset(
    {"airport", "bakery", "bar", "cafe", "clinic", "gallery", "gym", "hospital", "hostel", "hotel", "library", "museum"}
    | {"park", "pharmacy", "restaurant", "school", "theater", "university"}
)
"""Names of schemas and members that are places whose own names end so."""
_AFFIXES = frozenset(
    {"base", "basic", "brief", "create", "created", "detail", "details", "dto", "full", "in", "input", "mini", "model"}
    | {"nested", "out", "output", "patched", "profile", "public", "read", "ref", "reference", "request", "response"}
    | {"schema", "short", "simple", "summary", "update", "view"}
)
"""Words that names of schemas have besides what they are of."""
_FULL_NAMES = frozenset({"full_name", "fullname"})
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


PERSON_NAMES = tuple(sorted(f"{each}_name" for each in _NAMED_PERSONS))
"""Names of members with the names of people."""


@lru_cache(4096)
def person_and_part(name: str) -> tuple[str, str]:
    """Whose name or email a member with this name is, and which of them; empty for anything else.

    `buyer_email` is the `email` of a `buyer`.
    """
    found = words(name)
    own = (
        ("_".join(found[:at]), "_".join(found[at:])) for at in range(1, len(found)) if found[at - 1] in _NAMED_PERSONS
    )
    return next((each for each in own if each[1] in _PARTS_OF_A_PERSON), ("", ""))


@lru_cache(4096)
def is_venue(name: str) -> bool:
    """Whether a schema or a member with this name is a place for an audience."""
    found = [word for word in words(name) if word not in _AFFIXES]
    return bool(found) and (found[-1] in _VENUES or found[-1].removesuffix("s") in _VENUES)


def has_parts_of_a_person(names: Iterable[str]) -> bool:
    """Whether an object with these members is a person: with a first and a last name, a full name, or a login.

    A shop may have a `name` and a login, too.
    """
    plain = {snake_case(name) for name in names}
    parts = {_PARTS_OF_A_PERSON[name] for name in plain if name in _PARTS_OF_A_PERSON}
    has_login = {"login", "email"} <= parts and "name" not in plain
    has_login = has_login or {"name", "bio"} <= plain
    return has_login or {"first", "last"} <= parts or not _FULL_NAMES.isdisjoint(plain)


@lru_cache(4096)
def noun_of_schema(name: str) -> str:
    """What a schema with this name is of: `user` for `UserRef`."""
    return "_".join(word for word in words(name) if word not in _AFFIXES)


@lru_cache(4096)
def noun_of_place(name: str) -> str:
    """What a schema or a member with this name is among the places that are named so (`Hotel`); empty for others."""
    found = [word for word in words(name) if word not in _AFFIXES]
    return next((noun for word in found[-1:] for noun in (word, word.removesuffix("s")) if noun in _PLACES), "")


@lru_cache(4096)
def part_of_a_person(name: str) -> str | None:
    """What a member with this name holds of a person: `first`, `last`, `name`, `email` or `login`."""
    return _PARTS_OF_A_PERSON.get(snake_case(name))


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


def has_not_happened(name: str, value: Mapping[str, Any]) -> bool:
    """Whether a member is the moment of something that its object says has not happened, or about that.

    That is an end that the status does not name (`cancelled_at`), or what comes after the status (`paid_on` of what is
    overdue) or has a member of its own that is false (`is_paid`).
    """
    if (flag := flag_of(name, tuple(value))) and isinstance(value[flag], bool):
        return not value[flag]
    events = _events(name)
    if not events:
        return False
    if any(item is False and events >= (_plain_words(key) - {"has", "is", "was"}) for key, item in value.items()):
        return True
    statuses = [value[key] for key in _STATUSES if isinstance(value.get(key), str)]
    if "paid" in events:
        statuses = [value[key] for key in _PAYMENT_STATUSES if isinstance(value.get(key), str)] or statuses
    named = {word for status in statuses for word in _plain_words(status)}
    if events & _ENDS:
        return bool(statuses or "deleted" in events) and not events & named
    before = _NOT_YET.union(*(_BEFORE.get(event, ()) for event in events), (f"un{event}" for event in events))
    return "not" in named or (not events & named and not before.isdisjoint(named))


def has_happened(name: str, value: Mapping[str, Any]) -> bool:
    """Whether a member is the moment of something that its object says has happened, by its status or a truth value."""
    if (flag := flag_of(name, tuple(value))) and value[flag] is True:
        return True
    if _OF_A_MOMENT.isdisjoint(words(name)):
        return False
    events = _events(name)
    named = {word for key in _STATUSES if isinstance(value.get(key), str) for word in _plain_words(value[key])}
    return bool(events & named or (events & _DONE and named & _DONE)) and "not" not in named


def is_about_status(name: str, value: Mapping[str, Any]) -> bool:
    """Whether a member is about the end that the status of its object names, such as a `cancellation`."""
    named = {word for key in _STATUSES if isinstance(value.get(key), str) for word in _plain_words(value[key])}
    return bool(_events(name) & _ENDS & named)


def may_not_have_happened(name: str, names: tuple[str, ...]) -> bool:
    """Whether a member is the moment of something that may not have happened. `names`: the members of its object."""
    return bool(_events(name) or flag_of(name, names))


def is_of_event(name: str) -> bool:
    """Whether a member is the moment of something that happens to few items or late, or about what happens to few."""
    return bool(_events(name))


@lru_cache(4096)
def flag_of(name: str, names: tuple[str, ...]) -> str:
    """The member that says whether something has happened: `checked_in` or `is_checked_in` of `checked_in_at`."""
    *event, last = words(name)
    is_moment = bool(event) and last in _OF_A_MOMENT
    return next((each for each in names if is_moment and each != name and _without_verb(each) == event), "")


def _without_verb(name: str) -> list[str]:
    found = list(words(name))
    return found[1:] if found[0] in ("has", "is", "was") else found


@lru_cache(4096)
def _events(name: str) -> frozenset[str]:
    """What a member with this name is the moment of, among what happens to few items or late; empty for nothing.

    Also what it is about (`cancellation`, `rejection_reason`), among what happens to few.
    """
    found = _plain_words(name)
    if not found.isdisjoint(_OF_A_MOMENT):
        return frozenset(_NOUNS.get(word, word) for word in found) & (_ENDS | _PROGRESS)
    nouns, about = found & _NOUNS.keys(), found & _ABOUT_ENDS
    ends = {_NOUNS.get(word, word) for word in found - about} if nouns - {"cancel"} or about else set()
    return frozenset(ends) if ends <= _ENDS else frozenset()


@lru_cache(4096)
def _plain_words(text: str) -> frozenset[str]:
    return frozenset(word.replace("cancell", "cancel") for part in text.split() for word in words(part))


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
    is_of_use = not USED.isdisjoint(found) and _OF_A_MOMENT.isdisjoint(found)
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
