"""An exchange as a row of the store, and back. JSON: whoever may write there must not run code here."""

import base64
import os
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

import orjson

from flowcontract.openapi.contract import Contract
from flowmock.journal.entries import Entry
from flowmock.messages import Call, Caller, Reply

_serial = count()


def write(entry: Entry) -> str:
    """A row; no two are the same."""
    call, reply = entry.call, entry.reply
    return orjson.dumps(
        {
            "row": [os.getpid(), next(_serial)],
            "began": entry.began,
            "seconds": entry.seconds,
            "call": {
                "method": call.method,
                "raw_path": call.raw_path,
                "path": _text(call.path),
                "query": [(_text(name), _text(value)) for name, value in call.query],
                "headers": call.headers,
                "body": _bytes(call.body),
                "operation": call.operation.id if call.operation else None,
                "path_values": {name: _text(value) for name, value in call.path_values.items()},
                "session": call.session,
                "caller": [call.caller.role, sorted(call.caller.keys or ()), call.caller.refusal],
            },
            "reply": {
                "status": reply.status,
                "headers": reply.headers,
                "body": _bytes(reply.body),
                "rule": reply.rule,
                "wait": reply.wait,
                "fault": reply.fault,
                "within_contract": reply.within_contract,
            },
        }
    ).decode()


def read(row: str, number: int, contracts: Iterable[Contract]) -> Entry:
    """The exchange of a row. Its operation is that of the first contract that has it, by its id."""
    found: Mapping[str, Any] = orjson.loads(row)
    call, reply = dict(found["call"]), dict(found["reply"])
    operations = (contract.operations.get(call["operation"]) for contract in contracts)
    role, keys, refusal = call["caller"]
    call |= {
        "query": _pairs(call["query"]),
        "headers": _pairs(call["headers"]),
        "body": base64.b64decode(call["body"]),
        "operation": next((each for each in operations if each), None),
        "caller": Caller(role, None if role in ("any", "all") else frozenset(keys), refusal),
    }
    reply |= {"headers": _pairs(reply["headers"]), "body": base64.b64decode(reply["body"])}
    return Entry(number, found["began"], found["seconds"], Call(**call), Reply(**reply))


def _bytes(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _text(text: str) -> str:
    """A text that JSON can hold: what is no Unicode was a byte that is none."""
    return text.encode("utf-8", "replace").decode()


def _pairs(raw: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in raw)
