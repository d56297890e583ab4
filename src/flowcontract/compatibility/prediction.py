"""Predictions of what a client will do, without running it: by the diff of two contracts, and body by body."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flowcontract.compatibility.diff import Changes, Direction
from flowcontract.compatibility.diff.operations import compare
from flowcontract.compatibility.diff.pairs import Difference, Pair
from flowcontract.compatibility.diff.rules import Consumer, Severity
from flowcontract.compatibility.diff.shapes import Node, fitting, is_list_of_objects, is_nullable
from flowcontract.openapi import assemble, pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType


@dataclass(frozen=True, slots=True)
class Prediction:
    """One reason why a client is predicted not to work with a server."""

    operations: tuple[str, ...]
    """Method and path of each operation that it concerns; empty for all."""
    rule: str
    at: str
    message: str
    about: str = "body"
    """What it concerns, where it is no field of a response."""

    def __str__(self) -> str:
        return f"{self.at or self.about} {self.message} [{self.rule}]"


@dataclass(frozen=True, slots=True)
class Predictions:
    """What the diff of the client's contract and the server's says of the client."""

    responses: tuple[Prediction, ...] = ()
    """Success responses that the client rejects."""
    requests: tuple[Prediction, ...] = ()
    """Requests of the client that the server rejects, and operations that it does not have."""


_OF_REQUESTS = ("request-", "parameter-", "operation-", "server-", "security-")
"""Rules about what a client sends."""


def by_diff(
    known: Contract, served: Contract, consumer: Consumer, operations: frozenset[str] = frozenset()
) -> Predictions:
    """Why a client of the contract `known` will not work with a server of the contract `served`.

    `operations`: IDs of the operations that count, all by default.
    """
    changes = Changes(known, served, tuple(_seen_by_client(known, served, operations)))
    found = [one for one in changes.for_consumer(consumer).findings if one.direction is Direction.UPGRADED_SERVER]
    requests = [one for one in found if one.severity is Severity.BREAKING and one.rule.startswith(_OF_REQUESTS)]
    return Predictions(
        tuple(Prediction(one.operations, one.rule, one.at, one.text) for one in found if one.blocks_reading),
        tuple(Prediction(one.operations, one.rule, "", one.text, one.location or "base path") for one in requests),
    )


def _seen_by_client(
    known: Contract, served: Contract, operations: frozenset[str]
) -> Iterator[tuple[Direction, Difference]]:
    """Every change for the client, whichever of the two contracts is the newer one.

    A contract that has only a part of the API says nothing about the other operations.
    """
    parts = [side for side in (known, served) if assemble.CAPTURED in side.document]
    only = operations or frozenset(name for side in parts for name in side.operations)
    for one in compare(Pair(known, served, upgraded=True), only):
        if one.rule != "operation-removed" or not parts:
            yield Direction.UPGRADED_SERVER, one


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
            if name in known.required and is_list_of_objects(part) and not isinstance(value.get(name), list):
                yield "reads-lists"
            if name in value:
                yield from _in_objects(part, value[name], required=name in known.required)
            elif name in known.required:
                yield "requires-nullable" if is_nullable(part) else "requires-fields"
        if any(name not in known.properties for name in value) and known.further in (None, False):
            yield "rejects-unknown"
    elif isinstance(value, list) and isinstance(known.items, Node):
        for entry in value:
            yield from _in_objects(known.items, entry, required=True)
