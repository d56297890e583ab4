"""Record traffic as a scenario of the mock and as named examples, without secrets or personal data.

Recorded is what the mock can replay from the request alone: valid JSON responses to requests without a body. Of a
request only the operation, its path parameters, the query and the presence of credentials are recorded; no header, no
cookie. Of a response its status, media type and body; each secret and each personal value is replaced.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from flowcontract.http import secret_detection
from flowcontract.http.messages import Response
from flowcontract.openapi import documents, pointers
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import MediaType
from flowcontract.proxy import Entry

SCENARIO = "recorded"
FILES = ("scenario.yaml", "examples.yaml")
"""What is written: a scenario of the mock, and an overlay with examples."""
_ROLES = ("any", "all", "some", "none")
_LIMIT = 5000
"""Exchanges to record; further ones are counted."""
_PLACEHOLDER = "redacted"
_FORMATS = {
    "email": "redacted@example.com",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "date": "2000-01-01",
    "date-time": "2000-01-01T00:00:00Z",
    "uri": "https://example.com/redacted",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
"""Reserved values (RFC 2606, RFC 5737, RFC 3849); the first that a schema allows is used."""
_PLACEHOLDER_EMAIL = _FORMATS["email"]
_ADDRESS = re.compile(r"[\w.+-]+@(?!example\.(?:com|org|net)\b)[\w-]+\.[\w.-]*\w")
"""An email address that is not reserved (RFC 2606)."""


@dataclass(frozen=True, slots=True)
class _RequestKey:
    """Requests with the same key are recorded once."""

    operation: str
    method: str
    path: tuple[tuple[str, str], ...]
    query: tuple[tuple[str, str], ...]
    anonymous: bool


@dataclass(frozen=True, slots=True)
class _Recorded:
    status: int
    media: MediaType
    body: Any


class Recorder:
    """An observer of a proxy's traffic checker; `write` saves the recording in a folder."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._recorded: dict[_RequestKey, _Recorded] = {}
        self.left_out: Counter[str] = Counter()
        """Numbers of exchanges that were not recorded, by reason."""

    def __call__(self, entry: Entry) -> None:
        """Record one exchange, or count why not."""
        reason = self._keep(entry)
        if reason:
            self.left_out[reason] += 1

    def _keep(self, entry: Entry) -> str:
        response = entry.exchange.response
        if not entry.checked or entry.violations or response is None:
            return "has violations, or was not checked"
        operation = self._contract.operation(entry.operation)
        documented = operation.response(response.status)
        media = documented.media_for(response.header("Content-Type") or "") if documented else None
        if media is None or not media.is_json or entry.exchange.request.method == "HEAD":
            return "is not JSON"
        anonymous = any(each.startswith("security: no") for each in entry.request_errors)
        if entry.exchange.request.body or (response.status in (401, 403) and not anonymous):
            return "depends on a body or on a secret"
        request_key = _request_key(entry, anonymous=anonymous)
        if (
            "${FLOWCONTRACT_TOKEN" in repr(request_key)
            or _ADDRESS.search(repr(request_key))
            or _names_a_person(request_key)
        ):
            return "the request contains a secret or personal data"
        if request_key in self._recorded:
            return "a duplicate"
        if len(self._recorded) >= _LIMIT:
            return f"more than {_LIMIT}"
        try:
            body, removed = _redacted(media, response)
        except ValueError:  # A secret was a number, and its removal left invalid JSON.
            return "not valid without its secrets and personal data"
        if any(
            value in part for value in removed if len(value) >= 4 for _, part in (*request_key.path, *request_key.query)
        ):
            return "the request contains a secret or personal data"
        if not media.is_valid(body):
            return "not valid without its secrets and personal data"
        self._recorded[request_key] = _Recorded(response.status, media, body)
        return ""

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write `scenario.yaml` for the mock and `examples.yaml`, an overlay for the build. Raises ContractError."""
        scenario, examples = (folder / name for name in FILES)
        documents.write(scenario, documents.dump(self._scenario()))
        documents.write(examples, documents.dump(self._overlay()))
        return scenario, examples

    def _scenario(self) -> dict[str, Any]:
        """The recorded responses as rules, the most specific first."""
        rules = [
            {
                "when": _when(request_key),
                "response": {"code": recorded.status, "media": recorded.media.name, "body": recorded.body},
            }
            for request_key, recorded in sorted(self._recorded.items(), key=lambda item: -len(item[0].query))
        ]
        return {SCENARIO: {"summary": "What was recorded through the proxy.", "rules": rules}} if rules else {}

    def _overlay(self) -> dict[str, Any]:
        """Each recorded success as a named example of the contract."""
        actions = []
        names: Counter[str] = Counter()
        for request_key, recorded in self._recorded.items():
            operation = self._contract.operation(request_key.operation)
            if not 200 <= recorded.status < 300:
                continue
            name = re.sub(
                r"[^\w.-]+",
                "-",
                "-".join(["recorded", *(value for _, value in (*request_key.path, *request_key.query))]),
            )
            names[name] += 1
            tokens = pointers.split(recorded.media.pointer)
            target = "$" + "".join(f"[{json.dumps(token)}]" for token in tokens)
            numbered = name if names[name] == 1 else f"{name}-{names[name]}"
            update = {"examples": {numbered: {"summary": f"Recorded for {operation.id}.", "value": recorded.body}}}
            actions.append({"target": target, "update": update})
        return {"overlay": "1.0.0", "info": {"title": "Recorded examples", "version": "1.0.0"}, "actions": actions}


def _names_a_person(request_key: _RequestKey) -> bool:
    return any(secret_detection.is_personal(name) for name, _ in request_key.query)


def _request_key(entry: Entry, *, anonymous: bool) -> _RequestKey:
    request = entry.exchange.request
    query = tuple(sorted(request.parameters))
    return _RequestKey(entry.operation, request.method, tuple(entry.values.items()), query, anonymous)


def _when(request_key: _RequestKey) -> dict[str, Any]:
    found: dict[str, Any] = {"operation": request_key.operation, "method": request_key.method}
    if request_key.path:
        found["path"] = dict(request_key.path)
    if request_key.query:
        found["query"] = dict(request_key.query)
    found["role"] = "anonymous" if request_key.anonymous else list(_ROLES)
    return found


def _redacted(media: MediaType, response: Response) -> tuple[Any, list[str]]:
    """The body without secrets and personal data, and the removed values. Raises ValueError if it is not JSON."""
    removed: list[str] = []
    body = _collect(json.loads(response.body), removed, sensitive=False)
    text = json.dumps(body, ensure_ascii=False)
    for value in sorted(set(removed), key=len, reverse=True):
        if len(value) >= 4 and value.strip("0123456789.-"):
            text = text.replace(json.dumps(value, ensure_ascii=False)[1:-1], _PLACEHOLDER)
    plain = json.loads(text)
    return _fitting(media, plain), removed


def _collect(value: Any, removed: list[str], *, sensitive: bool) -> Any:
    """Replace values with a secret or personal name, and placeholders of secrets; collect the removed values."""
    if isinstance(value, dict):
        return _collect_members(value, removed, sensitive=sensitive)
    elif isinstance(value, list):
        value[:] = [_collect(item, removed, sensitive=sensitive) for item in value]
    elif isinstance(value, str) and (sensitive or "${FLOWCONTRACT_TOKEN" in value):
        removed.append(value)
        return _PLACEHOLDER
    elif isinstance(value, str) and _ADDRESS.search(value):
        removed += _ADDRESS.findall(value)
        return _ADDRESS.sub(_PLACEHOLDER_EMAIL, value)
    elif sensitive and isinstance(value, int | float) and not isinstance(value, bool):
        removed.append(str(value))
        return 0
    return value


def _collect_members(value: dict[str, Any], removed: list[str], *, sensitive: bool) -> dict[str, Any]:
    """The same for an object, whose names may be secrets and addresses themselves."""
    found: dict[str, Any] = {}
    for name, item in value.items():
        about = sensitive or secret_detection.is_secret(name) or secret_detection.is_personal(name)
        shown = _PLACEHOLDER if "${FLOWCONTRACT_TOKEN" in name else _ADDRESS.sub(_PLACEHOLDER_EMAIL, name)
        if shown != name:
            removed.append(name)
            shown = next(each for number in count(1) if (each := f"{shown}-{number}") not in found)
        found[shown] = _collect(item, removed, sensitive=about)
    return found


def _fitting(media: MediaType, body: Any) -> Any:
    """Replace each placeholder that the schema does not allow by a value of its format."""
    for error in list(media.errors(body)):
        tokens = pointers.split(error.instance)
        holder = pointers.get(body, tokens[:-1]) if tokens else None
        last: Any = int(tokens[-1]) if isinstance(holder, list) else tokens[-1] if tokens else ""
        if holder is None or last not in (holder if isinstance(holder, dict) else range(len(holder))):
            continue
        before = holder[last]
        if before != _PLACEHOLDER:
            continue
        for candidate in _FORMATS.values():
            holder[last] = candidate
            if not any(each.instance == error.instance for each in media.errors(body)):
                break
        else:
            holder[last] = before
    return body
