"""Collections below items (`/carts/{id}/lines`): what they start with, and the arrays of an item that show them.

- Below an item that a client created, a collection starts empty.
- Below any other item it starts with what the item's array of the same name holds (`lines`), else as every collection.
- An item shows the collection in this array, where the schemas fit.
- Nothing exists below an item that does not exist.
"""

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowcontract.openapi.path_templates import nameless, parameter_names
from flowcontract.openapi.values import members, money
from flowcontract.text import plain_name
from flowmock.messages import Call
from flowmock.resources.generated_items import sized
from flowmock.resources.lists_below import is_count_of
from flowmock.resources.model import Resource
from flowmock.seeds import Seed
from flowmock.stateful.items import lean, owned, valid, with_id
from flowmock.stateful.rejections import ChangeRejectedError, not_found
from flowmock.stateful.store import Items, Name, Store, StoredItems

_MAX_COUNTED = 200
"""Items that a collection starts with because an example says how many there are."""


class _Child(NamedTuple):
    """A collection right below an item."""

    resource: Resource
    member: str
    """The array of the item that shows it; empty for none."""
    reduced: frozenset[str]
    """The members that items have in that array."""


class NestedCollections:
    """The collections of one contract."""

    def __init__(
        self,
        contract: Contract,
        store: Store,
        resources: Iterable[Resource],
        initial: Callable[[Resource, tuple[str, ...]], Items],
        seed: Seed,
    ) -> None:
        """`initial`: makes the items of a collection of its own."""
        self._base_path = contract.base_path
        self._store = store
        self._initial = initial
        self._seed = seed
        by_path = {nameless(each.path): each for each in resources}
        self._items = {path: each for path, each in by_path.items() if each.parameter}
        self._above = {path: self._on_the_way(path) for path in by_path}
        self._children: dict[str, list[_Child]] = {}
        self._below: dict[str, set[str]] = {}
        for path, ancestors in self._above.items():
            for ancestor in ancestors:
                self._below.setdefault(ancestor.path, set()).add(self._base_path + by_path[path].path)
            if ancestors:
                self._children.setdefault(ancestors[-1].path, []).append(_child(ancestors[-1], by_path[path]))

    def _on_the_way(self, path: str) -> list[Resource]:
        """The resources whose items a path lies below, the outermost first."""
        return [self._items[each] for each in _paths_above(path) if each in self._items]

    def check_parents(self, operation: Operation, call: Call) -> None:
        """Raises ChangeRejectedError where the path of a call lies below an item that does not exist."""
        values = values_of(operation, call)
        for resource in self._on_the_way(nameless(self._base_path + operation.path.rstrip("/"))):
            depth = _depth(resource)
            if self.at(resource, call.session, values[: depth - 1]).find(values[depth - 1]) is None:
                raise not_found(resource.path)

    def at(self, resource: Resource, session: str, parents: tuple[str, ...]) -> StoredItems:
        """A collection, by the IDs of the items that it is below."""
        name = Name(session, self._base_path + resource.path, parents)
        return self._store.items(name, lambda: self._first_items(resource, session, parents))

    def known(self, resource: Resource, session: str, parents: tuple[str, ...]) -> Items | None:
        """The items of a collection; None where nobody has asked for it, and it starts as every collection."""
        above = self._above[nameless(resource.path)]
        is_special = Name(session, self._base_path + resource.path, parents) in self._store
        if above and not is_special:
            depth = _depth(above[-1])
            is_created = parents[depth - 1] in self.at(above[-1], session, parents[: depth - 1]).created
            is_special = is_created or any(
                each.member for each in self._children[above[-1].path] if each[0] is resource
            )
        return self.at(resource, session, parents).listed if is_special else None

    def stored(self, resource: Resource, session: str, parents: tuple[str, ...]) -> Items | None:
        """The items of a collection that was requested or changed; None for any other."""
        name = Name(session, self._base_path + resource.path, parents)
        return self.at(resource, session, parents).listed if name in self._store else None

    def shows(self, parent: Resource, resource: Resource) -> bool:
        """Whether an array of an item shows a collection below it."""
        return any(each.member and each.resource is resource for each in self._children.get(parent.path, ()))

    def _first_items(self, resource: Resource, session: str, parents: tuple[str, ...]) -> StoredItems:
        above = self._above[nameless(resource.path)]
        if above:
            parent, depth = above[-1], _depth(above[-1])
            known = self.at(parent, session, parents[: depth - 1])
            item_id = parents[depth - 1]
            is_created = item_id in known.created
            item = known.find(item_id)
            held = self._held(parent, resource, item, parents) if item is not None else None
            if held is None and item is not None and self._is_left_out(parent, resource, item):
                held = {}
            if held is not None or is_created:
                return StoredItems(held or {}, set(held or ()) if is_created else set())
            if item is not None and parent.is_documented and not resource.is_documented:
                items = self._counted(item, resource, parents)
                return StoredItems({item_id: owned(resource, each, parents) for item_id, each in items.items()})
        items = self._initial(resource, parents)
        return StoredItems({item_id: owned(resource, item, parents) for item_id, item in items.items()})

    def _is_left_out(self, parent: Resource, resource: Resource, item: Mapping[str, Any]) -> bool:
        """Whether a generated item leaves out the array that alone shows a collection, which is empty then."""
        child = next(each for each in self._children[parent.path] if each.resource is resource)
        can_be_listed = parent.is_documented or "list" in resource.operations
        return bool(child.member) and child.member not in item and not can_be_listed

    def _counted(self, parent: Mapping[str, Any], resource: Resource, parents: tuple[str, ...]) -> Items:
        """The items that a collection starts with, as many as an example of the item above says that there are."""
        items = self._initial(resource, parents)
        counts = (each for name, each in parent.items() if type(each) is int and is_count_of(name, resource.name))
        nothing = any(not money.amount_of(each) for name, each in parent.items()
                      if money.is_sum_of(name, resource.name) and money.amount_of(each) is not None)  # fmt: skip
        count = next(counts, 0 if nothing else len(items))
        if count <= len(items):
            return dict(list(items.items())[:count])
        found = sized(list(items.values()), min(count, _MAX_COUNTED), resource, self._seed, below=parents)
        return {item_id: each for each in found if (item_id := resource.id_of(each)) is not None} or items

    def _held(
        self, parent: Resource, resource: Resource, item: Mapping[str, Any], parents: tuple[str, ...]
    ) -> Items | None:
        """The items that an array of their parent holds; None where it has none, or they would not fit."""
        child = next(each for each in self._children[parent.path] if each.resource is resource)
        listed = item.get(child.member) if child.member else None
        if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
            return None
        found: Items = {}
        try:
            for number, each in enumerate(listed):
                made = lean(resource, f"held {number}", parents, self._seed)
                item_id, whole = with_id(resource, made | each, found, self._seed)
                if item_id in found:
                    item_id, whole = with_id(resource, whole | {resource.id_field: None}, found, self._seed)
                found[item_id] = valid(resource.media, whole, self._seed)
        except ChangeRejectedError:
            return None
        return found if self._with(parent, item, child, list(found.values())) is not None else None

    def shown(self, resource: Resource, session: str, parents: tuple[str, ...], item: dict[str, Any]) -> dict[str, Any]:
        """An item with the collections below it in the arrays that show them."""
        item_id = resource.id_of(item)
        for child in self._children.get(resource.path, ()) if item_id is not None else ():
            below = (*parents, str(item_id))
            if child.member and _depth(child.resource) == len(below) + 1:
                items = self.at(child.resource, session, below).items.values()
                listed = [self.shown(child.resource, session, below, each) for each in items]
                item = self._with(resource, item, child, listed) or item
                names = resource.properties() if listed else item  # What is there has a number.
                counts = [name for name in names if is_count_of(name, child.member)]
                counted = {name: len(listed) for name in counts if type(item.get(name, 0)) is int}
                item = item | counted if resource.media.is_valid(item | counted) else item
        return item

    def _with(
        self, parent: Resource, item: Mapping[str, Any], child: _Child, listed: list[dict[str, Any]]
    ) -> dict[str, Any] | None:
        """An item with these items in an array, or with less of them; None where its schema does not allow it."""
        reduced = [{name: value for name, value in each.items() if name in child.reduced} for each in listed]
        choices = ({**item, child.member: choice} for choice in (listed, reduced))
        return next((copy.deepcopy(choice) for choice in choices if parent.media.is_valid(choice)), None)

    def forget_below(
        self, resource: Resource, session: str, parents: tuple[str, ...], item_id: str, changed: Iterable[str] = ()
    ) -> None:
        """Forget what is below an item. `changed`: only what these members of it show."""
        paths = self._below.get(resource.path, set())
        if changed:
            shown = [each.resource.path for each in self._children.get(resource.path, ()) if each.member in changed]
            paths = {path for path in paths if any(_is_at_or_below(path, self._base_path + each) for each in shown)}
        self._store.drop(session, paths, (*parents, item_id))

    def move_below(self, resource: Resource, session: str, parents: tuple[str, ...], old: str, new: str) -> None:
        """Keep what is below an item that gets another ID."""
        self._store.rename(session, self._below.get(resource.path, set()), (*parents, old), new)


def values_of(operation: Operation, call: Call) -> tuple[str, ...]:
    """The path parameters of a call in the order of the path."""
    return tuple(call.path_values[name] for name in parameter_names(operation.path))


def parents_of(resource: Resource, operation: Operation, call: Call) -> tuple[str, ...]:
    """The path parameters before the ID of an item."""
    return values_of(operation, call)[: _depth(resource) - 1]


def _depth(resource: Resource) -> int:
    """How many parameters the path of an item has."""
    return resource.path.count("{")


def prefixes(operation: Operation) -> list[str]:
    """The plain paths of the items that an operation is below, the outermost first."""
    return _paths_above(nameless(operation.base_path + operation.path.rstrip("/")))


def _paths_above(path: str) -> list[str]:
    """The paths above a path that end with a parameter, the shortest first."""
    segments = path.split("/")
    starts = ("/".join(segments[:length]) for length in range(1, len(segments)))
    return [start for start in starts if start.endswith("{}")]


def _is_at_or_below(path: str, other: str) -> bool:
    return path == other or nameless(path).startswith(nameless(other) + "/")


def _child(parent: Resource, resource: Resource) -> _Child:
    """A collection below an item, and the array of the same name in the item whose items share members with it."""
    for name, schema in parent.properties().items() if nameless(resource.above) == nameless(parent.path) else ():
        schemas = parent.media.schemas
        listed = frozenset(each for each, _ in members(schemas.resolve(schema).get("items") or {}, schemas))
        if plain_name(name) == plain_name(resource.name) and listed & resource.properties().keys():
            return _Child(resource, name, listed)
    return _Child(resource, "", frozenset())
