"""Items as responses show them: with what they say of the lists below them, and with members that only lists have.

What an item shows of lists depends on their items, and these may refer to it; so it is set at last, in what is served.
"""

from collections.abc import Callable, Sequence
from typing import Any

from flowcontract.openapi.values import agreement, declared, parts, plans
from flowcontract.openapi.values.names import singulars
from flowmock.generation import bodies
from flowmock.generation.new_items import new
from flowmock.resources import validity
from flowmock.resources.flat_copies import of_parts
from flowmock.resources.lists_below import with_list_below
from flowmock.resources.model import Resource
from flowmock.resources.references import Item
from flowmock.resources.related import RelatedResources
from flowmock.seeds import Seed

Below = Callable[[Resource, tuple[str, ...]], Sequence[Item] | None]
"""Gives the items of a list, by the IDs of what it is below; None where they are not known."""
_LEVELS = 2
"""Arrays within one another that have the items of lists: the sessions of the days of an event."""
Find = Callable[[Resource, Any], Item | None]
"""Gives an item of a collection by its ID."""


class ShownItems:
    """What responses show of the items of one contract."""

    def __init__(
        self, related: RelatedResources, below: Below, find: Find, seed: Seed, changed: Below | None = None
    ) -> None:
        """`seed`: of generated values. `changed`: gives the items of a list that clients may have changed."""
        self._related = related
        self._items_below = below
        self._changed_below = changed
        self._find = find
        self._seed = seed

    def item(self, resource: Resource, item: Item, parents: tuple[str, ...] = (), *, levels: int = _LEVELS) -> Item:
        """An item that agrees with the lists below it. `parents`: the IDs of what its collection is below.

        `levels`: of arrays with the items of these lists, within one another.
        """
        view = self._related.views.get(resource.path)
        resource, parents = (view.resource, ()) if view else (resource, parents)
        item_id = resource.id_of(item)
        for below in self._related.lists_below.get(resource.path, ()) if item_id is not None else ():
            above = () if below.owner else (*parents, str(item_id))
            items = self._items_below(below.listed, above) if below.is_about(item) else None
            if items is None:
                continue
            items = below.owner.of(items, str(item_id)) if below.owner else items
            item = with_list_below(item, below, items)
            for array in below.arrays if levels else ():
                if isinstance(item.get(array.name), list):
                    known = array.of(items, self._seed.today)
                    chosen = [self.listed(below.listed, each, above, levels=levels - 1) for each in known]
                    item = self._agreeing(resource, array.with_items(item, chosen))
        changed_below = self._changed_below if item_id is not None else None
        for below in self._related.lists_below_documented.get(resource.path, ()) if changed_below else ():
            items = changed_below(below.listed, (*parents, str(item_id))) if changed_below else None
            changed = item if items is None else with_list_below(item, below, items)
            item = changed if resource.media.is_valid(changed) else item
        return item

    def _agreeing(self, resource: Resource, item: Item) -> Item:
        """An item that agrees with the objects in its list, as far as its schema allows that."""
        changed = plans.next_of_parts(item, self._seed.today) | parts.agreeing(item, ())
        choices = ({**item, **changed}, item)
        return next((each for each in choices if each == item or resource.media.is_valid(each)), item)

    def new(self, resource: Resource, item: Item) -> Item:
        """An item with nothing in the lists below it."""
        view = self._related.views.get(resource.path)
        for below in self._related.lists_below.get((view.resource if view else resource).path, ()):
            item = with_list_below(item, below, ())
            for array in below.arrays:
                item = array.with_items(item, ()) if array.name in item else item
        return item

    def listed(
        self,
        resource: Resource,
        item: Item,
        parents: tuple[str, ...] = (),
        *,
        levels: int = _LEVELS,
        is_new: bool = False,
    ) -> Item:
        """An item as its list has it; parameters as there. `is_new`: whether a client created it."""
        return self.item(resource, self._with_members_of_list(resource, item, is_new), parents, levels=levels)

    def _with_members_of_list(self, resource: Resource, item: Item, is_new: bool) -> Item:
        """An item with those members that only the list has: the `cover_url` of what has a `cover` with a `url`."""
        names = resource.members_of_list_alone() - item.keys()
        media = resource.list_item_media() if names else None
        if media is None:
            return item
        made = bodies.body(media, seed=self._seed, key=f"{resource.path} {resource.id_of(item)} listed")
        if not isinstance(made, dict):
            return item
        made = new(media, made, item.keys()) if is_new else made
        own = {name: made[name] for name in made if name in names}
        own |= {
            name: value for name in names for value in of_parts(name, item) if media.is_valid({**made, name: value})
        }
        booleans = [name for name in own if isinstance(own[name], bool)]
        own |= validity.flags(booleans, item, self._seed.today)
        whole = {**item, **own}
        found: Item = agreement.valid(
            whole, own, lambda each: media.is_valid(declared(each, media.schema, media.schemas))
        )
        return found

    def within(self, value: Any, name: str = "") -> Any:
        """A body whose objects that stand for items of collections agree with the lists below these, too."""
        if not self._related.derived:
            return value
        if isinstance(value, list):
            return [self.within(each, name) if isinstance(each, dict | list) else each for each in value]
        if not isinstance(value, dict):
            return value
        found = {
            each: self.within(part, each) if isinstance(part, dict | list) else part for each, part in value.items()
        }
        return self._embedded(name, found) if name else found

    def _embedded(self, name: str, value: Item) -> Item:
        references = self._related.references
        resource = next(filter(None, map(references.collection, (name, *singulars(name)))), None)
        names = self._related.derived.get(resource.path, frozenset()) & value.keys() if resource else ()
        if resource is None or not names or resource.id_field not in value:
            return value
        item = self._find(resource, value[resource.id_field])
        if item is None:
            return value
        shown = self.listed(resource, item, levels=0)
        return {each: shown.get(each, part) for each, part in value.items() if each not in names or each in shown}
