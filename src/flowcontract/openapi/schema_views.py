"""Schemas as they hold in requests or in responses, with nothing but what decides about validity.

The two differ by `readOnly` and `writeOnly` (OpenAPI 3.1.1, section 4.8.24.4).
"""

import contextlib
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Literal
from urllib.parse import quote, unquote

from flowcontract.openapi import pointers, upgrade
from flowcontract.openapi.normalization import Normalized
from flowcontract.openapi.references import FILES
from flowcontract.openapi.structure import SCHEMA_LISTS, SCHEMA_MAPS, SCHEMA_ONE

Direction = Literal["request", "response"]

ROOT = "flowcontract:/schemas"
"""The URI of the schema that holds all schemas of a document."""

_VALIDATING = frozenset({
    "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength",
    "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "maxContains", "minContains", "maxProperties",
    "minProperties", "required", "dependentRequired", "format", "$dynamicRef", "$dynamicAnchor", "$id",
})  # fmt: skip
"""Keywords without schemas in them that decide what is valid."""
_KEYWORDS = _VALIDATING | SCHEMA_ONE | SCHEMA_LISTS | SCHEMA_MAPS | {"$ref"}
"""All that decide; all others only describe."""
_INTEGERS = {"int32": 31, "int64": 63}
"""Formats of OpenAPI that bound an integer, by the bits beside its sign."""


class View:
    """Schemas as they hold in one direction, with nothing but what decides about validity."""

    def __init__(self, normalized: Normalized, direction: Direction, *, relaxed: int = 0) -> None:
        """`relaxed`: 1 lets alternatives overlap and objects be open, 2 also takes the first part of each composition,
        3 also requires no member.
        """
        self._normalized = normalized
        self._direction = direction
        self._relaxed = relaxed
        self._flag = "readOnly" if direction == "request" else "writeOnly"
        self._owners: dict[str, tuple[str, str]] = {}
        self._met: dict[str, None] = {}

    def schema_at(self, pointer: str) -> tuple[Any, Mapping[str, None]]:
        """The schema at a pointer as it holds in this direction, and the pointers of those that it refers to."""
        self._met = {}
        return self.schema(self._normalized.schema(pointer)), self._met

    def schema(self, schema: Any, optional: frozenset[str] = frozenset()) -> Any:
        """A schema of the document as it holds in this direction.

        `optional`: members that it does not require, because the composition that it is a part of exempts them.
        """
        if not isinstance(schema, Mapping):
            return schema
        optional |= self._exempt(schema) if "required" in schema or "allOf" in schema else frozenset()
        read = _relaxed(schema, self._relaxed) if self._relaxed else schema
        found = {key: self._keyword(key, value, schema, optional) for key, value in read.items() if key in _KEYWORDS}
        if "$dynamicRef" in found:  # Which schema is meant is known only while validating.
            self._met |= dict.fromkeys(self._normalized.schemas)
        _bound_integer(schema, found)
        if self._direction == "response":
            for name in self._exempt_members(schema):
                found["properties"][name] = False
        return found

    def _keyword(self, key: str, value: Any, schema: Mapping[str, Any], optional: frozenset[str]) -> Any:
        if key == "$ref":
            return self._reference(value)
        if key == "required":
            return [name for name in value if name not in optional]
        if key in ("oneOf", "anyOf"):
            return self._told_apart([self.schema(item) for item in value], value, schema.get("discriminator"))
        if key in SCHEMA_ONE:
            return self.schema(value)
        if key in SCHEMA_LISTS:
            return [self.schema(item, optional if key == "allOf" else frozenset()) for item in value]
        if key in SCHEMA_MAPS:
            return {name: self.schema(item) for name, item in value.items()}
        return value

    def _reference(self, reference: str) -> str:
        pointer = unquote(reference[1:])
        if pointer not in self._owners:
            tokens = pointers.split(pointer)
            lengths = range(len(tokens), 0, -1)
            owners = (pointers.join(*tokens[:length]) for length in lengths)
            owner = next((each for each in owners if each in self._normalized.schemas), pointer)
            self._owners[pointer] = owner, _through_wrappers(self._normalized.schemas.get(owner), pointer[len(owner) :])
        owner, rest = self._owners[pointer]
        self._met[owner] = None
        return reference_to(owner, rest)

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

    def _exempt(self, schema: Mapping[str, Any]) -> frozenset[str]:
        """Members that are exempt by a schema, by what it refers to, or by a part of its composition."""
        pending, seen, found = [schema], set[str](), set[str]()
        while pending:
            part = pending.pop()
            found |= self._exempt_members(part)
            parts = [*(part.get("allOf") or ())]
            reference = part.get("$ref")
            if isinstance(reference, str) and reference not in seen:
                seen.add(reference)
                with contextlib.suppress(LookupError):
                    parts.append(self._normalized.schema(unquote(reference[1:])))
            pending += (each for each in parts if isinstance(each, Mapping))
        return frozenset(found)

    def _exempt_members(self, schema: Mapping[str, Any]) -> set[str]:
        """A readOnly member is not required in a request, a writeOnly one not in a response and must not be there."""
        members = schema.get("properties")
        if not isinstance(members, Mapping):
            return set()
        return {name for name, member in members.items() if self._is_exempt(member)}

    def _is_exempt(self, member: Any) -> bool:
        for _ in range(50):
            if not isinstance(member, Mapping):
                return False
            if upgrade.is_null_wrapper(member):
                member = member["anyOf"][0]
                continue
            if member.get(self._flag) is True or not isinstance(member.get("$ref"), str):
                return member.get(self._flag) is True
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
    if level > 2:
        found.pop("required", None)
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


def reference_to(owner: str, rest: str = "") -> str:
    """The reference to a schema: the pointer that it has in the document, and where it stands below that one."""
    return f"{ROOT}#{quote(pointers.join('$defs', owner) + rest, safe='/~!$&()*+,;=:@-._')}"


def _bound_integer(schema: Mapping[str, Any], found: dict[str, Any]) -> None:
    kinds = schema.get("type")
    bits = _INTEGERS.get(str(schema.get("format")))
    if bits and (kinds == "integer" or (isinstance(kinds, list) and "integer" in kinds)):
        found["minimum"] = max(found.get("minimum", -(2**bits)), -(2**bits))
        found["maximum"] = min(found.get("maximum", 2**bits - 1), 2**bits - 1)


def discriminated(reference: str, discriminator: Mapping[str, Any]) -> set[str]:
    """The values of a discriminator that name the schema at `reference`: those mapped to it, else its own name.

    The name of a schema that is a file of its own is that of the file, `cat` of `pets/cat.yaml`.
    """
    *above, name = pointers.split(unquote(reference.removeprefix("#"))) or [""]
    if above == [FILES]:
        name = PurePosixPath(name).stem
    mapped = {value for value, target in (discriminator.get("mapping") or {}).items() if target in (reference, name)}
    return mapped or {name}
