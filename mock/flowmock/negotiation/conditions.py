"""Conditions of requests: `If-None-Match` and `If-Match` against the ETag of a response (RFC 9110, 13.1)."""

import re

from flowcontract.openapi.model import Operation, Parameter
from flowmock.messages import Call, Reply

_TAG = re.compile(r'(?:W/)?("[^"]*")')


def is_unchanged(reply: Reply, call: Call) -> bool:
    """Whether a read already has what the reply says: it gets 304 instead (13.1.2, weak comparison)."""
    known = call.header("if-none-match")
    if known is None or reply.status != 200 or call.method not in ("GET", "HEAD"):
        return False
    tag = _tag(reply)
    return bool(tag) and (known.strip() == "*" or tag in _TAG.findall(known))


def condition_of(operation: Operation) -> Parameter | None:
    """The parameter with which an operation documents `If-Match`; None for none."""
    headers = (each for each in operation.parameters if each.location == "header")
    return next((each for each in headers if each.name.lower() == "if-match"), None)


def is_outdated(current: Reply, call: Call, version: int | None = None) -> bool:
    """Whether a change is meant for another version than the current one, which a read has (13.1.1).

    `version`: what the item says of it; clients may send that in quotes, too.
    """
    known = call.header("if-match") or ""
    tags = {_tag(current), f'"{version}"' if version is not None else ""} - {""}
    return bool(known and tags) and known.strip() != "*" and tags.isdisjoint(_TAG.findall(known))


def _tag(reply: Reply) -> str:
    """The ETag without its mark of weakness; empty where there is none."""
    value = next((value for name, value in reply.headers if name.lower() == "etag"), "")
    found = _TAG.fullmatch(value)
    return found[1] if found else ""
