"""Documented headers are sent, optional ones too: with their examples, or values that suit their names."""

import re

import pytest

import flowmock

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


@pytest.fixture
def headers_of(contract_of, ask):
    """The response of `/kilns` with these documented headers."""

    def got(headers, *, status="200", method="get", schema=None, example=None, paths=None, openapi="3.0.3", **more):
        media = ({"schema": schema} if schema else {}) | ({"example": example} if example is not None else {})
        content = {"content": {"application/json": media}} if media else {}
        responses = {status: {"description": "", "headers": headers} | content}
        contract = contract_of({"/kilns": {method: {"responses": responses}}} | (paths or {}), openapi=openapi, **more)
        with flowmock.running(contract) as running:
            return ask(running, "/kilns", method=method.upper())

    return got


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ({"schema": NUMBER, "example": 17}, "17"),
        ({"schema": NUMBER, "examples": {"usual": {"value": 23}, "other": {"value": 1}}}, "23"),
        ({"schema": NUMBER | {"example": 5}}, "5"),
        ({"schema": NUMBER | {"default": 6}}, "6"),
        ({"schema": {"type": "array", "items": TEXT}, "example": ["red", "blue"]}, "red,blue"),
        ({"schema": {"type": "object"}, "example": {"a": 1, "b": 2}}, "a,1,b,2"),
        ({"schema": {"type": "object"}, "explode": True, "example": {"a": 1, "b": 2}}, "a=1,b=2"),
        ({"schema": {"type": "boolean"}, "example": True}, "true"),
        ({"content": {"application/json": {"schema": {"type": "object"}, "example": {"a": [1]}}}}, '{"a":[1]}'),
        ({"example": "as it is"}, "as it is"),
        ({"schema": {"$ref": "#/components/schemas/Heat"}}, "900"),
        ({"required": True, "schema": {"type": "string", "enum": ["hot"]}}, "hot"),
        ({"schema": TEXT, "example": "two\r\nlines"}, "two  lines"),
    ],
)
def test_a_header_has_the_value_that_the_contract_gives(header, value, headers_of):
    components = {"schemas": {"Heat": NUMBER | {"example": 900}}}

    assert headers_of({"X-Heat": header}, components=components)["x-heat"] == value


@pytest.mark.parametrize(
    ("name", "schema", "pattern"),
    [
        ("Retry-After", NUMBER, r"\d+"),
        ("Retry-After", TEXT, r"\d+"),
        ("ETag", TEXT, r'"[0-9a-f]+"'),
        ("Last-Modified", TEXT, r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"),
        ("Link", TEXT, r'</kilns>; rel="self"'),
        ("X-RateLimit-Remaining", NUMBER, r"\d+"),
        ("RateLimit-Limit", TEXT, r"\d+"),
        ("X-Request-Id", TEXT | {"format": "uuid"}, r"[0-9a-f-]{36}"),
        ("X-Total-Count", NUMBER, "2"),
        ("Cache-Control", TEXT, "no-cache"),
        ("X-Glaze", {"type": "string", "enum": ["matt", "gloss"]}, "matt|gloss"),
        ("X-Shelves", {"type": "integer", "minimum": 3, "maximum": 4}, "3|4"),
    ],
)
def test_without_an_example_the_value_suits_the_name_and_the_schema(name, schema, pattern, headers_of):
    response = headers_of({name: {"schema": schema}}, example=[1, 2])

    assert re.fullmatch(pattern, response[name.lower()])


@pytest.mark.parametrize(
    ("name", "example"), [("ETag", '"v7"'), ("Set-Cookie", "glaze=matt; Path=/"), ("X-Total-Count", "90")]
)
@pytest.mark.parametrize("openapi", ["3.0.3", "3.1.0"])
def test_the_example_of_the_schema_goes_before_what_suits_the_name(name, example, openapi, headers_of):
    assert headers_of({name: {"schema": TEXT | {"example": example}}}, openapi=openapi)[name.lower()] == example


def test_a_created_object_is_where_its_location_says(contract_of, ask):
    kiln = {"type": "object", "required": ["serial"], "properties": {"serial": NUMBER, "glaze": TEXT}}
    content = {"application/json": {"schema": kiln}}
    location = {"schema": {"type": "string", "format": "uri-reference"}}
    absolute = {"schema": {"type": "string", "format": "uri"}}
    created = {
        "description": "created",
        "content": content,
        "headers": {"Location": location, "Content-Location": absolute},
    }
    serial = {"name": "serial", "in": "path", "required": True, "schema": NUMBER}
    contract = contract_of(
        {
            "/kilns/": {"post": {"responses": {"201": created}}},
            "/kilns/{serial}/": {
                "parameters": [serial],
                "get": {"responses": {"200": {"description": "one", "content": content}}},
            },
        },
        servers=[{"url": "/v1"}],
    )
    with flowmock.running(contract) as running:
        made = ask(running, "/kilns/", method="POST")
        place = made["location"]
        found = ask(running, place.removeprefix("/v1"))

    assert place == f"/v1/kilns/{made.json['serial']}/"
    assert made["content-location"] == f"{running.origin}{place}"
    assert (found.status, found.json["serial"]) == (200, made.json["serial"])


def test_a_creation_without_a_body_has_a_location_too(headers_of):
    serial = {"name": "serial", "in": "path", "required": True, "schema": NUMBER, "example": 12}
    read = {"/kilns/{serial}": {"parameters": [serial], "get": {"responses": {"200": {"description": "one"}}}}}

    assert (
        headers_of({"Location": {"schema": TEXT}}, status="201", method="post", paths=read)["location"] == "/kilns/12"
    )


def test_a_redirect_has_a_location(headers_of):
    assert headers_of({"Location": {"schema": {"type": "string", "format": "uri"}}}, status="302")[
        "location"
    ].startswith("https://")


@pytest.mark.parametrize("name", ["Content-Length", "Content-Type", "Transfer-Encoding", "Date", "Connection"])
def test_headers_of_the_transport_are_left_to_the_server(name, headers_of):
    response = headers_of({name: {"schema": TEXT, "example": "wrong"}}, example={"a": 1})

    assert (response.status, response.json) == (200, {"a": 1})
    assert "wrong" not in response[name.lower()]
