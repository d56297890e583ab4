"""Failures that need a sequence: found by a campaign with writes, and replayed as a whole; changes by others."""

import itertools
import json
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.faulty_servers.crud.catalogue import FAULTS
from tests.faulty_servers.crud.document import DOCUMENT
from tests.faulty_servers.crud.handling import OTHER, OWNER
from tests.faulty_servers.crud.messages import Request, Response
from tests.faulty_servers.crud.server import Api
from tests.faulty_servers.crud.serving import running

from flowcontract.cli.main import main
from flowcontract.engine.campaigns import session, triage
from flowcontract.engine.campaigns.conclusion import Evaluation, conclude
from flowcontract.engine.campaigns.database import Database
from flowcontract.engine.campaigns.driver import EXPIRED, Budget, Driver
from flowcontract.engine.campaigns.plan import Settings
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

PROJECTS = Settings(include=(("path", "/projects"), ("path", "/projects/*")))
"""Of a campaign about the resources that others change."""


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    file = tmp_path / "crud.json"
    file.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    return Contract.load(file)


@pytest.fixture
def target(contract: Contract) -> Callable[[str], Target]:
    return lambda url: Target.at(url, contract.base_path, token=OWNER, other_token=OTHER)


def test_a_failure_at_the_end_of_a_sequence_is_replayed_with_new_resources(
    database: Database,
    here: Any,
    contract: Contract,
    target: Callable[[str], Target],
    capsys: pytest.CaptureFixture[str],
) -> None:
    faulty = FAULTS["foreign-project-is-deletable"].server
    with running(faulty()) as url:
        prepared = session.begin(database, contract, target(url), Settings(allow_unsafe=True))
        Driver(database, prepared.campaign, prepared.plan, here(), Budget(seconds=120, fail_fast=True)).run()

    conclusion = conclude(Evaluation(database, contract, database.campaign(), target("http://127.0.0.1:1")))

    result = conclusion.run_result
    tested = {one.operation for one in result.coverage if one.tested}
    assert result.campaign is not None
    assert tested <= {operation for operation, _, _ in result.campaign.reached}, "deletions at the end, too"
    assert tested <= result.checked.keys()
    assert set().union(*result.checked.values()) <= {rule for rule, _ in result.rules}
    (each,) = [each for each in conclusion.findings if each.is_open]
    assert each.finding.rule == "resource-of-another-user-accessible"
    methods = [step.exchange.request.method for step in each.finding.failure.steps]
    assert (methods[0], methods[-1]) == ("POST", "DELETE")
    with running(faulty()) as url:
        again = triage.replay(contract, database.campaign(), each, target(url), unsafe=True)
        words = ("replay", each.finding.fingerprint, "--database", str(database.path), "--target", url)
        tokens = ("--token", OWNER, "--other-token", OTHER)
        assert main([*words, *tokens, "--spec", str(contract.source), "--allow-unsafe"]) == 1
    assert again.failures
    printed = capsys.readouterr().out
    assert "script: flowcontract campaigns show 1 --verbose" in printed
    assert "curl" not in printed, "what its last request is about is deleted"
    with running(Api()) as url:
        assert not triage.replay(contract, database.campaign(), each, target(url), unsafe=True).failures

    class Keeps(Api):
        def __call__(self, request: Request) -> Response:
            return Response(409, {}) if request.method == "DELETE" else super().__call__(request)

    with running(Keeps()) as url:
        (note,) = triage.replay(contract, database.campaign(), each, target(url), unsafe=True).notes
    assert note.startswith("Created by this run and still there: ")


class _Threads:
    """A pool that runs each function in a thread of this process; `most` is how many ran at once."""

    losses = 0

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.most = 0
        self._submitted: list[Future[Any]] = []
        self._executor = ThreadPoolExecutor(workers)

    def submit(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> "Future[Any]":
        self._submitted.append(self._executor.submit(function, *arguments, **named))
        self.most = max(self.most, sum(not future.done() for future in self._submitted))
        return self._submitted[-1]

    def renew(self) -> None:
        """Threads are not lost."""

    def close(self) -> None:
        self._executor.shutdown()


@pytest.mark.usefixtures("few_probes")
def test_workers_do_not_see_what_the_others_write(
    database: Database, contract: Contract, target: Callable[[str], Target]
) -> None:
    pool = _Threads(3)
    try:
        with running(Api()) as url:
            prepared = session.begin(database, contract, target(url), Settings(allow_unsafe=True))
            Driver(database, prepared.campaign, prepared.plan, pool, Budget(cases=700)).run()
    finally:
        pool.close()

    assert pool.most == 1

    conclusion = conclude(Evaluation(database, contract, database.campaign(), target("http://127.0.0.1:1")))
    assert [each.finding.failure.message for each in conclusion.findings if each.is_open] == []


@pytest.mark.usefixtures("few_probes")
def test_expired_credentials_pause_a_campaign_with_writes_whichever_shard_meets_them(
    database: Database, here: Any, contract: Contract, target: Callable[[str], Target]
) -> None:
    api, numbers = Api(), itertools.count(1)

    def expiring(request: Request) -> Response:
        is_owner = request.header("authorization") == f"Bearer {OWNER}"
        if next(numbers) > 800 and is_owner:
            request = request.having("authorization", "Bearer unknown")
        return api(request)

    with running(expiring) as url:
        prepared = session.begin(database, contract, target(url), Settings(allow_unsafe=True))
        state = Driver(database, prepared.campaign, prepared.plan, here(), Budget(cases=2500)).run()

    assert state.ended == EXPIRED
    assert state.requests < 1600


def test_a_list_that_other_clients_change_is_not_a_failure(
    database: Database, here: Any, contract: Contract, target: Callable[[str], Target]
) -> None:
    api, numbers = Api(), itertools.count(1)

    def busy(request: Request) -> Response:
        response = api(request)
        if (number := next(numbers)) % 17 == 0:  # Somebody else creates a project.
            body = json.dumps({"title": f"Project {number}"}).encode()
            headers = {"authorization": f"Bearer {OWNER}", "content-type": "application/json"}
            api(Request("POST", f"{contract.base_path}/projects", headers, body))
        return response

    with running(busy) as url:
        prepared = session.begin(database, contract, target(url), PROJECTS)
        Driver(database, prepared.campaign, prepared.plan, here(), Budget(cases=900)).run()

    conclusion = conclude(Evaluation(database, contract, database.campaign(), target("http://127.0.0.1:1")))
    assert [each.finding.failure.message for each in conclusion.findings if each.is_open] == []


def test_a_resource_that_another_client_deletes_is_not_a_failure(
    database: Database, here: Any, contract: Contract, target: Callable[[str], Target]
) -> None:
    api, numbers = Api(), itertools.count(1)

    def busy(request: Request) -> Response:
        # After the probes, which send DELETE without credentials: what is gone then may be a defect.
        if (number := next(numbers)) > 900 and number % 40 == 0:
            mine = [key for key, each in api.projects.items() if each["owner"] == "ada"]
            del api.projects[mine[0]]  # Somebody else deletes a project, and creates another one.
            body = json.dumps({"title": "Another project"}).encode()
            headers = {"authorization": f"Bearer {OWNER}", "content-type": "application/json"}
            api(Request("POST", f"{contract.base_path}/projects", headers, body))
        return api(request)

    with running(busy) as url:
        prepared = session.begin(database, contract, target(url), PROJECTS)
        state = Driver(database, prepared.campaign, prepared.plan, here(), Budget(cases=1400)).run()

    conclusion = conclude(Evaluation(database, contract, database.campaign(), target("http://127.0.0.1:1")))
    assert [each.finding.failure.message for each in conclusion.findings if each.is_open] == []
    probes = sum(point.requests for point in state.points if point.source in ("start", "probes"))
    assert probes < 900, "the projects are deleted after these"
