"""The gate on a small conforming server of another contract than our own, and on that server with one defect."""

import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Event
from typing import Any
from urllib.parse import unquote

import pytest

from flowcontract.checks.findings import FindingStatus, Result, RunResult
from flowcontract.checks.suppressions import KnownFinding
from flowcontract.engine import Options, events, plan, run
from flowcontract.errors import TargetError
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

from .conftest import THINGS, Things

pytestmark = pytest.mark.usefixtures("few_probes")
RunGate = Callable[..., RunResult]


def _patched(change: dict[str, Any]) -> Callable[[Any, Any], Any]:
    """Successful responses with other values in them."""
    return lambda _ask, reply: replace(reply, json={**reply.json, **change}) if reply.status == 200 else reply


def _rules(run_result: RunResult) -> set[str]:
    return {finding.rule for finding in run_result.open_findings}


def test_a_conforming_server_passes(things: Any, run_gate: RunGate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # All probes.

    run_result = run_gate()

    assert (run_result.result, run_result.findings) == (Result.PASSED, ())
    assert run_result.requests <= 450
    assert run_result.headline.startswith("no findings; 1 of 1 operation tested, ")


@pytest.fixture(scope="module")
def full_run() -> Iterator[tuple[Things, RunResult]]:
    """A conforming server after a run with all phases."""
    server = Things(Contract.load(THINGS))
    server.start()
    yield server, _run_in_full(server)
    server.stop()


def _run_in_full(server: Things, **options: Any) -> RunResult:
    known = {"things_read": [{"id": key} for key in server.things]}
    return run(server.contract, server.target, Options(path_values=known, timeout=10.0, workers=1, **options))


def test_a_conforming_server_passes_all_phases(full_run: tuple[Things, RunResult]) -> None:
    _, run_result = full_run

    assert (run_result.result, run_result.findings) == (Result.PASSED, ())
    assert [cost.phase for cost in run_result.phases] == ["success", "coverage", "probes", "search", "confirmation"]
    assert run_result.requests == sum(cost.requests for cost in run_result.phases) <= 500


def test_the_same_seed_gives_the_same_requests_and_another_one_others(
    full_run: tuple[Things, RunResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, first = full_run
    monkeypatch.undo()  # All probes, as in the first run.
    again, other = _run_in_full(server), _run_in_full(server, seed=1)

    lists = [[exchange.request for exchange in run_result.exchanges] for run_result in (first, again, other)]
    assert lists[0] == lists[1] != lists[2]


def test_nothing_unsafe_is_sent_with_credentials_to_a_resource_that_exists(full_run: tuple[Things, RunResult]) -> None:
    server, _ = full_run

    sent = [ask for ask in server.asked if ask.method in ("POST", "PUT", "PATCH", "DELETE")]
    overriding = [a for a in server.asked if "x-http-method-override" in a.headers or "_method=DELETE" in a.target]
    assert sent
    assert overriding
    for ask in sent + overriding:
        if "token-of-the-things" in repr(ask) and ask.key in server.things:
            assert ask.method == "GET"
            assert ask.headers.get("x-http-method-override", "HEAD") == "HEAD"


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("invariant-violation", _patched({"link": "/api/things/"})),
        ("undocumented-method-accepted", lambda a, r: replace(r, status=200) if a.method == "POST" else r),
        ("server-error", lambda a, r: replace(r, status=500) if "\0" in a.key else r),
        ("reflected-input", lambda a, r: replace(r, body=unquote(a.target, "latin-1").encode(), media="text/html")
         if r.status == 404 else r),
        ("credential-leak", lambda a, r: replace(r, headers={"X-Who": a.headers.get("authorization", "")})),
        ("undocumented-input-effect", lambda a, r: replace(r, status=404) if "?" in a.target else r),
        ("head-get-mismatch", lambda a, r: replace(r, media="text/html") if a.method == "HEAD" else r),
        ("duplicate-identity", _patched({"uid": "3e0b5d3c-8f0a-4a86-9a2c-8d2b5b1f0c01"})),
        ("route-conflict", lambda a, r: replace(r, status=200, json={}) if a.key == "newest" and a.allowed else r),
        ("resource-enumeration", lambda a, r: replace(r, headers={"X-Kind": "1"})
         if r.status == 403 and a.key == "old-chair" else r),
        ("missing-authorization-check", lambda a, r: replace(r, status=200)
         if a.headers.get("authorization") == "Basic" else r),
    ],
)  # fmt: skip
def test_a_defect_violates_its_rule(things: Any, run_gate: RunGate, rule: str, change: Any) -> None:
    if rule == "missing-authorization-check":
        right = things.things["old-chair"]
        change = lambda a, r: replace(r, status=200, json=right) if a.headers.get("authorization", "") == "" else r  # noqa: E731
    things.change = change

    run_result = run_gate()

    assert run_result.result is Result.FAILED
    assert rule in _rules(run_result)


def test_one_defect_is_one_finding_with_its_location_and_advice(things: Any, run_gate: RunGate) -> None:
    things.change = _patched({"kind": "lamp"})

    (finding,) = run_gate().open_findings

    assert finding.failure.location.pointer == "/components/schemas/Thing/properties/kind/enum"
    assert finding.failure.location.line == 1 + _line("kind: {type: string, enum")
    assert finding.count > 10
    assert finding.advice
    assert finding.failure.actual["kind"] == "lamp"


def _line(text: str) -> int:
    from pathlib import Path

    lines = (Path(__file__).parents[1] / "data/contracts/things.yaml").read_text().splitlines()
    return next(number for number, line in enumerate(lines) if text in line)


def test_defects_of_different_input_are_separate_findings(things: Any, run_gate: RunGate) -> None:
    def fails(ask: Any, reply: Any) -> Any:
        odd = "\0" in ask.key or not ask.headers.get("authorization", "").isascii()
        return replace(reply, status=500) if odd else reply

    things.change = fails

    assert [finding.rule for finding in run_gate().open_findings] == [
        "server-error",
        "server-error",
    ]


def test_a_volatile_field_may_differ(things: Any, run_gate: RunGate) -> None:
    def counts(_ask: Any, reply: Any) -> Any:
        return replace(reply, json={**reply.json, "uses": len(things.asked)}) if reply.status == 200 else reply

    things.change = counts

    assert run_gate().result is Result.PASSED


def test_an_intermittent_failure_is_flaky_and_fails_the_run(things: Any, run_gate: RunGate) -> None:
    things.change = lambda a, r: replace(r, status=500) if len(things.asked) == 9 else r

    (finding,) = run_gate().open_findings

    assert finding.status is FindingStatus.FLAKY
    assert "retries" in finding.note


def test_a_run_that_is_cut_is_inconclusive_unless_a_part_is_enough(things: Any, run_gate: RunGate) -> None:
    def slows_down(_ask: Any, reply: Any) -> Any:
        if len(things.asked) > 30:
            Event().wait(0.1)
        return reply

    things.change = slows_down
    cut = run_gate(time_limit=1.0)
    things.asked.clear()
    part = run_gate(time_limit=1.0, allow_partial=True)

    assert cut.result is Result.INCONCLUSIVE
    cause = "time limit of 1 s reached (--time-limit)"
    assert cut.headline.startswith(f"the plan was not finished: {cause}; no findings; 1 of 1 operation tested, ")
    assert "Stopped: time limit of 1 s reached (--time-limit)." in cut.notes
    assert part.result is Result.PASSED


def test_a_listener_receives_what_happens(things: Any) -> None:
    received: list[events.Event] = []

    run_result = run(things.contract, things.target, Options(profile="quick"), received.append)

    finished = [event for event in received if isinstance(event, events.PhaseFinished)]
    progress = [event for event in received if isinstance(event, events.Progress)]
    assert received[0] == events.RunStarted(operations=1)
    assert [event.phase for event in finished] == ["success", "probes", "confirmation"]
    assert sum(event.requests for event in finished) == run_result.requests == progress[-1].requests
    assert (progress[-1].tested, progress[-1].failures) == (1, 0)


def test_a_known_finding_is_no_reason_to_stop(things: Any, run_gate: RunGate) -> None:
    things.change = lambda _a, r: replace(r, json={**r.json, "kind": "lamp"}) if r.status == 200 else r
    found = run_gate(fail_fast=True)
    known = {each.fingerprint: KnownFinding(each.title, each.rule, "things_read") for each in found.findings}

    accepted = run_gate(fail_fast=True, baseline=known)

    assert (found.result, accepted.result) == (Result.FAILED, Result.PASSED)
    assert accepted.requests > found.requests


def test_a_run_that_is_to_stop_stops_at_what_the_probes_show(things: Any) -> None:
    things.change = lambda ask, r: replace(r, status=500) if ask.method == "HEAD" else r

    run_result = _run_in_full(things, fail_fast=True)

    assert run_result.result is Result.FAILED
    assert "Not sent: the phase search." in run_result.notes
    assert [cost.phase for cost in run_result.phases] == ["success", "coverage", "probes", "confirmation"]


def test_each_operation_is_covered_or_has_a_reason(things: Any, run_gate: RunGate) -> None:
    things.change = lambda _a, r: replace(r, status=403, json={"detail": "No."})

    (item,) = run_gate().coverage

    assert (item.operation, item.tested, item.reason) == (
        "things_read",
        False,
        "credentials denied (403); check --token",
    )


def test_a_rate_limit_is_obeyed_and_no_finding(things: Any, run_gate: RunGate) -> None:
    limited = {"detail": "Later."}
    things.change = lambda _a, r: (
        replace(r, status=429, json=limited, headers={"Retry-After": "0"}) if len(things.asked) % 4 == 3 else r
    )

    run_result = run_gate()

    assert (run_result.result, run_result.findings) == (Result.PASSED, ())


def test_a_named_resource_that_is_not_found_is_a_failure_where_another_one_is_found(
    things: Any, run_gate: RunGate
) -> None:
    keys = {"things_read": [{"id": "old-chair"}, {"id": "lost"}]}

    assert _rules(run_gate(path_values=keys)) == {"existing-resource-not-found"}


@pytest.mark.parametrize(
    "change",
    [
        lambda _a, r: replace(r, status=404, json={"detail": "Not here."}),
        lambda _a, r: replace(r, status=404, body=b"<h1>Not here</h1>", media="text/html"),
        lambda _a, r: replace(r, status=403, json={"detail": "No."}),
    ],
)
def test_a_server_without_any_success_is_inconclusive(things: Any, run_gate: RunGate, change: Any) -> None:
    things.change = change

    assert run_gate().result is Result.INCONCLUSIVE


@pytest.mark.parametrize("status", [302, 429])
def test_an_undocumented_status_fails_even_where_nothing_succeeds(things: Any, run_gate: RunGate, status: int) -> None:
    things.change = lambda _a, r: replace(r, status=status, json=None, headers={"Location": "/login"})

    assert run_gate().result is Result.FAILED


def test_without_a_token_a_run_is_inconclusive_unless_data_is_served(things: Any) -> None:
    target = Target.at(things.url, "/api")
    assert run(things.contract, target, Options(profile="quick")).result is Result.INCONCLUSIVE

    things.change = lambda _a, r: replace(r, status=200, json=things.things["old-chair"]) if r.status == 403 else r
    assert "missing-authorization-check" in _rules(run(things.contract, target, Options(profile="quick")))


def test_where_nothing_listens_the_error_says_so(things: Any) -> None:
    with pytest.raises(TargetError, match="nothing listens"):
        run(things.contract, Target.at("http://127.0.0.1:1", "/api", token="t"), Options())


def test_a_server_that_hangs_is_given_up(things: Any, run_gate: RunGate) -> None:
    release = Event()

    def hangs(ask: Any, reply: Any) -> Any:
        if ask.method == "GET" and len(things.asked) > 5:
            release.wait(5)
        return reply

    things.change = hangs
    run_result = run_gate(timeout=0.2)
    release.set()

    assert run_result.result is Result.FAILED
    assert _rules(run_result) == {"no-response"}
    assert any(
        note.startswith("Gave up on things_read: 3 requests in a row without a complete response")
        for note in run_result.notes
    )


def test_an_undocumented_unsafe_method_is_never_sent_with_credentials(things: Any, run_gate: RunGate) -> None:
    run_gate(allow_unsafe=True)

    unsafe = [ask for ask in things.asked if ask.method in ("POST", "PUT", "PATCH", "DELETE")]
    assert unsafe
    assert not [ask for ask in unsafe if ask.allowed]


def test_undocumented_unsafe_methods_are_not_sent_where_anybody_is_served(things: Any, run_gate: RunGate) -> None:
    things.change = lambda a, r: type(r)(200, things.things[a.key]) if a.key in things.things else r

    run_gate(allow_unsafe=True)

    assert not [ask for ask in things.asked if ask.method in ("POST", "PUT", "PATCH", "DELETE")]


def test_a_result_contains_no_token(things: Any, run_gate: RunGate) -> None:
    things.change = lambda a, r: replace(r, headers={"X-Who": a.headers.get("authorization", "")})

    assert "token-of-the-things" not in repr(run_gate())


def test_the_requests_are_those_of_the_plan_with_any_number_of_workers(things: Any, run_gate: RunGate) -> None:
    one, four = run_gate(workers=1), run_gate(workers=4)

    known = {"things_read": [{"id": key} for key in things.things]}
    planned = plan(things.contract, things.target, Options(path_values=known, profile="quick"))
    requests = [exchange.request for exchange in one.exchanges]
    assert requests == [exchange.request for exchange in four.exchanges]
    # Between them, the run looks for existing resources and whether its token is still accepted.
    remaining = iter(requests)
    assert all(probe.request in remaining for probe in planned)


@pytest.mark.needs("bash", "curl")
def test_each_curl_line_replays_the_failure(things: Any, run_gate: RunGate) -> None:
    def wrong(ask: Any, reply: Any) -> Any:
        if reply.status == 404 and not ask.key.isascii():
            return replace(reply, status=500)
        if ask.headers.get("authorization") == "Basic token-of-the-things":
            return replace(reply, status=200, json=things.things["old-chair"])
        if "callback=" in ask.target:
            return replace(reply, status=404)
        return replace(reply, status=410) if ask.method == "PATCH" else reply

    things.change = wrong
    findings = run_gate().open_findings
    assert len(findings) >= 4

    for finding in findings:
        answer = subprocess.run(
            ["bash", "-c", finding.curl],
            capture_output=True,
            env={"FLOWCONTRACT_TOKEN": "token-of-the-things", "PATH": "/usr/bin:/bin"},
        )
        assert finding.failure.exchange.response is not None
        status = re.match(rb"HTTP/1.1 (\d+)", answer.stdout)
        assert status, (shlex.split(finding.curl), answer)
        assert int(status[1]) == finding.failure.exchange.response.status


@pytest.mark.parametrize(
    ("old", "new", "rule", "pointer"),
    [
        ("enum: [seat, board]", "enum: [seat]", "schema-violation", "/components/schemas/Thing/properties/kind/enum"),
        ('"^[-a-z]+$"', '"^[a-z]+$"', "schema-violation", "/components/schemas/Thing/properties/id/pattern"),
        (
            "[id, uid, kind, uses, link]",
            "[id, uid, kind, uses, link, size]",
            "schema-violation",
            "/components/schemas/Thing/required",
        ),
        ("minimum: 0", "minimum: 1", "schema-violation", "/components/schemas/Thing/properties/uses/minimum"),
        (
            '"403": {$ref: "#/components/responses/Error"}',
            "",
            "undocumented-status-code",
            "/paths/~1things~1{id}~1/get/responses",
        ),
    ],
)
def test_a_stricter_contract_fails(
    run_gate: RunGate, tmp_path: Any, old: str, new: str, rule: str, pointer: str
) -> None:
    from pathlib import Path

    text = (Path(__file__).parents[1] / "data/contracts/things.yaml").read_text()
    assert old in text
    (tmp_path / "things.yaml").write_text(text.replace(old, new))

    run_result = run_gate(Contract.load(tmp_path / "things.yaml"))

    assert (rule, pointer) in [(finding.rule, finding.failure.location.pointer) for finding in run_result.open_findings]


def test_with_the_published_contract_alone_every_status_must_be_documented_there(
    things: Any, run_gate: RunGate
) -> None:
    document = {**things.contract.document}
    path = document["paths"]["/things/{id}/"]
    kept = {status: answer for status, answer in path["get"]["responses"].items() if status in ("200", "403")}
    document["paths"] = {"/things/{id}/": {"get": {**path["get"], "responses": kept}}}

    findings = run_gate(published=Contract(document)).open_findings

    assert sorted((c.rule, c.failure.exchange.response.status) for c in findings if c.failure.exchange.response) == [
        ("undocumented-status-code", 404),
        ("undocumented-status-code", 405),
    ]


def test_an_effect_of_any_undocumented_input_is_one_finding(things: Any, run_gate: RunGate) -> None:
    things.change = lambda a, r: (
        replace(r, status=404, json={"detail": "No."}) if "?" in a.target and r.status == 200 else r
    )

    (finding,) = run_gate().open_findings

    assert finding.rule == "undocumented-input-effect"
    assert finding.count > 5


def test_effects_of_different_input_are_separate_findings(things: Any, run_gate: RunGate) -> None:
    def changed(ask: Any, reply: Any) -> Any:
        german = "de" in ask.headers.get("accept-language", "") or "debug" in ask.target
        return replace(reply, json={**reply.json, "kind": "board"}) if german and reply.status == 200 else reply

    things.things = {"old-chair": things.things["old-chair"]}
    things.change = changed

    assert [finding.rule for finding in run_gate().open_findings] == [
        "undocumented-input-effect",
        "undocumented-input-effect",
    ]


def test_a_caller_who_is_locked_out_by_the_wrong_tokens_of_others_is_a_finding(things: Any, run_gate: RunGate) -> None:
    wrong: list[str] = []

    def lock_out(ask: Any, reply: Any) -> Any:
        if not ask.allowed:
            wrong.append(ask.target)
        elif len(wrong) > 2:
            wrong.clear()
            return replace(reply, status=403, json={"detail": "Too many attempts."})
        return reply

    things.change = lock_out

    run_result = run_gate()

    assert run_result.result is Result.FAILED
    assert "valid-request-rejected" in _rules(run_result)


def test_one_of_the_given_resources_that_is_denied_is_a_finding(things: Any, run_gate: RunGate) -> None:
    things.change = lambda ask, reply: (
        replace(reply, status=403, json={"detail": "No."}) if ask.key == "round-table" else reply
    )

    assert _rules(run_gate()) == {"valid-request-rejected"}


def test_a_slow_response_is_compared_with_others_all_the_same(things: Any, run_gate: RunGate) -> None:
    things.change = lambda ask, reply: (
        replace(reply, json={**reply.json, "kind": "board"}) if "?" in ask.target and reply.status == 200 else reply
    )

    assert "undocumented-input-effect" in _rules(run_gate(max_response_time=0.0))
