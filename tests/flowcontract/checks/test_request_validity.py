"""Whether a request is valid for its operation, and whether only words say what its text may name."""

import json
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
AREA = {"name": "area", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}}
CONTRACT = Contract(
    {
        "openapi": "3.1.0",
        "info": {"title": "Shop", "version": "1"},
        "paths": {
            "/items": {
                "get": {
                    "operationId": "list",
                    "parameters": [
                        AREA,
                        *({"name": name, "in": "query", "schema": SCHEMAS[name]} for name in SCHEMAS),
                        {"name": "page", "in": "query", "required": True, "schema": {"type": "integer", "default": 1}},
                    ],
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
        ("area=north", "query parameter area", "expected JSON"),
        ("area={}&limit=x", "query parameter limit", "integer"),
    ],
)
def test_the_part_that_its_schema_does_not_allow_is_named(query: str, name: str, message: str) -> None:
    part = request_validity.invalid_part(_interaction(query))

    assert part is not None
    assert part.name == name
    assert message in part.message


@pytest.mark.parametrize(("since", "converted"), [("0", True), ("-1.5", True), ("yesterday", False), ("1e3", False)])
def test_a_number_in_place_of_a_date_is_converted_by_frameworks(since: str, converted: bool) -> None:
    part = request_validity.invalid_part(_interaction(f"since={since}"))

    assert part is not None
    assert part.is_conversion is converted


@pytest.mark.parametrize("query", ["", "limit=1", "offset=2147483648", "sort=asc", "crs=https://a.example", "other=1"])
def test_values_that_their_schemas_allow_are_valid(query: str) -> None:
    assert request_validity.invalid_part(_interaction(query)) is None


@pytest.mark.parametrize(
    "query", ["crs=https://a.example", "search=moss", "tags=a&tags=b", "limit=1&search=moss", "area=north"]
)
def test_any_text_is_free_text_where_the_schema_allows_another(query: str) -> None:
    assert request_validity.has_free_text(_interaction(query))


@pytest.mark.parametrize("query", ["", "limit=1", "sort=asc", "since=2024-02-29", "area={}"])
def test_numbers_dates_and_listed_values_are_not_free_text(query: str) -> None:
    assert not request_validity.has_free_text(_interaction(query))


BODY = {
    "type": "object",
    "required": ["count", "kind"],
    "properties": {
        "kind": {"type": "string", "default": "plain"},
        "count": {"type": "integer"},
        "open": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
        "title": {"type": "string"},
        "day": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
        "amount": {"anyOf": [{"type": "number"}, {"type": "string"}]},
        "parts": {"type": "array", "items": {"properties": {"size": {"type": "integer"}, "amount": {}}}},
        "place": {"type": "object", "required": ["city"], "properties": {"at": {"type": "integer"}}},
        "places": {"type": "array", "items": {"required": ["city"]}},
    },
}


def _sent(body: str, received: str = "", method: str = "POST") -> Interaction:
    contract = Contract(
        {
            "openapi": "3.1.0",
            "info": {"title": "Shop", "version": "1"},
            "paths": {
                "/items": {
                    method.lower(): {
                        "operationId": "create",
                        "requestBody": {"content": {"application/json": {"schema": BODY}}},
                        "responses": {"201": {"description": "Done."}},
                    }
                }
            },
        }
    )
    request = Request(method, "/items", (("Content-Type", "application/json"),), body.encode())
    probe = Probe("coverage/1 of create", "", "create", request, Expect.DOCUMENTED)
    headers = (("Content-Type", "application/json"),) if received else ()
    response = Response(201, headers, received.encode(), 0.1)
    return Interaction(probe, contract.operation("create"), Exchange(request, response))


@pytest.mark.parametrize("body", ['{"count": 3}', '{"count": 3, "kind": "round"}'])
def test_what_is_required_and_has_a_default_may_be_missing(body: str) -> None:
    assert request_validity.invalid_part(_sent(body)) is None


@pytest.mark.parametrize(
    "body",
    [
        '{"count": "3"}',
        '{"count": 3, "day": 0}',
        '{"count": 3, "open": "true"}',
        '{"count": 3, "title": 7}',
        '{"count": "3", "open": 0}',
    ],
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
    "body",
    [
        '{"count": "three"}',
        '{"count": 3, "day": true}',
        '{"count": {}}',
        "{}",
        '"text"',
        '{"count": "3", "title": []}',
        '{"count": null}',
    ],
)
def test_other_invalid_bodies_are_not_conversions(body: str) -> None:
    part = request_validity.invalid_part(_sent(body))

    assert part is not None
    assert not part.is_conversion


@pytest.mark.parametrize(("body", "unreadable"), [("{", True), ("{} {}", True), ("{}", False), ("", False)])
def test_a_body_that_no_parser_reads_is_unreadable(body: str, unreadable: bool) -> None:
    assert request_validity.is_unreadable(_sent(body).exchange.request) == unreadable


@pytest.mark.parametrize(
    ("content_type", "unreadable"),
    [
        ("multipart/form-data", True),
        ("Multipart/Mixed; charset=utf-8", True),
        ("multipart/form-data; boundary=", True),
        ("multipart/form-data; boundary=x", False),
        ("application/x-www-form-urlencoded", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("body", [None, b"--x--"])
def test_a_form_without_a_boundary_is_unreadable(content_type: str, unreadable: bool, body: bytes | None) -> None:
    request = Request("POST", "/items", (("Content-Type", content_type),), body)

    assert request_validity.is_unreadable(request) == unreadable


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


def _stored(
    target: str = "/shelves/7/items?page=1",
    headers: tuple[tuple[str, str], ...] = (("X-Tenant", "a"), ("Content-Type", "application/json")),
    body: bytes | None = b'{"count": 3}',
    shelf: str = "7",
    required: bool = True,
) -> Interaction:
    """A request with parameters in every location, each of them required, and a body as JSON or a form."""
    schemas: dict[str, Any] = {
        "path shelf": {"type": "string", "pattern": "^[0-9x]+$"},
        "query page": {"type": "integer"},
        "query note": {"type": "string"},
    }
    names = [*schemas, "header X-Tenant", "header Accept", "header Authorization"]
    contract = Contract(
        {
            "openapi": "3.1.0",
            "info": {"title": "Shop", "version": "1"},
            "paths": {
                "/shelves/{shelf}/items": {
                    "post": {
                        "operationId": "create",
                        "parameters": [
                            {
                                "name": name.split()[1],
                                "in": name.split()[0],
                                "required": name != "query note",
                                "schema": schemas.get(name, {"type": "string", "maxLength": 3}),
                            }
                            for name in names
                        ],
                        "requestBody": {
                            "required": required,
                            "content": {"application/json": {"schema": BODY}, "multipart/form-data": {"schema": BODY}},
                        },
                        "responses": {"201": {"description": "Done."}},
                    }
                }
            },
        }
    )
    request = Request("POST", target, headers, body)
    probe = Probe("coverage/1 of create", "", "create", request, Expect.DOCUMENTED, {"shelf": shelf})
    return Interaction(probe, contract.operation("create"), Exchange(request, Response(201, (), b"", 0.1)))


JSON = ("Content-Type", "application/json")
TENANT = ("X-Tenant", "a")
MISSING = "it is required but missing"


@pytest.mark.parametrize(
    ("request_", "part"),
    [
        ({}, None),
        ({"shelf": "a"}, ("path parameter shelf", 'expected a match of the pattern ^[0-9x]+$, got "a"')),
        ({"target": "/shelves/7/items"}, ("query parameter page", MISSING)),
        ({"target": "/shelves/7/items?page=x"}, ("query parameter page", 'expected integer, got "x"')),
        ({"target": "/shelves/7/items?page="}, None),
        ({"target": "/shelves/7/items?page=1&note="}, None),
        ({"headers": (JSON,)}, ("header parameter X-Tenant", MISSING)),
        (
            {"headers": (JSON, ("x-tenant", "abcd"))},
            ("header parameter X-Tenant", "expected at most 3 characters, got 4"),
        ),
        ({"body": None}, ("body", MISSING)),
        ({"body": b""}, ("body", MISSING)),
        ({"body": None, "required": False}, None),
        ({"headers": (TENANT,)}, ("body", "of an undocumented Content-Type")),
        ({"headers": (TENANT, ("Content-Type", "text/plain"))}, ("body", "of an undocumented Content-Type")),
        ({"headers": (TENANT, ("Content-Type", "multipart/form-data; boundary=x"))}, ("body", "")),
        ({"body": b"{"}, ("body", "not JSON")),
        ({"body": b"[]"}, ("body", "expected object, got []")),
        ({"body": b"null"}, ("body", "expected object, got null")),
        ({"body": b"null", "required": False}, None),
        ({"body": b'{"count": {}}'}, ("body", "/count: expected integer, got {}")),
    ],
)
def test_a_part_is_invalid_for_a_reason(request_: dict[str, Any], part: tuple[str, str] | None) -> None:
    found = request_validity.invalid_part(_stored(**request_))

    assert (found and (found.name, found.message)) == part


@pytest.mark.parametrize(
    ("body", "pointer", "converted"),
    [
        ({"count": "3"}, "/count", True),
        ({"count": "3.5"}, "/count", False),
        ({"count": True}, "/count", True),
        ({"count": "1e999"}, "/count", False),
        ({"count": 3, "amount": []}, "/amount", False),
        ({"count": 3, "open": "x"}, "/open", False),
        *(({"count": 3, "open": word}, "/open", True) for word in ("TRUE", "false", "yes", "no", "on", "off")),
        ({"count": 3, "open": 1.0}, "/open", True),
        ({"count": 3, "title": 7.5}, "/title", True),
        ({"count": 3, "title": True}, "/title", True),
        ({"count": 3, "parts": [{"size": "3"}]}, "/parts/0/size", True),
        ({"count": 3, "parts": [{"size": 1}, {"size": None}]}, "/parts/1/size", False),
        ({"count": 3, "parts": "3"}, "/parts", False),
        ({}, "", False),
    ],
)
def test_a_wrong_value_in_a_body_is_found_and_converted_or_not(body: Any, pointer: str, converted: bool) -> None:
    item = _sent(json.dumps(body))
    part = request_validity.invalid_part(item)

    assert part is not None
    assert (part.pointer, part.is_conversion) == (pointer, converted)
    path = pointer.split("/")[1:]
    value = body
    for name in path:
        value = value[int(name) if isinstance(value, list) else name]
    assert list(request_validity.invalid_members(item)) == ([(path[-1], value)] if path else [])


@pytest.mark.parametrize(
    ("received", "converted"),
    [
        ('{"count": 3, "parts": [{"size": 4}]}', True),
        ('{"other": 1, "data": {"count": 3, "parts": [{"size": 4}]}}', True),
        ('{"count": 3, "parts": [{"size": null}]}', False),
        ('{"count": 3, "parts": []}', False),
        ('{"count": 3, "parts": "x"}', False),
        ("7", False),
    ],
)
def test_a_converted_value_is_found_where_the_request_has_it(received: str, converted: bool) -> None:
    part = request_validity.invalid_part(_sent('{"count": 3, "parts": [{"size": null}]}', received))

    assert part is not None
    assert part.is_conversion is converted


@pytest.mark.parametrize(
    ("request_", "free"),
    [
        ({"target": "/shelves/7/items?page=1"}, True),
        ({"headers": (("Content-Type", "application/json"),)}, False),
        ({"headers": (("Content-Type", "text/plain"),), "body": b'{"count": 3, "amount": "much"}'}, False),
        ({"headers": (JSON,), "body": b'{"count": 3, "parts": [{"amount": "much"}]}'}, True),
        ({"headers": (JSON,), "target": "/shelves/7/items?page=1&note=x"}, True),
    ],
)
def test_any_text_in_a_header_or_a_query_is_free_text_but_not_in_a_path(request_: dict[str, Any], free: bool) -> None:
    assert request_validity.has_free_text(_stored(**request_)) is free


@pytest.mark.parametrize(
    ("body", "is_remote"),
    [
        ('{"title": "0006-01-15T00:01:00Z"}', True),
        ('{"title": "2101-01-01"}', True),
        ('{"parts": [{"day": "1899-12-31 10:00"}]}', True),
        ('{"title": "1900-01-01"}', False),
        ('{"title": "2100-12-31T23:59:59Z"}', False),
        ('{"title": "0006-01-150"}', False),
        ('{"title": 6}', False),
        ("{", False),
    ],
)
def test_dates_far_away_may_be_rejected(body: str, is_remote: bool) -> None:
    assert request_validity.has_remote_year(_sent(body)) == is_remote


@pytest.mark.parametrize(
    ("body", "is_equal"),
    [
        ('{"from": "2000-01-01", "to": "2000-01-01"}', True),
        ('{"parts": [{"from": "2000-01-01T00:00:00Z", "to": "2000-01-01T00:00:00Z"}]}', True),
        ('{"from": "2000-01-01", "to": "2000-01-02"}', False),
        ('{"parts": [{"day": "2000-01-01"}, {"day": "2000-01-01"}]}', False),
        ('{"from": "same", "to": "same"}', False),
    ],
)
def test_equal_dates_of_one_object_may_be_rejected(body: str, is_equal: bool) -> None:
    assert request_validity.has_equal_dates(_sent(body)) == is_equal


@pytest.mark.parametrize(
    ("method", "body", "is_invalid"),
    [
        ("PATCH", '{"count": 3, "place": {"at": 1}}', False),
        ("POST", '{"count": 3, "place": {"at": 1}}', True),
        ("PATCH", '{"count": 3, "place": {"at": "x"}}', True),
        ("PATCH", '{"count": 3, "places": [{}]}', True),
        ("PATCH", "{}", True),
    ],
)
def test_a_partial_change_may_leave_out_members_of_objects_in_it(method: str, body: str, is_invalid: bool) -> None:
    assert (request_validity.invalid_part(_sent(body, method=method)) is not None) == is_invalid
