"""Creations that name another item by its number or code, and amounts that have another type in responses."""

import json
from collections.abc import Callable
from typing import Any

import pytest

import flowmock
from flowcontract.openapi.contract import Contract

Ask = Callable[..., Any]
Written = Callable[..., Contract]
UUID, TEXT = {"type": "string", "format": "uuid"}, {"type": "string"}
NONE = {"description": ""}
COURSE = {"type": "string", "pattern": "^[A-Z]{3}[0-9]{3}$"}


def of(*optional: str, **properties: Any) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "required": required, "properties": properties}


def several(item: Any) -> dict[str, Any]:
    return {"type": "array", "items": item}


def said(schema: Any) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


def does(status: str, schema: Any = None, body: Any = None, **more: Any) -> dict[str, Any]:
    sent = {"requestBody": {"content": {"application/json": {"schema": body}}}} if body else {}
    return {"responses": {status: said(schema) if schema else NONE, "404": NONE, **more}, **sent}


def at(path: str, schema: Any = UUID, **operations: Any) -> dict[str, Any]:
    names = [each.partition("}")[0] for each in path.split("{")[1:]]
    parameters = [{"name": name, "in": "path", "required": True, "schema": schema} for name in names]
    return {path: {**operations, "parameters": parameters}}


CURRENCY = {"type": "string", "enum": ["EUR", "CHF"], "default": "EUR"}
PRICE_SENT = of("currency", amount={"anyOf": [{"type": "number"}, TEXT]}, currency=CURRENCY)
PRICE = of("currency", amount={"type": "string", "examples": ["1249.90"]}, currency=CURRENCY)
PRODUCT = of(id=UUID, sku=TEXT, title=TEXT)
LINE = of(id=UUID, product=of(sku=TEXT, title=TEXT), price={"anyOf": [PRICE, {"type": "null"}]})
SEAT = of(id=UUID, course=of(code=TEXT, name=TEXT), student=TEXT)
PATHS = {
    **at("/products", get=does("200", several(PRODUCT))),
    **at("/products/{product_id}", get=does("200", PRODUCT)),
    **at(
        "/lines",
        get=does("200", several(LINE)),
        post=does("201", LINE, of("price", product_sku=TEXT, price=PRICE_SENT)),
    ),
    **at("/lines/{line_id}", get=does("200", LINE)),
    **at("/courses", get=does("200", several(of(code=COURSE, name=TEXT)))),
    **at("/courses/{code}", COURSE, get=does("200", of(code=COURSE, name=TEXT, teacher=TEXT)), delete=does("204")),
    **at("/seats", get=does("200", several(SEAT)), post=does("201", SEAT, of(course_code=COURSE, student=TEXT))),
    **at("/seats/{seat_id}", get=does("200", SEAT)),
}


def create(running: flowmock.Running, ask: Ask, path: str, **body: Any) -> Any:
    headers = {"content-type": "application/json"}
    return ask(running, path, method="POST", headers=headers, body=json.dumps(body))


@pytest.mark.parametrize(
    ("path", "others", "name", "key", "more"),
    [("/lines", "/products", "product", "sku", {}), ("/seats", "/courses", "course", "code", {"student": "Ann"})],
)
def test_a_natural_key_names_the_item_that_a_response_shows(
    contract_of: Written, ask: Ask, path: str, others: str, name: str, key: str, more: dict[str, Any]
) -> None:
    with flowmock.running(contract_of(PATHS), stateful=True) as running:
        for other in ask(running, others).json:
            created = create(running, ask, path, **more, **{f"{name}_{key}": other[key]})

            assert created.status == 201
            shown = created.json[name]
            assert shown == {member: other[member] for member in shown}
            assert ask(running, f"{path}/{created.json['id']}").json == created.json


def test_a_natural_key_of_nothing_is_not_found(contract_of: Written, ask: Ask) -> None:
    with flowmock.running(contract_of(PATHS), stateful=True) as running:
        code = ask(running, "/courses").json[0]["code"]
        before = ask(running, "/seats").json
        ask(running, f"/courses/{code}", method="DELETE")

        assert create(running, ask, "/seats", course_code="ZZZ999", student="Ann").status == 404
        assert create(running, ask, "/seats", course_code=code, student="Ann").status == 404
        assert ask(running, "/seats").json == before


def test_without_memory_a_response_has_the_key(contract_of: Written, ask: Ask) -> None:
    with flowmock.running(contract_of(PATHS)) as running:
        assert create(running, ask, "/seats", course_code="ABC123", student="Ann").json["course"]["code"] == "ABC123"


@pytest.mark.parametrize("stateful", [False, True])
@pytest.mark.parametrize(("amount", "text"), [(812.5, "812.50"), (300, "300.00"), (0.125, "0.125")])
def test_an_amount_is_the_same_in_a_text(
    contract_of: Written, ask: Ask, stateful: bool, amount: float, text: str
) -> None:
    with flowmock.running(contract_of(PATHS), stateful=stateful) as running:
        sku = ask(running, "/products").json[0]["sku"]
        created = create(running, ask, "/lines", product_sku=sku, price={"amount": amount})

    assert created.json["price"] == {"amount": text, "currency": "EUR"}
