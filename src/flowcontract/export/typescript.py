"""TypeScript types of response bodies, from their schemas.

Types express required, nullable and enumerated values, but no lengths, patterns and formats. Write-only properties are
omitted.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from flowcontract.export.typescript_syntax import comment, key, literal, names
from flowcontract.openapi import pointers
from flowcontract.openapi.contract import Contract

_COMPONENTS = ["components", "schemas"]
_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
_MAX_DEPTH = 30


class Types:
    """Makes types, and collects the components that they use."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        try:
            self._schemas: Mapping[str, Any] = contract.read(pointers.join(*_COMPONENTS))
        except LookupError:
            self._schemas = {}
        self._names = names(self._schemas)
        self._used: dict[str, str] = {}
        """Declarations by component name; empty while one is being made."""
        self._within: tuple[str, ...] = ()
        """The references of which a type is a part, without an object or array between: it cannot be one of these."""

    def of(self, schema: Mapping[str, Any] | None, indent: str = "", depth: int = 0) -> str:
        """The type of a schema."""
        if not isinstance(schema, Mapping) or depth > _MAX_DEPTH:
            return "unknown"
        if isinstance(schema.get("$ref"), str):
            return self._reference(schema["$ref"], indent, depth)
        return self._plain(schema, indent, depth)

    def component(self, schema: Mapping[str, Any] | None) -> str:
        """The name of the component that a schema refers to; empty where it does not."""
        return _component(str(schema.get("$ref", ""))) if isinstance(schema, Mapping) else ""

    def declarations(self) -> str:
        """The collected components, each as an exported type."""
        return "\n".join(text for _, text in sorted(self._used.items()))

    def _inside(self, references: Iterable[str], schema: Any, indent: str, depth: int) -> str:
        """The type of a schema that these references lead to."""
        before, self._within = self._within, tuple(references)
        found = self.of(schema, indent, depth)
        self._within = before
        return found

    def _member(self, schema: Any, indent: str, depth: int) -> str:
        """The type of a member or an item, which may be any component, also the one that it belongs to."""
        return self._inside([each for each in self._within if not _component(each)], schema, indent, depth)

    def _reference(self, reference: str, indent: str, depth: int) -> str:
        if reference in self._within:
            return "unknown"  # Such as a union whose parts extend the union.
        name, references = _component(reference), (*self._within, reference)
        if name not in self._schemas:
            return self._inside(references, self._contract.resolve({"$ref": reference}), indent, depth + 1)
        if name not in self._used:
            self._used[name] = ""
            schema = self._schemas[name]
            text = self._inside(references, schema, "", 0)
            self._used[name] = f"{comment(_description(schema))}export type {self._names[name]} = {text};\n"
        return self._names[name]

    def _plain(self, schema: Mapping[str, Any], indent: str, depth: int) -> str:
        if isinstance(schema.get("enum"), list):
            return _either(literal(value, indent) for value in schema["enum"])
        if "const" in schema:
            return literal(schema["const"], indent)
        if isinstance(schema.get("type"), list):
            kinds = (
                "null" if kind == "null" else self._plain({**schema, "type": kind}, indent, depth + 1)
                for kind in schema["type"]
            )
            return _either(kinds)
        parts = [self.of(part, indent, depth + 1) for part in schema.get("allOf") or ()]
        choices = [schema[word] for word in ("oneOf", "anyOf") if schema.get(word)]
        parts += [_either(self.of(part, indent, depth + 1) for part in choice) for choice in choices]
        if "properties" in schema or "additionalProperties" in schema or (schema.get("type") == "object" and not parts):
            parts.append(self._object(schema, indent, depth))
        elif schema.get("type") == "array":
            parts.append(f"Array<{self._member(schema.get('items'), indent, depth + 1)}>")
        elif schema.get("type") in _PLAIN and not parts:
            parts.append(_PLAIN[schema["type"]])
        parts = list(dict.fromkeys(parts))
        if len(parts) == 1:
            return parts[0]
        return " & ".join(f"({part})" if "|" in part else part for part in parts) or "unknown"

    def _object(self, schema: Mapping[str, Any], indent: str, depth: int) -> str:
        deeper = indent + "  "
        required = schema.get("required") or ()
        lines = []
        for name, member in (schema.get("properties") or {}).items():
            if self._contract.resolve(member).get("writeOnly") is True:
                continue
            mark = "" if name in required else "?"
            kind = self._member(member, deeper, depth + 1)
            lines.append(f"{comment(_description(member), deeper)}{deeper}{key(name)}{mark}: {kind};\n")
        more = schema.get("additionalProperties", not lines)
        if more is not False:
            # Next to members of other types, the index signature can only be `unknown`.
            kind = self._member(more, deeper, depth + 1) if isinstance(more, Mapping) and not lines else "unknown"
            lines.append(f"{deeper}[name: string]: {kind};\n")
        return "{\n" + "".join(lines) + indent + "}" if lines else "Record<string, never>"


def _component(reference: str) -> str:
    """The name of the component that a reference leads to; empty for any other location."""
    *folder, name = ["", *pointers.split(unquote(reference.removeprefix("#")))]
    return name if folder[1:] == _COMPONENTS else ""


def _description(schema: Any) -> str:
    return str(schema.get("description", "")) if isinstance(schema, Mapping) else ""


def _either(parts: Iterable[str]) -> str:
    distinct = dict.fromkeys(parts)
    return " | ".join(f"({part})" if " & " in part else part for part in distinct) or "never"
