"""JSON bodies of creations and changes: valid ones, one value varied at a time or many together, and invalid ones."""

import copy
import itertools
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flowcontract.checks.sequences.acceptance import CONVERSIONS
from flowcontract.errors import ContractError
from flowcontract.generation.sequences.fields import (
    Field,
    Variation,
    fields,
    members,
    members_of_items,
    unique,
    variations,
)
from flowcontract.generation.sequences.kinds import batch_member
from flowcontract.generation.sequences.moments import moved, number_of
from flowcontract.openapi import media_types
from flowcontract.openapi.model import MediaType, Operation
from flowcontract.openapi.values import valid_value

_EMPTY: tuple[Any, ...] = (None, [], "", {})
"""Values that servers often store for a property that is missing."""
_SEEDS = 8
"""Values that are made until one has an object that may be left out."""
_MOST_EXTREMES = 6
"""Properties of one operation that get extreme values."""
_MOST_BODIES = 16
"""Bodies with variations of one operation."""

Json = dict[str, Any]


def json_media(operation: Operation | None) -> MediaType | None:
    """The JSON media type of an operation's request body: plain JSON before merge patches before JSON Patch."""
    found = [media for media in operation.request_media.values() if media.is_json] if operation else []
    return min(found, key=_rank, default=None)


def _rank(media: MediaType) -> int:
    essence = media_types.essence(media.name)
    return 0 if essence == "application/json" else 2 if essence == media_types.JSON_PATCH else 1


@dataclass(frozen=True, slots=True)
class Varied:
    """A valid body and the variations in it, by property."""

    body: Json
    variations: Mapping[str, Variation]


@dataclass(frozen=True, slots=True)
class Invalid:
    """A body that violates the contract."""

    label: str
    group: str
    """What is alike: one finding for each."""
    content: bytes
    value: Json | None = None
    """The content, where it is an object."""
    member: str = ""
    """The property that makes it invalid; empty where that is none."""

    @property
    def phrase(self) -> str:
        """What follows the name of a step: `with count: null`, `without count`."""
        return self.label if self.label.startswith("without ") else f"with {self.label}"


class Bodies:
    """Bodies of one operation.

    `given`: values of properties that refer to other resources; `identity`: properties that hold the resource's own ID,
    which are sent only where they are required; `marks`: texts that no other body has; `soon`: dates and times are
    those of the next weeks; `known`: lets a body refer to what exists where it refers to something else; `like`: values
    that a server has accepted together, of properties that need no other value in each body.
    """

    def __init__(
        self,
        media: MediaType,
        given: Mapping[str, Any] | None = None,
        identity: frozenset[str] = frozenset(),
        marks: Iterator[str] | None = None,
        *,
        soon: bool = False,
        known: Callable[[Json], Json] = dict,
        like: Mapping[str, Any] | None = None,
    ) -> None:
        self.media = media
        self._like = dict(like or {})
        self.fields = fields(media)
        self.identity = identity & self.fields.keys()
        self._given = dict(given or {})
        self._marks = marks or new_marks("7")
        self._soon = soon
        self._known = known
        self._changes = 0
        self._versions: Json = {}
        versions = [name for name, field in self.fields.items() if field.is_version and field.required]
        if versions:
            made = self._made(minimal=True) or {}
            self._versions = {name: made[name] for name in versions if name in made}
            """Required versions: whoever sends a body puts the current ones in."""

    @property
    def writable(self) -> dict[str, Field]:
        """The properties whose values the caller chooses."""
        return {
            name: field
            for name, field in self.fields.items()
            if not (field.read_only or field.is_version or field.is_reference or name in self._given)
            and name not in self.identity
        }

    @property
    def has_moments(self) -> bool:
        """Whether the caller chooses a date or a time."""
        return bool(self._moments)

    @property
    def _moments(self) -> list[str]:
        return [name for name, field in self.writable.items() if field.format in ("date", "date-time")]

    def is_valid(self, body: Any) -> bool:
        """Whether a body is valid by the contract, with the versions that it will have when it is sent."""
        if self._versions and isinstance(body, dict):
            body = {**self._versions, **body}
        return next(self.media.request_errors(body), None) is None

    def minimal(self) -> Json | None:
        """A valid body with the required properties alone, different from those before; None if none can be made."""
        return self.fresh(self._made(minimal=True))

    def smallest(self) -> Json | None:
        """A valid body with as little as possible; None if none can be made."""
        return self.minimal() or self.full()

    def different(self, body: Json) -> Json | None:
        """A valid body with the same properties and another value of one of them; None if none can be made."""
        fresh = self.fresh(body)
        if fresh != body:
            return fresh
        made = (
            {**body, name: variation.value}
            for name in self.writable
            for variation in (self.variations_of(name, body) if name in body else ())
        )
        return next((one for one in (*made, *self._with_other_parts(body)) if one != body), None)

    def _with_other_parts(self, body: Json) -> Iterator[Json]:
        """Valid bodies of which one number in the objects of an array is another one."""
        for name, value in body.items():
            first = value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else {}
            for member, number in first.items():
                is_number = isinstance(number, int) and not isinstance(number, bool)
                if is_number and not Field(member, {}, required=True).is_reference:
                    changed = {**body, name: [{**first, member: number + 1}, *value[1:]]}
                    yield from (changed,) if self.is_valid(changed) else ()

    def full(self) -> Json | None:
        """A valid body with every property that the caller may choose; None if none can be made."""
        examples = [example.value for example in self.media.examples.values() if isinstance(example.value, dict)]
        made = self._made(minimal=False)
        base = {**(made or {}), **(examples[0] if examples else {})} or None
        if base is None:
            return None
        for name, field in self.writable.items():
            if field.kinds and (base.get(name) in _EMPTY or base.get(name) == field.schema.get("default")):
                for variation in [*_plain(field), *variations(field)]:
                    if variation.value in _EMPTY or variation.value == field.schema.get("default"):
                        continue
                    if self.is_valid({**base, name: variation.value}):
                        base[name] = variation.value
                        break
        kept = {
            name: value
            for name, value in base.items()
            if name not in self.fields or self.fields[name].required or name in self.writable
        }
        return self.fresh(kept if self.is_valid(kept) else base)

    def change(self) -> Json | None:
        """A valid change of one property, different from those before; None if none can be made."""
        self._changes += 1
        mark = next(self._marks)
        for name, field in self.writable.items():
            if field.is_plain_text and not field.write_only:
                for value in unique(field, "changed", mark):
                    if self.is_valid({name: value}):
                        return {name: value}
        for name in self.writable:
            found = self.variations_of(name, {})
            if found:
                return {name: found[self._changes % len(found)].value}
        return None

    def _made(self, *, minimal: bool, seed: int = 0) -> Json | None:
        if self.media.schema is None:
            return None
        try:
            value = valid_value(
                self.media.schemas, self.media.schema_pointer, seed=seed, direction="request", minimal=minimal
            )
        except ContractError:
            return None
        if not isinstance(value, dict):
            return None
        alike = {**value, **{name: self._like[name] for name in value.keys() & self._like.keys()}}
        value = alike if self.is_valid(alike) else value
        without = {k: v for k, v in value.items() if k not in self.identity or self.fields[k].required}
        return without if self.is_valid(without) else value

    def fresh(self, body: Json | None, unchanged: Collection[str] = ()) -> Json | None:
        """The body with texts and times of its own; some properties as they are.

        Servers accept a name that has to be unique once, and one appointment at a time.
        """
        if body is None:
            return None
        mark = next(self._marks)
        body = self._known(copy.deepcopy(body))
        body = {**body, **{name: value for name, value in self._given.items() if name in self.fields}}
        for name, field in self.fields.items():
            if name in body and name not in unchanged and (name in self.writable or name in self.identity):
                for value in unique(field, body[name], mark):
                    if self.is_valid({**body, name: value}):
                        body = {**body, name: value}
                        break
        own = {name: value for name, value in body.items() if name in self.writable and name not in unchanged}
        later = {**body, **moved(own, self.fields, number_of(mark), soon=self._soon)}
        return later if self.is_valid(later) else body

    def with_usual_dates(self, body: Json) -> Json:
        """The body with dates and times as they are made for its properties: in the order that their names say."""
        made = self._made(minimal=False) or {}
        changed = {**body, **{name: made[name] for name in self._moments if name in body and name in made}}
        return changed if self.is_valid(changed) else body

    def with_value(self, body: Json, name: str, value: Any) -> Json | None:
        """The body with another value of one property; None if that is not valid."""
        changed = {**body, name: value}
        return changed if self.is_valid(changed) else None

    def unlike(self, body: Json, values: Mapping[str, Any]) -> Json:
        """The body with other values where it has those of `values`, if others are valid."""
        for name in self.writable:
            if name in body and name in values and body[name] == values[name]:
                others = (each.value for each in self.variations_of(name, body))
                found = next((one for one in others if one not in (*_EMPTY, values[name])), body[name])
                body = {**body, name: found}
        return body

    def variations_of(self, name: str, body: Json) -> list[Variation]:
        """The variations of a property that are valid in a body."""
        found = [*variations(self.fields[name]), *self._varied_members(name, body)]
        return [each for each in found if self.is_valid({**body, name: each.value})]

    def _varied_members(self, name: str, body: Json) -> Iterator[Variation]:
        """Variations of the members of an object, of all of them at a time."""
        inner = {one: variations(field) for one, field in members(self.media, self.fields[name]).items()}
        whole = self._object(name, body)
        if whole is None:
            return
        for index in range(min(_MOST_BODIES, max(map(len, inner.values()), default=0))):
            value = dict(whole)
            for one, found in inner.items():
                valid = [each for each in found if self.is_valid({**body, name: {**whole, one: each.value}})]
                value |= {one: valid[index].value} if index < len(valid) else {}
            yield Variation("unusual fields", value)

    def _object(self, name: str, body: Json) -> Json | None:
        """The value of a property that is an object, also where a body leaves it out; None for others."""
        value = body.get(name)
        if value is None and self.fields[name].kinds == {"object"}:
            # The first seeds may make null, or leave it out.
            made = (self._made(minimal=False, seed=seed) or {} for seed in range(_SEEDS))
            value = next((one[name] for one in made if isinstance(one.get(name), dict)), None)
        return value if isinstance(value, dict) else None

    def varied(self, base: Json) -> Iterator[Varied]:
        """Valid bodies that together have every variation of every property, as few as possible."""
        lists = {name: self.variations_of(name, base) for name in self.writable}
        for index in range(min(_MOST_BODIES, max(map(len, lists.values()), default=0))):
            chosen = {name: found[index] for name, found in lists.items() if index < len(found)}
            body = self.fresh({**base, **{name: each.value for name, each in chosen.items()}}, unchanged=chosen)
            if body is not None and self.is_valid(body):
                yield Varied(body, chosen)

    @property
    def is_closed(self) -> bool:
        """Whether the schema excludes properties that it does not name: its server checks bodies strictly."""
        return not self.is_valid({**(self._made(minimal=True) or {}), "flowcontract_extra": "value"})

    def invalid(self, base: Json, *, whole: bool = True, required: bool = False) -> Iterator[Invalid]:
        """Bodies that violate the contract in one way each.

        `whole`: also those that are not objects; `required`: an empty body is invalid, too. A value of another type
        that stands for a valid one, such as the text "3" for a number, is sent only where the schema is closed: many
        frameworks convert it otherwise.
        """
        closed = self.is_closed
        for name, field in self.writable.items():
            for label, value in _invalid_values(field):
                body = {**base, name: value}
                if not self.is_valid(body) and (closed or label not in CONVERSIONS):
                    yield Invalid(f"{name}: {label}", label, _written(body), body, name)
            whole_value = self._object(name, base)
            inner = members(self.media, field) if whole_value is not None else {}
            for member, label, value in ((m, *each) for m, one in inner.items() for each in _invalid_values(one)):
                body = {**base, name: {**(whole_value or {}), member: value}}
                if not self.is_valid(body) and label not in CONVERSIONS:
                    yield Invalid(f"{name}.{member}: {label}", label, _written(body), body, name)
            yield from self._invalid_items(base, name, field)
        for name in list(base):
            # What has a default may be missing: some servers complete a body before they validate it.
            if name in self.fields and self.fields[name].required and self.fields[name].fact("default") is None:
                without = {key: value for key, value in base.items() if key != name}
                if not self.is_valid(without):
                    yield Invalid(f"without {name}", "without a required field", _written(without), without)
        extra = {**base, "flowcontract_extra": "value"}
        if not self.is_valid(extra):
            yield Invalid("a field that the schema excludes", "with an excluded field", _written(extra), extra)
        if not self.is_valid({}) and not self.fields.keys() & base.keys() - {
            name for name, field in self.fields.items() if not field.required
        }:
            yield Invalid("an empty object", "an empty object", b"{}", {})
        if whole:
            yield from self._not_objects(required)

    def _invalid_items(self, base: Json, name: str, field: Field) -> Iterator[Invalid]:
        """Bodies with one wrong value in the first object of an array."""
        value = base.get(name)
        if not (isinstance(value, list) and value and isinstance(value[0], dict)):
            return
        for member, one in members_of_items(self.media, field).items():
            for label, wrong in _invalid_values(one):
                body = {**base, name: [{**value[0], member: wrong}, *value[1:]]}
                if not self.is_valid(body) and label not in CONVERSIONS:
                    yield Invalid(f"{name}[0].{member}: {label}", label, _written(body), body, name)

    def _not_objects(self, required: bool) -> Iterator[Invalid]:
        # Where no body is needed, null may be taken for none.
        null = [("null", b"null")] if required else []
        for label, content in (("an array", b"[]"), *null, ("a text", b'"text"')):
            if not self.is_valid(json.loads(content)):
                yield Invalid(label, "not an object", content)
        yield Invalid("text that is not JSON", "text that is not JSON", b"{not json")
        if required:
            yield Invalid("an empty body", "an empty body", b"")

    def unusual(self, base: Json) -> Iterator[tuple[str, bytes]]:
        """Bodies that a server may accept or reject, and must not fail for."""
        extreme = {name: found for name, field in self.writable.items() if (found := list(_extremes(field)))}
        for property_name, found in itertools.islice(extreme.items(), _MOST_EXTREMES):
            for label, value in found:
                body = {**base, property_name: value}
                if self.is_valid(body):
                    yield f"{label} for {property_name}", _written(body)
        texts = [name for name, field in self.writable.items() if field.is_plain_text]
        # One that takes the character, by its pattern: the others reject it before it is stored.
        name = next((name for name in texts if self.is_valid({**base, name: "a\0b"})), None) or next(iter(texts), None)
        if name is None:
            return
        text = _written({**base, name: "PLACEHOLDER"})
        yield "a NUL character in a text", text.replace(b"PLACEHOLDER", b"a\\u0000b")


def new_marks(run: str) -> Iterator[str]:
    """Short texts for the bodies of one run, so that no two are the same. `run`: what no other run has."""
    return (f"q{run}{number}" for number in itertools.count(1))


def _extremes(field: Field) -> Iterator[tuple[str, Any]]:
    """Valid values with which servers calculate, or which they store, out of the range of their types."""
    if field.format in ("date", "date-time") and field.kinds == {"string"}:
        time = "T{}Z" if field.format == "date-time" else ""
        yield "the first day of the year 1", f"0001-01-01{time.format('00:00:00')}"
        yield "the last day of the year 9999", f"9999-12-31{time.format('23:59:59')}"
    elif field.kinds == {"integer"} and not field.format:
        yield "an integer beyond 64 bits", 2**63


def _plain(field: Field) -> list[Variation]:
    if field.is_plain_text:
        return [Variation("words", f"Sample {field.name.replace('_', ' ')}"), Variation("a word", "sample")]
    if field.kinds & {"integer", "number"}:
        return [Variation("a number", number) for number in (3, 2, 12, 50)]
    if field.kinds == {"array"}:
        return [Variation("two texts", ["first", "second"]), Variation("a text", ["first"])]
    return []


def _written(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _invalid_values(field: Field) -> Iterator[tuple[str, Any]]:
    """Values that a property must not have; those that its schema allows after all are left out by the caller."""
    yield from _wrong_types(field)
    if not field.nullable:
        yield "null", None
    if field.fact("enum"):
        yield "a value that is not in the enum", "flowcontract-unknown"
        return
    least, most = field.fact("minimum"), field.fact("maximum")
    if field.kinds & {"integer", "number"}:
        if least is not None:
            yield "a number below the minimum", least - 1
        if most is not None:
            yield "a number above the maximum", most + 1
        if "number" not in field.kinds:
            yield "a fraction for an integer", 1.5
    if field.kinds == {"string"}:
        yield from _invalid_texts(field)
    if field.kinds == {"array"}:
        yield from _invalid_arrays(field)


def _wrong_types(field: Field) -> Iterator[tuple[str, Any]]:
    kinds = field.kinds
    if kinds & {"integer", "number"} and "string" not in kinds:
        number = field.fact("minimum")
        yield "a number sent as text", str(3 if number is None or number <= 3 else number)
    if kinds == {"boolean"}:
        yield "a boolean sent as text", "true"
    if kinds == {"string"}:
        yield "a number for a text", 12345678
        yield "an object for a text", {"a": 1}
    if kinds == {"array"}:
        yield "a text for an array", "text"
    if kinds == {"object"}:
        yield "a text for an object", "text"


def _invalid_texts(field: Field) -> Iterator[tuple[str, Any]]:
    most, least = field.fact("maxLength"), field.fact("minLength")
    if isinstance(most, int) and most <= 20_000:
        yield "a text that is too long", "x" * (most + 1)
    if isinstance(least, int) and least > 0:
        yield "a text that is too short", "x" * (least - 1)
    if field.format == "date":
        yield "a date that does not exist", "2027-02-30"
        yield "a text that is not a date", "tomorrow"
    if field.format == "date-time":
        yield "a time without a zone", "2027-03-01T12:00:00"
        yield "a text that is not a time", "noon"
    if field.format == "uuid":
        yield "a text that is not a UUID", "not-a-uuid"
    if field.format == "email":
        yield "a text that is not an address", "nobody"
    if field.fact("pattern"):
        yield "a text that does not match the pattern", "\u00a7\u00a7"


def _invalid_arrays(field: Field) -> Iterator[tuple[str, Any]]:
    items = field.fact("items")
    texts = isinstance(items, Mapping) and items.get("type") == "string" and "enum" not in items
    most = field.fact("maxItems")
    if texts and isinstance(most, int) and most < 200:
        yield "too many items", [f"item {number}" for number in range(most + 1)]
    if texts and field.fact("uniqueItems"):
        yield "equal items where they must differ", ["same", "same"]
    if texts and isinstance(items.get("maxLength"), int):
        yield "an item that is too long", ["x" * (items["maxLength"] + 1)]
    if texts:
        yield "a number for the text of an item", [1]


def batch_bodies(operation: Operation, create: Operation, made: list[Any]) -> Any:
    """The body of a creation of several resources at once; None if its form is not known."""
    single = json_media(create)
    name = batch_member(operation, single) if single else None
    if name is None:
        return None
    return {name: made} if name else made
