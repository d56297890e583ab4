"""Memberships whose items hold those of another collection: `PUT /me/subscriptions/{show_id}` with a `show` each."""

from dataclasses import dataclass
from functools import cached_property

from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType, Operation
from flowcontract.openapi.values.names import snake_case
from flowmock.examples.sent_values import over
from flowmock.generation import bodies
from flowmock.generation.new_items import created
from flowmock.messages import Call, Reply
from flowmock.resources.discovery import list_alone
from flowmock.resources.model import Resource
from flowmock.resources.references import part_of
from flowmock.stateful.access import Access, Collections
from flowmock.stateful.item_responses import ItemResponses
from flowmock.stateful.nested import values_of
from flowmock.stateful.reads import Reads
from flowmock.stateful.rejections import not_found
from flowmock.stateful.sent_items import members_in
from flowmock.stateful.store import Name, Store, StoredItems
from flowmock.validation import requests


@dataclass(frozen=True, slots=True)
class _Membership:
    """A list whose items hold items of another collection."""

    listed: Resource
    member: str
    """The member of its items with the item of the other collection."""
    part: MediaType
    """That of this member."""
    other: Resource


class WrappedMemberships:
    """The memberships of one contract whose items hold those of others."""

    def __init__(
        self, contract: Contract, collections: Collections, store: Store, reads: Reads, shown: ItemResponses
    ) -> None:
        self._contract = contract
        self._collections = collections
        self._store = store
        self._reads = reads
        self._shown = shown

    @cached_property
    def _by_operation(self) -> dict[str, _Membership]:
        operations = self._contract.operations.values()
        found: dict[str, _Membership] = {}
        for listed in [each for each in operations if each.method == "GET"]:
            path = listed.path.rstrip("/")
            below = [each for each in operations if each.path.rstrip("/").rpartition("/")[0] == path]
            on_item = [
                each for each in below if each.path.rstrip("/").endswith("}") and each.method in ("PUT", "DELETE")
            ]
            is_known = any(each.id in self._collections.related.by_operation for each in on_item)
            has_create = any(each.path.rstrip("/") == path and each.method == "POST" for each in operations)
            if on_item and not is_known and not has_create and (membership := self._membership(listed, on_item[0])):
                found |= {each.id: membership for each in (listed, *on_item)}
        return found

    def _membership(self, listed: Operation, on_item: Operation) -> _Membership | None:
        resource = list_alone(self._contract, listed)
        parameter = snake_case(on_item.path.rstrip("/").rpartition("/")[2][1:-1])
        for name in resource.properties() if resource else ():
            other = self._collections.related.references.collection(name)
            other = None if other and self._collections.related.references.above(other) else other
            part = resource.media.member(name) if resource else None
            is_object = part is not None and not part.is_valid("") and not part.is_valid(0)
            if resource and other and part and is_object and parameter in other.names_of_id():
                return _Membership(resource, name, part, other)
        return None

    def has(self, operation: Operation) -> bool:
        """Whether an operation is one of such a membership."""
        return operation.id in self._by_operation

    def reply(self, operation: Operation, call: Call) -> Reply | None:
        """The reply to an operation of a membership; None for any other one. Raises ChangeRejectedError."""
        membership = self._by_operation.get(operation.id)
        if membership is None:
            return None
        values = values_of(operation, call)
        parents = values if operation.method == "GET" else values[:-1]

        def initial() -> StoredItems:
            items = self._collections.initial_list(membership.listed, parents) or ()
            held = [(each.get(membership.member), each) for each in items]
            ids = {membership.other.id_of(other): each for other, each in held if isinstance(other, dict)}
            return StoredItems({item_id: each for item_id, each in ids.items() if item_id is not None})

        stored = self._store.items(Name(call.session, membership.listed.path, parents), initial)
        at = Access(membership.listed, operation, call, parents, stored)
        self._update(membership, at)
        if operation.method == "GET":
            return self._reads.list_items(at)
        return self._remove(at) if operation.method == "DELETE" else self._put(membership, at)

    def _update(self, membership: _Membership, at: Access) -> None:
        """Have the members hold the items of the other collection as they are now, without those that are gone."""
        other = self._collections.access(membership.other, at.operation, at.call)
        for item_id in [*at.items]:
            held = other.stored.find(item_id)
            if held is None:
                del at.items[item_id]
            else:
                part = part_of(membership.part, self._collections.listed(other, held))
                at.items[item_id] = at.items[item_id] | {membership.member: part}

    def _put(self, membership: _Membership, at: Access) -> Reply:
        """Add or change a member."""
        media, item_id, is_new = at.resource.media, at.id_in_path, at.id_in_path not in at.items
        if self._collections.stored(membership.other, at.call).find(item_id) is None:
            raise not_found()
        sent = requests.with_defaults(at.operation, at.call, members_in(at))
        made = bodies.body(media, seed=self._collections.seed, key=f"{at.resource.path} {item_id}") if is_new else None
        before = created(media, made, sent) if isinstance(made, dict) else at.items.get(item_id, {})
        at.items[item_id] = over(before, sent, media)
        self._update(membership, at)
        status = 201 if is_new else 200
        rule = f"stateful: {'added' if is_new else 'changed'} {item_id}"
        return self._shown.showing(at, at.items[item_id], rule, status if at.operation.response(status) else None)

    def _remove(self, at: Access) -> Reply:
        item = at.items.pop(at.id_in_path, None)
        if item is None and "404" in at.operation.responses:
            raise not_found()
        return self._shown.showing(at, item or {}, f"stateful: removed {at.id_in_path}")
