"""What schemas and members are of, by their names: people, and places."""

from collections.abc import Iterable
from functools import lru_cache

from flowcontract.openapi.values.names import snake_case, words

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
