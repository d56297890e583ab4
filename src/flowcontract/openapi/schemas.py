"""The schemas of one document: validated, canonicalized and resolved by the pointer at which they stand.

All of them are compiled together, once for requests and once for responses: a schema that many operations reach is
compiled once and shared. The two differ by `readOnly` and `writeOnly` (OpenAPI 3.1.1, section 4.8.24.4).
"""

import contextlib
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from flowcontract.openapi import pointers, schema_messages
from flowcontract.openapi.compiled_schemas import CompiledSchemas
from flowcontract.openapi.normalization import Normalized, Problem
from flowcontract.openapi.schema_views import Direction, View
from flowcontract.openapi.structure import SCHEMA_MAPS

_HALF = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class SchemaError:
    """One way in which an instance violates the schema."""

    keyword: str
    message: str
    instance: str
    """JSON Pointer into the instance."""
    pointer: str
    """JSON Pointer into the document, references followed: where the violated keyword stands."""
    missing: str = ""
    """Name of a required property that is missing."""


class Schemas:
    """The schemas of one document, compiled on demand and kept."""

    def __init__(
        self, normalized: Normalized, document: Callable[[], Mapping[str, Any]], fingerprint: Callable[[], bytes]
    ) -> None:
        """`document`: as it was written, which is what pointers of errors lead into; parsed when it is needed.

        `fingerprint`: bytes that tell it from any other document.
        """
        self._normalized = normalized
        self._document = document
        self._fingerprint = fingerprint
        self._compiled: dict[Direction, CompiledSchemas] = {}
        self._validators: dict[tuple[str, Direction], Any] = {}
        """Found once: a request asks for several."""
        self._relaxed: dict[Direction, tuple[CompiledSchemas, ...]] = {}
        self._exemplified: dict[str, bool] = {}
        self._resolved: dict[str, Mapping[str, Any]] = {}
        """What a reference with nothing beside it leads to: generating one body asks for dozens."""

    def problems(self) -> tuple[Problem, ...]:
        """The schemas of responses that cannot be compiled after all, and accept anything."""
        return self.compiled("response").check()

    def is_valid(self, pointer: str, instance: Any, direction: Direction = "response") -> bool:
        """Whether `instance` is valid against the schema at `pointer` of the document."""
        validator = self._validators.get((pointer, direction))
        if validator is None:
            validator = self._validators[pointer, direction] = self.compiled(direction).part(pointer).validator
        try:
            return bool(validator.is_valid({pointer: instance}))
        except UnicodeEncodeError:
            return bool(validator.is_valid({pointer: _whole(instance)}))

    def errors(self, pointer: str, instance: Any, direction: Direction = "response") -> Iterator[SchemaError]:
        """Each way in which `instance` violates the schema at `pointer`."""
        validator = self.compiled(direction).part(pointer).validator
        try:
            found = list(validator.iter_errors({pointer: instance}))
        except UnicodeEncodeError:
            found = list(validator.iter_errors({pointer: _whole(instance)}))
        for error in found:
            yield from self._located(error)

    def compiled(self, direction: Direction) -> CompiledSchemas:
        """All schemas for one direction, compiled when they are first needed."""
        if direction not in self._compiled:
            self._compiled[direction] = self._of(View(self._normalized, direction))
        return self._compiled[direction]

    def relaxed(self, direction: Direction) -> tuple[CompiledSchemas, ...]:
        """All schemas with less and less in them that can contradict itself, for values where nothing is valid."""
        if direction not in self._relaxed:
            views = (View(self._normalized, direction, relaxed=level) for level in (1, 2, 3))
            self._relaxed[direction] = tuple(map(self._of, views))
        return self._relaxed[direction]

    def _of(self, view: View) -> CompiledSchemas:
        return CompiledSchemas(self._normalized, view, self._fingerprint)

    def gives_examples(self, pointer: str) -> bool:
        """Whether the schema at `pointer`, or any that it refers to, has an example or a default."""
        found = self._exemplified.get(pointer)
        if found is None:
            reached = self.compiled("response").reached(pointer)
            found = any(_gives_example(self._normalized.schema(each)) for each in reached)
            self._exemplified[pointer] = found
        return found

    @functools.cached_property
    def decimals(self) -> frozenset[str]:
        """The names of properties that are a number or a text in one schema: a text elsewhere is a decimal number."""
        schemas = (self._normalized.document.get("components") or {}).get("schemas") or {}
        parts = [each.get("properties") for each in schemas.values() if isinstance(each, Mapping)]
        named = [pair for part in parts if isinstance(part, Mapping) for pair in part.items()]
        return frozenset(name for name, schema in named if self._is_number_or_text(schema))

    def _is_number_or_text(self, schema: Any) -> bool:
        """Whether a schema is of numbers and texts, and of nothing else but null."""
        choices = [each for word in ("anyOf", "oneOf") for each in self.resolve(schema).get(word) or ()]
        kinds = [each.get("type") for each in map(self.resolve, choices)] or self.resolve(schema).get("type")
        return isinstance(kinds, list) and {*map(str, kinds)} - {"null"} == {"number", "string"}

    def is_partly_unread(self, pointer: str) -> bool:
        """Whether the schema at `pointer`, or any that it refers to, accepts any value because it cannot be read."""
        unread = [each.pointer for each in self._normalized.problems if "any value is accepted" in each.message]
        reached = self.compiled("request").reached(pointer) if unread else ()
        return any(f"{each}/".startswith(f"{at}/") for at in reached for each in unread)

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

    def reference(self, node: Any) -> str:
        """Where the schema stands that a reference leads to in the end: `#/components/schemas/Cat`; empty for none."""
        found = ""
        for _ in range(50):
            if not isinstance(node, Mapping) or not isinstance(node.get("$ref"), str):
                break
            found = node["$ref"]
            try:
                node = self._normalized.schema(unquote(found[1:]))
            except LookupError:
                break
        return found

    def part_pointer(self, pointer: str, *tokens: str) -> str | None:
        """Where a part of a schema stands: `"properties", name` or `"items"`.

        It is looked for in the schema at `pointer` and in what that refers to or is composed of. None for nowhere.
        """
        pending, seen = [pointer], set[str]()
        while pending:
            at = pending.pop()
            try:
                node = self._normalized.schema(at)
            except LookupError:
                continue
            with contextlib.suppress(LookupError):
                pointers.get(node, tokens)
                return at + pointers.join(*tokens)
            if isinstance(node, Mapping) and at not in seen:
                seen.add(at)
                pending += [f"{at}/allOf/{index}" for index in reversed(range(len(node.get("allOf") or ())))]
                pending += [unquote(node["$ref"][1:])] if isinstance(node.get("$ref"), str) else []
        return None

    def at(self, pointer: str) -> Any:
        """The schema at a pointer, references not followed. Raises LookupError where there is none."""
        return self._normalized.schema(pointer)

    def target(self, reference: str) -> Any:
        """The schema that a reference leads to, where another one is not followed; `{}` for nowhere."""
        try:
            return self._normalized.schema(unquote(reference[1:]))
        except LookupError:
            return {}

    def _followed(self, node: Any) -> Mapping[str, Any]:
        beside: list[Mapping[str, Any]] = []
        for _ in range(50):
            if not isinstance(node, Mapping) or not isinstance(node.get("$ref"), str):
                break
            if len(node) > 1:
                beside.insert(0, {key: value for key, value in node.items() if key != "$ref"})
            node = self.target(node["$ref"])
        else:
            node = {}
        return functools.reduce(_laid_over, beside, as_object(node))

    def _located(self, error: Any) -> Iterator[SchemaError]:
        pointer = self._origin(error.schema_path)
        keyword = str(error.schema_path[-1])
        if error.kind.name == "anyOf" and pointers.split(pointer)[-1:] != ["anyOf"]:
            # The wrapper of a nullable composition: what failed is inside it.
            for inner in error.kind.as_dict()["context"][0]:
                yield from self._located(inner)
            return
        if keyword in ("anyOf", "oneOf") and (meant := schema_messages.meant(error)):
            for inner in meant:
                yield from self._located(inner)
            return
        missing = str(error.kind.property) if error.kind.name == "required" else ""
        path, message = schema_messages.mismatched_constant(error) or (
            error.instance_path,
            schema_messages.message(error),
        )
        yield SchemaError(keyword, message, pointers.join(*path[1:]), pointer, missing)

    def _origin(self, path: list[str | int]) -> str:
        """Lead a path through the compiled schemas back to a pointer into the document.

        Steps that are not in the document (a nullable's `anyOf`, the bounds of `int32`) are left out.
        """
        entry = next((str(path[at + 1]) for at, step in enumerate(path) if step == "$defs"), "")
        rest = path[path.index("$defs") + 2 :] if entry else path
        tokens: list[str | int] = []
        try:
            node = pointers.get(self._document(), pointers.split(entry))
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


def _gives_example(node: Any) -> bool:
    if isinstance(node, Mapping):
        if node.get("examples") or "default" in node:
            return True
        return any(_gives_example(value) for value in node.values() if isinstance(value, Mapping | list))
    return isinstance(node, list) and any(map(_gives_example, node))


def _laid_over(node: Mapping[str, Any], beside: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference leads to with what stands beside it: members of both, else what stands beside it."""
    found = {**node, **beside}
    for key in node.keys() & beside.keys():
        if key in SCHEMA_MAPS:
            found[key] = {**node[key], **beside[key]}
        elif key in ("allOf", "required"):
            found[key] = [*node[key], *(part for part in beside[key] if part not in node[key])]
    return found


def as_object(schema: Any) -> Any:
    """A boolean schema as the object of equal meaning; any other as it is."""
    if isinstance(schema, bool):
        return {} if schema else {"not": {}}
    return schema


def _whole(value: Any) -> Any:
    """A JSON value with U+FFFD for each half of a character, which JSON can escape and no validator can hold."""
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, Mapping):
        return {_whole(name): _whole(item) for name, item in value.items()}
    return value
