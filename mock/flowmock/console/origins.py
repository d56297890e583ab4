"""The origin of a field: the captured page, an overlay, an example's file, or the generator.

The contract records the origin of its elements in `x-flowcontract-provenance` (see `flowcontract.openapi.assemble`).
Elements without an entry come from the captured page, or from the document itself if nothing was captured.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from flowcontract.openapi import pointers
from flowcontract.openapi.assemble import CAPTURED, PROVENANCE
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Example, MediaType
from flowmock.seeds import DEFAULT, Seed

_DEPTH = 50
"""References and compositions that are followed; a deeper schema is taken as recursive."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of an element."""

    kind: str
    """`page`, `document`, `overlay`, `example` or `generated`."""
    source: str
    """The file, or the seed of a generated value."""

    def as_json(self) -> dict[str, str]:
        """As JSON."""
        return {"kind": self.kind, "source": self.source}


class Origins:
    """Finds the origins of one contract's elements."""

    def __init__(self, contract: Contract, *, seed: Seed = DEFAULT) -> None:
        """`seed`: the random seed of generated values."""
        self._document = contract.document
        marks = contract.extension(PROVENANCE)
        self._marks: Mapping[str, str] = marks if isinstance(marks, Mapping) else {}
        captured = contract.extension(CAPTURED)
        self._page = Origin("page", str(captured)) if captured else Origin("document", contract.name)
        self._generated = Origin("generated", f"seed {seed.number}")

    def of(self, pointer: str) -> Origin:
        """The origin of the element at a pointer: its own, else that of its closest parent."""
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

        `value`: the origin of the value. `declared`: the origin of the property's schema; None if it is undeclared.
        `example`: the example that the value is from; None for a generated value.
        """
        schema = media.schema_pointer if media.schema is not None else None
        fields = {}
        for at, declared in self._members(value, schema, ""):
            origin = self.of(example.pointer + at) if example else self._generated
            fields[at] = {"value": origin.as_json(), "declared": self.of(declared).as_json() if declared else None}
        return fields

    def _members(self, value: Any, schema: str | None, at: str) -> Iterator[tuple[str, str | None]]:
        """Each member of a value with the pointer of its property in the schema."""
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
        """The pointers of a keyword with an object, in a schema, its references and its compositions."""
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
