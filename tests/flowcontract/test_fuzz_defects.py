"""A campaign against the mock with the known defects of the real server switched on."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import flowmock
from flowcontract.engine.campaigns import runner, session
from flowcontract.engine.campaigns.database import Batch, Database, StoredGroup
from flowcontract.engine.campaigns.findings import CampaignFinding
from flowcontract.engine.campaigns.plan import PackedPlan, Shard, Source
from flowcontract.engine.campaigns.shards import run_shard
from flowcontract.http.target import Target
from flowcontract.openapi import documents
from flowcontract.openapi.contract import Contract, carried

TOKEN = "token-of-a-test"
DEFECTS = tuple(documents.read(carried("scenarios/real-server.yaml")))
HIDING = "defect-outage"
"""While everything fails no other defect can be seen."""
Campaign = Callable[..., tuple[CampaignFinding, ...]]


@pytest.fixture
def campaign(tmp_path: Path) -> Iterator[Campaign]:
    """Run the plan and some mutated cases against a mock with these scenarios: the findings."""
    contract = Contract.load()
    asked = {"name": "", "seed": 2, "values": {}, "operations": [], "published": False, "unsafe": False, "timeout": 5.0,
             "cases": None}  # fmt: skip

    def run(*scenarios: str) -> tuple[CampaignFinding, ...]:
        with (
            flowmock.running(contract, tokens=[TOKEN], scenario=scenarios) as mock,
            Database(tmp_path / "c.db") as database,
        ):
            target = Target.at(mock.url, contract.base_path, token=TOKEN)
            prepared = session.begin(database, contract, target, asked)
            groups = {}
            for shard in (Shard(Source.PLAN, 0, len(prepared.plan.planned)), Shard(Source.MUTATED, 0, 1200)):
                result = run_shard(PackedPlan.of(prepared.plan), shard, seconds=300, interval=0, seen=frozenset(groups))
                for key, group in result.groups.items():
                    groups[key] = groups[key].merged(group) if key in groups else group
            database.write(prepared.campaign, Batch(groups=[StoredGroup(group, 0.0) for group in groups.values()]))
            return session.conclude(database, contract, prepared.campaign, target).findings

    yield run
    runner.close_all()


def test_the_mock_as_it_is_has_none(campaign: Campaign) -> None:
    assert campaign() == ()


@pytest.mark.parametrize("defect", DEFECTS)
def test_each_defect_is_found_and_is_one_cause(campaign: Campaign, defect: str) -> None:
    (found,) = campaign(defect)

    assert found.finding.count > 1


def test_all_of_them_at_once_are_one_cause_each(campaign: Campaign) -> None:
    seen_together = [defect for defect in DEFECTS if defect != HIDING]

    found = campaign(*seen_together)

    assert len(found) == len(seen_together)
    assert Counter(each.finding.rule for each in found) == {"server-error": 2, "route-conflict": 1}
    assert {each.trigger for each in found} == {
        "NUL in the resource ID", "a non-ASCII token", "a resource ID that another route takes",
    }  # fmt: skip
