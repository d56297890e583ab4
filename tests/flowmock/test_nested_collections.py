"""With `stateful`, collections below items (`/carts/{cartId}/lines`) follow the items that they are below."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

Ask = Callable[..., Any]
Written = Callable[..., Contract]
Say = Callable[..., Any]

NOTE = {
    "type": "object",
    "required": ["id", "text"],
    "properties": {"id": {"type": "integer", "readOnly": True}, "text": {"type": "string"}},
}
LINE = {
    "type": "object",
    "required": ["id", "cartId", "product"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "cartId": {"type": "integer", "readOnly": True},
        "product": {"type": "string"},
        "amount": {"type": "integer", "default": 1},
        "notes": {"type": "array", "items": NOTE},
    },
}
SHORT_LINE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["product"],
    "properties": {"product": {"type": "string"}, "amount": {"type": "integer"}},
}
ERROR = {"type": "object", "required": ["detail"], "properties": {"detail": {"type": "string"}}}
FULL = {"id": 7, "name": "full", "lines": [{"id": 4, "cartId": 7, "product": "tea", "amount": 2, "notes": []}]}


def cart(line: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["id", "lines"],
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "name": {"type": "string"},
            "lines": {"type": "array", "items": line},
        },
    }


def body(schema: Any, **more: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema} | more}}


def collection(path: str, item: Any, *parameters: str, **example: Any) -> dict[str, Any]:
    """The paths of a collection: list, create, read, patch and delete. The last parameter is the ID of an item."""
    by_id = [{"name": name, "in": "path", "required": True, "schema": {"type": "integer"}} for name in parameters]
    sent = {"content": {"application/json": {"schema": item}}}
    change = {"content": {"application/json": {"schema": {"type": "object"}}, "application/json-patch+json": {}}}
    missing = {"404": body(ERROR)}
    listed = body({"type": "array", "items": item})
    name = path.replace("/", "-")
    return {
        path: {
            "parameters": by_id[:-1],
            "get": {
                "operationId": f"list{name}",
                "responses": {"200": listed} | missing,
            },
            "post": {"operationId": f"add{name}", "requestBody": sent, "responses": {"201": body(item)} | missing},
        },
        f"{path}/{{{parameters[-1]}}}": {
            "parameters": by_id,
            "get": {"operationId": f"read{name}", "responses": {"200": body(item, **example)} | missing},
            "put": {"operationId": f"put{name}", "requestBody": sent, "responses": {"200": body(item)} | missing},
            "patch": {"operationId": f"patch{name}", "requestBody": change, "responses": {"200": body(item)} | missing},
            "delete": {"operationId": f"remove{name}", "responses": {"204": {"description": ""}} | missing},
        },
    }


def shop(line: Any = LINE) -> dict[str, Any]:
    lines = "/carts/{cartId}/lines"
    return {
        **collection("/carts", cart(line), "cartId", example=FULL if line is LINE else FULL | {"lines": []}),
        **collection(lines, LINE, "cartId", "lineId"),
        **collection(f"{lines}/{{lineId}}/notes", NOTE, "cartId", "lineId", "noteId"),
    }


@pytest.fixture
def serve(contract_of: Written, ask: Ask) -> Iterator[Callable[[Any], Say]]:
    """`serve(paths)`: `say(METHOD, PATH, BODY)` for a stateful mock of them."""
    contexts: list[Any] = []

    def served(paths: dict[str, Any]) -> Say:
        contexts.append(flowmock.running(contract_of(paths), stateful=True))
        running = contexts[-1].__enter__()

        def said(method: str, path: str, value: Any = None, media: str = "application/json") -> Any:
            headers = {} if value is None else {"Content-Type": media}
            return ask(running, path, method=method, headers=headers, body=None if value is None else json.dumps(value))

        return said

    yield served
    for context in contexts:
        context.__exit__(None, None, None)


@pytest.fixture
def say(serve: Callable[[Any], Say]) -> Say:
    return serve(shop())


def test_a_collection_below_a_created_item_starts_empty(say: Say) -> None:
    new = say("POST", "/carts", {"name": "mine", "lines": []}).json

    assert say("GET", f"/carts/{new['id']}/lines").json == []


def test_an_array_of_an_item_shows_the_collection_below_it(say: Say) -> None:
    new = say("POST", "/carts", {"name": "mine", "lines": []}).json["id"]

    line = say("POST", f"/carts/{new}/lines", {"product": "tea"}).json
    assert line == {"id": 1, "cartId": new, "product": "tea", "amount": 1, "notes": []}
    shown = {"id": new, "name": "mine", "lines": [line]}
    assert say("GET", f"/carts/{new}").json == shown
    assert shown in say("GET", "/carts").json

    note = say("POST", f"/carts/{new}/lines/1/notes", {"text": "hot"}).json
    assert say("GET", f"/carts/{new}").json["lines"][0]["notes"] == [note]
    say("DELETE", f"/carts/{new}/lines/1")
    assert say("GET", f"/carts/{new}").json["lines"] == []


def test_an_array_of_an_item_gives_the_initial_collection(say: Say) -> None:
    assert say("GET", "/carts/7/lines").json == FULL["lines"]
    assert say("GET", "/carts/7/lines/4").json == FULL["lines"][0]
    assert say("GET", "/carts/7").json == FULL


def test_an_array_that_a_client_sends_becomes_the_collection(say: Say) -> None:
    line = {"id": 0, "product": "ink"}
    new = say("POST", "/carts", {"lines": [line, line | {"product": "pen"}]}).json["id"]
    found = say("GET", f"/carts/{new}/lines").json
    assert [each["product"] for each in found] == ["ink", "pen"]
    assert say("POST", f"/carts/{new}/lines/{found[0]['id']}/notes", {"text": "blue"}).status == 201

    say("PATCH", f"/carts/{new}", {"name": "renamed"})
    assert [each["product"] for each in say("GET", f"/carts/{new}/lines").json] == ["ink", "pen"]
    say("PATCH", f"/carts/{new}", {"lines": [line | {"product": "nib"}]})
    assert [each["product"] for each in say("GET", f"/carts/{new}/lines").json] == ["nib"]
    steps = [{"op": "replace", "path": "/lines/0/product", "value": "cap"}]
    say("PATCH", f"/carts/{new}", steps, "application/json-patch+json")
    assert [each["product"] for each in say("GET", f"/carts/{new}/lines").json] == ["cap"]


def test_an_array_that_has_less_of_the_items_shows_less(serve: Callable[[Any], Say]) -> None:
    say = serve(shop(SHORT_LINE))
    new = say("POST", "/carts", {"lines": [{"product": "tea"}]}).json

    say("POST", f"/carts/{new['id']}/lines", {"product": "ink"})

    assert new["lines"] == [{"product": "tea", "amount": 1}]
    assert [each["product"] for each in say("GET", f"/carts/{new['id']}").json["lines"]] == ["tea", "ink"]
    assert [each["id"] for each in say("GET", f"/carts/{new['id']}/lines").json] == [1, 2]


def test_an_array_of_other_things_stays_as_it_is(serve: Callable[[Any], Say]) -> None:
    say = serve(shop({"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}}}))
    new = say("POST", "/carts", {"lines": [{"code": "A"}]}).json

    assert say("POST", f"/carts/{new['id']}/lines", {"product": "ink"}).status == 201
    assert say("GET", f"/carts/{new['id']}").json["lines"] == [{"code": "A"}]


def test_nothing_exists_below_an_item_that_does_not_exist(say: Say) -> None:
    say("DELETE", "/carts/7")
    sent = {"product": "tea", "text": "hot"}
    on_collection, on_item = [("GET", None), ("POST", sent)], [("GET", None), ("PATCH", sent), ("DELETE", None)]
    below = {"": on_collection, "/4": on_item, "/4/notes": on_collection, "/4/notes/1": on_item}

    replies = [
        say(method, f"/carts/{missing}/lines{path}", value)
        for missing in ("7", "99")
        for path, calls in below.items()
        for method, value in calls
    ]

    assert [(reply.status, reply.json) for reply in replies] == [(404, {"detail": "Not found."})] * 20


def test_what_was_below_a_deleted_item_does_not_come_back(serve: Callable[[Any], Say]) -> None:
    paths = shop()
    paths["/carts/{cartId}"]["put"]["responses"]["201"] = body(cart(LINE))
    say = serve(paths)
    say("DELETE", "/carts/7")

    assert say("PUT", "/carts/7", {"lines": [], "id": 7}).status == 201
    assert say("GET", "/carts/7/lines").json == []


def test_any_operation_below_an_item_that_does_not_exist(serve: Callable[[Any], Say]) -> None:
    paths = shop()
    by_id = paths["/carts/{cartId}"]["parameters"]
    paths["/carts/{cartId}/receipt"] = {
        "get": {"operationId": "receipt", "parameters": by_id, "responses": {"200": body({"type": "string"})}}
    }
    say = serve(paths)

    assert say("GET", "/carts/7/receipt").status == 200
    assert say("GET", "/carts/8/receipt").status == 404


def test_a_change_below_an_item_returns_the_stored_item(serve: Callable[[Any], Say]) -> None:
    paths = shop()
    by_id = paths["/carts/{cartId}"]["parameters"]
    sent = {"content": {"application/json": {"schema": {"type": "object"}}}}
    for method, name in (("post", "scan"), ("put", "name")):
        paths[f"/carts/{{cartId}}/{name}"] = {
            method: {
                "operationId": name,
                "parameters": by_id,
                "requestBody": sent,
                "responses": {"200": body(cart(LINE))},
            }
        }
    say = serve(paths)

    assert say("POST", "/carts/7/scan", {"name": "photo.png"}).json == FULL
    assert say("PUT", "/carts/7/name", {"name": "gift", "id": 3}).json == FULL | {"name": "gift"}
    assert say("GET", "/carts/7").json == FULL | {"name": "gift"}


def test_a_collection_whose_changes_return_the_item_above(serve: Callable[[Any], Say]) -> None:
    paths = shop()
    lines, line = paths["/carts/{cartId}/lines"], paths["/carts/{cartId}/lines/{lineId}"]
    del lines["get"], line["get"], line["put"]
    lines["post"]["responses"]["201"] = line["patch"]["responses"]["200"] = body(cart(LINE))
    line["delete"]["responses"] = {"200": body(cart(LINE))}
    say = serve(paths)

    added = say("POST", "/carts/7/lines", {"product": "ink"}).json
    assert [each["product"] for each in added["lines"]] == ["tea", "ink"]
    changed = say("PATCH", "/carts/7/lines/5", {"product": "pen"}).json
    assert [each["product"] for each in changed["lines"]] == ["tea", "pen"]
    assert say("DELETE", "/carts/7/lines/4").json["lines"] == changed["lines"][1:]


def test_a_collection_below_an_item_without_paths_for_its_items(serve: Callable[[Any], Say]) -> None:
    paths = shop()
    paths = {path: paths[path] for path in ("/carts", "/carts/{cartId}", "/carts/{cartId}/lines")}
    paths["/carts/{cartId}/logs"] = {"get": {**paths["/carts/{cartId}/lines"]["get"], "operationId": "logs"}}
    paths["/carts/{cartId}/logs"]["parameters"] = paths["/carts/{cartId}"]["parameters"]
    say = serve(paths)
    new = say("POST", "/carts", {"lines": []}).json["id"]

    line = say("POST", f"/carts/{new}/lines", {"product": "tea"}).json

    assert say("GET", f"/carts/{new}/lines").json == [line]
    assert say("GET", f"/carts/{new}").json["lines"] == [line]
    assert say("GET", f"/carts/{new}/logs").json == []
    assert len(say("GET", "/carts/7/logs").json) == 3


def test_what_is_below_an_item_stays_with_it_when_its_id_changes(serve: Callable[[Any], Say]) -> None:
    paths = shop()
    named = cart(LINE)
    named["properties"]["id"] = {"type": "integer"}
    paths |= collection("/carts", named, "cartId", example=FULL)
    say = serve(paths)
    say("POST", "/carts/7/lines", {"product": "ink"})

    say("PATCH", "/carts/7", {"id": 8})

    assert [each["product"] for each in say("GET", "/carts/8/lines").json] == ["tea", "ink"]
    assert say("GET", "/carts/7/lines").status == 404


@pytest.mark.parametrize("is_listed", [True, False])
def test_a_put_of_a_list_replaces_it(serve: Callable[[Any], Say], *, is_listed: bool) -> None:
    paths = shop()
    paths = {path: paths[path] for path in ("/carts", "/carts/{cartId}", "/carts/{cartId}/lines")}
    if not is_listed:  # Then it is only an array of the cart.
        del paths["/carts/{cartId}/lines"]["get"], paths["/carts/{cartId}/lines"]["post"]
    short = {"type": "array", "items": SHORT_LINE}
    paths["/carts/{cartId}/lines"]["put"] = {
        "operationId": "replace",
        "requestBody": {"content": {"application/json": {"schema": short}}},
        "responses": {"200": body({"type": "array", "items": LINE})},
    }
    say = serve(paths)

    replaced = say("PUT", "/carts/7/lines", [{"product": "ink"}, {"product": "pen", "amount": 3}]).json

    assert [each["product"] for each in replaced] == ["ink", "pen"]
    assert replaced[1]["amount"] == 3
    assert say("GET", "/carts/7").json["lines"] == replaced
    if is_listed:
        assert say("GET", "/carts/7/lines").json == replaced
