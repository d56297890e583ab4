"""Rules about single values: types, null, enumerations, formats, bounds, defaults, and what a string holds."""

import itertools
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from flowcontract.compatibility.diff.containment import NO, YES, covers, written
from flowcontract.compatibility.diff.shapes import ALL, KINDS, UPPER, Shape, kind_of
from flowcontract.compatibility.diff.steps import Below, Exchange, SchemaDifference, Step, listed, show
from flowcontract.compatibility.diff.witnesses import is_witnessed

SCALARS = ("boolean", "number", "string")
_LIMITS = (("minimum", "exclusiveMinimum"), 1), (("maximum", "exclusiveMaximum"), -1)
"""The keywords of both limits, and the sign with which a limit is a lower one."""
_WIDTHS = {"int32": 2**31, "int64": 2**63}
_NARROWER = {
    "int64": ("int32",),
    "double": ("float",),
    "uri-reference": ("uri",),
    "iri-reference": ("iri", "uri", "uri-reference"),
    "iri": ("uri",),
    "idn-email": ("email",),
    "idn-hostname": ("hostname",),
}
"""Formats that have others as a part (JSON Schema Validation 2020-12, section 7.3)."""


def types(
    exchange: Exchange, sent: Sequence[Shape], taken: Sequence[Shape], pointer: str
) -> Iterator[SchemaDifference]:
    """Types that are sent, and not taken. An integer is a number. `pointer`: where the taker's schema stands."""
    unknown = [
        kind
        for kind in KINDS
        if kind != "null" and any(one.is_kind(kind) for one in sent) and not any(one.is_kind(kind) for one in taken)
    ]
    if not unknown and _sends_fractions(sent) and not _sends_fractions(taken) and _enumerated(sent, "number") is None:
        unknown = ["number"]
    if unknown:
        text = exchange.instead(_types(sent), _types(taken))
        yield exchange.difference("type", text, sent[0], taken[0] if taken else pointer)


def null(
    exchange: Exchange, sent: Sequence[Shape], taken: Sequence[Shape], *, optional: bool
) -> Iterator[SchemaDifference]:
    """Null that is sent, and not taken; `optional`: in a field that the client knows may be missing."""
    if taken and any(one.is_kind("null") for one in sent) and not any(one.is_kind("null") for one in taken):
        rule = "optional-null" if optional and exchange.way == "response" else "null"
        text = "may be null" if exchange.way == "response" else "may not be null"
        yield exchange.difference(rule, text, sent[0], taken[0])


def scalars(exchange: Exchange, kind: str, sent: Sequence[Shape], taken: Sequence[Shape]) -> Iterator[Step]:
    """Values of one scalar type; there are some on both sides."""
    yield from _enumeration_added(exchange, kind, sent, taken)
    if all(one.format == sent[0].format for one in sent):
        taken = [replace(one, format=_common(sent[0].format, one.format)) for one in taken]
    pairs = [(one, _nearest(exchange, kind, one, taken)) for one in sent]
    for one, other in pairs:
        yield from _format(exchange, one, other, always=kind == "number" and other.enum is None)
        yield from _content(exchange, one, other)
    schemas = [[part for one in sent if (part := _of_width(one, written(one, kind))) is not None]]
    schemas.append([part for one in taken if (part := written(one, kind)) is not None])
    contained = covers(schemas[1], schemas[0]) if len(schemas[0]) == len(sent) else None
    if contained is YES:
        return
    if len(schemas[1]) < len(taken):  # What cannot be written out may be taken.
        contained, schemas = None, [[], []]
    values, known = _enumerated(sent, kind), _enumerated(taken, kind)
    if known is not None:
        found = list(_enumeration(exchange, sent[0], taken[0], values, known))
        is_open = values is None and contained is not NO and any("pattern" in one.bounds for one in sent)
        if is_open and not is_witnessed(schemas[0], schemas[1]):
            found = [replace(one, rule=f"{exchange.way}-pattern") for one in found]
        yield from found
        return
    steps = [step for one, other in pairs for step in _one(exchange, kind, one, other) if values is None]
    if kind == "string" and contained is not NO:
        steps = list(_witnessed(exchange, steps, sent, schemas))
    yield from steps
    if not steps:
        if contained is NO:
            yield exchange.difference("values", _not_admitted(exchange, taken), sent[0], taken[0])
        elif any(_said(one, kind) != _said(other, kind) for one, other in pairs):
            yield exchange.difference("undecided", _undecided(taken), sent[0], taken[0])


def defaults(exchange: Exchange, sent: Sequence[Shape], taken: Sequence[Shape]) -> Iterator[Step]:
    """Who sends nothing gets another value after the upgrade."""
    if exchange.way == "response" or not exchange.upgraded or len(sent) != 1 or len(taken) != 1:
        return
    old, new = sent[0].default, taken[0].default
    if [_key(value) for value in old] != [_key(value) for value in new]:
        said = [json.dumps(default[0], ensure_ascii=False) if default else "none" for default in (new, old)]
        yield exchange.difference("default", f"{said[0]} is the default instead of {said[1]}", sent[0], taken[0])


def bounds(exchange: Exchange, kind: str, sent: Shape, taken: Shape) -> Iterator[Step]:
    """Bounds of the taker that what is sent may exceed."""
    for key in _EXCEEDED[kind](sent, taken):
        text = f"{key} {exchange.instead(show(sent.bounds.get(key)), show(taken.bounds.get(key)))}"
        yield exchange.difference("bounds", text, sent, taken)


def _one(exchange: Exchange, kind: str, sent: Shape, taken: Shape) -> Iterator[Step]:
    if kind != "number":
        yield from _format(exchange, sent, taken, always=True)
    yield from bounds(exchange, kind, sent, taken)
    pattern = taken.bounds.get("pattern")
    if kind == "string" and pattern is not None and pattern != sent.bounds.get("pattern"):
        text = f"pattern {exchange.instead(show(sent.bounds.get('pattern')), show(pattern))}"
        contained = covers([{"type": "string", "pattern": pattern}], [written(sent, "string")])
        if contained is not YES:
            yield exchange.difference("bounds" if contained is NO else "pattern", text, sent, taken)


def _witnessed(
    exchange: Exchange, found: Sequence[Step], sent: Sequence[Shape], schemas: list[list[dict[str, Any]]]
) -> Iterator[Step]:
    """What a pattern that is sent implies is known only where a string violates what is taken."""
    rules = [f"{exchange.way}-{name}" for name in ("pattern", "bounds")]
    if not any("pattern" in one.bounds for one in sent) or not any(_rule(step) in rules for step in found):
        yield from found
        return
    rule = rules[is_witnessed(schemas[0], schemas[1])]
    for step in found:
        yield replace(step, rule=rule) if isinstance(step, SchemaDifference) and step.rule in rules else step


def _rule(step: Step) -> str:
    return step.rule if isinstance(step, SchemaDifference) else ""


def _nearest(exchange: Exchange, kind: str, sent: Shape, taken: Sequence[Shape]) -> Shape:
    """The alternative of the taker from which a value differs least."""
    if len(taken) == 1:
        return taken[0]
    return min(taken, key=lambda other: sum(1 for _ in _one(exchange, kind, sent, other)) + (other.enum is not None))


def _sends_fractions(shapes: Sequence[Shape]) -> bool:
    return any(shape.is_kind("number") and not shape.integers_only for shape in shapes)


def _types(shapes: Sequence[Shape]) -> str:
    found = frozenset[str]().union(*(shape.types for shape in shapes))
    if found == ALL:
        return "any value"
    return listed(found - ({"integer"} if "number" in found else set()) - {"null"}) or "no value"


def compounds(exchange: Exchange, kind: str, sent: Sequence[Shape], taken: Sequence[Shape]) -> Iterator[Step] | None:
    """Enumerated arrays or objects; None where neither side has them."""
    values, known = _enumerated(sent, kind), _enumerated(taken, kind)
    if known is not None:
        return itertools.chain(
            _enumeration_added(exchange, kind, sent, taken), _enumeration(exchange, sent[0], taken[0], values, known)
        )
    return None if values is None else iter(())


def _enumerated(shapes: Sequence[Shape], kind: str) -> list[Any] | None:
    """All enumerated values of a type; None where any value may occur."""
    values = [shape.values(kind) for shape in shapes if shape.is_kind(kind)]
    return None if any(each is None for each in values) else [value for each in values for value in each or ()]


def _enumeration(
    exchange: Exchange, sent: Shape, taken: Shape, values: list[Any] | None, known: list[Any]
) -> Iterator[SchemaDifference]:
    response = exchange.way == "response"
    if values is None:
        ours = ", ".join(sorted(map(show, known)))
        text = f"any value instead of {ours}" if response else f"must be one of {ours}"
        yield exchange.difference("enum-opened" if response else "enum-value", text, sent, taken)
    for value in _missing(values or (), known):
        text = f"may be {show(value)}" if response else f"may not be {show(value)}"
        yield exchange.difference("enum-value", text, sent, taken)


def _enumeration_added(exchange: Exchange, kind: str, sent: Sequence[Shape], taken: Sequence[Shape]) -> Iterator[Step]:
    values, known = _enumerated(sent, kind), _enumerated(taken, kind)
    if exchange.way == "request" and exchange.upgraded and values is not None and known is not None:
        for value in _missing(known, values):
            yield exchange.difference("enum-value-added", f"may be {show(value)}", sent[0], taken[0])


def _missing(values: Sequence[Any], known: Sequence[Any]) -> list[Any]:
    keys = {_key(value) for value in known}
    return [value for value in values if _key(value) not in keys]


def _key(value: Any) -> str:
    """Equal for equal JSON values; Python's `1 == True` is not."""
    if kind_of(value) == "number" and isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, sort_keys=True)


def _format(exchange: Exchange, sent: Shape, taken: Shape, *, always: bool) -> Iterator[Step]:
    if always and taken.format and sent.format != _common(sent.format, taken.format) and not _fits(sent, taken.format):
        text = f"format {exchange.instead(sent.format or 'none', taken.format)}"
        yield exchange.difference("format", text, sent, taken)


def _of_width(sent: Shape, schema: dict[str, Any] | None) -> dict[str, Any] | None:
    """The schema of what is sent with the bounds of its integers, which a format such as `int32` implies."""
    width = _WIDTHS.get(sent.format)
    if schema is None or width is None or schema["type"] != "integer":
        return schema
    return {"type": "integer", "allOf": [schema, {"minimum": -width, "maximum": width - 1}]}


def _fits(sent: Shape, width: str) -> bool:
    """Whether the bounds of integers lie within a format such as `int32`."""
    limits = [_limit(sent, names, sign, whole=True) for names, sign in _LIMITS]
    within = _WIDTHS.get(width)
    return (
        within is not None
        and sent.integers_only
        and all(
            limit is not None and limit[0] >= -within + (sign < 0)
            for limit, (_, sign) in zip(limits, _LIMITS, strict=True)
        )
    )


def _common(sent: str, taken: str) -> str:
    """The format of all values that are sent, where the taker's has it as a part."""
    return sent if sent in _NARROWER.get(taken, ()) else taken


def _content(exchange: Exchange, sent: Shape, taken: Shape) -> Iterator[Step]:
    for key, value in taken.content.items():
        if sent.content.get(key) != value:
            text = f"{key} {exchange.instead(sent.content.get(key, 'none'), value)}"
            yield exchange.difference("format", text, sent, taken)
    if sent.held and taken.held:
        yield Below("", sent.held, taken.held)


def _numbers(sent: Shape, taken: Shape) -> Iterator[str]:
    for names, sign in _LIMITS:
        limit, other = (_limit(shape, names, sign, whole=sent.integers_only) for shape in (taken, sent))
        if limit is not None and (other is None or other < limit):
            yield next(name for name in reversed(names) if name in taken.bounds)
    step, other_step = (shape.bounds.get("multipleOf") for shape in (taken, sent))
    is_met = not step or (other_step and _exact(other_step) % _exact(step) == 0)
    if not is_met and not (sent.integers_only and Fraction(1) % _exact(step) == 0):
        yield "multipleOf"


def _limit(shape: Shape, names: tuple[str, str], sign: int, *, whole: bool) -> tuple[Fraction, bool] | None:
    """A lower limit, or an upper one with its sign turned, and whether it is itself excluded."""
    found = []
    for name, excluded in zip(names, (False, True), strict=True):
        if name in shape.bounds:
            value = sign * _exact(shape.bounds[name])
            if whole:
                value, excluded = Fraction(math.floor(value) + 1 if excluded else math.ceil(value)), False
            found.append((value, excluded))
    return max(found, default=None)


def _exact(value: Any) -> Fraction:
    return Fraction(str(value))


def _lengths(*keys: str) -> Callable[[Shape, Shape], Iterator[str]]:
    def exceeded(sent: Shape, taken: Shape) -> Iterator[str]:
        for key in keys:
            limit, other = taken.bounds.get(key), sent.bounds.get(key)
            if key in UPPER:
                exceeds = limit is not None and (other is None or other > limit)
            else:
                exceeds = (other or 0) < (limit or 0)
            if exceeds:
                yield key

    return exceeded


_EXCEEDED: Mapping[str, Callable[[Shape, Shape], Iterator[str]]] = {
    "boolean": _lengths(),
    "number": _numbers,
    "string": _lengths("minLength", "maxLength"),
    "array": _lengths("minItems", "maxItems", "uniqueItems"),
    "object": _lengths("minProperties", "maxProperties"),
}


def _said(shape: Shape, kind: str) -> tuple[object, ...]:
    """What a shape says of a scalar type beside the type."""
    return shape.values(kind), shape.format, shape.bounds, shape.residual


def _not_admitted(exchange: Exchange, taken: Sequence[Shape]) -> str:
    words = "may violate" if exchange.way == "response" else "must satisfy"
    return f"{words} {_keywords(taken)}"


def _undecided(taken: Sequence[Shape]) -> str:
    return f"{_keywords(taken)} cannot be compared"


def _keywords(taken: Sequence[Shape]) -> str:
    """The keywords that the taker's values depend on."""
    residual = [key for one in taken for _, constraint in one.residual for key in constraint]
    found = dict.fromkeys([*residual, *(key for one in taken for key in one.bounds)])
    return ", ".join(f"`{key}`" for key in found) or "the alternatives"


def keywords(constraint: Any) -> str:
    """The keywords of a constraint in a text."""
    return ", ".join(f"`{key}`" for key in constraint)
