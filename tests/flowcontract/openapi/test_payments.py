"""What is paid of a total and what is left of it, in generated values."""

from typing import Any

import pytest

from flowcontract.openapi.values import agreement, money

PAYMENTS = [{"amount": 70.0, "paid_at": "2025-01-02T10:00:00Z"}, {"amount": 90.0, "paid_at": "2025-01-01T10:00:00Z"}]
INVOICE = {"issued_on": "2025-06-01", "total": "100.00", "payments": PAYMENTS, "balance": "33.00"}


def paid(value: dict[str, Any]) -> float:
    return sum(each["amount"] for each in value["payments"])


@pytest.mark.parametrize(("status", "least", "most"), [("paid", 100, 100), ("open", 1, 99), ("draft", 0, 0)])
def test_payments_and_the_balance_are_what_the_status_says(status: str, least: float, most: float) -> None:
    generated = INVOICE | {"status": status}

    found = agreement.settled(generated, generated)

    assert least <= paid(found) <= most
    assert float(found["balance"]) == pytest.approx(100 - paid(found))


def test_payments_follow_the_issue() -> None:
    found = agreement.settled(INVOICE, INVOICE)

    moments = [each["paid_at"] for each in found["payments"]]
    assert moments == sorted(moments)
    assert moments[0] > "2025-06-01"


def test_payments_that_were_given_stay() -> None:
    given = INVOICE | {"status": "draft"}
    generated = given | {"payments": [{**each, "amount": 1.0} for each in PAYMENTS]}

    found = agreement.settled(given, generated)

    assert paid(found) == paid(given)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"status": "paid", "total": 50, "balance": 20}, {"balance": 0}),
        ({"status": "unpaid", "total": 50, "balance": 20}, {"balance": 50}),
        ({"status": "open", "total": 50, "balance": 80}, {"balance": 50}),
        ({"status": "open", "total": 50, "amount_paid": 80, "amount_due": 3}, {"amount_paid": 30, "amount_due": 20}),
        ({"status": "paid", "total": 50, "amount_paid": 8, "amount_due": 3}, {"amount_paid": 50, "amount_due": 0}),
        ({"status": "draft", "total": 50, "amount_paid": 8, "amount_due": 3}, {"amount_paid": 0, "amount_due": 50}),
        ({"total": 50, "balance": 80}, {}),
    ],
)
def test_what_is_left_without_payments(value: dict[str, Any], expected: dict[str, Any]) -> None:
    assert agreement.settled(value, value) == value | expected


def test_a_payment_that_was_made_counts() -> None:
    changed = {"total": 50, "balance": 50, "payments": [{"amount": 10}]}

    assert agreement.summed(changed, {})["balance"] == 40


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ({"hours": 4, "unit_price": "2.50", "total": "7.00"}, {"total": "10.00"}),
        ({"lessons": 855, "unit_price": "2.50", "total": "7.00"}, {"lessons": 16, "total": "40.00"}),
        ({"quantity": 2, "hours": 4, "unit_price": "2.50", "total": "7.00"}, {"total": "5.00"}),
    ],
)
def test_a_line_is_so_many_at_a_unit_price(line: dict[str, Any], expected: dict[str, Any]) -> None:
    assert agreement.settled(line, line) == line | expected


def test_what_was_read_was_sent_before() -> None:
    message = {"read_at": "2025-01-01T10:00:00Z", "sent_at": "2025-02-01T10:00:00Z"}

    assert agreement.settled(message, message) == {"read_at": message["sent_at"], "sent_at": message["read_at"]}


def test_what_was_read_follows_the_order_of_what_was_sent() -> None:
    dates = [("2025-05-01", "2025-06-01"), ("2025-01-01", "2025-02-01")]
    messages = [{"sent_at": f"{sent}T10:00:00Z", "read_at": f"{seen}T10:00:00Z"} for sent, seen in dates]
    inbox = {"messages": messages}

    found = agreement.settled(inbox, inbox)["messages"]

    assert [each["sent_at"] for each in found] == ["2025-01-01T10:00:00Z", "2025-05-01T10:00:00Z"]
    assert all(each["sent_at"] <= each["read_at"] for each in found)


def test_an_object_that_is_put_into_another_one_gives_it_its_currency() -> None:
    price = {"amount": "5.50", "currency": "EUR"}
    before = {"item": {"id": 1, "price": price}, "cost": price, "fee": 1.5}
    after = before | {"item": {"id": 2, "price": price | {"currency": "JPY"}}}

    found = money.in_currency_of_parts(after, before)

    assert found == after | {"cost": {"amount": "550", "currency": "JPY"}, "fee": 150}
    assert money.in_currency_of_parts(before, before) is before
