"""A resource: a path that ends with a parameter (`/pets/{id}`), the path before it (`/pets`), and their operations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowcontract.openapi.model import MediaType, Operation
from flowcontract.openapi.schemas import Schemas
from flowcontract.openapi.values import members
from flowcontract.openapi.values.names import singulars, snake_case
from flowmock.generation import bodies
from flowmock.generation.new_items import enumerated
from flowmock.generation.relations import id_pointer, is_marked
from flowmock.lists.paging import Tokens
from flowmock.seeds import Seed


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """A collection and its items."""

    path: str
    """The path of an item with the base path: `/v1/owners/{owner}/pets/{id}`. It identifies the resource."""
    parameter: str
    """The path parameter with the ID of an item; empty where an item has no path."""
    id_field: str
    """The member of an item with its ID; empty where none is known."""
    media: MediaType
    """The media type of an item."""
    list_media: MediaType | None
    """The media type of the list; None if there is no list operation."""
    envelope: Tokens
    """The members that lead to the items in the list's body; empty if the body is the array itself."""
    item_envelope: str
    """The member of the body of a single item that is the item; empty if the body is the item itself."""
    operations: Mapping[str, Operation]
    """By action: `list`, `create`, `read`, `replace`, `update`, `delete`, `clear`."""

    @property
    def name(self) -> str:
        """The name of the collection: `pets`."""
        return self.path.rpartition("/")[0].rpartition("/")[2]

    @property
    def above(self) -> str:
        """The path of what the collection is below: `/v1/owners/{owner}`."""
        return self.path.rpartition("/")[0].rpartition("/")[0]

    def names_of_id(self) -> set[str]:
        """The names, as words, that the ID of an item has elsewhere: `pet_id`."""
        plain = {snake_case(name) for name in (self.parameter, self.id_field, "id") if name}
        found: set[str] = set()
        for item in (snake_case(each) for each in singulars(self.name)):
            names_item = {name for name in plain if item in name or item.endswith("_" + name.removesuffix("_id"))}
            found |= names_item | {f"{item}_{name}" for name in plain - names_item}
        return found

    def examples_of_read(self) -> list[Any] | None:
        """The items in the examples of the read, where its schema names no members; None if these show no items."""
        read = self.operations.get("read")
        success = read.success() if read else None
        media = success.json_media if success else None
        if media is None or not media.examples or next(members(media.schema or {}, media.schemas), None):
            return []
        objects = [each.value for each in media.examples.values() if isinstance(each.value, Mapping)]
        names = self.properties().keys()
        return [self.item_of(each) for each in objects if id_pointer(each, self.path) or names & each.keys()] or None

    def id_of(self, item: Mapping[str, Any]) -> str | None:
        """The ID of an item as a path parameter; None if it has none."""
        value = item.get(self.id_field)
        return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None

    def item_of(self, body: Any) -> Any:
        """The item of the body of a single one, as it is sent or received."""
        is_enveloped = isinstance(body, Mapping) and isinstance(body.get(self.item_envelope), Mapping)
        return body[self.item_envelope] if self.item_envelope and is_enveloped else body

    def body_of(self, item: Mapping[str, Any], media: MediaType, *, seed: Seed) -> Any:
        """The body of a response with a single item, in the envelope where this response has it."""
        if not self.item_envelope or self.item_envelope not in dict(members(media.schema or {}, media.schemas)):
            return item
        around = bodies.body(media, seed=seed, key=self.path, examples=True)
        return {**around, self.item_envelope: item} if isinstance(around, dict) else item

    def properties(self) -> dict[str, Any]:
        """The properties of an item and their schemas."""
        return dict(members(self.media.schema or {}, self.media.schemas))

    def list_properties(self) -> frozenset[str]:
        """The properties of an item in the list, which may be fewer."""
        if self.list_media is None:
            return frozenset()
        schemas: Schemas = self.list_media.schemas
        array: Any = self.list_media.schema or {}
        for token in self.envelope:
            array = dict(members(array, schemas))[token]
        return frozenset(name for name, _ in members(schemas.resolve(array).get("items"), schemas))

    def values_in_order(self) -> dict[str, list[Any]]:
        """The values of the properties that have only some, in the order that their schemas name them in."""
        schemas = self.media.schemas
        found = {name: enumerated(schema, schemas) for name, schema in self.properties().items()}
        return {name: [each for each in values if each is not None] for name, values in found.items() if any(values)}

    @property
    def is_documented(self) -> bool:
        """Whether examples say what the items are."""
        return bool(self.media.examples or (self.list_media and self.list_media.examples))

    def members_of_list_alone(self) -> frozenset[str]:
        """The properties that an item has in the list, and not where it is read; none where the list is an example."""
        is_example = self.list_media is None or self.list_media.examples
        return frozenset() if is_example else self.list_properties() - self.properties().keys()

    def list_item_media(self) -> MediaType | None:
        """An item in the list, by itself; None where there is no list."""
        array = self.list_media
        for token in self.envelope:
            array = array.member(token) if array else None
        return array.items() if array else None

    def items_of(self, body: Any) -> list[dict[str, Any]]:
        """The items of the body of a list."""
        for token in self.envelope:
            body = body.get(token) if isinstance(body, Mapping) else None
        return [item for item in body if isinstance(item, dict)] if isinstance(body, list) else []

    def has_integer_ids(self) -> bool:
        """Whether IDs are integers."""
        return bool(self.media.schemas.resolve(self.properties()[self.id_field]).get("type") == "integer")

    def accepts(self, item_id: str) -> bool:
        """Whether the read can be asked for an ID."""
        read = self.operations.get("read")
        values: list[Any] = [item_id, *([int(item_id)] if item_id.isdecimal() else [])]
        parameters = read.path_parameters() if read else []
        return all(any(map(each.is_valid, values)) for each in parameters if each.name == self.parameter)

    def read_only(self) -> frozenset[str]:
        """The properties that only the server writes (readOnly)."""
        return frozenset(
            name for name, schema in self.properties().items() if is_marked(schema, "readOnly", self.media.schemas)
        )

    def write_only(self) -> frozenset[str]:
        """The properties that responses never contain (writeOnly)."""
        return frozenset(
            name for name, schema in self.properties().items() if is_marked(schema, "writeOnly", self.media.schemas)
        )
