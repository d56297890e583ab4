"""Examples that schemas give behind references, `allOf`, `anyOf`, `oneOf`, items and properties, in a generated body.

Sources: Schema Object, `example` (OpenAPI 3.0), `examples` (JSON Schema 2020-12): an instance of the schema wherever it
is used, also where it is wrapped to stand beside a description.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flowcontract.openapi.model import MediaType, Operation
from flowcontract.openapi.schema_shapes import Resolve, shapes
from flowmock.examples import relations
from flowmock.examples.repair import repaired

_COMPOSITIONS = ("allOf", "anyOf", "oneOf")
_DEPTH = 8
_NOTHING = object()


def applied(
    value: Any,
    operation: Operation,
    media: MediaType,
    path_values: Mapping[str, str],
    query: Sequence[tuple[str, str]],
) -> Any:
    """A generated body with the examples of its schema in it, as far as it stays valid and holds what is related."""
    resolve = media.schemas.resolve
    changed = _into(value, media.schema, resolve)
    if changed == value:
        return value
    changed = repaired(changed, value, media)
    if not media.is_valid(changed):
        return value
    return relations.hold(changed, operation, path_values, query, media.is_valid)


def are_used(media: MediaType, without: set[str]) -> bool:
    """Whether a schema has examples where `applied` finds them.

    `without`: references that are known to lead to none; it is added to, so that a document is looked through once.
    """
    resolve = media.schemas.resolve
    seen: set[str] = set()
    waiting: list[Any] = [media.schema]
    while waiting:
        schema = waiting.pop()
        if not isinstance(schema, Mapping):
            continue
        if isinstance(schema.get("$ref"), str):
            if schema["$ref"] in without or schema["$ref"] in seen:
                continue
            seen.add(schema["$ref"])
            schema = resolve(schema)
        is_composed = any(keyword in schema for keyword in _COMPOSITIONS) or schema.get("examples")
        if is_composed and written(schema, resolve) is not _NOTHING:
            return True
        repeated = [schema.get("items"), schema.get("additionalProperties"), *(schema.get("prefixItems") or ())]
        if any(written(part, resolve) is not _NOTHING for part in repeated):
            return True
        waiting += _parts(schema)
    without |= seen
    return False


def _parts(schema: Mapping[str, Any]) -> Iterator[Any]:
    for keyword in _COMPOSITIONS:
        yield from schema.get(keyword) or ()
    yield schema.get("items")
    yield schema.get("additionalProperties")
    yield from schema.get("prefixItems") or ()
    yield from (schema.get("properties") or {}).values()


def written(schema: Any, resolve: Resolve, depth: int = 0) -> Any:
    """The example that a schema gives of the whole instance, else its default; `_NOTHING` for none."""
    if not isinstance(schema, Mapping) or depth > _DEPTH:
        return _NOTHING
    if "example" in schema:
        return schema["example"]
    if isinstance(schema.get("examples"), list) and schema["examples"]:
        return schema["examples"][0]
    if "default" in schema:
        return schema["default"]
    if "$ref" in schema:
        return written(resolve({"$ref": schema["$ref"]}), resolve, depth + 1)
    parts = [written(part, resolve, depth + 1) for part in schema.get("allOf") or ()]
    parts = [part for part in parts if part is not _NOTHING]
    if parts:
        return {name: item for part in parts for name, item in part.items()} if _are_objects(parts) else parts[0]
    for keyword in ("oneOf", "anyOf"):
        branches = (written(branch, resolve, depth + 1) for branch in schema.get(keyword) or ())
        found = next((branch for branch in branches if branch is not _NOTHING), _NOTHING)
        if found is not _NOTHING:
            return found
    return _NOTHING


def _are_objects(parts: Sequence[Any]) -> bool:
    return all(isinstance(part, Mapping) for part in parts)


def _into(value: Any, schema: Any, resolve: Resolve) -> Any:
    """The value with the examples of its schema; of several items only the first takes one, so that they differ."""
    whole = written(schema, resolve)
    if whole is not _NOTHING:
        whole = copy.deepcopy(whole)
        is_part = isinstance(whole, dict) and isinstance(value, dict) and _is_extended(schema, resolve)
        return {**_members(value, schema, resolve), **whole} if is_part else whole
    if isinstance(value, list):
        return _items(value, schema, resolve)
    return _members(value, schema, resolve) if isinstance(value, dict) else value


def _is_extended(schema: Any, resolve: Resolve) -> bool:
    """Whether the example is of one part of an `allOf`, to which others add members."""
    schema = resolve(schema)
    if not isinstance(schema, Mapping) or "example" in schema or "default" in schema:
        return False
    return len(schema.get("allOf") or ()) + ("properties" in schema) > 1


def _items(value: list[Any], schema: Any, resolve: Resolve) -> list[Any]:
    shape = next((each for each in shapes(schema, resolve) if each.items is not None or each.prefix), None)
    if shape is None or not value:
        return value
    if shape.prefix:
        first = [_into(item, part, resolve) for item, part in zip(value, shape.prefix, strict=False)]
        return [*first, *value[len(first) :]]
    whole = written(shape.items, resolve)
    least = max((each.get("minItems", 0) for each in _flat(schema, resolve)), default=0)
    if whole is not _NOTHING and least <= 1:
        return [_into(value[0], shape.items, resolve)]
    return [_into(value[0], shape.items, resolve), *value[1:]]


def _flat(schema: Any, resolve: Resolve, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """A schema and the parts of its `allOf`."""
    schema = resolve(schema)
    if isinstance(schema, Mapping) and depth < _DEPTH:
        yield schema
        for part in schema.get("allOf") or ():
            yield from _flat(part, resolve, depth + 1)


def _members(value: dict[str, Any], schema: Any, resolve: Resolve) -> dict[str, Any]:
    found = [each for each in shapes(schema, resolve) if each.properties or isinstance(each.rest, Mapping)]
    if not found:
        return value
    names = value.keys()
    shape = max(found, key=lambda each: len(names & each.properties.keys()) - len(names - each.properties.keys()))
    return {name: _into(item, shape.member(name), resolve) for name, item in value.items()}


def example_of(media: MediaType) -> Any:
    """The example that the schema of a media type gives of the whole body; None for none."""
    schema = media.schemas.resolve(media.schema)
    examples = schema.get("examples")
    return schema.get("example", examples[0] if isinstance(examples, list) and examples else None)
