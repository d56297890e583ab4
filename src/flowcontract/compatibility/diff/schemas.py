"""Compare two schemas: what changes for a client of one contract with a server of the other."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flowcontract.compatibility.diff.schema_view import (
    TIGHTER_WHEN_GREATER,
    TIGHTER_WHEN_SMALLER,
    TIGHTER_WHEN_THERE,
    Node,
    Shape,
    fields,
    shape,
)
from flowcontract.openapi import pointers

DEPTH = 40
"""Levels of a schema that are compared."""
_DEPTH_OF_VARIANTS = 6
"""Levels that tell whether two alternatives without names are the same; alternatives within them have one less."""

_Key = tuple[str, str, str]
_Seen = tuple[_Key, ...]


@dataclass(frozen=True, slots=True)
class SchemaDifference:
    """One change at one location."""

    rule: str
    at: str
    """JSON Pointer into the payload."""
    text: str
    client: str
    """Pointer into the client's contract."""
    server: str


class Comparison:
    """Compares schemas of two contracts, and remembers which are equivalent."""

    def __init__(self, *, upgraded: bool, depth: int = DEPTH, outer: "Comparison | None" = None) -> None:
        """`upgraded`: the server's contract is the newer one; `depth`: levels of a schema that are compared.

        Then a field that it lacks was removed; otherwise it does not exist yet.
        """
        self._upgraded = upgraded
        self._depth = depth
        self._shapes: dict[tuple[int, str, int], tuple[Node, Shape]] = outer._shapes if outer else {}
        """Shapes by contract, pointer and schema; the node keeps the identities alive."""
        self._same: dict[tuple[_Key, int], bool] = outer._same if outer else {}
        self._alike: set[_Key] = set()
        self._expanded: set[_Key] = set()
        """Objects that were compared since the traversal began: each is compared once."""
        self._below: dict[_Key, set[_Key]] = {}
        """For each pair that was visited, the pairs directly below it."""
        self._different: set[_Key] = set()
        """Pairs with a difference in them, as far as they were visited."""
        self._is_cut = False
        """Whether the traversal ended at its depth anywhere."""

    def response(self, client: Node, server: Node) -> Iterator[SchemaDifference]:
        """What the client may not understand in responses. An object is compared once, at its first location."""
        return self._traverse("response", client, server)

    def request(self, client: Node, server: Node) -> Iterator[SchemaDifference]:
        """What the server may reject in requests; objects as in `response`."""
        return self._traverse("request", client, server)

    def _traverse(self, way: str, client: Node, server: Node) -> Iterator[SchemaDifference]:
        self._expanded.clear()
        self._below.clear()
        self._different.clear()
        self._is_cut = False
        yield from self._compare(way, client, server, "", ())
        if not self._is_cut:
            self._alike |= self._below.keys() - self._reaching_a_difference()

    def _reaching_a_difference(self) -> set[_Key]:
        """The visited pairs from which a difference can be reached; without one, pairs in a circle are equivalent."""
        above: dict[_Key, list[_Key]] = {}
        for key, below in self._below.items():
            for each in below:
                above.setdefault(each, []).append(key)
        found, pending = set(self._different), list(self._different)
        while pending:
            fresh = [key for key in above.get(pending.pop(), ()) if key not in found]
            found.update(fresh)
            pending += fresh
        return found

    def _compare(
        self, way: str, client: Node, server: Node, at: str, seen: _Seen, *, optional: bool = False
    ) -> Iterator[SchemaDifference]:
        one, other = self._shape(client), self._shape(server)
        yield from _of_the_place(way, one, other, at, optional=optional)
        key = (way, one.pointer, other.pointer)
        if key in self._alike:
            return
        if seen:
            self._below[seen[-1]].add(key)
        if key in seen or key in self._expanded:
            return
        if len(seen) >= self._depth:
            self._is_cut = True
            return
        if one.properties or other.properties:
            self._expanded.add(key)
        self._below.setdefault(key, set())
        level = self._response if way == "response" else self._request
        for difference in level(one, other, at, (*seen, key)):
            self._different.add(key)
            yield difference

    def _response(self, known: Shape, sent: Shape, at: str, seen: _Seen) -> Iterator[SchemaDifference]:
        if unknown := _types(sent.types) - _types(known.types, wide=True):
            yield _difference("response-type", at, f"{_list(sent.types)} instead of {_list(known.types)}", known, sent)
            if unknown == _types(sent.types):
                return
        yield from _enum_of_response(known, sent, at)
        if known.format and sent.format != known.format and sent.format != _narrower(known.format):
            text = f"format {sent.format or 'none'} instead of {known.format}"
            yield _difference("response-format", at, text, known, sent)
        for key in _looser(known, sent):
            text = f"{key} {_show(sent.bounds.get(key))} instead of {_show(known.bounds[key])}"
            yield _difference("response-bounds", at, text, known, sent)
        yield from self._fields_of_response(known, sent, at, seen)
        yield from self._parts(known, sent, at, seen, "response")

    def _fields_of_response(self, known: Shape, sent: Shape, at: str, seen: _Seen) -> Iterator[SchemaDifference]:
        understood, coming = fields(known, "writeOnly"), fields(sent, "writeOnly")
        for name, node in understood.items():
            place = at + pointers.join(name)
            if name in coming:
                if name in known.required and name not in sent.required:
                    yield _difference("response-field-optional", place, "may be missing", known, sent)
                optional = name not in known.required
                yield from self._compare("response", node, coming[name], place, seen, optional=optional)
            elif name in known.required:
                rule = "response-nullable-field-missing" if self._shape(node).nullable else "response-field-missing"
                yield _difference(rule, place, "is required, but missing", known, sent)
            if name not in coming and self._upgraded:
                yield _difference("response-field-removed", place, "was removed", known, sent)
        for name in sorted(known.required - known.properties.keys()):
            if name not in sent.required:
                yield _difference("response-field-optional", at + pointers.join(name), "may be missing", known, sent)
        if not (known.says_further and known.further):
            for name in (name for name in coming if name not in understood):
                text = "is new" if self._upgraded else "still exists"
                text += ", and always sent" if name in sent.required else ""
                yield _difference("response-field-unknown", at + pointers.join(name), text, known, sent)

    def _request(self, sent: Shape, taken: Shape, at: str, seen: _Seen) -> Iterator[SchemaDifference]:
        if rejected := _types(sent.types) - _types(taken.types, wide=True):
            yield _difference("request-type", at, f"{_list(taken.types)} instead of {_list(sent.types)}", sent, taken)
            if rejected == _types(sent.types):
                return
        yield from _enum_of_request(sent, taken, at, upgraded=self._upgraded)
        if self._upgraded and sent.default and taken.default and sent.default != taken.default:
            text = f"{_show(taken.default[0])} is the default instead of {_show(sent.default[0])}"
            yield _difference("request-default", at, text, sent, taken)
        if taken.format and sent.format != taken.format and taken.format != _wider(sent.format):
            text = f"format {taken.format} instead of {sent.format or 'none'}"
            yield _difference("request-format", at, text, sent, taken)
        for key in _looser(taken, sent):
            text = f"{key} {_show(taken.bounds[key])} instead of {_show(sent.bounds.get(key))}"
            yield _difference("request-bounds", at, text, sent, taken)
        yield from self._fields_of_request(sent, taken, at, seen)
        yield from self._parts(sent, taken, at, seen, "request")

    def _fields_of_request(self, sent: Shape, taken: Shape, at: str, seen: _Seen) -> Iterator[SchemaDifference]:
        going, asked = fields(sent, "readOnly"), fields(taken, "readOnly")
        for name, node in going.items():
            place = at + pointers.join(name)
            if name in asked:
                yield from self._compare("request", node, asked[name], place, seen)
            elif taken.further is False:
                yield _difference("request-field-rejected", place, "is rejected", sent, taken)
            elif not taken.says_further:
                yield _difference("request-field-ignored", place, "is ignored", sent, taken)
        for name in sorted(asked.keys() | (taken.required - taken.properties.keys())):
            place = at + pointers.join(name)
            if name in taken.required and name not in sent.required:
                yield _difference("request-field-required", place, "is required", sent, taken)
            elif self._upgraded and name not in going and name in asked and not sent.says_further:
                yield _difference("request-field-added", place, "is optional", sent, taken)

    def _parts(self, client: Shape, server: Shape, at: str, seen: _Seen, way: str) -> Iterator[SchemaDifference]:
        if client.items and server.items:
            yield from self._compare(way, client.items, server.items, f"{at}/*", seen)
        if isinstance(client.further, Node) and isinstance(server.further, Node):
            yield from self._compare(way, client.further, server.further, f"{at}/*", seen)
        producer, taker = (server, client) if way == "response" else (client, server)
        if isinstance(taker.further, Node) and producer.says_further and producer.further is True:
            text = f"any value instead of {_list(self._shape(taker.further).types)}"
            yield _difference(f"{way}-type", f"{at}/*", text, client, server)
        if taker.variants:  # Otherwise any value is accepted.
            yield from self._variants(client, server, at, seen, way)

    def _variants(self, client: Shape, server: Shape, at: str, seen: _Seen, way: str) -> Iterator[SchemaDifference]:
        """Pair alternatives by component name, then by content; the rest is new."""
        producer, taker = (server, client) if way == "response" else (client, server)
        free, unmatched = list(taker.variants), list(producer.variants)
        if taker.tag and producer.tag and taker.tag != producer.tag:
            text = f"discriminator {producer.tag} instead of {taker.tag}"
            yield _difference(f"{way}-discriminator", at, text, client, server)
        for is_same in (_names_same, self._means_same):
            for node in list(unmatched):
                match = next((other for other in free if is_same(node, other)), None)
                if match:
                    free.remove(match)
                    unmatched.remove(node)
                    for value in _unknown_tags(producer, node, taker, match):
                        text = f"{producer.tag} may be {_show(value)}"
                        yield _difference(f"{way}-discriminator", at, text, client, server)
                    yield from self._compare(way, *_sides(way, node, match), at, seen)
        for node in unmatched:
            # One alternative was replaced: report the differences instead of a new alternative.
            if len(unmatched) == len(free) == 1:
                yield from self._compare(way, *_sides(way, node, free[0]), at, seen)
            else:
                yield _difference(f"{way}-variant", at, f"may also be {_title(node)}", client, server)

    def _means_same(self, one: Node, other: Node) -> bool:
        depth = min(_DEPTH_OF_VARIANTS, self._depth - 1)
        key = (("variant", self._shape(one).pointer, self._shape(other).pointer), depth)
        if key not in self._same:
            self._same[key] = not any(
                difference.rule != "component-renamed"
                for pair in ((one, other), (other, one))
                for difference in Comparison(upgraded=True, depth=depth, outer=self).response(*pair)
            )
        return self._same[key]

    def _shape(self, node: Node) -> Shape:
        key = (id(node.contract), node.pointer, id(node.schema))
        if key not in self._shapes:
            self._shapes[key] = node, shape(node)
        return self._shapes[key][1]


def _names_same(one: Node, other: Node) -> bool:
    name = shape(one).name
    return bool(name) and name == shape(other).name


def _unknown_tags(producer: Shape, node: Node, taker: Shape, match: Node) -> list[str]:
    """The unknown discriminator values of this alternative; only components have such values."""
    names = shape(node).name, shape(match).name
    if not (producer.tag and taker.tag and all(names)):
        return []
    text, known = (of.tags.get(name, {name}) for of, name in zip((producer, taker), names, strict=True))
    return sorted(text - known)


def _sides(way: str, producer: Node, taker: Node) -> tuple[Node, Node]:
    """The client's alternative and the server's."""
    return (taker, producer) if way == "response" else (producer, taker)


def _difference(rule: str, at: str, text: str, client: Shape, server: Shape) -> SchemaDifference:
    return SchemaDifference(rule, at, text, client.pointer, server.pointer)


def _of_the_place(way: str, client: Shape, server: Shape, at: str, *, optional: bool) -> Iterator[SchemaDifference]:
    """Changes beside a reference to a component; `optional`: the client knows that the field may be missing."""
    producer, taker = (server, client) if way == "response" else (client, server)
    if producer.nullable and not taker.nullable:
        text = "may be null" if way == "response" else "may not be null"
        rule = "response-optional-null" if optional else f"{way}-null"
        yield _difference(rule, at, text, client, server)
    if client.name and server.name and client.name != server.name:
        yield _difference("component-renamed", at, f"{client.name} and {server.name}", client, server)


def _types(types: frozenset[str], *, wide: bool = False) -> set[str]:
    """Every integer is a number."""
    return set(types) | ({"integer"} if wide and "number" in types else set())


def _enum_of_response(known: Shape, sent: Shape, at: str) -> Iterator[SchemaDifference]:
    if known.enum is None:
        return
    if sent.enum is None:
        yield _difference("response-enum-opened", at, f"any value instead of {_list(known.enum)}", known, sent)
        return
    for value in sent.enum:
        if value not in known.enum:
            yield _difference("response-enum-value", at, f"may be {_show(value)}", known, sent)


def _enum_of_request(sent: Shape, taken: Shape, at: str, *, upgraded: bool) -> Iterator[SchemaDifference]:
    if taken.enum is None:
        return
    if sent.enum is None:
        yield _difference("request-enum-value", at, f"must be one of {_list(taken.enum)}", sent, taken)
        return
    for value in sent.enum:
        if value not in taken.enum:
            yield _difference("request-enum-value", at, f"may not be {_show(value)}", sent, taken)
    for value in taken.enum if upgraded else ():
        if value not in sent.enum:
            yield _difference("request-enum-value-added", at, f"may be {_show(value)}", sent, taken)


def _looser(tight: Shape, other: Shape) -> Iterator[str]:
    """The bounds of `tight` that `other` may exceed."""
    for key, bound in tight.bounds.items():
        value = other.bounds.get(key)
        if key in TIGHTER_WHEN_GREATER:
            holds = value is not None and value >= bound
        elif key in TIGHTER_WHEN_SMALLER:
            holds = value is not None and value <= bound
        else:
            holds = key in TIGHTER_WHEN_THERE and value == bound
        if not holds and not (other.enum is not None and key in ("pattern", "minLength", "maxLength")):
            yield key


def _narrower(format_: str) -> str:
    return {"int64": "int32", "double": "float"}.get(format_, format_)


def _wider(format_: str) -> str:
    return {"int32": "int64", "float": "double"}.get(format_, format_)


def _title(node: Node) -> str:
    found = shape(node)
    return found.name or _list(found.types)


def _list(values: Any) -> str:
    return ", ".join(sorted(map(str, values)))


def _show(value: Any) -> str:
    return "none" if value is None else json.dumps(value, ensure_ascii=False)
