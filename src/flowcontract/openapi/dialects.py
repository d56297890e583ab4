"""OpenAPI 3.1 documents as 3.0 documents of the same meaning, or a refusal that names what 3.0 cannot say.

Everything downstream (the mock, generators of requests) reads 3.0. What 3.1 says in another way is said in
3.0's; what only describes is dropped; what 3.0 has no words for is refused with the keyword and its place.
`webhooks` are dropped: they are requests that the server sends, not ones that it answers.
"""

import re
from collections.abc import Mapping
from typing import Any

from flowcontract.errors import ContractError
from flowcontract.openapi import pointers, shape

MAX_SIZE = 10_000_000
"""Values that a document may hold, those that YAML aliases stand for included."""
_DIALECTS = ("https://spec.openapis.org/oas/3.1/dialect/base", "https://json-schema.org/draft/2020-12/schema")
# Keywords that both versions share and that hold no schema.
_SAME = frozenset(
    [
        "title",
        "multipleOf",
        "maximum",
        "minimum",
        "maxLength",
        "minLength",
        "pattern",
        "maxItems",
        "minItems",
        "uniqueItems",
        "maxProperties",
        "minProperties",
        "required",
        "enum",
        "description",
        "format",
        "default",
        "deprecated",
        "readOnly",
        "writeOnly",
        "example",
        "externalDocs",
        "discriminator",
        "xml",
    ]
)
# Keywords that 3.0 has no words for, though they decide what is valid.
_REFUSED = frozenset(
    [
        "if",
        "then",
        "else",
        "prefixItems",
        "contains",
        "minContains",
        "maxContains",
        "patternProperties",
        "propertyNames",
        "dependentRequired",
        "dependentSchemas",
        "dependencies",
        "unevaluatedItems",
        "unevaluatedProperties",
        "$id",
        "$anchor",
        "$dynamicRef",
        "$dynamicAnchor",
        "$recursiveRef",
        "$recursiveAnchor",
        "$vocabulary",
    ]
)
_DESCRIBING = frozenset({"title", "description", "summary", "deprecated", "$comment", "example", "examples", "default"})
_DEFINITIONS = ("$defs", "definitions")
"""Keywords under which schemas stand to be referred to; the second is what older drafts of JSON Schema call it."""
_COMPOSED = ("allOf", "anyOf", "oneOf", "not", "const", "$ref")
_NULL = {"nullable": True, "enum": [None]}
# Maps from names to objects: their keys are no keywords, whatever they are called.
_NAMED = frozenset(
    ["paths", "responses", "parameters", "headers", "requestBodies", "content", "callbacks", "encoding", "pathItems"]
)


def read(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A document as OpenAPI 3.0: a 3.0 one as it is, a 3.1 one rewritten.

    Raises ContractError for any other version, for what 3.0 cannot say, and for references that lead outside.
    """
    _require_openapi(document, name)
    _require_small(document, name)
    _require_shape(document, name)
    _require_whole(document, name)
    return document if str(document["openapi"]).startswith("3.0") else _Reader(name).document(document)


def _require_openapi(document: Mapping[str, Any], name: str) -> None:
    version = str(document.get("openapi", ""))
    if not version:
        kind = "a Swagger 2.0 document" if "swagger" in document else "not an OpenAPI document (no `openapi` field)"
        raise ContractError(
            f"an OpenAPI 3.0 or 3.1 document was expected; {name} is {kind}.",
            do="Name such a document, or convert it first.",
        )
    if not re.match(r"3\.[01](\.|$)", version):
        raise ContractError(
            f"{name} is OpenAPI {version}; 3.0 and 3.1 can be read.", do="Convert it to one of them first."
        )
    if not isinstance(document.get("paths"), Mapping):
        raise ContractError(f"{name} has no `paths`.", do="Name a whole OpenAPI document.")


def _require_small(document: Mapping[str, Any], name: str) -> None:
    """Refuse a document whose aliases of aliases stand for more than anybody could read."""
    sizes: dict[int, int] = {}

    def size(node: Any) -> int:
        if not isinstance(node, Mapping | list):
            return 1
        if id(node) not in sizes:
            sizes[id(node)] = 1 + sum(map(size, node.values() if isinstance(node, Mapping) else node))
        return sizes[id(node)]

    if size(document) > MAX_SIZE:
        raise ContractError(
            f"{name} has aliases that stand for more than {MAX_SIZE} values.", do="Write out what they stand for."
        )


def _require_shape(document: Mapping[str, Any], name: str) -> None:
    is_3_1 = str(document["openapi"]).startswith("3.1")
    for pointer, problem in shape.errors(document, boolean_schemas=is_3_1):
        raise ContractError(f"{name} is no OpenAPI document at {pointer or '/'}: {problem:.200}.", do="Mend it there.")


def _require_whole(document: Mapping[str, Any], name: str) -> None:
    """Every reference leads into the document itself, and nothing is left for a reader of YAML 1.1 to merge."""
    pending: list[tuple[tuple[str | int, ...], Any]] = [((), document)]
    while pending:
        place, node = pending.pop()
        if isinstance(node, Mapping):
            reference = node.get("$ref")
            if isinstance(reference, str) and not reference.startswith("#") and place[-1:] != ("properties",):
                raise ContractError(
                    f"{name} refers at {pointers.join(*place)} to {reference!r}, which is outside the document.",
                    do="Bundle the document into one file first, for instance with `redocly bundle`.",
                )
            if "<<" in node and place[-1:] != ("properties",):
                raise ContractError(
                    f"{name} has `<<` at {pointers.join(*place)}: OpenAPI's YAML (1.2) has no merge keys.",
                    do="Write out what is merged, or let a YAML 1.1 tool do it.",
                )
            pending += (((*place, key), value) for key, value in node.items() if not _is_free(key))
        elif isinstance(node, list):
            pending += (((*place, index), value) for index, value in enumerate(node))


def _is_free(key: str) -> bool:
    """Whether anything at all may stand under a key."""
    return key in ("example", "examples", "enum") or key.startswith("x-")


class _Reader:
    """Rewrites one document; `_place` is where a message points to."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._moved: dict[str, str] = {}
        self._hoisted: dict[str, Any] = {}

    def document(self, document: Mapping[str, Any]) -> Mapping[str, Any]:
        if (dialect := document.get("jsonSchemaDialect", _DIALECTS[0])) not in _DIALECTS:
            raise self._refusal("jsonSchemaDialect", "", f"the dialect {dialect!r} is not known")
        taken = set((document.get("components") or {}).get("schemas") or {})
        self._find_definitions(document, "", taken)
        kept = {key: value for key, value in document.items() if key not in ("webhooks", "jsonSchemaDialect")}
        found: dict[str, Any] = self._node(kept, "") | {"openapi": "3.0.3"}
        info = dict(found.get("info") or {})
        info.pop("summary", None)
        if isinstance(info.get("license"), Mapping):
            info["license"] = {key: value for key, value in info["license"].items() if key != "identifier"}
        found["info"] = info
        components = dict(found.pop("components", None) or {})
        shared = {f"#/components/pathItems/{name}": item for name, item in components.pop("pathItems", {}).items()}
        found["paths"] = {
            path: shared.get(str(item.get("$ref")), item) if isinstance(item, Mapping) else item
            for path, item in found["paths"].items()
        }
        if self._hoisted:
            components["schemas"] = (components.get("schemas") or {}) | self._hoisted
        if components:
            found["components"] = components
        return found

    def _find_definitions(self, node: Any, pointer: str, taken: set[str]) -> None:
        """Give each schema among definitions a name among the components, where 3.0 can refer to it."""
        pairs = node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ()
        for key, value in pairs:
            at = pointer + pointers.join(key)
            if key in _DEFINITIONS and isinstance(value, Mapping) and not pointer.endswith("/properties"):
                for own in value:
                    free = own
                    while free in taken:
                        free += "_"
                    taken.add(free)
                    self._moved[at + pointers.join(own)] = f"/components/schemas/{free}"
            self._find_definitions(value, at, taken)

    def _node(self, node: Any, pointer: str, *, named: bool = False) -> Any:
        """Anything but a schema: copied, with the schemas in it rewritten."""
        if isinstance(node, list):
            return [self._node(item, pointer + pointers.join(index)) for index, item in enumerate(node)]
        if not isinstance(node, Mapping):
            return node
        copy: dict[str, Any] = {}
        for key, value in node.items():
            at = pointer + pointers.join(key)
            if named:
                copy[key] = self._node(value, at)
            elif key == "schema":
                copy[key] = self._schema(value, at)
            elif key == "schemas" and isinstance(value, Mapping):
                copy[key] = {own: self._schema(item, at + pointers.join(own)) for own, item in value.items()}
            elif key in ("example", "examples", "default") or key.startswith("x-"):
                copy[key] = value
            elif key == "$ref" and isinstance(value, str):
                copy[key] = self._reference(value)
            else:
                copy[key] = self._node(value, at, named=key in _NAMED)
        return copy

    def _reference(self, reference: str) -> str:
        for old, new in self._moved.items():
            if reference == f"#{old}" or reference.startswith(f"#{old}/"):
                return f"#{new}" + reference.removeprefix(f"#{old}")
        return reference

    def _schema(self, schema: Any, pointer: str) -> Any:
        if isinstance(schema, bool):
            return {} if schema else {"not": {}}
        if not isinstance(schema, Mapping):
            raise self._refusal("schema", pointer, f"a schema was expected, not {schema!r}")
        self._refuse(schema, pointer)
        if isinstance(schema.get("$ref"), str):
            beside = {key: value for key, value in schema.items() if key != "$ref" and key not in _DESCRIBING}
            reference = {"$ref": self._reference(schema["$ref"])}
            if not any(not key.startswith("x-") for key in beside):
                return reference
            copy = self._schema(beside, pointer)
            return copy | {"allOf": [reference, *copy.get("allOf", ())]}
        copy = {key: value for key, value in schema.items() if key in _SAME or key.startswith("x-")}
        self._add_parts(schema, copy, pointer)
        _add_values(schema, copy)
        _add_type(schema, copy)
        return copy

    def _refuse(self, schema: Mapping[str, Any], pointer: str) -> None:
        for keyword in schema:
            if keyword in _REFUSED:
                raise self._refusal(keyword, pointer, "OpenAPI 3.0 has no word for it")
        for keyword in ("exclusiveMinimum", "exclusiveMaximum"):
            if isinstance(schema.get(keyword), bool):
                raise self._refusal(keyword, pointer, "3.1 expects a number, 3.0 has true or false")
        if schema.get("$schema", _DIALECTS[0]) not in _DIALECTS:
            raise self._refusal("$schema", pointer, "the dialect is not known")

    def _add_parts(self, schema: Mapping[str, Any], copy: dict[str, Any], pointer: str) -> None:
        """The schemas within a schema."""
        for key, value in schema.items():
            at = pointer + pointers.join(key)
            if key in ("items", "not"):
                copy[key] = self._schema(value, at)
            elif key == "additionalProperties":
                copy[key] = value if isinstance(value, bool) else self._schema(value, at)
            elif key in ("allOf", "anyOf", "oneOf") and isinstance(value, list):
                copy[key] = [self._schema(item, at + pointers.join(index)) for index, item in enumerate(value)]
            elif key == "properties" and isinstance(value, Mapping):
                copy[key] = {own: self._schema(item, at + pointers.join(own)) for own, item in value.items()}
            elif key in _DEFINITIONS and isinstance(value, Mapping):
                for own, item in value.items():
                    place = at + pointers.join(own)
                    self._hoisted[self._moved[place].rpartition("/")[2]] = self._schema(item, place)

    def _refusal(self, keyword: str, pointer: str, why: str) -> ContractError:
        return ContractError(
            f"{self._name} is OpenAPI 3.1 and uses `{keyword}` at {pointer or '/'}, which cannot be read without "
            f"loss: {why}.",
            do="Say it in OpenAPI 3.0's words, or take the keyword out.",
        )


def _add_values(schema: Mapping[str, Any], copy: dict[str, Any]) -> None:
    """`const`, `examples`, exclusive bounds and encoded content, in 3.0's words."""
    if "const" in schema:
        if "enum" in copy:
            copy.setdefault("allOf", []).append({"enum": [schema["const"]]})
        else:
            copy["enum"] = [schema["const"]]
    if isinstance(schema.get("examples"), list) and schema["examples"]:
        copy.setdefault("example", schema["examples"][0])
    for bound, exclusive, tighter in (("minimum", "exclusiveMinimum", max), ("maximum", "exclusiveMaximum", min)):
        if exclusive in schema:
            value = schema[exclusive]
            if bound not in copy or tighter(value, copy[bound]) == value:
                copy |= {bound: value, exclusive: True}
    if schema.get("contentEncoding") == "base64":
        copy.setdefault("format", "byte")
    elif schema.get("contentMediaType") == "application/octet-stream":
        copy.setdefault("format", "binary")


def _add_type(schema: Mapping[str, Any], copy: dict[str, Any]) -> None:
    """`type`, which may be a list in 3.1 and may be `null`."""
    types = [schema["type"]] if isinstance(schema.get("type"), str) else list(schema.get("type") or ())
    others = [kind for kind in types if kind != "null"]
    if not types:
        return
    admits_null = len(others) < len(types) and (None in copy["enum"] if "enum" in copy else True)
    # 3.0's `nullable` lets null past a composition; 3.1's `null` does not. Then it must be an alternative.
    if len(others) == 1 and not (admits_null and any(keyword in schema for keyword in _COMPOSED)):
        copy["type"] = others[0]
        if admits_null:
            copy["nullable"] = True
    else:
        alternatives: list[Any] = [{"type": kind} | ({"items": {}} if kind == "array" else {}) for kind in others]
        if len(others) < len(types):
            alternatives.append(dict(_NULL))
        if len(alternatives) == 1:
            copy.setdefault("allOf", []).append(alternatives[0])
        elif "anyOf" in copy:
            copy.setdefault("allOf", []).append({"anyOf": alternatives})
        else:
            copy["anyOf"] = alternatives
    if copy.get("type") == "array":
        copy.setdefault("items", {})
