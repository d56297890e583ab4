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
from flowcontract.text import one_line, plain_name

Step = tuple[Probe, Exchange]
"""One request of a sequence, and the exchange as it was."""
_DEPTH = 8
_SHOWN = 300
"""Characters of a rejection that are shown."""


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


def unlike(steps: Sequence[Step], items: Sequence[Interaction]) -> str:
    """The first step whose response has a status of another class than before, as a sentence; empty if there is none.

    The last step is not looked at: its response shows whether the failure is there.
    """
    for number, ((probe, before), now) in enumerate(zip(steps[:-1], items, strict=False), 1):
        if different := status_changed(number, probe.request, before, now.exchange):
            return different
    return "" if len(items) == len(steps) else f"step {len(items) + 1} got no response"


def status_changed(number: int, request: Request, before: Exchange, now: Exchange) -> str:
    """That a step has a status of another class than before, with what a rejection says; empty if it has not."""
    was, got = (exchange.response.status if exchange.response else 0 for exchange in (before, now))
    if was // 100 == got // 100:
        return ""
    texts = [str(status) if status else "no response" for status in (got, was)]
    body = now.response.body.decode("utf-8", "replace") if now.response and got >= 400 else ""
    text = one_line(" ".join(body.split()), _SHOWN)
    said = f": {text}" if text else ""
    if got in (401, 403) and was // 100 == 2:
        said += " (it may need the credentials of the campaign that recorded it)"
    return f"step {number} ({request.method} {request.path}) got {texts[0]}, was {texts[1]}{said}"


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


def _moved(value: Any, changed: Mapping[str, str], name: str = "") -> Any:
    """A value with new ones in place of old ones. Numbers are replaced where a name says that they are IDs."""
    if isinstance(value, dict):
        return {key: _moved(member, changed, key) for key, member in value.items()}
    if isinstance(value, list):
        return [_moved(item, changed, name) for item in value]
    if isinstance(value, str):
        return changed.get(value, value)
    is_id = plain_name(name).endswith("id")
    if is_id and isinstance(value, int) and changed.get(str(value), "").lstrip("-").isdecimal():
        return int(changed[str(value)])
    return value
