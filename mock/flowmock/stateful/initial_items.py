"""What collections start with: the contract's examples, else a few generated items that refer to others."""

import copy
from collections.abc import Iterator
from typing import Any

from flowcontract.openapi.contract import Contract
from flowmock.generation import bodies
from flowmock.resources import variety
from flowmock.resources.list_items import ListItems, list_call
from flowmock.resources.model import Resource
from flowmock.resources.references import Item, number_of
from flowmock.resources.related import RelatedResources
from flowmock.resources.views import View
from flowmock.seeds import Seed
from flowmock.stateful.items import with_id
from flowmock.stateful.store import Items

_GENERATED = 3
"""Generated items of a new collection if the contract has no examples."""
_MOST_REQUESTED = 100
"""Items of a longer list in which an ID is looked for."""


class InitialItems:
    """The items that the collections of one contract start with."""

    def __init__(self, contract: Contract, seed: Seed) -> None:
        """`seed`: of generated values."""
        self._lists = ListItems(contract, seed)
        self._seed = seed
        self.related = RelatedResources(contract, lambda resource, parents: self._unrelated(resource, parents)[0])
        """The resources whose items these are."""

    def of(self, resource: Resource, parents: tuple[str, ...]) -> Items:
        """The items of a collection. `parents`: the path parameters before the IDs of its items."""
        unrelated, are_generated = self._unrelated(resource, parents)
        items: Items = {}
        for each in unrelated:
            number = number_of(resource, each)
            item = self.related.references.set(resource, [each], number)[0] if are_generated else each
            item_id, whole = with_id(resource, copy.deepcopy(item), items, self._seed)
            known = items.get(item_id, {})
            merged = {**whole, **known}  # The example of a list may have members that the one of the read lacks.
            items[item_id] = merged if not known or resource.media.is_valid(merged) else known
        return items

    def below(self, view: View, parent_id: str) -> Items:
        """The items that a list below an item begins with."""
        return {view.resource.id_of(each) or "": each for each in self._lists.below(view, parent_id)}

    def of_list(self, listed: Resource, parents: tuple[str, ...], size: int | None = None) -> list[Item] | None:
        """The items of a list, as without memory; None where nothing is known of them."""
        return self._lists.of_list(listed, parents, size)

    def has(self, resource: Resource, item_id: str) -> bool:
        """Whether a list has an item, where clients may have requested a longer one."""
        listed = resource.operations.get("list")
        call = list_call(listed, size=_MOST_REQUESTED) if listed and "{" not in listed.path else None
        return call is not None and any(resource.id_of(item) == item_id for item in self._lists.of(resource, call))

    def _unrelated(self, resource: Resource, parents: tuple[str, ...]) -> tuple[list[Item], bool]:
        """The documented items of a collection, else generated ones before they refer to others; whether they are."""
        known = [item for item in self._examples(resource) if isinstance(item, dict) and resource.id_of(item)]
        if known:
            return known, False
        if listed := self._lists.unrelated(resource, parents):
            return listed, True  # The same as without memory.
        below = "".join(f" {each}" for each in parents)
        made = [
            bodies.body(resource.media, seed=self._seed, key=f"{resource.path}{below} {number}", examples=number == 0)
            for number in range(variety.count(resource, _GENERATED))
        ]
        return variety.spread(resource, [item for item in made if isinstance(item, dict)]), True

    def _examples(self, resource: Resource) -> Iterator[Any]:
        """The examples of an item: its own, those in lists of it, and those in lists below the items of others."""
        yield from (example.value for example in resource.media.examples.values())
        yield from resource.examples_of_read() or ()
        views = [view.listed for view in self.related.views.values() if view.resource is resource]
        for each in (resource, *views):
            if each.list_media:
                for example in each.list_media.examples.values():
                    yield from each.items_of(example.value)
