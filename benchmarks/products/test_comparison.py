"""The comparison of a run over a real server with the reviewed findings. No server is started here."""

import re
from pathlib import Path

import pytest

from benchmarks.products.catalogue import PRODUCTS
from benchmarks.products.comparison import (
    Entry,
    Reported,
    compare,
    of_gate,
    of_schemathesis,
    read_entries,
)
from benchmarks.products.process import with_examples
from benchmarks.products.report import details, summary
from benchmarks.products.run import Measured


def entry(name: str, review: str = "true", **more: object) -> Entry:
    return Entry(**{"id": name, "product": "shelf", "version": "1.0", "review": review, "why": "It is so.", **more})


def reported(rule: str = "server-error", operation: str = "GET /books", text: str = "", **more: bool) -> Reported:
    return Reported(rule, (operation,), text, **more)


CRASH = entry("crash", rule="server-error", operation="/books$", evidence="percent")


def test_the_first_finding_of_a_defect_counts_and_the_next_are_duplicates() -> None:
    result = compare([reported(text="percent"), reported(text="percent sign")], [CRASH])

    assert list(result.found) == ["crash"]
    assert [name for name, _ in result.duplicates] == ["crash"]
    assert result.entries == 2


@pytest.mark.parametrize(
    "other",
    [
        reported("server-error-page", text="percent"),
        reported(operation="GET /books/{id}", text="percent"),
        reported(text="a slash"),
    ],
    ids=["another rule", "another operation", "other evidence"],
)
def test_a_finding_is_new_when_one_pattern_does_not_match(other: Reported) -> None:
    result = compare([other], [CRASH])

    assert result.new == [other]
    assert result.missed == ["crash"]


@pytest.mark.parametrize(
    "text", ["Expected no server error, got 500.", "response: status_code: 500", "Received: 500\nx"]
)
def test_a_status_is_that_of_the_response(text: str) -> None:
    crash = entry("crash", status=500)

    assert crash.covers(reported(text=text))
    assert not crash.covers(reported(text="got 5000 bytes of 500, elapsed: 0.500, documented: 500"))


def test_one_matching_operation_is_enough() -> None:
    found = Reported("server-error", ("GET /authors", "GET /books"), "percent")

    assert compare([found], [CRASH]).found == {"crash": found}


def test_false_contested_and_duplicate_entries_are_counted_apart() -> None:
    entries = [
        CRASH,
        entry("clock", "false", rule="same-response"),
        entry("zone", "contested", rule="schema-violation"),
        entry("crash-again", "duplicate", rule="unexpected-status", of="crash"),
    ]

    result = compare([reported(rule) for rule in ("same-response", "schema-violation", "unexpected-status")], entries)

    assert [name for name, _ in result.false] == ["clock"]
    assert [name for name, _ in result.contested] == ["zone"]
    assert [name for name, _ in result.duplicates] == ["crash"]
    assert result.missed == ["crash"]


def test_the_first_entry_in_the_file_decides() -> None:
    narrow, wide = entry("of a clock", "false", evidence="nanosecond"), entry("body", rule="schema-violation")

    result = compare([reported("schema-violation", text="nanosecond: 3")], [narrow, wide])

    assert [name for name, _ in result.false] == ["of a clock"]


def test_a_warning_is_neither_false_nor_new_but_can_find_a_defect() -> None:
    warnings = [
        reported("slow", is_warning=True),
        reported("clock", is_warning=True),
        reported(text="percent", is_warning=True),
    ]

    result = compare(warnings, [CRASH, entry("clock", "false", rule="clock")])

    assert [one.rule for one in result.warnings] == ["slow", "clock"]
    assert not result.false
    assert list(result.found) == ["crash"]


def test_a_defect_of_writes_is_missed_only_where_writes_were_allowed() -> None:
    needs = entry("stored", rule="server-error", needs_writes=True)

    assert compare([], [needs]).missed == []
    assert compare([], [needs], writes=True).missed == ["stored"]


def test_findings_of_the_gate_are_read_with_all_their_operations() -> None:
    result = {
        "findings": [
            {"rule": "server-error", "operations": ["GET /a", "GET /b"], "status": "open", "message": "got 500"},
            {"rule": "no-reflection", "operation": "listBooks", "status": "warning", "message": "echo"},
        ]
    }

    first, second = of_gate(result)

    assert (first.rule, first.operations, first.is_warning) == ("server-error", ("GET /a", "GET /b"), False)
    assert "message: got 500" in first.text
    assert (second.operations, second.is_warning) == (("listBooks",), True)


def test_events_of_schemathesis_are_one_finding_for_each_title_and_operation() -> None:
    def finished(operation: str, *statuses: str) -> dict[str, object]:
        failure = {"title": "Server error", "message": "boom", "operation": operation}
        checks = [
            {"name": "not_a_server_error", "status": status, "failure_info": {"failure": failure}}
            for status in statuses
        ]
        recorder = {"label": operation, "checks": {"one": checks}, "interactions": {"one": {}, "two": {}}}
        return {"ScenarioFinished": {"recorder": recorder}}

    events = [
        {"EngineStarted": {}},
        finished("GET /a", "failure", "success"),
        finished("GET /a", "failure"),
        finished("GET /b", "failure"),
    ]
    found, requests = of_schemathesis(events)

    assert [(one.rule, one.operations) for one in found] == [
        ("not_a_server_error", ("GET /a",)),
        ("not_a_server_error", ("GET /b",)),
    ]
    assert requests == 6


def test_the_summary_has_a_row_for_each_run_and_totals(tmp_path: Path) -> None:
    entries = [CRASH, entry("other", rule="slow")]
    findings = (reported(text="message: percent"), reported("schema-violation"))
    run = Measured("gate", "shelf", 1, 12.3, 4.0, 200, findings, "failed: 2 findings", ("db.json",))
    run.save(tmp_path)

    lines = summary([Measured.load(tmp_path / "shelf.gate.json")], entries).splitlines()

    assert [cell.strip() for cell in lines[2].split("|")[1:-1]] == [
        *("shelf", "gate", "failed", "1 / 2", "1", "0", "0", "0"),
        *("12 s", "4.0 s", "200", "4.0 s", "200", "changed: db.json"),
    ]
    assert lines[3].startswith("| **all** | gate")
    assert re.findall(r"missed +other|new +schema-violation, GET /books", details(run, entries)) != []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('review = "maybe"\nrule = "x"\nwhy = "So."', "expected review to be one of"),
        ('review = "true"\nwhy = "So."', "expected at least one of rule"),
        ('review = "duplicate"\nrule = "x"\nwhy = "So."', "expected `of`"),
        ('review = "true"\nrule = "x"\nwhy = "so"', "expected why to be a sentence"),
    ],
)
def test_an_incomplete_entry_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "reviewed.toml"
    file.write_text(f'[[entry]]\nid = "one"\nproduct = "shelf"\nversion = "1"\n{text}\n', encoding="utf-8")

    with pytest.raises(ValueError, match=message):
        read_entries(file)


def test_examples_go_where_the_document_has_none() -> None:
    own, other = {"name": "id", "in": "path", "example": "7"}, {"name": "page", "in": "query"}
    item = {"parameters": [{"name": "id", "in": "path"}], "get": {"parameters": [own, other]}, "summary": "x"}

    made = with_examples({"paths": {"/a/{id}": item}}, {"id": "1"})["paths"]["/a/{id}"]

    assert made["parameters"][0]["example"] == "1"
    assert made["get"]["parameters"] == [{"name": "id", "in": "path", "example": "7"}, {"name": "page", "in": "query"}]


def test_the_committed_entries_are_about_the_installed_versions() -> None:
    for one in read_entries():
        assert one.product in PRODUCTS, one.id
        packages = PRODUCTS[one.product].packages
        assert any(re.split("==|@", package)[-1] == one.version for package in packages), one.id
