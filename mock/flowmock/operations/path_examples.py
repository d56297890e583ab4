"""The examples of an operation by the path that they answer to, and the best ones for a request."""

from collections.abc import Mapping
from typing import Any

from flowcontract.openapi import parameters, pointers
from flowcontract.openapi.model import Example
from flowmock.generation import relations
from flowmock.messages import Call, Reply
from flowmock.operations.success import Success

Key = tuple[str, ...]
"""Path parameters in the order of the path."""


class PathExamples:
    """The examples that say which path parameters they answer to, and their replies."""

    def __init__(self, success: Success, names: tuple[str, ...]) -> None:
        """`names`: of the path parameters."""
        self._names = names
        self._styled = {each.name: each for each in success.operation.path_parameters() if each.style != "simple"}
        self.by_key: dict[Key, list[tuple[Example, Reply]]] = {}
        for name, values in success.operation.example_path_values().items() if success.main else ():
            assert success.main
            if example := success.main.examples.get(name):
                known = self.by_key.setdefault(tuple(values[each] for each in names), [])
                known.append((example, success.example(success.main, example)))

    def key(self, call: Call) -> Key:
        """The path parameters of a call, as text."""
        values, styled = call.path_values, self._styled
        if not styled:
            return tuple([values[name] for name in self._names])
        return tuple(
            [parameters.plain(styled[name], values[name]) if name in styled else values[name] for name in self._names]
        )

    def of(self, call: Call) -> list[tuple[Example, Reply]]:
        """The examples for the path of a call."""
        return self.by_key.get(self.key(call), [])


def by_parameters(examples: list[tuple[Example, Any]], call: Call, read: str = "") -> list[tuple[Example, Any]]:
    """The examples, best first: those with fields that equal the request's query and body fields of that name.

    One that has such a field with another value is left out, unless that leaves none. `read`: the template of a path
    that ends with the ID of what is asked for.
    """
    if len(examples) < 2 or not (call.query or call.body or read):
        return examples
    fields = {**_body_fields(call), **dict(call.query)}
    ranked = []
    for example, reply in examples:
        asked = fields
        if read and isinstance(example.value, Mapping):
            member = relations.id_member(example.value, read)
            asked = fields if member is None else {**fields, member: requested_id(read, call)}
        has = [(name, value, _field(example.value, name)) for name, value in asked.items()]
        shared = [(str(value), found) for name, value, found in has if found is not None]
        if all(value == found for value, found in shared):
            ranked.append((len(shared), example, reply))
    ranked.sort(key=lambda item: -item[0])
    return [(example, reply) for _, example, reply in ranked] or examples


def id_of(example: Example, read: str) -> str | None:
    """The ID of an example, by the parameter that a path ends with; None where it has none."""
    pointer = relations.id_pointer(example.value, read) if isinstance(example.value, Mapping) else ""
    return _text(pointers.get(example.value, pointers.split(pointer))) if pointer else None


def requested_id(read: str, call: Call) -> str:
    """The parameter that a path ends with."""
    return call.path_values[read.rstrip("/").rpartition("/")[2][1:-1]]


def _body_fields(call: Call) -> dict[str, str]:
    value = call.json
    if not isinstance(value, Mapping):
        return {}
    return {name: text for name, item in value.items() if (text := _text(item)) is not None}


def _field(value: Any, name: str) -> str | None:
    try:
        found = pointers.get(value, [name])
    except LookupError:
        return None
    return _text(found)


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None
