"""Text of a server stays text, in every format."""

import io
import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema_rs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import Console

from flowcontract import reporting
from flowcontract.checks.findings import Result, RunResult
from flowcontract.http.messages import Response
from flowcontract.openapi import documents
from flowcontract.reporting import terminal
from flowcontract.reporting.cases import needs_case_of_its_own
from flowcontract.text import body_excerpt, indented, one_line, visible

from .hostile import CONTROLS, NASTY, everywhere, hostile, run_results, texts

SCHEMAS = Path(__file__).resolve().parents[1] / "data" / "schemas"


def _valid(name: str, document: Any) -> None:
    schema = documents.read(SCHEMAS / f"{name}.yaml")
    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(document)


@hostile
@given(run_results)
def test_junit_stays_well_formed(run_result: RunResult) -> None:
    root = ElementTree.fromstring(reporting.render(run_result, "junit").encode("utf-8"))

    failures = root.findall(".//failure")
    of_warnings = {one_line(run_result.headline)} if run_result.result is Result.FAILED else set()
    assert {failure.get("message", "") for failure in failures} == (
        {one_line(finding.failure.message) for finding in run_result.open_findings} or of_warnings
    )


class _Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: set[tuple[str, str]] = set()
        self.tags: Counter[str] = Counter()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {(tag, name) for name, _ in attrs} | {(tag, "")}
        self.tags[tag] += 1


@hostile
@given(run_results)
def test_html_gains_no_element_and_no_attribute(run_result: RunResult) -> None:
    text = reporting.render(run_result, "html")
    template = (Path(reporting.__file__).parent / "templates" / "report.html.j2").read_text(encoding="utf-8")

    assert _Elements(text).found <= _Elements(re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "x", template)).found | {
        ("details", "open")
    }
    assert not CONTROLS.search(text)


@pytest.mark.parametrize("payload", [text for text in NASTY if text])
def test_html_of_a_real_run_has_the_same_elements_with_the_payload_in_every_field(
    failed: RunResult, payload: str
) -> None:
    harmless, told = (_Elements(reporting.render(everywhere(failed, text), "html")) for text in (" word", payload))

    lines = {"span", "i"}  # One for each line, and a payload may have several.
    assert {tag: count for tag, count in told.tags.items() if tag not in lines} == {
        tag: count for tag, count in harmless.tags.items() if tag not in lines
    }


@hostile
@given(run_results)
def test_json_formats_stay_what_their_schemas_say(run_result: RunResult) -> None:
    for name, schema in (("sarif", "sarif-2.1.0"), ("ctrf", "ctrf")):
        text = reporting.render(run_result, name)
        _valid(schema, json.loads(text))
        text.encode("utf-8")


@hostile
@given(run_results)
def test_the_archive_of_exchanges_stays_readable(run_result: RunResult) -> None:
    archive = json.loads(reporting.render(run_result, "har"))

    _valid("har-1.2", archive)
    assert len(archive["log"]["entries"]) == len(run_result.exchanges)


@hostile
@given(run_results)
def test_events_stay_one_per_line(run_result: RunResult) -> None:
    lines = reporting.render(run_result, "ndjson").splitlines()

    assert len(lines) == 2 + len(run_result.exchanges) + 2 * len(run_result.findings)
    for line in lines:
        # A strict reader takes neither NaN nor a lone surrogate.
        json.dumps(json.loads(line, parse_constant=pytest.fail), ensure_ascii=False).encode("utf-8")


@hostile
@given(run_results)
def test_markdown_shows_markup_and_obeys_none(run_result: RunResult) -> None:
    text = reporting.render(run_result, "markdown")
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    inline = [child for token in tokens for child in token.children or ()]

    ours = {
        "<details><summary>Statuses seen</summary>",
        "<details><summary>Rules checked</summary>",
        "<details><summary>Request and response</summary>",
        "<details><summary>Script (needs jq)</summary>",
        "</details>",
    }
    assert {token.content.strip() for token in tokens if token.type == "html_block"} <= ours
    assert {child.type for child in inline} <= {
        "text",
        "code_inline",
        "softbreak",
        "text_special",
        "strong_open",
        "strong_close",
    }
    plain = "".join(child.content if child.type != "code_inline" else " " for child in inline)
    assert not re.search(r"[@#](?!\u2060)", plain)
    assert not CONTROLS.search(text)


@hostile
@given(st.lists(texts, min_size=1, max_size=3))
def test_our_own_words_make_no_link_either(words: list[str]) -> None:
    from flowcontract.reporting.markdown import prose

    source = prose(" ".join(words))

    assert not re.search(r"(?i)https?:|ftp:|mailto:|www\.", source)
    assert "@" not in source.replace("@\u2060", "")


@hostile
@given(run_results)
def test_annotations_stay_one_command_per_line(run_result: RunResult) -> None:
    lines = re.split(r"[\r\n\u2028\u2029\x85]", reporting.render(run_result, "github").removesuffix("\n"))
    expected = len(run_result.findings) + len(run_result.notes) + needs_case_of_its_own(run_result)

    assert len([line for line in lines if line]) == expected
    for line in filter(None, lines):
        command = re.fullmatch(r"::(error|notice) ((?:(?:file|line|title)=[^,:]*,?)+)::(.*)", line)
        assert command, line
        assert not re.search(r"%(?!25|0A|0D)", command[3])


@hostile
@given(run_results)
def test_the_terminal_is_neither_moved_nor_commanded(run_result: RunResult) -> None:
    file = io.StringIO()
    terminal.print(run_result, Console(file=file, width=40, force_terminal=True, color_system=None))
    printed = re.sub(r"\x1b\[[\d;]*m", "", file.getvalue())

    assert not CONTROLS.search(printed)
    curls = {visible(finding.curl).replace("\n", "\\n") for finding in run_result.findings}
    for line in printed.split("\n"):
        assert not line.lstrip().startswith("::")
        assert "##" not in line or line in curls
    shown = [finding for finding in run_result.findings if finding in run_result.open_findings and not finding.script]
    assert all(visible(finding.curl).replace("\n", "\\n") in printed.split("\n") for finding in shown)


@hostile
@given(run_results)
def test_json_for_programs_stays_readable(run_result: RunResult) -> None:
    file = io.StringIO()
    terminal.print_json(run_result, Console(file=file, width=20))

    assert "##" not in file.getvalue()
    told = json.loads(file.getvalue(), parse_constant=pytest.fail)
    assert len(told["findings"]) == len(run_result.findings)


@pytest.mark.parametrize("name", reporting.ALL)
def test_a_huge_body_is_cut_with_a_note(failed: RunResult, name: str) -> None:
    from dataclasses import replace

    finding = failed.findings[0]
    response = Response(200, (), b"<b>" * 1_000_000, 0.1)
    failure = replace(finding.failure, exchange=replace(finding.failure.exchange, response=response))
    text = reporting.render(replace(failed, findings=(replace(finding, failure=failure),)), name)

    if name in ("har", "ndjson"):  # These keep evidence whole.
        return
    assert len(text) < 200_000
    if name in ("html", "junit", "markdown"):
        assert "truncated, 3,000,000 bytes in total" in text


@given(st.text(st.characters(), max_size=200))
@example("\x00\x1b\u202e\udcff")
def test_visible_text_has_nothing_unseen(text: str) -> None:
    assert not CONTROLS.search(visible(text))
    assert "\n" not in one_line(text)


@hostile
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_indenting_json_changes_white_space_only(value: Any) -> None:
    compact = json.dumps(value, separators=(",", ":"))

    assert json.loads(indented(compact)) == value
    assert indented(compact) == json.dumps(value, indent=2)


def test_indenting_keeps_what_may_be_the_evidence() -> None:
    assert body_excerpt(b'{"a":1.0e5,"a":"\\u0041"}').text == '{\n  "a": 1.0e5,\n  "a": "\\u0041"\n}'
    assert body_excerpt(b"\xff{}").text == "\\xff{}"
