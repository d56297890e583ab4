"""JUnit XML: one test case per rule that passed and one per finding, so that a CI server counts both.

Findings that are warnings, waived or known are skipped; an inconclusive run is an error. All test cases belong to one
suite named after the contract, because most viewers do not show nested suites.
"""

from typing import Any

import junitparser

from flowcontract.checks.findings import Finding, FindingStatus, Result, RunResult
from flowcontract.reporting.view import evidence, facts, outcome, summary
from flowcontract.text import one_line, plural, visible


def render(run_result: RunResult) -> str:
    """The run result as a JUnit XML document."""
    suite: Any = junitparser.TestSuite(one_line(f"flowcontract: {run_result.contract}"))
    suite.timestamp = one_line(run_result.started[:19])
    for label, text in facts(run_result):
        suite.add_property(label.lower(), text)
    failed = {finding.rule for finding in run_result.findings}
    cases = [_case(rule, rule) for rule, _ in run_result.rules if rule not in failed]
    cases += [_finding_case(finding) for finding in run_result.findings]
    if run_result.result is Result.INCONCLUSIVE:
        case = _case("result", "result")
        case.result = junitparser.Error(one_line(run_result.headline), "inconclusive")
        cases.append(case)
    suite.add_testcases(cases)
    output = [visible(run_result.headline), summary(run_result), *map(visible, run_result.notes)]
    suite.append(junitparser.SystemOut("\n".join(output)))
    report: Any = junitparser.JUnitXml("flowcontract")
    report.add_testsuite(suite)
    report.tests, report.failures, report.errors = suite.tests, suite.failures, suite.errors
    # Times are known for the whole run only.
    suite.time = report.time = round(run_result.seconds, 3)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{str(report.tostring(), "utf-8")}\n'


def _case(rule: str, name: str) -> junitparser.TestCase:
    return junitparser.TestCase(one_line(name), f"flowcontract.{one_line(rule)}", 0)


def _finding_case(finding: Finding) -> junitparser.TestCase:
    failure = finding.failure
    case = _case(finding.rule, f"{finding.title} · {failure.operation} · {finding.fingerprint}")
    message = one_line(failure.message)
    result: junitparser.Failure | junitparser.Skipped
    if finding.status in (FindingStatus.OPEN, FindingStatus.FLAKY):
        result = junitparser.Failure(message, one_line(finding.rule))
    else:
        result = junitparser.Skipped(one_line(f"{finding.status}: {finding.note or message}"), one_line(finding.rule))
    result.text = _details(finding)
    case.result = result
    return case


def _details(finding: Finding) -> str:
    failure = finding.failure
    shown = evidence(failure.exchange, limit=4_000)
    lines = [
        failure.message,
        "",
        f"location: {failure.location}",
        f"seen:     {plural(finding.count, 'time')}, by {', '.join(finding.probes)}",
        f"fix:      {finding.advice}",
        *([f"note:     {finding.note}"] if finding.note else []),
        "",
        finding.curl,
        "",
        f"{shown.request_line}  ->  {outcome(failure.exchange)}",
        *(f"{name}: {value}" for name, value in shown.response_headers),
        "",
        shown.response_body.text,
        *([f"({shown.response_body.note})"] if shown.response_body.note else []),
    ]
    return visible("\n".join(lines))
