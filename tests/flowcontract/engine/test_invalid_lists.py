"""Lists whose items violate their schema are checked for everything else."""

import json
from typing import Any

import pytest
from tests.faulty_servers.crud.messages import Request, Response
from tests.faulty_servers.crud.serving import running

from flowcontract import engine
from flowcontract.checks import Context, check_response
from flowcontract.checks.interaction import Interaction
from flowcontract.checks.probe import Expect, Probe
from flowcontract.http import messages
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract


def _get(operation: str, schema: dict[str, Any], *parameters: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    named = [{"name": name, "in": "query", "schema": query} for name, query in parameters]
    responses = {
        "200": {"description": "Some.", "content": content},
        "400": {"description": "Invalid."},
        "404": {"description": "Not found."},
    }
    return {"get": {"operationId": operation, "parameters": named, "responses": responses}}


NUMBER = {"type": "integer", "minimum": 1, "maximum": 100}
ROUTE = {"type": "object", "properties": {"id": NUMBER}}
TRIP = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": NUMBER, "route": NUMBER, "load": {"type": "number"}, "state": {"enum": ["open", "closed"]}},
}
PAGE = {
    "type": "object",
    "properties": {"total": {"type": "integer"}, "results": {"type": "array", "items": TRIP}},
}
ONE = {"parameters": [{"name": "id", "in": "path", "required": True, "schema": NUMBER}]}
CONTRACT = Contract(
    {
        "openapi": "3.1.0",
        "info": {"title": "Trips", "version": "1"},
        "servers": [{"url": "/v1"}],
        "paths": {
            "/routes/{id}": _get("route", ROUTE) | ONE,
            "/trips": _get(
                "trips",
                PAGE,
                ("route", NUMBER),
                ("state", {"enum": ["open", "closed"]}),
                ("page", {**NUMBER, "default": 1}),
                ("size", {**NUMBER, "default": 4}),
            ),
        },
    }
)


class Trips:
    """The loads are texts. A server with a fault ignores a filter, or has no items on its last page."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.trips = [
            {"id": n, "route": 1 + n % 3, "load": f"{n}.0", "state": ["open", "closed"][n % 2]} for n in range(1, 11)
        ]

    def __call__(self, request: Request) -> Response:
        """The response to a request."""
        query = dict(request.query)
        if request.path != "/v1/trips":
            return Response(404, {})
        if request.method != "GET":
            return Response(405, {}, {"Allow": "GET"})
        numbers = [query[name] for name in ("route", "page", "size") if name in query]
        if not all(text.isascii() and text.isdecimal() and 0 < int(text) <= 100 for text in numbers):
            return Response(400, {})
        if query.get("state", "open") not in ("open", "closed"):
            return Response(400, {})
        names = [name for name in ("route", "state") if name in query and name != self.fault]
        found = [trip for trip in self.trips if all(str(trip[name]) == query[name] for name in names)]
        page, size = int(query.get("page", 1)), int(query.get("size", 4))
        items = found[(page - 1) * size : page * size]
        if self.fault == "last page" and page * size >= len(found) and page > 1:
            items = []
        return Response(200, {"total": len(found), "results": items})


def _rules(fault: str) -> set[str]:
    with running(Trips(fault)) as url:
        target = Target.at(url, CONTRACT.base_path)
        result = engine.run(CONTRACT, target, engine.Options(profile="quick", time_limit=30))
    return {finding.rule for finding in result.findings}


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("", []),
        ("state", ["filter-returns-other-items"]),
        ("last page", ["pages-leave-out-items"]),
    ],
)
def test_what_a_list_does_beside_its_invalid_items_is_a_finding_of_its_own(fault: str, expected: list[str]) -> None:
    assert _rules(fault) == {"schema-violation", *expected}


@pytest.mark.parametrize(
    ("trip", "is_found"),
    [
        ({"id": 1, "route": 3, "load": "1.0"}, True),
        ({"route": 3}, True),
        ({"id": 1, "route": "3"}, False),
        ({"id": 1, "route": 300}, False),
    ],
)
def test_only_valid_values_show_that_a_filter_is_ignored(trip: dict[str, Any], is_found: bool) -> None:
    body = json.dumps({"total": 1, "results": [trip]}).encode()
    request = messages.Request("GET", "/v1/trips?route=2", ())
    response = messages.Response(200, (("Content-Type", "application/json"),), body, 0.1)
    probe = Probe("one", "to see the list", "trips", request, Expect.DOCUMENTED, {})
    item = Interaction(probe, CONTRACT.operation("trips"), messages.Exchange(request, response))

    rules = [found.rule for found in check_response(Context(CONTRACT, Target.at("http://127.0.0.1:1", "")), item)]

    assert ("filter-returns-other-items" in rules) == is_found
    assert "schema-violation" in rules
