"""Reads of what collections remember: of an item, and of a list."""

import contextlib

from flowmock.examples import filters as profile_filters
from flowmock.examples.responses import Responses
from flowmock.messages import Reply
from flowmock.resources import variety
from flowmock.resources.generated_items import sized
from flowmock.resources.list_bodies import body_of, envelope
from flowmock.resources.list_requests import ListRequest
from flowmock.resources.references import Item, number_of
from flowmock.stateful.access import Access, Collections
from flowmock.stateful.item_responses import ItemResponses
from flowmock.stateful.items import owned, valid
from flowmock.stateful.rejections import ChangeRejectedError, not_found
from flowmock.stateful.sent_items import known_id


class Reads:
    """The reads of one contract."""

    def __init__(self, collections: Collections, shown: ItemResponses, responses: Responses) -> None:
        self._collections = collections
        self._shown = shown
        self._responses = responses

    def read(self, at: Access) -> Reply:
        """The response with an item. Raises ChangeRejectedError where there is none."""
        filters = profile_filters.of(at.operation, at.resource.media, self._responses)
        if invalid := profile_filters.invalid(filters, at.call, self._responses):
            return invalid
        item_id = known_id(at)
        item = at.stored.find(item_id)
        if item is None or not filters.match(at.call.query, item):
            raise not_found()
        return self._shown.of(at, item, f"stateful: read {item_id}")

    def list_items(self, at: Access) -> Reply:
        """The response with the items that the collection shows."""
        resource, seed = at.resource, self._collections.seed
        assert resource.list_media
        items = [self._collections.listed(at, item) for item in at.own_items.values()]
        known = len(items)
        if at.call.list_size is not None:
            items = sized(items, at.call.list_size, resource, seed, gone=at.stored.deleted, below=at.parents)
            items[known:] = self._offered(at, items[known:])
        request = ListRequest(resource, at.operation, at.call, self._responses)
        page = request.page(items, gone=at.stored.deleted)
        if isinstance(page, Reply):
            return page
        body = body_of(resource, page, envelope(resource, seed))
        if not resource.list_media.is_valid(body):
            with contextlib.suppress(ChangeRejectedError):  # An example that violates its schema is served anyway.
                body = valid(resource.list_media, body, seed)
        if not resource.is_documented:
            body = self._collections.within(body, resource.list_media, at.call)
        return request.reply(page, body, f"stateful: {page.total} of {known} items")

    def _offered(self, at: Access, items: list[Item]) -> list[Item]:
        """Items that only a list of a requested size has, and that can be asked for from now on."""
        references = self._collections.related.references
        varied = [variety.adopted(at.resource, item) for item in items]
        related = [references.set(at.resource, [item], number_of(at.resource, item))[0] for item in varied]
        found = [owned(at.resource, item, at.parents) for item in related]
        at.stored.offered |= {item_id: item for item in found if (item_id := at.resource.id_of(item)) is not None}
        return [self._collections.listed(at, item) for item in found]
