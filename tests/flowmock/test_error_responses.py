"""Error responses tell the reason in the shape that the contract gives them, however nested."""

import json

import pytest

import flowmock

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def an_object(*required, **properties):
    return {"type": "object", "required": list(required), "properties": properties}


def a_list(items, **more):
    return {"type": "array", "items": items} | more


@pytest.fixture
def rejected(contract_of, ask):
    """The response to `?depth_m=deep`, by the documented error."""

    def got(
        schema,
        *,
        status="400",
        media="application/json",
        openapi="3.0.3",
        components=None,
        path="/wells?depth_m=deep",
        **more,
    ):
        content = {media: ({} if schema is None else {"schema": schema}) | more}
        responses = {"200": {"description": "all"}, status: {"description": "no", "content": content}}
        parameters = [
            {"name": "depth_m", "in": "query", "schema": NUMBER},
            {"name": "wide", "in": "query", "schema": NUMBER},
        ]
        further = {"openapi": openapi} | ({"components": components} if components else {})
        contract = contract_of({"/wells": {"get": {"parameters": parameters, "responses": responses}}}, **further)
        with flowmock.running(contract) as running:
            response = ask(running, path)
            assert next(iter(contract.operations.values())).responses[status].media[media].is_valid(response.json)
        return response

    return got


MESSAGE = 'query parameter depth_m: expected integer, got "deep"'


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        (an_object(detail=TEXT), {"detail": MESSAGE}),
        (an_object("message", message=TEXT, code=TEXT), {"message": MESSAGE, "code": "invalid_request"}),
        (an_object("code", "message", code=NUMBER, message=TEXT), {"code": 400, "message": MESSAGE}),
        (an_object("error", error=an_object("message", message=TEXT)), {"error": {"message": MESSAGE}}),
        (an_object(error=an_object(inner=an_object(reason=TEXT))), {"error": {"inner": {"reason": MESSAGE}}}),
        (
            an_object("error", error=TEXT, error_description=TEXT),
            {"error": "invalid_request", "error_description": MESSAGE},
        ),
        (
            an_object("status", "error", "message", "path", status=NUMBER, error=TEXT, message=TEXT, path=TEXT),
            {"status": 400, "error": "Bad Request", "message": MESSAGE, "path": "/wells"},
        ),
        (an_object("errors", errors=a_list(TEXT, minItems=1)), {"errors": [MESSAGE]}),
        (an_object("messages", messages=a_list(TEXT)), {"messages": [MESSAGE]}),
        (a_list(TEXT), [MESSAGE]),
        (a_list(an_object("msg", msg=TEXT)), [{"msg": MESSAGE}]),
        (TEXT, MESSAGE),
        (
            an_object(errors=a_list(an_object("field", "message", field=TEXT, message=TEXT))),
            {"errors": [{"field": "depth_m", "message": MESSAGE}]},
        ),
        (
            an_object("errors", errors={"type": "object", "additionalProperties": a_list(TEXT)}),
            {"errors": {"depth_m": ['expected integer, got "deep"']}},
        ),
        ({"type": "object", "additionalProperties": a_list(TEXT)}, {"depth_m": ['expected integer, got "deep"']}),
        (
            an_object("message", message=TEXT, fields={"type": "object", "additionalProperties": a_list(TEXT)}),
            {"message": MESSAGE, "fields": {"depth_m": ['expected integer, got "deep"']}},
        ),
        (
            an_object(depth_m=a_list(TEXT), wide=a_list(TEXT)),
            {"depth_m": ['expected integer, got "deep"']},
        ),
        (
            an_object(non_field_errors=a_list(TEXT), code=TEXT),
            {"non_field_errors": [MESSAGE], "code": "invalid_request"},
        ),
        (
            an_object(
                "errors",
                errors=a_list(
                    an_object(
                        "detail", status=TEXT, title=TEXT, detail=TEXT, source=an_object(pointer=TEXT, parameter=TEXT)
                    )
                ),
            ),
            {
                "errors": [
                    {"status": "400", "title": "Bad Request", "detail": MESSAGE, "source": {"parameter": "depth_m"}}
                ]
            },
        ),
        (
            an_object("success", "error", success={"type": "boolean"}, error=TEXT),
            {"success": False, "error": MESSAGE},
        ),
        (
            an_object(
                "code", code={"type": "string", "enum": ["not_found", "invalid_input", "internal"]}, message=TEXT
            ),
            {"code": "invalid_input", "message": MESSAGE},
        ),
        (
            an_object("message", "kind", message=TEXT, kind={"type": "string", "const": "x"}, trace={"type": "object"}),
            {"message": MESSAGE, "kind": "x"},
        ),
        (
            {"allOf": [an_object("code", code=NUMBER), an_object("message", message=TEXT)]},
            {"code": 400, "message": MESSAGE},
        ),
        ({"oneOf": [an_object("detail", detail=TEXT), a_list(TEXT)]}, {"detail": MESSAGE}),
        (
            an_object(non_field_errors=a_list(TEXT)) | {"additionalProperties": a_list(TEXT)},
            {"depth_m": ['expected integer, got "deep"']},
        ),
    ],
)
def test_the_reason_stands_where_the_shape_has_room(schema, body, rejected):
    response = rejected(schema, openapi="3.1.0" if "const" in json.dumps(schema) else "3.0.3")

    assert (response.status, response.json) == (400, body)
    assert response["mock-violation"] == ""


def test_the_errors_of_fastapi(rejected):
    location = a_list({"anyOf": [TEXT, NUMBER]})
    components = {
        "schemas": {
            "ValidationError": an_object("loc", "msg", "type", loc=location, msg=TEXT, type=TEXT),
            "HTTPValidationError": an_object(detail=a_list({"$ref": "#/components/schemas/ValidationError"})),
        }
    }
    reference = {"$ref": "#/components/schemas/HTTPValidationError"}
    response = rejected(reference, status="422", components=components, path="/wells?depth_m=deep&wide=x")

    assert response.status == 422
    assert response.json == {
        "detail": [
            {"loc": ["query", "depth_m"], "msg": MESSAGE, "type": "type"},
            {"loc": ["query", "wide"], "msg": 'query parameter wide: expected integer, got "x"', "type": "type"},
        ]
    }


def test_a_problem_has_the_status_of_its_response(rejected):
    problem = an_object(
        "title",
        "status",
        "detail",
        type=TEXT | {"format": "uri-reference"},
        title=TEXT,
        status=NUMBER,
        detail=TEXT,
        instance=TEXT,
    )
    response = rejected(problem, media="application/problem+json")

    assert response["content-type"] == "application/problem+json"
    assert response.json == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": MESSAGE,
        "instance": "/wells",
    }


@pytest.mark.parametrize(
    ("example", "body"),
    [
        (
            {"detail": "Bad input.", "docs": "https://wells.example.com"},
            {"detail": MESSAGE, "docs": "https://wells.example.com"},
        ),
        ({"error": {"code": 499, "message": "x"}}, {"error": {"code": 400, "message": MESSAGE}}),
        ({"errors": ["one", "two"]}, {"errors": [MESSAGE]}),
        (
            {"detail": [{"loc": ["body", "name"], "msg": "field required", "type": "missing"}]},
            {"detail": [{"loc": ["query", "depth_m"], "msg": MESSAGE, "type": "missing"}]},
        ),
    ],
)
def test_an_example_is_kept_but_for_the_reason(example, body, rejected):
    assert rejected(None, example=example).json == body


def test_a_body_without_room_is_completed_by_a_header(rejected):
    response = rejected(an_object("number", number=NUMBER), example={"number": 7})

    assert response.json == {"number": 7}
    assert response["mock-violation"] == MESSAGE


def test_no_words_without_a_meaning_in_an_error(rejected):
    schema = an_object(
        "title", "hint", title=TEXT, hint=TEXT, id=TEXT | {"format": "uuid"}, at=TEXT | {"format": "date-time"}
    )

    assert rejected(schema).json == {"title": "Bad Request", "hint": MESSAGE}


def test_an_error_that_is_asked_for_has_no_such_words_either(contract_of, ask):
    error = {
        "description": "no",
        "content": {"application/json": {"schema": an_object("code", "message", code=NUMBER, message=TEXT)}},
    }
    contract = contract_of(
        {"/wells": {"get": {"responses": {"200": {"description": "all"}, "4XX": error, "default": error}}}}
    )
    with flowmock.running(contract) as running:
        missing = ask(running, "/wells", headers={"Prefer": "code=404"})
        down = ask(running, "/wells", headers={"Prefer": "code=503"})

    assert (missing.status, missing.json) == (404, {"code": 404, "message": "Not Found"})
    assert (down.status, down.json) == (503, {"code": 503, "message": "Service Unavailable"})


def test_without_a_documented_error_it_is_a_problem(contract_of, ask):
    parameters = [{"name": "depth_m", "in": "query", "schema": NUMBER}]
    contract = contract_of(
        {"/wells": {"get": {"parameters": parameters, "responses": {"200": {"description": "all"}}}}},
        servers=[{"url": "/v2"}],
    )
    with flowmock.running(contract) as running:
        invalid = ask(running, "/wells?depth_m=deep")
        unknown = ask(running, "/elsewhere")

    assert (invalid.status, invalid.json["detail"]) == (400, MESSAGE)
    assert (unknown.status, "/v2" in unknown.json["detail"]) == (404, True)


@pytest.fixture
def unpaid(contract_of, ask):
    """`unpaid(schema_of)`: a 402 with a schema made of references to resources that all refer to each other."""

    def response(schema_of):
        names = [f"R{number}" for number in range(12)]
        references = {name.lower(): {"$ref": f"#/components/schemas/{name}"} for name in names}
        resource = an_object("id", id=TEXT, description=TEXT, note=an_object("message", message=TEXT), **references)
        content = {"application/json": {"schema": schema_of(references)}}
        responses = {"200": {"description": "all"}, "402": {"description": "unpaid", "content": content}}
        components = {"schemas": dict.fromkeys(names, resource)}
        contract = contract_of({"/wells": {"get": {"responses": responses}}}, components=components)
        with flowmock.running(contract) as running:
            return ask(running, "/wells", headers={"Prefer": "code=402"})

    return response


def test_what_an_error_is_about_is_not_taken_for_more_errors(unpaid):
    response = unpaid(lambda references: an_object("error", error=an_object("message", message=TEXT, **references)))

    assert (response.status, response.json) == (402, {"error": {"message": "Payment Required"}})


def test_an_error_that_is_a_whole_resource_is_bounded(unpaid):
    response = unpaid(lambda references: references["r0"])

    assert (response.status, response.json["description"]) == (402, "Payment Required")
    assert len(response.body) < 200_000


@pytest.mark.parametrize(
    ("of_400", "of_422", "status"),
    [
        ("Wrong password", "Validation Error", 422),
        ("Validation failed", "Not possible now", 400),
        ("Bad Request", "Unprocessable Entity", 400),
        ("Validation failed", "Validation failed", 400),
    ],
)
def test_of_400_and_422_an_invalid_request_gets_that_of_validation(of_400, of_422, status, contract_of, ask):
    responses = {"200": {"description": ""}, "400": {"description": of_400}, "422": {"description": of_422}}
    query = [{"name": "depth_m", "in": "query", "schema": NUMBER}]
    with flowmock.running(contract_of({"/wells": {"get": {"parameters": query, "responses": responses}}})) as running:
        assert ask(running, "/wells?depth_m=deep").status == status


HEADERS = [("Prefer", "code=422"), ("Content-Type", "application/json")]
BODY_OF_FIELDS = an_object("errors", errors=a_list(an_object("field", "message", field=TEXT, message=TEXT), minItems=1))


def in_json(schema):
    return {"description": "", "content": {"application/json": {"schema": schema}}}


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"requestBody": in_json(an_object("depth", depth=NUMBER))}, "depth"),
        ({"requestBody": in_json(an_object(width=NUMBER))}, "width"),
        (
            {"parameters": [{"name": name, "in": "query", "required": name == "b", "schema": TEXT} for name in "ab"]},
            "b",
        ),
        ({}, "id"),
    ],
)
def test_an_error_that_is_asked_for_is_about_a_field_of_the_operation(more, field, contract_of, ask):
    path = {"name": "id", "in": "path", "required": True, "schema": TEXT}
    operation = {**more, "parameters": [path, *more.get("parameters", ())]}
    responses = {"200": {"description": ""}, "422": in_json(BODY_OF_FIELDS)}
    with flowmock.running(contract_of({"/wells/{id}": {"post": operation | {"responses": responses}}})) as running:
        response = ask(
            running,
            "/wells/1?b=1",
            method="POST",
            headers=HEADERS,
            body='{"depth": 1}' if "requestBody" in more else None,
        )

    assert [each["field"] for each in response.json["errors"]] == [field]


@pytest.mark.parametrize(
    ("query", "prefer", "field"), [("cursor=none", "", "cursor"), ("", "items=x", "Prefer"), ("limit=x", "", "limit")]
)
def test_an_error_names_the_parameter_or_the_header_that_it_is_about(query, prefer, field, contract_of, ask):
    item = an_object("id", id=TEXT)
    page = an_object("items", items=a_list(item), next_cursor=TEXT)
    parameters = [
        {"name": name, "in": "query", "schema": each} for name, each in {"cursor": TEXT, "limit": NUMBER}.items()
    ]
    listed = {"parameters": parameters, "responses": {"200": in_json(page), "422": in_json(BODY_OF_FIELDS)}}
    read = {"parameters": [{"name": "id", "in": "path", "required": True, "schema": TEXT}],
            "responses": {"200": in_json(item)}}  # fmt: skip
    with flowmock.running(contract_of({"/wells": {"get": listed}, "/wells/{id}": {"get": read}})) as running:
        response = ask(running, f"/wells?{query}", headers=[("Prefer", prefer)] if prefer else [])

    assert [each["field"] for each in response.json["errors"]] == [field]


@pytest.mark.parametrize(
    ("path", "said", "code"),
    [
        ("/wells/{id}/cancel", "", "already_cancelled"),
        ("/wells/{id}/reviews", "", "already_reviewed"),
        ("/wells/{id}/drill", "The owner is away", "owner_away"),
        ("/wells/{id}/drill", "", "not_free"),
    ],
)
def test_the_code_of_an_error_fits_the_operation(path, said, code, contract_of, ask):
    codes = {"enum": ["not_free", "already_cancelled", "already_reviewed", "owner_away"]}
    operation = {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": TEXT}],
        "responses": {
            "200": {"description": ""},
            "409": in_json(an_object("code", code=codes)) | {"description": said},
        },
    }
    with flowmock.running(contract_of({path: {"post": operation}})) as running:
        response = ask(running, path.replace("{id}", "1"), method="POST", headers=[("Prefer", "code=409")])

    assert response.json == {"code": code}


@pytest.mark.parametrize(
    ("path", "said", "status", "code"),
    [
        ("/wells/{id}", "", 404, "well_not_found"),
        ("/pumps/{id}", "", 404, "not_found"),
        ("/wells/{id}", "The well is in use, with the code `well_in_use`", 409, "well_in_use"),
        ("/wells/{id}", "The `well_id` is taken", 409, "conflict"),
    ],
)
def test_the_code_that_the_contract_names_for_a_status(path, said, status, code, contract_of, ask):
    codes = TEXT | {"description": "Such as `well_not_found`"}
    operation = {
        "operationId": f"read{path[1:].partition('s/')[0].title()}",
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": TEXT}],
        "responses": {"200": {"description": ""}, str(status): in_json(an_object("code", code=codes))},
    }
    operation["responses"][str(status)]["description"] = said
    with flowmock.running(contract_of({path: {"get": operation}})) as running:
        response = ask(running, path.replace("{id}", "1"), headers=[("Prefer", f"code={status}")])

    assert response.json == {"code": code}
