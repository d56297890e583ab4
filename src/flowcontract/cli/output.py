"""What commands print alike: how much, for whom, in which colours. Data goes to standard output, the rest beside it."""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

GAP = 2
"""Blanks between two columns."""


def add_to(
    parser: argparse.ArgumentParser,
    *,
    quiet: str = "print nothing but errors",
    as_json: str | None = "print one JSON document",
) -> None:
    """Declare `--quiet` and `--json`, of which one at most is said; `as_json=None` where there is no JSON."""
    group = parser.add_argument_group("output").add_mutually_exclusive_group()
    group.add_argument("--quiet", "-q", action="store_true", help=quiet)
    if as_json is not None:
        group.add_argument("--json", action="store_true", help=as_json)


def console(*, stderr: bool = False) -> "Console":
    """A console that breaks no line and finds nothing to colour by itself; without colours where none are wanted."""
    from rich.console import Console

    class Whole(Console):
        def on_broken_pipe(self) -> None:
            """Leave it to the command line, whose exit code is 2: rich would end with 1, a verdict."""
            raise BrokenPipeError

    return Whole(stderr=stderr, highlight=False, soft_wrap=True, emoji=False)


def told(text: str) -> None:
    """Say on standard error what was done: standard output is for what was asked for."""
    sys.stderr.write(f"{text}\n")


def print_json(document: Any) -> None:
    """Print one JSON document; `##`, which CI runners read as a command, is drawn apart."""
    from flowcontract.reporting.json_report import encodable

    sys.stdout.write(json.dumps(encodable(document), indent=2).replace("##", "#\\u0023") + "\n")


def columns(rows: Iterable[Sequence[str]], *, right: frozenset[int] = frozenset()) -> str:
    """Rows as aligned lines that are never cut; `right` are the columns that stand to the right."""
    listed = [list(row) for row in rows]
    widths = [max(map(len, column), default=0) for column in zip(*listed, strict=True)]
    lines = []
    for row in listed:
        cells = [
            text.rjust(width) if index in right else text.ljust(width)
            for index, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append((" " * GAP).join(cells).rstrip())
    return "".join(f"{line}\n" for line in lines)
