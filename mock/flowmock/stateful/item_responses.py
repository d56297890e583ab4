"""Responses that show an item, as each operation documents them."""

from flowcontract.openapi import media_types
from flowmock.examples.headers import Context
from flowmock.examples.responses import Responses, accepted_media, usual
from flowmock.generation import bodies
from flowmock.generation.files import is_file
from flowmock.messages import Reply
from flowmock.resources.references import Item
from flowmock.stateful.access import Access, Collections
from flowmock.stateful.items_above import ItemsAbove


class ItemResponses:
    """Shows the items of one contract."""

    def __init__(self, collections: Collections, above: ItemsAbove, responses: Responses) -> None:
        self._collections = collections
        self._above = above
        self._responses = responses

    def of(self, at: Access, item: Item, rule: str, status: int | None = None) -> Reply:
        """The success response for a stored item. `status`: a documented one; else the usual success."""
        return self.showing(at, self._collections.shown(at, item), rule, status)

    def showing(self, at: Access, item: Item, rule: str, status: int | None = None) -> Reply:
        """The response without a body, with the item or one above it, or with another body that shares fields.

        `item`: as it is shown.
        """
        call, responses = at.call, self._responses
        if above := self._above.changed_by(at.operation, call):
            at, item = above, self._collections.shown(above, above.items[above.id_in_path])
        status, response = (status, at.operation.response(status)) if status else usual(at.operation)
        media = accepted_media(response, call)
        if response is None or media is None:
            return Reply(status, responses.headers("", response, Context(status, item, call=call)), b"", rule)
        if is_file(media_types.essence(media.name)):  # The members of the item say nothing of its content.
            return responses.generated(at.operation, response, status, media, call, rule=rule)
        listed = at.resource.list_properties() - at.resource.properties().keys()  # Only lists have these.
        own = {name: value for name, value in item.items() if name not in listed} if listed else item
        body = at.resource.body_of(own, media, seed=responses.seed)
        if media.schema is not None and not media.is_valid(body):
            other = bodies.body(media, seed=responses.seed, key=rule)
            shared = {name: item[name] for name in other if name in item} if isinstance(other, dict) else {}
            body = other | shared if shared and media.is_valid(other | shared) else other
        body = body if at.resource.is_documented else self._collections.within(body, media, call)
        return responses.body(status, response, media, body, rule, call)
