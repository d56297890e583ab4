"""What a canonical schema does not keep of the document: the order of members, discriminators, examples."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from flowcontract.openapi.schemas import Schemas, discriminated


def as_documented(value: Any, schema: Any, schemas: Schemas, *, examples: bool) -> Any:
    """The value with members in the document's order and discriminators that name their schema.

    `examples`: what has an example or a `default` in its schema is that; of a list's items the first alone, so that
    items stay apart. The result may need validation: an example may violate its schema.
    """
    return _arranged(value, schema, schemas, examples)


def members(schema: Any, schemas: Schemas, seen: frozenset[int] = frozenset()) -> Iterator[tuple[str, Any]]:
    """Every property that a schema declares, its compositions included, in the order of the document."""
    schema = schemas.resolve(schema)
    if id(schema) in seen:
        return
    seen |= {id(schema)}
    for branch in _branches(schema):
        yield from members(branch, schemas, seen)
    yield from (schema.get("properties") or {}).items()


def written_example(schema: Any, schemas: Schemas) -> Any:
    """The first example of a schema, else its `default`, else those of the schemas it is composed of; None for none."""
    return _written(schema, schemas, frozenset())


def _written(schema: Any, schemas: Schemas, seen: frozenset[int]) -> Any:
    schema = schemas.resolve(schema)
    if id(schema) in seen:
        return None
    for candidate in (*schema.get("examples", ()), schema.get("default")):
        if candidate is not None:
            return candidate
    parts = [schemas.resolve(branch) for branch in schema.get("allOf", ())]
    found = [_written(part, schemas, seen | {id(schema)}) for part in parts]
    if "properties" not in schema and found and all(each is not None for each in found):
        if all(isinstance(each, Mapping) for each in found):
            return {name: item for each in found for name, item in each.items()}
        return found[0]
    for keyword in ("oneOf", "anyOf"):
        for branch in schema.get(keyword, ()):
            if (example := _written(branch, schemas, seen | {id(schema)})) is not None:
                return example
    return None


def _arranged(value: Any, schema: Any, schemas: Schemas, examples: bool) -> Any:
    schema = schemas.resolve(schema)
    if examples and (written := written_example(schema, schemas)) is not None:
        return copy.deepcopy(written)
    if isinstance(value, list):
        return [
            _arranged(item, _items(schema, schemas, at), schemas, examples and at == 0) for at, item in enumerate(value)
        ]
    if not isinstance(value, dict):
        return value
    present = {name: member for name, member in members(schema, schemas) if name in value}
    found = {name: _arranged(value[name], member, schemas, examples) for name, member in present.items()}
    if examples:
        found |= _partial_examples(schema, schemas)
    rest = schema.get("additionalProperties", True)
    found |= {name: _arranged(value[name], rest, schemas, False) for name in value if name not in found}
    return _named(found, schema, schemas)


def _partial_examples(schema: Mapping[str, Any], schemas: Schemas) -> dict[str, Any]:
    """Members that the examples of some parts of an `allOf` give."""
    found: dict[str, Any] = {}
    for branch in schema.get("allOf", ()):
        example = written_example(branch, schemas)
        if isinstance(example, Mapping):
            found |= copy.deepcopy(dict(example))
    return found


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
