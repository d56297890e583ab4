"""A document of any version as the one model that everything else reads: its schemas are JSON Schema 2020-12.

Nothing here rejects a whole document. What cannot be used where it stands (a keyword of a wrong type, a pattern that no
engine reads, a reference that leads nowhere) is left out, and named as a problem with its location.
"""

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote

from flowcontract.openapi import pointers, regular_expressions, upgrade, uris
from flowcontract.openapi.implied_parameters import undeclared
from flowcontract.openapi.structure import KINDS, METHODS, PLAIN, REFERABLE, SCHEMA_LISTS, SCHEMA_MAPS, SCHEMA_ONE, Kind

_DIALECTS = (
    "https://json-schema.org/draft/2020-12/schema",
    "https://spec.openapis.org/oas/3.1/dialect/",
    "https://spec.openapis.org/oas/3.2/dialect/",
)
_TYPES = frozenset({"null", "boolean", "object", "array", "number", "integer", "string"})
_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_SIZES = frozenset({
    "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains",
})  # fmt: skip
_FLAGS = frozenset({"readOnly", "writeOnly", "uniqueItems", "deprecated"})
_TEXTS = frozenset({"format", "title", "description", "contentEncoding", "contentMediaType"})
_ANYTHING = frozenset({"const", "default", "xml", "externalDocs"})
_ROOT = "flowcontract:/document"
"""The base URI of a document that has none of its own."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a document that cannot be used, and what was done instead."""

    pointer: str
    message: str

    @property
    def operation(self) -> str:
        """Method and path, or the path alone; empty outside of the paths."""
        tokens = pointers.split(self.pointer)
        if tokens[:1] != ["paths"]:
            return ""
        return " ".join([*(token.upper() for token in tokens[2:3] if token in METHODS), *tokens[1:2]])

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.message}"


@dataclass(frozen=True, slots=True)
class Normalized:
    """A document in the one model."""

    document: Mapping[str, Any]
    schemas: Mapping[str, Any]
    """Every schema that stands outside of another one, or is referred to where no schema is expected, by pointer."""
    objects: Mapping[str, Any]
    """Other objects that are referred to where none is expected (in another file), by pointer."""
    problems: tuple[Problem, ...]

    def schema(self, pointer: str) -> Any:
        """The schema at a pointer, which may lie within another one. Raises LookupError where there is none."""
        return _within(self.schemas, pointer)

    def resolve(self, pointer: str) -> Any:
        """The object at a pointer of the document. Raises LookupError where there is none."""
        try:
            return _within(self.objects, pointer)
        except LookupError:
            return pointers.get(self.document, pointers.split(pointer))


def normalize(document: Mapping[str, Any]) -> Normalized:
    """Read a document of OpenAPI 3.0, 3.1 or 3.2 into the model."""
    is_30 = str(document.get("openapi", "")).startswith("3.0")
    return _Normalizer(upgrade.upgrade(document) if is_30 else document, is_30=is_30).run()


def to_json(normalized: Normalized) -> dict[str, Any]:
    """A normalized document as one value of JSON's types."""
    document = normalized.document
    apart = {pointer: schema for pointer, schema in normalized.schemas.items() if _at(document, pointer) is not schema}
    return {
        "document": document,
        "within": [pointer for pointer in normalized.schemas if pointer not in apart],
        "apart": apart,
        "objects": normalized.objects,
        "problems": [[problem.pointer, problem.message] for problem in normalized.problems],
    }


def from_json(value: Mapping[str, Any]) -> Normalized:
    """The document that `to_json` has written."""
    document = value["document"]
    schemas = {pointer: _at(document, pointer) for pointer in value["within"]} | value["apart"]
    problems = tuple(Problem(pointer, message) for pointer, message in value["problems"])
    return Normalized(document, schemas, value["objects"], problems)


def _at(document: Mapping[str, Any], pointer: str) -> Any:
    try:
        return pointers.get(document, pointers.split(pointer))
    except LookupError:
        return _NOTHING


def _within(schemas: Mapping[str, Any], pointer: str) -> Any:
    """The schema at a pointer below one of these schemas, through the wrappers of nullable compositions."""
    tokens = pointers.split(pointer)
    for length in range(len(tokens), 0, -1):
        node = schemas.get(pointers.join(*tokens[:length]), _NOTHING)
        if node is not _NOTHING:
            return functools.reduce(_step, tokens[length:], node)
    raise LookupError(pointer)


_NOTHING = object()


def _step(node: Any, token: str) -> Any:
    if upgrade.is_null_wrapper(node) and token != "anyOf":  # noqa: S105 - a keyword
        node = node["anyOf"][0]
    return pointers.get(node, [token])


class _Normalizer:
    """Goes through one document once, then through the references that it has found."""

    def __init__(self, document: Mapping[str, Any], *, is_30: bool) -> None:
        """`is_30`: whether parts that only references lead to are still written as in OpenAPI 3.0."""
        self._source = document
        self._is_30 = is_30
        own = document.get("$self")
        self._base = uris.split(own)[0] if isinstance(own, str) else _ROOT
        self._schemas: dict[str, Any] = {}
        self._objects: dict[str, Any] = {}
        self._problems: list[Problem] = []
        self._references: list[tuple[dict[str, Any], str, str, str]] = []
        """Of each schema with a reference: the schema, the keyword, its pointer and its base URI."""
        self._referring: list[tuple[dict[str, Any], str]] = []
        """Schemas whose reference was resolved, with their pointers."""
        self._object_references: list[tuple[dict[str, Any], str, str]] = []
        """Of each Reference Object: the object, its pointer, and the kind that is expected."""
        self._discriminators: list[tuple[dict[str, Any], str, str]] = []
        self._resources: dict[str, str] = {}
        """Pointers of schemas by their absolute URI: `$id`, and `$anchor` as a fragment."""
        self._dynamic: dict[str, list[str]] = {}
        """Pointers of the schemas of each dynamic anchor."""

    def run(self) -> Normalized:
        document = self._object("document", self._source, "")
        self._check_dialect("jsonSchemaDialect", self._source.get("jsonSchemaDialect"), "")
        # What is read for a reference may have more of them.
        while self._references or self._object_references or self._discriminators:
            self._resolve_objects(document)
            self._resolve_schemas()
            if not self._references and not self._object_references:
                self._resolve_mappings()
        self._remove_circles()
        found = Normalized(document, self._schemas, self._objects, ())
        for operation, at, name in [*undeclared(document, lambda reference: found.resolve(unquote(reference[1:])))]:
            self._problem(at, f"the path parameter `{name}` is not declared; it may be any text.")
            listed = operation.setdefault("parameters", [])
            implied = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            listed.append(self._object("parameter", implied, f"{at}/parameters/{len(listed)}"))
        return replace(found, problems=tuple(self._problems))

    def _problem(self, at: str, message: str) -> None:
        self._problems.append(Problem(at, message))

    # Objects ---------------------------------------------------------------------------------------------------------

    def _object(self, kind: str, node: Any, at: str) -> dict[str, Any]:
        if not isinstance(node, Mapping):
            self._problem(at, f"expected an object, got {_kind(node)}; it is ignored.")
            return {}
        fields = KINDS[kind]
        found: dict[str, Any] = {}
        for key, value in node.items():
            is_named = not key.startswith("x-") and not (key == "$ref" and kind in REFERABLE)
            field = fields.get(key) or (fields.get("*") if is_named else None)
            if field is None:
                found[key] = value
            elif value is not None:
                self._add(found, key, field, value, at + pointers.join(key))
        if kind == "media_type" and "itemSchema" in node and "schema" not in node:
            # A sequence of items is an array to its schema (OpenAPI 3.2, Media Type Object).
            self._add(found, "schema", "schema", {"type": "array", "items": node["itemSchema"]}, f"{at}/schema")
        if isinstance(found.get("$ref"), str) and kind in REFERABLE:
            self._object_references.append((found, at, kind))
        return found

    def _add(self, found: dict[str, Any], key: str, kind: Kind, value: Any, at: str) -> None:
        if isinstance(kind, list):
            if isinstance(value, list):
                items = ((index, item) for index, item in enumerate(value) if item is not None)
                found[key] = [self._object(kind[0], item, f"{at}/{index}") for index, item in items]
            else:
                self._problem(at, f"expected an array, got {_kind(value)}; it is ignored.")
        elif isinstance(kind, dict):
            if isinstance(value, Mapping):
                found[key] = self._map(kind, value, at)
            else:
                self._problem(at, f"expected an object, got {_kind(value)}; it is ignored.")
        elif kind == "schema":
            found[key] = self._schemas[at] = self._schema(value, at, self._base)
        elif kind == "texts":
            if _is_texts(value):
                found[key] = value
            else:
                self._problem(at, f"expected an array of strings, got {_kind(value)}; it is ignored.")
        elif kind in PLAIN:
            expected, name = PLAIN[kind]
            if isinstance(value, expected):
                found[key] = value
            else:
                self._problem(at, f"expected {name}, got {_kind(value)}; it is ignored.")
        else:
            found[key] = self._object(str(kind), value, at)

    def _map(self, kind: Mapping[str, str], value: Mapping[str, Any], at: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, item in value.items():
            if name.startswith("x-") and "x-" in kind:
                found[name] = item
            elif item is not None:
                self._add(found, name, kind["*"], item, at + pointers.join(name))
        return found

    def _resolve_objects(self, document: Mapping[str, Any]) -> None:
        pending, self._object_references = self._object_references, []
        for found, at, kind in pending:
            reference = found["$ref"]
            pointer = unquote(reference[1:]) if reference.startswith("#") else None
            if pointer is None or not self._has_object(document, pointer, kind):
                self._problem(at, f"refers to {reference!r}, which does not exist; it is ignored.")
                del found["$ref"]
            else:
                found["$ref"] = _reference(pointer)

    def _has_object(self, document: Mapping[str, Any], pointer: str, kind: str) -> bool:
        if pointer in self._objects:
            return True
        try:
            raw, read = (pointers.get(owner, pointers.split(pointer)) for owner in (self._source, document))
        except LookupError:
            return False
        if not isinstance(raw, Mapping) or not pointer:
            return False
        if read is raw:  # Not normalized yet: its place says nothing of its kind.
            self._objects[pointer] = {}
            self._objects[pointer] = self._object(kind, upgrade.part(kind, raw) if self._is_30 else raw, pointer)
        return True

    # Schemas ---------------------------------------------------------------------------------------------------------

    def _schema(self, node: Any, at: str, base: str) -> Any:
        if isinstance(node, bool):
            return node
        if not isinstance(node, Mapping):
            self._problem(at, f"expected a schema, got {_kind(node)}; any value is accepted.")
            return True
        identifier = node.get("$id")
        if isinstance(identifier, str) and not identifier.startswith("#"):  # That is an anchor of older drafts.
            base = uris.split(uris.joined(base, identifier))[0]
            if (first := self._resources.setdefault(base, at)) != at:
                self._problem(f"{at}/$id", f"is the identifier of {first}, too; it is ignored.")
        found: dict[str, Any] = {}
        for key, value in node.items():
            if value is None and key not in ("const", "default", "example", "type"):
                continue
            if key in SCHEMA_ONE or key in SCHEMA_LISTS or key in SCHEMA_MAPS:
                self._add_part(found, key, value, at + pointers.join(key), base)
            else:
                self._add_keyword(found, key, value, at, base)
        return found

    def _add_part(self, found: dict[str, Any], key: str, value: Any, at: str, base: str) -> None:
        if key in SCHEMA_ONE:
            found[key] = self._schema(value, at, base)
        elif key in SCHEMA_LISTS:
            if isinstance(value, list) and value:
                found[key] = [self._member(key, item, f"{at}/{index}", base) for index, item in enumerate(value)]
            else:
                got = "an empty array" if value == [] else _kind(value)
                self._problem(at, f"expected a non-empty array of schemas, got {got}; it is ignored.")
        elif not isinstance(value, Mapping):
            self._problem(at, f"expected an object of schemas, got {_kind(value)}; it is ignored.")
        elif key == "patternProperties":
            parts = {}
            for pattern, item in value.items():
                if (readable := self._pattern(pattern, at + pointers.join(pattern))) is not None:
                    parts[readable] = self._schema(item, at + pointers.join(pattern), base)
            found[key] = parts
        else:
            found[key] = {name: self._schema(item, at + pointers.join(name), base) for name, item in value.items()}

    def _member(self, key: str, item: Any, at: str, base: str) -> Any:
        if item is None and key in ("anyOf", "oneOf"):
            self._problem(at, 'expected `type: "null"`, got null; it is read as that.')
            item = {"type": "null"}
        return self._schema(item, at, base)

    def _add_keyword(self, found: dict[str, Any], key: str, value: Any, owner: str, base: str) -> None:
        at = owner + pointers.join(key)
        if key.startswith("$"):
            self._add_core(found, key, value, owner, base)
        elif key in _NUMBERS or key in _SIZES or key in _FLAGS or key in _TEXTS:
            self._add_plain(found, key, value, at)
        elif key == "type":
            self._add_type(found, value, at)
        elif key == "pattern":
            if (readable := self._pattern(value, at)) is not None:
                found[key] = readable
        elif key in ("required", "dependentRequired"):
            self._add_names(found, key, value, at)
        elif key in ("enum", "example", "examples"):
            self._add_values(found, key, value, at)
        elif key == "discriminator":
            if isinstance(value, Mapping) and isinstance(value.get("propertyName"), str):
                found[key] = dict(value)
                self._discriminators.append((found[key], at, base))
            else:
                self._problem(at, "expected an object with `propertyName`; it is ignored.")
        elif key in _ANYTHING or key.startswith("x-"):
            found[key] = value

    def _add_plain(self, found: dict[str, Any], key: str, value: Any, at: str) -> None:
        if key in _NUMBERS:
            self._add_number(found, key, value, at)
        elif key in _SIZES:
            if _is_number(value) and value >= 0 and value == int(value):
                found[key] = int(value)
            else:
                self._problem(at, f"expected a non-negative integer, got {_kind(value)}; it is ignored.")
        else:
            expected, name = PLAIN["flag" if key in _FLAGS else "text"]
            if isinstance(value, expected):
                found[key] = value
            elif key not in ("title", "description"):
                self._problem(at, f"expected {name}, got {_kind(value)}; it is ignored.")

    def _add_values(self, found: dict[str, Any], key: str, value: Any, at: str) -> None:
        if key == "example":
            found["examples"] = [value, *found.get("examples", ())]
        elif isinstance(value, list) and (value or key == "examples"):
            found[key] = [*found.get(key, ()), *value]
        else:
            got = "an empty array" if value == [] else _kind(value)
            self._problem(at, f"expected a non-empty array, got {got}; it is ignored.")

    def _add_core(self, found: dict[str, Any], key: str, value: Any, owner: str, base: str) -> None:
        """Keywords of JSON Schema's core: identifiers and references (JSON Schema Core 2020-12, section 8)."""
        if not isinstance(value, str):
            if key in ("$ref", "$dynamicRef", "$id", "$anchor", "$dynamicAnchor"):
                self._problem(owner + pointers.join(key), f"expected a string, got {_kind(value)}; it is ignored.")
        elif key in ("$ref", "$dynamicRef"):
            found[key] = value
            self._references.append((found, key, owner, base))
        elif key in ("$anchor", "$dynamicAnchor"):
            self._resources[f"{base}#{value}"] = owner
            if key == "$dynamicAnchor":
                self._dynamic.setdefault(value, []).append(owner)
                found[key] = value
        elif key == "$id" and value.startswith("#"):
            self._resources[base + value] = owner
        elif key == "$id" and self._resources.get(base) == owner:
            found[key] = value
        elif key == "$schema":
            self._check_dialect(key, value, owner)

    def _check_dialect(self, key: str, value: Any, at: str) -> None:
        if isinstance(value, str) and not value.removesuffix("#").startswith(_DIALECTS):
            self._problem(at + pointers.join(key), f"the dialect {value!r} is read as JSON Schema 2020-12.")

    def _add_number(self, found: dict[str, Any], key: str, value: Any, at: str) -> None:
        bound = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}.get(key)
        if _is_number(value) and (key != "multipleOf" or value > 0):
            found[key] = value
        elif isinstance(value, bool) and bound:
            self._problem(at, "expected a number, got true or false (OpenAPI 3.0); it is ignored.")
        else:
            self._problem(at, f"expected a number, got {_kind(value)}; it is ignored.")

    def _add_type(self, found: dict[str, Any], value: Any, at: str) -> None:
        names = value if isinstance(value, list) else [value]
        if None in names:  # YAML without quotes.
            self._problem(at, 'expected "null" in quotes, got null; it is read as "null".')
            names = ["null" if name is None else name for name in names]
        known = [name for name in dict.fromkeys(map(str, names)) if name in _TYPES]
        if len(known) < len(set(map(str, names))) or not known:
            unknown = [name for name in names if not isinstance(name, str) or name not in _TYPES]
            self._problem(at, f"expected a JSON type, got {', '.join(map(repr, unknown)) or 'none'}; it is ignored.")
        if known and len(known) == len(set(map(str, names))):
            found["type"] = known if isinstance(value, list) else known[0]

    def _add_names(self, found: dict[str, Any], key: str, value: Any, at: str) -> None:
        if key == "required" and _is_texts(value):
            found[key] = list(dict.fromkeys(value))
        elif key == "dependentRequired" and isinstance(value, Mapping) and all(map(_is_texts, value.values())):
            found[key] = {name: list(dict.fromkeys(names)) for name, names in value.items()}
        else:
            self._problem(at, f"expected an array of names, got {_kind(value)}; it is ignored.")

    def _pattern(self, pattern: Any, at: str) -> str | None:
        if not isinstance(pattern, str):
            self._problem(at, f"expected a regular expression, got {_kind(pattern)}; it is ignored.")
            return None
        readable = regular_expressions.readable(pattern)
        if readable is None:
            self._problem(at, f"the pattern {pattern[:80]!r} is invalid, so it is not checked.")
        elif regular_expressions.is_approximate(pattern):
            self._problem(at, f"the pattern {pattern[:80]!r} is checked without its large upper bound.")
        return readable

    # References between schemas --------------------------------------------------------------------------------------

    def _resolve_schemas(self) -> None:
        pending, self._references = self._references, []
        for schema, key, at, base in pending:
            reference = schema[key]
            if key == "$dynamicRef" and len(self._dynamic.get(reference.lstrip("#"), ())) > 1:
                continue  # Which of them is meant is known only while validating.
            pointer = self._target(reference, base)
            if pointer is None:
                self._problem(
                    at + pointers.join(key), f"refers to {reference!r}, which does not exist; any value is accepted."
                )
                del schema[key]
            else:
                schema.pop(key)
                schema["$ref"] = _reference(pointer)
                self._referring.append((schema, at))

    def _remove_circles(self) -> None:
        """References that lead back to themselves through nothing but references mean no schema."""
        for schema, at in self._referring:
            seen, node = set[int](), schema
            while isinstance(node, Mapping) and isinstance(node.get("$ref"), str) and id(node) not in seen:
                seen.add(id(node))
                node = _within(self._schemas, unquote(node["$ref"][1:]))
            if node is schema and "$ref" in schema:
                self._problem(at + "/$ref", "leads back to itself; any value is accepted.")
                del schema["$ref"]

    def _target(self, reference: str, base: str) -> str | None:
        """The pointer of the schema that a reference means; None where there is none."""
        whole = uris.joined(base, reference) if not reference.startswith("#") else base + reference
        absolute, fragment = uris.split(whole)
        if not fragment.startswith("/"):
            return self._resources.get(f"{absolute}#{fragment}" if fragment else absolute)
        owner = self._resources.get(absolute, "")
        if owner == "" and absolute != self._base and not reference.startswith("#"):
            return None
        for pointer in dict.fromkeys((owner + unquote(fragment), unquote(fragment))):
            if self._has_schema(pointer):
                return pointer
        return None

    def _has_schema(self, pointer: str) -> bool:
        try:
            read = _within(self._schemas, pointer)
        except LookupError:
            read = _NOTHING
        try:
            raw = pointers.get(self._source, pointers.split(pointer))
        except LookupError:
            return read is not _NOTHING
        if read is not _NOTHING and (read is not raw or isinstance(raw, bool)):
            return True
        if not isinstance(raw, Mapping | bool):
            return False
        self._schemas[pointer] = True
        self._schemas[pointer] = self._schema(upgrade.schema(raw) if self._is_30 else raw, pointer, self._base)
        return True

    def _resolve_mappings(self) -> None:
        pending, self._discriminators = self._discriminators, []
        for discriminator, at, base in pending:
            self._resolve_mapping(discriminator, at, base)

    def _resolve_mapping(self, discriminator: dict[str, Any], at: str, base: str) -> None:
        mapping = discriminator.get("mapping")
        if mapping is None:
            return
        if not isinstance(mapping, Mapping):
            self._problem(at, f"expected an object as `mapping`, got {_kind(mapping)}; it is ignored.")
            del discriminator["mapping"]
            return
        found = {}
        for value, target in mapping.items():
            named = f"/components/schemas/{str(target).replace('~', '~0').replace('/', '~1')}"
            pointer = named if named in self._schemas else self._target(str(target), base)
            if pointer is None:
                self._problem(f"{at}/mapping", f"refers to {str(target)!r}, which does not exist; it is ignored.")
            else:
                found[value] = _reference(pointer)
        discriminator["mapping"] = found


def _reference(pointer: str) -> str:
    return "#" + quote(pointer, safe="/~!$&'()*+,;=:@-._")


def _is_number(value: Any) -> bool:
    """Whether it is a number, and not one like `1e400`, which is infinite to every parser."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _kind(value: Any) -> str:
    """What messages call a value of a wrong type."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "an array"
    return "null" if value is None else repr(value)[:80]
