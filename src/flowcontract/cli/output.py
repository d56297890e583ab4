"""What commands have in common when they print. Results go to standard output, messages to standard error."""

import argparse
import contextlib
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from flowcontract.text import is_loopback

if TYPE_CHECKING:
    from rich.console import Console

    from flowcontract.checks.findings import Result
    from flowcontract.openapi.contract import Contract

GAP = 2
"""Spaces between two columns."""


def add_to(
    parser: argparse.ArgumentParser,
    *,
    quiet: str = "print errors only",
    as_json: str | None = "print one JSON document",
) -> None:
    """Declare `--quiet` and `--json`, which exclude each other; `as_json=None`: the command has no `--json`."""
    group = parser.add_argument_group("output").add_mutually_exclusive_group()
    group.add_argument("--quiet", "-q", action="store_true", help=quiet)
    if as_json is not None:
        group.add_argument("--json", action="store_true", help=as_json)


def console(*, stderr: bool = False) -> "Console":
    """A console that neither wraps lines nor highlights text nor reads markup; no colors where the user wants none."""
    from rich.console import Console

    class Whole(Console):
        def on_broken_pipe(self) -> None:
            """Leave it to the command line, which exits with 2: rich would exit with 1, which means failed."""
            raise BrokenPipeError

    return Whole(stderr=stderr, highlight=False, soft_wrap=True, emoji=False, markup=False)


@contextlib.contextmanager
def unread_if_failed(code: int) -> Iterator[None]:
    """Keep the exit code 1 of a failed run although its output is not read to the end; other codes become 2."""
    try:
        yield
    except BrokenPipeError:
        if code != 1:
            raise


def message(text: str) -> None:
    """Print a message to standard error."""
    sys.stderr.write(f"{text}\n")


def contract(arguments: argparse.Namespace, used: "Contract", origin: str) -> None:
    """Print once which contract a command uses; a bundled one even with `--quiet` and `--json`."""
    if getattr(arguments, "contract_shown", False):
        return
    arguments.contract_shown = True
    if origin == "bundled":
        arguments.bundled_title = used.title
        named = f"the bundled example, {used.title}'s API, because no contract is configured or found here"
        message(f"flowcontract {arguments.command}: contract: {named}. Name yours with --spec.")
    elif not (arguments.quiet or getattr(arguments, "json", False)):
        message(f"flowcontract {arguments.command}: contract: {used.name} ({origin})")


def is_contract_bundled(arguments: argparse.Namespace) -> bool:
    """Whether a command uses the bundled contract because no other was named or found."""
    return hasattr(arguments, "bundled_title")


def remind_of_contract(arguments: argparse.Namespace, result: "Result") -> None:
    """Repeat, after an inconclusive run, that it used the bundled contract."""
    if result.name == "INCONCLUSIVE" and is_contract_bundled(arguments):
        message(
            f"flowcontract {arguments.command}: the contract was the bundled example. If this server is not "
            f"{arguments.bundled_title}, name its contract: --spec openapi.yaml, or the URL where the server serves "
            "it, such as /openapi.json."
        )


def warn_of_other_machines(command: str, host: str) -> None:
    """Print a warning to standard error, in every output mode, if a command also listens for other machines."""
    if not is_loopback(host):
        what = {"mock": "the mock, its journal and its scenarios", "proxy": "the proxy, and through it the upstream"}
        message(f"flowcontract {command}: warning: other machines can reach {what[command]} (--host {host}).")


def print_json(document: Any) -> None:
    """Print one JSON document; `##` is escaped, because CI runners read it as a command."""
    from flowcontract.reporting.json_report import encodable

    sys.stdout.write(json.dumps(encodable(document), indent=2).replace("##", "#\\u0023") + "\n")


def columns(rows: Iterable[Sequence[str]], *, right: frozenset[int] = frozenset()) -> str:
    """Rows as aligned lines that are never truncated; `right`: indexes of right-aligned columns."""
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
