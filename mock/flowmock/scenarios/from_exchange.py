"""A scenario that repeats the response of a recorded exchange."""

import json
from typing import Any

from flowcontract.errors import MockError
from flowmock.journal import entries
from flowmock.journal.entries import Entry
from flowmock.journal.redaction import Redactor


def definition(entry: Entry, redactor: Redactor) -> dict[str, Any]:
    """A scenario in the format of `definitions`, without credentials: the same call gets the same response again.

    Raises MockError where that is not possible: for a path or method that no contract has, and for bodies that are too
    large or not text.
    """
    call, reply = entry.call, entry.reply
    operation = call.operation
    if operation is None:
        raise MockError(
            "scenarios are about operations of the contract; this exchange has none.", do="Choose another exchange."
        )
    shown = entries.as_json(entry, redactor)
    when: dict[str, Any] = {"operation": operation.id}
    if shown["request"]["path"]:
        when["path"] = shown["request"]["path"]
    query: dict[str, list[str]] = {}
    for name, value in redactor.of(call).query():
        query.setdefault(name, []).append(value)
    if query:
        when["query"] = query
    response: dict[str, Any] = {"code": reply.status}
    documented = operation.response(reply.status)
    named = documented.headers if documented else {}
    if headers := {name: value for name, value in shown["response"]["headers"] if name.lower() in named}:
        response["headers"] = headers
    if reply.body:
        media = {name.lower(): value for name, value in reply.headers}.get("content-type", "")
        response |= {"media": media} if media else {}
        response["body"] = _body(reply.body, shown["response"]["body"])
    if reply.fault:
        response["fault"] = reply.fault
    breaks = {} if reply.within_contract else {"breaks-contract": True}
    summary = f"As exchange {entry.number}: {call.method} {shown['request']['target']}"[:200]
    return {"summary": summary, **breaks, "when": when, "response": response}


def _body(content: bytes, shown: dict[str, Any]) -> Any:
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise MockError("the body of this exchange is not text.", do="Choose another exchange.") from error
    if shown["cut"]:
        raise MockError(
            f"the body of this exchange is larger than {entries.MAX_SHOWN} bytes.", do="Choose another one."
        )
    try:
        return json.loads(shown["text"])
    except ValueError:
        return shown["text"]
