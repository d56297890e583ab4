"""The test cases of a run by operation, for the formats of test runners: JUnit and CTRF have the same ones."""

from collections.abc import Iterator
from dataclasses import dataclass

from flowcontract.checks.findings import Finding, FindingStatus, Result, RunResult
from flowcontract.text import plural

_NOT_SELECTED = "not selected"


@dataclass(frozen=True, slots=True)
class Case:
    """A rule that was checked for an operation, with its finding as seen there, or why nothing was checked."""

    rule: str
    finding: Finding | None = None
    reason: str = ""


def cases_by_operation(run_result: RunResult) -> Iterator[tuple[str, list[Case]]]:
    """The test cases of a run by operation (`GET /books/{id}`)."""
    for item in run_result.coverage:
        found = [
            finding.in_operation(item.operation)
            for finding in run_result.findings
            if item.operation in _operations(finding)
        ]
        failed = {finding.rule for finding in found}
        cases = [Case(finding.rule, finding) for finding in found]
        cases += [Case(rule) for rule in run_result.checked.get(item.operation, ()) if rule not in failed]
        if not item.tested and item.reason != _NOT_SELECTED:
            cases.append(Case("success", reason=item.reason))
        if cases:
            yield f"{item.method} {item.path}", cases
    if not run_result.checked:
        violated = {finding.rule for finding in run_result.findings}
        if passed := [Case(rule) for rule, _ in run_result.rules if rule not in violated]:
            yield "all operations", passed
    covered = {item.operation for item in run_result.coverage}
    for finding in run_result.findings:
        if not covered.intersection(_operations(finding)):
            yield finding.failure.operation, [Case(finding.rule, finding)]


def needs_case_of_its_own(run_result: RunResult) -> bool:
    """Whether no finding shows why a run did not pass: it is inconclusive, or its warnings failed it."""
    has_failed = run_result.result is Result.FAILED
    return run_result.result is Result.INCONCLUSIVE or (has_failed and not run_result.open_findings)


def counted(run_result: RunResult) -> str:
    """Why there are more failed test cases than findings; empty where there are not."""
    number, failing = len(run_result.open_findings), (FindingStatus.OPEN, FindingStatus.FLAKY)
    cases = [case for _, cases in cases_by_operation(run_result) for case in cases]
    failed = sum(case.finding is not None and case.finding.status in failing for case in cases)
    if failed == number:
        return ""
    return f"{plural(number, 'finding')} in {plural(failed, 'test case')}: one for each operation that has it."


def _operations(finding: Finding) -> tuple[str, ...]:
    return finding.operations or (finding.failure.operation,)
