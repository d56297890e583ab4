"""Memberships (`/me/favorites/{book_id}`): PUT and DELETE say which items of another collection are among them."""

from flowmock.resources.references import Item
from flowmock.resources.views import as_member, flagged
from flowmock.stateful.access import Access, Collections
from flowmock.stateful.rejections import not_found


class Memberships:
    """The memberships of one contract."""

    def __init__(self, collections: Collections) -> None:
        self._collections = collections

    def join(self, at: Access, item_id: str) -> None:
        """Make an item of the other collection a member. Raises ChangeRejectedError where there is no such item."""
        if at.resource.path in self._collections.related.memberships:
            item = self._flagged(at, item_id, is_member=True)
            if item is None:
                raise not_found()
            at.items[item_id] = as_member(at.resource, item)

    def leave(self, at: Access, item_id: str) -> None:
        """Have the item of the other collection say that it is no member any more."""
        if at.resource.path in self._collections.related.memberships:
            self._flagged(at, item_id, is_member=False)

    def _flagged(self, at: Access, item_id: str, *, is_member: bool) -> Item | None:
        """The item of the other collection, which says from now on whether it is a member; None where there is none."""
        other = self._collections.related.memberships[at.resource.path]
        stored = self._collections.stored(other, at.call)
        stored.join(item_id)
        if item_id not in stored.items:
            return None
        stored.items[item_id] = flagged(at.resource, stored.items[item_id], other, is_member=is_member)
        return stored.items[item_id]
