"""Restrictions of input that the contract states in words, as no schema can: two members that must differ."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flowcontract.checks.interaction import Interaction
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.schema_shapes import Resolve, shapes

_STATUSES = (400, 409, 422)
"""Statuses with which a server rejects input because of what it says."""
_SENTENCE = re.compile(r"(?<=[.;!?])\s+|\n+")
_STATUS = re.compile(r"(?<!\d)4\d\d(?!\d)")
_RESTRICTS = re.compile(
    r"\b(?:must|may not|may only|cannot|can(?:no|')t|only|one of|unique|(?:has|have|needs?) to|at (?:least|most)"
    r"|not (?:before|after|allowed|permitted)|no (?:earlier|later|more|fewer|less|two)|(?:un)?equal|differs?|exists?"
    r"|existing|forbidden|reject(?:s|ed)?)\b",
    re.IGNORECASE,
)
"""Words with which a sentence restricts input."""
_LEVELS = 4
"""Levels of members in which a property that a response names is looked for."""


def are_documented(contract: Contract, item: Interaction) -> bool:
    """Whether a description restricts the input that was rejected with a documented status.

    That of the operation, of its body, or of a parameter or property that the response names. A sentence that names
    another status is about that one.
    """
    status = item.status
    if status not in _STATUSES or str(status) not in item.operation.responses:
        return False
    return any(_restricts(text, status) for text in _descriptions(contract, item))


def _restricts(text: str, status: int) -> bool:
    for sentence in _SENTENCE.split(text):
        named = _STATUS.findall(sentence)
        if str(status) in named or (not named and _RESTRICTS.search(sentence)):
            return True
    return False


def _descriptions(contract: Contract, item: Interaction) -> Iterator[str]:
    operation, said = item.operation, item.text
    yield from _texts(contract.read(operation.pointer))
    if operation.request_media:
        yield from _texts(contract.read(f"{operation.pointer}/requestBody"))
    yield from (each.description for each in operation.parameters if _names(said, each.name))
    for media in operation.request_media.values():
        resolve = media.schemas.resolve
        yield from _of_schema(media.schema, resolve)
        yield from _of_members(media.schema, resolve, said)


def _texts(value: Mapping[str, Any]) -> Iterator[str]:
    yield from (text for name in ("summary", "description") if isinstance(text := value.get(name), str))


def _names(said: str, name: str) -> bool:
    """Whether a response names a parameter or property."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said) is not None


def _of_schema(schema: Any, resolve: Resolve, depth: int = 0) -> Iterator[str]:
    """The descriptions of a schema, of what it refers to and is composed of, and of its items."""
    if not isinstance(schema, Mapping) or depth > _LEVELS:
        return
    yield from _texts(schema)
    parts = [part for word in ("allOf", "anyOf", "oneOf") for part in schema.get(word) or ()]
    parts += [schema["items"]] if "items" in schema else []
    parts += [resolve({"$ref": schema["$ref"]})] if "$ref" in schema else []
    for part in parts:
        yield from _of_schema(part, resolve, depth + 1)


def _of_members(schema: Any, resolve: Resolve, said: str, depth: int = 0) -> Iterator[str]:
    """The descriptions of the properties that a response names, at any level."""
    if depth > _LEVELS:
        return
    for shape in shapes(schema, resolve):
        for name, member in shape.properties.items():
            if _names(said, name):
                yield from _of_schema(member, resolve)
            yield from _of_members(member, resolve, said, depth + 1)
        if shape.items is not None:
            yield from _of_members(shape.items, resolve, said, depth + 1)
