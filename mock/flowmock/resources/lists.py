"""Lists that agree with reads: the reply to a request for a list, and what else has to agree with its items."""

from collections.abc import Collection
from typing import Any

from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType, Operation
from flowmock.examples.responses import Responses, accepted_media, usual
from flowmock.lists.paging import Page
from flowmock.messages import Call, Reply
from flowmock.resources.current_user import among_users, with_roles
from flowmock.resources.embedded_items import EmbeddedItems, Read
from flowmock.resources.list_bodies import body_of, envelope
from flowmock.resources.list_items import ListItems, list_call
from flowmock.resources.list_requests import ListRequest
from flowmock.resources.listed_reads import ListedReads
from flowmock.resources.model import Resource
from flowmock.resources.references import Item
from flowmock.resources.transitions import Transitions


class Lists:
    """The lists of one contract."""

    def __init__(self, contract: Contract, responses: Responses) -> None:
        self._contract = contract
        self._responses = responses
        self._items = ListItems(contract, responses.seed)
        self._envelopes: dict[str, Any] = {}
        """What stands around the items of each list that was requested, by its operation."""
        self.reads = ListedReads(contract, self._items, responses.seed)
        """What reads give of the items that lists have."""
        self.related = self._items.related
        """The resources that have the lists."""
        self.transitions = Transitions(contract)
        """The changes of the statuses of their items."""

    def reply(self, operation: Operation, call: Call) -> Reply | None:
        """The reply to a permitted, valid request for a list; None where no list of a resource can be made."""
        resource = self.related.listed_by(operation)
        _, response = usual(operation)
        if resource is None or response is None or accepted_media(response, call) != resource.list_media:
            return None
        assert resource.list_media
        items = self._items.as_shown(resource, call)
        if not items and call.list_size is None:
            return None
        request = ListRequest(resource, operation, call, self._responses)
        page = request.page(items)
        if isinstance(page, Reply):
            return page
        if call.list_size is None and resource.list_media.examples and page.items == items and page.total == len(items):
            return None  # The documented example says more than we could.
        body = body_of(resource, page, self._envelope(resource))
        body = body if resource.is_documented else self.within(body, resource.list_media)
        if not resource.list_media.is_valid(body):
            return None
        return request.reply(page, body, f"list: {len(page.items)} of {page.total} items")

    def items(self, operation: Operation, call: Call) -> list[Item] | None:
        """The items of a list before filters, as responses show them; None where it has none."""
        resource = self.related.listed_by(operation)
        asked = list_call(operation, call.path_values, call.list_size)
        return (self._items.as_shown(resource, asked) or None) if resource else None

    def page(self, resource: Resource, operation: Operation, call: Call, items: list[Item]) -> Page | Reply:
        """The items that a call of an operation asks for, or the reply to a wrong query."""
        return ListRequest(resource, operation, call, self._responses).page(items)

    def within(self, body: Any, media: MediaType) -> Any:
        """A body whose objects that stand for items of collections are as these are shown, if that is valid."""
        shown = self._items.shown.within(body)
        return shown if shown == body or media.is_valid(shown) else body

    def referring(self, operation: Operation, body: Any, media: MediaType) -> Any:
        """The body of a read that is no item, with references to items that exist, and these as they are shown."""
        if operation is self.related.read_of_current_user:
            body = with_roles(self._contract, among_users(self.related.references, body, media), media)
        return self.within(self.related.references.within(body, media.is_valid), media)

    def new(self, operation: Operation, item: Item) -> Item:
        """The item that an operation creates, with empty lists below it."""
        resource, _ = self.related.by_operation.get(operation.id, (None, ""))
        return self._items.shown.new(resource, item) if resource else item

    def embedded(self, read: Read, sent: Collection[str]) -> EmbeddedItems:
        """The items within the response to what a client sent; parameters as there."""
        return EmbeddedItems(self.related.references, read, sent)

    def _envelope(self, resource: Resource) -> Any:
        operation = resource.operations["list"].id
        if operation not in self._envelopes:
            self._envelopes[operation] = envelope(resource, self._responses.seed)
        return self._envelopes[operation]
