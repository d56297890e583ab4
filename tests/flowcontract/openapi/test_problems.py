"""What in a document cannot be used: what is said of it, where, and what is left."""

from typing import Any

import pytest

from flowcontract.openapi.normalization import Problem, normalize

AT = "/components/schemas/X"
STRING = {"type": "string"}


def read(schema: Any, **schemas: Any) -> tuple[Any, list[str]]:
    """A schema in the one model, and the problems with it, without the pointer of the schema."""
    found = normalize({"openapi": "3.1.0", "components": {"schemas": {"X": schema, **schemas}}})
    return found.schema(AT), [f"{one.pointer.removeprefix(AT)} {one.message}" for one in found.problems]


SAME: list[Any] = [
    True,
    False,
    {"const": None, "default": None},
    {"minimum": -1.5, "maximum": 2, "exclusiveMinimum": 0, "exclusiveMaximum": 9, "multipleOf": 0.5},
    {"minLength": 0, "maxItems": 3, "minContains": 0, "maxProperties": 7},
    {"readOnly": True, "writeOnly": False, "uniqueItems": True, "deprecated": True},
    {"format": "x", "title": "T", "description": "D", "contentEncoding": "base64", "contentMediaType": "a/b"},
    {"contentSchema": STRING, "not": STRING, "if": STRING, "then": STRING, "else": STRING, "contains": STRING},
    {"propertyNames": STRING, "additionalProperties": False, "unevaluatedItems": False, "unevaluatedProperties": True},
    {"allOf": [STRING], "anyOf": [True], "oneOf": [STRING], "prefixItems": [False]},
    {"properties": {"a/b": STRING}, "dependentSchemas": {"a": STRING}, "$defs": {"d": STRING}, "definitions": {}},
    {"required": ["a"], "dependentRequired": {"a": ["b"]}, "enum": [None, 1], "examples": []},
    {"xml": {"name": "x"}, "externalDocs": 5, "x-own": [1]},
    {"type": ["string", "null"], "pattern": "^a$", "discriminator": {"propertyName": "p"}},
]


@pytest.mark.parametrize("schema", SAME)
def test_what_can_be_used_stays_as_it_is(schema: Any) -> None:
    assert read(schema) == (schema, [])


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        ({"$comment": "c", "nullable": True, "unknown": 1}, {}),
        ({"title": 5, "description": None, "minLength": None}, {}),
        ({"minLength": 3.0}, {"minLength": 3}),
        ({"required": ["a", "b", "a"]}, {"required": ["a", "b"]}),
        ({"dependentRequired": {"a": ["b", "b"]}}, {"dependentRequired": {"a": ["b"]}}),
        ({"type": ["string", "string"]}, {"type": ["string"]}),
        ({"examples": [1], "example": 0}, {"examples": [0, 1]}),
        ({"example": 0, "examples": [1]}, {"examples": [0, 1]}),
        ({"example": None}, {"examples": [None]}),
        ({"$schema": "https://json-schema.org/draft/2020-12/schema#"}, {}),
        ({"$schema": "https://spec.openapis.org/oas/3.1/dialect/base"}, {}),
        ({"$schema": "https://spec.openapis.org/oas/3.2/dialect/2025-09-17"}, {}),
        ({"$anchor": "a", "$dynamicAnchor": "b", "$id": "https://x.example"},
         {"$dynamicAnchor": "b", "$id": "https://x.example"}),
        ({"patternProperties": {r"^[\w-.]": STRING}}, {"patternProperties": {r"^[\w\-.]": STRING}}),
        ({"pattern": r"^a\Z"}, {"pattern": "^a$"}),
        ({"$ref": "#/components/schemas/Y Z"}, {"$ref": "#/components/schemas/Y%20Z"}),
        ({"$dynamicRef": "#here"}, {"$ref": "#/components/schemas/Here"}),
        *(
            ({"discriminator": {"propertyName": "p", "mapping": {"a": name}}},
             {"discriminator": {"propertyName": "p", "mapping": {"a": f"#/components/schemas/{found}"}}})
            for name, found in (
                ("Y Z", "Y%20Z"), ("#/components/schemas/Y%20Z", "Y%20Z"), ("#here", "Here"),
                ("a/b~c", "a~1b~0c"), ("#/components/schemas/a~1b~0c", "a~1b~0c"),
            )
        ),
    ],
)  # fmt: skip
def test_what_means_the_same_is_written_in_one_way(schema: Any, found: Any) -> None:
    more = {"Y Z": STRING, "Here": {"$dynamicAnchor": "here"}, "a/b~c": STRING}

    assert read(schema, **more) == (found, [])


@pytest.mark.parametrize(
    ("schema", "found", "problem"),
    [
        (5, True, " expected a schema, got 5; any value is accepted."),
        ([], True, " expected a schema, got an array; any value is accepted."),
        ("x" * 99, True, f" expected a schema, got '{'x' * 79}; any value is accepted."),
        ({"items": [1]}, {"items": True}, "/items expected a schema, got an array; any value is accepted."),
        ({"allOf": {}}, {}, "/allOf expected a non-empty array of schemas, got an object; it is ignored."),
        ({"anyOf": []}, {}, "/anyOf expected a non-empty array of schemas, got an empty array; it is ignored."),
        ({"oneOf": [5]}, {"oneOf": [True]}, "/oneOf/0 expected a schema, got 5; any value is accepted."),
        ({"allOf": [None]}, {"allOf": [True]}, "/allOf/0 expected a schema, got null; any value is accepted."),
        (
            {"anyOf": [None]},
            {"anyOf": [{"type": "null"}]},
            '/anyOf/0 expected `type: "null"`, got null; it is read as that.',
        ),
        ({"properties": 1}, {}, "/properties expected an object of schemas, got 1; it is ignored."),
        (
            {"properties": {"a/b": 1}},
            {"properties": {"a/b": True}},
            "/properties/a~1b expected a schema, got 1; any value is accepted.",
        ),
        (
            {"patternProperties": {"(": STRING, "a": STRING}},
            {"patternProperties": {"a": STRING}},
            "/patternProperties/( the pattern '(' is invalid, so it is not checked.",
        ),
        ({"pattern": 5}, {}, "/pattern expected a regular expression, got 5; it is ignored."),
        (
            {"pattern": "(" * 90},
            {},
            f"/pattern the pattern '{'(' * 80}' is invalid, so it is not checked.",
        ),
        (
            {"pattern": ".{1,2097152}"},
            {"pattern": ".{1,}"},
            "/pattern the pattern '.{1,2097152}' is checked without its large upper bound.",
        ),
        ({"minLength": -1}, {}, "/minLength expected a non-negative integer, got -1; it is ignored."),
        ({"minLength": 1.5}, {}, "/minLength expected a non-negative integer, got 1.5; it is ignored."),
        ({"minLength": True}, {}, "/minLength expected a non-negative integer, got True; it is ignored."),
        ({"minimum": "1"}, {}, "/minimum expected a number, got '1'; it is ignored."),
        ({"maximum": 1e400}, {}, "/maximum expected a number, got inf; it is ignored."),
        ({"maxLength": 1e400}, {}, "/maxLength expected a non-negative integer, got inf; it is ignored."),
        ({"minimum": True}, {}, "/minimum expected a number, got True; it is ignored."),
        ({"multipleOf": 0}, {}, "/multipleOf expected a number, got 0; it is ignored."),
        (
            {"exclusiveMaximum": True},
            {},
            "/exclusiveMaximum expected a number, got true or false (OpenAPI 3.0); it is ignored.",
        ),
        ({"readOnly": "yes"}, {}, "/readOnly expected true or false, got 'yes'; it is ignored."),
        ({"format": 5}, {}, "/format expected a string, got 5; it is ignored."),
        ({"type": None}, {"type": "null"}, '/type expected "null" in quotes, got null; it is read as "null".'),
        (
            {"type": ["string", None]},
            {"type": ["string", "null"]},
            '/type expected "null" in quotes, got null; it is read as "null".',
        ),
        ({"type": []}, {}, "/type expected a JSON type, got none; it is ignored."),
        ({"type": "any"}, {}, "/type expected a JSON type, got 'any'; it is ignored."),
        ({"type": ["string", "any", 5]}, {}, "/type expected a JSON type, got 'any', 5; it is ignored."),
        ({"required": "a"}, {}, "/required expected an array of names, got 'a'; it is ignored."),
        ({"required": ["a", 5]}, {}, "/required expected an array of names, got an array; it is ignored."),
        (
            {"dependentRequired": {"a": "b"}},
            {},
            "/dependentRequired expected an array of names, got an object; it is ignored.",
        ),
        ({"enum": []}, {}, "/enum expected a non-empty array, got an empty array; it is ignored."),
        ({"enum": "a"}, {}, "/enum expected a non-empty array, got 'a'; it is ignored."),
        ({"examples": "a"}, {}, "/examples expected a non-empty array, got 'a'; it is ignored."),
        ({"discriminator": "p"}, {}, "/discriminator expected an object with `propertyName`; it is ignored."),
        ({"discriminator": {}}, {}, "/discriminator expected an object with `propertyName`; it is ignored."),
        (
            {"discriminator": {"propertyName": "p", "mapping": []}},
            {"discriminator": {"propertyName": "p"}},
            "/discriminator expected an object as `mapping`, got an array; it is ignored.",
        ),
        (
            {"discriminator": {"propertyName": "p", "mapping": {"a": "Nowhere"}}},
            {"discriminator": {"propertyName": "p", "mapping": {}}},
            "/discriminator/mapping refers to 'Nowhere', which does not exist; it is ignored.",
        ),
        ({"$ref": 5}, {}, "/$ref expected a string, got 5; it is ignored."),
        ({"$id": 5}, {}, "/$id expected a string, got 5; it is ignored."),
        (
            {"$id": "urn:a", "items": {"$id": "urn:a", "type": "string"}},
            {"$id": "urn:a", "items": STRING},
            f"/items/$id is the identifier of {AT}, too; it is ignored.",
        ),
        ({"$anchor": None}, {}, ""),
        ({"$dynamicAnchor": 5}, {}, "/$dynamicAnchor expected a string, got 5; it is ignored."),
        (
            {"$ref": "#/components/schemas/Nowhere", "title": "x"},
            {"title": "x"},
            "/$ref refers to '#/components/schemas/Nowhere', which does not exist; any value is accepted.",
        ),
        (
            {"$dynamicRef": "#nowhere"},
            {},
            "/$dynamicRef refers to '#nowhere', which does not exist; any value is accepted.",
        ),
        ({"$ref": "#/info/title"}, {}, "/$ref refers to '#/info/title', which does not exist; any value is accepted."),
        ({"$ref": "urn:x:y"}, {}, "/$ref refers to 'urn:x:y', which does not exist; any value is accepted."),
        ({"$ref": "http://[x"}, {}, "/$ref refers to 'http://[x', which does not exist; any value is accepted."),
        ({"$ref": f"#{AT}"}, {}, "/$ref leads back to itself; any value is accepted."),
        (
            {"$schema": "https://json-schema.org/draft-07/schema#"},
            {},
            "/$schema the dialect 'https://json-schema.org/draft-07/schema#' is read as JSON Schema 2020-12.",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_left_out_and_named(schema: Any, found: Any, problem: str) -> None:
    assert read(schema) == (found, [problem] if problem else [])


@pytest.mark.parametrize(
    ("fields", "at", "problem"),
    [
        ({"info": "x"}, "info", "/info: expected an object, got 'x'; it is ignored."),
        ({"servers": {}}, "servers", "/servers: expected an array, got an object; it is ignored."),
        ({"servers": [1, None]}, "servers", "/servers/0: expected an object, got 1; it is ignored."),
        ({"servers": [{"url": 5}]}, "servers", "/servers/0/url: expected a string, got 5; it is ignored."),
        ({"paths": []}, "paths", "/paths: expected an object, got an array; it is ignored."),
        ({"paths": {"/a": {"get": 5}}}, "paths", "/paths/~1a/get: expected an object, got 5; it is ignored."),
        (
            {"paths": {"/a": {"get": {"deprecated": "no"}}}},
            "paths",
            "/paths/~1a/get/deprecated: expected true or false, got 'no'; it is ignored.",
        ),
        (
            {"paths": {"/a": {"get": {"tags": "a"}}}},
            "paths",
            "/paths/~1a/get/tags: expected an array of strings, got 'a'; it is ignored.",
        ),
        (
            {"paths": {"/a": {"get": {"tags": [1]}}}},
            "paths",
            "/paths/~1a/get/tags: expected an array of strings, got an array; it is ignored.",
        ),
        (
            {"paths": {"/a": {"get": {"parameters": [{"$ref": "#/components/parameters/P"}]}}}},
            "paths",
            "/paths/~1a/get/parameters/0: refers to '#/components/parameters/P', which does not exist; it is ignored.",
        ),
        (
            {"paths": {"/a": {"get": {"responses": {"200": {"$ref": "other.yaml"}}}}}},
            "paths",
            "/paths/~1a/get/responses/200: refers to 'other.yaml', which does not exist; it is ignored.",
        ),
        (
            {"paths": {"/a": {"$ref": "#"}}},
            "paths",
            "/paths/~1a: refers to '#', which does not exist; it is ignored.",
        ),
        (
            {"paths": {"/a": {"$ref": "#/info/title"}}, "info": {"title": "x"}},
            "paths",
            "/paths/~1a: refers to '#/info/title', which does not exist; it is ignored.",
        ),
        (
            {"jsonSchemaDialect": "https://x.example"},
            "jsonSchemaDialect",
            "/jsonSchemaDialect: the dialect 'https://x.example' is read as JSON Schema 2020-12.",
        ),
    ],
)
def test_a_part_of_the_document_of_a_wrong_type_is_named(fields: Any, at: str, problem: str) -> None:
    found = normalize({"openapi": "3.1.0", **fields})

    assert [str(one) for one in found.problems] == [problem]


def test_what_is_extended_or_null_is_no_problem() -> None:
    found = normalize(
        {
            "openapi": "3.1.0",
            "x-own": 5,
            "paths": {"x-more": 1, "/a": {"get": {"deprecated": None, "tags": None, "responses": {"200": None}}}},
            "components": {"schemas": {"x-a": {"type": "string"}, "b": None}},
            "security": None,
        }
    )

    assert found.problems == ()
    assert found.document["paths"] == {"x-more": 1, "/a": {"get": {"responses": {}}}}
    assert found.document["x-own"] == 5
    assert "security" not in found.document
    assert found.schema("/components/schemas/x-a") == STRING
    with pytest.raises(LookupError):
        found.schema("/components/schemas/b")


def test_objects_beside_the_document_are_read_by_the_kind_that_is_expected() -> None:
    response = {"description": 5, "content": {"a/b": {"schema": {"$ref": "#/x-files/s"}}}}
    found = normalize(
        {
            "openapi": "3.1.0",
            "paths": {
                "/a": {"get": {"responses": {"200": {"$ref": "#/x-files/r%20r"}, "201": {"$ref": "#/x-files/r r"}}}}
            },
            "x-files": {"r r": response, "s": {"type": "any"}},
        }
    )

    assert [str(one) for one in found.problems] == [
        "/x-files/r r/description: expected a string, got 5; it is ignored.",
        "/x-files/s/type: expected a JSON type, got 'any'; it is ignored.",
    ]
    responses = found.document["paths"]["/a"]["get"]["responses"]
    assert responses == {status: {"$ref": "#/x-files/r%20r"} for status in ("200", "201")}
    assert found.resolve("/x-files/r r") == {"content": {"a/b": {"schema": {"$ref": "#/x-files/s"}}}}
    assert found.schema("/x-files/s") == {}
    assert found.resolve("/paths/~1a/get/responses/200") == responses["200"]
    with pytest.raises(LookupError):
        found.resolve("/x-files/other")


def test_references_are_relative_to_identifiers() -> None:
    found = normalize(
        {
            "openapi": "3.1.0",
            "components": {
                "schemas": {
                    "Base": {
                        "$id": "https://x.example/a/base",
                        "properties": {
                            "one": {"$ref": "other"},
                            "two": {"$ref": "#/$defs/inner"},
                            "three": {"$ref": "other#mark"},
                            "four": {"$ref": "#here"},
                            "five": {"$ref": "/components/schemas/Other"},
                            "six": {"$ref": "#/components/schemas/Other"},
                        },
                        "$defs": {"inner": {"$anchor": "here"}},
                    },
                    "Other": {"$id": "https://x.example/a/other", "items": {"$anchor": "mark", "type": "string"}},
                }
            },
        }
    )

    at = "#/components/schemas"
    assert {
        name: part.get("$ref") for name, part in found.schema("/components/schemas/Base")["properties"].items()
    } == {
        "one": f"{at}/Other",
        "two": f"{at}/Base/$defs/inner",
        "three": f"{at}/Other/items",
        "four": f"{at}/Base/$defs/inner",
        "five": None,
        "six": f"{at}/Other",
    }
    assert [one.pointer for one in found.problems] == ["/components/schemas/Base/properties/five/$ref"]


@pytest.mark.parametrize(
    ("identifier", "reference"),
    [
        ("https://x.example/root.json#", "#/definitions/inner"),
        ("https://x.example/root.json#", "#mark"),
        ("https://x.example/root.json#", "https://x.example/root.json"),
        ("#root", "#root"),
    ],
)
def test_identifiers_as_older_drafts_write_them(identifier: str, reference: str) -> None:
    inner = {"inner": {"$anchor": "mark"}}
    schema, problems = read({"$id": identifier, "items": {"$ref": reference}, "definitions": inner})

    assert problems == []
    assert schema["items"]["$ref"].startswith(f"#{AT}")


def test_a_component_of_an_extension_is_of_the_kind_that_is_expected() -> None:
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer", "nullable": True}}
    reference = {"$ref": "#/components/x-parameters/Limit"}
    found = normalize(
        {
            "openapi": "3.0.3",
            "paths": {"/a": {"get": {"parameters": [reference]}}},
            "components": {"x-parameters": {"Limit": limit}},
        }
    )

    assert found.problems == ()
    assert found.schema("/components/x-parameters/Limit/schema") == {"type": ["integer", "null"]}
    assert found.resolve("/components/x-parameters/Limit/schema") == {"type": ["integer", "null"]}


def test_a_dynamic_reference_to_several_schemas_stays_one() -> None:
    schemas = {"A": {"$dynamicAnchor": "n"}, "B": {"$dynamicAnchor": "n"}, "C": {"$dynamicRef": "#n"}}
    found = normalize({"openapi": "3.1.0", "components": {"schemas": schemas}})

    assert found.schema("/components/schemas/C") == {"$dynamicRef": "#n"}
    assert found.problems == ()


@pytest.mark.parametrize(
    ("pointer", "operation"),
    [
        ("/paths/~1a~1{id}/get/responses", "GET /a/{id}"),
        ("/paths/~1a/query", "QUERY /a"),
        ("/paths/~1a/parameters/0", "/a"),
        ("/paths/~1a", "/a"),
        ("/paths", ""),
        ("/components/paths/a/get", ""),
        ("", ""),
    ],
)
def test_a_problem_names_its_operation(pointer: str, operation: str) -> None:
    problem = Problem(pointer, "is wrong.")

    assert problem.operation == operation
    assert str(problem) == f"{pointer or '/'}: is wrong."


@pytest.mark.parametrize(
    ("path", "item", "added"),
    [
        ("/a", {"get": {}}, []),
        ("/a/{b}", {"get": {}}, ["get b"]),
        ("/a/{b}/{c}/{b}", {"get": {}, "put": {}}, ["get b", "get c", "put b", "put c"]),
        ("/a/{b}", {"get": {"parameters": [{"name": "b", "in": "query"}]}}, ["get b"]),
        ("/a/{b}", {"get": {"parameters": [{"name": "b", "in": "path"}]}}, []),
        ("/a/{b}", {"get": {"parameters": [{"$ref": None}]}}, ["get b"]),
        ("/a/{b}", {"parameters": [{"name": "b", "in": "path"}], "get": {}}, []),
        ("/a/{b}", {"get": {"parameters": [{"$ref": "#/components/parameters/B"}]}}, []),
        ("/a/{b}", {"get": {"parameters": [{"$ref": "#/components/parameters/Again"}]}}, []),
        ("/a/{b}", {"get": {"parameters": [{"$ref": "#/components/parameters/Round"}]}}, ["get b"]),
        ("/a/{b}", {"$ref": "#/components/pathItems/I"}, []),
        ("/a/{}", {"get": {}}, []),
    ],
)
def test_path_parameters_that_are_not_declared_are_added(path: str, item: Any, added: list[str]) -> None:
    named = {
        "B": {"name": "b", "in": "path"},
        "Again": {"$ref": "#/components/parameters/B"},
        "Round": {"$ref": "#/components/parameters/Round"},
    }
    components = {"parameters": named, "pathItems": {"I": {"get": {}}}}
    found = normalize({"openapi": "3.1.0", "paths": {path: item}, "components": components})

    at = path.replace("/", "~1")
    assert [str(one) for one in found.problems] == [
        f"/paths/{at}/{method}: the path parameter `{name}` is not declared; it may be any text."
        for method, name in (each.split() for each in added)
    ]


def test_the_operations_of_a_callback_are_read_as_any_other() -> None:
    schema = {"type": "string", "example": 0, "minLength": -1}
    operation = {"requestBody": {"content": {"a/b": {"schema": schema}}}, "responses": {}}
    callback = {"{$request.body#/url}": {"post": operation}, "x-own": {"post": 5}, "{$url}": None}
    document = {"openapi": "3.1.0", "paths": {"/a": {"post": {"callbacks": {"on": callback}, "responses": {}}}}}

    found = normalize(document)

    read = found.document["paths"]["/a"]["post"]["callbacks"]["on"]
    body = read["{$request.body#/url}"]["post"]["requestBody"]["content"]["a/b"]
    assert body["schema"] == {"type": "string", "examples": [0]}
    assert (read["x-own"], "{$url}" in read) == ({"post": 5}, False)
    at = "/paths/~1a/post/callbacks/on/{$request.body#~1url}/post/requestBody/content/a~1b/schema/minLength"
    assert [(one.pointer, one.message) for one in found.problems] == [
        (at, "expected a non-negative integer, got -1; it is ignored.")
    ]
