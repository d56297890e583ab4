"""Which operations create, read, list and change the same resources, and what they refer to."""

from typing import Any

import pytest

from flowcontract.generation.sequences.kinds import kinds, object_in
from flowcontract.openapi.contract import Contract


def _operation(name: str, body: dict[str, Any] | None = None, *parameters: str) -> dict[str, Any]:
    found: dict[str, Any] = {"operationId": name, "responses": {"200": {"description": "Done."}}}
    found["parameters"] = [
        {"name": p, "in": "path", "required": True, "schema": {"type": "string"}} for p in parameters
    ]
    return found | ({"requestBody": {"content": {"application/json": {"schema": body}}}} if body else {})


def _contract(review: dict[str, Any]) -> Contract:
    author, review = {"type": "object"}, {"type": "object", "properties": review}
    return Contract(
        {
            "openapi": "3.1.0",
            "info": {"title": "Shop", "version": "1"},
            "paths": {
                "/authors": {"get": _operation("authors"), "post": _operation("addAuthor", author)},
                "/authors/{id}": {"get": _operation("author", None, "id")},
                "/reviews": {"post": _operation("addReview", review)},
                "/reviews/{id}": {"get": _operation("review", None, "id"), "delete": _operation("drop", None, "id")},
                "/archive/{id}": {"get": _operation("archived", None, "id")},
            },
        }
    )


@pytest.mark.parametrize(
    ("schema", "refers"),
    [
        ({"author_id": {"type": "string"}}, True),
        ({"author": {"type": "integer"}}, True),
        ({"author": {"type": ["integer", "null"]}}, True),
        ({"author": {"type": "string", "format": "uuid"}}, True),
        ({"author": {"type": "string"}}, False),
        ({"author_code": {"type": "string"}}, False),
        ({"first_author": {"type": "integer"}}, True),
        ({"firstAuthorId": {"type": "integer"}}, True),
        ({"first_author_name": {"type": "string"}}, False),
        ({"max_author": {"type": "integer"}}, False),
        ({"all_authors": {"type": "integer"}}, False),
        ({"authors": {"type": "integer"}}, False),
    ],
)
def test_a_key_named_like_another_kind_refers_to_it(schema: dict[str, Any], refers: bool) -> None:
    found = kinds(list(_contract(schema).operations.values()))
    referred = found[-1].references.values()

    assert [other.name for other in found if other.item_path in referred] == (["authors"] if refers else [])


def test_put_creates_where_201_is_documented_and_nothing_else_creates() -> None:
    put, read = _operation("saveTag", {"type": "object"}, "name"), _operation("tag", None, "name")
    paths: dict[str, Any] = {"/tags": {"get": _operation("tags")}, "/tags/{name}": {"get": read, "put": put}}
    document = {"openapi": "3.1.0", "info": {"title": "Tags", "version": "1"}, "paths": paths}

    def found() -> list[tuple[str, str, bool]]:
        operations = list(Contract(document).operations.values())
        return [
            (kind.create.method, kind.list.id if kind.list else "", kind.has_chosen_ids) for kind in kinds(operations)
        ]

    assert found() == []
    put["responses"]["201"] = {"description": "Created."}
    assert found() == [("PUT", "tags", True)]
    paths["/tags"]["post"] = _operation("addTag", {"type": "object"})
    assert found() == [("POST", "tags", False)]


def test_pairs_say_where_what_is_created_is_found() -> None:
    operations = list(_contract({}).operations.values())

    assert {kind.item_path for kind in kinds(operations)} == {"/authors/{id}", "/reviews/{id}"}
    assert {kind.item_path for kind in kinds(operations, {"addReview": "/archive/{id}", "addAuthor": ""})} == {
        "/archive/{id}"
    }


def test_a_parent_is_known_whichever_path_is_longer() -> None:
    body = {"type": "object"}
    paths: dict[str, Any] = {
        "/books/{id}/reviews": {"post": _operation("addReview", body, "id")},
        "/reviews/{id}": {"get": _operation("review", None, "id")},
        "/libraries/{id}/books": {"post": _operation("addBook", body, "id")},
        "/books/{id}": {"get": _operation("book", None, "id")},
        "/libraries": {"post": _operation("addLibrary", body)},
        "/libraries/{id}": {"get": _operation("library", None, "id")},
    }
    contract = Contract({"openapi": "3.1.0", "info": {"title": "Libraries", "version": "1"}, "paths": paths})

    found = kinds(list(contract.operations.values()))

    assert [(kind.name, kind.parent.name if kind.parent else "") for kind in found] == [
        ("libraries", ""),
        ("books", "libraries"),
        ("reviews", "books"),
    ]


@pytest.mark.parametrize(
    ("body", "inner"),
    [
        ({"id": "7", "author": {"id": "8"}}, None),
        ({"data": {"id": "7"}}, "data"),
        ({"code": 201, "data": {"id": "7"}, "message": "Created."}, "data"),
        ({"code": "a7", "shelf": {"name": "hall"}}, None),
        ({"message": "Created."}, None),
        ([], None),
    ],
)
def test_one_resource_stands_by_itself_or_in_an_envelope(body: Any, inner: str | None) -> None:
    author = kinds(list(_contract({}).operations.values()))[0]

    assert object_in(author, body) == (body[inner] if inner else body)


def _below(parameter: str = "task", *, flat_creation: bool = False) -> Contract:
    """Tasks that are created and read below their project, and changed without it."""
    flat: dict[str, Any] = {"get": _operation("tasks"), **({"post": _operation("add", {})} if flat_creation else {})}
    paths: dict[str, Any] = {
        "/projects": {"post": _operation("addProject", {"type": "object"})},
        "/projects/{project}": {"get": _operation("project", None, "project")},
        "/projects/{project}/tasks": {"post": _operation("addTask", {"type": "object"}, "project")},
        "/projects/{project}/tasks/{task}": {"get": _operation("taskOfProject", None, "project", "task")},
        "/tasks": flat,
        f"/tasks/{{{parameter}}}": {"delete": _operation("drop", None, parameter)},
        f"/tasks/{{{parameter}}}/notes": {"post": _operation("addNote", {"type": "object"}, parameter)},
        "/notes/{note}": {"get": _operation("note", None, "note")},
    }
    return Contract({"openapi": "3.1.0", "info": {"title": "Tasks", "version": "1"}, "paths": paths})


def test_what_is_created_below_a_parent_has_a_second_path_of_the_same_names() -> None:
    found = kinds(list(_below().operations.values()))

    of_tasks = {kind.item_path: kind for kind in found if kind.create.id == "addTask"}
    assert set(of_tasks) == {"/projects/{project}/tasks/{task}", "/tasks/{task}"}
    assert of_tasks["/tasks/{task}"].delete
    (note,) = (kind for kind in found if kind.name == "notes")
    assert note.parent
    assert note.parent.item_path == "/tasks/{task}"


@pytest.mark.parametrize(
    ("contract", "pairs"),
    [
        (_below("id"), {}),
        (_below(flat_creation=True), {}),
        (_below(), {"addTask": "/projects/{project}/tasks/{task}"}),
    ],
    ids=["another parameter", "another creation", "--pair"],
)
def test_a_second_path_is_not_guessed(contract: Contract, pairs: dict[str, str]) -> None:
    found = kinds(list(contract.operations.values()), pairs)

    assert [kind.item_path for kind in found if kind.create.id == "addTask"] == ["/projects/{project}/tasks/{task}"]


def test_a_resource_with_an_array_of_children_is_no_batch_of_them() -> None:
    line = {"type": "object", "properties": {"text": {"type": "string"}}}
    lines = {"type": "array", "items": line}
    paths = {
        "/bills": {"post": _operation("addBill", {"type": "object", "properties": {"lines": lines}})},
        "/bills/{id}": {"get": _operation("bill", None, "id")},
        "/bills/{id}/lines": {"post": _operation("addLine", line, "id")},
        "/bills/{id}/lines/batch": {"post": _operation("addLines", lines, "id")},
        "/bills/{id}/lines/{line}": {"get": _operation("line", None, "id", "line")},
    }
    contract = Contract({"openapi": "3.1.0", "info": {"title": "Bills", "version": "1"}, "paths": paths})

    found = {kind.name: [one.id for one in kind.batches] for kind in kinds(list(contract.operations.values()))}

    assert found == {"bills": [], "lines": ["addLines"]}
