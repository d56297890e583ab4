"""What other repositories use: the action, the GitLab component, hooks, the image, the compose example."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import flowmock
from flowcontract.cli import commands
from flowcontract.openapi import documents
from flowcontract.openapi.contract import Contract

ROOT = Path(__file__).resolve().parents[1]
SHOP = ROOT / "examples" / "compose" / "openapi.yaml"


def test_the_action_runs_the_gate_and_shows_the_result(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    with flowmock.running(Contract.load(SHOP), param=("id=5",)) as mock:
        environment = {
            "URL": mock.url, "SPEC": str(SHOP), "ARGS": "--param id=5 --profile quick",
            "RUNNER_TEMP": str(tmp_path / "temporary"),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"), "GITHUB_OUTPUT": str(tmp_path / "output"),
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, str(ROOT / ".ci" / "action.py")],
            env={**os.environ, **environment},
            cwd=checkout,
            capture_output=True,
            text=True,
        )

    report = tmp_path / "temporary" / "contract-reports"
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "output").read_text() == f"exit-code=0\nreport={report}\n"
    assert list(checkout.iterdir()) == []
    assert "Passed" in (tmp_path / "summary").read_text()
    assert (report / "report.html").is_file()


def test_the_action_takes_inputs_as_variables() -> None:
    action: Any = documents.read(ROOT / "action.yml")

    assert set(action["inputs"]) >= {"url", "spec", "args", "report"}
    for step in action["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


@pytest.mark.needs("sh")
def test_the_gitlab_component_is_valid(tmp_path: Path) -> None:
    document: Any = documents.read(ROOT / "templates" / "contract-gate.yml")
    script = "\n".join(document[".flowcontract-gate"]["script"])

    assert "junit.xml" in str(document[".flowcontract-gate"]["artifacts"])
    assert subprocess.run([shutil.which("sh") or "sh", "-n", "-c", script]).returncode == 0


def test_the_hooks_call_commands_that_exist() -> None:
    hooks: Any = documents.read(ROOT / ".pre-commit-hooks.yaml")

    for hook in hooks:
        program, command, *options = hook["entry"].split()
        assert program == "flowcontract"
        assert set(options) <= set(commands.parser_of(command).options)


def test_the_containers_run_commands_that_exist() -> None:
    compose: Any = documents.read(ROOT / "examples" / "compose" / "compose.yaml")

    for service in compose["services"].values():
        command, *words = service["command"]
        assert {word for word in words if word.startswith("--")} <= set(commands.parser_of(command).options)
    assert re.search(r'^CMD \["mock"\]$', (ROOT / "Dockerfile").read_text(), re.M)


@pytest.mark.parametrize("dockerfile", ["Dockerfile", "examples/qa-campaign/Dockerfile"])
def test_the_context_of_an_image_has_what_is_copied_into_it(dockerfile: str) -> None:
    rules = (ROOT / ".dockerignore").read_text().split()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / dockerfile).read_text(), re.M)

    assert "*" in rules
    names = {name for line in copied for name in line.split()} - {"."}
    assert {f"!{name}" for name in names} <= set(rules)


def test_the_action_does_not_fail_like_a_test_where_its_options_cannot_be_parsed(tmp_path: Path) -> None:
    environment = {"ARGS": "--header 'X-Reason: open", "REPORT": str(tmp_path / "out")}

    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "action.py")],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 2
    assert "args: No closing quotation" in done.stderr
