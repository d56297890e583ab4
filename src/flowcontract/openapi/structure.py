"""The objects of OpenAPI and the kinds of their fields, as data for what walks through a document.

`KINDS` maps an object to its fields. A field's kind is the name of an object, `schema`, a plain value (`text`, `flag`,
`texts`), a list of a kind (`["server"]`) or a map from names to a kind (`{"*": "response"}`). Fields that are not
listed may hold anything (OpenAPI 3.1.1 and 3.2.0, section 4.8; 3.0 has a subset).
"""

from collections.abc import Mapping
from typing import Any

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
"""The fields of a path item that hold operations; `query` is of 3.2."""

Kind = str | list[str] | dict[str, str]
"""Of one object, of the items of an array, or of the entries `*` of a map; `x-`: the map may have extensions beside."""

_EXAMPLES: dict[str, Kind] = {"examples": {"*": "example"}}
_PARAMETER: dict[str, Kind] = {
    "required": "flag",
    "deprecated": "flag",
    "style": "text",
    "explode": "flag",
    "schema": "schema",
    "content": {"*": "media_type"},
    **_EXAMPLES,
}

KINDS: Mapping[str, Mapping[str, Kind]] = {
    "document": {
        "info": "info",
        "servers": ["server"],
        "paths": {"*": "path_item", "x-": "extension"},
        "webhooks": {"*": "path_item", "x-": "extension"},
        "components": "components",
        "security": ["security_requirement"],
        "tags": ["tag"],
    },
    "info": {},
    "tag": {"name": "text"},
    "server": {"url": "text", "variables": {"*": "server_variable"}},
    "server_variable": {},
    "security_requirement": {},
    "components": {
        "schemas": {"*": "schema"},
        "responses": {"*": "response"},
        "parameters": {"*": "parameter"},
        "examples": {"*": "example"},
        "requestBodies": {"*": "request_body"},
        "headers": {"*": "header"},
        "securitySchemes": {"*": "security_scheme"},
        "links": {"*": "link"},
        "callbacks": {"*": "callback"},
        "pathItems": {"*": "path_item"},
        "mediaTypes": {"*": "media_type"},
    },
    "path_item": {
        "servers": ["server"],
        "parameters": ["parameter"],
        "additionalOperations": {"*": "operation"},
        **dict.fromkeys(METHODS, "operation"),
    },
    "operation": {
        "operationId": "text",
        "tags": "texts",
        "deprecated": "flag",
        "parameters": ["parameter"],
        "requestBody": "request_body",
        "responses": {"*": "response", "x-": "extension"},
        "callbacks": {"*": "callback"},
        "security": ["security_requirement"],
        "servers": ["server"],
    },
    "parameter": {"name": "text", "in": "text", **_PARAMETER},
    "header": _PARAMETER,
    "request_body": {"required": "flag", "content": {"*": "media_type"}},
    "media_type": {"schema": "schema", "itemSchema": "schema", "encoding": {"*": "encoding"}, **_EXAMPLES},
    "encoding": {"contentType": "text", "headers": {"*": "header"}, "style": "text", "explode": "flag"},
    "response": {
        "description": "text",
        "headers": {"*": "header"},
        "content": {"*": "media_type"},
        "links": {"*": "link"},
    },
    "callback": {"*": "path_item"},
    "example": {"summary": "text"},
    "link": {"operationId": "text", "operationRef": "text"},
    "security_scheme": {
        "type": "text",
        "scheme": "text",
        "in": "text",
        "name": "text",
        "flows": {"*": "oauth_flow", "x-": "extension"},
    },
    "oauth_flow": {},
}

REFERABLE = frozenset({
    "path_item", "parameter", "header", "request_body", "response", "media_type", "callback", "example", "link",
    "security_scheme",
})  # fmt: skip
"""Objects in whose place a Reference Object may stand."""

SCHEMA_ONE = frozenset({
    "items", "not", "if", "then", "else", "contains", "propertyNames", "additionalProperties", "unevaluatedItems",
    "unevaluatedProperties", "contentSchema",
})  # fmt: skip
"""Keywords that hold one schema (JSON Schema 2020-12)."""
SCHEMA_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
"""Keywords that hold a list of schemas."""
SCHEMA_MAPS = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})
"""Keywords that hold schemas by name; `definitions` is what older drafts call `$defs`."""

PLAIN: Mapping[str, tuple[Any, str]] = {
    "text": (str, "a string"),
    "flag": (bool, "true or false"),
}
"""Python's type of a plain value, and what messages call it."""


def is_ignored_header(location: object, name: object) -> bool:
    """Whether a parameter is ignored because content negotiation has its header (OpenAPI 3.1, section 4.8.12.2).

    `Authorization` is ignored too by that section, but documents without a security scheme require it in this way.
    """
    return location == "header" and str(name).lower() in ("accept", "content-type")
