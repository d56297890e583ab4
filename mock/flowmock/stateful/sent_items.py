"""What a client sends of an item: the members that it may write, and the items that their IDs stand for."""

import contextlib
import copy
from collections.abc import Iterable, Mapping
from typing import Any

from flowcontract.openapi.model import MediaType, Operation
from flowcontract.openapi.values import is_open, members
from flowcontract.openapi.values.examples import given
from flowcontract.openapi.values.names import singulars, snake_case, words
from flowmock.examples.sent_values import in_response, with_objects
from flowmock.generation import bodies
from flowmock.resources.model import Resource
from flowmock.resources.natural_keys import keys_in
from flowmock.resources.references import Item, part_of
from flowmock.stateful.access import Access, Collections
from flowmock.stateful.rejections import NotAnItemError, not_found
from flowmock.validation import requests


def object_in(at: Access) -> Item:
    """The item in the body of a request. Raises NotAnItemError."""
    call = at.call
    value = call.json if call.body else {}
    if not isinstance(value, dict):
        value = requests.value_of_body(at.operation, call)
    if not isinstance(value, dict) and requests.of_file(at.operation, call)[1]:
        value = {}  # The body is a file.
    if not isinstance(value, dict):
        raise NotAnItemError
    return value if at.resource.item_envelope in at.resource.properties() else dict(at.resource.item_of(value))


def known_id(at: Access) -> str:
    """The ID of the item that a call is for, in its path or body. Raises ChangeRejectedError where there is none."""
    parameter, visible = at.resource.parameter, at.call.caller.resource_ids
    item_id = at.call.path_values.get(parameter) or at.resource.id_of(object_in(at))
    if item_id is None:  # PUT to a collection, of all of it.
        raise NotAnItemError
    item = at.stored.find(item_id)
    if item is None or not at.has(item) or (visible is not None and item_id not in visible):
        raise not_found()
    return item_id


def changeable_id(at: Access) -> str:
    """The ID of the item that a call changes, from now on one of the collection. Raises ChangeRejectedError."""
    item_id = known_id(at)
    at.stored.join(item_id)
    return item_id


def members_in(at: Access) -> Item:
    """The members of the body of a request, also those that the item does not have; none for a list of changes."""
    with contextlib.suppress(NotAnItemError):
        return object_in(at)
    return {}


def writable(resource: Resource, sent: Mapping[str, Any]) -> Item:
    """The members of a body that clients may write and read again. Undeclared ones are dropped from closed objects."""
    excluded = resource.read_only() | resource.write_only()
    properties, media = resource.properties(), resource.media
    known = {*properties, *(sent if is_open(media.schema or {}, media.schemas) else ())}
    found = with_objects(sent, properties, media.schemas)
    return {name: value for name, value in found.items() if name in known and name not in excluded}


def is_example(operation: Operation, name: str, value: Any) -> bool:
    """Whether an example of the body of a request has this member."""
    for media in operation.request_media.values():
        examples = [example.value for example in media.examples.values()]
        examples += [given(media.schema, media.schemas.resolve)] if media.schema else []
        part = media.member(name)
        is_own = part is not None and given(part.schema, part.schemas.resolve) == value
        if is_own or any(isinstance(each, dict) and each.get(name) == value for each in examples):
            return True
    return False


class SentItems:
    """What clients send of the items of one contract."""

    def __init__(self, collections: Collections) -> None:
        self._collections = collections

    def of(self, at: Access, *, defaults: bool = False) -> Item:
        """The writable members in the body of a request, with the items that IDs stand for.

        `defaults`: with those of the body's schema. Raises NotAnItemError.
        """
        body = object_in(at)
        sent = writable(at.resource, requests.with_defaults(at.operation, at.call, body) if defaults else body)
        named = at.resource.properties()
        values = ((name, _unwrapped(value)) for name, value in sent.items() if name in named)
        ids = {name: each for name, each in values if isinstance(each, str | int)}
        found = sent | {name: self._related(at, name, item_id, sent[name]) for name, item_id in ids.items()}
        found |= {name: self._all_related(at, name, sent[name]) for name in sent if isinstance(sent[name], list)}
        found |= self._keyed(at, body, sent)
        for part in [found[name] for name in ids if isinstance(found[name], dict)]:
            found |= {name: each for name, each in _ids_in(part, at.resource).items() if name not in found}
        return found

    def _keyed(self, at: Access, body: Mapping[str, Any], sent: Item) -> Item:
        """The objects that natural keys in a body stand for: the `product` of a `product_sku`."""
        names = {snake_case(name): name for name in at.resource.properties()}
        found = {}
        for key in keys_in(body, self._collections.related.references, at.resource):
            name = names.get(key.noun, "")
            part = at.resource.media.member(name) if name and key.name != name and name not in body else None
            own = {each for each, _ in members(part.schema or {}, part.schemas)} if part else set()
            if part and key.member in own:
                item = self._collections.keyed(key, at.call)
                found[name] = copy.deepcopy(part_of(part, item)) if item else sent.get(name) or {key.member: key.value}
        return found

    def _related(self, at: Access, name: str, item_id: str | int, sent: Any) -> Any:
        """The item that an ID stands for, or what the member of this name shows of it; else what was sent."""
        schema, part = at.resource.properties()[name], at.resource.media.member(name)
        return self._one_related(at, (name,), schema, part, item_id, sent)

    def _all_related(self, at: Access, name: str, values: list[Any]) -> list[Any]:
        """A list that was sent, with the items that IDs in it stand for."""
        part = at.resource.media.member(name)
        items = part.items() if part else None
        if items is None or next(members(items.schema or {}, items.schemas), None) is None:
            return values
        names = (name, *singulars(name))
        ids = [_unwrapped(each) for each in values]
        return [
            self._one_related(at, names, items.schema, items, item_id, value)
            if isinstance(item_id, str | int)
            else value
            for item_id, value in zip(ids, values, strict=True)
        ]

    def _one_related(
        self, at: Access, names: Iterable[str], schema: Any, part: MediaType | None, item_id: str | int, sent: Any
    ) -> Any:
        """The item that an ID stands for, or what a part of another item shows of it; else what was sent.

        `names`: what the part may be called.
        """
        references = self._collections.related.references
        found = sent
        for resource in self._of_same_schema(schema):
            found = copy.deepcopy(self._collections.stored(resource, at.call).items.get(str(item_id), sent))
        other = next(filter(None, map(references.collection, names)), None) if found is sent else None
        item = self._collections.find(other, item_id, at.call) if other else None
        shown = part_of(part, item) if item else None
        return copy.deepcopy(shown) if shown else self._generated(part, next(iter(names)), found)

    def _of_same_schema(self, schema: Any) -> list[Resource]:
        """The collections below no other one whose items are what a member is, or can be."""
        known = dict.fromkeys(resource for resource, _ in self._collections.related.by_operation.values())
        alternatives = (schema, *(schema.get("anyOf") or ()))
        return [each for each in known if each.path.count("{") <= 1 and each.media.schema in alternatives]

    def _generated(self, part: MediaType | None, name: str, value: Any) -> Any:
        """The object in an item that an ID stands for, where no collection has it; else the value as it is."""
        if part is None or part.is_valid(value) or isinstance(value, dict):
            return value
        kinds = (part, *part.alternatives())  # One of these may be null.
        made = (bodies.body(each, seed=self._collections.seed, key=f"{name} {value}") for each in kinds)
        choices = (choice for each in made if isinstance(each, dict) for choice in in_response(value, each))
        return next(filter(part.is_valid, choices), value)


def _unwrapped(value: Any) -> Any:
    """The ID in an object that has nothing else; any other value as it is."""
    return value["id"] if isinstance(value, dict) and value.keys() == {"id"} else value


def _ids_in(part: Item, resource: Resource) -> Item:
    """The IDs in an object that the item around it has as well: the `hotel_id` of a `room`."""
    names = resource.properties().keys() - {resource.id_field}
    return {name: value for name, value in part.items() if name in names and words(name)[-1] == "id"}
