"""`flowcontract diff`: what changed between two contracts, for which clients, in which direction."""

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from flowcontract.cli import options, output
from flowcontract.errors import UsageError
from flowcontract.openapi import documents
from flowcontract.openapi.contract import Contract

_DIRECTIONS = {
    "old-client": frozenset({"old client, new server"}),
    "new-client": frozenset({"new client, old server"}),
    "both": frozenset({"old client, new server", "new client, old server"}),
}
"""What `--direction` means."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "old", metavar="OLD", help="older contract: a file, a URL, a release (2024.8.1) or - for standard input"
    )
    parser.add_argument("new", metavar="NEW", help="newer contract, given like OLD")
    parser.add_argument(
        "--consumer",
        default="reader",
        metavar="NAME",
        help="how strict the client is: reader (default), strict, python, typescript, go, go-before-7.8, a"
        " comma-separated list of traits, or a YAML file with `traits`",
    )
    options.add_operation(parser, "compare only")
    parser.add_argument(
        "--used-by",
        type=Path,
        metavar="PATH",
        help="compare only operations that a program calls: a folder with its sources, or a file with operation IDs",
    )
    options.add_allow_refs(parser)
    parser.add_argument(
        "--observed", action="store_true", help="compare observed behavior too, not only the published contract"
    )
    parser.add_argument(
        "--direction",
        choices=tuple(_DIRECTIONS),
        default="old-client",
        help="which changes decide the exit code: those that affect an old client on the new server (old-client,"
        " default), a new client on the old server (new-client), or both",
    )
    parser.add_argument(
        "--fail-on",
        choices=("breaking", "warning", "additive"),
        default="breaking",
        help="exit with 1 for changes of this severity or above (default: breaking)",
    )
    parser.add_argument(
        "--format",
        choices=("text", "json", "markdown", "github", "sarif"),
        default="text",
        help="output format (default: text)",
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", default="-", help="file to write to (default: standard output)"
    )
    output.add_to(parser, quiet="print the summary only", as_json="same as --format json")


def run(arguments: argparse.Namespace) -> int:
    """Compare and write. 0 no change of the direction is as severe as `--fail-on`, 1 one is."""
    from flowcontract.compatibility.diff import Changes, Direction
    from flowcontract.compatibility.diff.rules import Severity, consumer
    from flowcontract.compatibility.diff.usage import operations_used
    from flowcontract.reporting.diff import FORMATS

    chosen = consumer(arguments.consumer)
    sides = [
        _side(name, observed=arguments.observed, allow_refs=tuple(arguments.allow_refs))
        for name in (arguments.old, arguments.new)
    ]
    old, new = (side.contract for side in sides)
    named = [(old.find(name) or new.operation(name)).id for name in arguments.operation]
    used = operations_used(old, arguments.used_by) if arguments.used_by else ()
    parts = [operation_id for side in sides if side.is_part for operation_id in side.contract.operations]
    changes = Changes.between(old, new, [*named, *used] or parts)
    found = changes.for_consumer(chosen)
    limit = Severity[arguments.fail_on.upper()]
    counted = frozenset(map(Direction, _DIRECTIONS[arguments.direction]))
    fails = any(one.severity >= limit and one.direction in counted for one in found.findings)
    name = "json" if arguments.json else arguments.format
    text = FORMATS[name](found, changes, counted)
    if name == "text":
        headline, _, rest = text.partition("\n")
        why = _why(arguments.direction, arguments.fail_on, fails=fails)
        text = f"{headline}\nexit code {int(fails)}: {why}.\n{rest}"
    if arguments.quiet:
        text = FORMATS["text"](found, changes, counted).partition("\n")[0] + "\n"
    if arguments.output == "-":
        sys.stdout.write(text)
    else:
        documents.write(Path(arguments.output), text)
    return int(fails)


def _why(direction: str, severity: str, *, fails: bool) -> str:
    """What an exit code means."""
    change = f"a {severity} change" if severity != "additive" else "a change"
    who = "either direction" if direction == "both" else next(iter(_DIRECTIONS[direction]))
    return f"{change if fails else change.replace('a ', 'no ', 1)} for: {who} (--direction {direction})"


@dataclass(frozen=True, slots=True)
class _Side:
    contract: Contract
    is_part: bool = False
    """Whether it has only a part of the API: then an operation that it lacks is not new in the other contract."""


def _side(name: str, *, observed: bool, allow_refs: tuple[str, ...]) -> _Side:
    """The contract in a file, at a URL or of a release."""
    from flowcontract.openapi import assemble, releases

    # Path.exists raises for a name that is too long.
    if name == "-" or "/" in name or name.endswith((".yaml", ".yml", ".json")) or os.path.exists(name):  # noqa: PTH110
        contract = Contract.load(name, allow_refs=allow_refs)
        if assemble.CAPTURED not in contract.document:
            return _Side(contract)
        return _Side(contract if observed else assemble.published(contract), is_part=True)
    if not name[:1].isdecimal():
        raise UsageError(
            f"expected a file, a URL or a release, got {name!r}.",
            do=f"Releases that changed the contract: {', '.join(releases.names())}.",
        )
    return _Side(releases.load(name, published_only=not observed), is_part=True)
