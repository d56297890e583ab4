"""What all commands print alike: the same flags in the same words, how much, and colours where they are wanted."""

import argparse
import json
import os
import pty
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import flowmock
from flowcontract.cli import main

TOKEN = "a-token"
DOCUMENTS = {"capture", "build"}
"""What these print is a document already: there is nothing to say in JSON beside it."""
ALIKE = (
    "--token-none", "--key", "--slug", "--spec", "--operation", "--seed", "--allow-unsafe", "--profile", "--max-time",
    "--published-only", "--waivers", "--baseline",
)  # fmt: skip
"""Options that mean the same in every command that has them."""
COLOUR = re.compile(r"\x1b\[[0-9;]*\b3[0-7]m")


@pytest.fixture(scope="module")
def mock() -> Iterator[flowmock.Running]:
    with flowmock.running(tokens=[TOKEN]) as running:
        yield running


def parsers(command: str) -> list[argparse.ArgumentParser]:
    """The parser of a command, or those of its actions."""
    parser = main.parser_of(command)
    nested = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return list(nested[0].choices.values()) if nested else [parser]


@pytest.mark.parametrize("command", main.COMMANDS)
def test_every_command_can_be_quiet_or_speak_json(command: str) -> None:
    for parser in parsers(command):
        assert {"--quiet", "-q"} <= parser._option_string_actions.keys()
    spoken = any("--json" in parser._option_string_actions for parser in parsers(command))
    assert spoken is (command not in DOCUMENTS)


@pytest.mark.parametrize("command", [name for name in main.COMMANDS if name not in DOCUMENTS])
def test_quiet_and_json_are_not_said_together(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = next(parser for parser in parsers(command) if "--json" in parser._option_string_actions)

    with pytest.raises(SystemExit):
        parser.parse_args(["--quiet", "--json"])

    assert "not allowed with" in capsys.readouterr().err


def test_flags_of_a_server_are_told_in_the_same_words() -> None:
    said: dict[str, set[str | None]] = {}
    for command in ("gate", "fuzz", "compare"):
        for option, action in main.parser_of(command)._option_string_actions.items():
            said.setdefault(option, set()).add(action.help)

    for option in ALIKE:
        assert len(said[option]) == 1, option


@pytest.mark.parametrize("command", main.COMMANDS)
def test_every_command_tells_about_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main([command, "--help"])

    assert ended.value.code == 0
    assert capsys.readouterr().out == main.parser_of(command).format_help()


def test_help_fits_into_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    main.main(["--help"])

    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_what_was_asked_for_goes_to_standard_output_alone(
    mock: flowmock.Running, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (
        ["gate", mock.url, "--token", TOKEN, "--profile", "quick"],
        ["compare", mock.url, mock.url, "--token", TOKEN, "--profile", "quick"],
        ["scenario", "--url", mock.url],
        ["verify", mock.url, "--at-least", "1"],
        ["diff", "2024.8.1", "2024.8.1"],
    ):
        assert main.main([*words, "--json"]) == 0
        json.loads(capsys.readouterr().out)

        assert main.main([*words, "--quiet"]) == 0
        printed = capsys.readouterr()
        assert printed.out.count("\n") <= 3, words
        assert printed.err == ""


def test_a_gate_ends_with_the_place_of_its_report_or_how_to_get_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with flowmock.running(tokens=[TOKEN], scenario="missing-title") as faulty:
        asked = ["gate", faulty.url, "--token", TOKEN, "--profile", "quick"]

        assert main.main(asked) == 1
        assert "--report DIR" in capsys.readouterr().out

        assert main.main([*asked, "--report", str(tmp_path)]) == 1
        assert capsys.readouterr().out.endswith(f"report      {tmp_path / 'report.html'}\n")


@pytest.mark.parametrize(
    ("terminal", "environment", "coloured"),
    [(True, {}, True), (True, {"NO_COLOR": "1"}, False), (True, {"TERM": "dumb"}, False), (False, {}, False)],
    ids=["terminal", "NO_COLOR", "dumb", "piped"],
)
def test_colours_are_for_terminals_that_want_them(
    terminal: bool,
    environment: dict[str, str],
    coloured: bool,
    mock: flowmock.Running,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm-256color", **environment}.items():
        monkeypatch.setenv(name, value)
    ours, theirs = pty.openpty() if terminal else os.pipe()
    with os.fdopen(theirs, "w", encoding="utf-8") as out:
        monkeypatch.setattr("sys.stdout", out)
        main.main(["gate", mock.url, "--token", TOKEN, "--profile", "quick", "--quiet"])
        printed = os.read(ours, 65536).decode()
    os.close(ours)

    assert "Contract kept" in printed
    assert bool(COLOUR.search(printed)) is coloured
