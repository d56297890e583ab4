"""The pages of the docs: their links lead somewhere, and together they are short enough to read."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
EXAMPLES = sorted((ROOT / "examples").glob("*/README.md"))


@pytest.mark.parametrize("page", [*PAGES, *EXAMPLES], ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_within_the_docs_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)\s#]+)", page.read_text("utf-8"))

    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_navigation_stays_readable() -> None:
    """At most 25,000 words: long tables are files to download."""
    index = (ROOT / "docs" / "index.md").read_text("utf-8")
    named = re.findall(r"^(?:.*<)?([\w/-]+)>?$", "\n".join(re.findall(r"```\{toctree\}\n(.*?)```", index, re.S)), re.M)
    pages = [ROOT / "docs" / f"{name}.md" for name in named]
    pages += [ROOT / "README.md", *(ROOT / "docs" / "decisions").glob("*.md")]

    assert len(pages) > 40
    assert sum(len(page.read_text("utf-8").split()) for page in pages) <= 25_000
