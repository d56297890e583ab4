"""Reads of what collections remember: of an item, and of a list."""

import contextlib

from flowmock.examples import filters as profile_filters
from flowmock.examples.responses import Responses
from flowmock.messages import Reply
from flowmock.resources import own_values, variety
from flowmock.resources.generated_items import sized
from flowmock.resources.list_bodies import body_of, envelope
from flowmock.resources.list_requests import ListRequest
from flowmock.resources.references import Item, number_of
from flowmock.stateful.access import Access, Collections
from flowmock.stateful.item_responses import ItemResponses
from flowmock.stateful.items import owned, valid
from flowmock.stateful.rejections import ChangeRejectedError, NotAnItemError, not_found
from flowmock.stateful.sent_items import known_id


class Reads:
    """The reads of one contract."""

    def __init__(self, collections: Collections, shown: ItemResponses, responses: Responses) -> None:
        self._collections = collections
        self._shown = shown
        self._responses = responses

    def read(self, at: Access) -> Reply:
        """The response with an item. Raises ChangeRejectedError where there is none,
        NotAnItemError where the read shows something else.
        """
        filters = profile_filters.of(at.operation, at.resource.media, self._responses)
        if invalid := profile_filters.invalid(filters, at.call, self._responses):
            return invalid
        item_id = known_id(at)
        item = at.stored.find(item_id)
        if item is None or not filters.match(at.call.query, item):
            raise not_found()
        if at.resource.examples_of_read() is None:
            raise NotAnItemError  # It shows something else of the item.
        return self._shown.of(at, item, f"stateful: read {item_id}")

    def list_items(self, at: Access) -> Reply:
        """The response with the items that the collection shows."""
        resource, seed = at.resource, self._collections.seed
        assert resource.list_media
        known, items = len(at.own_items), self.items(at)
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

    def items(self, at: Access) -> list[Item]:
        """The items that the collection shows, before filters; as many as are asked for."""
        items = [self._collections.listed(at, item) for item in at.own_items.values()]
        return items if at.call.list_size is None else self._sized(at, at.call.list_size, items)

    def _sized(self, at: Access, size: int, items: list[Item]) -> list[Item]:
        """A list of a requested size: what clients have created, the newest if it is more, and others."""
        stored, created = at.stored, at.stored.created
        are_new = [item_id in created for item_id in at.own_items]
        initial = [item for item, is_new in zip(items, are_new, strict=True) if not is_new]
        new = [item for item, is_new in zip(items, are_new, strict=True) if is_new][-size:] if size else []
        count, known = size - len(new), len(initial)
        before = [item for item in stored.offered.values() if at.has(item)]
        if count <= known + len(before):  # Generating them again takes a while.
            found = (initial + [self._collections.listed(at, item) for item in before])[:count]
        else:
            found = self._as_without_memory(at, initial, count)
            found = found or self._made_up(at, initial, count)
        return found + new

    def _as_without_memory(self, at: Access, initial: list[Item], count: int) -> list[Item]:
        """The items of a list of a requested size that a mock without memory has; none where these are not enough.

        From now on, clients can ask for them. `initial`: those of the collection, as they are shown.
        """
        id_of, stored = at.resource.id_of, at.stored
        gone = sum(item is not None and at.has(item) for item in stored.deleted.values())
        others = self._collections.initial_list(at.resource, at.parents, size=count + gone) or []
        numbers = {id_of(item): number for number, item in enumerate(others)}
        known = {*stored.items, *stored.deleted, *map(id_of, initial)}
        chosen = [item for item in others if id_of(item) not in known][: count - len(initial)]
        if None in numbers or len(initial) + len(chosen) < count:
            return []
        self._offer(at, [item for item in chosen if id_of(item) not in stored.offered])
        found = initial + [self._collections.listed(at, stored.offered[str(id_of(item))]) for item in chosen]
        return sorted(found, key=lambda item: numbers.get(id_of(item), -1))

    def _made_up(self, at: Access, initial: list[Item], count: int) -> list[Item]:
        """The items of a list of a requested size, where some exist only with memory; parameters as before."""
        known = len(initial)
        found = sized(initial, count, at.resource, self._collections.seed, gone=at.stored.deleted, below=at.parents)
        return found[:known] + self._offered(at, found[known:])

    def _offered(self, at: Access, items: list[Item]) -> list[Item]:
        """Items that only a list of a requested size has, and that can be asked for from now on."""
        references = self._collections.related.references
        varied = [variety.adopted(at.resource, item, self._collections.seed.today) for item in items]
        related = [references.set(at.resource, [item], number_of(at.resource, item))[0] for item in varied]
        found = [owned(at.resource, item, at.parents) for item in related]
        return [self._collections.listed(at, item) for item in self._offer(at, found)]

    @staticmethod
    def _offer(at: Access, items: list[Item]) -> list[Item]:
        """Items that can be asked for from now on, with numbers and codes that no other one has."""
        known = [*at.items.values(), *at.stored.offered.values()]
        found = []
        for item in items:
            free = own_values.next_free(at.resource, item, known, (), only_taken=True)
            known.append(free)
            found.append(free)
            if (item_id := at.resource.id_of(free)) is not None:
                at.stored.offered[item_id] = free
        return found
