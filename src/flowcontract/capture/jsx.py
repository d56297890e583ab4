"""Parse the JSX of a page into elements, as far as the generator uses the language.

Attributes are JSON in braces (`name={"pk"}`, `schema={{"type":"string"}}`), a file with JSON
(`body={require("./x.json")}`) or other expressions (`label={undefined}`). A file may also hold all attributes of an
element (`{...require("./x.json")}`). Everything else is text.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_OPENING = re.compile(r"<([A-Za-z][\w.]*)(?=[\s/>])")
_CLOSING = re.compile(r"</([A-Za-z][\w.]*)\s*>")
_ATTRIBUTE = re.compile(r"\s*([A-Za-z][\w:-]*)\s*=\s*")
_QUOTED = re.compile(r"\"([^\"]*)\"")
# JavaScript that is not JSON: `undefined`, a call. Its value is unknown.
_EXPRESSION = re.compile(r"\{\s*(?!true|false|null)[A-Za-z_$][^{}]*\}()")
_FILE = re.compile(r"\{\s*require\(\s*[\"']([^\"'{}]+)[\"']\s*\)\s*\}")
_SPREAD_FILE = re.compile(r"\s*\{\s*\.\.\.\s*require\(\s*[\"']([^\"'{}]+)[\"']\s*\)\s*\}")
_END = re.compile(r"\s*(/?)>")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class File:
    """The value of an attribute that is in a file."""

    name: str
    """The path of the file from the page's folder."""


@dataclass(slots=True)
class Element:
    """One element with its attributes and children."""

    tag: str
    attributes: dict[str, Any]
    children: "list[Element | str]" = field(default_factory=list)
    file: str = ""
    """The path of the file with more attributes, from the page's folder; empty where there is none."""

    @property
    def text(self) -> str:
        """All text in the element, with whitespace collapsed."""
        return " ".join(" ".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            else:
                yield from child._texts()

    def elements(self) -> "Iterator[Element]":
        """The child elements."""
        return (child for child in self.children if isinstance(child, Element))

    def find(self, *tags: str, within: tuple[str, ...] = ()) -> "Iterator[Element]":
        """The nearest descendants with these tags, without looking into them or into elements of `within`."""
        for child in self.elements():
            if child.tag in tags:
                yield child
            elif child.tag not in within:
                yield from child.find(*tags, within=within)

    def find_all(self, tag: str) -> "Iterator[Element]":
        """All descendants with this tag."""
        for child in self.elements():
            if child.tag == tag:
                yield child
            yield from child.find_all(tag)


def parse(text: str) -> Element:
    """Parse the body of a page; what is not an element is text."""
    root = Element("", {})
    stack = [root]
    at = 0
    while (start := text.find("<", at)) >= 0:
        stack[-1].children.append(text[at:start])
        closing = _CLOSING.match(text, start)
        opened = None if closing else _open(text, start)
        if closing:
            at = closing.end()
            _close(stack, closing[1])
        elif opened:
            element, empty, at = opened
            stack[-1].children.append(element)
            if not empty:
                stack.append(element)
        else:
            stack[-1].children.append("<")
            at = start + 1
    stack[-1].children.append(text[at:])
    return root


def _close(stack: list[Element], tag: str) -> None:
    """Close the nearest open element with this tag, and the elements that are still open in it."""
    for depth in range(len(stack) - 1, 0, -1):
        if stack[depth].tag == tag:
            del stack[depth:]
            return


def _open(text: str, start: int) -> tuple[Element, bool, int] | None:
    """Parse an opening tag: the element, whether it is empty, and where it ends; None where there is none."""
    named = _OPENING.match(text, start)
    if named is None:
        return None
    element, at = Element(named[1], {}), named.end()
    while not (end := _END.match(text, at)):
        if spread := _SPREAD_FILE.match(text, at):
            element.file, at = spread[1], spread.end()
            continue
        attribute = _ATTRIBUTE.match(text, at)
        if attribute is None:
            return None
        parsed = _value(text, attribute.end())
        if parsed is None:
            return None
        element.attributes[attribute[1]], at = parsed
    return element, bool(end[1]), end.end()


def _value(text: str, at: int) -> tuple[Any, int] | None:
    """Parse the value of an attribute: the value and where it ends; None where there is none."""
    if file := _FILE.match(text, at):
        return File(file[1]), file.end()
    if plain := _QUOTED.match(text, at) or _EXPRESSION.match(text, at):
        return plain[1] or None, plain.end()
    value, end = _json(text, at + 1)
    return (value, end + 1) if text[end : end + 1] == "}" else None


def _json(text: str, at: int) -> tuple[Any, int]:
    """Parse a JSON value: the value and where it ends; without one, None and the start."""
    try:
        return _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        return None, at
