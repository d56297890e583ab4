"""A contract as Schemathesis can work with it."""

import re
from collections.abc import Mapping
from typing import Any

_VALUES = frozenset({"example", "examples", "default", "enum", "const", "value"})
"""Members of a document that hold values, where null is one."""
_LONG_REPETITION = re.compile(r"(?<!\\)\{(\d+),\d{5,}\}")
"""A quantifier of a pattern with an upper bound that no text reaches."""


def prepared(node: Any, name: str = "") -> Any:
    """A part of a document, the member of this name, without what Schemathesis stops at or takes too long for.

    `allOf: null` means nothing. A pattern that repeats a million times takes gigabytes; without its upper bound, which
    no text reaches, it means the same.
    """
    if name in _VALUES and node is not None:
        return node
    if isinstance(node, Mapping):
        return {
            key: prepared(value, key)
            for key, value in node.items()
            if value is not None or key in ("default", "const", "example", "value")
        }
    if isinstance(node, list):
        return [prepared(item) for item in node]
    return _LONG_REPETITION.sub(r"{\1,}", node) if name == "pattern" and isinstance(node, str) else node
