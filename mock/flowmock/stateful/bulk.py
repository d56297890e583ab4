"""What operations on several items do, whose IDs a request lists: they change, move or delete those that exist."""

import orjson

from flowcontract.openapi.model import Operation
from flowcontract.openapi.values.names import words
from flowmock.examples.headers import Context
from flowmock.examples.merge_patch import merged
from flowmock.examples.responses import Responses, accepted_media, usual
from flowmock.generation import actions
from flowmock.messages import Call, Reply
from flowmock.resources import bulk, transitions
from flowmock.resources.model import Resource
from flowmock.resources.references import Item
from flowmock.stateful.access import Access, Collections
from flowmock.stateful.changes import Changes
from flowmock.stateful.creations import Creations
from flowmock.stateful.rejections import ChangeRejectedError, not_found
from flowmock.stateful.sent_items import SentItems, object_in

_DELETES = frozenset({"delete", "remove", "destroy", "purge"})
"""Words of paths."""


class BulkOperations:
    """The operations of one contract on several items."""

    def __init__(
        self,
        collections: Collections,
        sent: SentItems,
        creations: Creations,
        changes: Changes,
        moves: transitions.Transitions,
        responses: Responses,
    ) -> None:
        self._collections = collections
        self._sent = sent
        self._creations = creations
        self._changes = changes
        self._transitions = moves
        self._responses = responses

    def reply(self, operation: Operation, call: Call) -> Reply | None:
        """The response that says what was done with each item; None for any other operation.

        Raises ChangeRejectedError for an unknown ID that the response has no room for.
        """
        related = self._collections.related
        chosen = bulk.selected(operation, call, related.references)
        if chosen is None or operation.id in related.by_operation or not self._is_kept(chosen.resource):
            return None
        at = self._collections.access(chosen.resource, operation, call)
        others = {name: each for name, each in object_in(at).items() if name != chosen.member}
        self._creations.check_references(at, others)
        status, response = usual(operation)
        media = accepted_media(response, call)
        outcome = self._done(at, chosen, others, has_failures=bulk.reports_failures(media))
        rule = f"stateful: {len(outcome.done)} of {len(chosen.ids)} items"
        if response is None or media is None or not media.is_json:
            headers = self._responses.headers("", response, Context(status, call=call))
            return Reply(status, headers, b"", rule)
        made = orjson.loads(self._responses.documented(operation, response, status, call).body)
        body = bulk.reported(made, media, chosen, outcome, self._collections.seed)
        return self._responses.body(status, response, media, body, rule, call)

    def _is_kept(self, resource: Resource) -> bool:
        return any(resource is each for each, _ in self._collections.related.by_operation.values())

    def _done(self, at: Access, chosen: bulk.Selected, others: Item, *, has_failures: bool) -> bulk.Outcome:
        """What is done with each item. `others`: the members of the body besides the IDs."""
        done: list[str | int] = []
        failed: dict[str | int, str] = {}
        for each in chosen.ids:
            try:
                self._do(at, str(each), others)
                done.append(each)
            except ChangeRejectedError as error:
                if not has_failures and str(error.statuses[0]) in at.operation.responses:
                    raise
                failed[each] = error.message

        def shown(item_id: str | int) -> Item | None:
            item = at.stored.find(str(item_id))
            return self._collections.shown(at, item) if item else None

        return bulk.Outcome(done, failed, shown)

    def _do(self, at: Access, item_id: str, others: Item) -> None:
        """What is done with one item. Raises ChangeRejectedError."""
        if at.stored.find(item_id) is None:
            raise not_found(at.resource.path)
        at.stored.join(item_id)
        path = at.operation.path
        if at.operation.method == "DELETE" or not _DELETES.isdisjoint(words(path.rpartition("/")[2])):
            self._collections.forget(at, item_id)
            return
        before = self._collections.shown(at, at.items[item_id])
        move = transitions.requested(at.operation, at.call, at.resource)
        if move and not self._transitions.is_possible(at.resource, before, move):
            raise ChangeRejectedError(f"The transition from {before[move.member]} to {move.value} is not allowed.", 409)
        sent = self._sent.of(at)
        after = self._transitions.moved(at.resource, before, move, others, None) if move else before
        after = actions.acted(at.resource.media, merged(after, sent, at.resource.media), path, others)
        changed = {name: value for name, value in after.items() if value != before.get(name)}
        self._changes.change(at, item_id, after, changed)
