"""Read the JSX of a page into elements: enough of the language for what the generator writes.

Attributes hold JSON in braces (`name={"pk"}`, `schema={{"type":"string"}}`) or nothing that JSON knows
(`label={undefined}`). What is no element is text.
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
# JavaScript that is no JSON: `undefined`, a call. Its value is not known.
_EXPRESSION = re.compile(r"\{\s*(?!true|false|null)[A-Za-z_$][^{}]*\}()")
_END = re.compile(r"\s*(/?)>")
_DECODER = json.JSONDecoder()


@dataclass(slots=True)
class Element:
    """One element with its attributes and what stands in it, in order."""

    tag: str
    attributes: dict[str, Any]
    children: "list[Element | str]" = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text in the element, spaces made one."""
        return " ".join(" ".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            else:
                yield from child._texts()

    def elements(self) -> "Iterator[Element]":
        """The elements directly in this one."""
        return (child for child in self.children if isinstance(child, Element))

    def find(self, *tags: str, within: tuple[str, ...] = ()) -> "Iterator[Element]":
        """The nearest elements of the given tags, not looking into those found, nor into `within`."""
        for child in self.elements():
            if child.tag in tags:
                yield child
            elif child.tag not in within:
                yield from child.find(*tags, within=within)


def parse(text: str) -> Element:
    """Read a page's body; what cannot be read as an element stays text."""
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
    """Close the nearest open element of this tag, and what HTML lets stay open in it."""
    for depth in range(len(stack) - 1, 0, -1):
        if stack[depth].tag == tag:
            del stack[depth:]
            return


def _open(text: str, start: int) -> tuple[Element, bool, int] | None:
    """Read an opening tag; None where it is none. Gives the element, whether it is empty, and where it ends."""
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
    """Read a JSON value; gives it and where it ends, which is where it begins if there is none."""
    try:
        return _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        return None, at
