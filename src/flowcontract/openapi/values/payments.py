"""What is paid of a total, and what is left of it: payments, a paid amount and a balance that agree with the status."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from flowcontract.openapi.values.money import LINE_TOTALS, WHOLES, amount_of, like, line_total, plain
from flowcontract.openapi.values.names import snake_case, words

BALANCES = frozenset(
    {"amount_due", "amount_outstanding", "amount_remaining", "balance", "balance_due", "due_amount", "open_amount"}
    | {"open_balance", "outstanding", "outstanding_amount", "outstanding_balance", "remaining_amount"}
    | {"remaining_balance"}
)
"""Names of what is left to pay."""
_PAID_AMOUNTS = frozenset({"amount_paid", "paid", "paid_amount", "paid_total", "total_paid"})
_STATUSES = ("payment_status", "paymentStatus", "status", "state")
_PAID = frozenset({"fully_paid", "paid", "settled"})
_UNPAID = frozenset({"draft", "unpaid", "void", "voided"})
"""Statuses of what nothing was paid of."""


def may_have_payments(names: Collection[str]) -> bool:
    """Whether members with these names can be a total and what is paid of it."""
    found = {plain(name) for name in names}
    return not found.isdisjoint(WHOLES) and any(each in BALANCES or _is_of_payments(each) for each in found)


def balances(value: Mapping[str, Any]) -> dict[str, Any]:
    """The balances of an object, and its paid amounts, as its payments say, or as one of them says of the other."""
    own = {plain(name): name for name, item in value.items() if amount_of(item) is not None}
    total = next((amount_of(value[own[name]]) for name in WHOLES if name in own), None)
    paid_names, left_names = ([own[name] for name in own if name in known] for known in (_PAID_AMOUNTS, BALANCES))
    payments = _payments(value)
    paid = sum((line_total(each) or Decimal() for each in payments[1]), Decimal()) if payments else None
    paid = amount_of(value[paid_names[0]]) if paid is None and paid_names else paid
    is_paid = _status(value) in _PAID
    if is_paid and not (payments and payments[1]):
        paid = total
    if total is None or paid is None or not paid <= total:
        return {}
    amounts = {**dict.fromkeys(paid_names, paid), **dict.fromkeys(left_names, total - paid)}
    return {name: like(value[name], amount) for name, amount in amounts.items()}


def agreeing(value: dict[str, Any], generated: Mapping[str, Any], fixed: Collection[str]) -> dict[str, Any]:
    """An object with as much paid as its status says, all of it, nothing or a part; itself where nothing changes.

    `generated`: the object as it was generated; payments that were not stay as they are.
    """
    if not may_have_payments(value):
        return value
    changed: dict[str, Any] = {}
    total = next((amount_of(item) for name, item in value.items() if plain(name) in WHOLES), None)
    payments, status = _payments(value), _status(value)
    if total and payments and _are_generated(payments[1], generated.get(payments[0])):
        name, items = payments
        found = [line_total(each) or Decimal() for each in items]
        paid = sum(found, Decimal())
        if status in _UNPAID:
            changed[name] = []
        elif paid and (status in _PAID or paid >= total):
            changed[name] = _scaled(items, found, total if status in _PAID else _part(total))
    elif total and not payments:
        for name, item in value.items():
            amount = amount_of(item) if plain(name) in _PAID_AMOUNTS and name not in fixed else None
            if amount is not None and (status in _UNPAID or (amount >= total and status not in _PAID)):
                changed[name] = like(item, Decimal() if status in _UNPAID else _part(total))
    left = balances(value | changed)
    if total and status and not left and payments is None:  # Nothing says what is paid.
        own = {name: amount_of(item) for name, item in value.items() if plain(name) in BALANCES}
        late = {name for name, amount in own.items() if amount is not None and (status in _UNPAID or amount > total)}
        left = {name: like(value[name], total) for name in late}
    changed |= {name: item for name, item in left.items() if name not in fixed and item != value[name]}
    return value | changed if changed else value


def _payments(value: Mapping[str, Any]) -> tuple[str, list[Any]] | None:
    """The name and the items of the list of payments."""
    found = ((name, item) for name, item in value.items() if isinstance(item, list) and _is_of_payments(plain(name)))
    return next(((name, items) for name, items in found if all(line_total(each) is not None for each in items)), None)


def _is_of_payments(name: str) -> bool:
    return words(name)[-1] == "payments"


def _status(value: Mapping[str, Any]) -> str:
    return next((snake_case(value[name]) for name in _STATUSES if isinstance(value.get(name), str)), "")


def _are_generated(items: list[Any], generated: Any) -> bool:
    """Whether payments have the amounts that were generated, maybe in a currency without decimals."""
    if not isinstance(generated, list) or len(items) != len(generated):
        return False
    pairs = ((line_total(each), line_total(made)) for each, made in zip(items, generated, strict=True))
    return all(now is not None and made is not None and now in (made, round(made * 100)) for now, made in pairs)


def _scaled(items: list[Any], amounts: list[Decimal], target: Decimal) -> list[Any]:
    """Payments that come to another sum."""
    shares = [_rounded(each * target / sum(amounts), each) for each in amounts[:-1]]
    shares.append(target - sum(shares))
    return [_with_amount(each, share) for each, share in zip(items, shares, strict=True)]


def _with_amount(item: dict[str, Any], amount: Decimal) -> dict[str, Any]:
    names = {plain(name): name for name in item if amount_of(item[name]) is not None}
    name = next(names[each] for each in LINE_TOTALS if each in names)
    return {**item, name: like(item[name], amount)}


def _part(total: Decimal) -> Decimal:
    """A part of a total that is neither nothing nor all."""
    return _rounded(total * Decimal("0.6"), total)


def _rounded(amount: Decimal, before: Decimal) -> Decimal:
    """An amount with decimals only where another one has them."""
    return round(amount, 2 if before.as_tuple().exponent else 0)
