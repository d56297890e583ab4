"""Documents of every version become one model, and what cannot be used in them stops nothing else."""

from typing import Any

import pytest

from flowcontract.openapi.contract import Contract
from flowcontract.openapi.normalization import normalize


def contract(schema: Any, version: str = "3.1.0", **schemas: Any) -> Contract:
    content = {"application/json": {"schema": schema}}
    return Contract(
        {
            "openapi": version,
            "info": {"title": "Boats", "version": "1"},
            "paths": {
                "/boats": {
                    "get": {"operationId": "boats", "responses": {"200": {"description": "", "content": content}}}
                },
                "/oars": {"get": {"operationId": "oars", "responses": {"204": {"description": "none"}}}},
            },
            "components": {"schemas": schemas},
        }
    )


def is_valid(read: Contract, instance: Any) -> bool:
    return read.operation("boats").responses["200"].media["application/json"].is_valid(instance)


TREE = {
    "$id": "https://boats.example/tree",
    "$dynamicAnchor": "node",
    "type": "object",
    "properties": {"kids": {"type": "array", "items": {"$dynamicRef": "#node"}}},
}
STRICT = {
    "$id": "https://boats.example/strict",
    "$dynamicAnchor": "node",
    "$ref": "tree",
    "unevaluatedProperties": False,
}


@pytest.mark.parametrize(
    ("schema", "valid", "invalid"),
    [
        ({"type": ["integer", "null"]}, None, "a"),
        ({"const": {"a": [1]}}, {"a": [1]}, {"a": [2]}),
        ({"exclusiveMinimum": 3}, 4, 3),
        ({"prefixItems": [{"type": "string"}], "items": False}, ["a"], ["a", 1]),
        ({"contains": {"type": "null"}, "maxContains": 1}, [None], [None, None]),
        ({"propertyNames": {"maxLength": 2}}, {"ab": 1}, {"abc": 1}),
        ({"patternProperties": {"^x": {"type": "integer"}}}, {"x": 1}, {"x": "1"}),
        ({"dependentSchemas": {"a": {"required": ["b"]}}}, {"a": 1, "b": 1}, {"a": 1}),
        ({"if": {"type": "string"}, "then": {"minLength": 2}}, "ab", "a"),
        ({"unevaluatedItems": False, "prefixItems": [True]}, [1], [1, 2]),
        ({"$ref": "#/components/schemas/Named", "maxLength": 3}, "abc", "abcd"),
        ({"$ref": "#/components/schemas/Named/$defs/inner"}, 5, "5"),
        ({"$ref": "#mast"}, True, 1),
        ({"$ref": "https://boats.example/hull"}, 1.5, "1.5"),
        ({"$ref": "#/components/schemas/Strict"}, {"kids": [{"kids": []}]}, {"kids": [{"other": 1}]}),
        ({"$ref": "#/components/schemas/Tree"}, {"kids": [{"other": 1}]}, {"kids": [1]}),
        (True, [1], None),
        ({"$comment": "no rule", "unknown": 1, "nullable": True, "type": "string"}, "a", None),
    ],
)
def test_every_keyword_of_json_schema_counts(schema: Any, valid: Any, invalid: Any) -> None:
    named = {"type": "string", "$defs": {"inner": {"type": "integer"}}}
    read = contract(
        schema,
        Named=named,
        Mast={"$anchor": "mast", "type": "boolean"},
        Hull={"$id": "https://boats.example/hull", "type": "number"},
        Tree=TREE,
        Strict=STRICT,
    )

    assert read.problems == ()
    assert is_valid(read, valid)
    assert schema is True or not is_valid(read, invalid)


@pytest.mark.parametrize("version", ["3.0.3", "3.1.1", "3.2.0"])
def test_every_version_is_read(version: str) -> None:
    assert set(contract({"type": "string"}, version).operations) == {"boats", "oars"}


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"oneOf": []}, "/schema/oneOf: expected a non-empty array of schemas, got an empty array"),
        ({"enum": []}, "/schema/enum: expected a non-empty array"),
        ({"type": "file"}, "/schema/type: expected a JSON type, got 'file'"),
        ({"type": 5}, "/schema/type: expected a JSON type, got 5"),
        ({"pattern": "^("}, "/schema/pattern: the pattern '^(' is invalid"),
        ({"pattern": "^.{1,2097152}$"}, "is checked without its large upper bound"),
        ({"minLength": "3"}, "/schema/minLength: expected a non-negative integer, got '3'"),
        ({"minimum": "3"}, "/schema/minimum: expected a number"),
        ({"exclusiveMinimum": True}, "/schema/exclusiveMinimum: expected a number, got true or false"),
        ({"required": True}, "/schema/required: expected an array of names, got True"),
        ({"properties": [1]}, "/schema/properties: expected an object of schemas, got an array"),
        ({"properties": {"a": 5}}, "/schema/properties/a: expected a schema, got 5"),
        ({"items": [{"type": "string"}]}, "/schema/items: expected a schema, got an array"),
        ({"$ref": "#/components/schemas/Nowhere"}, "/schema/$ref: refers to '#/components/schemas/Nowhere'"),
        ({"$ref": "#nowhere"}, "refers to '#nowhere', which does not exist"),
        ({"$ref": "#"}, "refers to '#', which does not exist"),
        ({"$ref": "other.yaml"}, "refers to 'other.yaml', which does not exist"),
        ({"$ref": 5}, "/schema/$ref: expected a string, got 5"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "is read as JSON Schema 2020-12"),
        ("text", "/schema: expected a schema, got 'text'"),
    ],
)
def test_a_keyword_that_cannot_be_used_is_named_and_stops_nothing_else(schema: Any, text: str) -> None:
    read = contract(schema)

    (problem,) = read.problems
    assert text in str(problem)
    assert is_valid(read, "any value") or is_valid(read, [1])
    assert read.operation("oars").responses["204"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": ["string", None]},
        {"anyOf": [{"type": "string"}, {"type": None}]},
        {"oneOf": [{"type": "string"}, None]},
    ],
)
def test_null_without_quotes_is_the_type_null_and_named(schema: Any) -> None:
    read = contract(schema)

    (problem,) = read.problems
    assert "got null; it is read as" in str(problem)
    assert is_valid(read, None)
    assert is_valid(read, "text")
    assert not is_valid(read, 5)


def test_a_field_without_a_schema_is_known_and_named() -> None:
    read = contract({"properties": {"a": None}, "additionalProperties": False})

    (problem,) = read.problems
    assert "/schema/properties/a: expected a schema, got null" in str(problem)
    assert is_valid(read, {"a": 1})


def test_references_that_go_in_a_circle_admit_anything() -> None:
    read = contract(
        {"$ref": "#/components/schemas/A"}, A={"$ref": "#/components/schemas/B"}, B={"$ref": "#/components/schemas/A"}
    )

    assert is_valid(read, 1)
    assert (
        read.operation("boats")
        .responses["200"]
        .media["application/json"]
        .schemas.resolve({"$ref": "#/components/schemas/A"})
        == {}
    )


def test_a_document_of_components_alone_has_no_operations() -> None:
    assert not Contract({"openapi": "3.1.0", "info": {"title": "", "version": ""}, "components": {}}).operations


def test_a_path_refers_to_a_shared_item_and_adds_to_nothing() -> None:
    item = {"get": {"operationId": "shared", "responses": {}}}
    read = Contract(
        {
            "openapi": "3.1.0",
            "info": {"title": "", "version": ""},
            "paths": {"/a": {"$ref": "#/components/pathItems/A"}, "/b": {"$ref": "#/components/pathItems/None"}},
            "components": {"pathItems": {"A": item}},
        }
    )

    assert read.operation("shared").path == "/a"
    assert ["/paths/~1b" in str(problem) for problem in read.problems] == [True]


def test_additional_operations_of_3_2_are_operations() -> None:
    item = {
        "query": {"operationId": "find", "responses": {}},
        "additionalOperations": {"COPY": {"operationId": "copy", "responses": {}}},
    }
    read = Contract({"openapi": "3.2.0", "info": {"title": "", "version": ""}, "paths": {"/a": item}})

    assert {operation.method for operation in read.operations.values()} == {"QUERY", "COPY"}


def test_patterns_of_other_engines_are_read() -> None:
    read = contract(
        {
            "properties": {
                "a": {"pattern": r"^(?<year>\d{4})-\k<year>$"},
                "b": {"pattern": r"^[\w-.]+$"},
                "c": {"pattern": "^{x}$"},
            }
        }
    )

    assert read.problems == ()
    assert is_valid(read, {"a": "1999-1999", "b": "a-b.c", "c": "{x}"})
    assert not is_valid(read, {"a": "1999-2000"})
    assert not is_valid(read, {"b": "a b"})
    assert not is_valid(read, {"c": "x"})


def test_a_web_of_schemas_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each schema reaches every other one: compiled for each operation, they would fill the memory."""
    import jsonschema_rs

    compiled = []
    make = jsonschema_rs.Draft202012Validator

    def counting(*args: Any, **options: Any) -> Any:
        compiled.append(args)
        return make(*args, **options)

    monkeypatch.setattr(jsonschema_rs, "Draft202012Validator", counting)
    names = [f"N{number}" for number in range(60)]
    web = {
        name: {"type": "object", "properties": {other: {"$ref": f"#/components/schemas/{other}"} for other in names}}
        for name in names
    }
    read = contract({"$ref": "#/components/schemas/N0"}, **web)

    assert all(read.schemas.is_valid(f"/components/schemas/{name}", {"N5": {"N7": {}}}) for name in names)
    assert len(compiled) == 1


def test_a_path_parameter_that_is_not_declared_may_be_any_text() -> None:
    shared = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    operation = {"responses": {"200": {"description": "OK"}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {
            "/a/{id}/{part}": {"parameters": [{"$ref": "#/components/parameters/id"}], "get": operation},
            "/b/{id}": {"get": {**operation, "parameters": [shared]}},
        },
        "components": {"parameters": {"id": shared}},
    }

    found = normalize(document)

    assert [str(problem) for problem in found.problems] == [
        "/paths/~1a~1{id}~1{part}/get: the path parameter `part` is not declared; it may be any text."
    ]
    added = found.document["paths"]["/a/{id}/{part}"]["get"]["parameters"]
    assert added == [{"name": "part", "in": "path", "required": True, "schema": {"type": "string"}}]
    assert found.schema("/paths/~1a~1{id}~1{part}/get/parameters/0/schema") == {"type": "string"}


@pytest.mark.parametrize("kinds", [{"a": 1}, [[]], [{"a": 1}, "integer"], 1])
def test_a_type_that_is_no_name_is_a_problem(kinds: Any) -> None:
    read = contract({"type": kinds})

    assert [problem.pointer.rpartition("/")[2] for problem in read.problems] == ["type"]
    assert is_valid(read, "anything")


def test_a_field_that_may_be_null_and_has_no_readable_schema() -> None:
    read = contract({"type": "object", "properties": {"a": {"anyOf": [1, {"type": "null"}]}}})

    assert is_valid(read, {"a": None})


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_headers_and_components_may_be_called_as_extensions_are(version: str) -> None:
    left = {"schema": {"type": "integer", "maximum": 9}, "example": 12}
    headers = {"x-request-id": {"schema": {"type": "string"}}, "x-left": {"$ref": "#/components/headers/x-left"}}
    none = {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}
    responses = {
        "x-own": 3,
        "200": {"description": "", "headers": headers},
        "404": {"$ref": "#/components/responses/x-none"},
    }
    contract = Contract(
        {
            "openapi": version,
            "info": {"title": "T", "version": "1"},
            "paths": {"x-own": {"schema": 1}, "/a": {"get": {"operationId": "a", "responses": responses}}},
            "components": {"headers": {"x-left": left}, "responses": {"x-none": none}},
        }
    )

    found = contract.operation("a").responses

    assert list(found) == ["200", "404"]
    named = found["200"].headers
    assert [
        named["x-request-id"].schemas.is_valid(named["x-request-id"].schema_pointer, value) for value in ("a", 1)
    ] == [
        True,
        False,
    ]
    assert not named["x-left"].schemas.is_valid(named["x-left"].schema_pointer, 12)
    assert not found["404"].media["application/json"].is_valid([])
