"""The shape of an OpenAPI document, as far as it is read: what is a mapping, a list, a text.

Laxer than the specification's own schema, which refuses many documents that every tool reads (a response without
a description, an empty media type): nothing at all may stand wherever something may.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from flowcontract.openapi import pointers

_TEXT = {"type": ["string", "null"]}
_FLAG = {"type": ["boolean", "null"]}
_NUMBER = {"type": ["number", "null"]}
_SIZE = {"type": ["integer", "null"], "minimum": 0}
_TEXTS = {"type": ["array", "null"], "items": {"type": "string"}}
_ANY: dict[str, Any] = {}


def _object(**members: Any) -> dict[str, Any]:
    return {"type": ["object", "null"], "properties": members | {"$ref": {"type": "string"}}}


def _map(item: str | dict[str, Any]) -> dict[str, Any]:
    return {"type": ["object", "null"], "patternProperties": {"^(?!x-)": _of(item)}}


def _list(item: str | dict[str, Any]) -> dict[str, Any]:
    return {"type": ["array", "null"], "items": _of(item)}


def _of(item: str | dict[str, Any]) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{item}"} if isinstance(item, str) else item


_ALTERNATIVES = {"type": "array", "minItems": 1, "items": _of("schema")}
_NUMBER_OR_FLAG = {"type": ["number", "boolean", "null"]}
_SCHEMA = {
    "properties": {
        # A property may be called `$ref`; a reference is a text.
        "properties": {"type": ["object", "null"], "additionalProperties": _of("schema")},
        "$defs": {"type": ["object", "null"], "additionalProperties": _of("schema")},
        **dict.fromkeys(("allOf", "anyOf", "oneOf"), _ALTERNATIVES),
        **dict.fromkeys(("items", "not"), _of("schema")),
        "additionalProperties": {"anyOf": [{"type": "boolean"}, _of("schema")]},
        **dict.fromkeys(("minimum", "maximum", "multipleOf"), _NUMBER),
        **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum"), _NUMBER_OR_FLAG),
        **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _SIZE),
        **dict.fromkeys(("nullable", "readOnly", "writeOnly", "uniqueItems", "deprecated"), _FLAG),
        **dict.fromkeys(("format", "pattern", "title", "description", "contentEncoding", "contentMediaType"), _TEXT),
        "type": {"anyOf": [{"type": "string"}, _TEXTS]},
        "required": _TEXTS,
        "enum": {"type": "array"},
        "discriminator": _object(propertyName=_TEXT, mapping=_map(_TEXT)),
        "xml": _object(name=_TEXT, namespace=_TEXT, attribute=_FLAG, wrapped=_FLAG),
    },
}
_DOCUMENT: dict[str, Any] = {
    "$defs": {
        "example": _object(summary=_TEXT),
        "media": _object(schema=_of("schema"), examples=_map("example")),
        "content": _map("media"),
        "parameter": _object(
            **{"name": _TEXT, "in": _TEXT, "style": _TEXT, "required": _FLAG, "explode": _FLAG},
            schema=_of("schema"),
            content=_of("content"),
            examples=_map("example"),
        ),
        "header": _object(required=_FLAG, schema=_of("schema"), content=_of("content")),
        "response": _object(description=_TEXT, headers=_map("header"), content=_of("content")),
        "body": _object(required=_FLAG, content=_of("content")),
        "security": _list({"type": ["object", "null"]}),
        "operation": _object(
            operationId=_TEXT,
            tags=_TEXTS,
            parameters=_list("parameter"),
            requestBody=_of("body"),
            responses=_map("response"),
            security=_of("security"),
        ),
        "path": _object(
            parameters=_list("parameter"),
            **dict.fromkeys(("get", "put", "post", "delete", "options", "head", "patch", "trace"), _of("operation")),
        ),
    },
    **_object(
        info=_object(title=_ANY, version=_ANY, license=_object()),
        servers=_list(_object(url=_TEXT, variables=_map(_object()))),
        security=_of("security"),
        paths={"type": ["object", "null"], "propertyNames": {"pattern": "^(/|x-)"}, **_map("path")},
        components=_object(
            schemas=_map("schema"),
            responses=_map("response"),
            parameters=_map("parameter"),
            examples=_map("example"),
            requestBodies=_map("body"),
            headers=_map("header"),
            pathItems=_map("path"),
            securitySchemes=_map(_object(**{"type": _TEXT, "scheme": _TEXT, "in": _TEXT, "name": _TEXT})),
        ),
    ),
}


def errors(document: Mapping[str, Any], *, boolean_schemas: bool) -> Iterator[tuple[str, str]]:
    """Name each part that is not of the kind it must be: its JSON Pointer, and what is wrong with it.

    `boolean_schemas`: whether a schema may be `true` or `false`, as in 3.1.
    """
    for error in _validator(boolean_schemas).iter_errors(document):
        yield pointers.join(*error.instance_path), error.message


@cache
def _validator(boolean_schemas: bool) -> jsonschema_rs.Validator:
    kinds = ["object", "null", *(["boolean"] if boolean_schemas else [])]
    definitions = _DOCUMENT["$defs"] | {"schema": _SCHEMA | {"type": kinds}}
    return jsonschema_rs.Draft202012Validator(_DOCUMENT | {"$defs": definitions})
