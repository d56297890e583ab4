"""`flowcontract fuzz`, `campaigns` and `replay` as a person calls them."""

import argparse
import json
import re
import shutil
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from flowcontract.cli import main
from flowcontract.cli.options import duration, size
from flowcontract.engine.campaigns import conclusion

pytestmark = pytest.mark.usefixtures("few_probes")
SPEC = Path(__file__).resolve().parents[2] / "data" / "contracts" / "things.yaml"
FEW = ("--cases", "60", "--workers", "1")


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLOWCONTRACT_TOKEN", "token-of-the-things")

    def run(*words: str) -> tuple[int, str, str]:
        # A campaign knows its contract.
        is_new = words[0] == "fuzz" and "--resume" not in words and "--spec" not in words
        code = main.main([*words, *(("--spec", str(SPEC)) if is_new else ())])
        written = capsys.readouterr()
        return code, written.out, written.err

    return run


@pytest.fixture
def fails_on_nul(things: Any) -> None:
    things.change = lambda ask, reply: (
        type(reply)(500, {"detail": "<script>alert(1)</script>"}) if "\0" in ask.key and ask.allowed else reply
    )


@pytest.mark.usefixtures("fails_on_nul")
def test_a_campaign_from_its_command_to_its_replay(call: Any, things: Any, tmp_path: Path) -> None:
    code, out, err = call("fuzz", things.url, *FEW, "--report", "reports")

    assert (code, out.split()[1]) == (1, "failed:")
    assert "1 finding; 1 of 1 operation tested" in out
    assert "requests" in err
    identifier = out.split("id | ")[1].split(",")[0]
    page = (tmp_path / "reports" / "report.html").read_text()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<svg" in page.split('id="campaign"')[1]
    assert "Server error" in (tmp_path / "reports" / "junit.xml").read_text()
    assert json.loads((tmp_path / "reports" / "report.sarif").read_text())["runs"][0]["results"]
    card = page.split('<article class="finding')[1].split('<details class="more">')[0]
    assert f"flowcontract replay {identifier}" in card, "it is seen before anything is unfolded"
    assert call("replay", identifier)[0] == 1
    assert call("campaigns")[0] == 0
    assert identifier in call("campaigns", "show")[1]
    assert call("campaigns", "compare", "1", "1")[0] == 0
    assert call("campaigns", "decide", identifier[:5], "known", "--note", "later", "--expires", "2999-12-31")[0] == 0
    assert "known: later (until 2999-12-31)" in call("campaigns", "show")[1]
    assert call("campaigns", "report", "1", "-o", "again", "--format", "html")[0] == 0
    assert [file.name for file in (tmp_path / "again").iterdir()] == ["report.html"]
    things.change = lambda _, reply: reply
    assert call("replay", identifier, "--target", things.url)[0] == 0


@pytest.mark.usefixtures("fails_on_nul")
def test_a_comparison_fails_for_open_findings_only(call: Any, things: Any) -> None:
    identifier = call("fuzz", things.url, *FEW)[1].split("id | ")[1].split(",")[0]
    things.change = lambda _, reply: reply
    call("fuzz", things.url, *FEW)

    assert call("campaigns", "compare", "2", "1")[0] == 1
    call("campaigns", "decide", identifier, "known")
    assert call("campaigns", "compare", "2", "1")[0] == 0


def test_progress_and_result_count_the_same_operations(
    call: Any, things: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reset = "paths:\n  /things/reset/:\n    post: {responses: {'204': {description: Done.}}}\n"
    (tmp_path / "unsafe.yaml").write_text(SPEC.read_text().replace("paths:\n", reset))
    monkeypatch.setattr(f"{__name__}.SPEC", tmp_path / "unsafe.yaml")

    _, out, err = call("fuzz", things.url, *FEW)

    assert "1 of 2 operations tested" in out
    assert "1 of 2 operations tested" in err


@pytest.mark.usefixtures("fails_on_nul")
def test_a_campaign_is_one_json_document(call: Any, things: Any) -> None:
    _, out, _ = call("fuzz", things.url, *FEW, "--json")

    document = json.loads(out)
    assert document["schema_version"]
    assert document["findings"][0]["rule"] == "server-error"
    assert {source["source"] for source in document["campaign"]["sources"]} >= {"start", "probes"}
    assert document["campaign"]["first_seen"][document["findings"][0]["fingerprint"]]["new"] is True


def test_a_database_that_findings_make_too_large_is_named(call: Any, things: Any, tmp_path: Path) -> None:
    call("fuzz", things.url, *FEW)
    with sqlite3.connect(tmp_path / "campaign.db") as large:
        large.execute("UPDATE campaign SET document = ?", (json.dumps(" " * 2_000_000),))
    large.close()

    _, _, err = call("fuzz", things.url, *FEW, "--keep", "1MB")

    assert "more than --keep 1.0 MB: findings stay. Delete old campaigns with `flowcontract campaigns delete`" in err


def test_errors_are_one_line_and_exit_2(call: Any, tmp_path: Path, things: Any) -> None:
    (tmp_path / "text.db").write_text("no database at all, but long enough to be read as one")

    for words, part in (
        (("fuzz",), "expected the URL of a server"),
        (("fuzz", "http://127.0.0.1:1"), "nothing listens"),
        (("fuzz", things.url, "--database", "text.db"), "as a campaign database"),
        (("fuzz", "--resume", "--database", "none.db"), "none.db does not exist"),
        (("fuzz", things.url, "--format", "har"), "unknown report format 'har'"),
        (("campaigns", "list", "--database", "none.db"), "none.db does not exist"),
        (("replay", "abc", "--database", "none.db"), "none.db does not exist"),
    ):
        code, _, err = call(*words)
        assert (code, err.count("\n")) == (2, 1), words
        assert part in err
    assert (tmp_path / "text.db").read_text().startswith("no database")
    assert call("fuzz", "http://127.0.0.1:1", "--report", "reports")[0] == 2
    assert "Nothing listens at http://127.0.0.1:1" in (tmp_path / "reports" / "summary.md").read_text()


@pytest.mark.parametrize(
    ("day", "message"),
    [("2001-01-01", "expected a date in the future"), ("soon", "expected a date such as 2026-12-31")],
)
def test_a_decision_expires_on_a_date_in_the_future(capsys: pytest.CaptureFixture[str], day: str, message: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main.main(["campaigns", "decide", "a", "known", "--expires", day])

    assert message in capsys.readouterr().err


@pytest.mark.usefixtures("fails_on_nul")
@pytest.mark.parametrize("text", ["no JSON", "{}", '{"$": "Unknown"}', '{"$": "FailureGroup", "count": 1}'])
def test_a_damaged_database_is_one_line(call: Any, things: Any, tmp_path: Path, text: str) -> None:
    assert call("fuzz", things.url, *FEW)[0] == 1
    with sqlite3.connect(tmp_path / "campaign.db") as damaged:
        damaged.execute("UPDATE failure SET data = ?", (text,))
    damaged.close()

    code, _, err = call("campaigns", "show")

    assert (code, err.count("\n")) == (2, 1)
    assert "the campaign database cannot be read" in err


def test_a_resumed_campaign_keeps_its_settings_and_takes_more_cases(call: Any, things: Any) -> None:
    assert call("fuzz", things.url, "--cases", "20", "--workers", "1", "--seed", "3")[0] == 0

    for option in (
        ("--seed", "4"),
        ("--name", "other"),
        ("--allow-unsafe",),
        ("--param", "id=x"),
        ("--published-only",),
        ("--exclude", "method=HEAD"),
        ("--timeout", "20s"),
        ("--settle", "2"),
    ):
        code, _, err = call("fuzz", "--resume", *option)
        assert code == 2
        assert f"{option[0]} differs from the setting that campaign 1 started with" in err
    code, out, _ = call("fuzz", things.url, "--resume", "--seed", "3", "--cases", "130", "--workers", "1")
    assert (code, out.split(";")[0][2:]) == (0, "passed: no findings")


def test_a_finding_of_a_baseline_is_gone_only_if_the_campaign_looked_for_it(
    call: Any, things: Any, tmp_path: Path
) -> None:
    item = {"fingerprint": "0a1b2c", "title": "Server error", "rule": "server-error", "operation": "things_read"}
    for phase, note in (
        ("probes", "In the baseline, but not found: Server error"),
        ("fuzzing", "Not found by this run"),
    ):
        text = json.dumps({"version": 2, "phases": [phase], "findings": [item]})
        (tmp_path / "baseline.json").write_text(text, encoding="utf-8")

        code, out, _ = call("fuzz", things.url, *FEW, "--baseline", "baseline.json")

        assert (code, note in out) == (0, True)


def test_the_next_command_is_about_a_finding_that_is_open(call: Any, things: Any) -> None:
    def change(ask: Any, reply: Any) -> Any:
        if "\0" in ask.key and ask.allowed:
            return type(reply)(500, {"detail": "NUL"})
        return type(reply)(410, {"detail": "Gone."}) if reply.status == 404 else reply

    def replayed(out: str) -> str:
        return out.split("next        flowcontract replay ")[1].split()[0]

    things.change = change
    first = replayed(call("fuzz", things.url, *FEW)[1])
    assert call("campaigns", "decide", first, "known", "--note", "later")[0] == 0

    code, out, _ = call("fuzz", things.url, *FEW)

    assert code == 1
    assert replayed(out) != first


@pytest.mark.usefixtures("fails_on_nul")
def test_printed_commands_have_the_options_that_they_need_and_no_secret(
    call: Any, things: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "token-of-the-things"
    monkeypatch.delenv("FLOWCONTRACT_TOKEN")
    options = ("--token", token, "--header", "X-Team: blue", "--header", "X-Api-Key: s3cret-of-the-team", "--insecure")

    _, out, err = call("fuzz", things.url, *FEW, "--fail-fast", *options, "--report", "reports")

    needed = (
        """ --token "${FLOWCONTRACT_TOKEN}" --header 'X-Team: blue'"""
        """ --header 'X-Api-Key: '"${FLOWCONTRACT_HEADER_X_API_KEY}" --insecure"""
    )
    (replay,) = re.findall(r"^replay +(flowcontract replay .*)$", out, re.M)
    assert replay.endswith(needed)
    assert f"flowcontract fuzz --resume 1{needed}\n" in out
    assert token not in out + err
    assert "s3cret" not in out + err
    monkeypatch.setenv("FLOWCONTRACT_TOKEN", token)
    assert "--token " not in call("fuzz", things.url, *FEW, "--token", token)[1]
    monkeypatch.delenv("FLOWCONTRACT_TOKEN")
    monkeypatch.setenv("THINGS_TOKEN", token)
    Path("flowcontract.toml").write_text('[fuzz]\ntoken-env = "THINGS_TOKEN"\n')
    assert """ --token "${THINGS_TOKEN}"\n""" in call("fuzz", things.url, *FEW)[1]


@pytest.mark.usefixtures("fails_on_nul")
def test_a_replay_without_the_credentials_of_the_finding_is_inconclusive(
    call: Any, things: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = call("fuzz", things.url, *FEW)[1]
    identifier = out.split("id | ")[1].split(",")[0]
    monkeypatch.delenv("FLOWCONTRACT_TOKEN")

    code, _, err = call("replay", identifier)

    assert code == 2
    assert "needs credentials that are not given: FLOWCONTRACT_TOKEN. Add --token." in err


LISTS = """
openapi: 3.0.3
info: {title: Lists, version: "1"}
servers: [{url: /api}]
paths:
  /lists:
    get:
      operationId: lists
      responses:
        "200":
          description: One page.
          content: {application/json: {schema: {type: object}}}
"""


def test_a_replay_of_a_total_is_inconclusive_if_the_list_has_more_pages_by_now(
    call: Any, things: Any, tmp_path: Path
) -> None:
    (tmp_path / "lists.yaml").write_text(LISTS)
    page = {"count": 3, "next": None, "previous": None, "results": [{"id": 1}]}
    things.change = lambda _, reply: type(reply)(200, page)
    out = call("fuzz", things.url, *FEW, "--spec", "lists.yaml")[1]
    identifier = out.split("[wrong-total]")[1].split("id | ")[1].split(",")[0]
    assert call("replay", identifier)[0] == 1

    page |= {"next": "/api/lists?page=2"}
    code, out, _ = call("replay", identifier)

    assert code == 2
    assert "/api/lists returns other data now, to which wrong-total does not apply" in out
    page |= {"count": 1, "next": None}
    assert call("replay", identifier)[0] == 0


@pytest.mark.usefixtures("fails_on_nul")
def test_what_is_left_of_a_campaign_is_resumed(call: Any, things: Any, tmp_path: Path) -> None:
    code, out, _ = call("fuzz", things.url, "--time", "90s", "--workers", "1", "--fail-fast")
    assert code == 1
    assert "It ended early: first failure." in out.splitlines()[0]
    assert "ended       first failure\n" in out
    assert "next        flowcontract fuzz --resume 1\n" in out
    assert "replay      flowcontract replay " in out
    with sqlite3.connect(tmp_path / "campaign.db") as changed:
        changed.execute("UPDATE campaign SET seconds = 89.99")
    changed.close()

    code, out, _ = call("fuzz", "--resume", "--workers", "1")
    assert (code, "ended       time limit of 90 s reached\n" in out) == (1, True)
    assert " time limit " in call("campaigns")[1]

    sent = len(things.asked)

    code, again, err = call("fuzz", "--resume", "--workers", "1", "--report", "reports")

    assert (code, again.splitlines()[0], len(things.asked)) == (1, out.splitlines()[0], sent)
    assert (tmp_path / "reports" / "report.html").exists(), "the process may have been killed while it wrote them"
    assert "campaign 1 is already complete (time limit of 90 s reached). Give --time or --cases to go on." in err
    assert call("fuzz", "--resume", "--workers", "1", "--time", "1s")[0] == 1


@pytest.mark.usefixtures("fails_on_nul")
def test_reports_of_a_resumed_campaign_name_the_contract_as_before(
    call: Any, things: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(SPEC, tmp_path / "things.yaml")
    (tmp_path / "ci").mkdir()
    monkeypatch.chdir(tmp_path / "ci")
    options = ("--quiet", "--workers", "1", "--report", "reports", "--format", "sarif")

    def location() -> str:
        run = json.loads(Path("reports/report.sarif").read_text())["runs"][0]
        return str(run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])

    _, out, _ = call("fuzz", things.url, *FEW, *options, "--spec", "../things.yaml")
    before = location()
    call("fuzz", "--resume", "--cases", "100", *options)

    assert location() == before == "../things.yaml"
    (finding,) = out.splitlines()[2:]
    assert call("replay", finding.split()[0])[0] == 1, "--quiet names what can be replayed"


def test_the_plan_is_printed_and_nothing_is_sent(call: Any, things: Any, tmp_path: Path) -> None:
    code, out, _ = call("fuzz", things.url, "--plan")

    assert (code, things.asked, list(tmp_path.iterdir())) == (0, [], [])
    assert "curl -sS -i" in out


@pytest.mark.parametrize(
    ("command", "word", "meant"),
    [
        ("fuzz", "--plna", "--plan"),
        ("fuzz", "--max-time", "--time"),
        ("gate", "--max-time", "--time-limit"),
        ("gate", "--fail-no", "--fail-on"),
        ("mock", "--plan", "--param"),
    ],
)
def test_an_unknown_option_is_one_line_with_another_one(
    command: str, word: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main.main([command, word, "1"])

    assert f"unknown option {word!r}. Did you mean {meant!r}?" in capsys.readouterr().err


def test_a_server_that_only_the_database_names_gets_no_requests(call: Any, things: Any, tmp_path: Path) -> None:
    call("fuzz", things.url, "--cases", "20", "--workers", "1")
    with sqlite3.connect(tmp_path / "campaign.db") as changed:
        changed.execute("UPDATE campaign SET target = 'https://elsewhere.example'")
    changed.close()

    code, _, err = call("fuzz", "--resume")

    assert code == 2
    assert "the server https://elsewhere.example is only named in the database" in err


def test_a_wrong_call_leaves_no_database(call: Any, tmp_path: Path) -> None:
    assert call("fuzz")[0] == 2

    assert not list(tmp_path.iterdir())


def test_campaigns_alone_lists_them(call: Any, things: Any) -> None:
    call("fuzz", things.url, "--cases", "20", "--workers", "1", "--name", "the name of a long night of testing")

    _, out, _ = call("campaigns")

    assert things.url in out
    assert "the name of a long night of testing" in out
    assert out == call("campaigns", "list")[1]


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("1.5m", 90), ("2h", 7200), ("1d", 86400)])
def test_times_are_written_as_people_do(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(("text", "size_in_bytes"), [("1000000", 10**6), ("200MB", 2 * 10**8), ("1.5gb", 15 * 10**8)])
def test_sizes_are_written_as_people_do(text: str, size_in_bytes: int) -> None:
    assert size(text) == size_in_bytes


@pytest.mark.parametrize("text", ["inf", "nan", "1e999GB", "10"])
def test_a_size_is_a_number_of_bytes(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="expected a size such as 200MB"):
        size(text)


@pytest.mark.usefixtures("fails_on_nul")
def test_another_contract_than_that_of_the_campaign_is_one_line(
    call: Any, things: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(
        "openapi: 3.0.3\ninfo: {title: Other, version: '1'}\n"
        "paths: {/a: {get: {operationId: a, responses: {'200': {description: It.}}}}}\n"
    )
    identifier = call("fuzz", things.url, *FEW)[1].split("id | ")[1].split(",")[0]

    assert main.main(["replay", identifier, "--spec", str(other)]) == 2
    assert "--spec" in capsys.readouterr().err


def test_a_database_is_read_without_the_contract_and_the_server(
    call: Any, things: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "api.yaml"
    spec.write_text(SPEC.read_text())
    assert main.main(["fuzz", things.url, *FEW, "--spec", str(spec)]) == 0
    spec.unlink()
    capsys.readouterr()

    code, out, err = call("campaigns", "list")

    assert (code, err) == (0, "")
    assert things.url in out
    assert "1 of 1 operation tested" in call("campaigns", "show")[1]


@pytest.mark.usefixtures("fails_on_nul")
def test_a_decision_is_named_and_a_campaign_deleted(call: Any, things: Any) -> None:
    out = call("fuzz", things.url, *FEW)[1]
    identifier = out.split("id | ")[1].split(",")[0]
    call("campaigns", "decide", identifier, "wontfix")

    shown = call("campaigns", "show")[1]

    assert "\nwontfix  " in shown
    assert ", 1 wontfix; " in shown
    assert call("campaigns", "delete", "1")[0] == 0
    assert call("campaigns", "show", "1")[0] == 2


def test_a_second_interrupt_names_the_command_that_goes_on(
    call: Any, things: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(conclusion, "conclude", interrupted)

    code, _, err = call("fuzz", things.url, *FEW)

    assert code == 130
    assert "Go on with: flowcontract fuzz --resume 1" in err


def test_campaigns_are_listed_although_a_module_with_rules_is_gone(call: Any, things: Any, tmp_path: Path) -> None:
    (tmp_path / "gone_rules.py").touch()
    (tmp_path / "flowcontract.toml").write_text('[gate]\nplugins = ["gone_rules"]\n')
    call("fuzz", things.url, *FEW)
    (tmp_path / "gone_rules.py").unlink()
    del sys.modules["gone_rules"]

    code, out, err = call("campaigns", "list")

    assert (code, out.splitlines()[1].split()[5]) == (0, "0")
    assert "not all findings of campaign 1: cannot import the module 'gone_rules'" in err
    assert call("campaigns", "show")[0] == 0
    assert call("campaigns", "delete", "1")[0] == 0
