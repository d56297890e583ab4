"""What routers do with a path before an operation sees it: they decode it, and know the types of its parameters."""

import json
from typing import Any

import pytest

from flowcontract.checks import Context, check_response
from flowcontract.checks.interaction import Interaction
from flowcontract.checks.probe import Expect, Probe
from flowcontract.generation.probes.resource_ids import parameter_shape, unknown_ids
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

BOOK = {
    "type": "object",
    "required": ["id", "title"],
    "properties": {"id": {"type": "integer"}, "title": {"type": "string"}},
}
ERROR = {"type": "object", "required": ["detail"], "properties": {"detail": {"type": "string"}}}


def _contract(parameter: dict[str, Any]) -> Contract:
    return Contract(
        {
            "openapi": "3.1.0",
            "info": {"title": "Shop", "version": "1"},
            "paths": {
                "/books/{id}": {
                    "get": {
                        "operationId": "read",
                        "parameters": [{"name": "id", "in": "path", "required": True, "schema": parameter}],
                        "responses": {
                            "200": {"description": "Done.", "content": {"application/json": {"schema": BOOK}}},
                            "404": {"description": "No.", "content": {"application/json": {"schema": ERROR}}},
                        },
                    }
                }
            },
        }
    )


def _rules(parameter: dict[str, Any], value: str, response: Response) -> set[str]:
    contract = _contract(parameter)
    request = Request("GET", "/books/x")
    probe = Probe("id/x of read", "", "read", request, Expect.NOT_FOUND, {"id": value})
    interaction = Interaction(probe, contract.operation("read"), Exchange(request, response))
    found = check_response(Context(contract, Target.at("http://127.0.0.1:1", "")), interaction)
    return {violation.rule for violation in found}


def _response(status: int, content: Any, media: str = "application/json") -> Response:
    body = content.encode() if isinstance(content, str) else json.dumps(content).encode()
    return Response(status, (("Content-Type", media), ("Content-Length", str(len(body)))), body, 0.1)


@pytest.mark.parametrize(("value", "rules"), [("null", set()), ("7", {"undocumented-content-type"})])
def test_a_router_that_knows_the_type_of_a_parameter_has_an_error_page_of_its_own(value: str, rules: set[str]) -> None:
    assert _rules({"type": "integer"}, value, _response(404, "<h1>Not Found</h1>", "text/html")) == rules


@pytest.mark.parametrize("value", ["/", "..", "a/..", "\\"])
def test_an_id_of_dots_and_slashes_may_lead_to_another_route(value: str) -> None:
    assert _rules({"type": "string"}, value, _response(200, {"items": []})) == set()


@pytest.mark.parametrize(("value", "rules"), [("a/b", set()), ("other", {"undocumented-content-type"})])
def test_the_404_for_an_id_with_a_slash_may_be_the_routers_own(value: str, rules: set[str]) -> None:
    problem = _response(404, {"title": "Not Found", "status": 404}, "application/problem+json")

    assert _rules({"type": "string"}, value, problem) == rules


@pytest.mark.parametrize("value", ["/", "other"])
def test_a_resource_for_an_id_that_does_not_exist_is_found_whatever_the_id(value: str) -> None:
    found = _response(200, {"id": 1, "title": "The Salt Road"})

    assert _rules({"type": "string"}, value, found) == {"nonexistent-resource-found"}


def test_a_uuid_is_the_same_in_any_case() -> None:
    known = "0b0f8c3e-4b7a-4c1d-9a55-2f6f6ac0ffee"
    contract = _contract({"type": "string", "format": "uuid"})
    operation = contract.operation("read")
    shape = parameter_shape(contract, operation, operation.path_parameters()[0])

    values = {each.value.lower() for each in unknown_ids([known], shape)}

    assert known not in values
    assert known[:-1] in values


@pytest.mark.parametrize(
    ("known", "plain"),
    [
        (["hall", "attic"], "flowcontract-no-such-id"),
        (["0b0f8c3e-4b7a-4c1d-9a55-2f6f6ac0ffee"], "00000000-0000-4000-8000-00000badc0de"),
        (["1", "22"], "2147483629"),
    ],
)
def test_an_unknown_id_is_like_the_known_ones(known: list[str], plain: str) -> None:
    contract = _contract({"type": "string"})
    operation = contract.operation("read")

    first, *others = unknown_ids(known, parameter_shape(contract, operation, operation.path_parameters()[0]))

    assert first.value == plain
    assert not first.tolerated
    assert ({400} <= {*next(each.tolerated for each in others if each.value == "null")}) is (known[0] != "hall")
