"""The gate on the mock: right as it is, and with the known defects of the real server switched on."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

import flowmock
from flowcontract.checks.results import Judgement, Verdict
from flowcontract.checks.waivers import Waiver
from flowcontract.engine import gate
from flowcontract.http.messages import Target
from flowcontract.openapi import assemble
from flowcontract.openapi.contract import Contract

DEFECTS = ("defect-nul", "defect-non-ascii-token", "defect-shadowed-slugs")
Judged = Callable[..., Judgement]


@pytest.fixture(scope="module")
def judged() -> Judged:
    contract = Contract.load()

    def run(*scenarios: str, **options: Any) -> Judgement:
        tokens = ["token-of-a-test", "token-for-nothing:none"]
        with flowmock.running(contract, tokens=tokens, scenario=scenarios) as mock:
            target = Target.at(mock.url, contract.base_path, token="token-of-a-test", none_token="token-for-nothing")
            return gate.run(contract, target, gate.Options(assume_examples=True, **options))

    return run


def _named(judgement: Judgement) -> Counter[tuple[str, int]]:
    responses = ((cause.rule, cause.failure.exchange.response) for cause in judgement.open_causes)
    return Counter((rule, response.status if response else 0) for rule, response in responses)


@pytest.mark.parametrize("profile", ["quick", "full"])
def test_the_mock_keeps_the_contract(judged: Judged, profile: str) -> None:
    judgement = judged(profile=profile)

    assert judgement.verdict is Verdict.KEPT, judgement.open_causes


@pytest.mark.parametrize("profile", ["quick", "full"])
def test_each_defect_is_named_once(judged: Judged, profile: str) -> None:
    judgement = judged(*DEFECTS, profile=profile)

    named = Counter(cause.rule for cause in judgement.open_causes)
    assert named == {"no-server-error": 2, "key-shadowed": 1}


def test_what_the_page_does_not_document_is_named_once_for_each_status(judged: Judged) -> None:
    judgement = judged(*DEFECTS, published=assemble.published(Contract.load()))

    named = _named(judgement)
    assert {status for rule, status in named if rule == "status-documented"} == {404, 405, 406}
    assert named["no-server-error", 500] == 2
    assert sum(named.values()) == 6


def test_with_a_waiver_for_each_it_passes(judged: Judged) -> None:
    blank = Waiver("", "*", "known", "the owner", date(2999, 1, 1))
    waivers = tuple(replace(blank, rule=rule) for rule in ("no-server-error", "key-shadowed"))

    assert judged(*DEFECTS, profile="quick", waivers=waivers).verdict is Verdict.KEPT
