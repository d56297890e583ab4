"""Parse the JSX of a page into elements, as far as the generator uses the language.

Attributes are JSON in braces (`name={"pk"}`, `schema={{"type":"string"}}`) or other expressions (`label={undefined}`).
Everything else is text.
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
_END = re.compile(r"\s*(/?)>")
_DECODER = json.JSONDecoder()


@dataclass(slots=True)
class Element:
    """One element with its attributes and children."""

    tag: str
    attributes: dict[str, Any]
    children: "list[Element | str]" = field(default_factory=list)

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
    attributes: dict[str, Any] = {}
    at = named.end()
    while not (end := _END.match(text, at)):
        attribute = _ATTRIBUTE.match(text, at)
        if attribute is None:
            return None
        at = attribute.end()
        value = _QUOTED.match(text, at) or _EXPRESSION.match(text, at)
        if value is None:
            attributes[attribute[1]], at = _json(text, at + 1)
            if text[at : at + 1] != "}":
                return None
            at += 1
        else:
            attributes[attribute[1]] = value[1] or None
            at = value.end()
    return Element(named[1], attributes), bool(end[1]), end.end()


def _json(text: str, at: int) -> tuple[Any, int]:
    """Parse a JSON value: the value and where it ends; without one, None and the start."""
    try:
        return _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        return None, at
