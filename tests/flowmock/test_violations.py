"""What in a request is not as the contract says: parameters in every style, and bodies."""

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
        call = Call("GET", "/a/1", "/a/1", tuple(query), tuple(headers), path_values=path or {})
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
        ("application/json", b"{", "body: no JSON"),
        ("application/json", b"[" * 100_000, "body: no JSON"),
        ("application/xml", b"<a/>", "not declared; application/json, text/* are"),
        ("application/json", b"", "body: required, and missing"),
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
    assert told is None or told in found[0]
