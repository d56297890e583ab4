"""A schema as the alternatives that it admits, each with references followed and compositions merged."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from flowcontract.openapi import pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.schema_views import discriminated
from flowcontract.openapi.schemas import as_object

KINDS = ("null", "boolean", "number", "string", "array", "object")
ALL = frozenset({*KINDS, "integer"})
"""Every type; `number` always stands together with `integer`, which alone means integers only."""
LOWER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
UPPER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
_BOUNDS = (*LOWER, *UPPER, "pattern", "multipleOf", "uniqueItems")
_CONTENT = ("contentMediaType", "contentEncoding")
_RESIDUAL = (
    ("not",),
    ("if", "then", "else"),
    ("dependentRequired",),
    ("dependentSchemas",),
    ("propertyNames",),
    ("contains", "minContains", "maxContains"),
)
"""Keywords that are compared by the values they admit only; those of one group belong together."""
_MOST = 128
"""Alternatives of one schema that are compared."""
_CONTENT_OF_FORMAT = {
    "byte": {"contentEncoding": "base64"},
    "binary": {"contentMediaType": "application/octet-stream"},
}
"""What 3.0 says by a format, and 3.1 by other keywords (OpenAPI 3.1.1, section 4.4.2)."""
_COMPONENT = re.compile("/components/schemas/[^/]+")
_ANY_TEXT = frozenset({"", ".*", "^.*$", "^.*", ".*$"})
"""Patterns that match every text."""
_FORMATS = frozenset(
    {"date", "date-time", "date-time-local", "duration", "http-date", "time", "time-local", "unixtime"}
    | {"email", "hostname", "idn-email", "idn-hostname", "ipv4", "ipv6", "media-range", "uuid"}
    | {"iri", "iri-reference", "uri", "uri-reference", "uri-template", "json-pointer", "relative-json-pointer", "regex"}
    | {"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "double-int"}
    | {"float", "double", "decimal", "decimal128", "char", "base64url"}
    | {"sf-binary", "sf-boolean", "sf-decimal", "sf-integer", "sf-string", "sf-token"}
)
"""Formats of JSON Schema and of OpenAPI's registry that say which values there are. Others (`password`, `html`, one of
an author's own) are annotations: tools that do not know them go by the type alone (OpenAPI 3.1.1, section 4.4.1.2)."""


@dataclass(frozen=True, slots=True)
class Node:
    """A schema and where it stands in its contract; several that all apply where compositions share a field."""

    contract: Contract = field(compare=False, repr=False)
    pointer: str
    schema: Any = field(compare=False, repr=False)
    also: tuple["Node", ...] = ()

    def follow(self) -> "Node":
        """The node that a reference with nothing beside it leads to."""
        node = self
        for _ in range(50):
            if node.also or not isinstance(node.schema, Mapping) or not isinstance(node.schema.get("$ref"), str):
                break
            if len(node.schema) > 1 and any(key in _CONSTRAINING for key in node.schema):
                break
            node = node.target()
        return node

    def target(self) -> "Node":
        """Where its reference leads."""
        reference = self.schema["$ref"]
        return Node(self.contract, unquote(reference[1:]), as_object(self.contract.schemas.target(reference)))


@dataclass(frozen=True, slots=True)
class Shape:
    """One alternative of a schema."""

    contract: Contract = field(repr=False)
    pointer: str
    name: str = ""
    """The component that it comes from."""
    types: frozenset[str] = ALL
    enum: tuple[Any, ...] | None = None
    format: str = ""
    bounds: Mapping[str, Any] = field(default_factory=dict)
    content: Mapping[str, Any] = field(default_factory=dict)
    """Media type and encoding of what a string holds."""
    held: Node | None = None
    """The schema of what a string holds."""
    properties: Mapping[str, Node] = field(default_factory=dict)
    patterns: Mapping[str, Node] = field(default_factory=dict)
    """Schemas of fields by the pattern of their name."""
    required: Mapping[str, str] = field(default_factory=dict)
    """Pointers of the schemas that require a field."""
    further: Node | bool | None = None
    """Schema of all other fields; False where none may be, None where the document does not mention them."""
    prefix: tuple[Node, ...] = ()
    items: Node | bool | None = None
    residual: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """Other constraints with their pointers."""
    default: tuple[Any, ...] = ()
    """The default alone; empty for none."""
    tag: str = ""
    """The field that names the alternative (`discriminator`)."""
    tags: frozenset[str] = frozenset()
    """Its values for this alternative."""
    choice: str = ""
    """Pointer of the `oneOf` that it is one alternative of."""

    def is_kind(self, kind: str) -> bool:
        """Whether a value may be of this type."""
        return kind in self.types or (kind == "number" and "integer" in self.types)

    @property
    def integers_only(self) -> bool:
        """Whether its numbers are integers."""
        return "number" not in self.types

    def values(self, kind: str) -> tuple[Any, ...] | None:
        """The enumerated values of a type; None for any."""
        return None if self.enum is None else tuple(value for value in self.enum if kind_of(value) == kind)

    @property
    def is_free(self) -> bool:
        """Whether it is an object about which nothing is known: a map of anything."""
        return self.further is None and not self.properties and not self.patterns

    def visible(self, hidden: str) -> dict[str, Node]:
        """The fields without those that are `readOnly` in a request or `writeOnly` in a response."""
        return {
            name: node for name, node in self.properties.items() if not is_never(node) and not any(_flags(node, hidden))
        }

    def merged(self, other: "Shape") -> "Shape":
        """Both at once, as `allOf` requires."""
        enum = self.enum if other.enum is None else other.enum
        if self.enum is not None and other.enum is not None:
            known = {_key(value) for value in other.enum}
            enum = tuple(value for value in self.enum if _key(value) in known)
        bounds, conflicts = _tightest(self, other)
        if self.format and other.format and self.format != other.format:
            conflicts.append((other.pointer, {"format": other.format}))
        plain = self if not self.is_plain else other
        both = self.properties.keys() & other.properties.keys()
        shared = {name: _both(self.properties[name], other.properties[name]) for name in both}
        return Shape(
            contract=self.contract,
            pointer=self.pointer if not self.is_plain and not other.is_plain else plain.pointer,
            name=self.name or plain.name,
            types=self.types & other.types,
            enum=enum,
            format=self.format or other.format,
            bounds=bounds,
            content={**other.content, **self.content},
            held=self.held or other.held,
            properties={**other.properties, **self.properties, **shared},
            patterns={**other.patterns, **self.patterns},
            required={**other.required, **self.required},
            further=_further(self, other),
            prefix=self.prefix or other.prefix,
            items=other.items if self.items is None else self.items,
            residual=(*self.residual, *other.residual, *conflicts),
            default=self.default or other.default,
            tag=self.tag or other.tag,
            tags=self.tags or other.tags,
            choice=self.choice or other.choice,
        )

    @property
    def is_plain(self) -> bool:
        """Whether it says nothing, or a type alone."""
        said = (self.enum, self.format, self.bounds, self.properties, self.patterns, self.required, self.residual)
        return not any(said) and self.further is None and self.items is None and not self.prefix and not self.content


_CONSTRAINING = frozenset(
    {"type", "enum", "const", "format", "properties", "patternProperties", "required", "additionalProperties"}
    | {"unevaluatedProperties", "unevaluatedItems", "items", "prefixItems", "allOf", "oneOf", "anyOf"}
    | {"default", "discriminator", "contentSchema", "$ref"}
    | {*_BOUNDS, *_CONTENT}
    | {keyword for group in _RESIDUAL for keyword in group}
) - {"$ref"}


def alternatives(node: Node, within: frozenset[str] = frozenset()) -> tuple[Shape, ...]:
    """What a schema admits. A composition that leads back to itself (`within`) adds nothing."""
    component = _COMPONENT.fullmatch(node.pointer)
    found = _alternatives(node, pointers.split(node.pointer)[-1] if component else "", within)
    for other in node.also:
        found = _combined(found, _alternatives(other, "", within))
    return tuple(_typed(shape) for shape in found if shape.types and shape.enum != ())


def fitting(node: Node, value: Any) -> Shape:
    """The alternative that a value belongs to: one of its type, with the most fields in common."""
    found = [shape for shape in alternatives(node) if shape.is_kind(kind_of(value))]
    names = set(value) if isinstance(value, Mapping) else set()
    return max(
        found, key=lambda shape: len(names & shape.properties.keys()), default=Shape(node.contract, node.pointer)
    )


def is_never(node: Node) -> bool:
    """Whether a schema is `false`, or written to admit nothing."""
    return not node.also and node.schema in (False, {"not": {}}, {"not": True})


def is_nullable(node: Node) -> bool:
    """Whether null is valid."""
    return any(shape.is_kind("null") for shape in alternatives(node))


def is_list_of_objects(node: Node) -> bool:
    """Whether a list of objects is valid."""
    items = (each.items for each in alternatives(node))
    return any(bool(part.properties) for item in items if isinstance(item, Node) for part in alternatives(item))


def name_of(node: Node) -> str:
    """The component that a schema means: it refers to it, perhaps from within a composition of one part."""
    name, schema = "", node.schema
    for _ in range(50):
        if not isinstance(schema, Mapping):
            break
        if isinstance(schema.get("$ref"), str):
            name = pointers.split(unquote(schema["$ref"][1:]))[-1]
            break
        parts = [part for key in ("allOf", "oneOf", "anyOf") for part in schema.get(key) or () if not _is_null(part)]
        if len(parts) != 1 or schema.keys() & (_CONSTRAINING - {"allOf", "oneOf", "anyOf", "default"}):
            break
        schema = parts[0]
    return name


def kind_of(value: Any) -> str:
    """The type of a JSON value; integers are numbers."""
    if value is None:
        return "null"
    for kind, types in (("boolean", bool), ("number", int | float), ("string", str), ("array", list)):
        if isinstance(value, types):
            return kind
    return "object"


def _alternatives(node: Node, name: str, within: frozenset[str]) -> list[Shape]:
    schema = as_object(node.schema)
    if not isinstance(schema, Mapping):
        return [Shape(node.contract, node.pointer, name)]
    inner = within | {node.pointer}
    own = _own(node, schema, name)
    if own is None:
        return []
    found = [own]
    if isinstance(schema.get("$ref"), str):
        target = node.target()
        name_of_target = pointers.split(target.pointer)[-1]
        if target.pointer in within:
            return [] if not own.is_plain else [replace(own, name=name_of_target)]
        found = _combined(found, _alternatives(target, name_of_target, inner))
    for index, part in enumerate(schema.get("allOf") or ()):
        found = _combined(found, _part(Node(node.contract, f"{node.pointer}/allOf/{index}", part), inner))
    for keyword in ("oneOf", "anyOf"):
        if schema.get(keyword):
            options = list(_options(node, schema, keyword, inner))
            found = _combined(found, options, chosen=len(options) > 1)
    return [_unevaluated(shape, node, schema) for shape in found]


def _part(part: Node, within: frozenset[str]) -> list[Shape]:
    """A part of a composition; where it leads back to the whole, what that says beside its compositions."""
    reference = part.schema.get("$ref") if isinstance(part.schema, Mapping) else None
    if isinstance(reference, str) and unquote(reference[1:]) in within:
        target = part.target()
        own = _own(target, as_object(target.schema), "") if isinstance(target.schema, Mapping) else None
        return [own or Shape(part.contract, part.pointer)]
    return _alternatives(part, "", within)


def _options(node: Node, schema: Mapping[str, Any], keyword: str, within: frozenset[str]) -> Iterator[Shape]:
    discriminator = schema.get("discriminator")
    for index, option in enumerate(schema[keyword]):
        reference = option.get("$ref") if isinstance(option, Mapping) else None
        tag, tags = "", frozenset[str]()
        if isinstance(discriminator, Mapping) and isinstance(reference, str):
            tag, tags = str(discriminator.get("propertyName", "")), frozenset(discriminated(reference, discriminator))
        name = pointers.split(unquote(reference[1:]))[-1] if isinstance(reference, str) else ""
        for shape in _part(Node(node.contract, f"{node.pointer}/{keyword}/{index}", option), within):
            yield replace(
                shape,
                name=name or shape.name,
                tag=tag or shape.tag,
                tags=tags or shape.tags,
                choice=node.pointer if keyword == "oneOf" else shape.choice,
            )


def _combined(found: list[Shape], parts: list[Shape], *, chosen: bool = False) -> list[Shape]:
    """Each with each; `chosen`: the parts are alternatives, whose names tell them apart."""
    combined = [one.merged(other) for one in found for other in parts]
    if chosen:
        names = [other.name for _ in found for other in parts]
        combined = [replace(shape, name=name) for shape, name in zip(combined, names, strict=True)]
    return [shape for shape in combined if shape.types and shape.enum != ()][:_MOST]


def _typed(shape: Shape) -> Shape:
    """Authors leave `type` out where fields or entries show which one they mean."""
    if shape.types == ALL:
        if shape.properties or shape.patterns or (shape.required and not shape.items):
            return replace(shape, types=frozenset({"object"}))
        if shape.items is not None or shape.prefix:
            return replace(shape, types=frozenset({"array"}))
    return shape


def _own(node: Node, schema: Mapping[str, Any], name: str) -> Shape | None:
    """What a schema says itself; None where no value is valid."""
    if schema.get("not") in ({}, True) and "not" in schema:
        return None
    kinds = schema.get("type")
    types = ALL if kinds is None else frozenset([kinds] if isinstance(kinds, str) else kinds)
    types |= {"integer"} if "number" in types else frozenset()
    enum = tuple(schema["enum"]) if "enum" in schema else (schema["const"],) if "const" in schema else None
    if enum is not None:
        enum = tuple(value for value in enum if kind_of(value) in types or _is_integer(value, types))
        types &= {kind for value in enum for kind in (kind_of(value), "integer") if kind != "integer" or _whole(value)}
    bounds = {key: schema[key] for key in _BOUNDS if schema.get(key) is not None and schema[key] is not False}
    if bounds.get("pattern") in _ANY_TEXT:
        del bounds["pattern"]
    said = str(schema.get("format", ""))
    content = {key: schema[key] for key in _CONTENT if key in schema}
    if said in _CONTENT_OF_FORMAT:
        content, said = {**_CONTENT_OF_FORMAT[said], **content}, ""
    tagged = schema.get("discriminator")
    patterns, further = (
        _members(node, schema, "patternProperties"),
        _said_of_others(node, schema, "additionalProperties"),
    )
    if not schema.get("properties") and (whole := next(filter(_ANY_TEXT.__contains__, patterns), None)) is not None:
        further = patterns.pop(whole)  # A map, written by a pattern that every name matches.
    return Shape(
        contract=node.contract,
        pointer=node.pointer,
        name=name,
        types=types,
        enum=enum,
        format=said if said in _FORMATS else "",
        bounds=bounds,
        content=content,
        held=_node(node, schema, "contentSchema"),
        properties=_members(node, schema, "properties"),
        patterns=patterns,
        required=dict.fromkeys(schema.get("required") or (), node.pointer),
        further=further,
        prefix=tuple(
            Node(node.contract, f"{node.pointer}/prefixItems/{index}", part)
            for index, part in enumerate(schema.get("prefixItems") or ())
        ),
        items=_said_of_others(node, schema, "items"),
        residual=tuple(
            (node.pointer, {key: schema[key] for key in group if key in schema})
            for group in _RESIDUAL
            if group[0] in schema
        ),
        default=(schema["default"],) if "default" in schema else (),
        tag=str(tagged.get("propertyName", "")) if isinstance(tagged, Mapping) else "",
    )


def _node(node: Node, schema: Mapping[str, Any], key: str) -> Node | None:
    return Node(node.contract, f"{node.pointer}/{key}", schema[key]) if key in schema else None


def _members(node: Node, schema: Mapping[str, Any], key: str) -> dict[str, Node]:
    at = f"{node.pointer}/{key}"
    return {name: Node(node.contract, at + pointers.join(name), part) for name, part in (schema.get(key) or {}).items()}


def _said_of_others(node: Node, schema: Mapping[str, Any], key: str) -> Node | bool | None:
    if key not in schema:
        return None
    if schema[key] in ({}, True):
        return True
    found = _node(node, schema, key)
    return False if found is None or is_never(found) else found


def _unevaluated(shape: Shape, node: Node, schema: Mapping[str, Any]) -> Shape:
    """With what a schema says of the fields and entries that no part of its composition speaks of."""
    if shape.further is None and "unevaluatedProperties" in schema:
        shape = replace(shape, further=_said_of_others(node, schema, "unevaluatedProperties"))
    contains = any("contains" in constraint for _, constraint in shape.residual)
    if shape.items is None and "unevaluatedItems" in schema and not contains:
        shape = replace(shape, items=_said_of_others(node, schema, "unevaluatedItems"))
    return shape


def _further(one: Shape, other: Shape) -> Node | bool | None:
    if one.further is None or other.further is None:
        return other.further if one.further is None else one.further
    if one.further is True or other.further is False:
        return other.further
    if one.further is False or other.further is True:
        return one.further
    return _both(one.further, other.further)


def _both(one: Node, other: Node) -> Node:
    """What two parts of a composition say of the same field."""
    return one if other.schema == one.schema else replace(one, also=(*one.also, other, *other.also))


def _tightest(one: Shape, other: Shape) -> tuple[dict[str, Any], list[tuple[str, Mapping[str, Any]]]]:
    """Bounds that hold together; those that cannot be told as one stay apart."""
    found, apart = {**other.bounds, **one.bounds}, list[tuple[str, Mapping[str, Any]]]()
    for key in one.bounds.keys() & other.bounds.keys():
        if key in LOWER or key in UPPER:
            found[key] = (max if key in LOWER else min)(one.bounds[key], other.bounds[key])
        elif one.bounds[key] != other.bounds[key]:
            apart.append((other.pointer, {key: other.bounds[key]}))
    return found, apart


def _is_integer(value: Any, types: frozenset[str]) -> bool:
    return _whole(value) and "integer" in types


def _whole(value: Any) -> bool:
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def _is_null(part: Any) -> bool:
    return isinstance(part, Mapping) and part.get("type") == "null"


def _key(value: Any) -> str:
    """Equal for equal JSON values; Python's `1 == True` is not."""
    return json.dumps(value, sort_keys=True)


def _flags(node: Node, keyword: str, within: frozenset[str] = frozenset()) -> Iterator[bool]:
    """Whether a schema, a part of its composition or what it refers to is `readOnly` or `writeOnly`."""
    for each in (node, *node.also):
        if not isinstance(each.schema, Mapping) or each.pointer in within:
            continue
        inner = within | {each.pointer}
        if each.schema.get(keyword) is True:
            yield True
        if isinstance(each.schema.get("$ref"), str):
            yield from _flags(each.target(), keyword, inner)
        parts = [(key, part) for key in ("allOf", "oneOf", "anyOf") for part in enumerate(each.schema.get(key) or ())]
        solid = [(key, index, part) for key, (index, part) in parts if key == "allOf" or not _is_null(part)]
        if sum(key != "allOf" for key, _, _ in solid) <= 1:  # A choice of several has no flag of its own.
            for key, index, part in solid:
                yield from _flags(Node(each.contract, f"{each.pointer}/{key}/{index}", part), keyword, inner)
