"""Rules about parameters: which there are, how they are written, and their values."""

import json
from collections.abc import Iterator

from flowcontract.compatibility.diff.pairs import Difference, Pair, Place, node
from flowcontract.compatibility.diff.shapes import KINDS, Node, alternatives
from flowcontract.openapi import media_types, pointers
from flowcontract.openapi.model import Header, Operation, Parameter
from flowcontract.openapi.parameters import IGNORED_HEADERS
from flowcontract.openapi.path_templates import parameter_names


def parameters(pair: Pair, client: Operation, server: Operation) -> Iterator[Difference]:
    """The parameters of an operation; those in the path are paired by their position there, which is what is sent."""
    sent, taken = _by_name(client), _by_name(server)
    for key in [*sent, *(key for key in taken if key not in sent)]:
        one, other = sent.get(key), taken.get(key)
        where = f"{key[0]} parameter {(one or other).name}"  # type: ignore[union-attr]
        at = (one.pointer if one else client.pointer, other.pointer if other else server.pointer)
        place = Place(pair, client, where, *at)
        if one and other:
            yield from _both(pair, place, one, other)
        elif one:
            yield place.found("parameter-ignored", "is ignored")
        elif other and other.required:
            yield place.found("parameter-required", "is required")
        elif pair.upgraded:
            yield place.found("parameter-added", "is optional")


def _both(pair: Pair, place: Place, one: Parameter, other: Parameter) -> Iterator[Difference]:
    if other.required and not one.required:
        yield place.found("parameter-required", "is required")
    if pair.upgraded and one.name != other.name:
        yield place.found("parameter-name-changed", f"{other.name} instead of {one.name}")
    nodes = node(pair.client, one), node(pair.server, other)
    if written_differently(*nodes, one, other):
        yield place.found("parameter-style-changed", f"{_style(other)} instead of {_style(one)}")
    if one.allows_reserved and not other.allows_reserved:
        yield place.found("parameter-reserved-escaped", "reserved characters have to be percent-encoded")
    if one.allows_empty and not other.allows_empty:
        yield place.found("parameter-empty-rejected", "may not be empty")
    if _sends_one_entry(*nodes, other):
        nodes = nodes[0], _entries(nodes[1])
    texts = () if one.content else read_as_text(*nodes)
    for difference in place.schemas(pair.schemas.request(*nodes)):
        if not (difference.at in texts and difference.rule in ("request-type", "request-null")):
            yield difference


def read_as_text(sender: Node, taker: Node) -> list[str]:
    """Where every value of a parameter or header is one of the strings that are taken: it is written as text."""
    parts = [("", sender, taker)]
    shapes = [alternatives(each.follow()) for each in (sender, taker)]
    if all(len(each) == 1 for each in shapes):
        (one,), (other,) = shapes
        if isinstance(one.items, Node) and isinstance(other.items, Node):
            parts.append(("/*", one.items, other.items))
        both = one.properties.keys() & other.properties.keys()
        parts += [(pointers.join(name), one.properties[name], other.properties[name]) for name in both]
    return [at for at, given, read in parts if _is_text(given, read)]


def _is_text(sender: Node, taker: Node) -> bool:
    if _kinds(sender) not in ({"single"}, {"single", "array", "object"}):  # Without a type, it is one value.
        return False
    texts = _texts(sender)
    return any(
        shape.is_kind("string")
        and not (shape.format or shape.bounds or shape.residual)
        and (shape.enum is None or (texts is not None and all(text in shape.enum for text in texts)))
        for shape in alternatives(taker.follow())
    )


def _texts(owner: Node) -> set[str] | None:
    """How the values of a schema are written; None where they are not enumerated."""
    found: set[str] = set()
    for shape in alternatives(owner.follow()):
        values = (False, True) if shape.enum is None and shape.types == {"boolean"} else shape.enum
        if values is None:
            return None
        found |= {value if isinstance(value, str) else json.dumps(value) for value in values}
    return found


def _sends_one_entry(client: Node, server: Node, taken: Parameter) -> bool:
    """Whether the single value of the client is, as written, an array of one entry to the server."""
    is_exploded = taken.style == "form" and taken.explode and not taken.content
    if not is_exploded or _kinds(client) != {"single"} or _kinds(server) != {"array"}:
        return False
    shapes = alternatives(server.follow())
    return len(shapes) == 1 and isinstance(shapes[0].items, Node) and shapes[0].bounds.get("minItems", 0) <= 1


def _entries(server: Node) -> Node:
    items = alternatives(server.follow())[0].items
    return items if isinstance(items, Node) else server


def _by_name(operation: Operation) -> dict[tuple[str, str], Parameter]:
    """Parameters by location and name; those in the path by their position."""
    order = parameter_names(operation.path)
    found = {}
    for one in operation.parameters:
        if one.location == "header" and one.name.lower() in IGNORED_HEADERS:
            continue
        name = str(order.index(one.name)) if one.location == "path" and one.name in order else one.name
        found[one.location, name.lower() if one.location == "header" else name] = one
    return found


def written_differently(client: Node, server: Node, one: Parameter | Header, other: Parameter | Header) -> bool:
    """Whether a value that both admit is written in two ways (OpenAPI 3.1.1, section 4.8.12.6)."""
    if one.content or other.content:
        names = [media_types.essence(each.content.name) if each.content else "" for each in (one, other)]
        return names[0] != names[1]
    return any(_form(one, kind) != _form(other, kind) for kind in _kinds(client) & _kinds(server))


def _kinds(owner: Node) -> set[str]:
    """Which of single values, arrays and objects a schema admits."""
    found = {kind for shape in alternatives(owner.follow()) for kind in KINDS if shape.is_kind(kind)}
    return {kind if kind in ("array", "object") else "single" for kind in found - {"null"}}


def _form(owner: Parameter | Header, kind: str) -> tuple[str, bool]:
    """A style, as far as it matters for values of a kind."""
    style = owner.style if isinstance(owner, Parameter) else "simple"
    if kind == "single":
        return style if style in ("label", "matrix") else "", False
    if style in ("spaceDelimited", "pipeDelimited") and owner.explode:
        style = "form"
    return style, owner.explode and style != "deepObject" and (style, kind) != ("simple", "array")


def _style(parameter: Parameter) -> str:
    if parameter.content:
        return parameter.content.name
    return f"{parameter.style}, {'exploded' if parameter.explode else 'not exploded'}"
