"""Predictions of what a client will do, without running it: by the diff of two contracts, and body by body."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flowcontract.compatibility.diff import Changes, Direction
from flowcontract.compatibility.diff.rules import Consumer
from flowcontract.compatibility.diff.shapes import Node, fitting, is_nullable
from flowcontract.compatibility.versions import numbers
from flowcontract.openapi import pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType


@dataclass(frozen=True, slots=True)
class Prediction:
    """One reason why a client is predicted to reject a response."""

    operation: str
    """Method and path."""
    rule: str
    at: str
    message: str

    def __str__(self) -> str:
        return f"{self.at or 'body'} {self.message} [{self.rule}]"


def by_diff(
    known: Contract, served: Contract, consumer: Consumer, operations: frozenset[str]
) -> tuple[Prediction, ...]:
    """Why a client of the contract `known` will reject success responses of the contract `served`."""
    ahead = numbers(served.version) >= numbers(known.version)
    changes = Changes.between(known, served, operations) if ahead else Changes.between(served, known, operations)
    direction = Direction.UPGRADED_SERVER if ahead else Direction.UPGRADED_CLIENT
    found = changes.for_consumer(consumer).unreadable(direction)
    return tuple(Prediction(one.operation, one.rule, one.at, one.text) for one in found)


_KEYWORDS: Mapping[str, str] = {
    "enum": "closed-enums",
    "type": "checks-types",
    "format": "checks-formats",
    **dict.fromkeys(("pattern", "minLength", "maxLength", "minimum", "maximum", "multipleOf"), "checks-bounds"),
    **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems", "uniqueItems"), "checks-bounds"),
}
"""The trait of a consumer that notices a violation of this keyword."""


def by_body(contract: Contract, media: MediaType, consumer: Consumer, body: Any) -> bool:
    """Whether a consumer of this contract will read a body."""
    noticed = {_KEYWORDS.get(error.keyword, "") for error in media.errors(body) if not _is_null(body, error.instance)}
    noticed |= set(_in_objects(Node(contract, media.schema_pointer, media.schema or {}), body, required=True))
    return not noticed & consumer.traits


def _is_null(body: Any, pointer: str) -> bool:
    return pointers.get(body, pointers.split(pointer)) is None


def _in_objects(node: Node, value: Any, *, required: bool) -> Iterator[str]:
    """The traits that notice missing, unknown or null fields."""
    known = fitting(node, value)
    if value is None:
        if not is_nullable(node):
            yield "rejects-null" if required else "rejects-optional-null"
    elif isinstance(value, Mapping) and known.properties:
        understood = known.visible("writeOnly")
        for name, part in understood.items():
            if name in value:
                yield from _in_objects(part, value[name], required=name in known.required)
            elif name in known.required:
                yield "requires-nullable" if is_nullable(part) else "requires-fields"
        if any(name not in known.properties for name in value) and known.further in (None, False):
            yield "rejects-unknown"
    elif isinstance(value, list) and isinstance(known.items, Node):
        for entry in value:
            yield from _in_objects(known.items, entry, required=True)
