"""The gate on the mock: right as it is, and with the known defects of the real server switched on."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

import flowmock
from flowcontract import engine
from flowcontract.checks.findings import Result, RunResult
from flowcontract.checks.suppressions import Waiver
from flowcontract.http.target import Target
from flowcontract.openapi import assemble
from flowcontract.openapi.contract import Contract

DEFECTS = ("defect-nul", "defect-non-ascii-token", "defect-shadowed-slugs")
RunGate = Callable[..., RunResult]


@pytest.fixture(scope="module")
def judged() -> RunGate:
    contract = Contract.load()

    def run(*scenarios: str, **options: Any) -> RunResult:
        tokens = ["token-of-a-test", "token-for-nothing:none"]
        with flowmock.running(contract, tokens=tokens, scenario=scenarios) as mock:
            target = Target.at(mock.url, contract.base_path, token="token-of-a-test", none_token="token-for-nothing")
            return engine.run(contract, target, engine.Options(assume_examples=True, **options))

    return run


def _named(run_result: RunResult) -> Counter[tuple[str, int]]:
    responses = ((finding.rule, finding.failure.exchange.response) for finding in run_result.open_findings)
    return Counter((rule, response.status if response else 0) for rule, response in responses)


@pytest.mark.parametrize("profile", ["quick", "full"])
def test_the_mock_keeps_the_contract(judged: RunGate, profile: str) -> None:
    run_result = judged(profile=profile)

    assert run_result.result is Result.PASSED, run_result.open_findings


@pytest.mark.parametrize("profile", ["quick", "full"])
def test_each_defect_is_named_once(judged: RunGate, profile: str) -> None:
    run_result = judged(*DEFECTS, profile=profile)

    named = Counter(finding.rule for finding in run_result.open_findings)
    assert named == {"server-error": 2, "route-conflict": 1}


def test_what_the_page_does_not_document_is_named_once_for_each_status(judged: RunGate) -> None:
    run_result = judged(*DEFECTS, published=assemble.published(Contract.load()))

    named = _named(run_result)
    assert {status for rule, status in named if rule == "undocumented-status-code"} == {404, 405, 406}
    assert named["server-error", 500] == 2
    assert sum(named.values()) == 6


def test_with_a_waiver_for_each_it_passes(judged: RunGate) -> None:
    blank = Waiver("", "*", "known", "the owner", date(2999, 1, 1))
    waivers = tuple(replace(blank, rule=rule) for rule in ("server-error", "route-conflict"))

    assert judged(*DEFECTS, profile="quick", waivers=waivers).result is Result.PASSED
