"""Whether a client may go on with another server: what it calls, what it reads, and what was not tested."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from flowcontract.compatibility.cases import Case, Category, base_path_of_call, build, own_call
from flowcontract.compatibility.clients.calls import Outcome
from flowcontract.compatibility.diff.rules import CONSUMERS
from flowcontract.compatibility.outcomes import Cell, Compatibility, GeneratedFrom, evaluate
from flowcontract.openapi.contract import Contract

Edit = Callable[[dict[str, Any]], Any]

GROUP = {
    "type": "object",
    "required": ["name", "kind"],
    "properties": {"name": {"type": "string"}, "kind": {"enum": ["open", "closed"]}},
}
CONTENT = {"application/json": {"schema": GROUP}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.1",
    "info": {"title": "Groups", "version": "1"},
    "servers": [{"url": "/api/v1"}],
    "paths": {
        "/groups/{id}": {
            "get": {
                "operationId": "getGroup",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"200": {"description": "A group.", "content": CONTENT}},
            }
        },
        "/groups": {
            "post": {
                "operationId": "addGroup",
                "requestBody": {"required": True, "content": copy.deepcopy(CONTENT)},
                "responses": {"201": {"description": "The group.", "content": CONTENT}},
            }
        },
    },
    "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
}
KNOWN = Contract(DOCUMENT)


def edited(edit: Edit) -> Contract:
    document = copy.deepcopy(DOCUMENT)
    document["info"]["version"] = "2"
    edit(document)
    return Contract(document)


def reads_everything(case: Case) -> Outcome:
    is_error = case.category is Category.ERROR
    return Outcome(ok=False, error="E", status=case.status) if is_error else Outcome(ok=True, value="Group")


def upgraded(served: Contract, operations: frozenset[str] = frozenset()) -> Cell:
    """A client of the first contract that reads whatever it is sent."""
    trial = [(case, reads_everything(case)) for case in build(served, operations) if case.operation in KNOWN.operations]
    return evaluate("c", served, GeneratedFrom(KNOWN, CONSUMERS["reader"]), trial, operations=operations)


def added_value(document: dict[str, Any]) -> None:
    document["paths"]["/groups/{id}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["properties"][
        "kind"
    ]["enum"].append("secret")


def moved(document: dict[str, Any], base: str, start: str) -> None:
    """Another base path, and paths that begin otherwise."""
    document["servers"] = [{"url": base}]
    document["paths"] = {start + path: item for path, item in document["paths"].items()}


def required_field(document: dict[str, Any]) -> None:
    schema = document["paths"]["/groups"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    schema["required"].append("owner")
    schema["properties"]["owner"] = {"type": "string"}


@pytest.mark.parametrize(
    ("edit", "rule"),
    [
        (lambda d: d["paths"].pop("/groups/{id}"), "operation-removed"),
        (lambda d: d["paths"].pop("/groups"), "operation-removed"),
        (lambda d: d.update(security=[{"token": []}]), "security-required"),
        (lambda d: d["servers"][0].update(url="/api/v2"), "server-changed"),
        (lambda d: moved(d, "/api", "/v2"), "operation-removed"),
        (required_field, "request-field-required"),
    ],
)
def test_a_client_whose_requests_are_rejected_may_not_upgrade(edit: Edit, rule: str) -> None:
    cell = upgraded(edited(edit))

    assert cell.compatibility is Compatibility.INCOMPATIBLE
    assert rule in {one.rule for one in cell.blocked}


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: None,
        lambda d: d["paths"]["/groups"]["post"].update(operationId="createGroup"),
        lambda d: d["paths"].update({"/new": {"get": {"operationId": "n", "responses": {"200": {"description": ""}}}}}),
        lambda d: (
            d["paths"].update({"/groups/{number}": d["paths"].pop("/groups/{id}")}),
            d["paths"]["/groups/{number}"]["get"]["parameters"][0].update(name="number"),
        ),
        lambda d: moved(d, "/api", "/v1"),
        lambda d: moved(d, "/", "/api/v1"),
    ],
)
def test_what_the_client_does_not_send_breaks_nothing(edit: Edit) -> None:
    served = edited(edit)
    trial = [(case, reads_everything(case)) for case in build(served)]

    assert evaluate("c", served, GeneratedFrom(KNOWN, CONSUMERS["reader"]), trial).compatibility == "compatible"


def test_a_value_that_a_closed_client_rejects_is_not_safe_even_where_it_was_read() -> None:
    cell = upgraded(edited(added_value))

    assert cell.compatibility is Compatibility.PARTIAL
    assert {str(one) for one in cell.predicted or ()} == {'/kind may be "secret" [response-enum-value]'}


def test_a_client_that_needs_a_body_and_gets_none_may_not_upgrade() -> None:
    served = edited(lambda d: d["paths"]["/groups/{id}"]["get"].update(responses={"202": {"description": "Later."}}))
    trial = [(case, Outcome(ok=True)) for case in build(served, ["getGroup"])]

    cell = evaluate("c", served, GeneratedFrom(KNOWN, CONSUMERS["reader"]), trial, operations=frozenset({"getGroup"}))

    assert cell.compatibility is Compatibility.INCOMPATIBLE


def test_responses_are_varied_without_examples() -> None:
    titles = {case.title for case in build(KNOWN) if case.category is Category.ALLOWED}

    assert '/kind: "closed"' in titles or '/kind: "open"' in titles


def test_what_was_not_tested_is_never_compatible() -> None:
    served = edited(lambda d: None)
    trial = [(case, reads_everything(case)) for case in build(served, ["getGroup"])]

    cell = evaluate("c", served, GeneratedFrom(KNOWN, CONSUMERS["reader"]), trial)

    assert cell.compatibility is Compatibility.INCONCLUSIVE
    assert cell.untested == ("POST /groups",)


def test_operations_that_are_not_asked_for_do_not_count() -> None:
    served = edited(lambda d: d["paths"].pop("/groups"))

    assert upgraded(served, frozenset({"getGroup"})).compatibility is Compatibility.COMPATIBLE


def test_a_client_is_called_by_the_names_of_its_own_contract() -> None:
    served = edited(
        lambda d: (
            d["paths"].update({"/groups/{number}": d["paths"].pop("/groups/{id}")}),
            d["paths"]["/groups/{number}"]["get"].update(operationId="readGroup"),
            d["paths"]["/groups/{number}"]["get"]["parameters"][0].update(name="number"),
        )
    )
    case = build(served, ["readGroup"])[0]

    made = own_call(case, served.operation("readGroup"), KNOWN, KNOWN.operation("getGroup"))

    assert made is not None
    assert made.operation == "getGroup"
    assert made.arguments.keys() == {"id"}
    assert made.body == ()


@pytest.mark.parametrize(
    ("base", "start", "expected"), [("/api", "/v1", "/api/v1"), ("", "/api/v1", "/api/v1"), ("/v2", "", "/v2")]
)
def test_a_client_calls_the_address_that_is_served_with_its_own_path(base: str, start: str, expected: str) -> None:
    served = edited(lambda d: moved(d, base, start))

    assert base_path_of_call(served.operation("getGroup"), KNOWN.operation("getGroup")) == expected


def test_a_request_body_is_valid_in_the_clients_own_contract() -> None:
    case = build(KNOWN, ["addGroup"])[0]

    made = own_call(case, KNOWN.operation("addGroup"), KNOWN, KNOWN.operation("addGroup"))

    assert made is not None
    assert KNOWN.operation("addGroup").request_media["application/json"].is_valid(made.body[0])


def test_nothing_tested_is_inconclusive() -> None:
    cell = evaluate("c", KNOWN, GeneratedFrom(KNOWN, CONSUMERS["reader"]), [])

    assert cell.compatibility is Compatibility.INCONCLUSIVE
