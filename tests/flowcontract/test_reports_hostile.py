"""Whatever a server says stays text, in every format."""

import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import Console

from flowcontract import documents, reports
from flowcontract.contract import Place
from flowcontract.exchange import Exchange, Request, Response
from flowcontract.judgement import Cause, Failure, Judgement, Standing, Verdict
from flowcontract.reports import terminal
from flowcontract.reports.text import body, indented, one_line, visible

SCHEMAS = Path(__file__).resolve().parents[1] / "data" / "schemas"

# Each of these has broken some reporter: markup, terminal and runner commands, Markdown, SARIF links, encodings.
NASTY = [
    "<script>alert(1)</script>",
    "</style></pre></details><img src=x onerror=alert(1)>",
    "\"'><svg onload=alert(1)>",
    "{{ 7 * 7 }} {% raw %}",
    "[red]markup[/red] [link=http://evil.example]x[/link] :smile:",
    "\x1b[2J\x1b]0;title\x07\r\n\x00\x08\x7f\x9b31m",
    "::error::x\n::add-mask::y\r::stop-commands::z %0A%25",
    "##[add-matcher]x ##vso[task.setvariable]y ##teamcity[z]",
    "```\n````` ` @everyone #1 www.evil.example https://evil.example ![i](http://evil.example)",
    "| cell | - * _ ~ <details> &lt; \\",
    "[click](http://evil.example) {0} {1}",
    "\u202e\u2066gnp.exe\u2069 \u200b\ufeff\u2028\u2029\x85",
    "שלום עולם العربية 👩‍💻 é",
    "\udcff\udc80 \ud800 \uffff \ufffe",
    "]]> <![CDATA[ <!-- --> <?xml ?> &bogus; &#0;",
    "%(name)s %s {} $HOME `id` $(id)",
    "",
]
texts = st.one_of(st.sampled_from(NASTY), st.text(st.characters(), max_size=60))
rules = texts.map("rule ".__add__)
bodies = st.one_of(
    texts.map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=60),
    texts.map(lambda text: json.dumps({"key": text, "list": [1.5, None, text]}).encode()),
    st.just(b"[" * 5_000 + b"]" * 5_000),
    st.just(b'{"a": ' + b"9" * 5_000 + b"}"),
    st.just(b"\xff\x00" * 60_000),
)
headers = st.lists(st.tuples(texts, texts), max_size=3).map(tuple)
exchanges = st.builds(
    Exchange,
    st.builds(Request, texts, texts.map("/".__add__), headers, st.none() | bodies),
    st.none() | st.builds(Response, st.integers(0, 999), headers, bodies, st.floats(0, 60), st.booleans(), texts),
    texts,
    st.floats(0, 60),
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=4,
)
failures = st.builds(
    Failure,
    rule=rules,
    operation=texts,
    place=st.builds(Place, texts, texts, st.integers(0, 9_999)),
    message=texts,
    cause=texts,
    probe=texts,
    reason=texts,
    exchange=exchanges,
    other=st.none() | exchanges,
    expected=values,
    actual=values,
)
causes = st.builds(
    Cause,
    rule=rules,
    title=texts,
    advice=texts,
    fingerprint=texts,
    failure=failures,
    curl=texts.map("curl ".__add__),
    count=st.integers(1, 99),
    probes=st.lists(texts, max_size=2).map(tuple),
    standing=st.sampled_from(Standing),
    note=texts,
)
judgements = st.builds(
    Judgement,
    verdict=st.sampled_from(Verdict),
    headline=texts,
    contract=texts,
    target=st.just("http://127.0.0.1:8000/api/v3"),
    operations=st.lists(texts, max_size=2).map(tuple),
    profile=texts,
    seed=st.integers(0, 2**32),
    requests=st.integers(0, 999),
    seconds=st.floats(0, 99),
    started=st.just("2026-01-02T03:04:05+00:00"),
    causes=st.lists(causes, max_size=2).map(tuple),
    notes=st.lists(texts, max_size=2).map(tuple),
    statuses=st.lists(st.tuples(st.integers(100, 599), st.integers(1, 99)), max_size=2).map(tuple),
    rules=st.lists(st.tuples(rules, st.integers(1, 99)), max_size=2, unique_by=lambda pair: pair[0]).map(tuple),
    exchanges=st.lists(exchanges, max_size=2).map(tuple),
)
hostile = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    # Shrinking a whole judgement takes minutes; the first one that fails is telling enough.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def _valid(name: str, document: Any) -> None:
    schema = documents.read(SCHEMAS / f"{name}.yaml")
    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(document)


@hostile
@given(judgements)
def test_junit_stays_well_formed(judgement: Judgement) -> None:
    root = ElementTree.fromstring(reports.render(judgement, "junit").encode("utf-8"))

    failures = root.findall(".//failure")
    assert [failure.get("message", "") for failure in failures] == [
        one_line(cause.failure.message) for cause in judgement.open_causes
    ]


class _Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: set[tuple[str, str]] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {(tag, name) for name, _ in attrs} | {(tag, "")}


@hostile
@given(judgements)
def test_html_gains_no_element_and_no_attribute(judgement: Judgement) -> None:
    text = reports.render(judgement, "html")
    template = (Path(reports.__file__).parent / "templates" / "report.html.j2").read_text(encoding="utf-8")

    assert _Elements(text).found <= _Elements(re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "x", template)).found | {
        ("details", "open")
    }
    assert not _CONTROLS.search(text)


@hostile
@given(judgements)
def test_json_formats_stay_what_their_schemas_say(judgement: Judgement) -> None:
    for name, schema in (("sarif", "sarif-2.1.0"), ("ctrf", "ctrf")):
        text = reports.render(judgement, name)
        _valid(schema, json.loads(text))
        text.encode("utf-8")


@hostile
@given(judgements)
def test_the_archive_of_exchanges_stays_readable(judgement: Judgement) -> None:
    archive = json.loads(reports.render(judgement, "har"))

    _valid("har-1.2", archive)
    assert len(archive["log"]["entries"]) == len(judgement.exchanges)


@hostile
@given(judgements)
def test_events_stay_one_per_line(judgement: Judgement) -> None:
    lines = reports.render(judgement, "ndjson").splitlines()

    assert len(lines) == 2 + len(judgement.exchanges) + 2 * len(judgement.causes)
    for line in lines:
        # A strict reader takes neither NaN nor a lone surrogate.
        json.dumps(json.loads(line, parse_constant=pytest.fail), ensure_ascii=False).encode("utf-8")


@hostile
@given(judgements)
def test_markdown_shows_markup_and_obeys_none(judgement: Judgement) -> None:
    text = reports.render(judgement, "markdown")
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    inline = [child for token in tokens for child in token.children or ()]

    ours = {
        "<details><summary>Statuses seen</summary>",
        "<details><summary>Rules judged</summary>",
        "<details><summary>The exchange</summary>",
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
    assert not _CONTROLS.search(text)


@hostile
@given(st.lists(texts, min_size=1, max_size=3))
def test_our_own_words_make_no_link_either(words: list[str]) -> None:
    from flowcontract.reports.markdown import prose

    source = prose(" ".join(words))

    assert not re.search(r"(?i)https?:|ftp:|mailto:|www\.", source)
    assert "@" not in source.replace("@\u2060", "")


@hostile
@given(judgements)
def test_annotations_stay_one_command_per_line(judgement: Judgement) -> None:
    lines = re.split(r"[\r\n\u2028\u2029\x85]", reports.render(judgement, "github").removesuffix("\n"))
    expected = len(judgement.causes) + len(judgement.notes) + (judgement.verdict is Verdict.UNJUDGED)

    assert len([line for line in lines if line]) == expected
    for line in filter(None, lines):
        command = re.fullmatch(r"::(error|notice) ((?:(?:file|line|title)=[^,:]*,?)+)::(.*)", line)
        assert command, line
        assert not re.search(r"%(?!25|0A|0D)", command[3])


@hostile
@given(judgements)
def test_the_terminal_is_neither_moved_nor_commanded(judgement: Judgement) -> None:
    file = io.StringIO()
    terminal.print(judgement, Console(file=file, width=40, force_terminal=True, color_system=None))
    printed = re.sub(r"\x1b\[[\d;]*m", "", file.getvalue())

    assert not _CONTROLS.search(printed)
    curls = {visible(cause.curl).replace("\n", "\\n") for cause in judgement.causes}
    for line in printed.split("\n"):
        assert not line.lstrip().startswith("::")
        assert "##" not in line or line in curls
    shown = [cause for cause in judgement.causes if cause in judgement.open_causes]
    assert all(visible(cause.curl).replace("\n", "\\n") in printed.split("\n") for cause in shown)


@hostile
@given(judgements)
def test_json_for_programs_stays_readable(judgement: Judgement) -> None:
    file = io.StringIO()
    terminal.print_json(judgement, Console(file=file, width=20))

    assert "##" not in file.getvalue()
    told = json.loads(file.getvalue(), parse_constant=pytest.fail)
    assert len(told["causes"]) == len(judgement.causes)


@pytest.mark.parametrize("name", reports.ALL)
def test_a_huge_body_is_cut_with_a_note(broken: Judgement, name: str) -> None:
    from dataclasses import replace

    cause = broken.causes[0]
    response = Response(200, (), b"<b>" * 1_000_000, 0.1)
    failure = replace(cause.failure, exchange=replace(cause.failure.exchange, response=response))
    text = reports.render(replace(broken, causes=(replace(cause, failure=failure),)), name)

    if name in ("har", "ndjson"):  # These keep evidence whole.
        return
    assert len(text) < 200_000
    if name in ("html", "junit", "markdown"):
        assert "cut, 3,000,000 bytes in all" in text


@given(st.text(st.characters(), max_size=200))
@example("\x00\x1b\u202e\udcff")
def test_visible_text_has_nothing_unseen(text: str) -> None:
    assert not _CONTROLS.search(visible(text))
    assert "\n" not in one_line(text)


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
    assert body(b'{"a":1.0e5,"a":"\\u0041"}').text == '{\n  "a": 1.0e5,\n  "a": "\\u0041"\n}'
    assert body(b"\xff{}").text == "\\xff{}"
