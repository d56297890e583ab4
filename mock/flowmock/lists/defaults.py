"""What a list does where a request does not say it: the defaults of its filters and of its order."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from flowcontract.openapi.model import ORDER, SEARCH, Operation
from flowcontract.openapi.values.names import words
from flowcontract.text import plain_name
from flowmock.lists import flags, paging
from flowmock.lists.selecting import (
    DIRECTION,
    Item,
    Query,
    at,
    besides_null,
    declared_names,
    described,
    filtered,
    properties_of,
    property_named,
)


def with_default_order(operation: Operation, query: Query) -> list[tuple[str, str]]:
    """A query with the order that the operation declares as the default, where it has none."""
    given = {plain_name(name) for name, _ in query}
    if not given.isdisjoint(ORDER | DIRECTION):
        return list(query)
    defaults = ((name, schema.get("default")) for name, schema in declared_names(operation).items())
    known = ORDER | DIRECTION
    return [*query, *((name, text) for name, text in defaults if isinstance(text, str) and plain_name(name) in known)]


def with_default_filters(
    operation: Operation,
    query: Query,
    items: Sequence[Item],
    properties: Collection[str],
    today: date,
    others: Collection[str] = (),
) -> list[tuple[str, str]]:
    """A query with the documented defaults of filters that it does not have.

    `others`: parameters that are no filters, such as those about pages. A truth value that is false by default mostly
    means that nothing is filtered: it counts where it hides something (`archived`, `include_past`).
    """
    missing = [pair for pair in _defaults(operation) if pair[0] not in others and pair[0] not in dict(query)]
    if not missing:
        return list(query)
    named = properties_of(items, properties)
    return [*query, *(pair for pair in missing if _is_filter(pair, items, named, today))]


_ON_REQUEST = re.compile(
    r"\bonly (?:\w+ ){0,3}(?:if|on|upon|when) (?:\w+ ){0,2}(?:ask|explicit|nam|request|select)"
    r"|\b(?:excluded|hidden|left out|omitted|not (?:included|listed|returned|shown))\b[^.;]*\b(?:by default|unless)\b"
    r"|\bunless (?:\w+ ){0,2}(?:ask|explicit|nam|request|select)",
    re.IGNORECASE,
)
"""What the description of a filter says of values that a list has only if a request names them."""


def without_hidden(
    operation: Operation, query: Query, items: Sequence[Item], properties: Collection[str]
) -> list[Item]:
    """The items but for those that are only listed on request, as the description of a filter says that a query does
    not have: "removed ones only come when asked for".
    """
    found, named = list(items), properties_of(items, properties)
    for parameter in operation.parameters:
        path = property_named(parameter.name, named)
        if parameter.location != "query" or path is None or parameter.name in dict(query):
            continue
        schema = besides_null(parameter.resolve(parameter.schema), parameter.resolve)
        values = [str(each) for each in parameter.resolve(schema.get("items") or schema).get("enum") or ()]
        sentences = [each for each in re.split(r"[.;\n]", described(parameter)) if _ON_REQUEST.search(each)]
        hidden = {each for each in values if any(re.search(rf"\b{re.escape(each)}\b", text) for text in sentences)}
        if len(hidden) < len(values):
            found = [item for item in found if str(at(item, path)) not in hidden]
    return found


def by_default(operation: Operation, items: Sequence[Item], properties: Collection[str], today: date) -> list[Item]:
    """The items that a list has for a request without a query."""
    others = paging.parameters_of(operation).values()
    query = with_default_filters(operation, (), items, properties, today, others)
    return filtered(items, properties, query, today=today)


def default_filters(operation: Operation) -> frozenset[str]:
    """The parameters of a list that may be filters and have a default."""
    of_pages = paging.parameters_of(operation).values()
    return frozenset(name for name, _ in _defaults(operation) if name not in of_pages)


def _defaults(operation: Operation) -> tuple[tuple[str, str], ...]:
    """The parameters with a default that may be filters, each with the text of a value."""
    return tuple(
        (name, text)
        for name, schema in declared_names(operation).items()
        if plain_name(name) not in ORDER | DIRECTION | SEARCH
        if _has_few_values(name, schema)
        for text in _texts(schema.get("default"))
    )


def _has_few_values(name: str, schema: Mapping[str, Any]) -> bool:
    """Whether a parameter is a choice: defaults of others are often placeholders, or about something else."""
    default, items = schema.get("default"), schema.get("items")
    if isinstance(default, bool):
        return default or _hides(name)
    return "enum" in schema or (isinstance(items, Mapping) and "enum" in items)


def _hides(name: str) -> bool:
    """Whether a filter with this name hides some items where it is false."""
    return words(name)[0] in flags.INCLUDING or plain_name(name).removeprefix("is") in flags.HIDDEN


def _texts(default: Any) -> Iterator[str]:
    if isinstance(default, list):
        for each in default:
            yield from _texts(each)
    elif isinstance(default, str | int | float):
        yield default if isinstance(default, str) else json.dumps(default)


def _is_filter(pair: tuple[str, str], items: Sequence[Item], named: Mapping[str, flags.Path], today: date) -> bool:
    """Whether a parameter with a default is a filter, by the properties of items."""
    return property_named(pair[0], named) is not None or flags.condition(*pair, named, items, today) is not None
