"""SARIF 2.1.0: each finding as a result at its location in the contract, for code scanning and editors.

Waived findings are suppressed with their justification, findings of the baseline are `unchanged`. Request and response
are included as `webRequest` and `webResponse`.
"""

import base64
import json
import re
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flowcontract.checks.findings import Finding, FindingStatus, Result, RunResult
from flowcontract.http.links import split_link
from flowcontract.http.messages import Exchange, Response
from flowcontract.openapi.discovery import CONFIGURATION
from flowcontract.openapi.reader import BUNDLED
from flowcontract.reporting import view
from flowcontract.reporting.view import url
from flowcontract.text import one_line, visible

Json = dict[str, Any]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
BODY = 10_000
"""Maximum number of bytes of a body."""


def render(run_result: RunResult) -> str:
    """The run result as a SARIF log with one run."""
    rules = list(_rules(run_result.findings))
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    run = {
        "tool": {"driver": {"name": "flowcontract", "version": version("flowcontract"), "rules": rules}},
        "automationDetails": {"id": one_line(f"flowcontract/{run_result.profile}/")},
        "invocations": [_invocation(run_result)],
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, index[one_line(finding.rule)], run_result) for finding in run_result.findings],
        "properties": {"headline": visible(run_result.headline), "seed": run_result.seed},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rules(findings: Iterable[Finding]) -> Iterable[Json]:
    for finding in {one_line(finding.rule): finding for finding in reversed(tuple(findings))}.values():
        yield {
            "id": one_line(finding.rule),
            "shortDescription": {"text": message(finding.title)},
            "help": {"text": message(finding.advice)},
            "defaultConfiguration": {"level": "note" if finding.status is FindingStatus.WARNING else "error"},
        }


def _invocation(run_result: RunResult) -> Json:
    notes: list[Json] = [{"level": "note", "message": {"text": message(note)}} for note in run_result.notes]
    if run_result.result is Result.INCONCLUSIVE:
        notes.insert(0, {"level": "error", "message": {"text": message(run_result.headline)}})
    return {
        "executionSuccessful": run_result.result is not Result.INCONCLUSIVE,
        "exitCode": int(run_result.result),
        "toolExecutionNotifications": notes,
    }


def _result(finding: Finding, rule_index: int, run_result: RunResult) -> Json:
    failure = finding.failure
    result: Json = {
        "ruleId": one_line(finding.rule),
        "ruleIndex": rule_index,
        "kind": "fail",
        "level": "error" if finding.status in (FindingStatus.OPEN, FindingStatus.FLAKY) else "note",
        "message": {"text": message(" ".join(filter(None, (view.with_steps(failure), view.also(finding)))))},
        "locations": [_location(finding, run_result)],
        "partialFingerprints": {"flowcontract/v1": one_line(finding.fingerprint)},
        "occurrenceCount": max(1, finding.count),
        "webRequest": _web_request(failure.exchange, run_result),
        "properties": {
            "curl": visible(finding.script or finding.curl),
            "status": str(finding.status),
            "note": visible(finding.note),
        },
    }
    if failure.exchange.response is not None:
        result["webResponse"] = _web_response(failure.exchange.response)
    if finding.status is FindingStatus.WAIVED:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": message(finding.note)}]
    if finding.status is FindingStatus.KNOWN:
        result["baselineState"] = "unchanged"
    return result


def _location(finding: Finding, run_result: RunResult) -> Json:
    location = finding.failure.location
    result: Json = {
        "logicalLocations": [
            {"fullyQualifiedName": one_line(location.pointer), "name": one_line(finding.failure.operation)}
        ]
    }
    if location.file and not location.file.startswith(BUNDLED):
        result["physicalLocation"] = {
            "artifactLocation": {"uri": uri(location.file)},
            "region": {"startLine": max(1, location.line)},
        }
    elif not location.file and (file := _stand_in(run_result)):
        result["physicalLocation"] = {"artifactLocation": {"uri": uri(file)}, "region": {"startLine": 1}}
    return result


def _stand_in(run_result: RunResult) -> str:
    """A file of the workspace that stands for a contract at a URL: code scanning shows nothing without a file.

    The configuration file, which names the contract; without one, the name of the document.
    """
    if Path(CONFIGURATION).is_file():
        return CONFIGURATION
    address = split_link(run_result.contract.partition(" (")[0])
    return address.path.rstrip("/").rpartition("/")[2] or "openapi.json" if address.netloc else ""


def uri(file: str) -> str:
    """The URI of a file."""
    path = visible(file).replace("\\", "/")
    return ("file://" if path.startswith("/") else "") + quote(path, safe="/")


def _web_request(exchange: Exchange, run_result: RunResult) -> Json:
    request = exchange.request
    return {
        "index": -1,
        "protocol": "HTTP",
        "version": "1.1",
        "method": one_line(request.method),
        "target": url(run_result.target, request),
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
    """Headers as a map, as SARIF requires; values of a repeated header are joined with commas."""
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
    """A message text; brackets that would form an embedded link (SARIF 2.1.0, 3.11.6) are escaped."""
    shown = visible(text) or " "
    return re.sub(r"([\[\]])", r"\\\1", shown) if "](" in shown else shown
