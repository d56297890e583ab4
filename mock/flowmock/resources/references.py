"""References between collections: members of generated items that are named like the ID of another collection's items
(`venue_id` with `/venues/{id}`) hold the ID of one that exists.
"""

import copy
import zlib
from collections.abc import Callable, Collection, Container, Iterable, Sequence
from functools import partial
from typing import Any

from flowcontract.openapi.model import MediaType
from flowcontract.openapi.values import members, money
from flowcontract.openapi.values.names import snake_case
from flowcontract.openapi.values.nouns import is_person
from flowcontract.openapi.values.plausible import same_ids
from flowmock.resources.collection_names import USER, Below, CollectionNames
from flowmock.resources.flat_copies import of_parts
from flowmock.resources.model import Resource
from flowmock.resources.named_schemas import schema_of

Item = dict[str, Any]

_NAMES = ("full_name", "name", "display_name")
_LABELS = ("name", "full_name", "display_name", "label", "title")
"""Members with the name of an item, the likeliest first; those by which objects that stand for an item name it."""
_NONE = object()
_MAX_KNOWN = 1000
"""Collections whose items are kept; all are forgotten beyond."""
_MAX_REFERRED = 1
"""Items within one another that are referred to: the `author` of the `book` of a loan."""
_MAX_DEPTH = 4
"""Objects, or lists, within one another that are looked at."""
_MAX_PARENTS = 50
"""Items whose lists below them are looked at for items that no other list has."""


class References(CollectionNames):
    """The references to the items of collections of one contract: to those of its own, and to those below an item that
    something refers to, too (`ticket_type_id` beside `event_id`).
    """

    def __init__(
        self, resources: Iterable[Resource], initial: Callable[[Resource, tuple[str, ...]], Sequence[Item]]
    ) -> None:
        """`initial`: gives the items that a collection starts with, by the IDs of what it is below, as they are before
        references are set.
        """
        super().__init__(resources)
        self._initial = initial
        self._known: dict[tuple[str, ...], list[Item]] = {}

    def _with_those_below(self, resource: Resource, item: Item, number: int) -> Item:
        """An item whose references to what is below another item are to what is below the one that it refers to."""
        for below in self._below:
            own = [resource.id_field] if resource.path == below.parent.path else []
            named = [name for name in item if self._by_name.get(snake_case(name)) is below.parent]
            ids = [item[name] for name in (*named, *own) if isinstance(item.get(name), str | int)]
            if below.nouns and not ids:
                objects = (each for name, each in item.items() if self.collection(name) is below.parent)
                ids = [each[below.parent.id_field] for each in objects
                       if isinstance(each, dict) and below.parent.id_field in each]  # fmt: skip
            names = below.names | below.nouns
            if not ids or below.resource.path == resource.path or not _has_member(item, names):
                continue
            known = self._items(below.resource, (str(ids[0]),))
            item = _referring(item, below, known, number) if known else item
        return item

    def _with_owners_of(self, item: Item) -> Item:
        """An item with the IDs that an object in it has as well: the `venue_id` of a ticket is that of its `event`.

        People are not the same because one has something of the other: an author of comments on a post.
        """
        found = dict(item)
        for name, held in item.items():
            resource = self.collection(name) if isinstance(held, dict) else None
            if resource is None or is_person(name):
                continue
            for each, value in held.items():
                owner = self._by_name.get(snake_case(each)) if each in item and each != resource.id_field else None
                if owner and owner is not self._by_noun.get(USER) and type(value) is type(item[each]):
                    found[each] = value
        return found

    def _with_parts_of(self, resource: Resource, item: Item) -> Item:
        """An item with the objects of another one that it refers to: the `address` of a visit is that of its `site`.

        They have the same schema, and are neither items themselves, nor people, nor money.
        """
        found = dict(item)
        for name, held in item.items():
            other = self.collection(name) if isinstance(held, dict) and not is_person(name) else None
            whole = self.item(other, held.get(other.id_field)) if other else None
            for each, value in (whole or {}).items():
                is_object = isinstance(value, dict) and isinstance(item.get(each), dict)
                if not other or not is_object or is_person(each) or self.collection(each):
                    continue
                is_of_money = any(map(money.is_currency, value))
                if not is_of_money and schema_of(resource, each) == schema_of(other, each) != "":
                    found[each] = copy.deepcopy(value)
        return found

    def size(self, resource: Resource) -> int:
        """How many items of a collection are referred to."""
        return len(self._items(resource))

    def ids(self, resource: Resource) -> list[str]:
        """The IDs of the items of a collection that are referred to, as path parameters."""
        return [str(each) for each in self._ids(resource)]

    def set(self, resource: Resource, items: Iterable[Item], first: int = 0) -> list[Item]:
        """The items of a collection, with references to items that exist, as far as the schema of an item allows.

        `first`: the number of the first item; items with other numbers refer to others.
        """
        found = []
        for number, item in enumerate(items, first):
            own = {name: value for name, value in item.items() if name == resource.id_field}
            changed = self._with_those_below(resource, {**item, **self._with(item, number), **own}, number)
            changed = self.paired(resource, self._with_parts_of(resource, self._with_owners_of(changed)), self.item)
            if own:
                names = {name for name, known in self._by_name.items() if known.path == resource.path}
                changed = {name: _owned(each, names, own[resource.id_field]) for name, each in changed.items()}
            changed = self._as_items(changed, resource.media)
            choices = (money.in_currency_of_parts(changed, item), changed)
            found.append(next((each for each in choices if each == item or resource.media.is_valid(each)), item))
        return found

    def _as_items(self, value: Item, media: MediaType | None, depth: int = 0) -> Item:
        """A value whose objects that stand for items have the same optional members as these."""
        found = {}
        for name, each in value.items():
            is_list = isinstance(each, list) and bool(each) and isinstance(each[0], dict)
            if depth >= _MAX_DEPTH or not (is_list or isinstance(each, dict)):
                continue
            part = media.member(name) if media else None
            part = part.items() if part and is_list else part
            made = [self._as_item(name, one, part, depth) for one in (each if is_list else [each])]
            if made != (each if is_list else [each]):
                found[name] = made if is_list else made[0]
        return value | found if found else value

    def _as_item(self, name: str, value: Any, media: MediaType | None, depth: int) -> Any:
        if not isinstance(value, dict):
            return value
        plain = snake_case(name)
        collection = self.collection(plain) or self._by_schema.get(plain)
        own_id = value.get(collection.id_field) if collection else None
        item = self.item(collection, own_id, depth) if collection and own_id is not None else None
        if collection is None or item is None:
            return self._as_items(value, media, depth + 1)
        known = collection.properties()
        own = {each: value[each] for each in value if each in item or each not in known}
        declared = dict(members(media.schema or {}, media.schemas)) if media else {}
        found = {each: own[each] if each in own else item[each] for each in declared if each in own or each in item}
        found |= {each: own[each] for each in own if each not in found}
        is_valid = media is None or media.is_valid(found)
        return found if is_valid and found.keys() != value.keys() else value

    def within(self, body: Any, is_valid: Callable[[Any], bool]) -> Any:
        """A body that is no item, with references to items that exist, where its schema allows them.

        The `student` of `/me` is one of `/students`. `is_valid`: what the schema allows.
        """
        changed = self._with(body, 0)
        return changed if is_valid(changed) else body

    def paired(
        self,
        resource: Resource,
        item: Item,
        find: Callable[[Resource, Any], Item | None],
        sent: Collection[str] = (),
    ) -> Item:
        """An item whose objects have the IDs that stand beside them (`owner`, `owner_id`), as far as its schema allows.

        `find`: gives an item of a collection by its ID. `sent`: the members that a client sent, if one did; the others
        are as they should be.
        """
        changed = frozenset(sent)
        item = self._with_names(resource, item, find, sent)
        for id_name, name, collection in self._pairs(resource):
            if sent and changed.isdisjoint((id_name, name)):
                continue
            item_id, held = item.get(id_name), item.get(name)
            own_id = held.get(collection.id_field) if isinstance(held, dict) else None
            choices: list[Item] = []
            if own_id is not None and id_name not in sent and (item_id is None or name in sent):
                choices = [{id_name: own_id}]
            elif item_id is not None:
                other = find(collection, item_id)
                part = part_of(resource.media.member(name), other or {collection.id_field: item_id})
                before = held if isinstance(held, dict) else {}
                own = {each: before[each] for each in before if each not in collection.properties()}
                choices = [{name: {**own, **part}}] if other else []
                choices += [{name: {**before, **part}}]
            elif id_name in sent:
                choices = [{name: None}]
            valid = (item | each for each in choices if resource.media.is_valid(item | each))
            item = next(valid, item)
        return item

    def _with_names(
        self,
        resource: Resource,
        item: Item,
        find: Callable[[Resource, Any], Item | None],
        sent: Collection[str],
    ) -> Item:
        """An item with the names of those whose IDs stand beside them; parameters as in `paired`."""
        changed = frozenset(sent)
        ids = {name: each for name, each in item.items() if not sent or name in changed}
        found = {name: each for name, each in self._named_beside(ids, item, find).items() if name not in changed}
        return item | found if found and resource.media.is_valid(item | found) else item

    def with_names(self, value: Item, ids: Item) -> Item:
        """A value with these IDs, and with the names of the items that have them, as collections start with them."""
        value = value | ids
        return value | self._named_beside(ids, value, self.item)

    def _named_beside(self, ids: Item, value: Item, find: Callable[[Resource, Any], Item | None]) -> Item:
        """The names in a value that stand beside IDs of items: `venue_name` beside `venue_id`."""
        found = {}
        plain_names = {snake_case(name): name for name in value}
        for name, item_id in ids.items():
            plain = snake_case(name)
            beside = plain_names.get(plain.removesuffix("_id") + "_name") if plain.endswith("_id") else None
            resource = self.named(plain) if beside and isinstance(value[beside], str) else None
            other = find(resource, item_id) if resource else None
            if beside and other:
                found[beside] = member_of(other, "name", value[beside])
        return found

    def item(self, resource: Resource, item_id: Any, depth: int = 0) -> Item | None:
        """An item that a collection starts with, with the references that it has itself.

        `depth`: of the object that is the item. What is referred to within several others is as it was made.
        """
        found = next((item for item in self._items(resource) if item[resource.id_field] == item_id), None)
        if found is None or depth >= _MAX_REFERRED:
            return found
        own_id = {resource.id_field: found[resource.id_field]}
        related: Item = self._with(found, number_of(resource, found), depth + 1) | own_id
        return related if resource.media.is_valid(related) else found

    def _with(self, value: Any, number: int, depth: int = 0) -> Any:
        """A value with its references set. `number`: the number of the item; others refer to others."""
        if isinstance(value, list):
            return [self._with(each, number + at, depth) for at, each in enumerate(value)]
        if not isinstance(value, dict):
            return value
        found = {name: self._member(name, each, number, depth) for name, each in value.items()}
        return found | self._beside(found, depth)

    def _beside(self, value: Item, depth: int) -> Item:
        """The objects of a value that have the IDs that stand beside them, with the other members of these items."""
        found = {}
        plain_names = {name: snake_case(name) for name in value}
        ids = {plain.removesuffix("_id"): value[name] for name, plain in plain_names.items() if plain.endswith("_id")}
        for name, each in (value | same_ids(value)).items():
            plain = plain_names[name]
            resource = self.collection(plain) if isinstance(each, dict) and plain in ids else None
            if resource:
                item = self.item(resource, ids[plain], depth) or {}
                found[name] = like(each, item)
        return found | self._named_beside(value, value, partial(self.item, depth=_MAX_REFERRED))

    def _member(self, name: str, value: Any, number: int, depth: int) -> Any:
        plain = snake_case(name)
        if isinstance(value, dict) and (collection := self.collection(plain)):
            return self._embedded(collection, value, number, depth)
        if isinstance(value, list) and value and isinstance(value[0], dict) and plain in self._by_schema:
            collection = self._by_schema[plain]
            several = [self._embedded(collection, each, number + at, depth) for at, each in enumerate(value)]
            return [each for at, each in enumerate(several) if each not in several[:at]]
        if isinstance(value, list) and value and plain.endswith("s") and not isinstance(value[0], dict | list):
            resource = self.named(plain.removesuffix("s"))
            ids = self._ids(resource) if resource else []
            if not ids or all(each in ids for each in value) or type(value[0]) is not type(ids[0]):
                return value
            start = number % len(ids)
            return (ids[start:] + ids[:start])[: len(value)]
        resource = self.named(plain)
        if resource is None or not isinstance(value, str | int) or isinstance(value, bool):
            return self._with(value, number, depth)
        ids = self._ids(resource)
        return value if not ids or value in ids or type(value) is not type(ids[0]) else ids[number % len(ids)]

    def _embedded(self, resource: Resource, value: Item, number: int, depth: int) -> Any:
        """An item of another collection that stands for its ID, or a part of it."""
        items = self._items(resource) if value.keys() & resource.properties().keys() >= {resource.id_field} else []
        if not items:
            return self._with(value, number, depth)
        known = {item[resource.id_field] for item in items}
        own_id = value[resource.id_field]
        item_id = own_id if own_id in known else items[number % len(items)][resource.id_field]
        other = self.item(resource, item_id, depth) or {}
        is_of_a_kind = bool(resource.media.alternatives())  # Its members are those of its own kind.
        return copy.deepcopy(other) if is_of_a_kind else like(value, other)

    def _ids(self, resource: Resource) -> list[Any]:
        return [item[resource.id_field] for item in self._items(resource)]

    def _items(self, resource: Resource, parents: tuple[str, ...] = ()) -> list[Item]:
        key = (resource.path, *parents)
        if key not in self._known:
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            above = None if parents else self.above(resource)
            if above:
                ids = self.ids(above)[:_MAX_PARENTS]
                by_id = {resource.id_of(item): item for each in ids for item in self._items(resource, (each,))}
                made: Iterable[Item] = by_id.values()
            else:
                made = self._initial(resource, parents)
            self._known[key] = [item for item in made if resource.id_of(item) is not None]
        return self._known[key]


def number_of(resource: Resource, item: Item) -> int:
    """A number for what an item refers to, from its ID."""
    return zlib.crc32((resource.id_of(item) or "").encode())


def like(value: Item, other: Item) -> Item:
    """An object that stands for an item, with the values that the item has of its members."""
    return {name: member_of(other, name, each) for name, each in value.items()}


def member_of(item: Item, name: str, default: Any) -> Any:
    """What an item has of the member of an object that stands for it.

    A name is that of the item, whatever it is called there: `full_name`, or `first_name` and `last_name`. An object in
    the item may have it, too.
    """
    if name in item:
        return item[name]
    if snake_case(name) not in _LABELS:
        copies = of_parts(name, item)
        return copies[0] if copies and (default is _NONE or isinstance(copies[0], type(default))) else default
    plain = {snake_case(key): each for key, each in item.items() if isinstance(each, str) and each}
    in_parts = [plain[part] for part in ("first_name", "last_name") if part in plain]
    joined = " ".join(in_parts) if len(in_parts) == 2 else None
    return next(filter(None, [*map(plain.get, _NAMES), joined, *map(plain.get, _LABELS)]), default)


def _has_member(value: Any, names: Container[str]) -> bool:
    """Whether a value, or an object within it, has a member of these names."""
    if isinstance(value, list):
        return any(_has_member(each, names) for each in value)
    if not isinstance(value, dict):
        return False
    return any(snake_case(name) in names or _has_member(each, names) for name, each in value.items())


def _referring(value: Any, below: Below, items: Sequence[Item], number: int) -> Any:
    """A value that refers to one of some items of a collection, and objects in a list to one after the other."""
    if isinstance(value, list):
        return [_referring(each, below, items, number + at) for at, each in enumerate(value)]
    if not isinstance(value, dict):
        return value
    id_field = below.resource.id_field
    chosen, ids = items[number % len(items)], [each[id_field] for each in items]
    found = {}
    for name, each in value.items():
        plain = snake_case(name)
        if plain in below.names:
            found[name] = chosen[id_field] if type(each) is type(chosen[id_field]) and each not in ids else each
        elif plain in below.nouns and isinstance(each, dict) and id_field in each:
            found[name] = each if each[id_field] in ids else like(each, chosen)
        else:
            found[name] = _referring(each, below, items, number)
    return found


def _owned(value: Any, names: Container[str], own_id: Any) -> Any:
    """A member of an item, with the ID of the item where objects in it have it. `names`: those of the ID there."""
    if isinstance(value, list):
        return [_owned(each, names, own_id) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: own_id if snake_case(name) in names and isinstance(each, str | int) else _owned(each, names, own_id)
        for name, each in value.items()
    }


def part_of(media: MediaType | None, other: Item) -> Item:
    """An item as far as an object that stands for it has its members. `media`: that of the object."""
    declared = dict(members(media.schema or {}, media.schemas)) if media else {}
    found = {each: member_of(other, each, _NONE) for each in declared}
    return {each: value for each, value in found.items() if value is not _NONE}
