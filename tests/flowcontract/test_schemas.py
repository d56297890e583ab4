"""Schemas of OpenAPI 3.0 mean what OpenAPI 3.0 says, and an error leads back to a place in the contract."""

import json
from typing import Any, Literal

import pytest

from flowcontract.openapi.normalization import normalize
from flowcontract.openapi.schemas import Schemas

Direction = Literal["request", "response"]


def read(document: dict[str, Any]) -> Schemas:
    document = {"openapi": "3.0.3", **document}
    return Schemas(normalize(document), lambda: document, lambda: json.dumps(document).encode())


def schemas(**named: Any) -> Schemas:
    return read({"components": {"schemas": named}})


def is_valid(schema: Any, instance: Any, direction: Direction = "response") -> bool:
    return schemas(X=schema).is_valid("/components/schemas/X", instance, direction)


@pytest.mark.parametrize(
    ("schema", "valid", "invalid"),
    [
        ({"type": "string", "format": "uuid"}, "44212e41-f29b-444d-906d-343d3374e321", "not-a-uuid"),
        ({"type": "string", "format": "date-time"}, "2024-08-01T10:00:00Z", "yesterday"),
        ({"type": "string", "format": "date"}, "2024-08-01", "2024-13-01"),
        ({"type": "string", "format": "byte"}, "YWJj", "a*b"),
        ({"type": "string", "format": "of our own"}, "anything", 1),
        ({"type": "integer"}, 1, 1.5),
        ({"type": "integer"}, 2**70, True),
        ({"type": "integer", "format": "int32"}, 2**31 - 1, 2**31),
        ({"type": "integer", "format": "int64"}, -(2**63), -(2**63) - 1),
        ({"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"}, "a-B_9", "a b"),
        ({"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"}, "abc", "abc\n"),
        ({"type": "string", "pattern": "^\\d+$"}, "12", "١٢"),
        ({"type": "string", "maxLength": 2}, "😀😀", "abc"),
        ({"type": "string"}, "", None),
        ({"type": "string", "maxLength": 1}, "\ud800", "\ud800a"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"\udfff": "\ud800"}, {"\udfff": 1}),
        ({"type": "string", "nullable": True}, None, 1),
        ({"type": "string", "nullable": True, "enum": ["a"]}, None, "b"),
        ({"nullable": True, "allOf": [{"type": "string"}]}, None, 1),
        ({"nullable": True, "allOf": [{"type": "integer", "format": "int32"}]}, None, 2**40),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, 2, 1),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": False}, 1, 0),
        ({"type": "integer", "maximum": 9, "exclusiveMaximum": True}, 8, 9),
        ({"type": "object", "additionalProperties": False, "properties": {"a": {}}}, {"a": 1}, {"b": 1}),
        ({"type": "object", "properties": {"nullable": {"type": "string"}}}, {"nullable": "x"}, {"nullable": None}),
        ({"type": "array", "items": {"type": "string"}, "uniqueItems": True}, ["a"], ["a", "a"]),
        ({"type": "string", "example": 5, "deprecated": True, "xml": {"name": "x"}}, "a", 5),
    ],
)
def test_a_schema_tells_valid_from_invalid(schema: Any, valid: Any, invalid: Any) -> None:
    assert is_valid(schema, valid)
    assert not is_valid(schema, invalid)


def test_what_stands_beside_a_reference_is_ignored() -> None:
    both = schemas(X={"$ref": "#/components/schemas/Y", "type": "integer"}, Y={"type": "string"})

    assert both.is_valid("/components/schemas/X", "text")


def test_a_read_only_field_is_required_of_answers_alone() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "readOnly": True}}}

    assert not is_valid(schema, {}, "response")
    assert is_valid(schema, {}, "request")


def test_a_write_only_field_is_required_of_requests_alone_and_never_answered() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "writeOnly": True}}}

    assert not is_valid(schema, {}, "request")
    assert is_valid(schema, {}, "response")
    assert not is_valid(schema, {"a": "secret"}, "response")


def test_a_schema_that_contains_itself_is_judged() -> None:
    tree = {"type": "object", "properties": {"left": {"$ref": "#/components/schemas/X"}}, "additionalProperties": False}

    assert is_valid(tree, {"left": {"left": {}}})
    assert not is_valid(tree, {"left": {"right": {}}})


@pytest.mark.parametrize(
    ("schema", "instance", "keyword", "at", "place"),
    [
        ({"type": "string"}, 1, "type", "", "/type"),
        ({"properties": {"a/b": {"maxLength": 1}}}, {"a/b": "xx"}, "maxLength", "/a~1b", "/properties/a~1b/maxLength"),
        ({"minimum": 1, "exclusiveMinimum": True}, 1, "exclusiveMinimum", "", "/exclusiveMinimum"),
        ({"nullable": True, "allOf": [{"enum": ["a"]}]}, "b", "enum", "", "/allOf/0/enum"),
        ({"items": {"type": "integer"}}, [1, "x"], "type", "/1", "/items/type"),
        ({"required": ["a"]}, {}, "required", "", "/required"),
        ({"items": {"type": "integer"}}, [1, "\ud800"], "type", "/1", "/items/type"),
    ],
)
def test_an_error_names_the_place_in_the_contract(
    schema: Any, instance: Any, keyword: str, at: str, place: str
) -> None:
    errors = list(schemas(X=schema).errors("/components/schemas/X", instance))

    assert [(error.keyword, error.instance) for error in errors] == [(keyword, at)]
    assert errors[0].pointer == f"/components/schemas/X{place}"


def test_an_error_behind_a_reference_is_placed_where_the_keyword_stands() -> None:
    both = schemas(X={"properties": {"y": {"$ref": "#/components/schemas/Y"}}}, Y={"type": "string"})

    (error,) = both.errors("/components/schemas/X", {"y": 1})

    assert error.pointer == "/components/schemas/Y/type"


def test_components_may_be_named_like_extensions_and_referred_to_in_percent_form() -> None:
    target = "#/paths/~1a~1%7Bid%7D/get/responses/200/content/a~1b/schema"
    header = {"name": "x-trace", "in": "header", "schema": {"$ref": target}}
    content = {"a/b": {"schema": {"type": "integer"}}}
    found = read(
        {
            "components": {"parameters": {"x-trace": header}, "schemas": {"x-own": {"type": "integer"}}},
            "paths": {"/a/{id}": {"get": {"responses": {"200": {"content": content}}}}},
        }
    )

    assert found.is_valid("/components/schemas/x-own", 1)
    assert not found.is_valid(target[1:].replace("%7B", "{").replace("%7D", "}"), "1")


def test_a_schema_within_another_one_is_found_by_its_pointer() -> None:
    found = schemas(X={"type": "object", "properties": {"a": {"type": "string"}}})

    assert found.is_valid("/components/schemas/X/properties/a", "text")
    assert not found.is_valid("/components/schemas/X/properties/a", 1)


def test_an_error_within_a_nullable_composition_is_located_in_the_document() -> None:
    found = schemas(X={"nullable": True, "allOf": [{"type": "integer", "maximum": 5}]})

    (error,) = found.errors("/components/schemas/X", 6)

    assert error.pointer == "/components/schemas/X/allOf/0/maximum"
