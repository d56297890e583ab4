"""What a contract does not say of a response fails nothing."""

from typing import Any

import pytest

from flowcontract.checks import Context, check_response
from flowcontract.checks.interaction import Interaction
from flowcontract.checks.probe import Expect, Probe
from flowcontract.checks.registry import RULES
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

from .library import BOOK_SCHEMA, ERROR_SCHEMA, json_response, received, rules, shop

PAGE = {"type": "object", "properties": {"total": {"type": "integer"}}, "additionalProperties": False}


def _rules(response: dict[str, Any], *headers: tuple[str, str]) -> set[str]:
    contract = Contract(
        {
            "openapi": "3.0.3",
            "info": {"title": "Shop", "version": "1"},
            "paths": {"/items": {"get": {"operationId": "list", "responses": {"200": response}}}},
        }
    )
    target = Target.at("http://127.0.0.1:1", "")
    request = Request("GET", "/items")
    probe = Probe("first/it of list", "", "list", request, Expect.DOCUMENTED)
    sent = (("Content-Type", "application/json"), ("Content-Length", "2"), *headers)
    received = Response(200, sent, b"{}", 0.1)
    interaction = Interaction(probe, contract.operation("list"), Exchange(request, received))
    return {violation.rule for violation in check_response(Context(contract, target), interaction, None)}


def test_a_response_that_is_a_reference_nobody_may_follow_can_have_any_body() -> None:
    assert _rules({"$ref": "https://schemas.example/common.yaml#/components/responses/List"}) == set()
    assert _rules({"$ref": "#/components/responses/Missing"}) == set()


def test_a_body_that_a_described_response_does_not_have_is_a_warning() -> None:
    assert _rules({"description": "Nothing."}) == {"undocumented-body"}
    assert RULES["undocumented-body"].is_warning


def test_a_header_of_an_object_may_be_a_json_document() -> None:
    document = {
        "description": "Done.",
        "content": {"application/json": {}},
        "headers": {"X-Page": {"schema": PAGE}},
    }

    assert _rules(document, ("X-Page", '{"total": 3}')) == set()
    assert _rules(document, ("X-Page", '{"pages": 3}')) == {"invalid-response-header"}


@pytest.mark.parametrize(("status", "rule"), [(307, set()), (404, {"schema-violation"})])
def test_the_default_response_is_that_of_errors_and_not_of_redirects(status: int, rule: set[str]) -> None:
    contract = shop({"200": json_response(BOOK_SCHEMA), "default": json_response(ERROR_SCHEMA)})
    redirect = received(status, {"code": 307}, "application/json", ("Location", "/books"))

    found = rules(redirect, Expect.NOT_FOUND, contract=contract, tolerated=(307,))

    assert set(found) == rule
