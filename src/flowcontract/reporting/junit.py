"""JUnit XML: one test case per rule that was kept and one per cause, so that a CI server counts both.

A waived or known cause is a skipped case; a run that could not judge is an error. Test cases belong to one
suite named after the contract, for most viewers show no deeper nesting.
"""

from typing import Any

import junitparser

from flowcontract.checks.findings import Finding, FindingStatus, Result, RunResult
from flowcontract.reporting.view import evidence, facts, outcome, tally
from flowcontract.text import one_line, visible


def render(run_result: RunResult) -> str:
    """The judgement as a JUnit XML document."""
    suite: Any = junitparser.TestSuite(one_line(f"flowcontract: {run_result.contract}"))
    suite.timestamp = one_line(run_result.started[:19])
    for label, text in facts(run_result):
        suite.add_property(label.lower(), text)
    broken = {finding.rule for finding in run_result.findings}
    cases = [_case(rule, rule) for rule, _ in run_result.rules if rule not in broken]
    cases += [_of_cause(finding) for finding in run_result.findings]
    if run_result.result is Result.INCONCLUSIVE:
        case = _case("verdict", "verdict")
        case.result = junitparser.Error(one_line(run_result.headline), "unjudged")
        cases.append(case)
    suite.add_testcases(cases)
    told = [visible(run_result.headline), tally(run_result), *map(visible, run_result.notes)]
    suite.append(junitparser.SystemOut("\n".join(told)))
    report: Any = junitparser.JUnitXml("flowcontract")
    report.add_testsuite(suite)
    report.tests, report.failures, report.errors = suite.tests, suite.failures, suite.errors
    # The cases took no time of their own to speak of: the run as a whole did.
    suite.time = report.time = round(run_result.seconds, 3)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{str(report.tostring(), "utf-8")}\n'


def _case(rule: str, name: str) -> junitparser.TestCase:
    return junitparser.TestCase(one_line(name), f"flowcontract.{one_line(rule)}", 0)


def _of_cause(finding: Finding) -> junitparser.TestCase:
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
        f"place:  {failure.location}",
        f"seen:   {finding.count}x, by {', '.join(finding.probes)}",
        f"advice: {finding.advice}",
        *([f"note:   {finding.note}"] if finding.note else []),
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
