"""Write a value as XML, as the `xml` objects of its schema say."""

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from flowcontract.openapi.schemas import Schemas
from flowmock.generation.content import simple


def xml(value: Any, schema: Mapping[str, Any], schemas: Schemas) -> bytes:
    """A document whose root element is named by the schema."""
    root = ElementTree.Element("root")
    name = str(schema.get("$ref", "")).rpartition("/")[2] or "root"
    _add(root, name, value, schema, schemas)
    element = root if len(root) != 1 else root[0]
    written: bytes = ElementTree.tostring(element, encoding="utf-8", xml_declaration=True)
    return written


def _add(parent: ElementTree.Element, name: str, value: Any, schema: Any, schemas: Schemas) -> None:
    """Put a value below an element as the schema's `xml` object says (OpenAPI 3.0.3, XML Object)."""
    schema = schemas.resolve(schema)
    xml = schema.get("xml") or {}
    tag = _tag(str(xml.get("name") or name), xml)
    if isinstance(value, list):
        holder = ElementTree.SubElement(parent, tag) if xml.get("wrapped") else parent
        for item in value:
            _add(holder, name, item, schema.get("items") or {}, schemas)
    elif isinstance(value, Mapping):
        element = ElementTree.SubElement(parent, tag)
        members = schema.get("properties") or {}
        for key, item in value.items():
            _add(element, key, item, members.get(key, {}), schemas)
    elif xml.get("attribute") and value is not None:
        parent.set(tag, simple(value))
    else:
        ElementTree.SubElement(parent, tag).text = None if value is None else simple(value)


def _tag(name: str, xml: Mapping[str, Any]) -> str:
    return f"{{{xml['namespace']}}}{name}" if xml.get("namespace") else name
