"""Values of generated items that filters ask for, enumerated or given as examples: each should stand in one item."""

import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from flowcontract.openapi.model import Operation
from flowcontract.openapi.schemas import Schemas
from flowcontract.openapi.values import agreement, members, money, of_its_status, plans
from flowcontract.openapi.values.examples import given
from flowcontract.openapi.values.names import words
from flowcontract.text import plain_name
from flowmock.lists import paging
from flowmock.lists.selecting import Item, Path, at, besides_null, declared_names, properties_of, property_named
from flowmock.resources.model import Resource

_MAX_ITEMS = 8
"""Generated items of a list that can be filtered by an enumeration with more values than a list has items."""
_OTHERS = 2
"""Items with values of their own beside one for each example of a filter."""


def count(resource: Resource, least: int) -> int:
    """How many items show every value that the list can be filtered by, at least `least`."""
    sizes = [len(values) for values in _filters(resource).values()]
    parts = {name: resource.media.member(name) for name in resource.properties()}
    lists: Item = {name: [] for name, part in parts.items() if part and part.items()}
    sizes += [len(each.values) for each, _ in _by_parameters(resource, [lists])]
    return max(least, min(_MAX_ITEMS, max(sizes, default=0)))


def spread(resource: Resource, items: Sequence[Item]) -> list[Item]:
    """The items with the values of each enumeration in turn, from that of the first item on, where they are valid."""
    found = list(items)
    filters = _filters(resource)
    for name, values in _choices(resource).items():
        if money.is_currency(name) and name not in filters:
            continue
        start = values.index(found[0][name]) if found and found[0].get(name) in values else 0
        for number, item in enumerate(found[1:], 1):
            changed = item | {name: values[(start + number) % len(values)]}
            if _is_of_one_kind(resource, changed):
                found[number] = _agreeing(resource, changed, item)
    return found


def beginning(resource: Resource, item: Item) -> Item:
    """A new item with the first value of each enumeration that has no default: the one that most lists begin with."""
    schemas, properties = resource.media.schemas, resource.properties()
    first = {
        name: values[0]
        for name, values in _choices(resource).items()
        if name in item and not isinstance(values[0], bool) and "default" not in schemas.resolve(properties[name])
    }
    changed = item | first
    return changed if resource.media.is_valid(changed) else item


def is_shown(resource: Resource, items: Sequence[Item], apart: Collection[str] = ()) -> bool:
    """Whether these items show every value that the list can be filtered by. `apart`: filters that do not count."""
    return all(any(_has(item, path, value) for item in items) for path, value in _wanted(resource, items, apart))


def covering(resource: Resource, items: Sequence[Item], size: int, apart: Collection[str] = ()) -> list[Item]:
    """So many of the items, those that show as many of these values as possible, in their order; `apart` as there."""
    left, chosen = _wanted(resource, items, apart), [0] if items else []
    while left and len(chosen) < min(size, len(items)):
        left = [(path, value) for path, value in left if not _has(items[chosen[-1]], path, value)]
        others = [number for number in range(len(items)) if number not in chosen]
        chosen.append(max(others, key=lambda number: sum(_has(items[number], path, value) for path, value in left)))
    others = [number for number in range(len(items)) if number not in set(chosen)]
    return [items[number] for number in sorted((chosen + others)[:size])]


def adopted(resource: Resource, item: Item, today: date, number: int | None = None) -> Item:
    """A generated item with values that the parameters of its list document: `?city=Paris` finds something.

    An enumeration gives each item a value, examples give one to some. `number`: which item it is; else its ID says it,
    so that lists and reads agree. A default is what creations start with: items have the other values as well. `today`:
    the day that plans lie around, as their status says.
    """
    for name, values in _defaulted(resource).items():
        which = zlib.crc32(f"{resource.id_of(item)} {name}".encode()) if number is None else number
        changed = item | {name: values[which % len(values)]}
        if name in item and changed != item and _is_of_one_kind(resource, changed):
            item = _agreeing(resource, changed, item)
    for each, path in list(_by_parameters(resource, [item])):
        count = len(each.values)
        which = zlib.crc32(f"{resource.id_of(item)} {each.name}".encode()) % (count + _OTHERS)
        which = which if number is None else number
        if each.is_complete or which < count:
            changed = _with(item, path, each.values[which % count])
            if _is_of_one_kind(resource, changed):
                item = _agreeing(resource, changed, item)
    return _placed(resource, item, today)


def _placed(resource: Resource, item: Item, today: date) -> Item:
    """An item whose plans lie where its members say that they do; those with examples in their schemas stay."""
    generated = {name: value for name, value in item.items() if name not in _exemplified(resource)}
    placed: Item = plans.valid(item, item, generated, today, resource.media.is_valid, by_chance=False)
    return placed


def named(resource: Resource, item: Item, made: Any) -> Item:
    """An item with the names of another generated one where its own are the example of the schema: not all are equal.

    `made`: the other one, which has no examples.
    """
    texts = {
        name: made[name] for name in _named_by_example(resource) if name in item and isinstance(made.get(name), str)
    }
    changed = item | texts
    return _agreeing(resource, changed, item) if texts and _is_of_one_kind(resource, changed) else item


def have_examples_of_names(resource: Resource) -> bool:
    """Whether the schema of an item has examples of texts that tell items apart."""
    return bool(_named_by_example(resource))


@lru_cache(64)
def _named_by_example(resource: Resource) -> tuple[str, ...]:
    """The texts that tell items apart and have an example in their schemas."""
    return tuple(
        name
        for name in resource.properties()
        if name in _exemplified(resource)
        and name != resource.id_field
        and (words(name)[-1] in _NAMES or name in _UNIQUE)
        and name not in _choices(resource)
    )


_NAMES = frozenset({"headline", "label", "name", "sku", "slug", "subject", "title"})
_UNIQUE = frozenset({"code", "email", "handle", "username"})


def _is_of_one_kind(resource: Resource, item: Item) -> bool:
    """Whether an item is valid, and of several alternatives has the members of one only."""
    media = resource.media
    kinds = media.alternatives()
    declared = (dict(members(each.schema or {}, each.schemas)) for each in kinds if each.is_valid(item))
    return media.is_valid(item) and (not kinds or any(item.keys() <= each.keys() for each in declared))


def _agreeing(resource: Resource, changed: Item, item: Item) -> Item:
    """A changed item whose members agree with what was changed; those with examples in their schemas stay."""
    generated = {name: value for name, value in item.items() if name not in _exemplified(resource)}
    media = resource.media
    agreed: Item = agreement.valid(changed, generated, media.is_valid)
    of_status = of_its_status(agreed, media.schema or {}, media.schemas)
    return of_status if of_status is agreed or media.is_valid(of_status) else agreed


@lru_cache(64)
def _exemplified(resource: Resource) -> frozenset[str]:
    """The properties with an example or a default in their schemas, or in what these refer to."""
    media = resource.media
    parts = {name: media.member(name) for name in resource.properties()}
    return frozenset(name for name, part in parts.items() if part and media.schemas.gives_examples(part.schema_pointer))


def _with(value: Any, path: Path, new: Any) -> Any:
    """A value with a member of it, or of an object in it, that is or has another one."""
    if path:
        return {**value, path[0]: _with(value.get(path[0]), path[1:], new)}
    return [new, *(each for each in value[1:] if each != new)] if isinstance(value, list) else new


def _has(item: Item, path: Path, value: Any) -> bool:
    found = at(item, path)
    return value in found if isinstance(found, list) else bool(found == value)


class _Documented(NamedTuple):
    """The values that a query parameter of a list documents."""

    name: str
    values: list[Any]
    is_complete: bool
    """Whether there are no others."""


def _documented(resource: Resource) -> Iterator[_Documented]:
    """What the parameters document that choose neither a page nor items by IDs, which have values of their own."""
    listed = resource.operations.get("list")
    of_pages = paging.parameters_of(listed).values() if listed else ()
    for each in listed.parameters if listed else ():
        if each.location != "query" or each.name in of_pages or words(each.name)[-1] in ("id", "ids"):
            continue
        schema = besides_null(each.resolve(each.schema), each.resolve)
        of_item = each.resolve(schema["items"]) if isinstance(schema.get("items"), Mapping) else schema
        enumerated = of_item.get("enum") or []
        given = [example.value for example in each.examples.values()]
        given += [*(schema.get("examples") or ()), *(of_item.get("examples") or ()), schema.get("default")]
        plain = [value for part in enumerated or given for value in (part if isinstance(part, list) else [part])]
        values = list(dict.fromkeys(value for value in plain if isinstance(value, str | int | float) and value != ""))
        if values:
            yield _Documented(each.name, values, bool(enumerated))


def _by_parameters(resource: Resource, items: Sequence[Item]) -> Iterator[tuple[_Documented, Path]]:
    """What is documented for the members of items that have no values of their own, and the way to these members."""
    own = {resource.id_field, *_choices(resource)}
    named = properties_of(items, resource.properties())
    for each in _documented(resource):
        path = property_named(each.name, named)
        if path and path[0] not in own:
            yield each, path


def _wanted(resource: Resource, items: Sequence[Item], apart: Collection[str] = ()) -> list[tuple[Path, Any]]:
    """The values of members of items that the list can be filtered by. `apart`: filters that do not count."""
    names = {plain_name(name) for name in apart}
    found: list[tuple[Path, Any]] = [
        ((name,), value)
        for name, values in _filters(resource).items()
        for value in values
        if plain_name(name) not in names
    ]
    others = (
        (path, value)
        for each, path in _by_parameters(resource, items)
        for value in each.values
        if plain_name(each.name) not in names
    )
    return found + [pair for pair in others if items and resource.media.is_valid(_with(items[0], *pair))]


def _filters(resource: Resource) -> dict[str, list[Any]]:
    """The values by which the list can be filtered."""
    listed: Operation | None = resource.operations.get("list")
    declared = {plain_name(name) for name in declared_names(listed)} if listed else set()
    return {name: values for name, values in _choices(resource).items() if plain_name(name) in declared}


def _choices(resource: Resource) -> dict[str, list[Any]]:
    """The properties with several values that the contract names, and these values."""
    schemas = resource.media.schemas
    found = {name: _values(schema, schemas) for name, schema in resource.properties().items()}
    return {name: values for name, values in found.items() if len(values) > 1 and name != resource.id_field}


def _defaulted(resource: Resource) -> dict[str, list[Any]]:
    """The choices with a default or an example, which generated items have; a truth value only if a filter has it."""
    schemas, properties = resource.media.schemas, resource.properties()
    filters = _filters(resource)
    return {
        name: values
        for name, values in _choices(resource).items()
        if (name in filters or not (isinstance(values[0], bool) or money.is_currency(name)))
        and given(properties[name], schemas.resolve) is not None
    }


def _values(schema: Any, schemas: Schemas) -> list[Any]:
    resolved = schemas.resolve(schema)
    if not isinstance(resolved, dict):
        return []
    if resolved.get("type") == "boolean":
        return [True, False]
    parts = [schemas.resolve(each) for word in ("allOf", "anyOf", "oneOf") for each in resolved.get(word) or ()]
    named: list[Any] = next(
        (each["enum"] for each in (resolved, *parts) if isinstance(each, dict) and "enum" in each), []
    )
    return [value for value in named if value is not None]
