"""Preview of the response to a call. Nothing is counted, recorded or changed."""

import time
from typing import TYPE_CHECKING, Any

from flowcontract.errors import MockError
from flowmock.admin.endpoints import MAX_INTEGER, READER
from flowmock.console import callers
from flowmock.console.catalog import Catalog, call, curl_command
from flowmock.journal import entries
from flowmock.journal.entries import Entry
from flowmock.journal.redaction import Redactor

if TYPE_CHECKING:
    from flowmock.application import Mock

_SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
_KEYS = ("operation", "path", "query", "prefer", "caller", "session", "body")


async def preview(mock: "Mock", catalog: Catalog, raw: Any, origin: str) -> dict[str, Any]:
    """The exchange, as the journal would show it. Raises MockError or UsageError for an invalid request.

    `raw`: `operation`, its number in the catalog; `path` and `query`, values by name, a list for a
    repeated parameter of the query; `prefer`, the value of a
    `Prefer` header; `caller` and `session`; `body`.
    """
    raw = READER.mapping(raw, "", _KEYS)
    numbered = catalog.find(READER.integer(raw.get("operation"), "/operation", 0, MAX_INTEGER))
    if numbered is None:
        raise READER.error("/operation", "expected the number of an operation")
    route, operation = numbered
    if mock.store and operation.method not in _SAFE:
        raise MockError("requests that change data have no preview with --stateful.", do="Send the request instead.")
    request: dict[str, Any] = {
        key: _text(raw.get(key, ""), f"/{key}") for key in ("prefer", "caller", "session", "body")
    }
    for key in ("path", "query"):
        values = READER.mapping(raw.get(key, {}), f"/{key}")
        request[key] = {
            _text(name, f"/{key}"): _texts(value, f"/{key}/{name}")
            if key == "query"
            else _text(value, f"/{key}/{name}")
            for name, value in values.items()
        }
    token = callers.credential(mock.tokens, request["caller"])
    began = time.time()
    previewed, reply = await mock.preview(call(route, operation, request, token))
    entry = Entry(0, began, reply.wait, previewed, reply)
    redactor = Redactor(mock.tokens.known)
    command = curl_command(call(route, operation, request, _to_copy(mock, request["caller"])), origin)
    # What was entered may be a token, too.
    redacted = redactor.of(call(route, operation, request, None))
    return entries.as_json(entry, redactor) | {"curl": redacted.value(command)}


def _to_copy(mock: "Mock", caller: str) -> str | None:
    """What stands for the credential of a caller in a command."""
    if caller in (callers.ANONYMOUS, callers.INVALID):
        return callers.credential(mock.tokens, caller)
    return callers.to_copy(mock.tokens)


def _texts(raw: Any, at: str) -> str | list[str]:
    """A value, or the values of a parameter that is repeated."""
    return [_text(each, f"{at}/{index}") for index, each in enumerate(raw)] if isinstance(raw, list) else _text(raw, at)


def _text(raw: Any, at: str) -> str:
    """A string that UTF-8 can encode: JSON allows lone surrogates."""
    return READER.string(raw, at).encode("utf-8", "replace").decode()
