"""JUnit XML: one test case per rule that was kept and one per cause, so that a CI server counts both.

A waived or known cause is a skipped case; a run that could not judge is an error. Test cases belong to one
suite named after the contract, for most viewers show no deeper nesting.
"""

from typing import Any

import junitparser

from flowcontract.checks.results import Cause, Judgement, Standing, Verdict
from flowcontract.reporting.view import evidence, facts, outcome, tally
from flowcontract.text import one_line, visible


def render(judgement: Judgement) -> str:
    """The judgement as a JUnit XML document."""
    suite: Any = junitparser.TestSuite(one_line(f"flowcontract: {judgement.contract}"))
    suite.timestamp = one_line(judgement.started[:19])
    for label, text in facts(judgement):
        suite.add_property(label.lower(), text)
    broken = {cause.rule for cause in judgement.causes}
    cases = [_case(rule, rule) for rule, _ in judgement.rules if rule not in broken]
    cases += [_of_cause(cause) for cause in judgement.causes]
    if judgement.verdict is Verdict.UNJUDGED:
        case = _case("verdict", "verdict")
        case.result = junitparser.Error(one_line(judgement.headline), "unjudged")
        cases.append(case)
    suite.add_testcases(cases)
    told = [visible(judgement.headline), tally(judgement), *map(visible, judgement.notes)]
    suite.append(junitparser.SystemOut("\n".join(told)))
    report: Any = junitparser.JUnitXml("flowcontract")
    report.add_testsuite(suite)
    report.tests, report.failures, report.errors = suite.tests, suite.failures, suite.errors
    # The cases took no time of their own to speak of: the run as a whole did.
    suite.time = report.time = round(judgement.seconds, 3)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{str(report.tostring(), "utf-8")}\n'


def _case(rule: str, name: str) -> junitparser.TestCase:
    return junitparser.TestCase(one_line(name), f"flowcontract.{one_line(rule)}", 0)


def _of_cause(cause: Cause) -> junitparser.TestCase:
    failure = cause.failure
    case = _case(cause.rule, f"{cause.title} · {failure.operation} · {cause.fingerprint}")
    message = one_line(failure.message)
    result: junitparser.Failure | junitparser.Skipped
    if cause.standing in (Standing.OPEN, Standing.FLAKY):
        result = junitparser.Failure(message, one_line(cause.rule))
    else:
        result = junitparser.Skipped(one_line(f"{cause.standing}: {cause.note or message}"), one_line(cause.rule))
    result.text = _details(cause)
    case.result = result
    return case


def _details(cause: Cause) -> str:
    failure = cause.failure
    shown = evidence(failure.exchange, limit=4_000)
    lines = [
        failure.message,
        "",
        f"place:  {failure.place}",
        f"seen:   {cause.count}x, by {', '.join(cause.probes)}",
        f"advice: {cause.advice}",
        *([f"note:   {cause.note}"] if cause.note else []),
        "",
        cause.curl,
        "",
        f"{shown.request_line}  ->  {outcome(failure.exchange)}",
        *(f"{name}: {value}" for name, value in shown.response_headers),
        "",
        shown.response_body.text,
        *([f"({shown.response_body.note})"] if shown.response_body.note else []),
    ]
    return visible("\n".join(lines))
