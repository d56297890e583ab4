"""Rules about XML: how schemas say that their values are written (OpenAPI 3.1.1, section 4.8.26)."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flowcontract.compatibility.diff.shapes import Node, alternatives, name_of
from flowcontract.compatibility.diff.steps import SchemaDifference
from flowcontract.openapi import pointers

_DEPTH = 30
"""Levels of arrays within arrays."""


@dataclass(frozen=True, slots=True)
class _Element:
    """A part of a document, and how its name is written."""

    node: Node
    name: str
    """What it is called where its schema says nothing: its field, or its component; empty where that is unknown."""

    @property
    def written(self) -> str:
        """Its tag or attribute, with the namespace and the tags of entries; empty where the name is unknown."""
        xml, name = _xml(self.node), self.name
        entries = _entries(self.node)
        is_wrapped = xml.get("wrapped") is True or xml.get("nodeType") == "element"
        if entries is None:
            return _tag(xml, name)
        if not is_wrapped:
            return _tag(_xml(entries), name)
        return f"{_tag(_xml(entries), str(xml.get('name') or name))} within {_tag(xml, name)}"


def changes(way: str, client: Node, server: Node) -> Iterator[SchemaDifference]:
    """What the two sides write in another way; each pair of schemas is compared once."""
    pending = deque([("", _Element(client, name_of(client)), _Element(server, name_of(server)))])
    seen = set[tuple[str, str, str]]()
    while pending:
        at, known, other = pending.popleft()
        key = known.node.pointer, other.node.pointer, known.name
        if key in seen:
            continue
        seen.add(key)
        written = known.written, other.written
        if written[0] != written[1] and all(written):
            text = f"{written[1]} instead of {written[0]}"
            yield SchemaDifference(f"{way}-xml", at, text, known.node.pointer, other.node.pointer, at)
        fields, others = _fields(known.node), _fields(other.node)
        for name in (name for name in fields if name in others):
            pending.append((at + pointers.join(name), _Element(fields[name], name), _Element(others[name], name)))


def _tag(xml: Mapping[str, Any], default: str) -> str:
    name = str(xml.get("name") or default)
    is_attribute = xml.get("attribute") is True or xml.get("nodeType") == "attribute"
    if xml.get("nodeType") in ("text", "cdata"):
        return "text"
    namespace = f" of {xml['namespace']}" if xml.get("namespace") else ""
    return f"{'attribute' if is_attribute else 'element'} {name}{namespace}" if name else ""


def _xml(node: Node, within: frozenset[str] = frozenset()) -> Mapping[str, Any]:
    """The `xml` of a schema: its own, else that of what it refers to or of a part of its composition."""
    schema = node.schema
    if not isinstance(schema, Mapping) or node.pointer in within:
        return {}
    if isinstance(schema.get("xml"), Mapping):
        own: Mapping[str, Any] = schema["xml"]
        return own
    parts = [*node.also, *([node.target()] if isinstance(schema.get("$ref"), str) else ())]
    for index, part in enumerate(schema.get("allOf") or ()):
        parts.append(Node(node.contract, f"{node.pointer}/allOf/{index}", part))
    return next((found for part in parts if (found := _xml(part, within | {node.pointer}))), {})


def _entries(node: Node) -> Node | None:
    items = (shape.items for shape in alternatives(node.follow()) if shape.is_kind("array"))
    return next((item for item in items if isinstance(item, Node)), None)


def _fields(node: Node) -> dict[str, Node]:
    """The fields of an element, or of the entries of an array."""
    for _ in range(_DEPTH):
        entries = _entries(node)
        if entries is None:
            break
        node = entries
    return {name: part for shape in alternatives(node.follow()) for name, part in shape.properties.items()}
