"""What is tried: every example, every error, and each change that a schema gives cause for."""

from typing import Any

import pytest

from flowcontract.compatibility.body_variants import MOST, variants
from flowcontract.compatibility.cases import Category, build
from flowcontract.errors import ContractError, UsageError
from flowcontract.openapi.contract import Contract

FLOW = "flows_instances_retrieve"


def of(contract: Contract, category: Category) -> dict[str, Any]:
    return {case.title: case for case in build(contract, [FLOW], invalid=True) if case.category is category}


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract.load()


def test_every_example_and_every_documented_error_is_tried(contract: Contract) -> None:
    operation = contract.operation(FLOW)

    assert of(contract, Category.EXAMPLE).keys() == operation.example_path_values().keys()
    assert {case.status for case in of(contract, Category.ERROR).values()} >= {400, 403, 404}


def test_what_the_contract_allows_is_told_from_what_it_does_not(contract: Contract) -> None:
    allowed, beyond = of(contract, Category.ALLOWED), of(contract, Category.INVALID)
    media = contract.operation(FLOW).responses["200"].media["application/json"]

    assert all(media.is_valid(case.body) for case in allowed.values())
    assert not any(media.is_valid(case.body) for case in beyond.values() if case.body and "unknown" not in case.title)
    assert '/authentication: "require_outpost"' in allowed
    assert "/cache_count: 1099511627776" in allowed
    assert "/layout: left out" in allowed
    assert {"/title: null", "/title: left out", "/slug: 51 characters", "JSON served as text/html"} <= beyond.keys()


def test_what_breaks_the_contract_is_tried_only_where_that_is_asked(contract: Contract) -> None:
    assert not [case for case in build(contract) if case.category is Category.INVALID]


def test_every_case_has_a_name_of_its_own(contract: Contract) -> None:
    names = [case.id for case in build(contract, invalid=True)]

    assert len(names) == len(set(names))


def schema(**keywords: Any) -> Contract:
    """A contract whose answer is an object with one required field of this schema and an example of it."""
    example = keywords.pop("example")
    media = {
        "schema": {"type": "object", "required": ["it"], "properties": {"it": keywords}},
        "examples": {"one": {"value": {"it": example}}},
    }
    answer = {"200": {"description": "", "content": {"application/json": media}}}
    paths = {"/it": {"get": {"operationId": "read", "responses": answer}}}
    return Contract({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": paths})


def changes(contract: Contract) -> set[tuple[str, str, bool]]:
    media = contract.operation("read").responses["200"].media["application/json"]
    body = media.examples["one"].value
    return {(one.at, one.text, one.allowed) for one in variants(contract, media, body)}


@pytest.mark.parametrize(
    ("keywords", "change"),
    [
        ({"type": "string", "nullable": True, "example": "x"}, ("/it", "null", True)),
        ({"type": "string", "example": "x"}, ("/it", "null", False)),
        ({"type": "string", "example": "x"}, ("/it", "left out", False)),
        ({"type": "string", "enum": ["x", "y"], "example": "x"}, ("/it", '"y"', True)),
        ({"type": "string", "enum": ["x", "y"], "example": "x"}, ("/it", '"flowcontract_unknown"', False)),
        ({"type": "string", "maxLength": 4, "example": "x"}, ("/it", "4 characters", True)),
        ({"type": "string", "maxLength": 4, "example": "x"}, ("/it", "5 characters", False)),
        ({"type": "string", "minLength": 2, "example": "xyz"}, ("/it", "1 characters", False)),
        ({"type": "string", "pattern": "^[a-z]+$", "example": "x"}, ("/it", '"x ."', False)),
        ({"type": "string", "format": "date", "example": "2024-01-01"}, ("/it", "date that is none", False)),
        ({"type": "integer", "minimum": 0, "example": 1}, ("/it", "0", True)),
        ({"type": "integer", "minimum": 0, "example": 1}, ("/it", "-1", False)),
        ({"type": "integer", "format": "int32", "example": 1}, ("/it", "1099511627776", False)),
        ({"type": "integer", "example": 1}, ("/it", "1099511627776", True)),
        ({"type": "boolean", "example": True}, ("/it", '"42" instead of true or false', False)),
        ({"type": "array", "items": {"type": "string"}, "example": ["x"]}, ("/it", "empty", True)),
        ({"type": "array", "items": {"type": "string"}, "example": ["x"]}, ("/it/*", "null", False)),
        (
            {"type": "object", "properties": {"deep": {"type": "string"}}, "example": {"deep": "x"}},
            ("/it/deep", "left out", True),
        ),
        (
            {"type": "object", "properties": {"deep": {"type": "boolean"}}, "example": {}},
            ("/it/deep", "True", True),
        ),
    ],
)
def test_each_keyword_gives_cause_for_a_change(keywords: dict[str, Any], change: tuple[str, str, bool]) -> None:
    assert change in changes(schema(**keywords))


def test_a_schema_that_contains_itself_comes_to_an_end() -> None:
    node: dict[str, Any] = {"type": "object", "properties": {}}
    value: dict[str, Any] = {}
    for _ in range(30):
        value = {"child": value}
    contract = schema(**node, example=value)
    contract.document["paths"]["/it"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["properties"][
        "it"
    ]["properties"]["child"] = {"$ref": "#/paths/~1it/get/responses/200/content/application~1json/schema/properties/it"}

    assert 1 < len(changes(Contract(contract.document))) <= MOST


def test_nothing_to_try_and_too_much_are_both_said() -> None:
    empty = Contract({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {}})

    with pytest.raises(UsageError, match="got none"):
        build(empty)
    with pytest.raises(ContractError, match="no operation"):
        build(empty, ["nothing"])
