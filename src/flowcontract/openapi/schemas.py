"""The schemas of one document: validated, canonicalized and resolved by the pointer at which they stand.

All of them are compiled together, once for requests and once for responses: a schema that many operations reach is
compiled once and shared. The two differ by `readOnly` and `writeOnly` (OpenAPI 3.1.1, section 4.8.24.4).
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal
from urllib.parse import quote, unquote

import jsonschema_rs
from jsonschema_rs.canonical import ObjectView, find_unsatisfiable

from flowcontract.openapi import cache, pointers, upgrade
from flowcontract.openapi.canonical import Definitions
from flowcontract.openapi.normalization import Normalized, Problem
from flowcontract.openapi.structure import SCHEMA_LISTS, SCHEMA_MAPS, SCHEMA_ONE

Direction = Literal["request", "response"]

_HALF = re.compile("[\ud800-\udfff]")
_VALIDATING = frozenset(
    {
        "type",
        "enum",
        "const",
        "multipleOf",
        "maximum",
        "exclusiveMaximum",
        "minimum",
        "exclusiveMinimum",
        "maxLength",
        "minLength",
        "pattern",
        "maxItems",
        "minItems",
        "uniqueItems",
        "maxContains",
        "minContains",
        "maxProperties",
        "minProperties",
        "required",
        "dependentRequired",
        "format",
        "$dynamicRef",
        "$dynamicAnchor",
        "$id",
    }
)
"""Keywords without schemas in them that decide what is valid; all others only describe."""
_INTEGERS = {"int32": 31, "int64": 63}
"""Formats of OpenAPI that bound an integer, by the bits beside its sign."""


@dataclass(frozen=True, slots=True)
class SchemaError:
    """One way in which an instance violates the schema."""

    keyword: str
    message: str
    instance: str
    """JSON Pointer into the instance."""
    pointer: str
    """JSON Pointer into the document, references followed: where the violated keyword stands."""


class Schemas:
    """The schemas of one document, compiled on demand and kept."""

    def __init__(self, normalized: Normalized, document: Mapping[str, Any]) -> None:
        """`document`: as it was written, which is what pointers of errors lead into."""
        self._normalized = normalized
        self._document = document
        self._compiled: dict[Direction, CompiledSchemas] = {}
        self._relaxed: dict[Direction, tuple[CompiledSchemas, ...]] = {}
        self._resolved: dict[str, Mapping[str, Any]] = {}
        """What a reference with nothing beside it leads to: generating one body asks for dozens."""

    def problems(self) -> tuple[Problem, ...]:
        """The schemas of responses that cannot be compiled after all, and accept anything."""
        return self.compiled("response").check()

    def is_valid(self, pointer: str, instance: Any, direction: Direction = "response") -> bool:
        """Whether `instance` is valid against the schema at `pointer` of the document."""
        compiled = self.compiled(direction)
        key = compiled.key(pointer)
        try:
            return bool(compiled.validator.is_valid({key: instance}))
        except UnicodeEncodeError:
            return bool(compiled.validator.is_valid({key: _whole(instance)}))

    def errors(self, pointer: str, instance: Any, direction: Direction = "response") -> Iterator[SchemaError]:
        """Each way in which `instance` violates the schema at `pointer`."""
        compiled = self.compiled(direction)
        key = compiled.key(pointer)
        try:
            found = list(compiled.validator.iter_errors({key: instance}))
        except UnicodeEncodeError:
            found = list(compiled.validator.iter_errors({key: _whole(instance)}))
        for error in found:
            yield from self._located(error)

    def compiled(self, direction: Direction) -> "CompiledSchemas":
        """All schemas for one direction, compiled when they are first needed."""
        if direction not in self._compiled:
            self._compiled[direction] = CompiledSchemas(self._normalized, _View(self._normalized, direction))
        return self._compiled[direction]

    def relaxed(self, direction: Direction) -> "tuple[CompiledSchemas, ...]":
        """All schemas with less and less in them that can contradict itself, for values where nothing is valid."""
        if direction not in self._relaxed:
            views = (_View(self._normalized, direction, relaxed=level) for level in (1, 2))
            self._relaxed[direction] = tuple(CompiledSchemas(self._normalized, view) for view in views)
        return self._relaxed[direction]

    def resolve(self, node: Any) -> Mapping[str, Any]:
        """A schema with its reference followed, and what stands beside the reference laid over it.

        `true` is the empty schema, and so is a circle of references; `false` is `{"not": {}}`.
        """
        if type(node) is dict:
            reference = node.get("$ref")
            if reference is None:
                return node
            if len(node) == 1 and isinstance(reference, str):
                if reference not in self._resolved:
                    self._resolved[reference] = self._followed(node)
                return self._resolved[reference]
        return self._followed(node)

    def _followed(self, node: Any) -> Mapping[str, Any]:
        beside: dict[str, Any] = {}
        for _ in range(50):
            if not isinstance(node, Mapping) or not isinstance(node.get("$ref"), str):
                break
            beside = {**{key: value for key, value in node.items() if key != "$ref"}, **beside}
            try:
                node = self._normalized.schema(unquote(node["$ref"][1:]))
            except LookupError:
                node = {}
        else:
            node = {}
        node = as_object(node)
        return {**node, **beside} if beside else node

    def _located(self, error: Any) -> Iterator[SchemaError]:
        pointer = self._origin(error.schema_path)
        keyword = str(error.schema_path[-1])
        if keyword == "anyOf" and pointers.split(pointer)[-1:] != ["anyOf"]:
            # The wrapper of a nullable composition: what failed is inside it.
            for inner in error.kind.as_dict()["context"][0]:
                yield from self._located(inner)
            return
        yield SchemaError(keyword, str(error.message), pointers.join(*error.instance_path[1:]), pointer)

    def _origin(self, path: list[str | int]) -> str:
        """Lead a path through the compiled schemas back to a pointer into the document.

        Steps that are not in the document (a nullable's `anyOf`, the bounds of `int32`) are left out.
        """
        entry = next((str(path[at + 1]) for at, step in enumerate(path) if step == "$defs"), "")
        rest = path[path.index("$defs") + 2 :] if entry else path
        tokens: list[str | int] = []
        try:
            node = pointers.get(self._document, pointers.split(entry))
        except LookupError:
            return entry
        skipped = False
        for step in rest:
            # A property such as `200` comes back as a number.
            step = str(step) if isinstance(node, Mapping) else step
            is_there = step in node if isinstance(node, Mapping) else isinstance(node, list) and isinstance(step, int)
            if not is_there or (skipped and isinstance(step, int)):
                skipped = isinstance(node, Mapping)
                continue
            skipped = False
            tokens.append(step)
            node = node[step]
        return entry + pointers.join(*tokens)


class CompiledSchemas:
    """All schemas of a document for one direction, as the parts of one schema: `{pointer: instance}`."""

    def __init__(self, normalized: Normalized, view: "_View") -> None:
        self._normalized = normalized
        self._view = view
        self.problems: list[Problem] = []
        self.definitions = {pointer: view.schema(schema) for pointer, schema in normalized.schemas.items()}

    @cached_property
    def root(self) -> dict[str, Any]:
        """The schema that holds all of them."""
        return {
            "$id": ROOT,
            "type": "object",
            "properties": {pointer: {"$ref": _reference(pointer, "")} for pointer in self.definitions},
            "$defs": self.definitions,
        }

    @cached_property
    def validator(self) -> Any:
        """Validates all of them. A schema that cannot be compiled accepts anything, and is a problem."""
        for _ in range(len(self.definitions) + 1):
            try:
                return jsonschema_rs.Draft202012Validator(
                    self.root, validate_formats=True, formats=FORMATS, offline=True
                )
            except (ValueError, jsonschema_rs.ReferencingError) as error:
                self._give_up(error)
        raise AssertionError("a schema without any keyword was not compiled")

    def _give_up(self, error: Exception) -> None:
        path = list(getattr(error, "instance_path", ()))
        named = [str(path[1])] if path[:1] == ["$defs"] and len(path) > 1 else self._culprits()
        message = str(getattr(error, "message", None) or error)
        for pointer in named or list(self.definitions):
            self.definitions[pointer] = True
            self.problems.append(Problem(pointer, f"cannot be compiled ({message[:200]}); any value is accepted."))
        self.__dict__.pop("root", None)

    def _culprits(self) -> list[str]:
        """Schemas that cannot be compiled by themselves, references aside."""
        found = []
        for pointer, schema in self.definitions.items():
            try:
                jsonschema_rs.Draft202012Validator(
                    {**self.root, "$defs": {**dict.fromkeys(self.definitions, True), pointer: schema}}
                )
            except (ValueError, jsonschema_rs.ReferencingError):
                found.append(pointer)
        return found

    def key(self, pointer: str) -> str:
        """The property under which the schema at a pointer is validated; one inside another is added when needed."""
        if pointer not in self.definitions:
            self.definitions[pointer] = self._view.schema(self._normalized.schema(pointer))
            for name in ("root", "validator", "_canonical"):
                self.__dict__.pop(name, None)
        return pointer

    def canonical(self, pointer: str) -> tuple[jsonschema_rs.CanonicalSchema, Definitions] | None:
        """The schema at a pointer in canonical form, and what its references lead to; None where it has none."""
        key = self.key(pointer)
        self.validator  # noqa: B018 - sets aside what cannot be compiled
        if self._canonical is not None:
            members, definitions = self._canonical
            return members[key], definitions
        found = _canonicalized({**self.root, "properties": {key: self.root["properties"][key]}})
        return (found[0][key], found[1]) if found else None

    def check(self) -> tuple[Problem, ...]:
        """What cannot be compiled. On disk for the next start, which then compiles when something is validated."""
        found = cache.cached("uncompilable", self._text, self._find_uncompilable)
        return tuple(Problem(pointer, message) for pointer, message in found)

    def _find_uncompilable(self) -> list[list[str]]:
        self.validator  # noqa: B018 - sets aside what cannot be compiled
        return [[problem.pointer, problem.message] for problem in self.problems]

    @cached_property
    def _text(self) -> bytes:
        """Everything as text, which tells these schemas from others."""
        return json.dumps(self.root).encode()

    def unsatisfiable(self) -> frozenset[str]:
        """The pointers of schemas that no value can satisfy, as far as that can be proven."""
        return frozenset(cache.cached("unsatisfiable", self._text, self._find_unsatisfiable))

    def _find_unsatisfiable(self) -> list[str]:
        self.validator  # noqa: B018 - sets aside what cannot be compiled
        try:
            found = find_unsatisfiable(self.root, draft=jsonschema_rs.Draft202012, validate_formats=True, offline=True)
        except (ValueError, jsonschema_rs.ReferencingError):
            return []
        paths = (pointers.split(pointer) for pointer in found)
        return sorted(path[1] for path in paths if path[0] == "properties" and len(path) == 2)

    @cached_property
    def _canonical(self) -> tuple[dict[str, jsonschema_rs.CanonicalSchema], Definitions] | None:
        return _canonicalized(self.root)


def _canonicalized(root: dict[str, Any]) -> tuple[dict[str, jsonschema_rs.CanonicalSchema], Definitions] | None:
    try:
        found = jsonschema_rs.canonicalize(root, draft=jsonschema_rs.Draft202012, validate_formats=True, offline=True)
    except (ValueError, jsonschema_rs.ReferencingError):
        return None
    view = found.view()
    return (view.properties, Definitions(found)) if isinstance(view, ObjectView) else None


ROOT = "flowcontract:/schemas"
"""The URI of the schema that holds all schemas of a document."""


class _View:
    """Schemas as they hold in one direction, with nothing but what decides about validity."""

    def __init__(self, normalized: Normalized, direction: Direction, *, relaxed: int = 0) -> None:
        """`relaxed`: 1 lets alternatives overlap and objects be open, 2 takes the first part of each composition."""
        self._normalized = normalized
        self._direction = direction
        self._relaxed = relaxed
        self._exempt = "readOnly" if direction == "request" else "writeOnly"
        self._owners: dict[str, tuple[str, str]] = {}

    def schema(self, schema: Any) -> Any:
        """A schema of the document as it holds in this direction."""
        if not isinstance(schema, Mapping):
            return schema
        found: dict[str, Any] = {}
        for key, value in (_relaxed(schema, self._relaxed) if self._relaxed else schema).items():
            if key == "$ref":
                found[key] = self._reference(value)
            elif key in ("oneOf", "anyOf"):
                found[key] = self._told_apart([self.schema(item) for item in value], value, schema.get("discriminator"))
            elif key in SCHEMA_ONE:
                found[key] = self.schema(value)
            elif key in SCHEMA_LISTS:
                found[key] = [self.schema(item) for item in value]
            elif key in SCHEMA_MAPS:
                found[key] = {name: self.schema(item) for name, item in value.items()}
            elif key in _VALIDATING:
                found[key] = value
        _bound_integer(schema, found)
        self._exempt_members(schema, found)
        return found

    def _reference(self, reference: str) -> str:
        pointer = unquote(reference[1:])
        if pointer not in self._owners:
            tokens = pointers.split(pointer)
            lengths = range(len(tokens), 0, -1)
            owners = (pointers.join(*tokens[:length]) for length in lengths)
            owner = next((each for each in owners if each in self._normalized.schemas), pointer)
            self._owners[pointer] = owner, _through_wrappers(self._normalized.schemas.get(owner), pointer[len(owner) :])
        return _reference(*self._owners[pointer])

    def _told_apart(self, branches: list[Any], raw: list[Any], discriminator: Any) -> list[Any]:
        """Alternatives that a discriminator tells apart: none admits an instance that names another one.

        Alternatives of one shape, alike but for the name, would else all match, and `oneOf` none.
        """
        references = [item.get("$ref") if isinstance(item, Mapping) else None for item in raw]
        if not isinstance(discriminator, Mapping) or not all(isinstance(reference, str) for reference in references):
            return branches
        names = [discriminated(str(reference), discriminator) for reference in references]
        key = str(discriminator.get("propertyName", ""))
        found = []
        for at, branch in enumerate(branches):
            others = sorted({name for other, known in enumerate(names) if other != at for name in known} - names[at])
            apart = {"allOf": [branch, {"properties": {key: {"not": {"enum": others}}}}]}
            found.append(apart if others else branch)
        return found

    def _exempt_members(self, schema: Mapping[str, Any], found: dict[str, Any]) -> None:
        """A readOnly member is not required in a request, a writeOnly one not in a response and must not be there."""
        members = schema.get("properties")
        if not isinstance(members, Mapping):
            return
        gone = {name for name, member in members.items() if self._is_exempt(member)}
        if not gone:
            return
        if "required" in found:
            found["required"] = [name for name in found["required"] if name not in gone]
        if self._direction == "response":
            for name in gone:
                found["properties"][name] = False

    def _is_exempt(self, member: Any) -> bool:
        for _ in range(50):
            if not isinstance(member, Mapping):
                return False
            if upgrade.is_null_wrapper(member):
                member = member["anyOf"][0]
            if member.get(self._exempt) is True or not isinstance(member.get("$ref"), str):
                return member.get(self._exempt) is True
            try:
                member = self._normalized.schema(unquote(member["$ref"][1:]))
            except LookupError:
                return False
        return False


def _relaxed(schema: Mapping[str, Any], level: int) -> dict[str, Any]:
    closed = ("additionalProperties", "unevaluatedProperties", "unevaluatedItems")
    found = {key: value for key, value in schema.items() if key != "not" and not (key in closed and value is False)}
    if "oneOf" in found and "anyOf" not in found:
        found["anyOf"] = found.pop("oneOf")
    if level > 1 and "allOf" in found:
        found["allOf"] = found["allOf"][:1]
    return found


def _through_wrappers(owner: Any, rest: str) -> str:
    """A pointer below a schema, with the steps into wrappers of nullable compositions that the author did not write."""
    tokens: list[str] = []
    node = owner
    for token in pointers.split(rest):
        if upgrade.is_null_wrapper(node) and token != "anyOf":  # noqa: S105 - a keyword
            tokens += ["anyOf", "0"]
            node = node["anyOf"][0]
        tokens.append(token)
        try:
            node = pointers.get(node, [token])
        except LookupError:
            return rest
    return pointers.join(*tokens)


def _reference(owner: str, rest: str) -> str:
    return f"{ROOT}#{quote(pointers.join('$defs', owner) + rest, safe='/~!$&()*+,;=:@-._')}"


def _bound_integer(schema: Mapping[str, Any], found: dict[str, Any]) -> None:
    kinds = schema.get("type")
    bits = _INTEGERS.get(str(schema.get("format")))
    if bits and (kinds == "integer" or (isinstance(kinds, list) and "integer" in kinds)):
        found["minimum"] = max(found.get("minimum", -(2**bits)), -(2**bits))
        found["maximum"] = min(found.get("maximum", 2**bits - 1), 2**bits - 1)


def as_object(schema: Any) -> Any:
    """A boolean schema as the object of equal meaning; any other as it is."""
    if isinstance(schema, bool):
        return {} if schema else {"not": {}}
    return schema


def discriminated(reference: str, discriminator: Mapping[str, Any]) -> set[str]:
    """The values of a discriminator that name the schema at `reference`: those mapped to it, else its own name."""
    name = unquote(reference.rpartition("/")[2])
    mapped = {value for value, target in (discriminator.get("mapping") or {}).items() if target in (reference, name)}
    return mapped or {name}


def _whole(value: Any) -> Any:
    """A JSON value with U+FFFD for each half of a character, which JSON can escape and no validator can hold."""
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, Mapping):
        return {_whole(name): _whole(item) for name, item in value.items()}
    return value


def _is_base64(value: str) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


FORMATS = {"byte": _is_base64}
"""Checks of the formats that OpenAPI adds to those of JSON Schema, for strings; numbers are bounded by `_INTEGERS`."""
