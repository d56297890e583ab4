"""What deletions do: of an item, and of all items of a collection."""

from flowmock.examples.responses import Responses, usual
from flowmock.messages import Reply
from flowmock.stateful.access import Access, Collections
from flowmock.stateful.changes import Changes
from flowmock.stateful.item_responses import ItemResponses
from flowmock.stateful.memberships import Memberships
from flowmock.stateful.sent_items import changeable_id


class Deletions:
    """The deletions of items of one contract."""

    def __init__(
        self,
        collections: Collections,
        shown: ItemResponses,
        memberships: Memberships,
        changes: Changes,
        responses: Responses,
    ) -> None:
        self._changes = changes
        self._collections = collections
        self._shown = shown
        self._memberships = memberships
        self._responses = responses

    def delete(self, at: Access) -> Reply:
        """Delete an item. Raises ChangeRejectedError where there is none, or where its status does not allow it."""
        item_id = changeable_id(at)
        item = self._collections.shown(at, at.items[item_id])
        self._changes.check_status(at, item)
        self._collections.forget(at, item_id)
        self._memberships.leave(at, item_id)
        return self._shown.showing(at, item, f"stateful: deleted {item_id}")

    def clear(self, at: Access) -> Reply:
        """Delete all items of a collection that the caller may view."""
        visible = at.call.caller.resource_ids
        for item_id in [each for each in at.own_items if visible is None or each in visible]:
            self._collections.forget(at, item_id)
        status, response = usual(at.operation)
        if response is None:
            return Reply(status, self._responses.headers(""), b"", "stateful: deleted all")
        return self._responses.documented(at.operation, response, status, at.call, "stateful: deleted all")
