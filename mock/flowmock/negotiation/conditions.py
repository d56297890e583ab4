"""Conditions of requests: `If-None-Match` and `If-Match` against the ETag of a response, `If-Modified-Since` against
its `Last-Modified` (RFC 9110, 13.1).
"""

import re

from flowcontract.http.dates import http_date
from flowcontract.openapi.model import Operation, Parameter
from flowmock.messages import Call, Reply

_IN_QUOTES = re.compile(r"\"|\bquot", re.IGNORECASE)
_TAG = re.compile(r'(?:W/)?("[^"]*")')


def is_unchanged(reply: Reply, call: Call) -> bool:
    """Whether a read already has what the reply says: it gets 304 instead (13.1.2, weak comparison)."""
    return call.method in ("GET", "HEAD") and bool(_tag(reply)) and is_known(reply, call)


def is_known(current: Reply, call: Call) -> bool:
    """Whether what a read gives is there though a request is only meant for the case that it is not (13.1.2)."""
    known = (call.header("if-none-match") or "").strip()
    tag = _tag(current)
    return current.status == 200 and (known == "*" or (bool(tag) and tag in _TAG.findall(known)))


def is_unmodified(reply: Reply, call: Call) -> bool:
    """Whether a read has what the reply says by its date, where it sends no tags (13.1.3)."""
    if reply.status != 200 or call.method not in ("GET", "HEAD") or call.header("if-none-match") is not None:
        return False
    known, modified = http_date(call.header("if-modified-since")), http_date(_header(reply, "last-modified"))
    return known is not None and modified is not None and modified <= known


def condition_of(operation: Operation) -> Parameter | None:
    """The parameter with which an operation documents `If-Match`; None for none."""
    headers = (each for each in operation.parameters if each.location == "header")
    return next((each for each in headers if each.name.lower() == "if-match"), None)


def is_outdated(current: Reply, call: Call, version: int | None = None) -> bool:
    """Whether a change is meant for another version than the current one, which a read has (13.1.1).

    `version`: what the item says of it; clients may send that, too, also without quotes unless these are described.
    """
    known = (call.header("if-match") or "").strip()
    condition = condition_of(call.operation) if call.operation else None
    has_quotes = condition is not None and _IN_QUOTES.search(condition.description)
    if known == "*" or (version is not None and known == str(version) and not has_quotes):
        return False
    tags = {_tag(current), f'"{version}"' if version is not None else ""} - {""}
    return bool(known and tags) and tags.isdisjoint(_TAG.findall(known))


def expected(current: Reply, version: int | None = None) -> str:
    """What names the current version: its tag, else its number; parameters as in `is_outdated`."""
    return _tag(current) or str(version)


def _tag(reply: Reply) -> str:
    """The ETag without its mark of weakness; empty where there is none."""
    found = _TAG.fullmatch(_header(reply, "etag"))
    return found[1] if found else ""


def _header(reply: Reply, name: str) -> str:
    return next((value for key, value in reply.headers if key.lower() == name), "")
