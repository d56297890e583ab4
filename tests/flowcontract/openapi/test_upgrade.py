"""The published differences between the schemas of OpenAPI 3.0 and JSON Schema 2020-12."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from flowcontract.openapi import upgrade

REFERENCE = {"$ref": "#/components/schemas/Other"}


@pytest.mark.parametrize(
    ("written", "upgraded"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        ({"nullable": True}, {}),
        ({"type": ["string"], "nullable": True}, {"type": ["string", "null"]}),
        ({"type": ["null", "string"], "nullable": True}, {"type": ["null", "string"]}),
        ({"nullable": True, "enum": ["a", None]}, {"enum": ["a", None]}),
        ({"nullable": True, "enum": "a"}, {"enum": "a"}),
        *(({"nullable": True, keyword: [REFERENCE]}, {"anyOf": [{keyword: [REFERENCE]}, {"type": "null"}]})
          for keyword in ("anyOf", "oneOf")),
        ({"nullable": True, "not": REFERENCE}, {"anyOf": [{"not": REFERENCE}, {"type": "null"}]}),
        ({"type": "string", "nullable": True, "enum": ["a"]}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"nullable": True, "allOf": [REFERENCE]}, {"anyOf": [{"allOf": [REFERENCE]}, {"type": "null"}]}),
        ({"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
        ({"minimum": 1, "exclusiveMinimum": False}, {"minimum": 1}),
        ({"maximum": 1, "exclusiveMaximum": True}, {"exclusiveMaximum": 1}),
        ({"exclusiveMaximum": True}, {}),
        ({"type": "string", "example": "a"}, {"type": "string", "examples": ["a"]}),
        ({"example": None}, {"examples": [None]}),
        ({**REFERENCE, "nullable": True, "description": "ignored in 3.0"}, REFERENCE),
        ({"type": "string", "format": "byte"}, {"type": "string", "format": "byte"}),
        (
            {"properties": {"nullable": {"type": "string", "nullable": True}}},
            {"properties": {"nullable": {"type": ["string", "null"]}}},
        ),
        ({"items": {"not": {"type": "string", "nullable": True}}}, {"items": {"not": {"type": ["string", "null"]}}}),
        (
            {"additionalProperties": {"nullable": True, "type": "number"}},
            {"additionalProperties": {"type": ["number", "null"]}},
        ),
        ({"allOf": 5, "properties": [1]}, {"allOf": 5, "properties": [1]}),
    ],
)  # fmt: skip
def test_a_schema_is_upgraded(written: Any, upgraded: Any) -> None:
    assert upgrade.schema(written) == upgraded


def test_every_schema_of_a_document_is_upgraded_and_no_example_is() -> None:
    schema = {"type": "string", "nullable": True}
    document = {
        "openapi": "3.0.3",
        "paths": {
            "/a": {
                "parameters": [{"name": "q", "in": "query", "schema": schema}],
                "get": {
                    "requestBody": {"content": {"a/b": {"schema": schema, "example": {"schema": schema}}}},
                    "responses": {
                        "200": {"headers": {"X": {"schema": schema}}, "content": {"a/b": {"schema": schema}}}
                    },
                    "x-own": {"schema": schema},
                },
            }
        },
        "components": {"schemas": {"x-named": schema}},
    }

    upgraded = upgrade.upgrade(document)

    item = upgraded["paths"]["/a"]
    nullable = {"type": ["string", "null"]}
    assert upgraded["openapi"].startswith("3.1")
    assert item["parameters"][0]["schema"] == nullable
    assert item["get"]["requestBody"]["content"]["a/b"] == {"schema": nullable, "example": {"schema": schema}}
    assert item["get"]["responses"]["200"]["headers"]["X"]["schema"] == nullable
    assert item["get"]["responses"]["200"]["content"]["a/b"]["schema"] == nullable
    assert item["get"]["x-own"] == {"schema": schema}
    assert upgraded["components"]["schemas"]["x-named"] == nullable


_LEAVES = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "integer", "object", "array"]),
        "nullable": st.booleans(),
        "enum": st.lists(st.sampled_from(["a", 1]), min_size=1, unique=True),
        "minimum": st.integers(-3, 3),
        "exclusiveMinimum": st.booleans(),
    },
)
_SCHEMAS = st.recursive(
    _LEAVES,
    lambda inner: st.fixed_dictionaries(
        {}, optional={"allOf": st.lists(inner, min_size=1, max_size=2), "items": inner, "nullable": st.booleans()}
    ),
    max_leaves=5,
)


@given(_SCHEMAS)
def test_every_upgraded_schema_is_valid_json_schema(schema: Any) -> None:
    Draft202012Validator.check_schema(upgrade.schema(schema))


@given(_SCHEMAS.filter(lambda schema: schema.get("nullable") is True))
def test_a_nullable_schema_admits_null(schema: Any) -> None:
    assert Draft202012Validator(upgrade.schema(schema)).is_valid(None)
