"""`flowcontract fuzz`, `campaigns` and `replay` as a person calls them."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from flowcontract.cli import main
from flowcontract.cli.options import duration

SPEC = Path(__file__).resolve().parents[1] / "data" / "contracts" / "things.yaml"


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLOWCONTRACT_TOKEN", "token-of-the-things")

    def run(*words: str) -> tuple[int, str, str]:
        code = main.main([*words, *(() if words[0] == "none" else ("--spec", str(SPEC)))])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_a_campaign_from_its_command_to_its_replay(call: Any, things: Any, tmp_path: Path) -> None:
    things.change = lambda ask, reply: type(reply)(500, {"detail": "<b>"}) if "\0" in ask.key and ask.allowed else reply

    code, out, err = call("fuzz", things.url, "--cases", "250", "--workers", "1", "--report", "r.html")

    assert (code, out.split()[0]) == (1, "failed:")
    assert "next case is new" in err
    assert "1 finding in" in out
    identifier = next(line.split()[0] for line in out.splitlines() if "Server error" in line)
    assert "<b>" not in (tmp_path / "r.html").read_text()
    assert call("replay", identifier)[0] == 1
    assert call("campaigns", "list")[0] == 0
    assert identifier in call("campaigns", "show")[1]
    assert call("campaigns", "compare", "1", "1")[0] == 0
    assert call("campaigns", "decide", identifier[:5], "known", "--note", "later")[0] == 0
    assert "known" in call("campaigns", "show")[1]
    things.change = lambda _, reply: reply
    assert call("replay", identifier, things.url)[0] == 0


def test_what_cannot_be_is_one_line_and_exit_2(call: Any, tmp_path: Path, things: Any) -> None:
    (tmp_path / "text.db").write_text("no database at all, but long enough to be read as one")
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE their (own INTEGER)")
    other.close()

    for words, part in (
        (("fuzz",), "expected the URL of a server"),
        (("fuzz", "http://127.0.0.1:1"), "nothing listens"),
        (("fuzz", things.url, "--database", "text.db"), "as a campaign database"),
        (("fuzz", things.url, "--database", "other.db"), "is not a campaign database"),
        (("fuzz", "--resume", "--database", "none.db"), "none.db does not exist"),
        (("campaigns", "list", "--database", "none.db"), "none.db does not exist"),
        (("replay", "abc", "--database", "none.db"), "none.db does not exist"),
    ):
        code, _, err = call(*words)
        assert (code, err.count("\n")) == (2, 1), words
        assert part in err
    assert (tmp_path / "text.db").read_text().startswith("no database")


@pytest.mark.parametrize("text", ["no JSON", "{}", '{"$": "Unknown"}', '{"$": "FailureGroup", "count": 1}'])
def test_a_damaged_database_is_one_line(call: Any, things: Any, tmp_path: Path, text: str) -> None:
    things.change = lambda ask, reply: type(reply)(500, {}) if "\0" in ask.key and ask.allowed else reply
    assert call("fuzz", things.url, "--cases", "150", "--workers", "1")[0] == 1
    with sqlite3.connect(tmp_path / "campaign.db") as spoiled:
        spoiled.execute("UPDATE failure SET data = ?", (text,))
    spoiled.close()

    code, _, err = call("campaigns", "show")

    assert (code, err.count("\n")) == (2, 1)
    assert "the campaign database cannot be read" in err


def test_a_campaign_that_goes_on_keeps_its_seed_and_takes_more_cases(call: Any, things: Any) -> None:
    assert call("fuzz", things.url, "--cases", "20", "--workers", "1", "--seed", "3")[0] == 0

    for option in (
        ("--seed", "4"),
        ("--name", "other"),
        ("--allow-unsafe",),
        ("--param", "id=x"),
        ("--published-only",),
    ):
        code, _, err = call("fuzz", "--resume", *option)
        assert code == 2
        assert f"{option[0]} differs from the setting that campaign 1 started with" in err
    code, out, _ = call("fuzz", things.url, "--resume", "--seed", "3", "--cases", "30", "--workers", "1")
    assert (code, out.split(",")[0]) == (0, "passed: 30 cases")


def test_a_wrong_call_leaves_no_store(call: Any, tmp_path: Path) -> None:
    assert call("fuzz")[0] == 2

    assert not list(tmp_path.iterdir())


def test_what_is_listed_into_a_pipe_is_whole(call: Any, things: Any) -> None:
    call("fuzz", things.url, "--cases", "20", "--workers", "1", "--name", "the name of a long night of testing")

    _, out, _ = call("campaigns", "list")

    assert things.url in out
    assert "the name of a long night of testing" in out


def test_coverage_names_what_was_never_asked_and_never_seen(call: Any, things: Any) -> None:
    call("fuzz", things.url, "--cases", "20", "--workers", "1")

    _, out, _ = call("campaigns", "show")

    seen, all_of_them = (int(word) for word in out.split("input classes: ")[1].split()[0:3:2])
    assert 5 < seen < 30 < 100 < all_of_them
    assert "not exercised: credentials/" in out
    assert "things_read 405" in out.split("not exercised: ")[1].splitlines()[0]


def test_a_database_of_another_format_is_one_line_and_exit_2(call: Any, things: Any, tmp_path: Path) -> None:
    call("fuzz", things.url, "--cases", "20", "--workers", "1")
    with sqlite3.connect(tmp_path / "campaign.db") as old:
        old.execute("PRAGMA user_version = 1")
    old.close()

    code, _, err = call("campaigns", "show")

    assert (code, err.count("\n")) == (2, 1)
    assert "expected a campaign database of format 3, got format 1" in err


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("1.5m", 90), ("2h", 7200), ("1d", 86400)])
def test_times_are_written_as_people_do(text: str, seconds: float) -> None:
    assert duration(text) == seconds
