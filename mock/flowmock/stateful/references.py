"""References between collections: members of generated items that are named like the ID of another collection's items
(`venue_id` with `/venues/{id}`) hold the ID of one that exists.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any

from flowcontract.openapi.values.plausible import same_ids, singulars, words
from flowmock.generation.relations import names_of_id
from flowmock.stateful.resources import Resource

Item = dict[str, Any]


class References:
    """The references between the collections of one contract that are not below an item."""

    def __init__(
        self, resources: Iterable[Resource], initial: Callable[[Resource], Sequence[Item]], *, embed: bool = True
    ) -> None:
        """`initial`: gives the items that a collection starts with, as they are before references are set.

        `embed`: whether an object with the ID of another item has the other members of that item, too.
        """
        self._initial = initial
        self._embeds = embed
        self._by_name: dict[str, Resource] = {}
        self._by_noun: dict[str, Resource] = {}
        for resource in resources:
            if resource.parameter and resource.id_field and resource.path.count("{") == 1:
                collection = resource.path.rpartition("/")[0].rpartition("/")[2]
                for noun in singulars(collection):
                    self._by_noun.setdefault("_".join(words(noun)), resource)
                for name in names_of_id(collection, (resource.parameter, resource.id_field, "id")):
                    self._by_name.setdefault(name, resource)
        self._known: dict[str, list[Item]] = {}

    def collection(self, name: str) -> Resource | None:
        """The collection that an object with this name is an item of: `/venues/{id}` for `venue`."""
        return self._by_noun.get("_".join(words(name)))

    def set(self, resource: Resource, items: Iterable[Item], first: int = 0) -> list[Item]:
        """The items of a collection, with references to items that exist, as far as the schema of an item allows.

        `first`: the number of the first item; items with other numbers refer to others.
        """
        found = []
        for number, item in enumerate(items, first):
            own = {name: value for name, value in item.items() if name == resource.id_field}
            changed = {**item, **self._with(item, number), **own}
            if own:
                names = {name for name, known in self._by_name.items() if known.path == resource.path}
                changed = {name: _owned(each, names, own[resource.id_field]) for name, each in changed.items()}
            found.append(changed if changed == item or resource.media.is_valid(changed) else item)
        return found

    def _with(self, value: Any, number: int) -> Any:
        """A value with its references set. `number`: the number of the item; others refer to others."""
        if isinstance(value, list):
            return [self._with(each, number + at) for at, each in enumerate(value)]
        if not isinstance(value, dict):
            return value
        found = {name: self._member(name, each, number) for name, each in value.items()}
        return found | self._beside(found)

    def _beside(self, value: Item) -> Item:
        """The objects of a value that have the IDs that stand beside them, with the other members of these items."""
        found = {}
        plain_names = {name: "_".join(words(name)) for name in value}
        ids = {plain.removesuffix("_id"): value[name] for name, plain in plain_names.items() if plain.endswith("_id")}
        for name, each in (value | same_ids(value)).items():
            plain = plain_names[name]
            resource = self._by_noun.get(plain) if isinstance(each, dict) and plain in ids else None
            if resource:
                item = next((item for item in self._items(resource) if item[resource.id_field] == ids[plain]), {})
                found[name] = {key: item.get(key, old) for key, old in each.items()}
        return found

    def _member(self, name: str, value: Any, number: int) -> Any:
        plain = "_".join(words(name))
        if isinstance(value, dict) and plain in self._by_noun and self._embeds:
            return self._embedded(self._by_noun[plain], value, number)
        if isinstance(value, list) and value and plain.endswith("s") and not isinstance(value[0], dict | list):
            resource = self._named(plain.removesuffix("s"))
            ids = self._ids(resource) if resource else []
            if not ids or all(each in ids for each in value):
                return value
            start = number % len(ids)
            return (ids[start:] + ids[:start])[: len(value)]
        resource = self._named(plain)
        if resource is None or not isinstance(value, str | int) or isinstance(value, bool):
            return self._with(value, number)
        ids = self._ids(resource)
        return value if not ids or value in ids else ids[number % len(ids)]

    def _named(self, plain: str) -> Resource | None:
        """The collection whose IDs have this name, or one that ends so: `related_venue_id`."""
        parts = plain.split("_")
        endings = ("_".join(parts[start:]) for start in range(len(parts) - 1))
        return next((self._by_name[ending] for ending in endings if ending in self._by_name), None)

    def _embedded(self, resource: Resource, value: Mapping[str, Any], number: int) -> Any:
        """An item of another collection that stands for its ID, or a part of it."""
        items = self._items(resource)
        if not items or resource.id_field not in value or value[resource.id_field] in self._ids(resource):
            return value
        other = items[number % len(items)]
        return {name: other.get(name, each) for name, each in value.items()}

    def _ids(self, resource: Resource) -> list[Any]:
        return [item[resource.id_field] for item in self._items(resource)]

    def _items(self, resource: Resource) -> list[Item]:
        if resource.path not in self._known:
            made = self._initial(resource)
            self._known[resource.path] = [item for item in made if resource.id_of(item) is not None]
        return self._known[resource.path]


def _owned(value: Any, names: Container[str], own_id: Any) -> Any:
    """A member of an item, with the ID of the item where objects in it have it. `names`: those of the ID there."""
    if isinstance(value, list):
        return [_owned(each, names, own_id) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: own_id if "_".join(words(name)) in names and isinstance(each, str | int) else _owned(each, names, own_id)
        for name, each in value.items()
    }
