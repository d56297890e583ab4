"""Values with one example that each item of a collection has for itself: numbers and codes, counted on from the example
(`A-017`, `A-018`), and sums of money, which vary around it.
"""

import itertools
import re
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from flowcontract.openapi.model import MediaType
from flowcontract.openapi.values import members, money
from flowcontract.openapi.values.examples import given
from flowcontract.openapi.values.names import singulars, words
from flowcontract.openapi.values.plausible import AMOUNTS, is_money
from flowcontract.text import plain_name
from flowmock.lists.selecting import Item
from flowmock.resources.model import Resource

_KINDS = frozenset({"barcode", "code", "no", "number", "plate", "ref", "reference", "serial", "sku"})
"""Words of which each name has one that says that its value is of one item alone."""
_IDENTIFYING = _KINDS | {"article", "display", "human", "licence", "license", "part", "public", "registration", "short"}
"""Words of these names, besides those of the item (`order_number` of `/orders`)."""
_OF_OTHERS = frozenset(
    {"country", "currency", "error", "language", "phone", "postal", "region", "status", "tax", "zip"}
)
"""Words of names of codes and numbers that many items have."""
_UNIQUE = re.compile(r"\bunique|\bidentif|human[- ]readable", re.IGNORECASE)
_IS_UNIQUE = re.compile(r"(?<!not )(?<!not be )(?<!non-)\bunique\b(?! (?:id\b|identifier|key))", re.IGNORECASE)
_DIGITS = re.compile(r"\d+(?!.*\d)", re.DOTALL)
_OPAQUE = re.compile(r"[0-9a-fA-F-]{16,}|(?=.*\d)(?=.*[A-Za-z])\w*[A-Za-z]\d+[A-Za-z]+\w*")
"""IDs without an order: UUIDs, hashes, and other letters and digits at random."""
_AMOUNT = re.compile(r"\d+(\.\d+)?")
_TENTHS = (8, 13, 6, 11, 17, 9, 14, 7, 12, 5)
"""Tenths of its example that an amount is, from the second item on."""
_MAX_COUNTED = 1000
"""Numbers that are counted on to find a free one."""


def counted_on(text: str, count: int) -> str:
    """A text with a number in it, and the last one counted on: as long as before, if it can be."""
    found = _DIGITS.search(text)
    if found is None:
        return text
    digits = found[0]
    following = str(int(digits) + count).zfill(len(digits))
    return text[: found.start()] + following[-len(digits) :] + text[found.end() :]


def counted_id(resource: Resource, text: str, count: int, taken: Collection[str]) -> str:
    """An ID that is counted on from an example and that the read takes; the text itself where that is none.

    `taken`: other IDs.
    """
    schema = resource.media.schemas.resolve(resource.properties()[resource.id_field])
    is_text = schema.get("type") == "string" and "format" not in schema and not _OPAQUE.fullmatch(text)
    following = counted_on(text, count)
    alone = resource.media.member(resource.id_field) if is_text and following not in taken else None
    return following if alone and alone.is_valid(following) and resource.accepts(following) else text


class _Member(NamedTuple):
    """A member of an item with an example, by its name, and by that in an object."""

    name: str
    within: str
    example: Any

    def of(self, item: Item) -> Any:
        """What an item has of it; None for nothing."""
        held = item.get(self.name)
        return held if not self.within else held.get(self.within) if isinstance(held, dict) else None

    def with_value(self, item: Item, value: Any) -> Item:
        """An item that has another value of it."""
        return {**item, self.name: {**item[self.name], self.within: value} if self.within else value}


@lru_cache(64)
def _identifying(resource: Resource) -> tuple[_Member, ...]:
    """The members by which people identify an item, or an object in it, whose examples have digits in them."""
    nouns = frozenset(word for each in singulars(resource.name) for word in words(each))
    found: list[_Member] = []
    for name, schema in resource.properties().items():
        if name != resource.id_field:
            found += _found(resource, (name, ""), schema, nouns)
        for inner, part in members(schema, resource.media.schemas):
            found += _found(resource, (name, inner), part, frozenset(words(name)))
    return tuple(found)


def _found(resource: Resource, at: tuple[str, str], schema: Any, nouns: frozenset[str]) -> Iterator[_Member]:
    """A member, if people identify what has it by it. `nouns`: what that is called."""
    name, within = at
    resolve = resource.media.schemas.resolve
    written = [schema, *(() if within else _other_schemas(resource, name))]
    example, resolved = next(filter(None, (given(each, resolve) for each in written)), None), resolve(schema)
    own = set(words(within or name))
    is_text = isinstance(example, str) and _DIGITS.search(example) and resolved.get("format") in (None, "string")
    said = " ".join(str(part.get("description", "")) for each in written for part in (each, resolve(each)))
    if not is_text or "enum" in resolved or own & _OF_OTHERS or not (own & _KINDS or is_unique(said)):
        return
    is_of_items = not own - _IDENTIFYING - nouns
    if is_of_items or _UNIQUE.search(said) or (not within and plain_name(name) in _ordered_by(resource)):
        yield _Member(name, within, example)


def is_unique(description: str) -> bool:
    """Whether a description says that no two items have the same value."""
    return _IS_UNIQUE.search(description) is not None


def _other_schemas(resource: Resource, name: str) -> list[Any]:
    """The schemas that a property has in the list, and where an item is created."""
    create, listed = resource.operations.get("create"), resource.list_item_media()
    media = [*(create.request_media.values() if create else ()), *([listed] if listed else [])]
    found = (dict(members(each.schema or {}, each.schemas)).get(name) for each in media)
    return [each for each in found if isinstance(each, Mapping)]


def _ordered_by(resource: Resource) -> set[str]:
    """What the list of a resource can be filtered or ordered by, as plain names."""
    listed = resource.operations.get("list")
    found: set[str] = set()
    for each in listed.parameters if listed else ():
        if each.location == "query":
            schema = each.resolve(each.schema)
            found |= {plain_name(each.name)}
            found |= {plain_name(value) for value in schema.get("enum") or () if isinstance(value, str)}
    return found


def numbered(resource: Resource, item: Item, number: int) -> Item:
    """An item with values of its own. `number`: which item it is, from 0 on; the first one has the examples."""
    if number == 0:
        return item
    changed = item
    for each in _identifying(resource):
        if each.of(item) is not None:
            changed = each.with_value(changed, counted_on(each.example, number))
    changed = _valid(resource, changed, item)
    tenths = _TENTHS[zlib.crc32(str(number).encode()) % len(_TENTHS)] if number > len(_TENTHS) else _TENTHS[number - 1]
    varied = _scaled(resource, changed, Decimal(tenths) / 10)
    return varied if varied == changed or resource.media.is_valid(varied) else changed


def with_examples(resource: Resource, item: Item, number: int) -> Item:
    """An item that was made without examples, with values in their shape; `number` as in `numbered`."""
    changed = item
    for each in (*_identifying(resource), *_amounts(resource)):
        if each.of(changed) is not None:
            changed = each.with_value(changed, each.example)
    return numbered(resource, _valid(resource, changed, item), number)


def have(resource: Resource) -> bool:
    """Whether items of a collection have such values."""
    return bool(_identifying(resource)) or any(_amounts(resource))


def next_free(
    resource: Resource, item: Item, others: Iterable[Item], sent: Collection[str], *, only_taken: bool = False
) -> Item:
    """A new item whose values no other one has, where the client sent none: they follow the last ones.

    `only_taken`: values that no other item has stay.
    """
    known, changed = list(others), item
    for each in _identifying(resource):
        if not each.within and each.of(item) is not None and each.name not in sent:
            taken = {each.of(other) for other in known}
            if only_taken and each.of(item) not in taken:
                continue
            counted = [counted_on(each.example, number) for number in range(_MAX_COUNTED)]
            last = max((number for number, text in enumerate(counted) if text in taken), default=-1)
            free = (text for text in counted[last + 1 :] + counted if text not in taken)
            changed = each.with_value(changed, next(free, each.example))
    return _valid(resource, changed, item)


def _valid(resource: Resource, changed: Item, item: Item) -> Item:
    return changed if changed == item or resource.media.is_valid(changed) else item


@lru_cache(64)
def _amounts(resource: Resource) -> tuple[_Member, ...]:
    """The sums of money of an item that have an example; none where a list in it has others that they are made of."""
    parts = (resource.media.member(name) for name in resource.properties())
    items = [each.items() for each in parts if each]
    has_others = any(any(_found_amounts(each)) for each in items if each)
    return () if has_others else tuple(_found_amounts(resource.media))


def _found_amounts(media: MediaType) -> Iterator[_Member]:
    resolve = media.schemas.resolve
    for name, schema in members(media.schema or {}, media.schemas):
        example = given(schema, resolve)
        if is_money(name) and _is_amount(example):
            yield _Member(name, "", example)
            continue
        inner = dict(members(schema, media.schemas))
        if any(map(money.is_currency, inner)):
            for each, part in inner.items():
                example = given(part, resolve)
                if each in AMOUNTS and _is_amount(example):
                    yield _Member(name, each, example)


def _is_amount(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return (is_number and value > 0) or (isinstance(value, str) and _AMOUNT.fullmatch(value) is not None)


def _scaled(resource: Resource, item: Item, factor: Decimal) -> Item:
    """An item whose sums that are examples are multiples of these, all of them: what they add up to stays right."""
    found = dict(item)
    wanted = [each for each in _amounts(resource) if each.of(item) == each.example]
    amounts = [Decimal(str(each.example)) for each in wanted]
    if _have_a_sum(amounts) and any(_times(each.example, factor)[1] is False for each in wanted):
        factor = Decimal(int(factor * 10) % 3 + 2)
    for each in wanted:
        found = each.with_value(found, _times(each.example, factor)[0])
    return found


def _have_a_sum(amounts: list[Decimal]) -> bool:
    """Whether one of some amounts is the sum of others."""
    several = (each for count in range(2, len(amounts)) for each in itertools.combinations(sorted(amounts)[:-1], count))
    return any(sum(each) == max(amounts) for each in several)


def _times(value: Any, factor: Decimal) -> tuple[Any, bool]:
    """A multiple of an amount with as many digits, and whether it is exact."""
    number = Decimal(str(value))
    exponent = number.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    exact = number * factor
    rounded = round(exact, places)
    new = f"{rounded:f}" if isinstance(value, str) else float(rounded) if isinstance(value, float) else int(rounded)
    return new, rounded == exact
