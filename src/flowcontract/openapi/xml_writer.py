"""Write a value as XML, as the `xml` objects of its schema say (OpenAPI 3.0.4, 3.1.1 and 3.2.0, XML Object)."""

import contextlib
import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import unescape

from flowcontract.openapi.parameters import text
from flowcontract.openapi.schema_shapes import Resolve, Shape, shapes
from flowcontract.openapi.schemas import Schemas

_DEPTH = 8
"""Levels of references and compositions that are looked into: a schema may lead back to itself."""

TEXT_NODES = frozenset({"text", "cdata"})
"""Values of `nodeType` by which a value is the text of the element around it."""
_START, _END = "\ufdd0", "\ufdd1"
"""Stand around text that becomes a CDATA section, which the library does not write; they are no characters."""
_SECTION = re.compile(f"{_START}(.*?){_END}", re.DOTALL)


def encode(value: Any, schema: Any, schemas: Schemas) -> bytes:
    """A document whose root element is named by the schema."""
    root = ElementTree.Element("root")
    reference = schema.get("$ref", "") if isinstance(schema, Mapping) else ""
    name = str(reference).rpartition("/")[2] or "root"
    _add(root, name, value, schema, schemas.resolve)
    is_bare = isinstance(value, list) and not xml_object(schema, schemas.resolve).get("wrapped")
    # A list has a root, however many items it has.
    element = root if len(root) != 1 or is_bare or root.text else root[0]
    written: bytes = ElementTree.tostring(element, encoding="utf-8", xml_declaration=True)
    if _START.encode() not in written:
        return written
    return _SECTION.sub(lambda section: _cdata(unescape(section[1])), written.decode()).encode()


def xml_object(schema: Any, resolve: Resolve, depth: int = 0) -> Mapping[str, Any]:
    """The `xml` of a schema, of what it refers to, or of a part of its `allOf`."""
    if not isinstance(schema, Mapping) or depth > _DEPTH:
        return {}
    own = schema.get("xml")
    if isinstance(own, Mapping) and own.get("nodeType") == "none" and "$ref" in schema:
        return xml_object(resolve({"$ref": schema["$ref"]}), resolve, depth + 1)  # Only the target has a node.
    if isinstance(own, Mapping):
        # OpenAPI 3.2 says it with `nodeType`; a list that is an element is a wrapped one.
        older = {"attribute": "attribute", "element": "wrapped"}.get(str(own.get("nodeType")))
        return {**own, older: True} if older else own
    parts = [resolve(schema)] if "$ref" in schema else schema.get("allOf") or ()
    return next((found for part in parts if (found := xml_object(part, resolve, depth + 1))), {})


def _add(parent: ElementTree.Element, name: str, value: Any, schema: Any, resolve: Resolve) -> None:
    """Put a value below an element, as an element, an attribute or a text."""
    xml = xml_object(schema, resolve)
    node = xml.get("nodeType")
    tag = _tag(str(xml.get("name") or name), xml)
    if isinstance(value, list):
        items: Any = next((each.items for each in shapes(schema, resolve) if each.items is not None), {})
        wrapped = bool(xml.get("wrapped"))
        holder = ElementTree.SubElement(parent, tag) if wrapped else parent
        for item in value:
            _add(holder, str(xml.get("name") or name) if wrapped else name, item, items, resolve)
    elif isinstance(value, Mapping):
        element = parent if node == "none" else ElementTree.SubElement(parent, tag)
        found = shapes(schema, resolve) or [Shape()]
        shape = max(found, key=lambda each: len(value.keys() & each.properties.keys()))
        for key, item in value.items():
            _add(element, key, item, shape.member(key), resolve)
    elif xml.get("attribute"):
        if value is not None:
            parent.set(tag, text(value))
    elif node in TEXT_NODES:
        if value is not None:
            _add_text(parent, f"{_START}{text(value)}{_END}" if node == "cdata" else text(value))
    elif node != "none":
        ElementTree.SubElement(parent, tag).text = None if value is None else text(value)


def _add_text(parent: ElementTree.Element, value: str) -> None:
    """Put a text at the end of an element."""
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + value
    else:
        parent.text = (parent.text or "") + value


def _cdata(value: str) -> str:
    """A text as CDATA sections: none of them can hold the end of one."""
    return "<![CDATA[" + value.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _tag(name: str, xml: Mapping[str, Any]) -> str:
    if not xml.get("namespace"):
        return name
    if xml.get("prefix"):
        with contextlib.suppress(ValueError):  # The library keeps `ns1` for itself; any prefix says the same.
            ElementTree.register_namespace(str(xml["prefix"]), str(xml["namespace"]))
    return f"{{{xml['namespace']}}}{name}"
