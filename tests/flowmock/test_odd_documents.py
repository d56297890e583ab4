"""Documents as people write them: the mock serves what can be served, in one process with the test."""

import asyncio
import re
from typing import Any

import httpx
import pytest

import flowmock
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.endless import endless
from flowcontract.openapi.schema_shapes import shapes
from flowcontract.openapi.values import valid_value
from flowmock.examples import errors, warnings
from flowmock.generation import relations
from flowmock.settings import Settings
from flowmock.validation import bodies
from flowmock.validation.violations import Violation

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def an_object(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties}


def content(schema: Any, **more: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema, **more}}}


def in_path(name: str, schema: Any = TEXT) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def responses_of(contract: Contract, *requests: Any, **settings: Any) -> Any:
    """The responses to requests, one after the other: method, path, a JSON body if there is one, headers."""
    app = flowmock.create(contract, Settings(**settings))

    async def sent() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://mock") as client:
            return [
                await client.request(each[0], each[1], json=each[2] if each[2:] else None, headers=dict(*each[3:]))
                for each in requests
            ]

    return asyncio.run(sent())


# IDs: `/clocks/{clockId}` and the member `id`.

CLOCK = an_object("id", "face", id=TEXT, face=TEXT)


@pytest.fixture
def clocks(contract_of):
    def paths(**more: Any) -> Contract:
        listed = an_object("data", data={"type": "array", "items": CLOCK})
        item = {"parameters": [in_path("clockId")], "get": {"responses": {"200": content(CLOCK, **more)}}}
        return contract_of({"/clocks": {"get": {"responses": {"200": content(listed)}}}, "/clocks/{clockId}": item})

    return paths


@pytest.mark.parametrize(
    ("names", "path", "member"),
    [
        (["id", "face"], "/clocks/{clockId}", "id"),
        (["id", "clock_id"], "/clocks/{clockId}", "clock_id"),
        (["face", "slug"], "/clocks/{clock-slug}", "slug"),
        (["Id"], "/clocks/{id}/", "Id"),
        (["id"], "/v1/Clocks/{clock}", "id"),
        (["id"], "/categories/{category}", "id"),
        (["id"], "/clocks/{clockid}", "id"),
        (["face"], "/clocks/{clockId}", None),
        (["id"], "/clocks/{face}", None),
        (["name"], "/users/{username}", None),
    ],
)
def test_which_member_holds_the_id(names, path, member):
    assert relations.id_member(names, path) == member


def test_a_read_holds_the_requested_id(clocks):
    (response,) = responses_of(clocks(), ("GET", "/clocks/c7"))
    assert response.json()["id"] == "c7"


def test_a_read_holds_the_requested_id_in_an_envelope(contract_of):
    read = {"parameters": [in_path("clockId")], "responses": {"200": content(an_object("data", data=CLOCK))}}
    (response,) = responses_of(contract_of({"/clocks/{clockId}": {"get": read}}), ("GET", "/clocks/c7"))
    assert response.json()["data"]["id"] == "c7"


def test_a_read_gives_the_example_with_the_requested_id(clocks):
    examples = {name: {"value": {"id": name, "face": "round"}} for name in ("a1", "b2")}
    contract = clocks(examples=examples)
    second, other, listed = responses_of(contract, ("GET", "/clocks/b2"), ("GET", "/clocks/z9"), ("GET", "/clocks"))
    assert second.json()["id"] == "b2"
    assert other.status_code == 200
    assert [item["id"] for item in listed.json()["data"]] == ["a1", "b2"]


def test_every_id_of_a_list_can_be_read(contract_of):
    """The list's example has two clocks, the read's only one."""
    first, second = {"id": "a1", "face": "round"}, {"id": "b2", "face": "square"}
    detailed = an_object("id", "face", "parts", id=TEXT, face=TEXT, parts=NUMBER)
    listed = content({"type": "array", "items": CLOCK}, example=[first, second])
    responses = {"200": content(detailed, example=first | {"parts": 9}), "404": {"description": ""}}
    for name in ("clockId", "id"):
        contract = contract_of(
            {
                "/clocks": {"get": {"responses": {"200": listed}}},
                f"/clocks/{{{name}}}": {"get": {"parameters": [in_path(name)], "responses": responses}},
            }
        )
        one, two = (each.json() for each in responses_of(contract, ("GET", "/clocks/a1"), ("GET", "/clocks/b2")))
        assert one == first | {"parts": 9}
        assert two == second | {"parts": two["parts"]}


def test_the_ids_of_a_list_suit_the_read(contract_of):
    """Only the read says what its IDs look like."""
    read = {"parameters": [in_path("clockId", TEXT | {"pattern": "^clk_[0-9]{6}$"})]}
    read["responses"] = {"200": content(CLOCK)}
    listed = {"responses": {"200": content({"type": "array", "items": CLOCK})}}
    contract = contract_of({"/clocks": {"get": listed}, "/clocks/{clockId}": {"get": read}})
    (response,) = responses_of(contract, ("GET", "/clocks"))
    assert [item["id"][:4] for item in response.json()] == ["clk_"] * 3


# Examples.


def test_an_optional_member_with_an_example_is_always_there(contract_of):
    secret = TEXT | {"writeOnly": True, "example": "k"}
    schema = an_object("hand", hand=TEXT, case=TEXT | {"example": "oak"}, key=secret)
    contract = contract_of({"/": {"get": {"responses": {"200": content(schema)}}}})
    (operation,) = contract.operations.values()
    media = operation.responses["200"].media["application/json"]
    values = [valid_value(media.schemas, media.schema_pointer, seed=seed) for seed in range(20)]
    assert {value["case"] for value in values} == {"oak"}
    assert all(list(value) == ["hand", "case"] for value in values)
    lean = valid_value(media.schemas, media.schema_pointer, seed=0, minimal=True)
    assert list(lean) == ["hand"]


@pytest.mark.parametrize(
    ("name", "schema", "pattern"),
    [
        ("createdAt", TEXT, r"2025-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
        ("created", NUMBER, r"17\d{8}"),
        ("birth_date", TEXT | {"format": "date"}, r"(19[5-9]|200)\d-\d\d-\d\d"),
        ("country", TEXT | {"minLength": 2, "maxLength": 2}, r"[A-Z]{2}"),
        ("currencyCode", TEXT | {"minLength": 3, "maxLength": 3}, r"[A-Z]{3}"),
        ("phone", TEXT, r"\+1\d{3}55501\d\d"),
        ("total", TEXT, r"\d+\.\d\d"),
        ("rate", TEXT | {"format": "decimal"}, r"\d+\.\d\d"),
        ("orderId", TEXT, r"[a-z]+-\d+"),
        ("size", TEXT | {"format": "int64"}, r"\d+"),
        ("land", TEXT | {"format": "iso-country-code"}, r"[A-Z]{2}"),
    ],
)
def test_values_that_suit_a_name(contract_of, name, schema, pattern):
    contract = contract_of({"/": {"get": {"responses": {"200": content(an_object(name, **{name: schema}))}}}})
    (operation,) = contract.operations.values()
    media = operation.responses["200"].media["application/json"]
    value = valid_value(media.schemas, media.schema_pointer, seed=3)[name]
    assert re.fullmatch(pattern, str(value)), value


def test_a_table_that_is_only_known_as_text_has_rows(contract_of):
    responses = {"200": {"description": "", "content": {"text/csv": {"schema": TEXT}}}}
    (response,) = responses_of(contract_of({"/table": {"get": {"responses": responses}}}), ("GET", "/table"))
    lines = response.text.splitlines()
    assert lines[0] == "id,name"
    assert len(lines) == 4


def test_items_of_two_schemas_are_items_of_both():
    wide, narrow = {"type": "array", "items": {"type": "object"}}, {"type": "array", "items": an_object(a=TEXT)}
    (shape,) = shapes({"allOf": [wide, narrow]}, lambda schema: schema)
    (item,) = shapes(shape.items, lambda schema: schema)
    assert item.properties == {"a": TEXT}


# Error responses.


def test_the_type_of_a_problem_is_a_uri(contract_of):
    """RFC 9457, section 4.2.1; a `type` elsewhere is a code."""
    problem = {"schema": an_object("type", "title", type=TEXT, title=TEXT)}
    found = {}
    for name in ("application/problem+json", "application/json"):
        responses = {"200": {"description": ""}, "400": {"description": "", "content": {name: problem}}}
        contract = contract_of({"/": {"get": {"responses": responses}}})
        (operation,) = contract.operations.values()
        found[name] = errors.body(operation.responses["400"].media[name], errors.Reason(400, "wrong"))
    assert [body["type"] for body in found.values()] == ["about:blank", "invalid_request"]


def test_a_missing_member_is_the_field_of_its_violation():
    missing = Violation("body", "", "required property is missing", "/clocks/0", "required", "face")
    assert missing.field == "clocks.0.face"
    assert missing.steps == ["clocks", "0", "face"]


# Schemas that require themselves.

REF = {"$ref": "#/a"}


@pytest.mark.parametrize(
    ("schema", "is_endless"),
    [
        (an_object("next", next=REF), True),
        (an_object(next=REF), False),
        (an_object("next", next={"anyOf": [REF, {"type": "null"}]}), False),
        (an_object("next", next={"allOf": [REF]}), True),
        (an_object("rows", rows={"type": "array", "items": REF}), False),
        (an_object("rows", rows={"type": "array", "minItems": 1, "items": REF}), True),
        (REF, False),
        ({"$ref": "#/b"}, False),
        ({"oneOf": [{"allOf": [REF]}]}, False),
        (an_object("next", next={"$ref": "#/b"}), True),
        (True, False),
    ],
)
def test_which_schemas_no_finite_value_satisfies(schema, is_endless):
    assert ("/a" in endless({"/a": schema, "/b": REF})) is is_endless


def test_a_schema_that_requires_itself_is_named_and_served_to_some_depth(contract_of):
    schemas = {"Echo": an_object("echo", echo={"$ref": "#/components/schemas/Echo"})}
    responses = {"200": content({"$ref": "#/components/schemas/Echo"})}
    contract = contract_of({"/echo": {"get": {"responses": responses}}}, components={"schemas": schemas})
    assert "/echo" in " ".join(warnings.unsatisfiable(contract))
    (response,) = responses_of(contract, ("GET", "/echo"))
    assert response.json()["echo"]["echo"] is not None


# Paths.


def test_operations_beside_the_reference_of_a_path_are_served(contract_of):
    items = {"Bell": {"get": {"responses": {"200": content(TEXT, example="ding")}}}}
    path = {"$ref": "#/components/pathItems/Bell", "post": {"responses": {"201": {"description": ""}}}}
    contract = contract_of({"/bell": path}, components={"pathItems": items}, openapi="3.1.0")
    read, made = responses_of(contract, ("GET", "/bell"), ("POST", "/bell"))
    assert read.json() == "ding"
    assert made.status_code == 201


def test_a_path_that_is_written_twice_is_one_path(contract_of):
    """The names of path parameters do not tell paths apart (OpenAPI 3.1.1, Paths Object)."""
    read = {"get": {"parameters": [in_path("a")], "responses": {"200": content(TEXT, example="read")}}}
    made = {"post": {"parameters": [in_path("b", NUMBER)], "responses": {"201": content(TEXT, example="made")}}}
    contract = contract_of({"/gongs/{a}": read, "/gongs/{b}": made})
    assert [problem.pointer for problem in contract.problems] == ["/paths/~1gongs~1{b}"]
    responses = responses_of(contract, ("GET", "/gongs/x"), ("POST", "/gongs/7"), ("POST", "/gongs/x"))
    assert [each.status_code for each in responses] == [200, 201, 400]


def test_a_path_parameter_that_the_path_does_not_have_is_named_and_ignored(contract_of):
    operation = {"parameters": [in_path("ghost")], "responses": {"200": content(TEXT, example="boo")}}
    contract = contract_of({"/attic": {"get": operation}})
    assert [problem.pointer for problem in contract.problems] == ["/paths/~1attic/get/parameters/0"]
    (response,) = responses_of(contract, ("GET", "/attic"))
    assert response.json() == "boo"


# Examples of schemas that are wrong.


def test_examples_of_members_that_their_schema_does_not_admit_are_named(contract_of):
    schemas = {"Year": NUMBER | {"example": "late"}, "Fine": TEXT | {"example": "x", "nullable": True}}
    members = {"made": {"$ref": "#/components/schemas/Year"}, "day": TEXT | {"format": "date", "example": "2024-13-01"}}
    responses = {"200": content(an_object(fine={"$ref": "#/components/schemas/Fine"}, **members))}
    contract = contract_of({"/watch": {"get": {"responses": responses}}}, components={"schemas": schemas})
    found = [warning.split(" is not valid")[0] for warning in warnings.flawed(contract)]
    start, schema = "GET /watch, response 200, application/json: the example of the schema at ", "/components/schemas"
    media = "/paths/~1watch/get/responses/200/content/application~1json/schema"
    assert found == [f"{start}{media}/properties/day", f"{start}{schema}/Year"]


# Changes.


@pytest.mark.parametrize(("statuses", "expected"), [(["200", "201"], 201), (["200"], 404)])
def test_put_creates_where_the_contract_documents_it(contract_of, statuses, expected):
    """RFC 9110, section 9.3.4."""
    bell = an_object("code", code=TEXT, tone=TEXT)
    put = {"requestBody": content(bell), "responses": {status: content(bell) for status in statuses}}
    read = {"responses": {"200": content(bell), "404": {"description": ""}}}
    contract = contract_of(
        {
            "/bells": {"get": {"responses": {"200": content({"type": "array", "items": bell})}}},
            "/bells/{code}": {"parameters": [in_path("code")], "get": read, "put": put},
        }
    )
    made, found = responses_of(
        contract, ("PUT", "/bells/b9", {"code": "b9", "tone": "low"}), ("GET", "/bells/b9"), stateful=True
    )
    assert made.status_code == expected
    assert (found.json() if found.content else None) == ({"code": "b9", "tone": "low"} if expected == 201 else None)


# Credentials.


@pytest.mark.parametrize(
    ("scheme", "headers", "status"),
    [
        ({"in": "header", "name": "Authorization"}, {"Authorization": "Bearer brass"}, 200),
        ({"in": "header", "name": "Authorization"}, {"Authorization": "brass"}, 200),
        ({"in": "header", "name": "Authorization"}, {"Authorization": "Bearer tin"}, 401),
        ({"in": "header", "name": "X-Key"}, {"X-Key": "Bearer brass"}, 401),
        ({"in": "cookie", "name": "key"}, {"Cookie": 'seen={"a": [1]}; key=brass'}, 200),
        ({"in": "cookie", "name": "key"}, {"Cookie": "key=tin"}, 401),
    ],
)
def test_api_keys_as_clients_send_them(contract_of, scheme, headers, status):
    contract = contract_of(
        {"/": {"get": {"security": [{"key": []}], "responses": {"200": content(TEXT, example="x")}}}},
        components={"securitySchemes": {"key": {"type": "apiKey", **scheme}}},
    )
    (response,) = responses_of(contract, ("GET", "/", None, headers), token=("brass",))
    assert response.status_code == status


@pytest.mark.parametrize("field", ["tags[]=a&tags[]=b", "tags[0]=a&tags[1]=b", "tags=a&tags=b"])
def test_lists_of_a_form_in_the_style_deep_object(contract_of, field):
    schema = an_object(tags={"type": "array", "items": TEXT, "maxItems": 2}) | {"additionalProperties": False}
    form = {"schema": schema, "encoding": {"tags": {"style": "deepObject", "explode": True}}}
    body = {"content": {"application/x-www-form-urlencoded": form}}
    contract = contract_of({"/": {"post": {"requestBody": body, "responses": {"204": {"description": ""}}}}})
    (operation,) = contract.operations.values()
    media = operation.request_media["application/x-www-form-urlencoded"]
    assert bodies.read(media, None, field.encode()) == {"tags": ["a", "b"]}


def test_what_a_form_creates_and_a_post_changes_is_remembered(contract_of):
    gong = an_object("id", "name", id=TEXT | {"readOnly": True}, name=TEXT, tone=TEXT)
    form = {"content": {"application/x-www-form-urlencoded": {"schema": gong}}}
    paths = {
        "/gongs": {
            "get": {"responses": {"200": content({"type": "array", "items": gong})}},
            "post": {"requestBody": form, "responses": {"201": content(gong)}},
        },
        "/gongs/{gong}": {
            "parameters": [in_path("gong")],
            "get": {"responses": {"200": content(gong)}},
            "post": {"requestBody": form, "responses": {"200": content(gong)}},
        },
    }
    app = flowmock.create(contract_of(paths), Settings(stateful=True))

    async def told() -> dict[str, Any]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://mock") as client:
            made = (await client.post("/gongs", data={"name": "Big"})).json()
            await client.post(f"/gongs/{made['id']}", data={"name": "Bigger", "tone": "low"})
            return {"made": made, "read": (await client.get(f"/gongs/{made['id']}")).json()}

    found = asyncio.run(told())
    assert found["made"]["name"] == "Big"
    assert found["read"] == found["made"] | {"name": "Bigger", "tone": "low"}


# Conditions.


@pytest.mark.parametrize(
    ("method", "header", "value", "status"),
    [
        ("GET", "If-None-Match", '"v1"', 304),
        ("GET", "If-None-Match", 'W/"v1"', 304),
        ("GET", "If-None-Match", '"v0", "v1"', 304),
        ("GET", "If-None-Match", "*", 304),
        ("GET", "If-None-Match", '"v0"', 200),
        ("PUT", "If-None-Match", "*", 412),
        ("PUT", "If-None-Match", 'W/"v1"', 412),
        ("PUT", "If-None-Match", '"v0"', 200),
        ("DELETE", "If-None-Match", "*", 204),
        ("PUT", "If-Match", '"v0"', 412),
        ("PUT", "If-Match", '"v1"', 200),
        ("PUT", "If-Match", "*", 200),
        ("DELETE", "If-Match", '"v0"', 204),
    ],
)
def test_conditions_against_the_etag_of_the_read(contract_of, method, header, value, status):
    """RFC 9110, 13.1; 412 only where it is documented."""
    tagged = content(TEXT, example="x") | {"headers": {"ETag": {"schema": TEXT, "example": '"v1"'}}}
    put = {"requestBody": content(TEXT), "responses": {"200": tagged, "412": {"description": ""}}}
    item = {
        "get": {"responses": {"200": tagged}},
        "put": put,
        "delete": {"responses": {"204": {"description": ""}}},
    }
    body = "y" if method == "PUT" else None
    (response,) = responses_of(contract_of({"/horn": item}), (method, "/horn", body, {header: value}))
    assert response.status_code == status
    assert bool(response.content) is (status == 200)


def test_what_exists_is_not_created_again(contract_of):
    """RFC 9110, 13.1.2: `If-None-Match: *` is for what does not exist."""
    horn, failed = {"type": "object", "properties": {"id": TEXT, "tone": TEXT}}, {"412": {"description": ""}}
    listed = content({"type": "array", "items": horn}, example=[{"id": "a", "tone": "low"}])
    paths = {
        "/horns": {
            "get": {"responses": {"200": listed}},
            "post": {"requestBody": content(horn), "responses": {"201": content(horn), **failed}},
        },
        "/horns/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": TEXT}],
            "get": {"responses": {"200": content(horn), "404": {"description": ""}}},
            "put": {"requestBody": content(horn), "responses": {"200": content(horn), "201": content(horn), **failed}},
        },
    }
    new = {"If-None-Match": "*"}
    asked = [
        ("PUT", "/horns/a", {"tone": "high"}, new),
        ("GET", "/horns/a"),
        ("PUT", "/horns/b", {"tone": "high"}, new),
        ("PUT", "/horns/b", {"tone": "low"}, new),
        ("POST", "/horns", {"id": "c", "tone": "low"}, new),
    ]
    put, read, *others = responses_of(contract_of(paths), *asked, stateful=True)
    assert (put.status_code, read.json()["tone"]) == (412, "low")
    assert [each.status_code for each in others] == [201, 412, 201]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-Modified-Since": "Wed, 01 May 2024 08:00:00 GMT"}, 304),
        ({"If-Modified-Since": "Thu, 02 May 2024 08:00:00 GMT"}, 304),
        ({"If-Modified-Since": "Tue, 30 Apr 2024 08:00:00 GMT"}, 200),
        ({"If-Modified-Since": "yesterday"}, 200),
        ({"If-Modified-Since": "Thu, 02 May 2024 08:00:00 GMT", "If-None-Match": '"other"'}, 200),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_condition_on_the_date(contract_of, headers, status, method):
    """RFC 9110, 13.1.3: it is ignored where it is no date, and beside `If-None-Match`."""
    dated = {"headers": {"Last-Modified": {"schema": TEXT, "example": "Wed, 01 May 2024 08:00:00 GMT"}}}
    item = {"get": {"responses": {"200": content(TEXT, example="x") | dated}}}
    (response,) = responses_of(contract_of({"/horn": item}), (method, "/horn", None, headers))
    assert response.status_code == status


def test_what_was_changed_is_modified_whatever_its_date(contract_of):
    horn = {"type": "object", "properties": {"tone": TEXT}}
    dated = content(horn, example={"tone": "low"}) | {"headers": {"Last-Modified": {"schema": TEXT}}}
    item = {"get": {"responses": {"200": dated}}, "put": {"requestBody": content(horn), "responses": {"200": dated}}}
    since = {"If-Modified-Since": "Thu, 01 Jan 2099 00:00:00 GMT"}
    asked = [("GET", "/horn", None, since), ("PUT", "/horn", {"tone": "high"}, {}), ("GET", "/horn", None, since)]
    found = responses_of(contract_of({"/horn": item}), *asked, stateful=True)
    assert [each.status_code for each in found] == [304, 200, 200]


def test_a_preferred_response_comes_before_conditions(contract_of):
    tagged = content(TEXT, example="x") | {"headers": {"ETag": {"schema": TEXT, "example": '"v1"'}}}
    errors = {"409": {"description": ""}, "412": {"description": ""}}
    item = {
        "get": {"responses": {"200": tagged}},
        "patch": {"requestBody": content(TEXT), "responses": {"200": tagged, **errors}},
    }
    wanted = [("409", '"v0"'), ("409", '"v1"'), ("412", '"v1"'), ("200", '"v0"')]
    asked = [("PATCH", "/horn", "y", {"If-Match": tag, "Prefer": f"code={status}"}) for status, tag in wanted]
    found = responses_of(contract_of({"/horn": item}), *asked)
    assert [str(each.status_code) for each in found] == [status for status, _ in wanted]


@pytest.mark.parametrize("schema", [{"minimum": 0, "maximum": 1}, {"exclusiveMinimum": 0, "exclusiveMaximum": 1}])
def test_fractions_between_zero_and_one(contract_of, schema):
    responses = {"200": content(an_object("p", p={"type": "number"} | schema))}
    contract = contract_of({"/": {"get": {"responses": responses}}}, openapi="3.1.0")
    (operation,) = contract.operations.values()
    media = operation.responses["200"].media["application/json"]
    values = {valid_value(media.schemas, media.schema_pointer, seed=seed)["p"] for seed in range(4)}
    assert all(0 < value < 1 for value in values)
    assert len(values) > 1


def test_what_belongs_to_something_names_it(contract_of):
    post = an_object("id", "user_id", "name", id=NUMBER, user_id=NUMBER, name=TEXT)
    owner = {"parameters": [in_path("userId", NUMBER)]}
    read = owner | {"get": {"parameters": [in_path("postId", NUMBER)], "responses": {"200": content(post)}}}
    listed = {"type": "array", "minItems": 1, "items": post}
    paths = {
        "/users/{userId}/posts/{postId}": read,
        "/users/{userId}/latest": owner | {"get": {"responses": {"200": content(listed)}}},
    }
    one, several = responses_of(contract_of(paths), ("GET", "/users/3/posts/8"), ("GET", "/users/3/latest"))
    assert (one.json()["user_id"], one.json()["id"]) == (3, 8)
    assert {item["user_id"] for item in several.json()} == {3}


@pytest.mark.parametrize("anything", [True, False])
def test_a_member_may_have_a_boolean_schema(anything: bool, contract_of) -> None:
    item = an_object("name", name=TEXT, more=anything, parts={"type": "array", "items": anything})
    written = {"requestBody": content(item), "responses": {"200": content(item)}}
    contract = contract_of({"/files/{name}": {"parameters": [in_path("name")], "get": written, "put": written}})

    responses = responses_of(contract, ("GET", "/files/a"), ("PUT", "/files/a", {"name": "b"}))

    assert [response.status_code for response in responses] == [200, 200]


# Values that a request and a response share, and where one value ends.


def test_a_value_of_the_path_has_the_type_that_the_example_has(contract_of) -> None:
    shown = {"description": "", "content": {"application/json": {"example": {"id": 1, "name": "north"}}}}
    item = {"parameters": [in_path("id", NUMBER)], "get": {"responses": {"200": shown}}}

    assert responses_of(contract_of({"/gates/{id}": item}), ("GET", "/gates/2"))[0].json() == {"id": 2, "name": "north"}


def styled(name: str, style: str, schema: Any, **more: Any) -> dict[str, Any]:
    return {**in_path(name, schema), "style": style, **more}


@pytest.mark.parametrize(
    ("path", "parameters", "right", "wrong"),
    [
        ("/a{x}{y}", [styled("x", "matrix", NUMBER), styled("y", "matrix", NUMBER)], "/a;x=3;y=4", "/a;x=3;y=b"),
        ("/a/{x}{y}", [in_path("x"), styled("y", "matrix", NUMBER)], "/a/b;y=4", "/a/b;y=c"),
        ("/a{x}{y}", [styled("x", "label", NUMBER), styled("y", "label", TEXT)], "/a.3.b", "/a.b.3"),
    ],
)
def test_parameters_beside_each_other_end_where_the_next_begins(
    path: str, parameters: Any, right: str, wrong: str, contract_of
) -> None:
    contract = contract_of({path: {"parameters": parameters, "get": {"responses": {"200": {"description": ""}}}}})

    found = responses_of(contract, ("GET", right), ("GET", wrong))
    assert [each.status_code for each in found] == [200, 400]


@pytest.mark.parametrize(
    ("parameter", "path", "status"),
    [
        (in_path("v", {"type": "array", "items": TEXT, "maxItems": 1}), "/a%2Cb", 200),
        (in_path("v", {"type": "array", "items": TEXT, "maxItems": 1}), "/a,b", 400),
        (in_path("v", {"type": "array", "items": NUMBER}), "/1%2C2", 200),  # Many clients encode separators, too.
        (styled("v", "matrix", {"enum": ["a;b"]}), "/;v=a%3Bb", 200),
        (styled("v", "matrix", {"enum": ["a;b"]}), "/;v=a;b", 400),
        (styled("v", "matrix", NUMBER), "/%3Bv=7", 200),
    ],
)
def test_an_encoded_separator_belongs_to_the_value(parameter: Any, path: str, status: int, contract_of) -> None:
    item = {"parameters": [parameter], "get": {"responses": {"200": {"description": ""}, "400": {"description": ""}}}}

    assert responses_of(contract_of({"/{v}": item}), ("GET", path))[0].status_code == status


def test_sequences_of_items_are_made_and_checked_by_the_schema_of_an_item() -> None:
    lines = {"application/jsonl": {"itemSchema": an_object("t", t=NUMBER)}}
    operation = {"requestBody": {"content": lines}, "responses": {"200": {"description": "", "content": lines}}}
    head = {"openapi": "3.2.0", "info": {"title": "Ticks", "version": "1"}}
    app = flowmock.create(Contract({**head, "paths": {"/ticks": {"post": operation}}}))

    async def sent(body: bytes) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://mock") as client:
            return await client.post("/ticks", content=body, headers={"Content-Type": "application/jsonl"})

    made = asyncio.run(sent(b'{"t": 1}\n\n{"t": 2}\n'))
    assert made.status_code == 200
    assert made.content
    assert all(re.fullmatch(rb'\{"t":-?\d+\}', line) for line in made.content.splitlines())
    assert asyncio.run(sent(b'{"t": 1}\n{"t": "x"}\n')).status_code == 400
    assert asyncio.run(sent(b'{"t": 1}\n{"t"\n')).status_code == 400


def test_a_security_scheme_of_an_unknown_type_is_named(contract_of) -> None:
    contract = contract_of(
        {"/a": {"get": {"responses": {"200": {"description": ""}}}}},
        components={"securitySchemes": {"odd": {"type": "http-bearer"}, "good": {"type": "oauth2", "flows": {}}}},
    )

    (warning,) = flowmock.create(contract).compiled.warnings
    assert warning.startswith("security scheme odd: expected `type` to be one of apiKey, ")
    assert "got 'http-bearer'" in warning


@pytest.mark.parametrize(
    ("schema", "is_named"),
    [
        ({"type": "array", "items": {"$ref": "#/components/schemas/Reed"}}, True),
        (an_object(reed={"$ref": "#/components/schemas/Reed"}), True),
        (an_object(data={"type": "array", "items": {"$ref": "#/components/schemas/Reed"}}), True),
        (an_object(data={"type": "array", "items": NUMBER, "example": [1]}), False),
        ({**an_object(reed={"$ref": "#/components/schemas/Reed"}), "example": {}}, False),  # That is served as it is.
    ],
)
def test_a_wrong_example_of_a_part_of_a_body_is_named(schema: Any, is_named: bool, contract_of) -> None:
    reed = {**an_object(height=NUMBER), "example": {"height": "tall"}}
    contract = contract_of(
        {"/reeds": {"get": {"responses": {"200": content(schema)}}}}, components={"schemas": {"Reed": reed}}
    )

    warning = (
        "GET /reeds, response 200, application/json: the example of the schema at /components/schemas/Reed is not "
        'valid (/height: expected integer, got "tall"); it is not served.'
    )
    assert list(warnings.of(contract.operations["get_/reeds"])) == [warning] * is_named
