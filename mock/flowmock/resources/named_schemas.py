"""What the schemas of members are named after: `owner` may be a `UserRef`."""

from collections.abc import Iterator
from typing import Any

from flowcontract.openapi.schemas import Schemas
from flowcontract.openapi.values import members
from flowcontract.openapi.values.names import snake_case
from flowcontract.openapi.values.nouns import noun_of_schema
from flowmock.resources.model import Resource

_MAX_DEPTH = 4
"""Objects, or lists, within one another that are looked at."""


def schema_of(resource: Resource, name: str) -> str:
    """The reference to the schema of a property; empty for none."""
    schemas = resource.media.schemas
    written = resource.properties().get(name)
    return next(filter(None, map(schemas.reference, _parts(written, schemas))), "") if written else ""


def nouns_of(schema: Any, schemas: Schemas, seen: set[str], depth: int = 0) -> Iterator[tuple[str, str]]:
    """The plain names of members at any depth, and what their schemas, or those of their items, are named after.

    `seen`: references whose members were named before.
    """
    for name, written in members(schema or {}, schemas) if depth < _MAX_DEPTH else ():
        plain = snake_case(name)
        for each in _parts(written, schemas):
            if reference := schemas.reference(each):
                yield plain, noun_of_schema(reference.rpartition("/")[2])
                if reference in seen:
                    continue
                seen.add(reference)
            yield from nouns_of(each, schemas, seen, depth + 1)


def _parts(written: Any, schemas: Schemas, depth: int = 0) -> Iterator[Any]:
    """A schema, or what its alternatives are besides null; for an array, those of its items."""
    resolved = schemas.resolve(written)
    parts = [each for word in ("allOf", "anyOf", "oneOf") for each in resolved.get(word) or ()]
    if depth == _MAX_DEPTH:
        yield written
    elif "items" in resolved:
        yield from _parts(resolved["items"], schemas, depth + 1)
    elif parts and not schemas.reference(written):
        for each in parts:
            yield from _parts(each, schemas, depth + 1)
    else:
        yield written
