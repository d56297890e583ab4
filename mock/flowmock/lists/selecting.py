"""Which items of a list a query asks for, and in which order: filters on properties, bounds, a search, an order.

Only query parameters that the operation declares count. They are known by their names, as APIs commonly have them.
"""

import json
import operator
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from flowcontract.openapi.model import Operation
from flowcontract.openapi.values.plausible import is_of_creation
from flowcontract.openapi.values.plausible import words as words_of
from flowcontract.text import plain_name

Item = dict[str, Any]
Query = Sequence[tuple[str, str]]
Path = tuple[str, ...]
"""The name of a property, after that of the object that it is in."""

_SEARCH = frozenset({"search", "q", "query", "keyword", "term", "searchterm"})
_ORDER = frozenset({"ordering", "order", "orderby", "sort", "sortby"})
_DIRECTION = frozenset({"order", "direction", "orderdir", "sortdir", "sortorder", "sortdirection", "orderdirection"})
_DIRECTIONS = ("asc", "desc")
_BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    **dict.fromkeys(("after", "from", "gte", "min", "since", "start"), operator.ge),
    **dict.fromkeys(("before", "end", "lte", "max", "to", "until"), operator.le),
    "gt": operator.gt,
    "lt": operator.lt,
}
"""How a property compares with a query whose name has one of these words first or last: `min_price`, `price[lte]`."""
_MOMENTS = frozenset({"date", "datetime", "time"})
"""What `date_from` and `time_to` are about: no property, but the moment of the item."""
_AMOUNTS = ("amount", "value")
"""The number of an object that is a sum of money or a measure."""
_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,9})?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?")
_FILTER = re.compile(r"(?:filters?|where)[\[.](.+)", re.IGNORECASE)
"""Names of filters in an object of filters: `filter[name]`."""
_KEY = re.compile(r"([-+]?)([^:. ]+)(?:[:. ](asc|desc))?", re.IGNORECASE)


def declared_names(operation: Operation) -> dict[str, Mapping[str, Any]]:
    """The names that a query may have, and the schemas of their values; `page[size]` for a member of an object."""
    found: dict[str, Mapping[str, Any]] = {}
    for parameter in operation.parameters:
        if parameter.location == "query":
            schema = parameter.resolve(parameter.schema)
            found[parameter.name] = schema
            for name, member in (schema.get("properties") or {}).items() if parameter.style == "deepObject" else ():
                found[f"{parameter.name}[{name}]"] = parameter.resolve(member)
    return found


def declared_query(operation: Operation, query: Query) -> list[tuple[str, str]]:
    """The pairs of a query that the operation declares."""
    declared = declared_names(operation)
    return [(name, value) for name, value in query if name in declared]


def with_default_order(operation: Operation, query: Query) -> list[tuple[str, str]]:
    """A query with the order that the operation declares as the default, where it has none."""
    given = {plain_name(name) for name, _ in query}
    if not given.isdisjoint(_ORDER | _DIRECTION):
        return list(query)
    defaults = ((name, schema.get("default")) for name, schema in declared_names(operation).items())
    known = _ORDER | _DIRECTION
    return [*query, *((name, text) for name, text in defaults if isinstance(text, str) and plain_name(name) in known)]


def filtered(items: Sequence[Item], properties: Iterable[str], query: Query) -> list[Item]:
    """The items that have what a query asks for: equal properties, those within bounds, and each word of a search.

    A property can be a member of an object in the item: `city` or `address.city` for that of `address`.
    """
    named = _properties(items, properties)
    wanted: dict[Path, set[str]] = {}
    bounds: list[tuple[Path, Callable[[Any, Any], bool], str]] = []
    words: list[str] = []
    for name, value in query:
        if plain_name(name) not in named and (found := _FILTER.fullmatch(name)):
            name = found[1]
        if plain_name(name) in named and value:
            wanted.setdefault(named[plain_name(name)], set()).update({value, *value.split(",")})
        elif plain_name(name) in _SEARCH:
            words += value.lower().replace(",", " ").split()
        elif bound := _bound(name, named, items):
            bounds.append((*bound, value))
    return [
        item
        for item in items
        if all(values & _texts(_at(item, path)) for path, values in wanted.items())
        and all(_is_within(_at(item, path), compare, limit) for path, compare, limit in bounds)
        and all(any(word in text for text in _all_texts(item)) for word in words)
    ]


def _properties(items: Iterable[Item], properties: Iterable[str]) -> dict[str, Path]:
    """The properties of items, and members of objects in them by plain names: by their own, where only one has it, and
    after that of the object.
    """
    own: dict[str, Path] = {plain_name(name): (name,) for name in properties}
    within = {(name, each) for item in items for name, value in item.items() if isinstance(value, dict)
              for each in value}  # fmt: skip
    counts = Counter(plain_name(path[-1]) for path in within)
    unique = {plain_name(path[-1]): path for path in sorted(within) if counts[plain_name(path[-1])] == 1}
    whole = {plain_name("".join(path)): path for path in sorted(within)}
    return {**unique, **whole, **own}


def _at(item: Item, path: Path) -> Any:
    """A property of an item; None for nothing."""
    value: Any = item
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _bound(
    name: str, named: Mapping[str, Path], items: Sequence[Item]
) -> tuple[Path, Callable[[Any, Any], bool]] | None:
    """The property that a query gives a bound for, and how it compares.

    `created_after` is of `created_at` too, `price_max` of `list_price` if that is the only price, and `date_from` or
    `from` of the first date or time that is not that of the creation or of a change.
    """
    words = [word for part in re.findall(r"[A-Za-z0-9]+", name) for word in words_of(part)]
    for word, rest in ((words[0], words[1:]), (words[-1], words[:-1])):
        plain = "".join(rest)
        if word in _BOUNDS:
            found = (named.get(plain) or named.get(f"{plain}at") or _only_one_with(rest, named)) if rest else None
            if found is None and (plain in _MOMENTS or not rest):
                found = _moment(items, named)
            if found:
                return found, _BOUNDS[word]
    return None


def _only_one_with(words: Sequence[str], named: Mapping[str, Path]) -> Path | None:
    """The property whose name ends with these words, else begins with them; None where there are several.

    Members of objects count where no property of the item does.
    """
    ending = [path for path in named.values() if words_of(path[-1])[-len(words) :] == tuple(words)]
    found = ending or [path for path in named.values() if words_of(path[-1])[: len(words)] == tuple(words)]
    found = [path for path in found if len(path) == 1] or found
    return found[0] if len(found) == 1 else None


def _moment(items: Sequence[Item], named: Mapping[str, Path]) -> Path | None:
    """The property that says when an item is: one of its own dates and times, but not of its record."""
    known = [path for path in named.values() if len(path) == 1 and not is_of_creation(path[0])]
    return next((path for path in known if any(_DATE.fullmatch(str(item.get(path[0]))) for item in items)), None)


def _is_within(value: Any, compare: Callable[[Any, Any], bool], limit: str) -> bool:
    """Whether a number, or a date or time, is within a limit. What is neither has no limits."""
    value = _amount(value)
    text = value if isinstance(value, str) else json.dumps(value)
    for kind in (_NUMBER, _DATE):
        if kind.fullmatch(limit):
            if not kind.fullmatch(text):
                return value is not None
            is_number = kind is _NUMBER
            return compare(float(text), float(limit)) if is_number else compare(text[: len(limit)], limit)
    return True


def _amount(value: Any) -> Any:
    """The number of a sum of money or of a measure; any other value as it is."""
    return next((value[name] for name in _AMOUNTS if name in value), None) if isinstance(value, dict) else value


def ordered(items: Sequence[Item], properties: Iterable[str], query: Query) -> list[Item]:
    """The items in the order that a query asks for; without one, as they are. Items without a value come last."""
    named = _properties(items, properties)
    keys: list[tuple[Path, bool]] = []
    reverse = False
    for name, value in query:
        if plain_name(name) in _DIRECTION and value.lower() in _DIRECTIONS:
            reverse = value.lower() == "desc"
        elif plain_name(name) in _ORDER and plain_name(name) not in named:
            for each in filter(None, (_KEY.fullmatch(part.strip()) for part in value.split(","))):
                path = named.get(plain_name(each[2])) or _only_one_with(words_of(each[2]), named)
                if path:
                    keys.append((path, each[1] == "-" or (each[3] or "").lower() == "desc"))
    result = list(items)
    for path, descending in reversed(keys):
        has = [item for item in result if _amount(_at(item, path)) is not None]
        has.sort(key=lambda item: _rank(_amount(_at(item, path))), reverse=descending != reverse)
        result = has + [item for item in result if _amount(_at(item, path)) is None]
    return result


def _rank(value: Any) -> tuple[int, Any]:
    if isinstance(value, int | float):
        return 0, value
    return (1, value.casefold()) if isinstance(value, str) else (2, json.dumps(value, sort_keys=True))


def _texts(value: Any) -> set[str]:
    """The texts by which a property can be asked for; a list has those of its items."""
    if isinstance(value, list):
        return {text for item in value for text in _texts(item)}
    return {value if isinstance(value, str) else json.dumps(value)}


def _all_texts(item: Mapping[str, Any]) -> list[str]:
    return [value.lower() for value in item.values() if isinstance(value, str)]
