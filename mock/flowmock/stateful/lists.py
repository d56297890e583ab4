"""Lists that agree with reads: a list has the items that the read of the same resource gives.

The items are the examples of the list, else those of the read, else values that the read generates for some IDs. So
every ID of a list can be read, and filters, order and pages agree with the count. Items that cannot be read one by one
are those of the list's example, else generated.
"""

import re
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import DocumentedResponse, MediaType, Operation
from flowcontract.openapi.values import declared, members
from flowcontract.openapi.values.plausible import words
from flowmock.examples.headers import header_text
from flowmock.examples.responses import SIZED, Responses, encode, main_media, usual
from flowmock.generation import bodies, relations, samples
from flowmock.lists import paging
from flowmock.lists.days import of_day
from flowmock.lists.envelopes import json_media, part
from flowmock.lists.selecting import (
    Item,
    declared_query,
    filtered,
    needing_all,
    ordered,
    with_default_order,
    without_required_search,
)
from flowmock.messages import Call, Reply
from flowmock.profiles.filters import Filters
from flowmock.stateful import variety
from flowmock.stateful.references import References, like, number_of
from flowmock.stateful.resources import Resource, find_list, find_resources, lists_alone
from flowmock.stateful.views import View, as_member, find_memberships, find_views, flags_of
from flowmock.validation.violations import Violation

_GENERATED = 3
"""Items of a list for which there are no examples."""
_MAX_KEPT = 1000
"""Lists that are kept; all are forgotten beyond."""
_MAX_NAMED = 100
"""Items of a list that have names of their own."""
_ATTEMPTS = 20
"""IDs that are tried in addition to find as many that the read accepts."""

_ATTEMPTS_FOR_VIEWS = 100
"""Further IDs that are tried so that lists below the items of another collection have some of them, too."""
_MANY_PARENTS = 50
"""Items of a list of a requested size whose lists below them agree with reads."""
_MAX_PARENTS = 8
"""Items that have such lists with items in each."""


class Lists:
    """The lists of one contract."""

    def __init__(self, contract: Contract, responses: Responses) -> None:
        self._contract = contract
        self._responses = responses
        self._resources: dict[str, Resource | None] = {}
        self._of_reads: dict[str, tuple[Resource | None, dict[Any, Item]]] = {}
        """The resource of each read that was requested, and the items of its list by ID; by its operation."""
        self._kept: dict[tuple[str, ...], tuple[list[Item], Any]] = {}
        """Items and envelope of each list that was requested, by its operation and path parameters."""
        self._named_apart: dict[str, frozenset[str]] = {}
        """The IDs of the items of each list whose names are not the examples of their schemas, by its resource."""
        self._widened: set[str] = set()
        """The reads whose items below many others are known."""
        self._sharing: set[str] = set()
        """The resources whose shares are being looked for."""

    @cached_property
    def _known_resources(self) -> list[Resource]:
        known = find_resources(self._contract)
        return [*dict.fromkeys(resource for resource, _ in known.values()), *lists_alone(self._contract, known)]

    @cached_property
    def _references(self) -> References:
        return References(self._known_resources, self.unrelated)

    @cached_property
    def _views(self) -> dict[str, View]:
        return find_views(self._known_resources, self._references)

    @cached_property
    def _memberships(self) -> dict[str, Resource]:
        return find_memberships(self._known_resources)

    def reply(self, operation: Operation, call: Call) -> Reply | None:
        """The reply to a permitted, valid request for a list; None where no list of a resource can be made."""
        resource = self._of_list(operation)
        status, response = usual(operation)
        if resource is None or response is None or main_media(response, call.header("accept")) != resource.list_media:
            return None
        assert resource.list_media
        items, template = self._list(resource, operation, call)
        if not items and call.list_size is None:
            return None
        page = select(resource, operation, call, items, self._responses)
        if isinstance(page, Reply):
            return page
        if call.list_size is None and resource.list_media.examples and page.items == items and page.total == len(items):
            return None  # The documented example says more than we could.
        body = _body(resource, page, template)
        if body is None:
            return None
        body = of_path(body, operation, call, resource.list_media)
        rule = f"list: {len(page.items)} of {page.total} items"
        found = self._responses.body(status, response, resource.list_media, body, rule, call)
        return replace(with_page_headers(found, response, page), details=details_of(call))

    def listed(self, operation: Operation, call: Call) -> Any:
        """The body of a read whose ID the example of the list has; None where it has none, or says nothing of it.

        Members that only the read has are generated.
        """
        resource, item = self._item(operation, call)
        response = operation.success()
        if resource is None or item is None or response is None:
            return None
        media = json_media(response) or resource.media
        if "list" not in resource.operations and media.is_valid(item):
            return item
        made = resource.item_of(self._made(operation, response, media, call.path_values))
        body = resource.body_of({**made, **item} if isinstance(made, dict) else item, media, seed=self._responses.seed)
        return body if media.is_valid(body) else None

    def referring(self, operation: Operation, call: Call, body: Any) -> Any:
        """The generated body of a read, which refers to items that lists have, as its item in the list does."""
        resource, _ = self._item(operation, call)
        item = resource.item_of(body) if resource else None
        if resource is None or not isinstance(item, dict):
            return body
        item_id = resource.id_of(item)
        is_listed = {"list", "read"} <= resource.operations.keys()
        named = self._named(resource, item, item_id) if is_listed and item_id is not None else item
        changed = self._referring(resource, variety.adopted(resource, named), call)
        return changed if item is body else {**body, resource.item_envelope: changed}

    def _named(self, resource: Resource, item: Item, item_id: str) -> Item:
        """An item with names of its own where it is one of a list, and not the first: not all are the example."""
        if not variety.have_examples_of_names(resource):
            return item
        if resource.path not in self._named_apart:
            first, *others = (*self._ids(resource, _MAX_NAMED), "")
            self._named_apart[resource.path] = frozenset(others) - {first, ""}
        if item_id not in self._named_apart[resource.path]:
            return item
        key = f"{resource.path} {item_id} name"
        made = bodies.body(resource.media, seed=self._responses.seed, key=key, examples=False)
        return variety.named(resource, item, made) if isinstance(made, dict) else item

    def _ids(self, resource: Resource, attempts: int) -> Iterator[str]:
        """Generated IDs of the items of a list, always the same ones in the same order."""
        read = resource.operations["read"]
        found: set[str] = set()
        for number in range(attempts):
            key = f"{resource.path} {number}"
            made = bodies.body(resource.media, seed=self._responses.seed, key=key)
            item_id = resource.id_of(made) if isinstance(made, dict) else None
            if item_id in found:  # It is the example of the schema.
                made = bodies.body(resource.media, seed=self._responses.seed, key=key, examples=False)
                item_id = resource.id_of(made) if isinstance(made, dict) else None
            if item_id is None or not resource.accepts(item_id):
                seed = self._responses.seed
                item_id = samples.path_value(self._contract, read, resource.parameter, seed=seed, key=key)
            if item_id is not None:
                found.add(item_id)
                yield item_id

    def with_references(self, media: MediaType, body: Any) -> Any:
        """A generated body of no collection with references to items that lists have, where its schema allows it."""
        changed = self._references.within(body)
        return changed if media.is_valid(changed) else body

    def _referring(self, resource: Resource, item: Item, call: Call) -> Item:
        (changed,) = self._references.set(resource, [item], number_of(resource, item))
        if changed is item:
            return item
        return relations.owned(changed, resource.path, call.path_values, resource.media.is_valid)

    def unrelated(self, resource: Resource, parents: tuple[str, ...]) -> list[Item]:
        """The items of a list before they refer to others. `parents`: the path parameters of the list."""
        listed = resource.operations.get("list")
        if listed is None:
            return [] if parents else self._listed_below_others(resource, refer=False)
        values = dict(zip(re.findall(r"\{([^{}]*)\}", resource.path), parents, strict=False))
        call = Call("GET", listed.path, listed.path, (), (), operation=listed, path_values=values)
        return self._items(resource, listed, call, variety.count(resource, _GENERATED), refer=False)

    def _listed_below_others(self, resource: Resource, *, refer: bool, count: int = 0) -> list[Item]:
        """The items of a collection without a list of its own: those of the lists below other items that show it.

        `count`: how many of the other items are looked at; else those that lists have.
        """
        found: list[Item] = []
        for view in self._views.values():
            if view.resource.path == resource.path and "list" not in resource.operations:
                parents = self._references.ids(view.parent)
                listed = view.parent.operations.get("list") if count else None
                if listed:
                    asked = Call("GET", listed.path, listed.path, (), (), operation=listed)
                    items = self._items(view.parent, listed, asked, count, refer=False)
                    parents = [each for item in items if (each := view.parent.id_of(item)) is not None]
                for parent_id in parents:
                    found += self.below(view, parent_id, refer=refer)
        return found

    def below(self, view: View, parent_id: str, *, refer: bool = True) -> list[Item]:
        """The items that a list below an item begins with, complete."""
        listed = view.listed.operations.get("list")
        if listed is None:
            return []
        values = {re.findall(r"\{([^{}]*)\}", listed.path)[-1]: parent_id}
        call = Call("GET", listed.path, listed.path, (), (), operation=listed, path_values=values)
        items = self._items(view.listed, listed, call, variety.count(view.listed, _GENERATED), refer=refer)
        return [self._whole(view.resource, item) for item in items]

    def _whole(self, resource: Resource, item: Item) -> Item:
        """An item of a list that may have less members than the read."""
        if resource.media.is_valid(item):
            return item
        made = bodies.body(resource.media, seed=self._responses.seed, key=f"{resource.path} {resource.id_of(item)}")
        whole = {**made, **item} if isinstance(made, dict) else item
        return whole if resource.media.is_valid(whole) else item

    def with_items(
        self, value: Any, read: Callable[[Operation, str, str], Any], sent: Collection[str], *, whole: bool = False
    ) -> Any:
        """A value with the objects in it that are items of collections as `read` gives them, where it gives any.

        `read` gets the read of an item, the name of its last parameter and the ID. `whole`: with all members that it
        gives. IDs beside an object that the item has as well are those that it has, but for those that were `sent`.
        """
        if isinstance(value, list):
            return [self.with_items(each, read, sent, whole=whole) for each in value]
        if not isinstance(value, dict):
            return value
        found: Item = {}
        ids: Item = {}
        for name, each in value.items():
            found[name] = self.with_items(each, read, sent, whole=whole)
            resource = self._references.collection(name)
            if resource is None or not isinstance(each, dict):
                continue
            operation, item_id = resource.operations.get("read"), resource.id_of(each)
            if item_id is not None:
                found_alone = (
                    None
                    if operation or item_id not in sent
                    else self._references.item(resource, each[resource.id_field])
                )
                item = resource.item_of(read(operation, resource.parameter, item_id)) if operation else found_alone
                if isinstance(item, dict):
                    found[name] = item if whole else like(each, item)
                    ids |= {key: item[key] for key in item if key in value and words(key)[-1] == "id"}
        ids = {key: each for key, each in ids.items() if key != "id" and str(value[key]) not in sent}
        return self._references.with_names(found, ids) if ids else found

    def below_others(self, operation: Operation, call: Call) -> Item | None:
        """The item without a read that an operation changes, as the list below another item has it; None for none."""
        return self._item(operation, call)[1]

    def item(self, listed: Operation, call: Call, item_id: str) -> Item | None:
        """The item with an ID of the list above the path of a call; None where it has none."""
        resource = self._of_list(listed)
        if resource is None:
            return None
        parents = {name: value for name, value in call.path_values.items() if f"{{{name}}}" in listed.path}
        asked = Call("GET", listed.path, listed.path, (), (), operation=listed, path_values=parents)
        items, _ = self._list(resource, listed, asked)
        return next((item for item in items if resource.id_of(item) == item_id), None)

    def _of_list(self, operation: Operation) -> Resource | None:
        """The resource that an operation lists; None where it lists none."""
        if operation.id not in self._resources:
            self._resources[operation.id] = find_list(self._contract, operation)
        return self._resources[operation.id]

    def has(self, operation: Operation, call: Call) -> bool:
        """Whether the example of the list has the ID of a read."""
        return self._item(operation, call)[1] is not None

    def _item(self, operation: Operation, call: Call) -> tuple[Resource | None, Item | None]:
        if operation.id not in self._of_reads:
            resource = _list_beside(self._contract, operation)
            documented = documented_items(resource) if resource else []
            if resource is None:
                resource = next((each for each in self._known_resources if _shows(each, operation)), None)
                if resource and not resource.media.examples:
                    documented = self._listed_below_others(resource, refer=True)
            items = [(resource.id_of(each), each) for each in documented] if resource else []
            self._of_reads[operation.id] = resource, dict(reversed(items))
        resource, by_id = self._of_reads[operation.id]
        if resource is None:
            return None, None
        item_id = call.path_values[resource.parameter]
        if "list" not in resource.operations and item_id not in by_id and operation.id not in self._widened:
            self._widened.add(operation.id)  # It may be below an item that only a list of a requested size has.
            more = self._listed_below_others(resource, refer=True, count=_MANY_PARENTS) if by_id else []
            by_id |= {resource.id_of(each): each for each in more if resource.id_of(each) not in by_id}
        return resource, by_id.get(item_id)

    def _list(self, resource: Resource, operation: Operation, call: Call) -> tuple[list[Item], Any]:
        """The items of a list and its body as far as it is not its items."""
        if call.list_size is not None:
            seed = self._responses.seed
            items = self._items(resource, operation, call, call.list_size)
            items = sized(items, call.list_size, resource, seed, below=tuple(call.path_values.values()))
            return items, envelope(resource, seed)
        key = (operation.id, *call.path_values.values())
        if key not in self._kept:
            if len(self._kept) >= _MAX_KEPT:
                self._kept.clear()
            items = self._items(resource, operation, call, variety.count(resource, _GENERATED))
            self._kept[key] = items, envelope(resource, self._responses.seed) if items else None
        return self._kept[key]

    def _items(
        self, resource: Resource, operation: Operation, call: Call, count: int, *, refer: bool = True
    ) -> list[Item]:
        """The documented items, else generated ones: `count` of them where they can be read one by one.

        `refer`: whether generated items refer to others.
        """
        if documented := documented_items(resource):
            return documented
        if shown := self._viewed(resource, call) or self._members(resource, call, count, refer):
            return shown
        items = self._read_items(resource, call, count, refer) if resource.parameter else []
        if items or (resource.list_media and resource.list_media.examples):
            return items
        items = self._generated_items(resource, operation, call)
        if resource.list_media and items and call.list_size is None:
            size = count if count > _GENERATED else len(items)
            below = tuple(call.path_values.values())
            items = variety.spread(resource, sized(items, size, resource, self._responses.seed, below=below))
        items = [variety.adopted(resource, item, number) for number, item in enumerate(items)]
        items = [relations.owned(item, resource.path, call.path_values, resource.media.is_valid) for item in items]
        return [self._referring(resource, item, call) for item in items] if refer else items

    def _viewed(self, resource: Resource, call: Call) -> list[Item]:
        """The items of another collection that a list below an item shows; none where that has none of them."""
        view = self._views.get(resource.path)
        listed = view.resource.operations.get("list") if view else None
        if view is None or listed is None:
            return []
        parent_id = list(call.path_values.values())[-1]
        items, _ = self._list(view.resource, listed, Call("GET", listed.path, listed.path, (), (), operation=listed))
        return [item for item in items if view.shows(item, parent_id)]

    def _members(self, resource: Resource, call: Call, count: int, refer: bool) -> list[Item]:
        """Those items of another collection that a membership begins with; there are others, to become members."""
        other = self._memberships.get(resource.path)
        listed = other.operations.get("list") if other else None
        if other is None or listed is None:
            return []
        size = variety.count(other, _GENERATED) if call.list_size is None else count
        asked = Call("GET", listed.path, listed.path, (), (), operation=listed)
        items = self._items(other, listed, asked, size, refer=refer)
        start = zlib.crc32(" ".join(call.path_values.values()).encode()) % max(1, len(items))
        flags = flags_of(resource, resource.properties())
        flagged = [item for item in items if any(item.get(name) is True for name in flags)]
        others = (items[start:] + items[:start])[: max(1, len(items) - 1)]
        chosen = items[:count] if call.list_size is not None else flagged or others
        members_ = [as_member(resource, item) for item in chosen]
        return members_ if all(map(resource.media.is_valid, members_)) else []

    def _shares(self, resource: Resource, items: Sequence[Item]) -> list[tuple[Resource, list[Item]]]:
        """Each list below an item that shows some of these items, with those that it shows."""
        if resource.path in self._sharing:
            return []  # Each is below the other.
        self._sharing.add(resource.path)
        try:
            views = [each for each in self._views.values() if each.resource.path == resource.path]
            sizes = [(each.listed, self._references.size(each.parent)) for each in views]
        finally:
            self._sharing.remove(resource.path)
        return [
            (listed, [item for item in items if number_of(resource, item) % size == at])
            for listed, size in sizes
            if size <= _MAX_PARENTS
            for at in range(size)
        ]

    def _generated_items(self, resource: Resource, operation: Operation, call: Call) -> list[Item]:
        """The items of a generated list, whose items have no operations of their own."""
        response = operation.success()
        assert response
        assert resource.list_media
        made = bodies.for_call(operation, response, resource.list_media, call.path_values, self._responses.seed)
        if items := resource.items_of(made):
            return items
        array = part(resource.list_media, resource.envelope)  # An optional member, and it was left out.
        return _only_objects(bodies.body(array, seed=self._responses.seed, key=operation.id)) if array else []

    def _read_items(self, resource: Resource, call: Call, count: int, refer: bool) -> list[Item]:
        """What the read gives: its examples, else a value for each of some generated IDs."""
        read = resource.operations.get("read")
        if read is None:
            return []
        examples = resource.media.examples
        by_example = read.example_path_values()
        if by_example:
            return [
                examples[name].value
                for name, values in by_example.items()
                if name in examples and all(values.get(parent) == text for parent, text in call.path_values.items())
            ]
        if examples:
            return [
                each.value for each in examples.values() if isinstance(each.value, dict) and resource.id_of(each.value)
            ]
        response = read.success()
        items: dict[str, Item] = {}
        attempts = _ATTEMPTS + 2 * count + (_ATTEMPTS_FOR_VIEWS if self._shares(resource, ()) else 0)
        for item_id in self._ids(resource, attempts if response else 0):
            values = {**call.path_values, resource.parameter: item_id}
            assert response
            media = json_media(response) or resource.media
            item = resource.item_of(self._made(read, response, media, values))
            if isinstance(item, dict) and resource.id_of(item) == item_id:
                item = variety.adopted(resource, self._named(resource, item, item_id))
                items[item_id] = self._referring(resource, item, call) if refer else item
            if len(items) >= count and self._are_shown(resource, list(items.values())):
                break
        found = list(items.values())
        chosen = [variety.covering(resource, found, count)]
        chosen += [
            variety.covering(listed, part, variety.count(listed, 1)) for listed, part in self._shares(resource, found)
        ]
        ids = {resource.id_of(item) for part in chosen for item in part}
        return [item for item in found if resource.id_of(item) in ids]

    def _made(
        self, read: Operation, response: DocumentedResponse, media: MediaType, path_values: Mapping[str, str]
    ) -> Any:
        """The generated body of a read."""
        written = relations.written(self._contract, read)
        return bodies.for_call(read, response, media, path_values, self._responses.seed, written=written)

    def _are_shown(self, resource: Resource, items: Sequence[Item]) -> bool:
        """Whether items show every value that the list can be filtered by, and the lists below other items do, too."""
        shares = self._shares(resource, items) if variety.is_shown(resource, items) else [(resource, [])]
        return all(part and variety.is_shown(listed, part) for listed, part in shares)


def details_of(call: Call) -> dict[str, Any]:
    """What marks the reply to a request for a list."""
    return {} if call.list_size is None else {SIZED: True}


def sized(
    items: Sequence[Item],
    count: int,
    resource: Resource,
    seed: int,
    gone: Collection[str] = (),
    *,
    below: tuple[str, ...] = (),
) -> list[Item]:
    """The first items of a list, and generated ones with other IDs where there are fewer.

    `gone`: the IDs of items that were there before. `below`: the path parameters of the list.
    """
    path = " ".join((resource.path, *below))
    found = list(items[:count])
    ids = {*gone, *map(resource.id_of, found)}
    for number in range(2 * count if len(found) < count else 0):
        made = bodies.body(resource.media, seed=seed, key=f"{path} item {number}", examples=False)
        if not isinstance(made, dict):
            break
        item_id = resource.id_of(made)
        if item_id is None or item_id not in ids:
            found.append(made)
            ids.add(item_id)
        if len(found) == count:
            break
    return found


def _shows(resource: Resource, operation: Operation) -> bool:
    """Whether an operation returns an item as it is: the read, or a change where there is no read."""
    known = resource.operations
    changes = [known.get(action) for action in ("update", "replace")]
    return operation in ([known["read"]] if "read" in known else changes) and bool(resource.parameter)


def _list_beside(contract: Contract, read: Operation) -> Resource | None:
    """The resource of a read, with the operation that lists it; None where there is none."""
    collection = read.path.rstrip("/").rpartition("/")[0]
    for each in contract.operations.values():
        if each.method == "GET" and each.path.rstrip("/") == collection:
            resource = find_list(contract, each)
            return resource if resource and resource.operations.get("read") is read else None
    return None


def _body(resource: Resource, page: paging.Page, template: Any) -> Any:
    """The body of a page; None where the schema of the list does not allow it."""
    assert resource.list_media
    body = as_listed(resource, paging.described(template, page, resource.envelope, resource.list_media.is_valid))
    if resource.list_media.is_valid(body):
        return body
    named = resource.list_properties()
    items = [{name: value for name, value in item.items() if name in named} for item in page.items]
    body = paging.described(template, replace(page, items=items), resource.envelope, resource.list_media.is_valid)
    return body if resource.list_media.is_valid(body) else None


def of_path(body: Any, operation: Operation, call: Call, media: MediaType) -> Any:
    """The body of a list with the IDs of what its path is below: the `event_id` of `/events/{event_id}/sales`.

    An example of the list is taken as it is.
    """
    if media.examples or not isinstance(body, dict):
        return body
    return relations.below(body, operation.path, call.path_values, media.is_valid)


def as_listed(resource: Resource, body: Any) -> Any:
    """The body of a list without what only reads have, where the list has a schema of its own for its items.

    An example of the list is taken as it is.
    """
    media = resource.list_media
    if media is None or media.examples or resource.list_properties() == resource.properties().keys():
        return body
    found = declared(body, media.schema, media.schemas)
    return found if media.is_valid(found) else body


def documented_items(resource: Resource) -> list[Item]:
    """The items of the first example of the list."""
    examples = list(resource.list_media.examples.values()) if resource.list_media else []
    return resource.items_of(examples[0].value) if examples else []


def envelope(resource: Resource, seed: int) -> Any:
    """The body of a list as far as it is not its items: that of an example, else a generated one."""
    if not resource.envelope:
        return []
    assert resource.list_media
    examples = [each.value for each in resource.list_media.examples.values() if isinstance(each.value, dict)]
    body = examples[0] if examples else bodies.body(resource.list_media, seed=seed, key="list")
    if not examples:
        body = _with_members_about_pages(body, resource.list_media, seed)
    for length, token in enumerate(resource.envelope[:-1], 1):
        wrapper = part(resource.list_media, resource.envelope[:length])
        if wrapper and not isinstance(body.get(token), dict):
            body = {**body, token: bodies.body(wrapper, seed=seed, key="list")}
    return body


def _with_members_about_pages(body: dict[str, Any], media: MediaType, seed: int) -> dict[str, Any]:
    """A generated body with the optional members about pages too: a client can only turn pages by what is there."""
    found = {}
    for name, schema in members(media.schema or {}, media.schemas):
        inner = dict(members(schema, media.schemas))
        is_holder = bool(inner) and paging.is_holder(name, inner)
        member = media.member(name) if is_holder or paging.may_be_about_pages(name) else None
        if member:
            value = body[name] if name in body else bodies.body(member, seed=seed, key=f"list {name}")
            is_object = is_holder and isinstance(value, dict)
            found[name] = _with_members_about_pages(value, member, seed) if is_object else value
        elif name in body:
            found[name] = body[name]
    whole = {**found, **{name: each for name, each in body.items() if name not in found}}
    return whole if media.is_valid(whole) else body


def _only_objects(value: Any) -> list[Item]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def select(
    resource: Resource,
    operation: Operation,
    call: Call,
    items: Sequence[Item],
    responses: Responses,
    gone: Collection[str] = (),
) -> paging.Page | Reply:
    """The page of the items that a call asks for and that its caller may view, or the reply to a wrong query.

    `gone`: the IDs of items that were there before.
    """
    filters = filters_of(resource, operation, responses)
    if invalid := invalid_filters(filters, call, responses):
        return invalid
    if denied := _unknown_cursor(resource, operation, call, items, responses, gone):
        return denied
    visible = None if operation.is_open else call.caller.resource_ids
    known = [
        item
        for item in items
        if (visible is None or resource.id_of(item) in visible) and filters.match(call.query, item)
    ]
    own = {*filters.names, *paging.chosen_by(operation, call)}
    query = [pair for pair in declared_query(operation, call.query) if pair[0] not in own]
    properties = resource.properties()
    is_documented = resource.list_media is not None and bool(resource.list_media.examples)
    order = query if is_documented else with_default_order(operation, query)  # An example has the order of its author.
    # What clients can create has the moments and words that they give it.
    may_be_fitted = not is_documented and "create" not in resource.operations
    if may_be_fitted:
        known = of_day(known, operation, query, resource.media.is_valid, sized=call.list_size is not None)
    of_all = needing_all(operation)
    chosen = filtered(known, properties, query, of_all)
    if not chosen and may_be_fitted:  # What is generated has no such words.
        chosen = filtered(known, properties, without_required_search(operation, query), of_all)
    found = ordered(chosen, properties, order)
    page = paging.page_of(found, operation, call, resource.id_of)
    does_not_exist = page.first < 0 or (page.first > 0 and not page.items)
    if does_not_exist and responses.profile.responses["not-found"].kind != "contract":
        return responses.error("not-found", call)
    return page


def _unknown_cursor(
    resource: Resource,
    operation: Operation,
    call: Call,
    items: Sequence[Item],
    responses: Responses,
    gone: Collection[str],
) -> Reply | None:
    """The reply to a cursor that no page and no example has, where the operation documents an error for it."""
    cursor = paging.asked_cursor(operation, call)
    template = responses.profile.responses["invalid-request"]
    is_documented = template.kind == "contract" and any(map(operation.response, template.statuses))
    if not (cursor and resource.id_field and is_documented):
        return None
    examples: list[Any] = [each.value for parameter in operation.parameters for each in parameter.examples.values()]
    examples += (parameter.schema.get("examples") for parameter in operation.parameters)
    if resource.list_media:
        examples += (each.value for each in resource.list_media.examples.values())
    if cursor in gone or any(resource.id_of(item) == cursor for item in items) or _has_text(examples, cursor):
        return None
    name = next(name for name, value in call.query if value == cursor)
    message = "the cursor is unknown"
    return responses.error("invalid-request", call, about=Violation("query", name, message), message=message)


def _has_text(value: Any, text: str) -> bool:
    """Whether a value is this text, or has it anywhere in it."""
    if isinstance(value, dict):
        return any(_has_text(each, text) for each in value.values())
    return any(_has_text(each, text) for each in value) if isinstance(value, list) else str(value) == text


def filters_of(resource: Resource, operation: Operation, responses: Responses) -> Filters:
    """The filters that the profile has for the route of an operation."""
    rules = responses.profile.routes.get(operation.path)
    return Filters(rules.filters if rules else (), resource.media, responses.contract)


def invalid_filters(filters: Filters, call: Call, responses: Responses) -> Reply | None:
    """The reply to filters with invalid values; None where they are valid."""
    wrong = filters.errors(call.query, responses.profile.messages) if filters.are_asked(call.query) else {}
    if not wrong:
        return None
    denied = responses.error("invalid-request", call)
    return replace(denied, body=encode(wrong), rule=f"{denied.rule} (filters)")


def with_page_headers(reply: Reply, response: DocumentedResponse, page: paging.Page) -> Reply:
    """The reply with the documented headers about pages: `Link`, the total, `X-Page`, `X-Next-Page` and the like."""
    ours: dict[str, str | None] = {}
    for name, header in response.headers.items():
        values = paging.header_values(name, page, response.headers)
        known = (header_text(header, value) for value in values if value is not None)
        text = next((each for each in known if each is not None), None)
        if text is not None or (values and values[0] is None and not header.required):
            ours[name] = text
    if not ours:
        return reply
    kept = tuple(pair for pair in reply.headers if pair[0].lower() not in ours)
    added = tuple((response.headers[name].name, text) for name, text in ours.items() if text is not None)
    return replace(reply, headers=(*kept, *added))
