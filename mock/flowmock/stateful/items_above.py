"""The items that operations below them change: `POST /products/{id}/image` and `POST /orders/{id}/cancel`."""

from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType, Operation
from flowmock.examples.responses import accepted_media, usual
from flowmock.generation import relations
from flowmock.lists.envelopes import list_of_item
from flowmock.messages import Call
from flowmock.resources import transitions
from flowmock.resources.model import Resource
from flowmock.stateful.access import Access, Collections
from flowmock.stateful.rejections import not_found


class ItemsAbove:
    """The items above the operations of one contract."""

    def __init__(self, contract: Contract, collections: Collections) -> None:
        self._contract = contract
        self._collections = collections

    def changed_by(self, operation: Operation, call: Call) -> Access | None:
        """The access to the item above an operation that changes and returns it; None where it returns something else.

        Raises ChangeRejectedError where there is no such item.
        """
        resource = self.resource(operation, accepted_media(usual(operation)[1], call))
        if resource is None:
            return None
        at = self._collections.access(resource, operation, call)
        at.stored.join(at.id_in_path)
        if at.id_in_path not in at.items:
            raise not_found()
        return at

    def resource(self, operation: Operation, media: MediaType | None) -> Resource | None:
        """The resource whose item an operation below it changes and returns; None where it returns something else.

        `media`: that of the response.
        """
        known = self._collections.related.by_operation
        read = self._returned(operation, media) if media else None
        if read is None and operation.id not in known and (above := self._above(operation)) and above.id in known:
            is_action = media is None and operation.method == "POST"
            read = above if is_action or transitions.may_name_status(operation, known[above.id][0]) else None
        return known[read.id][0] if read and read.id in known else None

    def _returned(self, operation: Operation, media: MediaType) -> Operation | None:
        """The read of the item that an operation below its path changes and returns, or the list that has it."""
        read = relations.changed_item(self._contract, operation, media)
        is_below = not operation.path.rstrip("/").endswith("}")
        return list_of_item(self._contract, operation, media) if read is None and is_below else read

    def _above(self, operation: Operation) -> Operation | None:
        """The read of the item right above an operation that may act on it: `POST /orders/{id}/cancel`."""
        above = operation.path.rstrip("/").rpartition("/")[0]
        may_act = operation.method in ("POST", "PUT", "PATCH") and above.endswith("}")
        gets = (each for each in self._contract.operations.values() if each.method == "GET" and may_act)
        return next((each for each in gets if each.path.rstrip("/") == above), None)
