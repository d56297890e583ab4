"""Common Test Report Format (JSON): the same test cases as in JUnit XML."""

import json
from datetime import datetime
from importlib.metadata import version
from typing import Any

from flowcontract.checks.findings import Finding, FindingStatus, Result, RunResult
from flowcontract.reporting import view
from flowcontract.reporting.cases import Case, cases_by_operation, counted, needs_case_of_its_own
from flowcontract.reporting.side_by_side import where
from flowcontract.reporting.view import facts
from flowcontract.text import one_line, visible

Json = dict[str, Any]


def render(run_result: RunResult) -> str:
    """The run result as a CTRF report."""
    tests = [_case_test(name, case) for name, cases in cases_by_operation(run_result) for case in cases]
    if needs_case_of_its_own(run_result):
        status = "other" if run_result.result is Result.INCONCLUSIVE else "failed"
        tests.append({**_test("result", status), "message": one_line(run_result.headline)})
    start = milliseconds(run_result.started)
    summary: Json = {"tests": len(tests)}
    for status in ("passed", "failed", "pending", "skipped", "other"):
        summary[status] = sum(test["status"] == status for test in tests)
    summary |= {"start": start, "stop": start + round(run_result.seconds * 1000)}
    report = {
        "reportFormat": "CTRF",
        "specVersion": "0.0.0",
        "generatedBy": "flowcontract",
        "results": {
            "tool": {"name": "flowcontract", "version": version("flowcontract")},
            "summary": summary,
            "tests": tests,
            "extra": {
                **{label.lower(): text for label, text in facts(run_result)},
                "headline": one_line(run_result.headline),
                **({"counts": counts} if (counts := counted(run_result)) else {}),
            },
        },
    }
    return json.dumps(report, indent=2) + "\n"


def milliseconds(started: str) -> int:
    """An ISO 8601 time as milliseconds since 1970; 0 if it is not one."""
    try:
        return round(datetime.fromisoformat(started).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return 0


def _test(name: str, status: str) -> Json:
    return {"name": one_line(name), "status": status, "duration": 0}


def _case_test(operation: str, case: Case) -> Json:
    if case.finding is not None:
        return _finding_test(operation, case.finding)
    test = _test(case.rule, "skipped" if case.reason else "passed")
    more = {"message": one_line(f"not tested: {case.reason}")} if case.reason else {}
    return {**test, "suite": [one_line(operation)], **more}


def _finding_test(operation: str, finding: Finding) -> Json:
    failure = finding.failure
    is_open = finding.status in (FindingStatus.OPEN, FindingStatus.FLAKY)
    test = _test(f"{finding.rule}: {finding.title} ({finding.fingerprint})", "failed" if is_open else "skipped")
    test |= {
        "rawStatus": str(finding.status),
        "duration": round(view.seconds(failure) * 1000),
        "suite": [one_line(operation)],
        "message": view.with_steps(failure),
        "trace": visible(f"{where(failure)}\n{finding.advice}\n{failure.location}\n{finding.script or finding.curl}"),
        "tags": [one_line(finding.rule)],
        "flaky": finding.status is FindingStatus.FLAKY,
        "extra": {
            "count": finding.count,
            "probes": [one_line(name) for name in finding.probes],
            "note": visible(finding.note),
        },
    }
    if view.workspace_file(failure):
        test |= {"filePath": one_line(failure.location.file), "line": max(1, failure.location.line)}
    return test
