"""The gate as tests: one for each rule, over one run. What a rule asks for and why stands in `flowcontract.rules`."""

import pytest

from flowcontract.judgement import Judgement, Verdict
from flowcontract.rules import RULES


def test_the_target_can_be_judged(flow_judgement: Judgement) -> None:
    """A success was seen; where none ever is, every other test would pass for nothing."""
    assert flow_judgement.verdict is not Verdict.UNJUDGED, flow_judgement.headline


@pytest.mark.parametrize("rule", RULES)
def test_rule(rule: str, flow_judgement: Judgement) -> None:
    """No answer broke the rule."""
    broken = [
        f"{cause.failure.place}\n{cause.failure.message}\n{cause.curl}\n{cause.advice}"
        for cause in flow_judgement.open_causes
        if cause.rule == rule
    ]

    assert not broken, f"{RULES[rule].title}\n" + "\n\n".join(broken)
