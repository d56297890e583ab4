"""`flowcontract mock`, as it is typed."""

import argparse
import io
import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

import flowmock
from flowcontract.cli import main, mock
from flowmock import startup

COMMAND = [sys.executable, "-c", "import sys; from flowcontract.cli.main import main; sys.exit(main())", "mock"]


@pytest.fixture
def start(tmp_path):
    """Start the command in an empty folder; give what it prints first, and the process."""
    started = []

    def begin(*words, environment=None):
        process = subprocess.Popen(
            [*COMMAND, "--port", "0", *words], cwd=tmp_path, env=os.environ | (environment or {}),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run a command in this process and an empty folder; what would serve ends at once. Gives code, output, errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("flowcontract.proxy.Running.serve", lambda _: None)
    monkeypatch.setattr("flowmock.server.running.Running.serve", lambda _: None)

    def ran(*words):
        try:
            code = main.main(list(words))
        except SystemExit as ended:
            code = ended.code
        return code, *capsys.readouterr()

    return ran


@pytest.mark.needs("curl")
def test_the_start_panel_has_the_url_and_commands_that_work(start):
    process = start()
    lines = []
    while len(lines) < 8:
        lines.append(process.stdout.readline().rstrip())
    shown = "\n".join(lines)

    assert lines[0] == "Mock of authentik 2024.8.1"
    assert "URL:     http://127.0.0.1:" in shown
    assert "Tokens:  any; every token may view everything" in shown
    assert "Ctrl-C" in shown
    curls = [line for line in lines if line.startswith("curl ")]
    statuses = [
        subprocess.run(
            ["sh", "-c", f"{line} -s -o /dev/null -w '%{{http_code}}'"], capture_output=True, text=True
        ).stdout
        for line in curls
    ]
    assert statuses == ["200", "404"]


@pytest.mark.needs("curl")
def test_the_commands_to_try_fit_the_contract(contract_of):
    """A credential where the contract wants it, a path parameter that is valid, a documented error."""
    text = {"description": "", "content": {"application/json": {"schema": {"type": "string"}}}}
    path = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
    contract = contract_of(
        {
            "/search": {
                "get": {
                    "parameters": [{"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}],
                    "responses": {"200": text},
                }
            },
            "/things/{id}": {"get": {"parameters": [path], "responses": {"200": text, "401": text}}},
        },
        components={"securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "api_key"}}},
        security=[{"key": []}],
    )
    with flowmock.running(contract) as running:
        commands = startup.curl_lines(running)
        statuses = [
            subprocess.run(
                ["sh", "-c", f"{command} -s -o /dev/null -w '%{{http_code}}'"], capture_output=True, text=True
            ).stdout
            for command in commands
        ]

    assert all("/things/" in command and "api_key=any-token" in command for command in commands)
    assert statuses == ["200", "401"]


def test_a_list_that_needs_credentials_is_suggested_first(contract_of):
    pet = {"type": "object", "properties": {"id": {"type": "integer"}}}
    page = {"type": "object", "properties": {"total": {"type": "integer"}, "items": {"type": "array", "items": pet}}}

    def get(schema, **more):
        return {
            "get": {"responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}}
            | more
        }

    contract = contract_of(
        {
            "/about": get({"type": "object"}, security=[]),
            "/languages": get({"type": "array", "items": pet}, security=[]),
            "/me": get(pet),
            "/pets": get(page),
            "/pets/{id}": get(pet, parameters=[{"name": "id", "in": "path", "required": True, "schema": {}}]),
        },
        components={"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
        security=[{"bearer": []}],
    )
    with flowmock.running(contract) as running:
        assert startup.curl_lines(running) == [f"curl -H 'Authorization: Bearer any-token' {running.url}/pets"]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_the_commands_are_outside_of_the_panel(anyone):
    out = Terminal()
    startup.show(anyone, out)

    assert "╭" in out.getvalue()
    assert anyone.url in out.getvalue()
    assert set(startup.curl_lines(anyone)) <= set(out.getvalue().splitlines())


@pytest.mark.parametrize(("variable", "shown"), [("a b:none", " (from FLOWCONTRACT_TOKEN)"), ("c", "")])
def test_the_panel_says_if_the_tokens_are_those_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, variable: str, shown: str
) -> None:
    monkeypatch.setenv("FLOWCONTRACT_TOKEN", variable)
    out = io.StringIO()

    with flowmock.running(tokens=["a", "b:none"]) as running:
        startup.show(running, out)

    assert f"2 accepted{shown}: 1 may view everything, 1 may view nothing" in out.getvalue()


@pytest.mark.parametrize("output", [(), ("--quiet",), ("--json",)])
def test_listening_for_other_machines_is_a_warning_in_every_output_mode(output, run):
    _, _, errors = run("mock", "--port", "0", *output, "--host", "0.0.0.0")
    first, second = errors.splitlines()

    assert "contract: the bundled example" in first
    assert "warning: other machines can reach the mock" in second


def test_the_contract_is_named_before_what_is_wrong_with_it(run, tmp_path):
    parameters = [{"name": "q", "in": "qeury", "schema": {}}]
    item = {"get": {"parameters": parameters, "responses": {"200": {"description": ""}}}}
    document = {"openapi": "3.1.0", "info": {"title": "A", "version": "1"}, "paths": {"/a": item}}
    (tmp_path / "a.json").write_text(json.dumps(document))

    _, _, errors = run("mock", "--port", "0", "--spec", str(tmp_path / "a.json"))
    first, second = errors.splitlines()

    assert "contract: " in first
    assert "got 'qeury'" in second


@pytest.mark.parametrize("output", [(), ("--quiet",), ("--json",)])
def test_a_proxy_for_other_machines_warns_as_well(output, run):
    _, _, errors = run("proxy", "--port", "0", "--upstream", "http://127.0.0.1:1", *output, "--host", "0.0.0.0")

    assert "warning: other machines can reach the proxy" in errors


def test_every_option_in_the_guide_exists():
    guide = Path(__file__).parents[2] / "docs" / "guides" / "frontend.md"
    parser = argparse.ArgumentParser()
    mock.configure(parser)

    named = set(re.findall(r"(?<![-\w])--[a-z][a-z-]+", re.sub(r"docker .*", "", guide.read_text(encoding="utf-8"))))

    assert named
    assert named <= set(parser._option_string_actions)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_cleanly(how, start):
    process = start("--json")
    where = json.loads(process.stdout.readline())
    asked = urllib.request.Request(
        where["url"] + "/flows/instances/initial-setup/", headers={"Authorization": "Bearer x"}
    )
    with urllib.request.urlopen(asked) as answer:
        assert answer.status == 200
    process.send_signal(how)
    _, errors = process.communicate(timeout=30)

    assert process.returncode == 0
    assert re.fullmatch("flowcontract mock: contract: .*\n", errors)


def test_settings_reach_it_from_the_environment_and_the_file(start, tmp_path):
    (tmp_path / "flowcontract.toml").write_text("[mock]\ntoken = ['sesame']\n")
    process = start("--json", environment={"FLOWCONTRACT_HOST": "localhost"})
    where = json.loads(process.stdout.readline())

    assert where["operations"] == ["flows_instances_list", "flows_instances_retrieve"]
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(where["url"] + "/flows/instances/initial-setup/")
    refused.value.close()
    assert refused.value.code == 403


def test_a_token_is_never_printed(run):
    _, printed, errors = run("mock", "--port", "0", "--token", "very-secret")

    assert "very-secret" not in printed + errors
    assert "${FLOWCONTRACT_TOKEN}" in printed


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--token", "a b"], "printable ASCII without spaces"),
        (["--port", "x"], "expected an integer"),
        (["--server-profile", "nobody"], "unknown server profile 'nobody'. Use one of: authentik, neutral"),
        (["--spec", "nowhere.yaml"], "there is no file nowhere.yaml"),
        (["--host", "256.0.0.1"], "Name an address of this machine with --host."),
    ],
)
def test_an_invalid_setting_is_one_line_and_exit_code_2(words, expected, run):
    code, printed, errors = run("mock", *words)

    assert (code, printed) == (2, "")
    assert errors.startswith("flowcontract mock: ")
    assert expected in errors
    assert errors.count("\n") == 1


def test_a_used_port_is_one_line_and_exit_code_2(anyone, run):
    code, _, errors = run("mock", "--port", anyone.origin.rpartition(":")[2])

    assert code == 2
    assert "cannot listen" in errors
    assert errors.count("\n") == 1


def test_overlays_and_examples_need_one_document(run, tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text("openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {}\n", "utf-8")

    code, _, errors = run("mock", "--port", "0", "--spec", "one.yaml", "--spec", "two.yaml", "--examples", ".")

    assert code == 2
    assert "expected one document for --overlay and --examples, got 2" in errors
