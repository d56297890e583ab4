"""Where a field comes from: the page that was captured, an overlay, an example's file, or the generator.

The contract says so of its elements under `x-flowcontract-provenance` (see `flowcontract.build`); what it says
nothing about is of the captured page, or of the document itself where nothing was captured.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from flowcontract.openapi import pointers
from flowcontract.openapi.assemble import CAPTURED, PROVENANCE
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Example, MediaType

_DEPTH = 50
"""References and compositions that are followed; beyond it, a schema goes in a circle."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something comes from."""

    kind: str
    """`page`, `overlay`, `example` or `generated`."""
    source: str
    """The file, or what else it was made from."""

    def shown(self) -> dict[str, str]:
        """As JSON."""
        return {"kind": self.kind, "source": self.source}


class Origins:
    """Tells the origins of one contract's elements."""

    def __init__(self, contract: Contract, *, seed: int = 0) -> None:
        """`seed`: what generated values grow from."""
        self._document = contract.document
        marks = contract.document.get(PROVENANCE)
        self._marks: Mapping[str, str] = marks if isinstance(marks, Mapping) else {}
        self._page = Origin("page", str(contract.document.get(CAPTURED) or contract.name))
        self._generated = Origin("generated", f"seed {seed}")

    def of(self, pointer: str) -> Origin:
        """The origin of the element at a pointer: its own, else that of what it stands in."""
        while pointer and pointer not in self._marks:
            pointer = pointer.rpartition("/")[0]
        source = self._marks.get(pointer, "")
        if not source:
            return self._page
        *above, last = pointers.split(pointer)
        of_examples = "examples" in above[-1:] and source.rpartition("/")[2].startswith(f"{last}.")
        return Origin("example" if of_examples else "overlay", source)

    def fields(self, media: MediaType, value: Any, example: Example | None) -> dict[str, dict[str, Any]]:
        """The origins of every member of a body, at any depth, by JSON Pointer.

        `value` is who gave this value, `declared` who gave the schema the member; None where none declares it.
        `example`: where the value stands; None for one that was generated.
        """
        schema = media.schema_pointer if media.schema is not None else None
        found = {}
        for at, declared in self._members(value, schema, ""):
            given = self.of(example.pointer + at) if example else self._generated
            found[at] = {"value": given.shown(), "declared": self.of(declared).shown() if declared else None}
        return found

    def _members(self, value: Any, schema: str | None, at: str) -> Iterator[tuple[str, str | None]]:
        """Each member of a value with the pointer of the property that declares it."""
        if isinstance(value, Mapping):
            properties = dict(self._properties(schema)) if schema else {}
            for name, item in value.items():
                below = at + pointers.join(name)
                yield below, properties.get(name)
                yield from self._members(item, properties.get(name), below)
        elif isinstance(value, list):
            items = next(self._keyword(schema, "items"), None) if schema else None
            for index, item in enumerate(value):
                yield from self._members(item, items, f"{at}/{index}")

    def _properties(self, schema: str) -> Iterator[tuple[str, str]]:
        for owner in self._keyword(schema, "properties"):
            for name in self._at(owner):
                yield name, owner + pointers.join(name)

    def _keyword(self, schema: str, keyword: str, depth: int = 0) -> Iterator[str]:
        """Where a schema, what it refers to and what it is composed of have a keyword that holds an object."""
        node = self._at(schema)
        if depth > _DEPTH:
            return
        if isinstance(node.get("$ref"), str):
            yield from self._keyword(unquote(node["$ref"].removeprefix("#")), keyword, depth + 1)
        if isinstance(node.get(keyword), Mapping):
            yield f"{schema}/{keyword}"
        for composition in ("allOf", "oneOf", "anyOf"):
            for index, _ in enumerate(node.get(composition) or ()):
                yield from self._keyword(f"{schema}/{composition}/{index}", keyword, depth + 1)

    def _at(self, pointer: str) -> Mapping[str, Any]:
        try:
            node = pointers.get(self._document, pointers.split(pointer))
        except LookupError:
            return {}
        return node if isinstance(node, Mapping) else {}
