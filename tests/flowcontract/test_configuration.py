"""Which contract a command uses, and what flowcontract.toml says to it."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from argparse import Namespace
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

import flowmock
from flowcontract.checks import preconditions, registry
from flowcontract.cli import main
from flowcontract.openapi import discovery, documents
from flowcontract.openapi.contract import Contract

Printed = pytest.CaptureFixture[str]
UNREADABLE = Path("/proc/self/mem")
"""Reading the first byte fails: a process cannot read its memory at address 0."""
pytestmark = pytest.mark.usefixtures("few_probes")
BOOKS = """
openapi: 3.1.0
info: {title: Books, version: 1.0.0}
paths:
  /books/{id}:
    get:
      operationId: readBook
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        "200":
          description: A book
          content:
            application/json:
              schema: {type: object, required: [title], properties: {title: {type: string}}}
        "404": {description: None}
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, which is the current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def books(project: Path) -> Iterator[flowmock.Running]:
    """A server of the contract in `api/books.yaml`."""
    (project / "api").mkdir()
    (project / "api" / "books.yaml").write_text(BOOKS)
    with flowmock.running(Contract.load(project / "api" / "books.yaml"), param=("id=emma",)) as running:
        yield running


def gate(*words: str) -> int:
    return main.main(["gate", "--profile", "quick", *words])


@pytest.mark.parametrize("name", ["openapi.yaml", "openapi.json", "spec/openapi.yaml", "docs/openapi.json"])
def test_the_document_of_the_current_folder_is_the_contract(name: str, project: Path) -> None:
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).write_text(BOOKS)

    assert discovery.document_in(project) == project / name


def test_a_run_begins_with_the_contract_and_where_it_comes_from(books: flowmock.Running, capsys: Printed) -> None:
    Path("openapi.yaml").write_text(BOOKS)
    assert gate(books.url, "--param", "id=emma") == 0
    assert capsys.readouterr().err.startswith(
        "flowcontract gate: contract: openapi.yaml (found in the current folder)\n"
    )

    Path("flowcontract.toml").write_text('spec = "api/books.yaml"')
    assert gate(books.url, "--param", "id=emma") == 0
    assert capsys.readouterr().err.startswith("flowcontract gate: contract: api/books.yaml (flowcontract.toml)\n")

    assert gate(books.url, "--param", "id=emma", "--spec", "openapi.yaml") == 0
    assert capsys.readouterr().err.startswith("flowcontract gate: contract: openapi.yaml (--spec)\n")


@pytest.mark.parametrize("words", [["--quiet"], ["--json"], []], ids=" ".join)
def test_the_bundled_contract_is_never_used_in_silence(
    words: list[str], books: flowmock.Running, capsys: Printed
) -> None:
    gate(books.url, *words)

    assert "the bundled example, authentik's API" in capsys.readouterr().err.splitlines()[0]


def test_options_come_from_the_file_and_the_command_line_replaces_them(
    books: flowmock.Running, capsys: Printed
) -> None:
    Path("flowcontract.toml").write_text(
        f'spec = "api/books.yaml"\n[gate]\nurl = "{books.url}"\nprofile = "quick"\nseed = 3\nreport = "out"\n'
        '[gate.parameters]\nid = "emma"\n[rules]\nslow-response = "off"\n'
    )

    assert main.main(["gate", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["seed"] == 3
    assert Path("out/report.html").is_file()

    assert main.main(["gate", "--json", "--seed", "4"]) == 0
    assert json.loads(capsys.readouterr().out)["seed"] == 4


def test_pyproject_works_too_and_paths_are_relative_to_the_file(
    books: flowmock.Running, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    (project / ".git").mkdir()
    Path("pyproject.toml").write_text('[tool.flowcontract]\nspec = "api/books.yaml"')
    (project / "web").mkdir()
    monkeypatch.chdir(project / "web")

    assert gate(books.url, "--param", "id=emma") == 0
    assert "../api/books.yaml (../pyproject.toml)" in capsys.readouterr().err


def test_a_file_above_the_current_folder_counts_within_a_repository_only(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("flowcontract.toml").write_text('spec = "api/books.yaml"')
    (project / "web").mkdir()

    assert discovery.configuration_of(project / "web") is None
    (project / ".git").mkdir()
    assert discovery.configuration_of(project / "web") == project / "flowcontract.toml"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[gatte]\n", "unknown table 'gatte'. Did you mean 'gate'?"),
        ("spek = 'x'", "unknown key 'spek'. Did you mean 'spec'?"),
        ("[gate]\ntime-limt = 3", "unknown key 'time-limt' in [gate]. Did you mean 'time-limit'?"),
        ("[fuzz]\nrat = 3", "unknown key 'rat' in [fuzz]. Did you mean 'rate'?"),
        ("[gate]\ntime-limit = '5 apples'", "expected a duration such as 90s, 15m or 8h, got '5 apples'"),
        ("[gate]\ntime-limit = 'soon'", "[gate] time-limit: expected a duration such as 90s, 15m or 8h, got 'soon'"),
        ("[gate]\nfail-fast = 'yes'", "[gate] fail-fast: expected true or false."),
        ("[gate]\nprofile = 'quik'", "expected one of quick, full, got 'quik'. Did you mean 'quick'?"),
        ("[gate]\nreport = 3", "[gate] report: expected a path, got 3."),
        ("[gate]\ntoken = 'abc'", 'Name an environment variable instead: token-env = "NAME".'),
        ("[gate]\nheader = ['Authorization: Bearer abc']", "[gate] header: secrets do not belong in the file."),
        ("[gate]\nurl = 'http://me:secret@127.0.0.1'", "[gate] url: passwords do not belong in the file."),
        ("[rules]\nno-respons = 'off'", "[rules]: unknown rule 'no-respons'. Did you mean 'no-response'?"),
        ("[rules]\nno-such = 'off'", "[rules]: unknown rule 'no-such'. `flowcontract explain` lists all rules."),
        ("[rules]\nno-response = 'no'", '[rules] no-response: expected "off", "warning" or "failure".'),
        ("[gate]\nplugins = ['no_such_module']", "[gate] plugins: cannot import 'no_such_module'"),
        ("gate = 1", "expected a table [gate], got int."),
        ("[gate", "flowcontract.toml is not valid TOML"),
    ],
)
def test_a_mistake_in_the_file_is_named(text: str, expected: str, capsys: Printed) -> None:
    Path("flowcontract.toml").write_text(text)

    assert main.main(["gate", "http://127.0.0.1:1"]) == 2
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[tool]\nflowcontract = 1 # not [tool.flowcontract]", "expected a table [tool.flowcontract], got int."),
        ("[tool.flowcontract]\nspec =", "pyproject.toml is not valid TOML"),
    ],
)
def test_a_mistake_in_pyproject_is_named(text: str, expected: str, capsys: Printed) -> None:
    Path("pyproject.toml").write_text(text)

    assert main.main(["campaigns"]) == 2
    assert expected in capsys.readouterr().err


def test_a_table_of_others_in_pyproject_may_be_anything(project: Path) -> None:
    Path("pyproject.toml").write_text("tool = 1 # [tool.flowcontract]")

    assert main.arguments_of("campaigns", [], project).configuration.content == {}


@pytest.mark.skipif(not UNREADABLE.exists(), reason="no file on this machine is unreadable for everybody")
def test_a_pyproject_that_cannot_be_read_is_named(capsys: Printed) -> None:
    Path("pyproject.toml").symlink_to(UNREADABLE)

    assert main.main(["campaigns"]) == 2
    assert re.search(r"cannot read .*pyproject\.toml: .*\. Check the path\.", capsys.readouterr().err)


def configured(text: str, command: str, *words: str, encoding: str = "utf-8") -> Namespace:
    """The arguments of a command in a project with this configuration."""
    Path("flowcontract.toml").write_text(text, encoding)
    return main.arguments_of(command, list(words), Path.cwd())


def test_the_file_may_begin_as_editors_of_windows_write_it() -> None:
    assert configured("[gate]\r\nseed = 3\r\n", "gate", encoding="utf-8-sig").seed == 3


def test_names_may_have_underscores() -> None:
    found = configured("allow_refs = 'parts'\n[check_fixture]\nstatus = '404'\n", "check-fixture", "rex.json")

    assert (found.allow_refs, found.status) == (["parts"], "404")


def test_every_repeatable_option_takes_a_list_and_a_single_value() -> None:
    found = configured("[export]\nformat = ['msw', 'har']\nscenario = 'forbidden'\n", "export", "-o", "out")
    assert (found.format, found.scenario) == (["msw", "har"], ["forbidden"])

    assert configured("[verify]\npath = ['id=5']\nheader = 'A=b'\n", "verify").header == ["A=b"]


def test_an_option_that_a_command_needs_may_stand_in_the_file() -> None:
    assert configured("[proxy]\nupstream = 'http://127.0.0.1:1'\n", "proxy").upstream == "http://127.0.0.1:1"


@pytest.mark.parametrize("text", ["1 / 0", "def rule(:"])
def test_a_mistake_in_a_module_of_rules_is_one_of_the_project(text: str, capsys: Printed) -> None:
    Path("broken_rules.py").write_text(text)
    Path("flowcontract.toml").write_text("[gate]\nplugins = ['broken_rules']\n")

    assert main.main(["gate", "http://127.0.0.1:1"]) == 2
    printed = capsys.readouterr().err
    assert "[gate] plugins: cannot import 'broken_rules'" in printed
    assert "Run `python -c 'import broken_rules'` for the traceback." in printed


def test_a_missing_document_is_said_to_be_that_of_the_file(capsys: Printed) -> None:
    Path("flowcontract.toml").write_text('spec = "none.yaml"\n')

    assert main.main(["gate", "http://127.0.0.1:1"]) == 2

    assert (
        "there is no file none.yaml. Check the path. flowcontract.toml names this document." in capsys.readouterr().err
    )


def test_values_can_be_given_for_paths(books: flowmock.Running, capsys: Printed) -> None:
    Path("flowcontract.toml").write_text(
        'spec = "api/books.yaml"\n[gate.parameters]\n"path:/books/*:id" = ["emma"]\n"path:/no-such-path:id" = "x"'
    )
    assert gate(books.url) == 2  # The second one is for no operation.
    assert "path:/no-such-path:id=x" in capsys.readouterr().err

    Path("flowcontract.toml").write_text('spec = "api/books.yaml"\n[gate.parameters]\n"path:/books/*:id" = ["emma"]')
    assert gate(books.url) == 0


def test_secrets_come_from_the_environment(
    books: flowmock.Running, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_KEY", "a-key-of-the-shop")
    monkeypatch.setenv("SHOP_TOKEN", "a-token-of-the-shop")
    Path("flowcontract.toml").write_text(
        'spec = "api/books.yaml"\n[gate]\ntoken-env = "SHOP_TOKEN"\nheader-env = { "X-Shop-Key" = "SHOP_KEY" }\n'
        '[gate.parameters]\nid = "emma"'
    )

    assert gate(books.url) == 0
    assert any(
        dict(entry.call.headers).get("x-shop-key") == "a-key-of-the-shop" for entry in books.mock.journal.entries()
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            'token-env = "SHOP_TOKEN"',
            "token-env: the environment variable SHOP_TOKEN is not set. Set it, or pass --token",
        ),
        (
            'header-env = { "X-Shop-Key" = "SHOP_KEY" }',
            "variable SHOP_KEY is not set. Set it, or pass --header X-Shop-Key:",
        ),
    ],
)
@pytest.mark.parametrize("command", ["gate", "fuzz"])
def test_a_secret_that_is_not_set_is_an_error(
    command: str, line: str, message: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("flowcontract.toml").write_text(f'spec = "api/books.yaml"\n[{command}]\n{line}\n')

    assert main.main([command, "http://127.0.0.1:1"]) == 2
    assert message in capsys.readouterr().err


BOOK_RULES = """
import os
from pathlib import Path

from flowcontract.checks import add_rule


@add_rule("short-title", "Title is too short", why="Shelves are labeled by it.", advice="Use a real title.")
def titles(item):
    Path(f"process-{os.getpid()}").touch()
    if item.status == 200 and isinstance(item.json, dict):
        yield "Expected a title of 1,000 characters."
"""


def run_command(*words: str, folder: str = ".") -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own: rules are for a whole process."""
    command = [sys.executable, "-m", "flowcontract", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder)


def test_a_campaign_and_its_workers_have_the_rules_of_the_project(books: flowmock.Running) -> None:
    Path("book_rules.py").write_text(BOOK_RULES)
    Path("flowcontract.toml").write_text(
        'spec = "api/books.yaml"\n[gate]\nplugins = ["book_rules"]\n[fuzz.parameters]\nid = "emma"'
    )

    failed = run_command("fuzz", books.url, "--cases", "800", "--workers", "2")
    assert failed.returncode == 1, failed.stderr
    assert "Title is too short" in failed.stdout
    assert len(list(Path().glob("process-*"))) > 1
    fingerprint = failed.stdout.partition("[short-title]")[2].partition("id | ")[2][:12]
    assert run_command("replay", fingerprint).returncode == 1
    assert "Title is too short" in run_command("campaigns", "show", "1").stdout
    Path("elsewhere").mkdir()
    Path("elsewhere/flowcontract.toml").touch()
    lacking = run_command("campaigns", "show", "1", "--database", "../campaign.db", folder="elsewhere")
    assert lacking.returncode == 0
    why = "Findings of rules that a project adds are left out: cannot import the module 'book_rules', which adds rules"
    assert why in lacking.stdout
    assert "[short-title]" not in lacking.stdout


def test_a_campaign_has_the_severities_of_the_project(books: flowmock.Running) -> None:
    Path("book_rules.py").write_text(BOOK_RULES)
    Path("flowcontract.toml").write_text(
        'spec = "api/books.yaml"\n[gate]\nplugins = ["book_rules"]\n[fuzz.parameters]\nid = "emma"\n'
        '[rules]\nshort-title = "off"\n'
    )

    assert "short-title" not in run_command("fuzz", books.url, "--cases", "300", "--workers", "1").stdout


def test_a_module_adds_rules(books: flowmock.Running) -> None:
    Path("book_rules.py").write_text(
        "from flowcontract.checks import add_rule\n\n"
        '@add_rule("short-title", "Title is too short", why="Shelves are labeled by it.", advice="Use a real title.")\n'
        "def titles(item):\n"
        '    if item.status == 200 and item.probe.group != "HEAD" and isinstance(item.json, dict):\n'
        '        yield "Expected a title of 1,000 characters."\n'
    )
    Path("flowcontract.toml").write_text(
        'spec = "api/books.yaml"\n[gate]\nplugins = ["book_rules"]\n[gate.parameters]\nid = "emma"'
    )

    def run(*words: str) -> subprocess.CompletedProcess[str]:  # A process of its own: rules are for a whole process.
        return subprocess.run([sys.executable, "-m", "flowcontract", *words], capture_output=True, text=True)

    failed = run("gate", books.url, "--profile", "quick")
    assert failed.returncode == 1, failed.stderr
    assert "Title is too short" in failed.stdout
    assert run("gate", books.url, "--profile", "quick", "--rule", "short-title=warning").returncode == 0
    assert "Shelves are labeled by it." in run("explain", "short-title").stdout


def test_the_mock_reads_the_file(capsys: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowmock.server.running.Running.serve", lambda _: None)
    Path("openapi.yaml").write_text(BOOKS)
    Path("flowcontract.toml").write_text("[mock]\nport = 0\nhost = 'localhost'")

    assert main.main(["mock"]) == 0
    assert "http://127.0.0.1:" in capsys.readouterr().out


def test_files_of_the_mock_are_relative_to_the_file(
    project: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowmock.server.running.Running.serve", lambda _: None)
    for name, text in {
        ".git/config": "", "openapi.yaml": BOOKS, "profile.yaml": "profile: ours\n",
        "payloads/emma.yaml": "{operation: readBook, status: 200, value: {title: Emma}}\n",
        "flowcontract.toml": "spec = 'openapi.yaml'\n"
        "[mock]\nport = 0\nexamples = 'payloads'\nserver-profile = 'profile.yaml'\n",
    }.items():  # fmt: skip
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(text)
    (project / "web").mkdir()
    monkeypatch.chdir(project / "web")

    assert main.main(["mock"]) == 0, capsys.readouterr().err


def test_a_running_mock_is_found_at_its_configured_port(books: flowmock.Running, capsys: Printed) -> None:
    Path("flowcontract.toml").write_text(f"[mock]\nport = {books.url.rpartition(':')[2]}\n", "utf-8")

    assert main.main(["scenario", "set", "slow"]) == 0
    assert main.main(["verify", "--at-most", "0"]) == 0
    assert "Active: slow" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["gate", "--tokn", "x"], "unknown option '--tokn'. Did you mean '--token'?"),
        (["gat"], "unknown command 'gat'. Did you mean 'gate'?"),
        (["campaigns", "list", "--databse", "x"], "unknown option '--databse'. Did you mean '--database'?"),
        (["explain", "no-respons"], "unknown rule 'no-respons'. Did you mean 'no-response'?"),
    ],
)
def test_near_words_are_named(words: list[str], expected: str, capsys: Printed) -> None:
    try:
        code = main.main(words)
    except SystemExit as ended:
        code = int(str(ended.code))

    assert code == 2
    assert expected in capsys.readouterr().err


def test_every_rule_is_explained(capsys: Printed) -> None:
    for name, rule in registry.RULES.items():
        assert main.main(["explain", name]) == 0
        printed = capsys.readouterr().out
        assert rule.title in printed
        assert rule.advice in printed
        assert ("What it needs:" in printed) == (name in preconditions.PRECONDITIONS)
    assert set(preconditions.PRECONDITIONS) <= set(registry.RULES)
    assert main.main(["explain"]) == 0
    assert set(registry.RULES) <= set(capsys.readouterr().out.split())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands_and_options(shell: str, monkeypatch: pytest.MonkeyPatch, capsys: Printed) -> None:
    if shell == "bash":
        monkeypatch.setattr("click.shell_completion.BashComplete._check_version", lambda *_: None)
    assert main.main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "_FLOWCONTRACT_COMPLETE" in script
    monkeypatch.setenv("_FLOWCONTRACT_COMPLETE", f"{shell}_source")
    assert main.main([]) == 0
    assert capsys.readouterr().out == script

    for typed, number, expected in (
        ("flowcontract ga", "1", "gate"),
        ("flowcontract gate --time-l", "2", "time-limit"),
        ("flowcontract gate --qui", "2", "quiet"),
    ):
        monkeypatch.setenv("_FLOWCONTRACT_COMPLETE", f"{shell}_complete")
        monkeypatch.setenv("COMP_WORDS", typed)
        monkeypatch.setenv("COMP_CWORD", number if shell != "fish" else typed.rpartition(" ")[2])
        assert main.main([]) == 0
        assert expected in capsys.readouterr().out
        monkeypatch.delenv("_FLOWCONTRACT_COMPLETE")


def test_an_unforeseen_error_is_one_line_and_a_file_without_secrets(
    monkeypatch: pytest.MonkeyPatch, project: Path, capsys: Printed
) -> None:
    def fail(*_: object, **__: object) -> None:
        encoded = b64encode(b"Bearer a-secret-token").decode()
        raise RuntimeError("cannot use a-secret-token or reader-secret for this") from ValueError(
            f"{encoded} auth-secret"
        )

    monkeypatch.setattr("flowcontract.openapi.contract.Contract.load", fail)
    monkeypatch.setenv("FLOWCONTRACT_READ_ONLY_TOKEN", "reader-secret")
    monkeypatch.setenv("FLOWCONTRACT_AUTH", "ann:auth-secret")
    monkeypatch.setattr("tempfile.tempdir", str(project))
    words = ["gate", "http://127.0.0.1:1", "--token", "a-secret-token", "--header", "X-Key: another-secret"]
    words += ["--proxy", "ann:proxy-secret@127.0.0.1:1"]

    assert main.main(words) == 2

    (message,) = capsys.readouterr().err.splitlines()
    assert message.startswith(
        "flowcontract gate: unexpected error: RuntimeError: cannot use [redacted] or [redacted] for this. Please report"
    )
    (report,) = project.glob("flowcontract-error-*.txt")
    assert str(report) in message
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    text = report.read_text()
    assert "Traceback" in text
    assert "ValueError" in text
    for secret in ("a-secret", "another-secret", "reader-secret", "auth-secret", "proxy-secret", "c2VjcmV0LXRv"):
        assert secret not in text
    with pytest.raises(RuntimeError):
        main.main([*words, "--debug"])


def test_the_report_of_an_error_has_no_secret_of_a_variable_that_the_configuration_names(
    monkeypatch: pytest.MonkeyPatch, project: Path
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("cannot use a-token-of-the-shop or a-key-of-the-shop")

    monkeypatch.setattr("flowcontract.openapi.contract.Contract.load", fail)
    monkeypatch.setattr("tempfile.tempdir", str(project))
    monkeypatch.setenv("SHOP_TOKEN", "a-token-of-the-shop")
    monkeypatch.setenv("SHOP_KEY", "a-key-of-the-shop")
    Path("flowcontract.toml").write_text(
        '[gate]\ntoken_env = "SHOP_TOKEN"\nheader-env = { "X-Shop-Key" = "SHOP_KEY" }\n'
    )

    assert main.main(["gate", "http://127.0.0.1:1"]) == 2

    (report,) = project.glob("flowcontract-error-*.txt")
    assert "RuntimeError: cannot use [redacted] or [redacted]" in report.read_text()


def test_python_m_runs_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flowcontract", "--version"], capture_output=True, text=True, env=os.environ, check=True
    )

    assert done.stdout.startswith("flowcontract ")


def test_init_writes_what_is_not_there_yet(project: Path, capsys: Printed) -> None:
    Path("requirements.txt").write_text("fastapi\n")
    Path("main.py").write_text("from fastapi import FastAPI\n\napi = FastAPI()\n")
    Path("flowcontract.toml").write_text("# mine\n")

    assert main.main(["init"]) == 0

    printed = capsys.readouterr().out
    assert "framework  FastAPI" in printed
    assert "unchanged  flowcontract.toml (it exists)" in printed
    assert Path("flowcontract.toml").read_text() == "# mine\n"
    assert "from main import api" in Path("tests/test_contract.py").read_text()
    assert "python -m uvicorn main:api" in Path(".github/workflows/contract.yml").read_text()
    assert Path(".flowcontract/config.schema.json").is_file()


def test_init_says_what_it_could_not_find(capsys: Printed) -> None:
    Path("manage.py").write_text("")

    assert main.main(["init"]) == 0

    printed = capsys.readouterr().out
    assert "framework  Django" in printed
    assert "next: set `spec` in flowcontract.toml" in printed


def test_what_init_writes_works_as_it_is(books: flowmock.Running, capsys: Printed) -> None:
    Path("openapi.yaml").write_text(BOOKS)
    assert main.main(["init", "--quiet"]) == 0
    text = Path("flowcontract.toml").read_text()
    assert 'spec = "openapi.yaml"' in text

    uncommented = "\n".join(
        line.removeprefix("# ") if line.startswith(("# [", "# id =", '# "path', "# slow", "# time", "# port")) else line
        for line in text.splitlines()
    ).replace('"path:/orders/*:id"', '"path:/books/*:id"')
    Path("flowcontract.toml").write_text(uncommented)
    assert gate(books.url, "--param", "id=emma") == 0


def test_init_knows_django_projects_by_their_settings(project: Path, capsys: Printed) -> None:
    Path("manage.py").write_text("")
    Path("config").mkdir()
    Path("config/settings.py").write_text(
        "INSTALLED_APPS = ['rest_framework', 'rest_framework.authtoken', 'drf_spectacular']\n"
        "DEBUG = os.environ.get('SHOP_DEBUG', '1') == '1'\n"
    )

    assert main.main(["init"]) == 0

    printed = capsys.readouterr().out
    assert "framework  Django REST framework" in printed
    assert "python manage.py spectacular --file openapi.yaml" in printed
    assert 'spec = "openapi.yaml"' in Path("flowcontract.toml").read_text()
    job = documents.read(Path(".github/workflows/contract.yml"))["jobs"]["contract"]
    steps = {step["name"]: step for step in job["steps"] if "name" in step}
    assert "requirements.txt" not in steps["Install"]["run"]
    assert "pip install django djangorestframework drf-spectacular" in steps["Install"]["run"]
    start = steps["Start the server"]
    assert start["env"] == {"SHOP_DEBUG": "0"}
    commands = [line for line in start["run"].splitlines() if not line.startswith("#")]
    assert commands == [
        "python manage.py spectacular --file openapi.yaml",
        "python manage.py migrate",
        "python manage.py runserver --noreload 8000 &",
    ]
    assert "# echo \"FLOWCONTRACT_TOKEN=$(python manage.py drf_create_token ci | cut -d' ' -f3)\"" in start["run"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("schema.yml", BOOKS),
        ("bom.yml", "\ufeffopenapi: 3.1.0\ninfo: {}\npaths: {}\n"),
        ("docs/api.json", '{"openapi": "3.0.3", "info": {}, "paths": {}}'),
        ("sorted.json", json.dumps({"info": {"description": "x" * 9000}, "openapi": "3.1.0", "paths": {}})),
    ],
)
def test_init_finds_a_document_with_another_name(project: Path, capsys: Printed, name: str, text: str) -> None:
    Path("manage.py").write_text("INSTALLED_APPS = ['rest_framework', 'drf_spectacular']")
    Path("compose.yaml").write_text("services: {}\n")
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text(text)

    assert main.main(["init"]) == 0

    assert f"contract   {name}" in capsys.readouterr().out
    assert f'spec = "{name}"' in Path("flowcontract.toml").read_text()
    assert f'Contract.load("{name}")' in Path("tests/test_contract.py").read_text()


def test_init_knows_the_relatives_of_flask(project: Path, capsys: Printed) -> None:
    Path("requirements.txt").write_text("apiflask==3.1.2\n")

    assert main.main(["init"]) == 0

    assert "framework  Flask" in capsys.readouterr().out
    assert 'spec = "http://127.0.0.1:8000/openapi.json"' in Path("flowcontract.toml").read_text()
    assert "python -m flask run --port 8000 &" in Path(".github/workflows/contract.yml").read_text()


@pytest.mark.parametrize(
    ("module", "framework", "file", "command"),
    [
        ("github.com/gin-gonic/gin v1.10.0", "Gin", "main.go", "go run ."),
        ("github.com/labstack/echo/v4 v4.12.0", "Echo", "cmd/server/main.go", "go run ./cmd/server"),
        ("github.com/go-chi/chi/v5 v5.1.0", "chi", "cmd/shop/main.go", "go run ./cmd/shop"),
        ("github.com/lib/pq v1.10.9", "Go", "main.go", "go run ."),
    ],
)
def test_init_knows_go_projects(
    project: Path, capsys: Printed, module: str, framework: str, file: str, command: str
) -> None:
    Path("go.mod").write_text(f"module example.org/shop\n\nrequire {module}\n")
    Path("package.json").write_text("{}")
    for path in (file, "cmd/migrate/main.go"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text("package main\n\nfunc main() {}\n")
    Path("api").mkdir()
    Path("api/shop.yaml").write_text(BOOKS)

    assert main.main(["init"]) == 0

    assert f"framework  {framework}" in capsys.readouterr().out
    assert 'spec = "api/shop.yaml"' in Path("flowcontract.toml").read_text()
    steps = documents.read(Path(".github/workflows/contract.yml"))["jobs"]["contract"]["steps"]
    assert any(f"PORT=8000 {command} &" in step.get("run", "").splitlines() for step in steps)
    assert any("go mod download" in step.get("run", "") for step in steps)


def test_init_finds_the_document_that_go_code_is_generated_from(project: Path) -> None:
    _remote("git@gitlab.com:shop/api.git")
    Path("go.mod").write_text("module example.org/shop\n")
    Path("internal/http").mkdir(parents=True)
    Path("contract").mkdir()
    Path("contract/shop.yaml").write_text(BOOKS)
    Path("internal/http/generate.go").write_text(
        "package http\n\n//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
        " -config cfg.yaml ../../contract/shop.yaml\n"
    )

    assert main.main(["init", "--quiet"]) == 0

    assert 'spec = "contract/shop.yaml"' in Path("flowcontract.toml").read_text()
    job = documents.read(Path(".gitlab-ci.yml"))["contract"]
    assert job["image"] == "golang:1"
    assert "python3-pip" in job["script"][0]


def test_init_keeps_reports_out_of_the_repository(project: Path) -> None:
    assert main.main(["init", "--quiet"]) == 0

    assert Path("reports/contract/.gitignore").read_text().splitlines()[-2:] == ["*", "!.gitignore"]


@pytest.mark.needs("sh")
def test_the_job_of_github_shows_no_result_where_there_is_none(project: Path) -> None:
    assert main.main(["init", "--quiet"]) == 0
    steps = documents.read(Path(".github/workflows/contract.yml"))["jobs"]["contract"]["steps"]
    script = next(step["run"] for step in steps if step.get("name") == "Show the result")

    assert subprocess.run([shutil.which("sh") or "sh", "-e", "-c", script]).returncode == 0


def _remote(url: str) -> None:
    Path(".git").mkdir()
    Path(".git/config").write_text(f'[remote "origin"]\n\turl = {url}\n')


@pytest.mark.parametrize(("branches", "pushed"), [((), "main"), (("main", "master"), "main"), (("master",), "master")])
def test_the_job_of_github_runs_for_the_main_branch(project: Path, branches: tuple[str, ...], pushed: str) -> None:
    heads = Path(".git/refs/heads")
    heads.mkdir(parents=True)
    for branch in branches:
        (heads / branch).write_text("0" * 40)

    assert main.main(["init", "--quiet"]) == 0

    assert f"branches: [{pushed}]" in Path(".github/workflows/contract.yml").read_text()


@pytest.mark.parametrize("url", ["git@gitlab.com:shop/api.git", "https://gitlab.example.org/shop/api.git"])
def test_init_writes_the_job_of_gitlab(project: Path, url: str) -> None:
    _remote(url)
    Path("manage.py").write_text("")
    Path("settings.py").write_text("INSTALLED_APPS = ['rest_framework', 'rest_framework.authtoken']\n")

    assert main.main(["init", "--quiet"]) == 0
    assert main.main(["init", "--quiet"]) == 0

    job = documents.read(Path(".gitlab-ci.yml"))["contract"]
    assert "flowcontract gate --wait 30 --report reports/contract $OPTIONS" in job["script"]
    assert "python manage.py runserver --noreload 8000 &" in job["script"][1]
    assert "# export FLOWCONTRACT_TOKEN=$(" in job["script"][1]
    assert job["artifacts"]["reports"] == {"junit": "reports/contract/junit.xml"}
    assert not Path(".github").exists()
    assert not Path(".gitlab").exists()
    written = Path(".gitlab-ci.yml").read_text()
    Path("writes.yml").write_text(re.sub("^# (?=contract-writes|  )", "", written, flags=re.M))
    second = documents.read(Path("writes.yml"))["contract-writes"]
    assert second["extends"] == "contract"
    assert "--allow-unsafe --baseline " in second["variables"]["OPTIONS"]


def test_the_workflow_of_github_has_a_second_job_with_writes_as_a_comment(project: Path) -> None:
    assert main.main(["init", "--quiet"]) == 0

    written = Path(".github/workflows/contract.yml").read_text()
    Path("writes.yml").write_text(re.sub("^( *)# (- name: writes|  options:)", r"\1\2", written, flags=re.M))
    before, after = (
        documents.read(path)["jobs"]["contract"]["strategy"]["matrix"]["include"]
        for path in (Path(".github/workflows/contract.yml"), Path("writes.yml"))
    )
    assert before == [{"name": "reads", "options": ""}]
    assert after == [*before, {"name": "writes", "options": "--allow-unsafe --baseline baseline-writes.json"}]


def test_init_leaves_a_pipeline_of_gitlab_alone(project: Path, capsys: Printed) -> None:
    Path(".gitlab-ci.yml").write_text("stages: [test]\n")
    Path("package.json").write_text("{}")
    Path("package-lock.json").write_text("{}")

    assert main.main(["init"]) == 0

    assert "`include: .gitlab/contract.yml` in .gitlab-ci.yml" in capsys.readouterr().out
    assert Path(".gitlab-ci.yml").read_text() == "stages: [test]\n"
    job = documents.read(Path(".gitlab/contract.yml"))["contract"]
    assert job["image"] == "node:22"
    assert "npm ci" in job["script"][0]


@pytest.fixture
def shop() -> Path:
    """A project within a repository."""
    found = Path("services/shop")
    found.mkdir(parents=True)
    (found / "openapi.yaml").write_text(BOOKS)
    return found


def test_init_of_a_part_of_a_repository_writes_the_workflow_at_its_root(shop: Path) -> None:
    _remote("https://github.com/shop/all.git")

    assert main.main(["init", "--quiet", str(shop)]) == 0

    job = documents.read(Path(".github/workflows/contract-services-shop.yml"))["jobs"]["contract"]
    assert job["defaults"]["run"] == {"working-directory": "services/shop/"}
    assert job["steps"][-1]["with"]["path"] == "services/shop/reports/contract"
    assert (shop / "flowcontract.toml").is_file()


def test_init_of_a_part_of_a_repository_writes_a_part_of_the_pipeline(shop: Path, capsys: Printed) -> None:
    _remote("https://gitlab.com/shop/all.git")

    assert main.main(["init", str(shop)]) == 0

    assert "`include: .gitlab/contract-services-shop.yml` in .gitlab-ci.yml" in capsys.readouterr().out
    job = documents.read(Path(".gitlab/contract-services-shop.yml"))["contract-services-shop"]
    assert job["script"][0].startswith("cd services/shop/\n")
    assert job["artifacts"]["paths"] == ["services/shop/reports/contract"]


def test_init_of_another_folder_names_it(shop: Path, capsys: Printed) -> None:
    assert main.main(["init", str(shop)]) == 0

    printed = capsys.readouterr().out
    assert "written    services/shop/flowcontract.toml" in printed
    assert "next: run `cd services/shop`;\n      mock your API with `flowcontract mock`" in printed


def test_init_stays_with_github_for_a_remote_with_another_name(project: Path) -> None:
    _remote("https://github.com/shop/gitlab-tools.git")

    assert main.main(["init", "--quiet"]) == 0

    assert Path(".github/workflows/contract.yml").is_file()


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("requirements.txt", "pip install -r requirements.txt"),
        ("requirements/dev.txt", "pip install -r requirements/dev.txt"),
        ("pyproject.toml", "pip install ."),
        ("Pipfile", "pipenv install --system --dev"),
        ("README.md", "install your project here"),
    ],
)
def test_init_installs_from_what_there_is(project: Path, name: str, command: str) -> None:
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text("")

    assert main.main(["init", "--quiet"]) == 0

    assert command in Path(".github/workflows/contract.yml").read_text()


@pytest.mark.parametrize(
    ("files", "command", "statement"),
    [
        (["src/shop/main.py"], "uvicorn --app-dir src shop.main:app", "from shop.main import app"),
        (["src/__init__.py", "src/main.py"], "uvicorn src.main:app", "from src.main import app"),
        (["shop-api/app/main.py"], "uvicorn --app-dir shop-api app.main:app", "Contract.load("),
        (["shop-api.py"], "uvicorn shop-api:app", "Contract.load("),
        (["web/node_modules/x/main.py"], "uvicorn main:app", "Contract.load("),
    ],
)
def test_init_finds_the_application_where_it_is_imported_from(files: list[str], command: str, statement: str) -> None:
    Path("requirements.txt").write_text("fastapi\n")
    for name in files:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("" if name.endswith("__init__.py") else "app = FastAPI()\n")

    assert main.main(["init", "--quiet"]) == 0

    assert command in Path(".github/workflows/contract.yml").read_text()
    test = Path("tests/test_contract.py").read_text()
    assert statement in test
    compile(test, "test_contract.py", "exec")


def test_init_passes_over_what_it_cannot_read() -> None:
    Path(".#main.py").symlink_to("somebody@host.1234")  # As an editor locks a file.
    Path("folder.py").mkdir()
    Path("requirements.txt").mkdir()

    assert main.main(["init", "--quiet"]) == 0


@pytest.mark.parametrize(
    ("lock", "command"),
    [
        ("package-lock.json", "npm ci"),
        ("pnpm-lock.yaml", "corepack enable && pnpm install"),
        ("yarn.lock", "corepack enable && yarn install"),
        ("README.md", "npm install"),
    ],
)
def test_init_installs_node_projects_by_their_lock_files(lock: str, command: str) -> None:
    Path("package.json").write_text("{}")
    Path(lock).write_text("")

    assert main.main(["init", "--quiet"]) == 0

    steps = documents.read(Path(".github/workflows/contract.yml"))["jobs"]["contract"]["steps"]
    assert any(command in step.get("run", "").splitlines() for step in steps)
    assert any("PORT=8000 npm start &" in step.get("run", "") for step in steps)
