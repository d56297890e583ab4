"""The mock of any contract passes the gate: neither rejects what the document allows."""

import copy
import time
from typing import Any

import pytest

import flowmock
from flowcontract import engine
from flowcontract.checks.findings import Result, RunResult
from flowcontract.cli.main import main
from flowcontract.generation.probes import credentials
from flowcontract.generation.request_builder import RequestBuilder
from flowcontract.http.client import Transport
from flowcontract.http.target import Target
from flowcontract.openapi import parameter_values
from flowcontract.openapi.contract import Contract

pytestmark = pytest.mark.usefixtures("few_probes")
THING = {"type": "object", "required": ["label"], "properties": {"label": {"type": "string"}}}
ERROR = {
    "description": "",
    "content": {"application/json": {"schema": {"type": "object", "properties": {"message": {"type": "string"}}}}},
}
OK = {"description": "", "content": {"application/json": {"schema": THING}}}
BY_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1, "maximum": 10}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Things", "version": "1"},
    "paths": {
        "/things/{id}": {
            "get": {
                "operationId": "read",
                "security": [{"bearer": []}],
                "parameters": [BY_ID],
                "responses": {"200": OK, "400": ERROR, "401": ERROR, "403": ERROR, "404": ERROR},
            }
        },
        "/things": {"get": {"operationId": "list", "responses": {"200": OK, "400": ERROR}}},
    },
    "components": {
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        "schemas": {"Number": {"type": "integer"}, "Numbers": {"type": "array", "items": {"type": "integer"}}},
    },
}


def run_gate(change: Any = lambda _document: None, known: tuple[str, ...] = ("id=7",), **options: Any) -> RunResult:
    """The gate on a mock of the document above with a change; `known`: the path parameters that both are given."""
    document = copy.deepcopy(DOCUMENT)
    change(document)
    contract = Contract(document)
    given = parameter_values.by_operation(contract, [parameter_values.parse(text) for text in known])
    with flowmock.running(contract, tokens=("all", "nothing:none"), param=known) as mock:
        target = Target.at(mock.url, contract.base_path, token="all", none_token="nothing")
        return engine.run(contract, target, engine.Options(path_values=given, profile="quick", **options))


def open_rules(run_result: RunResult) -> set[str]:
    return {finding.rule for finding in run_result.open_findings}


def test_the_mock_of_a_contract_without_examples_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # All probes.

    run_result = run_gate()

    assert run_result.result is Result.PASSED, run_result.open_findings
    assert dict(run_result.statuses)[404] > 0, "unknown IDs were requested"


def test_every_exchange_has_the_time_at_which_it_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # All phases.
    began = time.time()

    run_result = run_gate()

    assert run_result.exchanges
    assert all(began <= exchange.sent_at <= time.time() for exchange in run_result.exchanges)


def test_a_mock_without_path_parameters_serves_every_id_and_fails() -> None:
    document = copy.deepcopy(DOCUMENT)
    contract = Contract(document)
    with flowmock.running(contract, tokens=("all",)) as mock:
        target = Target.at(mock.url, contract.base_path, token="all")
        run_result = engine.run(contract, target, engine.Options(path_values={"read": [{"id": "7"}]}, profile="quick"))

    assert open_rules(run_result) == {"nonexistent-resource-found"}


@pytest.mark.parametrize(
    "parameter",
    [
        {"schema": {"type": "boolean"}},
        {"schema": {"$ref": "#/components/schemas/Number"}},
        {"schema": {"$ref": "#/components/schemas/Numbers"}},
        {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Number"}}, "explode": False},
        {"schema": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}, "minItems": 2}},
        {"schema": {"allOf": [{"$ref": "#/components/schemas/Number"}]}},
        {"schema": {"oneOf": [{"type": "integer"}, {"type": "string", "enum": ["all"]}]}},
        {"schema": {"type": "object", "required": ["x"], "properties": {"x": {"type": "integer"}}}},
        {"schema": {"type": "object", "required": ["x"], "properties": {"x": {"type": "integer"}}}, "explode": False},
        {"schema": {"type": "object", "required": ["x"], "properties": {"x": {"type": "integer"}}},
         "style": "deepObject"},
        {"schema": {"type": "boolean"}, "in": "header"},
        {"schema": {"type": "integer"}, "in": "cookie"},
    ],
    ids=str,
)  # fmt: skip
def test_a_required_parameter_is_sent_and_read_as_documented(parameter: dict[str, Any]) -> None:
    def add(document: dict[str, Any]) -> None:
        document["paths"]["/things"]["get"]["parameters"] = [{"name": "p", "in": "query", "required": True} | parameter]

    run_result = run_gate(add, operations=("list",))

    assert run_result.result is Result.PASSED, [finding.failure.message for finding in run_result.open_findings]


@pytest.mark.parametrize(
    "schemes",
    [
        [{"type": "apiKey", "in": "header", "name": "X-Api-Key"}],
        [{"type": "http", "scheme": "bearer"}, {"type": "apiKey", "in": "header", "name": "x-token"}],
        [{"type": "http", "scheme": "bearer"}, {"type": "apiKey", "in": "query", "name": "api_key"}],
        [{"type": "http", "scheme": "bearer"}, {"type": "apiKey", "in": "cookie", "name": "session"}],
    ],
)
def test_no_unauthorized_caller_has_a_token_where_a_scheme_looks_for_it(schemes: list[dict[str, Any]]) -> None:
    document = copy.deepcopy(DOCUMENT)
    named = {f"scheme{number}": scheme for number, scheme in enumerate(schemes)}
    document["components"]["securitySchemes"] = named
    document["paths"]["/things/{id}"]["get"]["security"] = [{name: []} for name in named]
    contract = Contract(document)
    with flowmock.running(contract, tokens=("token-of-all",), param=("id=7",)) as mock:
        target = Target.at(mock.url, contract.base_path, token="token-of-all")
        everything = tuple(credentials.unauthorized(contract.operation("read"), target))
        builder = RequestBuilder(contract, contract.operation("read"), target)
        with Transport(target) as transport:
            came = {each.label: transport.send(builder.request({"id": "7"}, each)).response for each in everything}

    assert len(came) > 15
    assert {label for label, response in came.items() if response and response.status == 200} == set()


def test_another_documented_media_type_passes() -> None:
    def add(document: dict[str, Any]) -> None:
        answer = document["paths"]["/things"]["get"]["responses"]["200"]
        answer["content"]["application/xml"] = {"schema": THING}

    assert run_gate(add, operations=("list",)).result is Result.PASSED


def test_where_404_is_not_documented_any_path_parameter_may_succeed() -> None:
    def add(document: dict[str, Any]) -> None:
        del document["paths"]["/things/{id}"]["get"]["responses"]["404"]

    assert run_gate(add).result is Result.PASSED


def test_a_documented_redirect_is_the_success_of_an_operation_without_2xx() -> None:
    def add(document: dict[str, Any]) -> None:
        answer = {"description": "", "headers": {"Location": {"required": True, "schema": {"type": "string"}}}}
        document["paths"]["/things"]["get"]["responses"] = {"302": answer, "400": ERROR}

    assert run_gate(add).result is Result.PASSED


@pytest.mark.parametrize("schema", [{"type": "string", "format": "uuid"}, {"type": "integer", "maximum": 3}])
def test_an_unknown_id_is_one_that_the_schema_allows(schema: dict[str, Any]) -> None:
    def add(document: dict[str, Any]) -> None:
        document["paths"]["/things/{id}"]["get"]["parameters"] = [{**BY_ID, "schema": schema}]

    known = "id=3" if schema["type"] == "integer" else "id=11111111-2222-4333-8444-555555555555"

    assert run_gate(add, (known,)).result is Result.PASSED


def test_without_url_and_path_parameter_the_gate_makes_one_up_for_its_mock(
    tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from flowcontract.openapi import documents

    path = tmp_path / "things.yaml"
    path.write_text(documents.dump_json(DOCUMENT), encoding="utf-8")

    assert main(["gate", "--spec", str(path), "--profile", "quick", "--quiet"]) == 0
    assert "passed" in capsys.readouterr().out


def test_a_mock_without_path_parameters_is_tested_without_unknown_ids(
    tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from flowcontract.openapi import documents

    (tmp_path / "things.yaml").write_text(documents.dump(DOCUMENT))
    with flowmock.running(Contract.load(tmp_path / "things.yaml"), tokens=("all",)) as mock:
        words = ["gate", mock.url, "--spec", str(tmp_path / "things.yaml"), "--token", "all", "--profile", "quick"]
        code = main([*words, "--param", "id=7", "--json"])

    printed = capsys.readouterr().out
    assert code == 0, printed
    assert "This mock serves any ID" in printed


def test_where_neither_401_nor_403_is_documented_either_is_fine() -> None:
    def add(document: dict[str, Any]) -> None:
        answers = document["paths"]["/things/{id}"]["get"]["responses"]
        for status in [status for status in answers if status.startswith("4")]:
            del answers[status]

    run_result = run_gate(add)

    assert run_result.result is Result.PASSED, [finding.failure.message for finding in run_result.open_findings]
    assert any("documents neither 401 nor 403" in note for note in run_result.notes)


def test_a_405_need_not_match_the_default_response_of_another_method() -> None:
    def add(document: dict[str, Any]) -> None:
        schema = {"type": "object", "required": ["category"], "properties": {"category": {"type": "string"}}}
        answer = {"description": "", "content": {"application/json": {"schema": schema}}}
        document["paths"]["/things"]["get"]["responses"] = {"200": OK, "default": answer}

    assert run_gate(add, operations=("list",)).result is Result.PASSED


def test_a_read_with_a_body_is_not_sent_content_of_another_type() -> None:
    def add(document: dict[str, Any]) -> None:
        body = {"content": {"application/json": {"schema": THING}}}
        document["paths"]["/things"]["get"]["requestBody"] = body

    assert run_gate(add, operations=("list",)).result is Result.PASSED


@pytest.mark.parametrize("media", ["*/*", "application/*", "text/*", "image/*"])
def test_a_range_of_media_types_gets_a_type_within_it(media: str) -> None:
    def add(document: dict[str, Any]) -> None:
        kind = {"type": "string"} if media in ("text/*", "image/*") else THING
        document["paths"]["/things"]["get"]["responses"]["200"] = {
            "description": "",
            "content": {media: {"schema": kind}},
        }

    run_result = run_gate(add, operations=("list",))

    assert run_result.result is Result.PASSED, [finding.failure.message for finding in run_result.open_findings]
    answers = [each.response for each in run_result.exchanges if each.response and each.response.status == 200]
    assert answers
    assert not any("*" in (each.header("Content-Type") or "") for each in answers)


def test_an_operation_without_documented_responses_may_return_any() -> None:
    def add(document: dict[str, Any]) -> None:
        document["openapi"] = "3.1.0"
        del document["paths"]["/things"]["get"]["responses"]

    assert run_gate(add, operations=("list",)).result is Result.PASSED


def test_an_unreadable_pattern_is_not_checked_and_noted() -> None:
    def add(document: dict[str, Any]) -> None:
        schema = {**THING, "properties": {"label": {"type": "string", "pattern": "^(?>[0-9]{2})$"}}}
        document["paths"]["/things"]["get"]["responses"]["200"] = {
            "description": "",
            "content": {"application/json": {"schema": schema}},
        }

    run_result = run_gate(add, operations=("list",))

    assert run_result.result is Result.PASSED
    assert any("properties/label/pattern" in note and "is invalid" in note for note in run_result.notes)


def test_basic_credentials_may_be_given_as_they_are_sent() -> None:
    def add(document: dict[str, Any]) -> None:
        document["components"]["securitySchemes"]["bearer"] = {"type": "http", "scheme": "basic"}

    assert run_gate(add).result is Result.PASSED


def secured(*ways: dict[str, list[str]]) -> Any:
    def add(document: dict[str, Any]) -> None:
        document["components"]["securitySchemes"] |= {
            "query": {"type": "apiKey", "in": "query", "name": "key"},
            "cookie": {"type": "apiKey", "in": "cookie", "name": "sid"},
            "other": {"type": "oauth2", "flows": {}},
        }
        document["paths"]["/things/{id}"]["get"]["security"] = list(ways)

    return add


@pytest.mark.parametrize(
    "ways",
    [({"bearer": []}, {"query": []}), ({"bearer": [], "other": []},), ({"cookie": []},)],
    ids=["a key in the query will do as well", "two schemes in one header", "a cookie beside other cookies"],
)
def test_credentials_of_any_alternative_are_accepted(ways: tuple[dict[str, list[str]], ...]) -> None:
    run_result = run_gate(secured(*ways))

    assert run_result.result is Result.PASSED, [finding.failure.message for finding in run_result.open_findings]


@pytest.mark.parametrize("media", ["application/vnd.things.v1+json", "text/csv", "application/xml"])
def test_a_media_type_other_than_plain_json_is_requested_by_its_name(media: str) -> None:
    def add(document: dict[str, Any]) -> None:
        document["paths"]["/things"]["get"]["responses"]["200"]["content"] = {media: {"schema": THING}}

    assert run_gate(add, operations=("list",)).result is Result.PASSED


def test_an_invalid_path_parameter_may_be_rejected_wherever_it_is() -> None:
    def add(document: dict[str, Any]) -> None:
        day = {"name": "day", "in": "path", "required": True, "schema": {"type": "string", "format": "date"}}
        kind = {"name": "kind", "in": "path", "required": True, "schema": {"type": "string", "enum": ["a", "b"]}}
        read = document["paths"].pop("/things/{id}")["get"]
        document["paths"]["/days/{day}/{kind}"] = {"get": {**read, "parameters": [day, kind]}}

    assert open_rules(run_gate(add, known=())) <= {"nonexistent-resource-found"}, "only IDs that the mock knows"


def test_an_id_that_is_another_documented_path_belongs_to_that_path() -> None:
    def add(document: dict[str, Any]) -> None:
        me = {"type": "object", "required": ["me"], "properties": {"me": {"type": "boolean"}}}
        document["paths"]["/things/me"] = {
            "get": {"responses": {"200": {**OK, "content": {"application/json": {"schema": me}}}}}
        }

    assert run_gate(add, operations=("read",)).result is Result.PASSED


def test_a_documented_trace_is_not_an_undocumented_method() -> None:
    def add(document: dict[str, Any]) -> None:
        document["paths"]["/things"]["trace"] = {"responses": {"200": {"description": ""}}}

    assert run_gate(add, operations=("list",)).result is Result.PASSED


def test_any_success_is_fine_where_only_errors_are_documented() -> None:
    def add(document: dict[str, Any]) -> None:
        document["paths"]["/things"]["get"]["responses"] = {"400": ERROR}

    assert run_gate(add, operations=("list",)).result is Result.PASSED


def test_what_the_lists_of_a_second_user_show_is_shared() -> None:
    book = {
        "type": "object",
        "required": ["id", "label"],
        "properties": {"id": {"type": "integer", "minimum": 1, "readOnly": True}, "label": {"type": "string"}},
    }
    secured = {"security": [{"bearer": []}]}
    one = {"200": {"description": "", "content": {"application/json": {"schema": book}}}, "403": ERROR, "404": ERROR}
    many = {"200": {"description": "", "content": {"application/json": {"schema": {"type": "array", "items": book}}}}}
    by_id = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    contract = Contract(
        {
            **DOCUMENT,
            "paths": {
                "/books": {"get": {"operationId": "list", **secured, "responses": {**many, "403": ERROR}}},
                "/books/{id}": {"get": {"operationId": "read", **secured, "parameters": [by_id], "responses": one}},
            },
        }
    )
    with flowmock.running(contract, tokens=("ann", "bob"), stateful=True) as mock:
        target = Target.at(mock.url, contract.base_path, token="ann", other_token="bob")
        run_result = engine.run(contract, target, engine.Options(profile="quick"))

    assert run_result.findings == ()
    assert any(note.startswith("Not checked for read: whether a second user") for note in run_result.notes)
