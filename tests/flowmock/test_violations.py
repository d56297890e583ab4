"""What in a request is not as the contract says: parameters in every style, and bodies."""

import json

import pytest

from flowmock.messages import Call
from flowmock.validation import requests


def parameter(name, location, schema, **more):
    return {"name": name, "in": location, "schema": schema} | more


NUMBERS = {"type": "array", "items": {"type": "integer"}, "maxItems": 2}
POINT = {"type": "object", "properties": {"x": {"type": "integer"}, "on": {"type": "boolean"}}}


@pytest.fixture
def broken(contract_of):
    """The violations of a request, for one declared parameter."""

    def found(declared, *, query=(), headers=(), path=None):
        contract = contract_of({"/a/{id}": {"get": {"parameters": [declared], "responses": {}}}})
        operation = next(iter(contract.operations.values()))
        call = Call("GET", "/a/1", "/a/1", tuple(query), tuple(headers), path_values=path or {"id": "1"})
        return list(requests.of_parameters(operation, call))

    return found


@pytest.mark.parametrize(
    ("declared", "right", "wrong"),
    [
        (parameter("n", "query", {"type": "integer"}), [("n", "-5")], [("n", "5.0")]),
        (parameter("n", "query", {"type": "number"}), [("n", "5.5")], [("n", "five")]),
        (parameter("n", "query", {"type": "boolean"}), [("n", "true")], [("n", "yes")]),
        (
            parameter("n", "query", {"type": "string", "format": "uuid"}),
            [("n", "44212e41-f29b-444d-906d-343d3374e321")],
            [("n", "x")],
        ),
        (parameter("n", "query", NUMBERS), [("n", "1"), ("n", "2")], [("n", "1"), ("n", "2"), ("n", "3")]),
        (parameter("n", "query", NUMBERS, explode=False), [("n", "1,2")], [("n", "1,x")]),
        (parameter("n", "query", NUMBERS, style="pipeDelimited", explode=False), [("n", "1|2")], [("n", "1,2")]),
        (parameter("p", "query", POINT, style="deepObject"), [("p[x]", "1"), ("p[on]", "true")], [("p[x]", "one")]),
        (parameter("n", "query", {"type": "integer"}, required=True), [("n", "1")], [("m", "1")]),
    ],
)
def test_query_parameters(declared, right, wrong, broken):
    assert broken(declared, query=right) == []
    assert len(broken(declared, query=wrong)) == 1


def test_a_parameter_that_may_be_missing_may(broken):
    assert broken(parameter("n", "query", {"type": "integer"})) == []


def test_path_header_and_cookie_parameters(broken):
    assert broken(parameter("id", "path", {"type": "integer"}, required=True), path={"id": "7"}) == []
    assert broken(parameter("id", "path", {"type": "integer"}, required=True), path={"id": "x"})
    assert broken(parameter("X-N", "header", NUMBERS), headers=[("x-n", "1,2")]) == []
    assert broken(parameter("X-N", "header", NUMBERS), headers=[("x-n", "1,2,3")])
    assert broken(parameter("c", "cookie", {"type": "integer"}), headers=[("cookie", "a=b; c=1")]) == []
    assert broken(parameter("c", "cookie", {"type": "integer"}), headers=[("cookie", "c=x")])


@pytest.mark.parametrize(
    ("content_type", "body", "told"),
    [
        ("application/json", b'{"name": "a"}', None),
        ("application/json; charset=utf-8", b'{"name": "a"}', None),
        (None, b'{"name": "a"}', None),
        ("application/json", b'{"id": 1, "name": "a"}', None),
        ("text/plain", b"anything", None),
        ("application/json", b"{}", "body: "),
        ("application/json", b'{"name": 5}', "body/name: "),
        ("application/json", b"{", "body: expected JSON"),
        ("application/json", b"[" * 100_000, "body: expected JSON"),
        ("application/xml", b"<a/>", "expected Content-Type application/json, text/*, got application/xml"),
        ("application/json", b"", "body: required but missing"),
    ],
)
def test_bodies(content_type, body, told, contract_of):
    schema = {
        "type": "object",
        "required": ["id", "name"],
        "properties": {"id": {"type": "integer", "readOnly": True}, "name": {"type": "string"}},
    }
    content = {"application/json": {"schema": schema}, "text/*": {}}
    contract = contract_of({"/a": {"post": {"requestBody": {"required": True, "content": content}, "responses": {}}}})
    headers = (("content-type", content_type),) if content_type else ()
    call = Call("POST", "/a", "/a", (), headers, body=body)

    found = list(requests.of_body(next(iter(contract.operations.values())), call))

    assert bool(found) is bool(told)
    assert told is None or told in str(found[0])


LIST_OR_NULL = {"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "null"}]}


@pytest.mark.parametrize(
    ("schema", "right", "wrong"),
    [
        (LIST_OR_NULL, ["1", "2"], ["1", "two"]),
        (LIST_OR_NULL, ["1"], ["two"]),
        ({"allOf": [NUMBERS]}, ["1"], ["1", "2", "3"]),
        ({"allOf": [{"$ref": "#/components/schemas/Numbers"}]}, ["1", "2"], ["x"]),
        ({"$ref": "#/components/schemas/Numbers"}, ["1"], ["1", "2", "3"]),
        ({"oneOf": [{"type": "integer"}, NUMBERS | {"minItems": 2}]}, ["4"], ["1", "x"]),
        ({"oneOf": [{"type": "integer"}, NUMBERS | {"minItems": 2}]}, ["1", "2"], ["1", "2", "3"]),
        ({"oneOf": [{"type": "string", "enum": ["all"]}, NUMBERS]}, ["all"], ["none"]),
        ({"anyOf": [{"allOf": [NUMBERS]}, {"type": "null"}]}, ["7"], ["seven"]),
        ({"type": ["array", "null"], "items": {"type": "boolean"}}, ["true"], ["yes"]),
        ({"type": "array", "items": {"anyOf": [{"type": "integer"}, {"enum": ["x"]}]}}, ["1", "x"], ["1", "y"]),
        ({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}]}, ["1", "a"], ["a", "1"]),
        ({"enum": [1, 2]}, ["1"], ["3"]),
        ({"const": 5}, ["5"], ["6"]),
        ({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^v"}]}, ["v2"], ["w2"]),
        ({"type": "string", "pattern": "^[0-9]$"}, ["5"], ["55"]),
        ({"type": "number"}, ["1e3"], ["nan"]),
    ],
)
def test_the_value_that_a_text_stands_for_in_a_composition(schema, right, wrong, contract_of):
    declared = parameter("n", "query", schema)
    contract = contract_of(
        {"/a": {"get": {"parameters": [declared], "responses": {"200": {"description": "ok"}}}}},
        openapi="3.1.0",
        components={"schemas": {"Numbers": NUMBERS}},
    )
    (operation,) = contract.operations.values()

    def violations(texts):
        query = tuple(("n", text) for text in texts)
        return list(requests.of_parameters(operation, Call("GET", "/a", "/a", query, ())))

    assert violations(right) == []
    assert violations(wrong)


COLOURS = {"type": "array", "items": {"type": "integer"}, "maxItems": 2}
SHADE = {"type": "object", "required": ["r"], "properties": {"r": {"type": "integer"}, "g": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("style", "explode", "schema", "right", "wrong"),
    [
        ("simple", False, COLOURS, "1,2", "1,x"),
        ("simple", True, COLOURS, "1,2", "1,2,3"),
        ("simple", False, SHADE, "r,1,g,2", "r,x"),
        ("simple", True, SHADE, "r=1,g=2", "r=x"),
        ("label", False, {"type": "integer"}, ".5", "5"),
        ("label", False, {"type": "string"}, ".a.b", "a"),
        ("label", False, COLOURS, ".1,2", ".1,x"),
        ("label", False, COLOURS, ".1.2", ".x"),
        ("label", True, COLOURS, ".1.2", ".1,2"),
        ("label", False, SHADE, ".r,1,g,2", ".r,x"),
        ("label", True, SHADE, ".r=1.g=2", ".g=2"),
        ("matrix", False, {"type": "integer"}, ";id=5", ";no=5"),
        ("matrix", False, {"type": "integer"}, ";id=5", ";id=x"),
        ("matrix", False, {"type": "string"}, ";id", "id"),
        ("matrix", False, COLOURS, ";id=1,2", ";id=1,2,3"),
        ("matrix", True, COLOURS, ";id=1;id=2", ";id=1,2"),
        ("matrix", False, SHADE, ";id=r,1,g,2", ";id=g,2"),
        ("matrix", True, SHADE, ";r=1;g=2", ";g=2"),
    ],
)
def test_path_styles(style, explode, schema, right, wrong, broken):
    declared = parameter("id", "path", schema, required=True, style=style, explode=explode)

    assert broken(declared, path={"id": right}) == []
    assert broken(declared, path={"id": wrong})


NESTED = {
    "type": "object",
    "required": ["mesh"],
    "properties": {
        "mesh": {"type": "integer"},
        "kinds": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
        "site": {"type": "object", "properties": {"depth": {"type": "number"}}},
    },
}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("sift[mesh]=3", "sift[mesh]=fine"),
        ("sift[mesh]=3&sift[kinds]=rye&sift[kinds]=oat", "sift[mesh]=3&sift[kinds]=a&sift[kinds]=b&sift[kinds]=c"),
        ("sift[mesh]=3&sift[kinds][]=rye", "sift[kinds][]=rye"),
        ("sift[mesh]=3&sift[kinds][0]=rye&sift[kinds][1]=oat", "sift[mesh]=3&sift[kinds][a]=rye"),
        ("sift[mesh]=3&sift[site][depth]=1.5", "sift[mesh]=3&sift[site][depth]=deep"),
        ("", "sift[other]=1"),
    ],
)
def test_deep_objects(right, wrong, broken):
    declared = parameter("sift", "query", NESTED, style="deepObject", explode=True)

    assert broken(declared, query=[tuple(pair.split("=")) for pair in right.split("&") if pair]) == []
    assert broken(declared, query=[tuple(pair.split("=")) for pair in wrong.split("&")])


def test_the_members_of_an_exploded_object_are_parameters_of_their_own(broken):
    declared = parameter("shade", "query", SHADE, style="form", explode=True)

    assert broken(declared, query=[("r", "1"), ("g", "2"), ("x", "y")]) == []
    assert broken(declared, query=[("r", "red")])
    assert broken(declared, query=[("g", "2")])


def test_parameters_with_content_are_documents(broken):
    media = {"application/json": {"schema": SHADE}}
    declared = {"name": "where", "in": "query", "content": media}

    assert broken(declared, query=[("where", '{"r": 1}')]) == []
    assert broken(declared, query=[("where", '{"r": "red"}')])
    assert "expected JSON" in str(broken(declared, query=[("where", "red")])[0])
    assert broken(declared | {"required": True})
    assert broken({"name": "X-Where", "in": "header", "content": media}, headers=[("x-where", '{"r": "red"}')])
    assert (
        broken({"name": "where", "in": "cookie", "content": media}, headers=[("cookie", "where=%7B%22r%22:1%7D")]) == []
    )


def test_headers_and_cookies_in_every_style(broken):
    assert broken(parameter("X-S", "header", SHADE), headers=[("x-s", "r, 1, g, 2")]) == []
    assert broken(parameter("X-S", "header", SHADE, explode=True), headers=[("x-s", "r=x")])
    assert broken(parameter("X-N", "header", NUMBERS), headers=[("x-n", "1"), ("x-n", "2")]) == []
    assert broken(parameter("c", "cookie", NUMBERS, explode=False), headers=[("cookie", "c=1,2")]) == []
    assert broken(parameter("c", "cookie", NUMBERS), headers=[("cookie", "c=1; c=x")])
    assert broken(parameter("c", "cookie", NUMBERS), headers=[("cookie", "c=1&c=2")]) == []
    assert broken(parameter("c", "cookie", {"type": "integer"}), headers=[("cookie", 'c="3"')]) == []
    assert broken(parameter("c", "cookie", {"type": "integer"}, required=True), headers=[("cookie", "d=1")])


@pytest.mark.parametrize(
    ("text", "value", "is_right"),
    [
        ("Must lie in the future", "2020-01-01T00:00:00Z", False),
        ("Must lie in the future", "2999-01-01", True),
        ("has to be in the past", "2999-01-01", False),
        ("must be in the past", "2020-01-01", True),
        ("must be after start", "12:30", True),
        ("must be after `start`", "12:00", False),
        ("must be on or after start", "12:00", True),
        ("must be before start", "11:00:00", True),
        ("must not be empty", "x", True),
        ("is usually after start", "10:00", True),
    ],
)
def test_values_are_as_their_descriptions_say(text, value, is_right, contract_of):
    part = {
        "type": "object",
        "properties": {"start": {"type": "string"}, "other": {"type": "string", "description": text}},
    }
    schema = {"type": "object", "properties": {"parts": {"type": "array", "items": part}}}
    sent = {"content": {"application/json": {"schema": schema}}}
    responses = {"422": {"description": ""}}
    contract = contract_of({"/a": {"post": {"requestBody": sent, "responses": responses}}})
    body = json.dumps({"parts": [{"start": "12:00"}, {"start": "12:00", "other": value}]}).encode()
    call = Call("POST", "/a", "/a", (), (("content-type", "application/json"),), body=body)

    found = list(requests.of_body(next(iter(contract.operations.values())), call))

    assert [each.pointer for each in found] == ([] if is_right else ["/parts/1/other"])


@pytest.mark.parametrize("name", ["Accept", "Content-Type", "Authorization"])
def test_header_parameters_that_openapi_reserves_are_ignored(name, broken):
    assert broken(parameter(name, "header", {"type": "integer"}, required=True)) == []


@pytest.mark.parametrize(
    "schema", [{"type": "integer"}, {"type": "string", "minLength": 2}, {"enum": ["a"]}, {"type": "boolean"}]
)
def test_an_empty_value_is_not_null(broken, schema):
    declared = parameter("n", "query", {"anyOf": [schema, {"type": "null"}]})

    assert [each.name for each in broken(declared, query=[("n", "")])] == ["n"]
    assert not broken(declared)
    assert not broken(parameter("n", "query", {"type": ["string", "null"]}), query=[("n", "")])


def test_an_empty_value_where_it_is_allowed(broken):
    declared = parameter("full", "query", {"type": "boolean"}, required=True)

    assert broken(declared | {"allowEmptyValue": True}, query=[("full", "")]) == []
    assert broken(declared, query=[("full", "")])


@pytest.mark.parametrize(
    ("media", "right", "wrong"),
    [
        ("application/x-www-form-urlencoded", [("r", "1"), ("g", "2")], [("r", "red")]),
        ("application/json", [('{"r":1}', "")], [('{"r":"red"}', "")]),
    ],
)
def test_the_whole_query_as_one_parameter(media, right, wrong, contract_of):
    declared = {"name": "shade", "in": "querystring", "required": True, "content": {media: {"schema": SHADE}}}
    responses = {"200": {"description": "ok"}}
    contract = contract_of({"/a": {"get": {"parameters": [declared], "responses": responses}}}, openapi="3.2.0")
    (operation,) = contract.operations.values()

    assert list(requests.of_parameters(operation, Call("GET", "/a", "/a", tuple(right), ()))) == []
    assert list(requests.of_parameters(operation, Call("GET", "/a", "/a", tuple(wrong), ())))
    assert list(requests.of_parameters(operation, Call("GET", "/a", "/a", (), ())))
