"""Restrictions of input that the contract states in words, as no schema can: two members that must differ."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flowcontract.checks.interaction import Interaction
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Operation
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

    That of a parameter or property that the response names does so in words. That of the operation or of its body is
    about all of them: it has to name the status. A sentence that names another status is about that one.
    """
    status = item.status
    if status not in _STATUSES or str(status) not in item.operation.responses:
        return False
    return any(_restricts(text, status) for text in _of_named(item)) or any(
        _names_status(text, status) for text in _of_all(contract, item.operation)
    )


def _restricts(text: str, status: int) -> bool:
    sentences = [each for each in _SENTENCE.split(text) if not _STATUS.search(each)]
    return _names_status(text, status) or any(map(_RESTRICTS.search, sentences))


def _names_status(text: str, status: int) -> bool:
    return str(status) in _STATUS.findall(text)


def _of_named(item: Interaction) -> Iterator[str]:
    """The descriptions of the parameters and properties that a response names."""
    yield from (each.description for each in item.operation.parameters if _names(item.text, each.name))
    for media in item.operation.request_media.values():
        yield from _of_members(media.schema, media.schemas.resolve, item.text)


def _of_all(contract: Contract, operation: Operation) -> Iterator[str]:
    """The descriptions of an operation and its body."""
    yield from (operation.summary, operation.description)
    if operation.request_media:
        yield from _texts(contract.read(f"{operation.pointer}/requestBody"))
    for media in operation.request_media.values():
        yield from _of_schema(media.schema, media.schemas.resolve)


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
