"""What a request names, in generated bodies: days and weeks of a query, and what a path is below."""

import json
from collections.abc import Callable
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

MOMENT = {"type": "string", "format": "date-time"}


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


ROOM = obj(id={"type": "integer"}, name={"type": "string"})
SLOTS = {"type": "array", "minItems": 3, "items": obj(starts_at=MOMENT, ends_at=MOMENT)}
CALENDAR = obj(room=ROOM, slots=SLOTS, notes={"type": "array", "items": {"type": "string"}})


def response(schema: dict[str, Any], status: str = "200") -> dict[str, Any]:
    return {status: {"description": "", "content": {"application/json": {"schema": schema}}}}


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ("week_of=2026-12-02", "2026-11-30", "2026-12-06"),
        ("week=2026-W49", "2026-11-30", "2026-12-06"),
        ("week_start=2026-12-02", "2026-12-02", "2026-12-08"),
        ("date=2026-12-02", "2026-12-02", "2026-12-02"),
        ("from=2026-12-02&to=2026-12-20", "2026-12-02", "2026-12-20"),
    ],
)
def test_moments_are_in_the_period_that_a_query_names(
    query: str, first: str, last: str, contract_of: Callable[..., Contract], ask: Any
) -> None:
    names = ["week_of", "week", "week_start", "date", "from", "to"]
    parameters = [{"name": each, "in": "query", "schema": {"type": "string"}} for each in names]
    room = {"name": "room_id", "in": "path", "required": True, "schema": {"type": "integer"}}
    get = {"parameters": [room, *parameters], "responses": response(CALENDAR)}
    with flowmock.running(contract_of({"/rooms/{room_id}/calendar": {"get": get}})) as running:
        body = ask(running, f"/rooms/7/calendar?{query}").json

    found = [each["starts_at"] for each in body["slots"]]
    assert body["room"]["id"] == 7
    assert found == sorted(found)
    assert all(first <= each[:10] <= last for each in found)


def test_the_items_of_a_list_are_in_the_week_that_a_query_names(contract_of: Callable[..., Contract], ask: Any) -> None:
    room = {"name": "room_id", "in": "path", "required": True, "schema": {"type": "integer"}}
    week = {"name": "week_of", "in": "query", "schema": {"type": "string", "format": "date"}}
    get = {"parameters": [room, week], "responses": response(obj(room=ROOM, slots=SLOTS))}
    with flowmock.running(contract_of({"/rooms/{room_id}/calendar": {"get": get}})) as running:
        body = ask(running, "/rooms/7/calendar?week_of=2026-12-02").json

    assert body["room"]["id"] == 7
    assert all("2026-11-30" <= each["starts_at"][:10] <= "2026-12-06" for each in body["slots"])


@pytest.mark.parametrize("stateful", [True, False])
def test_a_creation_below_something_shows_it(stateful: bool, contract_of: Callable[..., Contract], ask: Any) -> None:
    room = {"name": "room_id", "in": "path", "required": True, "schema": {"type": "integer"}}
    post = {
        "parameters": [room],
        "requestBody": {"content": {"application/json": {"schema": obj(note={"type": "string"})}}},
        "responses": response(obj(id={"type": "string"}, note={"type": "string"}, room=ROOM), "201"),
    }
    paths = {
        "/rooms": {"get": {"responses": response({"type": "array", "minItems": 2, "items": ROOM})}},
        "/rooms/{room_id}/bookings": {"post": post},
    }
    with flowmock.running(contract_of(paths), stateful=stateful) as running:
        listed = ask(running, "/rooms").json[-1]
        path, headers = f"/rooms/{listed['id']}/bookings", {"Content-Type": "application/json"}
        body = ask(running, path, method="POST", body=json.dumps({"note": "a"}), headers=headers).json

    assert (body["note"], body["room"]) == ("a", listed)


@pytest.mark.parametrize(
    ("query", "interval", "days"),
    [
        ("from=2026-12-01&to=2026-12-04", "day", ["2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04"]),
        ("from=2026-12-01&to=2026-12-20&interval=week", "week", ["2026-12-01", "2026-12-08", "2026-12-15"]),
        ("from=2026-11-15&to=2027-01-02&interval=month", "month", ["2026-11-15", "2026-12-01", "2027-01-01"]),
    ],
)
def test_a_report_has_a_point_for_each_interval(
    query: str, interval: str, days: list[str], contract_of: Callable[..., Contract], ask: Any
) -> None:
    day, count = {"type": "string", "format": "date"}, {"type": "integer", "minimum": 0}
    intervals = {"enum": ["day", "week", "month"]}
    series = {"type": "array", "items": obj(date=day, visits=count, unique_visitors=count)}
    report = obj(interval=intervals, total_visits=count, series=series)
    parameters = [
        *({"name": name, "in": "query", "required": True, "schema": day} for name in ("from", "to")),
        {"name": "interval", "in": "query", "schema": intervals | {"default": "day"}},
    ]
    paths = {"/visits/report": {"get": {"parameters": parameters, "responses": response(report)}}}
    with flowmock.running(contract_of(paths)) as running:
        found = ask(running, f"/visits/report?{query}").json

    assert found["interval"] == interval
    assert [each["date"] for each in found["series"]] == days
    assert found["total_visits"] == sum(each["visits"] for each in found["series"])
    assert all(each["unique_visitors"] <= each["visits"] for each in found["series"])
