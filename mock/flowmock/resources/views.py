"""Lists below an item whose items are those of another collection (`/projects/{id}/tasks` beside `/tasks/{id}`): they
have the items there that refer to that item.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from flowcontract.openapi.path_templates import nameless
from flowcontract.openapi.values.names import singulars, snake_case
from flowcontract.text import plain_name
from flowmock.resources.model import Resource
from flowmock.resources.references import References


class View(NamedTuple):
    """What a list below an item shows."""

    listed: Resource
    """The list."""
    resource: Resource
    """The collection of its items."""
    parent: Resource
    """The collection of the item that it is below."""
    member: str
    """The member of its items with the ID of that item."""

    def shows(self, item: Mapping[str, Any], parent_id: str) -> bool:
        """Whether an item of the collection is below another one."""
        return str(item.get(self.member)) == parent_id


def find_views(resources: Iterable[Resource], references: References) -> dict[str, View]:
    """The views among the resources of a contract, by their paths.

    One with examples is what its author says, unless there are examples of its items elsewhere.
    """
    known = list(resources)
    collections = [each for each in known if each.parameter and each.id_field and each.path.count("{") == 1]
    found = {}
    for each in known:
        parent = next((other for other in collections if nameless(other.path) == nameless(each.above)), None)
        same = (other for other in collections if _has_same_items(each, other) and other is not parent)
        resource = next(same, None) if parent else None
        if parent is None or resource is None or (each.is_documented and not resource.is_documented):
            continue
        member = _member(resource, parent, references)
        if member and resource.id_field == each.id_field:
            found[each.path] = View(each, resource, parent, member)
    return found


def find_memberships(resources: Iterable[Resource]) -> dict[str, Resource]:
    """The collections whose items are some of those of another one (`/me/favorites/{book_id}`), and these, by path.

    Their path has the ID of the other collection, and what they list has no more members than the items there.
    """
    known = list(resources)
    collections = [each for each in known if each.parameter and each.id_field and each.path.count("{") == 1]
    found = {}
    for each in known:
        for other in collections if each.parameter and not each.operations.keys() & {"create", "clear"} else ():
            is_id = snake_case(each.parameter) in other.names_of_id() and each.id_field == other.id_field
            if each.name != other.name and is_id and each.properties().keys() <= other.properties().keys():
                found[each.path] = other
    return found


def as_member(resource: Resource, item: Mapping[str, Any]) -> dict[str, Any]:
    """An item of another collection as one of those that a membership lists."""
    found = {name: item[name] for name in resource.properties() if name in item}
    return flagged(resource, found, resource, is_member=True)


def flagged(membership: Resource, item: dict[str, Any], resource: Resource, *, is_member: bool) -> dict[str, Any]:
    """An item of a resource that says whether it is a member, if it can: `is_favorite` is true for `/me/favorites`."""
    changed = item | dict.fromkeys(flags_of(membership, resource.properties()), is_member)
    return changed if resource.media.is_valid(changed) else item


def flags_of(membership: Resource, names: Iterable[str]) -> list[str]:
    """The members of an item that say whether it is one of those that a membership lists."""
    nouns = {plain_name(each) for each in singulars(membership.name)}
    return [name for name in names if plain_name(name).removeprefix("is") in nouns]


def _has_same_items(listed: Resource, other: Resource) -> bool:
    """Whether a collection has the items of a list: by their schema, or by the name where it has no list of its own."""
    if listed.media.schema == other.media.schema:
        return True
    is_without_list = not other.operations.keys() & {"create", "list"} and listed.name == other.name
    return is_without_list and listed.properties().keys() <= other.properties().keys()


def _member(listed: Resource, parent: Resource, references: References) -> str:
    """The member that is named after the parent, else the only one that refers to one; empty for none."""
    names = parent.names_of_id()
    members = {name: snake_case(name) for name in listed.properties() if name != listed.id_field}
    named = [name for name, plain in members.items() if plain in names]
    referring = [name for name, plain in members.items()
                 if plain.endswith("_id") and references.collection(plain.removesuffix("_id")) is parent]  # fmt: skip
    return named[0] if named else referring[0] if len(referring) == 1 else ""
