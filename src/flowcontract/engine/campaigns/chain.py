"""Send a sequence of requests again: IDs, ETags and cursors come from the new responses."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote

from flowcontract.checks import Interaction
from flowcontract.checks.probe import Probe
from flowcontract.engine.session import Session
from flowcontract.http.messages import Exchange, Request, Response, json_or_none

Step = tuple[Probe, Exchange]
"""One request of a sequence, and the exchange as it was."""
_DEPTH = 8


def send_again(session: Session, steps: Sequence[Step]) -> list[Interaction]:
    """The interactions of the requests that could be sent, in order."""
    changed: dict[str, str] = {}
    items: list[Interaction] = []
    for probe, before in steps:
        values = {name: changed.get(value, value) for name, value in probe.values.items()}
        moved = replace(probe, request=_with_new_values(probe.request, changed), values=values, concurrent_group="")
        sent = session.send([moved])
        if not sent:
            break
        items += sent
        if before.response is not None and sent[0].exchange.response is not None:
            changed |= _new_values(before.response, sent[0].exchange.response)
    return items


def is_alike(steps: Sequence[Step], items: Sequence[Interaction]) -> bool:
    """Whether the last response says the same as before: its status, and what it shows of the values that were sent."""
    before, now = steps[-1][1].response, items[-1].exchange.response
    if len(items) < len(steps) or before is None or now is None or before.status != now.status:
        return False
    sent = {text for probe, _ in steps for text in _leaves(json_or_none(probe.request.body or b""))}
    return _is_same(json_or_none(before.body), json_or_none(now.body), frozenset(sent))


def _is_same(before: Any, now: Any, sent: frozenset[str]) -> bool:
    if isinstance(before, dict) and isinstance(now, dict):
        return before.keys() == now.keys() and all(_is_same(before[name], now[name], sent) for name in before)
    if isinstance(before, list) and isinstance(now, list):
        return len(before) == len(now) and all(map(lambda a, b: _is_same(a, b, sent), before, now))
    shown = {json.dumps(before), json.dumps(now)}
    return len(shown) == 1 or not shown & sent


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _leaves(member)
    elif value is not None:
        yield json.dumps(value)


def _new_values(before: Response, now: Response) -> dict[str, str]:
    """Texts of a response that later requests may repeat, each with what stands there now."""
    found: dict[str, str] = {}
    for name in ("ETag", "Location"):
        old, new = before.header(name), now.header(name)
        if old and new:
            found[old] = new
            found[old.rstrip("/").rpartition("/")[2]] = new.rstrip("/").rpartition("/")[2]
    found |= dict(_pairs(json_or_none(before.body), json_or_none(now.body)))
    return {old: new for old, new in found.items() if old and old != new}


def _pairs(before: Any, now: Any, depth: int = 0) -> Iterator[tuple[str, str]]:
    if depth > _DEPTH:
        return
    if isinstance(before, dict) and isinstance(now, dict):
        for name in before.keys() & now.keys():
            yield from _pairs(before[name], now[name], depth + 1)
    elif isinstance(before, list) and isinstance(now, list):
        for old, new in zip(before, now, strict=False):
            yield from _pairs(old, new, depth + 1)
    elif isinstance(before, str | int) and isinstance(now, str | int) and not isinstance(before, bool):
        yield str(before), str(now)


def _with_new_values(request: Request, changed: Mapping[str, str]) -> Request:
    """A request with new values in place of old ones: whole path segments, query values, headers and members."""
    if not changed:
        return request
    pieces = re.split(r"([/?&=])", request.target)
    target = "".join(quote(changed[unquote(p)], safe="-._~") if unquote(p) in changed else p for p in pieces)
    headers = tuple((name, changed.get(value, value)) for name, value in request.headers)
    body = request.body
    if body:
        value = json_or_none(body)
        moved = _moved(value, changed)
        body = body if value is None or moved == value else json.dumps(moved, ensure_ascii=False).encode()
    return replace(request, target=target, headers=headers, body=body)


def _moved(value: Any, changed: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _moved(member, changed) for name, member in value.items()}
    if isinstance(value, list):
        return [_moved(item, changed) for item in value]
    if isinstance(value, str):
        return changed.get(value, value)
    if isinstance(value, int) and not isinstance(value, bool) and changed.get(str(value), "").lstrip("-").isdecimal():
        return int(changed[str(value)])
    return value
