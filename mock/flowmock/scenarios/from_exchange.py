"""A scenario that repeats the response of a recorded exchange."""

import json
from typing import Any

from flowcontract.errors import MockError
from flowmock.journal import entries
from flowmock.journal.entries import Entry
from flowmock.journal.redaction import Redactor


def definition(entry: Entry, redactor: Redactor) -> dict[str, Any]:
    """A scenario in the format of `definitions`, without credentials: the same call gets the same response again.

    Conditions and headers with credentials are left out. Raises MockError where that is not possible: for a path or
    method that no contract has, and for bodies that are too large, not text, or contain a credential.
    """
    call, reply = entry.call, entry.reply
    operation = call.operation
    if operation is None:
        raise MockError(
            "scenarios are about operations of the contract; this exchange has none.", do="Choose another exchange."
        )
    shown = entries.as_json(entry, redactor)
    when: dict[str, Any] = {"operation": operation.id}
    if path := {name: value for name, value in call.path_values.items() if shown["request"]["path"][name] == value}:
        when["path"] = path
    query: dict[str, list[str]] = {}
    for sent, redacted in zip(call.query, redactor.of(call).query(), strict=True):
        if sent == redacted:
            query.setdefault(sent[0], []).append(sent[1])
    if query:
        when["query"] = query
    response: dict[str, Any] = {"code": reply.status}
    documented = operation.response(reply.status)
    named = documented.headers if documented else {}
    known = set(reply.headers)
    if headers := {name: value for name, value in shown["response"]["headers"]
                   if name.lower() in named and (name, value) in known}:  # fmt: skip
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
        text = content.decode()
    except UnicodeDecodeError as error:
        raise MockError("the body of this exchange is not text.", do="Choose another exchange.") from error
    if shown["cut"]:
        raise MockError(
            f"the body of this exchange is larger than {entries.MAX_SHOWN} bytes.", do="Choose another exchange."
        )
    if shown["text"] != text:
        raise MockError(
            "the body of this exchange contains a credential, which a scenario must not repeat.",
            do="Write a scenario with a body of your own.",
        )
    try:
        return json.loads(text)
    except ValueError:
        return text
