"""Parameters of lists that have no effect, because nothing that items say is named like them."""

from collections.abc import Mapping
from typing import Any

from flowcontract.openapi.model import ORDER, SEARCH, MediaType, Operation
from flowcontract.openapi.schemas import Schemas
from flowcontract.openapi.values import members
from flowcontract.openapi.values.names import words
from flowcontract.text import plain_name
from flowmock.generation.new_items import enumerated
from flowmock.lists import paging
from flowmock.lists.selecting import DIRECTION, as_described, besides_null, declared_names, is_filter

_MAX_DEPTH = 2
_BY_FORMAT = {"date": "2025-06-30", "date-time": "2025-06-30T12:00:00Z"}
_BY_TYPE = {"boolean": True, "integer": 1, "number": 1}
_OF_RESPONSES = frozenset(
    {"callback", "columns", "currency", "embed", "expand", "fields", "format", "group", "include", "lang", "language"}
    | {"locale", "populate", "pretty", "select", "timezone", "tz", "units", "version", "view", "with"}
)
"""Words of names of parameters that say how a response shows items, and not which ones."""


def ignored_filters(operation: Operation, media: MediaType) -> list[str]:
    """The query parameters of a list that seem to be filters and that filter nothing. `media`: that of its items."""
    item = _sample(media.schema or {}, media.schemas)
    if not isinstance(item, dict) or not item:
        return []
    of_pages = paging.parameters_of(operation).values()
    found = []
    for parameter in operation.parameters:
        name = parameter.name
        is_other = plain_name(name) in ORDER | DIRECTION | SEARCH or name in of_pages or parameter.required
        if parameter.location != "query" or is_other or not _OF_RESPONSES.isdisjoint(words(name)):
            continue
        names = [each for each in declared_names(operation) if each == name or each.startswith(f"{name}[")]
        schema = besides_null(parameter.resolve(parameter.schema), parameter.resolve)
        query = as_described(operation, [(each, _text(schema, media.schemas, each)) for each in names], item)
        if not any(is_filter(each, value, [item], item) for each, value in query):
            found.append(name)
    return found


def _text(schema: Mapping[str, Any], schemas: Schemas, name: str) -> str:
    """A value of a parameter."""
    value = _sample(schema, schemas)
    value = value[0] if isinstance(value, list) and value else value
    is_year = type(value) is int and words(name)[-1] == "year"
    return "true" if value is True else "2025" if is_year else str(value)


def _sample(schema: Any, schemas: Schemas, depth: int = 0) -> Any:
    """A value of the type that a schema says; it says enough for what a filter is about."""
    resolved = besides_null(schemas.resolve(schema), schemas.resolve)
    choices = [each for each in enumerated(schema, schemas) if each is not None]
    kind = resolved.get("type")
    kind = next((each for each in kind if each != "null"), "") if isinstance(kind, list) else kind
    if choices:
        return choices[0]
    if kind == "array":
        return [_sample(resolved.get("items") or {}, schemas, depth)]
    if named := dict(members(resolved, schemas)):
        return {name: _sample(each, schemas, depth + 1) for name, each in named.items()} if depth < _MAX_DEPTH else {}
    return _BY_TYPE.get(str(kind)) or _BY_FORMAT.get(str(resolved.get("format")), "text")
