"""The resources of a contract: collections and their items, inferred from paths, methods and schemas.

A resource is a path that ends with a parameter (`/pets/{id}`), the path before it (`/pets`), and their
operations.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowcontract.openapi import pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType, Operation
from flowcontract.openapi.schemas import Schemas
from flowcontract.openapi.values import members
from flowcontract.openapi.values.plausible import words
from flowmock.examples.responses import usual
from flowmock.generation import bodies
from flowmock.generation.relations import changed_item, envelopes, id_member, is_marked, names_of_id, read_only_ids
from flowmock.lists.envelopes import json_media, list_of, part
from flowmock.lists.paging import Tokens

_ON_ITEM = {"GET": "read", "PUT": "replace", "PATCH": "update", "DELETE": "delete"}
_ON_COLLECTION = {"GET": "list", "POST": "create"}
"""What an operation does by its method; DELETE of a collection clears it, unless something says what it deletes."""


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

    def id_of(self, item: Mapping[str, Any]) -> str | None:
        """The ID of an item as a path parameter; None if it has none."""
        value = item.get(self.id_field)
        return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None

    def item_of(self, body: Any) -> Any:
        """The item of the body of a single one, as it is sent or received."""
        is_enveloped = isinstance(body, Mapping) and isinstance(body.get(self.item_envelope), Mapping)
        return body[self.item_envelope] if self.item_envelope and is_enveloped else body

    def body_of(self, item: Mapping[str, Any], media: MediaType, *, seed: int) -> Any:
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


def find_resources(contract: Contract) -> dict[str, tuple[Resource, str]]:
    """The resource and the action of each operation that belongs to a resource, by operation ID."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in contract.operations.values():
        by_path.setdefault(operation.path.rstrip("/"), {})[operation.method] = operation
    resources: dict[str, tuple[Resource, str]] = {}
    for path, on_item in by_path.items():
        collection, _, last = path.rpartition("/")
        if not (last.startswith("{") and last.endswith("}") and last.count("{") == 1 and collection in by_path):
            continue
        operations = {_ON_ITEM[method]: on_item[method] for method in _ON_ITEM if method in on_item}
        of_collection = by_path[collection]
        operations |= {
            _ON_COLLECTION[method]: of_collection[method] for method in _ON_COLLECTION if method in of_collection
        }
        if "POST" in on_item and on_item["POST"].request_media and not on_item.keys() & {"PUT", "PATCH"}:
            operations["update"] = on_item["POST"]  # Some APIs change an item by a POST to it.
        cleared = None if collection.endswith("}") else of_collection.get("DELETE")
        if cleared and not cleared.request_media and all(each.location != "query" for each in cleared.parameters):
            operations["clear"] = cleared
        if "PUT" in of_collection:  # Some APIs replace an item by a PUT to the collection, with the ID in the body.
            operations.setdefault("replace", of_collection["PUT"])
        resource = _resource(contract, path, last[1:-1], operations)
        if resource:
            resources |= {operation.id: (resource, action) for action, operation in resource.operations.items()}
    for path, on_collection in by_path.items():
        listed = on_collection.get("GET")
        if listed is None or listed.id in resources or path.endswith("}"):
            continue
        resource = _list_alone(contract, listed, on_collection.get("POST"))
        is_below = "}/" in path or (resource is not None and "create" in resource.operations)
        if resource and is_below:
            resources |= {operation.id: (resource, action) for action, operation in resource.operations.items()}
    return resources | _listed_below_others(contract, by_path, resources)


def lists_alone(contract: Contract, known: Mapping[str, Any]) -> list[Resource]:
    """The lists whose items have no operations of their own, and to whose items others refer. `known`: by operation."""
    listed = [each for each in contract.operations.values() if each.method == "GET" and each.id not in known]
    found = (_list_alone(contract, each) for each in listed if "{" not in each.path)
    return [each for each in found if each and each.id_field]


def _listed_below_others(
    contract: Contract, by_path: Mapping[str, Mapping[str, Operation]], resources: Mapping[str, tuple[Resource, str]]
) -> dict[str, tuple[Resource, str]]:
    """The resources of items that only lists below others have: `/tasks/{id}` beside `/projects/{id}/tasks`."""
    known = list(dict.fromkeys(resource for resource, _ in resources.values()))
    found: dict[str, tuple[Resource, str]] = {}
    for path, on_item in by_path.items():
        collection = by_path.get(path.rpartition("/")[0], {})
        operations = {_ON_ITEM[method]: on_item[method] for method in _ON_ITEM if method in on_item}
        is_item = path.count("{") == 1 and path.rpartition("/")[2][0:1] == "{" and path.endswith("}")
        if (
            not (is_item and operations)
            or "GET" in collection
            or any(each.id in resources for each in on_item.values())
        ):
            continue
        if resource := next(
            filter(None, (_listed_below(contract, path, operations, each, known) for each in known)), None
        ):
            found |= {operation.id: (resource, action) for action, operation in operations.items()}
    return found


def _listed_below(
    contract: Contract, path: str, operations: Mapping[str, Operation], listed: Resource, known: list[Resource]
) -> Resource | None:
    """The resource of items that a list below another one has; None where it has others.

    The items say which list has them (`project_id`). The examples of a list are what its author says.
    """
    above, _, name = listed.path.rpartition("/")[0].rpartition("/")
    parent = next((each for each in known if each.path == above and each.path.count("{") == 1), None)
    if parent is None or path.split("/")[-2] != name or listed.list_media is None or listed.list_media.examples:
        return None
    resource = _resource(contract, path, path.rpartition("/")[2][1:-1], dict(operations), listed.media)
    if resource is None or resource.id_field != listed.id_field:
        return None
    properties = resource.properties()
    names = names_of_id(parent.path.split("/")[-2], (parent.parameter, parent.id_field, "id"))
    has_parent = any("_".join(words(each)) in names for each in properties)
    return resource if has_parent and listed.properties().keys() <= properties.keys() else None


def find_list(contract: Contract, operation: Operation) -> Resource | None:
    """The resource that an operation lists; None where it lists none."""
    collection = operation.path.rstrip("/")
    on_item: dict[str, Operation] = {}
    for each in contract.operations.values():
        parent, _, last = each.path.rstrip("/").rpartition("/")
        if parent == collection and last.startswith("{") and last.endswith("}") and last.count("{") == 1:
            on_item[each.method] = each
    operations = {_ON_ITEM[method]: on_item[method] for method in _ON_ITEM if method in on_item}
    if not operations:
        return _list_alone(contract, operation)
    path = next(iter(operations.values())).path.rstrip("/")
    parameter = path.rpartition("/")[2][1:-1]
    resource = _resource(contract, path, parameter, {**operations, "list": operation})
    return resource if resource and "list" in resource.operations else None


def _list_alone(contract: Contract, operation: Operation, post: Operation | None = None) -> Resource | None:
    """The resource of a list whose items have no operations of their own. `post`: what may create items."""
    list_media, envelope = list_of(contract, operation) or (None, ())
    array = part(list_media, envelope) if list_media else None
    media = array.items() if array else None
    if media is None or media.schema is None:
        return None
    path = f"{contract.base_path}{operation.path.rstrip('/')}/{{id}}"
    id_field = id_member((name for name, _ in members(media.schema, media.schemas)), path) or ""
    operations = {"list": operation}
    if post and post.request_media:  # What returns an item of the list, or says that it creates one, does.
        made = json_media(usual(post)[1])
        name = _envelope_of(made, media, path) if made else "" if "201" in post.responses else None
        if name is not None:
            return Resource(path, "", id_field, media, list_media, envelope, name, operations | {"create": post})
    return Resource(path, "", id_field, media, list_media, envelope, "", operations)


def _envelope_of(whole: MediaType, item: MediaType, path: str) -> str | None:
    """The member of a body that is an item, empty where the body is one; None where it has none."""
    names = [name for name, _ in members(whole.schema or {}, whole.schemas)]
    for name in ("", *envelopes(names, path)):
        media = whole.member(name) if name else whole
        if media and media.schema == item.schema:
            return name
    return None


def _resource(
    contract: Contract,
    template: str,
    parameter: str,
    operations: dict[str, Operation],
    listed: MediaType | None = None,
) -> Resource | None:
    """`listed`: an item, where only lists below others have them."""
    path = contract.base_path + template
    list_operation = operations.get("list")
    list_media, envelope = (list_of(contract, list_operation) if list_operation else None) or (None, ())
    written = (_item(contract, operations.get(action)) for action in ("read", "replace", "update", "create"))
    array = part(list_media, envelope) if list_media else _array_above(contract, template)
    whole = next(filter(None, written), None) or (array.items() if array else listed)
    if whole is None or operations.keys().isdisjoint(("read", "replace", "update", "delete")):
        return None
    if list_media is None:
        operations.pop("list", None)
    if listed is None and not operations.keys() & {"create", "list"}:
        return None
    for name in ("", *envelopes((name for name, _ in members(whole.schema, whole.schemas)), path)):
        media = whole.member(name) if name else whole
        id_field = _id_field(path, parameter, operations, media) if media else None
        if media is not None and id_field is not None:
            return Resource(path, parameter, id_field, media, list_media, envelope, name, operations)
    return None


def _item(contract: Contract, operation: Operation | None) -> MediaType | None:
    """The body of a success that is an item, and not one above that the operation changes."""
    media = json_media(usual(operation)[1]) if operation else None
    is_object = media and media.schema and next(members(media.schema, media.schemas), None)
    if operation is None or media is None or not is_object or changed_item(contract, operation, media):
        return None
    return media


def _array_above(contract: Contract, template: str) -> MediaType | None:
    """The array of the item above a collection that has its name: `lines` of `/carts/{id}` for `/carts/{id}/lines`."""
    above, _, name = template.rpartition("/")[0].rpartition("/")
    for operation in contract.operations.values():
        if operation.method == "GET" and operation.path.rstrip("/") == above and above.endswith("}"):
            media = json_media(operation.success())
            return media.member(name) if media else None
    return None


def _id_field(path: str, parameter: str, operations: Mapping[str, Operation], media: MediaType) -> str | None:
    """The property with the ID: that of an invariant, else one with the parameter's name or its last word
    (`petId`, `id`), else a readOnly one with the parameter's type and format.
    """
    properties = dict(members(media.schema or {}, media.schemas))
    for action in ("read", "replace", "update", "delete"):
        if action in operations:
            named = pointers.split(operations[action].id_pointer(parameter))
            if len(named) == 1 and named[0] in properties:
                return named[0]
    if named_alike := id_member(properties, path):
        return named_alike
    parameters = (each for operation in operations.values() for each in operation.path_parameters())
    return next(read_only_ids(media, (each for each in parameters if each.name == parameter)), None)
