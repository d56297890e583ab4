"""Values that follow from descriptions, from other schemas of the same name and from the list below an item."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

Ask = Callable[..., Any]
Written = Callable[..., Contract]
UUID, TEXT, WHOLE = {"type": "string", "format": "uuid"}, {"type": "string"}, {"type": "integer"}
MOMENT = {"type": "string", "format": "date-time"}


def of(*optional: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [each for each in properties if each not in optional],
        "properties": properties,
    }


def nullable(schema: Any, **more: Any) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}], **more}


def several(item: Any) -> dict[str, Any]:
    return {"type": "array", "items": item}


def said(schema: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


def does(status: str, schema: Any, body: Any = None, text: str = "", **more: Any) -> dict[str, Any]:
    sent = {"requestBody": {"content": {"application/json": {"schema": body}}}} if body else {}
    return {"responses": {status: said(schema), "404": {"description": ""}, **more}, "description": text, **sent}


def at(path: str, **operations: Any) -> dict[str, Any]:
    names = [each.partition("}")[0] for each in path.split("{")[1:]]
    parameters = [{"name": name, "in": "path", "required": True, "schema": UUID} for name in names]
    return {path: {**operations, "parameters": parameters}}


STATUS = {"type": "string", "enum": ["planned", "open", "sealed"]}
NEW_SAMPLE = of("photo_id", taken_at=MOMENT, level={"anyOf": [{"type": "number"}, TEXT]}, photo_id=nullable(UUID))
SAMPLE = of(
    id=UUID,
    taken_at=MOMENT,
    level=TEXT,
    change=nullable(TEXT, description="`null` for the first sample"),
    photo_id=nullable(UUID),
)
NEW_WELL = of("note", label=TEXT | {"examples": ["W-0041"], "description": "Unique"}, note=nullable(TEXT))
WELL = of(
    id=UUID,
    label=TEXT,
    status=STATUS,
    note=nullable(TEXT),
    sealed_at=nullable(MOMENT),
    sealed_by=nullable(TEXT),
    last_sample=nullable(SAMPLE),
    open_tasks=WHOLE,
    tasks=several(TEXT),
)
ROW = of(
    id=UUID,
    label=TEXT | {"examples": ["W-0041"]},
    status=STATUS,
    last_level=nullable(TEXT),
    last_taken_at=nullable(MOMENT),
)
PATHS = {
    **at(
        "/wells",
        get=does("200", several(ROW)),
        post=does("201", WELL, {"$ref": "#/components/schemas/NewWell"}, **{"409": {"description": "Conflict"}}),
    ),
    **at("/wells/{well_id}", get=does("200", WELL)),
    **at(
        "/wells/{well_id}/samples",
        get=does("200", several(SAMPLE), text="Latest first."),
        post=does("201", SAMPLE, {"$ref": "#/components/schemas/NewSample"}),
    ),
}


@pytest.fixture
def running(contract_of: Written) -> Iterator[flowmock.Running]:
    contract = contract_of(PATHS, components={"schemas": {"NewSample": NEW_SAMPLE, "NewWell": NEW_WELL}})
    with flowmock.running(contract, stateful=True) as running:
        yield running


def send(running: flowmock.Running, ask: Ask, path: str, **value: Any) -> Any:
    headers = {"content-type": "application/json"}
    return ask(running, path, method="POST", headers=headers, body=json.dumps(value))


def test_a_text_that_is_a_number_elsewhere_is_a_decimal_number(running: flowmock.Running, ask: Ask) -> None:
    for well in ask(running, "/wells").json:
        samples = ask(running, f"/wells/{well['id']}/samples").json
        assert all(re.fullmatch(r"\d+\.\d\d", each["level"]) for each in samples)


def test_an_item_shows_the_newest_one_of_its_list(running: flowmock.Running, ask: Ask) -> None:
    for well in ask(running, "/wells").json:
        samples = ask(running, f"/wells/{well['id']}/samples").json
        assert samples == sorted(samples, key=lambda each: each["taken_at"], reverse=True)
        assert ask(running, f"/wells/{well['id']}").json["last_sample"] == samples[0]
        assert (well["last_level"], well["last_taken_at"]) == (samples[0]["level"], samples[0]["taken_at"])


def test_a_new_item_has_null_for_what_nobody_said(running: flowmock.Running, ask: Ask) -> None:
    well = send(running, ask, "/wells", label="A-1").json
    path = f"/wells/{well['id']}/samples"
    assert [well[name] for name in ("note", "sealed_at", "sealed_by", "last_sample")] == [None] * 4
    samples = [
        send(running, ask, path, taken_at=f"2026-01-0{day}T10:00:00Z", level=f"{day}.5").json for day in (2, 3, 1)
    ]

    assert (samples[0]["change"], [each["photo_id"] for each in samples]) == (None, [None] * 3)
    assert [each["level"] for each in ask(running, path).json] == ["3.5", "2.5", "1.5"]
    assert ask(running, f"/wells/{well['id']}").json["last_sample"] == samples[1]


def test_what_is_unique_is_so(running: flowmock.Running, ask: Ask) -> None:
    labels = [each["label"] for each in ask(running, "/wells").json]

    assert len(set(labels)) == len(labels) > 1
    replies = [send(running, ask, "/wells", label=label) for label in ("B-1", "B-1", labels[1])]
    assert [each.status for each in replies] == [201, 409, 409]


def test_nothing_has_happened_that_belongs_to_a_later_status(running: flowmock.Running, ask: Ask) -> None:
    for row in ask(running, "/wells").json:
        well = ask(running, f"/wells/{row['id']}").json
        assert well["status"] == "sealed" or (well["sealed_at"], well["sealed_by"]) == (None, None)
        assert 0 <= well["open_tasks"] <= len(well["tasks"])


def in_query(name: str, schema: Any, text: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": text}


@pytest.mark.parametrize(
    "text", ["Only wells without samples (409 otherwise).", "409 if the well still has samples.", "Removes a well."]
)
def test_an_item_with_others_below_it_is_not_deleted_where_a_description_says_so(
    contract_of: Written, ask: Ask, text: str
) -> None:
    deletes = {"description": text, "responses": {"204": {"description": ""}, "409": {"description": ""}}}
    paths = PATHS | {"/wells/{well_id}": PATHS["/wells/{well_id}"] | {"delete": deletes}}
    components = {"schemas": {"NewSample": NEW_SAMPLE, "NewWell": NEW_WELL}}
    with flowmock.running(contract_of(paths, components=components), stateful=True) as running:
        ids = [ask(running, "/wells").json[0]["id"], send(running, ask, "/wells", label="A-1").json["id"]]
        replies = [ask(running, f"/wells/{item_id}", method="DELETE") for item_id in ids]

    assert [each.status for each in replies] == ([204, 204] if "Removes" in text else [409, 204])


@pytest.mark.parametrize(
    ("text", "is_hidden"),
    [
        ("May be repeated; sealed wells only come when asked for", True),
        ("Sealed ones are not listed unless this says so", True),
        ("Sealed wells, and others", False),
    ],
)
def test_some_items_are_only_listed_on_request(contract_of: Written, ask: Ask, text: str, is_hidden: bool) -> None:
    listed = does("200", several(ROW)) | {"parameters": [in_query("status", several(STATUS), text.lower())]}
    paths = {"/wells": {"get": listed}, "/wells/{well_id}": PATHS["/wells/{well_id}"]}
    with flowmock.running(contract_of(paths)) as running:
        found = {each["status"] for each in ask(running, "/wells").json}
        asked = {each["status"] for each in ask(running, "/wells?status=sealed&status=open").json}

    assert ("sealed" not in found, "open" in found) == (is_hidden, True)
    assert asked == {"sealed", "open"}
