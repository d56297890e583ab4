"""A run result as JSON, for `--json` and the events. Values are exact."""

import base64
import re
from typing import Any

from flowcontract.checks.findings import CampaignSummary, Failure, Finding, RunResult
from flowcontract.http.messages import Exchange

Json = dict[str, Any]

SCHEMA_VERSION = 3
"""Version of the JSON documents; a removed or renamed member increments it."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def encodable(value: Any) -> Any:
    """The same value with each lone surrogate, which UTF-8 cannot encode, replaced by an escape."""
    if isinstance(value, str):
        return _SURROGATE.sub(_escape, value)
    if isinstance(value, dict):
        return {encodable(str(key)): encodable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encodable(item) for item in value]
    if isinstance(value, float) and value - value != 0:  # JSON has neither NaN nor infinity.
        return str(value)
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def run(run_result: RunResult) -> Json:
    """The parameters of a run: contract, target, operations, profile, seed, start."""
    return {
        "schema_version": SCHEMA_VERSION,
        "contract": run_result.contract,
        "server": run_result.target,
        "operations": list(run_result.operations),
        "profile": run_result.profile,
        "seed": run_result.seed,
        "started": run_result.started,
    }


def result(run_result: RunResult) -> Json:
    """The result with its exit code, the counts and the notes."""
    return {
        "result": run_result.result.name.lower(),
        "exit_code": int(run_result.result),
        "headline": run_result.headline,
        "requests": run_result.requests,
        "seconds": run_result.seconds,
        "open_findings": len(run_result.open_findings),
        "warnings": len(run_result.warnings),
        "statuses": {str(status): count for status, count in run_result.statuses},
        "rules": dict(run_result.rules),
        "notes": list(run_result.notes),
        "coverage": [
            {
                "operation": item.operation,
                "method": item.method,
                "path": item.path,
                "tested": item.tested,
                "reason": item.reason,
            }
            for item in run_result.coverage
        ],
        "phases": [
            {"phase": item.phase, "requests": item.requests, "cpu_seconds": item.seconds} for item in run_result.phases
        ],
    }


def exchange(value: Exchange) -> Json:
    """One exchange. A body is text if it is UTF-8, otherwise `{"base64": …}`."""
    response = value.response
    return {
        "sent_at": value.sent_at,
        "request": {
            "method": value.request.method,
            "target": value.request.target,
            "headers": [list(pair) for pair in value.request.headers],
            "body": _body(value.request.body),
        },
        "response": None
        if response is None
        else {
            "status": response.status,
            "headers": [list(pair) for pair in response.headers],
            "body": _body(response.body),
            "elapsed": response.elapsed,
            "complete": response.complete,
            "cut": response.cut,
        },
        "error": value.error,
    }


def failure(value: Failure) -> Json:
    """One exchange that violates one rule."""
    return {
        "rule": value.rule,
        "operation": value.operation,
        "location": {"pointer": value.location.pointer, "file": value.location.file, "line": value.location.line},
        "message": value.message,
        "probe": value.probe,
        "reason": value.reason,
        "expected": value.expected,
        "actual": value.actual,
        "exchange": exchange(value.exchange),
        "other": None if value.other is None else exchange(value.other),
        "steps": [
            {
                "label": step.label,
                "method": step.exchange.request.method,
                "target": step.exchange.request.target,
                "body": _body(step.exchange.request.body),
                "status": step.exchange.response.status if step.exchange.response else None,
            }
            for step in value.steps
        ],
    }


def finding(value: Finding) -> Json:
    """One finding, without its failure."""
    return {
        "rule": value.rule,
        "title": value.title,
        "status": str(value.status),
        "message": value.failure.message,
        "operation": value.failure.operation,
        "operations": list(value.operations or (value.failure.operation,)),
        "location": str(value.failure.location),
        "advice": value.advice,
        "curl": value.curl,
        "script": value.script,
        "count": value.count,
        "probes": list(value.probes),
        "fingerprint": value.fingerprint,
        "note": value.note,
    }


def run_result(value: RunResult) -> Json:
    """The complete run result, without exchanges: the reports hold them, and `curl` repeats the request."""
    findings = [{**finding(item), "failure": _brief(item.failure)} for item in value.findings]
    about = {"campaign": campaign(value.campaign)} if value.campaign else {}
    whole: Json = encodable({**run(value), **result(value), **about, "findings": findings})
    return whole


def campaign(value: CampaignSummary) -> Json:
    """What only a campaign knows about its run."""
    return {
        "id": value.id,
        "name": value.name,
        "ended": value.ended,
        "resume": value.resume,
        "cpu_seconds": value.cpu_seconds,
        "sources": [
            {
                "source": curve.source,
                "requests": curve.requests,
                "cpu_seconds": curve.cpu_seconds,
                "discoveries": curve.discoveries,
                "failures": curve.failures,
            }
            for curve in value.sources
        ],
        "statuses_by_operation": [
            {"operation": operation, "status": status, "count": count} for operation, status, count in value.reached
        ],
        "first_seen": {
            fingerprint: {"seconds": seconds, "case": case, "new": new}
            for fingerprint, seconds, case, new in value.first_seen
        },
    }


def _brief(value: Failure) -> Json:
    """A failure with what identifies its exchanges."""
    return {
        **{name: member for name, member in failure(value).items() if name not in ("exchange", "other")},
        "request": f"{value.exchange.request.method} {value.exchange.request.target}",
        "status": value.exchange.response.status if value.exchange.response else None,
        "error": value.exchange.error,
    }


def _body(content: bytes | None) -> str | Json | None:
    if content is None:
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode("ascii")}
