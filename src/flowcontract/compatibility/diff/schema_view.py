"""One level of a schema with references followed and compositions merged: what two schemas are compared by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from flowcontract.openapi import pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.upgrade import is_null_wrapper

TIGHTER_WHEN_GREATER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
TIGHTER_WHEN_SMALLER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
TIGHTER_WHEN_THERE = ("pattern", "multipleOf", "uniqueItems")
_CONSTRAINTS = frozenset(
    {
        "type",
        "enum",
        "const",
        "format",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "oneOf",
        "anyOf",
        "not",
    }
    | {*TIGHTER_WHEN_GREATER, *TIGHTER_WHEN_SMALLER, *TIGHTER_WHEN_THERE}
)
_ALL = frozenset({"string", "number", "integer", "boolean", "array", "object"})


@dataclass(frozen=True, slots=True)
class Node:
    """A schema and where it stands in its contract."""

    contract: Contract
    pointer: str
    schema: Any


@dataclass(slots=True)
class Shape:
    """What a schema says on its first level."""

    pointer: str
    name: str = ""
    """The component that the schema refers to, if it does."""
    types: frozenset[str] = _ALL
    nullable: bool = False
    enum: tuple[Any, ...] | None = None
    format: str = ""
    bounds: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Node] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    further: Node | bool = True
    """What fields beyond `properties` may hold; False where none may be."""
    says_further: bool = False
    """Whether the schema mentions further fields at all."""
    items: Node | None = None
    variants: list[Node] = field(default_factory=list)
    tag: str = ""
    """The field whose value says which variant it is (`discriminator`)."""
    tags: dict[str, set[str]] = field(default_factory=dict)
    """The values of that field by the component that they stand for."""
    default: tuple[Any, ...] = ()
    """The value that counts where none is sent, alone; empty for none."""


def shape(node: Node, within: frozenset[str] = frozenset()) -> Shape:
    """Look at one level of a schema; a composition that leads back to itself (`within`) adds nothing."""
    pointer, schema, name = _follow(node)
    if is_null_wrapper(schema):  # A nullable composition of OpenAPI 3.0.
        inner = shape(Node(node.contract, pointer, schema["anyOf"][0]), within)
        inner.nullable, inner.name = True, inner.name or name
        return inner
    found = Shape(pointer, name)
    if not isinstance(schema, Mapping) or pointer in within:
        return found
    _read(found, node.contract, schema)
    choices = {key: list(_listed(node.contract, pointer, schema, key)) for key in ("oneOf", "anyOf")}
    admits_null = any(_is_null(option) for options in choices.values() for option in options)
    choices = {key: [option for option in options if not _is_null(option)] for key, options in choices.items()}
    # A choice of one is none.
    single = {key for key, options in choices.items() if len(options) == 1}
    composed = [*_listed(node.contract, pointer, schema, "allOf"), *(choices[key][0] for key in sorted(single))]
    found.variants = [option for key, options in choices.items() if key not in single for option in options]
    parts = [shape(part, within | {pointer}) for part in composed]
    for part in parts:
        _merge(found, part)
    if len(parts) == 1 and not (schema.keys() & _CONSTRAINTS) - single:
        # Written around a reference to say `nullable` or `readOnly`: it is the component that is meant.
        found.pointer, found.name = parts[0].pointer, found.name or parts[0].name
    found.nullable = (
        admits_null or found.nullable or (bool(parts) and "type" not in schema and all(part.nullable for part in parts))
    )
    if found.enum is not None and None in found.enum:
        found.nullable, found.enum = True, tuple(value for value in found.enum if value is not None)
    return found


def _follow(node: Node) -> tuple[str, Any, str]:
    """Follow a reference: where it leads, what stands there, and the name of the component it names."""
    reference = node.schema.get("$ref") if isinstance(node.schema, Mapping) else None
    if not isinstance(reference, str):
        return node.pointer, node.schema, ""
    pointer = unquote(reference.removeprefix("#"))
    return pointer, node.contract.resolve(node.schema), pointers.split(pointer)[-1]


def _read(found: Shape, contract: Contract, schema: Mapping[str, Any]) -> None:
    kind = schema.get("type")
    kinds = {kind} if isinstance(kind, str) else set(kind or ())
    if kinds - {"null"}:
        found.types = frozenset(kinds - {"null"})
    elif "properties" in schema:
        found.types = frozenset({"object"})
    found.nullable = "null" in kinds
    found.enum = tuple(schema["enum"]) if "enum" in schema else (schema["const"],) if "const" in schema else None
    found.format = str(schema.get("format", ""))
    for key in (*TIGHTER_WHEN_GREATER, *TIGHTER_WHEN_SMALLER, *TIGHTER_WHEN_THERE):
        if (bound := schema.get(key)) is not None and bound is not False:  # Zero is a bound, and equals False.
            found.bounds[key] = bound
    for name, part in (schema.get("properties") or {}).items():
        found.properties[name] = Node(contract, found.pointer + pointers.join("properties", name), part)
    found.required = set(schema.get("required") or ())
    further = schema.get("additionalProperties")
    found.says_further = further is not None
    found.further = Node(contract, f"{found.pointer}/additionalProperties", further) if further else further is None
    if further == {} or further is True:
        found.further = True
    if "items" in schema:
        found.items = Node(contract, f"{found.pointer}/items", schema["items"])
    found.default = (schema["default"],) if "default" in schema else ()
    _read_discriminator(found, schema)


def _read_discriminator(found: Shape, schema: Mapping[str, Any]) -> None:
    """A component without a value of its own is called by its name (OpenAPI 3.0.3, Discriminator Object)."""
    said = schema.get("discriminator")
    if not isinstance(said, Mapping):
        return
    found.tag = str(said.get("propertyName", ""))
    for value, target in (said.get("mapping") or {}).items():
        found.tags.setdefault(str(target).rpartition("/")[2], set()).add(value)


def _is_null(node: Node) -> bool:
    return isinstance(node.schema, Mapping) and node.schema.get("type") == "null"


def _listed(contract: Contract, pointer: str, schema: Mapping[str, Any], key: str) -> Iterator[Node]:
    for index, part in enumerate(schema.get(key) or ()):
        yield Node(contract, f"{pointer}/{key}/{index}", part)


def _merge(found: Shape, part: Shape) -> None:
    found.types &= part.types
    if part.enum is not None:
        found.enum = part.enum if found.enum is None else tuple(value for value in found.enum if value in part.enum)
    found.format = found.format or part.format
    found.bounds = _tightest(found.bounds, part.bounds)
    found.properties = {
        **part.properties,
        **{name: _both(node, part.properties.get(name)) for name, node in found.properties.items()},
    }
    found.tag, found.tags = found.tag or part.tag, found.tags or part.tags
    found.default = found.default or part.default
    found.required |= part.required
    if part.says_further and not found.says_further:
        found.further, found.says_further = part.further, True
    found.items = found.items or part.items
    found.variants += part.variants


def _tightest(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Bounds that hold together."""
    found = {**other, **one}
    for key in one.keys() & other.keys():
        if key in TIGHTER_WHEN_GREATER:
            found[key] = max(one[key], other[key])
        elif key in TIGHTER_WHEN_SMALLER:
            found[key] = min(one[key], other[key])
    return found


def _both(one: Node, other: Node | None) -> Node:
    """What two parts of a composition say of the same field."""
    if other is None or other.schema == one.schema:
        return one
    return Node(one.contract, one.pointer, {"allOf": [one.schema, other.schema]})


def fields(of: Shape, hidden: str) -> dict[str, Node]:
    """The fields of an object, without those that are `readOnly` in a request or `writeOnly` in an answer."""
    return {name: node for name, node in of.properties.items() if not any(_says(node, hidden))}


def _says(node: Node, keyword: str, within: frozenset[str] = frozenset()) -> Iterator[bool]:
    """Whether a schema or a part of its composition says `readOnly` or `writeOnly`."""
    pointer, schema, _ = _follow(node)
    if isinstance(schema, Mapping) and pointer not in within:
        if schema.get(keyword) is True:
            yield True
        for index, part in enumerate(schema.get("allOf") or ()):
            yield from _says(Node(node.contract, f"{pointer}/allOf/{index}", part), keyword, within | {pointer})
