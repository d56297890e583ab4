"""The page that the figures go to: tables between marks, so that text and figures do not disturb each other."""

import os
import platform
import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "performance.md"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the first column holds names, the others figures."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def put(part: str, text: str, page: Path = PAGE) -> None:
    """Replace what stands between the marks of a part. Raises ValueError where the page has none."""
    before = page.read_text(encoding="utf-8")
    mark = re.compile(rf"(<!-- measured: {part} -->\n).*?(<!-- end of {part} -->)", re.DOTALL)
    if not mark.search(before):
        raise ValueError(f"{page} has no marks for {part!r}")
    page.write_text(mark.sub(lambda found: f"{found[1]}\n{text}\n\n{found[2]}", before), encoding="utf-8")


def machine() -> str:
    """What the figures were taken on: one sentence."""
    cores = os.cpu_count()
    others = {
        "Node": _said("node", "--version").lstrip("v"),
        "Java": (re.findall(r'version "([^"]+)"', _said("java", "-version")) or [""])[0],
        "nginx": _said("nginx", "-v").rpartition("/")[2],
        "wrk": (re.findall(r"wrk (?:debian/)?([\d.]+)", _said("wrk", "-v")) or [""])[0],
    }
    named = ", ".join(f"{name} {version}" for name, version in others.items() if version)
    return f"Measured on {platform.system()}, {cores} shared cores, Python {platform.python_version()}, {named}."


def _said(*words: str) -> str:
    try:
        done = subprocess.run(words, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return (done.stdout + done.stderr).strip()
