"""Contract tests: one test per rule, over one run. `flowcontract.checks.registry` describes the rules."""

from collections.abc import Iterable

import pytest

from flowcontract.checks.findings import Finding, Result, RunResult
from flowcontract.checks.registry import RULES


def test_the_result_is_conclusive(flow_result: RunResult) -> None:
    """The server returned a success. Without one, every other test would pass without testing anything."""
    assert flow_result.result is not Result.INCONCLUSIVE, flow_result.headline


@pytest.mark.parametrize("rule", RULES)
def test_rule(rule: str, flow_result: RunResult) -> None:
    """No response violates the rule. A warning does not fail the test but skips it."""
    failures = _text(flow_result.open_findings, rule)
    warnings = _text(flow_result.warnings, rule)

    assert not failures, f"{RULES[rule].title}\n{failures}"
    if warnings:
        pytest.skip(f"warning: {RULES[rule].title}\n{warnings}")


def _text(findings: Iterable[Finding], rule: str) -> str:
    return "\n\n".join(
        f"{finding.failure.location}\n{finding.failure.message}\n{finding.curl}\n{finding.advice}"
        for finding in findings
        if finding.rule == rule
    )
