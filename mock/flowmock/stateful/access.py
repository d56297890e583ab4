"""Access of an operation to a collection: which one it is, by the path and the session of a call, and its items."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType, Operation
from flowmock.generation.new_items import changed_now
from flowmock.messages import Call
from flowmock.resources.model import Resource
from flowmock.resources.natural_keys import Key
from flowmock.resources.references import Item
from flowmock.resources.shown_items import ShownItems
from flowmock.resources.views import View
from flowmock.seeds import Seed
from flowmock.stateful import replies
from flowmock.stateful.initial_items import InitialItems
from flowmock.stateful.nested import NestedCollections, parents_of, prefixes, values_of
from flowmock.stateful.rejections import not_found
from flowmock.stateful.store import Items, Store, StoredItems

_MAX_PARENTS = 50
"""Items whose lists below them are looked at for an item that something refers to."""


@dataclass(frozen=True, slots=True)
class Access:
    """A call of an operation on a collection."""

    resource: Resource
    operation: Operation
    call: Call
    parents: tuple[str, ...]
    """The path parameters before the ID of an item."""
    stored: StoredItems
    view: View | None = None
    """Where the collection shows some of the items of another one."""

    @property
    def items(self) -> Items:
        """The items by ID."""
        return self.stored.items

    @property
    def own_items(self) -> Items:
        """The items that the collection shows."""
        return {item_id: item for item_id, item in self.stored.listed.items() if self.has(item)}

    def has(self, item: Mapping[str, Any]) -> bool:
        """Whether the collection shows an item."""
        return self.view is None or self.view.shows(item, self.parents[-1])

    @property
    def main(self) -> tuple[Resource, tuple[str, ...]]:
        """The resource that the items are of, and the path parameters before their IDs."""
        return (self.view.resource, ()) if self.view else (self.resource, self.parents)

    @property
    def id_in_path(self) -> str:
        """The ID of the item that the path is of, or below."""
        return values_of(self.operation, self.call)[len(self.parents)]

    @property
    def taken(self) -> tuple[str, ...]:
        """The IDs that no new item gets."""
        return (*self.items, *self.stored.deleted)


class Collections:
    """The collections of one contract."""

    def __init__(self, contract: Contract, store: Store, seed: Seed) -> None:
        """`seed`: of generated values."""
        self._initial = InitialItems(contract, seed)
        self.seed = seed
        self.related = self._initial.related
        """The resources of the contract."""
        self.nested = NestedCollections(contract, store, self.related.all, self._initial.of, seed)

    def access(self, resource: Resource, operation: Operation, call: Call) -> Access:
        """The access of a call to the collection of a resource."""
        parents = parents_of(resource, operation, call)
        view = self.related.views.get(resource.path)
        of_items, above = (view.resource, ()) if view else (resource, parents)
        stored = self.nested.at(of_items, call.session, above)
        if view and "list" not in of_items.operations:
            self._show_below_offered(view, call, parents[-1], stored)
        return Access(resource, operation, call, parents, stored, view)

    def _show_below_offered(self, view: View, call: Call, parent_id: str, stored: StoredItems) -> None:
        """Add what is below an item that only a list of a requested size had."""
        name = f"{view.listed.path} {parent_id}"
        if name not in stored.shown_below and parent_id in self.stored(view.parent, call).offered:
            stored.shown_below.add(name)
            found = self._initial.below(view, parent_id)
            stored.items.update({key: each for key, each in found.items() if key not in stored.deleted})

    def stored(self, resource: Resource, call: Call) -> StoredItems:
        """The items of a collection that is below no other one, for the session of a call."""
        return self.nested.at(resource, call.session, ())

    def find(self, resource: Resource, item_id: Any, call: Call) -> Item | None:
        """An item that something refers to; None for an unknown ID."""
        found = (stored.find(str(item_id)) for stored in self._with_items_of(resource, call.session))
        return next(filter(None, found), None)

    def has_deleted(self, resource: Resource, item_id: Any, call: Call) -> bool:
        """Whether a client deleted an item."""
        return any(str(item_id) in stored.deleted for stored in self._with_items_of(resource, call.session))

    def _with_items_of(self, resource: Resource, session: str) -> list[StoredItems]:
        """The collection of a resource; where only lists below others show its items, all of them."""
        above = self.related.references.above(resource)
        if above is None:
            return [self.nested.at(resource, session, ())]
        parents = [item_id for each in self._with_items_of(above, session) for item_id in (*each.items, *each.offered)]
        return [self.nested.at(resource, session, (each,)) for each in parents[:_MAX_PARENTS]]

    def check_parents(self, operation: Operation, call: Call) -> None:
        """Raises ChangeRejectedError where the path of a call lies below an item that does not exist."""
        self.nested.check_parents(operation, call)
        values = values_of(operation, call)
        for path in prefixes(operation) if "404" in operation.responses else ():
            resource = self.related.references.at(path) if path.count("{") == 1 else None
            is_known = resource is None or self.find(resource, values[0], call) is not None
            if resource and not is_known and not self._initial.has(resource, values[0]):
                raise not_found(resource.path)

    def shown(self, at: Access, item: Item) -> Item:
        """An item with the collections below it in the arrays that show them, and with what it says of them."""
        resource, parents = at.main
        whole = self.nested.shown(resource, at.call.session, parents, replies.shown(resource, at.stored, item))
        return self._shown(at.call.session).item(resource, whole, parents)

    def listed(self, at: Access, item: Item) -> Item:
        """An item as `shown`, with the members that only lists have."""
        is_new = at.resource.id_of(item) in at.stored.created
        return self._shown(at.call.session).listed(at.resource, self.shown(at, item), at.parents, is_new=is_new)

    def keyed(self, key: Key, call: Call) -> Item | None:
        """The item that has a natural key, as lists have it; None where there is none."""
        parts = self._with_items_of(key.resource, call.session)
        known = (item for stored in parts for item in (*stored.items.values(), *stored.offered.values()))
        item = next(filter(key.is_of, known), None)
        return None if item is None else self._shown(call.session).listed(key.resource, item)

    def within(self, body: Any, media: MediaType, call: Call) -> Any:
        """A body whose objects that stand for items of collections are as these are shown, if that is valid."""
        shown = self._shown(call.session).within(body)
        return shown if shown == body or media.is_valid(shown) else body

    def _shown(self, session: str) -> ShownItems:
        def below(listed: Resource, parents: tuple[str, ...]) -> list[Item] | None:
            return self._below(listed, session, parents)

        def find(resource: Resource, item_id: Any) -> Item | None:
            found = (stored.find(str(item_id)) for stored in self._with_items_of(resource, session))
            return next(filter(None, found), None)

        def changed(listed: Resource, parents: tuple[str, ...]) -> list[Item] | None:
            known = self.nested.stored(listed, session, parents)
            return None if known is None else list(known.values())

        return ShownItems(self.related, below, find, self.seed, changed)

    def _below(self, listed: Resource, session: str, parents: tuple[str, ...]) -> list[Item] | None:
        """The items of a list below an item; None where nothing is known of them.

        A collection that was not requested is not stored: a list would make one below each of its items.
        """
        if view := self.related.views.get(listed.path):
            parent, stored = (self.nested.at(each, session, ()) for each in (view.parent, view.resource))
            is_offered = "list" not in view.resource.operations and parents[-1] in parent.offered
            if is_offered and f"{listed.path} {parents[-1]}" not in stored.shown_below:
                return list(self._initial.below(view, parents[-1]).values())
            return [item for item in stored.listed.values() if view.shows(item, parents[-1])]
        known = self.nested.known(listed, session, parents)
        return self._initial.of_list(listed, parents) if known is None else list(known.values())

    def initial_list(self, listed: Resource, parents: tuple[str, ...], size: int | None = None) -> list[Item] | None:
        """The items that a list begins with, as without memory; None where nothing is known of them.

        `size`: of a list of a requested size.
        """
        return self._initial.of_list(listed, parents, size)

    def touch_above(self, at: Access) -> None:
        """Have the item above a collection be changed, if it says something of what is in the collection."""
        for parent in self.related.all if at.parents else ():
            lists = (
                *self.related.lists_below.get(parent.path, ()),
                *self.related.lists_below_documented.get(parent.path, ()),
            )
            if any(each.listed.path == at.resource.path for each in lists) or self.nested.shows(parent, at.resource):
                stored = self.nested.at(parent, at.call.session, at.parents[:-1])
                stored.join(at.parents[-1])
                if at.parents[-1] in stored.items:
                    stored.items[at.parents[-1]] = changed_now(parent.media, stored.items[at.parents[-1]], ())

    def forget(self, at: Access, item_id: str) -> None:
        """Remove an item and all that is below it."""
        at.stored.delete(item_id)
        resource, parents = at.main
        self.nested.forget_below(resource, at.call.session, parents, item_id)

    def paired(self, at: Access, item: Item, sent: Collection[str]) -> Item:
        """An item whose objects are those items, as they are stored, whose IDs the client sent."""

        def find(resource: Resource, item_id: Any) -> Item | None:
            return self.find(resource, item_id, at.call)

        return self.related.references.paired(at.resource, item, find, sent)
