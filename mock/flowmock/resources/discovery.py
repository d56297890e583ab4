"""The resources of a contract, inferred from paths, methods and schemas."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flowcontract.openapi import pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType, Operation
from flowcontract.openapi.values import members
from flowcontract.openapi.values.names import snake_case
from flowmock.examples.responses import usual
from flowmock.generation.relations import changed_item, envelopes, id_member, read_only_ids
from flowmock.lists.envelopes import json_media, list_of, part
from flowmock.resources.model import Resource

_ON_ITEM = {"GET": "read", "PUT": "replace", "PATCH": "update", "DELETE": "delete"}
_ON_COLLECTION = {"GET": "list", "POST": "create"}
"""What an operation does by its method; DELETE of a collection clears it, unless something says what it deletes."""


_ByPath = Mapping[str, Mapping[str, Operation]]
"""Operations by path, without a slash at its end, and method."""
_Found = dict[str, tuple[Resource, str]]
"""Resource and action by operation ID."""


def find_resources(contract: Contract) -> dict[str, tuple[Resource, str]]:
    """The resource and the action of each operation that belongs to a resource, by operation ID."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in contract.operations.values():
        by_path.setdefault(operation.path.rstrip("/"), {})[operation.method] = operation
    found = _with_item_paths(contract, by_path)
    found |= _without_item_paths(contract, by_path, found)
    while below := _listed_below_others(contract, by_path, found):
        found |= below  # Others may be listed below these: comments of episodes of shows.
    return found | _read_elsewhere(by_path, found)


def _with_item_paths(contract: Contract, by_path: _ByPath) -> _Found:
    """The resources whose items have paths below that of the collection."""
    found: _Found = {}
    for path, on_item in by_path.items():
        collection, _, last = path.rpartition("/")
        if _is_parameter(last) and collection in by_path:
            operations = _operations(on_item, by_path[collection], is_nested=collection.endswith("}"))
            found |= _by_operation(_resource(contract, path, last[1:-1], operations))
    return found


def _operations(
    on_item: Mapping[str, Operation], on_collection: Mapping[str, Operation], *, is_nested: bool
) -> dict[str, Operation]:
    """The operations of a resource by action. `is_nested`: the path of the collection is that of an item, too."""
    found = _actions(_ON_ITEM, on_item) | _actions(_ON_COLLECTION, on_collection)
    if "POST" in on_item and on_item["POST"].request_media and not on_item.keys() & {"PUT", "PATCH"}:
        found["update"] = on_item["POST"]  # Some APIs change an item by a POST to it.
    cleared = None if is_nested else on_collection.get("DELETE")
    if cleared and not cleared.request_media and all(each.location != "query" for each in cleared.parameters):
        found["clear"] = cleared
    if "PUT" in on_collection:  # Some APIs replace an item by a PUT to the collection, with the ID in the body.
        found.setdefault("replace", on_collection["PUT"])
    return found


def _without_item_paths(contract: Contract, by_path: _ByPath, known: Mapping[str, Any]) -> _Found:
    """The lists below items, and those that clients can add to, whose items have no paths. `known`: by operation."""
    found: _Found = {}
    for path, on_collection in by_path.items():
        listed = on_collection.get("GET")
        if listed is None or listed.id in known or path.endswith("}"):
            continue
        resource = _list_alone(contract, listed, on_collection.get("POST"))
        if resource and ("}/" in path or "create" in resource.operations):
            found |= _by_operation(resource)
    return found


def _by_operation(resource: Resource | None) -> _Found:
    return {operation.id: (resource, action) for action, operation in resource.operations.items()} if resource else {}


def _actions(names: Mapping[str, str], operations: Mapping[str, Operation]) -> dict[str, Operation]:
    """Operations by action. `names`: of the actions, by method."""
    return {name: operations[method] for method, name in names.items() if method in operations}


def _is_parameter(segment: str) -> bool:
    """Whether a segment of a path is one parameter, and nothing else."""
    return segment.startswith("{") and segment.endswith("}") and segment.count("{") == 1


def lists_alone(contract: Contract, known: Mapping[str, Any]) -> list[Resource]:
    """The lists whose items have no operations of their own, and to whose items others refer. `known`: by operation."""
    listed = [each for each in contract.operations.values() if each.method == "GET" and each.id not in known]
    found = (_list_alone(contract, each) for each in listed if "{" not in each.path)
    return [each for each in found if each and each.id_field]


def _listed_below_others(contract: Contract, by_path: _ByPath, known: _Found) -> _Found:
    """The resources of items that only lists below others have: `/tasks/{id}` beside `/projects/{id}/tasks`."""
    lists = list(dict.fromkeys(resource for resource, _ in known.values()))
    found: _Found = {}
    for path, on_item in by_path.items():
        collection, _, last = path.rpartition("/")
        operations = _actions(_ON_ITEM, on_item)
        is_item = _is_parameter(last) and path.count("{") == 1
        has_list = "GET" in by_path.get(collection, {})
        is_known = any(each.id in known for each in on_item.values())
        if is_item and operations and not has_list and not is_known:
            below = (_listed_below(contract, path, operations, each, lists) for each in lists)
            resource = next(filter(None, below), None)
            found |= {operation.id: (resource, action) for action, operation in operations.items() if resource}
    return found


def _listed_below(
    contract: Contract, path: str, operations: Mapping[str, Operation], listed: Resource, known: list[Resource]
) -> Resource | None:
    """The resource of items that a list below another one has; None where it has others.

    The items say which list has them (`project_id`). The examples of a list are what its author says.
    """
    parent = next((each for each in known if each.path == listed.above and each.path.count("{") == 1), None)
    if parent is None or path.split("/")[-2] != listed.name or listed.list_media is None or listed.list_media.examples:
        return None
    resource = _resource(contract, path, path.rpartition("/")[2][1:-1], dict(operations), listed.media)
    if resource is None or resource.id_field != listed.id_field:
        return None
    properties = resource.properties()
    names = parent.names_of_id()
    has_parent = any(snake_case(each) in names for each in properties)
    return resource if has_parent and listed.properties().keys() <= properties.keys() else None


def _read_elsewhere(by_path: _ByPath, known: _Found) -> _Found:
    """The lists below items whose items another collection has as a whole, with what creates these."""
    resources = list(dict.fromkeys(resource for resource, _ in known.values()))
    wholes = [each for each in resources if each.parameter and each.path.count("{") == 1]
    found: _Found = {}
    for listed in resources:
        if listed.parameter or "}/" not in listed.path.removesuffix("/{id}"):
            continue
        whole = next((each for each in wholes if _has_whole_items(each, listed)), None)
        on_collection = by_path[listed.operations["list"].path.rstrip("/")]
        if whole and (whole.media.schema != listed.media.schema):
            post = on_collection.get("POST")
            name = _envelope_of_new(post, whole) if post else None
            operations = listed.operations if post is None or name is None else {**listed.operations, "create": post}
            found |= _by_operation(replace(listed, media=whole.media, item_envelope=name or "", operations=operations))
    return found


def _has_whole_items(whole: Resource, listed: Resource) -> bool:
    """Whether a collection has the items of a list of the same name, with all of their members."""
    is_same = whole.id_field == listed.id_field and whole.name == listed.name
    return is_same and listed.properties().keys() <= whole.properties().keys()


def _envelope_of_new(post: Operation, whole: Resource) -> str | None:
    """The member with the item in the response to a creation, empty for the body; None for what creates none."""
    made = json_media(usual(post)[1])
    if made is None:
        return "" if "201" in post.responses else None
    name = _envelope_of(made, whole.media, whole.path)
    names = {each for each, _ in members(made.schema or {}, made.schemas)}
    is_part = whole.id_field in names and (names <= whole.properties().keys() or names >= whole.properties().keys())
    return "" if name is None and is_part and "201" in post.responses else name


def list_alone(contract: Contract, operation: Operation) -> Resource | None:
    """The resource that an operation lists, without the operations of its items; None where it lists none."""
    return _list_alone(contract, operation)


def find_list(contract: Contract, operation: Operation) -> Resource | None:
    """The resource that an operation lists; None where it lists none."""
    collection = operation.path.rstrip("/")
    on_item: dict[str, Operation] = {}
    for each in contract.operations.values():
        parent, _, last = each.path.rstrip("/").rpartition("/")
        if parent == collection and _is_parameter(last):
            on_item[each.method] = each
    operations = _actions(_ON_ITEM, on_item)
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
