"""Checks values against the schemas of the document. Only the keywords that it uses, and on purpose no library:
the gate is measured on this server, so it shares nothing with it.
"""

import datetime
import re
import uuid
from collections.abc import Iterator
from typing import Any

_TYPES: dict[str, Any] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: (
        (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())
    ),
}
_DATE_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)", re.ASCII
)


def _is_date(text: str) -> bool:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        return False
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_date_time(text: str) -> bool:
    matched = _DATE_TIME.fullmatch(text)
    return matched is not None and _is_date(matched[1])


def _is_uuid(text: str) -> bool:
    return re.fullmatch(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", text) is not None and bool(
        uuid.UUID(text)
    )


_FORMATS = {"date": _is_date, "date-time": _is_date_time, "uuid": _is_uuid}


def errors(value: Any, schema: dict[str, Any], schemas: dict[str, Any], at: str = "body") -> Iterator[str]:
    """What is wrong with a value, a sentence each."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(_TYPES[name](value) for name in types):
        yield f"{at}: expected {' or '.join(types)}."
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: expected one of {', '.join(schema['enum'])}."
    if isinstance(value, str):
        yield from _text_errors(value, schema, at)
    elif isinstance(value, dict):
        yield from _object_errors(value, schema, schemas, at)
    elif isinstance(value, list):
        yield from _array_errors(value, schema, schemas, at)
    elif _TYPES["number"](value) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{at}: out of range."


def _text_errors(value: str, schema: dict[str, Any], at: str) -> Iterator[str]:
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        yield f"{at}: not valid Unicode."
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        yield f"{at}: too short or too long."
    if "pattern" in schema and not re.search(schema["pattern"].replace("$", r"\Z"), value):
        yield f"{at}: expected the pattern {schema['pattern']}."
    if schema.get("format") in _FORMATS and not _FORMATS[schema["format"]](value):
        yield f"{at}: expected a {schema['format']}."


def _object_errors(value: dict[str, Any], schema: dict[str, Any], schemas: dict[str, Any], at: str) -> Iterator[str]:
    members = schema.get("properties", {})
    yield from (f"{at}: {name} is missing." for name in schema.get("required", ()) if name not in value)
    if len(value) < schema.get("minProperties", 0):
        yield f"{at}: too few members."
    for name, item in value.items():
        if name in members:
            yield from errors(item, members[name], schemas, f"{at}.{name}")
        else:
            yield f"{at}: an unknown member."


def _array_errors(value: list[Any], schema: dict[str, Any], schemas: dict[str, Any], at: str) -> Iterator[str]:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield f"{at}: too few or too many items."
    if schema.get("uniqueItems") and any(item in value[:index] for index, item in enumerate(value)):
        yield f"{at}: expected distinct items."
    for index, item in enumerate(value):
        yield from errors(item, schema.get("items", {}), schemas, f"{at}[{index}]")
