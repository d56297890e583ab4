"""Which responses are lists, and where their items stand: the body itself, or a member of an envelope around them."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import DocumentedResponse, MediaType, Operation
from flowcontract.openapi.schemas import Schemas
from flowcontract.openapi.values import members
from flowcontract.openapi.values.names import snake_case
from flowcontract.text import plain_name
from flowmock.lists import paging
from flowmock.lists.paging import Tokens

_ITEMS = ("data", "items", "results", "content", "records", "entries", "values", "hits")
"""Names of the array with the items where there are several arrays, the best first."""
_WRAPPERS = frozenset({"embedded", "data", "result", "results", "response", "payload", "page"})
"""Objects that hold the array with the items."""
_OWN_IDS = frozenset({"id", "uuid", "guid", "pk"})
"""Members that a single resource has, and a page has not."""
_ENDS = frozenset({"from", "to"})
"""Members with the numbers of the first and the last item; texts with these names are dates or places."""
_SEVERAL = 2
"""Members beside an array, but for the IDs in the path, that make it a part of something else."""


def json_media(response: DocumentedResponse | None) -> MediaType | None:
    """The first JSON media type of a response that has a schema."""
    return (
        next((media for media in response.media.values() if media.is_json and media.schema), None) if response else None
    )


def list_of(contract: Contract, operation: Operation) -> tuple[MediaType, Tokens] | None:
    """The body of a list and the members that lead to its items; None where an operation gives no list.

    An object with one array of objects is a list if the operation has parameters for pages, or members beside the
    array are about pages, or nothing says that it is a single resource: a path that ends with a parameter, an ID of its
    own, a method that changes it, several members beside an array that the path does not name (the `lines` of a quote).
    """
    media = json_media(operation.success())
    if media is None or operation.method != "GET" or media.schema is None:
        return None
    if _is_array_of_objects(media.schema, media.schemas):
        return media, ()
    envelope = _envelope(media, operation)
    has_own_id = any(plain_name(name) in _OWN_IDS for name, _ in members(media.schema, media.schemas))
    if not envelope or (has_own_id and len(envelope) > 1):
        return None
    has_parameters = bool(paging.parameters_of(operation))
    if has_own_id and operation.path.rstrip("/").endswith("}") and not has_parameters:
        return None  # A book has `pages`, too.
    is_page = has_parameters or _is_page(media, envelope)
    is_single = has_own_id or _is_single(contract, operation) or _is_a_part(media, envelope, operation)
    return (media, envelope) if is_page or not is_single else None


def list_of_item(contract: Contract, operation: Operation, media: MediaType) -> Operation | None:
    """The list before the last ID in a path, where its items are what an operation with that ID returns.

    `POST /guests/{id}/check-in` that returns a guest returns this one of `GET /guests`.
    """
    collection = operation.path.rpartition("{")[0]
    if operation.method == "GET" or not collection.endswith("/") or not media.schema:
        return None
    for each in contract.operations.values():
        is_above = each.method == "GET" and each.path.rstrip("/") == collection.rstrip("/")
        array = part(*found) if is_above and (found := list_of(contract, each)) else None
        items = array.items() if array else None
        if items and items.schema == media.schema:
            return each
    return None


def part(media: MediaType, tokens: Tokens) -> MediaType | None:
    """The member of a body that these names lead to, by itself; None where it is not declared."""
    found: MediaType | None = media
    for token in tokens:
        found = found.member(token) if found else None
    return found


def _envelope(media: MediaType, operation: Operation) -> Tokens:
    """The members that lead to the array with the items; empty for none, or for several that are alike."""
    declared = dict(members(media.schema or {}, media.schemas))
    name = _array(declared, media.schemas, operation)
    if name:
        return (name,)
    found: list[Tokens] = []
    for wrapper, schema in declared.items():
        inner = dict(members(schema, media.schemas))
        name = _array(inner, media.schemas, operation)
        beside = {each: part for each, part in inner.items() if each != name}
        if name and (plain_name(wrapper) in _WRAPPERS or _about_pages(beside, media.schemas)):
            found.append((wrapper, name))
    return found[0] if len(found) == 1 else ()


def _array(declared: dict[str, Any], schemas: Schemas, operation: Operation) -> str:
    arrays = [name for name, schema in declared.items() if _is_array_of_objects(schema, schemas)]
    if len(arrays) < 2:
        return "".join(arrays)
    segments = [plain_name(each) for each in reversed(operation.path.split("/")) if each and "{" not in each]
    named = (name for word in (*segments, *_ITEMS) for name in arrays if plain_name(name) == word)
    alike = (name for word in segments for name in arrays if _is_alike(name, word))
    return next(chain(named, alike), "")


def _is_alike(name: str, word: str) -> bool:
    """Whether an array has the name of a segment of a path."""
    return plain_name(name).startswith(word.removesuffix("s"))


def _is_a_part(media: MediaType, envelope: Tokens, operation: Operation) -> bool:
    """Whether an array is only a part of what a body says: neither its name nor the path says that it is a list."""
    name = envelope[-1]
    segments = [plain_name(each) for each in operation.path.split("/") if each and "{" not in each]
    if plain_name(name) in _ITEMS or any(_is_alike(name, each) for each in segments):
        return False
    owners = {snake_case(each.name) for each in operation.path_parameters()}
    *_, beside = _levels(media, envelope)
    return sum(snake_case(each) not in owners for each in beside) >= _SEVERAL


def _is_page(media: MediaType, envelope: Tokens) -> bool:
    """Whether members beside the items are about pages."""
    return any(_about_pages(level, media.schemas) for level in _levels(media, envelope))


def _about_pages(declared: dict[str, Any], schemas: Schemas) -> bool:
    numbers = {name for name, schema in declared.items() if schemas.resolve(schema).get("type") != "string"}
    of_pages = {name for name in declared if name in numbers or plain_name(name) not in _ENDS}
    return paging.is_about_pages(of_pages) or any(
        paging.is_holder(name, dict(members(schema, schemas))) for name, schema in declared.items()
    )


def _levels(media: MediaType, envelope: Tokens) -> Iterator[dict[str, Any]]:
    """The members beside the items, and beside each object around them."""
    schema: Any = media.schema
    for token in envelope:
        declared = dict(members(schema, media.schemas))
        yield {name: each for name, each in declared.items() if name != token}
        schema = declared[token]


def _is_single(contract: Contract, operation: Operation) -> bool:
    """Whether an operation reads a single resource: its path or its other methods say so."""
    path = operation.path.rstrip("/")
    if path.endswith("}"):
        return True
    others = [(each.method, each.path.rstrip("/")) for each in contract.operations.values()]
    has_items = any(other.startswith(path + "/{") for _, other in others)
    return not has_items and any(other == path and method in ("PUT", "PATCH") for method, other in others)


def _is_array_of_objects(schema: Any, schemas: Schemas) -> bool:
    items = schemas.resolve(schemas.resolve(schema).get("items") or {})
    return next(members(items, schemas), None) is not None
