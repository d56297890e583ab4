"""JUnit XML: one suite for each operation, with one test case for each rule that was checked for it.

A finding is a failed case of every operation that has it, with what that operation returned. Findings that are
warnings, waived or known are skipped; an operation that was not tested is one skipped case with the reason; an
inconclusive run is an error, and one that only its warnings failed a failure. A finding has the time of the requests
that show it; a case that passed has none, because all rules share the requests of an operation.
"""

from collections.abc import Iterator
from typing import Any

import junitparser

from flowcontract.checks.findings import Finding, FindingStatus, Result, RunResult
from flowcontract.reporting.cases import Case, cases_by_operation, counted, needs_case_of_its_own
from flowcontract.reporting.side_by_side import sides, where
from flowcontract.reporting.view import evidence, facts, numbered_steps, others, outcome, seconds, summary
from flowcontract.text import one_line, plural, visible

_PROBES = 10
"""Probes that a case names."""


def render(run_result: RunResult) -> str:
    """The run result as a JUnit XML document."""
    report: Any = junitparser.JUnitXml("flowcontract")
    for suite in _suites(run_result):
        report.add_testsuite(suite)
    report.update_statistics()
    report.time = round(run_result.seconds, 3)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{str(report.tostring(), "utf-8")}\n'


def _suites(run_result: RunResult) -> Iterator[Any]:
    first: Any = junitparser.TestSuite(one_line(f"flowcontract: {run_result.contract}"))
    first.timestamp = one_line(run_result.started[:19])
    for label, text in facts(run_result):
        first.add_property(label.lower(), text)
    if needs_case_of_its_own(run_result):
        result = _case("result", "run")
        kind = junitparser.Error if run_result.result is Result.INCONCLUSIVE else junitparser.Failure
        result.result = kind(one_line(run_result.headline), run_result.result.name.lower())
        first.add_testcase(result)
    output = [visible(run_result.headline), summary(run_result), counted(run_result), *map(visible, run_result.notes)]
    first.append(junitparser.SystemOut("\n".join(filter(None, output))))
    yield first
    for name, cases in cases_by_operation(run_result):
        suite: Any = junitparser.TestSuite(one_line(name))
        suite.add_testcases([_test_case(name, case) for case in cases])
        yield suite


def _case(name: str, suite: str) -> junitparser.TestCase:
    return junitparser.TestCase(one_line(name), one_line(f"flowcontract.{suite}"))


def _test_case(operation: str, case: Case) -> junitparser.TestCase:
    finding = case.finding
    if finding is None:
        made = _case(case.rule, operation)
        if case.reason:
            made.result = junitparser.Skipped(one_line(f"not tested: {case.reason}"), "not-tested")
        return made
    made = _case(f"{case.rule}: {finding.title} ({finding.fingerprint})", operation)
    message = one_line(finding.failure.message)
    result: junitparser.Failure | junitparser.Skipped
    if finding.status in (FindingStatus.OPEN, FindingStatus.FLAKY):
        result = junitparser.Failure(message, one_line(finding.rule))
    else:
        note = (finding.note or message).removeprefix(f"{finding.status}: ")
        result = junitparser.Skipped(one_line(f"{finding.status}: {note}"), one_line(finding.rule))
    result.text = _details(finding)
    made.result = result
    made.time = round(seconds(finding.failure), 3)
    return made


def _details(finding: Finding) -> str:
    failure = finding.failure
    shown, step_lines = evidence(failure.exchange, limit=4_000), numbered_steps(failure)
    lines = [
        where(failure),
        failure.message,
        "",
        *_marked(finding),
        f"fix:      {finding.advice}",
        f"contract: {failure.location}",
        *([f"also:     {others(finding)}"] if others(finding) else []),
        f"seen:     {plural(finding.count, 'time')}, by {', '.join(finding.probes[:_PROBES])}",
        *([f"note:     {finding.note}"] if finding.note else []),
        *([f"steps:    {step_lines[0]}", *(f"          {line}" for line in step_lines[1:])] if step_lines else []),
        "",
        (finding.script or finding.curl).rstrip(),
        "",
        f"{shown.request_line}  ->  {outcome(failure.exchange)}",
        *(f"{name}: {value}" for name, value in shown.response_headers),
        "",
        shown.response_body.text,
        *([f"({shown.response_body.note})"] if shown.response_body.note else []),
    ]
    return visible("\n".join(lines))


def _marked(finding: Finding) -> list[str]:
    """The marked lines of expected and actual."""
    return [
        f"{label} {line.text.strip()}"
        for label, side in zip(("expected:", "actual:  "), sides(finding.failure) or (), strict=False)
        for line in side.lines
        if line.is_marked
    ]
