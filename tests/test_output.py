"""What all commands have in common: the same options with the same help, `--quiet`, `--json`, and colors."""

import json
import os
import pty
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import flowmock
from flowcontract.cli import commands, main, output
from flowcontract.openapi import documents
from flowcontract.openapi.contract import Contract

TOKEN = "a-token"
STATUS = Path(__file__).parent / "data" / "contracts" / "status.yaml"
READ = ("--spec", str(STATUS), "--token", TOKEN)
QUICK = (*READ, "--profile", "quick")
DOCUMENTS = {
    ("init",),
    ("completion",),
    ("capture",),
    ("build",),
    ("campaigns", "report"),
    ("campaigns", "decide"),
    ("campaigns", "delete"),
}
"""Commands that print a document or nothing: they have no `--json`."""
SHARED = (
    "--token-none", "--param", "--spec", "--operation", "--seed", "--allow-unsafe", "--profile", "--time-limit",
    "--published-only", "--waivers", "--baseline",
)  # fmt: skip
"""Options that mean the same in every command that has them."""
COLOUR = re.compile(r"\x1b\[[0-9;]*\b3[0-7]m")


@pytest.fixture(scope="module")
def mock() -> Iterator[flowmock.Running]:
    with flowmock.running(Contract.load(STATUS), tokens=[TOKEN]) as running:
        yield running


def options(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, str]:
    """The options of a command with their help texts, as `--help` lists them."""
    monkeypatch.setenv("COLUMNS", "400")
    with pytest.raises(SystemExit) as ended:
        main.main([*words, "--help"])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"usage: flowcontract {' '.join(words)}")
    return dict(re.findall(r"^  (--[\w-]+(?:, -\w)?).*?(?:\s{2,}(.*))?$", printed, re.M))


COMMANDS = [
    (name, *action) for name in commands.COMMANDS for action in ([each] for each in commands.ACTIONS.get(name, ()))
]
COMMANDS += [(name,) for name in commands.COMMANDS if name not in commands.ACTIONS]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_can_be_quiet_or_print_json(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = options(monkeypatch, capsys, *words)

    assert "--quiet, -q" in listed
    assert ("--json" in listed) is (words not in DOCUMENTS)


@pytest.mark.parametrize("words", [words for words in COMMANDS if words not in DOCUMENTS], ids=" ".join)
def test_quiet_and_json_exclude_each_other(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main.main([*words, "--quiet", "--json"])

    assert "not allowed with" in capsys.readouterr().err


def test_options_of_several_commands_have_one_help_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    texts: dict[str, set[str]] = {}
    for command in ("gate", "fuzz", "compare"):
        for option, text in options(monkeypatch, capsys, command).items():
            texts.setdefault(option, set()).add(text)

    for option in SHARED:
        assert len(texts[option]) == 1, option


def test_help_fits_into_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    main.main(["--help"])

    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_what_was_asked_for_goes_to_standard_output_alone(
    mock: flowmock.Running, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (
        ["gate", mock.url, *QUICK],
        ["compare", mock.url, mock.url, *READ],
        ["scenario", "--url", mock.url],
        ["verify", "--url", mock.url, "--at-least", "1"],
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
    text = documents.read(STATUS)
    text["paths"]["/status"]["get"]["responses"]["200"]["content"]["application/json"]["schema"] = {"type": "string"}
    with flowmock.running(Contract(text), tokens=[TOKEN]) as faulty:
        asked = ["gate", faulty.url, *QUICK]

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
        main.main(["gate", mock.url, *QUICK, "--quiet"])
        printed = os.read(ours, 65536).decode()
    os.close(ours)

    assert "passed: " in printed
    assert bool(COLOUR.search(printed)) is coloured


def test_text_in_brackets_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    text = "http://[fe80::1]:8000/[/x] [bold]"

    output.console().print(text)

    assert capsys.readouterr().out == f"{text}\n"
