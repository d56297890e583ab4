"""All schemas of a document, compiled in parts: each schema with what it refers to, when it is first needed."""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

import jsonschema_rs
from jsonschema_rs.canonical import ObjectView, find_unsatisfiable

from flowcontract.openapi import cache, pointers, schema_examples
from flowcontract.openapi.canonical import Definitions
from flowcontract.openapi.endless import endless
from flowcontract.openapi.normalization import Normalized, Problem
from flowcontract.openapi.schema_views import ROOT, View, reference_to


def _is_base64(value: str) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


_Canonical = tuple[dict[str, jsonschema_rs.CanonicalSchema], Definitions]
_CanonicalPart = tuple[jsonschema_rs.CanonicalSchema, Definitions]
FORMATS = {"byte": _is_base64}
"""Checks of the formats that OpenAPI adds to those of JSON Schema, for strings; numbers are bounded by `_INTEGERS`."""


class CompiledSchemas:
    """All schemas of a document for one direction. They are compiled in parts, when they are first needed."""

    def __init__(self, normalized: Normalized, view: View, fingerprint: Callable[[], bytes]) -> None:
        """`fingerprint` gives bytes that tell the document from any other."""
        self._normalized = normalized
        self._view = view
        self._fingerprint = fingerprint
        self._definitions: dict[str, tuple[Any, Mapping[str, None]]] = {}
        """Each schema as it holds in this direction, and the pointers of those that it refers to."""
        self._parts: dict[str, Part] = {}
        self._exclusive: dict[str, _CanonicalPart | None] = {}
        self._compiled = 0
        """How many schemas are in parts, counted in each."""

    def part(self, pointer: str) -> "Part":
        """What the schema at a pointer is compiled in: it and all that it refers to.

        A schema that many refer to is compiled in more than one part, until that has cost as much as compiling all.
        """
        found = self._parts.get(pointer)
        if found is None:
            reached = self.reached(pointer)
            everything = self._normalized.schemas
            if self._compiled + len(reached) > len(everything):
                reached = dict.fromkeys([*everything, *reached])
            self._compiled += len(reached)
            found = Part(reached, self._definition, self._give_up)
            self._parts |= dict.fromkeys(reached, found)
        return found

    def exclusive(self, pointer: str) -> "_CanonicalPart | None":
        """The schema at a pointer as `Part.exclusive` has it; None where it refers to too many others."""
        if pointer not in self._exclusive:
            reached = self.reached(pointer)
            part = Part(reached, self._definition, self._give_up) if len(reached) <= _MOST_REACHED else None
            self._exclusive[pointer] = part.exclusive(pointer) if part else None
        return self._exclusive[pointer]

    def _definition(self, pointer: str) -> Any:
        """The schema at a pointer as it holds in this direction."""
        return self._viewed(pointer)[0]

    def _viewed(self, pointer: str) -> tuple[Any, Mapping[str, None]]:
        found = self._definitions.get(pointer)
        if found is None:
            found = self._definitions[pointer] = self._view.schema_at(pointer)
        return found

    def reached(self, pointer: str) -> dict[str, None]:
        """The pointers of a schema and of all that it refers to, in the order of finding them."""
        found: dict[str, None] = {}
        pending = [pointer]
        while pending:
            pointer = pending.pop()
            if pointer not in found:
                found[pointer] = None
                pending += self._viewed(pointer)[1]
        return found

    def _give_up(self, pointer: str) -> None:
        """Let a schema that cannot be compiled accept anything, wherever it is referred to."""
        self._definitions[pointer] = True, {}

    def check(self) -> tuple[Problem, ...]:
        """What cannot be compiled. On disk for the next start, which then compiles when something is validated."""
        found = cache.cached("uncompilable", self._fingerprint(), self._find_uncompilable)
        for pointer, _ in found:
            self._give_up(pointer)
        return tuple(Problem(pointer, message) for pointer, message in found)

    def _find_uncompilable(self) -> list[list[str]]:
        self._whole.validator  # noqa: B018 - sets aside what cannot be compiled
        return [[problem.pointer, problem.message] for problem in self._whole.problems]

    @cached_property
    def _whole(self) -> "Part":
        """All schemas, compiled together."""
        self._compiled = len(self._normalized.schemas)
        found = Part(self._normalized.schemas, self._definition, self._give_up)
        self._parts |= dict.fromkeys(self._normalized.schemas, found)
        return found

    def unsatisfiable(self, among: Iterable[str]) -> frozenset[str]:
        """Those of the pointers whose schema no value can satisfy, as far as that can be proven."""
        among = sorted(among)
        data = "\n".join(among).encode() + self._fingerprint()
        return frozenset(cache.cached("unsatisfiable", data, lambda: self._find_unsatisfiable(among)))

    def flawed_examples(self) -> tuple[tuple[str, str], ...]:
        """The pointer of each schema of a single value with an example that it does not admit, and why not."""
        found = cache.cached("flawed-examples", self._fingerprint(), self._find_flawed_examples)
        return tuple((pointer, message) for pointer, message in found)

    def _find_flawed_examples(self) -> list[list[str]]:
        return [list(each) for each in schema_examples.flawed(self._normalized.schemas, FORMATS)]

    def _find_unsatisfiable(self, among: list[str]) -> list[str]:
        self._whole.validator  # noqa: B018 - sets aside what cannot be compiled
        reached: dict[str, None] = {}
        for pointer in among:
            reached |= self.reached(pointer)
        proven = Part(reached, self._definition, self._give_up).unsatisfiable()
        return sorted(set(among).intersection(proven) | (endless(self._normalized.schemas) & set(among)))


class Part:
    """Schemas that are compiled together, as parts of one schema: `{pointer: instance}`."""

    def __init__(
        self, pointers: Iterable[str], definition: Callable[[str], Any], give_up: Callable[[str], None]
    ) -> None:
        """`definition` gives the schema at a pointer; `give_up` makes that one accept anything."""
        self._pointers = tuple(pointers)
        self._definition = definition
        self._give_up = give_up
        self.problems: list[Problem] = []

    @property
    def root(self) -> dict[str, Any]:
        """The schema that holds all of them."""
        return {
            "$id": ROOT,
            "type": "object",
            "properties": {pointer: {"$ref": reference_to(pointer)} for pointer in self._pointers},
            "$defs": {pointer: self._definition(pointer) for pointer in self._pointers},
        }

    @cached_property
    def validator(self) -> Any:
        """Validates all of them. A schema that cannot be compiled accepts anything, and is a problem."""
        for _ in range(len(self._pointers) + 1):
            try:
                return jsonschema_rs.Draft202012Validator(
                    self.root, validate_formats=True, formats=FORMATS, offline=True
                )
            except (ValueError, jsonschema_rs.ReferencingError) as error:
                self._set_aside(error)
        raise AssertionError("a schema without any keyword was not compiled")

    def _set_aside(self, error: Exception) -> None:
        path = list(getattr(error, "instance_path", ()))
        named = [str(path[1])] if path[:1] == ["$defs"] and len(path) > 1 else self._culprits()
        message = str(getattr(error, "message", None) or error)
        for pointer in named or self._pointers:
            self._give_up(pointer)
            self.problems.append(Problem(pointer, f"cannot be compiled ({message[:200]}); any value is accepted."))

    def _culprits(self) -> list[str]:
        """Schemas that cannot be compiled by themselves, references aside."""
        found = []
        root = self.root
        for pointer, schema in root["$defs"].items():
            try:
                jsonschema_rs.Draft202012Validator(
                    {**root, "$defs": {**dict.fromkeys(root["$defs"], True), pointer: schema}}
                )
            except (ValueError, jsonschema_rs.ReferencingError):
                found.append(pointer)
        return found

    def canonical(self, pointer: str) -> _CanonicalPart | None:
        """The schema at a pointer in canonical form, and what its references lead to; None where it has none."""
        self.validator  # noqa: B018 - sets aside what cannot be compiled
        if self._canonical is not None:
            found: _Canonical | None = self._canonical
        else:
            root = self.root
            found = _canonicalized({**root, "properties": {pointer: root["properties"][pointer]}})
        # A member that may be anything is left out.
        return (found[0][pointer], found[1]) if found and pointer in found[0] else None

    @cached_property
    def _canonical(self) -> _Canonical | None:
        return _canonicalized(self.root)

    def exclusive(self, pointer: str) -> _CanonicalPart | None:
        """As `canonical`, with the references of each `oneOf` written out: its alternatives exclude each other then."""
        root = self.root
        writer = _Writer({reference_to(each): definition for each, definition in root["$defs"].items()})
        definitions = {each: writer.written(definition) for each, definition in root["$defs"].items()}
        if not writer.has_written:
            return None
        properties = {pointer: root["properties"][pointer]}
        found = _canonicalized({**root, "properties": properties, "$defs": definitions})
        return (found[0][pointer], found[1]) if found and pointer in found[0] else None

    def unsatisfiable(self) -> list[str]:
        """The pointers of those that no value can satisfy, as far as that can be proven."""
        try:
            found = find_unsatisfiable(self.root, draft=jsonschema_rs.Draft202012, validate_formats=True, offline=True)
        except (ValueError, jsonschema_rs.ReferencingError):
            return []
        paths = (pointers.split(pointer) for pointer in found)
        return sorted(path[1] for path in paths if path[0] == "properties" and len(path) == 2)


class _Writer:
    """Writes out what the alternatives of `oneOf` refer to, as far as it ends and is not too much."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        """`definitions`: by the references to them."""
        self._definitions = definitions
        self._left = _MOST_WRITTEN

    @property
    def has_written(self) -> bool:
        return self._left < _MOST_WRITTEN

    def written(self, node: Any, seen: frozenset[str] = frozenset()) -> Any:
        """A schema, or a list or map of schemas. `seen`: references that it stands for."""
        if isinstance(node, list):
            return [self.written(item, seen) for item in node]
        if not isinstance(node, Mapping):
            return node
        found = {key: value if key in _DATA else self.written(value, seen) for key, value in node.items()}
        branches = node.get("oneOf")
        if isinstance(branches, list) and len(branches) <= _MOST_ALTERNATIVES:
            found["oneOf"] = [self._target(branch, seen) for branch in branches]
        return found

    def _target(self, node: Any, seen: frozenset[str]) -> Any:
        reference = str(node.get("$ref", "")) if isinstance(node, Mapping) and len(node) == 1 else ""
        if reference in self._definitions and reference not in seen and self._left:
            self._left -= 1
            return self._target(self._definitions[reference], seen | {reference})
        found = self.written(node, seen)
        if isinstance(found, dict) and isinstance(node.get("allOf"), list):
            found["allOf"] = [self._target(part, seen) for part in node["allOf"]]
        return found


_DATA = frozenset({"const", "default", "enum", "examples", "required"})
"""Keywords whose values are not schemas."""
_MOST_ALTERNATIVES = 10
"""Alternatives of a `oneOf` that is written out: each has to exclude all others."""
_MOST_REACHED = 200
"""Schemas, with all that they refer to, of which alternatives are written out."""
_MOST_WRITTEN = 100
"""References that are written out."""


def _canonicalized(root: dict[str, Any]) -> _Canonical | None:
    try:
        found = jsonschema_rs.canonicalize(root, draft=jsonschema_rs.Draft202012, validate_formats=True, offline=True)
    except (ValueError, jsonschema_rs.ReferencingError):
        return None
    view = found.view()
    return (view.properties, Definitions(found)) if isinstance(view, ObjectView) else None
