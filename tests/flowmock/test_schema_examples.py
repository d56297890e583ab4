"""Examples that schemas give are used wherever the schema is, wrapped or not, as long as the body stays valid."""

import pytest

import flowmock

TEXT = {"type": "string"}
LAMP = {"type": "object", "required": ["lamp"], "properties": {"lamp": TEXT}, "example": {"lamp": "brass"}}
WATT = {"type": "integer", "example": 40}
COMPONENTS = {"schemas": {"Lamp": LAMP, "Watt": WATT, "Wrapped": {"allOf": [{"$ref": "#/components/schemas/Lamp"}]}}}
REF, WATTS, WRAPPED = ({"$ref": f"#/components/schemas/{name}"} for name in ("Lamp", "Watt", "Wrapped"))


@pytest.fixture
def body_of(contract_of, ask):
    """The body that is given for a schema."""

    def got(schema, openapi="3.0.3"):
        responses = {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}
        contract = contract_of({"/lamps": {"get": {"responses": responses}}}, components=COMPONENTS, openapi=openapi)
        with flowmock.running(contract) as running:
            response = ask(running, "/lamps")
            (operation,) = contract.operations.values()
            assert operation.responses["200"].media["application/json"].is_valid(response.json)
        return response.json

    return got


def an_object(**properties):
    return {"type": "object", "required": list(properties), "properties": properties}


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        (REF, {"lamp": "brass"}),
        ({"allOf": [REF]}, {"lamp": "brass"}),
        (WRAPPED, {"lamp": "brass"}),
        ({"allOf": [{"allOf": [REF]}]}, {"lamp": "brass"}),
        ({"anyOf": [REF]}, {"lamp": "brass"}),
        ({"oneOf": [{"type": "integer"}, REF]}, {"lamp": "brass"}),
        ({"allOf": [REF, an_object(watt=WATTS)]}, {"lamp": "brass", "watt": 40}),
        (an_object(lamp=REF, watt={"allOf": [WATTS]}), {"lamp": {"lamp": "brass"}, "watt": 40}),
        (an_object(room=an_object(lamp={"allOf": [REF]})), {"room": {"lamp": {"lamp": "brass"}}}),
        ({"type": "array", "minItems": 1, "items": REF}, [{"lamp": "brass"}]),
        ({"type": "array", "minItems": 1, "items": {"allOf": [REF]}}, [{"lamp": "brass"}]),
        (an_object(lamps={"type": "array", "minItems": 1, "items": {"anyOf": [REF]}}), {"lamps": [{"lamp": "brass"}]}),
        (LAMP | {"example": {"lamp": "tin"}}, {"lamp": "tin"}),
        (
            an_object(rooms={"type": "object", "required": ["hall"], "additionalProperties": REF, "maxProperties": 1}),
            {"rooms": {"hall": {"lamp": "brass"}}},
        ),
    ],
)
def test_an_example_is_found_behind_every_wrapping(schema, body, body_of):
    assert body_of(schema) == body


def test_examples_of_json_schema(body_of):
    schema = an_object(
        lamp={"type": "string", "examples": ["copper", "tin"]}, watt={"anyOf": [WATTS, {"type": "null"}]}
    )

    assert body_of(schema, "3.1.0") == {"lamp": "copper", "watt": 40}


def test_examples_of_the_places_in_a_tuple(body_of):
    schema = {"type": "array", "prefixItems": [{"allOf": [WATTS]}, REF], "minItems": 2, "maxItems": 2}

    assert body_of(schema, "3.1.0") == [40, {"lamp": "brass"}]


def test_what_is_not_valid_is_not_taken(body_of):
    schema = {
        "allOf": [{"type": "object", "example": {"lamp": "brass", "watt": "many"}}, an_object(lamp=TEXT, watt=WATTS)]
    }
    body = body_of(schema)

    assert body["lamp"] == "brass"
    assert isinstance(body["watt"], int)


def test_examples_that_break_their_schema_are_named_at_start(contract_of):
    def responses(media):
        return {"200": {"description": "", "content": {"application/json": media}}}

    schema = an_object(watt={"type": "integer", "maximum": 100})
    contract = contract_of(
        {
            "/wrong": {"get": {"responses": responses({"schema": schema, "example": {"watt": "many"}})}},
            "/text": {
                "get": {"responses": responses({"schema": schema, "examples": {"odd": {"value": '{"watt": 4}'}}})}
            },
            "/own": {"get": {"responses": responses({"schema": schema | {"example": {"watt": 101}}})}},
            "/right": {"get": {"responses": responses({"schema": schema, "example": {"watt": 4}})}},
            "/query": {
                "get": {"parameters": [{"name": "w", "in": "query", "schema": WATT, "example": "x"}], "responses": {}}
            },
            "/header": {
                "get": {"responses": {"200": {"description": "", "headers": {"X-W": {"schema": WATT, "example": "x"}}}}}
            },
        }
    )
    with flowmock.running(contract) as running:
        named = [each.partition(",")[0].partition(":")[0] for each in running.mock.compiled.warnings]

    assert named == ["GET /wrong", "GET /text", "GET /own", "GET /query", "GET /header"]


CLOSED = {"type": "object", "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "is_named"),
    [
        ({"oneOf": [TEXT, TEXT]}, True),
        ({"allOf": [TEXT, {"type": "integer"}]}, True),
        ({"allOf": [CLOSED | {"properties": {"a": TEXT}}, {"required": ["b"], "properties": {"b": TEXT}}]}, True),
        (an_object(a={"type": "integer", "minimum": 5, "maximum": 4}), True),
        ({"oneOf": [TEXT, {"type": "integer"}]}, False),
        ({"allOf": [{"type": "number"}, {"type": "integer"}]}, False),
        ({"allOf": [CLOSED | {"properties": {"a": TEXT}}, {"required": ["a"]}]}, False),
    ],
)
def test_schemas_that_no_body_can_satisfy_are_named_at_start(schema, is_named, contract_of):
    responses = {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}
    with flowmock.running(contract_of({"/lamps": {"get": {"responses": responses}}})) as running:
        named = [each.partition(",")[0] for each in running.mock.compiled.warnings]

    assert named == (["GET /lamps"] if is_named else [])


def test_overlapping_alternatives_give_the_example_of_the_first(contract_of, ask):
    schema = {"oneOf": [LAMP, an_object(lamp=TEXT)]}  # Nothing is exactly one of them.
    responses = {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}
    with flowmock.running(contract_of({"/lamps": {"get": {"responses": responses}}})) as running:
        assert ask(running, "/lamps").json == {"lamp": "brass"}
