"""Generated items whose schema has an example of their names: only the first one is called so."""

from collections.abc import Callable
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

TEXT = {"type": "string"}
COURSE = {
    "type": "object",
    "required": ["id", "title", "slug", "level", "city"],
    "properties": {
        "id": TEXT | {"format": "uuid"},
        "title": TEXT | {"examples": ["Jazz piano"]},
        "slug": TEXT | {"pattern": "^[a-z-]+$"},
        "level": TEXT | {"enum": ["low", "high"], "examples": ["low"]},
        "city": TEXT | {"examples": ["Rome"]},
    },
}


@pytest.mark.parametrize("stateful", [True, False])
@pytest.mark.parametrize("data", [True, False])
def test_items_have_names_of_their_own_but_for_the_first(
    stateful: bool, data: bool, contract_of: Callable[..., Contract], ask: Any
) -> None:
    item = {"type": "object", "required": ["data"], "properties": {"data": COURSE}} if data else COURSE
    schemas = {"/courses": {"type": "array", "minItems": 3, "items": COURSE}, "/courses/{id}": item}
    paths = {
        path: {"get": {"responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}}}
        for path, schema in schemas.items()
    }
    with flowmock.running(contract_of(paths), stateful=stateful) as running:
        items = ask(running, "/courses").json
        read = [ask(running, f"/courses/{each['id']}").json for each in items]
        other = ask(running, "/courses/7c0f7c5e-51c1-4d1f-8f5e-1f2d3c4b5a69").json

    assert [each["data"] if data else each for each in read] == items
    assert items[0]["title"] == "Jazz piano"
    assert len({each["title"] for each in items}) == len({each["slug"] for each in items}) == len(items) > 1
    assert {each["city"] for each in items} == {"Rome"}
    if not stateful:
        assert (other["data"] if data else other)["title"] == "Jazz piano"


def test_another_mock_reads_the_items_of_a_longer_list_with_the_same_names(
    contract_of: Callable[..., Contract], ask: Any
) -> None:
    schemas = {"/courses": {"type": "array", "items": COURSE}, "/courses/{id}": COURSE}
    paths = {
        path: {"get": {"responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}}}
        for path, schema in schemas.items()
    }
    with flowmock.running(contract_of(paths)) as running:
        items = ask(running, "/courses", headers={"Prefer": "items=30"}).json
    with flowmock.running(contract_of(paths)) as running:
        read = [ask(running, f"/courses/{each['id']}").json for each in items]

    assert len(items) == 30
    assert read == items


def test_what_only_one_status_has_is_there_with_this_status_alone(
    contract_of: Callable[..., Contract], ask: Any
) -> None:
    entry = {
        "type": "object",
        "required": ["id", "status", "place"],
        "properties": {
            "id": TEXT,
            "status": TEXT | {"enum": ["waiting", "confirmed", "left", "gone"]},
            "place": {"type": "integer", "nullable": True, "description": "Only while waiting."},
        },
    }
    schemas = {"/entries": {"type": "array", "minItems": 3, "items": entry}, "/entries/{id}": entry}
    status = {"name": "status", "in": "query", "schema": {"type": "string"}}
    paths = {
        path: {
            "get": {
                "parameters": [] if "{" in path else [status],
                "responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}},
            }
        }
        for path, schema in schemas.items()
    }
    del paths["/entries/{id}"]
    with flowmock.running(contract_of(paths)) as running:
        found = [ask(running, "/entries", headers={"Prefer": f"seed={seed}"}).json for seed in range(12)]
    items = [item for items in found for item in items]

    assert {each["status"] for each in items} == {"waiting", "confirmed", "left", "gone"}
    assert [each["status"] for each in items if each["place"] is not None and each["status"] != "waiting"] == []
