"""What the references of a canonical schema lead to."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jsonschema_rs import CanonicalSchema, canonical


class Impossible(Exception):
    """No finite value can be made this way."""


@dataclass(frozen=True, slots=True)
class Members:
    """What an object schema says; a copy, since jsonschema-rs's view makes each attribute anew when it is read."""

    names: tuple[str, ...]
    """Required properties, then all others that are declared."""
    required: frozenset[str]
    properties: Mapping[str, CanonicalSchema]
    pattern_properties: Mapping[str, CanonicalSchema]
    property_names: CanonicalSchema | None
    additional: CanonicalSchema | None
    """None where others may be anything."""
    vague: frozenset[str]
    """Optional properties that may be nearly anything, or nothing: all that is said of them is what they are not."""
    min_properties: int
    max_properties: int | None

    @property
    def is_map(self) -> bool:
        """Whether it has properties that are not declared by name."""
        rest = self.additional
        return bool(self.pattern_properties) or (rest is not None and rest.kind is not canonical.CanonicalKind.FALSE)


@dataclass(frozen=True, slots=True)
class Types:
    """The types that a schema allows without further limits; a copy, for the same reason."""

    types: tuple[str, ...]


class Definitions:
    """The schemas that references of a canonical schema lead to, and how deep the least value of each is."""

    def __init__(self, root: CanonicalSchema) -> None:
        self._schemas = root.definitions()
        self._views: dict[CanonicalSchema, Any] = {}

    def get(self, uri: str) -> CanonicalSchema:
        """The schema that a reference leads to. Raises Impossible where there is none."""
        found = self._schemas.get(uri)
        if found is None:
            raise Impossible
        return found

    def view(self, schema: CanonicalSchema) -> Any:
        """What a schema says, read once: as Members, as Types, all others as jsonschema-rs has them."""
        found = self._views.get(schema)
        if found is None:
            found = schema.view()
            if isinstance(found, canonical.ObjectView):
                found = self._members(found)
            elif isinstance(found, canonical.MultiTypeView):
                found = Types(tuple(found.types))
            self._views[schema] = found
        return found

    def _members(self, view: canonical.ObjectView) -> Members:
        properties, required = view.properties, frozenset(view.required)
        return Members(
            names=tuple(dict.fromkeys((*view.required, *properties))),
            required=required,
            properties=properties,
            pattern_properties=view.pattern_properties,
            property_names=view.property_names,
            additional=view.additional_properties,
            vague=frozenset(
                name for name, member in properties.items() if name not in required and self._is_vague(member)
            ),
            min_properties=view.min_properties or 0,
            max_properties=view.max_properties,
        )

    def _is_vague(self, schema: CanonicalSchema) -> bool:
        view = self.view(schema)
        parts = [self.view(branch) for branch in view.branches] if isinstance(view, canonical.AnyOfView) else [view]
        return isinstance(view, canonical.FalseView | canonical.TrueView) or any(
            isinstance(part, Types) and len(part.types) > 3 for part in parts
        )

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
