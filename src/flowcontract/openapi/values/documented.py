"""What a canonical schema does not keep of the document: the order of members, discriminators, encodings of texts."""

import base64
import binascii
import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from flowcontract.openapi.schema_views import discriminated
from flowcontract.openapi.schemas import Schemas, as_object
from flowcontract.openapi.values import maps
from flowcontract.openapi.values.names import words
from flowcontract.openapi.values.nouns import (
    has_parts_of_a_person,
    is_person,
    is_venue,
    noun_of_place,
    part_of_a_person,
    person_and_part,
)
from flowcontract.openapi.values.plausible import TODAY, unix_time
from flowcontract.openapi.values.strings import Strings, pattern_matches


def as_documented(value: Any, schema: Any, schemas: Schemas, name: str = "", *, today: date = TODAY) -> Any:
    """The value in the words of its document. `name`: the member that it is for.

    Members are in the document's order, discriminators name their schema, texts are encoded. `today`: the day before
    which Unix times lie.
    """
    if isinstance(value, str):
        schema = schemas.resolve(schema)
        return _encoded(value, schema) if "contentEncoding" in schema else value
    if type(value) is int:
        return _unix_time(value, schema, schemas, today)
    if not isinstance(value, dict | list):
        return value
    written, schema = schema, schemas.resolve(schema)
    if isinstance(value, list):
        return [
            as_documented(item, _items(schema, schemas, at), schemas, name, today=today)
            for at, item in enumerate(value)
        ]
    present = {key: member for key, member in members(schema, schemas) if key in value}
    found = {key: as_documented(value[key], member, schemas, key, today=today) for key, member in present.items()}
    rest = schema.get("additionalProperties", True)
    found |= {key: as_documented(value[key], rest, schemas, key, today=today) for key in value if key not in found}
    found = found if present else maps.keyed(found, written, schemas)
    found = _of_its_status(maps.adding_up(found, present, schemas), present, schema, schemas)
    names = list(_names(written, schemas))
    if any(map(is_person, (name, *names))) or has_parts_of_a_person(present):
        found = _personal(found, present, schemas)
    found = _with_persons_beside(found, present, schemas)
    if "capacity" in found and any(map(is_venue, (name, *names))):
        found["capacity"] = _of_an_audience(found["capacity"], present.get("capacity", {}), schemas)
    found = _with_names_of_places(found, present, next(filter(None, map(noun_of_place, (name, *names))), ""), schemas)
    found = _with_pairs_that_differ(found, present, schemas)
    return _named(_inherited(found, written, schema, schemas), schema, schemas)


def _unix_time(value: int, schema: Any, schemas: Schemas, today: date) -> int:
    for part in (schema, *_branches(schemas.resolve(schema))):
        resolved = schemas.resolve(part)
        if _NUMERIC_LIMITS.isdisjoint(resolved) and (found := unix_time(value, resolved, today)) != value:
            return found
    return value


_NUMERIC_LIMITS = frozenset(
    {"const", "enum", "maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum", "multipleOf"}
)


def _names(written: Any, schemas: Schemas) -> Iterator[str]:
    """The names of a schema, and of those that it extends."""
    reference = schemas.reference(written)
    if reference:
        yield reference.rpartition("/")[2]
    for branch in schemas.resolve(written).get("allOf") or ():
        if other := schemas.reference(branch):
            yield other.rpartition("/")[2]


def _personal(value: dict[str, Any], declared: Mapping[str, Any], schemas: Schemas) -> dict[str, Any]:
    """A person whose name, email and login agree, as far as their schemas set no other rules."""
    parts = {key: part for key in declared if isinstance(value[key], str) and (part := part_of_a_person(key))}
    own = {part: value[key] for key, part in reversed(parts.items())}
    strings = Strings(zlib.crc32(repr(value).encode("utf-8", "surrogatepass")))
    first, last = (own.get(part) or made for part, made in zip(("first", "last"), strings.person(), strict=True))
    plain = [re.sub(r"[^a-z]", "", each.lower()) or "a" for each in (first, last)]
    made = {"first": first, "last": last, "name": f"{first} {last}"}
    made |= {"email": f"{plain[0]}.{plain[1]}@example.com", "login": f"{plain[0]}{plain[1]}"}
    return {
        key: made[parts[key]] if key in parts and _is_free(declared[key], made[parts[key]], schemas) else item
        for key, item in value.items()
    }


def _with_persons_beside(value: dict[str, Any], declared: Mapping[str, Any], schemas: Schemas) -> dict[str, Any]:
    """A value whose names and emails of the same person agree: `buyer_name` and `buyer_email`."""
    persons: dict[str, dict[str, str]] = {}
    for key in declared:
        person, part = person_and_part(key)
        if person:
            persons.setdefault(person, {})[part] = key
    for parts in persons.values():
        if len(parts) > 1:
            own = {part: value[key] for part, key in parts.items()}
            agreeing = _personal(own, {part: declared[key] for part, key in parts.items()}, schemas)
            value = {**value, **{parts[part]: item for part, item in agreeing.items()}}
    return value


def _of_an_audience(value: Any, schema: Any, schemas: Schemas) -> Any:
    """The capacity of a place for an audience, where its schema sets no other limits."""
    found = 50 * (1 + zlib.crc32(repr(value).encode()) % 100)
    parts = [schemas.resolve(schema)]
    parts += map(schemas.resolve, _branches(parts[0]))
    is_free = all(
        (_NUMERIC_LIMITS - {"minimum"}).isdisjoint(part) and part.get("minimum", 0) <= found for part in parts
    )
    return found if type(value) is int and is_free else value


def _with_names_of_places(
    value: dict[str, Any], declared: Mapping[str, Any], noun: str, schemas: Schemas
) -> dict[str, Any]:
    """A value whose names of hotels, restaurants and the like say what they are, as far as their schemas allow it.

    `noun`: what the value itself is, if it is such a place.
    """
    found = {}
    for key, item in value.items():
        *before, last = words(key)
        ends = noun_of_place("_".join(before)) if before else noun
        if last == "name" and ends and isinstance(item, str) and key in declared:
            text = " ".join([*item.split()[:2], ends]).title()
            found[key] = text if _is_free(declared[key], text, schemas) else item
    return {**value, **found} if found else value


def _with_pairs_that_differ(value: dict[str, Any], declared: Mapping[str, Any], schemas: Schemas) -> dict[str, Any]:
    """A value where what changed is not what it was before: the next value that is enumerated."""
    plain = {words(name): name for name in declared}
    for own, name in plain.items():
        last = next((plain[word, *own[1:]] for word in _AFTER.get(own[0], ()) if (word, *own[1:]) in plain), None)
        if last is None or value[name] != value[last]:
            continue
        parts = [schemas.resolve(declared[last])]
        parts += map(schemas.resolve, _branches(parts[0]))
        choices: list[Any] = next((part["enum"] for part in parts if "enum" in part), [])
        if value[last] in choices and len(choices) > 1:
            value = value | {last: choices[(choices.index(value[last]) + 1) % len(choices)]}
    return value


def of_its_status(value: dict[str, Any], schema: Any, schemas: Schemas) -> dict[str, Any]:
    """A value without members that are there only with another status, as their descriptions say."""
    present = {name: member for name, member in members(schema, schemas) if name in value}
    return _of_its_status(value, present, schemas.resolve(schema), schemas)


def _of_its_status(
    value: dict[str, Any], declared: Mapping[str, Any], schema: Mapping[str, Any], schemas: Schemas
) -> dict[str, Any]:
    """A value without members that are there `only when status is cancelled`, as their descriptions say, if it is not;
    null where they are required, if they may be null.
    """
    status = next((name for name in ("status", "state") if name in declared and isinstance(value.get(name), str)), "")
    for name, member in declared.items() if status else ():
        parts = _parts(member, schemas)
        texts = [part["description"] for part in parts if isinstance(part.get("description"), str)]
        said = _ONLY_WHEN.search(texts[0]) if texts and name != status else None
        statuses = {each for part in _parts(declared[status], schemas) for each in part.get("enum") or ()}
        named = {each for each in statuses if said and re.search(rf"\b{re.escape(str(each))}\b", said[1])}
        if not named or value[status] in named or _NOT.search(said[1] if said else ""):
            continue
        if all(name not in (part.get("required") or ()) for part in _parts(schema, schemas)):
            value = {each: item for each, item in value.items() if each != name}
        elif any(part.get("type") == "null" or "null" in (part.get("type") or ()) for part in parts):
            value = value | {name: None}
    return value


_ONLY_WHEN = re.compile(r"\bonly\b.{0,40}?\b(?:after|for|if|once|when|while)\b(.*)", re.IGNORECASE | re.DOTALL)
_NOT = re.compile(r"\b(?:except|not|unless)\b", re.IGNORECASE)


def _parts(schema: Any, schemas: Schemas) -> list[Mapping[str, Any]]:
    """A schema as it is written, what it refers to, and its alternatives."""
    resolved = schemas.resolve(schema)
    written = [schema] if isinstance(schema, Mapping) else []
    return [*written, resolved, *map(schemas.resolve, _branches(resolved))]


_AFTER = {"before": ("after",), "from": ("to",), "old": ("new",), "previous": ("current", "new")}
"""The first words of names of what was, and of what is after a change."""


def _is_free(schema: Any, text: str, schemas: Schemas, seen: frozenset[int | str] = frozenset()) -> bool:
    """Whether a schema, whatever its alternatives, allows a text, and an email where it is one."""
    resolved = schemas.resolve(schema)
    marks = _marks(schema, resolved)
    if not seen.isdisjoint(marks):
        return True
    is_of_format = resolved.get("format", "email" if "@" in text else "") == ("email" if "@" in text else "")
    fits = resolved.get("minLength", 0) <= len(text) <= resolved.get("maxLength", len(text))
    has_rules = any(keyword in resolved for keyword in ("const", "enum", "not"))
    matches = "pattern" not in resolved or pattern_matches(str(resolved["pattern"]), text)
    if has_rules or not matches or not is_of_format or not fits:
        return False
    parts = (branch for branch in _branches(resolved) if schemas.resolve(branch).get("type") != "null")
    return all(_is_free(branch, text, schemas, seen | marks) for branch in parts)


def _encoded(text: str, schema: Mapping[str, Any]) -> str:
    """A text in base64 where its schema says so and sets no other limits (JSON Schema Validation 2020-12, 8.3)."""
    if str(schema["contentEncoding"]).lower() != "base64" or not _LIMITS.isdisjoint(schema):
        return text
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()
    return text


_LIMITS = frozenset({"const", "enum", "format", "maxLength", "pattern"})


def _inherited(value: dict[str, Any], written: Any, schema: Mapping[str, Any], schemas: Schemas) -> dict[str, Any]:
    """The value with the discriminator that its schema has from a parent, if any (OpenAPI 3.0.4, 4.7.25.2).

    `written`: the schema before its reference was followed; a parent's discriminator names what it leads to.
    """
    for discriminator in _discriminators(schema, schemas):
        reference = schemas.reference(written)
        key = str(discriminator["propertyName"])
        names = discriminated(reference, discriminator)
        if reference and isinstance(value.get(key), str) and value[key] not in names:
            candidate = value | {key: min(names)}
            if schemas.is_valid(reference.removeprefix("#"), candidate):
                return candidate
    return value


def _discriminators(
    schema: Mapping[str, Any],
    schemas: Schemas,
    seen: frozenset[int | str] = frozenset(),
    done: dict[int, Any] | None = None,
) -> Iterator[Mapping[str, Any]]:
    """The discriminators of a schema without alternatives, and of those that it extends. `done`: as in `members`."""
    done = {} if done is None else done
    if id(schema) in done:
        return
    done[id(schema)] = schema
    discriminator = schema.get("discriminator")
    if isinstance(discriminator, Mapping) and not (schema.get("oneOf") or schema.get("anyOf")):
        yield discriminator
    for branch in schema.get("allOf") or ():
        parent = schemas.resolve(branch)
        if isinstance(parent, Mapping) and seen.isdisjoint(marks := _marks(branch, parent)):
            yield from _discriminators(parent, schemas, seen | marks, done)


def declared(value: Any, schema: Any, schemas: Schemas) -> Any:
    """The value without members that its schema does not name, unless it names none or says that there are others."""
    if isinstance(value, list):
        resolved = schemas.resolve(schema)
        return [declared(item, _items(resolved, schemas, at), schemas) for at, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    named = dict(members(schema, schemas))
    has_others = is_open(schema, schemas)
    return {
        name: declared(member, named.get(name, True), schemas)
        for name, member in value.items()
        if has_others or name in named
    }


def is_open(schema: Any, schemas: Schemas) -> bool:
    """Whether objects have members that their schema does not name: it names none, or says that there are others."""
    return next(members(schema, schemas), None) is None or _allows_others(schema, schemas)


def _allows_others(schema: Any, schemas: Schemas, seen: frozenset[int | str] = frozenset()) -> bool:
    """Whether a schema says that an object may have other members than those it names, or one that it consists of."""
    resolved = schemas.resolve(schema)
    marks = _marks(schema, resolved)
    if not seen.isdisjoint(marks):
        return False
    says_so = any(resolved.get(keyword) for keyword in _OTHERS)
    return says_so or any(_allows_others(branch, schemas, seen | marks) for branch in _branches(resolved))


_OTHERS = ("additionalProperties", "patternProperties", "unevaluatedProperties")


def members(
    schema: Any, schemas: Schemas, seen: frozenset[int | str] = frozenset(), done: dict[int, Any] | None = None
) -> Iterator[tuple[str, Any]]:
    """Every property that a schema declares, its compositions included, in the order of the document.

    `done`: the schemas that were read, by identity, which lasts as long as they are kept. Each is read once: the ways
    that lead to it may double with every level of compositions.
    """
    done = {} if done is None else done
    written, schema = schema, schemas.resolve(schema)
    marks = _marks(written, schema)
    if id(schema) in done or not seen.isdisjoint(marks):
        return
    done[id(schema)] = schema
    seen |= marks
    for branch in _branches(schema):
        yield from members(branch, schemas, seen, done)
    yield from ((name, as_object(part)) for name, part in (schema.get("properties") or {}).items())


def _marks(written: Any, resolved: Any) -> frozenset[int | str]:
    """By what a schema is recognized that leads back to itself: what stands beside a reference makes a new one."""
    reference = written.get("$ref") if isinstance(written, Mapping) else None
    return frozenset({id(resolved), *([reference] if isinstance(reference, str) else ())})


def _items(schema: Mapping[str, Any], schemas: Schemas, at: int, seen: frozenset[int | str] = frozenset()) -> Any:
    """The schema of an item by its place in the array, in the schema itself or in those it is composed of."""
    prefix = schema.get("prefixItems", ())
    if at < len(prefix):
        return prefix[at]
    if "items" in schema:
        return schema["items"]
    for branch in _branches(schema):
        found = schemas.resolve(branch)
        marks = _marks(branch, found)
        if ("items" in found or "prefixItems" in found) and seen.isdisjoint(marks):
            return _items(found, schemas, at, seen | marks)
    return True


def _branches(schema: Mapping[str, Any]) -> Iterator[Any]:
    for keyword in ("allOf", "oneOf", "anyOf"):
        yield from schema.get(keyword) or ()


def _named(value: dict[str, Any], schema: Mapping[str, Any], schemas: Schemas) -> dict[str, Any]:
    """The value with a discriminator property that names the alternative it is of (OpenAPI 3.1.1, section 4.8.25)."""
    discriminator = schema.get("discriminator")
    alternatives = schema.get("oneOf") or schema.get("anyOf") or ()
    if not isinstance(discriminator, Mapping):
        return value
    references = [branch["$ref"] for branch in alternatives if isinstance(branch, Mapping) and "$ref" in branch]
    names = {name: target for target in references for name in sorted(discriminated(target, discriminator))}
    key = discriminator["propertyName"]

    def likelihood(name: str) -> tuple[bool, int]:
        declared = dict(members({"$ref": names[name]}, schemas))
        return name == value.get(key), len(declared.keys() & value.keys())

    for name in sorted(names, key=likelihood, reverse=True):
        candidate = value | {key: name}
        if schemas.is_valid(names[name].removeprefix("#"), candidate):
            return candidate
    return value
