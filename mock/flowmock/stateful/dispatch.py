"""The operations of a contract on what clients create, change and delete, which is kept in memory (`--stateful`)."""

from collections.abc import Callable, Mapping

from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
from flowmock.examples.responses import Responses
from flowmock.messages import Call, Reply
from flowmock.resources.references import Item
from flowmock.resources.status_rules import StatusRules
from flowmock.resources.transitions import Transitions
from flowmock.stateful import idempotency, rejections, uniqueness
from flowmock.stateful.access import Access, Collections
from flowmock.stateful.actions import Actions
from flowmock.stateful.arrays import Arrays
from flowmock.stateful.bulk import BulkOperations
from flowmock.stateful.changes import Changes
from flowmock.stateful.creations import Creations
from flowmock.stateful.deletions import Deletions
from flowmock.stateful.forgotten import ForgottenChanges
from flowmock.stateful.item_responses import ItemResponses
from flowmock.stateful.items_above import ItemsAbove
from flowmock.stateful.memberships import Memberships
from flowmock.stateful.parts import Parts
from flowmock.stateful.reads import Reads
from flowmock.stateful.sent_items import SentItems
from flowmock.stateful.singles import Singles
from flowmock.stateful.store import Store
from flowmock.stateful.uploads import Uploads
from flowmock.stateful.wrapped_memberships import WrappedMemberships


class Stateful:
    """Handles the operations of one contract on collections, on what is below their items, and on single things."""

    def __init__(
        self, contract: Contract, responses: Responses, store: Store, read: Callable[[Operation, Call], Reply | None]
    ) -> None:
        """`read`: replies to a read of the contract."""
        self._responses = responses
        self._store = store
        self._collections = Collections(contract, store, responses.seed)
        above = ItemsAbove(contract, self._collections)
        sent = SentItems(self._collections)
        shown = ItemResponses(self._collections, above, responses)
        memberships = Memberships(self._collections)
        self._reads = reads = Reads(self._collections, shown, responses)
        self._singles = Singles(contract, responses, store, read)
        moves = Transitions(contract)
        creations = Creations(self._collections, sent, shown, self._singles.body, moves)
        changes = Changes(self._collections, sent, shown, creations, memberships, StatusRules(moves))
        deletions = Deletions(self._collections, shown, memberships, changes, responses)
        self._actions_on_items: Mapping[str, Callable[[Access], Reply]] = {
            "list": reads.list_items,
            "create": creations.create,
            "read": reads.read,
            "replace": changes.replace,
            "update": changes.update,
            "delete": deletions.delete,
            "clear": deletions.clear,
        }
        self._arrays = Arrays(self._collections, creations, changes, responses)
        self._parts = Parts(self._collections, changes, shown, responses)
        self._below_items = Actions(self._collections, above, sent, shown, changes, moves, self._singles.body)
        self._bulk = BulkOperations(self._collections, sent, creations, changes, moves, responses)
        self._uploads = Uploads(self._collections, store, responses)
        self._wrapped = WrappedMemberships(contract, self._collections, store, reads, shown)
        self.forgotten = ForgottenChanges(
            self._collections, self._wrapped, above, self._parts, self._arrays, self._singles
        )
        """The operations that change something which no read shows."""

    def reply(self, operation: Operation, call: Call) -> Reply | None:
        """The reply to a permitted, valid request; None for an operation on something that is not remembered."""
        try:
            return idempotency.once(operation, call, self._store, lambda: self._kept(operation, call))
        except rejections.ChangeRejectedError as error:
            return rejections.reply(error, operation, call, self._responses)
        except rejections.NotAnItemError:
            return None

    def items(self, listed: Operation, call: Call) -> list[Item] | None:
        """The items of a list before filters; None for a list that is not remembered."""
        resource, action = self._collections.related.by_operation.get(listed.id, (None, ""))
        if resource is None or action != "list":
            return None
        return self._reads.items(self._collections.access(resource, listed, call))

    def _kept(self, operation: Operation, call: Call) -> Reply | None:
        """The reply to a request; if it succeeds, its file is kept for downloads, and the item above was changed."""
        reply = self._reply(operation, call)
        if operation.method == "GET" or (reply is not None and reply.status >= 300):
            return reply
        resource, action = self._collections.related.by_operation.get(operation.id, (None, ""))
        at = self._collections.access(resource, operation, call) if resource else None
        if at is not None and reply is not None:
            self._collections.touch_above(at)
        self._uploads.keep(operation, call, at if action == "create" and reply else None)
        return reply

    def _reply(self, operation: Operation, call: Call) -> Reply | None:
        self._collections.check_parents(operation, call)
        if file := self._uploads.reply(operation, call):
            return file
        if operation.method == "PUT" and (replaced := self._arrays.replace(operation, call)):
            return replaced
        if found := self._bulk.reply(operation, call) or self._wrapped.reply(operation, call):
            return found
        if operation.id in self._collections.related.by_operation:
            resource, action = self._collections.related.by_operation[operation.id]
            return self._actions_on_items[action](self._collections.access(resource, operation, call))
        below = (self._below_items.move, self._parts.reply, self._below_items.act)
        if changed := next(filter(None, (reply(operation, call) for reply in below)), None):
            return changed
        if operation.method == "POST":
            uniqueness.keep(operation, call, self._store)
        return self._arrays.add(operation, call) or self._singles.reply(operation, call)
