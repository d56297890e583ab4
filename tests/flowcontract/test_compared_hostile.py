"""Whatever servers and contracts say stays text in what `compare` and `diff` print, in every format."""

import contextlib
import io
import json
import re
from types import SimpleNamespace
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from markdown_it import MarkdownIt

from flowcontract.cli import compare, output
from flowcontract.compatibility.diff import Diff
from flowcontract.engine.comparison import Comparison
from flowcontract.openapi import documents
from flowcontract.reporting import diff as diff_report

from .hostile import CONTROLS, comparisons, diffs, hostile
from .test_reports_hostile import SCHEMAS

NOBODY: Any = SimpleNamespace(for_consumer=lambda _consumer: SimpleNamespace(breaks=lambda _direction: False))
"""Changes that break no consumer: what they come to has no text of a contract."""


def commands(text: str) -> list[str]:
    """Lines that a CI runner would obey."""
    return [line for line in re.split(r"[\r\n]", text) if line.lstrip().startswith("::") or "##" in line]


@hostile
@given(comparisons)
def test_a_comparison_moves_and_commands_no_terminal(found: Comparison) -> None:
    text = compare._text(found, quiet=False)

    assert not CONTROLS.search(text)
    assert commands(text) == []


@hostile
@given(comparisons)
def test_a_comparison_as_json_stays_readable(found: Comparison) -> None:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        output.print_json(compare._document(found))
    text = printed.getvalue()

    assert len(json.loads(text, parse_constant=pytest.fail)["differences"]) == len(found.differences)
    assert commands(text) == []
    text.encode("ascii")


@hostile
@given(diffs)
def test_a_diff_moves_and_commands_no_terminal(diff: Diff) -> None:
    text = diff_report.text(diff, NOBODY)

    assert not CONTROLS.search(text)
    assert commands(text) == []


@hostile
@given(diffs)
def test_a_diff_as_json_and_sarif_stays_readable(diff: Diff) -> None:
    text = diff_report.as_json(diff, NOBODY)
    log = json.loads(diff_report.sarif(diff, NOBODY))

    assert len(json.loads(text)["findings"]) == len(diff.findings)
    assert commands(text) == []
    text.encode("ascii")
    schema = documents.read(SCHEMAS / "sarif-2.1.0.yaml")
    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(log)
    for result in log["runs"][0]["results"]:
        assert not re.search(r"(?<!\\)\[[^\]\\]*\]\(", result["message"]["text"]), "an embedded link"


@hostile
@given(diffs)
def test_a_diff_as_markdown_shows_markup_and_obeys_none(diff: Diff) -> None:
    text = diff_report.markdown(diff, NOBODY)
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    inline = [child for token in tokens for child in token.children or ()]

    assert [token for token in tokens if token.type == "html_block"] == []
    assert {child.type for child in inline} <= {"text", "code_inline", "softbreak", "text_special"}
    assert sum(token.type == "heading_open" for token in tokens) == 1
    assert sum(token.type == "tr_open" for token in tokens) == 1 + len(diff_report.CONSUMERS) + (
        1 + len(diff.findings) if diff.findings else 0
    )
    assert not CONTROLS.search(text)


@hostile
@given(diffs)
def test_a_diff_as_annotations_stays_one_command_per_line(diff: Diff) -> None:
    lines = [line for line in re.split(r"[\r\n\u2028\u2029\x85]", diff_report.github(diff, NOBODY)) if line]

    assert len(lines) == len(diff.findings)
    for line in lines:
        assert re.fullmatch(r"::(error|warning|notice) ((?:(?:file|line|title)=[^,:]*,?)+)::(.*)", line), line
