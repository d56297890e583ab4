"""Was it called, how often, with what: over HTTP and from the command line."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flowmock
from flowcontract.cli.main import main
from flowmock.admin import verify

FLOW = "/flows/instances/initial-setup/"
OPERATION = "flows_instances_retrieve"
TOKEN = "verify-test-token-1"


@pytest.fixture(scope="module")
def mock(ask: Callable[..., Any]) -> Iterator[flowmock.Running]:
    """A mock that was asked for two flows, one of them twice, and once without a token."""
    with flowmock.running(tokens=[TOKEN]) as running:
        ask(running, FLOW, token=TOKEN, headers={"X-Trace": "one"})
        ask(running, FLOW + "?expand=stages&expand=policies", token=TOKEN)
        ask(running, "/flows/instances/default-password-change/", token=None, headers={"X-Mock-Session": "worker-1"})
        ask(running, FLOW, token=TOKEN, method="POST", body='{"a": {"b": [1, {"c": 2}], "d": 3}}')
        yield running


@pytest.fixture
def verified(mock: flowmock.Running) -> Callable[[dict[str, Any]], dict[str, Any]]:
    journal = mock.mock.journal
    contracts = mock.mock.compiled.contracts

    return lambda raw: verify.check(verify.read(raw, contracts), journal.entries())


@pytest.mark.parametrize(
    ("meant", "count"),
    [
        ({}, 4),
        ({"operation": OPERATION}, 3),
        ({"operation": "GET /flows/instances/{slug}/"}, 3),
        ({"operation": OPERATION, "path": {"slug": "initial-setup"}}, 2),
        ({"method": "POST"}, 1),
        ({"query": {"expand": "policies"}}, 1),
        ({"query": {"expand": {"present": False}}}, 3),
        ({"header": {"x-trace": {"pattern": "^o"}}}, 1),
        ({"role": "anonymous"}, 1),
        ({"status": 200}, 2),
        ({"status": ["2XX", 403]}, 3),
        ({"session": "worker-1"}, 1),
        ({"rule": "example initial-setup"}, 2),
        ({"body": {"a": {"b": [1, {"c": 2}]}}}, 1),
        ({"body": {"a": {"b": [1]}}}, 0),
        ({"since": 3}, 1),
    ],
)
def test_calls_are_counted(
    verified: Callable[[dict[str, Any]], dict[str, Any]], meant: dict[str, Any], count: int
) -> None:
    assert verified(meant | {"exactly": count})["ok"]
    assert verified(meant | {"exactly": count})["count"] == count
    assert not verified(meant | {"exactly": count + 1})["ok"]


@pytest.mark.parametrize(
    ("counts", "ok"),
    [
        ({}, True),
        ({"exactly": 3}, True),
        ({"exactly": 2}, False),
        ({"at-least": 3}, True),
        ({"at-least": 4}, False),
        ({"at-most": 3}, True),
        ({"at-most": 2}, False),
        ({"at-least": 1, "at-most": 3}, True),
        ({"exactly": 0}, False),
    ],
)
def test_the_number_of_calls_is_checked(
    verified: Callable[[dict[str, Any]], dict[str, Any]], counts: dict[str, Any], ok: bool
) -> None:
    assert verified({"operation": OPERATION} | counts)["ok"] is ok


def test_zero_calls_can_be_expected(verified: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    assert verified({"path": {"slug": "never"}, "exactly": 0})["ok"]


def test_differences_of_other_calls_are_reported(verified: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    found = verified({"operation": OPERATION, "query": {"expand": "flows"}})

    assert not found["ok"]
    assert found["message"].startswith("expected at least 1 matching request, got 0; of the other requests, ")
    assert found["differences"] == {"query parameter expand": 3, "operation": 1}


def test_dropped_exchanges_are_reported() -> None:
    assert "7 earlier exchanges are no longer in the journal" in verify.check(verify.read({}, []), [], 7)["message"]


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], 0),
        (["--operation", OPERATION, "--at-least", "1"], 0),
        (["--operation", OPERATION, "--path", "slug=initial-setup", "--exactly", "2"], 0),
        (["--header", "X-Trace=one", "--status", "2XX", "--exactly", "1"], 0),
        (["--query", "expand=stages", "--rule", "example", "--at-most", "1"], 0),
        (["--body", '{"a": {"d": 3}}', "--method", "post"], 0),
        (["--session", "worker-1", "--role", "anonymous"], 0),
        (["--operation", OPERATION, "--at-least", "9"], 1),
        (["--session", "worker-2"], 1),
        (["--operation", "nope"], 2),
        (["--path", "slug"], 2),
        (["--body", "{"], 2),
        (["--exactly", "1", "--at-least", "1"], 2),
        (["--exactly", "-1"], 2),
        (["--since", "-1"], 2),
    ],
)
def test_the_exit_code_of_the_command_has_the_result(
    mock: flowmock.Running, capsys: pytest.CaptureFixture[str], words: list[str], code: int
) -> None:
    found, out, err = run(capsys, "verify", "--url", mock.url, *words)

    assert found == code
    assert out.startswith({0: "ok: ", 1: "not met: ", 2: ""}[code])
    assert bool(err) is (code == 2)
    assert "Traceback" not in err


def test_the_command_gives_json(mock: flowmock.Running, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "verify", "--url", mock.origin, "--json", "--method", "GET")

    assert json.loads(out)["count"] == 3


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "http://", "http://127.0.0.1:99999", "http://[", ""])
def test_an_invalid_url_is_an_error(capsys: pytest.CaptureFixture[str], url: str) -> None:
    code, _, err = run(capsys, "verify", "--url", url)

    assert code == 2
    assert "expected the URL of a mock" in err


def test_without_a_mock_the_command_fails_without_a_traceback(capsys: pytest.CaptureFixture[str], closed: str) -> None:
    code, _, err = run(capsys, "verify", "--url", closed)

    assert code == 2
    assert "no mock responds" in err


def test_a_server_without_an_admin_api_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    with flowmock.running(admin=False) as running:
        code, _, err = run(capsys, "scenario", "--url", running.url)

    assert code == 2
    assert "--no-admin" in err


# The command `scenario`


def test_the_command_activates_scenarios(
    capsys: pytest.CaptureFixture[str], anyone_of_mine: flowmock.Running, ask: Callable[..., Any]
) -> None:
    url = ["--url", anyone_of_mine.url]

    code, out, _ = run(capsys, "scenario", "set", "rate-limited", "--for", "1", *url)
    assert (code, out) == (0, "Active: rate-limited (1 left)\n")
    assert [ask(anyone_of_mine, FLOW, token="any").status for _ in range(2)] == [429, 200]

    run(capsys, "scenario", "set", "not-found", "--session", "w", *url)
    assert "Active for session w: not-found" in run(capsys, "scenario", *url)[1]
    assert "server-error" in run(capsys, "scenario", "list", *url)[1]

    run(capsys, "scenario", "clear", "--session", "w", *url)
    assert run(capsys, "scenario", "clear", *url)[1] == "Active: none\n"
    assert json.loads(run(capsys, "scenario", "clear", "--json", *url)[1])["active"] == []


def test_the_command_breaks_one_operation(
    capsys: pytest.CaptureFixture[str], anyone_of_mine: flowmock.Running, ask: Callable[..., Any]
) -> None:
    url, operation = ["--url", anyone_of_mine.url], ["--operation", "flows_instances_retrieve"]

    code, out, _ = run(capsys, "scenario", "set", "rate-limited", "--for", "2", *operation, *url)
    assert (code, out) == (0, "Active: rate-limited (flows_instances_retrieve, 2 left)\n")
    assert [ask(anyone_of_mine, path, token="any").status for path in (FLOW, "/flows/instances/")] == [429, 200]

    by_path = ["--operation", "GET /flows/instances/{slug}/"]
    assert run(capsys, "scenario", "set", "slow", *by_path, *url)[1] == "Active: slow (flows_instances_retrieve)\n"

    code, _, err = run(capsys, "scenario", "set", "rate-limited", "--operation", "flows_instances_lst", *url)
    assert code == 2
    assert "unknown operation 'flows_instances_lst'" in err
    assert "flows_instances_list" in err
    assert run(capsys, "scenario", "clear", *operation, *url)[0] == 2


@pytest.mark.parametrize("place", range(4))
def test_the_url_may_be_anywhere_on_the_command_line(
    place: int, capsys: pytest.CaptureFixture[str], anyone_of_mine: flowmock.Running
) -> None:
    words = ["set", "slow", "not-found"]
    words[place:place] = ["--url", anyone_of_mine.url]

    assert run(capsys, "scenario", *words)[:2] == (0, "Active: slow, not-found\n")


@pytest.mark.parametrize(
    "words",
    [["set"], ["set", "nope"], ["list", "x"], ["clear", "x"], ["set", "slow", "--for", "0"], ["list", "--for", "1"]],
)
def test_invalid_arguments_of_the_command_are_errors(
    capsys: pytest.CaptureFixture[str], anyone_of_mine: flowmock.Running, words: list[str]
) -> None:
    code, _, err = run(capsys, "scenario", *words, "--url", anyone_of_mine.url)

    assert code == 2
    assert err.startswith("flowcontract scenario: ")


@pytest.fixture(scope="module")
def anyone_of_mine() -> Iterator[flowmock.Running]:
    with flowmock.running() as running:
        yield running
