"""Examples that schemas give behind references, `allOf`, `anyOf`, `oneOf`, items and properties, in a generated value.

Sources: `examples` (JSON Schema 2020-12), which `example` of OpenAPI 3.0 becomes: an instance of the schema wherever it
is used, also where it is wrapped to stand beside a description.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from flowcontract.openapi.schema_shapes import Resolve, shapes

_COMPOSITIONS = ("allOf", "anyOf", "oneOf")
_DEPTH = 8
_EMPTY: tuple[Any, ...] = ([], {}, "", "0", "0.0", "0.00", 0, None)
"""Defaults that say less than a generated value."""
_NOTHING = object()


class _Taking(NamedTuple):
    """What is taken over."""

    complete: bool
    empty: bool


def with_examples(value: Any, schema: Any, resolve: Resolve, *, complete: bool = True, empty: bool = True) -> Any:
    """A generated value with the examples of its schema in it; of several items only the first takes one.

    `complete`: optional members with an example of their own are there, even if the generated value leaves them out.
    `empty`: a default may be empty: an array or object without members, an empty text, zero or null.
    """
    return _with_examples(value, schema, resolve, _Taking(complete, empty))


def _with_examples(value: Any, schema: Any, resolve: Resolve, taking: _Taking) -> Any:
    whole = _written(schema, resolve, taking)
    if whole is not _NOTHING:
        whole = copy.deepcopy(whole)
        is_part = isinstance(whole, dict) and isinstance(value, dict) and _is_extended(schema, resolve)
        return {**_members(value, schema, resolve, taking), **whole} if is_part else whole
    if isinstance(value, list):
        return _items(value, schema, resolve, taking)
    return _members(value, schema, resolve, taking) if isinstance(value, dict) else value


def example_of(schema: Any, resolve: Resolve) -> Any:
    """The example that a schema itself gives of the whole instance; None for none."""
    return next(iter(resolve(schema).get("examples") or ()), None)


def given(schema: Any, resolve: Resolve) -> Any:
    """The example that a schema or a part of it gives of the whole instance, else its default; None for none."""
    found = _written(schema, resolve, _Taking(complete=True, empty=False))
    return None if found is _NOTHING else found


def _written(schema: Any, resolve: Resolve, taking: _Taking, depth: int = 0) -> Any:
    """The example that a schema gives of the whole instance, else its default; `_NOTHING` for none."""
    if not isinstance(schema, Mapping) or depth > _DEPTH:
        return _NOTHING
    if schema.get("examples"):
        return schema["examples"][0]
    if "default" in schema and (taking.empty or schema["default"] is False or schema["default"] not in _EMPTY):
        return schema["default"]
    if "$ref" in schema:
        return _written(resolve({"$ref": schema["$ref"]}), resolve, taking, depth + 1)
    parts = [_written(part, resolve, taking, depth + 1) for part in schema.get("allOf") or ()]
    parts = [part for part in parts if part is not _NOTHING]
    if parts:
        return {name: item for part in parts for name, item in part.items()} if _are_objects(parts) else parts[0]
    for keyword in ("oneOf", "anyOf"):
        branches = (_written(branch, resolve, taking, depth + 1) for branch in schema.get(keyword) or ())
        found = next((branch for branch in branches if branch is not _NOTHING), _NOTHING)
        if found is not _NOTHING:
            return found
    return _NOTHING


def _are_objects(parts: Sequence[Any]) -> bool:
    return all(isinstance(part, Mapping) for part in parts)


def _is_extended(schema: Any, resolve: Resolve) -> bool:
    """Whether the example is of one part of an `allOf`, to which others add members."""
    schema = resolve(schema)
    if "default" in schema or schema.get("examples"):
        return False
    return len(schema.get("allOf") or ()) + ("properties" in schema) > 1


def _items(value: list[Any], schema: Any, resolve: Resolve, taking: _Taking) -> list[Any]:
    shape = next((each for each in shapes(schema, resolve) if each.items is not None or each.prefix), None)
    if shape is None or not value:
        return value
    if shape.prefix:
        first = [_with_examples(item, part, resolve, taking) for item, part in zip(value, shape.prefix, strict=False)]
        return [*first, *value[len(first) :]]
    whole = _written(shape.items, resolve, taking)
    least = max((each.get("minItems", 0) for each in _flat(schema, resolve)), default=0)
    first_item = _with_examples(value[0], shape.items, resolve, taking)
    return [first_item] if whole is not _NOTHING and least <= 1 else [first_item, *value[1:]]


def _flat(schema: Any, resolve: Resolve, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """A schema and the parts of its `allOf`."""
    schema = resolve(schema)
    if isinstance(schema, Mapping) and depth < _DEPTH:
        yield schema
        for part in schema.get("allOf") or ():
            yield from _flat(part, resolve, depth + 1)


def _members(value: dict[str, Any], schema: Any, resolve: Resolve, taking: _Taking) -> dict[str, Any]:
    described = [each for each in shapes(schema, resolve) if each.properties or isinstance(each.rest, Mapping)]
    if not described:
        return value
    names = value.keys()
    shape = max(described, key=lambda each: len(names & each.properties.keys()) - len(names - each.properties.keys()))
    left_out = {
        name: item
        for name, member in shape.properties.items()
        if taking.complete and name not in value and (item := _written(member, resolve, taking)) is not _NOTHING
    }
    found = {name: _with_examples(item, shape.member(name), resolve, taking) for name, item in value.items()}
    if not left_out:
        return found
    found |= copy.deepcopy(left_out)
    order = {name: at for at, name in enumerate(shape.properties)}
    return dict(sorted(found.items(), key=lambda item: order.get(item[0], len(order))))
