"""The gate as tests, one for each rule, over one run. `flowcontract.checks.registry` says what each rule is for."""

from collections.abc import Iterable

import pytest

from flowcontract.checks.registry import RULES
from flowcontract.checks.results import Cause, Judgement, Verdict


def test_the_target_can_be_judged(flow_result: Judgement) -> None:
    """A success was seen; where none ever is, every other test would pass for nothing."""
    assert flow_result.verdict is not Verdict.UNJUDGED, flow_result.headline


@pytest.mark.parametrize("rule", RULES)
def test_rule(rule: str, flow_result: Judgement) -> None:
    """No answer broke the rule. A remark breaks nothing: it is why the test is skipped."""
    broken = _told(flow_result.open_causes, rule)
    remarks = _told(flow_result.remarks, rule)

    assert not broken, f"{RULES[rule].title}\n{broken}"
    if remarks:
        pytest.skip(f"remark: {RULES[rule].title}\n{remarks}")


def _told(causes: Iterable[Cause], rule: str) -> str:
    return "\n\n".join(
        f"{cause.failure.place}\n{cause.failure.message}\n{cause.curl}\n{cause.advice}"
        for cause in causes
        if cause.rule == rule
    )
