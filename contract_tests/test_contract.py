"""The gate as tests, one for each rule, over one run. `flowcontract.checks.registry` says what each rule is for."""

from collections.abc import Iterable

import pytest

from flowcontract.checks.findings import Finding, Result, RunResult
from flowcontract.checks.registry import RULES


def test_the_target_can_be_judged(flow_result: RunResult) -> None:
    """A success was seen; where none ever is, every other test would pass for nothing."""
    assert flow_result.result is not Result.INCONCLUSIVE, flow_result.headline


@pytest.mark.parametrize("rule", RULES)
def test_rule(rule: str, flow_result: RunResult) -> None:
    """No answer broke the rule. A remark breaks nothing: it is why the test is skipped."""
    broken = _told(flow_result.open_findings, rule)
    warnings = _told(flow_result.warnings, rule)

    assert not broken, f"{RULES[rule].title}\n{broken}"
    if warnings:
        pytest.skip(f"remark: {RULES[rule].title}\n{warnings}")


def _told(findings: Iterable[Finding], rule: str) -> str:
    return "\n\n".join(
        f"{finding.failure.location}\n{finding.failure.message}\n{finding.curl}\n{finding.advice}"
        for finding in findings
        if finding.rule == rule
    )
