"""Variants of a body with one change each: every change that its schema suggests, at every location.

The contract allows some of them: another value of an enumeration, a missing optional field. A conforming server may
send these, so a client must read them. The others violate the contract; they show how a client reacts.
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flowcontract.compatibility.diff.shapes import Node, Shape, alternatives, fitting
from flowcontract.generation.dictionary import FORMATS, matches
from flowcontract.openapi import pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType

MOST = 400
"""Limit of the variants of one body."""
DEPTH = 5
"""Levels of objects and arrays that are changed."""
UNKNOWN = "flowcontract_unknown"
"""A field and a value that no contract declares."""
_LONG = 300
"""Characters of a string without a maximum length."""
_LARGE = 2**40
"""An integer above the range of 32 bits."""

KINDS: Mapping[str, str] = {
    "enum": "another value of an enumeration",
    "enum-unknown": "a value outside the enumeration",
    "optional-missing": "an optional field left out",
    "optional-there": "an optional field added",
    "required-missing": "a required field left out",
    "unknown-field": "an undeclared field",
    "null": "null in a required field",
    "optional-null": "null in an optional field",
    "large-integer": "an integer of 2^40",
    "range": "a number at its bounds",
    "range-beyond": "a number outside its bounds",
    "length": "a string of its minimum or maximum length",
    "length-beyond": "a string shorter or longer than allowed",
    "pattern": "a string that does not match its pattern",
    "format": "another string of its format",
    "format-violated": "a string that violates its format",
    "type": "a value of another type",
    "empty-list": "an empty list",
}
"""Kinds of changes, in words."""
_RULES = {
    "enum": "response-enum-value",
    "enum-unknown": "response-enum-value",
    "optional-missing": "response-field-optional",
    "optional-there": "response-field-unknown",
    "required-missing": "response-field-missing",
    "unknown-field": "response-field-unknown",
    "null": "response-null",
    "optional-null": "response-optional-null",
    "type": "response-type",
    "format": "response-format",
    "format-violated": "response-format",
}
"""The rule of the diff for each kind; `response-bounds` for the others."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A body with one change."""

    kind: str
    at: str
    """JSON Pointer into the body, with `*` for any entry of a list, as the diff has it."""
    text: str
    body: Any
    allowed: bool
    """Whether the contract allows the body."""

    @property
    def rule(self) -> str:
        """The rule of the diff for such changes."""
        return _RULES.get(self.kind, "response-bounds")


def variants(contract: Contract, media: MediaType, body: Any) -> Iterator[Variant]:
    """The variants of a body that its schema suggests, at most `MOST`."""
    found: set[str] = set()
    root = Node(contract, media.schema_pointer, media.schema or {})
    for change in _of_value(root, body, (), required=True):
        changed = _changed(body, change)
        at = _at(body, change.path)
        key = f"{change.kind} {at} {change.text}"
        if key not in found and len(found) < MOST:
            found.add(key)
            allowed = change.kind != "unknown-field" and media.is_valid(changed)
            yield Variant(change.kind, at, change.text, changed, allowed)


_GONE = object()
"""Instead of a value: the field is removed."""
_Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class _Change:
    kind: str
    path: _Path
    value: Any
    text: str


def _changed(body: Any, change: _Change) -> Any:
    if not change.path:
        return change.value
    whole = copy.deepcopy(body)
    holder = pointers.get(whole, change.path[:-1])
    if change.value is _GONE:
        del holder[change.path[-1]]
    else:
        holder[change.path[-1]] = change.value
    return whole


def _at(body: Any, path: _Path) -> str:
    """The location of a change, with `*` for any entry of a list."""
    before = (pointers.get(body, path[:length]) for length in range(len(path)))
    return pointers.join(
        *("*" if isinstance(holder, list) else step for holder, step in zip(before, path, strict=True))
    )


def _of_value(node: Node, value: Any, path: _Path, *, required: bool) -> Iterator[_Change]:
    known = fitting(node, value)
    if path and value is not None:
        yield _Change("null" if required else "optional-null", path, None, "null")
    if known.enum is not None:
        others = (each for each in known.enum if each not in (None, value))
        yield from (_Change("enum", path, each, _show(each)) for each in others)
        yield _Change("enum-unknown", path, UNKNOWN, _show(UNKNOWN))
    elif isinstance(value, str):
        yield from _of_text(known, value, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _of_number(known, path)
    other: Any = 42 if isinstance(value, str) else "42"
    if path:
        yield _Change("type", path, other, f"{_show(other)} instead of {_name(value)}")
    if len(path) < DEPTH and isinstance(value, Mapping):
        yield from _of_object(known, value, path)
    elif len(path) < DEPTH and isinstance(value, list) and value:
        yield _Change("empty-list", path, [], "empty")
        if isinstance(known.items, Node):
            yield from _of_value(known.items, value[0], (*path, 0), required=True)


def _of_object(known: Shape, value: Mapping[str, Any], path: _Path) -> Iterator[_Change]:
    for name, node in known.visible("writeOnly").items():
        required, place = name in known.required, (*path, name)
        if name in value:
            yield _Change("required-missing" if required else "optional-missing", place, _GONE, "left out")
            yield from _of_value(node, value[name], place, required=required)
        elif not required and (sample := _sample(node)) is not None:
            yield _Change("optional-there", place, sample, _show(sample))
    yield _Change("unknown-field", (*path, UNKNOWN), "text", "added")


def _of_text(known: Shape, value: str, path: _Path) -> Iterator[_Change]:
    if known.format:
        for label, text in FORMATS.get(known.format, {}).items():
            yield _Change("format" if label.startswith("format") else "format-violated", path, text, label)
        yield _Change("format-violated", path, UNKNOWN, f"not a {known.format}")
        return
    most, least = known.bounds.get("maxLength"), known.bounds.get("minLength", 0)
    for length in (least - 1, least, *((_LONG,) if most is None else (most, most + 1))):
        letters = (letter * length for letter in "aA0-")
        fitting = next((text for text in letters if matches(known.bounds, text)), None)
        if length >= 0 and fitting not in (None, value):
            within = least <= length and (most is None or length <= most)
            yield _Change("length" if within else "length-beyond", path, fitting, f"{length} characters")
    if "pattern" in known.bounds:
        odd = next((text for text in (f"{value} .", f"{value}é", "", "0") if not matches(known.bounds, text)), None)
        if odd is not None:
            yield _Change("pattern", path, odd, _show(odd))


def _of_number(known: Shape, path: _Path) -> Iterator[_Change]:
    for key, outwards in (("minimum", -1), ("maximum", 1)):
        if (bound := known.bounds.get(key)) is not None:
            yield _Change("range", path, bound, str(bound))
            yield _Change("range-beyond", path, bound + outwards, str(bound + outwards))
    yield _Change("large-integer", path, _LARGE, str(_LARGE))


def _sample(node: Node) -> Any:
    """A simple value of a schema, or None."""
    known = next((each for each in alternatives(node) if each.types != {"null"}), None)
    if known is None:
        return None
    if known.enum:
        return known.enum[0]
    if known.format in FORMATS:
        return next(iter(FORMATS[known.format].values()))
    simple: dict[str, Any] = {"string": "text", "boolean": True, "integer": 1, "number": 1, "array": []}
    return next((simple[kind] for kind in simple if kind in known.types), None)


def _name(value: Any) -> str:
    names = {"str": "a string", "list": "a list", "dict": "an object", "NoneType": "null", "bool": "true or false"}
    return names.get(type(value).__name__, "a number")


def _show(value: Any) -> str:
    text = repr(value) if not isinstance(value, str) else f'"{value}"'
    return text if len(text) <= 60 else f"{text[:59]}…"
