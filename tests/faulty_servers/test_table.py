"""What decides whether the gate is good enough, and the page that says so."""

from dataclasses import replace

import pytest

from flowcontract.checks.findings import Result

from . import table
from .table import Run

KILLED = Run("pk-is-null", "schema", "`pk` is null.", "published", True, Result.FAILED, ("schema-violation",), 90, 1.5)
SURVIVOR = replace(KILLED, name="slow | once", kind="time", about="It waits.", result=Result.PASSED, rules=())
WARNED = replace(SURVIVOR, name="tab", warnings=("lenient-credentials",))
RIGHT = Run("chunked", "right", "Bodies come in chunks.", "", False, Result.PASSED, (), 100, 1.0)
WRONGED = replace(RIGHT, result=Result.FAILED, rules=("framing",))


@pytest.mark.parametrize(
    ("runs", "good"),
    [
        ([KILLED] * 19 + [SURVIVOR, RIGHT], True),
        ([KILLED] * 18 + [SURVIVOR, RIGHT], False),
        ([KILLED] * 18 + [WARNED] * 2 + [RIGHT], False),
        ([KILLED] * 19 + [replace(RIGHT, warnings=("inconsistent-error-format",))], True),
        ([KILLED] * 19 + [RIGHT, WRONGED], False),
        ([KILLED] * 19 + [replace(RIGHT, result=Result.INCONCLUSIVE)], False),
        ([KILLED] * 10 + [replace(KILLED, result=None, error="ValueError: x"), RIGHT], False),
    ],
    ids=[
        "95 %",
        "less",
        "a warning is no kill",
        "a warning is no false alarm",
        "a false alarm",
        "a conforming server not judged",
        "an error is no kill",
    ],
)
def test_the_gate_passes_with_95_percent_killed_and_no_right_server_misjudged(runs: list[Run], good: bool) -> None:
    assert table.passes(runs) == good


def test_the_summary_names_what_survives_and_false_alarms() -> None:
    told = table.summary([KILLED, SURVIVOR, WARNED, RIGHT, WRONGED])

    assert "schema                1      1  100.0 %" in told
    assert "all                   3      1  33.3 %" in told
    assert "warned: tab (It waits.)" in told
    assert "2 conforming servers, 1 false alarms\n  chunked: framing" in told
    assert "survives: slow | once (It waits.)" in told


def test_the_page_shows_fault_by_rule_and_keeps_its_columns() -> None:
    page = table.markdown([KILLED, SURVIVOR, WARNED, RIGHT])

    assert "**1 of 3 faults killed (33.3 %), 1 warned, 1 not found; 0 false alarms among 1 conforming servers;" in page
    assert "| `tab` | It waits. | the page | yes | warning: `lenient-credentials` | 90 |" in page
    assert "| `tab` | It waits. | `lenient-credentials` |" in page
    assert "| `pk-is-null` | `pk` is null. | the page | yes | `schema-violation` | 90 |" in page
    assert "| `slow \\| once` | It waits. | the page | yes | **none** | 90 |" in page
    assert "| `chunked` | Bodies come in chunks. | passed |  |" in page


def test_each_line_says_what_became_of_one_server() -> None:
    assert table.line(KILLED).startswith("killed    pk-is-null ")
    assert table.line(SURVIVOR).startswith("SURVIVES  ")
    assert table.line(WARNED).startswith("warned    tab ")
    assert table.line(WARNED).endswith("(lenient-credentials)\n")
    assert table.line(RIGHT).startswith("right     ")
    assert table.line(WRONGED).startswith("FALSE ")
    assert table.line(replace(KILLED, result=None, error="ValueError: x")) == "ERROR     pk-is-null: ValueError: x\n"
