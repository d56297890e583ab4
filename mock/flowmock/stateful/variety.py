"""Enumerated values of generated items: each value should stand in one of them, so that filters find something."""

from collections.abc import Sequence
from typing import Any

from flowcontract.openapi.model import Operation
from flowcontract.openapi.schemas import Schemas
from flowcontract.openapi.values import agreement
from flowcontract.text import plain_name
from flowmock.lists.selecting import Item, declared_names
from flowmock.stateful.resources import Resource

_MAX_ITEMS = 8
"""Generated items of a list that can be filtered by an enumeration with more values than a list has items."""


def count(resource: Resource, least: int) -> int:
    """How many items show every value that the list can be filtered by, at least `least`."""
    sizes = [len(values) for values in _filters(resource).values()]
    return max(least, min(_MAX_ITEMS, max(sizes, default=0)))


def spread(resource: Resource, items: Sequence[Item]) -> list[Item]:
    """The items with the values of each enumeration in turn, from that of the first item on, where they are valid."""
    found = list(items)
    for name, values in _choices(resource).items():
        start = values.index(found[0][name]) if found and found[0].get(name) in values else 0
        for number, item in enumerate(found[1:], 1):
            changed = item | {name: values[(start + number) % len(values)]}
            if resource.media.is_valid(changed):
                found[number] = agreement.valid(changed, item, resource.media.is_valid)
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


def is_shown(resource: Resource, items: Sequence[Item]) -> bool:
    """Whether these items show every value that the list can be filtered by."""
    return all(any(item.get(name) == value for item in items) for name, value in _wanted(resource))


def covering(resource: Resource, items: Sequence[Item], size: int) -> list[Item]:
    """So many of the items, those that show as many of these values as possible, in their order."""
    left, chosen = _wanted(resource), [0] if items else []
    while left and len(chosen) < min(size, len(items)):
        left = [(name, value) for name, value in left if items[chosen[-1]].get(name) != value]
        others = [number for number in range(len(items)) if number not in chosen]
        chosen.append(max(others, key=lambda number: sum(items[number].get(name) == value for name, value in left)))
    others = [number for number in range(len(items)) if number not in set(chosen)]
    return [items[number] for number in sorted((chosen + others)[:size])]


def _wanted(resource: Resource) -> list[tuple[str, Any]]:
    return [(name, value) for name, values in _filters(resource).items() for value in values]


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
