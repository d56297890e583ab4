"""What an object says of the objects in its list agrees with them."""

from datetime import date
from typing import Any

import pytest

from flowcontract.openapi.contract import Contract
from flowcontract.openapi.values import money, parts, plans, valid_value


@pytest.mark.parametrize(
    ("value", "changed"),
    [
        ({"price_from": 5.0, "offers": [{"price": 9.5}, {"price": 7.25}]}, {"price_from": 7.25}),
        ({"maxPrice": 5.0, "offers": [{"price": 9.5}, {"price": 7.25}]}, {"maxPrice": 9.5}),
        ({"price_from": 5, "days": [{"rooms": [{"price": 4}]}, {"rooms": [{"price": 3}]}]}, {"price_from": 3}),
        ({"price_from": 5, "offers": [{"price": 9, "old_price": 10}]}, {}),
        ({"item_count": 1, "lines": [{"quantity": 2}, {"quantity": 3}]}, {"item_count": 5}),
        ({"seat_count": 1, "lines": [{"seat_id": 1, "quantity": 2}]}, {"seat_count": 2}),
        ({"review_count": 1, "lines": [{"seat_id": 1, "quantity": 2}]}, {}),
        ({"stock": 7, "in_stock": False, "variants": [{"stock": 1}, {"stock": 2}]}, {"stock": 3, "in_stock": True}),
        ({"stock": 7, "in_stock": False}, {"stock": 0}),
        ({"is_available": True, "available_seats": 0}, {"available_seats": 1}),
    ],
)
def test_least_prices_pieces_and_stocks_agree_with_the_parts(value: dict[str, Any], changed: dict[str, Any]) -> None:
    assert parts.agreeing(value, ()) == changed


def test_what_is_next_is_the_first_of_the_parts_from_today_on() -> None:
    days = [{"starts_at": f"2026-0{month}-01T20:00:00Z"} for month in (4, 1, 3)]
    value = {"next_date": "2026-09-09T08:00:00Z", "days": days}

    assert plans.next_of_parts(value, date(2026, 2, 1)) == {"next_date": "2026-03-01T20:00:00Z"}
    assert plans.next_of_parts(value, date(2026, 5, 1)) == {}
    assert plans.coming(days, date(2026, 2, 1)) == [days[2], days[0]]


def test_a_total_has_the_fees_in_it() -> None:
    assert money.sums({"subtotal": 10.0, "fees": 1.5, "total": 3.0})["total"] == 11.5


@pytest.mark.parametrize("currency", [{"type": "string", "enum": ["GBP", "EUR", "USD"]}, {"type": "string"}])
def test_all_objects_have_one_currency(currency: dict[str, Any]) -> None:
    price = {"type": "object", "required": ["currency"], "properties": {"currency": currency}}
    read = Contract(
        {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "components": {"schemas": {"P": price}}}
    )
    found = [valid_value(read.schemas, "/components/schemas/P", seed=0, key=str(key)) for key in range(20)]

    assert len({each["currency"] for each in found}) == 1
