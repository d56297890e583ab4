"""What the references of a canonical schema lead to."""

import math
from functools import cached_property

from jsonschema_rs import CanonicalSchema, canonical


class Impossible(Exception):
    """No finite value can be made this way."""


class Definitions:
    """The schemas that references of a canonical schema lead to, and how deep the least value of each is."""

    def __init__(self, root: CanonicalSchema) -> None:
        self._schemas = root.definitions()

    def get(self, uri: str) -> CanonicalSchema:
        """The schema that a reference leads to. Raises Impossible where there is none."""
        found = self._schemas.get(uri)
        if found is None:
            raise Impossible
        return found

    def height(self, schema: CanonicalSchema) -> float:
        """Levels of the least value of a schema; infinite where there is no finite one."""
        return _height(schema, self._heights)

    @cached_property
    def _heights(self) -> dict[str, float]:
        """The least fixed point over all definitions."""
        heights: dict[str, float] = {}
        while True:
            grown = {uri: _height(part, heights) for uri, part in self._schemas.items()}
            if grown == heights:
                return heights
            heights = grown


def _height(schema: CanonicalSchema, known: dict[str, float]) -> float:
    match schema.view():
        case canonical.ReferenceView(uri):
            return 1 + known.get(uri, math.inf)
        case canonical.AnyOfView(branches) | canonical.OneOfView(branches):
            return min(_height(branch, known) for branch in branches)
        case canonical.AllOfView(branches):
            return max(_height(branch, known) for branch in branches)
        case canonical.TypedGroupView(_, group):
            return _height(group, known)
        case canonical.ArrayView() as array:
            parts = [*array.prefix_items, *([array.items] if array.items else [])] if array.min_items else []
            parts += [wanted.schema for wanted in array.contains if wanted.min_contains != 0]
            return 1 + max((_height(part, known) for part in parts), default=0)
        case canonical.ObjectView() as members:
            needed = [members.properties[name] for name in members.required if name in members.properties]
            if (members.min_properties or 0) > len(members.required) and members.additional_properties:
                needed.append(members.additional_properties)
            return 1 + max((_height(part, known) for part in needed), default=0)
        case canonical.FalseView():
            return math.inf
        case _:
            return 0
