"""Collections of items of another one, which clients add and remove by their IDs: favorites, members of a team."""

from collections.abc import Callable
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

Ask = Callable[..., Any]
Written = Callable[..., Contract]

TEXT = {"type": "string"}
BOOK = {
    "type": "object",
    "required": ["id", "title", "is_favorite"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "title": TEXT,
        "is_favorite": {"type": "boolean"},
        "summary": TEXT,
    },
}
SHORT = {**BOOK, "properties": {name: BOOK["properties"][name] for name in ("id", "title", "is_favorite")}}


def said(schema: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


BY_ID = [{"name": "book_id", "in": "path", "required": True, "schema": BOOK["properties"]["id"]}]
CHANGED = {"responses": {"204": {"description": ""}, "404": {"description": ""}}}
PATHS = {
    "/books": {"get": {"responses": {"200": said({"type": "array", "items": SHORT})}}},
    "/books/{book_id}": {"get": {"responses": {"200": said(BOOK)}}, "parameters": BY_ID},
    "/me/favorites": {"get": {"responses": {"200": said({"type": "array", "items": SHORT})}}},
    "/me/favorites/{book_id}": {"put": CHANGED, "delete": CHANGED, "parameters": BY_ID},
}


@pytest.mark.parametrize("stateful", [False, True])
def test_members_are_items_of_the_other_collection(contract_of: Written, ask: Ask, *, stateful: bool) -> None:
    with flowmock.running(contract_of(PATHS), stateful=stateful) as running:
        titles = {book["id"]: book["title"] for book in ask(running, "/books").json}
        favorites = ask(running, "/me/favorites").json

    assert 0 < len(favorites) < len(titles)
    assert all(titles[book["id"]] == book["title"] for book in favorites)
    assert all(book["is_favorite"] for book in favorites)


def test_a_put_adds_an_item_that_exists_and_a_deletion_removes_it(contract_of: Written, ask: Ask) -> None:
    with flowmock.running(contract_of(PATHS), stateful=True) as running:

        def favorites() -> list[str]:
            return [book["id"] for book in ask(running, "/me/favorites").json]

        before = favorites()
        other = next(book["id"] for book in ask(running, "/books").json if book["id"] not in before)
        unknown = "00000000-0000-4000-8000-000000000000"
        for _ in range(2):
            assert ask(running, f"/me/favorites/{other}", method="PUT").status == 204
        assert favorites() == [*before, other]
        assert ask(running, f"/books/{other}").json["is_favorite"] is True
        assert ask(running, f"/me/favorites/{unknown}", method="PUT").status == 404
        assert ask(running, f"/me/favorites/{other}", method="DELETE").status == 204
        assert favorites() == before
        assert ask(running, f"/books/{other}").json["is_favorite"] is False
