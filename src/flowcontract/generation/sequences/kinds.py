"""Kinds of resources: which operations create, read, list, change and delete the same objects.

They are paired by their paths (`/projects` and `/projects/{id}`), by the last literal segment where the items stand
elsewhere (`/projects/{id}/tasks` and `/tasks/{id}`), and by the schema of their responses.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from flowcontract.http.secret_detection import is_secret
from flowcontract.openapi.model import ID_NAMES, ID_SUFFIX, MediaType, Operation, Parameter
from flowcontract.openapi.path_templates import nameless, parameter_names
from flowcontract.text import plain_name

_OF_NUMBERS = frozenset({"count", "display", "max", "min", "num", "number", "per", "sort", "total"})
"""Words with which a name such as `sort_order` is that of a number."""
_ALWAYS_IDS = frozenset({"id", "uuid", "guid", "uid", "pk", "key"})


@dataclass(frozen=True, slots=True)
class Kind:
    """Resources of one kind."""

    name: str
    """The last literal segment of their collection, such as `projects`."""
    create: Operation
    item_path: str
    items: Mapping[str, Operation]
    """Operations on one resource by method."""
    list: Operation | None
    parent: "Kind | None" = None
    """The kind whose resources the path of the collection names."""
    references: Mapping[str, str] = field(default_factory=dict)
    """The `item_path` of the kinds that properties of the request body refer to, by property."""
    actions: tuple[Operation, ...] = ()
    """POST operations below one resource that create nothing, such as `/notes/{id}/restore`."""
    batches: tuple[Operation, ...] = ()
    """POST operations that create several resources at once."""
    by_ids: tuple[tuple[Operation, str], ...] = ()
    """POST operations on several resources, each with the property of its body that holds their IDs."""

    @property
    def has_chosen_ids(self) -> bool:
        """Whether the caller chooses the ID: PUT creates at the path of the resource."""
        return self.create.path == self.item_path

    @property
    def read(self) -> Operation | None:
        """GET of one resource."""
        return self.items.get("GET")

    @property
    def update(self) -> Operation | None:
        """PATCH of one resource."""
        return self.items.get("PATCH")

    @property
    def replace(self) -> Operation | None:
        """PUT of one resource."""
        return self.items.get("PUT")

    @property
    def delete(self) -> Operation | None:
        """DELETE of one resource."""
        return self.items.get("DELETE")

    @property
    def operations(self) -> Iterator[tuple[str, Operation]]:
        """What is done with resources of this kind, and by which operation."""
        named = {"create": self.create, "list": self.list, "read": self.read, "update": self.update}
        named |= {"replace": self.replace, "delete": self.delete}
        yield from ((action, operation) for action, operation in named.items() if operation is not None)
        yield from (("action", operation) for operation in self.actions)
        yield from (("batch", operation) for operation in (*self.batches, *(one for one, _ in self.by_ids)))

    @property
    def id_parameter(self) -> Parameter:
        """The path parameter that names one resource."""
        operation = next(iter(self.items.values()))
        name = parameter_names(self.item_path)[-1]
        return next(parameter for parameter in operation.path_parameters() if parameter.name == name)


def kinds(operations: Sequence[Operation], pairs: Mapping[str, str] = MappingProxyType({})) -> list[Kind]:
    """The kinds of resources that these operations create, parents before their children.

    `pairs`: the paths of what some of them create, by operation ID, where it cannot be told; empty for nothing.
    """
    by_path = operations_by_path(operations)
    found: dict[str, Kind] = {}
    created = [(o, pairs.get(o.id, _item_path(o, by_path))) for o in operations if o.method in ("POST", "PUT")]
    # What both POST and PUT create is created by POST: the server knows which IDs are free.
    posted = {path for operation, path in created if operation.method == "POST"}
    made = [(o, path) for o, path in created if o.method == "POST" or path not in posted]
    made += [(o, other) for o, path in made if o.id not in pairs and (other := _other_path(o, path, by_path))]
    for operation, item_path in sorted(made, key=lambda one: (collection_path(one[0]).count("/"), len(one[0].path))):
        if item_path not in by_path or item_path in found or operation.request_json is None:
            continue
        collection = collection_path(operation)
        listing = next((by_path[path].get("GET") for path in by_path if path.rstrip("/") == collection), None)
        kind = Kind(
            _last_literal(operation.path),
            operation,
            item_path,
            by_path[item_path],
            listing if listing is not None and is_list(listing) else None,
            actions=tuple(_actions(item_path, by_path)),
            batches=tuple(_batches(operation, by_path)) if operation.method == "POST" else (),
        )
        found[item_path] = replace(kind, by_ids=tuple(_by_ids(kind, by_path)))
    ordered = _with_parents(list(found.values()))
    return [_with_references(kind, ordered) for kind in ordered]


def operations_by_path(operations: Iterable[Operation]) -> dict[str, dict[str, Operation]]:
    """Operations by path and method."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        by_path.setdefault(operation.path, {})[operation.method] = operation
    return by_path


def creations(operations: Sequence[Operation], pairs: Mapping[str, str] = MappingProxyType({})) -> dict[str, Kind]:
    """What each operation creates, by its ID: also what an action creates, or an operation without a JSON body."""
    by_path = operations_by_path(operations)
    found: dict[str, Kind] = {}
    for operation in operations:
        path = pairs.get(operation.id, _item_path(operation, by_path)) if operation.method in ("POST", "PUT") else ""
        if path in by_path:
            kind = Kind(_last_literal(path), operation, path, by_path[path], None)
            for batch in _batches(operation, by_path) if operation.method == "POST" else ():
                found[batch.id] = replace(kind, create=batch, batches=(batch,))
            found.setdefault(operation.id, kind)
    return found


def other_paths(operations: Sequence[Operation], pairs: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    """The second paths of what operations create, by their IDs: see `_other_path`."""
    by_path = operations_by_path(operations)
    found = {o.id: _other_path(o, _item_path(o, by_path), by_path) for o in operations if o.id not in pairs}
    return {name: path for name, path in found.items() if path}


def _other_path(operation: Operation, item_path: str, by_path: Mapping[str, Mapping[str, Operation]]) -> str:
    """The path without parents of what is created below a parent, where it is changed; empty if there is none.

    `/tasks/{task_id}` beside `/projects/{project_id}/tasks/{task_id}`: the same names, and the same schema.
    """
    if operation.method != "POST" or item_path not in by_path or item_path.count("{") < 2:
        return ""
    own = by_path[item_path]
    schema = response_schema(own.get("GET"))
    found = [
        path
        for path, methods in by_path.items()
        if path.count("{") == 1
        and path.rstrip("/").split("/")[-2:] == item_path.rstrip("/").split("/")[-2:]
        and {"PUT", "PATCH", "DELETE"} & (methods.keys() - own.keys())
        and response_schema(methods.get("GET")) in ("", schema)
        and "POST" not in by_path.get(before_id(path), {})  # Else that creates what is there.
    ]
    return found[0] if len(found) == 1 else ""


def _item_path(operation: Operation, by_path: Mapping[str, Mapping[str, Operation]]) -> str:
    """The path template of one resource that the operation creates; empty if there is none."""
    base = operation.path.rstrip("/")
    if base.endswith("}"):
        creates = operation.method == "PUT" and "201" in operation.responses and "GET" in by_path[operation.path]
        return operation.path if creates else ""
    if operation.method == "PUT":
        return ""
    items = [
        path
        for path in by_path
        if path.rstrip("/").endswith("}")
        and set(by_path[path]) & {"GET", "DELETE"}
        and not base.startswith(f"{path.rstrip('/')}/")
    ]
    schema = response_schema(operation)
    for path in items:
        if before_id(path) == base:
            return "" if _returns_parent(base, path, schema, by_path) else path
    last = _last_literal(operation.path)
    same_name = [path for path in items if _last_literal(path) == last and path.count("{") == 1]
    if len(same_name) == 1:
        return same_name[0]
    same_schema = [path for path in items if schema and schema == response_schema(by_path[path].get("GET"))]
    more = [path for path in same_schema if path.count("{") <= operation.path.count("{") + 1]
    return more[0] if len(more) == 1 else ""


def _returns_parent(
    collection: str, item_path: str, schema: str, by_path: Mapping[str, Mapping[str, Operation]]
) -> bool:
    """Whether a creation returns what it creates in: an order for a line of it, whose ID is not that of the line."""
    if not schema or schema == response_schema(by_path[item_path].get("GET")):
        return False
    above = (
        path for path in by_path if path.rstrip("/").endswith("}") and collection.startswith(f"{path.rstrip('/')}/")
    )
    return any(schema == response_schema(by_path[path].get("GET")) for path in above)


def response_schema(operation: Operation | None) -> str:
    """The reference of an operation's successful response; empty if it has none."""
    success = operation.success() if operation else None
    for media in success.media.values() if success else ():
        if media.is_json and media.schema and isinstance(media.schema.get("$ref"), str):
            return str(media.schema["$ref"])
    return ""


def schema_of_items(operation: Operation) -> str:
    """The reference of the schema of the items that an operation lists; empty if it has none."""
    media = success_media(operation)
    if media is None or media.schema is None:
        return ""
    facts = media.schemas.resolve(media.schema)
    lists = [facts, *properties(media, facts).values()]
    items = [one["items"] for one in lists if isinstance(one.get("items"), Mapping)]
    return next((str(one["$ref"]) for one in items if isinstance(one.get("$ref"), str)), "")


def is_list(operation: Operation) -> bool:
    """Whether the documented success of an operation is a list: an array, or an object with an array of objects."""
    media = success_media(operation)
    if media is None or media.schema is None:
        return True
    facts = media.schemas.resolve(media.schema)
    if facts.get("type") == "array" or "items" in facts:
        return True
    members = list(properties(media, facts).values())
    for member in members:
        inner = media.schemas.resolve(member)
        members += list((inner.get("properties") or {}).values()) if len(members) < 60 else []
        if inner.get("type") == "array" or "items" in inner:
            return True
    return not members


def success_media(operation: Operation) -> MediaType | None:
    """The JSON media type of an operation's documented success."""
    success = operation.success()
    return success.json_media if success else None


def properties(
    media: MediaType, schema: Mapping[str, Any] | None = None, depth: int = 0
) -> dict[str, Mapping[str, Any]]:
    """The properties of an object schema, references and `allOf` followed, first alternatives taken."""
    facts = media.schemas.resolve(media.schema if schema is None else schema) if (schema or media.schema) else {}
    found: dict[str, Mapping[str, Any]] = {}
    if depth < 6:
        for part in facts.get("allOf") or ():
            found |= properties(media, part, depth + 1)
        for keyword in ("oneOf", "anyOf"):
            objects = [part for part in facts.get(keyword) or () if _is_object(media, part)]
            if objects:
                found |= properties(media, objects[0], depth + 1)
    for name, member in (facts.get("properties") or {}).items():
        found[name] = media.schemas.resolve(member)
    return found


def takes_secret(operation: Operation) -> bool:
    """Whether the body of a request has a member such as a password or a token."""
    return any(is_secret(name) for media in operation.request_media.values() for name in properties(media))


def _is_object(media: MediaType, schema: Any) -> bool:
    facts = media.schemas.resolve(schema)
    return facts.get("type") == "object" or "properties" in facts or "allOf" in facts


def _with_parents(found: Sequence[Kind]) -> list[Kind]:
    """The kinds with their parents, which come before them wherever their paths are: `/books/{id}` of a library."""
    ready: dict[str, Kind] = {}

    def add(kind: Kind, below: tuple[str, ...] = ()) -> None:
        parent = _parent(kind, found)
        if parent is not None and parent.item_path not in (kind.item_path, *below):  # Else they stand in each other.
            add(parent, (*below, kind.item_path))
        else:
            parent = None
        ready.setdefault(kind.item_path, replace(kind, parent=ready[parent.item_path] if parent else None))

    for kind in found:
        add(kind)
    return list(ready.values())


def _parent(kind: Kind, found: Iterable[Kind]) -> Kind | None:
    """The kind of the innermost resource that the path of a collection names."""
    before = nameless(collection_path(kind.create))
    for other in sorted(found, key=lambda other: -len(other.item_path)):
        if before.startswith(nameless(other.item_path.rstrip("/")) + "/"):
            return other
    return None


def collection_path(creation: Operation) -> str:
    """The path of the collection that an operation creates in."""
    return creation.path.rstrip("/") if creation.method == "POST" else before_id(creation.path)


def before_id(path: str) -> str:
    """The path of the collection that a resource's path is in."""
    return path.rstrip("/").rpartition("/")[0]


def _last_literal(path: str) -> str:
    literals = [part for part in path.split("/") if part and "{" not in part]
    return literals[-1] if literals else ""


def _actions(item_path: str, by_path: Mapping[str, Mapping[str, Operation]]) -> Iterator[Operation]:
    for path, methods in by_path.items():
        rest = path.rstrip("/").removeprefix(item_path.rstrip("/"))
        is_below = rest != path.rstrip("/") and rest.count("/") == 1 and "{" not in rest
        if is_below and "POST" in methods and "GET" not in methods and not _item_path(methods["POST"], by_path):
            yield methods["POST"]


def _batches(create: Operation, by_path: Mapping[str, Mapping[str, Operation]]) -> Iterator[Operation]:
    """POST operations beside a creation whose body has an array of what the creation takes."""
    single = create.request_json
    for operation in _beside(create, by_path):
        if single is not None and batch_member(operation, single) is not None:
            yield operation


def _beside(create: Operation, by_path: Mapping[str, Mapping[str, Operation]]) -> Iterator[Operation]:
    """POST operations on a collection: `/notes/bulk-delete` or `/notes:archive`."""
    beside = re.compile(rf"{re.escape(collection_path(create))}[/:]\w[\w-]*/?")
    for path, methods in by_path.items():
        if "POST" in methods and beside.fullmatch(path):
            yield methods["POST"]


def _by_ids(kind: Kind, by_path: Mapping[str, Mapping[str, Operation]]) -> Iterator[tuple[Operation, str]]:
    """POST operations on a collection whose body has an array of IDs: `ids`, or `note_ids` in `/notes/archive`."""
    stem = singular(kind.name)
    plurals = {"ids", "uuids", f"{stem}ids", f"{stem}uuids", f"{plain_name(kind.id_parameter.name)}s"}
    for operation in _beside(kind.create, by_path):
        media = operation.request_json
        for name, schema in properties(media).items() if media else ():
            if plain_name(name) in plurals and "items" in schema:
                yield operation, name


def batch_member(operation: Operation, single: MediaType) -> str | None:
    """The property that holds the array of what `single` describes; empty if the body is that array, None if none."""
    media = operation.request_json
    if media is None or media.schema is None or single.schema is None:
        return None
    facts = media.schemas.resolve(media.schema)
    if _is_array_of(media, facts, single.schema):
        return ""
    for name, member in properties(media).items():
        if _is_array_of(media, member, single.schema):
            return name
    return None


def _is_array_of(media: MediaType, facts: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    items = facts.get("items")
    return isinstance(items, Mapping) and (items == item or media.schemas.resolve(items) == media.schemas.resolve(item))


def _with_references(kind: Kind, others: Sequence[Kind]) -> Kind:
    media = kind.create.request_json
    by_name = {singular(other.name): other for other in others if other is not kind}
    found: dict[str, str] = {}
    for name, schema in properties(media).items() if media else ():
        # `author_id`, whatever its type, or `author` where that is a key, and not a text or an object.
        is_key = "integer" in str(schema.get("type")) or schema.get("format") == "uuid"
        stem = plain_name(ID_SUFFIX.sub("", name)) if ID_SUFFIX.search(name) else plain_name(name) if is_key else ""
        other = by_name.get(stem) or (by_name.get(last_word(ID_SUFFIX.sub("", name))) if is_key else None)
        if other is not None and _is_named_by(other, name):
            found[name] = other.item_path
    parent = next((other for other in others if kind.parent and other.item_path == kind.parent.item_path), None)
    return replace(kind, parent=parent, references=found)


def _is_named_by(kind: Kind, name: str) -> bool:
    """Whether a property holds the ID of resources of a kind: a `discount_code` does if their path has a code."""
    suffix = ID_SUFFIX.search(name)
    own = plain_name(suffix[0]) if suffix else "id"
    return own in _ALWAYS_IDS or plain_name(kind.id_parameter.name).endswith(own)


def singular(name: str) -> str:
    """The singular of a collection's name, normalized."""
    plain = plain_name(name)
    if plain.endswith("ies"):
        return plain[:-3] + "y"
    if re.search(r"(ss|x|ch|sh)es$", plain):
        return plain[:-2]
    return plain[:-1] if plain.endswith("s") and not plain.endswith("ss") else plain


def last_word(name: str) -> str:
    """The last of several words of a name, in the singular: what `home_depot` is; empty for numbers of such things."""
    *others, last = re.split(r"_|(?<=[a-z])(?=[A-Z])", name)
    return plain_name(last) if others and singular(last) == plain_name(last) and not _OF_NUMBERS & set(others) else ""


def id_names(kind: Kind) -> tuple[str, ...]:
    """Normalized names of properties that may hold the ID of a resource of this kind, the likeliest first."""
    plain = plain_name(kind.id_parameter.name)
    stem = singular(kind.name)
    names = [plain, _generic(plain), *((plain.removeprefix(stem),) if plain != stem else ())]
    names += [f"{stem}{name}" for name in ("id", "uuid")] + list(ID_NAMES)
    return tuple(dict.fromkeys(name for name in names if name))


def _generic(name: str) -> str:
    """The generic word that a parameter's name ends with: `slug` of `shelfslug`; empty if it has none."""
    return next((one for one in ID_NAMES if name.endswith(one)), "")


def identity(kind: Kind, names: Iterable[str]) -> frozenset[str]:
    """Those of some properties that hold the ID of a resource of this kind."""
    plain = plain_name(kind.id_parameter.name)
    own = {plain, _generic(plain), f"{singular(kind.name)}id", "id", "uuid", "guid", "pk"}
    return frozenset(name for name in names if plain_name(name) in own)


def id_of(kind: Kind, item: Any) -> str | None:
    """The ID of a resource in its representation; None if it has none."""
    found = _ranked_id(kind, item)
    return found[1] if found else None


def _ranked_id(kind: Kind, item: Any) -> tuple[int, str] | None:
    """The ID of a resource in its representation, and how unlikely the name of its property is; None if it has none."""
    if not isinstance(item, Mapping):
        return None
    by_name = {plain_name(name): value for name, value in item.items()}
    parameter = kind.id_parameter
    for rank, name in enumerate(id_names(kind)):
        value = by_name.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value):
            text = str(value)
            if (
                parameter.is_valid(value)
                or parameter.is_valid(text)
                or (text.isdecimal() and parameter.is_valid(int(text)))
            ):
                return rank, text
    return None


def object_in(kind: Kind, body: Any) -> Any:
    """The representation of one resource in a response: itself, or what an envelope such as `data` holds.

    `{"code": 201, "data": {"id": 7}}` is an envelope: `id` is a likelier name than `code`. A list of one is one, too.
    Of several objects, the one that is called like the kind is meant.
    """
    if isinstance(body, list) and len(body) == 1:
        return object_in(kind, body[0])
    if not isinstance(body, Mapping):
        return body
    own = (singular(kind.name), plain_name(kind.name))
    found = [
        (ranked[0], plain_name(name) not in own, value)
        for name, value in body.items()
        if (ranked := _ranked_id(kind, value))
    ]
    rank, _, inner = min(found, key=lambda one: one[:2], default=(0, True, body))
    outer = _ranked_id(kind, body)
    return inner if outer is None or rank < outer[0] else body


_ENVELOPES = ("items", "results", "data", "entries", "records", "content", "value", "values", "rows", "list", "objects")


def items_in(kind: Kind, body: Any) -> list[Any] | None:
    """The items of a list: the body, or the array in its envelope; None if there is no array."""
    if isinstance(body, list):
        return body
    if not isinstance(body, Mapping):
        return None
    arrays = {plain_name(name): value for name, value in body.items() if isinstance(value, list)}
    for name in (plain_name(kind.name), *_ENVELOPES):
        if name in arrays:
            return arrays[name]
    if len(arrays) == 1:
        return next(iter(arrays.values()))
    for value in body.values():
        if isinstance(value, Mapping) and (inner := items_in(kind, value)) is not None:
            return inner
    return None
