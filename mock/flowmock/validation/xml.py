"""An XML document as the value that its schema describes (OpenAPI 3.0.4, 3.1.1 and 3.2.0, XML Object)."""

from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from flowcontract.openapi.parameters import typed_texts
from flowcontract.openapi.schema_shapes import Resolve, Shape, shapes
from flowcontract.openapi.xml_writer import TEXT_NODES, xml_object

Element = ElementTree.Element
_DEPTH = 8
"""Levels of objects without a node: a schema may lead back to itself."""
_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"


def parse(content: bytes) -> Element:
    """The root element. Raises ValueError for what is not well-formed; expat bounds the growth of entities."""
    try:
        return ElementTree.fromstring(content)  # noqa: S314  its size is bounded, and no entity is fetched
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from error


def value(element: Element, schema: Any, resolve: Resolve) -> Any:
    """The value of a root element. Raises ValueError where the root is not the one that the schema names."""
    name = xml_object(schema, resolve).get("name")
    if name and _local(element.tag) != name:
        raise ValueError(f"expected root element <{name}>, got <{_local(element.tag)}>")
    return _value(element, schema, resolve)


def _value(element: Element, schema: Any, resolve: Resolve) -> Any:
    if element.get(f"{_INSTANCE}nil") == "true":
        return None
    found = shapes(schema, resolve)
    names = {_local(child.tag) for child in element} | {_local(name) for name, _ in element.items()}
    objects = [shape for shape in found if shape.admits("object")]
    lists = [shape for shape in found if shape.admits("array")]
    if objects and (names or not any(_scalar_kinds(shape) for shape in found)):
        best = max(objects, key=lambda shape: len(names & _all_written_names(shape, resolve)))
        return _object(element, best, resolve)
    if lists:
        return [_value(child, lists[0].items, resolve) for child in element]
    if len(element):
        return {_local(child.tag): _value(child, {}, resolve) for child in element}
    text = element.text or ""
    return _typed(text, found)


def _typed(text: str, found: Sequence[Shape]) -> Any:
    kinds = None
    if all(shape.kinds is not None for shape in found):
        kinds = frozenset[str]().union(*(shape.kinds or () for shape in found))
    plain = text if kinds is None or "string" in kinds else text.strip()
    return next(typed_texts(plain, kinds), text)


def _scalar_kinds(shape: Shape) -> bool:
    return shape.kinds is None or bool(shape.kinds - {"object", "array", "null"})


def _written_names(shape: Shape, resolve: Resolve) -> dict[str, str]:
    """The properties of an object by the names of their elements or attributes."""
    named = ((name, schema) for name, schema in shape.properties.items() if not _without_node(schema, resolve))
    return {_element_name(name, schema, resolve): name for name, schema in named if not _is_text(schema, resolve)}


def _all_written_names(shape: Shape, resolve: Resolve, depth: int = 0) -> set[str]:
    """The names of the elements and attributes of an object, those of objects in it without a node included."""
    inner = [_without_node(schema, resolve) for schema in shape.properties.values()] if depth < _DEPTH else []
    below = (_all_written_names(each, resolve, depth + 1) for each in inner if each)
    return set(_written_names(shape, resolve)).union(*below)


def _without_node(schema: Any, resolve: Resolve) -> Shape | None:
    """The object that a property is whose members are nodes of the element around it; None for another one."""
    if xml_object(schema, resolve).get("nodeType") != "none":
        return None
    return next((shape for shape in shapes(schema, resolve) if shape.admits("object")), None)


def _is_text(schema: Any, resolve: Resolve) -> bool:
    """Whether a property, or each item of the list that it is, is a text of the element around it."""
    lists = (shape.items for shape in shapes(schema, resolve) if shape.admits("array"))
    return any(xml_object(each, resolve).get("nodeType") in TEXT_NODES for each in (schema, *lists))


def _element_name(name: str, schema: Any, resolve: Resolve) -> str:
    """The element that a property is written as; for a list that is not wrapped, that of its items."""
    xml = xml_object(schema, resolve)
    lists = [shape for shape in shapes(schema, resolve) if shape.admits("array")]
    if lists and not xml.get("wrapped"):
        items = xml_object(lists[0].items, resolve).get("name")
        return str(items or name)
    return str(xml.get("name") or name)


def _object(element: Element, shape: Shape, resolve: Resolve, depth: int = 0) -> dict[str, Any]:
    found = _texts(element, shape, resolve)
    hidden = {name for name, schema in shape.properties.items() if _is_text(schema, resolve)}
    for name, schema in shape.properties.items() if depth < _DEPTH else ():
        inner = _without_node(schema, resolve)
        own = _all_written_names(inner, resolve) if inner else set()
        if inner and (value := _object(_part(element, own), inner, resolve, depth + 1)):
            found[name] = value
        hidden |= own
    names = _written_names(shape, resolve)
    hidden -= names.keys()
    for attribute, text in element.items():
        if not attribute.startswith(_INSTANCE) and _local(attribute) not in hidden:
            name = names.get(_local(attribute), _local(attribute))
            found[name] = _typed(text, shapes(shape.member(name), resolve))
    for child in (each for each in element if _local(each.tag) not in hidden):
        name = names.get(_local(child.tag), _local(child.tag))
        schema = shape.member(name)
        lists = [each for each in shapes(schema, resolve) if each.admits("array")]
        if lists and xml_object(schema, resolve).get("wrapped"):
            found[name] = [_value(item, lists[0].items, resolve) for item in child]
        elif lists:
            found.setdefault(name, []).append(_value(child, lists[0].items, resolve))
        else:
            found[name] = _value(child, schema, resolve)
    return found


def _texts(element: Element, shape: Shape, resolve: Resolve) -> dict[str, Any]:
    """The properties that are texts of an element, where it has any."""
    pieces = [each for each in (element.text, *(child.tail for child in element)) if each and each.strip()]
    whole = "".join(pieces).strip() if len(element) else "".join(pieces)
    found: dict[str, Any] = {}
    for name, schema in shape.properties.items() if pieces else ():
        lists = [each for each in shapes(schema, resolve) if each.admits("array")]
        if _is_text(schema, resolve):
            items = [_typed(each.strip(), shapes(lists[0].items, resolve)) for each in pieces] if lists else None
            found[name] = _typed(whole, shapes(schema, resolve)) if items is None else items
    return found


def _part(element: Element, names: set[str]) -> Element:
    """An element with the children and attributes of these names alone, and its text."""
    found = ElementTree.Element(element.tag, {key: text for key, text in element.items() if _local(key) in names})
    found.text = element.text
    found.extend(child for child in element if _local(child.tag) in names)
    return found


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
