"""What other operations of the contract respond with, for the bodies that have to agree with it."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from flowcontract.openapi.model import Operation
from flowmock.messages import Call, Reply

if TYPE_CHECKING:
    from flowmock.resources.lists import Lists


@dataclass(frozen=True, slots=True)
class RelatedOperations:
    """The reads and lists of one contract."""

    read: Callable[[Operation, Call], Reply | None]
    """Replies to a read for the path parameters of a call; None where another contract serves it."""
    lists: "Callable[[], Lists]"
    """Makes lists that agree with what reads give."""

    def body(self, read: Operation, call: Call) -> Any:
        """The body that a read gives for the path parameters of a call; None where it gives none in JSON."""
        reply = self.read(read, call)
        with contextlib.suppress(ValueError):  # The read has another format.
            return orjson.loads(reply.body) if reply and reply.status == 200 else None
        return None
