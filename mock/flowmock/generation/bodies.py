"""Bodies that are valid against their schema, plausible to read, and the same for the same seed and key.

jsonschema-rs brings a schema into canonical form (`allOf` folded, `if` and `not` resolved, alternatives
apart), `flowmock.grow` grows a value from it, `flowmock.texts` finds the strings, `flowmock.dress` puts
members in the document's order. The contract judges what comes out before it is given out. Where that is
not valid, in this order: other random numbers; the leanest value (required members only); the schema's
own `example` or `default`; a bare value of each JSON type; else ContractError.
"""

import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from flowcontract.errors import ContractError
from flowcontract.openapi import pointers
from flowcontract.openapi.model import DocumentedResponse, Header, MediaType, Operation
from flowcontract.openapi.schemas import Schemas
from flowmock.examples import relations
from flowmock.generation import content as contents
from flowmock.generation.post_processing import dressed
from flowmock.generation.strings import Texts
from flowmock.generation.values import Grower, Impossible

_BARE: tuple[Any, ...] = ({}, [], "", "word", 0, 1, 0.5, True, None)
_RICH, _LEAN = 4, 2
"""Attempts with all members, then attempts with the required ones."""


def body(media: MediaType, *, seed: int, key: str, examples: bool = True, lean: bool = False) -> Any:
    """A JSON value that is valid as a response body of `media`; readOnly and writeOnly as responses have them.

    `key` says what it is for (operation, path, query): equal seeds and keys give equal values, in any process.
    `examples`: take over the `example` or `default` that the schema gives, whole or for single fields. `lean`:
    only what is required. Raises ContractError where no value could be made.
    """
    if media.schema is None:
        return {}
    return _grown(media.schemas, media.schema_pointer, media.schema, f"{seed}\n{key}", examples, lean)


def for_call(
    operation: Operation,
    answer: DocumentedResponse,
    media: MediaType,
    path_values: Mapping[str, str],
    seed: int,
    *,
    query: Sequence[tuple[str, str]] = (),
    examples: bool = True,
) -> Any:
    """A body for one call: as `body`, and in a success what the contract relates to the request is so.

    A field that an invariant equates with a part of the request, or that has the name of the parameter the
    path ends with, holds that value, as far as the schema admits it. Query parameters that the contract does not
    have change nothing.
    """
    declared = {parameter.name for parameter in operation.parameters if parameter.location == "query"}
    counts = [(name, value) for name, value in query if name in declared]
    asked = "\n".join([operation.id, answer.status, media.name, *_pairs(path_values.items()), *_pairs(counts)])
    value = body(media, seed=seed, key=asked, examples=examples)
    if not answer.status.startswith("2"):
        return value
    return relations.hold(value, operation, path_values, query, media.is_valid)


def part(schemas: Schemas, pointer: str, *, seed: int, key: str) -> Any:
    """The leanest value for the schema at a pointer of the contract, as a response holds it. Raises ContractError."""
    return _grown(schemas, pointer, schemas.resolve({"$ref": f"#{pointer}"}), f"{seed}\n{key}", True, lean=True)


def content(media: MediaType, *, seed: int, key: str) -> bytes:
    """The bytes of a body of any media type: JSON, text, XML, a form, an image, anything else."""
    return contents.encode(media, body(media, seed=seed, key=key), seed=number(f"{seed}\n{key}"))


def header(header: Header, *, seed: int, key: str) -> str:
    """A value for a response header, in the `simple` style (OpenAPI 3.0.3, Header Object)."""
    if not header.schema:
        return Texts(number(f"{seed}\n{key}")).word()
    value = _grown(header.schemas, header.schema_pointer, header.schema, f"{seed}\n{key}", True)
    return contents.simple(value)


def number(text: str) -> int:
    """A seed for random numbers from a text, the same in every process."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8])


def _grown(
    schemas: Schemas, pointer: str, schema: Mapping[str, Any], key: str, examples: bool, lean: bool = False
) -> Any:
    root = schemas.canonical(pointer)
    for attempt in range(_RICH + _LEAN):
        grower = Grower(root, Texts(number(f"{key}\n{attempt}")), lean=lean or attempt >= _RICH)
        try:
            value = grower.value(root)
        except Impossible:
            continue
        choices = [dressed(value, schema, schemas, examples=False), value]
        if examples:
            choices.insert(0, _mended(dressed(value, schema, schemas, examples=True), choices[0], schemas, pointer))
        for choice in choices:
            if schemas.is_valid(pointer, choice):
                return choice
    for choice in (dressed(None, schema, schemas, examples=True), *_BARE):
        if schemas.is_valid(pointer, choice):
            return choice
    raise ContractError(
        f"no value could be made that the schema at {pointer} admits.",
        do="Give the response an example, or check that the schema can be met at all.",
    )


def _mended(value: Any, spare: Any, schemas: Schemas, pointer: str) -> Any:
    """The value, with what is wrong in it taken from the spare one: an example may not be what its schema says."""
    for error in list(schemas.errors(pointer, value)):
        tokens = pointers.split(error.instance)
        if not tokens:
            return spare
        with contextlib.suppress(LookupError):  # It may lie in what was mended just before.
            holder = pointers.get(value, tokens[:-1])
            at = int(tokens[-1]) if isinstance(holder, list) else tokens[-1]
            try:
                holder[at] = pointers.get(spare, tokens)
            except LookupError:
                del holder[at]
    return value


def _pairs(pairs: Any) -> list[str]:
    return sorted(f"{name}={value}" for name, value in pairs)
