"""Which response a request gets: preferred codes, servers of a path, path styles, credentials, media types."""

from xml.etree import ElementTree

import pytest

import flowmock

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def example(value, **more):
    return {"description": "", "content": {"application/json": {"example": value}}} | more


@pytest.fixture
def served(contract_of, ask):
    """Ask for one path of a small contract."""

    def got(item, path="/nets", *, template="/nets", headers=(), method="GET", body=None, token=None, **more):
        with flowmock.running(contract_of({template: item}, **more)) as running:
            response = ask(running, path, method=method, headers=dict(headers), body=body, token=token)
            got.warnings = list(running.mock.compiled.warnings)
        return response

    return got


USUAL = {"200": example("all"), "409": example("torn"), "default": example("trouble")}
ONLY_ERRORS = {"404": example("none"), "503": example("closed")}
RANGES = {"2XX": example("all"), "4XX": example("storm"), "418": example("tea")}


@pytest.mark.parametrize(
    ("responses", "preference", "status", "body"),
    [
        (USUAL, "code=409", 409, "torn"),
        (USUAL, "code=500", 500, "trouble"),
        (USUAL, "code=204", 204, b""),
        (USUAL, "code=205", 205, b""),
        (USUAL, "", 200, "all"),
        (ONLY_ERRORS, "code=503", 503, "closed"),
        (ONLY_ERRORS, "code=404", 404, "none"),
        ({"503": example("closed"), "default": example("trouble")}, "code=401", 401, "trouble"),
        ({"503": example("closed"), "default": example("trouble")}, "code=503", 503, "closed"),
        ({"default": example("whatever")}, "", 200, "whatever"),
        ({"default": example("whatever")}, "code=404", 404, "whatever"),
        (RANGES, "", 200, "all"),
        (RANGES, "code=201", 201, "all"),
        (RANGES, "code=404", 404, "storm"),
        (RANGES, "code=418", 418, "tea"),
    ],
)
def test_a_preferred_code(responses, preference, status, body, served):
    response = served({"get": {"responses": responses}}, headers={"Prefer": preference} if preference else {})

    assert (response.status, response.json if body else response.body) == (status, body)
    assert response["preference-applied"] == preference


@pytest.mark.parametrize(("responses", "choices"), [(RANGES, "2XX, 418, 4XX"), (ONLY_ERRORS, "404, 503")])
def test_an_undocumented_code_is_a_bad_request_that_lists_the_choices(responses, choices, served):
    response = served({"get": {"responses": responses}}, headers={"Prefer": "code=302"})

    assert response.status == 400
    assert choices in response.body.decode() + response["mock-violation"]


def test_an_invalid_request_gets_the_error_that_it_prefers(served):
    errors = {"examples": {"heavy": {"value": "heavy"}, "dusty": {"value": "dusty"}}}
    body = {"required": True, "content": {"application/json": {"schema": {"type": "object", "required": ["sacks"]}}}}
    responses = {
        "200": example("all"),
        "400": example("bad"),
        "422": {"description": "", "content": {"application/json": errors}},
    }
    item = {"post": {"requestBody": body, "responses": responses}}
    headers = {"Prefer": "code=422, example=dusty", "Content-Type": "application/json"}
    response = served(item, method="POST", headers=headers, body="{}")

    assert (response.status, response.json) == (422, "dusty")


@pytest.mark.parametrize(
    ("item", "path", "status"),
    [
        ({"get": {"responses": {"200": example("x")}}}, "/v1/nets", 200),
        ({"servers": [{"url": "/annex"}], "get": {"responses": {"200": example("x")}}}, "/annex/nets", 200),
        ({"servers": [{"url": "/annex"}], "get": {"responses": {"200": example("x")}}}, "/v1/nets", 404),
        (
            {"get": {"servers": [{"url": "https://a.example.com/own"}], "responses": {"200": example("x")}}},
            "/own/nets",
            200,
        ),
    ],
)
def test_servers_of_a_path_or_operation_replace_those_of_the_document(item, path, status, contract_of, send, make):
    contract = contract_of({"/nets": item}, servers=[{"url": "/v1"}])
    with flowmock.running(contract) as running:
        host = running.origin.removeprefix("http://")
        assert send(running, make(f"GET {path} HTTP/1.1", [], None, host)).status == status


@pytest.mark.parametrize(
    ("style", "right", "wrong"), [("label", "/nets/.7", "/nets/7"), ("matrix", "/nets/;id=7", "/nets/;no=7")]
)
def test_path_styles_choose_the_example_of_their_value(style, right, wrong, served):
    parameter = {"name": "id", "in": "path", "required": True, "style": style, "schema": NUMBER}
    examples = {"six": {"value": {"id": 6}}, "seven": {"value": {"id": 7}}}
    responses = {"200": {"description": "", "content": {"application/json": {"examples": examples}}}}
    item = {"parameters": [parameter], "get": {"responses": responses}}

    assert served(item, right, template="/nets/{id}").json == {"id": 7}
    assert served(item, wrong, template="/nets/{id}").status == 400


SCHEMES = {
    "digest": {"type": "http", "scheme": "Digest"},
    "hoba": {"type": "http", "scheme": "HOBA"},
    "basic": {"type": "http", "scheme": "basic"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "certificate": {"type": "mutualTLS"},
    "header": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "pass"},
}


@pytest.mark.parametrize(
    ("security", "headers", "status", "challenge"),
    [
        ([{"digest": []}], {"Authorization": 'Digest username="ada"'}, 200, None),
        ([{"digest": []}], {}, 401, 'Digest realm="mock", nonce="'),
        ([{"digest": []}], {"Authorization": "Bearer a"}, 401, "Digest "),
        ([{"hoba": []}], {"Authorization": "HOBA result=a"}, 200, None),
        ([{"hoba": []}], {}, 401, 'Hoba realm="mock"'),
        ([{"basic": []}], {"Authorization": "Basic YWRhOnB3"}, 200, None),
        ([{"basic": []}], {}, 401, 'Basic realm="mock"'),
        ([{"bearer": []}], {}, 401, 'Bearer realm="mock"'),
        ([{"certificate": []}], {}, 200, None),
        ([{"header": [], "cookie": []}], {"X-Key": "a"}, 401, "ApiKey"),
        ([{"header": [], "cookie": []}], {"X-Key": "a", "Cookie": "pass=b"}, 200, None),
        ([{"header": []}, {"cookie": []}], {"Cookie": "pass=b"}, 200, None),
        ([{"header": []}, {}], {}, 200, None),
    ],
)
def test_credentials(security, headers, status, challenge, served):
    item = {"get": {"security": security, "responses": {"200": example("open")}}}
    response = served(item, headers=headers, components={"securitySchemes": SCHEMES}, openapi="3.1.0")

    assert response.status == status
    assert challenge is None or challenge in response["www-authenticate"]
    assert status != 401 or "expected credentials" in response.json["detail"]
    assert [each.partition(":")[0] for each in served.warnings] == [
        "security scheme digest",
        "security scheme hoba",
        "security scheme certificate",
    ]


@pytest.mark.parametrize(
    ("documented", "sent"),
    [
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("application/*+json", "application/json"),
        ("text/*", "text/plain"),
        ("application/*+xml", "application/xml"),
        ("application/json; charset=utf-8", "application/json; charset=utf-8"),
        ("multipart/form-data", "multipart/form-data; boundary="),
    ],
)
def test_a_range_is_given_as_one_type(documented, sent, served):
    content = {documented: {"schema": {"type": "object", "required": ["a"], "properties": {"a": TEXT}}}}

    assert served({"get": {"responses": {"200": {"description": "", "content": content}}}})["content-type"].startswith(
        sent
    )


def test_a_406_lists_what_there_is(served):
    content = {"application/json": {"example": 1}, "text/csv": {"example": "1"}}
    item = {"get": {"responses": {"200": {"description": "", "content": content}}}}
    response = served(item, headers={"Accept": "image/png"})

    assert response.status == 406
    assert "application/json, text/csv" in response.json["detail"]


def test_lists_as_csv(served):
    row = {"type": "object", "required": ["a", "b"], "properties": {"a": {"enum": [1]}, "b": {"enum": ['say "x", y']}}}
    content = {"text/csv": {"schema": {"type": "array", "minItems": 1, "maxItems": 1, "items": row}}}
    response = served({"get": {"responses": {"200": {"description": "", "content": content}}}})

    assert response.body == b'a,b\r\n1,"say ""x"", y"\r\n'


def test_xml_of_composed_schemas(served):
    part = {"type": "object", "required": ["knot"], "properties": {"knot": {"enum": [3], "xml": {"attribute": True}}}}
    names = {
        "type": "array",
        "minItems": 1,
        "maxItems": 1,
        "items": {"enum": ["a"]},
        "xml": {"name": "names", "wrapped": True},
    }
    whole = {
        "allOf": [
            {"$ref": "#/components/schemas/Part"},
            {"type": "object", "required": ["labels"], "properties": {"labels": names}},
        ],
        "xml": {"name": "net", "namespace": "urn:nets", "prefix": "n"},
    }
    content = {"application/xml": {"schema": whole}}
    response = served(
        {"get": {"responses": {"200": {"description": "", "content": content}}}}, components={"schemas": {"Part": part}}
    )
    root = ElementTree.fromstring(response.body)

    assert (root.tag, root.get("knot"), root.findtext("names/names")) == ("{urn:nets}net", "3", "a")
    assert b"<n:net" in response.body


@pytest.mark.parametrize(
    ("path", "scenario", "status", "body"),
    [
        ("/boats", "not-found", 404, {"code": "not_found", "reason": "Not Found"}),  # As of another operation.
        ("/boats/1", "rate-limited", 429, {"code": "too_many_requests", "reason": "Too Many Requests"}),
        ("/boats", "rate-limited", 429, {"code": "too_many_requests", "reason": "Too Many Requests"}),  # The same.
        ("/nets/1", "rate-limited", 429, {"code": "too_many_requests", "reason": "Too Many Requests"}),
        ("/nets/1", "server-error-json", 500, {"code": "internal_server_error", "reason": "Internal Server Error"}),
    ],
)
def test_a_scenario_has_the_error_format_of_the_contract(contract_of, ask, path, scenario, status, body):
    error = {"type": "object", "properties": {"code": {"type": "string"}, "reason": {"type": "string"}}}
    missing = {"description": "", "content": {"application/json": {"schema": error | {"required": ["code", "reason"]}}}}
    shown = {"example": {"code": "forbidden", "reason": "Not yours"}}
    exemplified = {"description": "", "content": {"application/json": {"schema": error} | shown}}
    found = {"200": {"description": ""}}
    boat = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    paths = {
        "/boats": {"get": {"responses": found}},
        "/boats/{id}": {"parameters": [boat], "get": {"responses": found | {"404": missing}}},
        "/nets/{id}": {"parameters": [boat], "get": {"responses": found | {"403": exemplified}}},
    }
    with flowmock.running(contract_of(paths), scenario=scenario) as running:
        reply = ask(running, path)

    assert (reply.status, reply.json) == (status, body)
    assert not running.mock.journal.entries()[0].reply.within_contract


@pytest.mark.parametrize("accept", [None, "*/*", "application/pdf"])
def test_a_media_type_of_which_nothing_is_said_goes_last(served, accept):
    content = {"application/json": {"schema": {}}, "application/pdf": {"schema": {"type": "string"}}}
    item = {"get": {"responses": {"200": {"description": "", "content": content}}}}

    assert served(item, headers={"Accept": accept} if accept else {}).body.startswith(b"%PDF")
    assert served(item, headers={"Accept": "application/json"}).json == {}


def test_a_scenario_for_a_contract_without_errors_is_a_problem_document(contract_of, ask):
    paths = {"/boats": {"get": {"responses": {"200": {"description": ""}}}}}
    with flowmock.running(contract_of(paths), scenario="rate-limited") as running:
        reply = ask(running, "/boats")

    assert (reply.status, reply.json) == (429, {"type": "about:blank", "title": "Too Many Requests", "status": 429})


def test_a_change_below_a_resource_without_an_id_shows_what_its_read_shows(contract_of, ask):
    user = {"type": "object", "required": ["id", "name"], "properties": {"id": {"type": "integer"}, "name": {}}}
    shown = {"200": {"description": "", "content": {"application/json": {"schema": user}}}}
    friend = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    paths = {
        "/me": {"get": {"responses": shown}},
        "/me/avatar": {"put": {"responses": shown}},
        "/me/friends/{id}": {"parameters": [friend], "post": {"responses": shown}},
    }
    with flowmock.running(contract_of(paths)) as running:
        read, changed = ask(running, "/me").json, ask(running, "/me/avatar", method="PUT").json
        added = ask(running, "/me/friends/77", method="POST").json

    assert changed == read
    assert added["id"] == 77
