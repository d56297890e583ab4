"""Generated bodies that agree with reads and lists: the same item has the same values wherever it is."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from flowcontract.openapi.model import MediaType, Operation
from flowcontract.openapi.values import agreement, money
from flowmock.examples.sent_values import over
from flowmock.generation import actions, relations
from flowmock.generation.new_items import changed_now
from flowmock.messages import Call, Reply
from flowmock.operations.path_examples import requested_id
from flowmock.operations.related import RelatedOperations
from flowmock.operations.success import Success, parsed
from flowmock.resources import bulk, current_user, transitions
from flowmock.validation import requests


class GeneratedBodies:
    """The generated bodies of one operation."""

    def __init__(self, success: Success, related: RelatedOperations, *, dynamic: bool) -> None:
        """`dynamic`: nothing agrees, and the examples of schemas are not served either."""
        self._success = success
        self._operation = success.operation
        self._related = related
        self._dynamic = dynamic

    def reply(self, call: Call, media: MediaType) -> Reply:
        """The success with a generated body of a media type."""
        success = self._success
        assert success.documented
        reply = success.responses.generated(
            self._operation,
            success.documented,
            success.status,
            media,
            call,
            examples=not self._dynamic,
            adjusted=None if self._dynamic else self._adjustment(call, media),
        )
        if self._dynamic or not media.is_json:
            return reply
        reply = self._moved(self._with_sent_items(reply, call, media), call, media)
        reply = self._of_selected(reply, call, media)
        return self._of_current_user(reply, call, media)

    def _moved(self, reply: Reply, call: Call, media: MediaType) -> Reply:
        """The reply with an item that has the status that the request names."""
        success = self._success
        read = success.documented and success.responses.changed_item(self._operation, success.documented, media)
        lists = self._related.lists() if read and call.body else None
        resource, _ = lists.related.by_operation.get(read.id, (None, "")) if lists and read else (None, "")
        move = transitions.requested(self._operation, call, resource) if resource else None
        body = parsed(reply.body) if move else None
        if lists is None or resource is None or move is None or not isinstance(body, dict) or move.member not in body:
            return reply
        sent = requests.value_of_body(self._operation, call)
        moved = lists.transitions.moved(resource, body, move, sent, self._current_user(call))
        changed = changed_now(media, moved, {move.member})
        return self._success.body(media, changed, reply.rule, call) if media.is_valid(changed) else reply

    def _of_selected(self, reply: Reply, call: Call, media: MediaType) -> Reply:
        """The reply with what happened to the items whose IDs the request lists."""
        references = self._related.lists().related.references if self._operation.method != "GET" and call.body else None
        chosen = bulk.selected(self._operation, call, references) if references else None
        if references is None or chosen is None:
            return reply
        resource, seed = chosen.resource, self._success.responses.seed
        outcome = bulk.Outcome(chosen.ids, {}, lambda item_id: references.item(resource, item_id))
        body = bulk.reported(parsed(reply.body), media, chosen, outcome, seed)
        return self._success.body(media, body, reply.rule, call) if media.is_valid(body) else reply

    def _current_user(self, call: Call) -> Any:
        """The body of the read by which a caller reads about itself; None for none."""
        read = self._related.lists().related.read_of_current_user
        return self._related.body(read, current_user.asking(call)) if read else None

    def _of_current_user(self, reply: Reply, call: Call, media: MediaType) -> Reply:
        """The reply to a login with the current user, and to a creation with what this user created.

        Nothing is below what was created yet.
        """
        lists = self._related.lists() if self._operation.method == "POST" else None
        made = parsed(reply.body) if lists else None
        if lists is None or not isinstance(made, dict):
            return reply
        read = lists.related.read_of_current_user
        user = self._current_user(call)
        value = requests.value_of_body(self._operation, call)
        sent = value if isinstance(value, dict) else {}
        name = current_user.in_login(self._operation, media, read)
        part = media.member(name) if name else None
        body = made
        if part and isinstance(user, dict):
            body = {**made, name: over(user, sent, part)}
        elif lists.related.creates(self._operation):
            body = lists.new(self._operation, current_user.created_by(made, user, media, sent))
        return reply if body == made or not media.is_valid(body) else self._success.body(media, body, reply.rule, call)

    def _adjustment(self, call: Call, media: MediaType) -> Callable[[Any], Any] | None:
        """What makes a generated body agree with other operations; None for nothing."""
        success, responses = self._success, self._success.responses
        assert success.documented
        if success.is_of_item and media.is_json:
            return partial(self._related.lists().reads.referring, self._operation, call)
        if read := responses.changed_item(self._operation, success.documented, media):
            return partial(self._as_read, read, call, media)
        if listed := responses.list_of_item(self._operation, success.documented, media):
            return partial(self._as_listed, listed, call, media)
        if success.is_of_change and self._operation.method != "POST" and media.is_json:
            return partial(self._as_below_others, call, media)
        if success.is_of_list and media.is_json and "{" not in self._operation.path:
            return partial(self._related.lists().referring, self._operation, media=media)
        return None

    def _as_read(self, read: Operation, call: Call, media: MediaType, made: Any) -> Any:
        """The body that the read of a changed item gives; `made` where it gives none."""
        body = self._related.body(read, call)
        if not isinstance(body, dict) or not media.is_valid(body):
            return made
        return self._acted(media, body, call, read)

    def _as_listed(self, listed: Operation, call: Call, media: MediaType, made: Any) -> Any:
        """The body of a changed item as its list has it; `made`, with the ID of the path, where it has none."""
        path = self._operation.path[: self._operation.path.rindex("}") + 1]
        item_id = requested_id(path, call)
        is_sent = self._success.is_of_change
        item = self._related.lists().reads.item_above(listed, call, item_id) if is_sent else None
        body = item if item and media.is_valid(item) else relations.with_id(made, path, item_id, media)
        return self._acted(media, body, call, listed)

    def _as_below_others(self, call: Call, media: MediaType, made: Any) -> Any:
        """The body of a changed item without a read as the list below another item has it; `made` where none has."""
        item = self._related.lists().reads.item(self._operation, call)
        return item if item and media.is_valid(item) else made

    def _acted(self, media: MediaType, body: Any, call: Call, read: Operation) -> Any:
        """An item after the action of the operation, if it is one. `read`: that of the item, or the list that has it.

        What is never remembered becomes what the action says, whatever it was.
        """
        if self._operation.method != "POST" or not isinstance(body, dict):
            return body
        sent = requests.value_of_body(self._operation, call) if call.body else None
        lists = self._related.lists()
        resource, _ = lists.related.by_operation.get(read.id, (None, ""))
        member, following = lists.transitions.of_action(self._operation, resource, body) if resource else ("", {})
        statuses = {member: following.get(str(body.get(member)), next(iter(following.values())))} if following else {}
        return actions.acted(media, body, self._operation.path, sent, statuses)

    def _with_sent_items(self, reply: Reply, call: Call, media: MediaType) -> Reply:
        """The reply with the objects as their reads give them whose IDs the client sent, in the body or path above."""
        in_path = set(call.path_values.values())
        if not self._success.is_of_change or not (call.body or in_path):
            return reply
        value = requests.value_of_body(self._operation, call)
        sent = in_path.union(_sent_ids(value))

        def read(operation: Operation, parameter: str, item_id: str) -> Any:
            values = {parameter: item_id}
            return self._related.body(operation, replace(call, path_values=values)) if item_id in sent else None

        made = parsed(reply.body)
        lists = self._related.lists()
        embedded = lists.embedded(read, sent)
        found = [embedded.within(made, whole=whole) for whole in (False, True)]
        choices = [*(money.in_currency_of_parts(each, made) for each in found), *found]
        body = next(filter(media.is_valid, choices), made)
        if body == made:
            return reply
        summed = agreement.summed(body, value)
        body = lists.within(summed if media.is_valid(summed) else body, media)
        return self._success.body(media, body, reply.rule, call)


def _sent_ids(value: Any) -> Iterator[str]:
    """The texts and numbers in a body, as texts, but for the ID of an object that was sent as a whole."""
    if isinstance(value, list):
        for each in value:
            yield from _sent_ids(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            if name != "id" or len(value) == 1:
                yield from _sent_ids(each)
    elif isinstance(value, str | int):
        yield str(value)
