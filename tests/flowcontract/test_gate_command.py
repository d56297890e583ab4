"""`flowcontract gate` from the command line: options, exit codes, files."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.flowcontract.engine.library import DOCUMENT as LIBRARY

import flowmock
from flowcontract.cli.main import main
from flowcontract.openapi.contract import Contract

pytestmark = pytest.mark.usefixtures("few_probes")
THINGS = str(Path(__file__).parents[1] / "data/contracts/things.yaml")
TOKEN = "token-of-the-things"
LIST = "flows_instances_list"
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def _gate(things: Any, *words: str) -> int:
    return main(["gate", things.url, "--spec", THINGS, "--token", TOKEN, "--profile", "quick", *words])


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--param", "id=old-chair", "--param", "id=round-table"),
        ("--param", "things_read:id=old-chair"),
        ("--param", "id=round-table"),
        ("--operation", "things_read"),
    ],
)
def test_path_parameters_are_given_by_name(things: Any, words: tuple[str, ...]) -> None:
    assert _gate(things, *words) == 0


@pytest.mark.parametrize(("given", "is_sent"), [("lend:id=old-chair", True), ("id=old-chair", False)])
def test_a_path_parameter_for_an_operation_lets_it_change_this_resource(
    things: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], given: str, *, is_sent: bool
) -> None:
    read = {"parameters": [ID], "responses": {"200": {"description": "One."}, "404": {"description": "None."}}}
    lend = read | {"operationId": "lend"}
    paths = {"/things/{id}/": {"get": read}, "/things/{id}/lend": {"post": lend}}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1"},
        "servers": [{"url": "/api"}],
        "paths": paths,
    }
    (tmp_path / "lend.json").write_text(json.dumps(document))
    things.change = lambda ask, reply: type(reply)(200 if "/old-chair/" in ask.target else 404, {})

    main(
        [
            "gate",
            things.url,
            "--spec",
            str(tmp_path / "lend.json"),
            "--allow-unsafe",
            "--param",
            "id=old-chair",
            "--param",
            given,
        ]
    )

    lent = [ask.target for ask in things.asked if ask.method == "POST" and ask.target.endswith("/lend")]
    assert ("/api/things/old-chair/lend" in lent) is is_sent
    assert ("for a resource that it may change, add --param lend:id=VALUE" in capsys.readouterr().out) is not is_sent


def test_flags_may_stand_before_the_url(things: Any) -> None:
    assert (
        main(["gate", "--spec", THINGS, "--param", "id=old-chair", "--profile", "quick", "--token", TOKEN, things.url])
        == 0
    )


def test_the_token_may_come_from_the_environment(things: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWCONTRACT_TOKEN", TOKEN)
    assert main(["gate", things.url, "--spec", THINGS, "--profile", "quick"]) == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 0),
        (("--fail-on", "warning"), 1),
        (("--rule", "inconsistent-error-format=failure"), 1),
        (("--rule", "inconsistent-error-format=off", "--fail-on", "warning"), 0),
    ],
)
def test_severities_can_be_changed(things: Any, words: tuple[str, ...], code: int) -> None:
    things.change = lambda _a, r: replace(r, body=b"<h1>No</h1>", media="text/html") if r.status == 405 else r

    assert _gate(things, "--quiet", *words) == code


def test_the_exit_code_is_the_result(things: Any) -> None:
    things.change = lambda _a, r: replace(r, json={}) if r.status == 200 else r
    assert _gate(things) == 1

    things.change = lambda _a, r: replace(r, status=404)
    assert _gate(things) == 2
    assert main(["gate", "http://127.0.0.1:1", "--token", "t"]) == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--param", "name=x"), "expected a path parameter of the contract, got 'name=x'. There are: id."),
        (("--param", "ids=x"), "Did you mean 'id'?"),
        (("--param", "things_raed:id=x"), "There are: things_read:id."),
        (("--param", "old-chair"), "expected a path parameter as [OPERATION:]NAME=VALUE, got 'old-chair'"),
        (("--operation", "thing_read"), "things_read"),
        (("--format", "pdf"), "unknown report format"),
        (("--exclude", "path=/things/*"), "things.yaml is selected: excluded."),
        (("--include", "color=red"), "expected KIND=VALUE with one of operation, path, method, tag, deprecated"),
        (("--exclude", "path=/thing"), "--exclude path=/thing matches no operation of"),
        (("--include", "operation=things_raed"), "Did you mean 'things_read'?"),
        (("--operation", "GET /thing"), "Did you mean 'GET /things"),
        (("--waivers", "none.yaml"), "no file"),
        (("--baseline", "none.json"), "no file"),
    ],
)
def test_bad_usage_is_one_line_and_2(
    things: Any, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    assert _gate(things, *words) == 2
    printed = capsys.readouterr().err
    assert message in printed
    assert printed.count("\n") == 1
    assert not things.asked


def test_the_reason_of_an_inconclusive_run_may_be_the_bundled_contract(
    things: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    things.change = lambda _a, r: replace(r, status=404)
    monkeypatch.chdir(tmp_path)

    assert main(["gate", things.url, "--token", "t", "--profile", "quick"]) == 2

    assert "name its contract: --spec openapi.yaml" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    "words",
    [
        ("--time-limit", "-1"),
        ("--workers", "0"),
        ("--time-limit", "long"),
        ("--slug", "x"),
        ("--rule", "none=off"),
        ("--report", "junit.xml"),
    ],
)
def test_an_invalid_option_is_2(things: Any, words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as stopped:
        _gate(things, *words)
    assert stopped.value.code == 2


def test_a_token_with_spaces_is_an_error_that_does_not_show_it(things: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gate", things.url, "--spec", THINGS, "--token", "two words"]) == 2
    assert "two words" not in capsys.readouterr().err


def test_the_plan_is_printed_and_nothing_sent(things: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert _gate(things, "--plan") == 0
    first = capsys.readouterr().out
    assert _gate(things, "--plan") == 0

    assert first == capsys.readouterr().out
    assert "      only if the server denied [method/DELETE/unknown]\n" in first
    assert (
        "things_read: an existing resource is found, and its response matches the contract  [success/first/old-chair]\n"
        in first
    )
    assert TOKEN not in first
    assert not things.asked


def test_the_plan_shows_which_operations_belong_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "library.json"
    document.write_text(json.dumps(LIBRARY))
    plan = ["gate", "http://127.0.0.1:9", "--spec", str(document), "--plan", "--allow-unsafe"]

    assert main(plan) == 0
    printed = capsys.readouterr().out
    assert "sequences with shelves (--pair):\n  create  POST /shelves (addShelf)\n" in printed
    assert "sequences with books of shelves (--pair):" in printed

    for operation in ("addBook", "POST /shelves/{shelfSlug}/books"):
        assert main([*plan, "--pair", f"{operation}="]) == 0
        assert "sequences with books" not in capsys.readouterr().out

    assert main([*plan, "--pair", "addBook=/book/{number}"]) == 2
    assert "Did you mean '/books/{" in capsys.readouterr().err


@pytest.mark.parametrize("operation", ["addShelf", "POST /shelves"])
def test_an_operation_that_only_reads_is_tested_like_one(
    operation: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "library.json"
    document.write_text(json.dumps(LIBRARY))

    assert main(["gate", "--spec", str(document), "--plan", "--safe", operation]) == 0
    assert "  addShelf: " in capsys.readouterr().out


def test_reports_are_written(things: Any, tmp_path: Path) -> None:
    assert _gate(things, "--report", str(tmp_path), "--format", "junit", "--format", "ctrf") == 0

    assert sorted(path.name for path in tmp_path.iterdir()) == ["ctrf.json", "junit.xml"]


def test_reports_say_why_nothing_was_tested(tmp_path: Path) -> None:
    assert main(["gate", "http://127.0.0.1:1", "--spec", THINGS, "--report", str(tmp_path / "out")]) == 2

    assert "Nothing listens at http://127.0.0.1:1" in (tmp_path / "out" / "summary.md").read_text()
    assert (tmp_path / "out" / "annotations.txt").read_text().startswith("::error title=inconclusive::nothing listens")
    assert 'errors="1"' in (tmp_path / "out" / "junit.xml").read_text()
    assert main(["gate", "--spec", str(tmp_path / "none.yaml"), "--report", str(tmp_path / "out")]) == 2
    assert "none.yaml" in (tmp_path / "out" / "annotations.txt").read_text()
    assert (
        main(
            [
                "gate",
                "http://127.0.0.1:1",
                "--spec",
                THINGS,
                "--setup",
                "no-such-command",
                "--report",
                str(tmp_path / "out"),
            ]
        )
        == 2
    )
    assert "the command of --setup cannot be run" in (tmp_path / "out" / "annotations.txt").read_text()


def test_a_report_without_a_run_holds_no_secret_of_a_url(tmp_path: Path) -> None:
    url, spec = "http://me:s3cret@127.0.0.1:1", "http://127.0.0.1:1/openapi.json?token=s3cret"

    assert main(["gate", url, "--spec", spec, "--report", str(tmp_path)]) == 2

    text = "".join(path.read_text() for path in tmp_path.iterdir())
    assert "127.0.0.1:1/openapi.json" in text
    assert "s3cret" not in text


def test_an_operation_may_be_named_by_method_and_path(things: Any, capsys: pytest.CaptureFixture[str]) -> None:
    contract = Contract.load(THINGS)
    operation = contract.operation("things_read")

    for path in (operation.path, contract.base_path + operation.path):
        assert _gate(things, "--operation", f"get {path}", "--profile", "quick", "--json") == 0
        assert json.loads(capsys.readouterr().out)["operations"] == ["things_read"]


def test_only_operations_that_changed_are_tested(
    things: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _gate(things, "--changed-since", THINGS, "--report", str(tmp_path / "out")) == 0
    assert "no operation differs" in capsys.readouterr().out
    assert not things.asked
    assert (tmp_path / "out" / "junit.xml").is_file()

    baseline = tmp_path / "baseline.json"
    assert _gate(things, "--changed-since", THINGS, "--write-baseline", str(baseline)) == 0
    assert "baseline.json" not in capsys.readouterr().out
    assert not baseline.exists()


def test_changed_operations_that_may_not_be_sent_are_named_and_do_not_fail_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, earlier = next((path, item) for path, item in LIBRARY["paths"].items() if {"get", "post"} <= item.keys())
    old = {**LIBRARY, "paths": {**LIBRARY["paths"], path: {k: v for k, v in earlier.items() if k != "post"}}}
    documents = {"old": old, "new": LIBRARY}
    for name, document in documents.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    words = ["gate", "http://127.0.0.1:1", "--spec", str(tmp_path / "new.json")]

    assert main([*words, "--changed-since", str(tmp_path / "old.json")]) == 0

    assert f"POST {path} (unsafe method; add --allow-unsafe)" in capsys.readouterr().out


def test_a_baseline_of_a_run_that_was_cut_is_written_with_a_warning(
    things: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    limited = {"status": 429, "json": {"detail": "Slow down."}, "headers": {"Retry-After": "900"}}
    things.change = lambda _, r: replace(r, **limited) if len(things.asked) > 30 else r
    baseline = tmp_path / "baseline.json"

    _gate(things, "--profile", "quick", "--write-baseline", str(baseline))

    why = "the plan was not finished: the server limited the rate of requests"
    assert f"flowcontract gate: warning: the baseline may lack findings: {why}." in capsys.readouterr().err
    assert baseline.exists()


def test_a_written_baseline_matches_the_next_run(things: Any, tmp_path: Path) -> None:
    things.change = lambda _a, r: replace(r, json={**r.json, "kind": "lamp"}) if r.status == 200 else r
    path = str(tmp_path / "baseline.json")
    assert _gate(things, "--write-baseline", path) == 1
    assert _gate(things, "--baseline", path) == 0

    right = things.change
    things.change = lambda a, r: replace(r, status=410) if r.status == 404 else right(a, r)
    assert _gate(things, "--baseline", path) == 1


def test_a_result_is_printed_as_json(things: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert _gate(things, "--json") == 0
    assert json.loads(capsys.readouterr().out)["requests"] > 50


def test_without_a_url_a_mock_of_the_contract_is_tested() -> None:
    assert main(["gate", "--profile", "quick", "--quiet"]) == 0


def test_a_mock_that_accepts_any_token_passes_with_a_note(capsys: pytest.CaptureFixture[str]) -> None:
    with flowmock.running() as mock:
        code = main(["gate", mock.url, "--operation", LIST, "--token", "any-at-all", "--profile", "quick"])

    assert code == 0
    assert "accepts any token" in capsys.readouterr().out


def test_a_mock_with_listed_tokens_is_tested_with_wrong_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with flowmock.running(tokens=("the-only-one",)) as mock:
        code = main(["gate", mock.url, "--operation", LIST, "--token", "the-only-one", "--profile", "quick"])

    assert code == 0
    assert "accepts any token" not in capsys.readouterr().out


def test_a_server_is_tested_against_the_contract_of_a_release(capsys: pytest.CaptureFixture[str]) -> None:
    with flowmock.running(tokens=[TOKEN], release=["2025.10.0", "2025.12.0"]) as mock:
        words = ["gate", f"{mock.origin}/2025.12.0", "--token", TOKEN, "--profile", "quick"]
        assert main([*words, "--release", "2025.12.0"]) == 0
        assert main([*words, "--release", "2025.12.2"]) == 1

    assert "background_themed_urls" in capsys.readouterr().out


def test_the_releases_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gate", "--release", "list"]) == 0

    printed = capsys.readouterr().out
    assert "2025.12.2  new required, nullable field" in printed
    assert "from 2021.8.4 to 2026.2.3" in printed


def test_the_published_part_of_a_release_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gate", "--release", "2025.12.2", "--published-only", "--profile", "quick"]) == 1

    assert "Expected a documented status (200, 400, 403), got " in capsys.readouterr().out
