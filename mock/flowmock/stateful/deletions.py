"""What deletions do: of an item, and of all items of a collection."""

import re

from flowcontract.openapi.path_templates import nameless
from flowcontract.text import plain_name, plural
from flowmock.examples.responses import Responses, usual
from flowmock.messages import Reply
from flowmock.stateful.access import Access, Collections
from flowmock.stateful.changes import Changes
from flowmock.stateful.item_responses import ItemResponses
from flowmock.stateful.memberships import Memberships
from flowmock.stateful.rejections import ChangeRejectedError
from flowmock.stateful.sent_items import changeable_id

_EMPTY = (
    re.compile(r"\bonly\b[^.;]*?\b(?:without|with no|ha(?:s|ve|ving) no)\s+(?:any\s+)?(\w+)", re.IGNORECASE),
    re.compile(
        r"\b(?:cannot|can't|not (?:allowed|possible)|409)\b[^.;]*?\b(?:as long as|if|when|while)\b[^.;]*?"
        r"\b(?:contains?|ha(?:s|ve)|there are|with)\s+(?:still\s+)?(?:any\s+)?(\w+)",
        re.IGNORECASE,
    ),
)
"""What a description says of the collections below an item that prevent its deletion."""


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
        """Delete an item. Raises ChangeRejectedError where there is none, or where something does not allow it."""
        item_id = changeable_id(at)
        item = self._collections.shown(at, at.items[item_id])
        self._changes.check_status(at, item)
        self._check_below(at, item_id)
        self._collections.forget(at, item_id)
        self._memberships.leave(at, item_id)
        return self._shown.showing(at, item, f"stateful: deleted {item_id}")

    def _check_below(self, at: Access, item_id: str) -> None:
        """Raises ChangeRejectedError where a collection below an item has items, and a description says that only those
        without such items are deleted ("Only shows without episodes").
        """
        conflict, (resource, parents) = at.operation.responses.get("409"), at.main
        if conflict is None:
            return
        texts = (at.operation.summary, at.operation.description, conflict.description)
        nouns = {plain_name(found) for text in texts for rule in _EMPTY for found in rule.findall(text)}
        for below in self._collections.related.all if nouns else ():
            if nameless(below.above) == nameless(resource.path) and plain_name(below.name) in nouns:
                known = self._collections.nested.at(below, at.call.session, (*parents, item_id)).listed
                if known:
                    raise ChangeRejectedError(f"It has {plural(len(known), 'item')} in {below.name}.", 409)

    def clear(self, at: Access) -> Reply:
        """Delete all items of a collection that the caller may view."""
        visible = at.call.caller.resource_ids
        for item_id in [each for each in at.own_items if visible is None or each in visible]:
            self._collections.forget(at, item_id)
        status, response = usual(at.operation)
        if response is None:
            return Reply(status, self._responses.headers(""), b"", "stateful: deleted all")
        return self._responses.documented(at.operation, response, status, at.call, "stateful: deleted all")
