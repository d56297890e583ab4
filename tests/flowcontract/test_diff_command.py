"""`flowcontract diff`, as it is typed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from flowcontract.cli.main import main
from flowcontract.openapi import documents, releases

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = str(ROOT / "spec" / "openapi.yaml")

Capsys = pytest.CaptureFixture[str]


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """A contract with one value more in an enumeration of the answer."""
    document = releases.load("2024.12.0", published_only=True).document
    path = tmp_path / "newer.yaml"
    path.write_text(documents.dump(document), encoding="utf-8")
    return path


def test_text_says_the_verdict_the_changes_and_who_breaks(capsys: Capsys) -> None:
    assert main(["diff", "2025.10.0", "2025.12.0"]) == 1

    out = capsys.readouterr().out
    assert out.startswith("breaking: old clients fail with the new server; new clients fail with the old server. 2025")
    assert "/background: may be missing  [response-field-optional]" in out
    assert "/background_url: is not sent yet, but the client requires it  [response-field-missing]" in out
    table = {line.split()[0]: line.split()[1:] for line in out.partition("by consumer")[2].splitlines()[1:]}
    assert table["python"] == ["breaks", "breaks"]
    assert table["typescript"] == ["works", "works"]


def test_the_first_line_begins_with_the_direction_that_decides_the_exit_code(tmp_path: Path, capsys: Capsys) -> None:
    files = [str(tmp_path / f"{name}.json") for name in ("old", "new")]
    get = {"get": {"responses": {"200": {"description": "Done."}}}}
    for file, paths in zip(files, ({"/a": get}, {"/a": get, "/b": get}), strict=True):
        document = {"openapi": "3.1.0", "info": {"title": "A", "version": "1"}, "paths": paths}
        Path(file).write_text(json.dumps(document), encoding="utf-8")

    assert main(["diff", *files, "--quiet"]) == 0
    assert capsys.readouterr().out.startswith("additive: old clients work with the new server; new clients fail with")

    assert main(["diff", *files, "--quiet", "--direction", "both"]) == 1
    assert capsys.readouterr().out.startswith("breaking: new clients fail with the old server. ")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("2024.8.1", "2024.10.5", 0),
        ("2022.5.1", "2022.7.1", 0),
        ("2024.8.1", "2024.12.0", 1),
        ("2022.7.1", "2022.9.0", 0),
    ],
)
def test_the_exit_code_says_whether_it_breaks(old: str, new: str, code: int) -> None:
    assert main(["diff", old, new]) == code


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("flows_instances_retrieve", 1),
        ("GET /flows/instances/{slug}/", 1),
        ("GET /api/v3/flows/instances/{slug}/", 1),
    ],
)
def test_one_operation_is_compared(operation: str, code: int) -> None:
    assert main(["diff", "2025.10.0", "2025.12.0", "--operation", operation]) == code


@pytest.mark.parametrize(("limit", "code"), [("breaking", 0), ("warning", 0), ("additive", 1)])
def test_what_is_too_much_can_be_chosen(limit: str, code: int) -> None:
    assert main(["diff", "2022.5.1", "2022.7.1", "--fail-on", limit]) == code


@pytest.mark.parametrize(
    ("consumer", "code"), [("typescript", 0), ("go", 1), ("rejects-unknown", 0), ("closed-enums", 1)]
)
def test_it_depends_on_the_consumer(consumer: str, code: int) -> None:
    assert main(["diff", "2024.8.1", "2024.12.0", "--consumer", consumer]) == code


def test_files_are_compared_with_lines_of_both(newer: Path, capsys: Capsys) -> None:
    assert main(["diff", CONTRACT, str(newer), "--format", "json"]) == 1

    document = json.loads(capsys.readouterr().out)
    (finding,) = document["findings"]
    assert document["impact"] == "breaking"
    assert document["breaks"] == {"old client, new server": True, "new client, old server": False}
    assert (finding["rule"], finding["text"]) == ("response-enum-value", 'may be "require_redirect"')
    assert finding["old"]["file"].endswith("captured/2024.8.1.yaml")
    line = newer.read_text(encoding="utf-8").splitlines()[finding["new"]["line"] - 1]
    assert line.strip() == "AuthenticationEnum:"


def test_a_servers_own_document_is_compared(
    newer: Path, hands_out: Callable[[int, bytes], str], capsys: Capsys
) -> None:
    url = hands_out(200, newer.read_bytes())

    assert main(["diff", CONTRACT, url]) == 1
    assert 'may be "require_redirect"' in capsys.readouterr().out


def test_what_was_observed_is_compared_when_asked_for(newer: Path, capsys: Capsys) -> None:
    main(["diff", str(newer), CONTRACT, "--format", "json"])
    assert "response-status-added" not in capsys.readouterr().out

    main(["diff", str(newer), CONTRACT, "--format", "json", "--observed"])
    assert "response-status-added" in capsys.readouterr().out


def test_an_operation_that_our_part_does_not_hold_is_not_new(tmp_path: Path, capsys: Capsys) -> None:
    whole = documents.read(ROOT / "spec" / "captured" / "2024.8.1.yaml")
    whole["paths"]["/other/"] = {"get": {"operationId": "other", "responses": {"200": {"description": ""}}}}
    path = tmp_path / "whole.yaml"
    path.write_text(documents.dump(whole), encoding="utf-8")

    assert main(["diff", CONTRACT, str(path)]) == 0
    assert "silent" in capsys.readouterr().out
    assert main(["diff", str(ROOT / "spec" / "captured" / "2024.8.1.yaml"), str(path)]) == 0
    assert "operation-added" in capsys.readouterr().out


def test_markdown_holds_all_in_tables(capsys: Capsys) -> None:
    main(["diff", "2025.10.0", "2025.12.0", "--format", "markdown"])

    out = capsys.readouterr().out
    assert out.startswith("## breaking: old clients fail with the new server; ")
    assert "`2025.10.0` → `2025.12.0`" in out
    assert "| breaking | old client, new server | `GET /flows/instances/{slug}/ response 200" in out
    assert "| typescript | works | works |" in out


def test_annotations_stand_at_their_lines(newer: Path, capsys: Capsys) -> None:
    main(["diff", CONTRACT, str(newer), "--format", "github"])

    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("::error file=")
    assert ",line=" in line
    assert "title=breaking%3A response-enum-value::" in line


def test_sarif_has_a_result_for_each_finding(newer: Path, tmp_path: Path) -> None:
    output = tmp_path / "diff.sarif"

    assert main(["diff", CONTRACT, str(newer), "--format", "sarif", "-o", str(output)]) == 1

    (run,) = json.loads(output.read_text(encoding="utf-8"))["runs"]
    (result,) = run["results"]
    assert result["ruleId"] == run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "response-enum-value"
    assert result["level"] == "error"
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] > 1


def test_the_same_two_give_the_same_text_every_time(capsys: Capsys) -> None:
    main(["diff", "2021.8.4", "2026.2.0", "--format", "json"])
    once = capsys.readouterr().out
    main(["diff", "2021.8.4", "2026.2.0", "--format", "json"])

    assert capsys.readouterr().out == once


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["2024.8.1", "nothing"], "a file, a URL or a release"),
        (["2024.8.1", "1999.1.1"], "a release from 2021.8.4"),
        (["2024.8.1", "missing.yaml"], "there is no file missing.yaml"),
        (["2024.8.1", "http://127.0.0.1:1/"], "cannot be read"),
        (["2024.8.1", "2024.12.0", "--consumer", "nobody"], "expected a consumer"),
        (["2024.8.1", "2024.12.0", "--operation", "nothing"], "has no operation 'nothing'"),
        (["2024.8.1", str(ROOT / "pyproject.toml")], "pyproject.toml"),
    ],
)
def test_bad_usage_is_one_line_and_exit_2(words: list[str], said: str, capsys: Capsys) -> None:
    assert main(["diff", *words]) == 2

    out, shown = capsys.readouterr()
    assert out == ""
    assert said in shown
    assert shown.count("\n") == 1


@pytest.mark.parametrize(("direction", "code", "level"), [("old-client", 0, "notice"), ("both", 1, "error")])
def test_annotations_of_a_direction_that_does_not_count_are_notices(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], direction: str, code: int, level: str
) -> None:
    """A required member that is new breaks only new clients on the old server."""
    member = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    more = {
        "type": "object",
        "required": ["id", "age"],
        "properties": {**member["properties"], "age": {"type": "string"}},
    }
    for name, schema in (("old.json", member), ("new.json", more)):
        content = {"application/json": {"schema": schema}}
        responses = {"200": {"description": "Done.", "content": content}}
        paths = {"/boats": {"get": {"operationId": "list", "responses": responses}}}
        document = {"openapi": "3.0.3", "info": {"title": "Harbor", "version": name}, "paths": paths}
        (tmp_path / name).write_text(json.dumps(document))
    command = ["diff", str(tmp_path / "old.json"), str(tmp_path / "new.json"), "--direction", direction]

    assert main([*command, "--format", "github"]) == code
    assert f"::{level} " in capsys.readouterr().out
    assert main(command) == code
    assert f"\nexit code {code}: {'a' if code else 'no'} breaking change for: " in capsys.readouterr().out
