"""The items of lists before filters, order and pages: a list has the items that the read of the same resource gives.

The items are the examples of the list, else those of the read, else values that the read generates for some IDs. So
every ID of a list can be read, and filters, order and pages agree with the count. Items that cannot be read one by one
are those of the list's example, else generated.
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowcontract.openapi.path_templates import parameter_names
from flowmock.generation import relations
from flowmock.lists.defaults import by_default, default_filters
from flowmock.lists.envelopes import json_media
from flowmock.lists.selecting import Item
from flowmock.messages import Call
from flowmock.resources import own_values, variety
from flowmock.resources.generated_items import GeneratedItems, sized
from flowmock.resources.model import Resource
from flowmock.resources.references import number_of
from flowmock.resources.related import RelatedResources
from flowmock.resources.shown_items import ShownItems
from flowmock.resources.views import View, as_member, flags_of
from flowmock.seeds import Seed

_GENERATED = 3
"""Items of a list for which there are no examples."""
_MAX_KEPT = 1000
"""Lists that are kept; all are forgotten beyond."""
_MAX_KEPT_SIZED = 8
"""The same for lists of a requested size, which may be long. Clients request one page after the other."""
_ATTEMPTS = 20
"""IDs that are tried in addition to find as many that the read accepts."""
_ATTEMPTS_FOR_DEFAULTS = 40
"""Further IDs that are tried so that a request without a query finds some items, though its filters have defaults."""
_ATTEMPTS_FOR_VIEWS = 100
"""Further IDs that are tried so that lists below the items of another collection have some of them, too."""
_MAX_PARENTS = 8
"""Items of a collection that have such lists with items in each."""


@dataclass(frozen=True, slots=True)
class _Listing:
    """A list whose items are looked for."""

    resource: Resource
    call: Call
    count: int
    """How many items it has where they are generated."""
    refer: bool = True
    """Whether generated items refer to others."""

    @property
    def operation(self) -> Operation:
        """What lists them."""
        return self.resource.operations["list"]

    @property
    def path_values(self) -> Mapping[str, str]:
        """The path parameters of the list."""
        return self.call.path_values

    @property
    def is_sized(self) -> bool:
        """Whether the request says how many items there are."""
        return self.call.list_size is not None


class _KeptLists:
    """Lists by their requests, those of a requested size apart; all are forgotten where there are too many."""

    def __init__(self) -> None:
        self._lists: dict[tuple[object, ...], list[Item]] = {}
        self._sized: dict[tuple[object, ...], list[Item]] = {}

    def of(self, listed: Operation, call: Call, make: Callable[[], list[Item]]) -> list[Item]:
        """The list that a call asks for, which is made where it is not kept."""
        lists, most = (self._lists, _MAX_KEPT) if call.list_size is None else (self._sized, _MAX_KEPT_SIZED)
        key = call.list_size, listed.id, *call.path_values.values()
        if key not in lists:
            made = make()
            if len(lists) >= most:
                lists.clear()
            lists[key] = made
        return lists[key]


class ListItems:
    """The items of the lists of one contract."""

    def __init__(self, contract: Contract, seed: Seed) -> None:
        """`seed`: of generated values."""
        self.related = RelatedResources(contract, self.unrelated)
        self.generated = GeneratedItems(contract, seed)
        self.shown = ShownItems(self.related, self.of_list, self._find, seed)
        self._seed = seed
        self._kept = _KeptLists()
        """Items of each list that was requested."""
        self._shown = _KeptLists()
        """The same items as responses show them."""
        self._sharing: set[str] = set()
        """The resources whose shares are being looked for."""

    def of(self, resource: Resource, call: Call) -> list[Item]:
        """The items of the list that a call asks for."""

        def make() -> list[Item]:
            size = call.list_size
            if size is None:
                return self._items(_Listing(resource, call, _usual_count(resource)))
            items = self._items(_Listing(resource, call, size))
            return sized(items, size, resource, self._seed, below=tuple(call.path_values.values()))

        return self._kept.of(resource.operations["list"], call, make)

    def as_shown(self, resource: Resource, call: Call) -> list[Item]:
        """The items of the list that a call asks for, as a response shows them."""
        items, below = self.of(resource, call), tuple(call.path_values.values())
        if resource.is_documented:
            return items
        levels = 2 if call.list_size is None else 1  # Long lists take long enough.
        return self._shown.of(
            resource.operations["list"],
            call,
            lambda: [self.shown.listed(resource, item, below, levels=levels) for item in items],
        )

    def of_list(self, listed: Resource, parents: tuple[str, ...], size: int | None = None) -> list[Item] | None:
        """The items of a list, by its path parameters; None where nothing is known of them. `size`: as for a call."""
        operation = listed.operations["list"]
        values = dict(zip(parameter_names(operation.path), parents, strict=False))
        return self.of(listed, list_call(operation, values, size)) or None

    def _find(self, resource: Resource, item_id: Any) -> Item | None:
        return self.related.references.item(resource, item_id)

    def unrelated(self, resource: Resource, parents: tuple[str, ...]) -> list[Item]:
        """The items of a list before they refer to others. `parents`: the path parameters of the list."""
        listed = resource.operations.get("list")
        if listed is None:
            return [] if parents else self.listed_below_others(resource, refer=False)
        values = dict(zip(parameter_names(resource.path), parents, strict=False))
        return self._items(_Listing(resource, list_call(listed, values), _usual_count(resource), refer=False))

    def listed_below_others(self, resource: Resource, *, refer: bool, count: int = 0) -> list[Item]:
        """The items of a collection without a list of its own: those of the lists below other items that show it.

        `count`: how many of the other items are looked at; else those that lists have. `refer`: whether generated items
        refer to others.
        """
        found: list[Item] = []
        for view in self.related.views.values():
            if view.resource.path == resource.path and "list" not in resource.operations:
                for parent_id in self._parent_ids(view, count):
                    found += self.below(view, parent_id, refer=refer)
        return found

    def _parent_ids(self, view: View, count: int) -> list[str]:
        """The IDs of the items that a view is below; `count` as in `listed_below_others`."""
        listed = view.parent.operations.get("list") if count else None
        if listed is None:
            return self.related.references.ids(view.parent)
        items = self._items(_Listing(view.parent, list_call(listed), count, refer=False))
        return [each for item in items if (each := view.parent.id_of(item)) is not None]

    def below(self, view: View, parent_id: str, *, refer: bool = True) -> list[Item]:
        """The items that a list below an item begins with, complete."""
        listed = view.listed.operations.get("list")
        if listed is None:
            return []
        call = list_call(listed, {parameter_names(listed.path)[-1]: parent_id})
        items = self._items(_Listing(view.listed, call, _usual_count(view.listed), refer=refer))
        return [self.generated.whole(view.resource, item) for item in items]

    def referring(self, resource: Resource, item: Item, path_values: Mapping[str, str]) -> Item:
        """A generated item with references to items that lists have. `path_values`: of the path that it is read at."""
        (changed,) = self.related.references.set(resource, [item], number_of(resource, item))
        if changed is item:
            return item
        return relations.owned(changed, resource.path, path_values, resource.media.is_valid)

    def _items(self, listing: _Listing) -> list[Item]:
        """The documented items, else generated ones: as many as are wanted where they can be read one by one."""
        resource = listing.resource
        if documented := documented_items(resource):
            return documented
        if shown := self._viewed(listing) or self._members(listing):
            return shown
        items = self._read_items(listing) if resource.parameter else []
        if items or (resource.list_media and resource.list_media.examples):
            return items
        return self._items_without_reads(listing)

    def _viewed(self, listing: _Listing) -> list[Item]:
        """The items of another collection that a list below an item shows; none where that has none of them."""
        view = self.related.views.get(listing.resource.path)
        listed = view.resource.operations.get("list") if view else None
        if view is None or listed is None:
            return []
        parent_id = list(listing.path_values.values())[-1]
        return [item for item in self.of(view.resource, list_call(listed)) if view.shows(item, parent_id)]

    def _members(self, listing: _Listing) -> list[Item]:
        """Those items of another collection that a membership begins with; there are others, to become members."""
        resource = listing.resource
        other = self.related.memberships.get(resource.path)
        listed = other.operations.get("list") if other else None
        if other is None or listed is None:
            return []
        size = listing.count if listing.is_sized else _usual_count(other)
        items = self._items(_Listing(other, list_call(listed), size, refer=listing.refer))
        start = zlib.crc32(" ".join(listing.path_values.values()).encode()) % max(1, len(items))
        flags = flags_of(resource, resource.properties())
        flagged = [item for item in items if any(item.get(name) is True for name in flags)]
        others = (items[start:] + items[:start])[: max(1, len(items) - 1)]
        chosen = items[: listing.count] if listing.is_sized else flagged or others
        members = [as_member(resource, item) for item in chosen]
        return members if all(map(resource.media.is_valid, members)) else []

    def _read_items(self, listing: _Listing) -> list[Item]:
        """What the read gives: its examples, else a value for each of some generated IDs."""
        resource = listing.resource
        read = resource.operations.get("read")
        if read is None:
            return []
        examples = resource.media.examples
        by_example = read.example_path_values()
        if by_example:
            above = listing.path_values.items()
            return [
                examples[name].value
                for name, values in by_example.items()
                if name in examples and all(values.get(parent) == text for parent, text in above)
            ]
        if examples:
            return [
                each.value for each in examples.values() if isinstance(each.value, dict) and resource.id_of(each.value)
            ]
        return self._chosen(listing, self._generated_by_read(listing, read))

    def _generated_by_read(self, listing: _Listing, read: Operation) -> list[Item]:
        """What the read generates for IDs, until enough items show every value that lists are filtered by."""
        resource, response = listing.resource, read.success()
        items: dict[str, Item] = {}
        attempts = _ATTEMPTS + 2 * listing.count + (_ATTEMPTS_FOR_VIEWS if self._shares(resource, ()) else 0)
        more = _ATTEMPTS_FOR_DEFAULTS if default_filters(listing.operation) else 0
        for number, item_id in enumerate(self.generated.ids(resource, attempts + more if response else 0)):
            values = {**listing.path_values, resource.parameter: item_id}
            assert response
            media = json_media(response) or resource.media
            item = resource.item_of(self.generated.read(read, response, media, values))
            if isinstance(item, dict) and resource.id_of(item) == item_id:
                item = self.generated.varied(resource, item, item_id)
                items[item_id] = self.referring(resource, item, listing.path_values) if listing.refer else item
            if len(items) >= listing.count and self._are_shown(listing, list(items.values())):
                break
            if number >= attempts + more // 2 and len(self._by_default(listing, list(items.values()))) >= _GENERATED:
                break
        return list(items.values())

    def _chosen(self, listing: _Listing, items: list[Item]) -> list[Item]:
        """As many of the items as are wanted, which show the values of filters, and what lists below others need."""
        resource, count = listing.resource, listing.count
        chosen = [variety.covering(resource, items, count)]
        if apart := default_filters(listing.operation):
            chosen.append(variety.covering(resource, self._by_default(listing, items), count, apart))
        chosen += [
            variety.covering(listed, part, variety.count(listed, 1)) for listed, part in self._shares(resource, items)
        ]
        ids = {resource.id_of(item) for part in chosen for item in part}
        return [item for item in items if resource.id_of(item) in ids]

    def _are_shown(self, listing: _Listing, items: list[Item]) -> bool:
        """Whether items show every value that the list can be filtered by, and the lists below other items do, too."""
        resource = listing.resource
        if apart := default_filters(listing.operation):
            visible = self._by_default(listing, items)
            if len(visible) < _GENERATED or not variety.is_shown(resource, visible, apart):
                return False
        shares = self._shares(resource, items) if variety.is_shown(resource, items) else [(resource, [])]
        return all(part and variety.is_shown(listed, part) for listed, part in shares)

    def _by_default(self, listing: _Listing, items: list[Item]) -> list[Item]:
        """The items that the list has for a request without a query."""
        return by_default(listing.operation, items, listing.resource.properties(), self._seed.today)

    def _shares(self, resource: Resource, items: Sequence[Item]) -> list[tuple[Resource, list[Item]]]:
        """Each list below an item that shows some of these items, with those that it shows."""
        if resource.path in self._sharing:
            return []  # Each is below the other.
        self._sharing.add(resource.path)
        try:
            views = [each for each in self.related.views.values() if each.resource.path == resource.path]
            sizes = [(each.listed, self.related.references.size(each.parent)) for each in views]
        finally:
            self._sharing.remove(resource.path)
        return [
            (listed, [item for item in items if number_of(resource, item) % size == at])
            for listed, size in sizes
            if size <= _MAX_PARENTS
            for at in range(size)
        ]

    def _items_without_reads(self, listing: _Listing) -> list[Item]:
        """Generated items that cannot be read one by one."""
        resource, path_values = listing.resource, listing.path_values
        items = self.generated.listed(resource, listing.operation, path_values)
        if resource.list_media and items and not listing.is_sized:
            size = listing.count if listing.count > _GENERATED else len(items)
            below = tuple(path_values.values())
            items = variety.spread(resource, sized(items, size, resource, self._seed, below=below))
        items = [own_values.numbered(resource, item, number) for number, item in enumerate(items)]
        items = [self.generated.adopted(resource, item, number) for number, item in enumerate(items)]
        items = [relations.owned(item, resource.path, path_values, resource.media.is_valid) for item in items]
        return [self.referring(resource, item, path_values) for item in items] if listing.refer else items


def _usual_count(resource: Resource) -> int:
    """How many items a list has where no request says so."""
    return variety.count(resource, _GENERATED)


def list_call(listed: Operation, path_values: Mapping[str, str] | None = None, size: int | None = None) -> Call:
    """The plain request for a list. `size`: of a requested size."""
    values = path_values or {}
    return Call("GET", listed.path, listed.path, (), (), operation=listed, path_values=values, list_size=size)


def documented_items(resource: Resource) -> list[Item]:
    """The items of the first example of the list."""
    examples = list(resource.list_media.examples.values()) if resource.list_media else []
    return resource.items_of(examples[0].value) if examples else []
