"""`gate --setup` and `--teardown`: what only the owner of the server can make and remove."""

import sys
from pathlib import Path
from typing import Any

import pytest

from flowcontract.cli.main import main

THINGS = str(Path(__file__).parents[1] / "data/contracts/things.yaml")
TOKEN = "token-of-the-things"


@pytest.fixture
def gate(things: Any, tmp_path: Path) -> Any:
    """Run the gate with commands of Python code, which run in a folder of their own."""

    def run(setup: str, teardown: str = "") -> int:
        words = ["gate", things.url, "--spec", THINGS, "--token", TOKEN, "--profile", "quick", "--quiet"]
        for option, code in (("--setup", setup), ("--teardown", teardown)):
            script = tmp_path / f"{option[2:]}.py"
            script.write_text(f"import os, pathlib, sys\nhere = pathlib.Path({str(tmp_path)!r})\n{code}\n")
            words += [option, f"'{sys.executable}' '{script}'"] if code else []
        return main(words)

    return run


def test_what_the_setup_made_is_tested_and_removed(gate: Any, things: Any, tmp_path: Path) -> None:
    setup = 'print("id=old-chair"); (here / "made").write_text(os.environ["FLOWCONTRACT_URL"])'

    assert gate(setup, '(here / "made").rename(here / "removed")') == 0
    assert (tmp_path / "removed").read_text() == things.url


@pytest.mark.parametrize(
    ("setup", "message"),
    [
        ("sys.exit(3)", "exit code 3"),
        ('print("It is made.")', "expected lines [OPERATION:]NAME=VALUE"),
    ],
)
def test_a_setup_that_fails_is_one_line_and_is_cleaned_up(
    gate: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], setup: str, message: str
) -> None:
    assert gate(setup, '(here / "removed").touch()') == 2
    assert message in capsys.readouterr().err
    assert (tmp_path / "removed").exists()


def test_a_teardown_that_fails_is_said_and_does_not_change_the_result(
    gate: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate("", "sys.exit(4)") == 0
    assert "expected the command of --teardown to succeed, got exit code 4" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "message"), [("'open", "cannot be parsed"), ("no-such-command-here", "cannot be run")]
)
def test_a_command_that_cannot_be_run_is_one_line(
    things: Any, capsys: pytest.CaptureFixture[str], command: str, message: str
) -> None:
    assert main(["gate", things.url, "--spec", THINGS, "--token", TOKEN, "--setup", command]) == 2
    assert message in capsys.readouterr().err
