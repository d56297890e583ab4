"""Rules about objects and arrays: fields, other fields, entries, and constraints across them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from jsonschema_rs.canonical import Containment

from flowcontract.compatibility.diff import values
from flowcontract.compatibility.diff.containment import (
    NO,
    UNKNOWN,
    YES,
    covers,
    without_references,
    written,
)
from flowcontract.compatibility.diff.shapes import Node, Shape, alternatives, is_list_of_objects, is_never, is_nullable
from flowcontract.compatibility.diff.steps import Below, Exchange, Step
from flowcontract.openapi import pointers


def objects(exchange: Exchange, sent: Shape, taken: Shape) -> Iterator[Step]:
    """An object that is sent, and one that is taken."""
    going, known = sent.visible(exchange.hidden), taken.visible(exchange.hidden)
    for name, node in going.items():
        at = pointers.join(name)
        if name in known:
            yield Below(at, node, known[name], optional=name not in taken.required)
        else:
            yield from _undeclared(exchange, name, node, sent, taken)
    for name, node in taken.properties.items():
        for part in _among_others(name, sent) if name not in sent.properties else ():
            if name in known:
                yield Below(pointers.join(name), part, node, optional=True)
            elif is_never(node):
                yield from _forbidden(exchange, name, part, node)
        is_unknown = name not in sent.properties and sent.further is None and not _among_others(name, sent)
        if exchange.way == "request" and is_unknown and is_never(node):
            yield exchange.difference("closed", "is rejected", sent, node.pointer, pointers.join(name))
    fields = _required_in_request if exchange.way == "request" else _required_in_response
    yield from fields(exchange, sent, taken, going, known)
    yield from _others(exchange, sent, taken)
    yield from values.bounds(exchange, "object", sent, taken)
    yield from _constraints(exchange, "object", sent, taken)


def arrays(exchange: Exchange, sent: Shape, taken: Shape) -> Iterator[Step]:
    """An array that is sent, and one that is taken."""
    longest = max(len(sent.prefix), len(taken.prefix))
    most = sent.bounds.get("maxItems", longest + 1)
    for index in range(min(longest, int(most))):
        one, other = (shape.prefix[index] if index < len(shape.prefix) else shape.items for shape in (sent, taken))
        yield from _entries(exchange, f"/{index}", one, other, sent, taken)
    if most > longest:
        yield from _entries(exchange, "/*", sent.items, taken.items, sent, taken)
    yield from values.bounds(exchange, "array", sent, taken)
    yield from _constraints(exchange, "array", sent, taken)


def _entries(
    exchange: Exchange, at: str, one: Node | bool | None, other: Node | bool | None, sent: Shape, taken: Shape
) -> Iterator[Step]:
    if one is False or other in (None, True):
        return
    if isinstance(one, Node) and isinstance(other, Node):
        yield Below(at, one, other)
    elif other is False:
        rule = "bounds" if exchange.way == "response" else "field-rejected"
        yield exchange.difference(rule, "an entry here is not allowed", sent, taken, at)
    elif isinstance(other, Node):
        yield from _any_value(exchange, at, other, sent)


def _any_value(exchange: Exchange, at: str, taken: Node, sent: Shape) -> Iterator[Step]:
    """Any value is sent where a schema says what is taken."""
    anything = (Shape(sent.contract, sent.pointer),)
    found = alternatives(taken.follow())
    for step in values.types(exchange, anything, found, taken.pointer):
        yield replace(step, at=at)


def _undeclared(exchange: Exchange, name: str, node: Node, sent: Shape, taken: Shape) -> Iterator[Step]:
    """A field that the taker does not declare by name."""
    at = pointers.join(name)
    if name in taken.properties and is_never(taken.properties[name]):
        yield from _forbidden(exchange, name, node, taken.properties[name])
        return
    others = _among_others(name, taken)
    if others:
        for part in others:
            yield Below(at, node, part, optional=True)
    elif exchange.way == "response":
        if taken.further is not True and not taken.is_free:
            text = "is new" if exchange.upgraded else "is unknown to the client"
            text += ", and always sent" if name in sent.required else ""
            rule = "field-forbidden" if taken.further is False else "field-unknown"
            yield exchange.difference(rule, text, node.pointer, taken, at)
    elif taken.further is False and name not in taken.properties:
        yield exchange.difference("field-rejected", "is rejected", node.pointer, taken, at)
    elif taken.further is not True and not taken.is_free:
        yield exchange.difference("field-ignored", "is ignored", node.pointer, taken, at)


def _forbidden(exchange: Exchange, name: str, sent: Node, taken: Node) -> Iterator[Step]:
    rule, text = ("field-forbidden", "is new") if exchange.way == "response" else ("field-rejected", "is rejected")
    yield exchange.difference(rule, text, sent.pointer, taken.pointer, pointers.join(name))


def _among_others(name: str, shape: Shape) -> list[Node]:
    """The schemas of a field that is not declared by name: by its pattern, else of all others."""
    matching = [part for pattern, part in shape.patterns.items() if _matches(pattern, name)]
    return matching or [part for part in (shape.further,) if isinstance(part, Node)]


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return False


def _required_in_response(
    exchange: Exchange, sent: Shape, taken: Shape, going: dict[str, Node], known: dict[str, Node]
) -> Iterator[Step]:
    for name in (*known, *(name for name in taken.required if name not in taken.properties)):
        at, node = pointers.join(name), known.get(name)
        client = node.pointer if node else taken.required[name]
        if name in taken.required:
            if name in going or not node:
                if name not in sent.required:
                    found = exchange.difference("field-optional", "may be missing", sent, client, at)
                    yield replace(found, loses_list=node is not None and is_list_of_objects(node))
            elif not (name in sent.required and name not in sent.properties):  # Required, and declared nowhere.
                rule = "nullable-field-missing" if is_nullable(node) else "field-missing"
                when = "no longer sent" if exchange.upgraded else "not sent yet"
                found = exchange.difference(rule, f"is {when}, but the client requires it", sent, client, at)
                yield replace(found, loses_list=is_list_of_objects(node))
        if not node or name in going or not exchange.upgraded:
            continue
        if name not in sent.required or name in sent.properties:
            yield exchange.difference("field-removed", "was removed", sent, client, at)
        elif not _among_others(name, sent) and any(_any_value(exchange, at, node, sent)):
            yield exchange.difference("field-removed", "was removed, though it is still required", sent, client, at)


def _required_in_request(
    exchange: Exchange, sent: Shape, taken: Shape, going: dict[str, Node], known: dict[str, Node]
) -> Iterator[Step]:
    for name in (*known, *(name for name in taken.required if name not in taken.properties)):
        at, node = pointers.join(name), known.get(name)
        if name in taken.required and (name not in sent.required or (name in sent.properties and name not in going)):
            yield exchange.difference("field-required", "is required", sent, taken.required[name], at)
        elif exchange.upgraded and node and name not in going and sent.further is not True:
            yield exchange.difference("field-added", "is optional", sent, node.pointer, at)


def _others(exchange: Exchange, sent: Shape, taken: Shape) -> Iterator[Step]:
    """Fields that are not declared by name: by pattern, and all others."""
    for pattern, node in sent.patterns.items():
        target = taken.patterns.get(pattern, taken.further)
        if isinstance(target, Node):
            yield Below("/*", node, target)
        elif target is False:
            yield from _rejected(exchange, sent, taken)
    further = True if sent.is_free else sent.further
    for pattern, node in taken.patterns.items():
        if pattern not in sent.patterns:
            yield from _entries(exchange, "/*", further or False, node, sent, taken)
    if isinstance(taken.further, Node):
        yield from _entries(exchange, "/*", further or False, taken.further, sent, taken)
    added = isinstance(taken.further, Node) or taken.patterns.keys() - sent.patterns.keys()
    if added and further is None and exchange.way == "request":
        yield exchange.difference("closed", "unknown fields are restricted", sent, taken)
    elif taken.further is False and further not in (False, None):
        yield from _rejected(exchange, sent, taken)
    elif taken.further is False and further is None and exchange.way == "request":
        yield exchange.difference("closed", "unknown fields are rejected", sent, taken)


def _restricted(exchange: Exchange, sent: Shape, taken: str, constraint: Any, keywords: str) -> Iterator[Step]:
    """A constraint that only fields that are not declared can violate."""
    anything = written(sent, "object")
    if anything is not None and covers([{"type": "object", **constraint}], [anything]) is not YES:
        yield exchange.difference("closed", f"unknown fields must satisfy {keywords}", sent, taken)


def _rejected(exchange: Exchange, sent: Shape, taken: Shape) -> Iterator[Step]:
    if exchange.way == "response":
        yield exchange.difference("field-unknown", "any other field may be sent", sent, taken, "/*")
    else:
        yield exchange.difference("field-rejected", "any other field is rejected", sent, taken, "/*")


def _constraints(exchange: Exchange, kind: str, sent: Shape, taken: Shape) -> Iterator[Step]:
    """Constraints of the taker that what is sent may violate, as far as that can be decided."""
    known = [constraint for _, constraint in sent.residual]
    for pointer, constraint in taken.residual:
        if constraint in known:
            continue
        schemas = without_references(taken.contract, constraint), written(sent, kind, closed=True)
        contained = covers([{"type": kind, **schemas[0]}], [schemas[1]]) if schemas[0] and schemas[1] else None
        if contained is UNKNOWN and "contains" in constraint:
            contained = _counted(sent, taken, constraint)
        if contained is YES and kind == "object" and exchange.way == "request":
            yield from _restricted(exchange, sent, pointer, schemas[0], values.keywords(constraint))
        if contained is NO:
            words = "may be violated" if exchange.way == "response" else "must be satisfied"
            yield exchange.difference("values", f"{values.keywords(constraint)} {words}", sent, pointer)
        elif contained is not YES:
            text = f"{values.keywords(constraint)} cannot be compared"
            yield exchange.difference("undecided", text, sent, pointer)


def _counted(sent: Shape, taken: Shape, constraint: Mapping[str, Any]) -> Containment:
    """Whether as many entries match as have to, where both sides count the same entries."""
    wanted = without_references(taken.contract, constraint["contains"])
    for _, known in sent.residual:
        if "contains" in known and without_references(sent.contract, known["contains"]) == wanted is not None:
            most = [bound for bound in (known.get("maxContains"), sent.bounds.get("maxItems")) if bound is not None]
            is_enough = known.get("minContains", 1) >= constraint.get("minContains", 1)
            limit = constraint.get("maxContains")
            return YES if is_enough and (limit is None or min(most, default=limit + 1) <= limit) else NO
    return UNKNOWN
