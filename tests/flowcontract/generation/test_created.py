"""What counts as created by a run, and which unsafe requests it permits."""

import json
from typing import Any

import pytest
from tests.flowcontract.engine.shop import DOCUMENT

from flowcontract.generation.created import CreatedResources, Values
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
