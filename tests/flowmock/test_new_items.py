"""Creations without memory: what is new has just been created, and nothing has happened to it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType
from flowmock.generation import new_items

Ask = Callable[..., Any]
Written = Callable[..., Contract]

MOMENT = {"type": "string", "format": "date-time"}
TASK = {
    "type": "object",
    "required": ["title", "created_at", "comments"],
    "properties": {
        "title": {"type": "string"},
        "created_at": MOMENT,
        "completed_at": MOMENT | {"type": ["string", "null"]},
        "last_seen_at": MOMENT,
        "comment_count": {"type": "integer"},
        "places_taken": {"type": "integer"},
        "votes_count": {"type": "integer", "examples": [7]},
        "comments": {"type": "array", "items": {"type": "object", "properties": {"at": MOMENT}}},
    },
}
SENT = {"title": "Buy milk"}
ITEM = {
    **SENT,
    "created_at": "2025-05-01T00:00:00Z",
    "completed_at": "2025-06-01T00:00:00Z",
    "last_seen_at": "2025-06-01T00:00:00Z",
    "comment_count": 45,
    "places_taken": 3,
    "votes_count": 7,
    "comments": [{"at": "2025-05-02T00:00:00Z"}],
}


@pytest.fixture
def media(contract_of: Callable[..., Contract]) -> MediaType:
    content = {"application/json": {"schema": TASK}}
    responses = {"201": {"description": "Created", "content": content}}
    contract = contract_of({"/tasks": {"post": {"operationId": "create", "responses": responses}}})
    success = contract.operations["create"].success()
    assert success
    return success.media["application/json"]


def test_nothing_has_happened_to_a_new_item(media: MediaType) -> None:
    found = new_items.created(media, ITEM, SENT)

    moment = found.pop("created_at")
    assert found == {
        **SENT,
        "completed_at": None,
        "comment_count": 0,
        "places_taken": 0,
        "votes_count": 7,
        "comments": [],
    }
    assert abs(datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds() < 3600


def test_what_the_client_sent_stays(media: MediaType) -> None:
    assert new_items.created(media, ITEM, ITEM) == ITEM


def test_what_must_have_happened_to_a_new_item_happened_now(contract_of: Callable[..., Contract]) -> None:
    schema = {
        "type": "object",
        "required": ["sent_at", "read_at"],
        "properties": {"sent_at": MOMENT, "read_at": MOMENT | {"type": ["string", "null"]}},
    }
    responses = {"201": {"description": "", "content": {"application/json": {"schema": schema}}}}
    success = contract_of({"/a": {"post": {"operationId": "a", "responses": responses}}}).operations["a"].success()
    assert success
    past = {"sent_at": "2025-05-01T00:00:00Z", "read_at": "2025-06-01T00:00:00Z"}

    found = new_items.created(success.media["application/json"], past, {})

    assert found["read_at"] is None
    assert abs(datetime.now(UTC) - datetime.fromisoformat(found["sent_at"])).total_seconds() < 3600


@pytest.mark.parametrize(("method", "is_new"), [("post", True), ("put", False)])
def test_a_creation_without_memory_was_now(
    method: str, is_new: bool, contract_of: Callable[..., Contract], ask: Any
) -> None:
    content = {"application/json": {"schema": TASK}}
    documented: dict[str, Any] = {
        "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
        "responses": {"201": {"description": "Created", "content": content}},
    }
    headers = {"Content-Type": "application/json"}
    with flowmock.running(contract_of({"/tasks": {method: documented}})) as running:
        response = ask(running, "/tasks", method=method.upper(), body=json.dumps(SENT), headers=headers)

    assert response.json["title"] == "Buy milk"
    assert response.json["created_at"].startswith("2025-") is not is_new


VISIT = {
    "type": "object",
    "required": ["id", "starts_at", "ends_at"],
    "properties": {"id": {"type": "integer"}, "starts_at": MOMENT, "ends_at": MOMENT},
}
NINE = "2026-12-01T09:00:00Z"


@pytest.mark.parametrize("stateful", [True, False])
@pytest.mark.parametrize(
    ("sent", "end"),
    [({"duration_minutes": 30}, "2026-12-01T09:30:00Z"), ({"ends_at": "2026-12-01T10:15:00Z"}, "2026-12-01T10:15:00Z")],
)
def test_what_is_created_ends_when_the_client_says(
    ask: Ask, contract_of: Written, sent: dict[str, Any], end: str, *, stateful: bool
) -> None:
    with flowmock.running(contract_of(visits(VISIT)), stateful=stateful) as running:
        made = ask(running, "/visits", method="POST", body=json.dumps({"starts_at": NINE, **sent})).json

    assert (made["starts_at"], made["ends_at"]) == (NINE, end)


@pytest.mark.parametrize(
    ("change", "start", "end"),
    [
        ({"starts_at": "2026-12-05T11:00:00Z"}, "2026-12-05T11:00:00Z", "2026-12-05T11:30:00Z"),
        ({"ends_at": "2026-11-30T08:00:00Z"}, "2026-11-30T07:30:00Z", "2026-11-30T08:00:00Z"),
        ({"duration_minutes": 90}, NINE, "2026-12-01T10:30:00Z"),
        ({"ends_at": "2026-12-01T09:45:00Z"}, NINE, "2026-12-01T09:45:00Z"),
    ],
)
def test_what_is_moved_lasts_as_long_as_before(
    ask: Ask, contract_of: Written, change: dict[str, Any], start: str, end: str
) -> None:
    with flowmock.running(contract_of(visits(VISIT)), stateful=True) as running:
        sent = {"starts_at": NINE, "ends_at": "2026-12-01T09:30:00Z"}
        made = ask(running, "/visits", method="POST", body=json.dumps(sent)).json
        moved = ask(running, f"/visits/{made['id']}", method="PATCH", body=json.dumps(change)).json

    assert (moved["starts_at"], moved["ends_at"]) == (start, end)


def test_a_length_of_its_own_agrees_with_start_and_end(ask: Ask, contract_of: Written) -> None:
    visit = VISIT | {"required": [*VISIT["required"], "duration_minutes"]}
    visit["properties"] = VISIT["properties"] | {"duration_minutes": {"type": "integer"}}
    with flowmock.running(contract_of(visits(visit)), stateful=True) as running:
        sent = {"starts_at": NINE, "duration_minutes": 20}
        made = ask(running, "/visits", method="POST", body=json.dumps(sent)).json
        change = json.dumps({"ends_at": "2026-12-01T10:00:00Z"})
        changed = ask(running, f"/visits/{made['id']}", method="PATCH", body=change).json

    assert made["ends_at"] == "2026-12-01T09:20:00Z"
    assert (changed["starts_at"], changed["duration_minutes"]) == (NINE, 60)


def visits(schema: Any) -> dict[str, Any]:
    one = {"description": "", "content": {"application/json": {"schema": schema}}}
    sent = {"content": {"application/json": {"schema": {"type": "object"}}}}
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    return {
        "/visits": {"post": {"requestBody": sent, "responses": {"201": one}}},
        "/visits/{id}": {
            "parameters": [parameter],
            "get": {"responses": {"200": one}},
            "patch": {"requestBody": sent, "responses": {"200": one}},
        },
    }


@pytest.mark.parametrize("stateful", [True, False])
def test_a_created_item_has_the_lines_that_were_sent_and_their_totals(
    stateful: bool, contract_of: Callable[..., Contract], ask: Any
) -> None:
    number = {"type": "integer", "minimum": 1, "maximum": 50}
    names = ("ticket_id", "quantity", "unit_price_cents", "line_total_cents")
    line = {"type": "object", "required": [*names], "properties": dict.fromkeys(names, number | {"maximum": 9999})}
    order = {"type": "object", "required": ["id", "currency", "lines", "total_cents"]}
    order["properties"] = {
        "id": {"type": "integer", "readOnly": True},
        "currency": {"enum": ["EUR"]},
        "lines": {"type": "array", "items": line},
        "total_cents": {"type": "integer", "readOnly": True},
    }
    asked = {"type": "object", "properties": {"lines": {"type": "array", "items": {"type": "object"}}}}
    content, sent_content = ({"application/json": {"schema": each}} for each in (order, asked))
    ids = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
    done = {"description": "", "content": content}
    paths: dict[str, Any] = {
        "/orders": {"post": {"requestBody": {"content": sent_content}, "responses": {"201": done}}},
        "/orders/{id}": {
            "parameters": ids,
            "get": {"responses": {"200": done}},
            "patch": {"requestBody": {"content": sent_content}, "responses": {"200": done}},
        },
    }
    headers = {"Content-Type": "application/json"}
    several = [{"ticket_id": ticket, "quantity": 2} for ticket in (7, 8, 9, 10)]
    one = [{"ticket_id": 5, "quantity": 3}]
    with flowmock.running(contract_of(paths), stateful=stateful) as running:
        sent = json.dumps({"lines": several}), json.dumps({"lines": one})
        made = ask(running, "/orders", method="POST", body=sent[0], headers=headers).json
        changed = ask(running, f"/orders/{made['id']}", method="PATCH", body=sent[1], headers=headers).json

    for found, lines in ((made, several), (changed, one)):
        asked_for = [{name: each[name] for name in ("ticket_id", "quantity")} for each in found["lines"]]
        assert asked_for == lines
        for each in found["lines"]:
            assert each["line_total_cents"] == each["quantity"] * each["unit_price_cents"]
        assert found["total_cents"] == sum(each["line_total_cents"] for each in found["lines"])


@pytest.mark.parametrize("stateful", [True, False])
def test_what_is_read_can_be_written_again(contract_of: Written, ask: Ask, stateful: bool) -> None:
    """A form that shows a resource can save it: its members are valid in the requests that write it."""
    text = {"type": "string"}
    shown = {"id": {"type": "integer"}, "title": text, "code": text, "note": text | {"examples": ["Hi"]}}
    sent = {
        "title": text | {"minLength": 40},
        "code": text | {"pattern": "^[A-Z]{3}$"},
        "note": text | {"minLength": 9},
    }
    room = {"type": "object", "required": list(shown), "properties": shown}
    change = {"content": {"application/json": {"schema": {"type": "object", "properties": sent}}}}
    done = {"200": {"description": "", "content": {"application/json": {"schema": room}}}}
    all_of_them = {"type": "array", "items": room}
    ids = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
    paths = {
        "/rooms": {
            "get": {"responses": {"200": {"description": "", "content": {"application/json": {"schema": all_of_them}}}}}
        },
        "/rooms/{id}": {
            "parameters": ids,
            "get": {"responses": done},
            "patch": {"requestBody": change, "responses": done | {"422": {"description": ""}}},
        },
    }
    with flowmock.running(contract_of(paths), stateful=stateful) as running:
        listed = ask(running, "/rooms").json
        for each in listed:
            assert ask(running, f"/rooms/{each['id']}").json == each
            body = json.dumps({"title": each["title"], "code": each["code"]})
            headers = {"Content-Type": "application/json"}
            assert ask(running, f"/rooms/{each['id']}", method="PATCH", headers=headers, body=body).status == 200

    assert listed[0]["note"] == "Hi"


@pytest.mark.parametrize("stateful", [True, False])
def test_what_a_creation_leaves_out_has_the_default_of_its_request(
    stateful: bool, contract_of: Callable[..., Contract], ask: Any
) -> None:
    properties = {"title": {"type": "string"}, "note": {"type": "string"}, "size": {"type": "integer"}}
    item = {"type": "object", "required": ["id", *properties], "properties": {"id": {"type": "string"}, **properties}}
    body = {
        "type": "object",
        "properties": properties
        | {"note": {"type": "string", "default": ""}, "size": {"type": "integer", "default": 3}},
    }
    documented = {
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"201": {"description": "", "content": {"application/json": {"schema": item}}}},
    }
    read = {"responses": {"200": {"description": "", "content": {"application/json": {"schema": item}}}}}
    contract = contract_of({"/tasks": {"post": documented}, "/tasks/{id}": {"get": read}})
    headers = {"Content-Type": "application/json"}
    with flowmock.running(contract, stateful=stateful) as running:
        response = ask(running, "/tasks", method="POST", body=json.dumps({"title": "a", "size": 5}), headers=headers)

    assert (response.json["title"], response.json["note"], response.json["size"]) == ("a", "", 5)
