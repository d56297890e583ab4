"""Campaigns against the server of things: findings, resume, triage, lost workers, an unreachable target."""

import contextlib
import fcntl
import os
import select
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flowcontract.checks.findings import FindingStatus, Result
from flowcontract.engine.campaigns import driver, session, triage
from flowcontract.engine.campaigns.conclusion import Conclusion, CurrentFindings, Evaluation, conclude
from flowcontract.engine.campaigns.database import Batch, Database, StoredGroup, Triage
from flowcontract.engine.campaigns.driver import (
    ALL_CASES,
    DENIED,
    EXPIRED,
    NO_SUCCESS,
    Budget,
    Driver,
    State,
    state_of,
)
from flowcontract.engine.campaigns.plan import Settings, ShardResult, Task
from flowcontract.engine.campaigns.serialization import pack, unpack
from flowcontract.errors import UsageError
from flowcontract.generation.created import Created
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

SPEC = Path(__file__).resolve().parents[2] / "data" / "contracts" / "things.yaml"
TOKEN = "token-of-the-things"


def _fails_on_a_quote(ask: Any, reply: Any) -> Any:
    if "'" in ask.key and ask.allowed:
        return type(reply)(500, {"detail": "A quote is more than we can take in any request whatsoever, sorry."})
    return reply


def _conclude(database: Database, things: Any, **more: Any) -> Conclusion:
    return conclude(Evaluation(database, things.contract, database.campaign(), things.target, **more))


def _counts(groups: Iterable[StoredGroup]) -> dict[str, int]:
    return {kept.group.key: kept.group.count for kept in groups}


def test_a_conforming_server_has_no_finding(database: Database, things: Any, fuzz: Any) -> None:
    _, state = fuzz(database, 500)

    conclusion = _conclude(database, things)

    assert (conclusion.run_result.result, conclusion.findings) == (Result.PASSED, ())
    assert state.requests >= 500
    assert database.campaign().state == "complete"
    assert {"start", "probes", "coverage", "mutated"} <= {point.source for point in state.points}


def test_a_failure_is_one_finding_that_is_replayed(database: Database, things: Any, fuzz: Any) -> None:
    things.change = _fails_on_a_quote
    fuzz(database, 600)

    (each,) = _conclude(database, things).findings
    running = conclude(
        Evaluation(database, things.contract, replace(database.campaign(), state="running"), things.target)
    )

    assert running.run_result.headline.startswith("still running, so far 1 finding")
    assert each.finding.rule == "server-error"
    assert each.finding.count > 3
    again = triage.find(database, lambda _: things.contract, each.finding.fingerprint[:6])
    assert triage.replay(things.contract, *again, things.target).failures
    things.change = lambda _, reply: reply
    assert not triage.replay(things.contract, *again, things.target).failures
    things.change = lambda _, reply: type(reply)(403, {"detail": "No."})
    denied = triage.replay(things.contract, *again, things.target)
    assert denied.inconclusive == "the server denied the request (403); check the credentials"
    assert denied.result is Result.INCONCLUSIVE


def test_groups_keep_bodies_as_long_as_there_is_memory_for_them(
    database: Database, things: Any, fuzz: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = {"detail": "This is more than we can take. " * 1000}
    things.change = lambda ask, reply: type(reply)(409 + len(ask.key) % 8, long) if reply.status == 404 else reply
    monkeypatch.setattr(driver, "_BODIES", 100_000)

    _, state = fuzz(database, 300)

    bodies = [len(kept.group.exchange.response.body) for kept in state.groups.values() if kept.group.exchange.response]
    assert max(bodies) > 30_000
    assert min(bodies) <= 512
    assert sum(size for size in bodies if size > 512) <= 100_000


@pytest.mark.usefixtures("few_probes")
def test_results_do_not_depend_on_workers_and_lost_ones(tmp_path: Path, things: Any, fuzz: Any, here: Any) -> None:
    things.change = _fails_on_a_quote
    states = []
    for name, pool in (("one.db", here()), ("other.db", here(3, lose={2, 5}))):
        with Database(tmp_path / name) as database:
            states.append(fuzz(database, 450, pool)[1])
    one, other = states

    common = set(one.ranges.ranges()) & set(other.ranges.ranges())
    assert {source for source, _, _ in common} >= {"start", "probes", "coverage"}
    assert set(one.groups) == set(other.groups)


def test_lost_workers_are_in_the_result(database: Database, things: Any, fuzz: Any, here: Any) -> None:
    fuzz(database, 20, here(lose={1}))

    assert "1 worker was lost; what was running there ran again." in _conclude(database, things).run_result.notes


def test_operations_that_were_not_tested_are_in_the_result(database: Database, things: Any, fuzz: Any) -> None:
    things.things.clear()
    fuzz(database, 30)

    (note,) = [note for note in _conclude(database, things).run_result.notes if note.startswith("Not tested: ")]
    assert note.startswith("Not tested: things_read (GET /things/{id}/): no existing resource is known")
    assert "--param id=VALUE" in note


def test_notes_are_about_all_shards(database: Database, things: Any) -> None:
    prepared = session.begin(database, things.contract, things.target, Settings())
    seen = Counter({("status", "things_read", "409"): 3, ("shared", "things_read", ""): 2})
    database.write(prepared.campaign, Batch(counts=seen, seconds=1.0))

    notes = _conclude(database, things).run_result.notes

    assert "Not tested: things_read (GET /things/{id}/): no request of it succeeded (got 409)." in notes
    assert sum(note.startswith("Not checked for things_read: ") for note in notes) == 1


def test_the_time_limit_is_that_of_all_runs(database: Database, things: Any, fuzz: Any, here: Any) -> None:
    prepared, _ = fuzz(database, 20)
    before = replace(prepared.campaign, seconds=99.9)

    again = session.resume(database, things.contract, before, things.target)
    state = Driver(database, again.campaign, again.plan, here(), Budget(seconds=100.0)).run()

    assert state.ended == "time limit of 100 s reached"
    assert database.campaign().state == "complete"


def test_a_server_that_denies_everything_ends_the_campaign_early(
    database: Database, things: Any, fuzz: Any, here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "DENIED_FOR", 0.0)
    things.change = lambda ask, reply: type(reply)(204 if ask.method == "OPTIONS" else 403, {"detail": "No."})

    prepared, state = fuzz(database, budget=Budget(cases=100_000))

    assert state.ended == DENIED
    assert state.requests < 10 * driver.DENIALS
    run_result = _conclude(database, things).run_result
    assert run_result.result is Result.INCONCLUSIVE
    assert run_result.headline.endswith("Credentials denied (403); check --token.")
    things.change = lambda _, reply: reply
    again = session.resume(database, things.contract, prepared.campaign, things.target)
    state = Driver(database, again.campaign, again.plan, here(), Budget(cases=state.requests + 100)).run()
    assert (state.ended, state.tested) == (ALL_CASES, 1)


def test_workers_that_always_die_end_the_campaign(database: Database, fuzz: Any, here: Any) -> None:
    pool = here(lose=set(range(1000)))

    with pytest.raises(UsageError, match="died 20 times in a row"):
        fuzz(database, 450, pool)

    assert pool.renewed == 19


@pytest.mark.usefixtures("few_probes")
def test_decisions_about_findings_determine_the_result(database: Database, things: Any, fuzz: Any) -> None:
    things.change = _fails_on_a_quote
    fuzz(database)
    (finding,) = [each.finding for each in _conclude(database, things).findings]

    def result(state: str, **more: Any) -> tuple[Result, str]:
        database.decide(finding.fingerprint, Triage(state, **more))
        run_result = _conclude(database, things).run_result
        return run_result.result, run_result.findings[0].note

    assert result("known", note="we live with it") == (Result.PASSED, "known: we live with it")
    assert result("wontfix", link="https://tickets.example/12")[0] is Result.PASSED
    assert result("false-positive", expires="2999-01-01")[0] is Result.PASSED
    assert result("false-positive", expires="2020-01-01")[0] is Result.FAILED
    assert result("fixed", note="in 1.2") == (Result.PASSED, "fixed: in 1.2; not seen since")
    assert result("open")[0] is Result.FAILED


@pytest.mark.usefixtures("few_probes")
def test_a_finding_that_is_seen_again_after_it_was_fixed_is_a_regression(
    database: Database, things: Any, fuzz: Any
) -> None:
    things.change = _fails_on_a_quote
    fuzz(database)
    (finding,) = [each.finding for each in _conclude(database, things).findings]
    database.decide(finding.fingerprint, Triage("fixed", "in 1.2"))

    fuzz(database)

    conclusion = _conclude(database, things)
    assert conclusion.run_result.result is Result.FAILED
    assert conclusion.findings[0].finding.status is FindingStatus.OPEN
    assert conclusion.findings[0].finding.note == "regression, seen again after it was marked as fixed: in 1.2"
    new_ones = _conclude(database, things, fail_on="new").run_result
    assert new_ones.result is Result.FAILED, "no earlier campaign has it as it is now"
    assert new_ones.headline.startswith("1 finding, 0 new, 1 regression; ")
    assert _conclude(database, things, fail_on="never").run_result.result is Result.PASSED


@pytest.mark.usefixtures("few_probes")
def test_only_new_findings_count_if_asked_for(database: Database, things: Any, fuzz: Any) -> None:
    things.change = _fails_on_a_quote
    fuzz(database)
    assert _conclude(database, things, fail_on="new").run_result.result is Result.FAILED

    _, state = fuzz(database)

    assert _conclude(database, things, fail_on="new").run_result.result is Result.PASSED
    assert _conclude(database, things).run_result.result is Result.FAILED
    assert "regressions" in {point.source for point in state.points}, "what failed before is sent first"
    fuzz(database)
    names = [kept.group.probe.name for kept in database.groups(database.campaign()).values()]
    assert max(name.count(", again ") for name in names) <= 1


@pytest.mark.usefixtures("few_probes")
def test_only_what_fails_a_campaign_ends_it_early(database: Database, things: Any, fuzz: Any, here: Any) -> None:
    things.change = _fails_on_a_quote
    fuzz(database)
    (each,) = _conclude(database, things).findings

    def ended(fail_on: str = "open") -> str:
        prepared = session.begin(database, things.contract, things.target, Settings(seed=5))
        about = database, things.contract, prepared.campaign, things.target
        findings = CurrentFindings(Evaluation(*about, fail_on=fail_on))
        budget = Budget(cases=150, fail_fast=True)
        run = Driver(database, prepared.campaign, prepared.plan, here(), budget, is_failing=findings.is_failing)
        return run.run().ended

    assert ended() == "first failure"
    assert ended("new") == ALL_CASES
    database.decide(each.finding.fingerprint, Triage("known"))
    assert ended() == ALL_CASES


@pytest.mark.usefixtures("few_probes")
def test_a_campaign_that_runs_or_ended_early_is_inconclusive(database: Database, things: Any, fuzz: Any) -> None:
    prepared, _ = fuzz(database)
    assert _conclude(database, things).run_result.result is Result.PASSED

    for state, why in (("running", "it is still running"), ("stopped", driver.ERROR)):
        database.close_campaign(prepared.campaign, state, why)
        run_result = _conclude(database, things).run_result
        assert (run_result.result, run_result.headline.partition(";")[0]) == (Result.INCONCLUSIVE, why)


def test_an_error_in_a_worker_ends_a_campaign_that_can_be_resumed(
    database: Database, things: Any, fuzz: Any, here: Any
) -> None:
    class Fails(here):  # type: ignore[misc]
        def submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
            return super().submit(function if self.tasks < 1 else int, *arguments)

    with pytest.raises(TypeError):
        fuzz(database, pool=Fails())

    assert (database.campaign().state, database.campaign().ended) == ("stopped", driver.ERROR)
    assert _conclude(database, things).run_result.requests > 0


def test_what_a_shard_left_is_reported_although_it_runs_again(database: Database, things: Any, here: Any) -> None:
    class Cut(here):  # type: ignore[misc]
        """Its shards do not end in time, and leave a thing each."""

        def submit(self, _: Callable[..., Any], *packed: Any) -> Any:
            shard = unpack(packed[-1], Task).shard
            left = Created("/things/{id}/", {"id": str(self.tasks)})
            result = ShardResult(
                shard, is_cut=True, left_over=(left,), unknown=("POST /things/ may have made another.",)
            )
            return super().submit(lambda: pack(result))

    prepared = session.begin(database, things.contract, things.target, Settings())
    things.stop()
    Driver(database, prepared.campaign, prepared.plan, Cut(), Budget(seconds=0.001)).run()

    notes = _conclude(database, things).run_result.notes
    assert any(note.startswith("Created by this run and still there: /things/0/") for note in notes)
    assert "POST /things/ may have made another." in notes


def test_a_resumed_campaign_deletes_what_was_left_before(
    database: Database, things: Any, here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cut(here):  # type: ignore[misc]
        """Its shards do not end in time, and leave a thing each."""

        def submit(self, _: Callable[..., Any], *packed: Any) -> Any:
            shard = unpack(packed[-1], Task).shard
            left.append(Created("/things/{id}/", {"id": f"a/{self.tasks}"}))
            return super().submit(lambda: pack(ShardResult(shard, is_cut=True, left_over=(left[-1],))))

    left: list[Created] = []
    deleted: list[Created] = []

    def delete(_: bytes, resources: Sequence[Created]) -> Sequence[Created]:
        deleted.extend(resources)
        return ()

    def keep(_: bytes, resources: Sequence[Created]) -> Sequence[Created]:
        return resources

    prepared = session.begin(database, things.contract, things.target, Settings())
    monkeypatch.setattr(driver, "delete_left_over", keep)
    Driver(database, prepared.campaign, prepared.plan, Cut(), Budget(seconds=0.001)).run()
    assert "and still there: /things/a/0/" in str(_conclude(database, things).run_result.notes)

    monkeypatch.setattr(driver, "delete_left_over", delete)
    resumed = session.resume(database, things.contract, database.campaign(), things.target)
    Driver(database, resumed.campaign, resumed.plan, here(), Budget(cases=1)).run()

    assert deleted == left
    assert "still there" not in str(_conclude(database, things).run_result.notes)


def test_a_campaign_whose_workers_do_not_start_says_so(
    database: Database, things: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)  # As where it is not installed.
    prepared = session.begin(database, things.contract, things.target, Settings())

    with pytest.raises(UsageError, match="not installed"):
        session.drive(database, prepared, Budget(), lambda _: None, workers=None, cluster="tcp://127.0.0.1:1")

    assert database.campaign().ended == "its workers did not start"


def test_an_unreachable_target_ends_the_campaign_which_can_be_resumed(
    database: Database, things: Any, fuzz: Any, here: Any, once: Any
) -> None:
    def stop() -> None:
        things.stop()
        raise ConnectionError("The open connection ends as well.")

    stops_once = once(lambda: len(things.asked) >= 100, stop)
    things.change = lambda _, reply: stops_once() or reply
    prepared, state = fuzz(database, budget=Budget(cases=400, outage=0.1))
    assert "unreachable" in state.ended
    assert {kept.group.exchange.error for kept in state.groups.values()} <= {"closed", "reset"}, "an outage is not one"
    assert database.campaign().state == "stopped"
    things.start()

    again = session.resume(database, things.contract, prepared.campaign, things.target)
    state = Driver(database, again.campaign, again.plan, here(), Budget(cases=400)).run()

    assert (state.ended, state.requests >= 400) == (ALL_CASES, True)


def test_a_server_that_the_contract_does_not_suit_ends_the_campaign_if_asked_for(
    database: Database, things: Any, fuzz: Any
) -> None:
    things.change = lambda _, reply: type(reply)(404, {"detail": "No."})

    _, state = fuzz(database, budget=Budget(cases=10_000, needs_success=True))

    assert state.ended == NO_SUCCESS
    assert "no request succeeded" in _conclude(database, things).run_result.headline


def test_expired_credentials_pause_the_campaign(database: Database, things: Any, fuzz: Any, here: Any) -> None:
    things.change = lambda ask, reply: type(reply)(403, {"detail": "No."}) if len(things.asked) > 120 else reply

    prepared, state = fuzz(database, 400)

    assert state.ended == EXPIRED
    run_result = _conclude(database, things).run_result
    assert run_result.result is Result.INCONCLUSIVE
    assert "--resume 1" in run_result.headline
    things.change = lambda _, reply: reply
    again = session.resume(database, things.contract, prepared.campaign, things.target)
    assert Driver(database, again.campaign, again.plan, here(), Budget(cases=400)).run().ended == ALL_CASES


def test_new_credentials_are_used_without_an_end(database: Database, things: Any, here: Any) -> None:
    new = "another-token-of-the-things"
    seen: list[str] = []

    def expires(ask: Any, reply: Any) -> Any:
        if len(things.asked) > 120 and ask.headers.get("authorization") != f"Bearer {new}":
            return type(reply)(403, {"detail": "No."})
        return reply

    def renewed() -> Target:
        seen.append(new)
        things.change = lambda _, reply: reply
        return replace(things.target, tokens={**things.target.tokens, "FLOWCONTRACT_TOKEN": TOKEN + ""})

    things.change = expires
    prepared = session.begin(database, things.contract, things.target, Settings(seed=1))
    target = replace(things.target, tokens={"FLOWCONTRACT_TOKEN": TOKEN, "FLOWCONTRACT_TOKEN_NONE": "nobody"})
    state = Driver(
        database, prepared.campaign, prepared.plan, here(), Budget(cases=300), renewed=lambda: renewed() and target
    ).run()

    assert seen
    assert state.ended == ALL_CASES


@pytest.mark.parametrize("status", [0, 406, 500])
def test_a_server_that_always_fails_has_a_finding(database: Database, things: Any, fuzz: Any, status: int) -> None:
    def wrong(_: Any, reply: Any) -> Any:
        if not status:
            raise ConnectionError("It never responds.")
        return type(reply)(status, {"detail": "No."})

    things.change = wrong
    fuzz(database, 30)

    assert _conclude(database, things).run_result.result is Result.FAILED


def test_a_server_that_knows_nothing_is_inconclusive(database: Database, things: Any, fuzz: Any) -> None:
    things.change = lambda _, reply: type(reply)(404, {"detail": "No."})

    fuzz(database, 30)

    run_result = _conclude(database, things).run_result
    assert run_result.result is Result.INCONCLUSIVE
    assert "no request succeeded" in run_result.headline


def test_two_processes_cannot_run_one_campaign(database: Database, things: Any) -> None:
    prepared = session.begin(database, things.contract, things.target, Settings())

    with pytest.raises(UsageError, match="campaign 1 is running in another process"):
        session.resume(database, things.contract, prepared.campaign, things.target)


def test_a_resumed_campaign_has_the_contract_and_the_tokens_it_began_with(
    database: Database, things: Any, fuzz: Any
) -> None:
    prepared, _ = fuzz(database, 20)
    other = replace(things.target, tokens={"FLOWCONTRACT_OTHER_TOKEN": "other"})

    with pytest.raises(UsageError, match=r"Set FLOWCONTRACT_TOKEN\. Unset FLOWCONTRACT_OTHER_TOKEN\.$"):
        session.resume(database, things.contract, prepared.campaign, other)
    changed = Contract({**things.contract.document, "info": {"title": "Changed", "version": "2"}})
    with pytest.raises(UsageError, match="the contract, the base path"):
        session.resume(database, changed, prepared.campaign, things.target)


_MOMENTS: dict[str, Callable[[int, Path], bool]] = {
    "at its first request": lambda requests, _: requests >= 1,
    "in its probes": lambda requests, _: requests >= 100,
    "after a finding": lambda _, file: _stored_failures(file) > 0,
}


def _stored_failures(file: Path) -> int:
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT count(*) FROM failure").fetchone()[0])


class _Killed:
    """A campaign as a command of its own, to be killed and resumed."""

    def __init__(self, things: Any, folder: Path) -> None:
        self.file, self.reports = folder / "killed.db", folder / "reports"
        self._words = (sys.executable, "-m", "flowcontract", "fuzz", things.url, "--workers", "1")
        self._words += ("--database", str(self.file), "--report", str(self.reports))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *more: str) -> "subprocess.Popen[bytes]":
        environment = {**os.environ, "FLOWCONTRACT_TOKEN": TOKEN}
        self.process = subprocess.Popen(
            [*self._words, *more], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        return self.process

    def begin(self) -> "subprocess.Popen[bytes]":
        return self.start("--spec", str(SPEC), "--cases", "400", "--seed", "9")

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()


def _fingerprints(database: Database, things: Any) -> set[str]:
    return {each.finding.fingerprint for each in _conclude(database, things).findings}


@pytest.mark.parametrize("moment", _MOMENTS)
def test_a_killed_campaign_is_resumed_without_a_loss(
    moment: str, database: Database, tmp_path: Path, things: Any, fuzz: Any, once: Any
) -> None:
    things.change = _fails_on_a_quote
    fuzz(database, 400, seed=9)
    things.asked.clear()
    command = _Killed(things, tmp_path)
    before: list[State] = []
    ended: list[tuple[str, str]] = []

    def kill() -> None:
        command.kill()
        with Database(command.file) as killed:
            before.append(state_of(killed, killed.campaign()))
            shown = _conclude(killed, things).run_result
            assert shown.campaign
            ended.append((shown.campaign.ended, shown.campaign.resume))

    kills = once(lambda: _MOMENTS[moment](len(things.asked), command.file), kill)
    things.change = lambda ask, reply: kills() or _fails_on_a_quote(ask, reply)
    first = command.begin()
    first.communicate()
    resumed = command.start("--resume")
    resumed.communicate()

    assert (first.returncode, resumed.returncode) == (-signal.SIGKILL, 1)
    assert ended == [("its process was killed", f"flowcontract fuzz --resume 1 --database {command.file}")]
    with Database(command.file) as killed:
        after = state_of(killed, killed.campaign())
        assert _fingerprints(killed, things) == _fingerprints(database, things)
    assert set(before[0].groups) <= set(after.groups)
    assert all(_counts(before[0].groups.values())[key] <= n for key, n in _counts(after.groups.values()).items()
               if key in before[0].groups)  # fmt: skip
    assert after.requests >= 400
    assert ("start", 0, 1) in after.ranges.ranges(), "the first shard ran once"
    assert sum(point.source == "start" for point in after.points) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="needs a named pipe of a given size")
def test_a_campaign_that_is_killed_while_it_writes_its_reports_writes_them_when_it_is_resumed(
    tmp_path: Path, things: Any
) -> None:
    things.change = _fails_on_a_quote
    command = _Killed(things, tmp_path)
    command.reports.mkdir()
    os.mkfifo(command.reports / "junit.xml")
    started = command.begin()
    with os.fdopen(os.open(command.reports / "junit.xml", os.O_RDONLY | os.O_NONBLOCK), "rb") as pipe:
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 4096)  # Less than the report: the rest waits, and so does the command.
        arrived, _, _ = select.select([pipe], [], [], 120)
        command.kill()
    _, error = started.communicate()
    assert arrived, error
    (command.reports / "junit.xml").unlink()
    sent = len(things.asked)

    resumed = command.start("--resume")
    resumed.communicate()

    assert (started.returncode, resumed.returncode, len(things.asked)) == (-signal.SIGKILL, 1, sent)
    assert "Server error" in (command.reports / "junit.xml").read_text()


@pytest.mark.parametrize("command", ["gate", "fuzz"])
def test_sigterm_ends_a_run_with_a_result(command: str, things: Any, tmp_path: Path, once: Any) -> None:
    database = ("--database", str(tmp_path / "stopped.db"), "--workers", "1") if command == "fuzz" else ()
    words = [sys.executable, "-m", "flowcontract", command, things.url, "--spec", str(SPEC), *database]
    environment = {**os.environ, "FLOWCONTRACT_TOKEN": TOKEN}
    started: list[subprocess.Popen[str]] = []

    stops = once(lambda: len(things.asked) >= 100, lambda: os.kill(started[0].pid, signal.SIGTERM))
    things.change = lambda _, reply: stops() or reply
    started.append(
        subprocess.Popen(
            [*words, "--report", str(tmp_path / "reports")],
            env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
    )  # fmt: skip
    out, _ = started[0].communicate()

    assert started[0].returncode == 2
    assert out.split(";")[0] in (
        "? inconclusive: interrupted",
        "? inconclusive: the plan was not finished: interrupted",
    )
    assert "nterrupted" in (tmp_path / "reports" / "report.html").read_text()
    if command == "fuzz":
        assert "ended       interrupted\n" in out
        assert f"next        flowcontract fuzz --resume 1 --database {tmp_path / 'stopped.db'}\n" in out


def test_a_shard_is_the_same_wherever_it_runs(things: Any) -> None:
    from flowcontract.engine.campaigns.plan import Settings, Shard, Task
    from flowcontract.engine.campaigns.worker import Worker

    things.change = _fails_on_a_quote
    plan = _plan(things, Settings(seed=3))
    first = Worker(plan).run(Task(Shard("start", 0)), None)

    def result(source: str) -> Callable[[], Any]:
        found = Worker(plan).run(Task(Shard(source, 1)), first.knowledge)
        return (found.requests, found.statuses, {group.key: group.count for group in found.groups}, found.features)  # type: ignore[return-value]

    for source in ("mutated", "fuzzing"):
        assert result(source) == result(source)


def _plan(things: Any, settings: Any) -> Any:
    from flowcontract.engine.campaigns.plan import Plan

    selected = tuple(things.contract.operations)
    return Plan(things.contract.document, None, things.target, settings, selected, len(selected))
