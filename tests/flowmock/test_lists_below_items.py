"""What an item says of the list below it: counts, its newest items, and when the newest one was."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

Ask = Callable[..., Any]
Written = Callable[..., Contract]
UUID, TEXT, NUMBER = {"type": "string", "format": "uuid"}, {"type": "string"}, {"type": "integer", "minimum": 0}
MOMENT = {"type": "string", "format": "date-time"}


def of(properties: dict[str, Any], *optional: str) -> dict[str, Any]:
    return {"type": "object", "required": [*properties.keys() - set(optional)], "properties": properties}


def several(item: Any, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": item, **more}


def said(schema: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


def get(schema: Any, *parameters: str) -> dict[str, Any]:
    in_path = [{"name": name, "in": "path", "required": True, "schema": UUID} for name in parameters]
    return {"responses": {"200": said(schema), "404": {"description": ""}}, "parameters": in_path}


LOAN = {"id": UUID, "book_id": UUID, "reader": TEXT}
PART = {"id": UUID, "rack_id": UUID, "name": TEXT, "released_at": MOMENT}
BOOK = of({**PART, "loan_count": NUMBER, "pages": {"type": "integer", "minimum": 1}})
LISTED = of(PART)
COVER = of({"url": {"type": "string", "format": "uri"}})
RACK = {"id": UUID, "name": TEXT, "book_count": NUMBER}
WHOLE = of({**RACK, "cover": COVER, "latest_books": several(LISTED, maxItems=2), "total_books": NUMBER})
LINE = of({**RACK, "cover_url": {"type": "string", "format": "uri"}, "last_released_at": MOMENT}, "last_released_at")
ORDER = {"name": "sort", "in": "query", "schema": {"enum": ["last_released_at", "-last_released_at"]}}

PATHS = {
    "/racks": {"get": get(several(LINE)) | {"parameters": [ORDER]}},
    "/racks/{rack_id}": {"get": get(WHOLE, "rack_id")},
    "/racks/{rack_id}/books": {"get": get(several(LISTED), "rack_id")},
    "/books/{book_id}": {"get": get(BOOK, "book_id")},
    "/books/{book_id}/loans": {"get": get(several(of(LOAN)), "book_id")},
}


@pytest.fixture(params=[False, True], ids=["stateless", "stateful"])
def running(contract_of: Written, request: pytest.FixtureRequest) -> Iterator[flowmock.Running]:
    with flowmock.running(contract_of(PATHS), stateful=request.param) as running:
        yield running


def test_the_newest_items_are_those_of_the_list(running: flowmock.Running, ask: Ask) -> None:
    for rack in ask(running, "/racks").json:
        books = ask(running, f"/racks/{rack['id']}/books").json
        latest = ask(running, f"/racks/{rack['id']}").json["latest_books"]

        assert latest == sorted(books, key=lambda book: book["released_at"], reverse=True)[:2]
        for book in latest:
            assert ask(running, f"/books/{book['id']}").json.items() >= book.items()


def test_counts_are_those_of_the_list(running: flowmock.Running, ask: Ask) -> None:
    for rack in ask(running, "/racks").json:
        books = ask(running, f"/racks/{rack['id']}/books").json
        read = ask(running, f"/racks/{rack['id']}").json

        assert {rack["book_count"], read["book_count"], read["total_books"]} == {len(books)}
        for book in books:
            loans = ask(running, f"/books/{book['id']}/loans").json
            assert ask(running, f"/books/{book['id']}").json["loan_count"] == len(loans)


def test_members_that_only_the_list_has(running: flowmock.Running, ask: Ask) -> None:
    for rack in ask(running, "/racks").json:
        books = ask(running, f"/racks/{rack['id']}/books").json

        assert rack["cover_url"] == ask(running, f"/racks/{rack['id']}").json["cover"]["url"]
        assert rack.get("last_released_at") in (None, max(book["released_at"] for book in books))


def test_a_list_is_sorted_by_a_member_that_only_it_has(running: flowmock.Running, ask: Ask) -> None:
    racks = ask(running, "/racks?sort=-last_released_at").json
    moments = [rack.get("last_released_at", "") for rack in racks]

    assert moments == sorted(moments, reverse=True)
    assert len(set(moments)) > 1


def test_creations_and_deletions_count(contract_of: Written, ask: Ask) -> None:
    loan = of(LOAN)
    given = {"requestBody": {"content": {"application/json": {"schema": of({"reader": TEXT})}}}}
    in_path = get(loan, "book_id")["parameters"]
    paths = PATHS | {
        "/books/{book_id}/loans": PATHS["/books/{book_id}/loans"]
        | {"post": {"parameters": in_path, "responses": {"201": said(loan)}, **given}},
        "/books/{book_id}/loans/{loan_id}": {
            "delete": {
                "parameters": get(loan, "book_id", "loan_id")["parameters"],
                "responses": {"204": {"description": ""}},
            }
        },
    }
    with flowmock.running(contract_of(paths), stateful=True) as running:
        rack = ask(running, "/racks").json[0]
        book, other = (f"/books/{each['id']}" for each in ask(running, f"/racks/{rack['id']}/books").json[:2])
        before = ask(running, book).json["loan_count"]
        made = ask(running, f"{book}/loans", method="POST", body='{"reader": "Ann"}').json
        elsewhere = ask(running, f"{other}/loans", method="POST", body='{"reader": "Ann"}').json
        more = ask(running, book).json["loan_count"]
        ask(running, f"{book}/loans/{made['id']}", method="DELETE")

        assert (more, ask(running, book).json["loan_count"]) == (before + 1, before)
        assert made["id"] != elsewhere["id"]


def test_nothing_is_below_what_was_just_created(contract_of: Written, ask: Ask) -> None:
    given = {"requestBody": {"content": {"application/json": {"schema": of({"name": TEXT})}}}}
    paths = PATHS | {"/racks": {**PATHS["/racks"], "post": {"responses": {"201": said(WHOLE)}, **given}}}
    with flowmock.running(contract_of(paths)) as running:
        made = ask(running, "/racks", method="POST", body='{"name": "New"}').json

    assert (made["book_count"], made["total_books"], made["latest_books"]) == (0, 0, [])


@pytest.mark.parametrize("stateful", [False, True])
def test_an_object_is_the_item_that_the_path_ends_with(contract_of: Written, ask: Ask, stateful: bool) -> None:
    held = said(of({"rack": LINE, "notify": {"type": "boolean"}}))
    put = {"parameters": get(LINE, "rack_id")["parameters"], "responses": {"200": held}}
    paths = PATHS | {"/me/favorites/{rack_id}": {"put": put}}
    with flowmock.running(contract_of(paths), stateful=stateful) as running:
        for rack in ask(running, "/racks").json:
            found = ask(running, f"/me/favorites/{rack['id']}", method="PUT").json["rack"]
            assert found.items() <= rack.items()
