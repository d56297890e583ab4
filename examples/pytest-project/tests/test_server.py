"""The server that we call keeps the contract that our tests believe in: one run of the gate for the session."""

import pytest
from flowcontract.checks.findings import Result, RunResult

RELIED_ON = ["schema-violation", "undocumented-denial-status", "nonexistent-resource-found", "invariant-violation"]


def test_the_result_is_conclusive(flow_result: RunResult) -> None:
    assert flow_result.result is not Result.INCONCLUSIVE, flow_result.headline


@pytest.mark.parametrize("rule", RELIED_ON)
def test_a_rule_that_we_rely_on_holds(rule: str, flow_result: RunResult) -> None:
    assert [finding.failure.message for finding in flow_result.open_findings if finding.rule == rule] == []
