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
)

JSON = "application/json"


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


def test_missing_members_are_one_family_and_other_failures_are_another() -> None:
    missing, wrong = violations(interaction(received(200, {"title": 7})))

    assert missing.family == "required properties are missing."
    assert missing.group_key.endswith('"id" is a required property')
    assert wrong.family != missing.family
    assert wrong.message.startswith("/title: ")
    assert wrong.pointer.endswith("/properties/title/type")
    assert wrong.actual == {"title": 7}


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
        assert found[0].message == "/pages: expected an integer, got a number with a fraction."
        assert found[0].pointer.endswith("/pages/type")


def test_integers_of_a_response_that_is_not_read_are_not_looked_at() -> None:
    text = '{"id": "1", "title": "A", "pages": 7.0}'

    assert rules(received(200, text, cut=True)) == []
    assert rules(received(404, text), Expect.UNSPECIFIED) == []


INVARIANTS: dict[str, Any] = {
    "x-flowcontract-invariants": [
        {"name": "the ID is the requested one", "left": "$response.body#/id", "right": "$request.path.id"}
    ]
}


def test_a_relation_between_request_and_response_holds() -> None:
    contract = shop(**INVARIANTS)

    (found,) = violations(interaction(received(200, BOOK | {"id": "another"}), contract=contract), contract)

    assert rules(received(200, BOOK), contract=contract) == []
    assert found.rule == "invariant-violation"
    assert found.message == (f'The ID is the requested one: expected "{KNOWN}" as $response.body#/id, got "another".')
    assert (found.expected, found.actual) == (KNOWN, "another")


def test_a_relation_of_a_part_that_is_missing_does_not_hold() -> None:
    contract = shop({**RESPONSES, "200": json_response({})}, **INVARIANTS)

    (found,) = violations(interaction(received(200, {"title": "A"}), contract=contract), contract)

    assert found.message == "The ID is the requested one: expected a value on both sides, got none on one."
    assert rules(received(404, {"detail": "No."}), Expect.NOT_FOUND, contract=contract) == []


def test_with_relations_a_resource_that_may_exist_must_be_consistent() -> None:
    contract = shop(**INVARIANTS)
    maybe = {"contract": contract, "values": {"id": "nobody"}, "may_exist": True}

    assert rules(received(200, BOOK | {"id": "nobody"}), Expect.NOT_FOUND, **maybe) == []
    assert rules(received(200, BOOK), Expect.NOT_FOUND, **maybe) == ["nonexistent-resource-found"]
