"""Whatever is wrong around a command (variables, outputs, ports, files damaged in the middle): words, no traceback."""

import contextlib
import io
import json
import os
import random
import re
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import flowmock
from flowcontract.cli import commands, main
from flowcontract.openapi import documents
from flowcontract.openapi.contract import Contract

ROOT = Path(__file__).resolve().parents[1]
SPEC = ROOT / "spec" / "openapi.yaml"
CAPTURED = ROOT / "spec" / "captured" / "2024.8.1.yaml"
PAGE = next((ROOT / "spec" / "pages").glob("*.mdx"))
STATUS = ROOT / "tests" / "data" / "contracts" / "status.yaml"
TOKEN = "a-token"
READ = ("--operation", "flows_instances_retrieve")
DAMAGES = (*range(10), 56)
"""Ways in which each file is damaged: seeds, two for each kind. 56 leaves a type that is none."""
Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own, in which what a command serves ends at once; mocks in other threads serve."""
    serve = flowmock.Running.serve

    def ends(running: flowmock.Running) -> None:
        if threading.current_thread() is not threading.main_thread():
            serve(running)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("flowcontract.proxy.Running.serve", lambda _: None)
    monkeypatch.setattr("flowmock.Running.serve", ends)
    return tmp_path


@pytest.fixture(scope="module")
def mock() -> Iterator[flowmock.Running]:
    with flowmock.running(tokens=[TOKEN], scenario="defect-nul") as running:
        yield running


@pytest.fixture(scope="module")
def small() -> Iterator[flowmock.Running]:
    """The mock of the smallest contract, for commands that send much."""
    with flowmock.running(Contract.load(STATUS)) as running:
        yield running


@pytest.fixture(scope="module")
def campaign(mock: flowmock.Running, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of a campaign that found something."""
    store = tmp_path_factory.mktemp("campaign") / "campaign.db"
    words = [mock.url, "--token", TOKEN, "--cases", "500", "--workers", "1", "--database", str(store), "--quiet"]
    assert main.main(["fuzz", *words]) == 1
    with sqlite3.connect(store) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return store


def run(*words: str) -> int:
    try:
        return main.main(list(words))
    except SystemExit as stopped:
        return int(str(stopped.code))


def assert_told(command: str, code: int, said: str) -> None:
    """One message for a person."""
    assert code == 2, said
    assert said.startswith((f"flowcontract {command}: ", f"usage: flowcontract {command}")), said
    assert "Traceback" not in said
    assert len(said) < 4000


VARIABLES = [
    ("FLOWCONTRACT_PORT", "eighty"),
    ("FLOWCONTRACT_PORT", "-1"),
    ("FLOWCONTRACT_PORT", "65536"),
    ("FLOWCONTRACT_JOURNAL", "-1"),
    ("FLOWCONTRACT_JOURNAL", "1.5"),
    ("FLOWCONTRACT_SEED", "x"),
    ("FLOWCONTRACT_CORS", "perhaps"),
    ("FLOWCONTRACT_ADMIN", "2"),
    ("FLOWCONTRACT_DYNAMIC", "é"),
    ("FLOWCONTRACT_STATEFUL", "y e s"),
    ("FLOWCONTRACT_WATCH", "None"),
    ("FLOWCONTRACT_SPEC", "no-such-file.yaml"),
    ("FLOWCONTRACT_HOST", "no.such.host.invalid"),
    ("FLOWCONTRACT_SERVER_PROFILE", "nobody"),
    ("FLOWCONTRACT_SCENARIO", "no-such-scenario"),
    ("FLOWCONTRACT_SCENARIO_FILE", "no-such-file.yaml"),
    ("FLOWCONTRACT_TOKEN", "é"),
]


@pytest.mark.parametrize(("variable", "value"), VARIABLES)
def test_a_wrong_variable_of_the_mock_is_told(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    monkeypatch.setenv("FLOWCONTRACT_PORT", "0")
    monkeypatch.setenv(variable, value)

    assert_told("mock", run("mock"), capsys.readouterr().err)


@pytest.mark.parametrize("command", ["gate", "fuzz", "compare"])
@pytest.mark.parametrize("variable", ["FLOWCONTRACT_TOKEN", "FLOWCONTRACT_TOKEN_NONE"])
@pytest.mark.parametrize("value", ["two words", "line\nfeed", "é", "\x7f"])
def test_a_wrong_token_in_a_variable_is_told_without_itself(
    command: str, variable: str, value: str, closed: str, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    monkeypatch.setenv(variable, value)

    code = run(command, *([closed] * (2 if command == "compare" else 1)))

    said = capsys.readouterr().err
    assert_told(command, code, said)
    assert value not in said


@pytest.mark.parametrize(
    "text",
    [b"[mock", b"\xff\xfe", b"mock = 1", b"[mock]\nport = 'x'\n", b"[mock]\nprot = 1\n", b"[mock]\ntoken = [1]\n"],
)
def test_a_wrong_file_of_settings_is_told(text: bytes, desk: Path, capsys: Said) -> None:
    (desk / "flowcontract.toml").write_bytes(text)

    assert_told("mock", run("mock"), capsys.readouterr().err)


# What a command writes, and the words before the output. Nothing listens at CLOSED: that the output is complained of
# shows that it was looked at before anything was sent.
OUTPUTS = {
    "capture": [[str(PAGE), "-o"], ["--operation", "x", "--schema", "CLOSED", "-o"]],
    "build": [["--captured", str(CAPTURED), "-o"]],
    "diff": [["2024.8.1", "2024.12.0", "-o"]],
    "gate": [["CLOSED", "--report"], ["CLOSED", "--write-baseline"]],
    "fuzz": [["CLOSED", "--report"], ["CLOSED", "--database"]],
    "proxy": [["--upstream", "CLOSED", "--port", "0", "--report"], ["--upstream", "CLOSED", "--port", "0", "--record"]],
    "demo": [["--report"]],
    "matrix": [["--offline", "--client", "python:2024.8", "--report"]],
    "campaigns": [["report", "--database", "STORE", "-o"]],
}


@pytest.mark.parametrize(("command", "words"), [(name, words) for name, many in OUTPUTS.items() for words in many])
@pytest.mark.parametrize("output", ["/proc/nothing/here", "file/below", "x" * 300, "nothing\x00here"])
def test_an_output_that_cannot_be_written_is_told_before_anything_is_sent(
    command: str, words: list[str], output: str, desk: Path, closed: str, campaign: Path, capsys: Said
) -> None:
    (desk / "file").write_text("mine")
    filled = [{"CLOSED": closed, "STORE": str(campaign)}.get(word, word) for word in words]
    capsys.readouterr()

    code = run(command, *filled, output)

    said = capsys.readouterr().err
    assert_told(command, code, said)
    assert "listens" not in said
    assert output[:4] in said
    assert (desk / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "file"),
    [
        (["proxy", "--upstream", "CLOSED", "--port", "0", "--record"], "scenario.yaml"),
        (["matrix", "--offline", "--client", "python:2024.8", "--report"], "matrix.html"),
    ],
)
def test_a_folder_in_the_place_of_a_file_is_told_before_anything_is_sent(
    words: list[str], file: str, desk: Path, closed: str, capsys: Said
) -> None:
    (desk / "reports" / file).mkdir(parents=True)

    code = run(*(closed if word == "CLOSED" else word for word in words), "reports")

    said = capsys.readouterr().err
    assert_told(words[0], code, said)
    assert f"{file} cannot be written: Is a directory" in said


@pytest.mark.parametrize("words", [["mock"], ["proxy", "--upstream", "http://127.0.0.1:1"]])
def test_a_port_in_use_is_named(words: list[str], capsys: Said) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code = run(*words, "--port", port)

    said = capsys.readouterr().err
    assert_told(words[0], code, said)
    assert port in said
    assert said.count("\n") == (1 if words[0] == "mock" else 2), "the proxy names its contract first"


SPEAKING = {
    "capture": [str(PAGE)],
    "build": ["--captured", str(CAPTURED), "-o", "-"],
    "diff": ["2024.8.1", "2024.12.0"],
    "scenario": ["--url", "MOCK"],
    "verify": ["--url", "MOCK"],
    "gate": ["SMALL", "--spec", str(STATUS), "--profile", "quick"],
    "compare": ["SMALL", "SMALL", "--spec", str(STATUS)],
    "fuzz": ["SMALL", "--spec", str(STATUS), "--cases", "1", "--workers", "1"],
    "campaigns": ["show", "--database", "STORE"],
    "replay": ["FINDING", "--database", "STORE", "--token", TOKEN],
    "check-fixture": [str(SPEC)],
    "mock": ["--port", "0"],
    "proxy": ["--upstream", "MOCK", "--port", "0"],
    "matrix": ["--offline", "--client", "python:2024.8"],
    "demo": [],
}


def _finding(campaign: Path) -> str:
    """The ID of the finding of a campaign."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        run("campaigns", "compare", "1", "1", "--json", "--database", str(campaign))
    return str(json.loads(printed.getvalue())["unchanged"][0]["fingerprint"])


@pytest.mark.parametrize("command", commands.COMMANDS)
@pytest.mark.parametrize("more", [[], ["--help"]], ids=["run", "help"])
def test_a_reader_who_stops_reading_gets_no_traceback(
    command: str,
    more: list[str],
    mock: flowmock.Running,
    small: flowmock.Running,
    campaign: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Said,
) -> None:
    finding = _finding(campaign)
    filled = {"MOCK": mock.origin, "SMALL": small.origin, "STORE": str(campaign), "FINDING": finding}
    words = [filled.get(word, word) for word in SPEAKING.get(command, [])]
    reads, writes = os.pipe()
    os.close(reads)
    with os.fdopen(writes, "w", encoding="utf-8") as gone:  # To close it flushes what is left: that may not fail.
        monkeypatch.setattr(sys, "stdout", gone)
        code = run(command, *words, *more)

    said = capsys.readouterr().err
    assert code in (1, 2), said
    assert "Traceback" not in said


@pytest.mark.needs("bash")
def test_a_failed_run_has_failed_though_nobody_reads_its_result() -> None:
    things = ROOT / "tests/data/contracts/things.yaml"
    gate = f"{sys.executable} -m flowcontract gate --spec {things} --profile quick --max-response-time 0.000001"

    done = subprocess.run(["bash", "-o", "pipefail", "-c", f"{gate} | true"], cwd=ROOT, timeout=60)

    assert done.returncode == 1


@pytest.mark.parametrize("redirected", [">&-", ">&- 2>&-", ">/dev/full", "| head -1"])
@pytest.mark.needs("bash")
def test_standard_output_may_be_closed_full_or_cut(redirected: str) -> None:
    script = f"{sys.executable} -m flowcontract diff 2024.8.1 2024.12.0 {redirected}"

    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=60)

    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
    assert done.stderr.count("\n") <= 1


@pytest.mark.parametrize("words", ["no-such-command", "gate --no-such-option", "capture no-such-page"])
@pytest.mark.needs("bash")
def test_standard_error_may_be_full(words: str) -> None:
    script = f"{sys.executable} -m flowcontract {words} 2>/dev/full"

    assert subprocess.run(["bash", "-c", script], cwd=ROOT, timeout=60).returncode == 2


def test_a_letter_that_the_terminal_lacks_is_escaped() -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "COLUMNS": "no number", "TERM": "unheard-of"}
    command = [sys.executable, "-m", "flowcontract", "diff", "2024.8.1", "2024.12.0"]

    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)

    assert done.stderr == ""
    assert "2024.8.1 \\u2192 2024.12.0" in done.stdout


def damaged(content: bytes, seed: int) -> bytes:
    """The content with something wrong in the middle: cut, torn out, doubled, overwritten or swapped."""
    dice = random.Random(seed)
    start = dice.randrange(len(content))
    end = min(len(content), start + dice.choice([1, 7, 60, 900]))
    return [
        content[:start],
        content[:start] + content[end:],
        content[:end] + content[start:],
        content[:start] + bytes(dice.randrange(256) for _ in range(end - start)) + content[end:],
        content[end:] + content[:start],
    ][seed % 5]


@pytest.mark.parametrize("seed", DAMAGES)
def test_a_document_damaged_in_the_middle_is_read_or_refused(seed: int, closed: str, desk: Path, capsys: Said) -> None:
    document, captured, page = desk / "openapi.yaml", desk / "captured.yaml", desk / "page.api.mdx"
    document.write_bytes(damaged(SPEC.read_bytes(), seed))
    captured.write_bytes(damaged(CAPTURED.read_bytes(), seed))
    page.write_bytes(damaged(PAGE.read_bytes(), seed))

    for words in (
        ["gate", closed, "--spec", str(document)],
        ["gate", "--plan", "--spec", str(document)],
        ["mock", "--port", "0", "--spec", str(document)],
        ["diff", str(document), str(SPEC)],
        ["capture", "--schema", str(document), "--operation", "flows_instances_retrieve"],
        ["check-fixture", str(captured), "--spec", str(document)],
        ["build", "--captured", str(captured), "-o", "-"],
        ["capture", str(page)],
    ):
        code = run(*words)
        said = capsys.readouterr().err
        assert code in (0, 1, 2), words
        assert "Traceback" not in said
        assert said or code < 2, words


@pytest.mark.parametrize(
    ("command", "part"),  # All commands read a document with the same code.
    [
        ("mock", "properties"),
        ("mock", "allOf"),
        ("mock", "enum"),
        ("gate", "allOf"),
        ("compare", "enum"),
        ("fuzz", "enum"),
    ],
)
def test_a_schema_with_a_part_that_is_null_is_read_without_it(
    command: str, part: str, mock: flowmock.Running, desk: Path, capsys: Said
) -> None:
    document = documents.read(SPEC)
    schemas = document["components"]["schemas"]
    schemas[next(iter(schemas))][part] = None
    documents.write(desk / "openapi.yaml", documents.dump(document))
    words = {
        "mock": ["--port", "0"],
        "compare": [mock.url, mock.url, *READ, "--token", TOKEN],
        "fuzz": [mock.url, *READ, "--cases", "1", "--workers", "1", "--token", TOKEN, "--quiet"],
    }.get(command, [mock.url, *READ, "--token", TOKEN, "--profile", "quick"])

    code = run(command, *words, "--spec", str(desk / "openapi.yaml"))

    assert code == (1 if command == "gate" else 0), capsys.readouterr().out  # The mock has a defect.


@pytest.mark.parametrize(
    "text", ["routes: text", "routes: {/x: {filters: [null]}}", "responses: [1]", "order: 7", "host: {headers: 1}"]
)
def test_a_profile_with_a_value_of_another_kind_is_refused(text: str, desk: Path, capsys: Said) -> None:
    (desk / "profile.yaml").write_text(text)

    assert_told("mock", run("mock", "--port", "0", "--server-profile", "profile.yaml"), capsys.readouterr().err)


@pytest.mark.parametrize("seed", DAMAGES)
def test_a_store_damaged_in_the_middle_is_read_or_refused(
    seed: int, mock: flowmock.Running, campaign: Path, desk: Path, capsys: Said
) -> None:
    store = desk / "damaged.db"
    store.write_bytes(damaged(campaign.read_bytes(), seed))

    assert_read_or_refused(store, _finding(campaign), mock, capsys)


@pytest.mark.parametrize("value", [None, "{", b"\xff\x00"], ids=repr)
def test_a_store_whose_rows_hold_something_else_is_read_or_refused(
    value: object, mock: flowmock.Running, campaign: Path, desk: Path, capsys: Said
) -> None:
    store, finding = desk / "damaged.db", _finding(campaign)
    with sqlite3.connect(campaign) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = [(table, row[1]) for table in tables for row in connection.execute(f"PRAGMA table_info({table})")]
    for table, column in columns:
        store.write_bytes(campaign.read_bytes())
        with sqlite3.connect(store) as connection:
            try:
                connection.execute(f"UPDATE {table} SET {column} = ?", (value,))
            except sqlite3.IntegrityError:
                continue
        assert_read_or_refused(store, finding, mock, capsys)


def assert_read_or_refused(store: Path, finding: str, mock: flowmock.Running, capsys: Said) -> None:
    for words in (
        ["campaigns", "list"],
        ["campaigns", "show"],
        ["campaigns", "show", "--json"],
        ["campaigns", "compare", "1", "1"],
        ["campaigns", "report", "-o", str(store.with_name("reports"))],
        ["campaigns", "decide", finding, "known"],
        ["replay", finding, "--target", mock.url, "--token", TOKEN],
    ):
        code = run(*words, "--database", str(store))
        printed = capsys.readouterr()
        assert code in (0, 1, 2), words
        assert not re.search("Traceback|unexpected error", printed.err), words
        assert printed.err or code < 2, words
        if "--json" in words and code == 0:
            json.loads(printed.out)
