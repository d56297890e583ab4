"""Which items of a list a query asks for, and in which order: filters on properties, bounds, a search, an order.

Only query parameters that the operation declares count. They are known by their names, as APIs commonly have them.
"""

import json
import operator
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from flowcontract.openapi.model import ID_NAMES, ORDER, SEARCH, Operation, Parameter
from flowcontract.openapi.schema_shapes import Resolve
from flowcontract.openapi.values.names import singulars
from flowcontract.openapi.values.names import words as words_of
from flowcontract.openapi.values.plausible import TODAY, is_of_creation
from flowcontract.text import plain_name
from flowmock.lists import flags
from flowmock.lists.flags import Item as Item
from flowmock.lists.flags import Path as Path
from flowmock.lists.flags import at as at

Query = Sequence[tuple[str, str]]

DIRECTION = frozenset({"order", "direction", "orderdir", "sortdir", "sortorder", "sortdirection", "orderdirection"})
_DIRECTIONS = frozenset({"asc", "ascending", "desc", "descending"})
_BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    **dict.fromkeys(("after", "from", "gte", "min", "since", "start"), operator.ge),
    **dict.fromkeys(("before", "end", "lte", "max", "to", "until"), operator.le),
    "gt": operator.gt,
    "lt": operator.lt,
}
"""How a property compares with a query whose name has one of these words first or last: `min_price`, `price[lte]`."""
_EXTREMES = frozenset({"max", "min"})
"""Those words that properties have in their names as well."""
_WHEN: dict[str, Callable[[Any, Any], bool]] = {
    **dict.fromkeys(("future", "upcoming"), operator.ge),
    "past": operator.lt,
}
"""How the moment of an item compares with the current day, for choices such as `?when=past`."""
_MOMENTS = frozenset({"date", "datetime", "time"})
"""What `date_from` and `time_to` are about: no property, but the moment of the item."""
_AMOUNTS = ("amount", "value")
"""The number of an object that is a sum of money or a measure."""
_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,9})?")
_YEAR = re.compile(r"\d{4}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?")
_EVERY = frozenset({"*", "all", "any", "both"})
"""Values of filters that filter nothing, unless items have them."""
_TRUTH_VALUES = frozenset({"false", "true"})
_WORDS = re.compile(r"[a-z]+")
_FILTER = re.compile(r"(?:filters?|where)[\[.](.+)", re.IGNORECASE)
"""Names of filters in an object of filters: `filter[name]`."""
_KEY = re.compile(r"([-+]?)([^:. ]+)(?:[:. ](asc|desc))?", re.IGNORECASE)
_WITH_DIRECTION = re.compile(r"(.+?)[_-]?(asc|desc)(?:ending)?", re.IGNORECASE)
_BY_AGE = {"latest": True, "newest": True, "oldest": False, "recent": True}
"""Orders by the creation of the items, and whether the last one goes first."""
_BY_SIZE = {
    **dict.fromkeys(("best", "biggest", "expensive", "high", "highest", "largest", "most", "top"), True),
    **dict.fromkeys(("cheap", "cheapest", "fewest", "least", "low", "lowest", "smallest", "worst"), False),
}
"""Orders by a number of the items, and whether the largest one goes first; of several, the first word says it."""
_PRICES = frozenset({"amount", "cost", "fare", "fee", "price", "rate", "total"})
_RATINGS = frozenset({"rating", "score", "stars"})
_NUMBERS = {
    **dict.fromkeys(("cheap", "cheapest", "expensive"), _PRICES),
    **dict.fromkeys(("best", "rated", "worst"), _RATINGS),
}
"""Words of properties whose number such an order is by, where it does not name the property itself."""
_FILLERS = frozenset({"first", "to"})
_OF_OBJECTS = frozenset({"address", "code", "email", "label", "name", "number", "phone", "title"})
"""Words of descriptions that say which text of an object a search is in."""
_NAMES = frozenset({"label", "name", "title"})
"""Those that descriptions leave out: a search by unit is one by the name of the unit."""
_ABBREVIATIONS = dict.fromkeys(("no", "nr", "num"), "number")
_ALL = re.compile(
    r"\ball (?:\w+ )?must\b|\bmust (?:\w+ ){0,3}all\b|\bmatch(?:es|ing)? all\b|\ball of (?:them|the|these|those)\b"
    r"|\b(?:contain|ha[sv]|includ|with)(?:e|es|ing|s)? all (?:given|listed|of|selected|the|these|those)\b"
)
"""What the description of a filter says that several values must all be there for; other filters take any of them."""


def declared_names(operation: Operation) -> dict[str, Mapping[str, Any]]:
    """The names that a query may have, and the schemas of their values; `page[size]` for a member of an object."""
    found: dict[str, Mapping[str, Any]] = {}
    for parameter in operation.parameters:
        if parameter.location == "query":
            schema = besides_null(parameter.resolve(parameter.schema), parameter.resolve)
            found[parameter.name] = schema
            for name, member in (schema.get("properties") or {}).items() if parameter.style == "deepObject" else ():
                found[f"{parameter.name}[{name}]"] = parameter.resolve(member)
    return found


def besides_null(schema: Mapping[str, Any], resolve: Resolve) -> Mapping[str, Any]:
    """A schema with what its one alternative besides null says: frameworks write optional parameters so."""
    for word in ("allOf", "anyOf", "oneOf"):
        branches = [resolve(each) for each in schema.get(word) or ()]
        others = [each for each in branches if isinstance(each, Mapping) and each.get("type") != "null"]
        if len(others) == 1:
            return {**others[0], **schema}
    return schema


def declared_query(operation: Operation, query: Query) -> list[tuple[str, str]]:
    """The pairs of a query that the operation declares."""
    declared = declared_names(operation)
    return [(name, value) for name, value in query if name in declared]


def needing_all(operation: Operation) -> frozenset[str]:
    """The lists in a query of which an item must have each value: `?tag=red&tag=new`, where "all must match"."""
    found = set()
    for each in operation.parameters:
        schema = each.resolve(each.schema)
        text = f"{each.description} {schema.get('description', '')}".lower()
        if each.location == "query" and schema.get("type") == "array" and _ALL.search(text):
            found.add(each.name)
    return frozenset(found)


def as_described(operation: Operation, query: Query, properties: Collection[str]) -> list[tuple[str, str]]:
    """A query whose truth values and bounds have the names that the descriptions of their filters say."""
    texts = {each.name: described(each) for each in operation.parameters if each.location == "query"}
    found = []
    for name, value in query:
        text = texts.get(name, "")
        if value in _TRUTH_VALUES:
            found.append((flags.as_described(name, text, properties), value))
        elif words_of(name)[-1] == "year" and _YEAR.fullmatch(value) and name not in properties:
            moment = named[0] if len(named := _named_in(text, properties)) == 1 else ""
            bounds = [(f"{moment}_from", f"{value}-01-01"), (f"{moment}_until", f"{value}-12-31")]
            found += bounds if moment else [(name, value)]
        else:
            found.append((_bound_as_described(name, text, properties), value))
    return found


def _bound_as_described(name: str, text: str, properties: Collection[str]) -> str:
    """The name of a bound of the one property that its description names: `paid_on_before` for `settled_before`.

    A bound whose own name says a property has that name.
    """
    parts = words_of(name)
    bound = next((each for each in (parts[-1], parts[0]) if each in _BOUNDS), "")
    own = set(parts) - {bound}
    if not bound or any(own and own <= set(words_of(each)) for each in properties):
        return name
    named = _named_in(text, properties)
    return f"{named[0]}_{bound}" if len(named) == 1 else name


def _named_in(text: str, properties: Collection[str]) -> list[str]:
    """The properties that a description names; a single word is a name only in backticks."""
    lower = text.lower()
    several = {each: words_of(each) for each in properties}
    return [
        each
        for each, own in several.items()
        if f"`{each}`" in text
        or (
            len(own) > 1
            and any(re.search(rf"(?<!\w){re.escape(way)}(?!\w)", lower) for way in (each.lower(), " ".join(own)))
        )
    ]


def described(parameter: Parameter) -> str:
    """The description of a parameter, or of its schema."""
    return parameter.description or str(parameter.resolve(parameter.schema).get("description", ""))


def searched(operation: Operation, items: Sequence[Item]) -> frozenset[Path]:
    """The texts of items that a search is in, as its description names them; empty where it names none.

    Those of an object are named after it: `tenant name`, or `tenant` for all of them.
    """
    texts = [described(each).lower() for each in operation.parameters if plain_name(each.name) in SEARCH]
    named = {each for text in texts for word in _WORDS.findall(text) for each in (word, *singulars(word))}
    found: set[Path] = {(name,) for item in items for name, value in item.items()
                        if isinstance(value, str) and _is_named(words_of(name), named, texts)}  # fmt: skip
    for name, inner in {(name, each) for item in items for name, held in item.items()
                        if isinstance(held, dict) and words_of(name)[-1] in named
                        for each, value in held.items() if isinstance(value, str)}:  # fmt: skip
        noun, last = words_of(name)[-1], words_of(inner)[-1]
        after = {word for text in texts for word in re.findall(rf"\b{noun}(?:'s)? ([a-z]+)", text)}
        if last in after or (last not in ID_NAMES and after.isdisjoint(named & _OF_OBJECTS)):
            found.add((name, inner))
    return frozenset(found)


def _is_named(own: Sequence[str], named: Collection[str], texts: Iterable[str]) -> bool:
    """Whether texts name a property: by its last word (`serial_no` as number), or `unit_name` as unit."""
    *first, last = own
    if last in named or (last in _ABBREVIATIONS and _ABBREVIATIONS[last] in named):
        return True
    noun = rf"\b{' '.join(first)}s?\b(?!(?:'s)? (?:{'|'.join(_OF_OBJECTS)})\b)"
    return bool(first) and last in _NAMES and any(re.search(noun, text) for text in texts)


def without_required_search(operation: Operation, query: Query) -> list[tuple[str, str]]:
    """A query without the words of a search that the operation needs."""
    required = {each.name for each in operation.parameters if each.required and plain_name(each.name) in SEARCH}
    return [pair for pair in query if pair[0] not in required]


def filtered(
    items: Sequence[Item],
    properties: Iterable[str],
    query: Query,
    of_all: Collection[str] = (),
    *,
    today: date = TODAY,
    search_in: Collection[Path] = (),
) -> list[Item]:
    """The items that have what a query asks for: equal properties, those within bounds, and each word of a search.

    A property can be a member of an object in the item: `city` or `address.city` for that of `address`. `of_all`: the
    names in the query of which items must have each value, and not one of them. `today`: when what is upcoming
    begins, or later. `search_in`: the texts that a search is in; else in all.
    """
    if not query:
        return list(items)
    named = properties_of(items, properties)
    wanted: dict[Path, set[str]] = {}
    words: list[str] = []
    conditions: list[flags.Condition] = []
    for given, value in query:
        name = _in_filters(given, named)
        path = property_named(name, named)
        if path and value.lower() in _EVERY and not any(value in _texts(at(item, path)) for item in items):
            continue
        if is_so := _condition(name, value, path, named, items, today):
            conditions.append(is_so)
        elif path and given in of_all:
            conditions.append(_has_each(path, value))
        elif value and path:
            wanted.setdefault(path, set()).update({value, *value.split(",")})
        elif plain_name(name) in SEARCH:
            words += value.lower().replace(",", " ").split()
    return [
        item
        for item in items
        if all(values & _texts(at(item, path)) for path, values in wanted.items())
        and all(is_so(item) for is_so in conditions)
        and all(any(word in text for text in _all_texts(item, search_in)) for word in words)
    ]


def is_filter(name: str, value: str, items: Sequence[Item], properties: Iterable[str], today: date = TODAY) -> bool:
    """Whether a parameter of a query selects items by something that they say; parameters as in `filtered`."""
    named = properties_of(items, properties)
    path = property_named(_in_filters(name, named), named)
    return path is not None or _condition(_in_filters(name, named), value, path, named, items, today) is not None


def _in_filters(name: str, named: Mapping[str, Path]) -> str:
    """The name of what a filter is of, also in an object of filters: `filter[name]`."""
    found = _FILTER.fullmatch(name) if property_named(name, named) is None else None
    return found[1] if found else name


def _condition(
    name: str, value: str, path: Path | None, named: Mapping[str, Path], items: Sequence[Item], today: date
) -> flags.Condition | None:
    """What an item must be for a truth value, a bound or a choice of when it is; None for any other filter.

    `path`: the property with the name of the filter.
    """
    has_truth_values = path and any(_texts(at(item, path)) & _TRUTH_VALUES for item in items)
    if not has_truth_values and (is_so := flags.condition(name, value, named, items, today)):
        return is_so
    if path and value:
        return _within(path, compare, value) if (compare := _own_bound(name, value)) else None
    if plain_name(name) in SEARCH:
        return None
    if bound := _bound(name, named, items):
        return _within(*bound, value)
    compare = _WHEN.get(value.lower())
    moment = _moment(items, named) if compare else None
    return _within(moment, compare, today.isoformat()) if moment and compare else None


def _within(path: Path, compare: Callable[[Any, Any], bool], limit: str) -> flags.Condition:
    return lambda item: _is_within(at(item, path), compare, limit)


def _has_each(path: Path, value: str) -> flags.Condition:
    def is_so(item: Item) -> bool:
        texts = _texts(at(item, path))
        return value in texts or all(each in texts for each in value.split(","))

    return is_so


def _own_bound(name: str, value: str) -> Callable[[Any, Any], bool] | None:
    """How a property compares with a bound of its own name: `max_price=400` finds items whose `max_price` is less."""
    words = words_of(name)
    word = next((each for each in (words[0], words[-1]) if each in _EXTREMES), "") if len(words) > 1 else ""
    return _BOUNDS[word] if word and _NUMBER.fullmatch(value) else None


def properties_of(items: Iterable[Item], properties: Iterable[str]) -> dict[str, Path]:
    """The properties of items, and members of objects in them by plain names: by their own, where only one has it, and
    after that of the object. Lists have the name of one item too (`tag`), and truth values that without `is`.
    """
    own: dict[str, Path] = {plain_name(name): (name,) for name in properties}
    within = {(name, each) for item in items for name, value in item.items() if isinstance(value, dict)
              for each in value}  # fmt: skip
    counts = Counter(plain_name(path[-1]) for path in within)
    unique = {plain_name(path[-1]): path for path in sorted(within) if counts[plain_name(path[-1])] == 1}
    whole = {plain_name("".join(path)): path for path in sorted(within)}
    return {**_other_names(items), **unique, **whole, **own}


def _other_names(items: Iterable[Item]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for name, value in ((name, value) for item in items for name, value in item.items()):
        plain = plain_name(name)
        if isinstance(value, list):
            found |= dict.fromkeys(singulars(plain), (name,))
        elif isinstance(value, bool):
            found[plain.removeprefix("is").removeprefix("has")] = (name,)
    return found


def property_named(name: str, named: Mapping[str, Path]) -> Path | None:
    """The property that a query is named like, or like several of it: `status`, `statuses`."""
    plain = plain_name(name)
    return next((named[each] for each in (plain, *singulars(plain)) if each in named), None)


def _bound(
    name: str, named: Mapping[str, Path], items: Sequence[Item]
) -> tuple[Path, Callable[[Any, Any], bool]] | None:
    """The property that a query gives a bound for, and how it compares.

    `created_after` is of `created_at` too, `price_max` of `list_price` if that is the only price, and `date_from` or
    `from` of the first date or time that is not that of the creation or of a change.
    """
    words = [word for part in re.findall(r"[A-Za-z0-9]+", name) for word in words_of(part)]
    for word, rest in ((words[0], words[1:]), (words[-1], words[:-1])) if words else ():
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
    paths = dict.fromkeys(named.values())
    ending = [path for path in paths if words_of(path[-1])[-len(words) :] == tuple(words)]
    found = ending or [path for path in paths if words_of(path[-1])[: len(words)] == tuple(words)]
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


def ordered(
    items: Sequence[Item], properties: Iterable[str], query: Query, ranked: Mapping[str, Sequence[Any]] | None = None
) -> list[Item]:
    """The items in the order that a query asks for; without one, as they are. Items without a value come last.

    `ranked`: the values of properties in the order that their schemas name them in.
    """
    if not any(plain_name(name) in ORDER for name, _ in query):
        return list(items)
    named = properties_of(items, properties)
    keys: list[tuple[Path, bool]] = []
    reverse = False
    for name, value in query:
        if plain_name(name) in DIRECTION and value.lower() in _DIRECTIONS:
            reverse = value.lower().startswith("desc")
        elif plain_name(name) in ORDER and plain_name(name) not in named:
            parts = [part.strip() for part in value.split(",")]
            keys += filter(None, (_sort_key(part, named) or _by_size(part, named, items) for part in parts))
    result = list(items)
    for path, descending in reversed(keys):
        has = [item for item in result if _amount(at(item, path)) is not None]
        values = (ranked or {}).get(path[0], ()) if len(path) == 1 else ()
        rank: Callable[[Any], Any] = float if _are_numbers([at(item, path) for item in has]) else _rank
        if values and all(at(item, path) in values for item in has):
            rank = values.index
        has.sort(key=lambda item: rank(_amount(at(item, path))), reverse=descending != reverse)
        result = has + [item for item in result if _amount(at(item, path)) is None]
    return result


def _sort_key(text: str, named: Mapping[str, Path]) -> tuple[Path, bool] | None:
    """The property that an order names, and whether it descends: `-price`, `price:desc`, `price_desc`, `newest`."""
    found = _KEY.fullmatch(text)
    if found is None:
        return None
    name, is_descending = found[2], found[1] == "-" or (found[3] or "").lower() == "desc"
    if (path := _sorted_by(name, named)) is not None:
        return path, is_descending
    if name.lower() in _BY_AGE:
        created = (path for path in named.values() if "created" in words_of(path[-1]))
        return next(((path, _BY_AGE[name.lower()]) for path in created), None)
    found = _WITH_DIRECTION.fullmatch(name)
    path = _sorted_by(found[1], named) if found else None
    return (path, found[2].lower() == "desc") if found and path else None


def _sorted_by(name: str, named: Mapping[str, Path]) -> Path | None:
    return named.get(plain_name(name)) or _only_one_with(words_of(name), named)


def _by_size(text: str, named: Mapping[str, Path], items: Sequence[Item]) -> tuple[Path, bool] | None:
    """The number that an order without the name of a property is by: `highest`, `cheapest`, `price_low_to_high`.

    It is the only one that items have, or the only one with such a name; None where there are several.
    """
    words = words_of(text)
    directions = [_BY_SIZE[word] for word in words if word in _BY_SIZE]
    if not directions:
        return None
    own = [word for word in words if word not in _BY_SIZE and word not in _FILLERS]
    about = next((_NUMBERS[word] for word in words if word in _NUMBERS), frozenset(own))
    found = [
        path
        for path in dict.fromkeys(named.values())
        if len(path) == 1
        and words_of(path[0])[-1] not in ID_NAMES
        and not (about and about.isdisjoint(words_of(path[0])))
        and _are_numbers([at(item, path) for item in items], with_texts=bool(about))
    ]
    return (found[0], directions[0]) if len(found) == 1 else None


def _are_numbers(values: Iterable[Any], *, with_texts: bool = True) -> bool:
    """Whether all values besides null are numbers, and there is one. `with_texts`: also texts such as `"9.50"`."""
    kinds = (int, float, str) if with_texts else (int, float)
    known = [amount for value in values if (amount := _amount(value)) is not None]
    return bool(known) and all(
        isinstance(each, kinds) and not isinstance(each, bool) and _NUMBER.fullmatch(str(each)) for each in known
    )


def _rank(value: Any) -> tuple[int, Any]:
    if isinstance(value, int | float):
        return 0, value
    return (1, value.casefold()) if isinstance(value, str) else (2, json.dumps(value, sort_keys=True))


def _texts(value: Any) -> set[str]:
    """The texts by which a property can be asked for: those of the items of a list, the ID or name of an object."""
    if isinstance(value, list):
        return {text for item in value for text in _texts(item)}
    if isinstance(value, Mapping):
        return {text for name in ID_NAMES if name in value for text in _texts(value[name])}
    if isinstance(value, float) and value.is_integer():
        return {json.dumps(value), str(int(value))}
    return {value if isinstance(value, str) else json.dumps(value)}


def _all_texts(item: Item, paths: Collection[Path] = ()) -> list[str]:
    values = (at(item, path) for path in paths) if paths else item.values()
    return [value.lower() for value in values if isinstance(value, str)]
