"""The table that the runs over the catalogue are compared with, and the page that shows it."""

from dataclasses import replace
from pathlib import Path

import pytest

from flowcontract.checks.findings import Result

from . import table
from .table import Run

FOUND = Run("pk-is-null", "schema", "`pk` is null.", "published", True, Result.FAILED, ("schema-violation",), 90, 1.5)
MISSED = replace(FOUND, name="slow | once", kind="time", about="It waits.", result=Result.PASSED, rules=())
WARNED = replace(MISSED, name="tab", warnings=("lenient-credentials",))
CONFORMING = Run("chunked", "conforming", "Bodies come in chunks.", "", False, Result.PASSED, (), 100, 1.0)
FALSE_ALARM = replace(CONFORMING, result=Result.FAILED, rules=("framing",))
CRASHED = replace(FOUND, result=None, rules=(), error="ValueError: x")


@pytest.fixture
def expected(tmp_path: Path) -> dict[str, tuple[str, ...]]:
    table.write(tmp_path / "expected.tsv", [FOUND, MISSED, WARNED, CONFORMING])
    return table.read(tmp_path / "expected.tsv")


def test_the_same_outcomes_are_no_difference(expected: dict[str, tuple[str, ...]]) -> None:
    assert table.differences([FOUND, MISSED, WARNED, CONFORMING], expected) == []


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (MISSED, "pk-is-null: expected failed by schema-violation, got passed"),
        (CRASHED, "pk-is-null: expected failed by schema-violation, got error"),
        (replace(FOUND, rules=("framing",)), "expected failed by schema-violation, got failed by framing"),
        (replace(FOUND, result=Result.INCONCLUSIVE), "expected failed by schema-violation, got inconclusive"),
    ],
)
def test_another_outcome_is_a_difference(run: Run, message: str, expected: dict[str, tuple[str, ...]]) -> None:
    assert message in table.differences([replace(run, name="pk-is-null", kind="schema")], expected)[0]


def test_a_server_that_the_table_does_not_have_is_a_difference(expected: dict[str, tuple[str, ...]]) -> None:
    run = replace(FOUND, name="new")

    assert table.differences([run], expected) == ["new: got failed by schema-violation, and the table does not have it"]


def test_a_false_alarm_is_a_difference_even_if_the_table_expects_it(tmp_path: Path) -> None:
    table.write(tmp_path / "expected.tsv", [FALSE_ALARM])

    differences = table.differences([FALSE_ALARM], table.read(tmp_path / "expected.tsv"))

    assert differences == ["chunked: a conforming server does not pass: failed by framing"]


def test_a_sample_has_the_conforming_servers_and_one_that_each_rule_finds(tmp_path: Path) -> None:
    both = replace(FOUND, name="both", rules=("framing", "schema-violation"))
    table.write(tmp_path / "expected.tsv", [FOUND, replace(FOUND, name="again"), MISSED, both, CONFORMING])

    chosen = table.sample(table.read(tmp_path / "expected.tsv").values())

    assert list(chosen) == ["pk-is-null", "both", "chunked"]


def test_the_summary_names_what_is_not_found_and_false_alarms() -> None:
    text = table.summary([FOUND, MISSED, WARNED, CONFORMING, FALSE_ALARM])

    assert "schema                1      1  100.0 %" in text
    assert "all                   3      1  33.3 %" in text
    assert "warned: tab (It waits.)" in text
    assert "2 conforming servers, 1 false alarms\n  chunked: framing" in text
    assert "passed: slow | once (It waits.)" in text


def test_the_page_has_found_faults_by_class_and_names_the_others() -> None:
    page = table.markdown([FOUND, MISSED, WARNED, CONFORMING])

    assert "**1 of 3 faults found (33.3 %); 1 passed, 1 warned; 0 false alarms among 1 conforming servers;" in page
    assert "| schema | 1 | 1 | 100.0 % | 90 |" in page
    assert "| `tab` | It waits. | warned | `lenient-credentials` |" in page
    assert "| `slow \\| once` | It waits. | passed |  |" in page
    assert "| `chunked` | Bodies come in chunks. | passed |  |" in page


def test_each_line_has_the_outcome_of_one_server() -> None:
    assert table.line(FOUND).startswith("failed        pk-is-null ")
    assert table.line(WARNED).endswith("(lenient-credentials)\n")
    assert table.line(FALSE_ALARM).endswith("framing  <- false alarm\n")
    assert table.line(CRASHED) == "error         pk-is-null: ValueError: x\n"
