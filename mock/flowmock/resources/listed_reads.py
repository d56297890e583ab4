"""Reads that agree with lists: what a read gives for an ID that a list has is the item there."""

from typing import Any

from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType, Operation
from flowmock.lists.envelopes import json_media
from flowmock.lists.selecting import Item
from flowmock.messages import Call
from flowmock.resources.discovery import find_list
from flowmock.resources.list_items import ListItems, documented_items, list_call
from flowmock.resources.model import Resource
from flowmock.seeds import Seed

_MANY_PARENTS = 50
"""Items of a list of a requested size whose lists below them agree with reads."""


class ListedReads:
    """The reads of one contract whose items lists have."""

    def __init__(self, contract: Contract, items: ListItems, seed: Seed) -> None:
        """`items`: those of the lists of the contract. `seed`: of generated values."""
        self._contract = contract
        self._items = items
        self._seed = seed
        self._found: dict[str, tuple[Resource | None, dict[Any, Item]]] = {}
        """The resource of each read that was requested, and the items of its list by ID; by its operation."""
        self._widened: set[str] = set()
        """The reads whose items below many others are known."""

    def item(self, operation: Operation, call: Call) -> Item | None:
        """What lists have of the ID of a read, or of a change where there is no read: in their examples, or below
        other items. None for nothing.
        """
        return self._find(operation, call)[1]

    def item_above(self, listed: Operation, call: Call, item_id: str) -> Item | None:
        """The item with an ID of the list above the path of a call; None where it has none."""
        resource = self._items.related.listed_by(listed)
        if resource is None:
            return None
        parents = {name: value for name, value in call.path_values.items() if f"{{{name}}}" in listed.path}
        items = self._items.of(resource, list_call(listed, parents))
        return next((item for item in items if resource.id_of(item) == item_id), None)

    def body(self, operation: Operation, call: Call) -> Any:
        """The body of a read whose ID the example of the list has; None where it has none, or says nothing of it.

        Members that only the read has are generated.
        """
        resource, item = self._find(operation, call)
        response = operation.success()
        if resource is None or item is None or response is None or resource.examples_of_read() is None:
            return None
        media = json_media(response) or resource.media
        if "list" not in resource.operations and media.is_valid(item):
            return self._shown(resource, item, call, media)
        made = resource.item_of(self._items.generated.read(operation, response, media, call.path_values))
        body = resource.body_of({**made, **item} if isinstance(made, dict) else item, media, seed=self._seed)
        return body if media.is_valid(body) else None

    def referring(self, operation: Operation, call: Call, body: Any) -> Any:
        """The generated body of a read, which refers to items that lists have, as its item in the list does."""
        resource, _ = self._find(operation, call)
        item = resource.item_of(body) if resource else None
        if resource is None or not isinstance(item, dict):
            return body
        is_listed = {"list", "read"} <= resource.operations.keys()
        varied = self._items.generated.varied(resource, item, resource.id_of(item) if is_listed else None)
        changed = self._items.referring(resource, varied, call.path_values)
        changed = self._shown(resource, changed, call, resource.media)
        return changed if item is body else {**body, resource.item_envelope: changed}

    def _shown(self, resource: Resource, item: Item, call: Call, media: MediaType) -> Item:
        """An item as responses show it, where that is valid."""
        parents = tuple(value for name, value in call.path_values.items() if name != resource.parameter)
        shown: Item = self._items.shown.within(self._items.shown.item(resource, item, parents))
        return shown if shown == item or media.is_valid(shown) else item

    def _find(self, operation: Operation, call: Call) -> tuple[Resource | None, Item | None]:
        """The resource of a read, and its item that lists have."""
        if operation.id not in self._found:
            resource, items = self._listed(operation)
            by_id = {resource.id_of(each): each for each in reversed(items)} if resource else {}
            self._found[operation.id] = resource, by_id
        resource, by_id = self._found[operation.id]
        if resource is None:
            return None, None
        item_id = call.path_values[resource.parameter]
        if "list" not in resource.operations and item_id not in by_id and operation.id not in self._widened:
            self._widened.add(operation.id)  # It may be below an item that only a list of a requested size has.
            more = self._items.listed_below_others(resource, refer=True, count=_MANY_PARENTS) if by_id else []
            by_id |= {resource.id_of(each): each for each in more if resource.id_of(each) not in by_id}
        return resource, by_id.get(item_id)

    def _listed(self, operation: Operation) -> tuple[Resource | None, list[Item]]:
        """The resource of a read, and the items that its list documents, or that lists below others have."""
        if resource := _with_list(self._contract, operation):
            return resource, documented_items(resource)
        resource = next((each for each in self._items.related.all if _shows(each, operation)), None)
        if resource is None or resource.media.examples:
            return resource, []
        return resource, self._items.listed_below_others(resource, refer=True)


def _shows(resource: Resource, operation: Operation) -> bool:
    """Whether an operation returns an item as it is: the read, or a change where there is no read."""
    known = resource.operations
    changes = [known.get(action) for action in ("update", "replace")]
    return operation in ([known["read"]] if "read" in known else changes) and bool(resource.parameter)


def _with_list(contract: Contract, read: Operation) -> Resource | None:
    """The resource of a read, with the operation that lists it; None where there is none."""
    collection = read.path.rstrip("/").rpartition("/")[0]
    for each in contract.operations.values():
        if each.method == "GET" and each.path.rstrip("/") == collection:
            resource = find_list(contract, each)
            return resource if resource and resource.operations.get("read") is read else None
    return None
