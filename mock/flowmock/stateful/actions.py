"""Operations below an item that change and return it: `POST /orders/{id}/cancel`, `PATCH /products/{id}/stock`."""

from flowcontract.openapi.model import Operation
from flowmock.examples.sent_values import with_file
from flowmock.generation import actions
from flowmock.messages import Call, Reply
from flowmock.stateful.access import Access, Collections
from flowmock.stateful.changes import Changes
from flowmock.stateful.item_responses import ItemResponses
from flowmock.stateful.items import merged
from flowmock.stateful.items_above import ItemsAbove
from flowmock.stateful.rejections import ChangeRejectedError
from flowmock.stateful.sent_items import SentItems
from flowmock.validation import requests


class Actions:
    """The operations of one contract on items above them."""

    def __init__(
        self, collections: Collections, above: ItemsAbove, sent: SentItems, shown: ItemResponses, changes: Changes
    ) -> None:
        self._collections = collections
        self._above = above
        self._sent = sent
        self._shown = shown
        self._changes = changes

    def act(self, operation: Operation, call: Call) -> Reply | None:
        """The response with the changed item; None for an operation that changes none. Raises ChangeRejectedError.

        PUT and PATCH change the members that they send.
        """
        at = self._above.changed_by(operation, call)
        if at is None:
            return None
        return self._update(at) if operation.method in ("PUT", "PATCH") else self._act(at)

    def _update(self, at: Access) -> Reply:
        item_id = at.id_in_path
        sent = self._sent.of(at)
        sent.pop(at.resource.id_field, None)
        before = self._collections.shown(at, at.items[item_id])
        return self._changes.change(at, item_id, merged(before, sent, at.resource), sent)

    def _act(self, at: Access) -> Reply:
        operation, call, media, item_id = at.operation, at.call, at.resource.media, at.id_in_path
        if "409" in operation.responses and actions.is_done(media, at.items[item_id], operation.path):
            raise ChangeRejectedError("This has already been done.", 409)
        changed = with_file(at.items[item_id], requests.of_file(operation, call), media)
        body = requests.value_of_body(operation, call) if call.body else None
        at.items[item_id] = actions.acted(media, changed, operation.path, body)
        return self._shown.of(at, at.items[item_id], f"stateful: {operation.method} below {item_id}")
