"""Bodies that are valid against their schema, plausible to read, and the same for the same seed and key.

The values themselves are made by `flowcontract.openapi.values`.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flowcontract.openapi import parameters
from flowcontract.openapi.model import DocumentedResponse, Header, MediaType, Operation
from flowcontract.openapi.schemas import Schemas
from flowcontract.openapi.values import Strings, members, random_seed, valid_value
from flowcontract.openapi.values.examples import given
from flowmock.generation import content as contents
from flowmock.generation import relations
from flowmock.seeds import Seed


def body(media: MediaType, *, seed: Seed, key: str, examples: bool = True, lean: bool = False) -> Any:
    """A JSON value that is valid as a response body of `media`; readOnly and writeOnly as responses have them.

    `key` says what it is for (operation, path, query): equal seeds and keys give equal values, in any process.
    `examples`: take over the `example` or `default` that the schema gives, whole or for single fields. `lean`:
    only what is required. Raises ContractError where no value could be made.
    """
    if media.schema is None:
        return {}
    return _value(media.schemas, media.schema_pointer, seed, key, examples=examples, minimal=lean)


def for_call(
    operation: Operation,
    answer: DocumentedResponse,
    media: MediaType,
    path_values: Mapping[str, str],
    seed: Seed,
    *,
    query: Sequence[tuple[str, str]] = (),
    examples: bool = True,
    of_pages: Collection[str] = (),
    read: Operation | None = None,
    written: Sequence[MediaType] = (),
) -> Any:
    """A body for one call: as `body`, and in a success what the contract relates to the request is so.

    A field that an invariant equates with a part of the request, or that has the name of the parameter the
    path ends with, holds that value, as far as the schema admits it. Query parameters that the contract does not
    have change nothing, and those in `of_pages` do not change the items. `read`: as `relations.hold` has it.
    `written`: the bodies of requests that write what is returned; its members are valid there, too, if possible.
    """
    declared = {parameter.name for parameter in operation.parameters if parameter.location == "query"}
    counts = [(name, value) for name, value in query if name in declared and name not in of_pages]
    asked = "\n".join([operation.id, answer.status, media.name, *_pairs(path_values.items()), *_pairs(counts)])
    value = body(media, seed=seed, key=asked, examples=examples)
    if not answer.status.startswith("2"):
        return value
    for each in written if isinstance(value, dict) else ():
        value = _writable(value, each, media, seed, asked)
    return relations.hold(value, operation, path_values, query, media.is_valid, media=media, read=read)


def _writable(value: dict[str, Any], written: MediaType, media: MediaType, seed: Seed, key: str) -> dict[str, Any]:
    """An object whose generated members are valid in a request, as far as the response allows that."""
    schemas = dict(members(media.schema or {}, media.schemas))
    for name, _ in members(written.schema or {}, written.schemas):
        part, own = written.member(name), value.get(name)
        if part is None or own is None or name not in schemas or part.is_valid(own):
            continue
        has_example = given(schemas[name], media.schemas.resolve) is not None
        for number in range(0 if has_example else _ATTEMPTS):
            sent = body(written, seed=seed, key=f"{key} {number}")
            changed = value | {name: sent.get(name)} if isinstance(sent, dict) else value
            if changed[name] is not None and media.is_valid(changed):
                value = changed
                break
            if isinstance(changed[name], dict | list):  # Its schema there is another one, whatever is generated.
                break
    return value


_ATTEMPTS = 3
"""Bodies of a request that are made: one may lack a member."""


def part(schemas: Schemas, pointer: str, *, seed: Seed, key: str) -> Any:
    """The leanest value for the schema at a pointer of the contract, as a response holds it. Raises ContractError."""
    return _value(schemas, pointer, seed, key, minimal=True)


def content(media: MediaType, *, seed: Seed, key: str, accept: str | None = None) -> bytes:
    """The bytes of a body of any media type: JSON, text, XML, a form, an image, anything else.

    `accept`: the header of the request; it chooses where the media type is a range.
    """
    if media.name.startswith("text/csv") and (rows := _csv(media, seed, key)):
        return rows
    value = body(media, seed=seed, key=key)
    return contents.encode(media, value, seed=random_seed(f"{seed.number}\n{key}"), accept=accept)


def _csv(media: MediaType, seed: Seed, key: str) -> bytes:
    """A small table, where all that is documented of it is that it is a text; empty where there is more to know."""
    if media.schema is None or media.schemas.gives_examples(media.schema_pointer):
        return b""
    strings = Strings(random_seed(f"{seed.number}\n{key}"), seed.today)
    rows = contents.csv_of([{"id": number, "name": strings.word().title()} for number in (1, 2, 3)])
    return rows if media.is_valid(rows.decode()) else b""


def header(header: Header, *, seed: Seed, key: str) -> str:
    """A value for a response header, in the `simple` style (OpenAPI 3.0.3, Header Object)."""
    if not header.schema:
        return Strings(random_seed(f"{seed.number}\n{key}"), seed.today).word()
    value = _value(header.schemas, header.schema_pointer, seed, key)
    return parameters.simple(value, explode=header.explode)


def _pairs(pairs: Any) -> list[str]:
    return sorted(f"{name}={value}" for name, value in pairs)


def _value(
    schemas: Schemas, pointer: str, seed: Seed, key: str, *, examples: bool = True, minimal: bool = False
) -> Any:
    return valid_value(
        schemas, pointer, seed=seed.number, today=seed.today, key=key, examples=examples, minimal=minimal
    )
