"""Items without a read of their own: others refer to those of their list, and changes show them as lists do."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

Ask = Callable[..., Any]
Written = Callable[..., Contract]
UUID, TEXT = {"type": "string", "format": "uuid"}, {"type": "string"}


def of(optional: dict[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*properties], "properties": properties | (optional or {})}


def said(schema: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


def get(schema: Any, *names: str) -> dict[str, Any]:
    return {"parameters": [*map(parameter, names)], "responses": {"200": said(schema), "404": {"description": ""}}}


def write(status: str, body: Any, schema: Any, *names: str) -> dict[str, Any]:
    sent = {"content": {"application/json": {"schema": body}}}
    return {"parameters": [*map(parameter, names)], "requestBody": sent, "responses": {status: said(schema)}}


def parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": UUID}


GUIDE = of(id=UUID, display_name=TEXT, email=TEXT)
DOCK = of(id={"type": "integer", "minimum": 1}, name=TEXT)
TRIP = of(id=UUID, title=TEXT, guide=of(id=UUID, display_name=TEXT), dock={"anyOf": [DOCK, {"type": "null"}]})
SENT = of({"guide_id": UUID, "dock_id": {"type": "integer"}}, title=TEXT)
STOP = of({"note": TEXT}, id=UUID, trip_id=UUID, name=TEXT, state={"type": "string", "enum": ["a", "b", "c", "d"]})
FILTER = {"name": "guide_id", "in": "query", "schema": UUID}
STATE = {"name": "state", "in": "query", "schema": {"type": "string", "enum": ["a", "b", "c", "d"]}}
STOPS = get({"type": "array", "items": STOP}, "trip_id")
PATHS = {
    "/guides": {"get": get({"type": "array", "items": GUIDE})},
    "/trips": {
        "get": get({"type": "array", "items": TRIP}) | {"parameters": [FILTER]},
        "post": write("201", SENT, TRIP),
    },
    "/trips/{trip_id}": {"get": get(TRIP, "trip_id"), "put": write("200", SENT, TRIP, "trip_id")},
    "/trips/{trip_id}/stops": {"get": {**STOPS, "parameters": [*STOPS["parameters"], STATE]}},
    "/me": {"get": get(of(role=TEXT, guide=GUIDE))},
    "/stops/{stop_id}": {"patch": write("200", of({"name": TEXT, "note": TEXT}), STOP, "stop_id")},
}


@pytest.fixture(params=[False, True], ids=["stateless", "stateful"])
def running(request: pytest.FixtureRequest, contract_of: Written) -> Iterator[flowmock.Running]:
    with flowmock.running(contract_of(PATHS), stateful=request.param) as serves:
        yield serves


def test_items_refer_to_those_of_a_list_without_reads(running: flowmock.Running, ask: Ask) -> None:
    guides = {each["id"]: each["display_name"] for each in ask(running, "/guides").json}
    trips = ask(running, "/trips").json

    assert {each["guide"]["id"]: each["guide"]["display_name"] for each in trips}.items() <= guides.items()
    guide_id = trips[0]["guide"]["id"]
    found = ask(running, f"/trips?guide_id={guide_id}").json
    assert found == [each for each in trips if each["guide"]["id"] == guide_id]


def test_what_is_no_item_refers_to_items_too(running: flowmock.Running, ask: Ask) -> None:
    assert ask(running, "/me").json["guide"] in ask(running, "/guides").json


def test_a_creation_and_a_replacement_show_the_item_that_is_referred_to(running: flowmock.Running, ask: Ask) -> None:
    first, second, *_ = ask(running, "/guides").json
    body = json.dumps({"title": "Fjord", "guide_id": first["id"]})
    made = ask(running, "/trips", method="POST", body=body).json
    assert made["guide"] == {name: first[name] for name in ("id", "display_name")}

    body = json.dumps({"title": "Fjord", "guide_id": second["id"]})
    path = f"/trips/{ask(running, '/trips').json[0]['id']}"
    changed = ask(running, path, method="PUT", body=body).json
    assert changed["guide"] == {name: second[name] for name in ("id", "display_name")}


def test_an_id_of_what_no_list_has_is_that_of_an_object(running: flowmock.Running, ask: Ask) -> None:
    path = f"/trips/{ask(running, '/trips').json[0]['id']}"
    body = json.dumps({"title": "Fjord", "dock_id": 7})
    assert ask(running, path, method="PUT", body=body).json["dock"]["id"] == 7


def test_a_change_of_an_item_without_a_read_shows_it_as_its_list_does(running: flowmock.Running, ask: Ask) -> None:
    trip = ask(running, "/trips").json[0]
    for stop in ask(running, f"/trips/{trip['id']}/stops").json:
        body = json.dumps({"note": "Bring a coat"})
        changed = ask(running, f"/stops/{stop['id']}", method="PATCH", body=body).json
        assert changed == stop | {"note": "Bring a coat"}


def test_lists_below_others_are_the_same_with_and_without_memory(contract_of: Written, ask: Ask) -> None:
    contract = contract_of(PATHS)
    with flowmock.running(contract) as without, flowmock.running(contract, stateful=True) as remembering:
        for trip in ask(without, "/trips").json:
            stops = ask(without, f"/trips/{trip['id']}/stops").json
            assert ask(remembering, f"/trips/{trip['id']}/stops").json == stops
            assert {stop["state"] for stop in stops} == {"a", "b", "c", "d"}


ROOM = of(id=UUID, hall_id=UUID, label=TEXT, seats={"type": "integer", "minimum": 0})
KEEPER = of(id=UUID, display_name=TEXT)
TALK = of(id=UUID, title=TEXT, room=of(id=UUID, hall_id=UUID, label=TEXT), keeper=KEEPER)
BELOW = {
    "/halls": {"get": get({"type": "array", "items": of(id=UUID, name=TEXT)})},
    "/halls/{hall_id}/rooms": {"get": get({"type": "array", "items": ROOM}, "hall_id")},
    "/rooms/{room_id}/keepers": {"get": get({"type": "array", "items": KEEPER}, "room_id")},
    "/talks": {
        "get": get({"type": "array", "items": TALK}),
        "post": write("201", of({"keeper_id": UUID}, title=TEXT, room_id=UUID), TALK),
    },
    "/talks/{talk_id}": {"get": get(TALK, "talk_id")},
}
BELOW["/talks"]["post"]["responses"]["404"] = {"description": "Unknown room or keeper"}


@pytest.fixture(params=[False, True], ids=["stateless", "stateful"])
def halls(request: pytest.FixtureRequest, contract_of: Written) -> Iterator[flowmock.Running]:
    with flowmock.running(contract_of(BELOW), stateful=request.param) as serves:
        yield serves


def test_items_refer_to_those_that_only_lists_below_others_show(halls: flowmock.Running, ask: Ask) -> None:
    for talk in ask(halls, "/talks").json:
        room = talk["room"]
        rooms = ask(halls, f"/halls/{room['hall_id']}/rooms").json
        assert room in [{name: each[name] for name in room} for each in rooms]
        assert talk["keeper"] in ask(halls, f"/rooms/{room['id']}/keepers").json
        assert ask(halls, f"/talks/{talk['id']}").json == talk


def test_a_creation_shows_the_item_of_a_list_below_another_one(halls: flowmock.Running, ask: Ask) -> None:
    hall = ask(halls, "/halls").json[-1]
    room = ask(halls, f"/halls/{hall['id']}/rooms").json[-1]
    keeper = ask(halls, f"/rooms/{room['id']}/keepers").json[-1]
    body = json.dumps({"title": "A", "room_id": room["id"], "keeper_id": keeper["id"]})

    made = ask(halls, "/talks", method="POST", body=body).json

    assert made["room"] == {name: room[name] for name in ("id", "hall_id", "label")}
    assert made["keeper"] == keeper


def test_nothing_is_below_what_no_list_below_others_shows(contract_of: Written, ask: Ask) -> None:
    unknown = "11111111-1111-4111-8111-111111111111"
    with flowmock.running(contract_of(BELOW), stateful=True) as halls:
        paths = [f"/halls/{unknown}/rooms", f"/rooms/{unknown}/keepers"]
        bodies = [{"title": "A", "room_id": unknown}]
        longer = ask(halls, "/halls", headers={"prefer": "items=20"}).json[-1]
        known = ask(halls, f"/halls/{longer['id']}/rooms").status
        replies = [ask(halls, path) for path in paths]
        replies += [ask(halls, "/talks", method="POST", body=json.dumps(each)) for each in bodies]

    assert [each.status for each in replies] == [404, 404, 404]
    assert known == 200


def test_a_list_of_a_requested_size_is_the_same_with_and_without_memory(contract_of: Written, ask: Ask) -> None:
    headers = {"prefer": "items=30"}
    with (
        flowmock.running(contract_of(PATHS)) as without,
        flowmock.running(contract_of(PATHS), stateful=True) as stateful,
    ):
        trips = ask(without, "/trips", headers=headers).json
        ask(stateful, "/trips")
        assert ask(stateful, "/trips", headers=headers).json == trips
        assert ask(stateful, f"/trips/{trips[-1]['id']}").json == trips[-1]
