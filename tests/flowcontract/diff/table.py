"""Diffs as lines of a committed table: every rule, severity, place and text of every case, so that none changes unseen.

After a change that is meant, `FLOWCONTRACT_WRITE=1 pytest tests/flowcontract/diff` writes the tables; read their diff.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from flowcontract.compatibility.diff import Diff

DATA = Path(__file__).parents[2] / "data" / "diffs"
_DIRECTIONS = {"old client, new server": "server", "new client, old server": "client"}


def lines(name: str, diff: Diff) -> Iterator[str]:
    """The findings of one case, one on each line, and what they have in the order of the report."""
    yield f"{name}: {diff.impact}"
    for one in diff.findings:
        parts = [
            f"{one.severity.name.lower()} {one.rule} ({_DIRECTIONS[one.direction]})",
            " + ".join(one.operations),
            one.where,
            one.at,
            one.text,
            one.old.pointer,
            one.new.pointer,
            one.field,
            "unreadable" if one.blocks_reading else "",
        ]
        yield f"  {' | '.join(parts)}".rstrip(" |")
    for contract, problem in diff.not_compared:
        yield f"  not compared in {contract}: {problem.operation} {problem.pointer} {problem.message}"


def check(name: str, found: Iterable[str]) -> None:
    """Compare with the table of that name."""
    table = DATA / f"{name}.txt"
    text = "".join(f"{line}\n" for line in found)
    if os.environ.get("FLOWCONTRACT_WRITE"):
        table.parent.mkdir(exist_ok=True)
        table.write_text(text, encoding="utf-8")

    assert text.splitlines() == table.read_text(encoding="utf-8").splitlines()
