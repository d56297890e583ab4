"""OpenAPI 3.1 is read as 3.0 where that loses nothing, and refused by keyword and place where it does."""

from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

from flowcontract.errors import ContractError
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType


def document(schema: Any, **more: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1", "summary": "Said by 3.1 alone"},
        "paths": {"/it": {"get": {"operationId": "it", "responses": {"200": {"description": "", "content": content}}}}},
    } | more


def media(schema: Any, **more: Any) -> MediaType:
    answer = Contract(document(schema, **more)).operation("it").success()
    assert answer is not None
    return answer.media["application/json"]


MEANINGS: list[tuple[Any, list[Any]]] = [
    ({"type": ["string", "null"]}, ["a", None, 1]),
    ({"type": ["string", "integer"], "minLength": 2, "minimum": 5}, ["ab", "a", 5, 4, None, []]),
    ({"type": ["string", "integer", "null"]}, ["a", 1, None, 1.5]),
    ({"type": "null"}, [None, 0, ""]),
    ({"type": ["string", "null"], "enum": ["a", None]}, ["a", None, "b"]),
    ({"type": ["string", "null"], "enum": ["a"]}, ["a", None]),
    ({"const": "a"}, ["a", "b", None]),
    ({"const": None}, [None, "a"]),
    ({"const": "a", "enum": ["a", "b"]}, ["a", "b"]),
    ({"type": "integer", "exclusiveMinimum": 3}, [3, 4]),
    ({"type": "integer", "exclusiveMinimum": 3, "minimum": 5}, [3, 4, 5]),
    ({"type": "integer", "exclusiveMinimum": 5, "minimum": 3}, [5, 6]),
    ({"type": "number", "exclusiveMaximum": 1.5, "maximum": 1.5}, [1.5, 1.4]),
    ({"type": ["object", "null"], "allOf": [{"type": "object"}]}, [{}, None]),
    ({"type": ["object", "null"], "anyOf": [{"type": "object"}, {"type": "null"}]}, [{}, None, 1]),
    ({"anyOf": [{"type": "string"}, {"type": "null"}]}, ["a", None, 1]),
    ({"type": "array"}, [[], [1], {}]),
    ({"type": "object", "additionalProperties": {"type": ["null", "boolean"]}}, [{"a": None}, {"a": 1}]),
    ({"type": "object", "properties": {"no": False, "any": True}}, [{"any": 1}, {"no": 1}]),
    ({"type": "string", "contentEncoding": "base64"}, ["YQ=="]),
    ({"type": "string", "$comment": "c", "examples": ["a"], "contentMediaType": "text/plain"}, ["b"]),
    ({"type": ["string", "null"], "nullable": False}, [None]),
]


@pytest.mark.parametrize(("schema", "values"), MEANINGS, ids=[str(schema) for schema, _ in MEANINGS])
def test_a_3_1_schema_admits_what_it_did(schema: Any, values: list[Any]) -> None:
    meant = jsonschema_rs.Draft202012Validator(schema)
    read = media(schema)

    assert {repr(value): read.is_valid(value) for value in values} == {
        repr(value): meant.is_valid(value) for value in values
    }


@pytest.mark.parametrize("schema", [schema for schema, _ in MEANINGS], ids=str)
def test_what_comes_out_is_a_3_0_document(schema: Any) -> None:
    OpenAPIV30SpecValidator(dict(Contract(document(schema)).document)).validate()


def test_what_stands_beside_a_reference_counts() -> None:
    components = {"schemas": {"Text": {"type": "string"}}}
    limited = media({"$ref": "#/components/schemas/Text", "maxLength": 2}, components=components)

    assert limited.is_valid("ab")
    assert not limited.is_valid("abc")
    assert not limited.is_valid(1)


@pytest.mark.parametrize("word", ["$defs", "definitions"])
def test_schemas_among_definitions_are_found_where_they_are_referred_to(word: str) -> None:
    components = {
        "schemas": {
            "Tree": {
                "type": "object",
                "properties": {"leaf": {"$ref": f"#/components/schemas/Tree/{word}/Leaf"}},
                word: {"Leaf": {"type": ["integer", "null"]}},
            },
            "Leaf": {"type": "string"},
        }
    }
    tree = media({"$ref": "#/components/schemas/Tree"}, components=components)

    assert tree.is_valid({"leaf": 1})
    assert tree.is_valid({"leaf": None})
    assert not tree.is_valid({"leaf": "text"})


@pytest.mark.parametrize(
    "keyword",
    [
        *("if", "then", "else", "prefixItems", "contains", "patternProperties", "propertyNames", "dependentRequired"),
        *("dependentSchemas", "unevaluatedProperties", "unevaluatedItems", "$id", "$anchor", "$dynamicRef"),
    ],
)
def test_what_3_0_cannot_say_is_refused_by_keyword_and_place(keyword: str) -> None:
    schema = {"type": "object", "properties": {"deep/er": {"items": {keyword: {}}}}}

    with pytest.raises(ContractError) as refused:
        media(schema)

    assert f"`{keyword}`" in str(refused.value)
    assert "/content/application~1json/schema/properties/deep~1er/items" in str(refused.value)


@pytest.mark.parametrize(
    ("more", "schema", "named"),
    [
        ({"jsonSchemaDialect": "https://example.com/own"}, {}, "jsonSchemaDialect"),
        ({}, {"$schema": "http://json-schema.org/draft-07/schema#"}, "$schema"),
        ({}, {"minimum": 1, "exclusiveMinimum": True}, "exclusiveMinimum"),
    ],
)
def test_an_unknown_dialect_is_refused(more: dict[str, Any], schema: Any, named: str) -> None:
    with pytest.raises(ContractError, match=f"`{named.replace('$', '.')}`"):
        media(schema, **more)


def test_a_property_may_be_called_like_a_keyword() -> None:
    named = {"if": {"type": "string"}, "$defs": {"type": "null"}, "definitions": {"type": "array", "items": {}}}
    schema = {"type": "object", "required": ["if"], "properties": named}

    assert media(schema).is_valid({"if": "so", "$defs": None, "definitions": []})
    assert not media(schema).is_valid({"if": 1})


def test_a_response_component_may_be_called_schema() -> None:
    components = {"responses": {"schema": {"description": "", "content": {"text/plain": {"schema": {"const": "a"}}}}}}
    paths = {"/it": {"get": {"operationId": "it", "responses": {"200": {"$ref": "#/components/responses/schema"}}}}}
    answer = Contract(document({}, components=components, paths=paths)).operation("it").success()

    assert answer is not None
    assert answer.media["text/plain"].is_valid("a")
    assert not answer.media["text/plain"].is_valid("b")


def test_a_shared_path_item_is_served_and_the_document_is_3_0() -> None:
    item = {"get": {"operationId": "shared", "responses": {"200": {"description": ""}}}}
    license_ = {"name": "MIT", "identifier": "MIT"}
    contract = Contract(
        document({}, components={"pathItems": {"It": item}}, paths={"/a": {"$ref": "#/components/pathItems/It"}})
        | {"info": {"title": "T", "version": "1", "license": license_}}
    )

    assert contract.operation("shared").path == "/a"
    OpenAPIV30SpecValidator(dict(contract.document)).validate()


def test_webhooks_are_no_operations() -> None:
    hook = {"post": {"operationId": "hook", "responses": {"200": {"description": ""}}}}

    assert set(Contract(document({}, webhooks={"new": hook})).operations) == {"it"}


def test_examples_of_a_schema_are_kept() -> None:
    assert media({"type": "string", "examples": ["first", "second"]}).schema == {"type": "string", "example": "first"}


@pytest.mark.parametrize("version", ["2.0", "3.2.0", "4.0.0", "x"])
def test_another_version_is_refused(version: str) -> None:
    with pytest.raises(ContractError, match=r"3\.0 and 3\.1 can be read"):
        Contract(document({}) | {"openapi": version})
