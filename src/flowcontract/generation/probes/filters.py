"""Values of the filters of a list that leave out what it shows, whatever the filters are called.

A bound is a date or a number: below all that the list shows, or above it, it leaves out every item. Which of the two
does so follows from its name; both are sent, because names can mislead. A search for a word that nothing has, does so.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from flowcontract.checks.lists import items
from flowcontract.generation.sequences.queries import description, snake_case
from flowcontract.http.paging import facts, paging, type_of
from flowcontract.openapi.model import SEARCH, Operation, Parameter
from flowcontract.openapi.schema_shapes import property_names
from flowcontract.text import plain_name

_MOMENTS = ("date", "date-time")
_UPPER = frozenset({"before", "until", "till", "to", "max", "maximum", "earlier", "older", "upto", "lte", "lt", "le"})
"""Words in the name of a bound that leave out what is later, or more,"""
_LOWER = frozenset({"after", "since", "from", "min", "minimum", "later", "newer", "gte", "gt", "ge"})
"""and what is earlier, or less;"""
_UPPER_NUMBERS, _LOWER_NUMBERS = frozenset({"below", "under", "most"}), frozenset({"above", "over", "least"})
"""further ones of numbers."""
_IS_UPPER = re.compile(r"\b(?:before|until|earlier|older|up to|latest|(?:no|not) (?:later|after))\b", re.IGNORECASE)
_IS_LOWER = re.compile(r"\b(?:after|since|later|newer|earliest|not before|no earlier)\b", re.IGNORECASE)
"""What a description says of the bound of a date whose name does not say it."""
_SEARCHES = re.compile(
    r"\b(?:whose|that|which)\b.{0,60}\bcontains?\b|\bcontaining\b|\b(?:full|free)[- ]text\b"
    r"|\bsearch(?:es)? (?:text|terms?|words?|phrase|string|keywords?)\b|^search(?:es)?\W*$",
    re.IGNORECASE,
)
"""What the description of a search says."""
_HAS_CONDITIONS = re.compile(
    r"\b(?:together|combin\w+|conjunction|along with|only (?:if|when|with|applies|valid|used)|requires?|needs?|ignored"
    r"|(?:if|when) \W?\w+\W? (?:is|are)|no effect|not (?:yet )?(?:supported|implemented|used)|deprecated|reserved)\b",
    re.IGNORECASE,
)
"""What a description says of a parameter that has an effect only with others, or none."""
_IS_OF_PERIODS = re.compile(
    r"\b(?:overlap|intersect|touch|during|any part|in force|as of|snapshot|valid (?:at|on)"
    r"|expand|expans|recur|comput|calculat|convert|forecast|projected|predict)|activ|availab|vacan|free|running|open",
    re.IGNORECASE,
)
"""What a name or a description says of a date that bounds a period, a state or a calculation, and not one date."""
_IS_FUZZY = re.compile(
    r"\b(?:semantic|similar|fuzzy|relevan|nearest|closest|rank|suggest|recommend|approximat|popular|vector|boost)",
    re.IGNORECASE,
)
"""What a description says of a search that may find what does not have the word."""
_WORDS = (("quokkazigfilter", "zigquokkafilter"), ("qkxz", "zxkq"))
"""Words in no text of anybody; of each two, the first that a parameter takes."""
_FILLERS = frozenset({"filter", "where", "by", "at", "on", "date", "datetime", "time", "timestamp", "day", "value"})
"""Parts of names that do not say which property is meant."""
_OF_RECORDS = re.compile(r"creat|add|insert|updat|modif|chang|edit", re.IGNORECASE)
"""Dates of a record, and not of what it is about: a bound is about one only if it says so."""
_STEM = 5
"""Letters after which words are the same: `expires`, `expiry`."""
_SHORTEST = 3
"""Letters of a word of a property's name that descriptions repeat,"""
_UNITS = frozenset({"amount", "cents", "grams", "meters", "seconds", "minutes", "hours", "days", "percent"})
"""and words that they do not: `weight_g` is a weight, and `price_cents` a price."""
_LIMITS = (
    r"(?:(?:is|are|was|were|lies|of|for) )?(?:on|at|after|before|from|since|until|up|by|no|not|between|within|above"
    r"|below|under|over|exceeds?|(?:this|later|earlier|newer|older|less|more|greater|lower|higher|smaller|larger|fewer"
    r"|cheaper)(?: than| or)?)\b"
)
"""What follows a property in a description of a bound: "whose rent is at most this", "that depart after it","""
_EXTREMES = (
    r"(?:min|max|minimum|maximum|minimal|maximal|lowest|highest|smallest|largest|least|greatest|earliest|latest|oldest"
    r"|newest|first|last)"
)
"""and what stands before it: "the lowest rent"."""
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
"""Dates outside what lists show, which databases and data frames can nevertheless compare."""
_MOST = 1_000_000_000
"""A number beyond what lists show that 32 bits hold."""
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,10})?")
_LEVELS = 2
"""Objects within an item that are looked into."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A filter and pairs of values of which at least one leaves out an item of the list."""

    parameter: Parameter
    pairs: tuple[tuple[str, str], ...]
    """Of each pair, the value that leaves out everything as its name says comes first."""


def has_filters(operation: Operation) -> bool:
    """Whether a list documents a bound or a search, as far as names and descriptions say."""
    return any(_is_search(p) or _word(p) for p in _optional(operation))


def exclusions(operation: Operation, body: Any) -> Iterator[Exclusion]:
    """The bounds and searches of a list that leave out something of what the response to it shows."""
    shown = items(body)
    for parameter in _optional(operation) if shown else ():
        if _is_search(parameter):
            words = next((pair for pair in _WORDS if all(map(parameter.is_valid, pair))), None)
            if words is not None and any(isinstance(value, str) for _, value in _leaves(shown)):
                yield Exclusion(parameter, (words,))
        elif word := _word(parameter):
            pairs = tuple(_bounds(operation, parameter, shown))
            if pairs:
                yield Exclusion(parameter, tuple(pair if word == "upper" else pair[::-1] for pair in pairs))


def _optional(operation: Operation) -> Iterator[Parameter]:
    """The optional query parameters that neither choose a page nor need others, as far as the contract says."""
    of_pages = paging(operation).names
    for parameter in operation.parameters:
        is_single = parameter.location == "query" and not parameter.required and not parameter.content
        if is_single and parameter.name not in of_pages and not _HAS_CONDITIONS.search(description(parameter)):
            yield parameter


def _is_search(parameter: Parameter) -> bool:
    schema, text = facts(parameter), description(parameter)
    if type_of(schema) != "string" or not {"enum", "format"}.isdisjoint(schema) or _IS_FUZZY.search(text):
        return False
    return plain_name(parameter.name) in SEARCH or _SEARCHES.search(text) is not None


def _word(parameter: Parameter) -> str:
    """`upper` or `lower` where a parameter is the bound of dates or numbers; empty for any other."""
    schema, text, parts = facts(parameter), description(parameter), _parts(parameter.name)
    is_number = type_of(schema) in ("integer", "number")
    is_moment = schema.get("format") in _MOMENTS
    if not (is_number or is_moment) or "enum" in schema or not parts:
        return ""
    if is_moment and _IS_OF_PERIODS.search(f"{parameter.name} {text}"):
        return ""
    upper = _UPPER | _UPPER_NUMBERS if is_number else _UPPER
    lower = _LOWER | _LOWER_NUMBERS if is_number else _LOWER
    for part in (parts[-1], parts[0], *parts[1:2]):
        if part in upper or part in lower:
            return "upper" if part in upper else "lower"
    found = [name for name, said in (("upper", _IS_UPPER), ("lower", _IS_LOWER)) if is_moment and said.search(text)]
    return found[0] if found else ""


def _parts(name: str) -> list[str]:
    """The words of a name."""
    return [part for part in re.split(r"[^a-z0-9]+", snake_case(name)) if part]


def _bounds(
    operation: Operation, parameter: Parameter, shown: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, str]]:
    """Values below and above what a parameter bounds: far away, and the least and the greatest that the list shows."""
    moment = facts(parameter).get("format") if type_of(facts(parameter)) == "string" else None
    found = _bounded(parameter, _values(operation, shown, is_moment=moment is not None), is_moment=moment is not None)
    if not found:
        return
    far = (_day(_FIRST_DAY), _day(_LAST_DAY)) if moment else _far_numbers(parameter, found)
    if far is not None and all(any(far[0] < value < far[1] for value in values) for values in found):
        pair = [_written(value, parameter) for value in far]
        if all(_takes(parameter, text) for text in pair):
            yield pair[0], pair[1]
    own = {value for values in found for value in values}
    if len(found) == 1 and len(own) > 1:
        pair = [_written(value, parameter) for value in (min(own), max(own))]
        if pair[0] != pair[1] and all(_takes(parameter, text) for text in pair):
            yield pair[0], pair[1]


def _day(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def _far_numbers(parameter: Parameter, found: Sequence[Sequence[float]]) -> tuple[float, float] | None:
    """The least and the greatest number that a parameter takes, within bounds."""
    schema = facts(parameter)
    least = next((v for v in (0, schema.get("minimum"), -_MOST) if v is not None and _takes(parameter, str(v))), None)
    if least == 0 and min(map(min, found)) <= 0 and _takes(parameter, str(-_MOST)):
        least = -_MOST
    most = next((v for v in (_MOST, schema.get("maximum")) if v is not None and _takes(parameter, str(v))), None)
    return None if least is None or most is None else (least, most)


def _written(value: float, parameter: Parameter) -> str:
    """A number or an instant as a parameter takes it."""
    moment = facts(parameter).get("format")
    if moment in _MOMENTS:
        instant = datetime.fromtimestamp(value, UTC)
        return f"{instant:%Y-%m-%d}" if moment == "date" else f"{instant:%Y-%m-%dT%H:%M:%SZ}"
    return str(int(value)) if value == int(value) else str(value)


def _takes(parameter: Parameter, text: str) -> bool:
    if type_of(facts(parameter)) in ("integer", "number"):
        return parameter.is_valid(int(text) if text.lstrip("-").isdecimal() else float(text))
    return parameter.is_valid(text)


def _bounded(parameter: Parameter, known: Mapping[str, Sequence[float]], *, is_moment: bool) -> list[Sequence[float]]:
    """The values of each property that a parameter may bound; empty where that is not known, or one has no values."""
    bounds = _UPPER | _LOWER | _UPPER_NUMBERS | _LOWER_NUMBERS
    stem = [part for part in _parts(parameter.name) if part not in bounds | _FILLERS]
    text = description(parameter)
    named = [name for name in known if _is_named(name, text, is_moment=is_moment)]
    if stem:
        alike = [name for name in known if all(_is_in(part, _parts(name)) for part in stem)]
        exact = [name for name in alike if len(set(_parts(name)) - _FILLERS) == len(stem)]
        named = exact or alike or named
    elif is_moment and not named:
        named = [name for name in known if not set(_parts(name)) - _FILLERS]
    described = [name for name in known if _is_bounded_in_words(name, text)] if not named else []
    if len(described) == 1:
        named = described
    elif not named and is_moment and (_IS_UPPER.search(text) or _IS_LOWER.search(text)):
        dates = [name for name, values in known.items() if values]
        of_records = _OF_RECORDS.search(f"{parameter.name} {text}") is not None
        named = [name for name in dates if of_records == bool(_OF_RECORDS.search(name))]
        named = named if len(named) == 1 else []
    return [known[name] for name in named] if all(known[name] for name in named) else []


def _is_named(name: str, text: str, *, is_moment: bool) -> bool:
    """Whether a description names a property: as the document writes it, or a date of several words in plain words."""
    last = name.rpartition("/")[2]
    if f"`{last}`" in text:
        return True
    parts = _parts(last)
    written = [re.escape(last), *([" ".join(parts)] if is_moment else [])]
    return len(parts) > 1 and re.search(rf"\b(?:{'|'.join(written)})\b", text, re.IGNORECASE) is not None


def _is_bounded_in_words(name: str, text: str) -> bool:
    """Whether a description says in words that a property is bounded, in whichever form of them."""
    parts = [part for part in _parts(name.rpartition("/")[2]) if part not in _FILLERS | _UNITS]
    parts = [part for part in parts if len(part) >= _SHORTEST]
    # `departure_on` is what "departs" means, and `rents` are each a "rent".
    stems = [re.escape(part.rstrip("s") if len(part) <= _STEM else part[:_STEM]) for part in parts]
    if not stems:
        return False
    words = r"\w*[ -]".join(stems) + r"\w*(?: (?:date|day|time))?"
    return re.search(rf"\b{words} {_LIMITS}|\b{_EXTREMES} {words}\b", text, re.IGNORECASE) is not None


def _is_in(part: str, parts: Sequence[str]) -> bool:
    def is_same(other: str) -> bool:
        return part.rstrip("s") == other.rstrip("s") or (len(part) >= _STEM and part[:_STEM] == other[:_STEM])

    return any(map(is_same, parts))


def _values(
    operation: Operation, shown: Sequence[Mapping[str, Any]], *, is_moment: bool
) -> Mapping[str, Sequence[float]]:
    """The dates or the numbers of each property that items have; none of one that is documented or null everywhere.

    Properties with other values are left out.
    """
    success = operation.success()
    documented = success.media.values() if success else ()
    schemas = [(media.schema, media.schemas.resolve) for media in documented]
    found: dict[str, list[float]] = {name: [] for schema in schemas for name in property_names(*schema)}
    others = set()
    for name, value in _leaves(shown):
        number = _instant(value) if is_moment else _number(value)
        if number is not None:
            found.setdefault(name, []).append(number)
        elif value is not None:
            others.add(name)
    return {name: values for name, values in found.items() if values or name not in others}


def _leaves(shown: Sequence[Mapping[str, Any]], before: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The values of items, those of objects within them by `price/amount`."""
    for item in shown:
        for name, value in item.items():
            if not isinstance(value, Mapping):
                yield f"{before}{name}", value
            elif depth < _LEVELS:
                yield from _leaves([value], f"{before}{name}/", depth + 1)


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _instant(value: Any) -> float | None:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) and value[4:5] == "-" else None
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp() if instant else None
    except (ValueError, OverflowError):
        return None
