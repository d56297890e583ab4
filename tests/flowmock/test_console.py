"""What the console asks the mock for: examples and their origins, callers, previews, releases, its own files."""

import base64
import hashlib
import http.client
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import flowmock
from flowcontract.openapi.contract import Contract
from flowmock.console.side_by_side import differences
from flowmock.scenarios.active import Activation

TOKEN = "console-token-0123456789"
GUEST = "console-guest-9876543210"
ONE = "console-single-5555555555"
READ = 1
"""The number of the operation that reads one flow."""
STATIC = Path(flowmock.__file__).parent / "console" / "static"
Asked = Callable[..., tuple[int, Any]]


def to_admin(mock: flowmock.Running, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(mock.origin.removeprefix("http://"), timeout=20)
    content = None if body is None else json.dumps(body).encode()
    connection.request("POST" if content else "GET", f"/__mock__{path}", content, headers)
    response = connection.getresponse()
    raw = response.read()
    connection.close()
    return response.status, json.loads(raw) if "json" in (response.headers["Content-Type"] or "") else raw


@pytest.fixture(scope="module")
def shared() -> Iterator[flowmock.Running]:
    with flowmock.running(tokens=[TOKEN, f"{GUEST}:none", f"{ONE}:initial-setup"]) as running:
        yield running


@pytest.fixture
def mock(shared: flowmock.Running) -> flowmock.Running:
    shared.mock.reset()
    return shared


@pytest.fixture
def admin(mock: flowmock.Running) -> Asked:
    return lambda path, body=None, **headers: to_admin(mock, path, body, **headers)


# Examples and origins


def test_tags_are_in_the_order_of_the_document_and_lists_are_known(contract_of: Callable[..., Contract]) -> None:
    listed = {"200": {"description": "", "content": {"application/json": {"schema": {"type": "array"}}}}}
    paths = {
        "/a": {"get": {"tags": ["ants"], "responses": listed}},
        "/z": {"get": {"tags": ["zebras"], "responses": {"200": {"description": ""}}}},
    }
    with flowmock.running(contract_of(paths, tags=[{"name": "zebras"}, {"name": "ants"}])) as mock:
        _, answer = to_admin(mock, "/operations")

    assert answer["tags"] == ["zebras", "ants"]
    assert [each["isList"] for each in answer["operations"]] == [True, False]


def test_every_operation_is_listed(admin: Asked) -> None:
    _, answer = admin("/operations")

    listed, read = answer["operations"]
    assert (listed["number"], listed["method"], listed["path"]) == (0, "GET", "/api/v3/flows/instances/")
    assert (read["number"], read["method"], read["path"]) == (READ, "GET", "/api/v3/flows/instances/{slug}/")
    assert read["examples"] > 13
    assert read["tags"] == ["flows"]


def test_an_example_has_the_origin_of_every_field(admin: Asked) -> None:
    _, detail = admin(f"/operations/{READ}")

    success = detail["responses"][0]
    example = next(each for each in success["examples"] if each["name"] == "initial-setup")
    assert success["status"] == "200"
    assert set(example["fields"]) == {f"/{name}" for name in example["value"]}
    assert example["fields"]["/pk"] == {
        "value": {"kind": "example", "source": "examples/initial-setup.yaml"},
        "declared": {"kind": "page", "source": "captured/2024.8.1.yaml"},
    }
    assert example["path"] == {"slug": "initial-setup"}


def test_an_error_example_of_an_overlay_has_its_origin_and_a_preference(admin: Asked) -> None:
    _, detail = admin(f"/operations/{READ}")

    (example,) = next(each for each in detail["responses"] if each["status"] == "404")["examples"]
    assert example["fields"]["/detail"]["value"] == {"kind": "overlay", "source": "overlays/observed.yaml"}
    assert example["prefer"] == "code=404, example=unknown-flow"


@pytest.fixture
def pets(contract_of: Callable[..., Contract]) -> Contract:
    """A contract without examples, composed and nested, and with a field that nobody declares."""
    pet = {
        "allOf": [
            {"$ref": "#/components/schemas/Named"},
            {
                "type": "object",
                "properties": {"tags": {"type": "array", "items": {"$ref": "#/components/schemas/Named"}}},
            },
        ]
    }
    answer = {"description": "ok", "content": {"application/json": {"schema": pet}}}
    shown = {"x": {"value": {"name": "Rex", "tags": [{"name": "a", "odd": 1}]}}}
    with_example = {"description": "ok", "content": {"application/json": {"schema": pet, "examples": shown}}}
    return contract_of(
        {
            "/pets/{id}": {
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "get": {"operationId": "one", "responses": {"200": answer}},
            },
            "/pets": {
                "get": {"operationId": "some", "responses": {"200": with_example}},
                "post": {"operationId": "add", "responses": {"201": answer}},
            },
        },
        components={
            "schemas": {"Named": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}}
        },
        **{"x-flowcontract-provenance": {"/components/schemas/Named": "more/naming.yaml"}},
    )


def test_without_an_example_the_response_is_generated(pets: Contract) -> None:
    with flowmock.running(pets, seed=7) as running:
        operations = to_admin(running, "/operations")[1]["operations"]
        number = next(each["number"] for each in operations if each["id"] == "one")
        _, detail = to_admin(running, f"/operations/{number}")

    (example,) = detail["responses"][0]["examples"]
    assert example["name"] == "generated"
    assert example["fields"]["/name"]["value"] == {"kind": "generated", "source": "seed 7"}


def test_declarations_are_found_through_references_compositions_and_lists(pets: Contract) -> None:
    with flowmock.running(pets) as running:
        operations = to_admin(running, "/operations")[1]["operations"]
        number = next(each["number"] for each in operations if each["id"] == "some")
        fields = to_admin(running, f"/operations/{number}")[1]["responses"][0]["examples"][0]["fields"]

    assert fields["/name"]["declared"] == {"kind": "overlay", "source": "more/naming.yaml"}
    assert fields["/tags/0/name"]["declared"]["kind"] == "overlay"
    assert fields["/tags"]["declared"]["kind"] == "document"
    assert fields["/tags/0/odd"]["declared"] is None
    assert fields["/tags/0/odd"]["value"]["kind"] == "document"


# Responses


def test_every_documented_response_has_a_body_as_the_mock_sends_it(pets: Contract, ask: Any) -> None:
    """Also where the contract has no example of it, no JSON, or no content at all."""
    error = {"type": "object", "required": ["detail"], "properties": {"detail": {"type": "string"}}}
    responses = {
        "4XX": {"description": "", "content": {"application/json": {"schema": error}}},
        "204": {"description": "gone"},
        "410": {"description": "", "content": {"text/plain": {"example": "Gone."}}},
        "200": {"description": "", "content": {"application/json": {"example": {"id": 1}}, "application/xml": {}}},
        "default": {"description": "", "content": {"application/json": {"schema": error}}},
    }
    contract = Contract(
        {
            "openapi": "3.1.0",
            "info": {"title": "Pets", "version": "1"},
            "paths": {"/pets": {"get": {"responses": responses}, "post": {"responses": {"201": responses["200"]}}}},
        }
    )
    with flowmock.running(contract, stateful=True) as running:
        _, detail = to_admin(running, "/operations/0")
        found = {each["status"]: each for each in reversed(detail["responses"])}
        for each in found.values():
            sent = ask(running, "/pets", headers={"Prefer": each["prefer"]} if each["prefer"] else {})
            assert sent.status == each["code"]
            assert (each["body"] or {"text": ""})["text"] == sent.body.decode()

    assert [(each["status"], each["media"]) for each in detail["responses"]] == [
        ("200", "application/json"),
        ("200", "application/xml"),
        ("4XX", "application/json"),
        ("204", ""),
        ("410", "text/plain"),
        ("default", "application/json"),
    ]
    assert {status: each["code"] for status, each in found.items()} == {
        "200": 200, "4XX": 400, "204": 204, "410": 410, "default": 500
    }  # fmt: skip
    assert found["410"]["body"]["text"] == "Gone."
    assert found["4XX"]["body"]["text"] == '{"detail":"Bad Request"}'


def test_looking_at_an_operation_changes_nothing_in_a_stateful_mock(pets: Contract, ask: Any) -> None:
    with flowmock.running(pets, stateful=True) as running:
        before = ask(running, "/pets").json
        for number in range(3):
            assert to_admin(running, f"/operations/{number}")[0] == 200
        assert ask(running, "/pets").json == before


def test_the_response_to_a_creation_is_shown_without_creating_anything(
    contract_of: Callable[..., Contract], ask: Any
) -> None:
    schema = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "format": "uuid"}}}
    one = {"description": "", "content": {"application/json": {"schema": schema}}}
    several = {"description": "", "content": {"application/json": {"schema": {"type": "array", "items": schema}}}}
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    paths = {
        "/boats": {"post": {"responses": {"201": one}}, "get": {"responses": {"200": several}}},
        "/boats/{id}": {"parameters": [parameter], "get": {"responses": {"200": one}}},
    }
    with flowmock.running(contract_of(paths), stateful=True) as running:
        before = ask(running, "/boats").json
        listed = to_admin(running, "/operations")[1]["operations"]
        number = next(each["number"] for each in listed if each["method"] == "POST")
        (first,), (again,) = (to_admin(running, f"/operations/{number}")[1]["responses"] for _ in range(2))

        assert first["body"] == again["body"]
        assert ask(running, "/boats").json == before


def test_the_typical_operation_is_a_list_that_needs_credentials(contract_of: Callable[..., Contract]) -> None:
    def get(schema: Any, **more: Any) -> dict[str, Any]:
        content = {"application/json": {"schema": schema}}
        return {"get": {"responses": {"200": {"description": "", "content": content}}} | more}

    item = {"type": "object", "properties": {"id": {"type": "integer"}}}
    paths = {
        "/schema": get({"type": "array", "items": item}, security=[]),
        "/me": get(item),
        "/logs": get({"type": "array", "items": item}, parameters=[{"name": "q", "in": "query", "required": True}]),
        "/pets": get({"type": "object", "properties": {"results": {"type": "array", "items": item}}}),
    }
    schemes = {"key": {"type": "http", "scheme": "bearer"}}
    with flowmock.running(
        contract_of(paths, components={"securitySchemes": schemes}, security=[{"key": []}])
    ) as running:
        _, answer = to_admin(running, "/operations")

    assert answer["operations"][answer["typical"]]["path"] == "/pets"


# Callers


def test_tokens_are_masked(admin: Asked, mock: flowmock.Running) -> None:
    _, answer = admin("/access")

    assert [(each["role"], each["resource_ids"]) for each in answer["tokens"]] == [
        ("all", None),
        ("none", []),
        ("some", ["initial-setup"]),
    ]
    assert answer["schemes"][0]["sent"] == "Authorization: Bearer ${FLOWCONTRACT_TOKEN}"
    for path, body in (("/access", None), ("/operations/0", None), ("/preview", {"operation": READ})):
        text = json.dumps(admin(path, body)[1])
        assert not [token for token in (TOKEN, GUEST, ONE) if token in text]


@pytest.mark.parametrize("token", ["abc", "short-token", "fifteen-letters"])
def test_a_short_token_is_masked_completely(token: str) -> None:
    with flowmock.running(tokens=[token]) as running:
        (shown,) = to_admin(running, "/access")[1]["tokens"]

    assert shown["masked"] == "…"


@pytest.mark.parametrize(
    ("scheme", "told"),
    [
        ({"type": "http", "scheme": "bearer"}, "Authorization: Bearer ${FLOWCONTRACT_TOKEN}"),
        ({"type": "http", "scheme": "basic"}, "Authorization: Basic ${FLOWCONTRACT_TOKEN}"),
        ({"type": "oauth2", "flows": {}}, "Authorization: Bearer ${FLOWCONTRACT_TOKEN}"),
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, "X-Key: ${FLOWCONTRACT_TOKEN}"),
        ({"type": "apiKey", "in": "query", "name": "key"}, "?key=${FLOWCONTRACT_TOKEN}"),
        ({"type": "apiKey", "in": "cookie", "name": "key"}, "Cookie: key=${FLOWCONTRACT_TOKEN}"),
    ],
)
def test_a_token_is_sent_as_the_contract_requires(
    contract_of: Callable[..., Contract], scheme: dict[str, Any], told: str
) -> None:
    answer = {"description": "ok", "content": {"application/json": {"schema": {"type": "object"}}}}
    operation = {"operationId": "it", "security": [{"it": []}], "responses": {"200": answer}}
    contract = contract_of({"/it": {"get": operation}}, components={"securitySchemes": {"it": scheme}})

    with flowmock.running(contract, tokens=[TOKEN]) as running:
        assert to_admin(running, "/access")[1]["schemes"][0]["sent"] == told
        served = [
            to_admin(running, "/preview", {"operation": 0, "caller": caller})[1]["response"]["status"]
            for caller in ("1", "anonymous")
        ]

    assert served == [200, 401]


# Rehearsals


@pytest.mark.parametrize(
    ("caller", "status"),
    [("", 200), ("1", 200), ("2", 403), ("3", 200), ("anonymous", 403), ("invalid", 403)],
)
def test_a_preview_is_made_for_each_caller(admin: Asked, caller: str, status: int) -> None:
    _, answer = admin("/preview", {"operation": READ, "path": {"slug": "initial-setup"}, "caller": caller})

    assert answer["response"]["status"] == status


def test_a_mock_that_accepts_any_token_rejects_an_impossible_one(anyone: flowmock.Running) -> None:
    asked = {"operation": READ, "path": {"slug": "initial-setup"}}

    assert to_admin(anyone, "/preview", asked)[1]["response"]["status"] == 200
    assert to_admin(anyone, "/preview", asked | {"caller": "invalid"})[1]["response"]["status"] == 403


def test_a_preview_may_repeat_a_parameter(contract_of: Callable[..., Contract]) -> None:
    pet = {"type": "object", "properties": {"kind": {"type": "string", "enum": ["cat", "dog", "hen"]}}}
    listed = {"200": {"description": "", "content": {"application/json": {"schema": {"type": "array", "items": pet}}}}}
    kinds = {"name": "kind", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}
    with flowmock.running(contract_of({"/pets": {"get": {"parameters": [kinds], "responses": listed}}})) as running:
        _, answer = to_admin(running, "/preview", {"operation": 0, "query": {"kind": ["cat", "hen"]}})

    assert {each["kind"] for each in json.loads(answer["response"]["body"]["text"])} == {"cat", "hen"}


def test_a_preview_is_the_response_that_the_call_gets(admin: Asked, mock: flowmock.Running, ask: Any) -> None:
    _, previewed = admin("/preview", {"operation": READ, "path": {"slug": "unknown"}, "prefer": "wait=3"})
    answer = ask(mock, "/flows/instances/unknown/", token=TOKEN)

    assert json.loads(previewed["response"]["body"]["text"]) == answer.json
    assert previewed["milliseconds"] == 3000
    assert "${FLOWCONTRACT_TOKEN}" in previewed["curl"]


def test_a_preview_is_neither_counted_nor_recorded(admin: Asked, mock: flowmock.Running, ask: Any) -> None:
    flaky = {"rules": [{"when": {"call": 2}, "response": {"code": 403}}, {"response": {"delay": 1, "fault": "reset"}}]}
    mock.mock.scenarios.define("second", flaky)
    mock.mock.scenarios.activate([Activation("second", 1)])

    for _ in range(3):
        _, answer = admin("/preview", {"operation": READ})
        assert (answer["response"]["fault"], answer["milliseconds"]) == ("reset", 1000)

    (active,) = mock.mock.scenarios.active()
    assert (active.left, active.applied, len(mock.mock.journal)) == (1, 0, 0)


def test_a_preview_uses_the_scenarios_of_the_session(admin: Asked, mock: flowmock.Running) -> None:
    mock.mock.scenarios.activate(["not-found"], "worker-1")

    assert admin("/preview", {"operation": READ, "session": "worker-1"})[1]["response"]["status"] == 404
    assert admin("/preview", {"operation": READ, "path": {"slug": "initial-setup"}})[1]["response"]["status"] == 200


def test_requests_that_change_data_have_no_preview_in_a_stateful_mock(pets: Contract) -> None:
    with flowmock.running(pets, stateful=True) as running:
        operations = to_admin(running, "/operations")[1]["operations"]
        number = next(each["number"] for each in operations if each["method"] == "POST")
        status, answer = to_admin(running, "/preview", {"operation": number})

    assert status == 400
    assert "no preview with --stateful" in answer["error"]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        [],
        {"operation": 2},
        {"operation": READ, "caller": "9" * 5000},
        {"operation": "x"},
        {"operation": READ, "caller": "4"},
        {"operation": READ, "pth": {}},
    ],
)
def test_an_invalid_preview_is_an_error(admin: Asked, asked: Any) -> None:
    status, answer = admin("/preview", asked)

    assert status == 400
    assert answer["error"]


def test_a_preview_takes_any_text(admin: Asked) -> None:
    odd = "\x00/\ud800?#\n%é"
    asked = {"operation": READ, "path": {"slug": odd}, "query": {odd: odd}, "prefer": odd, "session": odd, "body": odd}

    status, answer = admin("/preview", asked)

    assert status == 200
    assert answer["response"]["status"] == 400  # There is no such preference.


# Curl


@pytest.mark.parametrize("tokens", [(), (TOKEN,)], ids=["any token", "tokens of its own"])
@pytest.mark.parametrize(
    "scheme",
    [
        {"type": "http", "scheme": "bearer"},
        {"type": "http", "scheme": "basic"},
        {"type": "apiKey", "in": "header", "name": "X-Key"},
        {"type": "apiKey", "in": "query", "name": "key"},
        {"type": "apiKey", "in": "cookie", "name": "key"},
    ],
)
def test_a_copied_command_works_as_it_is_pasted(
    contract_of: Callable[..., Contract], scheme: dict[str, Any], tokens: tuple[str, ...]
) -> None:
    """Where the mock has tokens of its own, once the variable is set; else without any preparation."""
    answer = {"description": "ok", "content": {"application/json": {"example": {"id": 1}}}}
    operation = {"operationId": "it", "security": [{"it": []}], "responses": {"200": answer}}
    contract = contract_of({"/it": {"get": operation}}, components={"securitySchemes": {"it": scheme}})
    is_basic = scheme.get("scheme") == "basic"
    variable = base64.b64encode(f"user:{TOKEN}".encode()).decode() if is_basic else TOKEN
    environment = {"FLOWCONTRACT_TOKEN": variable} if tokens else {}
    with flowmock.running(contract, tokens=tokens) as running:
        (example,) = to_admin(running, "/operations/0")[1]["responses"][0]["examples"]
        previewed = to_admin(running, "/preview", {"operation": 0})[1]
        statuses = [status_of(previewed["curl"], environment), status_of(example["curl"], environment)]
        recorded = to_admin(running, "/exchanges/1")[1]
        statuses.append(status_of(recorded["curl"], environment))

    assert statuses == ["200", "200", "200"]
    for command in (example["curl"], previewed["curl"], recorded["curl"]):
        assert TOKEN not in command
        assert ("${FLOWCONTRACT_TOKEN}" in command) is bool(tokens)


@pytest.mark.parametrize("example", [{"example": {"name": "Rex"}}, {}], ids=["example", "generated"])
def test_a_copied_command_has_what_a_request_must_have(
    contract_of: Callable[..., Contract], example: dict[str, Any]
) -> None:
    pet = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "minLength": 3}}}
    content = {"application/x-www-form-urlencoded": {}, "application/json": {"schema": pet} | example}
    answer = {"description": "", "content": {"application/json": {"schema": pet}}}
    parameters = [
        {"name": "kind", "in": "query", "required": True, "schema": {"enum": ["dog", "cat"]}},
        {"name": "ids", "in": "query", "required": True, "schema": {"type": "array", "items": {"type": "integer"}}},
    ]
    operation = {
        "requestBody": {"required": True, "content": content},
        "responses": {"201": answer},
        "parameters": parameters,
    }
    with flowmock.running(contract_of({"/pets": {"post": operation}})) as running:
        _, detail = to_admin(running, "/operations/0")
        (generated,) = detail["responses"][0]["examples"]
        _, previewed = to_admin(running, "/preview", {"operation": 0} | {key: detail[key] for key in ("query", "body")})

        assert status_of(generated["curl"], {}) == status_of(previewed["curl"], {}) == "201"
        assert previewed["response"]["status"] == 201
    assert not example or json.loads(detail["body"]) == example["example"]


def test_a_command_with_an_invalid_token_stays_invalid_where_any_token_is_accepted(anyone: flowmock.Running) -> None:
    asked = {"operation": READ, "path": {"slug": "initial-setup"}, "caller": "invalid"}

    assert status_of(to_admin(anyone, "/preview", asked)[1]["curl"], {}) == "403"


def status_of(command: str, environment: dict[str, str]) -> str:
    """The status that a shell prints for a command."""
    line = f"{command} -s -o /dev/null -w '%{{http_code}}'"
    everything = {"PATH": os.environ["PATH"], "NO_PROXY": "127.0.0.1", **environment}
    return subprocess.run(["sh", "-c", line], capture_output=True, text=True, env=everything).stdout


def test_an_exchange_is_a_curl_command_without_a_token(admin: Asked, mock: flowmock.Running, ask: Any) -> None:
    ask(
        mock, f"/flows/instances/it's/?token={quote(TOKEN)}", token=TOKEN, headers={"X-Mine": TOKEN, "Prefer": "wait=0"}
    )
    number = mock.mock.journal.entries()[-1].number

    line = admin(f"/exchanges/{number}")[1]["curl"]

    assert TOKEN not in line
    assert """-H 'authorization: Bearer '"${FLOWCONTRACT_TOKEN}\"""" in line
    assert "-H 'prefer: wait=0'" in line
    assert "host:" not in line


def test_an_invalid_token_stays_invalid_in_the_curl_command(admin: Asked, mock: flowmock.Running, ask: Any) -> None:
    ask(mock, "/flows/instances/initial-setup/", token="nobody-knows-this-one")
    number = mock.mock.journal.entries()[-1].number

    line = admin(f"/exchanges/{number}")[1]["curl"]

    assert "FLOWCONTRACT_TOKEN" not in line
    assert "nobody-knows-this-one" not in line


# Releases, contract, files


def test_two_releases_are_shown_side_by_side(admin: Asked) -> None:
    _, answer = admin("/releases/compare?old=2024.8.1&new=2025.12.2")

    (operation,) = answer["operations"]
    example = next(each for each in operation["examples"] if each["name"] == "initial-setup")
    added = {at for at, kind in example["differences"].items() if kind == "added"}
    assert added == {f"/{name}" for name in example["new"].keys() - example["old"].keys()} != set()
    assert answer["changes"]


def test_differences_have_a_location_and_a_kind() -> None:
    old = {"same": 1, "gone": 1, "list": [1, 2], "deep": {"a/b": 1}, "kind": 1}
    new = {"same": 1, "list": [1, 3, 4], "deep": {"a/b": 2}, "new": None, "kind": True}

    assert dict(differences(old, new)) == {
        "/gone": "removed",
        "/list/1": "changed",
        "/list/2": "added",
        "/deep/a~1b": "changed",
        "/kind": "changed",
        "/new": "added",
    }


@pytest.mark.parametrize("query", ["", "?old=2024.8.1", "?old=1.0&new=2024.8.1", "?old=a&nwe=b"])
def test_unknown_releases_are_an_error(admin: Asked, query: str) -> None:
    assert admin(f"/releases/compare{query}")[0] == 400


def test_the_document_names_this_mock_as_its_server(admin: Asked) -> None:
    status, document = admin("/contracts/0")

    assert status == 200
    assert document["servers"] == [{"url": "/api/v3"}]
    assert admin("/contracts/1")[0] == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/access", None),
        ("/contracts/0", None),
        ("/operations", None),
        ("/operations/0", None),
        ("/releases/compare?old=2024.8.1&new=2024.8.1", None),
        ("/preview", {"operation": 0}),
    ],
)
def test_foreign_pages_have_no_access(admin: Asked, path: str, body: Any) -> None:
    assert admin(path, body)[0] == 200
    assert admin(path, body, Origin="http://evil.example")[0] == 403


@pytest.mark.parametrize("page", ["/", "/contract/"])
def test_every_file_of_a_page_is_served_by_the_mock(admin: Asked, page: str) -> None:
    text = admin(page)[1].decode()
    folder = page.rstrip("/")
    files = re.findall(r'(?:href|src)="((?:\.\./)?static/[^"]+)"', text)

    assert files
    assert "//" not in "".join(files)
    for name in files:
        assert admin(name.replace("../", "/") if name.startswith("..") else f"{folder}/{name}")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/../__init__.py",
        "/static/%2e%2e/origins.py",
        "/static/lit-html/vendored.json",
        "/static/swagger-ui/..%2f..%2f__init__.py",
        "/static/swagger-ui/none.js",
        "/static/%00",
        "/static/%00.js",
        "/static/swagger-ui/%00.js",
        f"/static/{'a' * 5000}.js",
        f"/static/swagger-ui/{'a' * 5000}.js",
    ],
)
def test_no_other_file_is_served(admin: Asked, path: str) -> None:
    assert admin(path)[0] == 404


def test_lit_html_is_as_its_makers_published_it() -> None:
    folder = STATIC / "lit-html"
    record = json.loads((folder / "vendored.json").read_text("utf-8"))

    found = {
        path.relative_to(folder).as_posix(): "sha256-"
        + base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "vendored.json"
    }
    assert found == record["files"]
    assert record["licence"] == "BSD-3-Clause"


def test_the_console_is_only_loaded_when_requested() -> None:
    code = """
import sys
from flowcontract.openapi.contract import Contract
from flowmock.creation import create
create(Contract.load())
print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    loaded = done.stdout.split()
    assert not [name for name in loaded if name.startswith(("flowmock.console", "flowmock.admin.application"))]
