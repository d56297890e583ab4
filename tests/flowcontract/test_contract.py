"""The contract as values: what mock, gate and fuzz build on."""

from pathlib import Path
from typing import Any

import pytest

from flowcontract.contract import Contract
from flowcontract.errors import ContractError
from flowcontract.openapi import documents

ROOT = Path(__file__).resolve().parents[2]
OPERATION = "flows_instances_retrieve"


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract.load()


def small(**operation: Any) -> Contract:
    """A contract with one operation, `GET /things/{key}`."""
    key = {"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}
    return Contract(
        {
            "openapi": "3.0.3",
            "info": {"title": "Things", "version": "1"},
            "paths": {
                "/things/{key}": {"parameters": [key], "get": {"operationId": "thing", "responses": {}, **operation}}
            },
            "components": {"securitySchemes": {"key": {"type": "http", "scheme": "Bearer"}}},
        }
    )


def test_the_project_carries_a_contract(contract: Contract) -> None:
    operation = contract.operation(OPERATION)

    assert contract.base_path == "/api/v3"
    assert (operation.method, operation.path) == ("GET", "/flows/instances/{slug}/")
    assert [parameter.name for parameter in operation.path_parameters()] == ["slug"]
    assert [[scheme.scheme for scheme in alternative] for alternative in operation.security] == [["bearer"]]
    assert not operation.is_open


@pytest.mark.parametrize(
    "pointer",
    [
        "/paths/~1flows~1instances~1{slug}~1/get/responses/404",
        "/components/schemas/Flow/properties/slug/pattern",
        "/components/schemas/FlowDesignationEnum/enum/2",
        "/info/version",
    ],
)
def test_a_place_is_the_line_on_which_it_stands(pointer: str, contract: Contract) -> None:
    place = contract.location(pointer)

    line = (ROOT / "spec" / "openapi.yaml").read_text(encoding="utf-8").splitlines()[place.line - 1]
    last = pointer.rpartition("/")[2]
    assert f"{last}:" in line.replace("'", "") or (last.isdecimal() and line.lstrip().startswith("- "))
    assert place.file.endswith("spec/openapi.yaml")


def test_a_place_that_has_no_line_is_that_of_the_nearest_above(contract: Contract) -> None:
    above = contract.location("/components/schemas/Flow")

    assert contract.location("/components/schemas/Flow/none/such").line == above.line
    assert contract.location("/nowhere").line == 1


def test_an_answer_is_found_exactly_then_by_range_then_by_default() -> None:
    answers = {status: {"description": status} for status in ("200", "4XX", "default")}

    operation = small(responses=answers).operation("thing")

    found = {status: answer.status for status in (200, 404, 500) if (answer := operation.response(status))}
    assert found == {200: "200", 404: "4XX", 500: "default"}
    assert small(responses={"200": {"description": ""}}).operation("thing").response(404) is None


@pytest.mark.parametrize(
    ("content_type", "name"),
    [
        ("application/json; charset=utf-8", "application/json"),
        ("APPLICATION/JSON", "application/json"),
        ("text/plain", "text/*"),
        ("image/png", "*/*"),
        ("", "*/*"),
    ],
)
def test_a_media_type_is_found_exact_before_range(content_type: str, name: str) -> None:
    content: dict[str, Any] = {name: {} for name in ("*/*", "text/*", "application/json")}
    answer = small(responses={"200": {"description": "", "content": content}}).operation("thing").response(200)
    assert answer is not None

    media = answer.media_for(content_type)

    assert media is not None
    assert media.name == name


@pytest.mark.parametrize(
    ("security", "is_open"), [(None, True), ([], True), ([{}], True), ([{"key": []}, {}], True), ([{"key": []}], False)]
)
def test_who_is_let_in_without_credentials(security: Any, is_open: bool) -> None:
    operation = small(**({} if security is None else {"security": security})).operation("thing")

    assert operation.is_open is is_open


def test_an_unknown_operation_is_answered_with_the_nearest(contract: Contract) -> None:
    with pytest.raises(ContractError, match=OPERATION):
        contract.operation("flows_instances_retreive")


def test_examples_answer_to_the_path_by_name_or_by_invariant() -> None:
    media = {"examples": {"one": {"value": {"key": "k", "id": 7}}, "bare": {"value": {}}}}
    fields: dict[str, Any] = {
        "parameters": [{"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}],
        "responses": {"200": {"description": "", "content": {"application/json": media}}},
    }
    relation = {"name": "same", "left": "$response.body#/id", "right": "$request.path.key"}

    assert small(**fields).operation("thing").example_path_values() == {"one": {"key": "k"}}
    assert small(**fields, **{"x-flowcontract-invariants": [relation]}).operation("thing").example_path_values() == {
        "one": {"key": "7"}
    }


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"swagger": "2.0", "paths": {}}, "Swagger 2.0"),
        ({"paths": {}}, "no `openapi` field"),
        ({"openapi": "4.0.0", "paths": {}}, "4.0.0"),
    ],
)
def test_what_is_not_a_contract_is_rejected(document: Any, said: str) -> None:
    with pytest.raises(ContractError, match=said):
        Contract(document)


def test_a_document_without_paths_has_no_operations() -> None:
    assert not Contract({"openapi": "3.1.0", "info": {"title": "Hooks", "version": "1"}, "webhooks": {}}).operations


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"info": ["Things"]}, "/info"),
        ({"servers": [1]}, "/servers/0"),
        ({"paths": {"/x": {"get": {"responses": {"200": 1}}}}}, "/paths/~1x/get/responses/200"),
        ({"paths": {"/x": {"get": {"parameters": [1], "responses": {}}}}}, "/paths/~1x/get/parameters/0"),
    ],
)
def test_a_part_of_a_wrong_type_is_left_out_and_named(fields: dict[str, Any], pointer: str) -> None:
    contract = Contract({**small().document, **fields})

    assert contract.operations
    assert [problem.pointer for problem in contract.problems] == [pointer]


def test_a_parameter_for_content_negotiation_is_none() -> None:
    headers = [{"name": name, "in": "header", "required": True} for name in ("accept", "Content-Type", "X-Tenant")]

    found = small(parameters=headers).operation("thing").parameters

    assert [parameter.name for parameter in found] == ["key", "X-Tenant"]


@pytest.mark.parametrize("text", ["", "just text", "- 1", "a: ["])
def test_a_file_that_is_not_a_contract_is_rejected_by_name(text: str, tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ContractError, match=r"contract\.yaml"):
        Contract.load(path)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"x-flowcontract-invariants": {"name": "x"}}, "a list of mappings"),
        ({"x-flowcontract-invariants": [{"name": "x", "left": "y"}]}, "`left` and `right`"),
        ({"x-flowcontract-volatile": "/x"}, "a list of JSON Pointers"),
    ],
)
def test_an_extension_of_a_wrong_type_is_an_error(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        assert small(**fields).operation("thing").security


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"responses": {"200": {"$ref": "#/components/responses/None"}}}, "'#/components/responses/None'"),
        ({"responses": {"200": {"$ref": "other.yaml#/x"}}}, "'other.yaml#/x'"),
        ({"security": [{"unknown": []}]}, "'unknown'"),
    ],
)
def test_a_loose_end_is_named_and_stops_nothing_else(fields: dict[str, Any], text: str) -> None:
    contract = small(**fields)

    assert contract.operation("thing")
    assert [text in problem.message for problem in contract.problems] == [True]


@pytest.mark.parametrize(
    ("servers", "base_path"),
    [
        ([{"url": "/api/v3/"}], "/api/v3"),
        ([{"url": "https://host.example/a/b"}], "/a/b"),
        ([{"url": "/{v}/", "variables": {"v": {"default": "v1"}}}], "/v1"),
        ([], ""),
        ([{"url": "/"}], ""),
        ([{"url": "./api/"}], "/api"),
        ([{"url": "../api"}], "/api"),
        ([{"url": "//host.example/v2"}], "/v2"),
        ([{"url": "https://{host}/v2"}], "/v2"),
    ],
)
def test_the_base_path_is_that_of_the_first_server(servers: Any, base_path: str) -> None:
    document = {**small().document, "servers": servers}

    assert Contract(document).base_path == base_path


def test_every_example_of_the_contract_is_what_its_schema_says(contract: Contract) -> None:
    for answer in contract.operation(OPERATION).responses.values():
        for media in answer.media.values():
            for example in media.examples.values():
                assert list(media.errors(example.value)) == []


def test_a_broken_body_is_placed_in_the_contract(contract: Contract) -> None:
    success = contract.operation(OPERATION).success()
    assert success is not None
    media = success.media["application/json"]
    body = documents.parse(documents.dump(next(iter(media.examples.values())).value), "copy")

    (error,) = media.errors({**body, "designation": "nothing"})

    assert error.instance == "/designation"
    assert error.pointer == "/components/schemas/FlowDesignationEnum/enum"
