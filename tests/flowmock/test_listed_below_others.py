"""Items that only lists below other items have (`/sites/{id}/pitches`), but that have a path of their own."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

Ask = Callable[..., Any]
Written = Callable[..., Contract]
UUID, TEXT = {"type": "string", "format": "uuid"}, {"type": "string"}


def of(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": [*properties], "properties": properties}


SITE = of({"id": UUID, "name": TEXT})
KINDS = [
    of({"id": UUID, "site_id": UUID, "kind": {"enum": ["tent"]}, "area": {"type": "number"}}),
    of({"id": UUID, "site_id": UUID, "kind": {"enum": ["cabin"]}, "beds": {"type": "integer"}}),
]
REVIEW = of({"id": UUID, "site_id": UUID, "text": TEXT})
BOOKING = of({"id": UUID, "site_id": UUID, "pitch": {"oneOf": KINDS}})


def said(schema: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


def get(schema: Any, *parameters: str) -> dict[str, Any]:
    return {"responses": {"200": said(schema), "404": {"description": ""}}, "parameters": [*map(in_path, parameters)]}


def in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": UUID}


def several(item: Any) -> dict[str, Any]:
    return {"type": "array", "items": item}


def sent(schema: Any) -> dict[str, Any]:
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}


PATHS = {
    "/sites": {"get": get(several(SITE))},
    "/sites/{site_id}": {"get": get(SITE, "site_id")},
    "/sites/{site_id}/pitches": {"get": get(several({"oneOf": KINDS}), "site_id")},
    "/pitches/{pitch_id}": {"get": get({"oneOf": KINDS, "title": "Pitch"}, "pitch_id")},
    "/sites/{site_id}/reviews": {
        "get": get(several(REVIEW), "site_id"),
        "post": {"parameters": [in_path("site_id")], "responses": {"201": said(REVIEW)}, **sent(of({"text": TEXT}))},
    },
    "/reviews/{review_id}": {
        "delete": {"parameters": [in_path("review_id")], "responses": {"204": {"description": ""}}},
        "patch": {
            "parameters": [in_path("review_id")],
            "responses": {"200": said(REVIEW)},
            **sent({"type": "object", "properties": {"text": TEXT}}),
        },
    },
    "/bookings": {"get": get(several(BOOKING))},
    "/bookings/{booking_id}": {"get": get(BOOKING, "booking_id")},
}


@pytest.fixture(params=[False, True], ids=["stateless", "stateful"])
def running(contract_of: Written, request: pytest.FixtureRequest) -> Iterator[flowmock.Running]:
    with flowmock.running(contract_of(PATHS), stateful=request.param) as running:
        yield running


def test_a_read_gives_the_item_of_the_list(running: flowmock.Running, ask: Ask) -> None:
    for site in ask(running, "/sites").json:
        pitches = ask(running, f"/sites/{site['id']}/pitches").json
        assert pitches
        assert {pitch["site_id"] for pitch in pitches} == {site["id"]}
        assert [ask(running, f"/pitches/{pitch['id']}").json for pitch in pitches] == pitches


def test_a_read_gives_the_item_of_the_list_below_one_of_many(running: flowmock.Running, ask: Ask) -> None:
    for site in ask(running, "/sites", headers={"Prefer": "items=9"}).json:
        pitches = ask(running, f"/sites/{site['id']}/pitches").json
        assert pitches
        assert [ask(running, f"/pitches/{pitch['id']}").json for pitch in pitches] == pitches


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_lists_and_reads_agree_for_every_preferred_seed(running: flowmock.Running, ask: Ask, seed: int) -> None:
    def of_seed(path: str) -> Any:
        return ask(running, path, headers={"Prefer": f"seed={seed}"}).json

    sites = of_seed("/sites")
    assert sites != ask(running, "/sites").json
    assert [of_seed(f"/sites/{site['id']}") for site in sites] == sites
    pitches = of_seed(f"/sites/{sites[0]['id']}/pitches")
    assert [of_seed(f"/pitches/{pitch['id']}") for pitch in pitches] == pitches


def test_an_object_is_one_of_these_items(running: flowmock.Running, ask: Ask) -> None:
    for booking in ask(running, "/bookings").json:
        assert ask(running, f"/pitches/{booking['pitch']['id']}").json == booking["pitch"]
        assert booking["site_id"] == booking["pitch"]["site_id"]


def test_a_change_reaches_the_list(contract_of: Written, ask: Ask) -> None:
    headers = {"Content-Type": "application/json"}
    with flowmock.running(contract_of(PATHS), stateful=True) as running:

        def reviews() -> Any:
            return ask(running, path).json

        path = f"/sites/{ask(running, '/sites').json[0]['id']}/reviews"
        first, *others = reviews()
        made = ask(running, path, method="POST", headers=headers, body='{"text": "Nice"}').json
        assert reviews() == [first, *others, made]

        body = json.dumps({"text": "Better"})
        changed = ask(running, f"/reviews/{made['id']}", method="PATCH", headers=headers, body=body).json
        assert changed == {**made, "text": "Better"}
        assert ask(running, f"/reviews/{first['id']}", method="DELETE").status == 204
        assert reviews() == [*others, changed]
        assert ask(running, f"/reviews/{first['id']}", method="DELETE").status == 404
