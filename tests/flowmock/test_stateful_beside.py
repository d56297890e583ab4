"""With `stateful`, what belongs to no collection, what a creation may not repeat, and changes of a whole collection."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

Ask = Callable[..., Any]
Written = Callable[..., Contract]
Say = Callable[..., Any]

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def an_object(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties}


def body(schema: Any, **more: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}} | more


def sent(schema: Any) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def a_list(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


@pytest.fixture
def serve(contract_of: Written, ask: Ask) -> Iterator[Callable[..., Say]]:
    """`serve(paths)` gives `say("PUT", "/me", {…})`: the response of a mock of these paths."""
    running = []

    def served(paths: dict[str, Any], **more: Any) -> Say:
        mock = flowmock.running(contract_of(paths, **more), stateful=True)
        running.append(mock)
        serves = mock.__enter__()

        def said(method: str, path: str, value: Any = None, **headers: str) -> Any:
            text = None if value is None else json.dumps(value)
            given = {"Content-Type": "application/json"} if text else {}
            given |= {name.replace("_", "-"): each for name, each in headers.items()}
            return ask(serves, path, method=method, headers=given, body=text)

        return said

    yield served
    for each in running:
        each.__exit__(None, None, None)


USER = an_object("id", "email", id=NUMBER | {"readOnly": True}, email=TEXT, first_name=TEXT, avatar_url=TEXT)
REF = {"$ref": "#/components/schemas/User"}


def profile(**operations: Any) -> dict[str, Any]:
    return {"/users/me": {"get": {"responses": {"200": body(REF)}}} | operations}


def user() -> dict[str, Any]:
    return {"components": {"schemas": {"User": USER}}}


@pytest.mark.parametrize("response", [body(REF), {"description": ""}, body(an_object(saved={"type": "boolean"}))])
def test_a_single_thing_shows_what_was_changed(serve: Callable[..., Say], response: Any) -> None:
    patch = {"requestBody": sent(an_object(first_name=TEXT, id=NUMBER)), "responses": {"200": response}}
    say = serve(profile(patch=patch), **user())

    before = say("GET", "/users/me").json
    changed = say("PATCH", "/users/me", {"first_name": "Zoe", "id": 7})

    assert changed.status == 200
    assert say("GET", "/users/me").json == before | {"first_name": "Zoe"}
    assert say("GET", "/users/me", X_Mock_Session="other").json == before


def test_what_an_action_returns_is_changed(serve: Callable[..., Say]) -> None:
    put = {"requestBody": {"content": {"image/gif": {}}}, "responses": {"200": body(REF)}}
    say = serve(profile() | {"/users/me/avatar": {"put": put}}, **user())

    changed = say("PUT", "/users/me/avatar", "GIF89a", Content_Type="image/gif").json

    assert say("GET", "/users/me").json == changed


ACCOUNT = an_object("email", "password", email=TEXT, password=TEXT)


@pytest.mark.parametrize(
    ("schema", "conflict", "first", "second", "status"),
    [
        (ACCOUNT, "Conflict", {"email": "a@b.co", "password": "x"}, {"email": "a@b.co", "password": "y"}, 409),
        (ACCOUNT, "Conflict", {"email": "a@b.co", "password": "x"}, {"email": "c@b.co", "password": "x"}, 201),
        (an_object(email=TEXT), "Already registered", {"email": "a@b.co"}, {"email": "a@b.co"}, 409),
        (an_object(email=TEXT, room=NUMBER), "Sold out", {"email": "a@b.co"}, {"email": "a@b.co"}, 201),
        (
            an_object(email=TEXT, seat=NUMBER),
            "Seats were taken meanwhile",
            {"email": "a@b.co", "seat": 1},
            {"email": "a@b.co", "seat": 2},
            201,
        ),
        (an_object(slug=TEXT), "Conflict", {"slug": "a"}, {"slug": "a"}, 409),
        (an_object(hotel=NUMBER), "Is a favorite already", {"hotel": 1}, {"hotel": 1}, 409),
        (an_object(hotel=NUMBER), "Is a favorite already", {"hotel": 1}, {"hotel": 2}, 201),
        (an_object(hotel=NUMBER), "Sold out", {"hotel": 1}, {"hotel": 1}, 201),
    ],
)
@pytest.mark.parametrize("has_items", [False, True])
def test_a_creation_that_repeats_another_is_a_conflict(
    serve: Callable[..., Say], schema: Any, conflict: str, first: Any, second: Any, status: int, *, has_items: bool
) -> None:
    shown = {name: each for name, each in schema["properties"].items() if name != "password"}
    item = an_object("id", id=NUMBER | {"readOnly": True}, **shown)
    error = body(an_object("detail", detail=TEXT)) | {"description": conflict}
    post = {"requestBody": sent(schema), "responses": {"201": body(item), "409": error}}
    ids = [{"name": "id", "in": "path", "required": True, "schema": NUMBER}]
    of_item = {"get": {"responses": {"200": body(item)}}, "delete": {"responses": {"204": {"description": ""}}}}
    paths = {"/things": {"post": post}} | ({"/things/{id}": of_item | {"parameters": ids}} if has_items else {})
    say = serve(paths)

    made = say("POST", "/things", first)
    again = say("POST", "/things", second)

    assert (made.status, again.status) == (201, status)
    if status == 409:
        assert "already exists" in again.json["detail"]
        assert say("POST", "/things", second, X_Mock_Session="other").status == 201
    if has_items:
        say("DELETE", f"/things/{made.json['id']}")
        assert say("POST", "/things", first).status == 201


THING = an_object("id", "name", id=NUMBER | {"readOnly": True}, name=TEXT)


def things(**of_collection: Any) -> dict[str, Any]:
    ids = [{"name": "id", "in": "path", "required": True, "schema": NUMBER}]
    return {
        "/things": {"get": {"responses": {"200": body(a_list(THING))}}} | of_collection,
        "/things/{id}": {"parameters": ids, "get": {"responses": {"200": body(THING), "404": {"description": ""}}}},
    }


@pytest.mark.parametrize("method", ["put", "post"])
def test_a_batch_is_accepted_though_it_is_not_an_item(serve: Callable[..., Say], method: str) -> None:
    batch = {"requestBody": sent(a_list(an_object(name=TEXT))), "responses": {"200": body(a_list(THING))}}
    say = serve(things(**{method: batch}))

    assert say(method.upper(), "/things", [{"name": "a"}, {"name": "b"}]).status == 200


def test_a_collection_that_is_put_as_a_whole_is_not_an_unknown_item(serve: Callable[..., Say]) -> None:
    whole = {"requestBody": sent(an_object(things=a_list(THING))), "responses": {"204": {"description": ""}}}
    say = serve(things(put=whole))

    assert say("PUT", "/things", {"things": []}).status == 204


@pytest.mark.parametrize(("query", "left"), [([], 0), ([{"name": "ids", "in": "query", "schema": TEXT}], 3)])
def test_a_collection_is_cleared(serve: Callable[..., Say], query: Any, left: int) -> None:
    say = serve(things(delete={"parameters": query, "responses": {"204": {"description": ""}}}))
    first = say("GET", "/things").json[0]["id"]

    assert say("DELETE", "/things").status == 204
    assert len(say("GET", "/things").json) == left
    assert say("GET", f"/things/{first}").status == (200 if left else 404)


def test_a_list_shows_what_was_created_with_200(serve: Callable[..., Say]) -> None:
    review = an_object("text", text=TEXT)
    post = {"requestBody": sent(review), "responses": {"200": body(review)}}
    say = serve({"/reviews": {"get": {"responses": {"200": body(a_list(review))}}, "post": post}})

    say("POST", "/reviews", {"text": "Fine."})

    assert {"text": "Fine."} in say("GET", "/reviews").json


def test_a_creation_that_may_be_200_or_201_is_201(serve: Callable[..., Say]) -> None:
    say = serve(things(post={"requestBody": sent(THING), "responses": {"200": body(THING), "201": body(THING)}}))

    assert say("POST", "/things", {"name": "a"}).status == 201


def test_a_location_is_a_whole_url_where_the_contract_says_so(serve: Callable[..., Say]) -> None:
    header = {"headers": {"Location": {"schema": TEXT | {"format": "uri"}}}}
    say = serve(things(post={"requestBody": sent(THING), "responses": {"201": body(THING, **header)}}))

    made = say("POST", "/things", {"name": "a"})

    assert made["location"].startswith("http://")
    assert made["location"].endswith(f"/things/{made.json['id']}")


def test_an_example_that_violates_its_schema_is_listed_anyway(serve: Callable[..., Say]) -> None:
    paths = things()
    media = paths["/things"]["get"]["responses"]["200"]["content"]["application/json"]
    media["schema"] = a_list(an_object("id", id=NUMBER, kind={"enum": ["new"]}))
    media["example"] = [{"id": 1, "kind": "old"}]

    assert serve(paths)("GET", "/things").json == [{"id": 1, "kind": "old"}]


def test_put_creates_below_a_name_that_is_not_an_id(serve: Callable[..., Say]) -> None:
    paths = things()
    put = {"requestBody": sent(an_object(name=TEXT)), "responses": {"200": body(THING), "201": body(THING)}}
    paths["/things/{id}"] |= {"put": put}
    paths["/things/{id}"]["parameters"] = [{"name": "id", "in": "path", "required": True, "schema": TEXT}]

    assert serve(paths)("PUT", "/things/first", {"name": "a"}).status == 201


def test_what_is_created_can_be_one_of_several(serve: Callable[..., Say]) -> None:
    kinds = [an_object("id", "kind", each, id=NUMBER, kind={"const": each}, **{each: TEXT}) for each in ("sail", "oar")]
    closed = [each | {"additionalProperties": False} for each in kinds]
    post = {"requestBody": sent({"type": "object"}), "responses": {"201": body({"oneOf": closed})}}
    ids = [{"name": "id", "in": "path", "required": True, "schema": NUMBER}]
    read = {"parameters": ids, "get": {"responses": {"200": body({"oneOf": closed})}}}
    say = serve({"/boats": {"post": post}, "/boats/{id}": read})

    made = [say("POST", "/boats", {"kind": kind, kind: "long"}) for kind in ("sail", "oar")]

    assert [each.json["kind"] for each in made] == ["sail", "oar"]
    assert [say("GET", f"/boats/{each.json['id']}").json for each in made] == [each.json for each in made]


def test_the_last_word_of_a_collection_says_whose_id_a_path_has(serve: Callable[..., Say]) -> None:
    ticket = {"anyOf": [TEXT, an_object("id", id=TEXT)]}
    sale = an_object("id", "ticket", id=TEXT, ticket=ticket)
    ids = [{"name": "sale", "in": "path", "required": True, "schema": TEXT}]
    post = {"requestBody": sent(an_object(ticket=TEXT)), "responses": {"200": body(sale)}}
    item = {"parameters": ids, "get": {"responses": {"200": body(sale)}}}
    say = serve({"/ticket_sales": {"post": post}, "/ticket_sales/{sale}": item})

    made = say("POST", "/ticket_sales", {"ticket": "t1"}).json

    assert made["ticket"] == "t1"
    assert say("GET", f"/ticket_sales/{made['id']}").json == made
