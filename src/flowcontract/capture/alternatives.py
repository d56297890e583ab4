"""Restore the alternatives of `oneOf` and `anyOf` that a page empties.

Versions 1.2 to 4.1 of the generator take `properties` out of the alternatives in the front matter while they render the
body. The same schema, known by its title, is often complete elsewhere on the page: in the mapping of a discriminator,
or where it stands alone. What cannot be restored this way differs from the body, and the cross-check names it.
"""

from collections.abc import Mapping
from typing import Any

from flowcontract.openapi import pointers

_ALTERNATIVES = ("oneOf", "anyOf")
_PROPERTIES = "properties"


def restore(operation: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of an operation in which emptied alternatives have their properties again."""
    complete: dict[str, list[Mapping[str, Any]]] = {}
    for _, node in pointers.walk(operation):
        title = node.get("title") if isinstance(node, Mapping) else None
        if isinstance(title, str) and isinstance(node.get(_PROPERTIES), Mapping):
            complete.setdefault(title, []).append(node)
    return {key: _restored(value, complete) for key, value in operation.items()}


def _restored(node: Any, complete: Mapping[str, list[Mapping[str, Any]]]) -> Any:
    if isinstance(node, list):
        return [_restored(item, complete) for item in node]
    if not isinstance(node, Mapping):
        return node
    copy = {key: _restored(value, complete) for key, value in node.items()}
    for keyword in _ALTERNATIVES:
        if isinstance(copy.get(keyword), list):
            copy[keyword] = [_completed(one, complete) for one in copy[keyword]]
    return copy


def _completed(schema: Any, complete: Mapping[str, list[Mapping[str, Any]]]) -> Any:
    """The complete schema with the same title, where everything else is the same too."""
    if not isinstance(schema, Mapping) or not isinstance(schema.get("title"), str) or _PROPERTIES in schema:
        return schema
    found = [
        one
        for one in complete.get(schema["title"], ())
        if {key: value for key, value in one.items() if key != _PROPERTIES} == schema
    ]
    return found[0] if found and all(one == found[0] for one in found) else schema
