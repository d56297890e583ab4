"""Warnings: what a conforming server may do. They are in every report, and the run passes."""

import io
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from rich.console import Console

import flowmock
from flowcontract import engine, reporting
from flowcontract.checks import suppressions
from flowcontract.checks.findings import FindingStatus, Result, RunResult
from flowcontract.checks.suppressions import Waiver
from flowcontract.cli import main
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract
from flowcontract.reporting import terminal

from .conftest import THINGS, TOKEN, Things

RunGate = Callable[..., RunResult]
Change = Callable[[Any, Any], Any]


def _page(ask: Any, reply: Any) -> Any:
    """A 405 is a page, all other errors are JSON."""
    return replace(reply, body=b"<h1>No</h1>", media="text/html") if reply.status == 405 else reply


def _taking(things: Any, *credentials: str) -> Change:
    """A server that accepts these credentials as well as the documented ones."""

    def serve(ask: Any, reply: Any) -> Any:
        lenient = ask.headers.get("authorization") in credentials and ask.method in ("GET", "HEAD")
        return type(reply)(200, things.things[ask.key]) if lenient and ask.key in things.things else reply

    return serve


def _two(first: str, second: str) -> str:
    """Two `Authorization` headers, as the server of things reads them."""
    return f"{first}, {second}"


WRONG = "Bearer flowcontract-wrong-token-000000000000000000000000"
RIGHT = f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("credentials", "sent"),
    [
        ((f"Bearer\t{TOKEN}",), ("Bearer\t${FLOWCONTRACT_TOKEN}",)),
        ((_two(WRONG, RIGHT),), (WRONG, "Bearer ${FLOWCONTRACT_TOKEN}")),
        ((_two(RIGHT, WRONG),), ("Bearer ${FLOWCONTRACT_TOKEN}", WRONG)),
        ((_two(RIGHT, WRONG), _two(WRONG, RIGHT)), (WRONG, "Bearer ${FLOWCONTRACT_TOKEN}")),
    ],
    ids=["a tab", "the last of two", "the first of two", "any of two"],
)
def test_lenient_credentials_are_one_warning(
    things: Any, run_gate: RunGate, credentials: tuple[str, ...], sent: tuple[str, ...]
) -> None:
    things.change = _taking(things, *credentials)

    run_result = run_gate()

    (finding,) = run_result.findings
    assert (run_result.result, finding.rule, finding.status) == (
        Result.PASSED,
        "lenient-credentials",
        FindingStatus.WARNING,
    )
    request = finding.failure.exchange.request
    assert tuple(value for name, value in request.headers if name == "Authorization") == sent
    assert finding.failure.other, "the evidence contains the response to a wrong token"
    assert (finding.failure.other.request.header("Authorization"), finding.failure.other.response.status) == (
        WRONG,
        403,
    )  # type: ignore[union-attr]
    assert run_result.headline.startswith("no findings, 1 warning; 1 of 1 operation tested, ")


def test_an_html_405_is_a_warning_where_other_errors_are_json(things: Any, run_gate: RunGate) -> None:
    things.change = _page

    run_result = run_gate()

    (finding,) = run_result.findings
    assert (run_result.result, finding.rule, finding.status) == (
        Result.PASSED,
        "inconsistent-error-format",
        FindingStatus.WARNING,
    )
    assert finding.failure.message == "Expected JSON with 405, as with 403, got 'text/html'."
    assert finding.count == 4


@pytest.mark.needs("bash", "curl")
def test_the_curl_command_of_a_warning_reproduces_it(things: Any, run_gate: RunGate) -> None:
    things.change = _taking(things, f"Bearer\t{TOKEN}", _two(WRONG, RIGHT))
    findings = run_gate().warnings
    assert len(findings) == 2

    for finding in findings:
        environment = {"FLOWCONTRACT_TOKEN": TOKEN, "PATH": os.environ["PATH"]}
        answer = subprocess.run(["bash", "-c", finding.curl], capture_output=True, env=environment)
        assert answer.stdout.startswith(b"HTTP/1.1 200 "), finding.curl


def test_an_error_without_a_body_has_no_format(things: Any, run_gate: RunGate) -> None:
    things.change = lambda _a, r: replace(r, body=b"", media="text/html") if r.status == 405 else r

    assert run_gate().findings == ()


def test_no_warning_about_lenient_credentials_where_any_token_is_accepted() -> None:
    contract = Contract.load()
    with flowmock.running(contract) as mock:
        target = replace(Target.at(mock.url, contract.base_path, token="any-token-at-all"), any_token=True)
        run_result = engine.run(contract, target, engine.Options(assume_examples=True, profile="quick"))

    assert (run_result.result, run_result.findings) == (Result.PASSED, ())


def test_a_server_that_denies_nobody_fails_without_a_warning(things: Any, run_gate: RunGate) -> None:
    right = things.things
    things.change = lambda a, r: type(r)(200, right[a.key]) if r.status == 403 and a.key in right else r

    assert not [finding for finding in run_gate().findings if finding.status is FindingStatus.WARNING]


def test_an_error_that_repeats_the_resource_id_is_a_warning(things: Any, run_gate: RunGate) -> None:
    things.change = lambda a, r: replace(r, json={"detail": f"no {a.key}"}) if r.status == 404 else r

    run_result = run_gate()

    assert (run_result.result, [finding.rule for finding in run_result.findings]) == (
        Result.PASSED,
        ["echoed-resource-id"],
    )


def test_a_slow_response_is_a_warning_and_a_failure_where_the_caller_sets_so(things: Any, run_gate: RunGate) -> None:
    run_result = run_gate(max_response_time=0.0)
    strict = run_gate(max_response_time=0.0, severities={"slow-response": "failure"})

    assert (run_result.result, {finding.rule for finding in run_result.warnings}) == (Result.PASSED, {"slow-response"})
    assert (strict.result, {finding.rule for finding in strict.open_findings}) == (Result.FAILED, {"slow-response"})


def test_a_rule_can_be_turned_off_and_a_warning_can_fail_the_run(things: Any, run_gate: RunGate) -> None:
    things.change = _page

    assert run_gate(severities={"inconsistent-error-format": "off"}).findings == ()
    assert run_gate(fail_on_warnings=True).result is Result.FAILED


def test_a_failure_precedes_a_warning_and_determines_the_result(things: Any, run_gate: RunGate) -> None:
    things.change = lambda a, r: replace(_page(a, r), status=500) if "\0" in a.key else _page(a, r)

    run_result = run_gate()

    assert run_result.result is Result.FAILED
    assert [finding.rule for finding in run_result.open_findings] == ["server-error"]
    assert [finding.rule for finding in run_result.warnings] == ["inconsistent-error-format"]
    assert run_result.headline.startswith("1 finding, 1 warning; ")


def test_a_warning_can_be_waived_and_is_not_in_a_baseline(things: Any, run_gate: RunGate, tmp_path: Path) -> None:
    from datetime import date

    things.change = _page
    waiver = Waiver("inconsistent-error-format", "*", "the front answers", "Ann", date(2999, 1, 1))

    assert [finding.status for finding in run_gate(waivers=(waiver,)).findings] == [FindingStatus.WAIVED]
    suppressions.write_baseline(tmp_path / "baseline.json", run_gate().findings)
    assert suppressions.load_baseline(tmp_path / "baseline.json") == {}


# --- reports


@pytest.fixture(scope="module")
def warned() -> Iterator[RunResult]:
    server = Things(Contract.load(THINGS))
    server.change = _page
    server.start()
    options = engine.Options(profile="quick", path_values={"things_read": [{"id": key} for key in server.things]})
    yield engine.run(server.contract, server.target, options)
    server.stop()


def test_the_terminal_shows_a_warning_like_a_failure(warned: RunResult) -> None:
    file = io.StringIO()
    terminal.print(warned, Console(file=file, width=80))

    printed = file.getvalue()
    (finding,) = warned.findings
    assert printed.startswith("✓ passed: ")
    assert "no findings, 1 warning; " in printed.splitlines()[0]
    assert "warning" not in printed.splitlines()[1], "each count is said once"
    assert "warning  Inconsistent error format  [inconsistent-error-format]" in printed
    assert all(
        told in printed
        for told in (str(finding.failure.location), finding.failure.message, finding.curl, finding.advice)
    )


def test_no_report_counts_a_warning_as_a_failure(warned: RunResult) -> None:
    (finding,) = warned.findings
    junit = ElementTree.fromstring(reporting.render(warned, "junit"))
    ctrf = json.loads(reporting.render(warned, "ctrf"))["results"]
    sarif = json.loads(reporting.render(warned, "sarif"))["runs"][0]
    github = reporting.render(warned, "github").splitlines()
    result = json.loads(reporting.render(warned, "ndjson").splitlines()[-1])

    assert not junit.findall(".//failure")
    assert finding.failure.message in junit.findall(".//skipped")[0].attrib["message"]
    assert (ctrf["summary"]["failed"], ctrf["summary"]["skipped"]) == (0, 1)
    assert [test["rawStatus"] for test in ctrf["tests"] if test["status"] == "skipped"] == ["warning"]
    assert [result["level"] for result in sarif["results"]] == ["note"]
    assert [rule["defaultConfiguration"]["level"] for rule in sarif["tool"]["driver"]["rules"]] == ["note"]
    assert github[0].startswith("::notice file=")
    assert "warning%3A Inconsistent error format" in github[0]
    assert (result["exit_code"], result["open_findings"], result["warnings"]) == (0, 0, 1)


def test_the_pages_show_that_it_is_a_warning(warned: RunResult) -> None:
    page, markdown = (reporting.render(warned, name) for name in ("html", "markdown"))

    assert '<article class="finding warning"' in page
    assert "<b>1</b><span>warning</span>" in page
    assert "🔵 warning: Inconsistent error format" in markdown


# --- campaigns


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLOWCONTRACT_TOKEN", TOKEN)

    def run(*words: str) -> tuple[int, str]:
        code = main.main([*words, *(("--spec", str(THINGS)) if words[0] != "campaigns" else ())])
        return code, capsys.readouterr().out

    return run


def test_a_campaign_passes_with_a_warning_that_can_be_replayed(call: Any, things: Any, tmp_path: Path) -> None:
    things.change = _taking(things, f"Bearer\t{TOKEN}")

    code, out = call("fuzz", things.url, "--cases", "200", "--workers", "1", "--report", "reports")

    assert (code, out.split(";")[0]) == (0, "✓ passed: no findings, 1 warning")
    identifier = out.split("id | ")[1].split(",")[0]
    assert '<article class="finding warning"' in (tmp_path / "reports" / "report.html").read_text(encoding="utf-8")
    assert call("fuzz", things.url, "--cases", "200", "--workers", "1", "--fail-on", "new")[0] == 0
    assert call("fuzz", things.url, "--cases", "200", "--workers", "1", "--fail-on", "warning")[0] == 1
    assert "still a warning:" in call("replay", identifier)[1]
    things.change = lambda _, reply: reply
    code, out = call("replay", identifier)
    assert (code, out.split()[0]) == (0, "passed:")


def test_a_new_warning_does_not_fail_a_comparison_of_campaigns(call: Any, things: Any) -> None:
    call("fuzz", things.url, "--cases", "200", "--workers", "1", "--quiet")
    things.change = _taking(things, f"Bearer\t{TOKEN}")
    call("fuzz", things.url, "--cases", "200", "--workers", "1", "--quiet")

    code, out = call("campaigns", "compare", "1", "2")
    listed = json.loads(call("campaigns", "list", "--json")[1])

    assert (code, out.splitlines()[0]) == (0, "1 new")
    assert "(warning, " in out
    assert [(each["open"], each["known"], each["warnings"]) for each in listed] == [(0, 0, 0), (0, 0, 1)]


def test_a_warning_can_be_marked_as_known(call: Any, things: Any) -> None:
    things.change = _taking(things, f"Bearer\t{TOKEN}")
    _, out = call("fuzz", things.url, "--cases", "200", "--workers", "1")
    identifier = out.split("id | ")[1].split(",")[0]

    assert call("campaigns", "decide", identifier, "known", "--note", "the framework does so")[0] == 0

    _, out = call("campaigns", "show")
    assert "no findings, 1 known;" in out
    assert "known: the framework does so" in out


def test_a_rule_of_a_campaign_can_be_a_failure(call: Any, things: Any) -> None:
    things.change = _taking(things, f"Bearer\t{TOKEN}")
    _, out = call("fuzz", things.url, "--cases", "200", "--workers", "1", "--json")
    (finding,) = json.loads(out)["findings"]

    code, _ = call("fuzz", things.url, "--cases", "200", "--workers", "1", "--rule", f"{finding['rule']}=failure")

    assert code == 1
