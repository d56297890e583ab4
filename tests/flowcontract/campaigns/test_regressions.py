"""A campaign first looks for the failures of earlier campaigns, with new resources."""

import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from tests.faulty_servers.crud.catalogue import FAULTS
from tests.faulty_servers.crud.document import DOCUMENT
from tests.faulty_servers.crud.handling import OTHER, OWNER, READER, Call
from tests.faulty_servers.crud.messages import Problem, Response
from tests.faulty_servers.crud.server import Api
from tests.faulty_servers.crud.serving import running
from tests.faulty_servers.crud.variants import EmptyAtFirst
from tests.flowcontract.campaigns.narrowed import one_scenario

from flowcontract.checks.findings import Result
from flowcontract.cli.main import main
from flowcontract.engine.campaigns import session
from flowcontract.engine.campaigns.conclusion import Conclusion, Evaluation, conclude
from flowcontract.engine.campaigns.database import Batch, Database, StoredGroup, Triage
from flowcontract.engine.campaigns.driver import Budget, Driver
from flowcontract.engine.campaigns.plan import START, Knowledge, Settings, Shard, Task
from flowcontract.engine.campaigns.shards import retest
from flowcontract.engine.campaigns.worker import Worker
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

CONTRACT = Contract(DOCUMENT)
SETTINGS = Settings(allow_unsafe=True, cases=1)
FEW = Budget(cases=1, outage=2)


def target(url: str) -> Target:
    return Target.at(url, CONTRACT.base_path, token=OWNER, other_token=OTHER, read_only_token=READER)


def first_campaign(database: Database, url: str, scenario: str, rule: str) -> None:
    """A campaign of one shard, with its failures of one rule: of a scenario, or of the probes if it is empty."""
    prepared = session.begin(database, CONTRACT, target(url), SETTINGS)
    chosen = one_scenario(scenario) if scenario else nullcontext(Shard("probes", 0))
    with chosen as shard:
        found = Worker(prepared.plan).run(Task(shard), Knowledge())
    groups = [StoredGroup(group, 0.0, 0.0) for group in found.groups if group.violation.rule == rule]
    assert groups
    database.write(prepared.campaign, Batch(groups=groups, seconds=1.0))
    database.close_campaign(prepared.campaign, "complete", "all cases have run")


def next_campaign(database: Database, here: type, url: str, settings: Settings = SETTINGS) -> Conclusion:
    """A campaign without a request to spare."""
    prepared = session.begin(database, CONTRACT, target(url), settings)
    Driver(database, prepared.campaign, prepared.plan, here(), FEW).run()
    return conclude(Evaluation(database, CONTRACT, database.campaign(prepared.campaign.id), target(url)))


FOUND = [
    ("unknown-task-is-500", "server-error", ""),
    ("foreign-project-is-readable", "resource-of-another-user-accessible", ""),
    ("deleted-is-readable", "use-after-delete", "delete"),
]


@pytest.mark.usefixtures("few_probes")
@pytest.mark.parametrize(("fault", "rule", "scenario"), FOUND, ids=[fault for fault, _, _ in FOUND])
def test_a_short_campaign_sees_what_earlier_ones_saw_and_that_it_is_gone(
    database: Database, here: type, capsys: pytest.CaptureFixture[str], fault: str, rule: str, scenario: str
) -> None:
    faulty = type("Faulty", (FAULTS[fault].server, EmptyAtFirst), {})
    with running(faulty()) as url:
        first_campaign(database, url, scenario, rule)
        again = next_campaign(database, here, url)

    assert again.run_result.result is Result.FAILED
    before = conclude(Evaluation(database, CONTRACT, database.campaign(1), target(url)))
    names = {each.finding.fingerprint for each in before.findings}
    assert {each.finding.fingerprint for each in again.findings if not each.new} == names
    assert {each.case for each in again.findings if not each.new} == {"regressions, from campaign 1"}

    with running(EmptyAtFirst()) as url:
        fixed = next_campaign(database, here, url)

    assert rule not in {each.finding.rule for each in fixed.findings}
    assert "not retested" not in fixed.run_result.headline
    main(["campaigns", "compare", "1", "3", "--json", "--database", str(database.path)])
    compared = json.loads(capsys.readouterr().out)
    assert {each["fingerprint"] for each in compared["gone"]} == names
    assert compared["not_retested"] == []


def test_what_deletes_and_what_is_sent_again_counts_as_tested(database: Database, here: type) -> None:
    """The first requests do not delete: the end of the shard does, and so does what is sent again."""
    with running(FAULTS["deleted-is-readable"].server()) as url:
        prepared = session.begin(database, CONTRACT, target(url), SETTINGS)
        first = Worker(prepared.plan).run(Task(Shard(START, 0)), None)
        first_campaign(database, url, "delete", "use-after-delete")
        prepared = session.begin(database, CONTRACT, target(url), SETTINGS)
        again = retest(Worker(prepared.plan), Task(Shard("regressions", 0)))

    deletes = {name for name in prepared.plan.selected if CONTRACT.operation(name).method == "DELETE"}
    assert deletes & set(first.tested)
    assert deletes & set(again.tested)
    assert {group.campaign for group in again.groups} == {2}, "the campaign whose failure it was"


def test_a_resume_after_a_kill_says_that_something_may_be_left(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(FAULTS["deleted-is-readable"].server()) as url:
        session.begin(database, CONTRACT, target(url), SETTINGS)
        monkeypatch.setattr("flowcontract.engine.campaigns.database._is_alive", lambda *_: False)
        session.resume(database, CONTRACT, database.campaign(), target(url))
        result = conclude(Evaluation(database, CONTRACT, database.campaign(), target(url))).run_result

    assert "The process of this campaign was killed once: what it was creating then may still exist." in result.notes


def test_failures_that_are_too_many_to_be_sent_again_are_counted(
    database: Database, here: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "MOST_REGRESSIONS", 0)
    with running(FAULTS["deleted-is-readable"].server()) as url:
        first_campaign(database, url, "delete", "use-after-delete")
        number = len(database.groups(database.campaign()))
        again = next_campaign(database, here, url)

    assert "1 earlier finding not retested" in again.run_result.headline
    (note,) = (note for note in again.run_result.notes if "of earlier campaigns not sent again" in note)
    assert int(note.split()[0]) == number


def test_what_a_campaign_may_not_send_is_not_gone(
    database: Database, here: type, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(FAULTS["deleted-is-readable"].server()) as url:
        first_campaign(database, url, "delete", "use-after-delete")
        reads = next_campaign(database, here, url, replace(SETTINGS, allow_unsafe=False))

    assert "1 earlier finding not retested" in reads.run_result.headline
    main(["campaigns", "compare", "1", "2", "--json", "--database", str(database.path)])
    compared = json.loads(capsys.readouterr().out)
    assert (len(compared["gone"]), len(compared["not_retested"])) == (0, 1)


def test_a_failure_is_checked_again_with_the_pairs_of_the_campaign_that_found_it(
    database: Database, here: type
) -> None:
    others = replace(SETTINGS, pairs={"createTask": ""})
    with running(FAULTS["task-is-found-in-any-project"].server()) as url:
        first_campaign(database, url, "other_parents", "found-below-another-parent")
        second = next_campaign(database, here, url, others)
        third = next_campaign(database, here, url, others)

    for again in (second, third):
        assert "found-below-another-parent" in {each.finding.rule for each in again.findings if not each.new}


class Full(Api):
    """Creates no projects any more."""

    def create_project(self, call: Call) -> Response:
        raise Problem(403, "There is no room.")


@pytest.mark.parametrize(("fail_on", "result"), [("open", Result.INCONCLUSIVE), ("new", Result.PASSED)])
def test_a_campaign_that_cannot_check_an_earlier_finding_again_does_not_pass(
    database: Database, here: type, fail_on: str, result: Result
) -> None:
    with running(FAULTS["stale-is-accepted"].server()) as url:
        first_campaign(database, url, "etags", "stale-write-accepted")
    with running(Full()) as url:
        second = next_campaign(database, here, url)
        concluded = conclude(
            Evaluation(database, CONTRACT, database.campaign(2), target(url), fail_on=fail_on)
        ).run_result

    assert "stale-write-accepted" not in {each.finding.rule for each in second.findings}
    assert concluded.result is result
    (note,) = (note for note in concluded.notes if "cannot be checked again" in note)
    assert "/projects) got 403, was 201: " in note
    assert "(it may need the credentials of the campaign that recorded it)" in note
    assert "There is no room." in note


def test_a_campaign_that_ends_before_it_sent_everything_again_is_inconclusive(database: Database, here: type) -> None:
    with running(FAULTS["deleted-is-readable"].server()) as url:
        first_campaign(database, url, "delete", "use-after-delete")
        prepared = session.begin(database, CONTRACT, target(url), SETTINGS)
        Driver(database, prepared.campaign, prepared.plan, here(), Budget(seconds=0.001, outage=2)).run()
        conclusion = conclude(Evaluation(database, CONTRACT, database.campaign(2), target(url)))

    assert conclusion.run_result.result is not Result.PASSED


def test_a_finding_that_was_fixed_and_is_seen_again_is_a_regression(
    database: Database, here: type, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with running(FAULTS["deleted-is-readable"].server()) as url:
        first_campaign(database, url, "delete", "use-after-delete")
        (name,) = (
            each.finding.fingerprint
            for each in conclude(Evaluation(database, CONTRACT, database.campaign(1), target(url))).findings
        )
        database.decide(name, Triage("fixed"))
        next_campaign(database, here, url)

    assert main(["campaigns", "compare", "1", "2", "--database", str(database.path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[lines.index("1 regression") + 1].split()[0] == name


@pytest.mark.usefixtures("few_probes")
def test_a_single_request_about_an_own_resource_has_the_requests_that_create_it(database: Database) -> None:
    with running(type("Faulty", (FAULTS["foreign-project-is-readable"].server, EmptyAtFirst), {})()) as url:
        first_campaign(database, url, "", "resource-of-another-user-accessible")
        (each, *_) = conclude(Evaluation(database, CONTRACT, database.campaign(1), target(url))).findings

    methods = [step.exchange.request.method for step in each.finding.failure.steps]
    assert methods[0] == "POST"
    assert methods[-1] == each.finding.failure.exchange.request.method
    assert "value_1" in each.finding.script.splitlines()[-1]
