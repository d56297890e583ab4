"""Lists of any size, by a preference or a scenario."""

from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

BOOK = {
    "type": "object",
    "required": ["id", "title"],
    "properties": {"id": {"type": "integer", "readOnly": True}, "title": {"type": "string"}},
}
PAGE = {
    "type": "object",
    "required": ["total", "books"],
    "properties": {"total": {"type": "integer"}, "books": {"type": "array", "items": BOOK}},
}
META = {"type": "object", "properties": {"total_count": {"type": "integer"}, "total_pages": {"type": "integer"}}}


def get(schema: Any, example: Any = None, **more: Any) -> dict[str, Any]:
    media = {"schema": schema} | ({} if example is None else {"example": example})
    return {"get": {"responses": {"200": {"description": "OK", "content": {"application/json": media}}}, **more}}


def test_an_export_has_the_rows_of_its_list(contract_of: Any, ask: Any) -> None:
    shelf = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
    kind = {"type": "string", "enum": ["old", "new"]}
    whole = {"id": {"type": "integer"}, "title": {"type": "string"}, "kind": kind, "shelf": shelf}
    book = {"type": "object", "required": [*whole], "properties": whole}
    by_kind = {"name": "kind", "in": "query", "schema": kind}
    page = {"name": "page", "in": "query", "schema": {"type": "integer", "default": 1}}
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer", "default": 2}}
    name = {"Content-Disposition": {"schema": {"type": "string"}}}
    content = {"text/csv": {"schema": {"type": "string"}}}
    described = {"description": "CSV, semicolon separated, with BOM", "content": content, "headers": name}
    key = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    created = {"201": {"description": "", "content": {"application/json": {"schema": book}}}}
    paths = {
        "/books": get({"type": "array", "items": book}, parameters=[by_kind, page, limit])
        | {"post": {"requestBody": {"content": {"application/json": {"schema": book}}}, "responses": created}},
        "/books/{id}": get(book, parameters=[key]),
        "/books/export": {"get": {"parameters": [by_kind], "responses": {"200": described}}},
        "/elsewhere/report": {"get": {"responses": {"200": described}}},
    }
    for stateful in (False, True):
        with flowmock.running(contract_of(paths), stateful=stateful) as running:
            listed = ask(running, "/books?limit=50").json
            export = ask(running, "/books/export")
            lines = export.body.decode("utf-8").splitlines()
            new = ask(running, "/books/export?kind=new").body.decode("utf-8").splitlines()
            sized = ask(running, "/books/export", headers={"Prefer": "items=30"}).body.splitlines()
            other = ask(running, "/elsewhere/report")

        assert lines[0] == "\ufeffid;title;kind;shelf"
        assert [line.split(";")[:3] for line in lines[1:]] == [
            [str(each["id"]), each["title"], each["kind"]] for each in listed
        ]
        assert new[1:] == [line for line in lines[1:] if line.split(";")[2] == "new"]
        assert len(sized) == 31
        assert export["content-disposition"] == 'attachment; filename="books.csv"'
        assert (other.status, other["content-type"]) == (200, "text/csv")


@pytest.fixture(scope="module")
def library():
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer", "default": 20}}
    key = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    paths = {
        "/books": get(PAGE, parameters=[limit]),
        "/books/{id}": get(BOOK, parameters=[key]),
        "/tags": get({"type": "array", "items": {"type": "string"}}, ["old", "new"]),
        "/books/{id}/loans": get(
            {
                "type": "object",
                "properties": {"loans": {"type": "array", "items": {"type": "string"}}, "meta": META},
            },
            {"loans": ["Ann", "Bob"], "meta": {"total_count": 2, "total_pages": 1}},
            parameters=[limit, key],
        ),
        "/shelves": get({"type": "array", "items": BOOK}, [{"id": 1, "title": "Left"}, {"id": 2, "title": "Right"}]),
        "/summary": get(
            {
                "type": "object",
                "properties": {
                    "late": {"type": "integer"},
                    "mine": {"type": "integer"},
                    "groups": {"type": "array", "items": BOOK},
                },
            },
            {"late": 2, "mine": 3, "groups": [{"id": 1, "title": "Left"}]},
        ),
        "/rooms": get({"type": "array", "minItems": 1, "items": {"type": "string"}}, ["hall"]),
    }
    contract = Contract({"openapi": "3.1.0", "info": {"title": "Library", "version": "1"}, "paths": paths})
    with flowmock.running(contract) as running:
        yield running


def asked(library: Any, ask: Any, path: str, preference: str) -> Any:
    return ask(library, path, headers={"Prefer": preference})


@pytest.mark.parametrize("size", [0, 1, 7])
def test_a_list_has_as_many_items_as_are_asked_for(library, ask, size):
    answer = asked(library, ask, "/books", f"items={size}")

    assert len(answer.json["books"]) == answer.json["total"] == size
    assert len({book["id"] for book in answer.json["books"]}) == size
    assert answer["preference-applied"] == f"items={size}"


def test_each_generated_item_can_be_read(library, ask):
    for book in asked(library, ask, "/books", "items=5").json["books"]:
        assert ask(library, f"/books/{book['id']}").json == book


def test_pages_are_of_the_whole_list(library, ask):
    answer = asked(library, ask, "/books?limit=10", "items=64")

    assert (len(answer.json["books"]), answer.json["total"]) == (10, 64)


def test_an_examples_items_come_first_and_others_have_other_ids(library, ask):
    shelves = asked(library, ask, "/shelves", "items=4").json

    assert [shelf["title"] for shelf in shelves[:2]] == ["Left", "Right"]
    assert len({shelf["id"] for shelf in shelves}) == 4


def test_a_list_of_plain_values_is_repeated_or_cut(library, ask):
    assert asked(library, ask, "/tags", "items=3").json == ["old", "new", "old"]
    assert asked(library, ask, "/tags", "items=0").json == []


@pytest.mark.parametrize(("size", "shown", "pages"), [(0, 0, 0), (3, 3, 1), (64, 20, 4)])
def test_what_stands_beside_a_list_of_plain_values_agrees_with_it(library, ask, size, shown, pages):
    page = asked(library, ask, "/books/4/loans", f"items={size}").json

    assert (len(page["loans"]), page["meta"]) == (shown, {"total_count": size, "total_pages": pages})


@pytest.mark.parametrize("path", ["/books/4", "/rooms"])
def test_what_cannot_have_this_size_is_refused_with_the_reason(library, ask, path):
    answer = asked(library, ask, path, "items=0")

    assert answer.status == 400
    assert "needs a response with a list" in answer.json["detail"]


@pytest.mark.parametrize(("scenario", "size"), [("empty-list", 0), ("one-item", 1), ("many-items", 200)])
def test_a_scenario_changes_every_list(library, ask, scenario, size):
    answer = asked(library, ask, "/books", f"scenario={scenario}")

    assert answer.json["total"] == size
    assert len(answer.json["books"]) == min(size, 20)
    assert len(asked(library, ask, "/tags", f"scenario={scenario}").json) == size


def test_a_scenario_leaves_what_is_no_list(library, ask):
    assert asked(library, ask, "/books/4", "scenario=empty-list").json == ask(library, "/books/4").json
    assert asked(library, ask, "/rooms", "scenario=empty-list").json == ["hall"]
    assert asked(library, ask, "/summary", "scenario=many-items").json == ask(library, "/summary").json
    assert len(asked(library, ask, "/summary", "items=5").json["groups"]) == 5
