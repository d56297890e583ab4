"""Resources that clients create, change and delete, kept in memory, for the operations of a contract.

A collection starts with the contract's examples, else with a few generated items; what one below an item starts with,
`nested` says. Responses are valid under the contract.
"""

import contextlib
import copy
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from jsonpath import JSONPatch
from jsonpath.exceptions import JSONPatchError, JSONPointerError

from flowcontract.openapi import media_types
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import DocumentedResponse, MediaType, Operation
from flowcontract.openapi.values import agreement
from flowcontract.openapi.values.examples import given
from flowcontract.openapi.values.plausible import words
from flowcontract.text import plain_name
from flowmock.examples import filters as profile_filters
from flowmock.examples.headers import Context, admits, places
from flowmock.examples.responses import PROBLEM, Responses, encode, main_media, usual
from flowmock.examples.sent_values import best, in_response, with_file, with_objects
from flowmock.generation import actions, bodies, relations
from flowmock.generation.files import is_file
from flowmock.generation.new_items import changed_now, created_now, new, with_its_end
from flowmock.lists.envelopes import list_of_item
from flowmock.messages import Call, Reply
from flowmock.resources import variety
from flowmock.resources.discovery import find_resources, lists_alone
from flowmock.resources.generated_items import sized
from flowmock.resources.list_bodies import body_of, envelope
from flowmock.resources.list_items import ListItems
from flowmock.resources.list_requests import ListRequest
from flowmock.resources.model import Resource
from flowmock.resources.references import References, number_of
from flowmock.resources.views import View, as_member, find_memberships, find_views, flagged
from flowmock.stateful import idempotency, uniqueness
from flowmock.stateful import store as stores
from flowmock.stateful.items import (
    ChangeRejectedError,
    NotAnItemError,
    lean,
    merged,
    not_found,
    owned,
    reset,
    valid,
    with_id,
    with_nested_defaults,
)
from flowmock.stateful.nested import NestedCollections, parents_of, values_of
from flowmock.stateful.singles import Singles
from flowmock.stateful.store import Items, Store
from flowmock.validation import requests

_INITIAL_ITEMS = 3
"""Generated items of a new collection if the contract has no examples."""


@dataclass(frozen=True, slots=True)
class _Access:
    """A call of an operation on a collection."""

    resource: Resource
    operation: Operation
    call: Call
    parents: tuple[str, ...]
    """The path parameters before the ID of an item."""
    stored: stores.StoredItems
    view: View | None = None
    """Where the collection shows some of the items of another one."""

    @property
    def items(self) -> Items:
        """The items by ID."""
        return self.stored.items

    @property
    def own_items(self) -> Items:
        """The items that the collection shows."""
        return {item_id: item for item_id, item in self.items.items() if self.has(item)}

    def has(self, item: Mapping[str, Any]) -> bool:
        """Whether the collection shows an item."""
        return self.view is None or self.view.shows(item, self.parents[-1])

    @property
    def main(self) -> tuple[Resource, tuple[str, ...]]:
        """The resource that the items are of, and the path parameters before their IDs."""
        return (self.view.resource, ()) if self.view else (self.resource, self.parents)


class Stateful:
    """Handles the operations of one contract that create, read, update and delete resources."""

    def __init__(
        self, contract: Contract, responses: Responses, store: Store, read: Callable[[Operation, Call], Reply | None]
    ) -> None:
        """`read`: replies to a read of the contract."""
        self._contract = contract
        self._responses = responses
        self._store = store
        self._singles = Singles(contract, responses, store, read)
        self._seed = responses.seed
        self._lists = ListItems(contract, responses.seed)
        self._resources = find_resources(contract)
        known = dict.fromkeys(resource for resource, _ in self._resources.values())
        known |= dict.fromkeys(lists_alone(contract, self._resources))
        self._nested = NestedCollections(contract, store, known, self._initial, self._seed)
        self._references = References(known, lambda resource, above: self._known_items(resource, above)[0])
        self._views = find_views(known, self._references)
        self._memberships = find_memberships(known)
        self._actions: Mapping[str, Callable[[_Access], Reply]] = {
            "list": self._list,
            "create": self._create,
            "read": self._read,
            "replace": self._replace,
            "update": self._update,
            "delete": self._delete,
            "clear": self._clear,
        }

    def reply(self, operation: Operation, call: Call) -> Reply | None:
        """The reply to a permitted, valid request; None for an operation on something that is not remembered."""
        try:
            return idempotency.once(operation, call, self._store, lambda: self._by_resource(operation, call))
        except ChangeRejectedError as error:
            return self._rejected(operation, call, error)
        except NotAnItemError:
            return None

    def _by_resource(self, operation: Operation, call: Call) -> Reply | None:
        self._nested.check_parents(operation, call)
        if operation.method == "PUT" and (replaced := self._replaced_list(operation, call)):
            return replaced
        if operation.id not in self._resources:
            return self._changed_below(operation, call) or self._beside_collections(operation, call)
        resource, action = self._resources[operation.id]
        return self._actions[action](self._access(resource, operation, call))

    def _beside_collections(self, operation: Operation, call: Call) -> Reply | None:
        """The reply to an operation on something that is no item, as far as it is remembered."""
        if operation.method == "POST":
            uniqueness.keep(operation, call, self._store)
        return self._added_to_array(operation, call) or self._singles.reply(operation, call)

    def _added_to_array(self, operation: Operation, call: Call) -> Reply | None:
        """The reply to a creation of what only an array of the item above has (`payments` of `/invoices/{id}`)."""
        path, _, last = operation.path.rstrip("/").rpartition("/")
        status, response = usual(operation)
        media = _accepted(response, call)
        resource, action = self._resource_read_at(path) if operation.method == "POST" else (None, "")
        if resource is None or response is None or media is None or not media.is_json or action != "read":
            return None
        arrays = {name: part.items() for name in resource.properties() if (part := resource.media.member(name))}
        same = [name for name, each in arrays.items() if each and each.schema == media.schema]
        named = next((name for name in same if plain_name(name) == plain_name(last)), "")
        at = self._access(resource, operation, call)
        item_id = values_of(operation, call)[len(at.parents)]
        if not named or at.stored.find(item_id) is None:
            return None
        reply = self._responses.generated(operation, response, status, media, call)
        at.stored.join(item_id)
        item = self._shown(at, at.items[item_id])
        listed = [*(item.get(named) or ()), json.loads(reply.body)]
        if not at.resource.media.is_valid(item | {named: listed}):
            return None
        self._changed(at, item_id, item | {named: listed}, {named: listed})
        return replace(reply, rule=f"stateful: added to {item_id}")

    def _access(self, resource: Resource, operation: Operation, call: Call) -> _Access:
        parents = parents_of(resource, operation, call)
        view = self._views.get(resource.path)
        of_items, above = (view.resource, ()) if view else (resource, parents)
        found = self._nested.at(of_items, call.session, above)
        if view and "list" not in of_items.operations:
            self._show_below_offered(view, call.session, parents[-1], found)
        return _Access(resource, operation, call, parents, found, view)

    def _show_below_offered(self, view: View, session: str, parent_id: str, stored: stores.StoredItems) -> None:
        """Add what is below an item that only a list of a requested size had."""
        parent = self._nested.at(view.parent, session, ())
        name = f"{view.listed.path} {parent_id}"
        if name not in stored.shown_below and parent_id in parent.offered:
            stored.shown_below.add(name)
            found = {view.resource.id_of(each) or "": each for each in self._lists.below(view, parent_id)}
            stored.items.update({key: each for key, each in found.items() if key not in stored.deleted})

    def _initial(self, resource: Resource, parents: tuple[str, ...]) -> Items:
        """The items of a new collection: the examples of items and lists, else generated ones that refer to others."""
        known, is_generated = self._known_items(resource, parents)
        items: Items = {}
        for each in known:
            number = number_of(resource, each)
            item = self._references.set(resource, [each], number)[0] if is_generated else each
            item_id, whole = with_id(resource, copy.deepcopy(item), items, self._seed)
            items.setdefault(item_id, whole)
        return items

    def _known_items(self, resource: Resource, parents: tuple[str, ...]) -> tuple[list[dict[str, Any]], bool]:
        """The documented items of a collection, else generated ones, and whether they are generated."""
        examples: list[Any] = [example.value for example in resource.media.examples.values()]
        if resource.list_media:
            for example in resource.list_media.examples.values():
                examples += resource.items_of(example.value)
        for view in self._views.values():
            if view.resource is resource and view.listed.list_media:
                for example in view.listed.list_media.examples.values():
                    examples += view.listed.items_of(example.value)
        known = [item for item in examples if isinstance(item, dict) and resource.id_of(item) is not None]
        if known:
            return known, False
        if listed := self._lists.unrelated(resource, parents):
            return listed, True  # The same as without memory.
        below = "".join(f" {each}" for each in parents)
        made = [
            bodies.body(resource.media, seed=self._seed, key=f"{resource.path}{below} {number}", examples=number == 0)
            for number in range(variety.count(resource, _INITIAL_ITEMS))
        ]
        return variety.spread(resource, [item for item in made if isinstance(item, dict)]), True

    def _read(self, at: _Access) -> Reply:
        filters = profile_filters.of(at.operation, at.resource.media, self._responses)
        if invalid := profile_filters.invalid(filters, at.call, self._responses):
            return invalid
        item_id = _known(at)
        item = at.stored.find(item_id)
        if item is None or not filters.match(at.call.query, item):
            raise not_found()
        return self._item(at, item, f"stateful: read {item_id}")

    def _list(self, at: _Access) -> Reply:
        media = at.resource.list_media
        assert media
        items = [self._shown(at, item) for item in at.own_items.values()]
        known = len(items)
        if at.call.list_size is not None:
            items = sized(items, at.call.list_size, at.resource, self._seed, gone=at.stored.deleted, below=at.parents)
            items[known:] = self._offered(at, items[known:])
        request = ListRequest(at.resource, at.operation, at.call, self._responses)
        page = request.page(items, gone=at.stored.deleted)
        if isinstance(page, Reply):
            return page
        body = body_of(at.resource, page, envelope(at.resource, self._seed))
        if not media.is_valid(body):
            with contextlib.suppress(ChangeRejectedError):  # An example that violates its schema is served anyway.
                body = valid(media, body, self._seed)
        return request.reply(page, body, f"stateful: {page.total} of {known} items")

    def _offered(self, at: _Access, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Items that only a list of a requested size has, and that can be asked for from now on."""
        varied = [variety.adopted(at.resource, item) for item in items]
        related = [self._references.set(at.resource, [item], number_of(at.resource, item))[0] for item in varied]
        found = [owned(at.resource, item, at.parents) for item in related]
        at.stored.offered |= {item_id: item for item in found if (item_id := at.resource.id_of(item)) is not None}
        return [self._shown(at, item) for item in found]

    def _create(self, at: _Access) -> Reply:
        if at.call.caller.resource_ids is not None:
            raise ChangeRejectedError("You do not have permission to create this.", 403)
        body = _object(at)
        uniqueness.check(
            at.operation, body, (at.items[item_id] for item_id in at.items if item_id in at.stored.created)
        )
        self._check_references(at, body)
        sent = self._with_related(at, _writable(at.resource, requests.with_defaults(at.operation, at.call, body)))
        taken = (*at.items, *at.stored.deleted)
        made = lean(at.resource, f"+{len(taken)}", at.parents, self._seed)
        item_id, item = with_id(at.resource, made | sent, taken, self._seed)
        if item_id in at.items:
            raise ChangeRejectedError(f"{at.resource.id_field} {item_id} already exists.", 409, 400, 422)
        self._add(at, item_id, item, sent)
        status = 201 if "201" in at.operation.responses else None
        reply = self._item(at, at.items[item_id], f"stateful: created {item_id}", status)
        response = at.operation.response(status) if status else usual(at.operation)[1]
        if response and (header := response.headers.get("location")):
            path = at.call.raw_path
            path = f"{path.rstrip('/')}/{quote(item_id, safe='')}{'/' if path.endswith('/') else ''}"
            location = next((each for each in places(path, at.call) if admits(header, each)), path)
            others = tuple(pair for pair in reply.headers if pair[0].lower() != "location")
            reply = Reply(reply.status, (*others, ("Location", location)), reply.body, reply.rule)
        return reply

    def _check_references(self, at: _Access, body: Mapping[str, Any]) -> None:
        """Raises ChangeRejectedError for a creation that refers to an item that does not exist, if that is documented.

        IDs in examples exist for their authors. 404 says that something does not exist; what clients have deleted may
        be a conflict or invalid as well.
        """
        for name, value in body.items():
            is_id = words(name)[-1:] == ("id",) and isinstance(value, str | int) and not isinstance(value, bool)
            resource = self._references.named(name) if is_id else None
            if resource is None or "read" not in resource.operations:
                continue
            stored = self._nested.at(resource, at.call.session, ())
            statuses = (404, 409, 422, 400) if str(value) in stored.deleted else (404,)
            is_known = stored.find(str(value)) is not None or _is_example(at.operation, name, value)
            if not is_known and any(str(status) in at.operation.responses for status in statuses):
                raise ChangeRejectedError(f"{name} {value} does not exist.", *statuses)

    def _add(self, at: _Access, item_id: str, item: dict[str, Any], sent: Mapping[str, Any]) -> None:
        """`sent`: the members that the client sent."""
        media = at.resource.media
        if media.alternatives() and not media.is_valid(item):  # Which one it is depends on what was sent.
            own_id = {name: value for name, value in item.items() if name == at.resource.id_field}
            item = best(item, sent, media, self._seed) | own_id
        item = self._beginning(at, valid(media, with_nested_defaults(at.resource, item), self._seed), sent)
        made = with_file(item, requests.of_file(at.operation, at.call), media)
        generated = {name: value for name, value in made.items() if name not in sent}
        agreed = _summed(media, agreement.valid(created_now(media, made, sent), generated, media.is_valid), sent)
        at.items[item_id] = with_its_end(media, agreed, {**sent, **_members_sent(at)})
        at.stored.created.add(item_id)
        if len(at.items) > stores.MAX_ITEMS:
            self._forget(at, next(iter(at.items)))

    def _beginning(self, at: _Access, item: dict[str, Any], sent: Collection[str]) -> dict[str, Any]:
        """A new item that is in its first state and refers to others that exist, where the client sent nothing else."""
        (referring,) = self._references.set(at.resource, [item])
        begun = owned(at.resource, variety.beginning(at.resource, referring), at.parents)
        begun |= {name: item[name] for name in sent if name in item}
        begun |= self._parent_id(at)
        begun = begun if at.resource.media.is_valid(begun) else item
        return self._paired(at, new(at.resource.media, begun, sent), sent)

    def _parent_id(self, at: _Access) -> dict[str, Any]:
        """The member of a new item with the ID of the item that it is below, where its collection is of others, too."""
        above = self._nested.at(at.view.parent, at.call.session, ()).find(at.parents[-1]) if at.view else None
        return {at.view.member: above.get(at.view.parent.id_field)} if at.view and above else {}

    def _paired(self, at: _Access, item: dict[str, Any], sent: Collection[str]) -> dict[str, Any]:
        """An item whose objects are those items, as they are stored, whose IDs the client sent."""

        def find(resource: Resource, item_id: Any) -> dict[str, Any] | None:
            return self._nested.at(resource, at.call.session, ()).find(str(item_id))

        return self._references.paired(at.resource, item, find, sent)

    def _forget(self, at: _Access, item_id: str) -> None:
        """Remove an item and all that is below it."""
        at.stored.delete(item_id)
        resource, parents = at.main
        self._nested.forget_below(resource, at.call.session, parents, item_id)

    def _replace(self, at: _Access) -> Reply:
        new_id = at.call.path_values.get(at.resource.parameter)
        if new_id and at.stored.find(new_id) is None and (other := self._memberships.get(at.resource.path)):
            item = self._flagged(at, new_id, other, is_member=True)
            if item is None:
                raise not_found()
            at.items[new_id] = as_member(at.resource, item)
        is_new = new_id is not None and at.stored.find(new_id) is None and at.call.caller.resource_ids is None
        if new_id and is_new and "201" in at.operation.responses:
            return self._created_by_put(at, new_id)
        item_id = _changeable(at)
        before = self._shown(at, at.items[item_id])
        read_only = {name: value for name, value in before.items() if name in at.resource.read_only()}
        sent = self._with_related(
            at, _writable(at.resource, requests.with_defaults(at.operation, at.call, _object(at)))
        )
        own_id = {at.resource.id_field: before.get(at.resource.id_field)}
        made = lean(at.resource, item_id, at.parents, self._seed)
        item = reset(at.resource, before, made) | read_only | own_id | sent
        return self._changed(at, item_id, item, sent)

    def _flagged(self, at: _Access, item_id: str, other: Resource, *, is_member: bool) -> dict[str, Any] | None:
        """The item of another collection, which says from now on whether it is a member; None where there is none."""
        stored = self._nested.at(other, at.call.session, ())
        stored.join(item_id)
        if item_id not in stored.items:
            return None
        stored.items[item_id] = flagged(at.resource, stored.items[item_id], other, is_member=is_member)
        return stored.items[item_id]

    def _created_by_put(self, at: _Access, item_id: str) -> Reply:
        """A new item under the ID that the client chose, where the contract documents 201 (RFC 9110, 9.3.4)."""
        own_id = int(item_id) if at.resource.has_integer_ids() and item_id.isdecimal() else item_id
        sent = self._with_related(
            at, _writable(at.resource, requests.with_defaults(at.operation, at.call, _object(at)))
        )
        item = lean(at.resource, item_id, at.parents, self._seed) | sent
        member = at.resource.media.member(at.resource.id_field)
        if member is None or member.is_valid(own_id):
            item[at.resource.id_field] = own_id
        else:  # The path takes names of items, too.
            item_id, item = with_id(at.resource, item, (*at.items, *at.stored.deleted), self._seed)
        self._add(at, item_id, item, sent)
        return self._item(at, at.items[item_id], f"stateful: created {item_id}", status=201)

    def _update(self, at: _Access) -> Reply:
        item_id = _changeable(at)
        before = self._shown(at, at.items[item_id])
        if (at.call.header("content-type") or "").startswith("application/json-patch+json"):
            try:
                item = JSONPatch(at.call.json).apply(copy.deepcopy(before))
            except (JSONPatchError, JSONPointerError, TypeError) as error:
                raise ChangeRejectedError(f"The patch cannot be applied: {error}.", 400, 409, 422) from error
            if not isinstance(item, dict):
                raise ChangeRejectedError("The patched item is not an object.", 400, 409, 422)
            read_only = {name: before[name] for name in at.resource.read_only() if name in before}
            item |= read_only
            return self._changed(at, item_id, item, [name for name in item if item[name] != before.get(name)])
        sent = self._with_related(at, _writable(at.resource, _object(at)))
        return self._changed(at, item_id, merged(before, sent, at.resource), sent)

    def _with_related(self, at: _Access, sent: dict[str, Any]) -> dict[str, Any]:
        """The members that were sent, with the items of other collections in place of their IDs, and IDs that these
        have as well: the `hotel_id` of a `room`.
        """
        properties = at.resource.properties()
        parts = {
            name: next(iter(value.values())) if isinstance(value, dict) and value.keys() == {"id"} else value
            for name, value in sent.items()
        }
        ids = {name: value for name, value in parts.items() if isinstance(value, str | int)}
        found = dict(sent)
        for resource in dict.fromkeys(resource for resource, _ in self._resources.values()) if ids else ():
            if resource.path.count("{") > 1:
                continue
            for name, value in ids.items():
                if resource.media.schema in (properties[name], *(properties[name].get("anyOf") or ())):
                    items = self._nested.at(resource, at.call.session, ()).items
                    found[name] = copy.deepcopy(items.get(str(value), sent[name]))
        for name, value in ids.items():
            other = self._references.collection(name) if found[name] is sent[name] else None
            item = self._nested.at(other, at.call.session, ()).find(str(value)) if other else None
            part = self._references.part(at.resource, name, item) if item else None
            found[name] = copy.deepcopy(part) if part else self._held(at.resource, name, found[name])
        for part in [found[name] for name in ids if isinstance(found[name], dict)]:
            beside = (name for name in part if name in properties and words(name)[-1] == "id")
            found |= {name: part[name] for name in beside if name not in found and name != at.resource.id_field}
        return found

    def _held(self, resource: Resource, name: str, value: Any) -> Any:
        """The object in an item that an ID stands for, where no collection has it; else the value as it is."""
        part = resource.media.member(name)
        if part is None or part.is_valid(value) or isinstance(value, dict):
            return value
        kinds = (part, *part.alternatives())  # One of these may be null.
        made = (bodies.body(each, seed=self._seed, key=f"{name} {value}") for each in kinds)
        choices = (choice for each in made if isinstance(each, dict) for choice in in_response(value, each))
        return next(filter(part.is_valid, choices), value)

    def _changed(self, at: _Access, item_id: str, item: dict[str, Any], sent: Collection[str]) -> Reply:
        """The item in the place of the one before. `sent`: the members that the client sent."""
        item = changed_now(at.resource.media, self._paired(at, valid(at.resource.media, item, self._seed), sent), sent)
        changes = {name: item[name] for name in sent if name in item}
        before = self._shown(at, at.items[item_id])
        if agreement.summed(before, {}) is before:  # Else an author gave it totals of another kind.
            item = _summed(at.resource.media, item, sent if isinstance(sent, Mapping) else changes)
        item = with_its_end(at.resource.media, item, {**_members_sent(at), **changes}, before=at.items[item_id])
        new_id = at.resource.id_of(item) if at.resource.id_field else item_id
        if new_id is None:
            raise ChangeRejectedError(f"{at.resource.id_field} is required.", 400, 422)
        if new_id != item_id and new_id in at.items:
            raise ChangeRejectedError(f"{at.resource.id_field} {new_id} already exists.", 409, 400, 422)
        changed = {
            new_id if name == item_id else name: item if name == item_id else value for name, value in at.items.items()
        }
        at.items.clear()
        at.items.update(changed)
        resource, parents = at.main
        if sent:
            self._nested.forget_below(resource, at.call.session, parents, item_id, sent)
        if new_id != item_id:
            self._nested.move_below(resource, at.call.session, parents, item_id, new_id)
            if item_id in at.stored.created:
                at.stored.created.symmetric_difference_update((item_id, new_id))
        return self._item(at, item, f"stateful: changed {new_id}")

    def _delete(self, at: _Access) -> Reply:
        item_id = _changeable(at)
        item = self._shown(at, at.items[item_id])
        self._forget(at, item_id)
        if other := self._memberships.get(at.resource.path):
            self._flagged(at, item_id, other, is_member=False)
        return self._with_body(at, item, f"stateful: deleted {item_id}")

    def _clear(self, at: _Access) -> Reply:
        """Delete all items of a collection that the caller may view."""
        visible = at.call.caller.resource_ids
        for item_id in [each for each in at.own_items if visible is None or each in visible]:
            self._forget(at, item_id)
        status, response = usual(at.operation)
        if response is None:
            return Reply(status, self._responses.headers(""), b"", "stateful: deleted all")
        return self._responses.documented(at.operation, response, status, at.call, "stateful: deleted all")

    def _replaced_list(self, operation: Operation, call: Call) -> Reply | None:
        """The reply to a PUT of a whole list: of a collection, or of an array of the item above (`/orders/{id}/lines`).

        None where the body is not a list, or belongs to neither.
        """
        sent = requests.value_of_body(operation, call)
        path, _, last = operation.path.rstrip("/").rpartition("/")
        resource, action = self._resource_read_at(f"{path}/{last}")
        if not isinstance(sent, list):
            return None
        if resource and action == "list":
            changed = self._with_all(self._access(resource, operation, call), sent)
        else:
            resource, _ = self._resource_read_at(path)
            named = [each for each in resource.properties() if plain_name(each) == plain_name(last)] if resource else []
            if resource is None or not named:
                return None
            at = self._access(resource, operation, call)
            item_id = values_of(operation, call)[len(at.parents)]
            at.stored.join(item_id)
            self._changed(at, item_id, {**self._shown(at, at.items[item_id]), named[0]: sent}, {named[0]: sent})
            changed = at.items[item_id][named[0]]
        status, response = usual(operation)
        media = _accepted(response, call)
        rule = "stateful: replaced a list"
        if response and media and media.is_valid(changed):
            return self._responses.body(status, response, media, changed, rule, call)
        if response and media:
            return self._responses.documented(operation, response, status, call, rule)
        return Reply(status, self._responses.headers("", response, Context(status, call=call)), b"", rule)

    def _with_all(self, at: _Access, sent: list[Any]) -> list[Any]:
        """The items of a collection after those that were sent took the place of all others."""
        before = {item_id: self._shown(at, item) for item_id, item in at.own_items.items()}
        for item_id in before:
            self._forget(at, item_id)
        for number, each in enumerate(sent):
            if isinstance(each, dict):
                own = _writable(at.resource, each)
                known = before.get(at.resource.id_of(each) or "")
                made = known or lean(at.resource, f"={number}", at.parents, self._seed)
                item_id, item = with_id(at.resource, made | own, at.items, self._seed)
                self._add(at, item_id, item, own)
        return [self._shown(at, item) for item in at.own_items.values()]

    def _resource_read_at(self, path: str) -> tuple[Resource | None, str]:
        """The resource that is read at a path, and whether that lists it or reads one of its items."""
        for each in self._contract.operations.values():
            if each.method == "GET" and each.path.rstrip("/") == path and each.id in self._resources:
                return self._resources[each.id]
        return None, ""

    def _changed_below(self, operation: Operation, call: Call) -> Reply | None:
        """The item that an operation below its path changes and returns (`POST /products/{id}/image`), if any.

        PUT and PATCH change the members that they send.
        """
        at = self._above(operation, call)
        if at is None:
            return None
        item_id = values_of(operation, call)[len(at.parents)]
        if operation.method in ("PUT", "PATCH"):
            sent = self._with_related(at, _writable(at.resource, _object(at)))
            sent.pop(at.resource.id_field, None)
            return self._changed(at, item_id, merged(self._shown(at, at.items[item_id]), sent, at.resource), sent)
        if "409" in operation.responses and actions.is_done(at.resource.media, at.items[item_id], operation.path):
            raise ChangeRejectedError("This has already been done.", 409)
        file = requests.of_file(operation, call)
        changed = with_file(at.items[item_id], file, at.resource.media)
        body = requests.value_of_body(operation, call) if call.body else None
        at.items[item_id] = actions.acted(at.resource.media, changed, operation.path, body)
        return self._item(at, at.items[item_id], f"stateful: {operation.method} below {item_id}")

    def _above(self, operation: Operation, call: Call) -> _Access | None:
        """The resource above an operation whose item it changes and returns; None where it returns something else."""
        media = _accepted(usual(operation)[1], call)
        read = self._changed_item(operation, media) if media else self._read_above(operation)
        if read is None or read.id not in self._resources:
            return None
        at = self._access(self._resources[read.id][0], operation, call)
        item_id = values_of(operation, call)[len(at.parents)]
        at.stored.join(item_id)
        if item_id not in at.items:
            raise not_found()
        return at

    def _changed_item(self, operation: Operation, media: MediaType) -> Operation | None:
        """The read of the item that an operation below its path changes and returns, or the list that has it."""
        read = relations.changed_item(self._contract, operation, media)
        is_below = not operation.path.rstrip("/").endswith("}")
        return list_of_item(self._contract, operation, media) if read is None and is_below else read

    def _read_above(self, operation: Operation) -> Operation | None:
        """The read of the item that an operation without content acts on: `POST /orders/{id}/cancel`."""
        above = operation.path.rstrip("/").rpartition("/")[0]
        is_action = operation.method == "POST" and above.endswith("}") and operation.id not in self._resources
        found = (each for each in self._contract.operations.values() if each.method == "GET")
        return next((each for each in found if each.path.rstrip("/") == above), None) if is_action else None

    def _shown(self, at: _Access, item: dict[str, Any]) -> dict[str, Any]:
        resource, parents = at.main
        return self._nested.shown(resource, at.call.session, parents, item)

    def _item(self, at: _Access, item: dict[str, Any], rule: str, status: int | None = None) -> Reply:
        """The success response for an item. `status`: a documented one; else the usual success."""
        return self._with_body(at, self._shown(at, item), rule, status)

    def _with_body(self, at: _Access, item: dict[str, Any], rule: str, status: int | None = None) -> Reply:
        """Without a body, with the item or one above it, or with another body that shares fields."""
        call = at.call
        if above := self._above(at.operation, call):
            at, item = above, self._shown(above, above.items[values_of(at.operation, call)[len(above.parents)]])
        status, response = (status, at.operation.response(status)) if status else usual(at.operation)
        media = _accepted(response, call)
        if response is None or media is None:
            return Reply(status, self._responses.headers("", response, Context(status, item, call=call)), b"", rule)
        if is_file(media_types.essence(media.name)):  # The members of the item say nothing of its content.
            return self._responses.generated(at.operation, response, status, media, call, rule=rule)
        whole = at.resource.body_of(item, media, seed=self._seed)
        if media.schema is None or media.is_valid(whole):
            return self._responses.body(status, response, media, whole, rule, call)
        other = bodies.body(media, seed=self._seed, key=rule)
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


def _summed(media: MediaType, item: dict[str, Any], sent: Any) -> dict[str, Any]:
    """An item with the totals of what it has, where its schema allows them. `sent`: what the client sent of it."""
    summed: dict[str, Any] = agreement.summed(item, sent)
    return summed if summed is item or media.is_valid(summed) else item


def _known(at: _Access) -> str:
    parameter, visible = at.resource.parameter, at.call.caller.resource_ids
    item_id = at.call.path_values.get(parameter) or at.resource.id_of(_object(at))
    if item_id is None:  # PUT to a collection, of all of it.
        raise NotAnItemError
    item = at.stored.find(item_id)
    if item is None or not at.has(item) or (visible is not None and item_id not in visible):
        raise not_found()
    return item_id


def _changeable(at: _Access) -> str:
    """The ID of the item that a call changes."""
    item_id = _known(at)
    at.stored.join(item_id)
    return item_id


def _object(at: _Access) -> dict[str, Any]:
    """The item in the body of a request."""
    call = at.call
    value = call.json if call.body else {}
    if not isinstance(value, dict):
        value = requests.value_of_body(at.operation, call)
    if not isinstance(value, dict) and requests.of_file(at.operation, call)[1]:
        value = {}  # The body is a file.
    if not isinstance(value, dict):
        raise NotAnItemError
    return value if at.resource.item_envelope in at.resource.properties() else dict(at.resource.item_of(value))


def _members_sent(at: _Access) -> dict[str, Any]:
    """The members of the body of a request, also those that the item does not have; none for a list of changes."""
    with contextlib.suppress(NotAnItemError):
        return _object(at)
    return {}


def _writable(resource: Resource, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a body that clients may write and read again. Undeclared members are dropped."""
    excluded = resource.read_only() | resource.write_only()
    properties = resource.properties()
    found = with_objects(sent, properties, resource.media.schemas)
    return {name: value for name, value in found.items() if name in properties and name not in excluded}


def _is_example(operation: Operation, name: str, value: Any) -> bool:
    """Whether an example of the body of a request has this member."""
    for media in operation.request_media.values():
        examples = [example.value for example in media.examples.values()]
        examples += [given(media.schema, media.schemas.resolve)] if media.schema else []
        part = media.member(name)
        is_own = part is not None and given(part.schema, part.schemas.resolve) == value
        if is_own or any(isinstance(each, dict) and each.get(name) == value for each in examples):
            return True
    return False


def _accepted(response: DocumentedResponse | None, call: Call) -> MediaType | None:
    return main_media(response, call.header("accept")) if response else None
