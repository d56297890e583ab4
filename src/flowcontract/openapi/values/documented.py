"""What a canonical schema does not keep of the document: the order of members, and discriminators."""

from collections.abc import Iterator, Mapping
from typing import Any

from flowcontract.openapi.schema_views import discriminated
from flowcontract.openapi.schemas import Schemas


def as_documented(value: Any, schema: Any, schemas: Schemas) -> Any:
    """The value with members in the document's order and discriminators that name their schema."""
    if not isinstance(value, dict | list):
        return value
    schema = schemas.resolve(schema)
    if isinstance(value, list):
        return [as_documented(item, _items(schema, schemas, at), schemas) for at, item in enumerate(value)]
    present = {name: member for name, member in members(schema, schemas) if name in value}
    found = {name: as_documented(value[name], member, schemas) for name, member in present.items()}
    rest = schema.get("additionalProperties", True)
    found |= {name: as_documented(value[name], rest, schemas) for name in value if name not in found}
    return _named(found, schema, schemas)


def members(schema: Any, schemas: Schemas, seen: frozenset[int] = frozenset()) -> Iterator[tuple[str, Any]]:
    """Every property that a schema declares, its compositions included, in the order of the document."""
    schema = schemas.resolve(schema)
    if id(schema) in seen:
        return
    seen |= {id(schema)}
    for branch in _branches(schema):
        yield from members(branch, schemas, seen)
    yield from (schema.get("properties") or {}).items()


def _items(schema: Mapping[str, Any], schemas: Schemas, at: int) -> Any:
    """The schema of an item by its place in the array, in the schema itself or in those it is composed of."""
    prefix = schema.get("prefixItems", ())
    if at < len(prefix):
        return prefix[at]
    if "items" in schema:
        return schema["items"]
    for branch in _branches(schema):
        found = schemas.resolve(branch)
        if "items" in found or "prefixItems" in found:
            return _items(found, schemas, at)
    return True


def _branches(schema: Mapping[str, Any]) -> Iterator[Any]:
    for keyword in ("allOf", "oneOf", "anyOf"):
        yield from schema.get(keyword) or ()


def _named(value: dict[str, Any], schema: Mapping[str, Any], schemas: Schemas) -> dict[str, Any]:
    """The value with a discriminator property that names the alternative it is of (OpenAPI 3.1.1, section 4.8.25)."""
    discriminator = schema.get("discriminator")
    alternatives = schema.get("oneOf") or schema.get("anyOf") or ()
    if not isinstance(discriminator, Mapping):
        return value
    references = [branch["$ref"] for branch in alternatives if isinstance(branch, Mapping) and "$ref" in branch]
    names = {name: target for target in references for name in sorted(discriminated(target, discriminator))}
    key = discriminator["propertyName"]

    def likelihood(name: str) -> tuple[bool, int]:
        declared = dict(members({"$ref": names[name]}, schemas))
        return name == value.get(key), len(declared.keys() & value.keys())

    for name in sorted(names, key=likelihood, reverse=True):
        candidate = value | {key: name}
        if schemas.is_valid(names[name].removeprefix("#"), candidate):
            return candidate
    return value
