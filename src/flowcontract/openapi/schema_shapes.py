"""What a schema says of types, compositions and references taken together, as far as it says how a text is read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

Resolve = Callable[[Any], Any]
"""Follows the reference of a schema within its document."""
_DEPTH = 8
"""Levels of compositions that are looked into."""
_LEVELS = 4
"""Levels of items and members in which properties are looked for."""
_MOST = 64
"""Alternatives of one schema that are tried."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One of the alternatives that a schema admits, as far as it says how a text is read."""

    kinds: frozenset[str] | None = None
    """Types of JSON Schema; None for any."""
    properties: Mapping[str, Any] = field(default_factory=dict)
    items: Any = None
    prefix: Sequence[Any] = ()
    rest: Any = None
    """`additionalProperties`."""

    def admits(self, kind: str) -> bool:
        """Whether a value may be of this type, as far as the schema names types."""
        return self.kinds is not None and kind in self.kinds

    def merged(self, other: "Shape") -> "Shape":
        """Both at once, as `allOf` asks."""
        if self.kinds is None or other.kinds is None:
            kinds = other.kinds if self.kinds is None else self.kinds
        else:
            kinds = _with_integers(self.kinds) & _with_integers(other.kinds)
        shared = self.properties.keys() & other.properties.keys()
        both = {name: {"allOf": [self.properties[name], other.properties[name]]} for name in shared}
        return Shape(
            kinds,
            {**self.properties, **other.properties, **both},
            _both(self.items, other.items),
            self.prefix or other.prefix,
            other.rest if self.rest is None else self.rest,
        )

    def member(self, name: str) -> Any:
        """The schema of a property."""
        return self.properties.get(name, self.rest if isinstance(self.rest, Mapping) else {})


def _both(one: Any, other: Any) -> Any:
    """A schema that asks for what both do; None stands for none."""
    if one is None or other is None or one == other:
        return other if one is None else one
    return {"allOf": [one, other]}


def _with_integers(kinds: frozenset[str]) -> frozenset[str]:
    """The types, with `integer` where `number` is one: every integer is a number."""
    return kinds | {"integer"} if "number" in kinds else kinds


def shapes(schema: Any, resolve: Resolve, depth: int = 0) -> list[Shape]:
    """The alternatives that a schema admits: branches of `anyOf` and `oneOf` apart, `allOf` taken together."""
    if not isinstance(schema, Mapping):
        return [Shape()]
    found = [_own_shape(schema)]
    if depth > _DEPTH:
        return found
    parts: list[list[Any]] = [[part] for part in schema.get("allOf") or ()]
    if "$ref" in schema and (target := resolve({"$ref": schema["$ref"]})):
        parts.append([target])
    parts += [list(schema[keyword]) for keyword in ("anyOf", "oneOf") if schema.get(keyword)]
    for branches in parts:
        branched = list(islice((shape for each in branches for shape in shapes(each, resolve, depth + 1)), _MOST))
        found = [one.merged(other) for one in found for other in branched][:_MOST]
    return found


def property_names(schema: Any, resolve: Resolve, depth: int = 0) -> frozenset[str]:
    """The names of all properties that a schema has, down to some levels: of items and of members, too."""
    if depth > _LEVELS:
        return frozenset()
    found = shapes(schema, resolve)
    members = {name: member for shape in found for name, member in shape.properties.items()}
    parts = [*members.values(), *(shape.items for shape in found)]
    return frozenset(members).union(*(property_names(part, resolve, depth + 1) for part in parts))


def _own_shape(schema: Mapping[str, Any]) -> Shape:
    kind = schema.get("type")
    properties = schema.get("properties") or {}
    rest = schema.get("additionalProperties")
    kinds = None if kind is None else frozenset([kind] if isinstance(kind, str) else kind)
    if kinds is None and ("enum" in schema or "const" in schema):
        values = schema.get("enum") or [schema.get("const")]
        kinds = frozenset(kind_of(value) for value in values)
    if kinds is None and (properties or isinstance(rest, Mapping)):
        kinds = frozenset({"object"})
    if kinds is None and ("items" in schema or "prefixItems" in schema):
        kinds = frozenset({"array"})
    if kinds is not None and schema.get("nullable") is True:
        kinds |= {"null"}
    return Shape(kinds, properties, schema.get("items"), schema.get("prefixItems") or (), rest)


def kind_of(value: Any) -> str:
    """The JSON Schema type of a value; `integer` for a whole number that is not written with a fraction."""
    if value is None:
        return "null"
    for kind, types in (("boolean", bool), ("integer", int), ("number", float), ("string", str), ("array", list)):
        if isinstance(value, types):
            return kind
    return "object"
