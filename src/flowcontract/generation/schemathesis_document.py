"""A contract as Schemathesis can work with it."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from flowcontract.openapi.structure import is_ignored_header

_VALUES = frozenset({"example", "examples", "default", "enum", "const", "value"})
"""Members of a document that hold values, where null is one."""
_LONG_REPETITION = re.compile(r"(?<!\\)\{(\d+),\d{5,}\}")
"""A quantifier of a pattern with an upper bound that no text reaches."""


def prepared(document: Any) -> Any:
    """A document without what Schemathesis stops at, takes too long for, or takes for something else.

    `allOf: null` means nothing. A pattern that repeats a million times takes gigabytes; without its upper bound, which
    no text reaches, it means the same. Parameters for headers that are not parameters are ignored.
    """
    components = document.get("components") if isinstance(document, Mapping) else None
    declared = components.get("parameters") if isinstance(components, Mapping) else None
    named = declared.items() if isinstance(declared, Mapping) else ()
    ignored = {f"#/components/parameters/{name}" for name, each in named if _is_ignored(each, ())}
    return _part(document, "", ignored)


def _part(node: Any, name: str, ignored: Collection[str]) -> Any:
    """The member of this name."""
    if name in _VALUES and node is not None:
        return node
    if isinstance(node, Mapping):
        return {
            key: _part(value, key, ignored)
            for key, value in node.items()
            if value is not None or key in ("default", "const", "example", "value")
        }
    if isinstance(node, list):
        return [_part(item, "", ignored) for item in node if name != "parameters" or not _is_ignored(item, ignored)]
    return _LONG_REPETITION.sub(r"{\1,}", node) if name == "pattern" and isinstance(node, str) else node


def _is_ignored(parameter: Any, ignored: Collection[str]) -> bool:
    if not isinstance(parameter, Mapping):
        return False
    return parameter.get("$ref") in ignored or is_ignored_header(parameter.get("in"), parameter.get("name"))
