"""The gate on the mock with scenarios for the known defects of the real server. `test_demo` has it without them."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

import flowmock
from flowcontract import engine
from flowcontract.checks.findings import RunResult
from flowcontract.http.target import Target
from flowcontract.openapi import assemble
from flowcontract.openapi.contract import Contract

DEFECTS = ("defect-nul", "defect-non-ascii-token", "defect-shadowed-slugs")
RunGate = Callable[..., RunResult]


@pytest.fixture(scope="module")
def run_gate_on_mock() -> RunGate:
    contract = Contract.load()

    def run(*scenarios: str, **options: Any) -> RunResult:
        tokens = ["token-of-a-test", "token-for-nothing:none"]
        with flowmock.running(contract, tokens=tokens, scenario=scenarios) as mock:
            target = Target.at(mock.url, contract.base_path, token="token-of-a-test", none_token="token-for-nothing")
            return engine.run(contract, target, engine.Options(assume_examples=True, **options))

    return run


def _rules_and_statuses(run_result: RunResult) -> Counter[tuple[str, int]]:
    responses = ((finding.rule, finding.failure.exchange.response) for finding in run_result.open_findings)
    return Counter((rule, response.status if response else 0) for rule, response in responses)


def test_each_defect_is_one_finding(run_gate_on_mock: RunGate) -> None:
    run_result = run_gate_on_mock(*DEFECTS, profile="full")

    rules = Counter(finding.rule for finding in run_result.findings)
    assert rules == {"server-error": 2, "route-conflict": 1}


def test_what_the_page_does_not_document_is_one_finding_for_each_status(run_gate_on_mock: RunGate) -> None:
    run_result = run_gate_on_mock(*DEFECTS, profile="quick", published=assemble.published(Contract.load()))

    found = _rules_and_statuses(run_result)
    assert {status for rule, status in found if rule == "undocumented-status-code"} == {404, 405, 406}
    assert found["server-error", 500] == 2
    assert found["undocumented-input-effect", 404] == 1, "filters of the list apply to one flow"
    assert found["undocumented-content-type", 400] == 1, "a page for too many parameters"
    assert sum(found.values()) == 8
