"""Filters: query parameters that hide items which do not match, as django-filter does.

The last of repeated values counts. An empty value filters nothing. Text is stripped and matches exactly. Each word
of a search (REST framework) must occur in one of the fields, case-insensitively.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flowcontract.openapi import pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType
from flowmock.profiles.profile import Filter


class Filters:
    """The filters of one route, compiled."""

    def __init__(self, filters: Iterable[Filter], media: MediaType | None, contract: Contract) -> None:
        """`media`: the media type whose schema has the choices of a field."""
        self.filters = tuple(filters)
        self.names = frozenset(each.query for each in self.filters)
        self._choices = {
            each.query: _choices(media.schema, each.fields[0], contract)
            for each in self.filters
            if each.kind == "choice" and media and media.schema
        }

    def are_asked(self, query: Sequence[tuple[str, str]]) -> bool:
        """Whether a query contains one of the filters."""
        return not self.names.isdisjoint([name for name, _ in query])

    def errors(self, query: Sequence[tuple[str, str]], messages: Mapping[str, str]) -> dict[str, list[str]]:
        """The errors of the values by parameter, with the texts of `messages`."""
        values = dict(query)
        errors = {}
        for each in self.filters:
            value = values.get(each.query, "")
            error = self._error(each, value)
            if error:
                errors[each.query] = [messages.get(error, error).replace("{value}", value)]
        return errors

    def _error(self, each: Filter, value: str) -> str:
        if each.kind == "choice":
            choices = self._choices.get(each.query)
            return "choice" if value and choices is not None and value not in choices else ""
        text = value.strip()
        if each.kind == "uuid":
            return "uuid" if text and _uuid(text) is None else ""
        return "nul" if each.kind == "text" and "\0" in text else ""

    def match(self, query: Sequence[tuple[str, str]], value: Any) -> bool:
        """Whether a value matches all filters. Call `errors` first."""
        values = dict(query)
        return all(_matches(each, values.get(each.query, ""), value) for each in self.filters)


def _matches(each: Filter, asked: str, value: Any) -> bool:
    has = [_get(value, field) for field in each.fields]
    if each.kind == "words":
        words = asked.replace("\0", "").replace(",", " ").split()
        return all(any(word.upper() in text.upper() for text in has) for word in words)
    asked = asked if each.kind == "choice" else asked.strip()
    if not asked:
        return True
    if each.kind == "uuid":
        return any(_uuid(text) == _uuid(asked) for text in has)
    return asked in has


def _get(value: Any, name: str) -> str:
    try:
        found = pointers.get(value, [name])
    except LookupError:
        return ""
    return found if isinstance(found, str) else ""


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _choices(schema: Mapping[str, Any], name: str, contract: Contract) -> frozenset[str] | None:
    """The values that the contract allows a field, through references and single compositions."""
    found = contract.resolve((contract.resolve(schema).get("properties") or {}).get(name) or {})
    for part in found.get("allOf") or ():
        found = {**found, **contract.resolve(part)}
    return frozenset(map(str, found["enum"])) if "enum" in found else None
