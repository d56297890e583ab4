"""What clients have created, changed and deleted, in memory."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

MAX_ITEMS = 1000
"""Items of one collection; beyond, the oldest is dropped."""
MAX_COLLECTIONS = 1000
"""Collections of all sessions and parents; beyond, the least recently used is dropped."""

Items = dict[str, dict[str, Any]]
"""Items by ID, the oldest first."""


class Name(NamedTuple):
    """What identifies a collection."""

    session: str
    path: str
    """That of the resource, with the contract's base path."""
    parents: tuple[str, ...]
    """The path parameters before the ID of an item."""


@dataclass(slots=True)
class StoredItems:
    """The items of one collection of one session."""

    items: Items
    created: set[str] = field(default_factory=set)
    """The IDs of those that clients created: what is below them starts empty."""
    deleted: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    """IDs of deleted items, the oldest first, at most MAX_ITEMS: no new item gets one of them. With the item, if no
    client had created it.
    """

    offered: Items = field(default_factory=dict)
    """Generated items that only a list of a requested size had; they can be read, and join the others when changed."""

    replies: dict[str, str] = field(default_factory=dict)
    """The IDs of created items that are replies to others, with the IDs of these."""

    listed_replies: set[str] = field(default_factory=set)
    """Those of them that the list has beside the others."""

    shown_below: set[str] = field(default_factory=set)
    """The offered items of other collections below which some of these items are."""

    @property
    def listed(self) -> Items:
        """The items that a list has: not those that only the arrays of others have."""
        hidden = self.replies.keys() - self.listed_replies
        return (
            {item_id: item for item_id, item in self.items.items() if item_id not in hidden} if hidden else self.items
        )

    def find(self, item_id: str) -> dict[str, Any] | None:
        """An item, or one that was offered; None for an unknown ID."""
        return self.items.get(item_id, self.offered.get(item_id))

    def join(self, item_id: str) -> None:
        """Add an item to the others if it was only offered."""
        if item_id not in self.items and item_id in self.offered:
            self.items[item_id] = self.offered.pop(item_id)

    def delete(self, item_id: str) -> None:
        """Remove an item."""
        item = self.items.pop(item_id)
        self.offered.pop(item_id, None)
        self.deleted[item_id] = None if item_id in self.created else item
        self.created.discard(item_id)
        if len(self.deleted) > MAX_ITEMS:
            oldest = next(iter(self.deleted))
            del self.deleted[oldest]
            self.replies.pop(oldest, None)
        for reply_id in [each for each, parent_id in self.replies.items() if parent_id == item_id]:
            if reply_id in self.items:
                self.delete(reply_id)


class Store:
    """The collections of all sessions. They survive a change of the contract."""

    def __init__(self) -> None:
        self._collections: OrderedDict[Name, StoredItems] = OrderedDict()

    def items(self, name: Name, initial: Callable[[], StoredItems]) -> StoredItems:
        """One collection, to read and change; `initial` makes the items of a new one."""
        if name not in self._collections:
            made = initial()  # This may ask for the collections above.
            self._collections[name] = made
            if len(self._collections) > MAX_COLLECTIONS:
                self._collections.popitem(last=False)
        self._collections.move_to_end(name)
        return self._collections[name]

    def __contains__(self, name: Name) -> bool:
        """Whether anything is stored under a name."""
        return name in self._collections

    def of(self, name: Name) -> StoredItems:
        """What is stored under a name, to change it; nothing at first."""
        return self.items(name, lambda: StoredItems({}))

    def known(self, name: Name) -> Items:
        """What is stored under a name; nothing where nothing ever was."""
        return self._collections[name].items if name in self._collections else {}

    def drop(self, session: str, paths: Collection[str], parents: tuple[str, ...]) -> None:
        """Forget the collections of these paths whose parents begin with `parents`."""
        for name in self._below(session, paths, parents):
            del self._collections[name]

    def rename(self, session: str, paths: Collection[str], parents: tuple[str, ...], new_id: str) -> None:
        """Move the collections of these paths from one parent to another ID of it, the last one in `parents`."""
        for name in self._below(session, paths, parents):
            moved = (*parents[:-1], new_id, *name.parents[len(parents) :])
            self._collections[name._replace(parents=moved)] = self._collections.pop(name)

    def _below(self, session: str, paths: Collection[str], parents: tuple[str, ...]) -> Iterator[Name]:
        for name in list(self._collections):
            if name.session == session and name.path in paths and name.parents[: len(parents)] == parents:
                yield name

    def reset(self, session: str | None = None) -> None:
        """Restore the initial items, for one session or for all."""
        for name in list(self._collections):
            if session is None or name.session == session:
                del self._collections[name]
