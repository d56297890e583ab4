"""The success of an operation: the response to a permitted, valid request."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from flowcontract.openapi.model import DocumentedResponse, Example, MediaType, Operation
from flowmock.examples.headers import Context
from flowmock.examples.responses import Responses, accepted_media, main_media, usual
from flowmock.generation import relations
from flowmock.messages import Call, Reply

_ENDS_WITH_PARAMETER = re.compile(r"/\{[^{}]*\}/?$")


@dataclass(frozen=True)
class Success:
    """What one operation responds with, unless something else is asked for."""

    operation: Operation
    responses: Responses
    """What makes the replies."""

    @cached_property
    def status(self) -> int:
        """Its status."""
        return usual(self.operation)[0]

    @cached_property
    def documented(self) -> DocumentedResponse | None:
        """What the contract says of it; None where it documents no such response."""
        return usual(self.operation)[1]

    @cached_property
    def main(self) -> MediaType | None:
        """The media type for callers that accept any; None for no content."""
        return main_media(self.documented) if self.documented else None

    @cached_property
    def is_open(self) -> bool:
        """Whether callers without credentials get it."""
        return self.operation.is_open

    @cached_property
    def item_path(self) -> str:
        """The path of the operation where it ends with the ID of an item, else empty."""
        return self.operation.path if _ENDS_WITH_PARAMETER.search(self.operation.path) else ""

    @property
    def is_of_item(self) -> bool:
        """Whether the operation reads one item."""
        return self.operation.method == "GET" and bool(self.item_path)

    @property
    def is_of_list(self) -> bool:
        """Whether the operation reads something else, such as a list."""
        return self.operation.method == "GET" and not self.item_path

    @property
    def is_of_change(self) -> bool:
        """Whether clients send something to the operation."""
        return self.operation.method in ("POST", "PUT", "PATCH")

    def visible_ids(self, call: Call) -> frozenset[str] | None:
        """The IDs that the caller may view here; None for all of them, and where no credentials are required."""
        return None if self.is_open else call.caller.resource_ids

    def accepted(self, call: Call) -> MediaType | None:
        """The media type that a call accepts; None for no content."""
        return accepted_media(self.documented, call)

    def without_content(self, call: Call) -> Reply:
        """The reply without a body."""
        headers = self.responses.headers("", self.documented, Context(self.status, call=call))
        return Reply(self.status, headers, b"", f"documented {self.status}")

    def body(self, media: MediaType, value: Any, rule: str, call: Call) -> Reply:
        """The reply with a value."""
        return self.responses.body(self.status, self.documented, media, value, rule, call)

    def example(self, media: MediaType, example: Example, call: Call | None = None) -> Reply:
        """The reply with an example as it stands in the contract."""
        assert self.documented
        return self.responses.example(self.status, self.documented, media, example, call)

    def example_for_path(self, media: MediaType, example: Example, call: Call) -> Reply:
        """The reply with an example as it would be for the path parameters of a call."""
        value = relations.hold(example.value, self.operation, call.path_values, call.query, media.is_valid)
        return self.body(media, value, f"example {example.name}, for this key", call)


def parsed(body: bytes) -> Any:
    """A JSON body that the mock has made."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:  # It has a lone surrogate.
        return json.loads(body)
