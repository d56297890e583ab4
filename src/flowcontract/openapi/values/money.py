"""Money in generated values: one currency in an object, no decimals where a currency has none, sums that add up."""

import re
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from flowcontract.openapi.values.names import singulars, snake_case, words
from flowcontract.openapi.values.plausible import AMOUNTS, is_money

_CURRENCY = re.compile(r"[A-Z]{3}|[a-z]{3}")
_NUMBER = re.compile(r"\d{1,9}(\.\d{1,2})?")
_NO_DECIMALS = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF"}
    | {"XPF"}
)
"""Currencies without a minor unit (ISO 4217)."""
_HUNDRED = 100
"""Of such a currency, a hundred times as much is paid for something, or more."""
_OF_ANOTHER = frozenset(
    {"base", "counter", "destination", "foreign", "from", "local", "original", "quote", "settlement", "source"}
    | {"target", "to", "balances", "currencies", "prices", "rates", "wallets"}
)
"""Words of names that may be of another currency than what is beside them."""
_UNITS = frozenset({"cents", "eur", "gbp", "minor", "usd"})
"""Words at the end of a name that say what an amount is counted in."""
_LISTS = frozenset({"entries", "items", "line_items", "lines", "order_items", "positions"})
"""Names of the list of what is bought, where there are several lists of amounts."""
LINE_TOTALS = ("total", "line_total", "total_price", "amount", "subtotal")
"""Names of what a line of a list comes to, the most telling first."""
_RATES = {
    **dict.fromkeys(("nightly_price", "nightly_rate", "price_per_night", "rate_per_night"), "nights"),
    **dict.fromkeys(("daily_price", "daily_rate", "price_per_day", "rate_per_day"), "days"),
}
"""Prices of a time, and what counts it."""
_SUBTOTALS = ("subtotal", "sub_total", "subtotal_amount")
_NETS = ("net", "net_amount", "net_total", "net_price", "amount_net", "total_net", "price_net")
"""Names that are those of sums of money only beside a tax: there are weights as well."""
_TAXES = ("tax", "tax_amount", "tax_total", "total_tax", "vat", "vat_amount", "vat_total", "total_vat", "sales_tax")
_SHIPPING = ("shipping", "shipping_amount", "shipping_cost", "shipping_fee", "shipping_total", "delivery_fee")
_FEES = ("fees", "fee_total", "total_fees", "booking_fee", "service_fee")
_DISCOUNTS = ("discount", "discount_amount", "discount_total", "total_discount")
WHOLES = (
    *("total", "total_amount", "amount_total", "grand_total", "total_price", "gross", "gross_amount", "gross_total"),
    *("gross_price", "total_gross", "amount_gross", "price_gross"),
)
_SUMS = frozenset((*LINE_TOTALS, *_SUBTOTALS, *_NETS, *WHOLES))
_PARTS = _SUMS.union(_TAXES, _SHIPPING, _FEES, _DISCOUNTS, _RATES, ("price", "unit_price", "quantity"))
_MANY = 20
"""The most that a line has of something, unless it is known."""
_OF_A_PAGE = frozenset({"limit", "next", "offset", "page", "page_size", "pages", "per_page", "size", "total_pages"})


@lru_cache(4096)
def is_currency(name: str) -> bool:
    """Whether a member with this name holds the currency of what is beside it."""
    found = words(name)
    return "currency" in (found[-1], *(found[-2:-1] if found[-1] == "code" else ())) and not may_differ(name)


@lru_cache(4096)
def may_differ(name: str) -> bool:
    """Whether a member with this name may be of another currency than what is beside it."""
    return not _OF_ANOTHER.isdisjoint(words(name))


def currencies(value: Any, *, in_lists: bool = False) -> Iterator[str]:
    """The currencies of an object and of the objects within it, those of its own members first."""
    if isinstance(value, dict):
        yield from (item for name, item in value.items() if is_currency(name) and _is_code(item))
        for name, item in value.items():
            if not may_differ(name):
                yield from currencies(item, in_lists=in_lists)
    elif in_lists and isinstance(value, list):
        for item in value:
            yield from currencies(item, in_lists=True)


def _is_code(item: Any) -> bool:
    return isinstance(item, str) and _CURRENCY.fullmatch(item) is not None


def is_of_currency(name: str) -> bool:
    """Whether what a member with this name holds depends on the currency."""
    return is_currency(name) or is_money(name) or name in AMOUNTS


def in_currency(name: str, item: Any, currency: str, *, has_currency: bool) -> Any:
    """A member of an object as it is with a currency. `has_currency`: whether the object says what the currency is."""
    if is_currency(name) and _is_code(item):
        return currency.lower() if item.islower() else currency.upper()
    if currency.upper() not in _NO_DECIMALS or not (is_money(name) or (has_currency and name in AMOUNTS)):
        return item
    if isinstance(item, float):
        return max(1, round(item * _HUNDRED))
    is_text = isinstance(item, str) and re.fullmatch(r"\d{1,9}\.\d+", item)
    return str(max(1, round(Decimal(item) * _HUNDRED))) if is_text else item


def in_currency_of_parts(value: Any, before: Any) -> Any:
    """A value in the currency of an object that was put into it, such as the product that an order refers to.

    `before`: the value before that. Objects with another ID than before stay as they are.
    """
    known = set(currencies(before))
    currency = next((each for each in currencies(value) if each not in known), "")
    return _converted(value, before, currency) if currency and known else value


def _converted(value: Any, before: Any, currency: str) -> Any:
    if isinstance(value, list) and isinstance(before, list):
        return [_converted(each, other, currency) for each, other in zip(value, before, strict=False)]
    if not isinstance(value, dict) or not isinstance(before, dict) or value.get("id") != before.get("id"):
        return value
    has_currency = any(map(is_currency, value))
    return {
        name: item
        if may_differ(name)
        else _converted(item, before.get(name), currency)
        if isinstance(item, dict | list)
        else in_currency(name, item, currency, has_currency=has_currency)
        for name, item in value.items()
    }


def have_sums(names: Collection[str]) -> bool:
    """Whether a member with one of these names can be what others add up to."""
    return len(names) > 1 and not {plain(name) for name in names}.isdisjoint(_SUMS)


@lru_cache(4096)
def _have_parts(names: tuple[str, ...]) -> bool:
    """Whether one of these members can be what others add up to, and another a part of it."""
    return sum(plain(name) in _PARTS for name in names) > 1


def sums(value: Mapping[str, Any], fixed: Collection[str] | None = None) -> dict[str, Any]:
    """Totals of what is bought: a price times a quantity, or what the lines of a list add up to, with the tax.

    `fixed`: the names of members that were not generated, among which a quantity is; None where all are so.
    """
    if not _have_parts(tuple(value)) and not any(isinstance(item, list) for item in value.values()):
        return {}
    rates = _of_parts(value)
    value = {**value, **rates}
    own: dict[str, str] = {}
    amounts: dict[str, Decimal] = {}
    for name, item in value.items():
        if (amount := amount_of(item)) is not None:
            own[plain(name)], amounts[plain(name)] = name, amount
    if amounts.keys().isdisjoint(_SUMS):
        return rates
    counted = _counted(value, own)
    if counted and fixed is not None and amounts[counted] > _MANY and own[counted] not in fixed:
        amounts[counted] = 1 + amounts[counted] % _MANY
        rates = {**rates, own[counted]: int(amounts[counted])}

    def added(names: tuple[str, ...]) -> Decimal:
        return next((amounts[name] for name in names if name in amounts), Decimal())

    tax, line = added(_TAXES), _times(amounts, counted)
    base = line if line is not None else _of_lines(value)
    of_time = _of_time(amounts) if base is None else None
    base = of_time if base is None else base
    net = next((each for each in (*_SUBTOTALS, *(_NETS if tax else ())) if each in own), "")
    changed: dict[str, Decimal] = {}
    if net:
        base = amounts[net] if base is None else base
        changed[net] = base
    if base is not None:
        discount = added(_DISCOUNTS)
        whole = base + tax + added(_SHIPPING) + added(_FEES) - (discount if discount < base else 0)
        named = [each for each in WHOLES if each in own]
        if not net and line is not None:
            named = named or [each for each in LINE_TOTALS if each in own][:1]
        elif not net and of_time is None and not _is_of_money(value, own):
            named = []
        changed |= dict.fromkeys(named, whole)
    return rates | {own[name]: like(value[own[name]], amount) for name, amount in changed.items()}


@lru_cache(4096)
def is_sum_of(name: str, collection: str) -> bool:
    """Whether a member with this name says what the items of a collection come to: `refund_total` of `refunds`."""
    plain = snake_case(name)
    several = snake_case(collection)
    names = (*singulars(several), several)
    choices = [f"{each}_{end}" for each in names for end in ("total", "sum", "amount_total", "total_amount")]
    choices += [f"{start}_{each}_amount" for each in names for start in ("total", "sum")] + [f"sum_of_{several}"]
    return plain in choices


@lru_cache(4096)
def of_lists(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The members that say what a list beside them comes to, with these lists: `costs_total` and `costs`."""
    return tuple((name, each) for each in names if each.endswith("s") for name in names if is_sum_of(name, each))


def have_sums_of_lists(names: Collection[str]) -> bool:
    """Whether a member with one of these names can be what a list named by another one comes to."""
    return bool(of_lists(tuple(names)))


def sums_of_lists(value: Mapping[str, Any], _fixed: Collection[str] = ()) -> dict[str, Any]:
    """What lists of amounts come to, where a member is named so: `costs_total` of `costs`."""
    found = {}
    for name, of_list in of_lists(tuple(value)):
        lines = value[of_list] if isinstance(value[of_list], list) else [None]
        totals = list(map(line_total, lines))
        is_of_money = not isinstance(value[name], int) or any(map(is_currency, value))
        if None not in totals and amount_of(value[name]) is not None and is_of_money:
            total = sum((each for each in totals if each is not None), Decimal())
            has_decimals = any(
                isinstance(each, str) and "." in each for line in lines if line for each in line.values()
            )
            found[name] = like("0.00" if has_decimals and value[name] == "0" else value[name], total)
    return found


def _of_parts(value: Mapping[str, Any]) -> dict[str, Any]:
    """The prices of a night or day that a part of the object, such as the room, has under the same name."""
    parts = [part for part in value.values() if isinstance(part, dict)]
    named = [name for name in value if plain(name) in _RATES] if parts else []
    return {
        name: part[name] for name in named for part in parts if name in part and type(part[name]) is type(value[name])
    }


def _counted(value: Mapping[str, Any], own: Mapping[str, str]) -> str:
    """The one whole number that a unit price is of, such as the `hours` of a line without a quantity; else empty."""
    if "unit_price" not in own or "quantity" in own:
        return ""
    found = [each for each, name in own.items() if type(value[name]) is int and each.endswith("s")]
    return found[0] if len(found) == 1 and found[0] not in _PARTS else ""


def _times(amounts: Mapping[str, Decimal], counted: str = "") -> Decimal | None:
    """A price times a quantity. `counted`: the name of another one."""
    price = next((amounts[name] for name in ("unit_price", "price") if name in amounts), None)
    quantity = amounts.get(counted or "quantity")
    return price * quantity if price is not None and quantity is not None else None


def _of_time(amounts: Mapping[str, Decimal]) -> Decimal | None:
    """A price of a night or day, times their number."""
    found = (amounts[price] * amounts[unit] for price, unit in _RATES.items() if {price, unit} <= amounts.keys())
    return next(found, None)


def _is_of_money(value: Mapping[str, Any], own: Mapping[str, str]) -> bool:
    """Whether the total of an object with a list is a sum of money, and not the number of items."""
    names = {plain(name) for name in value}
    has_decimals = any(isinstance(value[own[each]], float | str | dict) for each in WHOLES if each in own)
    return names.isdisjoint(_OF_A_PAGE) and (has_decimals or any(map(is_currency, value)))


def _of_lines(value: Mapping[str, Any]) -> Decimal | None:
    """What the lines of the one list with amounts add up to."""
    lists = {plain(name): item for name, item in value.items() if isinstance(item, list) and item}
    lists = {name: item for name, item in lists.items() if words(name)[-1] != "payments"}
    found = {name: list(map(line_total, lines)) for name, lines in lists.items()}
    found = {name: totals for name, totals in found.items() if None not in totals}
    found = {name: totals for name, totals in found.items() if name in _LISTS} or found
    if len(found) != 1:
        return None
    (totals,) = found.values()
    return sum((each for each in totals if each is not None), Decimal())


def line_total(line: Any) -> Decimal | None:
    """What a line of a list, or a payment, comes to; None for anything else."""
    if not isinstance(line, dict):
        return None
    amounts = {plain(name): amount for name, item in line.items() if (amount := amount_of(item)) is not None}
    found = next((amounts[name] for name in LINE_TOTALS if name in amounts), None)
    return found if found is not None else _times({"quantity": Decimal(1)} | amounts)


@lru_cache(4096)
def plain(name: str) -> str:
    """A name as words, without what its amount is counted in: `net_cents` is `net`."""
    found = words(name)
    return "_".join(found[:-1] if len(found) > 1 and found[-1] in _UNITS else found)


def amount_of(value: Any) -> Decimal | None:
    """A number, a text that is one, or the amount of an object with a currency."""
    if isinstance(value, dict):
        amount = next((value[name] for name in AMOUNTS if name in value), None)
        return None if isinstance(amount, dict) or not any(map(is_currency, value)) else amount_of(amount)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_text = isinstance(value, str) and _NUMBER.fullmatch(value)
    return Decimal(str(value)) if is_number or is_text else None


def like(value: Any, amount: Decimal) -> Any:
    """An amount in the type of another value."""
    if isinstance(value, dict):
        name = next(name for name in AMOUNTS if name in value)
        return {**value, name: like(value[name], amount)}
    if isinstance(value, str):
        return f"{amount:.2f}" if "." in value or amount != round(amount) else str(round(amount))
    return round(float(amount), 2) if isinstance(value, float) else round(amount)
