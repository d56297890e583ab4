"""Whatever a client says stays text, in every format; and every format says the same."""

import json
import re
from html.parser import HTMLParser

import pytest

from flowcontract.compatibility.cases import Category
from flowcontract.compatibility.matrix import Matrix
from flowcontract.compatibility.outcomes import Cell, Compatibility, Reaction, Reason
from flowcontract.compatibility.prediction import Prediction
from flowcontract.reporting.client_matrix import FORMATS, upgrade

NASTY = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\"'><svg onload=alert(1)> {{ 7 * 7 }}",
    "::error::x\n::add-mask::y ##[add-matcher]x ##vso[task]y",
    "| `cell` ``` [click](http://evil.example) @everyone",
    "\x1b[2J\x1b]0;title\x07\r\n\x00\u202e\u2066 \ud800",
]


def matrix(text: str) -> Matrix:
    cells = (
        Cell("python:1", "1", Compatibility.COMPATIBLE, 3),
        Cell("python:1", text, Compatibility.PARTIAL, 3, (Reason(Category.ALLOWED, text, (text,) * 9, text),),
             (Prediction(("GET /",), "rule", text, text),), (text,)),
        Cell(text, "1", Compatibility.INCONCLUSIVE, predicted=None, problem=text),
        Cell(text, text, Compatibility.INCOMPATIBLE, 3, (Reason(Category.EXAMPLE, "the examples", (text,), text),)),
    )  # fmt: skip
    reacted = (Reaction("python:1", Category.INVALID, text, 3, 1, 1, text, (text,)),)
    return Matrix(("python:1", text), ("1", text), cells, text, reacted, (text,))


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.mark.parametrize("text", NASTY)
def test_a_page_holds_no_markup_but_its_own(text: str) -> None:
    plain, nasty = Tags(), Tags()
    plain.feed(FORMATS["html"](matrix("x")))
    nasty.feed(FORMATS["html"](matrix(text)))

    assert nasty.found == plain.found
    assert nasty.attributes == plain.attributes
    assert not {"script", "img", "svg", "link", "iframe"} & nasty.found


def test_a_page_needs_nothing_from_elsewhere() -> None:
    page = FORMATS["html"](matrix("x"))

    assert "default-src 'none'" in page
    assert not re.search(r"(src|href)=\"(?!#)", page)
    assert "url(" not in page


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("name", FORMATS)
def test_no_format_lets_control_characters_or_commands_through(name: str, text: str) -> None:
    shown = FORMATS[name](matrix(text))

    shown.encode("utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e\u2066]", shown)
    if name in ("text", "json"):
        assert not re.search(r"^\s*::error|##", shown, re.MULTILINE)


@pytest.mark.parametrize("text", NASTY)
def test_markdown_shows_it_in_code_alone(text: str) -> None:
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(FORMATS["markdown"](matrix(text)))
    inline = [child for token in tokens for child in token.children or ()]

    assert not any(child.type in ("link_open", "image", "html_inline") for child in inline)
    own = ("<details><summary>Reasons</summary>", "</details>")
    assert all(token.content.strip().startswith(own) for token in tokens if token.type == "html_block")


def test_the_json_says_all_of_it() -> None:
    document = json.loads(FORMATS["json"](matrix("x")))

    assert document["exit_code"] == 2
    assert [cell["compatibility"] for cell in document["cells"]] == [
        "compatible",
        "partial",
        "inconclusive",
        "incompatible",
    ]
    assert document["cells"][1]["disagreements"] == ["x"]
    assert document["cells"][2]["predicted"] is None
    assert document["reactions"][0]["does"] == "reads 1 of 3"


def test_a_star_marks_what_was_predicted_otherwise() -> None:
    text = FORMATS["text"](matrix("x"))

    assert "partial *" in text
    assert "the prediction differs" in text


def test_the_answers_begin_with_the_answer() -> None:
    lines = upgrade(matrix("x")).splitlines()

    assert [line.partition(":")[0] for line in lines if line[:1].strip() and not line.startswith("note")] == [
        "yes", "not safely", "inconclusive", "no",
    ]  # fmt: skip
