"""With `stateful`, what items say of the lists below them follows what clients do there."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

Ask = Callable[..., Any]
Written = Callable[..., Contract]
Send = Callable[..., Any]
UUID, TEXT, WHOLE = {"type": "string", "format": "uuid"}, {"type": "string"}, {"type": "integer", "minimum": 0}
MONEY = {
    "type": "object",
    "required": ["amount", "currency"],
    "properties": {"amount": {"type": "string", "examples": ["80.00"]}, "currency": {"enum": ["EUR"]}},
}
CODE = {"type": "string", "examples": ["order_not_found"]}


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*properties], "properties": properties}


def several(item: Any) -> dict[str, Any]:
    return {"type": "array", "items": item}


def said(schema: Any, **more: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema, **more}}}


def does(status: str, answer: Any, body: Any = None) -> dict[str, Any]:
    sent = {"requestBody": {"content": {"application/json": {"schema": body}}}} if body else {}
    return {"responses": {status: answer, "404": said(of(code=CODE, message=TEXT))}, **sent}


def at(path: str, **operations: Any) -> dict[str, Any]:
    names = [each.partition("}")[0] for each in path.split("{")[1:]]
    parameters = [{"name": name, "in": "path", "required": True, "schema": UUID} for name in names]
    return {path: {**operations, "parameters": parameters}}


ORDER = of(id=UUID, title=TEXT, refund_total=MONEY, version=WHOLE)
LISTED = of(id=UUID, title=TEXT, is_late={"type": "boolean"}, is_urgent={"type": "boolean"})
REFUND = of(id=UUID, amount=MONEY)
FIELD = of(id=UUID, name=TEXT, sample_count=WHOLE)
FIELDS = [
    {"id": "6f8c4b1e-2c61-4f5e-9a51-0c2a0f3d8b11", "name": "North", "sample_count": 0},
    {"id": "6f8c4b1e-2c61-4f5e-9a51-0c2a0f3d8b12", "name": "South", "sample_count": 7},
]
PATHS = {
    **at("/orders", get=does("200", said(several(LISTED))), post=does("201", said(ORDER), of(title=TEXT))),
    **at("/orders/{order_id}", get=does("200", said(ORDER))),
    **at(
        "/orders/{order_id}/refunds",
        get=does("200", said(several(REFUND))),
        post=does("201", said(REFUND), of(amount=MONEY)),
    ),
    **at("/orders/{order_id}/refunds/{refund_id}", delete=does("204", {"description": ""})),
    **at("/fields", get=does("200", said(several(FIELD), example=FIELDS))),
    **at("/fields/{field_id}", get=does("200", said(FIELD))),
    **at(
        "/fields/{field_id}/samples",
        get=does("200", said(several(of(id=UUID, depth=WHOLE)))),
        post=does("201", said(of(id=UUID, depth=WHOLE)), of(depth=WHOLE)),
    ),
}


@pytest.fixture
def running(contract_of: Written) -> Iterator[flowmock.Running]:
    with flowmock.running(contract_of(PATHS), stateful=True) as running:
        yield running


@pytest.fixture
def send(running: flowmock.Running, ask: Ask) -> Send:
    """Create an item: `send("/orders", title="A")`."""

    def sending(path: str, **value: Any) -> Any:
        headers = {"content-type": "application/json"}
        return ask(running, path, method="POST", headers=headers, body=json.dumps(value)).json

    return sending


def test_a_sum_is_that_of_the_list_below(running: flowmock.Running, ask: Ask, send: Send) -> None:
    order = send("/orders", title="A")
    path = f"/orders/{order['id']}"
    assert order["refund_total"] == {"amount": "0.00", "currency": "EUR"}

    first, _ = (send(f"{path}/refunds", amount={"amount": each, "currency": "EUR"}) for each in ("10.50", "2.00"))

    after = ask(running, path).json
    assert (after["refund_total"]["amount"], after["version"]) == ("12.50", 3)
    ask(running, f"{path}/refunds/{first['id']}", method="DELETE")
    assert ask(running, path).json["refund_total"]["amount"] == "2.00"


def test_without_memory_sums_agree_as_well(contract_of: Written, ask: Ask) -> None:
    with flowmock.running(contract_of(PATHS)) as running:
        for each in ask(running, "/orders").json:
            amounts = [float(one["amount"]["amount"]) for one in ask(running, f"/orders/{each['id']}/refunds").json]
            total = ask(running, f"/orders/{each['id']}").json["refund_total"]["amount"]
            assert float(total) == pytest.approx(sum(amounts))


def test_nothing_has_happened_to_a_new_item_in_its_list(running: flowmock.Running, ask: Ask, send: Send) -> None:
    made = {send("/orders", title=f"{number}")["id"] for number in range(4)}

    listed = [each for each in ask(running, "/orders").json if each["id"] in made]

    assert [(each["is_late"], each["is_urgent"]) for each in listed] == [(False, False)] * 4


@pytest.mark.parametrize("field", FIELDS)
def test_a_list_has_as_many_items_as_an_example_says(
    running: flowmock.Running, ask: Ask, send: Send, field: dict[str, Any]
) -> None:
    path = f"/fields/{field['id']}"
    assert len(ask(running, f"{path}/samples").json) == field["sample_count"]

    send(f"{path}/samples", depth=3)

    assert ask(running, path).json["sample_count"] == field["sample_count"] + 1


def test_a_code_says_what_does_not_exist(running: flowmock.Running, ask: Ask, send: Send) -> None:
    unknown = "99999999-9999-4999-8999-999999999999"
    order = f"/orders/{send('/orders', title='A')['id']}"
    missing = {
        f"/orders/{unknown}/refunds/{unknown}": "order_not_found",
        f"{order}/refunds/{unknown}": "refund_not_found",
    }

    found = {path: ask(running, path, method="DELETE").json["code"] for path in missing}

    assert found == missing
