"""Whether a request is valid for its operation, and whether only words say what its text may name."""

from typing import Any

import pytest

from flowcontract.checks import request_validity
from flowcontract.checks.interaction import Interaction
from flowcontract.checks.probe import Expect, Probe
from flowcontract.http.messages import Exchange, Request, Response
from flowcontract.openapi.contract import Contract

SCHEMAS: dict[str, Any] = {
    "limit": {"type": "integer", "minimum": 1},
    "offset": {"type": "integer", "format": "int32"},
    "sort": {"type": "string", "enum": ["asc", "desc"]},
    "since": {"type": "string", "format": "date"},
    "crs": {"type": "string", "format": "uri"},
    "search": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    "tags": {"type": "array", "items": {"type": "string"}},
}
CONTRACT = Contract(
    {
        "openapi": "3.1.0",
        "info": {"title": "Shop", "version": "1"},
        "paths": {
            "/items": {
                "get": {
                    "operationId": "list",
                    "parameters": [{"name": name, "in": "query", "schema": SCHEMAS[name]} for name in SCHEMAS],
                    "responses": {"200": {"description": "Done."}},
                }
            }
        },
    }
)


def _interaction(query: str) -> Interaction:
    request = Request("GET", f"/items?{query}")
    probe = Probe("coverage/1 of list", "", "list", request, Expect.DOCUMENTED)
    return Interaction(probe, CONTRACT.operation("list"), Exchange(request, Response(200, (), b"", 0.1)))


@pytest.mark.parametrize(
    ("query", "name", "message"),
    [
        ("limit=0", "query parameter limit", "at least 1"),
        ("limit=x", "query parameter limit", "integer"),
        ("sort=up", "query parameter sort", "asc"),
        ("since=yesterday", "query parameter since", "date"),
    ],
)
def test_the_part_that_its_schema_does_not_allow_is_named(query: str, name: str, message: str) -> None:
    part = request_validity.invalid_part(_interaction(query))

    assert part is not None
    assert part.name == name
    assert message in part.message


@pytest.mark.parametrize("query", ["", "limit=1", "offset=2147483648", "sort=asc", "crs=https://a.example", "other=1"])
def test_values_that_their_schemas_allow_are_valid(query: str) -> None:
    assert request_validity.invalid_part(_interaction(query)) is None


@pytest.mark.parametrize("query", ["crs=https://a.example", "search=moss", "tags=a&tags=b", "limit=1&search=moss"])
def test_any_text_is_free_text_where_the_schema_allows_another(query: str) -> None:
    assert request_validity.has_free_text(_interaction(query))


@pytest.mark.parametrize("query", ["", "limit=1", "sort=asc", "since=2024-02-29"])
def test_numbers_dates_and_listed_values_are_not_free_text(query: str) -> None:
    assert not request_validity.has_free_text(_interaction(query))


BODY = {
    "type": "object",
    "required": ["count"],
    "properties": {
        "count": {"type": "integer"},
        "open": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
        "title": {"type": "string"},
        "amount": {"anyOf": [{"type": "number"}, {"type": "string"}]},
    },
}


def _sent(body: str, received: str = "") -> Interaction:
    contract = Contract(
        {
            "openapi": "3.1.0",
            "info": {"title": "Shop", "version": "1"},
            "paths": {
                "/items": {
                    "post": {
                        "operationId": "create",
                        "requestBody": {"content": {"application/json": {"schema": BODY}}},
                        "responses": {"201": {"description": "Done."}},
                    }
                }
            },
        }
    )
    request = Request("POST", "/items", (("Content-Type", "application/json"),), body.encode())
    probe = Probe("coverage/1 of create", "", "create", request, Expect.DOCUMENTED)
    headers = (("Content-Type", "application/json"),) if received else ()
    response = Response(201, headers, received.encode(), 0.1)
    return Interaction(probe, contract.operation("create"), Exchange(request, response))


@pytest.mark.parametrize(
    "body", ['{"count": "3"}', '{"count": 3, "open": "true"}', '{"count": 3, "title": 7}', '{"count": "3", "open": 0}']
)
def test_values_that_frameworks_convert_are_told_from_others(body: str) -> None:
    part = request_validity.invalid_part(_sent(body))

    assert part is not None
    assert part.is_conversion


@pytest.mark.parametrize(
    ("received", "converted"),
    [
        ('{"count": 0}', True),
        ('{"data": {"count": 0}}', True),
        ('{"count": null}', False),
        ("{}", False),
        ("[]", False),
    ],
)
def test_a_valid_value_in_the_response_shows_that_the_invalid_one_was_converted(received: str, converted: bool) -> None:
    part = request_validity.invalid_part(_sent('{"count": null}', received))

    assert part is not None
    assert part.is_conversion is converted


@pytest.mark.parametrize(
    "body", ['{"count": "three"}', '{"count": {}}', "{}", '"text"', '{"count": "3", "title": []}', '{"count": null}']
)
def test_other_invalid_bodies_are_not_conversions(body: str) -> None:
    part = request_validity.invalid_part(_sent(body))

    assert part is not None
    assert not part.is_conversion


@pytest.mark.parametrize(("body", "unreadable"), [("{", True), ("{} {}", True), ("{}", False), ("", False)])
def test_a_body_that_no_parser_reads_is_unreadable(body: str, unreadable: bool) -> None:
    assert request_validity.is_unreadable(_sent(body).exchange.request) == unreadable


@pytest.mark.parametrize(
    ("body", "free"),
    [
        ('{"count": 3, "amount": "much"}', True),
        ('{"count": 3, "amount": 1.5}', False),
        ('{"count": 3, "title": "any words"}', False),
        ("{", False),
        ("", False),
    ],
)
def test_in_a_body_text_in_place_of_a_number_is_free_text(body: str, free: bool) -> None:
    assert request_validity.has_free_text(_sent(body)) == free
