"""Examples of single values (texts, numbers, …) that their own schema does not admit."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs

from flowcontract.openapi import pointers, schema_messages
from flowcontract.openapi.structure import SCHEMA_LISTS, SCHEMA_MAPS, SCHEMA_ONE

_COMPOSED = SCHEMA_ONE | SCHEMA_LISTS | SCHEMA_MAPS | {"$ref", "$dynamicRef"}
_NOT_VALIDATING = frozenset({"examples", "default", "description", "title", "xml"})


def flawed(schemas: Mapping[str, Any], formats: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The pointer of each schema of a single value with an example that it does not admit, and why not.

    `schemas`: all of a document, by their pointers. `formats`: checks of formats that JSON Schema does not have.
    """

    @lru_cache(1000)  # Most documents have few different schemas of single values.
    def validator(written: str) -> Any:
        try:
            return jsonschema_rs.Draft202012Validator(json.loads(written), validate_formats=True, formats=dict(formats))
        except ValueError:
            return None

    for pointer, schema in schemas.items():
        for place, part in _single_values(schema, pointer):
            found = validator(json.dumps({key: value for key, value in part.items() if key not in _NOT_VALIDATING}))
            for example in part["examples"] if found else ():
                with contextlib.suppress(ValueError):  # A number or a text that the validator cannot hold.
                    if error := next(found.iter_errors(example), None):
                        yield place, schema_messages.message(error)


def _single_values(schema: Any, pointer: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every schema within a schema that has examples and no schemas in it."""
    if not isinstance(schema, Mapping):
        return
    if isinstance(schema.get("examples"), list) and _COMPOSED.isdisjoint(schema):
        yield pointer, schema
    for key, value in schema.items():
        at = pointer + pointers.join(key)
        if key in SCHEMA_ONE:
            yield from _single_values(value, at)
        elif key in SCHEMA_LISTS:
            for index, part in enumerate(value):
                yield from _single_values(part, f"{at}/{index}")
        elif key in SCHEMA_MAPS:
            for name, part in value.items():
                yield from _single_values(part, at + pointers.join(name))
