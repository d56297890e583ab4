"""Documents as they are in the wild are served; what cannot be read is refused in one clear line."""

import http.client
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import flowmock
from flowcontract.errors import ContractError
from flowcontract.openapi.contract import Contract
from flowmock.creation import create

Ask = Callable[..., Any]
Written = Callable[..., Contract]

TEXT = {"type": "string"}


def answer(schema: Any = None, *, media: str = "application/json", **more: Any) -> dict[str, Any]:
    return {"description": "", "content": {media: {"schema": TEXT if schema is None else schema}}} | more


def get(responses: Any = None, **more: Any) -> dict[str, Any]:
    return {"get": {"responses": responses or {"200": answer()}} | more}


@pytest.mark.parametrize(
    ("servers", "base_path"),
    [
        (None, ""),
        ([], ""),
        ([{"url": "/"}], ""),
        ([{"url": "/v1/"}], "/v1"),
        ([{"url": "v1"}], "/v1"),
        ([{"url": "https://api.example.com"}], ""),
        ([{"url": "https://api.example.com/v1/beta"}], "/v1/beta"),
        ([{"url": "//api.example.com/v1"}], "/v1"),
        ([{"url": "https://{host}/{version}", "variables": {"version": {"default": "v2"}}}], "/v2"),
        ([{"url": "https://{host}:{port}/v3"}], "/v3"),
        ([{"url": "https://[::1/v4"}], "/v4"),
        ([{"url": "/first"}, {"url": "/second"}], "/first"),
    ],
)
def test_the_first_server_says_where_paths_begin(contract_of: Written, servers: Any, base_path: str) -> None:
    more = {} if servers is None else {"servers": servers}

    assert contract_of({"/a": get()}, **more).base_path == base_path


def test_operations_without_an_id_and_of_one_id_are_all_there(contract_of: Written) -> None:
    contract = contract_of({"/a": get(), "/b": get(operationId="same"), "/c": get(operationId="same")})

    assert [(operation.id, operation.path) for operation in contract.operations.values()] == [
        ("get_/a", "/a"),
        ("same", "/b"),
        ("same_2", "/c"),
    ]


def test_an_error_below_a_status_is_placed_there(contract_of: Written) -> None:
    schema = {"type": "array", "items": {"type": "object", "required": ["a"], "nullable": True}}
    media = contract_of({"/a": get({"200": answer(schema)})}).operations["get_/a"].responses["200"].media
    (error,) = media["application/json"].errors([None, {}])

    assert error.instance == "/1"
    assert error.pointer == "/paths/~1a/get/responses/200/content/application~1json/schema/items/required"


def test_everything_by_reference_is_followed(contract_of: Written) -> None:
    components = {
        "parameters": {"Id": {"name": "id", "in": "path", "required": True, "schema": TEXT}},
        "responses": {"Found": {"$ref": "#/components/responses/Really"}, "Really": answer()},
        "headers": {"Count": {"required": True, "schema": {"type": "integer"}}},
        "examples": {"Hello": {"value": "hello"}},
    }
    components["responses"]["Really"]["headers"] = {"X-Count": {"$ref": "#/components/headers/Count"}}
    content = components["responses"]["Really"]["content"]["application/json"]
    content["examples"] = {"hi": {"$ref": "#/components/examples/Hello"}}
    item = get({"200": {"$ref": "#/components/responses/Found"}}, operationId="it") | {
        "parameters": [{"$ref": "#/components/parameters/Id"}]
    }
    contract = contract_of({"/x/{id}": item, "/y/{id}": {"$ref": "#/paths/~1x~1%7Bid%7D"}}, components=components)
    first, second = contract.operations.values()

    assert [parameter.name for parameter in first.path_parameters()] == ["id"]
    assert first.responses["200"].headers["x-count"].required
    assert first.responses["200"].media["application/json"].examples["hi"].value == "hello"
    assert second.path == "/y/{id}"
    assert second.responses["200"].media["application/json"].is_valid("text")


@pytest.mark.parametrize(
    "hollow",
    [
        {"/a": None},
        {"/a": {"get": {"responses": {"204": None}}}},
        {"/a": {"get": {"responses": {"200": {"description": "", "content": {"application/json": None}}}}}},
        {"/a": {"get": {"responses": {"200": {"description": "", "headers": {"X-A": None}}}}}},
        {"/a": {"get": {"responses": None, "parameters": None, "requestBody": None, "security": None, "tags": None}}},
        {"/a": {"parameters": None, "get": {"responses": {"200": {"description": "", "content": None}}}}},
    ],
)
def test_empty_parts_are_not_problems(contract_of: Written, hollow: Any) -> None:
    contract = contract_of(hollow)

    assert len(contract.operations) <= 1
    assert contract.problems == ()


@pytest.mark.parametrize(
    ("paths", "pointer"),
    [
        ({"/a": {"$ref": "#/paths/~1a"}}, "/paths/~1a"),
        ({"/a": ["not an object"]}, "/paths/~1a"),
        ({"a": get()}, "/paths/a"),
        ({"/a": get(["not an object"])}, "/paths/~1a/get/responses"),
        ({"/a": get(parameters={"x": 1})}, "/paths/~1a/get/parameters"),
        ({"/a": get(security=["x"])}, "/paths/~1a/get/security/0"),
    ],
)
def test_a_broken_part_is_named_and_the_rest_is_served(contract_of: Written, paths: Any, pointer: str) -> None:
    fine = get({"200": {"description": "", "content": {"text/plain": {"example": "fine"}}}})
    contract = contract_of({**paths, "/fine": fine})

    with flowmock.running(contract) as mock, urllib.request.urlopen(f"{mock.url}/fine") as response:
        assert response.read() == b"fine"
        assert pointer in [problem.pointer for problem in contract.problems]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("swagger: '2.0'\ninfo: {}\npaths: {}\n", "Swagger 2.0"),
        ("hello: world\n", "has no `openapi` field"),
        ("- a\n- b\n", "is an array"),
        ("", "is empty"),
        ("a: [", "not valid YAML"),
        ("\x00\x01", "not valid YAML"),
        ("a: &a [*a]\n", "alias inside the value"),
        ("[" * 100_000, "nested deeper"),
        ("- " * 100_000, "nested deeper"),
    ],
)
def test_a_file_that_is_not_a_contract_is_rejected(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "api.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ContractError, match=reason):
        Contract.load(path)


def test_aliases_of_aliases_that_expand_to_too_much_are_rejected(tmp_path: Path) -> None:
    path = tmp_path / "api.yaml"
    levels = [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9) if at else '1, 1'}]" for at in range(12)]
    path.write_text("openapi: 3.0.0\npaths: {}\n" + "\n".join(levels), encoding="utf-8")

    with pytest.raises(ContractError, match="aliases that expand to more"):
        Contract.load(path)


def test_anchors_and_unquoted_statuses_are_read(tmp_path: Path) -> None:
    path = tmp_path / "api.yaml"
    path.write_text(
        "openapi: 3.0.0\ninfo: {title: T, version: 1.0}\npaths:\n"
        "  /a: {get: {responses: {200: &ok {description: '', content: {application/json: {schema: {}}}}}}}\n"
        "  /b: {get: {responses: {200: *ok, default: *ok}}}\n",
        encoding="utf-8",
    )
    contract = Contract.load(path)

    assert [list(operation.responses) for operation in contract.operations.values()] == [["200"], ["200", "default"]]


def test_merge_keys_are_merged(tmp_path: Path) -> None:
    path = tmp_path / "api.yaml"
    path.write_text(
        "openapi: 3.0.0\ninfo: {title: T, version: 1.0}\nx-own: &own {tags: [shared], responses: {}}\npaths:\n"
        "  /a: {get: {<<: *own, operationId: a}}\n",
        encoding="utf-8",
    )

    assert Contract.load(path).operation("a").tags == ("shared",)


@pytest.fixture
def wild(contract_of: Written) -> Contract:
    """Paths, statuses and media types as documents in the wild have them."""
    by_id = [{"name": "id", "in": "path", "required": True, "schema": TEXT}]
    return contract_of(
        {
            "/things/{id}": get(parameters=by_id),
            "/things/mine": get({"200": answer({"type": "string", "enum": ["mine"]})}),
            "/files/{id}.json": get({"200": answer({"type": "string", "enum": ["file"]})}, parameters=by_id),
            "/a/{id}/b/{id2}": get(
                parameters=[*by_id, {"name": "id2", "in": "path", "required": True, "schema": {"type": "integer"}}]
            ),
            "/undeclared/{id}": get(),
            "/range": get({"2XX": answer({"type": "boolean"})}),
            "/default": get({"default": answer({"type": "integer"})}),
            "/accepted": {"post": {"responses": {"202": answer(), "201": answer({"type": "integer"})}}},
            "/nothing": {"delete": {"responses": {"204": {"description": ""}}}},
            "/text": get({"200": answer(media="text/plain")}),
            "/csv": get({"200": answer(media="text/csv")}),
            "/html": get({"200": answer(media="text/html")}),
            "/xml": get({"200": answer({"type": "object", "properties": {"a": TEXT}}, media="application/xml")}),
            "/image": get({"200": answer({"type": "string", "format": "binary"}, media="image/png")}),
            "/bytes": get({"200": answer({"type": "string", "format": "binary"}, media="application/octet-stream")}),
            "/problem": get({"200": answer({"type": "object"}, media="application/problem+json")}),
            "/anything": get({"200": {"description": "", "content": {"*/*": {}}}}),
            "/unread": get({"200": {"description": "", "content": {"application/json": {}}}}),
            "/late": get({"404": answer()}),
        },
        servers=[{"url": "/api"}],
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "media"),
    [
        ("GET", "/things/7", 200, "application/json"),
        ("GET", "/a/x/b/7", 200, "application/json"),
        ("GET", "/undeclared/7", 200, "application/json"),
        ("GET", "/range", 200, "application/json"),
        ("GET", "/default", 200, "application/json"),
        ("POST", "/accepted", 201, "application/json"),
        ("DELETE", "/nothing", 204, ""),
        ("GET", "/text", 200, "text/plain"),
        ("GET", "/csv", 200, "text/csv"),
        ("GET", "/html", 200, "text/html"),
        ("GET", "/xml", 200, "application/xml"),
        ("GET", "/image", 200, "image/png"),
        ("GET", "/bytes", 200, "application/octet-stream"),
        ("GET", "/problem", 200, "application/problem+json"),
        ("GET", "/unread", 200, "application/json"),
        ("GET", "/absent", 404, ""),
    ],
)
def test_every_kind_of_operation_is_served(
    wild: Contract, ask: Ask, method: str, path: str, status: int, media: str
) -> None:
    with flowmock.running(wild) as running:
        came = ask(running, path, method=method)

    assert came.status == status
    assert came["content-type"].startswith(media)
    operation = next((each for each in wild.operations.values() if each.path == path and each.method == method), None)
    documented = operation.response(status) if operation else None
    if documented and media.endswith("json"):
        assert documented.media[media].is_valid(came.json)


def test_a_literal_path_goes_before_a_parameter(wild: Contract, ask: Ask) -> None:
    with flowmock.running(wild) as running:
        assert ask(running, "/things/mine").json == "mine"
        assert ask(running, "/files/7.json").json == "file"


@pytest.mark.parametrize(
    ("path", "template", "values"),
    [
        ("/a/b/c", "/a/b/c", {}),
        ("/a/b/x", "/a/b/{z}", {"z": "x"}),
        ("/a/x/c", "/a/{y}/c", {"y": "x"}),
        ("/a/x/y", "/a/{y}/{z}", {"y": "x", "z": "y"}),
        ("/x/b/c", "/{x}/b/c", {"x": "x"}),
        ("/x/b/y", "/{x}/b/{z}", {"x": "x", "z": "y"}),
        ("/x/y/z", "/{x}/{y}/{z}", {"x": "x", "y": "y", "z": "z"}),
        ("/a/b.c/v1", "/a/{y}.{part}/v1", {"y": "b", "part": "c"}),
        ("/a/b", None, {}),
        ("/a/b/c/d", None, {}),
        ("/a//c", None, {}),
    ],
)
def test_of_many_paths_the_one_with_the_first_literal_segments_is_taken(
    contract_of: Written, path: str, template: str | None, values: dict[str, str]
) -> None:
    templates = [
        *(f"/other/{number}/{{id}}" for number in range(20)),
        "/{x}/{y}/{z}", "/{x}/b/{z}", "/{x}/b/c", "/a/{y}/{z}", "/a/{y}/c", "/a/b/{z}", "/a/b/c", "/a/{y}.{part}/v1",
    ]  # fmt: skip
    routes = create(contract_of({each: get() for each in templates})).compiled.routes

    found = routes.find(path, path)

    assert (found and (found[0].template, found[1])) == (template and (template, values))


def test_a_valid_request_is_not_refused_where_only_refusals_are_documented(wild: Contract, ask: Ask) -> None:
    with flowmock.running(wild) as running:
        came = ask(running, "/late")

    assert (came.status, came.body) == (204, b"")


def test_a_redirect_is_given_where_it_is_all_that_is_documented(contract_of: Written, ask: Ask) -> None:
    location = {"Location": {"required": True, "schema": {"type": "string", "enum": ["/there"]}}}
    answers = {"302": {"description": "", "headers": location}, "400": {"description": ""}}
    with flowmock.running(contract_of({"/a": get(answers)})) as running:
        came = ask(running, "/a")

    assert (came.status, came["location"]) == (302, "/there")


def test_several_documents_are_served_each_under_its_base_path(contract_of: Written, ask: Ask) -> None:
    def speaking(word: str, base: str, path: str = "/say") -> Contract:
        return contract_of({path: get({"200": answer({"enum": [word]})})}, servers=[{"url": base}])

    contracts = [
        speaking("one", "/one"),
        speaking("two", "/two"),
        speaking("nested", "/one/nested"),
        speaking("also", "/one", "/also"),
        speaking("root", "", "/root"),
    ]
    with flowmock.running(contracts) as running:
        host = running.origin.removeprefix("http://")

        def said(path: str) -> Any:
            connection = http.client.HTTPConnection(host)
            try:
                connection.request("GET", path, headers={"Authorization": "Bearer any"})
                return json.loads(connection.getresponse().read())
            finally:
                connection.close()

        assert {path: said(path) for path in ("/one/say", "/two/say", "/one/nested/say", "/one/also", "/root")} == {
            "/one/say": "one",
            "/two/say": "two",
            "/one/nested/say": "nested",
            "/one/also": "also",
            "/root": "root",
        }


def test_methods_of_openapi_3_2_are_served_checked_and_protected(ask: Ask) -> None:
    number = {"schema": {"type": "integer"}}
    query = {
        "requestBody": {"required": True, "content": {"application/json": number}},
        "responses": {"200": answer({"const": "found"})},
    }
    copy = {"responses": {"201": {"description": ""}}, "security": [{"token": []}]}
    item = {"query": query, "additionalOperations": {"COPY": copy}, "post": {"responses": {"204": {}}}, **get()}
    contract = Contract({
        "openapi": "3.2.0", "info": {"title": "Files", "version": "1"}, "servers": [{"url": "/api"}],
        "paths": {"/files": item, "/{any}/{other}": {"post": {"responses": {"200": answer()}}}},
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    })  # fmt: skip
    sent = {"headers": {"Content-Type": "application/json"}}

    with flowmock.running(contract) as mock:
        found = ask(mock, "/files", method="QUERY", body="7", **sent)
        assert (found.status, json.loads(found.body)) == (200, "found")
        assert ask(mock, "/files", method="QUERY", body='"x"', **sent).status == 400
        assert ask(mock, "/files", method="COPY", token=None).status == 401
        assert ask(mock, "/files", method="COPY").status == 201
        assert ask(mock, "/files", method="POST").status == 204
        assert ask(mock, "/files").status == 200
        assert {"COPY", "QUERY"} <= set(ask(mock, "/files", method="MOVE")["allow"].split(", "))
        assert not any("not served" in warning for warning in mock.mock.compiled.warnings)


def test_a_document_without_operations_is_served_with_a_warning() -> None:
    document = {"openapi": "3.1.0", "info": {"title": "Hooks", "version": "1"}, "webhooks": {}}

    with flowmock.running(Contract(document)) as mock:
        (warning,) = mock.mock.compiled.warnings

    assert "has no operations" in warning


@pytest.mark.parametrize(
    ("path", "written"), [("/files#archive", "/files%23archive"), ("/files?do=a", "/files%3Fdo=a")]
)
def test_a_path_with_a_fragment_or_a_query_is_said_to_be_served_encoded_only(path: str, written: str) -> None:
    contract = Contract({"openapi": "3.1.0", "info": {"title": "Files", "version": "1"}, "paths": {path: get()}})

    with flowmock.running(contract) as mock, urllib.request.urlopen(f"{mock.url}{written}") as response:
        assert response.status == 200
        assert [warning.partition(":")[0] for warning in mock.mock.compiled.warnings] == [
            f"GET {path} is served at {written} only"
        ]


def test_a_path_that_must_be_encoded_is_found(ask, contract_of) -> None:
    ok = {"responses": {"200": {"description": "", "content": {"text/plain": {"example": "ok"}}}}}
    with flowmock.running(contract_of({"/a b > 5%/{id}": {"get": ok}})) as mock:
        assert ask(mock, "/a%20b%20%3E%205%25/x%2Fy").status == 200
        (entry,) = mock.mock.journal.entries()
        assert ask(mock, "/a%20b/x").status == 404

    assert entry.call.path_values == {"id": "x/y"}


def test_characters_that_are_encoded_without_need_are_the_same_path(ask, contract_of) -> None:
    ok = {"responses": {"200": {"description": "", "content": {"text/plain": {"example": "ok"}}}}}
    with flowmock.running(
        contract_of({"/{id}/x": {"get": ok}, "/mine/x": {"get": ok}, "/käse/x": {"get": ok}})
    ) as mock:
        for path in ("/%6Dine/%78", "/k%C3%A4se/x", "/m%2525ne/x", "/m%2Fne/x", "/m%FFne/x"):
            assert ask(mock, path).status == 200
        values = [entry.call.path_values for entry in mock.mock.journal.entries()]

    assert values == [{}, {}, {"id": "m%25ne"}, {"id": "m/ne"}, {"id": "m\ufffdne"}]


def test_an_error_example_that_is_asked_for_stays_as_it_is(ask, contract_of) -> None:
    examples = {"first": {"value": {"message": "too long"}}, "second": {"value": {"message": "empty"}}}
    error = {"description": "", "content": {"application/json": {"schema": {"type": "object"}, "examples": examples}}}
    limit = {"name": "limit", "in": "query", "required": True, "schema": {"type": "integer"}}
    operation = {"parameters": [limit], "responses": {"200": {"description": ""}, "422": error}}
    with flowmock.running(contract_of({"/pets": {"get": operation}})) as mock:
        asked = ask(mock, "/pets", headers={"Prefer": "code=422, example=second"})
        told = ask(mock, "/pets")

    assert (asked.status, asked.json) == (422, {"message": "empty"})
    assert told.json["message"] not in ("empty", "too long")
