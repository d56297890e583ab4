"""Generated items of a resource: their IDs, what the read gives for each, and lists of as many as are asked for."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import DocumentedResponse, MediaType, Operation
from flowcontract.openapi.values import agreement
from flowmock.generation import bodies, relations, samples
from flowmock.lists.envelopes import part
from flowmock.lists.selecting import Item
from flowmock.resources import own_values, validity, variety
from flowmock.resources.model import Resource
from flowmock.resources.transitions import Transitions
from flowmock.seeds import Seed

_MAX_NAMED = 100
"""Items of a list that have names of their own."""


class GeneratedItems:
    """The generated items of one contract; always the same ones for the same seed."""

    def __init__(self, contract: Contract, seed: Seed) -> None:
        self._contract = contract
        self._seed = seed
        self._transitions = Transitions(contract)
        self._numbers: dict[str, dict[str, int]] = {}
        """Which item of its list each is, by its ID; by the resource. The first one has the examples of its schema."""

    def ids(self, resource: Resource, most: int) -> Iterator[str]:
        """IDs of the items of a list, always the same ones in the same order. `most`: how many are tried."""
        read = resource.operations["read"]
        found: set[str] = set()
        alone = resource.media.member(resource.id_field)
        for number in range(most):
            key = f"{resource.path} {number}"
            if alone and number >= _MAX_NAMED and not alone.schemas.gives_examples(alone.schema_pointer):
                # A whole item takes longer.
                made: Any = {resource.id_field: bodies.body(alone, seed=self._seed, key=key)}
            else:
                made = bodies.body(resource.media, seed=self._seed, key=key)
            item_id = resource.id_of(made) if isinstance(made, dict) else None
            if item_id in found:  # It is the example of the schema.
                item_id = own_values.counted_id(resource, item_id, number, found)
            if item_id in found:
                made = bodies.body(resource.media, seed=self._seed, key=key, examples=False)
                item_id = resource.id_of(made) if isinstance(made, dict) else None
            if item_id is None or not resource.accepts(item_id):
                item_id = samples.path_value(self._contract, read, resource.parameter, seed=self._seed, key=key)
            if item_id is not None:
                found.add(item_id)
                yield item_id

    def read(
        self, operation: Operation, response: DocumentedResponse, media: MediaType, path_values: Mapping[str, str]
    ) -> Any:
        """The body of a read."""
        written = relations.written(self._contract, operation)
        return bodies.for_call(operation, response, media, path_values, self._seed, written=written)

    def varied(self, resource: Resource, item: Item, item_id: str | None) -> Item:
        """An item with values that filters ask for. `item_id`: of one in a list, where names differ."""
        named = item if item_id is None else self._named(resource, item, item_id)
        return self.adopted(resource, named)

    def adopted(self, resource: Resource, item: Item, number: int | None = None) -> Item:
        """An item with values that filters ask for, and with a history of its status; `number` as in `variety`."""
        adopted = variety.adopted(resource, item, self._seed.today, number)
        booleans = [name for name, value in adopted.items() if isinstance(value, bool)]
        valid = adopted | validity.flags(booleans, adopted, self._seed.today)
        return self._transitions.settled(resource, valid if resource.media.is_valid(valid) else adopted, self._seed)

    def _named(self, resource: Resource, item: Item, item_id: str) -> Item:
        """An item with its own names and numbers; the first one of a list has those of the examples."""
        have_names = variety.have_examples_of_names(resource)
        if not have_names and not own_values.have(resource):
            return item
        if resource.path not in self._numbers:
            known = enumerate(dict.fromkeys(self.ids(resource, _MAX_NAMED)))
            self._numbers[resource.path] = {each: number for number, each in known}
        number = self._numbers[resource.path].get(item_id, 0)
        if number and have_names:
            key = f"{resource.path} {item_id} name"
            made = bodies.body(resource.media, seed=self._seed, key=key, examples=False)
            item = variety.named(resource, item, made) if isinstance(made, dict) else item
        return own_values.numbered(resource, item, number)

    def whole(self, resource: Resource, item: Item) -> Item:
        """An item of a list that may have less members than the read."""
        if resource.media.is_valid(item):
            return item
        made = bodies.body(resource.media, seed=self._seed, key=f"{resource.path} {resource.id_of(item)}")
        whole = agreement.valid({**made, **item}, made, resource.media.is_valid) if isinstance(made, dict) else item
        return whole if resource.media.is_valid(whole) else item

    def listed(self, resource: Resource, operation: Operation, path_values: Mapping[str, str]) -> list[Item]:
        """The items of a list whose items have no operations of their own."""
        response = operation.success()
        assert response
        assert resource.list_media
        made = bodies.for_call(operation, response, resource.list_media, path_values, self._seed)
        if items := resource.items_of(made):
            return items
        array = part(resource.list_media, resource.envelope)  # An optional member, and it was left out.
        return _only_objects(bodies.body(array, seed=self._seed, key=operation.id)) if array else []


def _only_objects(value: Any) -> list[Item]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def sized(
    items: Sequence[Item],
    count: int,
    resource: Resource,
    seed: Seed,
    gone: Collection[str] = (),
    *,
    below: tuple[str, ...] = (),
) -> list[Item]:
    """The first items of a list, and generated ones with other IDs where there are fewer.

    `gone`: the IDs of items that were there before. `below`: the path parameters of the list.
    """
    path = " ".join((resource.path, *below))
    found = list(items[:count])
    ids = {*gone, *map(resource.id_of, found)}
    for number in range(2 * count if len(found) < count else 0):
        made = bodies.body(resource.media, seed=seed, key=f"{path} item {number}", examples=False)
        if not isinstance(made, dict):
            break
        item_id = resource.id_of(made)
        if item_id is None or item_id not in ids:
            found.append(own_values.with_examples(resource, made, len(found)))
            ids.add(item_id)
        if len(found) == count:
            break
    return found
