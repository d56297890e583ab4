"""How Sphinx makes the site: `tox run -e docs`. The pages are plain Markdown, readable without it too."""

import contextlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from flowcontract import errors
from flowcontract.checks import registry
from flowcontract.cli import commands, main

ROOT = Path(__file__).parents[1]

project = "flowcontract"
copyright = "the flowcontract authors"  # noqa: A001  the name is Sphinx's
version = release = version_of("flowcontract")
extensions = ["myst_parser", "sphinx_copybutton"]
nitpicky = True  # Every link within the site leads somewhere, or the build fails.
exclude_patterns = ["_build", "data", "performance.md"]  # Tables of figures: files to download.

myst_heading_anchors = 4

html_theme = "furo"  # Its fonts are the reader's, its scripts its own: nothing comes from a network.
html_title = "flowcontract"
smartquotes = False
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False


def _changelog() -> str:
    """What is new: the fragments in `changelog.d/` as towncrier puts them together, then the released versions."""
    _, _, text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").partition("<!-- towncrier release notes start -->")
    if list((ROOT / "changelog.d").glob("*.md")):
        drafted = subprocess.run(
            [sys.executable, "-m", "towncrier", "build", "--draft", "--version", "unreleased"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        text = drafted.stdout[drafted.stdout.index("## ") :] + text
    return text


def _commands() -> str:
    """The help of every command, by the groups of `flowcontract --help`."""
    os.environ["COLUMNS"] = "92"  # Where argparse breaks lines.
    parts = []
    for group, names in commands.GROUPS.items():
        parts.append(f"## {group}")
        for name in names:
            parts += [f"### {name}", f"```text\n{_help(name)}```"]
            for action in commands.ACTIONS.get(name, ()):
                parts += [f"#### {name} {action}", f"```text\n{_help(name, action)}```"]
    return "\n\n".join(parts) + "\n"


def _help(*words: str) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        main.main([*words, "--help"])
    return printed.getvalue()


GENERATED: dict[str, Callable[[], str]] = {
    "commands": _commands,
    "errors": errors.table,
    "rules": registry.sections,
    "changelog": _changelog,
}
"""What takes the place of `<!-- NAME -->` in a page: each is made of the one table that the program itself reads."""


_LINK_TO_FILE = re.compile(r"\[([^\]]*)\]\(((?:[\w./]*/)?(?:data/[\w-]+|performance)\.md)\)")
"""A link in a page to a file that is not a page of the site."""


def _generate(_app: Any, _page: str, source: list[str]) -> None:
    """Fill in what is generated, and make links to files downloads. Raises KeyError for a mark that nothing makes."""
    # It is not missing here.
    source[0] = re.sub(r"^> In a checkout, .*\n\n", "", source[0], flags=re.M)
    source[0] = re.sub(r"^<!-- generated: (\w+) -->$", lambda mark: GENERATED[mark[1]](), source[0], flags=re.M)
    source[0] = _LINK_TO_FILE.sub(r"{download}`\1 <\2>`", source[0])


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _generate)
