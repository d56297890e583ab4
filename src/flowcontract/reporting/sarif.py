"""SARIF 2.1.0: each cause as a result at its place in the contract, for code scanning and editors.

Waived causes are suppressed with their justification, causes of the baseline are `unchanged`. The request and
its answer go along as `webRequest` and `webResponse`. The format is JSON of a plain shape, so it is written as such.
"""

import base64
import json
import re
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from flowcontract.checks.results import Cause, Judgement, Standing, Verdict
from flowcontract.http.messages import Exchange, Response
from flowcontract.reporting.view import url
from flowcontract.text import one_line, visible

Json = dict[str, Any]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
BODY = 10_000
"""Bytes of a body that go along."""


def render(judgement: Judgement) -> str:
    """The judgement as a SARIF log with one run."""
    rules = list(_rules(judgement.causes))
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    run = {
        "tool": {"driver": {"name": "flowcontract", "version": version("flowcontract"), "rules": rules}},
        "automationDetails": {"id": one_line(f"flowcontract/{judgement.profile}/")},
        "invocations": [_invocation(judgement)],
        "columnKind": "unicodeCodePoints",
        "results": [_result(cause, index[one_line(cause.rule)], judgement) for cause in judgement.causes],
        "properties": {"headline": visible(judgement.headline), "seed": judgement.seed},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rules(causes: Iterable[Cause]) -> Iterable[Json]:
    for cause in {one_line(cause.rule): cause for cause in reversed(tuple(causes))}.values():
        yield {
            "id": one_line(cause.rule),
            "shortDescription": {"text": message(cause.title)},
            "help": {"text": message(cause.advice)},
            "defaultConfiguration": {"level": "note" if cause.standing is Standing.REMARK else "error"},
        }


def _invocation(judgement: Judgement) -> Json:
    notes: list[Json] = [{"level": "note", "message": {"text": message(note)}} for note in judgement.notes]
    if judgement.verdict is Verdict.UNJUDGED:
        notes.insert(0, {"level": "error", "message": {"text": message(judgement.headline)}})
    return {
        "executionSuccessful": judgement.verdict is not Verdict.UNJUDGED,
        "exitCode": int(judgement.verdict),
        "toolExecutionNotifications": notes,
    }


def _result(cause: Cause, rule_index: int, judgement: Judgement) -> Json:
    failure = cause.failure
    result: Json = {
        "ruleId": one_line(cause.rule),
        "ruleIndex": rule_index,
        "kind": "fail",
        "level": "error" if cause.standing in (Standing.OPEN, Standing.FLAKY) else "note",
        "message": {"text": message(failure.message)},
        "locations": [_location(cause)],
        "partialFingerprints": {"flowcontract/v1": one_line(cause.fingerprint)},
        "occurrenceCount": max(1, cause.count),
        "webRequest": _web_request(failure.exchange, judgement),
        "properties": {"curl": visible(cause.curl), "standing": str(cause.standing), "note": visible(cause.note)},
    }
    if failure.exchange.response is not None:
        result["webResponse"] = _web_response(failure.exchange.response)
    if cause.standing is Standing.WAIVED:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": message(cause.note)}]
    if cause.standing is Standing.KNOWN:
        result["baselineState"] = "unchanged"
    return result


def _location(cause: Cause) -> Json:
    place = cause.failure.place
    location: Json = {
        "logicalLocations": [{"fullyQualifiedName": one_line(place.pointer), "name": one_line(cause.failure.operation)}]
    }
    if place.file:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": uri(place.file)},
            "region": {"startLine": max(1, place.line)},
        }
    return location


def uri(file: str) -> str:
    """Where a file is, as a URI."""
    path = visible(file).replace("\\", "/")
    return ("file://" if path.startswith("/") else "") + quote(path, safe="/")


def _web_request(exchange: Exchange, judgement: Judgement) -> Json:
    request = exchange.request
    return {
        "index": -1,
        "protocol": "HTTP",
        "version": "1.1",
        "method": one_line(request.method),
        "target": url(judgement.target, request),
        "headers": _headers(request.headers),
        "body": _content(request.body or b""),
    }


def _web_response(response: Response) -> Json:
    return {
        "index": -1,
        "protocol": "HTTP",
        "version": one_line(response.http_version),
        "statusCode": response.status,
        "headers": _headers(response.headers),
        "body": _content(response.body),
        "noResponseReceived": False,
    }


def _headers(headers: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """SARIF has a map: values of a repeated header are joined as HTTP joins them."""
    joined: dict[str, str] = {}
    for name, value in headers:
        name, value = one_line(name), one_line(value)
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def _content(body: bytes) -> Json:
    try:
        return {"text": visible(body[:BODY].decode("utf-8"))}
    except UnicodeDecodeError:
        return {"binary": base64.b64encode(body[:BODY]).decode("ascii")}


def message(text: str) -> str:
    """A message text: what would be an embedded link (SARIF 2.1.0, 3.11.6) has its brackets escaped."""
    shown = visible(text) or " "
    return re.sub(r"([\[\]])", r"\\\1", shown) if "](" in shown else shown
