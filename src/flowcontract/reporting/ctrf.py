"""Common Test Report Format: the same cases as in JUnit XML, as JSON for the tools that read it."""

import json
from datetime import datetime
from importlib.metadata import version
from typing import Any

from flowcontract.checks.results import Cause, Judgement, Standing, Verdict
from flowcontract.reporting.view import facts
from flowcontract.text import one_line, visible

Json = dict[str, Any]


def render(judgement: Judgement) -> str:
    """The judgement as a CTRF report."""
    broken = {cause.rule for cause in judgement.causes}
    tests = [_test(rule, "passed") for rule, _ in judgement.rules if rule not in broken]
    tests += [_of_cause(cause) for cause in judgement.causes]
    if judgement.verdict is Verdict.UNJUDGED:
        tests.append({**_test("verdict", "other"), "message": one_line(judgement.headline)})
    start = milliseconds(judgement.started)
    summary: Json = {"tests": len(tests)}
    for status in ("passed", "failed", "pending", "skipped", "other"):
        summary[status] = sum(test["status"] == status for test in tests)
    summary |= {"start": start, "stop": start + round(judgement.seconds * 1000)}
    report = {
        "reportFormat": "CTRF",
        "specVersion": "0.0.0",
        "generatedBy": "flowcontract",
        "results": {
            "tool": {"name": "flowcontract", "version": version("flowcontract")},
            "summary": summary,
            "tests": tests,
            "extra": {label.lower(): text for label, text in facts(judgement)},
        },
    }
    return json.dumps(report, indent=2) + "\n"


def milliseconds(started: str) -> int:
    """An ISO 8601 time as milliseconds since 1970; 0 for what is none."""
    try:
        return round(datetime.fromisoformat(started).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return 0


def _test(name: str, status: str) -> Json:
    return {"name": one_line(name), "status": status, "duration": 0}


def _of_cause(cause: Cause) -> Json:
    failure = cause.failure
    is_open = cause.standing in (Standing.OPEN, Standing.FLAKY)
    test = _test(f"{cause.rule}: {cause.title} ({cause.fingerprint})", "failed" if is_open else "skipped")
    test |= {
        "rawStatus": str(cause.standing),
        "suite": [one_line(failure.operation)],
        "message": one_line(failure.message),
        "trace": visible(f"{failure.place}\n{cause.advice}\n{cause.curl}"),
        "tags": [one_line(cause.rule)],
        "flaky": cause.standing is Standing.FLAKY,
        "extra": {
            "count": cause.count,
            "probes": [one_line(name) for name in cause.probes],
            "note": visible(cause.note),
        },
    }
    if failure.place.file:
        test |= {"filePath": one_line(failure.place.file), "line": max(1, failure.place.line)}
    return test
