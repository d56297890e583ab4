"""The operations of a document as values: what each object of OpenAPI says, and what it means where it says nothing."""

from typing import Any

import pytest

from flowcontract.errors import ContractError
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation

STRING = {"type": "string"}
DONE: dict[str, Any] = {"responses": {"200": {"description": "Done."}}}


def contract(paths: Any, **fields: Any) -> Contract:
    return Contract({"openapi": "3.2.0", "info": {"title": "Harbor", "version": "1"}, "paths": paths, **fields})


def operation(fields: Any, *, path: str = "/berths", **more: Any) -> Operation:
    """The operation `GET /berths` of a document."""
    return next(iter(contract({path: {"get": {**DONE, **fields}}}, **more).operations.values()))


def problems(read: Contract) -> list[str]:
    return [str(problem) for problem in read.problems]


def test_operations_are_called_by_their_id_or_by_method_and_path() -> None:
    read = contract(
        {
            "/a": {"get": {"operationId": "list", **DONE}, "post": DONE, "x-get": DONE},
            "x-b": {"get": DONE},
            "/b": {"get": {"operationId": "list", **DONE}, "put": {"operationId": "list", **DONE}},
            "c": {"get": DONE},
        }
    )

    assert [(name, one.id, one.method, one.path, one.pointer) for name, one in read.operations.items()] == [
        ("list", "list", "GET", "/a", "/paths/~1a/get"),
        ("post_/a", "post_/a", "POST", "/a", "/paths/~1a/post"),
        ("list_2", "list_2", "GET", "/b", "/paths/~1b/get"),
        ("list_3", "list_3", "PUT", "/b", "/paths/~1b/put"),
    ]
    assert problems(read) == ["/paths/c: expected a path that begins with `/`; it is ignored."]


def test_every_method_is_an_operation() -> None:
    methods = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
    read = contract({"/a": dict.fromkeys(methods, DONE) | {"additionalOperations": {"COPY": DONE, "Link": DONE}}})

    assert [(one.method, one.pointer) for one in read.operations.values()] == [
        *((method.upper(), f"/paths/~1a/{method}") for method in methods),
        ("COPY", "/paths/~1a/additionalOperations/COPY"),
        ("Link", "/paths/~1a/additionalOperations/Link"),
    ]


def test_a_path_item_may_refer_to_another_and_add_to_it() -> None:
    shared = {"get": {"operationId": "shared", **DONE}, "put": {"operationId": "shared put", **DONE}}
    shared |= {"parameters": [{"name": "q", "in": "query", "schema": STRING}]}
    read = contract(
        {"/a": {"$ref": "#/components/pathItems/A", "get": {"operationId": "own", **DONE}}},
        components={"pathItems": {"A": {"$ref": "#/components/pathItems/B"}, "B": shared}},
    )

    assert {name: one.pointer for name, one in read.operations.items()} == {
        "own": "/paths/~1a/get",
        "shared put": "/components/pathItems/B/put",
    }
    assert [[each.name for each in one.parameters] for one in read.operations.values()] == [["q"], ["q"]]


def test_path_items_that_refer_to_each_other_are_none() -> None:
    items = {"A": {"$ref": "#/components/pathItems/B"}, "B": {"$ref": "#/components/pathItems/A"}}
    read = contract({"/a": items["A"], "/b": {"get": DONE}}, components={"pathItems": items})

    assert list(read.operations) == ["get_/b"]
    assert [text.partition(": ")[2] for text in problems(read)] == [
        "has references that lead back to themselves; it is ignored."
    ]


def test_the_same_path_twice_has_the_names_of_the_first() -> None:
    def declaring(name: str) -> dict[str, Any]:
        return {**DONE, "parameters": [{"name": name, "in": where, "required": True, "schema": STRING}
                                       for where in ("path", "query")]}  # fmt: skip

    read = contract({"/a/{id}": {"get": declaring("id")}, "/a/{key}": {"put": declaring("key")}})

    assert [
        (one.path, [(each.location, each.name) for each in one.parameters]) for one in read.operations.values()
    ] == [
        ("/a/{id}", [("path", "id"), ("query", "id")]),
        ("/a/{id}", [("path", "id"), ("query", "key")]),
    ]
    assert problems(read) == ["/paths/~1a~1{key}: is the same path as /a/{id}; its parameters are called as there."]


def test_path_parameters_that_the_path_does_not_have_are_left_out() -> None:
    listed = [{"name": name, "in": "path", "required": True, "schema": STRING} for name in ("id", "other")]
    read = contract({"/a/{id}": {"get": {**DONE, "parameters": listed}}})

    assert [each.name for each in read.operation("get_/a/{id}").parameters] == ["id"]
    assert problems(read) == [
        "/paths/~1a~1{id}/get/parameters/1: the path /a/{id} has no parameter `other`; it is ignored."
    ]


def test_an_operation_replaces_parameters_of_its_path() -> None:
    item = {
        "parameters": [
            {"name": "a", "in": "query", "schema": STRING},
            {"$ref": "#/components/parameters/B"},
            {"name": "c", "in": "header", "schema": STRING},
        ],
        "get": {
            **DONE,
            "parameters": [{"name": "a", "in": "query", "schema": {"type": "integer"}}, {"in": "query"}, {}],
        },
    }
    read = contract({"/a": item}, components={"parameters": {"B": {"name": "b", "in": "cookie", "schema": STRING}}})

    assert [(each.name, each.location, each.pointer) for each in read.operation("get_/a").parameters] == [
        ("a", "query", "/paths/~1a/get/parameters/0"),
        ("b", "cookie", "/components/parameters/B"),
        ("c", "header", "/paths/~1a/parameters/2"),
    ]
    assert problems(read) == ["/paths/~1a/get/parameters/1: expected a parameter with `name` and `in`; it is ignored."]


def test_a_parameter_in_an_unknown_place_is_named_and_ignored() -> None:
    item = {"get": {"parameters": [{"name": "a", "in": "qeury", "schema": STRING}], "responses": {}}}

    read = contract({"/a": item})

    assert read.operation("get_/a").parameters == ()
    (problem,) = problems(read)
    assert problem.startswith("/paths/~1a/get/parameters/0: expected `in` to be one of query, querystring, header, ")
    assert problem.endswith("got 'qeury'; the parameter is ignored. Did you mean 'query'?")


PLAIN_PARAMETER = {
    "name": "a",
    "location": "query",
    "required": False,
    "schema": {},
    "pointer": "/paths/~1berths/get/parameters/0",
    "schema_pointer": "/paths/~1berths/get/parameters/0/schema",
    "examples": {},
    "style": "form",
    "explode": True,
    "allows_empty": False,
    "allows_reserved": False,
    "description": "",
}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {}),
        ({"required": True, "description": "A berth."}, {"required": True, "description": "A berth."}),
        ({"allowEmptyValue": True, "allowReserved": True}, {"allows_empty": True, "allows_reserved": True}),
        ({"in": "header", "allowEmptyValue": True}, {"location": "header", "style": "simple", "explode": False}),
        ({"in": "cookie"}, {"location": "cookie"}),
        ({"in": "cookie", "style": "cookie"}, {"location": "cookie", "style": "cookie"}),
        ({"schema": STRING}, {"schema": STRING}),
        ({"schema": False}, {"schema": {"not": {}}}),
        ({"style": "pipeDelimited"}, {"style": "pipeDelimited", "explode": False}),
        ({"explode": False}, {"explode": False}),
        ({"example": 5}, {"examples": {"example": (5, "", "/example")}}),
        (
            {"example": 5, "examples": {"one": {"value": 6, "summary": "One."}, "two": {"dataValue": 7}, "three": {}}},
            {"examples": {"one": (6, "One.", "/examples/one/value"), "two": (7, "", "/examples/two/dataValue")}},
        ),
        (
            {"content": {"application/json": {"schema": STRING, "example": "x"}}},
            {
                "schema": STRING,
                "schema_pointer": "/paths/~1berths/get/parameters/0/content/application~1json/schema",
                "examples": {"example": ("x", "", "/content/application~1json/example")},
            },
        ),
        (
            {"schema": {"type": "integer"}, "content": {"application/json": {"schema": STRING}}},
            {"schema": {"type": "integer"}},
        ),
    ],
)
def test_a_parameter_says_what_it_says_and_has_defaults(fields: Any, expected: Any) -> None:
    (found,) = operation({"parameters": [{"name": "a", "in": "query", **fields}]}).parameters

    seen = {name: getattr(found, name) for name in PLAIN_PARAMETER}
    seen["examples"] = {
        name: (each.value, each.summary, each.pointer.removeprefix(found.pointer))
        for name, each in found.examples.items()
    }
    assert seen == PLAIN_PARAMETER | expected
    assert bool(found.content) is ("content" in fields and "schema" not in fields)


def test_a_request_body_and_responses_are_read() -> None:
    form = {"schema": STRING, "encoding": {"a": {"contentType": "text/csv"}}, "example": "x"}
    read = operation(
        {
            "requestBody": {"$ref": "#/components/requestBodies/It"},
            "responses": {
                "200": {"$ref": "#/components/responses/It"},
                "4XX": {"description": "Wrong."},
                "default": {},
                "x-note": {},
            },
        },
        components={
            "requestBodies": {"It": {"required": True, "content": {"text/csv": form, "text/xml": {}}}},
            "responses": {
                "It": {
                    "description": "It.",
                    "content": {"text/csv": {"$ref": "#/components/mediaTypes/It"}},
                    "headers": {
                        "X-Left": {"required": True, "schema": STRING, "explode": True, "example": "3"},
                        "content-Type": {"schema": {"type": "integer"}},
                        "x-more": {"content": {"application/json": {"schema": STRING}}},
                    },
                }
            },
            "mediaTypes": {"It": {"schema": STRING}},
        },
    )

    assert read.request_required
    assert {
        name: (one.name, one.pointer, one.schema, dict(one.encoding)) for name, one in read.request_media.items()
    } == {
        "text/csv": ("text/csv", "/components/requestBodies/It/content/text~1csv", STRING, form["encoding"]),
        "text/xml": ("text/xml", "/components/requestBodies/It/content/text~1xml", None, {}),
    }
    assert {name: one.value for name, one in read.request_media["text/csv"].examples.items()} == {"example": "x"}
    assert {status: (one.status, one.pointer, one.description) for status, one in read.responses.items()} == {
        "200": ("200", "/components/responses/It", "It."),
        "4XX": ("4XX", "/paths/~1berths/get/responses/4XX", "Wrong."),
        "default": ("default", "/paths/~1berths/get/responses/default", ""),
    }
    assert [one.is_unspecified for one in read.responses.values()] == [False, False, True]
    assert read.responses["200"].media["text/csv"].pointer == "/components/mediaTypes/It"
    headers = read.responses["200"].headers
    at = "/components/responses/It/headers"
    assert {key: (one.name, one.required, one.schema, one.pointer, one.explode) for key, one in headers.items()} == {
        "x-left": ("X-Left", True, STRING, f"{at}/X-Left", True),
        "x-more": ("x-more", False, None, f"{at}/x-more", False),
    }
    assert headers["x-left"].examples["example"].pointer == f"{at}/X-Left/example"
    assert headers["x-left"].schema_pointer == f"{at}/X-Left/schema"
    assert headers["x-left"].content is None
    assert headers["x-more"].content and headers["x-more"].content.name == "application/json"  # noqa: PT018


def test_what_an_operation_says_of_itself() -> None:
    plain = operation({})
    full = operation(
        {
            "tags": ["a", "b"],
            "deprecated": True,
            "x-own": 1,
            "x-flowcontract-volatile": ["/a"],
            "x-flowcontract-invariants": [
                {"name": "same", "left": "$response.body#/id", "right": "$request.path.id"},
                {"name": "more", "left": 1, "right": 2, "status": 201},
            ],
        }
    )

    assert (plain.tags, plain.deprecated, dict(plain.extensions), plain.volatile, plain.invariants) == (
        (), False, {}, (), ()
    )  # fmt: skip
    assert (plain.request_required, dict(plain.request_media), plain.parameters) == (False, {}, ())
    assert (full.tags, full.deprecated, full.volatile, full.extensions["x-own"]) == (("a", "b"), True, ("/a",), 1)
    at = "/paths/~1berths/get/x-flowcontract-invariants"
    assert [(one.name, one.status, one.left, one.right, one.pointer) for one in full.invariants] == [
        ("same", "200", "$response.body#/id", "$request.path.id", f"{at}/0"),
        ("more", "201", "1", "2", f"{at}/1"),
    ]


@pytest.mark.parametrize(
    ("extension", "value", "expected"),
    [
        ("volatile", ["/a", 1], "a list of JSON Pointers"),
        ("invariants", [{"left": "a", "right": "b"}], "a list of mappings with `name`, `left` and `right`"),
    ],
)
def test_extensions_of_a_wrong_type_are_errors(extension: str, value: Any, expected: str) -> None:
    with pytest.raises(ContractError) as error:
        operation({f"x-flowcontract-{extension}": value})

    assert error.value.what == f"/paths/~1berths/get/x-flowcontract-{extension}: expected {expected}."
    assert error.value.do == "Fix the contract."


SCHEMES = {
    "bearer": {"type": "http", "scheme": "Bearer"},
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "token": {"type": "apiKey", "in": "header", "name": "Authorization", "description": 'The prefix is "Token".'},
    "named": {"type": "apiKey", "in": "header", "name": "authorization", "description": 'with prefix: "Token"'},
    "sent": {"type": "oauth2", "flows": {"implicit": {"scopes": {}}, "x-more": 1}, "x-flowcontract-scheme": "BASIC"},
    "found": {"type": "openIdConnect", "openIdConnectUrl": "https://id.example"},
    "again": {"$ref": "#/components/securitySchemes/key"},
    "x-note": {"type": "http"},
    "other": {"type": "apiKey", "in": "query", "name": "token", "description": 'the prefix "Token"'},
}


def test_security_schemes_are_read() -> None:
    found = contract({}, components={"securitySchemes": SCHEMES}).security_schemes

    seen = {
        name: (one.kind, one.scheme, one.location, one.parameter, one.published, one.pointer.rpartition("/")[2])
        for name, one in found.items()
    }
    assert seen == {
        "bearer": ("http", "bearer", "", "", "", "bearer"),
        "key": ("apiKey", "", "header", "X-Key", "", "key"),
        "token": ("apiKey", "", "header", "Authorization", "", "token"),
        "named": ("http", "token", "header", "authorization", "apiKey", "named"),
        "sent": ("http", "basic", "", "", "oauth2", "sent"),
        "found": ("openIdConnect", "", "", "", "", "found"),
        "again": ("apiKey", "", "header", "X-Key", "", "key"),
        "x-note": ("http", "", "", "", "", "x-note"),
        "other": ("apiKey", "", "query", "token", "", "other"),
    }
    assert dict(found["sent"].flows) == {"implicit": {"scopes": {}}}
    assert found["found"].discovery_url == "https://id.example"
    assert {one.name for one in found.values()} == found.keys()


def test_security_is_that_of_the_operation_else_of_the_document() -> None:
    read = contract(
        {
            "/a": {"get": DONE},
            "/b": {"get": {**DONE, "security": []}},
            "/c": {"get": {**DONE, "security": [{"key": [], "bearer": []}, {}, {"none": []}]}},
        },
        components={"securitySchemes": SCHEMES},
        security=[{"bearer": []}],
    )

    found = {name: [[one.name for one in each] for each in read.operations[name].security] for name in read.operations}
    assert found == {"get_/a": [["bearer"]], "get_/b": [], "get_/c": [["key", "bearer"], [], []]}
    assert problems(read) == ["/paths/~1c/get/security: the security scheme 'none' is not declared; it is ignored."]


def test_the_base_path_is_that_of_the_nearest_servers() -> None:
    def at(url: str, **more: Any) -> dict[str, Any]:
        return {"servers": [{"url": url}], **more}

    read = contract(
        {
            "/a": {"get": {**DONE, **at("/operation")}, "put": DONE, **at("/item")},
            "/b": {"get": DONE},
            "/c": {"$ref": "#/components/pathItems/C", **at("/beside")},
        },
        components={"pathItems": {"C": {"get": DONE, **at("/item")}}},
        **at("/document"),
    )

    assert [one.base_path for one in read.operations.values()] == ["/operation", "/item", "/document", "/beside"]


def test_callbacks_and_webhooks_are_operations() -> None:
    hook = {"post": {"operationId": "tell", **DONE, "security": [{"key": []}]}}
    read = contract(
        {
            "/a": {
                "get": {
                    **DONE,
                    "callbacks": {
                        "on/this": {"{$url}": hook, "x-note": {}},
                        "on that": {"$ref": "#/components/callbacks/That"},
                    },
                }
            }
        },
        webhooks={"a/b": hook, "x-note": {}},
        components={"callbacks": {"That": {"{$method}": hook}}, "securitySchemes": SCHEMES},
    )
    (one,) = read.operations.values()

    def seen(found: Any) -> dict[str, Any]:
        return {
            name: [(each.id, each.method, each.path, each.pointer, each.is_open) for each in listed]
            for name, listed in found.items()
        }

    assert seen(read.callbacks(one)) == {
        "on/this {$url}": [("tell", "POST", "{$url}", "/paths/~1a/get/callbacks/on~1this/{$url}/post", False)],
        "on that {$method}": [("tell", "POST", "{$method}", "/components/callbacks/That/{$method}/post", False)],
    }
    assert seen(read.webhooks) == {"a/b": [("tell", "POST", "a/b", "/webhooks/a~1b/post", False)]}


def test_the_success_is_the_least_status() -> None:
    def success(*statuses: str) -> str:
        found = operation({"responses": {status: {"description": ""} for status in statuses}}).success()
        return found.status if found else ""

    assert success("404", "204", "201", "302") == "201"
    assert success("2XX") == "2XX"
    assert success("404", "default") == ""


@pytest.mark.parametrize(
    ("statuses", "status", "found"),
    [
        ("200 2XX default", 200, "200"),
        ("200 2XX default", 204, "2XX"),
        ("2xx", 204, "2xx"),
        ("200 4XX default", 500, "default"),
        ("200 4XX", 500, ""),
    ],
)
def test_a_status_has_the_most_exact_response(statuses: str, status: int, found: str) -> None:
    response = operation({"responses": {each: {"description": ""} for each in statuses.split()}}).response(status)

    assert (response.status if response else "") == found


@pytest.mark.parametrize(
    ("statuses", "documents"),
    [("200", False), ("200 404", True), ("200 default", True), ("200 4XX", True), ("500", False)],
)
def test_whether_errors_of_the_client_are_documented(statuses: str, documents: bool) -> None:
    read = operation({"responses": {each: {"description": ""} for each in statuses.split()}})

    assert read.documents_client_errors is documents


@pytest.mark.parametrize(
    ("relations", "pointer"),
    [
        ([], "/key"),
        ([("$response.body#/id", "$request.path.key")], "/id"),
        ([("$request.path.key", "$response.body#/a/b")], "/a/b"),
        ([("$request.path.key", "$request.query.key")], "/key"),
        ([("$response.body#/id", "$request.path.other")], "/key"),
        ([("$response.header.id", "$request.path.key"), ("$response.body#/id", "$request.path.key")], "/id"),
    ],
)
def test_the_field_of_a_path_parameter(relations: list[tuple[str, str]], pointer: str) -> None:
    named = [{"name": "same", "left": left, "right": right} for left, right in relations]

    assert operation({"x-flowcontract-invariants": named}).id_pointer("key") == pointer


def test_values_of_path_parameters_come_from_examples() -> None:
    def examples(*values: Any) -> dict[str, Any]:
        return {"examples": {f"e{number}": {"value": value} for number, value in enumerate(values)}}

    content = {
        "application/json": examples({"a": 1, "b": "x"}, {"a": 2}, ["a"], {"a": None, "b": True}),
        "text/json": examples({"a": 5, "b": "y"}, {"a": 6, "b": "z"}),
    }
    listed = [{"name": name, "in": "path", "required": True, "schema": STRING} for name in ("a", "b")]
    fields = {"parameters": listed, "responses": {"200": {"description": "", "content": content}}}

    assert operation(fields, path="/{a}/{b}").example_path_values() == {
        "e0": {"a": "1", "b": "x"},
        "e3": {"a": "None", "b": "True"},
        "e1": {"a": "6", "b": "z"},
    }
    assert operation({"responses": fields["responses"]}).example_path_values() == {}
    assert operation({"parameters": listed, "responses": {"404": {}}}, path="/{a}/{b}").example_path_values() == {}


def test_a_link_to_an_operation_that_does_not_exist_is_named() -> None:
    links = {"own": {"operationId": "readBerth"}, "lost": {"operationId": "readBirth"}, "other": {"operationRef": "#"}}
    shared = {"description": "", "links": links}
    read = contract(
        {
            "/berths/{id}": {
                "get": {"operationId": "readBerth", "responses": {"200": {"$ref": "#/components/responses/A"}}}
            },
            "/berths": {"post": {"responses": {"201": {"$ref": "#/components/responses/A"}}}},
        },
        components={"responses": {"A": shared}},
    )

    at = "/components/responses/A/links/lost/operationId"
    assert [each for each in problems(read) if "operation" in each] == [
        f"{at}: there is no operation 'readBirth'; the link is ignored. Did you mean 'readBerth'?"
    ]


def test_a_serialized_example_is_the_content_or_the_value_of_its_json() -> None:
    both = {"dataValue": {"n": 1}, "serializedValue": "<n>1</n>"}
    content = {
        "application/json": {"examples": {"a": {"serializedValue": '{"n": 1}'}, "b": {"serializedValue": "{"}}},
        "application/xml": {"examples": {"a": both}},
        "application/hal+json": {"examples": {"a": both}},
    }
    read = operation({"responses": {"200": {"description": "", "content": content}}}).responses["200"].media

    assert {name: [each.value for each in media.examples.values()] for name, media in read.items()} == {
        "application/json": [{"n": 1}, "{"],
        "application/xml": ["<n>1</n>"],
        "application/hal+json": [{"n": 1}],
    }


def test_a_reference_to_what_is_not_a_parameter_is_named_where_it_stands() -> None:
    read = contract(
        {"/berths": {"get": {**DONE, "parameters": [{"$ref": "#/components/schemas/Berth"}]}}},
        components={"schemas": {"Berth": {"type": "integer"}}},
    )

    assert next(iter(read.operations.values())).parameters == ()
    assert problems(read) == [
        "/paths/~1berths/get/parameters/0: expected a parameter with `name` and `in`; it is ignored."
    ]
