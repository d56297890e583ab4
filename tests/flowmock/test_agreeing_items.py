"""Items agree with what they refer to, and with their own status."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

Written = Callable[..., Contract]
TEXT = {"type": "string"}
UUID = TEXT | {"format": "uuid"}
STATUS = TEXT | {"enum": ["planned", "running", "done", "dropped"]}
MOVES = {"planned": ["running", "dropped"], "running": ["done", "dropped"]}


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def several(schema: Any) -> dict[str, Any]:
    return {"type": "array", "items": schema}


def answers(schema: Any) -> dict[str, Any]:
    return {"responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}}


CHANGE = of(at=TEXT | {"format": "date-time"}, from_status={"anyOf": [STATUS, {"type": "null"}]}, to_status=STATUS)
SITE = of(
    code=TEXT | {"pattern": "^S-[0-9]{4}$", "examples": ["S-0041"]},
    keeper=of(name=TEXT, phone=TEXT),
    hut={"$ref": "#/components/schemas/Hut"},
)
VISIT = of(
    id=UUID,
    status=STATUS,
    site=of(code=TEXT, keeper_name=TEXT, door_code=TEXT),
    hut={"$ref": "#/components/schemas/Hut"},
    history=several(CHANGE),
    allowed_transitions=several(STATUS),
)
ROW = of(id=UUID, status=STATUS, site_code=TEXT, keeper_name=TEXT, door_code=TEXT)
PATHS = {
    "/visits": {"get": answers(several(ROW)) | {"parameters": [{"name": "status", "in": "query", "schema": STATUS}]}},
    "/visits/{id}": {"get": answers(VISIT)},
    "/sites": {"get": answers(several(of(code=TEXT, keeper_name=TEXT, door_code=TEXT)))},
    "/sites/{code}": {"get": answers(SITE)},
}
HUT = of(door_code=TEXT | {"examples": ["H 2041"]}, material=TEXT)


@pytest.mark.parametrize("stateful", [False, True])
def test_lists_reads_and_what_they_refer_to_agree(contract_of: Written, ask: Any, stateful: bool) -> None:
    components = {"schemas": {"Hut": HUT}}
    with flowmock.running(contract_of(PATHS, components=components), stateful=stateful) as running:
        rows = ask(running, "/visits").json
        for row in rows:
            visit = ask(running, f"/visits/{row['id']}").json
            site = ask(running, f"/sites/{visit['site']['code']}").json
            assert visit["hut"] == site["hut"]
            named = {"keeper_name": site["keeper"]["name"], "door_code": site["hut"]["door_code"]}
            assert visit["site"] == {"code": site["code"], **named}
            assert row == {"id": visit["id"], "status": visit["status"], "site_code": site["code"], **named}
        sites = ask(running, "/sites").json

    assert {row["site_code"] for row in rows} <= {site["code"] for site in sites}
    assert len({site["keeper_name"] for site in sites}) == len(sites) > 1


@pytest.mark.parametrize("are_described", [True, False])
def test_histories_lead_to_the_status_and_moves_follow_it(contract_of: Written, ask: Any, are_described: bool) -> None:
    text = "planned -> running, dropped\n running -> done, dropped" if are_described else ""
    paths = PATHS | {"/visits/{id}": {"get": answers(VISIT) | {"description": text}}}
    with flowmock.running(contract_of(paths, components={"schemas": {"Hut": HUT}})) as running:
        visits = [ask(running, f"/visits/{row['id']}").json for row in ask(running, "/visits").json]

    assert {each["status"] for each in visits} == set(STATUS["enum"])
    for each in visits:
        history = each["history"]
        assert not history or history[-1]["to_status"] == each["status"]
        assert all(old["to_status"] == new["from_status"] for old, new in itertools.pairwise(history))
        assert [entry["at"] for entry in history] == sorted(entry["at"] for entry in history)
        if are_described:
            assert each["allowed_transitions"] == MOVES.get(each["status"], [])
            moves = ((entry["from_status"], entry["to_status"]) for entry in history if entry["from_status"])
            assert all(new in MOVES[old] for old, new in moves)
        else:
            assert each["status"] not in each["allowed_transitions"]


def test_what_says_that_an_item_is_valid_agrees_with_its_period(contract_of: Written, ask: Any) -> None:
    day = TEXT | {"format": "date"}
    pass_ = of(id=UUID, valid_from=day, valid_until={"anyOf": [day, {"type": "null"}]}, is_expired={"type": "boolean"})
    row = of(id=UUID, active={"type": "boolean"})
    paths = {"/passes": {"get": answers(several(row))}, "/passes/{id}": {"get": answers(pass_)}}
    with flowmock.running(contract_of(paths), today="2026-01-01") as running:
        for each in ask(running, "/passes", headers={"Prefer": "items=9"}).json:
            item = ask(running, f"/passes/{each['id']}").json
            is_valid = item["valid_from"] <= "2026-01-01" <= (item["valid_until"] or "9999")
            assert (each["active"], item["is_expired"]) == (is_valid, not is_valid)


@pytest.mark.parametrize("stateful", [False, True])
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"example": "hold the center"}, "hold the center"),
        ({"schema": TEXT, "example": "hold the center"}, "hold the center"),
        ({"example": {"highest": 40}}, {"highest": 40}),
        ({"schema": {"type": "object"}, "example": {"highest": 40}}, {"highest": 40}),
        ({"example": {"id": "1", "rules": "long"}}, {"id": "1", "rules": "long"}),
    ],
)
def test_an_item_of_a_list_does_not_replace_the_example_of_its_read(
    contract_of: Written, ask: Any, body: Any, expected: Any, *, stateful: bool
) -> None:
    listed = {"schema": several(of(id=TEXT, title=TEXT)), "example": [{"id": "1", "title": "Go"}]}
    ok = {"get": {"responses": {"200": {"description": "", "content": {"application/json": listed}}}}}
    read = {"get": {"responses": {"200": {"description": "", "content": {"application/json": body}}}}}
    of_id = [{"name": "id", "in": "path", "required": True, "schema": TEXT}]
    paths = {"/games": ok, "/games/{id}": {"parameters": of_id, **read}}

    with flowmock.running(contract_of(paths), stateful=stateful) as running:
        found = ask(running, "/games/1").json

    assert found == (found | expected if isinstance(expected, dict) else expected)
