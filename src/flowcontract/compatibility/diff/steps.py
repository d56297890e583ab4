"""What comparing two schemas yields: differences on their first level, and pairs of schemas below."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from flowcontract.compatibility.diff.shapes import Node, Shape

_Any = TypeVar("_Any")


@dataclass(frozen=True, slots=True)
class SchemaDifference:
    """One change at one location."""

    rule: str
    at: str
    """JSON Pointer into the payload."""
    text: str
    client: str
    """Pointer into the client's contract."""
    server: str
    field: str = ""
    """The part of `at` below the two schemas."""
    loses_list: bool = False
    """Whether the client requires a list of objects there."""


@dataclass(frozen=True, slots=True)
class Below:
    """Two schemas to compare, of a field or of entries."""

    at: str
    sent: Node
    taken: Node
    optional: bool = False
    """Whether the client knows that the field may be missing."""


Step = SchemaDifference | Below


@dataclass(frozen=True, slots=True)
class Exchange:
    """Which side produces a payload, and which one takes it."""

    way: Literal["request", "response"]
    upgraded: bool
    """Whether the server's contract is the later one: a field that it lacks was removed, else it does not exist yet."""

    @property
    def hidden(self) -> str:
        """The keyword of fields that do not occur on this way."""
        return "readOnly" if self.way == "request" else "writeOnly"

    def sides(self, sent: _Any, taken: _Any) -> tuple[_Any, _Any]:
        """The client's and the server's of two things."""
        return (sent, taken) if self.way == "request" else (taken, sent)

    def difference(self, rule: str, text: str, sent: Shape | str, taken: Shape | str, at: str = "") -> SchemaDifference:
        """A difference by the rule of this way."""
        client, server = self.sides(*(side if isinstance(side, str) else side.pointer for side in (sent, taken)))
        return SchemaDifference(f"{self.way}-{rule}", at, text, client, server, at)

    def instead(self, sent: Any, taken: Any) -> str:
        """The server's text and the client's."""
        client, server = self.sides(sent, taken)
        return f"{server} instead of {client}"


def show(value: Any) -> str:
    """A JSON value in a text."""
    return "none" if value is None else json.dumps(value, ensure_ascii=False)


def listed(values: Iterable[Any]) -> str:
    """Several names in a text."""
    return ", ".join(sorted(map(str, values)))
