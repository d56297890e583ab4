"""The body of one response against its schema and the relations of the contract."""

from typing import Any

import pytest

from flowcontract.checks.probe import Expect

from .library import (
    BOOK,
    ERROR_SCHEMA,
    KNOWN,
    RESPONSES,
    interaction,
    json_response,
    received,
    rules,
    shop,
    violations,
    with_creation,
)

JSON = "application/json"
INVARIANTS: dict[str, Any] = {
    "x-flowcontract-invariants": [
        {"name": "the ID is the requested one", "left": "$response.body#/id", "right": "$request.path.id"}
    ]
}


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        (BOOK, []),
        ({"id": "1", "title": 7}, ["/title"]),
        ({"id": 1, "title": 7}, ["/id", "/title"]),
        ({"title": "A"}, ["/id"]),
        ({}, ["/id", "/title"]),
        ([], [""]),
    ],
)
def test_each_keyword_that_fails_is_a_violation_of_its_part(body: Any, parts: list[str]) -> None:
    found = violations(interaction(received(200, body)))

    assert [each.part for each in found] == parts
    assert {each.rule for each in found} <= {"schema-violation"}


@pytest.mark.parametrize(("body", "same"), [({"shelf": 1}, True), ({"title": 7}, False), ({}, False)])
def test_an_object_without_any_documented_member_is_as_wrong_as_a_list(body: Any, same: bool) -> None:
    (another,) = violations(interaction(received(200, [])))

    assert (another.group_key in {each.group_key for each in violations(interaction(received(200, body)))}) == same


def test_missing_members_are_one_family_and_other_failures_are_another() -> None:
    missing, wrong = violations(interaction(received(200, {"title": 7})))

    assert missing.family == "required fields are missing."
    assert missing.group_key.endswith('"id" is a required property')
    assert wrong.family != missing.family
    assert wrong.message.startswith("/title: ")
    assert wrong.pointer.endswith("/properties/title/type")
    assert wrong.actual == {"title": 7}


def test_missing_members_and_null_are_known_as_lacking_a_value() -> None:
    null, wrong = violations(interaction(received(200, {"id": None, "title": 7})))
    (missing,) = violations(interaction(received(200, {"title": "A"})))

    assert [null.lacks_value, wrong.lacks_value, missing.lacks_value] == [True, False, True]
    assert null.family == "expected string, got null."


def test_a_body_that_is_wrong_as_a_whole_has_a_sentence_without_a_part() -> None:
    (found,) = violations(interaction(received(200, [])))

    assert found.message[0].isupper()


def test_the_same_keyword_is_reported_once() -> None:
    contract = shop({**RESPONSES, "200": json_response({"type": "array", "items": {"type": "string"}})})

    assert len(violations(interaction(received(200, [1, 2, 3]), contract=contract), contract)) == 1


@pytest.mark.parametrize(
    ("response", "more"),
    [
        (received(200, "[]", cut=True), {}),
        (received(200, None, JSON), {"method": "HEAD"}),
        (received(200, {"id": 1, "pages": 7.0}), {"method": "HEAD"}),
        (received(200, BOOK | {"pages": 7.0}), {"method": "HEAD"}),
        (received(200, BOOK | {"id": 1}), {"method": "HEAD", "contract": shop(**INVARIANTS)}),
        (received(404, {"wrong": 1}), {"expect": Expect.UNSPECIFIED, "values": {}}),
        (received(405, {"wrong": 1}, JSON, ("Allow", "GET")), {"expect": Expect.METHOD_NOT_ALLOWED, "method": "PUT"}),
    ],
)
def test_a_body_that_is_not_the_contract_s_has_no_schema(response: Any, more: dict[str, Any]) -> None:
    assert rules(response, **more) == []


def test_a_documented_405_has_a_schema() -> None:
    response = received(405, {"wrong": 1}, JSON, ("Allow", "GET"))
    named = shop({**RESPONSES, "405": json_response(ERROR_SCHEMA)})
    default = shop({**RESPONSES, "default": json_response(ERROR_SCHEMA)})

    assert set(rules(response, Expect.METHOD_NOT_ALLOWED, contract=named, method="PUT")) == {"schema-violation"}
    assert rules(response, Expect.METHOD_NOT_ALLOWED, contract=default, method="PUT") == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('{"id": "1", "title": "A", "pages": 7}', None),
        ('{"id": "1", "title": "A", "pages": 7.0}', "fractional-integer"),
        ('{"id": "1", "title": "A", "pages": 7e0}', "fractional-integer"),
        ('{"id": "1", "title": "A", "price": 7.0}', None),
        ('{"id": "1", "title": "A", "pages": 7.5}', "schema-violation"),
    ],
)
def test_an_integer_is_written_without_a_fraction(text: str, rule: str | None) -> None:
    found = violations(interaction(received(200, text)))

    assert [each.rule for each in found] == ([rule] if rule else [])
    if rule == "fractional-integer":
        assert found[0].message == "/pages: expected an integer, got 7.0 (written with a fraction or an exponent)."
        assert found[0].pointer.endswith("/pages/type")


def test_integers_of_a_response_that_is_not_read_are_not_looked_at() -> None:
    text = '{"id": "1", "title": "A", "pages": 7.0}'

    assert rules(received(200, text, cut=True)) == []
    assert rules(received(404, text), Expect.UNSPECIFIED) == []


def test_a_relation_between_request_and_response_holds() -> None:
    contract = shop(**INVARIANTS)

    (found,) = violations(interaction(received(200, BOOK | {"id": "another"}), contract=contract), contract)

    assert rules(received(200, BOOK), contract=contract) == []
    assert found.rule == "invariant-violation"
    assert found.message == (f'The ID is the requested one: expected "{KNOWN}" in the response at /id, got "another".')
    assert (found.expected, found.actual) == (KNOWN, "another")


@pytest.mark.parametrize(
    ("left", "where"),
    [
        ("$response.header.X-Id", "in the response header X-Id"),
        ("$response.body#/id", "in the response at /id"),
        ("$method", "as $method"),
    ],
)
def test_the_message_about_a_relation_says_where_the_value_is(left: str, where: str) -> None:
    relation = {"name": "the ID", "status": "200", "left": left, "right": "$request.path.id"}
    contract = shop(**{"x-flowcontract-invariants": [relation]})

    (found,) = violations(
        interaction(received(200, BOOK | {"id": "x"}, "application/json", ("X-Id", "x")), contract=contract), contract
    )

    assert f'expected "{KNOWN}" {where}, got' in found.message


def test_a_relation_of_a_part_that_is_missing_does_not_hold() -> None:
    contract = shop({**RESPONSES, "200": json_response({})}, **INVARIANTS)

    (found,) = violations(interaction(received(200, {"title": "A"}), contract=contract), contract)

    assert found.message == "The ID is the requested one: expected a value on both sides, got only one."
    assert rules(received(404, {"detail": "No."}), Expect.NOT_FOUND, contract=contract) == []


def test_with_relations_a_resource_that_may_exist_must_be_consistent() -> None:
    contract = shop(**INVARIANTS)
    maybe = {"contract": contract, "values": {"id": "nobody"}, "may_exist": True}

    assert rules(received(200, BOOK | {"id": "nobody"}), Expect.NOT_FOUND, **maybe) == []
    for other in (BOOK, BOOK | {"id": "nobody", "title": 7}, "{"):
        assert rules(received(200, other), Expect.NOT_FOUND, **maybe) == ["nonexistent-resource-found"]


RELATIONS = {
    "$method": "GET",
    "$url": "/books/x?page=2",
    "$statusCode": 200,
    "$request.path.id": KNOWN,
    "$request.query.page": "2",
    "$request.header.X-Tenant": "a",
    "$request.body#/shelf": 7,
    "$response.header.Location": "/books/x",
    "$response.body#/title": "The Salt Road",
}


@pytest.mark.parametrize("expression", RELATIONS)
def test_a_relation_may_be_about_any_part_of_request_and_response(expression: str) -> None:
    contract = shop(
        **{
            "x-flowcontract-invariants": [
                {"name": "other", "left": "$response.body#/none", "right": "$method", "status": "404"},
                {"name": "equal", "left": expression, "right": expression},
                {"name": "it", "left": expression, "right": "$response.body#/none"},
                {"name": "differs", "left": "$request.header.other", "right": expression, "status": "2XX"},
            ]
        }
    )
    headers = (("X-TENANT", "a"), ("Other", "other"))
    item = interaction(
        received(200, BOOK, JSON, ("location", "/books/x")),
        contract=contract,
        target="/books/x?page=2",
        headers=headers,
        body=b'{"shelf": 7}',
    )

    missing, differs = violations(item, contract)

    assert missing.message == "It: expected a value on both sides, got only one."
    assert missing.pointer.endswith("/x-flowcontract-invariants/2")
    assert (differs.expected, differs.actual) == (RELATIONS[expression], "other")
    assert differs.pointer.endswith("/x-flowcontract-invariants/3")


@pytest.mark.parametrize(("title", "parts"), [('"half a \\ud800"', []), ('["\\ud800"]', ["/title"])])
def test_text_with_half_a_character_is_checked_where_a_client_may_have_stored_it(title: str, parts: list[str]) -> None:
    response = received(200, f'{{"id": "1", "title": {title}}}'.encode())

    found = violations(interaction(response), with_creation({"type": "object"}))

    assert [each.part for each in found] == parts


@pytest.mark.parametrize(
    ("body", "media", "expected"),
    [
        ({"status": 404}, "application/problem+json", []),
        ({"title": "Not found"}, "application/problem+json", []),
        ({"status": "404"}, "application/problem+json", []),
        ({"status": 400}, "application/json", []),
        ({"status": 400}, "application/problem+json; charset=utf-8", ["wrong-problem-status"]),
    ],
)
def test_problem_details_state_the_status_of_the_response(body: Any, media: str, expected: list[str]) -> None:
    problem = {"description": "Not found.", "content": {"application/problem+json": {}, JSON: {}}}
    contract = shop({**RESPONSES, "404": problem})

    assert rules(received(404, body, media), Expect.NOT_FOUND, contract=contract) == expected


@pytest.mark.parametrize(
    ("body", "is_found"),
    [
        (BOOK | {"pin": "4711"}, True),
        (BOOK | {"pin": 4711}, True),
        (BOOK | {"pin": None}, False),
        (BOOK | {"pin": "****"}, False),
        (BOOK | {"price": 3}, False),
        (BOOK, False),
    ],
)
def test_what_requests_alone_have_is_in_no_response(body: Any, is_found: bool) -> None:
    written = {"properties": {"title": {"type": "string"}, "pin": {"writeOnly": True}, "price": {"type": "number"}}}
    contract = with_creation(written)

    found = violations(interaction(received(200, body), contract=contract), contract)

    assert [(one.rule, one.part) for one in found] == [("write-only-field-returned", "/pin")] * is_found


def test_what_responses_document_they_may_have() -> None:
    contract = with_creation({"properties": {"pages": {"writeOnly": True}}})

    assert violations(interaction(received(200, BOOK), contract=contract), contract) == []


def test_what_is_write_only_in_the_schema_of_a_response_is_named_so() -> None:
    schema = {"properties": {"title": {"type": "string"}, "pin": {"type": "string", "writeOnly": True}}}
    contract = shop({"200": json_response(schema)})

    (found,) = violations(interaction(received(200, {"title": "A", "pin": "4711"}), contract=contract), contract)

    assert (found.rule, found.part) == ("write-only-field-returned", "/pin")
    assert (
        found.pointer
        == f"{contract.operation('read').pointer}/responses/200/content/application~1json/schema/properties/pin"
    )
    assert "4711" not in found.message


LINES = "application/x-ndjson"


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ('{"id": 1}\n{"id": 2}\n', []),
        ('\x1e{"id": 1}\n\x1e{"id": 2}\n', []),
        ('{"id": 1}\n{"id": "two"}', ["/1/id: expected integer"]),
        ('{"id": 1}\n{"id"', ["Expected JSON in every line"]),
    ],
)
@pytest.mark.parametrize("is_sequence", [True, False])
def test_each_line_matches_the_schema_of_the_items(body: str, parts: list[str], is_sequence: bool) -> None:
    item = {"type": "object", "properties": {"id": {"type": "integer"}}}
    media = {"itemSchema": item} if is_sequence else {"schema": item}
    contract = shop({**RESPONSES, "200": {"description": "Rows.", "content": {LINES: media}}})

    found = violations(interaction(received(200, body, LINES), contract=contract), contract)

    assert [each.rule for each in found] == ["schema-violation"] * len(parts if is_sequence else [])
    assert all(each.message.startswith(part) for each, part in zip(found, parts, strict=False))
