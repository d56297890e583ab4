"""The site that `tox run -e docs` builds loads nothing from a network, and its references are complete."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from flowcontract import errors
from flowcontract.checks.registry import RULES
from flowcontract.cli import commands
from flowmock import settings

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "build" / "docs"
PAGES = sorted(SITE.rglob("*.html"))


class Page(HTMLParser):
    """What a page loads, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.loads += [value for name in ("src", "srcset", "poster") if (value := named.get(name))]
        if tag == "link" and named.get("href"):
            self.loads.append(named["href"] or "")

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_site_exists() -> None:
    assert SITE / "index.html" in PAGES


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(SITE)))
def test_a_page_loads_nothing_from_a_network(path: Path) -> None:
    assert [url for url in Page(path).loads if "//" in url] == []


def test_no_style_loads_anything_from_a_network() -> None:
    styles = "".join(path.read_text(encoding="utf-8") for path in SITE.rglob("*.css"))

    assert "url(http" not in styles
    assert "@import" not in styles


@pytest.mark.parametrize("command", commands.COMMANDS)
def test_every_option_of_a_command_is_documented(command: str) -> None:
    text = Page(SITE / "reference" / "commands.html").text
    options = set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", commands.parser_of(command).format_help()))

    assert f"flowcontract {command} " in text
    assert {option for option in options if option not in text} == set()


def test_every_rule_error_and_setting_is_documented() -> None:
    for page, names in (
        ("rules", set(RULES)),
        ("errors", {name for name in vars(errors) if name.endswith("Error")}),
        ("mock", {settings.option(name) for name in settings.FIELDS}),
    ):
        text = Page(SITE / "reference" / f"{page}.html").text
        assert {name for name in names if name not in text} == set()


def test_the_changelog_has_every_fragment() -> None:
    text = Page(SITE / "changelog.html").text
    fragments = list((ROOT / "changelog.d").glob("*.md"))
    # The longest part without markup is enough; a note may begin with its topic alone.
    longest = {
        path.name: max(re.split("[`'\"]", path.read_text(encoding="utf-8").strip()), key=len) for path in fragments
    }

    assert {name for name, words in longest.items() if words not in text} == set()
