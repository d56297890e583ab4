"""Items of a collection: complete and valid ones from what was sent, found in an example, or held by another item."""

import contextlib
import copy
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flowcontract.openapi import pointers
from flowcontract.openapi.model import MediaType
from flowcontract.openapi.path_templates import parameter_names
from flowcontract.openapi.schemas import Schemas
from flowcontract.openapi.values import agreement, counts, members, money
from flowmock.examples.sent_values import in_response
from flowmock.generation import bodies, relations
from flowmock.resources.model import Resource
from flowmock.seeds import Seed
from flowmock.stateful.rejections import ChangeRejectedError

_MAX_COMPLETED = 50
"""Parts of an item that are completed or converted."""
_MAX_DEPTH = 20
"""Schemas within one another that a single value is read by."""
_OF_TYPES = frozenset({"anyOf", "oneOf", "type"})
"""Keywords by which a response can have another type than the request."""


def lean(resource: Resource, key: str, parents: Sequence[str], seed: Seed) -> dict[str, Any]:
    """A generated item with what is required and what has a default, without an ID; `parents` as in `owned`."""
    made = bodies.body(resource.media, seed=seed, key=f"{resource.path} {key}", lean=True)
    made = made if isinstance(made, dict) else {}  # The schema may allow an ID in place of the object.
    own_id = {resource.id_field: None} if resource.id_field in made else {}
    return owned(resource, _with_defaults(resource, made), parents) | own_id


def owned(resource: Resource, item: dict[str, Any], parents: Sequence[str]) -> dict[str, Any]:
    """An item with the IDs of those that it is below. `parents`: the path parameters before its own ID."""
    values = dict(zip(parameter_names(resource.path), parents, strict=False))
    return relations.owned(item, resource.path, values, resource.media.is_valid)


def _with_defaults(resource: Resource, item: dict[str, Any]) -> dict[str, Any]:
    """The item with the valid defaults of its missing members."""
    for name, schema in resource.properties().items():
        default = resource.media.schemas.resolve(schema).get("default")
        if name not in item and default is not None and resource.media.is_valid(item | {name: default}):
            item = item | {name: copy.deepcopy(default)}
    return item


def with_nested_defaults(resource: Resource, item: dict[str, Any]) -> dict[str, Any]:
    """The item with the defaults of members that are missing in objects within it, where that is valid."""
    schemas = resource.media.schemas
    changed = item | {
        name: _completed(item[name], schema, schemas) for name, schema in resource.properties().items() if name in item
    }
    return item if changed == item or not resource.media.is_valid(changed) else changed


def _completed(value: Any, schema: Any, schemas: Schemas, depth: int = 0) -> Any:
    """A value with the defaults of missing members; where it can be one of several objects, it stays as it is."""
    resolved = schemas.resolve(schema)
    alternatives = [each for word in ("anyOf", "oneOf") for each in resolved.get(word) or ()]
    objects = [each for each in alternatives if schemas.resolve(each).get("type") != "null"]
    for part in (*(resolved.get("allOf") or ()), *(objects if len(objects) == 1 else ())) if depth < _MAX_DEPTH else ():
        value = _completed(value, part, schemas, depth + 1)
    if isinstance(value, list) and "items" in resolved:
        return [_completed(each, resolved["items"], schemas, depth) for each in value]
    if not isinstance(value, dict):
        return value
    found = dict(value)
    for name, declared in (resolved.get("properties") or {}).items():
        default = schemas.resolve(declared).get("default")
        if name in value:
            found[name] = _completed(value[name], declared, schemas, depth)
        elif default is not None and not relations.is_marked(declared, "writeOnly", schemas):
            found[name] = copy.deepcopy(default)
    return found


def reset(resource: Resource, item: Mapping[str, Any], made: Mapping[str, Any]) -> dict[str, Any]:
    """What PUT leaves where it sends nothing: a default; else the value of the item, for a member that it must have.

    `made`: a generated item.
    """
    schemas = {name: resource.media.schemas.resolve(schema) for name, schema in resource.properties().items()}
    return {
        name: value if "default" in schemas.get(name, {}) else item.get(name, value) for name, value in made.items()
    }


def with_id(
    resource: Resource, item: dict[str, Any], taken: Collection[str], seed: Seed, parents: Sequence[str] = ()
) -> tuple[str, dict[str, Any]]:
    """The ID of an item and the item with it: its own, else one that is not taken.

    `parents`: the path parameters before it; items below others have other IDs.
    """
    if not resource.id_field:
        return str(max((int(each) for each in taken if each.isdecimal()), default=0) + 1), item
    item_id = resource.id_of(item)
    if item_id is None:
        item = item | {resource.id_field: _new_id(resource, taken, seed, parents)}
        item_id = str(item[resource.id_field])
    return item_id, item


def _new_id(resource: Resource, taken: Collection[str], seed: Seed, parents: Sequence[str]) -> Any:
    """An ID that is not taken: the next number, else a generated value."""
    numbers = [int(item_id) for item_id in taken if item_id.isdecimal()]
    if resource.has_integer_ids():
        return max(numbers, default=0) + 1
    for attempt in range(100):
        seed_key = " ".join((resource.path, *parents, str(attempt), str(len(taken))))
        generated = bodies.body(resource.media, seed=seed, key=seed_key, examples=False)
        if isinstance(generated, dict) and resource.id_of(generated) not in (None, *taken):
            return generated[resource.id_field]
    raise ChangeRejectedError("No unused ID could be generated.", 409, 400, 422)


def valid(media: MediaType, value: Any, seed: Seed) -> Any:
    """A valid response body, from members that have the types of a request. Raises ChangeRejectedError.

    Missing required members are generated, at any depth. What has another type in responses is converted, or generated.
    """
    value = copy.deepcopy(value)
    for attempt in range(_MAX_COMPLETED):
        error = next(media.errors(value), None)
        if error is None:
            return value
        holder = pointers.get(value, pointers.split(error.instance))
        schema, _, keyword = error.pointer.rpartition("/")
        is_incomplete = keyword == "required" and isinstance(holder, dict)
        if not is_incomplete and not (keyword in _OF_TYPES and error.instance):
            raise ChangeRejectedError(f"{error.instance or '/'}: {error.message}.", 400, 422, field=error.instance)
        generated = bodies.part(media.schemas, schema, seed=seed, key=f"{error.instance} {attempt}")
        if not is_incomplete:
            tokens = pointers.split(error.instance)
            _convert(media, value, tokens, _like_generated(media, tokens, seed), generated)
            continue
        if not isinstance(generated, dict):
            break
        holder |= {name: each for name, each in generated.items() if name not in holder}
    raise ChangeRejectedError("Required fields cannot be generated.", 400, 422)


def _like_generated(media: MediaType, tokens: list[str], seed: Seed) -> Any:
    """What a generated body has at the place of a part, by the names of its members; None for nothing."""
    with contextlib.suppress(LookupError):
        return pointers.get(bodies.body(media, seed=seed, key="types"), tokens)
    return None


def _convert(media: MediaType, value: Any, tokens: list[str], alike: Any, generated: Any) -> None:
    """Replace a part of a value by what it is in a response, else by the generated one.

    `alike`: what a whole body has there.
    """
    parent = pointers.get(value, tokens[:-1])
    name = int(tokens[-1]) if isinstance(parent, list) else tokens[-1]
    where = pointers.join(*tokens)
    sent = parent[name]
    for choice in (*(in_response(sent, alike) if alike is not None else ()), *in_response(sent, generated), generated):
        parent[name] = choice
        if all(error.instance != where for error in media.errors(value)):
            return


def _with_numbers_of_lists(media: MediaType, item: dict[str, Any], sent: Any) -> dict[str, Any]:
    """An item with the optional sums and counts of the lists in it that the client sent."""
    names = tuple(name for name, _ in members(media.schema or {}, media.schemas)) if sent else ()
    missing = [pair for pair in money.of_lists(names) if pair[0] not in item and pair[1] in sent and pair[1] in item]
    for name, _ in missing:
        sums = (money.sums_of_lists({**item, name: zero}).get(name) for zero in ("0.00", 0.0, 0))
        choices = (item | {name: each} for each in sums if each is not None)
        item = next(filter(media.is_valid, choices), item)
    for name, listed in counts.of_lists(names):
        if name not in item and listed in sent and isinstance(item.get(listed), list):
            counted = item | {name: len(item[listed])}
            item = counted if media.is_valid(counted) else item
    return item


def summed(media: MediaType, item: dict[str, Any], sent: Any) -> dict[str, Any]:
    """An item with the totals of what it has, where its schema allows them. `sent`: what the client sent of it."""
    item = _with_numbers_of_lists(media, item, sent)
    found: dict[str, Any] = agreement.summed(item, sent)
    return found if found is item or media.is_valid(found) else item
