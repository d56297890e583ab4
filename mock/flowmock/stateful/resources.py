"""What a contract lets clients create, read, update and delete: collections and their items.

A resource is a path that ends with a parameter (`/pets/{id}`), the path before it (`/pets`), and their
operations. No name is known beforehand: what is what follows from paths, methods and schemas.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flowcontract.openapi import pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import DocumentedResponse, MediaType, Operation, Parameter
from flowcontract.openapi.schemas import Schemas
from flowmock.examples.responses import usual
from flowmock.generation.post_processing import members

_ON_ITEM = {"GET": "read", "PUT": "replace", "PATCH": "update", "DELETE": "delete"}
_ON_COLLECTION = {"GET": "list", "POST": "create"}


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """A collection and its items."""

    path: str
    """Of the item, base path included: `/v1/owners/{owner}/pets/{id}`. It names the resource."""
    parameter: str
    """The path parameter that tells items apart."""
    field: str
    """The member of an item that holds its key."""
    media: MediaType
    """An item as reading it gives it."""
    listed: MediaType | None
    """The list; None where there is none."""
    envelope: str
    """The member of the list's body that holds the items; empty where the body is the array itself."""
    operations: Mapping[str, Operation]
    """By what they do: `list`, `create`, `read`, `replace`, `update`, `delete`."""

    def key(self, item: Mapping[str, Any]) -> str | None:
        """The key of an item as a path has it; None where it has none."""
        value = item.get(self.field)
        return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None

    def declared(self) -> dict[str, Any]:
        """The members of an item and their schemas."""
        return dict(members(self.media.schema or {}, self.media.schemas))

    def listed_members(self) -> frozenset[str]:
        """The members that an item has in the list, which may show less of it."""
        if self.listed is None:
            return frozenset()
        schemas, schema = self.listed.schemas, self.listed.schema or {}
        array = dict(members(schema, schemas))[self.envelope] if self.envelope else schema
        return frozenset(name for name, _ in members(schemas.resolve(array).get("items"), schemas))

    def is_numbered(self) -> bool:
        """Whether keys are whole numbers."""
        return bool(self.media.schemas.resolve(self.declared()[self.field]).get("type") == "integer")

    def guarded(self) -> frozenset[str]:
        """The members that the server alone writes (readOnly)."""
        return frozenset(name for name, schema in self.declared().items() if _is_marked(schema, "readOnly", self.media))

    def secret(self) -> frozenset[str]:
        """The members that are never answered (writeOnly)."""
        return frozenset(
            name for name, schema in self.declared().items() if _is_marked(schema, "writeOnly", self.media)
        )


def find(contract: Contract) -> dict[str, tuple[Resource, str]]:
    """The resource of each operation that belongs to one, and what the operation does to it, by operation id."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in contract.operations.values():
        by_path.setdefault(operation.path.rstrip("/"), {})[operation.method] = operation
    found: dict[str, tuple[Resource, str]] = {}
    for path, on_item in by_path.items():
        collection, _, last = path.rpartition("/")
        if not (last.startswith("{") and last.endswith("}") and last.count("{") == 1 and collection in by_path):
            continue
        operations = {_ON_ITEM[method]: on_item[method] for method in _ON_ITEM if method in on_item}
        of_collection = by_path[collection]
        operations |= {
            _ON_COLLECTION[method]: of_collection[method] for method in _ON_COLLECTION if method in of_collection
        }
        if "PUT" in of_collection:  # Some put an item to its collection, with the key in the body.
            operations.setdefault("replace", of_collection["PUT"])
        resource = _resource(contract.base_path + path, last[1:-1], operations)
        if resource:
            found |= {operation.id: (resource, role) for role, operation in resource.operations.items()}
    return found


def _resource(path: str, parameter: str, operations: dict[str, Operation]) -> Resource | None:
    media = next(filter(None, (_item(operations.get(role)) for role in ("read", "replace", "update", "create"))), None)
    listed, envelope = _list(operations.get("list"))
    if media is None or operations.keys().isdisjoint(("read", "replace", "update", "delete")):
        return None
    if listed is None:
        operations.pop("list", None)
    field = _key_field(parameter, operations, media)
    if field is None or not operations.keys() & {"create", "list"}:
        return None
    return Resource(path, parameter, field, media, listed, envelope, operations)


def json_media(answer: DocumentedResponse | None) -> MediaType | None:
    """The JSON media type of an answer that has a schema."""
    return next((media for media in answer.media.values() if media.is_json and media.schema), None) if answer else None


def _item(operation: Operation | None) -> MediaType | None:
    media = json_media(usual(operation)[1]) if operation else None
    is_object = media and media.schema and next(members(media.schema, media.schemas), None)
    return media if is_object else None


def _list(operation: Operation | None) -> tuple[MediaType | None, str]:
    """The body of a list: an array, or an object with one array of objects."""
    media = json_media(operation.success()) if operation else None
    if media is None or media.schema is None:
        return None, ""
    if _is_array_of_objects(media.schema, media.schemas):
        return media, ""
    arrays = [name for name, part in members(media.schema, media.schemas) if _is_array_of_objects(part, media.schemas)]
    return (media, arrays[0]) if len(arrays) == 1 else (None, "")


def _is_array_of_objects(schema: Any, schemas: Schemas) -> bool:
    items = schemas.resolve(schemas.resolve(schema).get("items") or {})
    return next(members(items, schemas), None) is not None


def _key_field(parameter: str, operations: Mapping[str, Operation], media: MediaType) -> str | None:
    """The member that holds the key: an invariant says so, or it has the parameter's name or its last word
    (`petId`, `id`), or it is the one the server makes that is of the parameter's type and format.
    """
    declared = dict(members(media.schema or {}, media.schemas))
    for role in ("read", "replace", "update", "delete"):
        if role in operations:
            named = pointers.split(operations[role].id_pointer(parameter))
            if len(named) == 1 and named[0] in declared:
                return named[0]
    plain = {"".join(_words(name)): name for name in declared}
    words = _words(parameter)
    for start in range(len(words)):
        if (name := "".join(words[start:])) in plain:
            return plain[name]
    shapes = [_shape(schema, media.schemas) for schema in _schemas_of(parameter, operations)]
    return next(
        (
            name
            for name, schema in declared.items()
            if _is_marked(schema, "readOnly", media) and _shape(schema, media.schemas) in shapes
        ),
        None,
    )


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)]


def _schemas_of(parameter: str, operations: Mapping[str, Operation]) -> Iterator[Mapping[str, Any]]:
    found: Iterator[Parameter] = (each for operation in operations.values() for each in operation.path_parameters())
    yield from (each.schema for each in found if each.name == parameter)


def _shape(schema: Any, schemas: Schemas) -> tuple[Any, Any]:
    resolved = schemas.resolve(schema)
    return resolved.get("type"), resolved.get("format")


def _is_marked(schema: Any, mark: str, media: MediaType) -> bool:
    return schema.get(mark) is True or media.schemas.resolve(schema).get(mark) is True
