"""The names by which members refer to collections: `venue_id`, and an object `venue`, to `/venues/{id}`.

What a member is of, its schema can say as well: an `owner` is one of `/users` if it is a `UserRef`, and so is an
`owner_id`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from flowcontract.openapi.path_templates import nameless
from flowcontract.openapi.values.names import singulars, snake_case
from flowcontract.openapi.values.nouns import is_person
from flowmock.resources.model import Resource
from flowmock.resources.named_schemas import nouns_of

USER = "user"
"""The collection of people whose role has no collection of its own: an author or an owner is a user."""


class Below(NamedTuple):
    """A collection right below the items of another one."""

    resource: Resource
    parent: Resource
    names: frozenset[str]
    """Those that the IDs of its items have elsewhere, as words."""
    nouns: frozenset[str] = frozenset()
    """Those of objects that stand for its items, where nothing else has these names."""


class CollectionNames:
    """The names of the IDs and of the items of the collections of one contract."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._by_name: dict[str, Resource] = {}
        self._by_noun: dict[str, Resource] = {}
        known = list(resources)
        for resource in known:
            if resource.id_field and resource.path.count("{") == 1:
                for noun in singulars(resource.name):
                    self._by_noun.setdefault(snake_case(noun), resource)
                for name in resource.names_of_id():
                    self._by_name.setdefault(name, resource)
        self._above: dict[str, Resource] = {}
        """The collections whose items have the lists below them that alone show the items of others, by their paths."""
        self._below = [*self._below_items(known), *self._listed_below(known)]
        self._by_schema = self._named_by_schemas(known)

    def _below_items(self, resources: Iterable[Resource]) -> list[Below]:
        """The collections right below the items of others, whose IDs have names that no other collection has."""
        parents = {nameless(each.path): each for each in self._by_name.values()}
        found = []
        for each in resources:
            parent = parents.get(nameless(each.above))
            if parent and each.parameter and each.id_field:
                names = each.names_of_id() - self._by_name.keys()
                found.append(Below(each, parent, frozenset(names)))
        return found

    def _listed_below(self, resources: Sequence[Resource]) -> Iterator[Below]:
        """The collections whose items only one list below others shows: `/buildings/{id}/units` without `/units/{id}`.

        Something may be below these as well: `/units/{id}/tenants`.
        """
        collections = [each.name for each in resources]
        left = [
            each for each in resources
            if "list" in each.operations and each.id_field and not each.parameter and each.path.count("{") == 2
            if collections.count(each.name) == 1
        ]  # fmt: skip
        while left:
            parents = [each for each in {**self._by_noun, **self._by_name}.values() if each.id_field]
            by_path = {self.path_of(each): each for each in parents}
            found = [each for each in left if nameless(each.above) in by_path]
            left = [each for each in left if each not in found] if found else []
            for each in found:
                nouns = {snake_case(noun) for noun in singulars(each.name)} - self._by_noun.keys()
                names = each.names_of_id() - self._by_name.keys()
                if nouns and names:
                    self._above[each.path] = by_path[nameless(each.above)]
                    self._by_noun |= dict.fromkeys(nouns, each)
                    self._by_name |= dict.fromkeys(names, each)
                    yield Below(each, self._above[each.path], frozenset(names), frozenset(nouns))

    def path_of(self, resource: Resource) -> str:
        """The plain path of an item; of one that only a list below others shows, below nothing: `/units/{}`."""
        path = nameless(resource.path)
        if resource.path not in self._above:
            return path
        base = path[: path.index("{}")].rpartition("/")[0].rpartition("/")[0]
        return f"{base}/{resource.name}/{{}}"

    def above(self, resource: Resource) -> Resource | None:
        """The collection below whose items alone the items of another one are listed; None where they are elsewhere."""
        return self._above.get(resource.path)

    def at(self, path: str) -> Resource | None:
        """The collection whose items have a plain path, and that has no operations on single ones; None for none."""
        known = (each for each in self._by_noun.values() if not each.parameter)
        return next((each for each in known if self.path_of(each) == path), None)

    def _named_by_schemas(self, resources: Iterable[Resource]) -> dict[str, Resource]:
        """The members, by plain names, whose schemas are named like the items of one collection."""
        found: dict[str, set[Resource | None]] = {}
        for resource in resources:
            for name, noun in nouns_of(resource.media.schema, resource.media.schemas, set()):
                for each in {name, *singulars(name)} if name.endswith("s") else {name}:
                    found.setdefault(each, set()).add(self._by_noun.get(noun))
        return {name: one for name, (one, *others) in found.items() if one and not others}

    def collection(self, name: str) -> Resource | None:
        """The collection that an object with this name is an item of: `/venues/{id}` for `venue`."""
        plain = snake_case(name)
        found = self._by_noun.get(plain) or self._by_schema.get(plain)
        return found or (self._by_noun.get(USER) if is_person(plain) else None)

    def collections(self) -> list[Resource]:
        """The collections whose items others may refer to."""
        return list(dict.fromkeys(self._by_name.values()))

    def named(self, name: str) -> Resource | None:
        """The collection whose IDs have this name, or one that ends so: `related_venue_id`."""
        plain = snake_case(name)
        parts = plain.split("_")
        endings = ("_".join(parts[start:]) for start in range(len(parts) - 1))
        found = next((self._by_name[ending] for ending in endings if ending in self._by_name), None)
        return found or (self.collection(plain.removesuffix("_id")) if plain.endswith("_id") else None)

    def _pairs(self, resource: Resource) -> Iterator[tuple[str, str, Resource]]:
        """The IDs and the objects of an item that are of the same item of another collection."""
        plain = {snake_case(name): name for name in resource.properties()}
        for id_name, name in plain.items():
            other = plain.get(id_name.removesuffix("_id"))
            collection = self.collection(other) if other and id_name.endswith("_id") else None
            if other and collection:
                yield name, other, collection
