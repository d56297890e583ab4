"""Numbers, codes and amounts with one example: each item has its own."""

import json
from collections.abc import Callable
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

Written = Callable[..., Contract]
TEXT = {"type": "string"}
UUID = TEXT | {"format": "uuid"}
PRICE = {
    "type": "object",
    "required": ["amount", "currency"],
    "properties": {"amount": TEXT | {"examples": ["1249.90"]}, "currency": TEXT | {"enum": ["EUR", "CHF"]}},
}
ORDER = {
    "type": "object",
    "required": ["id", "number", "reference", "country_code", "price", "fee"],
    "properties": {
        "id": UUID,
        "number": TEXT | {"examples": ["R-2026-004417"]},
        "reference": TEXT | {"examples": ["F-KL 2099"], "maxLength": 9},
        "country_code": TEXT | {"examples": ["DE1"]},
        "price": {"anyOf": [PRICE, {"type": "null"}]},
        "fee": {"type": "number", "examples": [19.99]},
    },
}
GATE = {
    "type": "object",
    "required": ["code", "name"],
    "properties": {"code": TEXT | {"pattern": "^G-[0-9]{4}$", "examples": ["G-0041"]}, "name": TEXT},
}


def answers(schema: Any, status: str = "200") -> dict[str, Any]:
    return {"responses": {status: {"description": "", "content": {"application/json": {"schema": schema}}}}}


def takes(schema: Any) -> dict[str, Any]:
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}


SENT = {"type": "object", "properties": {"fee": {"type": "number"}}}
PATHS = {
    "/orders": {
        "get": answers({"type": "array", "items": ORDER}),
        "post": answers(ORDER, "201") | takes(SENT),
    },
    "/orders/{id}": {"get": answers(ORDER)},
    "/gates": {"get": answers({"type": "array", "items": GATE})},
    "/gates/{code}": {"get": answers(GATE)},
    "/entries": {"get": answers({"type": "array", "minItems": 3, "items": ORDER})},
}


@pytest.mark.parametrize("stateful", [False, True])
@pytest.mark.parametrize("path", ["/orders", "/entries"])
def test_items_count_on_from_the_example(contract_of: Written, ask: Any, stateful: bool, path: str) -> None:
    with flowmock.running(contract_of(PATHS), stateful=stateful) as running:
        items = ask(running, path, headers={"Prefer": "items=5"}).json
        usual = ask(running, path).json

    assert [each["number"] for each in items] == [f"R-2026-00{number}" for number in range(4417, 4422)]
    assert [each["reference"] for each in items] == ["F-KL 2099", *(f"F-KL 210{number}" for number in range(4))]
    assert path != "/orders" or {each["country_code"] for each in usual} == {"DE1"}
    assert items[0]["fee"] == 19.99
    assert len({each["fee"] for each in items}) == 5
    assert len({str(each["price"]) for each in items if each["price"]}) >= 4
    assert len({each["number"] for each in usual}) == len(usual) > 1


def test_ids_count_on_and_reads_agree(contract_of: Written, ask: Any) -> None:
    with flowmock.running(contract_of(PATHS)) as running:
        assert [each["code"] for each in ask(running, "/gates").json] == ["G-0041", "G-0042", "G-0043"]
        for each in ask(running, "/orders").json:
            assert ask(running, f"/orders/{each['id']}").json == each


def test_what_is_new_has_the_next_number(contract_of: Written, ask: Any) -> None:
    with flowmock.running(contract_of(PATHS), stateful=True) as running:
        known = [each["number"] for each in ask(running, "/orders").json]
        sent = {"method": "POST", "headers": {"content-type": "application/json"}, "body": json.dumps({"fee": 5})}
        new = [ask(running, "/orders", **sent).json["number"] for _ in range(2)]

    assert new == ["R-2026-004420", "R-2026-004421"]
    assert not set(new) & set(known)


def test_no_number_is_there_twice_in_a_longer_list(contract_of: Written, ask: Any) -> None:
    with flowmock.running(contract_of(PATHS), stateful=True) as running:
        sent = {"method": "POST", "headers": {"content-type": "application/json"}, "body": json.dumps({"fee": 5})}
        first = ask(running, "/orders", **sent).json["number"]
        listed = [each["number"] for each in ask(running, "/orders", headers={"Prefer": "items=30"}).json]
        last = ask(running, "/orders", **sent).json["number"]

    assert len({*listed, last}) == 31
    assert first in listed
    assert last == max([*listed, last])
