"""The pages that compare and that speak of security claim nothing that no test holds."""

import ast
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "compare.md"
LINK = re.compile(r"\]\((\S+\.py) \"(\w+)\"\)")


def test_every_line_of_ours_is_linked_to_a_test_or_says_no() -> None:
    cells = [line.split(" | ")[1].strip() for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:2] == "| "]
    claims = [cell for cell in cells if cell not in ("", "flowcontract") and not cell.startswith("|")]

    assert len(claims) > 30
    assert [cell for cell in claims if not LINK.search(cell) and not re.match(r"no\b", cell)] == []


@pytest.mark.parametrize("page", ["compare.md", "security.md"])
def test_every_linked_test_is_there(page: str) -> None:
    links = LINK.findall((PAGE.parent / page).read_text(encoding="utf-8"))
    assert links
    for path, name in links:
        tree = ast.parse((PAGE.parent / path).read_text(encoding="utf-8"))
        assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, f"{path}: {name}"
