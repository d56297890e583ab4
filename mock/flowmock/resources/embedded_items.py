"""Items within other bodies: the objects of a response that are items of collections are as their reads give them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from flowcontract.openapi.model import Operation
from flowcontract.openapi.values.names import singulars, words
from flowmock.resources.model import Resource
from flowmock.resources.references import Item, References, like

Read = Callable[[Operation, str, str], Any]
"""Gives the body of a read of an item, by the name of its last parameter and the ID; None for none."""


@dataclass(frozen=True, slots=True)
class EmbeddedItems:
    """The items within the response to what a client sent."""

    references: References
    read: Read
    sent: Collection[str]
    """The IDs that the client sent."""

    def within(self, value: Any, *, whole: bool = False) -> Any:
        """A value with the objects in it that are items of collections as they are there.

        `whole`: with all members that they have. IDs beside an object that the item has as well are those that it has,
        but for those that were sent.
        """
        if isinstance(value, list):
            return [self.within(each, whole=whole) for each in value]
        if not isinstance(value, dict):
            return value
        found: Item = {}
        ids: Item = {}
        for name, each in value.items():
            if isinstance(each, list):
                found[name] = [self._in_list(name, part, whole=whole) for part in each]
                continue
            found[name] = self.within(each, whole=whole)
            item = self._item(name, each)
            if item is not None:
                found[name] = item if whole else like(each, item)
                ids |= {key: item[key] for key in item if key in value and words(key)[-1] == "id"}
        ids = {key: each for key, each in ids.items() if key != "id" and str(value[key]) not in self.sent}
        return self.references.with_names(found, ids) if ids else found

    def _in_list(self, name: str, value: Any, *, whole: bool) -> Any:
        """An object in a list of this name, as `within`."""
        items = (self._item(each, value) for each in (name, *singulars(name)))
        item = next(filter(None, items), None)
        if item is None:
            return self.within(value, whole=whole)
        return item if whole else like(value, item)

    def _item(self, name: str, value: Any) -> Item | None:
        """The item that an object with this name is; None where it is none, or nothing is known of it."""
        resource = self.references.collection(name)
        item_id = resource.id_of(value) if resource and isinstance(value, dict) else None
        if resource is None or item_id is None:
            return None
        read = resource.operations.get("read")
        item = resource.item_of(self.read(read, resource.parameter, item_id)) if read else self._listed(resource, value)
        return item if isinstance(item, dict) else None

    def _listed(self, resource: Resource, value: Item) -> Item | None:
        """The item of a collection without a read, if the client sent its ID."""
        is_sent = resource.id_of(value) in self.sent
        return self.references.item(resource, value[resource.id_field]) if is_sent else None
