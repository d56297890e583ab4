"""Which schemas of two documents are the same, references followed: they need no comparison."""

import json
from collections.abc import Mapping
from typing import Any

from flowcontract.compatibility.diff.shapes import Node
from flowcontract.openapi.structure import SCHEMA_LISTS, SCHEMA_MAPS, SCHEMA_ONE

_DESCRIBING = frozenset(
    {"title", "description", "examples", "deprecated", "externalDocs", "xml", "$comment", "$defs", "definitions"}
)
_Pairs = list[tuple[Any, Any]]


class Equality:
    """Remembers the references that were found to lead to the same."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def same(self, one: Node, other: Node) -> bool:
        """Whether two schemas are written alike, up to descriptions, and refer to the same by the same names."""
        if len(one.also) != len(other.also):
            return False
        pairs = zip((one, *one.also), (other, *other.also), strict=True)
        return all(self._same(first, second) for first, second in pairs)

    def _same(self, one: Node, other: Node) -> bool:
        assumed: set[str] = set()
        pending: _Pairs = [(one.schema, other.schema)]
        while pending:
            first, second = pending.pop()
            if not isinstance(first, Mapping) or not isinstance(second, Mapping):
                if first != second:
                    return False
                continue
            below = _below(first, second)
            if below is None:
                return False
            pending += below
            reference = first.get("$ref")
            if isinstance(reference, str) and reference not in assumed and reference not in self._known:
                assumed.add(reference)
                pending.append((one.contract.schemas.target(reference), other.contract.schemas.target(reference)))
        self._known |= assumed
        return True


def _below(first: Mapping[str, Any], second: Mapping[str, Any]) -> _Pairs | None:
    """The schemas within two schemas that have to be the same too; None where the two differ already."""
    names = [[key for key in each if key not in _DESCRIBING and not key.startswith("x-")] for each in (first, second)]
    if set(names[0]) != set(names[1]):
        return None
    found: _Pairs = []
    for key in names[0]:
        one, other = first[key], second[key]
        if key in SCHEMA_ONE:
            found.append((one, other))
        elif key in SCHEMA_MAPS:
            if one.keys() != other.keys():
                return None
            found += [(one[name], other[name]) for name in one]
        elif key in SCHEMA_LISTS:
            if len(one) != len(other):
                return None
            found += zip(one, other, strict=True)
        elif one is not other and json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True):
            return None
    return found
