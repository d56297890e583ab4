"""What a creation does: it adds an item to a collection, and says where it is."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from flowcontract.openapi.model import DocumentedResponse, MediaType, Operation
from flowcontract.openapi.values import agreement
from flowcontract.openapi.values.names import words
from flowmock.examples.headers import admits, places
from flowmock.examples.responses import usual
from flowmock.examples.sent_values import best, with_file
from flowmock.generation.new_items import created_now, new, with_its_end, without_unsent
from flowmock.messages import Call, Reply
from flowmock.resources import own_values, variety
from flowmock.resources.current_user import asking, created_by
from flowmock.resources.natural_keys import keys_in
from flowmock.resources.references import Item
from flowmock.resources.transitions import Transitions
from flowmock.stateful import replies, store, uniqueness
from flowmock.stateful.access import Access, Collections
from flowmock.stateful.item_responses import ItemResponses
from flowmock.stateful.items import lean, owned, summed, valid, with_id, with_nested_defaults
from flowmock.stateful.rejections import ChangeRejectedError
from flowmock.stateful.sent_items import SentItems, is_example, members_in, object_in
from flowmock.validation import requests


class Creations:
    """The creations of items of one contract."""

    def __init__(
        self,
        collections: Collections,
        sent: SentItems,
        shown: ItemResponses,
        read: Callable[[Operation, Call], Any],
        moves: Transitions,
    ) -> None:
        """`read`: gives the body of a read of the contract; None for none."""
        self._read = read
        self._transitions = moves
        self._collections = collections
        self._sent = sent
        self._shown = shown

    def create(self, at: Access) -> Reply:
        """Create what a client sent. Raises ChangeRejectedError."""
        resource, seed = at.resource, self._collections.seed
        if at.call.caller.resource_ids is not None:
            raise ChangeRejectedError("You do not have permission to create this.", 403)
        body = object_in(at)
        created = [each for item_id, each in at.items.items() if item_id in at.stored.created]
        initial = [each for item_id, each in at.items.items() if item_id not in at.stored.created]
        uniqueness.check(at.operation, body, created, initial)
        self.check_references(at, body)
        parent_id = _parent(at, body)
        sent = self._sent.of(at, defaults=True)
        made = lean(resource, f"+{len(at.taken)}", at.parents, seed)
        item_id, item = with_id(resource, made | sent, at.taken, seed, at.parents)
        if item_id in at.items:
            raise ChangeRejectedError(f"{resource.id_field} {item_id} already exists.", 409, 400, 422)
        self.add(at, item_id, item, sent)
        if parent_id is not None:
            replies.join(resource, at.stored, item_id, parent_id)
        status = 201 if "201" in at.operation.responses else None
        reply = self._shown.of(at, at.items[item_id], f"stateful: created {item_id}", status)
        response = at.operation.response(status) if status else usual(at.operation)[1]
        return _with_location(reply, response, at.call, item_id)

    def create_by_put(self, at: Access, item_id: str) -> Reply:
        """Create an item under the ID that the client chose, where the contract documents 201 (RFC 9110, 9.3.4)."""
        resource, seed = at.resource, self._collections.seed
        own_id = int(item_id) if resource.has_integer_ids() and item_id.isdecimal() else item_id
        sent = self._sent.of(at, defaults=True)
        item = lean(resource, item_id, at.parents, seed) | sent
        member = resource.media.member(resource.id_field)
        if member is None or member.is_valid(own_id):
            item[resource.id_field] = own_id
        else:  # The path takes names of items, too.
            item_id, item = with_id(resource, item, at.taken, seed)
        self.add(at, item_id, item, sent)
        return self._shown.of(at, at.items[item_id], f"stateful: created {item_id}", status=201)

    def check_references(self, at: Access, body: Mapping[str, Any]) -> None:
        """Raises ChangeRejectedError for a body that refers to an item that does not exist, if that is documented.

        IDs in examples exist for their authors. 404 says that something does not exist; what clients have deleted may
        be a conflict or invalid as well.
        """
        for name, item_id in _ids_in(body):
            resource = self._collections.related.references.named(name.removesuffix("s"))
            if resource is None or not resource.operations.keys() & {"list", "read"}:
                continue
            is_deleted = self._collections.has_deleted(resource, item_id, at.call)
            statuses = (404, 409, 422, 400) if is_deleted else (404,)
            is_known = self._collections.find(resource, item_id, at.call) or is_example(at.operation, name, body[name])
            if not is_known and any(str(status) in at.operation.responses for status in statuses):
                raise ChangeRejectedError(f"{name} {item_id} does not exist.", *statuses, missing=resource.path)

        for key in keys_in(body, self._collections.related.references, at.resource):
            is_listed = bool(key.resource.operations.keys() & {"list", "read"})
            item = self._collections.keyed(key, at.call)
            is_unknown = item is None and not is_example(at.operation, key.name, key.value)
            if is_listed and is_unknown and "404" in at.operation.responses:
                raise ChangeRejectedError(f"{key.name} {key.value} does not exist.", 404, missing=key.resource.path)

    def add(self, at: Access, item_id: str, item: Item, sent: Item) -> None:
        """Add an item to a collection as a new one. `sent`: the members that the client sent."""
        media, seed = at.resource.media, self._collections.seed
        if media.alternatives() and not media.is_valid(item):  # Which one it is depends on what was sent.
            own_id = {name: value for name, value in item.items() if name == at.resource.id_field}
            item = best(item, sent, media, seed) | own_id
        whole = with_nested_defaults(at.resource, valid(media, with_nested_defaults(at.resource, item), seed))
        known = {*sent, *members_in(at)}
        item = without_unsent(at.operation, media, self._beginning(at, whole, sent), known, is_first=not at.own_items)
        item = own_values.next_free(at.resource, item, (*at.items.values(), *at.stored.offered.values()), sent)
        made = with_file(item, requests.of_file(at.operation, at.call), media)
        given = requests.with_defaults(at.operation, at.call, members_in(at))
        at.items[item_id] = with_its_end(media, _agreeing(media, made, sent), {**sent, **given})
        at.stored.created.add(item_id)
        if len(at.items) > store.MAX_ITEMS:
            self._collections.forget(at, next(iter(at.items)))

    def _beginning(self, at: Access, item: Item, sent: Collection[str]) -> Item:
        """A new item that is in its first state and refers to others that exist, where the client sent nothing else."""
        (referring,) = self._collections.related.references.set(at.resource, [item])
        begun = owned(at.resource, variety.beginning(at.resource, referring), at.parents)
        begun |= {name: item[name] for name in sent if name in item}
        begun |= self._parent_id(at)
        begun = begun if at.resource.media.is_valid(begun) else item
        read = self._collections.related.read_of_current_user
        user = self._read(read, asking(at.call)) if read else None
        begun = created_by(begun, user, at.resource.media, sent)
        begun = self._collections.paired(at, new(at.resource.media, begun, sent), sent)
        following = self._transitions.begun(at.resource, self._transitions.following(at.resource, begun), user)
        return following | {name: begun[name] for name in sent if name in begun}

    def _parent_id(self, at: Access) -> Item:
        """The member of a new item with the ID of the item that it is below, where its collection is of others, too."""
        above = self._collections.stored(at.view.parent, at.call).find(at.parents[-1]) if at.view else None
        return {at.view.member: above.get(at.view.parent.id_field)} if at.view and above else {}


def _parent(at: Access, body: Mapping[str, Any]) -> str | None:
    """The ID of the item that a creation is a reply to; None for none. Raises ChangeRejectedError."""
    name = replies.member_of_parent(at.resource, body)
    if not name or body[name] is None:
        return None
    items = {item_id: item for item_id, item in at.items.items() if at.has(item)}
    found = replies.parent_of(at.resource, at.stored, items, body[name])
    if found is None and "404" in at.operation.responses and not is_example(at.operation, name, body[name]):
        raise ChangeRejectedError(f"{name} {body[name]} does not exist.", 404)
    return found


def _ids_in(body: Mapping[str, Any]) -> Iterator[tuple[str, str | int]]:
    """The IDs in a body, by their names: also those of `tag_ids`."""
    for name, value in body.items():
        is_list = words(name)[-1:] == ("ids",) and isinstance(value, list)
        for each in value if is_list else [value] if words(name)[-1:] == ("id",) else ():
            if isinstance(each, str | int) and not isinstance(each, bool):
                yield name, each


def _agreeing(media: MediaType, made: Item, sent: Item) -> Item:
    """A new item that was created now, and whose generated members and totals agree with what was sent."""
    generated = {name: value for name, value in made.items() if name not in sent}
    return summed(media, agreement.valid(created_now(media, made, sent), generated, media.is_valid), sent)


def _with_location(reply: Reply, response: DocumentedResponse | None, call: Call, item_id: str) -> Reply:
    """The reply with the path of what was created, where the response documents `Location`."""
    header = response.headers.get("location") if response else None
    if header is None:
        return reply
    path = f"{call.raw_path.rstrip('/')}/{quote(item_id, safe='')}{'/' if call.raw_path.endswith('/') else ''}"
    location = next((each for each in places(path, call) if admits(header, each)), path)
    others = tuple(pair for pair in reply.headers if pair[0].lower() != "location")
    return Reply(reply.status, (*others, ("Location", location)), reply.body, reply.rule)
