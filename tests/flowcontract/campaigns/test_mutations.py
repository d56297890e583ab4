"""Mutated cases: different, the same for the same seed, and with the right expectations."""

import string
from collections import Counter
from typing import Any

import pytest

from flowcontract.checks.probe import Expect, Probe, Relation
from flowcontract.generation import mutations
from flowcontract.generation.mutations.ids import is_same_id
from flowcontract.generation.mutations.inputs import may_be_read
from flowcontract.generation.probes import OperationContext
from flowcontract.http.credentials import expand
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

PET = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string", "maxLength": 9}, "age": {"type": "integer", "minimum": 0}},
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Pets", "version": "1"},
    "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    "paths": {
        "/pets": {
            "get": {
                "operationId": "listPets",
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100}}
                ],
                "responses": {"200": {"description": "Pets."}},
            },
            "post": {
                "operationId": "addPet",
                "requestBody": {"content": {"application/json": {"schema": PET}}},
                "responses": {"201": {"description": "A pet."}},
            },
        },
        "/pets/{id}": {
            "get": {
                "operationId": "readPet",
                "security": [{"token": []}],
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"200": {"description": "A pet."}, "403": {"description": "No."}},
            }
        },
    },
}


def _draw(operation: str, seed: int = 1, count: int = 200, *known: str) -> list[Probe]:
    contract = Contract(DOCUMENT)
    target = Target.at("http://127.0.0.1:1", "", token="a-token-of-a-test")
    values = [{"id": text} for text in known] or [{}]
    context = OperationContext(contract, contract.operation(operation), target, values, allow_unsafe=True)
    return mutations.draw(contract, context, seed, count)


def test_the_same_seed_has_the_same_cases_and_another_one_others() -> None:
    one, again, other = (
        [probe.request for probe in _draw("readPet", seed, 100, "rex")] for seed in (1, 1, 2)
    )  # fmt: skip

    assert one == again
    assert len(set(one) & set(other)) < 50


def test_an_id_near_a_known_one_that_was_seen_as_well_exists() -> None:
    contract = Contract(DOCUMENT)
    target = Target.at("http://127.0.0.1:1", "", token="a-token-of-a-test")

    def expected(*seen: str) -> set[Expect]:
        context = OperationContext(contract, contract.operation("readPet"), target, [{"id": "1"}], seen=seen)
        probes = mutations.draw(contract, context, 1, 400)
        return {probe.expect for probe in probes if probe.values.get("id") == "11"}

    assert expected() == {Expect.NOT_FOUND}
    assert expected("1", "11") == {Expect.DOCUMENTED}


def test_no_case_is_sent_twice_and_each_has_a_name_of_its_own() -> None:
    probes = _draw("readPet", 1, 200, "rex", "tom")

    repeated = [probe for probe in probes if probe.relation is Relation.REPEAT]
    requests = Counter(probe.request for probe in probes if probe not in repeated)
    assert set(requests.values()) == {1}
    assert len({probe.name for probe in probes}) == len(probes)


def test_an_operation_with_an_id_and_credentials_gets_every_kind() -> None:
    groups = Counter(probe.group for probe in _draw("readPet", 1, 200, "rex"))

    assert groups.keys() == {"success", "id", "credentials", "query", "header"}
    assert min(groups[name] for name in ("id", "credentials", "query", "header")) > 20


def test_what_is_compared_is_compared_with_a_plain_read_that_was_sent_before() -> None:
    probes = _draw("readPet", 1, 100, "rex", "tom")

    position = {probe.name: index for index, probe in enumerate(probes)}
    compared = [probe for probe in probes if probe.compare_with]
    assert compared
    assert all(position[probe.compare_with] < position[probe.name] for probe in compared)


def test_unauthorized_callers_are_to_be_denied() -> None:
    callers = [probe for probe in _draw("readPet", 1, 200, "rex") if probe.group == "credentials"]

    assert {probe.expect for probe in callers} == {Expect.DENIED}
    assert not any(probe.request.header("Authorization") == "Bearer ${FLOWCONTRACT_TOKEN}" for probe in callers)


def test_no_wrong_token_is_the_right_one_whatever_its_last_letter_is() -> None:
    sent = {
        probe.request.header("Authorization") or ""
        for seed in range(20)
        for probe in _draw("readPet", seed, 200, "rex")
        if probe.group == "credentials"
    }
    letters = string.ascii_letters + string.digits

    assert [
        header
        for header in sent
        for letter in letters
        if expand(header, {"FLOWCONTRACT_TOKEN": f"secret-{letter}"}) == f"Bearer secret-{letter}"
    ] == []


def test_values_of_a_parameter_are_to_be_rejected_if_they_are_invalid() -> None:
    by_value = {
        probe.request.target.partition("limit=")[2]: probe.expect
        for probe in _draw("listPets")
        if probe.group == "input"
    }

    assert {by_value[text] for text in ("1", "100")} == {Expect.DOCUMENTED}
    assert {by_value[text] for text in ("0", "101", "x", "1.5")} == {Expect.REJECTED}


def test_bodies_are_valid_or_have_one_mutation() -> None:
    probes = _draw("addPet")

    by_kind = {probe.name.partition("/")[2].rpartition(" of ")[0].rstrip("0123456789 "): probe for probe in probes}
    assert by_kind["valid"].expect is Expect.DOCUMENTED
    assert by_kind["missing field"].request.body is not None
    assert {probe.expect for probe in probes} == {Expect.DOCUMENTED, Expect.REJECTED}
    assert {probe.request.method for probe in probes} == {"POST"}


@pytest.mark.parametrize("operation", ["readPet"])
def test_without_a_known_resource_only_ids_and_callers_are_tried(operation: str) -> None:
    contract = Contract(DOCUMENT)
    context = OperationContext(
        contract, contract.operation(operation), Target.at("http://127.0.0.1:1", "", token="a-token-of-a-test"), []
    )

    groups = {probe.group for probe in mutations.draw(contract, context, 1, 60)}

    assert groups == {"id", "credentials"}


@pytest.mark.parametrize(
    ("known", "value", "same"),
    [
        ("7", "07", True),
        ("7", "+7", True),
        ("7", "\uff17", True),
        ("7", "7.0", True),
        ("7", "7/", True),
        ("7", "7x", False),
        ("7", "7/7", False),
        ("a", "a/", False),
        ("a", "A", False),
    ],
)
def test_numbers_that_are_written_in_another_way_are_the_same_id(known: str, value: str, same: bool) -> None:
    assert is_same_id(known, value) is same


@pytest.mark.parametrize(("text", "may_be"), [("2.0", True), ("100.0", True), ("0.0", False), ("2.5", False)])
def test_a_whole_number_with_a_decimal_point_is_an_integer(text: str, may_be: bool) -> None:
    (limit,) = Contract(DOCUMENT).operation("listPets").parameters

    assert may_be_read(limit, text) is may_be


def test_what_a_lenient_server_may_read_is_not_to_be_rejected() -> None:
    by_value = {
        probe.request.target.partition("limit=")[2]: probe.expect
        for probe in _draw("listPets")
        if probe.group == "input"
    }

    assert {by_value[text] for text in ("+1", "01", "%201", "1_0", "%D9%A3", "")} == {Expect.DOCUMENTED}


def test_a_header_that_the_caller_gives_is_in_every_case() -> None:
    contract = Contract(DOCUMENT)
    target = Target.at("http://127.0.0.1:1", "", headers=[("User-Agent", "pet-tests/2"), ("X-Tenant", "acme")])
    operation = contract.operation("listPets")

    cases = mutations.draw(contract, OperationContext(contract, operation, target, [{}]), 1, 150)

    sent = {(probe.request.header("user-agent"), probe.request.header("x-tenant")) for probe in cases}
    assert sent == {("pet-tests/2", "acme")}
