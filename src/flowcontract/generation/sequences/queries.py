"""The query of a list: its filters, its search and its orders."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowcontract.checks.lists import PAGES, TOTALS
from flowcontract.http.paging import facts, paging, type_of
from flowcontract.openapi.model import ORDER, SEARCH, Operation, Parameter
from flowcontract.text import plain_name

_BOUNDS = {
    "minimum": ("minimum|min|from|since|after|at_?least", "min|gte|gt|ge|from|since|after"),
    "maximum": ("maximum|max|until|before|at_?most|to(?=_|$)", "max|lte|lt|le|to|until|before"),
}
"""How the name of a bound begins or ends."""
_IN_RANGE = re.compile("m(?:in|ax)(?:imum)?|[gl]t?e|at_?(?:least|most)")
"""The words among them that include the bound itself. "From" a date may mean its end."""
_FROM_TO = ("from", "to")
_LIMITS_OTHERWISE = re.compile(
    r"\b(?:overlap|intersect|touch|during|any part|active|available|running|open|free)", re.IGNORECASE
)
"""What a description says of a bound of periods, or of a state, and not of one date."""
_EXCLUSIVE = re.compile(r"\b(?:exclusive|exclud\w*|strictly|not inclu\w+)", re.IGNORECASE)
_INCLUSIVE = re.compile(
    r"\binclu(?:sive|ding|ded)|\bor (?:later|earlier|after|before|equal|newer|older|more|less)\b"
    r"|\b(?:on|at) or (?:after|before|later|earlier)|\bat (?:least|most)\b|\b(?:no|not) (?:later|earlier)\b",
    re.IGNORECASE,
)
_HAPPENS = r"\w* (?:on|at|after|before|from|since|until|up|by|no|not|this|later|earlier)\b"
"""What follows the verb of a date that is bounded: "events that start on this day", but not "start of the period"."""
_MOMENTS = ("date", "date-time")
_OF_MOMENTS = re.compile(r"(?:_(?:on|at|date|time|day))+$")
"""How the names of dates end that say what happens then: `starts_on`, `created_at`."""
_ANY_DATE = frozenset({"", "date", "day", "time", "datetime"})
_STRICT = re.compile(r"\b(?:exact|exactly|equals?|this|these|given|the same)\b", re.IGNORECASE)
_LOOSE = re.compile(
    r"\b(?:contain|part|partial|match|prefix|start|begin|search|like|fuzzy|whatever|regardless|insensitive)",
    re.IGNORECASE,
)
_ANY_CASE = re.compile(
    r"\binsensitiv|\bignor\w+ (?:the )?case\b|\bcase is ignored|\bany case\b|\bnot case[- ]sensitive"
    r"|\b(?:regardless|irrespective) of (?:the )?case\b|\bcase (?:does not|doesn't) matter"
    r"|\b(?:upper|lower) and (?:upper|lower) case\b",
    re.IGNORECASE,
)
_DESCENDING = re.compile(r"(?:^-|[-_:. ]desc(?:ending)?$)", re.IGNORECASE)


def tells_of_more(body: Any, items: int, pages: int) -> bool:
    """Whether a page says that there are more items, or pages, than were read."""
    numbers = {plain_name(name): value for name, value in body.items()} if isinstance(body, Mapping) else {}
    return any(
        isinstance(value, int) and value > read
        for names, read in ((TOTALS, items), (PAGES, pages))
        for name, value in numbers.items()
        if name in names
    )


def shows_all(operation: Operation, body: Any, items: Sequence[Any]) -> bool:
    """Whether the first page of a list is all of it: it says so, is not full, or there are no pages."""
    numbers = {plain_name(name): value for name, value in body.items()} if isinstance(body, Mapping) else {}
    # A `count` may be that of the page.
    totals = [value for name, value in numbers.items() if name in TOTALS - {"count"} and isinstance(value, int)]
    if totals:
        return all(total == len(items) for total in totals)
    chosen = paging(operation)
    default = facts(chosen.size).get("default") if chosen.size else None
    is_alone = chosen.position is None and chosen.size is None
    is_short = isinstance(default, int) and len(items) < default
    return (is_alone or is_short) and not tells_of_more(body, len(items), 1)


@dataclass(frozen=True, slots=True)
class Filter:
    """A query parameter that selects items by one of their properties."""

    parameter: Parameter
    prop: str
    matches: str
    """`equal`, `part`, `has`, `minimum` or `maximum`."""
    is_strict: bool = False
    """The contract says that only equal values match, or the values are of a closed set."""
    includes: bool | None = None
    """Whether a range contains its bound; None if the contract does not say."""
    ignores_case: bool = False
    """The contract says that upper and lower case are the same."""

    @property
    def is_bound(self) -> bool:
        """Whether it is the bound of a range."""
        return self.matches in _BOUNDS


def filters(operation: Operation, properties: Mapping[str, Mapping[str, Any]]) -> Iterator[Filter]:
    """The filters of a list whose property is known by its name."""
    chosen = paging(operation)
    by_name = {plain_name(name): name for name in properties}
    for parameter in operation.parameters:
        name = plain_name(parameter.name)
        if parameter.location != "query" or parameter in (chosen.position, chosen.size) or name in ORDER | SEARCH:
            continue
        if name in by_name:
            prop = by_name[name]
            yield _equal(parameter, prop, properties[prop])
        elif f"{name}s" in by_name and type_of(properties[by_name[f"{name}s"]]) == "array":
            yield Filter(parameter, by_name[f"{name}s"], "has", _says_equal(parameter))
        else:
            yield from _bound(parameter, by_name, properties)


def _equal(parameter: Parameter, prop: str, schema: Mapping[str, Any]) -> Filter:
    if type_of(schema) == "array":
        return Filter(parameter, prop, "has", _says_equal(parameter))
    closed = "enum" in facts(parameter) or type_of(facts(parameter)) in ("boolean", "integer", "number")
    if closed or _says_equal(parameter):
        ignores_case = _ANY_CASE.search(description(parameter)) is not None
        return Filter(parameter, prop, "equal", is_strict=True, ignores_case=ignores_case)
    return Filter(parameter, prop, "part")


def _says_equal(parameter: Parameter) -> bool:
    text = description(parameter)
    return bool(_STRICT.search(text)) and not _LOOSE.search(_ANY_CASE.sub("", text))


def _bound(
    parameter: Parameter, by_name: Mapping[str, str], properties: Mapping[str, Mapping[str, Any]]
) -> Iterator[Filter]:
    schema = facts(parameter)
    is_number, moment = type_of(schema) in ("integer", "number"), schema.get("format")
    if not is_number and (moment not in _MOMENTS or _LIMITS_OTHERWISE.search(description(parameter))):
        return
    name = snake_case(re.sub(r"\[(\w+)\]$", r"_\1", parameter.name))
    for matches, (first, last) in _BOUNDS.items():
        found = re.fullmatch(rf"({first})(?:_?(?=[a-z])(.+))?", name) or re.fullmatch(rf"()(.+?)_{{1,2}}({last})", name)
        if found is None:
            continue
        word = found[1] or found[3]
        prop = by_name.get(plain_name(found[2] or ""))
        if not is_number:
            dates = [name for name in properties if properties[name].get("format") == moment]
            prop = _date_of(parameter, plain_name(found[2] or ""), dates)
        if prop is not None:
            yield Filter(parameter, prop, matches, True, _includes(parameter, word, is_number=is_number))
            return


def snake_case(name: str) -> str:
    """A name in lower case, its words separated by underscores."""
    return re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _date_of(parameter: Parameter, about: str, dates: Sequence[str]) -> str | None:
    """The date that a parameter bounds: that of this name, or, for `from` alone, the one that its description names."""
    stems = {name: plain_name(_OF_MOMENTS.sub("", snake_case(name))).rstrip("s") for name in dates}
    if about not in _ANY_DATE:
        found = [name for name, stem in stems.items() if about.rstrip("s") in (stem, plain_name(name))]
    else:
        text = description(parameter).lower()
        named = [
            name for name, stem in stems.items() if stem not in _ANY_DATE and re.search(rf"\b{stem}{_HAPPENS}", text)
        ]
        found = named or [name for name, stem in stems.items() if stem in _ANY_DATE and len(stems) == 1]
    return found[0] if len(found) == 1 else None


def _includes(parameter: Parameter, word: str, *, is_number: bool) -> bool | None:
    """Whether a bound is in its range, as its description or its name says: "up to and including", `price_gte`."""
    text, excluded = _EXCLUSIVE.subn("", description(parameter))
    included = _INCLUSIVE.search(text) is not None
    if excluded or included:
        return included if not (excluded and included) else None
    if word in ("gt", "lt"):
        return False
    return True if _IN_RANGE.fullmatch(word) or (is_number and word in _FROM_TO) else None


def description(parameter: Parameter) -> str:
    """What the contract says about a parameter in words."""
    return str(parameter.description or facts(parameter).get("description") or "")


def search_parameter(operation: Operation) -> Parameter | None:
    """The parameter of a search in texts."""
    for parameter in operation.parameters:
        if parameter.location == "query" and plain_name(parameter.name) in SEARCH:
            return parameter
    return None


@dataclass(frozen=True, slots=True)
class Order:
    """One documented order of a list."""

    parameter: Parameter
    value: str
    prop: str
    schema: Mapping[str, Any]
    """Of the property."""
    descending: bool


def orders(operation: Operation, properties: Mapping[str, Mapping[str, Any]]) -> Iterator[Order]:
    """The documented orders of a list by properties of its items."""
    by_name = {plain_name(name): name for name in properties}
    for parameter in operation.parameters:
        if parameter.location != "query" or plain_name(parameter.name) not in ORDER:
            continue
        for value in facts(parameter).get("enum") or ():
            plain = re.sub(r"^[+-]|[-_:. ](?:asc|desc)(?:ending)?$", "", str(value), flags=re.IGNORECASE)
            if plain_name(plain) in by_name:
                name = by_name[plain_name(plain)]
                yield Order(parameter, str(value), name, properties[name], bool(_DESCENDING.search(str(value))))
