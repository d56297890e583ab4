"""Which operations differ from an earlier document."""

import copy
from typing import Any

import pytest

from flowcontract.compatibility.diff.changed import changed_operations
from flowcontract.openapi.contract import Contract


def _document() -> dict[str, Any]:
    def operation(name: str, schema: str) -> dict[str, Any]:
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
        return {"operationId": name, "responses": {"200": {"description": "", "content": content}}}

    return {
        "openapi": "3.1.0",
        "info": {"title": "Shop", "version": "1"},
        "paths": {"/books": {"get": operation("books", "Books")}, "/shelves": {"get": operation("shelves", "Shelf")}},
        "components": {
            "schemas": {
                "Books": {"type": "array", "items": {"$ref": "#/components/schemas/Book"}},
                "Book": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Book"}}},
                "Shelf": {"type": "object"},
            }
        },
    }


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        ((), None, set()),
        (("info", "version"), "2", set()),
        (("paths", "/books", "get", "parameters"), [{"name": "q", "in": "query", "schema": {}}], {"books"}),
        (("paths", "/books", "parameters"), [{"name": "q", "in": "query", "schema": {}}], {"books"}),
        (("components", "schemas", "Book", "type"), "string", {"books"}),
        (("components", "schemas", "Shelf", "type"), "string", {"shelves"}),
        (("security",), [{"key": []}], {"books", "shelves"}),
        (("paths", "/pens"), {"get": {"operationId": "pens", "responses": {}}}, {"pens"}),
    ],
)
def test_an_operation_differs_also_by_what_it_refers_to(place: tuple[str, ...], value: Any, expected: set[str]) -> None:
    new = copy.deepcopy(_document())
    node = new
    for name in place[:-1]:
        node = node[name]
    if place:
        node[place[-1]] = value

    assert changed_operations(Contract(_document()), Contract(new)) == expected
