"""The properties of a request body, and values for them: valid ones that servers like to change, and invalid ones."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from flowcontract.generation.sequences.kinds import properties
from flowcontract.openapi.model import MediaType
from flowcontract.openapi.schema_shapes import kind_of
from flowcontract.openapi.values import random_seed
from flowcontract.openapi.values.patterns import sample

_REPEATS = 6
"""How often an open repetition of a pattern is taken."""
_LONGEST = 5000
"""Characters of the longest text that is sent to test a limit."""
_BIG = 2**53
_VERSION = re.compile(r"(?:^|_)(?:version|lockversion|revision|rev|etag)$")
_REFERENCE = re.compile(r"(?:_ids?|Ids?|_uuid|Uuid|_pk)$")
_UNIQUE = re.compile(r"(?<!not )(?<!not be )(?<!non-)\bunique\b(?! (?:id\b|identifier|key))", re.IGNORECASE)
"""What a description says of a value that no two resources may have."""
_ANY_CASE = re.compile(
    r"\b(?:without regard to|regardless of|irrespective of|independent of|ignor\w+)\b[^.;]{0,40}\bcase\b"
    r"|\bcase[- ]?insensitiv",
    re.IGNORECASE,
)
"""What it says where two such values may not differ in the case of their letters alone."""


@dataclass(frozen=True, slots=True)
class Field:
    """One property of a request body."""

    name: str
    schema: Mapping[str, Any]
    """References followed."""
    required: bool = False

    @property
    def kinds(self) -> frozenset[str]:
        """The types that it may have, without `null`."""
        return _types(self.schema) - {"null"}

    @property
    def nullable(self) -> bool:
        """Whether it may be null."""
        return "null" in _types(self.schema)

    @property
    def read_only(self) -> bool:
        """Whether only responses have it."""
        return self.schema.get("readOnly") is True

    @property
    def write_only(self) -> bool:
        """Whether only requests have it."""
        return self.schema.get("writeOnly") is True

    @property
    def is_version(self) -> bool:
        """Whether its name is that of a version for optimistic locking."""
        return _VERSION.search(re.sub("(?<=[a-z])(?=[A-Z])", "_", self.name).lower()) is not None

    @property
    def is_reference(self) -> bool:
        """Whether its name is that of another resource's ID."""
        return _REFERENCE.search(self.name) is not None

    @property
    def is_unique(self) -> bool:
        """Whether no two resources may have the same value, as its description says."""
        described = _UNIQUE.search(str(self.schema.get("description") or "")) is not None
        return described and not (self.read_only or self.is_reference or self.kinds & {"array", "object"})

    @property
    def is_unique_in_any_case(self) -> bool:
        """Whether a value that differs in the case of letters alone counts as the same, as its description says."""
        return self.is_unique and _ANY_CASE.search(str(self.schema.get("description") or "")) is not None

    @property
    def format(self) -> str:
        """The format of a text; empty for none."""
        return str(self.schema.get("format") or _branch(self.schema).get("format") or "")

    @property
    def is_plain_text(self) -> bool:
        """Whether it may hold any text, as far as the schema says."""
        facts = _branch(self.schema)
        return (
            self.kinds == {"string"} and not ({"enum", "const", "contentEncoding"} & facts.keys()) and not self.format
        )

    def fact(self, keyword: str) -> Any:
        """What the schema says for a keyword, also inside a nullable alternative."""
        return self.schema[keyword] if keyword in self.schema else _branch(self.schema).get(keyword)


def _branch(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The alternative of a nullable schema that is not null; the schema itself without alternatives."""
    for keyword in ("anyOf", "oneOf"):
        parts = [part for part in schema.get(keyword) or () if isinstance(part, Mapping) and part.get("type") != "null"]
        if len(parts) == 1:
            return parts[0]
    whole: Sequence[Any] = schema.get("allOf") or ()
    return whole[0] if len(whole) == 1 and isinstance(whole[0], Mapping) else schema


def _types(schema: Mapping[str, Any]) -> frozenset[str]:
    found: set[str] = set()
    own = schema.get("type")
    found |= {own} if isinstance(own, str) else set(own or ())
    if schema.get("nullable") is True:
        found.add("null")
    if not found:
        for keyword in ("anyOf", "oneOf", "allOf"):
            for part in schema.get(keyword) or ():
                found |= _types(part) if isinstance(part, Mapping) else set()
    if not found and "enum" in schema:
        found |= {kind_of(value) for value in schema["enum"]}
    if not found and "properties" in schema:
        found.add("object")
    return frozenset(found)


_CODED = re.compile(
    r"[^A-Za-z]*\d[^A-Za-z]*|\d{4}-\d\d-\d\dT\S+|[0-9A-Fa-f-]{36}|\S+@\S+|[a-z]+://\S+|[A-Z]{2,5}", re.DOTALL
)
"""Texts that are no words: amounts, dates, addresses, IDs, currencies."""
_NUMBERS = frozenset({"", "decimal", "double", "float", "int32", "int64", "number"})
"""Formats of numbers, and none: servers often read a smaller range than their documents say, such as of degrees."""


def observed_values(media: MediaType, items: Sequence[Any]) -> dict[str, Any]:
    """Values of properties that a server may read more strictly than its document says: references, and no words.

    `items`: resources that the server has shown or accepted.
    """
    found: dict[str, Any] = {}
    for name, field in fields(media).items():
        values = [item[name] for item in items if isinstance(item, Mapping) and item.get(name) is not None]
        coded = all(map(_is_coded, values)) and field.format in _NUMBERS and not field.fact("enum")
        if values and (field.is_reference or coded) and not (field.read_only or field.is_version):
            found[name] = values[0]
    return found


def exemplified_values(media: MediaType, body: Mapping[str, Any]) -> dict[str, Any]:
    """The texts of an accepted body that are examples of their schemas: only words may say what else they can be.

    Without those that the contract calls unique, or whose format says how others are made.
    """
    found = ((name, field) for name, field in fields(media).items() if name in body)
    return {
        name: body[name]
        for name, field in found
        if field.is_plain_text
        and not (field.is_unique or field.read_only or field.is_version)
        and body[name] in (field.fact("examples") or ())
    }


def repeatable_values(media: MediaType, body: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a body that another one can have as well: no texts, which may be taken, no dates, no references."""
    found = ((name, field) for name, field in fields(media).items() if name in body)
    return {
        name: body[name]
        for name, field in found
        if not (field.kinds == {"string"} and not field.fact("enum"))
        and not (field.read_only or field.is_version or field.is_reference)
    }


def _is_coded(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number or (isinstance(value, str) and _CODED.fullmatch(value) is not None)


def fields(media: MediaType | None) -> dict[str, Field]:
    """The properties of a JSON body by name."""
    if media is None or media.schema is None:
        return {}
    required = _required(media, media.schema)
    return {name: Field(name, _inner(media, schema), name in required) for name, schema in properties(media).items()}


def _inner(media: MediaType, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema whose alternatives have their references followed."""
    changed = dict(schema)
    for keyword in ("anyOf", "oneOf", "allOf"):
        if schema.get(keyword):
            changed[keyword] = [media.schemas.resolve(part) for part in schema[keyword]]
    if isinstance(schema.get("items"), Mapping):
        changed["items"] = media.schemas.resolve(schema["items"])
    return changed


def _required(media: MediaType, schema: Any, depth: int = 0) -> frozenset[str]:
    facts = media.schemas.resolve(schema)
    found = set(facts.get("required") or ())
    for part in (facts.get("allOf") or ()) if depth < 6 else ():
        found |= _required(media, part, depth + 1)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Variation:
    """A valid value of one property."""

    label: str
    value: Any
    companion: Any = None
    """A value near it: a server that accepts this one has no reason to reject the other. None where it may have one."""


_TEXTS = (
    Variation("non-Latin letters", "Zürich Ελλάδα 漢字", "Zurich"),
    Variation("emoji", "Pine \U0001f332 \U0001f469\u200d\U0001f33e"),
    Variation("combining characters", "e\u0301clair n\u0303"),
    Variation("spaces at the end", "trailing  "),
    Variation("two spaces in a row", "two  spaces"),
    Variation("markup and quotes", '<b>O\'Brien</b> & "sons"'),
    Variation("backslashes and percent signs", "100% \\ done \\n %20"),
    Variation("a line break and a tab", "line\nbreak\tand"),
    Variation("the word null", "null"),
    Variation("digits with leading zeros", "0012"),
    Variation("lower case", "plain words in lower case"),
    Variation("letters that change in another case", "İstanbul ﬁn ß"),
    Variation("right-to-left text", "\u202eright to left"),
    Variation("only non-Latin letters", "漢字かな交じり文"),
)
_DATES = (
    Variation("a leap day", "2028-02-29", "2028-02-28"),
    Variation("the first day of a year", "2027-01-01"),
    Variation("a day of the last century", "1999-12-31"),
)
_TIMES = (
    Variation("a time with an offset", "2027-03-28T02:30:00+01:00", "2027-03-28T01:30:00Z"),
    Variation("the last second of a year", "2027-12-31T23:59:59Z"),
    Variation("a leap day with a negative offset", "2028-02-29T12:00:00-05:30"),
    Variation("a leap second", "2016-12-31T23:59:60Z"),
)


def variations(field: Field) -> list[Variation]:
    """Valid values of a property that servers store wrongly; the caller checks that the whole body is valid."""
    found: list[Variation] = []
    if field.fact("enum"):
        found += [Variation(f"the value {value!r}", value) for value in field.fact("enum")[:6]]
    elif field.kinds == {"string"}:
        found += _texts(field)
    elif field.kinds & {"integer", "number"}:
        found += _numbers(field)
    elif field.kinds == {"boolean"}:
        found += [Variation("true", True), Variation("false", False)]
    elif field.kinds == {"array"}:
        found += _arrays(field)
    if field.nullable:
        others = [one.value for one in found if one.value not in ("", [], 0)]
        found.append(Variation("null", None, others[0] if others else None))
    return found


def _texts(field: Field) -> Iterator[Variation]:
    if field.format == "date":
        yield from _DATES
    elif field.format == "date-time":
        yield from _TIMES
    elif field.format == "email":
        yield Variation("an address", "mira.holm@example.com")
        yield Variation("an address with a tag", "mira.holm+news@example.com")
    elif field.is_plain_text:
        least, most = field.fact("minLength") or 0, field.fact("maxLength")
        for each in _TEXTS:
            text = each.value if most is None else each.value[:most]
            yield Variation(each.label, text, each.companion)
        if isinstance(most, int) and 0 < most <= _LONGEST:
            yield Variation(
                f"a text of the maximum length ({most})", _long(most), _long(most - 1) if most > 1 else None
            )
        elif most is None:
            yield Variation("a text of 200 characters", _long(200))
        if least == 0 and not field.required:
            yield Variation("an empty text", "", "word")
        elif 0 < least < 40:
            yield Variation(f"a text of the minimum length ({least})", _long(least), _long(least + 1))


def _long(length: int) -> str:
    """A text of words with exactly this length."""
    text = "word " * (length // 5 + 1)
    return text[: length - 1] + "x"


def _bounds(field: Field) -> tuple[float | int | None, float | int | None]:
    least, most = field.fact("minimum"), field.fact("maximum")
    above, below = field.fact("exclusiveMinimum"), field.fact("exclusiveMaximum")
    if least is None and isinstance(above, int):
        least = above + 1
    if most is None and isinstance(below, int):
        most = below - 1
    return least, most


def _numbers(field: Field) -> Iterator[Variation]:
    least, most = _bounds(field)
    whole = "number" not in field.kinds
    if least is not None:
        yield Variation(f"the minimum ({least})", least, least + 1)
    if most is not None:
        yield Variation(f"the maximum ({most})", most, most - 1)
    yield Variation("zero", 0)
    if whole:
        if (most is not None and most > _BIG + 1) or (most is None and field.format == "int64"):
            yield Variation("an integer beyond 2^53", _BIG + 1)
        yield Variation("seven", 7)
    else:
        yield Variation("two decimals", 19.99)
        yield Variation("seven digits", 98765.43)
        if least is None or least < 0:
            yield Variation("a negative number", -12.5)


def _arrays(field: Field) -> Iterator[Variation]:
    items = field.fact("items")
    if (
        not isinstance(items, Mapping)
        or _types(items) - {"null"} != {"string"}
        or "enum" in items
        or items.get("format")
    ):
        return
    yield Variation("texts in a particular order", ["zeta", "alpha", "mid"])
    yield Variation("non-Latin letters and an emoji", ["Zürich \U0001f332"])
    if not field.fact("minItems"):
        yield Variation("an empty list", [])


def members(media: MediaType, field: Field) -> dict[str, Field]:
    """The properties of a property that is an object; empty for others."""
    if field.kinds != {"object"}:
        return {}
    schema = _branch(field.schema)
    required = _required(media, schema)
    found = properties(media, schema)
    return {name: Field(name, _inner(media, schema), name in required) for name, schema in found.items()}


def members_of_items(media: MediaType, field: Field) -> dict[str, Field]:
    """The properties of the objects in a property that is an array; empty for others."""
    items = field.fact("items")
    if field.kinds != {"array"} or not isinstance(items, Mapping):
        return {}
    return members(media, Field(field.name, _inner(media, media.schemas.resolve(items))))


def unique(field: Field, value: Any, number: str) -> Iterator[Any]:
    """Texts with something in them that makes them different from those of other bodies, the most readable first."""
    if isinstance(value, str) and field.format == "email":
        yield f"user-{number}@example.com"
    if isinstance(value, str) and field.format == "uuid":
        yield str(UUID(int=random_seed(number) << 64 | random_seed(value), version=4))
    if not isinstance(value, str) or not field.is_plain_text:
        return
    most = field.fact("maxLength")
    room = min(40, most) if isinstance(most, int) else 40
    for joint in (" ", "-", "_", ""):
        yield f"{value[: max(0, min(30, room - len(number) - len(joint)))].strip()}{joint}{number}".strip()
    yield from (number, number.upper(), "".join(letter for letter in number if letter.isdigit()).zfill(6))
    if field.fact("pattern"):
        text = sample(field.fact("pattern"), Random(random_seed(f"{number}{value}")), _REPEATS)  # noqa: S311  data
        yield from (text,) if text is not None else ()
