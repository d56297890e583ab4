"""Items that are replies to others of their collection: they are in an array of that item, such as its `replies`."""

from collections.abc import Iterable
from typing import Any

from flowcontract.openapi.values import declared, members
from flowcontract.openapi.values.names import singulars, snake_case, words
from flowmock.resources.lists_below import is_count_of
from flowmock.resources.model import Resource
from flowmock.resources.references import Item
from flowmock.stateful.store import Items, StoredItems

_ARRAYS = frozenset({"answers", "children", "replies", "responses"})
_TO = frozenset({("in", "reply", "to"), ("parent",), ("replied", "to"), ("reply", "to")})


def member_of_parent(resource: Resource, names: Iterable[str]) -> str:
    """The member of an item, or of a body, with the ID of the item that it is a reply to; empty for none."""
    return next((each for each in names if _array(resource) and _is_of_parent(each, resource)), "")


def parent_of(resource: Resource, stored: StoredItems, items: Items, item_id: Any) -> str | None:
    """The ID of the item whose array has the replies to one; None where none of the items has this ID.

    An item may have others within it that have no path of their own.
    """
    array, found = _array(resource), str(item_id)
    if found in items:
        part = resource.media.member(array)
        of_array = part.items() if part else None
        is_recursive = of_array is not None and array in dict(members(of_array.schema or {}, of_array.schemas))
        return found if is_recursive else stored.replies.get(found, found)
    holders = (key for key, item in items.items() for each in item.get(array) or () if resource.id_of(each) == found)
    return next(holders, None)


def join(resource: Resource, stored: StoredItems, item_id: str, parent_id: str) -> None:
    """Make a created item a reply. Where items of the list say whose replies they are, it stays among them."""
    name = member_of_parent(resource, resource.properties())
    initial = [item for key, item in stored.items.items() if key not in stored.created]
    stored.replies[item_id] = parent_id
    if any(item.get(name) is not None for item in initial):
        stored.listed_replies.add(item_id)


def shown(resource: Resource, stored: StoredItems, item: Item) -> Item:
    """An item with the replies to it in its array, as far as its schema allows."""
    item_id = resource.id_of(item)
    own = [key for key, parent_id in stored.replies.items() if parent_id == item_id and key in stored.items]
    array = _array(resource) if stored.replies else ""
    part = resource.media.member(array) if array else None
    before = item.get(array) if part else None
    if part is None or not isinstance(before, list):
        return item
    kept = [each for each in before if resource.id_of(each) not in stored.replies]
    added = [shown(resource, stored, stored.items[key]) for key in own]
    after = [*kept, *declared(added, part.schema, part.schemas)]
    counted = {name: len(after) for name in item if is_count_of(name, array) and item[name] == len(before)}
    changed = {**item, array: after, **counted}
    return changed if resource.media.is_valid(changed) else item


def _array(resource: Resource) -> str:
    """The array of an item with others of its kind; empty for none."""
    for name in resource.properties() if resource.id_field else ():
        part = resource.media.member(name)
        items = part.items() if part else None
        if items is None:
            continue
        names = {each for each, _ in members(items.schema or {}, items.schemas)}
        is_same = items.schema == resource.media.schema
        is_named = words(name)[-1] in _ARRAYS or f"sub{resource.path.split('/')[-2]}" == "".join(words(name))
        if is_same or (is_named and resource.id_field in names and names <= resource.properties().keys()):
            return name
    return ""


def _is_of_parent(name: str, resource: Resource) -> bool:
    """Whether a member has the ID of the item that another one of a resource is a reply to: `parent_comment_id`."""
    plain = words(name)
    plain = plain[:-1] if plain[-1:] == ("id",) else plain
    nouns = [words(each) for each in singulars(snake_case(resource.name))]
    return plain in _TO or any(plain[-len(each) :] == each and plain[: -len(each)] in _TO for each in nouns)
