"""Give a generated value what the canonical schema does not keep: order, names of kinds, the author's examples."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from flowcontract.openapi.schemas import Schemas, discriminated


def dressed(value: Any, schema: Mapping[str, Any], schemas: Schemas, *, examples: bool) -> Any:
    """The value with members in the document's order and discriminators that name their schema.

    `examples`: what has an `example` or `default` in its schema is that; of a list's items the first alone, so
    that items stay apart. The result may need judging: an example may not be valid.
    """
    if examples and (written := _written(schema, schemas)) is not None:
        return copy.deepcopy(written)
    if isinstance(value, list):
        items = _part(schema, schemas, "items")
        return [dressed(item, items, schemas, examples=examples and at == 0) for at, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    present = {name: member for name, member in members(schema, schemas) if name in value}
    found = {name: dressed(value[name], member, schemas, examples=examples) for name, member in present.items()}
    rest = _part(schema, schemas, "additionalProperties")
    found |= {name: dressed(value[name], rest, schemas, examples=False) for name in value if name not in found}
    return _named(found, schemas.resolve(schema), schemas)


def _part(schema: Any, schemas: Schemas, keyword: str) -> Mapping[str, Any]:
    part = schemas.resolve(schema).get(keyword)
    return part if isinstance(part, Mapping) else {}


def members(schema: Any, schemas: Schemas, seen: frozenset[int] = frozenset()) -> Iterator[tuple[str, Any]]:
    """Every property that a schema declares, its compositions included, in the order of the document."""
    schema = schemas.resolve(schema)
    if not isinstance(schema, Mapping) or id(schema) in seen:
        return
    seen |= {id(schema)}
    for keyword in ("allOf", "oneOf", "anyOf"):
        for branch in schema.get(keyword) or ():
            yield from members(branch, schemas, seen)
    yield from (schema.get("properties") or {}).items()


def _written(schema: Any, schemas: Schemas) -> Any:
    """The `example`, else the `default`, that a schema gives; None where it gives none."""
    schema = schemas.resolve(schema)
    return schema.get("example", schema.get("default")) if isinstance(schema, Mapping) else None


def _named(value: dict[str, Any], schema: Mapping[str, Any], schemas: Schemas) -> dict[str, Any]:
    """The value with a discriminator property that names the alternative it is of (OpenAPI 3.0.3, Discriminator)."""
    discriminator = schema.get("discriminator")
    alternatives = schema.get("oneOf") or schema.get("anyOf") or ()
    if not isinstance(discriminator, Mapping) or "propertyName" not in discriminator:
        return value
    references = [branch["$ref"] for branch in alternatives if isinstance(branch.get("$ref"), str)]
    names = {name: target for target in references for name in sorted(discriminated(target, discriminator))}
    key = discriminator["propertyName"]
    for name in sorted(names, key=lambda name: name != value.get(key)):
        candidate = value | {key: name}
        if schemas.is_valid(names[name].removeprefix("#"), candidate):
            return candidate
    return value
