"""Operations on several items whose IDs the request lists, and lists in items that are replaced as a whole."""

import json
from collections.abc import Callable
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

Ask = Callable[..., Any]
Written = Callable[..., Contract]
UUID, TEXT = {"type": "string", "format": "uuid"}, {"type": "string"}
UNKNOWN = "11111111-1111-4111-8111-111111111111"


def of(*optional: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*(properties.keys() - {*optional})], "properties": properties}


def several(item: Any) -> dict[str, Any]:
    return {"type": "array", "items": item}


def does(status: str, schema: Any, sent: Any = None, **more: Any) -> dict[str, Any]:
    body = {"requestBody": {"content": {"application/json": {"schema": sent}}}} if sent else {}
    said = {"description": "", "content": {"application/json": {"schema": schema}}}
    return {"responses": {status: said, **more}, **body}


NO = {"404": {"description": ""}}
AT, AT_SHELF = ([{"name": name, "in": "path", "required": True, "schema": UUID}] for name in ("crate_id", "shelf_id"))
COST = of(label=TEXT, amount=TEXT)
CRATE = of(
    id=UUID,
    shelf_id=UUID,
    is_archived={"type": "boolean"},
    costs=several(COST),
    costs_total={"type": "string", "default": "0"},
)
IDS = of("shelf_id", crate_ids=several(UUID), shelf_id=UUID)
FAILED = several(of(id=UUID, error=of(message=TEXT)))
PATHS = {
    "/shelves": {"get": does("200", several(of(id=UUID, name=TEXT)))},
    "/shelves/{shelf_id}": {"get": does("200", of(id=UUID, name=TEXT), **NO), "parameters": AT_SHELF},
    "/crates": {"get": does("200", several(CRATE)), "post": does("201", CRATE, of(shelf_id=UUID))},
    "/crates/{crate_id}": {"get": does("200", CRATE, **NO), "parameters": AT},
    "/crates/{crate_id}/costs": {"put": does("200", CRATE, several(COST)), "parameters": AT},
    "/crates/bulk-move": {"post": does("200", of(updated=several(UUID), failed=FAILED), IDS, **NO)},
    "/crates/bulk-archive": {"post": does("200", of(archived_count={"type": "integer"}), IDS, **NO)},
    "/crates/search": {"post": does("200", several(CRATE), of("shelf_id", crate_ids=several(UUID), shelf_id=UUID))},
    "/crates/bulk-delete": {"post": does("200", of(results=several(of(id=UUID, result=TEXT))), IDS)},
}  # fmt: skip


@pytest.fixture(params=[False, True], ids=["stateless", "stateful"])
def crates(request: pytest.FixtureRequest, contract_of: Written, ask: Ask) -> Any:
    with flowmock.running(contract_of(PATHS), stateful=request.param) as running:

        def send(path: str, value: Any = None, method: str = "POST") -> Any:
            method = "GET" if value is None else method
            return ask(running, path, method=method, body=None if value is None else json.dumps(value))

        send.stateful = request.param  # type: ignore[attr-defined]
        yield send


def test_a_bulk_operation_is_about_the_ids_that_were_sent(crates: Any) -> None:
    ids = [each["id"] for each in crates("/crates").json]
    shelf = crates("/shelves").json[-1]["id"]

    moved = crates("/crates/bulk-move", {"crate_ids": [ids[0], UNKNOWN], "shelf_id": shelf}).json
    archived = crates("/crates/bulk-archive", {"crate_ids": ids[:2]}).json

    assert moved["updated"] == ([ids[0]] if crates.stateful else [ids[0], UNKNOWN])
    assert archived == {"archived_count": 2}
    if crates.stateful:
        assert [(each["id"], each["error"]["message"]) for each in moved["failed"]] == [(UNKNOWN, "Not found.")]
        assert crates(f"/crates/{ids[0]}").json["shelf_id"] == shelf
        assert [each["is_archived"] for each in crates("/crates").json[:2]] == [True, True]
        assert crates("/crates/bulk-archive", {"crate_ids": [UNKNOWN]}).status == 404
        unknown = crates("/crates/bulk-move", {"crate_ids": ids, "shelf_id": UNKNOWN})
        assert unknown.status == 404


def test_a_search_for_ids_changes_nothing(crates: Any) -> None:
    before = crates("/crates").json

    crates("/crates/search", {"crate_ids": [before[0]["id"]], "shelf_id": crates("/shelves").json[-1]["id"]})

    assert crates("/crates").json == before


def test_a_bulk_deletion_says_what_became_of_each(crates: Any) -> None:
    ids = [each["id"] for each in crates("/crates").json]

    deleted = crates("/crates/bulk-delete", {"crate_ids": ids[1:]}).json

    assert [each["id"] for each in deleted["results"]] == ids[1:]
    if crates.stateful:
        assert [each["id"] for each in crates("/crates").json] == ids[:1]


def test_a_list_that_is_put_is_in_the_item_that_is_returned_with_its_total(crates: Any) -> None:
    crate = crates("/crates").json[0]
    assert all(_total(each) == float(each["costs_total"]) for each in crates("/crates").json)
    costs = [{"label": "a", "amount": "80.50"}, {"label": "b", "amount": "19.50"}]
    if crates.stateful:
        path = f"/crates/{crate['id']}"
        changed = crates(f"{path}/costs", costs, method="PUT").json
        assert (changed["id"], changed["costs"], changed["costs_total"]) == (crate["id"], costs, "100.00")
        assert crates(path).json == changed


def _total(crate: Any) -> float:
    return round(sum(float(each["amount"]) for each in crate["costs"]), 2)
