"""What an item says of the lists below it: how many items they have, some of these items, and when the newest was.

`/shows/{id}` with `episode_count`, `latest_episodes`, `last_episode` and `last_published_at` agrees with
`/shows/{id}/episodes`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from flowcontract.openapi.model import MediaType
from flowcontract.openapi.path_templates import nameless
from flowcontract.openapi.values import counts, declared, members, money, plans
from flowcontract.openapi.values.examples import given
from flowcontract.openapi.values.names import singulars, snake_case, words
from flowcontract.openapi.values.plausible import kind_of_moment
from flowmock.resources.model import Resource
from flowmock.resources.references import Item
from flowmock.resources.views import View

_NEWEST = frozenset({"last", "latest", "newest", "recent"})
"""Words of names of the newest items, or of the moment of the newest one."""
_COMING = frozenset({"coming", "future", "next", "upcoming"})
"""Words of names of the items that are still to come."""
_SOME = _NEWEST | _COMING | {"featured", "first", "initial", "most", "pinned", "popular", "preview", "sample", "top"}
"""Words of names of arrays with some items of a list."""
_FEW = 5
"""Items of such an array, where its schema does not say how many it may have."""
_ALL = 1000
_EVENTS = ("published", "released", "posted", "sent", "placed", "ordered", "created", "started", "submitted")
"""Words of names of moments by which items are newer than others, the likeliest first."""


class Array(NamedTuple):
    """An array of an item with items of a list below it."""

    name: str
    media: MediaType
    is_newest_first: bool
    most: int
    is_of_plans: bool = False
    """Whether it has only what is still to come."""

    def of(self, items: Sequence[Item], today: date) -> list[Item]:
        """Those items of a list that the array has. `today`: what is still to come begins then or later."""
        if self.is_of_plans:
            return plans.coming(items, today)[: self.most]
        return (newest_first(items) if self.is_newest_first else list(items))[: self.most]

    def with_items(self, item: Item, chosen: Sequence[Item]) -> Item:
        """An item with these in the array, with the members that its schema names, where it allows them."""
        reduced = declared([{**each} for each in chosen], self.media.schema, self.media.schemas)
        return {**item, self.name: reduced} if self.media.is_valid(reduced) else item


class Owner(NamedTuple):
    """What the items of a collection say of the one that they belong to."""

    names: frozenset[str]
    """Names of members with its ID, as words."""
    nouns: frozenset[str]
    """Names of objects that stand for it."""
    id_field: str

    def of(self, items: Iterable[Item], owner_id: str) -> list[Item]:
        """Those items that belong to the one with an ID."""
        return [item for item in items if any(str(each) == owner_id for each in self._ids(item))]

    def is_named(self, names: Iterable[str]) -> bool:
        """Whether items with these members say what they belong to."""
        return any(snake_case(name) in self.names | self.nouns for name in names)

    def _ids(self, item: Item) -> Iterator[Any]:
        for name, value in item.items():
            plain = snake_case(name)
            if plain in self.names:
                yield value
            elif plain in self.nouns and isinstance(value, Mapping):
                yield value.get(self.id_field)


class ListBelow(NamedTuple):
    """A list below the items of a collection, and the members of these items that say something of it."""

    listed: Resource
    arrays: tuple[Array, ...]
    counts: Mapping[str, MediaType]
    moments: Mapping[str, tuple[str, MediaType]]
    """Moments of the newest item, each with the name that it has there."""
    sums: Mapping[str, MediaType]
    newest: Mapping[str, tuple[str, MediaType]] = MappingProxyType({})
    """Members that are the newest item (`last_episode`), or the property of it that is named here."""
    owner: "Owner | None" = None
    """Where the list is not below the item: by what its items say that they belong to it."""

    def is_about(self, item: Item) -> bool:
        """Whether an item says something of the list."""
        names = (*self.counts, *self.moments, *self.sums, *self.newest, *(each.name for each in self.arrays))
        return any(name in item for name in names)


def find_lists_below(
    resources: Iterable[Resource], views: Mapping[str, View], *, documented: bool = False
) -> dict[str, list[ListBelow]]:
    """The lists that items of collections say something of, by the paths of these collections.

    `documented`: those of items with examples instead of the others: how many items there are, and what they come to.
    """
    known = list(resources)
    parents = {nameless(each.path): each for each in known if each.parameter and each.id_field}
    found: dict[str, list[ListBelow]] = {}
    for each in known:
        parent = parents.get(nameless(each.above))
        if parent and "list" in each.operations and parent.is_documented == documented:
            view = views.get(each.path)
            below = _list_below(parent, each, view.resource if view else each)
            if documented:
                is_generated = view is None and not each.is_documented
                below = (
                    below._replace(arrays=(), moments={}, newest={})
                    if is_generated
                    else ListBelow(each, (), {}, {}, {})
                )
            if below.arrays or below.counts or below.moments or below.sums or below.newest:
                found.setdefault(parent.path, []).append(below)
    for parent in parents.values():
        if parent.path.count("{") == 1 and not parent.is_documented and not documented:
            taken = {each.listed.name for each in found.get(parent.path, ())}
            for each in known:
                beside = _list_beside(parent, each) if each.name not in taken else None
                if beside:
                    found.setdefault(parent.path, []).append(beside)
    return found


def _list_beside(parent: Resource, listed: Resource) -> ListBelow | None:
    """A collection whose items say which item of another one they belong to, if that says something of them."""
    is_collection = listed.parameter and listed.path.count("{") == 1 and "list" in listed.operations
    if listed is parent or not is_collection:
        return None
    names = parent.names_of_id() - {"id"}
    nouns = {snake_case(each) for each in singulars(parent.name)}
    owner = Owner(frozenset(names), frozenset(nouns), parent.id_field)
    if not owner.is_named(listed.properties()):
        return None
    below = _list_below(parent, listed, listed)
    return below._replace(owner=owner) if below.arrays or below.counts or below.moments else None


def _list_below(parent: Resource, listed: Resource, resource: Resource) -> ListBelow:
    """`resource`: that of the items of the list."""
    items = {*listed.properties(), *resource.properties()}
    arrays, of_counts, of_moments, of_sums = [], {}, {}, {}
    newest: dict[str, tuple[str, MediaType]] = {}
    one = {words(each) for each in singulars(listed.name)}
    has_amounts = any(snake_case(name) in money.LINE_TOTALS for name in items)
    for name, media in _members(parent).items():
        *before, event, last = ("", *words(name))
        if is_count_of(name, listed.name):
            of_counts[name] = media
        elif has_amounts and money.is_sum_of(name, listed.name):
            of_sums[name] = media
        elif last == "at" and _NEWEST.intersection(before) and f"{event}_at" in items - parent.properties().keys():
            of_moments[name] = (f"{event}_at", media)
        elif (array := _array(name, media, listed)) is not None:
            arrays.append(array)
        elif words(name)[0] in _NEWEST and (rest := words(name)[1:]):
            is_whole = rest in one and listed.id_field in dict(members(media.schema or {}, media.schemas))
            own = next((each for each in items - parent.properties().keys() if words(each) == rest), "")
            newest |= {name: ("" if is_whole else own, media)} if is_whole or own else {}
    has_anchor = of_moments or any(not own for own, _ in newest.values())  # Else `last_name` may be of a person.
    return ListBelow(listed, tuple(arrays), of_counts, of_moments, of_sums, newest if has_anchor else {})


def _members(resource: Resource) -> dict[str, MediaType]:
    """The members of an item, and those that only its list has, without those that have an example."""
    found = {}
    for media in (resource.list_item_media(), resource.media):
        for name, schema in members(media.schema or {}, media.schemas) if media else ():
            part = media.member(name) if media and given(schema, media.schemas.resolve) is None else None
            if part:
                found[name] = part
    return found


def is_count_of(name: str, collection: str) -> bool:
    """Whether a member with this name says how many items there are in a collection: `page_count` of `pages`."""
    plain = snake_case(name)
    several = snake_case(collection)
    one = singulars(several)
    choices = [f"{each}_count" for each in (*one, several)]
    choices += [f"{each}_{several}" for each in ("num", "total", "count_of", "number_of", "total_number_of")]
    return plain in choices


def _summed(value: Any, items: Sequence[Item]) -> Any:
    """A sum of money as what the items come to in its currency; the value itself where it is no money."""
    if money.amount_of(value) is None:
        return value
    own = set(money.currencies(value))
    total = Decimal()
    for item in items:
        amounts = (item[name] for name in item if snake_case(name) in money.LINE_TOTALS)
        amount = next((each for each in amounts if money.amount_of(each) is not None), None)
        if not own or own >= set(money.currencies(amount if isinstance(amount, dict) else item)):
            total += money.amount_of(amount) or 0
    return money.like(value, total)


def _array(name: str, media: MediaType, listed: Resource) -> Array | None:
    """An array with items of a list, by its name and the IDs of its objects; None for any other member."""
    own, of_list = words(name), words(listed.name)
    before = own[: -len(of_list)]
    items = media.items() if own[-len(of_list) :] == of_list and _SOME.issuperset(before) else None
    names = {each for each, _ in members(items.schema or {}, items.schemas)} if items else set()
    if not listed.id_field or listed.id_field not in names:
        return None
    most = media.schemas.resolve(media.schema).get("maxItems")
    most = most or (_FEW if before else _ALL)
    return Array(name, media, not _NEWEST.isdisjoint(before), most, not _COMING.isdisjoint(before))


def with_list_below(item: Item, below: ListBelow, items: Sequence[Item]) -> Item:
    """An item with the counts and moments of a list below it, as far as their schemas allow. `items`: of the list."""
    changed: Item = {
        name: len(items) for name, media in below.counts.items()
        if type(item.get(name)) is int and media.is_valid(len(items))
    }  # fmt: skip
    if changed and counts.may_disagree(item):
        changed = counts.agreeing(item | changed, changed) | changed
    for name, media in below.sums.items():
        if name in item and media.is_valid(summed := _summed(item[name], items)):
            changed[name] = summed
    for name, (event, media) in below.moments.items():
        found = max((each[event] for each in items if kind_of_moment(each.get(event))), default=None)
        if name in item and media.is_valid(found):
            changed[name] = found
    events = [event for event, _ in below.moments.values()]
    last = next(iter(newest_first(items, events)), None)
    for name, (own, media) in below.newest.items():
        shown = last if own or last is None else declared({**last}, media.schema, media.schemas)
        value = shown.get(own) if own and shown else shown
        if name in item and media.is_valid(value):
            changed[name] = value
    return item | changed


def newest_first(items: Sequence[Item], events: Sequence[str] = ()) -> list[Item]:
    """The items that have happened, the newest first; all in their order where nothing says when they did.

    `events`: the names of the moments that say it, if that is known.
    """
    names = list(dict.fromkeys(name for each in items for name, value in each.items() if kind_of_moment(value)))
    named = [name for name in events if name in names]
    named += [name for event in _EVENTS for name in names if event in words(name)]
    name = next(iter(named), next((each for each in names if words(each)[-1] in ("at", "date")), ""))
    has = [each for each in items if kind_of_moment(each.get(name))]
    return sorted(has, key=lambda each: str(each[name]), reverse=True) if has else list(items)
