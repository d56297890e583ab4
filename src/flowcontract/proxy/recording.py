"""Record what went by a proxy as a scenario of the mock and as named examples, without secrets or personal data.

Kept is what the mock can replay from the request alone: sound answers with JSON, to requests without a body. Of a
request only the operation, its path parameters, the query and whether there were credentials are kept; no header, no
cookie. Of an answer its status, its media type and its body, where each secret and each personal value is replaced.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from flowcontract.http import redaction
from flowcontract.http.messages import Response
from flowcontract.openapi import documents, pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType
from flowcontract.proxy import Entry

SCENARIO = "recorded"
FILES = ("scenario.yaml", "examples.yaml")
"""What is written: a scenario of the mock, and an overlay with examples."""
_SOMEBODY = ("any", "all", "some", "none")
_LIMIT = 5000
"""Exchanges that are kept; what is beyond is counted."""
_STANDS_FOR = "redacted"
_FORMATS = {
    "email": "redacted@example.com",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "date": "2000-01-01",
    "date-time": "2000-01-01T00:00:00Z",
    "uri": "https://example.com/redacted",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
"""Values that are nobody's (RFC 2606, RFC 5737, RFC 3849), the first that a schema allows is taken."""
_NOBODY = _FORMATS["email"]
_ADDRESS = re.compile(r"[\w.+-]+@(?!example\.(?:com|org|net)\b)[\w-]+\.[\w.-]*\w")
"""An e-mail address, but for those that are nobody's (RFC 2606)."""


@dataclass(frozen=True, slots=True)
class _Key:
    """What two exchanges have in common that are one."""

    operation: str
    method: str
    path: tuple[tuple[str, str], ...]
    query: tuple[tuple[str, str], ...]
    anonymous: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    status: int
    media: MediaType
    body: Any


class Recorder:
    """An observer of a proxy's bench; `write` puts what it kept into a folder."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._kept: dict[_Key, _Kept] = {}
        self.left_out: Counter[str] = Counter()
        """How many exchanges were not kept, by the reason."""

    def __call__(self, entry: Entry) -> None:
        """Keep one exchange, or count why not."""
        reason = self._keep(entry)
        if reason:
            self.left_out[reason] += 1

    def _keep(self, entry: Entry) -> str:
        response = entry.exchange.response
        if not entry.checked or entry.violations or response is None:
            return "not sound, or not judged"
        operation = self._contract.operation(entry.operation)
        documented = operation.response(response.status)
        media = documented.media_for(response.header("Content-Type") or "") if documented else None
        if media is None or not media.is_json or entry.exchange.request.method == "HEAD":
            return "no JSON"
        anonymous = any(each.startswith("security: no") for each in entry.request_errors)
        if entry.exchange.request.body or (response.status in (401, 403) and not anonymous):
            return "depends on a body or on a secret"
        key = _key(entry, anonymous=anonymous)
        if "${FLOWCONTRACT_TOKEN" in repr(key) or _ADDRESS.search(repr(key)) or _asks_about_somebody(key):
            return "the request itself holds a secret or personal data"
        if key in self._kept:
            return "a duplicate"
        if len(self._kept) >= _LIMIT:
            return f"more than {_LIMIT}"
        try:
            body, taken = _redacted(media, response)
        except ValueError:  # A secret that was a number has left a gap.
            return "not valid any more without its secrets and personal data"
        if any(value in part for value in taken if len(value) >= 4 for _, part in (*key.path, *key.query)):
            return "the request itself holds a secret or personal data"
        if not media.is_valid(body):
            return "not valid any more without its secrets and personal data"
        self._kept[key] = _Kept(response.status, media, body)
        return ""

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write `scenario.yaml` for the mock and `examples.yaml`, an overlay for the build. Raises ContractError."""
        scenario, examples = (folder / name for name in FILES)
        documents.write(scenario, documents.dump(self._scenario()))
        documents.write(examples, documents.dump(self._overlay()))
        return scenario, examples

    def _scenario(self) -> dict[str, Any]:
        """The kept answers as rules, those that ask for more of a request first."""
        rules = [
            {"when": _when(key), "response": {"code": kept.status, "media": kept.media.name, "body": kept.body}}
            for key, kept in sorted(self._kept.items(), key=lambda item: -len(item[0].query))
        ]
        return {SCENARIO: {"summary": "What was recorded through the proxy.", "rules": rules}} if rules else {}

    def _overlay(self) -> dict[str, Any]:
        """Each kept success as a named example of the contract."""
        actions = []
        names: Counter[str] = Counter()
        for key, kept in self._kept.items():
            operation = self._contract.operation(key.operation)
            if not 200 <= kept.status < 300:
                continue
            name = re.sub(r"[^\w.-]+", "-", "-".join(["recorded", *(value for _, value in (*key.path, *key.query))]))
            names[name] += 1
            tokens = pointers.split(kept.media.pointer)
            target = "$" + "".join(f"[{json.dumps(token)}]" for token in tokens)
            numbered = name if names[name] == 1 else f"{name}-{names[name]}"
            update = {"examples": {numbered: {"summary": f"Recorded for {operation.id}.", "value": kept.body}}}
            actions.append({"target": target, "update": update})
        return {"overlay": "1.0.0", "info": {"title": "Recorded examples", "version": "1.0.0"}, "actions": actions}


def _asks_about_somebody(key: _Key) -> bool:
    return any(redaction.is_personal(name) for name, _ in key.query)


def _key(entry: Entry, *, anonymous: bool) -> _Key:
    request = entry.exchange.request
    query = parse_qsl(request.target.partition("?")[2], keep_blank_values=True)
    return _Key(entry.operation, request.method, tuple(entry.values.items()), tuple(sorted(query)), anonymous)


def _when(key: _Key) -> dict[str, Any]:
    found: dict[str, Any] = {"operation": key.operation, "method": key.method}
    if key.path:
        found["path"] = dict(key.path)
    if key.query:
        found["query"] = dict(key.query)
    found["role"] = "anonymous" if key.anonymous else list(_SOMEBODY)
    return found


def _redacted(media: MediaType, response: Response) -> tuple[Any, list[str]]:
    """The body without secrets and personal data, and the values that were taken out. Raises ValueError for no JSON."""
    taken: list[str] = []
    body = _collect(json.loads(response.body), taken, meant=False)
    text = json.dumps(body, ensure_ascii=False)
    for value in sorted(set(taken), key=len, reverse=True):
        if len(value) >= 4 and value.strip("0123456789.-"):
            text = text.replace(json.dumps(value, ensure_ascii=False)[1:-1], _STANDS_FOR)
    plain = json.loads(text)
    return _fitting(media, plain), taken


def _collect(value: Any, taken: list[str], *, meant: bool) -> Any:
    """Replace what stands under a secret or personal name, and what holds the place of a secret; collect the texts."""
    if isinstance(value, dict):
        return _collect_members(value, taken, meant=meant)
    elif isinstance(value, list):
        value[:] = [_collect(item, taken, meant=meant) for item in value]
    elif isinstance(value, str) and (meant or "${FLOWCONTRACT_TOKEN" in value):
        taken.append(value)
        return _STANDS_FOR
    elif isinstance(value, str) and _ADDRESS.search(value):
        taken += _ADDRESS.findall(value)
        return _ADDRESS.sub(_NOBODY, value)
    elif meant and isinstance(value, int | float) and not isinstance(value, bool):
        taken.append(str(value))
        return 0
    return value


def _collect_members(value: dict[str, Any], taken: list[str], *, meant: bool) -> dict[str, Any]:
    """The same for an object, whose names can be secrets and addresses themselves."""
    found: dict[str, Any] = {}
    for name, item in value.items():
        about = meant or redaction.is_secret(name) or redaction.is_personal(name)
        shown = _STANDS_FOR if "${FLOWCONTRACT_TOKEN" in name else _ADDRESS.sub(_NOBODY, name)
        if shown != name:
            taken.append(name)
            shown = next(each for number in count(1) if (each := f"{shown}-{number}") not in found)
        found[shown] = _collect(item, taken, meant=about)
    return found


def _fitting(media: MediaType, body: Any) -> Any:
    """Give each place that is not valid any more a value of its format."""
    for error in list(media.errors(body)):
        tokens = pointers.split(error.instance)
        holder = pointers.get(body, tokens[:-1]) if tokens else None
        last: Any = int(tokens[-1]) if isinstance(holder, list) else tokens[-1] if tokens else ""
        if holder is None or last not in (holder if isinstance(holder, dict) else range(len(holder))):
            continue
        before = holder[last]
        if before != _STANDS_FOR:
            continue
        for candidate in _FORMATS.values():
            holder[last] = candidate
            if not any(each.instance == error.instance for each in media.errors(body)):
                break
        else:
            holder[last] = before
    return body
