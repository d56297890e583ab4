"""Conditions of requests: `If-None-Match` and `If-Match` against the ETag of a response (RFC 9110, 13.1)."""

import re

from flowmock.messages import Call, Reply

_TAG = re.compile(r'(?:W/)?("[^"]*")')


def is_unchanged(reply: Reply, call: Call) -> bool:
    """Whether a read already has what the reply says: it gets 304 instead (13.1.2, weak comparison)."""
    known = call.header("if-none-match")
    if known is None or reply.status != 200 or call.method not in ("GET", "HEAD"):
        return False
    tag = _tag(reply)
    return bool(tag) and (known.strip() == "*" or tag in _TAG.findall(known))


def is_outdated(current: Reply, call: Call) -> bool:
    """Whether a change is meant for another version than the current one, which a read has (13.1.1)."""
    known, tag = call.header("if-match"), _tag(current)
    return bool(known and tag) and known != "*" and tag not in _TAG.findall(known or "")


def _tag(reply: Reply) -> str:
    """The ETag without its mark of weakness; empty where there is none."""
    value = next((value for name, value in reply.headers if name.lower() == "etag"), "")
    found = _TAG.fullmatch(value)
    return found[1] if found else ""
