"""Campaigns against the server of things: findings, database, resume."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flowcontract.checks.findings import Result
from flowcontract.engine.campaigns import runner, session, triage
from flowcontract.engine.campaigns.database import Batch, Database
from flowcontract.engine.campaigns.driver import Budget, Driver, State, state_of
from flowcontract.engine.campaigns.plan import BLOCK_SIZE, MUTATED_BEFORE_FIRST_BLOCK, Source
from flowcontract.errors import TargetError, UsageError
from flowcontract.openapi.contract import Contract
from flowcontract.reporting.campaigns import html

SPEC = Path(__file__).resolve().parents[1] / "data" / "contracts" / "things.yaml"
TOKEN = "token-of-the-things"


class Here:
    """A pool that runs functions at once in this process; `lose` lists tasks whose worker dies."""

    def __init__(self, workers: int = 1, lose: set[int] | None = None) -> None:
        self.workers = workers
        self.lose = lose or set()
        self.tasks = 0
        self.renewed = 0

    def submit(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        self.tasks += 1
        if self.tasks in self.lose:
            from concurrent.futures.process import BrokenProcessPool

            future.set_exception(BrokenProcessPool("gone"))
            return future
        try:
            future.set_result(function(*arguments, **named))
        except Exception as error:
            future.set_exception(error)
        return future

    def renew(self) -> None:
        self.renewed += 1

    def close(self) -> None:
        """Nothing to close."""


def _asked(**more: Any) -> dict[str, Any]:
    return {
        "name": "", "seed": 5, "values": {}, "operations": [], "published": False, "unsafe": False, "timeout": 5.0,
        "cases": None, **more,
    }  # fmt: skip


def _run(
    database: Database, things: Any, cases: int, pool: Any = None, **more: Any
) -> tuple[session.PreparedCampaign, State]:
    prepared = session.begin(database, things.contract, things.target, _asked(cases=cases, **more))
    state = Driver(database, prepared.campaign, prepared.plan, pool or Here(), Budget(cases=cases, outage=2)).run()
    return prepared, state


def _conclude(database: Database, things: Any, prepared: session.PreparedCampaign, **more: Any) -> session.Conclusion:
    return session.conclude(database, things.contract, database.campaign(prepared.campaign.id), things.target, **more)


def _fails_on_a_quote(ask: Any, reply: Any) -> Any:
    if "'" in ask.key and ask.allowed:
        return type(reply)(500, {"detail": "<script>alert(1)</script>"})
    return reply


@pytest.fixture(autouse=True)
def _closed_runners() -> Any:
    yield
    runner.close_all()


@pytest.fixture
def database(tmp_path: Path) -> Any:
    with Database(tmp_path / "campaign.db") as opened:
        yield opened


def test_a_conforming_server_passes(database: Database, things: Any) -> None:
    prepared, state = _run(database, things, 500)

    conclusion = _conclude(database, things, prepared)

    assert (conclusion.result, conclusion.findings) == (Result.PASSED, ())
    assert state.cases == 500
    assert state.counts["distinct", "", ""] > 0.95 * 500
    assert database.campaign().state == "complete"


def test_each_finding_is_deduplicated_minimized_and_replayed(database: Database, things: Any) -> None:
    things.change = _fails_on_a_quote
    prepared, _ = _run(database, things, 600)

    (each,) = _conclude(database, things, prepared).findings

    assert each.finding.rule == "server-error"
    assert each.finding.count > 3
    assert each.finding.failure.exchange.request.target in ("/api/things/%27/", "/api/things/'/")
    again = triage.find(database, things.contract, each.finding.fingerprint[:6])
    assert triage.replay(things.contract, *again, things.target).failures
    things.change = lambda _, reply: reply
    assert not triage.replay(things.contract, *again, things.target).failures


def test_a_token_that_crashes_the_server_is_minimized_too(database: Database, things: Any) -> None:
    def fails_on_a_token(ask: Any, reply: Any) -> Any:
        return type(reply)(500, {}) if "\xc3" in ask.headers.get("authorization", "") else reply

    things.change = fails_on_a_token
    prepared, _ = _run(database, things, 450)

    (each,) = _conclude(database, things, prepared).findings

    assert each.finding.failure.exchange.request.header("Authorization") in {
        f"Bearer {chr(letter)}" for letter in range(0xC0, 0x100)
    }, "one letter that is written with the byte C3"


def test_the_number_of_workers_and_lost_workers_do_not_matter(tmp_path: Path, things: Any) -> None:
    things.change = _fails_on_a_quote
    states = []
    for name, pool in (("one.db", Here()), ("other.db", Here(3, lose={2, 5}))):
        with Database(tmp_path / name) as database:
            states.append(_run(database, things, 450, pool)[1])
    one, other = states

    assert list(one.ranges) == list(other.ranges)
    assert one.counts["cases", "", ""] == other.counts["cases", "", ""] == 450
    assert {key: kept.group.count for key, kept in one.groups.items()} == {
        key: kept.group.count for key, kept in other.groups.items()
    }


def test_workers_that_always_die_end_the_campaign(database: Database, things: Any) -> None:
    pool = Here(lose=set(range(1000)))

    with pytest.raises(UsageError, match="died 20 times in a row"):
        _run(database, things, 450, pool)

    assert pool.renewed == 19


def test_triage_decisions_and_new_findings_determine_the_result(database: Database, things: Any) -> None:
    things.change = _fails_on_a_quote
    first, _ = _run(database, things, 450)
    (finding,) = [each.finding for each in _conclude(database, things, first).findings]
    assert _conclude(database, things, first, fail_on="new").result is Result.FAILED

    second, _ = _run(database, things, 450)
    assert _conclude(database, things, second, fail_on="new").result is Result.PASSED
    assert _conclude(database, things, second).result is Result.FAILED
    database.decide(finding.fingerprint, "known", "we live with it")
    assert _conclude(database, things, second).result is Result.PASSED
    database.decide(finding.fingerprint, "fixed", "in 1.2")
    concluded = _conclude(database, things, second)
    assert concluded.result is Result.FAILED
    assert concluded.findings[0].note == "marked as fixed: in 1.2"


def test_earlier_failures_are_sent_first_and_the_corpus_grows(database: Database, things: Any) -> None:
    things.change = _fails_on_a_quote
    _run(database, things, 450)

    prepared, state = _run(database, things, 1)

    assert prepared.plan.regressions
    assert prepared.plan.corpus
    assert state.groups


def test_the_curve_of_saturation_ends_where_the_campaign_stands(database: Database, things: Any) -> None:
    prepared = session.begin(database, things.contract, things.target, _asked())
    listed = [(Source.PLAN, 0, len(prepared.plan.planned)), (Source.MUTATED, 0, MUTATED_BEFORE_FIRST_BLOCK - 100)]
    database.write(prepared.campaign, Batch(done=listed))

    cases = len(prepared.plan.planned) + MUTATED_BEFORE_FIRST_BLOCK + BLOCK_SIZE
    state = Driver(database, prepared.campaign, prepared.plan, Here(), Budget(cases=cases)).run()

    once, drawn = (sum(n for (_, what), n in state.timeline.items() if what == name) for name in ("once", "random"))
    assert drawn == state.cases == 100 + BLOCK_SIZE, "a block is full, even if Hypothesis generates fewer cases"
    assert once / drawn == state.saturation


def test_hypothesis_examples_are_kept_across_campaigns(database: Database, things: Any) -> None:
    things.change = lambda ask, reply: type(reply)(500, {}) if reply.status == 404 and len(ask.key) >= 4 else reply
    first = session.begin(database, things.contract, things.target, _asked())
    before_blocks = [(Source.PLAN, 0, len(first.plan.planned)), (Source.MUTATED, 0, MUTATED_BEFORE_FIRST_BLOCK)]
    database.write(first.campaign, Batch(done=before_blocks))
    Driver(
        database,
        first.campaign,
        first.plan,
        Here(),
        Budget(cases=len(first.plan.planned) + MUTATED_BEFORE_FIRST_BLOCK + 20),
    ).run()

    second = session.begin(database, things.contract, things.target, _asked())

    assert second.plan.examples == database.examples() != ()
    assert session.resume(things.contract, second.campaign, things.target).plan.examples == second.plan.examples


def test_an_unreachable_target_ends_the_campaign_which_can_be_resumed(database: Database, things: Any) -> None:
    prepared = session.begin(database, things.contract, things.target, _asked(cases=400))
    gone = replace(prepared.plan, target=replace(prepared.plan.target, origin=_closed_port()))
    lost = Driver(database, prepared.campaign, gone, Here(), Budget(cases=400, outage=0.1)).run()
    assert "unreachable" in lost.ended
    assert database.campaign().state == "stopped"

    found = Driver(database, prepared.campaign, prepared.plan, Here(), Budget(cases=400)).run()

    assert found.cases == 400
    assert not found.groups


def test_the_campaign_continues_when_the_target_is_back_in_time(database: Database, things: Any) -> None:
    def goes_away_once(_: Any, reply: Any) -> Any:
        if len(things.asked) == 300:
            things.stop()
            raise ConnectionError("The connection that is open ends as well.")
        return reply

    away: list[float] = []

    def comes_back(state: State) -> None:
        if state.unreachable_since:
            away.append(state.unreachable_since)
            things.start()

    things.change = goes_away_once
    prepared = session.begin(database, things.contract, things.target, _asked(cases=400))
    state = Driver(database, prepared.campaign, prepared.plan, Here(), Budget(cases=400, outage=60), comes_back).run()

    assert away, "it was seen to be away"
    assert (state.ended, state.cases, state.groups) == ("all cases have run", 400, {})


def _closed_port() -> str:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{closed.getsockname()[1]}/api"


def test_a_server_without_successful_responses_is_an_error(database: Database, things: Any) -> None:
    things.change = lambda _, reply: type(reply)(404, {"detail": "No."})
    with pytest.raises(TargetError, match="no successful response"):
        session.begin(database, things.contract, things.target, _asked())


@pytest.mark.parametrize("status", [0, 406, 429, 500])
def test_a_server_that_always_fails_is_a_finding(database: Database, things: Any, status: int) -> None:
    def wrong(_: Any, reply: Any) -> Any:
        if not status:
            raise ConnectionError("It never answers.")
        return type(reply)(status, {"detail": "No."})

    things.change = wrong
    prepared, _ = _run(database, things, 30)

    assert _conclude(database, things, prepared).result is Result.FAILED


def test_unsafe_methods_require_an_option(database: Database, things: Any) -> None:
    document = dict(things.contract.document)
    path = dict(document["paths"]["/things/{id}/"])
    document["paths"] = {"/things/{id}/": {**path, "delete": {**path["get"], "operationId": "things_delete"}}}

    with pytest.raises(UsageError, match="--allow-unsafe"):
        session.begin(database, Contract(document), things.target, _asked(operations=["things_delete"]))


def test_a_killed_campaign_can_be_resumed_without_a_difference(tmp_path: Path, things: Any) -> None:
    things.change = _fails_on_a_quote
    words = [
        sys.executable, "-m", "flowcontract", "fuzz", things.url, "--spec", str(SPEC), "--cases", "800",
        "--workers", "1", "--seed", "9",
    ]  # fmt: skip
    environment = {**os.environ, "FLOWCONTRACT_TOKEN": TOKEN}

    def start(database: str, *more: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [*words, "--database", str(tmp_path / database), *more],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    whole = start("whole.db")
    whole.communicate()
    killed: list[subprocess.Popen[bytes]] = []
    at = len(things.asked) + 500

    def kill(ask: Any, reply: Any) -> Any:
        if len(things.asked) == at:
            os.kill(killed[0].pid, signal.SIGKILL)
        return _fails_on_a_quote(ask, reply)

    things.change = kill
    killed.append(start("killed.db"))
    killed[0].communicate()
    things.change = _fails_on_a_quote
    resumed = start("killed.db", "--resume")
    resumed.communicate()

    assert (whole.returncode, killed[0].returncode, resumed.returncode) == (1, -signal.SIGKILL, 1)
    states = []
    for name in ("whole.db", "killed.db"):
        with Database(tmp_path / name) as database:
            states.append(state_of(database, database.campaign()))
    one, other = states
    assert list(one.ranges) == list(other.ranges)
    assert one.counts["cases", "", ""] == other.counts["cases", "", ""] == 800
    assert {key: kept.group.count for key, kept in one.groups.items()} == {
        key: kept.group.count for key, kept in other.groups.items()
    }


def test_a_report_shows_a_payload_as_text_and_needs_nothing_else(database: Database, things: Any) -> None:
    things.change = _fails_on_a_quote
    prepared, state = _run(database, things, 450)

    text = html.render(_conclude(database, things, prepared), database.campaign(), state, things.contract)

    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "default-src 'none'" in text
    assert not any(word in text for word in ('http-equiv="refresh"', "src=", "@import", "url("))
    assert TOKEN not in text
    assert text.count("<svg") == 3
