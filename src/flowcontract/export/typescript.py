"""TypeScript types of response bodies, from their schemas.

Types express required, nullable and enumerated values, but no lengths, patterns and formats. Write-only properties are
omitted.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from flowcontract.export.typescript_syntax import comment, key, names, quoted
from flowcontract.openapi.contract import Contract

_PREFIX = "#/components/schemas/"
_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
_MAX_DEPTH = 30


class Types:
    """Makes types, and collects the components that they use."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._schemas: Mapping[str, Any] = (contract.document.get("components") or {}).get("schemas") or {}
        self._names = names(self._schemas)
        self._used: dict[str, str] = {}
        """Declarations by component name; empty while one is being made."""

    def of(self, schema: Mapping[str, Any] | None, indent: str = "", depth: int = 0) -> str:
        """The type of a schema."""
        if not isinstance(schema, Mapping) or depth > _MAX_DEPTH:
            return "unknown"
        if isinstance(schema.get("$ref"), str):
            return self._reference(schema["$ref"], indent, depth)
        found = self._plain(schema, indent, depth)
        return f"{found} | null" if schema.get("nullable") is True and "null" not in found.split(" | ") else found

    def component(self, schema: Mapping[str, Any] | None) -> str:
        """The name of the component that a schema refers to; empty where it does not."""
        reference = str((schema or {}).get("$ref", ""))
        return reference.removeprefix(_PREFIX) if reference.startswith(_PREFIX) else ""

    def declarations(self) -> str:
        """The collected components, each as an exported type."""
        return "\n".join(text for _, text in sorted(self._used.items()))

    def _reference(self, reference: str, indent: str, depth: int) -> str:
        name = reference.removeprefix(_PREFIX)
        if name not in self._schemas:
            return self.of(self._contract.resolve({"$ref": reference}), indent, depth + 1)
        if name not in self._used:
            self._used[name] = ""
            schema = self._schemas[name]
            documentation = comment(str(schema.get("description", ""))) if isinstance(schema, Mapping) else ""
            self._used[name] = f"{documentation}export type {self._names[name]} = {self.of(schema)};\n"
        return self._names[name]

    def _plain(self, schema: Mapping[str, Any], indent: str, depth: int) -> str:
        if isinstance(schema.get("enum"), list):
            return _either("null" if value is None else _literal(value) for value in schema["enum"])
        if "const" in schema and not isinstance(schema["const"], dict | list):
            return "null" if schema["const"] is None else _literal(schema["const"])
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
            parts.append(f"Array<{self.of(schema.get('items'), indent, depth + 1)}>")
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
        for name, raw in (schema.get("properties") or {}).items():
            member = self._contract.resolve(raw)
            if member.get("writeOnly") is True:
                continue
            lines.append(comment(str(raw.get("description", "")), deeper))
            mark = "" if name in required else "?"
            lines.append(f"{deeper}{key(name)}{mark}: {self.of(raw, deeper, depth + 1)};\n")
        more = schema.get("additionalProperties", not lines)
        if more is not False:
            # Next to members of other types, the index signature can only be `unknown`.
            kind = self.of(more, deeper, depth + 1) if isinstance(more, Mapping) and not lines else "unknown"
            lines.append(f"{deeper}[name: string]: {kind};\n")
        return "{\n" + "".join(lines) + indent + "}" if lines else "Record<string, never>"


def _literal(value: Any) -> str:
    return quoted(value) if isinstance(value, str) else str(value).lower()


def _either(parts: Iterable[str]) -> str:
    distinct = dict.fromkeys(parts)
    return " | ".join(f"({part})" if " & " in part else part for part in distinct) or "never"
