"""Contract tests of a project against a server that is named, and the fixtures without one."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flowcontract.checks import registry
from flowcontract.checks.findings import RunResult
from flowcontract.errors import TargetError, UsageError
from flowcontract.testing import of_operation, require_conclusive, serving

THINGS = Path(__file__).resolve().parents[1] / "data" / "contracts" / "things.yaml"
PROJECT = f"""
import pytest
from flowcontract.openapi.contract import Contract
from flowcontract.testing import parametrize, require_conclusive

CONTRACT = Contract.load({str(THINGS)!r})

@pytest.fixture(scope="session")
def flow_contract():
    return CONTRACT

def test_the_result_is_conclusive(flow_result):
    require_conclusive(flow_result)

@parametrize(CONTRACT)
def test_operation(flow_operation):
    flow_operation.check()
"""


QUICK = """
from flowcontract.engine import Options

@pytest.fixture(scope="session")
def flow_options():
    return Options(profile="quick")
"""


def _pytest(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    # Plugins of others take seconds to import.
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:schemathesis", "-q", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_a_server_with_warnings_alone_passes(things: Any, run_gate: Callable[..., RunResult]) -> None:
    things.change = lambda _a, r: replace(r, body=b"<h1>No</h1>", media="text/html") if r.status == 405 else r
    result = run_gate()

    operation = of_operation(result, "things_read")
    operation.check()
    require_conclusive(result)
    assert [finding.rule for finding in operation.warnings] == ["inconsistent-error-format"]


def test_an_operation_with_a_finding_is_the_test_that_fails(tmp_path: Path, things: Any) -> None:
    things.change = lambda _a, r: replace(r, json=r.json | {"id": 7}) if r.status == 200 else r

    (tmp_path / "test_project.py").write_text(PROJECT + QUICK, encoding="utf-8")

    where = ("--flowcontract-url", things.url, "--flowcontract-token", "token-of-the-things")
    ran = _pytest(tmp_path, *where, "--flowcontract-param", "id=old-chair")

    assert ran.returncode == 1
    assert "test_operation[things_read]" in ran.stdout
    assert "1 failed, 1 passed" in ran.stdout
    assert "(schema-violation)" in ran.stdout
    assert "curl -sS" in ran.stdout


def test_a_server_that_does_not_listen_is_a_short_error_of_each_test(tmp_path: Path) -> None:
    (tmp_path / "test_things.py").write_text(PROJECT, encoding="utf-8")

    done = _pytest(tmp_path, "--flowcontract-url", "http://127.0.0.1:1", "--flowcontract-token", "t")

    assert done.returncode == 1
    assert "nothing listens at http://127.0.0.1:1" in done.stdout
    assert "Traceback" not in done.stdout
    assert not re.search(r"\.py:\d", done.stdout)


def test_findings_that_fail_no_test_are_counted(tmp_path: Path, things: Any) -> None:
    things.change = lambda _a, r: replace(r, json={"id": 1}) if r.status == 200 else r
    (tmp_path / "test_things.py").write_text(PROJECT, encoding="utf-8")
    waiver = {"operation": "*", "reason": "known", "owner": "team", "expires": "2999-01-01"}
    waivers = [{"rule": rule, **waiver} for rule in registry.RULES]
    (tmp_path / "waivers.json").write_text(json.dumps(waivers), encoding="utf-8")
    (tmp_path / "flowcontract.toml").write_text('[gate]\nprofile = "quick"\nwaivers = "waivers.json"\n')

    done = _pytest(tmp_path, "--flowcontract-url", things.url, "--flowcontract-token", "token-of-the-things")

    assert re.search(r"flowcontract: findings that fail no test: \d+ waived", done.stdout), done.stdout


def test_a_project_chooses_its_target_and_how_it_is_tested(
    tmp_path: Path, things: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = f"""
from flowcontract.engine import Options
from flowcontract.http.target import Target

@pytest.fixture(scope="session")
def flow_default_target():
    return Target.at({things.url!r}, CONTRACT.base_path)

@pytest.fixture(scope="session")
def flow_options():
    return Options(profile="quick", path_values={{"things_read": [{{"id": "old-chair"}}]}})

def test_the_options_are_used(flow_result):
    assert flow_result.profile == "quick"
"""
    (tmp_path / "test_project.py").write_text(PROJECT + own, encoding="utf-8")
    monkeypatch.setenv("FLOWCONTRACT_TOKEN", "token-of-the-things")

    ran = _pytest(tmp_path)

    assert ran.returncode == 0, ran.stdout
    assert "3 passed" in ran.stdout


def test_the_configuration_means_what_it_means_for_the_gate(
    tmp_path: Path, things: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    waivers = "- {rule: schema-violation, operation: '*', reason: old data, owner: Ann, expires: 2999-01-01}\n"
    (tmp_path / "waivers.yaml").write_text(waivers, encoding="utf-8")
    config = f"""
[gate]
url = "{things.url}"
token-env = "THINGS_TOKEN"
profile = "quick"
waivers = "waivers.yaml"

[gate.parameters]
id = "old-chair"

[rules]
wrong-charset = "off"
"""
    seen = """
def test_the_options(flow_options, flow_result):
    assert flow_options.severities == {"wrong-charset": "off"}
    assert {str(finding.status) for finding in flow_result.findings} == {"waived"}
"""
    (tmp_path / "flowcontract.toml").write_text(config, encoding="utf-8")
    (tmp_path / "test_project.py").write_text(PROJECT + seen, encoding="utf-8")
    monkeypatch.setenv("THINGS_TOKEN", "token-of-the-things")
    things.change = lambda _a, r: replace(r, json=r.json | {"id": 7}) if r.status == 200 else r

    ran = _pytest(tmp_path)

    assert ran.returncode == 0, ran.stdout
    assert "3 passed" in ran.stdout


def test_the_mock_is_as_configured(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("teapot: {summary: No coffee., response: {code: 418}}", encoding="utf-8")
    config = '[mock]\nport = 1\nstateful = true\nscenario = "teapot"\nscenario-file = "own.yaml"\n'
    (tmp_path / "flowcontract.toml").write_text(config, encoding="utf-8")
    seen = """
def test_the_mock(flow_mock):
    assert flow_mock.mock.settings.stateful
    assert [each.scenario.name for each in flow_mock.mock.scenarios.active()] == ["teapot"]
"""
    (tmp_path / "test_project.py").write_text(seen, encoding="utf-8")

    ran = _pytest(tmp_path)

    assert ran.returncode == 0, ran.stdout


def test_a_configuration_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "flowcontract.toml").write_text("[gate]\ntimelimit = 3\n", encoding="utf-8")
    (tmp_path / "test_own.py").write_text("def test_own(flow_target): pass\n", encoding="utf-8")

    ran = _pytest(tmp_path)

    assert "unknown key 'timelimit' in [gate]. Did you mean 'time-limit'?" in ran.stdout
    assert "Traceback" not in ran.stdout


def test_a_fixture_of_the_project_goes_before_the_configured_server(tmp_path: Path, things: Any) -> None:
    own = f"""
from dataclasses import replace
from flowcontract.http.target import Target

@pytest.fixture(scope="session")
def flow_default_target():
    return Target.at({things.url!r}, CONTRACT.base_path)

@pytest.fixture(scope="session")
def flow_options(flow_options):
    return replace(flow_options, seed=7)

def test_the_options_are_those_of_the_file_and_of_the_fixture(flow_target, flow_options):
    assert flow_target.url.startswith({things.url!r})
    assert (flow_options.profile, flow_options.seed) == ("quick", 7)
"""
    config = "[gate]\nurl = 'http://127.0.0.1:1'\nprofile = 'quick'\n"
    (tmp_path / "flowcontract.toml").write_text(config, encoding="utf-8")
    (tmp_path / "test_project.py").write_text(PROJECT + own, encoding="utf-8")

    ran = _pytest(tmp_path, "-k", "the_options_are_those")

    assert "1 passed" in ran.stdout, ran.stdout


class _Flask:
    """A WSGI application, as those of Flask and Django are."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        raise AssertionError


def test_a_wsgi_application_is_an_error_at_once() -> None:
    for app in (_Flask(), _Flask().__call__):
        with pytest.raises(UsageError, match="expected an ASGI application, got a WSGI one"), serving(app):
            pass


async def _without_database(_scope: Any, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
    """An application that cannot start."""
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no database"})


def test_an_application_that_cannot_start_is_an_error_at_once() -> None:
    with pytest.raises(TargetError, match="the application did not start"), serving(_without_database):
        pass


def test_an_operation_of_another_contract_is_one_line(tmp_path: Path, things: Any) -> None:
    own = PROJECT.replace("@parametrize(CONTRACT)", "@parametrize(Contract.load())") + QUICK
    (tmp_path / "test_project.py").write_text(own, encoding="utf-8")

    ran = _pytest(tmp_path, "--flowcontract-url", things.url, "--flowcontract-token", "token-of-the-things")

    assert "got 'flows_instances_list'. Give `parametrize` the contract that the fixture" in ran.stdout
    assert "StopIteration" not in ran.stdout


def test_the_bundled_contract_prints_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("def test_own(flow_contract): pass\n", encoding="utf-8")

    ran = _pytest(tmp_path, "-s")

    assert "1 passed" in ran.stdout
    assert "contract:" not in ran.stdout + ran.stderr


def test_without_a_target_it_says_what_to_name(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("def test_own(flow_target): pass\n", encoding="utf-8")

    ran = _pytest(tmp_path)

    assert ran.returncode != 0
    assert "add --flowcontract-url URL" in ran.stdout


@pytest.mark.parametrize("rule", registry.RULES.values(), ids=lambda rule: rule.id)
def test_advice_is_true_wherever_a_report_puts_it(rule: registry.Rule) -> None:
    assert not {"above", "below", "here"} & set(re.findall(r"\w+", rule.advice))


LOGGING = """
import json
import logging

import pytest
from flowcontract.contract import Contract
from flowcontract.engine import Options
from flowcontract.http.target import Target
from flowcontract.testing import parametrize, serving

OK = {"description": "Done.", "content": {"application/json": {"schema": {"type": "object", "required": ["id"]}}}}
PATHS = {"/boats": {"get": {"operationId": "boats", "responses": {"200": OK}}}}
CONTRACT = Contract({"openapi": "3.1.0", "info": {"title": "Harbor", "version": "1"}, "paths": PATHS})

async def app(scope, receive, send):
    logging.getLogger("harbor").warning("served %s", scope["path"])
    logging.getLogger("harbor").error("a traceback")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b"{}"})

@pytest.fixture(scope="session")
def flow_contract():
    return CONTRACT

@pytest.fixture(scope="session")
def flow_options():
    return Options(profile="quick")

@pytest.fixture(scope="session")
def flow_default_target():
    with serving(app) as url:
        yield Target.at(url, "")

@parametrize(CONTRACT)
def test_operation(flow_operation):
    flow_operation.check()

def test_logs_are_as_before(caplog, flow_result):
    logging.getLogger("harbor").warning("after the run")
    assert "after the run" in caplog.text
"""


def test_an_application_in_this_process_logs_only_errors_while_it_is_tested(tmp_path: Path) -> None:
    (tmp_path / "test_project.py").write_text(LOGGING, encoding="utf-8")

    ran, after = _pytest(tmp_path, "-k", "test_operation"), _pytest(tmp_path, "-k", "test_logs_are_as_before")

    assert "(schema-violation)" in ran.stdout
    assert "a traceback" in ran.stdout
    assert "served /boats" not in ran.stdout
    assert after.returncode == 0


def test_ctrl_c_stops_the_session(tmp_path: Path) -> None:
    once = """
import _thread
import signal

signal.signal(signal.SIGINT, signal.default_int_handler)  # Shells start what runs in the background without it.

async def app(scope, receive, send, interrupts=[None]):
    if scope["type"] == "http" and interrupts:
        interrupts.pop()
        _thread.interrupt_main()
"""
    own = LOGGING.replace("\nasync def app(scope, receive, send):\n", once)
    (tmp_path / "test_project.py").write_text(own, encoding="utf-8")

    ran = _pytest(tmp_path)

    assert ran.returncode == pytest.ExitCode.INTERRUPTED, ran.stdout
    assert "KeyboardInterrupt" in ran.stdout
