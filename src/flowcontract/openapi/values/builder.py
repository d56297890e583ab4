"""Make one value for a schema in canonical form.

At first optional members are made too. With depth and size only what is required is made, by the branches that end
soonest, so that a schema that refers to itself comes to an end.
"""

import contextlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from typing import Any, NamedTuple

from jsonschema_rs import CanonicalSchema, canonical

from flowcontract.openapi.canonical import Definitions, Impossible, Members, Types
from flowcontract.openapi.values import counts, events, money, plausible
from flowcontract.openapi.values.strings import Strings

_DEEP, _MANY = 6, 600
"""Levels and values after which only what is required is made."""
_MOST = 20_000
"""Values after which no other way is tried."""
_TOO_MANY = 100_000
"""Values that no body has."""
_SELDOM = 1 / 8
"""So many of the nullable values are null, and of the optional members absent: clients must handle both."""
_FEW = 20
"""Texts in an array that differ, if the schema does not say so: amenities and tags are there once."""
_ANYTHING = 3
"""The emptiness of an alternative that may be nearly anything."""
_SIMPLEST_FIRST = ("string", "integer", "number", "object", "array", "boolean", "null")


class ValueBuilder:
    """Makes values for the nodes of a canonical schema."""

    def __init__(self, definitions: Definitions, strings: Strings, *, minimal: bool = False) -> None:
        """`minimal`: make only what is required, from the start."""
        self._definitions = definitions
        self._strings = strings
        self._random = strings.random
        self._minimal = minimal
        self._spent = 0

    def whole(self, schema: CanonicalSchema) -> Any:
        """A value for a whole schema. Raises Impossible."""
        try:
            return self.value(schema)
        except RecursionError as error:  # Its composition leads back to itself.
            raise Impossible from error

    def value(self, schema: CanonicalSchema, name: str = "", depth: int = 0) -> Any:
        """A value for a node; `name` is the property it is for. Raises Impossible."""
        self._spent += 1
        lean = self._minimal or depth > _DEEP or self._spent > _MANY
        if self._spent > _TOO_MANY:
            raise Impossible
        if lean and math.isinf(self._definitions.height(schema)):
            raise Impossible
        view = self._definitions.view(schema)
        make = _MAKERS.get(type(view))
        if make:
            return make(self, _Node(schema, view, name, depth, lean))
        return self._strings.word() if depth else {}  # A whole body of which nothing is said is most likely an object.

    def _is_seldom(self) -> bool:
        return self._random.random() < _SELDOM

    def _reference(self, node: "_Node") -> Any:
        return self.value(self._definitions.get(node.view.uri), node.name, node.depth)

    def _group(self, node: "_Node") -> Any:
        return self.value(node.view.group, node.name, node.depth)

    def _composition(self, node: "_Node") -> Any:
        return self.value(self._intersected(node.view.branches), node.name, node.depth)

    def _constant(self, node: "_Node") -> Any:
        return node.view.value

    def _nothing(self, _node: "_Node") -> Any:
        raise Impossible

    def _raw(self, node: "_Node") -> Any:
        return self._of_type("string", node.name)  # Whoever asked validates it.

    def _any_type(self, node: "_Node") -> Any:
        types: tuple[str, ...] = node.view.types
        return self._of_type(types[0] if len(types) == 1 else self._type(types, node.name), node.name)

    def _intersected(self, parts: Sequence[CanonicalSchema]) -> CanonicalSchema:
        """Parts that all must hold, as one: where a reference kept them apart, what it stands for is taken in."""
        written = []
        for part in parts:
            view = self._definitions.view(part)
            while isinstance(view, canonical.ReferenceView):
                part = self._definitions.get(view.uri)
                view = self._definitions.view(part)
            written.append(part)
        try:
            whole = reduce(CanonicalSchema.intersect, written)
        except canonical.UnsupportedResult:
            return written[0]
        return written[0] if isinstance(self._definitions.view(whole), canonical.AllOfView) else whole

    def _one_of(self, node: "_Node") -> Any:
        values, lean = node.view.values, node.lean
        if None in values:
            values = [value for value in values if value is not None]
            if not values or (not lean and self._is_seldom()):
                return None
        is_common = money.is_currency(node.name)  # What is sold in one shop has one currency.
        return self._strings.common(values) if is_common else self._random.choice(values)

    def _type(self, types: Sequence[str], name: str) -> str:
        may_be_null = "null" in types and 1 < len(types) < 4
        if may_be_null and self._is_seldom() and not events.is_of_event(name):
            return "null"
        if len(types) < 4 and "string" in types and {"number", "integer"} & set(types):
            return "number" if "number" in types else "integer"  # Most texts are not numbers.
        return next(kind for kind in _SIMPLEST_FIRST if kind in types)

    def _of_type(self, kind: str, name: str) -> Any:
        match kind:
            case "string":
                return self._strings.free(name)
            case "integer" | "number":
                return self._plain_number(kind, self._numbers(name))
            case "boolean":
                return self._random.random() < 0.5
            case "object":
                return {}
            case "array":
                return [self._strings.free(name), self._strings.free(name)] if plausible.is_word_list(name) else []
            case _:
                return None

    def _numbers(self, name: str) -> plausible.Range | None:
        usual = plausible.numbers(name)
        return usual.on(self._strings.today) if usual else None

    def _plain_number(self, kind: str, usual: plausible.Range | None) -> int | float:
        """A number without any bounds."""
        if usual and kind == "number" and usual.places:
            scale = 10**usual.places
            return float(self._random.randint(usual.low * scale, usual.high * scale) / scale)
        if usual:
            return self._random.randint(usual.low, usual.high)
        if kind == "number" and self._is_seldom():
            return self._random.randint(1, 9999) / 100
        return self._random.randint(1, 1000)

    def _text(self, node: "_Node") -> str:
        text = self._strings.fitting(node.schema, node.view, node.name)
        if text is None:
            raise Impossible
        return text

    def _number(self, node: "_Node") -> int | float:
        """A multiple of the steps within the bounds, near 1 to 1000 where they allow it."""
        view: canonical.IntegerView | canonical.NumberView = node.view
        whole = isinstance(view, canonical.IntegerView)
        step = Decimal(1 if whole or view.multiple_of else "0.01")
        for part in view.multiple_of:
            step *= Decimal(str(part))
        low = None if view.minimum is None else Decimal(str(view.minimum))
        high = None if view.maximum is None else Decimal(str(view.maximum))
        usual = self._numbers(node.name)
        if usual and (low is None or low <= usual.low) and (high is None or high >= usual.high):
            if not view.multiple_of:
                return self._plain_number("integer" if whole else "number", usual)
            if math.ceil(usual.low / step) <= math.floor(usual.high / step):
                low, high = Decimal(usual.low), Decimal(usual.high)
        reaches_one = high is None or high > 1 or (whole and high == 1)
        bottom = Decimal(1) if low is None or (low < 1 and reaches_one) else low
        if high is not None and high < bottom:
            bottom = high - 999 * step
        top = bottom + 999 * max(step, Decimal(1))
        top = top if high is None else min(high, top)
        first, last = math.ceil(bottom / step), math.floor(top / step)
        if not whole and not view.multiple_of and last - first < 3:  # The step was only assumed.
            return float((bottom + top) / 2)
        if first > last:  # No multiple is as large as one.
            if low is not None and last * step < low:
                raise Impossible
            first = last
        found = self._random.randint(first, last) * step
        if isinstance(view, canonical.NumberView):
            if view.excludes_integers and found == found.to_integral_value():
                found += step if found + step <= top else -step
            is_barred = (view.exclusive_minimum and found == low) or (view.exclusive_maximum and found == high)
            if is_barred:
                found = (first + last) // 2 * step
        return int(found) if whole or found == found.to_integral_value() else float(found)

    def _array(self, node: "_Node") -> list[Any]:
        view: canonical.ArrayView = node.view
        name, depth, lean = node.name, node.depth, node.lean
        shortest = view.min_items or 0
        if shortest > _TOO_MANY:
            raise Impossible
        usual = 0 if lean else max(1, 3 - depth // 2)
        size = max(shortest, usual) if view.max_items is None else max(shortest, min(usual, view.max_items))
        distinct = view.distinctness is canonical.Distinctness.ALL_DISTINCT
        found: list[Any] = [self.value(item, name, depth + 1) for item in view.prefix_items[: size or None]]
        for wanted in view.contains:
            least = 1 if wanted.min_contains is None else wanted.min_contains
            found += [self.value(wanted.schema, name, depth + 1) for _ in range(least)]
        misses, most = 0, 20
        if distinct:  # To find the last of n values takes n more tries than the first.
            most += 20 * shortest
        while len(found) < size:
            try:
                item = self._strings.word() if view.items is None else self.value(view.items, name, depth + 1)
            except Impossible:
                if len(found) < shortest:
                    raise
                break
            differs = distinct or (isinstance(item, str) and len(found) < _FEW)
            if not (differs and item in found):
                found.append(item)
            elif (misses := misses + 1) == most:
                found += [] if distinct else [item] * (shortest - len(found))
                break
        return found

    def _object(self, node: "_Node") -> dict[str, Any]:
        members: Members = node.view
        lean = node.lean
        required, most = members.required, members.max_properties
        found: dict[str, Any] = {}
        for name in members.names:
            if name not in required:
                # An optional member stays out when it is lean, by chance, or where it may be nearly anything.
                if lean or name in members.vague or (most is not None and len(found) >= most):
                    continue
                if self._is_seldom() and not events.is_of_event(name):  # What has not happened is taken out later.
                    continue
            try:
                found[name] = self._member(members, name, node)
            except Impossible:
                if name in required:
                    raise
        for name in _partners(members.names, found) if not lean and len(found) < len(members.names) else ():
            if most is None or len(found) < most:
                with contextlib.suppress(Impossible):
                    found[name] = self._member(members, name, node)
        has_room = not found and not lean and members.is_map
        size = max(members.min_properties, min(2, most or 2) if has_room else 0)
        for _ in range(20 + 4 * min(size, _MANY)):
            if len(found) >= size:
                break
            name = self._name(members, found)
            if name not in found:
                found[name] = self._member(members, name, node)
        return found

    def _name(self, members: Members, taken: Mapping[str, Any]) -> str:
        """The name of a member that is not declared: one that a pattern describes, where there are patterns."""
        for pattern in members.pattern_properties:
            for name in self._strings.matching(pattern, members.property_names):
                longer = f"{name}{self._strings.word()}"
                is_free = name not in taken or not self._strings.matches(pattern, longer)
                return name if is_free else longer
        if members.property_names is not None:
            return str(self.value(members.property_names))
        return self._strings.word()

    def _member(self, members: Members, name: str, node: "_Node") -> Any:
        declared, depth = members.properties.get(name), node.depth
        if declared is not None:
            # The amount of a budget is as large as a budget.
            is_amount = name in plausible.AMOUNTS and plausible.is_money(node.name)
            return self.value(declared, node.name if is_amount else name, depth + 1)
        for pattern, member in members.pattern_properties.items():
            if self._strings.matches(pattern, name):
                return self.value(member, name, depth + 1)
        rest = members.additional
        return self._strings.word() if rest is None else self.value(rest, name, depth + 1)

    def _alternative(self, node: "_Node") -> Any:
        """A value of the first alternative that has one: when lean the one that ends soonest goes first, else one
        that says something, by chance."""
        branches: Sequence[CanonicalSchema] = node.view.branches
        name, depth = node.name, node.depth
        if node.lean:
            # A schema with properties but without a type allows anything that is not an object, too, and means one.
            order = sorted(branches, key=lambda each: (self._is_rest(each), self._definitions.height(each)))
        else:
            order = self._random.sample(branches, len(branches))
            last = not depth or not self._is_seldom() or events.is_of_event(name)  # Null goes last, seldom first.
            order.sort(key=lambda branch: _emptiness(self._definitions.view(branch), null_last=last))
        views = {id(branch): self._definitions.view(branch) for branch in order}
        if any(isinstance(view, canonical.NumberView | canonical.IntegerView) for view in views.values()):
            order.sort(key=lambda branch: _is_text(views[id(branch)]))
        for branch in order:
            try:
                return self.value(branch, name, depth)
            except Impossible:
                if self._spent > _MOST:
                    break
        raise Impossible

    def _is_rest(self, branch: CanonicalSchema) -> bool:
        return _emptiness(self._definitions.view(branch), null_last=True) == _ANYTHING


def _partners(names: Sequence[str], found: Mapping[str, Any]) -> Iterable[str]:
    """What was left out of an object beside what belongs to it: a list beside its sum or count, and vice versa."""
    pairs = (*money.of_lists(tuple(names)), *counts.of_lists(tuple(names)))
    both_ways = [pair for name, other in pairs for pair in ((name, other), (other, name))]
    return dict.fromkeys(name for name, other in both_ways if other in found and name not in found)


def _is_text(view: Any) -> bool:
    """Whether an alternative is any text, or a text of some shape."""
    return isinstance(view, canonical.StringView) or "string" in getattr(view, "types", ())


def _emptiness(view: Any, *, null_last: bool) -> int:
    """How little an alternative says: it may be null, or nearly anything."""
    types = getattr(view, "types", ())
    if types == ("null",) or (isinstance(view, canonical.ConstView) and view.value is None):
        return 2 if null_last else 0
    return 1 if len(types) < 3 else _ANYTHING


class _Node(NamedTuple):
    """A node of a canonical schema that a value is wanted for."""

    schema: CanonicalSchema
    view: Any
    name: str
    """The property that it is for."""
    depth: int
    lean: bool
    """Whether only what is required is made."""


_MAKERS: Mapping[type, Callable[[ValueBuilder, _Node], Any]] = {
    canonical.AllOfView: ValueBuilder._composition,
    canonical.AnyOfView: ValueBuilder._alternative,
    canonical.ArrayView: ValueBuilder._array,
    canonical.ConstView: ValueBuilder._constant,
    canonical.EnumView: ValueBuilder._one_of,
    canonical.FalseView: ValueBuilder._nothing,
    canonical.IntegerView: ValueBuilder._number,
    Members: ValueBuilder._object,
    canonical.NotView: ValueBuilder._raw,
    canonical.NumberView: ValueBuilder._number,
    canonical.OneOfView: ValueBuilder._alternative,
    canonical.RawView: ValueBuilder._raw,
    canonical.ReferenceView: ValueBuilder._reference,
    canonical.StringView: ValueBuilder._text,
    canonical.TypedGroupView: ValueBuilder._group,
    Types: ValueBuilder._any_type,
}
"""What makes a value, by what the node says; all others admit anything."""
