"""The server that we call keeps the contract that our tests believe in: one run of the gate for the session."""

import pytest
from flowcontract.checks.results import Judgement, Verdict

RELIED_ON = ["schema", "refusal-as-documented", "key-unknown", "invariant"]


def test_the_server_can_be_judged(flow_result: Judgement) -> None:
    assert flow_result.verdict is not Verdict.UNJUDGED, flow_result.headline


@pytest.mark.parametrize("rule", RELIED_ON)
def test_a_rule_that_we_rely_on_holds(rule: str, flow_result: Judgement) -> None:
    assert [cause.failure.message for cause in flow_result.open_causes if cause.rule == rule] == []
