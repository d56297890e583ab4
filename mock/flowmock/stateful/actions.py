"""Operations below an item that change and return it: `POST /orders/{id}/cancel`, `PATCH /products/{id}/stock`."""

from collections.abc import Callable
from typing import Any

from flowcontract.openapi import pointers
from flowcontract.openapi.model import Operation
from flowcontract.openapi.path_templates import nameless
from flowmock.examples.merge_patch import merged
from flowmock.examples.sent_values import with_file
from flowmock.generation import actions
from flowmock.messages import Call, Reply
from flowmock.resources import transitions
from flowmock.resources.current_user import asking
from flowmock.stateful import versions
from flowmock.stateful.access import Access, Collections
from flowmock.stateful.changes import Changes
from flowmock.stateful.item_responses import ItemResponses
from flowmock.stateful.items import owned, with_id
from flowmock.stateful.items_above import ItemsAbove
from flowmock.stateful.rejections import ChangeRejectedError
from flowmock.stateful.sent_items import SentItems, members_in
from flowmock.validation import requests


class Actions:
    """The operations of one contract on items above them."""

    def __init__(
        self,
        collections: Collections,
        above: ItemsAbove,
        sent: SentItems,
        shown: ItemResponses,
        changes: Changes,
        moves: transitions.Transitions,
        read: Callable[[Operation, Call], Any],
    ) -> None:
        """`read`: gives the body of a read of the contract; None for none."""
        self._collections = collections
        self._above = above
        self._sent = sent
        self._shown = shown
        self._changes = changes
        self._transitions = moves
        self._read = read

    def move(self, operation: Operation, call: Call) -> Reply | None:
        """The response with an item that has the status that a request names; None for any other operation.

        Raises ChangeRejectedError where the status cannot follow, or where something is missing that it requires.
        """
        at = self._above.changed_by(operation, call) if call.body else None
        move = transitions.requested(operation, call, at.resource) if at else None
        return self._move(at, move) if at and move else None

    def act(self, operation: Operation, call: Call) -> Reply | None:
        """The response with the changed item; None for an operation that changes none. Raises ChangeRejectedError.

        PUT and PATCH change the members that they send.
        """
        at = self._above.changed_by(operation, call)
        if at is None:
            return None
        return self._update(at) if operation.method in ("PUT", "PATCH") else self._act(at)

    def _move(self, at: Access, move: transitions.Move) -> Reply:
        item_id = at.id_in_path
        sent = members_in(at)
        before = self._collections.shown(at, at.items[item_id])
        versions.check(at, before, sent)
        documented = _conflicts(at.operation)
        if documented and not self._transitions.is_possible(at.resource, before, move):
            message = f"The transition from {before.get(move.member)} to {move.value} is not allowed."
            raise ChangeRejectedError(message, *documented, current=before)
        if lacking := transitions.lacking(at.operation, move, sent):
            raise ChangeRejectedError(
                f"{lacking} is required for {move.value}.", 422, 400, 409, field=pointers.join(lacking)
            )
        after = self._transitions.moved(at.resource, before, move, sent, self._read_user(at.call))
        changed = {name: value for name, value in after.items() if value != before.get(name)}
        reply = self._changes.change(at, item_id, after, changed)
        self._record_below(at, item_id, before.get(move.member), move)
        return reply

    def _record_below(self, at: Access, item_id: str, before: object, move: transitions.Move) -> None:
        """Add a change of a status to the history of an item that is a list below it."""
        (resource, parents), seed = at.main, self._collections.seed
        for below in self._collections.related.all if before != move.value else ():
            if nameless(below.above) != nameless(resource.path):
                continue
            user = self._read_user(at.call)
            entry = self._transitions.entry_below(below, resource, before, move, members_in(at), user)
            if entry is not None:
                above = (*parents, item_id)
                stored = self._collections.nested.at(below, at.call.session, above)
                own_id = {below.id_field: None} if below.id_field else {}
                entry_id, entry = with_id(below, entry | own_id, stored.items, seed, above)
                stored.items[entry_id] = owned(below, entry, above)
                stored.created.add(entry_id)

    def _read_user(self, call: Call) -> object:
        read = self._collections.related.read_of_current_user
        return self._read(read, asking(call)) if read else None

    def _update(self, at: Access) -> Reply:
        item_id = at.id_in_path
        sent = self._sent.of(at)
        sent.pop(at.resource.id_field, None)
        before = self._collections.shown(at, at.items[item_id])
        self._changes.check_status(at, before)
        versions.check(at, before, members_in(at))
        sent = {name: value for name, value in sent.items() if name not in set(versions.locks(at))}
        return self._changes.change(at, item_id, merged(before, sent, at.resource.media), sent)

    def _act(self, at: Access) -> Reply:
        operation, call, media, item_id = at.operation, at.call, at.resource.media, at.id_in_path
        before = at.items[item_id]
        self._changes.check_status(at, before)
        versions.check(at, before, members_in(at))
        if "409" in operation.responses and actions.is_done(media, before, operation.path):
            raise ChangeRejectedError("This has already been done.", 409)
        member, following = self._transitions.of_action(operation, at.resource, before)
        status = str(before[member]) if before.get(member) is not None else ""
        if status and status not in following and (documented := _conflicts(operation)):
            message = f"{member} is {status}; this is only possible from {' or '.join(sorted(following))}."
            raise ChangeRejectedError(message, *documented, current=before)
        changed = with_file(before, requests.of_file(operation, call), media)
        body = requests.value_of_body(operation, call) if call.body else None
        becoming = {member: following[status]} if status in following else {}
        after = actions.acted(media, changed, operation.path, body, becoming)
        if becoming:
            move = transitions.Move(member, after[member], "")
            after = self._transitions.recorded(at.resource, after, status, move, members_in(at), self._read_user(call))
            self._record_below(at, item_id, status, move)
        at.items[item_id] = after
        return self._shown.of(at, at.items[item_id], f"stateful: {operation.method} below {item_id}")


def _conflicts(operation: Operation) -> list[int]:
    """The documented statuses of error responses to changes that are not possible now."""
    return [status for status in (409, 422) if str(status) in operation.responses]
