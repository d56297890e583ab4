"""Resources that clients create, change and delete, kept in memory, for the operations of a contract.

A collection starts with the contract's examples, else with a few generated items. Responses are valid under the
contract.
"""

import contextlib
import copy
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from jsonpath import JSONPatch
from jsonpath.exceptions import JSONPatchError, JSONPointerError

from flowcontract.openapi import pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import DocumentedResponse, MediaType, Operation
from flowmock.examples.headers import Context
from flowmock.examples.responses import PROBLEM, Responses, encode, main_media, usual
from flowmock.generation import bodies
from flowmock.messages import Call, Reply
from flowmock.stateful.lists import details_of, envelope, filters_of, invalid_filters, select, sized, with_page_headers
from flowmock.stateful.paging import Page, described
from flowmock.stateful.resources import Resource, find_resources
from flowmock.validation import bodies as request_bodies
from flowmock.validation import requests

MAX_ITEMS = 1000
"""Items of one collection; beyond, the oldest is dropped."""
MAX_COLLECTIONS = 1000
"""Collections of all sessions and parents; beyond, the least recently used is dropped."""
_INITIAL_ITEMS = 3
"""Generated items of a new collection if the contract has no examples."""
_MAX_COMPLETED = 50
"""Objects within an item that get missing required members."""

Items = dict[str, dict[str, Any]]
"""Items by ID, the oldest first."""
Name = tuple[str, str, tuple[str, ...]]
"""What identifies a collection: session, path of the resource, and the other path parameters."""


class Store:
    """The collections of all sessions. They survive a change of the contract."""

    def __init__(self) -> None:
        self._collections: OrderedDict[Name, Items] = OrderedDict()

    @contextlib.contextmanager
    def items(self, session: str, path: str, parents: tuple[str, ...], initial: Callable[[], Items]) -> Iterator[Items]:
        """The items of one collection of one session, to read and change within the block.

        `initial`: makes the items of a new collection.
        """
        name = (session, path, parents)
        if name not in self._collections:
            self._collections[name] = initial()
            if len(self._collections) > MAX_COLLECTIONS:
                self._collections.popitem(last=False)
        self._collections.move_to_end(name)
        yield self._collections[name]

    def reset(self, session: str | None = None) -> None:
        """Restore the initial items, for one session or for all."""
        for name in list(self._collections):
            if session is None or name[0] == session:
                del self._collections[name]


class ChangeRejectedError(Exception):
    """A change that is not possible. `statuses`: suitable statuses of the error response, the best first."""

    def __init__(self, message: str, *statuses: int) -> None:
        self.message = message
        self.statuses = statuses
        super().__init__(message)


class Stateful:
    """Handles the operations of one contract that create, read, update and delete resources."""

    def __init__(self, contract: Contract, responses: Responses, store: Store) -> None:
        self._responses = responses
        self._store = store
        self._base_path = contract.base_path
        self._resources = find_resources(contract)
        self._actions: Mapping[str, Callable[[Resource, Operation, Call, Items], Reply]] = {
            "list": self._list,
            "create": self._create,
            "read": self._read,
            "replace": self._replace,
            "update": self._update,
            "delete": self._delete,
        }

    def reply(self, operation: Operation, call: Call) -> Reply | None:
        """The reply to a permitted, valid request; None for an operation that belongs to no resource."""
        known = self._resources.get(operation.id)
        if known is None:
            return None
        resource, action = known
        parents = tuple(value for name, value in call.path_values.items() if name != resource.parameter)
        path = self._base_path + resource.path
        with self._store.items(call.session, path, parents, lambda: self._initial(resource)) as items:
            try:
                return self._actions[action](resource, operation, call, items)
            except ChangeRejectedError as error:
                return self._rejected(operation, call, error)

    def _initial(self, resource: Resource) -> Items:
        """The items of a new collection: the examples of items and lists, else generated items."""
        examples: list[Any] = [example.value for example in resource.media.examples.values()]
        if resource.list_media:
            for example in resource.list_media.examples.values():
                examples += resource.items_of(example.value)
        known = [item for item in examples if isinstance(item, dict) and resource.id_of(item) is not None]
        if not known:
            seed = self._responses.seed
            known = [
                bodies.body(resource.media, seed=seed, key=f"{resource.path} {number}", examples=number == 0)
                for number in range(_INITIAL_ITEMS)
            ]
        items: Items = {}
        for item in known:
            item_id = resource.id_of(item) if isinstance(item, dict) else None
            if item_id is not None:
                items.setdefault(item_id, copy.deepcopy(item))
        return items

    def _read(self, resource: Resource, operation: Operation, call: Call, items: Items) -> Reply:
        filters = filters_of(resource, operation, self._responses)
        if invalid := invalid_filters(filters, call, self._responses):
            return invalid
        item_id = _known(resource, call, items)
        if not filters.match(call.query, items[item_id]):
            raise ChangeRejectedError("Not found.", 404)
        return self._item(resource, operation, call, items[item_id], f"stateful: read {item_id}")

    def _list(self, resource: Resource, operation: Operation, call: Call, items: Items) -> Reply:
        assert resource.list_media
        known = list(items.values())
        if call.list_size is not None:
            known = sized(known, call.list_size, resource, self._responses.seed)
        page = select(resource, operation, call, known, self._responses)
        if isinstance(page, Reply):
            return page
        body = self._described(resource, page)
        if not resource.list_media.is_valid(body):
            named = resource.list_properties()
            page = replace(
                page, items=[{name: value for name, value in item.items() if name in named} for item in page.items]
            )
            body = _valid(resource.list_media, self._described(resource, page), self._responses.seed)
        status, response = usual(operation)
        media = _accepted(response, call) or resource.list_media
        rule = f"stateful: {page.total} of {len(items)} items"
        reply = self._responses.body(status, response, media, body, rule, call)
        reply = replace(reply, details=details_of(call))
        return with_page_headers(reply, response, page) if response else reply

    def _described(self, resource: Resource, page: Page) -> Any:
        assert resource.list_media
        template = envelope(resource, self._responses.seed)
        return described(template, page, resource.envelope, resource.list_media.is_valid)

    def _create(self, resource: Resource, operation: Operation, call: Call, items: Items) -> Reply:
        if call.caller.resource_ids is not None:
            raise ChangeRejectedError("You do not have permission to create this.", 403)
        sent = _object(resource, call)
        lean = bodies.body(resource.media, seed=self._responses.seed, key=f"{resource.path} +{len(items)}", lean=True)
        item = _with_defaults(resource, lean) | _writable(resource, sent)
        item_id = resource.id_of(item) if resource.id_field in _writable(resource, sent) else None
        if item_id is None:
            item[resource.id_field] = self._new_id(resource, items)
            item_id = str(item[resource.id_field])
        if item_id in items:
            raise ChangeRejectedError(f"{resource.id_field} {item_id} already exists.", 409, 400, 422)
        items[item_id] = _valid(resource.media, item, self._responses.seed)
        if len(items) > MAX_ITEMS:
            del items[next(iter(items))]
        reply = self._item(resource, operation, call, items[item_id], f"stateful: created {item_id}")
        response = usual(operation)[1]
        if response and "location" in response.headers:
            location = (
                f"{call.raw_path.rstrip('/')}/{quote(item_id, safe='')}{'/' if call.raw_path.endswith('/') else ''}"
            )
            others = tuple(pair for pair in reply.headers if pair[0].lower() != "location")
            reply = Reply(reply.status, (*others, ("Location", location)), reply.body, reply.rule)
        return reply

    def _new_id(self, resource: Resource, items: Items) -> Any:
        """An ID that no item has: the next number, else a generated value."""
        numbers = [int(item_id) for item_id in items if item_id.isdecimal()]
        if resource.has_integer_ids():
            return max(numbers, default=0) + 1
        for attempt in range(100):
            seed_key = f"{resource.path} {attempt} {len(items)}"
            generated = bodies.body(resource.media, seed=self._responses.seed, key=seed_key, examples=False)
            if isinstance(generated, dict) and resource.id_of(generated) not in (None, *items):
                return generated[resource.id_field]
        raise ChangeRejectedError("No unused ID could be generated.", 409, 400, 422)

    def _replace(self, resource: Resource, operation: Operation, call: Call, items: Items) -> Reply:
        new_id = call.path_values.get(resource.parameter)
        if new_id and new_id not in items and "201" in operation.responses and call.caller.resource_ids is None:
            return self._created_by_put(resource, operation, call, items, new_id)
        item_id = _known(resource, call, items)
        read_only = {name: value for name, value in items[item_id].items() if name in resource.read_only()}
        lean = bodies.body(resource.media, seed=self._responses.seed, key=f"{resource.path} {item_id}", lean=True)
        item = (
            _with_defaults(resource, lean)
            | read_only
            | {resource.id_field: items[item_id].get(resource.id_field)}
            | _writable(resource, _object(resource, call))
        )
        return self._changed(resource, operation, call, items, item_id, item)

    def _created_by_put(
        self, resource: Resource, operation: Operation, call: Call, items: Items, item_id: str
    ) -> Reply:
        """A new item under the ID that the client chose, where the contract documents 201 (RFC 9110, 9.3.4)."""
        lean = bodies.body(resource.media, seed=self._responses.seed, key=f"{resource.path} {item_id}", lean=True)
        own_id = int(item_id) if resource.has_integer_ids() and item_id.isdecimal() else item_id
        sent = _writable(resource, _object(resource, call))
        item = _with_defaults(resource, lean) | sent | {resource.id_field: own_id}
        items[item_id] = _valid(resource.media, item, self._responses.seed)
        return self._item(resource, operation, call, items[item_id], f"stateful: created {item_id}", status=201)

    def _update(self, resource: Resource, operation: Operation, call: Call, items: Items) -> Reply:
        item_id = _known(resource, call, items)
        if (call.header("content-type") or "").startswith("application/json-patch+json"):
            try:
                item = JSONPatch(call.json).apply(copy.deepcopy(items[item_id]))
            except (JSONPatchError, JSONPointerError, TypeError) as error:
                raise ChangeRejectedError(f"The patch cannot be applied: {error}.", 400, 409, 422) from error
            if not isinstance(item, dict):
                raise ChangeRejectedError("The patched item is not an object.", 400, 409, 422)
            read_only = {name: items[item_id][name] for name in resource.read_only() if name in items[item_id]}
            return self._changed(resource, operation, call, items, item_id, item | read_only)
        item = _merged(items[item_id], _writable(resource, _object(resource, call)), resource)
        return self._changed(resource, operation, call, items, item_id, item)

    def _changed(
        self, resource: Resource, operation: Operation, call: Call, items: Items, item_id: str, item: dict[str, Any]
    ) -> Reply:
        item = _valid(resource.media, item, self._responses.seed)
        new = resource.id_of(item)
        if new is None:
            raise ChangeRejectedError(f"{resource.id_field} is required.", 400, 422)
        if new != item_id and new in items:
            raise ChangeRejectedError(f"{resource.id_field} {new} already exists.", 409, 400, 422)
        changed = {
            new if name == item_id else name: item if name == item_id else value for name, value in items.items()
        }
        items.clear()
        items |= changed
        return self._item(resource, operation, call, item, f"stateful: changed {new}")

    def _delete(self, resource: Resource, operation: Operation, call: Call, items: Items) -> Reply:
        item_id = _known(resource, call, items)
        return self._item(resource, operation, call, items.pop(item_id), f"stateful: deleted {item_id}")

    def _item(
        self,
        resource: Resource,
        operation: Operation,
        call: Call,
        item: dict[str, Any],
        rule: str,
        status: int | None = None,
    ) -> Reply:
        """The success response for an item: without a body, with the item, or with another body that shares fields.

        `status`: a documented one; else the usual success.
        """
        status, response = (status, operation.response(status)) if status else usual(operation)
        media = _accepted(response, call)
        if response is None or media is None:
            return Reply(status, self._responses.headers("", response, Context(status, item, call=call)), b"", rule)
        whole = resource.body_of(item, media, seed=self._responses.seed)
        if media.schema is None or media.is_valid(whole):
            return self._responses.body(status, response, media, whole, rule, call)
        other = bodies.body(media, seed=self._responses.seed, key=rule)
        shared = {name: item[name] for name in other if name in item} if isinstance(other, dict) else {}
        body = other | shared if shared and media.is_valid(other | shared) else other
        return self._responses.body(status, response, media, body, rule, call)

    def _rejected(self, operation: Operation, call: Call, error: ChangeRejectedError) -> Reply:
        for status in error.statuses:
            if response := operation.response(status):
                rule = f"stateful: {error.message}"
                return self._responses.documented(operation, response, status, call, rule, message=error.message)
        if error.statuses[0] == 404:
            return self._responses.error("not-found", call)
        status = error.statuses[0]
        problem = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
        body = encode(problem | {"detail": error.message})
        return Reply(status, self._responses.headers(PROBLEM), body, f"stateful: {error.message}")


def _known(resource: Resource, call: Call, items: Items) -> str:
    item_id = call.path_values.get(resource.parameter) or resource.id_of(_object(resource, call)) or ""
    if item_id not in items or (call.caller.resource_ids is not None and item_id not in call.caller.resource_ids):
        raise ChangeRejectedError("Not found.", 404)
    return item_id


def _object(resource: Resource, call: Call) -> dict[str, Any]:
    value = call.json if call.body else {}
    if not isinstance(value, dict) and call.operation:
        content_type = call.header("content-type")
        media = requests.media_of(call.operation, content_type)
        with contextlib.suppress(request_bodies.BodyError):
            value = request_bodies.read(media, content_type, call.content or b"") if media else None
    if not isinstance(value, dict):
        raise ChangeRejectedError("Expected an object.", 400, 422)
    return value if resource.item_envelope in resource.properties() else dict(resource.item_of(value))


def _writable(resource: Resource, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a body that clients may write and read again. Undeclared members are dropped."""
    excluded = resource.read_only() | resource.write_only()
    properties = resource.properties()
    return {name: value for name, value in sent.items() if name in properties and name not in excluded}


def _with_defaults(resource: Resource, item: dict[str, Any]) -> dict[str, Any]:
    """The item with the valid defaults of its missing members."""
    for name, schema in resource.properties().items():
        default = resource.media.schemas.resolve(schema).get("default")
        if name not in item and default is not None and resource.media.is_valid(item | {name: default}):
            item = item | {name: copy.deepcopy(default)}
    return item


def _merged(item: Mapping[str, Any], change: Mapping[str, Any], resource: Resource) -> dict[str, Any]:
    """A merge patch (RFC 7396). A null sets a nullable member to null, and removes any other."""
    merged = dict(item)
    for name, value in change.items():
        before = merged.get(name)
        if isinstance(value, dict) and isinstance(before, dict):
            merged[name] = before | value
        else:
            merged[name] = value
        if value is None and not resource.media.is_valid(merged):
            del merged[name]
    return merged


def _valid(media: MediaType, value: Any, seed: int) -> Any:
    """A valid response body: missing required members are generated, at any depth."""
    value = copy.deepcopy(value)
    for attempt in range(_MAX_COMPLETED):
        error = next(media.errors(value), None)
        if error is None:
            return value
        holder = pointers.get(value, pointers.split(error.instance))
        schema, _, keyword = error.pointer.rpartition("/")
        if keyword != "required" or not isinstance(holder, dict):
            raise ChangeRejectedError(f"{error.instance or '/'}: {error.message}.", 400, 422)
        generated = bodies.part(media.schemas, schema, seed=seed, key=f"{error.instance} {attempt}")
        if not isinstance(generated, dict):
            break
        holder |= {name: each for name, each in generated.items() if name not in holder}
    raise ChangeRejectedError("Required members cannot be generated.", 400, 422)


def _accepted(response: DocumentedResponse | None, call: Call) -> MediaType | None:
    return main_media(response, call.header("accept")) if response else None
