"""Make an answer hold what the contract relates between it and the request."""

import contextlib
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from flowcontract.openapi import pointers, runtime_expressions
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType, Operation, Parameter
from flowcontract.openapi.schemas import Schemas
from flowcontract.openapi.values import members
from flowcontract.openapi.values.names import by_ending, singulars, snake_case, words

_BODY = "$response.body#"
_ENVELOPES = ("data", "result", "item", "payload", "resource")
"""Members that hold the resource of a body."""
_ANYBODYS = frozenset({"code", "id", "key", "name", "pk", "slug", "uuid"})
"""Names of parameters that do not say whose ID they hold."""
_ANY_TEXT = ("string", None)
"""The type and format of most members."""


def id_member(names: Iterable[str], path: str) -> str | None:
    """The member of an object that holds the parameter that a path ends with.

    It has the parameter's name, its last words (`/pets/{petId}`: `id`), or those besides the name of the collection
    (`/pets/{external_pet_id}`: `external_id`); `id` also for `{petid}` and `/pets/{pet}`.
    """
    collection, _, last = path.rstrip("/").rpartition("/")
    parameter = last[1:-1]
    plain = {snake_case(name): name for name in names}
    named = words(collection.rpartition("/")[2])
    rest = [word for word in words(parameter) if not any(_is_singular(word, each) for each in named)]
    found = plain.get(snake_case(parameter)) or plain.get("_".join(rest)) or by_ending(parameter, plain)
    collections = (collection.rpartition("/")[2], *named)
    is_id = any(_is_singular(parameter, each) for each in collections) or parameter.lower().endswith("id")
    return plain.get("id") if found is None and is_id else found


def _is_singular(word: str, collection: str) -> bool:
    """Whether a word names one item of a collection: `pet` of `pets`, `company` of `companies`."""
    return len(word) > 2 and collection.lower().startswith(word[:-1].lower())


def read_only_ids(media: MediaType, parameters: Iterable[Parameter], *, texts: bool = True) -> Iterator[str]:
    """The readOnly members of an object that have the type and format of one of these parameters.

    `texts`: also those that may be any text.
    """
    shapes = [_type_and_format(each.schema, media.schemas) for each in parameters]
    for name, schema in members(media.schema or {}, media.schemas):
        shape = _type_and_format(schema, media.schemas)
        if is_marked(schema, "readOnly", media.schemas) and shape in shapes and (texts or shape != _ANY_TEXT):
            yield name


def is_marked(schema: Any, mark: str, schemas: Schemas) -> bool:
    """Whether a schema, or what it refers to, has `readOnly` or `writeOnly`."""
    return schema.get(mark) is True or schemas.resolve(schema).get(mark) is True


def _type_and_format(schema: Any, schemas: Schemas) -> tuple[Any, Any]:
    resolved = schemas.resolve(schema)
    return resolved.get("type"), resolved.get("format")


def changed_item(
    contract: Contract, operation: Operation, media: MediaType, *, itself: bool = False
) -> Operation | None:
    """The read of the item that an operation below its path changes and returns; None for any other operation.

    `itself`: also for an operation of the same path, such as PATCH of `/users/{id}` or `/me`, and for one below a path
    without an ID, such as PUT of `/me/avatar`.

    `POST /products/{id}/image` that returns a product returns this one; `GET /users/{id}/manager` returns another user.
    """
    if operation.method == "GET" or not media.schema:
        return None
    is_named = next(members(media.schema, media.schemas), None) is not None  # Any two objects are alike otherwise.
    path = operation.path.rstrip("/") + ("/" if itself else "")
    for each in sorted(contract.operations.values(), key=lambda other: -len(other.path)):
        above = each.path.rstrip("/")
        success = each.success() if each.method == "GET" else None
        is_same = itself and path == above + "/" and operation.method in ("PUT", "PATCH")
        is_item = above.endswith("}") or (itself and "{" not in path[len(above) :])
        is_above = is_same or (is_named and is_item and len(path) > len(above) + 1 and path.startswith(above + "/"))
        if success and is_above and any(other.schema == media.schema for other in success.media.values()):
            return each
    return None


def written(contract: Contract, read: Operation) -> tuple[MediaType, ...]:
    """The JSON bodies of requests that create or change what an operation returns."""
    path = read.path.rstrip("/")
    above = path.rpartition("/")[0] if path.endswith("}") else path
    return tuple(
        media
        for each in contract.operations.values()
        if (each.path.rstrip("/"), each.method) in ((path, "PATCH"), (path, "PUT"), (above, "POST"))
        for media in each.request_media.values()
        if media.is_json
    )


def hold(
    value: Any,
    operation: Operation,
    path_values: Mapping[str, str],
    query: Sequence[tuple[str, str]],
    is_valid: Callable[[Any], bool],
    *,
    media: MediaType | None = None,
    read: Operation | None = None,
) -> Any:
    """The body of a success with each related field set, as far as `is_valid` admits the whole.

    `media`: that of the body, where readOnly members can be IDs. `read`: the read of the item that the body is, if
    the operation is below its path.
    """
    path = (read or operation).path
    owners = _owners(path, path_values)
    if isinstance(value, dict) and not id_pointer(value, path):  # It is about what the path ends with, but not that.
        owners |= _owners(path, path_values, is_last=True)
    if owners and is_valid(changed := _with_owners(value, owners)):
        value = changed
    if owners and isinstance(value, dict) and is_valid(changed := _with_owning_objects(value, owners)):
        value = changed
    wanted = [*_ids(value, read or operation, path_values, media), *_equated(operation, path_values, query)]
    for pointer, text, may_add in wanted:
        for choice in _readings(text, _value_at(value, pointer)):
            changed = _with(value, pointers.split(pointer), choice, may_add)
            if changed is not None and is_valid(changed):
                value = changed
                break
    return value


def id_pointer(body: Mapping[str, Any], path: str) -> str:
    """Where a body holds the parameter that a path ends with, also in an envelope (`data`); empty for nowhere."""
    if (member := id_member(body, path)) is not None:
        return pointers.join(member)
    for name in envelopes(body, path):
        inner = body.get(name)
        if isinstance(inner, dict) and (member := id_member(inner, path)) is not None:
            return pointers.join(name, member)
    return ""


def with_id(body: Any, path: str, item_id: str, media: MediaType) -> Any:
    """A body with the ID that a path ends with, as far as it has a place for it and its schema admits it."""
    pointer = id_pointer(body, path) if isinstance(body, dict) else ""
    readings = _readings(item_id, _value_at(body, pointer)) if pointer else ()
    choices = (_with(body, pointers.split(pointer), each, False) for each in readings)
    return next((each for each in choices if each is not None and media.is_valid(each)), body)


def envelopes(names: Iterable[str], path: str) -> list[str]:
    """The members of a body that can hold the resource that a path ends with, best first.

    Those with a name for that (`data`), with the singular of the collection (`/customers/{id}`: `customer`), or alone.
    """
    names = list(names)
    collection = "".join(words(path.rstrip("/").rpartition("/")[0].rpartition("/")[2]))
    singular = [name for name in names if len(name) > 2 and collection.startswith("".join(words(name))[:-1])]
    return [*(name for name in _ENVELOPES if name in names), *singular, *(names if len(names) == 1 else ())]


def owned(
    value: dict[str, Any], path: str, path_values: Mapping[str, str], is_valid: Callable[[Any], bool]
) -> dict[str, Any]:
    """An item of a path with the IDs of what it belongs to, as far as `is_valid` admits it."""
    changed: dict[str, Any] = _with_owners(value, _owners(path, path_values))
    return changed if is_valid(changed) else value


def below(
    value: dict[str, Any], path: str, path_values: Mapping[str, str], is_valid: Callable[[Any], bool]
) -> dict[str, Any]:
    """A body with the IDs of what its path is below, also in objects that are named so, as far as `is_valid` admits."""
    value = owned(value, path, path_values, is_valid)
    changed = _with_owning_objects(value, _owners(path, path_values))
    return changed if is_valid(changed) else value


def _owners(path: str, path_values: Mapping[str, str], *, is_last: bool = False) -> dict[str, str]:
    """The path parameters that say what a resource belongs to (`/users/{userId}/posts`), by their words.

    `/users/{id}/posts` says it as well: `user_id`. `is_last`: only the one that the path ends with.
    """
    segments = path.rstrip("/").split("/")
    found: dict[str, str] = {}
    for before, segment in itertools.pairwise(segments[-2:] if is_last else segments[:-1]):
        name = segment[1:-1]
        if segment != "{" + name + "}" or name not in path_values:
            continue
        plain = snake_case(name)
        singular = [snake_case(each) for each in singulars(before)]
        owners = [f"{each}_{plain}" for each in singular] if plain in _ANYBODYS else [plain]
        owners += [f"{plain}_id"] if plain in singular else []
        found |= dict.fromkeys(owners, path_values[name])
    return found


def _with_owners(value: Any, owners: Mapping[str, str]) -> Any:
    """A body, or the items of a list, with members of these names set."""
    if isinstance(value, list):
        return [_with_owners(item, owners) for item in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for name, item in value.items():
        text = owners.get(snake_case(name))
        if text is None:
            found[name] = _with_owners(item, owners) if isinstance(item, list) else item
        elif isinstance(item, str):
            found[name] = text
        else:
            found[name] = int(text) if type(item) is int and text.isdecimal() else item
    return found


def _with_owning_objects(value: dict[str, Any], owners: Mapping[str, str]) -> dict[str, Any]:
    """A body whose objects that are named like what its path is below are of the ID there: the `room` of a calendar."""
    found = dict(value)
    for name, item in value.items():
        text = owners.get(snake_case(name) + "_id")
        if text is not None and isinstance(item, dict) and isinstance(item.get("id"), str | int):
            found[name] = item | {"id": _readings(text, item["id"])[0]}
    return found


def _ids(
    value: Any, operation: Operation, path_values: Mapping[str, str], media: MediaType | None
) -> Iterator[tuple[str, str, bool]]:
    """The field of the body, by pointer, with the ID that the path ends with; as `_equated`."""
    for name, text in path_values.items():
        if operation.path.rstrip("/").endswith("{" + name + "}"):
            pointer = operation.id_pointer(name)
            if isinstance(value, dict) and pointer == pointers.join(name):
                parameters = [each for each in operation.path_parameters() if each.name == name]
                marked = next(read_only_ids(media, parameters, texts=False), None) if media else None
                pointer = id_pointer(value, operation.path) or (pointers.join(marked) if marked else pointer)
            yield pointer, text, False


def _equated(
    operation: Operation, path_values: Mapping[str, str], query: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, str, bool]]:
    """Fields of the body by pointer, the text that each should hold, and whether it may be added to do so."""
    scene = runtime_expressions.Scene(operation.method, "", 200, path=path_values, query=dict(query))
    for invariant in operation.invariants:
        for field, other in ((invariant.left, invariant.right), (invariant.right, invariant.left)):
            # What speaks of another part of the request or of the answer cannot be known here.
            with contextlib.suppress(LookupError):
                if field.startswith(_BODY):
                    yield field.removeprefix(_BODY), str(runtime_expressions.value(other, scene)), True


def _value_at(body: Any, pointer: str) -> Any:
    try:
        return pointers.get(body, pointers.split(pointer))
    except LookupError:
        return None


def _readings(text: str, replaced: Any) -> list[Any]:
    """The values that a text may stand for, those of the type of the value that is replaced first."""
    found: list[Any] = [text]
    if re.fullmatch(r"-?\d{1,18}", text):
        found.append(int(text))
    if text in ("true", "false"):
        found.append(text == "true")
    return sorted(found, key=lambda each: type(each) is not type(replaced))


def _with(body: Any, tokens: list[str], value: Any, may_add: bool) -> Any:
    """A body with a member of an object within it set, what lies beside the way there shared; None for no such object.

    `may_add`: also where the object does not have that member.
    """
    if not tokens:
        return None
    token, *rest = tokens
    if isinstance(body, dict):
        if not rest:
            return {**body, token: value} if may_add or token in body else None
        inner = _with(body[token], rest, value, may_add) if token in body else None
        return None if inner is None else {**body, token: inner}
    if isinstance(body, list) and rest and token.isdecimal() and int(token) < len(body):
        inner = _with(body[int(token)], rest, value, may_add)
        return None if inner is None else [*body[: int(token)], inner, *body[int(token) + 1 :]]
    return None
