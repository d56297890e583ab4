"""Items show those of another collection that belong to them, and objects within others are the items themselves."""

import json
from collections.abc import Callable
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

Ask = Callable[..., Any]

BOOK = {
    "type": "object",
    "required": ["id", "author_id"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "author_id": {"type": "integer"},
        "isbn": {"type": "string"},
        "pages": {"type": "integer"},
        "published_on": {"type": "string", "format": "date"},
        "chapters": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "title"],
                "properties": {"id": {"type": "integer"}, "title": {"type": "string"}},
            },
        },
    },
}
AUTHOR = {
    "type": "object",
    "required": ["id", "book_count", "books"],
    "properties": {
        "id": {"type": "integer"},
        "book_count": {"type": "integer"},
        "books": {"type": "array", "items": {"$ref": "#/components/schemas/Book"}},
    },
}
LOAN = {
    "type": "object",
    "required": ["id", "book"],
    "properties": {"id": {"type": "integer"}, "book": {"$ref": "#/components/schemas/Book"}},
}


def library() -> Contract:
    paths: dict[str, Any] = {}
    for name, schema in (("authors", "Author"), ("books", "Book"), ("loans", "Loan")):
        item = {"$ref": f"#/components/schemas/{schema}"}
        content, listed = ({"application/json": {"schema": each}} for each in (item, {"type": "array", "items": item}))
        path_id = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
        paths[f"/{name}"] = {
            "get": {"responses": {"200": {"description": "", "content": listed}}},
            "post": {
                "requestBody": {"required": True, "content": content},
                "responses": {"201": {"description": "", "content": content}},
            },
        }
        paths[f"/{name}/{{id}}"] = {
            "parameters": [path_id],
            "get": {"responses": {"200": {"description": "", "content": content}}},
        }
    schemas = {"Author": AUTHOR, "Book": BOOK, "Loan": LOAN}
    return Contract(
        {
            "openapi": "3.1.0",
            "info": {"title": "Library", "version": "1"},
            "paths": paths,
            "components": {"schemas": schemas},
        }
    )


@pytest.mark.parametrize("stateful", [True, False])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_an_item_has_those_that_belong_to_it(ask: Ask, seed: int, stateful: bool) -> None:
    with flowmock.running(library(), seed=seed, stateful=stateful) as running:
        authors, books = (ask(running, path).json for path in ("/authors", "/books"))
        reads = [ask(running, f"/authors/{author['id']}").json for author in authors]

    assert reads == authors
    assert [author["books"] for author in authors] == [
        [book for book in books if book["author_id"] == author["id"]] for author in authors
    ]
    assert [author["book_count"] for author in authors] == [len(author["books"]) for author in authors]


def test_what_a_client_creates_belongs_to_its_owner(ask: Ask) -> None:
    with flowmock.running(library(), stateful=True) as running:
        author = ask(running, "/authors").json[0]
        body = json.dumps({"author_id": author["id"]})
        ask(running, "/books", method="POST", headers={"Content-Type": "application/json"}, body=body)
        after = ask(running, f"/authors/{author['id']}").json

    assert after["book_count"] == len(after["books"]) == author["book_count"] + 1


@pytest.mark.parametrize("seed", range(4))
def test_an_object_within_another_has_the_optional_members_of_the_item(ask: Ask, seed: int) -> None:
    with flowmock.running(library(), seed=seed) as running:
        held = [loan["book"] for loan in ask(running, "/loans").json]
        reads = [ask(running, f"/books/{book['id']}").json for book in held]

    assert [{**book, "chapters": 0} for book in held] == [{**book, "chapters": 0} for book in reads]
