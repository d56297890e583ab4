"""What creations refer to, repeat and add to, with `stateful`."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

Ask = Callable[..., Any]
Written = Callable[..., Contract]
UUID, TEXT = {"type": "string", "format": "uuid"}, {"type": "string"}


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*properties], "properties": properties}


def said(schema: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


def get(schema: Any, *parameters: Any) -> dict[str, Any]:
    return {"parameters": [*parameters], "responses": {"200": said(schema), "404": {"description": ""}}}


def post(body: Any, schema: Any, *parameters: Any, **more: Any) -> dict[str, Any]:
    sent = {"content": {"application/json": {"schema": body}}}
    return {"parameters": [*parameters], "requestBody": sent, "responses": {"201": said(schema), **more}}


def in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": UUID}


def several(item: Any) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": 1, "maxItems": 2}


GUIDE = of(id=UUID, name=TEXT)
TRIP = of(id=UUID, title=TEXT, guide=GUIDE)
SEAT = of(id=UUID, trip=TRIP, name=TEXT)
FEE = {"$ref": "#/components/schemas/Fee"}
BILL = of(id=UUID, title=TEXT, fees={"type": "array", "items": FEE})
KEY = {"name": "Idempotency-Key", "in": "header", "schema": TEXT}
NONE = {"description": ""}
EXAMPLE = "6f8c4b1e-2c61-4f5e-9a51-0c2a0f3d8b11"
NEW_SEAT = of(trip_id=UUID | {"examples": [EXAMPLE]}, name=TEXT)
PATHS = {
    "/guides": {"get": get(several(GUIDE))},
    "/trips": {"get": get(several(TRIP))},
    "/trips/{trip_id}": {
        "get": get(TRIP, in_path("trip_id")),
        "delete": {"parameters": [in_path("trip_id")], "responses": {"204": NONE}},
    },
    "/seats": {"get": get(several(SEAT)), "post": post(NEW_SEAT, SEAT, KEY, **{"404": NONE, "422": NONE})},
    "/seats/{seat_id}": {"get": get(SEAT, in_path("seat_id"))},
    "/notes": {"get": get(several(TRIP)), "post": post(of(trip_id=UUID, title=TEXT), TRIP)},
    "/notes/{note_id}": {"get": get(TRIP, in_path("note_id"))},
    "/bills": {"get": get(several(BILL))},
    "/bills/{bill_id}": {"get": get(BILL, in_path("bill_id"))},
    "/bills/{bill_id}/fees": {"post": post(of(amount={"type": "number"}), FEE, in_path("bill_id"))},
}


@pytest.fixture
def running(contract_of: Written) -> Iterator[flowmock.Running]:
    contract = contract_of(PATHS, components={"schemas": {"Fee": of(id=UUID, amount={"type": "number"})}})
    with flowmock.running(contract, stateful=True) as serves:
        yield serves


def sent(running: flowmock.Running, ask: Ask, path: str, **body: Any) -> Any:
    return ask(running, path, method="POST", body=json.dumps(body))


def test_a_creation_cannot_refer_to_what_does_not_exist(running: flowmock.Running, ask: Ask) -> None:
    kept, deleted, *_ = [each["id"] for each in ask(running, "/trips").json]
    ask(running, f"/trips/{deleted}", method="DELETE")

    assert sent(running, ask, "/seats", trip_id=kept, name="1A").status == 201
    assert sent(running, ask, "/seats", trip_id=deleted, name="1B").status == 404
    assert sent(running, ask, "/seats", trip_id=EXAMPLE[:-1] + "2", name="1C").status == 404
    assert sent(running, ask, "/seats", trip_id=EXAMPLE, name="1D").status == 201
    assert sent(running, ask, "/notes", trip_id=deleted, title="No error is documented").status == 201


def test_the_same_idempotency_key_gets_the_first_response(running: flowmock.Running, ask: Ask) -> None:
    trip_id = ask(running, "/trips").json[0]["id"]

    def keyed(key: str, name: str = "1A") -> Any:
        body = json.dumps({"trip_id": trip_id, "name": name})
        return ask(running, "/seats", method="POST", body=body, headers={"Idempotency-Key": key})

    before = len(ask(running, "/seats").json)
    first = keyed("a")
    assert (keyed("a").json, keyed("a").status) == (first.json, 201)
    assert keyed("b").json["id"] != first.json["id"]
    assert keyed("a", "1B").status == 422
    assert len(ask(running, "/seats").json) == before + 2


def test_a_creation_is_added_to_the_array_of_the_item_above(running: flowmock.Running, ask: Ask) -> None:
    bill = ask(running, "/bills").json[0]
    made = sent(running, ask, f"/bills/{bill['id']}/fees", amount=5).json

    assert made["amount"] == 5
    assert ask(running, f"/bills/{bill['id']}").json["fees"] == [*bill["fees"], made]


def test_what_an_item_refers_to_refers_to_the_same_itself(running: flowmock.Running, ask: Ask) -> None:
    trips = {each["id"]: each for each in ask(running, "/trips").json}
    assert all(each["trip"] == trips[each["trip"]["id"]] for each in ask(running, "/seats").json)
    guides = ask(running, "/guides").json
    assert all(each["guide"] in guides for each in trips.values())
