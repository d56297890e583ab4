"""What a call would be answered now, without there having been one: nothing is counted, recorded or changed."""

import time
from typing import TYPE_CHECKING, Any

from flowcontract.errors import MockError
from flowmock.admin.endpoints import MOST, READER
from flowmock.console import callers
from flowmock.console.catalogue import Catalogue, call
from flowmock.journal import curl, entries
from flowmock.journal.entries import Entry
from flowmock.journal.redaction import Redactor

if TYPE_CHECKING:
    from flowmock.application import Mock

_SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
_KEYS = ("operation", "path", "query", "prefer", "caller", "session", "body")


def rehearse(mock: "Mock", catalogue: Catalogue, raw: Any, origin: str) -> dict[str, Any]:
    """The exchange in the journal's words. Raises MockError or UsageError for what cannot be asked.

    `raw`: `operation`, its number in the catalogue; `path` and `query`, values by name; `prefer`, what a `Prefer`
    header would say; `caller` and `session`, who it would come from; `body`.
    """
    raw = READER.mapping(raw, "", _KEYS)
    found = catalogue.find(READER.integer(raw.get("operation"), "/operation", 0, MOST))
    if found is None:
        raise READER.error("/operation", "the number of an operation was expected")
    route, operation = found
    if mock.store and operation.method not in _SAFE:
        raise MockError("what changes data is not rehearsed while it is remembered.", do="Send it.")
    asked: dict[str, Any] = {key: _text(raw.get(key, ""), f"/{key}") for key in ("prefer", "caller", "session", "body")}
    for key in ("path", "query"):
        values = READER.mapping(raw.get(key, {}), f"/{key}")
        asked[key] = {_text(name, f"/{key}"): _text(value, f"/{key}/{name}") for name, value in values.items()}
    token = callers.credential(mock.tokens, asked["caller"])
    rehearsed = call(route, operation, asked, token)
    began = time.time()
    reply, fresh = mock.answer(rehearsed, rehearsed=True)
    reply = mock.dressed(rehearsed, reply, fresh(reply))
    entry = Entry(0, began, reply.wait, rehearsed, reply)
    redactor = Redactor(mock.tokens.known)
    return entries.shown(entry, redactor) | {"curl": curl.line(entry, redactor, origin)}


def _text(raw: Any, at: str) -> str:
    """A text as it can be on the wire: JSON can hold halves of characters, UTF-8 cannot."""
    return READER.text(raw, at).encode("utf-8", "replace").decode()
