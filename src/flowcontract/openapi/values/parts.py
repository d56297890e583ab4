"""What an object says of the objects in a list of it: the least price, how many pieces there are."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from flowcontract.openapi.values.money import amount_of, is_currency, like
from flowcontract.openapi.values.names import singulars, words
from flowcontract.openapi.values.plausible import is_money

_LEAST = frozenset({"cheapest", "from", "least", "lowest", "min", "minimum", "starting"})
_MOST = frozenset({"highest", "max", "maximum", "most", "to"})
"""Words of the names of the least and of the greatest price of several."""
_COUNTS = frozenset({"count", "num", "number", "of", "total"})
_PIECES = frozenset({"article", "item", "piece", "unit"})
"""What things are called, whatever they are."""
_FLAGS = frozenset({"are", "has", "in", "is"})
_QUANTITIES = frozenset({"count", "quantity", "copies", "level", "pieces", "places", "seats", "tickets", "units"})
"""Words of names of a number beside that of which it is: `stock_quantity`, `seats_available`."""
_SUMMED = frozenset({"available", "capacity", "inventory", "quota", "sold", "stock"})
"""Names of numbers that parts have as well: the `stock` of the variants of a product."""
_STOCKS = frozenset({"available", "inventory", "stock"})


def may_agree(names: Collection[str]) -> bool:
    """Whether an object with these members can say something of a list, or of what is in stock."""
    return any(map(_is_about_parts, names)) or bool(_stocks(tuple(names)))


def agreeing(value: Mapping[str, Any], fixed: Collection[str]) -> dict[str, Any]:
    """The members of an object that agree with the one list of objects that it has. `fixed`: the names of others."""
    changed: dict[str, Any] = {}
    lists = [item for item in value.values() if isinstance(item, list) and item and isinstance(item[0], dict)]
    if len(lists) != 1:
        return _in_stock(value, fixed)
    (parts,) = lists
    for name, item in value.items():
        if name in fixed or not _is_about_parts(name):
            continue
        found = set(words(name))
        if (prices := _prices(parts)) and is_money_of(name) and found & (_LEAST | _MOST):
            if amount_of(item) is not None or isinstance(item, dict):
                changed[name] = _price(item, parts, min(prices) if found & _LEAST else max(prices))
        elif type(item) is int and (total := _sum(name, parts)) is not None:
            changed[name] = total
        elif type(item) is int and (pieces := _pieces(name, parts)) is not None:
            changed[name] = pieces
    return _in_stock({**value, **changed}, {*fixed, *changed}) | changed


@lru_cache(4096)
def _is_about_parts(name: str) -> bool:
    found = set(words(name))
    is_price = is_money_of(name) and bool(found & (_LEAST | _MOST))
    return is_price or name in _SUMMED or (found & {"count", "num", "number"} != set() and len(found) > 1)


@lru_cache(4096)
def is_money_of(name: str) -> bool:
    """Whether a member with this name is a sum of money, also the least one of several."""
    rest = [word for word in words(name) if word not in _LEAST | _MOST]
    return bool(rest) and is_money("_".join(rest))


def _prices(parts: list[Any]) -> list[Decimal]:
    """The price that each part has, or those of the parts in its list; none where one has none, or several."""
    found: list[Decimal] = []
    for part in parts:
        named = [part[name] for name in part if words(name)[-1] in ("fare", "price")] if isinstance(part, dict) else []
        lists = [item for item in part.values() if isinstance(item, list)] if isinstance(part, dict) else []
        amount = amount_of(named[0]) if len(named) == 1 else None
        inner = [amount] if amount is not None else _prices(lists[0]) if len(lists) == 1 and not named else []
        if not inner:
            return []
        found += inner
    return found


def _price(item: Any, parts: list[Any], amount: Decimal) -> Any:
    """A price with an amount, in the currency of the parts where it has one."""
    changed = like(item, amount)
    own = next((each for part in parts for each in part.values() if isinstance(each, dict)), {})
    same = {name: own[name] for name in own if is_currency(name)} if isinstance(changed, dict) else {}
    return {**changed, **{name: each for name, each in same.items() if name in changed}} if same else changed


def _sum(name: str, parts: list[Any]) -> int | None:
    """What the numbers of this name in the parts come to; None for other members, and where a part has none."""
    found = [part.get(name) for part in parts if isinstance(part, dict)] if name in _SUMMED else []
    numbers = [each for each in found if type(each) is int]
    return sum(numbers) if numbers and len(numbers) == len(parts) else None


def _pieces(name: str, parts: list[Any]) -> int | None:
    """How many things the lines of a list have, if a member counts what they are of; None for any other member."""
    nouns = [word for word in words(name) if word not in _COUNTS]
    found = [part.get("quantity") for part in parts if isinstance(part, dict)]
    counted = [each for each in found if type(each) is int]
    if len(nouns) != 1 or len(counted) < len(parts):
        return None
    noun = nouns[0]
    known = {word for key in parts[0] for word in words(key)} | _PIECES
    return sum(counted) if known.intersection((noun, *singulars(noun))) and noun not in ("line", "lines") else None


def _in_stock(value: Mapping[str, Any], fixed: Collection[str]) -> dict[str, Any]:
    """The numbers of what is in stock, or available, as a truth value says that there is some or none, or the truth
    value as a number says that is known.
    """
    changed: dict[str, Any] = {}
    for flag, name in _stocks(tuple(value)):
        number = value[name]
        if not isinstance(value[flag], bool) or type(number) is not int:
            continue
        if name not in fixed:
            changed[name] = max(number, 1) if value[flag] else 0
        elif flag not in fixed:
            changed[flag] = number > 0
    return changed


@lru_cache(4096)
def _stocks(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The truth values that say whether there is something, each with the number of it."""
    found = []
    for flag in names:
        own = [word for word in words(flag) if word not in _FLAGS]
        if len(own) == 1 and own[0] in _STOCKS:
            numbers = [
                name
                for name in names
                if name != flag and own[0] in words(name) and set(words(name)) <= _QUANTITIES | {own[0]}
            ]
            found += [(flag, numbers[0])] if len(numbers) == 1 else []
    return tuple(found)
