"""Documents as people write them: the mock serves what can be served, in one process with the test."""

import asyncio
from typing import Any

import httpx
import pytest

import flowmock
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.values import valid_value
from flowmock.examples import relations
from flowmock.settings import Settings
from flowmock.validation.violations import Violation

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def an_object(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties}


def content(schema: Any, **more: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema, **more}}}


def in_path(name: str, schema: Any = TEXT) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def responses_of(contract: Contract, *requests: tuple[str, str] | tuple[str, str, Any], **settings: Any) -> Any:
    """The responses to requests, one after the other: method, path, and a JSON body if there is one."""
    app = flowmock.create(contract, Settings(**settings))

    async def sent() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://mock") as client:
            return [await client.request(each[0], each[1], json=each[2] if each[2:] else None) for each in requests]

    return asyncio.run(sent())


# IDs: `/clocks/{clockId}` and the member `id`.

CLOCK = an_object("id", "face", id=TEXT, face=TEXT)


@pytest.fixture
def clocks(contract_of):
    def paths(**more: Any) -> Contract:
        listed = an_object("data", data={"type": "array", "items": CLOCK})
        item = {"parameters": [in_path("clockId")], "get": {"responses": {"200": content(CLOCK, **more)}}}
        return contract_of({"/clocks": {"get": {"responses": {"200": content(listed)}}}, "/clocks/{clockId}": item})

    return paths


@pytest.mark.parametrize(
    ("names", "parameter", "member"),
    [
        (["id", "face"], "clockId", "id"),
        (["id", "clock_id"], "clockId", "clock_id"),
        (["face", "slug"], "clock-slug", "slug"),
        (["Id"], "id", "Id"),
        (["face"], "clockId", None),
        (["name"], "username", None),
    ],
)
def test_which_member_holds_the_id(names, parameter, member):
    assert relations.id_member(names, parameter) == member


def test_a_read_holds_the_requested_id(clocks):
    (response,) = responses_of(clocks(), ("GET", "/clocks/c7"))
    assert response.json()["id"] == "c7"


def test_a_read_gives_the_example_with_the_requested_id(clocks):
    examples = {name: {"value": {"id": name, "face": "round"}} for name in ("a1", "b2")}
    contract = clocks(examples=examples)
    second, other, listed = responses_of(contract, ("GET", "/clocks/b2"), ("GET", "/clocks/z9"), ("GET", "/clocks"))
    assert second.json()["id"] == "b2"
    assert other.status_code == 200
    assert [item["id"] for item in listed.json()["data"]] == ["a1", "b2"]


# Examples.


def test_an_optional_member_with_an_example_is_always_there(contract_of):
    secret = TEXT | {"writeOnly": True, "example": "k"}
    schema = an_object("hand", hand=TEXT, case=TEXT | {"example": "oak"}, key=secret)
    contract = contract_of({"/": {"get": {"responses": {"200": content(schema)}}}})
    (operation,) = contract.operations.values()
    media = operation.responses["200"].media["application/json"]
    values = [valid_value(media.schemas, media.schema_pointer, seed=seed) for seed in range(20)]
    assert {value["case"] for value in values} == {"oak"}
    assert all(list(value) == ["hand", "case"] for value in values)
    lean = valid_value(media.schemas, media.schema_pointer, seed=0, minimal=True)
    assert list(lean) == ["hand"]


# Error responses.


def test_a_missing_member_is_the_field_of_its_violation():
    missing = Violation("body", "", "required property is missing", "/clocks/0", "required", "face")
    assert missing.field == "clocks.0.face"
    assert missing.steps == ["clocks", "0", "face"]
