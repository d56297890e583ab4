"""A campaign against the mock with the known defects of the real server switched on."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

import flowmock
from flowcontract.engine.campaigns import session
from flowcontract.engine.campaigns.conclusion import Evaluation, conclude
from flowcontract.engine.campaigns.database import Database
from flowcontract.engine.campaigns.driver import Budget, Driver
from flowcontract.engine.campaigns.findings import CampaignFinding
from flowcontract.engine.campaigns.plan import Settings
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

TOKEN = "token-of-a-test"
Campaign = Callable[..., tuple[CampaignFinding, ...]]


@pytest.fixture
def campaign(database: Database, here: Any) -> Campaign:
    """Run a short campaign against a mock with these scenarios: its findings."""
    contract = Contract.load()

    def run(*scenarios: str) -> tuple[CampaignFinding, ...]:
        with flowmock.running(contract, tokens=[TOKEN], scenario=scenarios) as mock:
            target = Target.at(mock.url, contract.base_path, token=TOKEN)
            prepared = session.begin(database, contract, target, Settings(seed=2))
            Driver(database, prepared.campaign, prepared.plan, here(), Budget(cases=400)).run()
            return conclude(Evaluation(database, contract, database.campaign(), target)).findings

    return run


def test_the_mock_as_it_is_has_none(campaign: Campaign) -> None:
    assert campaign() == ()


def test_each_defect_is_one_finding(campaign: Campaign) -> None:
    found = campaign("defect-nul", "defect-shadowed-slugs", "defect-non-ascii-token")

    assert Counter(each.finding.rule for each in found) == {"server-error": 2, "route-conflict": 1}
    assert all(each.finding.count > 1 for each in found)
