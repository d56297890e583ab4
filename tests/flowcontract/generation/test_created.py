"""What counts as created by a run, and which unsafe requests it permits."""

import json
from typing import Any

import pytest
from tests.flowcontract.engine.shop import DOCUMENT

from flowcontract.generation.created import CreatedResources, Values
from flowcontract.generation.request_builder import OTHER_TOKEN
from flowcontract.http.messages import Request
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

CONTRACT = Contract(DOCUMENT)
AUTHOR = CONTRACT.operation("delete_author")
BOOK = CONTRACT.operation("delete_book")


def _created(operation: str, values: Values, body: Any, status: int = 201, location: str = "") -> CreatedResources:
    created = CreatedResources(CONTRACT, {})
    created.observe(CONTRACT.operation(operation), values, status, body, location=location)
    return created


def _permits(created: CreatedResources, operation: str, **values: str) -> bool:
    return created.permits(CONTRACT.operation(operation), values)


def _paths(created: CreatedResources) -> list[tuple[str, Values]]:
    return [(item.path, item.values) for item in created.alive]


@pytest.mark.parametrize(
    ("body", "location"),
    [
        ({"id": 6}, ""),
        ({"data": {"id": 6}}, ""),
        ({"id": 6}, "http://[no-address/authors/6"),
        (None, "/authors/6/"),
        (None, "http://127.0.0.1:8000/v1/authors/6"),
    ],
    ids=["body", "envelope", "broken Location", "Location", "absolute Location"],
)
def test_an_id_that_a_creation_returned_counts_for_its_collection_alone(body: Any, location: str) -> None:
    created = _created("create_authors", {}, body, location=location)

    assert _permits(created, "delete_author", id="6")
    assert _permits(created, "lend", id="6")
    assert _permits(created, "create_notes", id="6")
    assert not _permits(created, "delete_author", id="7")
    assert not _permits(created, "delete_book", id="6")
    assert not _permits(created, "borrow", id="6")
    assert not _permits(created, "delete_note", id="6", note="6")


def test_what_another_thread_sees_while_a_creation_is_sent_is_still_created() -> None:
    created, create = CreatedResources(CONTRACT, {}), CONTRACT.operation("create_authors")
    one = CONTRACT.operation("get_author")
    created.observe(one, {"id": "5"}, 200, {"id": 5})
    sent_at = created.moment
    created.observe(one, {"id": "6"}, 200, {"id": 6})

    created.observe(create, {}, 201, {"id": 6}, sent_at=sent_at)
    created.observe(create, {}, 201, {"id": 5}, sent_at=sent_at)

    assert _paths(created) == [("/authors/{id}/", {"id": "6"})], "5 was there before"
    assert list(created.unknown()) == ["POST /authors/ (ID 5)"]


def test_a_child_counts_with_its_parents() -> None:
    created = _created("create_notes", {"id": "6"}, {"id": 9})

    assert _permits(created, "delete_note", id="6", note="9")
    assert not _permits(created, "delete_note", id="7", note="9")
    assert not _permits(created, "delete_author", id="6")


def test_what_an_action_creates_is_the_run_s_own() -> None:
    created = _created("lend", {"id": "6"}, {"id": 9, "due": "2027-01-01"})

    assert _paths(created) == [("/loans/{id}/", {"id": "9"})]
    assert _permits(created, "delete_loan", id="9")


@pytest.mark.parametrize("status", [200, 202, 204])
def test_an_action_without_201_creates_nothing(status: int) -> None:
    assert _paths(_created("lend", {"id": "6"}, {"id": 9}, status)) == []


@pytest.mark.parametrize(
    ("operation", "values", "body"),
    [("list_authors", {}, [{"id": 6}]), ("get_author", {"id": "6"}, {"id": 6})],
    ids=["list", "read"],
)
def test_what_was_seen_before_is_not_created(operation: str, values: Values, body: Any) -> None:
    created = CreatedResources(CONTRACT, {})

    created.observe(CONTRACT.operation(operation), values, 200, body)
    created.observe(CONTRACT.operation("create_authors"), {}, 201, {"id": 6})

    assert _paths(created) == []
    assert not _permits(created, "delete_author", id="6")
    assert list(created.unknown()) == ["POST /authors/ (ID 6)"]


@pytest.mark.parametrize(
    ("body", "names"),
    [({"name": "Ada", "id": 6}, ["id"]), ({"name": "Ada", "id": 7}, []), ({"name": "6"}, []), ([], []), (None, [])],
)
def test_a_creation_names_no_resource_that_was_there_before(body: Any, names: list[str]) -> None:
    created = CreatedResources(CONTRACT, {}, target=Target.at("http://127.0.0.1:1", CONTRACT.base_path))
    created.observe(CONTRACT.operation("list_authors"), {}, 200, [{"id": 6}])
    request = Request("POST", "/v1/authors/", (), json.dumps(body).encode())

    assert created.existing_ids(CONTRACT.operation("create_authors"), {}, body) == names
    assert created.permits_request("create_authors", request) is not bool(names)


def test_a_success_that_is_not_the_documented_one_is_not_a_creation_and_is_listed() -> None:
    created = _created("create_authors", {}, {"id": 6}, 200)

    assert not _permits(created, "delete_author", id="6")
    assert list(created.unknown()) == ["POST /authors/ (200)"]


def _listed(query: str = "", token: str = "") -> CreatedResources:
    """What is created after a list of the authors 1 and 5 was read, with this query and credentials."""
    created = CreatedResources(CONTRACT, {})
    headers = (("Authorization", f"Bearer {token}"),) if token else ()
    request = Request("GET", f"/v1/authors/{query}", headers)
    created.observe(CONTRACT.operation("list_authors"), {}, 200, [{"id": 1}, {"id": 5}], request=request)
    return created


@pytest.mark.parametrize(
    ("created", "identity", "is_own"),
    [
        (_listed(), 6, True),
        (_listed(), 5, False),
        (_listed("?name=x"), 6, False),
        (_listed(token=OTHER_TOKEN), 6, False),
    ],
    ids=["new", "listed before", "a part of the list", "a list of somebody else"],
)
def test_a_success_that_is_not_documented_created_what_was_not_there_before(
    created: CreatedResources, identity: int, is_own: bool
) -> None:
    created.observe(CONTRACT.operation("create_authors"), {}, 200, {"id": identity})

    assert _permits(created, "delete_author", id=str(identity)) == is_own
    assert bool(list(created.unknown())) != is_own


def test_a_success_that_is_not_documented_creates_nothing_beside_the_documented_one() -> None:
    created, create = _listed(), CONTRACT.operation("create_authors")
    created.observe(create, {}, 200, {"id": 6})
    created.observe(create, {}, 201, {"id": 7})
    created.observe(create, {}, 200, {"id": 8})

    assert _paths(created) == [("/authors/{id}/", {"id": "7"})]
    assert list(created.unknown()) == ["POST /authors/ (ID 6; 200)"]


def test_whatever_is_created_in_a_resource_of_the_run_is_its_own() -> None:
    created = _created("create_authors", {}, {"id": 6})

    created.observe(CONTRACT.operation("create_notes"), {"id": "6"}, 202, {"id": 3})

    assert _permits(created, "delete_note", id="6", note="3")


def test_what_was_created_in_a_resource_of_the_run_is_gone_with_it() -> None:
    created = _created("create_authors", {}, {"id": 6})
    created.observe(CONTRACT.operation("lend"), {"id": "6"}, 201, {"due": "2027-01-01"})
    before = list(created.unknown())

    created.deleted("/authors/{id}/", {"id": "6"})

    assert len(before) == 1
    assert list(created.unknown()) == []


def test_a_deleted_resource_is_still_the_run_s_own_and_restored_by_a_change() -> None:
    created = _created("create_authors", {}, {"id": 6})

    created.observe(AUTHOR, {"id": "6"}, 204, None)

    assert _paths(created) == []
    assert created.was_deleted(AUTHOR, {"id": "6"})
    assert _permits(created, "delete_author", id="6")
    created.observe(CONTRACT.operation("patch_author"), {"id": "6"}, 200, {"id": 6})
    assert _paths(created) == [("/authors/{id}/", {"id": "6"})]


def test_what_is_below_a_deleted_resource_is_gone_until_that_is_restored() -> None:
    note, ticket = {"id": "6", "note": "1"}, {"id": "6"}
    contract = Contract(
        {
            "openapi": "3.1.0",
            "info": {"title": "Tickets", "version": "1"},
            "paths": {
                "/tickets": {"post": {"operationId": "open", "responses": {"201": {"description": "Done."}}}},
                "/tickets/{id}": {
                    "get": {"operationId": "ticket", "responses": {"200": {"description": "Done."}}},
                    "patch": {"operationId": "change", "responses": {"200": {"description": "Done."}}},
                    "delete": {"operationId": "close", "responses": {"204": {"description": "Done."}}},
                },
                "/tickets/{id}/notes": {"post": {"operationId": "add", "responses": {"201": {"description": "Done."}}}},
                "/tickets/{id}/notes/{note}": {
                    "get": {"operationId": "note", "responses": {"200": {"description": "Done."}}}
                },
            },
        }
    )
    created, reading = CreatedResources(contract, {}), contract.operation("note")
    created.observe(contract.operation("open"), {}, 201, {"id": 6})
    created.observe(contract.operation("add"), ticket, 201, {"id": 1})
    assert (created.of(reading), created.was_deleted(reading, note)) == ([note], False)

    created.observe(contract.operation("close"), ticket, 204, None)

    assert (created.of(reading), created.was_deleted(reading, note)) == ([], True)
    created.observe(contract.operation("change"), ticket, 200, {"id": 6})
    assert created.of(reading) == [note]


def test_a_resource_that_a_change_moved_is_known_by_its_new_id() -> None:
    created = _created("create_authors", {}, {"id": 6})

    created.observe(CONTRACT.operation("patch_author"), {"id": "6"}, 200, {"id": 60})

    assert _permits(created, "delete_author", id="60")


def test_what_a_read_did_not_find_may_be_created_or_deleted() -> None:
    created = CreatedResources(CONTRACT, {})

    created.add_absent(BOOK, {"id": "77"})

    assert _permits(created, "delete_book", id="77")
    created.observe(CONTRACT.operation("put_book"), {"id": "77"}, 200, {"id": 77})
    assert _paths(created) == [("/books/{id}/", {"id": "77"})]


def test_what_appears_later_is_not_absent_any_more() -> None:
    created = CreatedResources(CONTRACT, {})

    created.add_absent(BOOK, {"id": "77"})
    created.observe(CONTRACT.operation("list_books"), {}, 200, [{"id": 77}])

    assert not _permits(created, "delete_book", id="77")


def test_a_given_resource_may_be_changed_by_a_named_operation_and_get_children() -> None:
    given = {name: [{"id": "3"}] for name in ("delete_author", "create_notes", "lend", "put_author")}
    created = CreatedResources(CONTRACT, {}, given=given, named=["delete_author"])

    assert _permits(created, "delete_author", id="3")
    assert _permits(created, "create_notes", id="3")
    assert not _permits(created, "lend", id="3")
    assert not _permits(created, "put_author", id="3")
    assert not _permits(created, "delete_author", id="4")


@pytest.mark.parametrize(
    ("method", "target", "headers", "permitted"),
    [
        ("GET", "/v1/books/6/", (), True),
        ("DELETE", "/v1/authors/6/", (), True),
        ("DELETE", "/v1/authors/6", (), True),
        ("DELETE", "/v1/authors/%36/?force=1", (), True),
        ("DELETE", "/v1/authors/5/", (), False),
        ("DELETE", "/v2/authors/6/", (), False),
        ("DELETE", "/v1/authors/6/../5/", (), False),
        ("POST", "/v1/authors/5/", (), True),
        ("POST", "/v1/authors/5/", (("Authorization", "Bearer ${FLOWCONTRACT_TOKEN}"),), False),
        ("POST", "/v1/authors/6/", (("Authorization", "Bearer ${FLOWCONTRACT_TOKEN}"),), True),
    ],
)
def test_the_path_that_is_sent_counts(
    method: str, target: str, headers: tuple[tuple[str, str], ...], permitted: bool
) -> None:
    created = CreatedResources(CONTRACT, {}, target=Target.at("http://127.0.0.1:1", CONTRACT.base_path))
    created.observe(CONTRACT.operation("create_authors"), {}, 201, {"id": 6})

    assert created.permits_request("get_author", Request(method, target, headers)) is permitted


def test_the_reason_why_nothing_was_created_is_known() -> None:
    created = CreatedResources(CONTRACT, {})

    created.observe(CONTRACT.operation("create_books"), {}, 400, None, text='{"detail": "Sold  out."}')
    created.observe(CONTRACT.operation("create_authors"), {}, 401, None, text='{"detail": "Log in."}')

    assert created.why_none(BOOK) == 'POST /books/ was rejected with 400: {"detail": "Sold out."}'
    assert created.why_none(AUTHOR).startswith("POST /authors/ was denied with 401: the credentials are missing")
    assert (
        created.why_none(CONTRACT.operation("delete_note")) == "no response to POST /authors/{id}/notes/ had a new ID"
    )


@pytest.mark.parametrize("denied_first", [True, False])
@pytest.mark.parametrize(
    ("success", "reason"),
    [
        ((200, {"id": 6}), "POST /authors/ got 200 instead of the documented 201"),
        ((201, {}), "POST /authors/ got 201 without the ID of what it created"),
    ],
)
def test_a_success_that_says_little_is_the_reason_whoever_else_was_denied(
    success: tuple[int, Any], reason: str, denied_first: bool
) -> None:
    created = CreatedResources(CONTRACT, {})
    statuses = [(401, None), success]

    for status, body in statuses if denied_first else statuses[::-1]:
        created.observe(CONTRACT.operation("create_authors"), {}, status, body)

    assert created.why_none(AUTHOR).startswith(reason)


def test_creations_whose_result_is_not_known_are_listed() -> None:
    created = CreatedResources(CONTRACT, {})

    created.observe(CONTRACT.operation("create_authors"), {}, 0, None)
    created.observe(CONTRACT.operation("create_authors"), {}, 500, None)
    created.observe(CONTRACT.operation("create_authors"), {}, 201, {"name": "nameless"})

    assert list(created.unknown()) == ["POST /authors/ (without a response; 500; 201 without an ID)"]


def _operation(name: str, status: str, *parameters: str) -> dict[str, Any]:
    schema = {"type": "string"}
    given = [{"name": each, "in": "path", "required": True, "schema": schema} for each in parameters]
    return {"operationId": name, "parameters": given, "responses": {status: {"description": "Done."}}}


TASKS = Contract(
    {
        "openapi": "3.1.0",
        "info": {"title": "Tasks", "version": "1"},
        "paths": {
            "/projects": {"post": _operation("addProject", "201")},
            "/projects/{project}": {"delete": _operation("dropProject", "204", "project")},
            "/projects/{project}/tasks": {"post": _operation("addTask", "201", "project")},
            "/projects/{project}/tasks/{task}": {"get": _operation("task", "200", "project", "task")},
            "/tasks/{task}": {"delete": _operation("dropTask", "204", "task")},
        },
    }
)
DROP = TASKS.operation("dropTask")


def _with_task(location: str) -> CreatedResources:
    created = CreatedResources(TASKS, {})
    created.observe(TASKS.operation("addProject"), {}, 201, {"id": 3})
    created.observe(TASKS.operation("addTask"), {"project": "3"}, 201, {"id": 7}, location=location)
    return created


def test_the_location_of_a_creation_says_that_a_path_without_parents_is_of_the_same_resource() -> None:
    created = _with_task("/v1/tasks/7")

    assert created.permits(DROP, {"task": "7"})
    assert not created.permits(DROP, {"task": "8"})
    assert created.is_created("/projects/{project}/tasks/{task}", {"project": "3", "task": "7"})
    assert _paths(created) == [("/tasks/{task}", {"task": "7"}), ("/projects/{project}", {"project": "3"})]


@pytest.mark.parametrize(("deletion", "values"), [("dropTask", {"task": "7"}), ("dropProject", {"project": "3"})])
def test_what_is_deleted_is_gone_on_both_paths(deletion: str, values: Values) -> None:
    created = _with_task("/v1/tasks/7")

    created.observe(TASKS.operation(deletion), values, 204, None)

    assert created.of(DROP) == created.of(TASKS.operation("task")) == []


@pytest.mark.parametrize("location", ["", "/v1/projects/3/tasks/7", "/v1/tasks/8"])
def test_without_such_a_location_a_path_without_parents_may_be_of_another_resource(location: str) -> None:
    created = _with_task(location)

    assert not created.permits(DROP, {"task": "7"})
    assert created.why_none(DROP).endswith("creates it, add --pair addTask=/tasks/{task}")


def test_what_was_seen_before_on_the_path_without_parents_belongs_to_others() -> None:
    contract_with_read = Contract(
        {**TASKS.document, "paths": {**TASKS.document["paths"], "/tasks/{task}": {
            "get": _operation("anyTask", "200", "task"), "delete": _operation("dropTask", "204", "task"),
        }}}
    )  # fmt: skip
    created = CreatedResources(contract_with_read, {})
    created.observe(contract_with_read.operation("anyTask"), {"task": "7"}, 200, {"id": 7})
    add = contract_with_read.operation("addTask")
    created.observe(add, {"project": "3"}, 201, {"id": 7}, location="/tasks/7")

    assert not created.permits(contract_with_read.operation("dropTask"), {"task": "7"})
