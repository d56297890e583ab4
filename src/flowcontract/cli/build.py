"""`flowcontract build`: assemble the contract from the captured document, overlays and examples."""

import argparse
import shlex
import sys
from pathlib import Path

from flowcontract.cli import output
from flowcontract.errors import UsageError
from flowcontract.openapi import documents
from flowcontract.openapi.contract import carried
from flowcontract.text import plural


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--captured", type=Path, metavar="FILE", help="captured document (default: the project's)")
    parser.add_argument(
        "--overlay",
        type=Path,
        metavar="FILE",
        action="append",
        default=[],
        help="OpenAPI Overlay 1.0 to apply; repeatable, in order (default: the project's)",
    )
    parser.add_argument(
        "--examples", type=Path, metavar="DIR", help="folder with one file per example (default: the project's)"
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="file to write to, - for standard output (default: spec/openapi.yaml)"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if the file is out of date")
    output.add_to(parser, as_json=None)  # It prints a document.


def run(arguments: argparse.Namespace) -> int:
    """Build, and write or compare. 0 done or up to date, 1 out of date."""
    from flowcontract.openapi import assemble

    captured, overlays, examples, destination = _inputs(arguments)
    base = Path.cwd() if destination == "-" else Path(destination).parent
    text = assemble.render(assemble.build(captured, overlays, examples, base=base))
    if arguments.check:
        return _check(Path(destination), text, quiet=arguments.quiet)
    if destination == "-":
        sys.stdout.write(text)
        return 0
    documents.write(Path(destination), text)
    if not arguments.quiet:
        added = plural(len(overlays), "overlay")
        if examples:
            added = f"{added} and {plural(len(assemble.example_files(examples)), 'example')}"
        output.message(f"{destination} built from {captured}{', ' if examples else ' and '}{added}.")
        output.message(f"next: serve it with `flowcontract mock --spec {shlex.quote(destination)}`")
    return 0


def _inputs(arguments: argparse.Namespace) -> tuple[Path, list[Path], Path | None, str]:
    """Input and output files; the project's own where no argument names others."""
    if arguments.captured is not None:
        if arguments.output is None:
            raise UsageError(
                "expected an output file with --captured, got none.", do="Add `-o FILE`, or `-o -` for standard output."
            )
        return arguments.captured, arguments.overlay, arguments.examples, arguments.output
    spec = Path("spec") if Path("spec/captured").is_dir() else carried("")
    found = sorted((spec / "captured").glob("*.yaml"))
    if len(found) != 1:
        raise UsageError(
            f"expected one captured document in {spec / 'captured'}, got {len(found)}.",
            do="Pass one with --captured.",
        )
    destination = arguments.output or str(spec / "openapi.yaml")
    if arguments.output is None and spec != Path("spec") and not arguments.check:
        raise UsageError(
            f"{destination} belongs to the installed package.", do="Add `-o FILE`, or run this in a checkout."
        )
    overlays = arguments.overlay or sorted((spec / "overlays").glob("*.yaml"))
    return found[0], overlays, arguments.examples or spec / "examples", destination


def _check(path: Path, text: str, *, quiet: bool) -> int:
    if str(path) == "-":
        raise UsageError("--check needs a file, not standard output.", do="Remove `-o -`.")
    committed = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    if committed == text:
        if not quiet:
            output.message(f"{path} is up to date.")
        return 0
    line = next(
        (
            number
            for number, (one, other) in enumerate(zip(committed.splitlines(), text.splitlines(), strict=False), 1)
            if one != other
        ),
        min(committed.count("\n"), text.count("\n")) + 1,
    )
    sys.stderr.write(f"flowcontract build: {path} is out of date from line {line} on. To update it, omit --check.\n")
    return 1
