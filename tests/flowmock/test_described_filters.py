"""What descriptions say of filters, searches and orders of lists."""

import io
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract
from flowmock import startup
from flowmock.lists import selecting

Written = Callable[..., Contract]
TEXT = {"type": "string"}
ROOM = {
    "type": "object",
    "required": ["id", "name", "city", "floor"],
    "properties": {
        "id": {"type": "integer"},
        "name": TEXT,
        "city": TEXT,
        "floor": {"type": "integer", "minimum": 1, "maximum": 900},
        "keeper": {"anyOf": [{"type": "object", "properties": {"id": TEXT}, "required": ["id"]}, {"type": "null"}]},
    },
}


def parameter(name: str, schema: Any, description: str = "", *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description, "required": required}


def rooms(*parameters: Any, example: Any = None) -> dict[str, Any]:
    media: dict[str, Any] = {"schema": {"type": "array", "items": ROOM}}
    if example:
        media["example"] = example
    one = {"application/json": {"schema": ROOM}}
    made = {"201": {"description": "", "content": one}}
    return {
        "/rooms": {
            "get": {
                "parameters": list(parameters),
                "responses": {"200": {"description": "", "content": {"application/json": media}}},
            },
            "post": {"requestBody": {"content": one}, "responses": made},
        },
        "/rooms/{id}": {"get": {"responses": {"200": {"description": "", "content": one}}}},
    }


@pytest.mark.parametrize("text", ["Only rooms without a keeper", "Rooms that have no keeper; not with `keeper_id`"])
def test_a_filter_finds_what_its_description_says_is_not_there(contract_of: Written, ask: Any, text: str) -> None:
    contract = contract_of(rooms(parameter("unattended", {"type": "boolean", "default": False}, text)))
    with flowmock.running(contract) as running:
        known = ask(running, "/rooms", headers={"Prefer": "items=40"}).json
        found = ask(running, "/rooms?unattended=true", headers={"Prefer": "items=40"}).json
        every = ask(running, "/rooms?unattended=false", headers={"Prefer": "items=40"}).json

    assert every == known
    assert found == [each for each in known if not each.get("keeper")]
    assert 0 < len(found) < len(known)


@pytest.mark.parametrize("required", [True, False])
def test_a_search_is_in_the_texts_that_its_description_names(contract_of: Written, ask: Any, required: bool) -> None:
    paths = rooms(parameter("q", TEXT, "Searches the name", required=required))
    del paths["/rooms"]["post"]
    with flowmock.running(contract_of(paths)) as running:
        room = ask(running, "/rooms/7").json
        known = ask(running, f"/rooms?q={room['name'][:1]}").json
        for each in known:
            assert each in ask(running, f"/rooms?q={each['name'][:4]}").json
        assert ask(running, "/rooms?q=Qqqqq").json == []
        assert all(each["city"] not in each["name"] for each in known)
        assert [ask(running, f"/rooms?q={each['city']}").json for each in known] == [[]] * len(known)


def test_a_list_with_own_items_is_in_the_order_by_default(contract_of: Written, ask: Any) -> None:
    own = [{"id": number, "name": f"Room {number}", "city": "Rome", "floor": number} for number in (2, 3, 1)]
    order = parameter("sort", TEXT | {"enum": ["floor", "-floor"], "default": "-floor"})
    sent = {"id": 9, "name": "New", "city": "Rome", "floor": 2}
    with flowmock.running(contract_of(rooms(order, example=own)), stateful=True) as running:
        assert [each["floor"] for each in ask(running, "/rooms").json] == [2, 3, 1]
        headers = {"content-type": "application/json"}
        ask(running, "/rooms", method="POST", headers=headers, body=json.dumps(sent))
        assert [each["floor"] for each in ask(running, "/rooms").json] == [3, 2, 2, 1]


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("number, title or keeper name", "ada", "A"),
        ("number, title or keeper name", "engine", "B"),
        ("number, title or keeper name", "example", ""),
        ("title, keeper", "example", "A"),
        ("title", "ada", ""),
    ],
)
def test_a_search_is_in_the_texts_of_objects_that_its_description_names(text: str, value: str, expected: str) -> None:
    items: list[Any] = [
        {"id": "A", "title": "Well", "keeper": {"id": "1", "display_name": "Ada", "email": "x@example.com"}},
        {"id": "B", "title": "Engine", "keeper": None},
    ]
    search = SimpleNamespace(name="q", location="query", description=text, schema={}, resolve=dict)
    paths = selecting.searched(SimpleNamespace(parameters=[search]), items)  # type: ignore[arg-type]
    found = selecting.filtered(items, items[0], [("q", value)], search_in=paths)
    assert "".join(each["id"] for each in found) == expected


def test_an_order_by_named_values_and_counts_of_each(contract_of: Written, ask: Any) -> None:
    urgency = {"type": "string", "enum": ["low", "normal", "high", "critical"]}
    task = {
        "type": "object",
        "required": ["id", "urgency", "name"],
        "properties": {"id": {"type": "integer"}, "urgency": urgency, "name": TEXT},
    }
    counts = {"type": "object", "additionalProperties": {"type": "integer"}, "default": {}}
    whole = {name: {"type": "integer"} for name in ("low", "high", "total")}
    page = {
        "type": "object",
        "required": ["items"],
        "properties": {
            "items": {"type": "array", "items": task},
            "counts_by_urgency": counts,
            "urgency_counts": {"type": "object", "properties": whole},
        },
    }

    def gives(schema: Any) -> Any:
        return {"responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}}

    by = [parameter("sort", {"type": "string"}), parameter("urgency", urgency), parameter("limit", {"type": "integer"})]
    paths = {"/tasks": {"get": gives(page) | {"parameters": by}}, "/tasks/{id}": {"get": gives(task)}}
    with flowmock.running(contract_of(paths)) as running:
        found = ask(running, "/tasks?sort=-urgency&limit=3", headers={"Prefer": "items=20"}).json
        whole_list = ask(running, "/tasks?sort=-urgency", headers={"Prefer": "items=20"}).json
        low = ask(running, "/tasks?urgency=low", headers={"Prefer": "items=20"}).json

    values = [each["urgency"] for each in whole_list["items"]]
    assert values == sorted(values, key=urgency["enum"].index, reverse=True)
    assert found["counts_by_urgency"] == {value: values.count(value) for value in urgency["enum"]}
    assert found["urgency_counts"] == {"low": values.count("low"), "high": values.count("high"), "total": 20}
    assert low["counts_by_urgency"] == {"low": len(low["items"]), "normal": 0, "high": 0, "critical": 0}


@pytest.mark.parametrize("text", ["Rooms whose `floor` is lower.", "Rooms with a built_on earlier than this day"])
@pytest.mark.parametrize("name", ["stairs_max", "max_stairs"])
def test_a_bound_is_of_the_property_that_its_description_names(text: str, name: str) -> None:
    listed = SimpleNamespace(parameters=[SimpleNamespace(name=name, location="query", description=text)])
    items = [{"floor": 1, "built_on": "2020-01-01"}, {"floor": 7, "built_on": "2024-01-01"}, {"floor": None}]
    value = "3" if "floor" in text else "2022-05-05"

    query = selecting.as_described(listed, [(name, value)], ["floor", "built_on"])  # type: ignore[arg-type]

    assert selecting.filtered(items, ["floor", "built_on"], query) == items[:1]


def test_a_bound_that_names_a_property_is_of_that_one() -> None:
    text = "Rooms that were closed before, whatever `built_on` says"
    listed = SimpleNamespace(parameters=[SimpleNamespace(name="closed_before", location="query", description=text)])

    query = selecting.as_described(listed, [("closed_before", "2020-01-01")], ["closed_at", "built_on"])  # type: ignore[arg-type]

    assert query == [("closed_before", "2020-01-01")]


def test_a_year_is_that_of_the_property_that_its_description_names() -> None:
    listed = SimpleNamespace(
        parameters=[SimpleNamespace(name="year", location="query", description="Year of built on")]
    )
    items = [{"built_on": "2019-12-31"}, {"built_on": "2020-01-01"}, {"built_on": "2020-12-31"}]

    query = selecting.as_described(listed, [("year", "2020")], ["built_on"])  # type: ignore[arg-type]

    assert selecting.filtered(items, ["built_on"], query) == items[1:]


def test_a_search_by_something_is_by_its_name_or_number() -> None:
    text = "Part of serial number, units or location note"
    schema = SimpleNamespace(name="search", location="query", description=text)
    items = [{"serial_no": "A-1", "unit_name": "left", "location_note": "attic", "agent_name": "Ann", "label": "x"}]

    found = selecting.searched(SimpleNamespace(parameters=[schema]), items)  # type: ignore[arg-type]

    assert found == {("serial_no",), ("unit_name",), ("location_note",)}


def test_filters_without_effect_are_said_at_start(contract_of: Written) -> None:
    names = ("city", "floor_min", "refitted_before", "lang", "sort", "limit", "keeper_id", "unattended")
    whole = [parameter(name, {"type": "integer"} if name in ("floor_min", "limit") else TEXT) for name in names]
    with flowmock.running(contract_of(rooms(*whole)), stateful=True) as running:
        startup.show(running, out := io.StringIO())

    assert "Does not filter by: refitted_before, unattended (GET /rooms)\n" in out.getvalue()
