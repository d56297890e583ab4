"""`flowcontract capture`: import published API docs, or operations of an OpenAPI document."""

import argparse
import shlex
import sys
from pathlib import Path

from flowcontract.cli import output
from flowcontract.errors import CaptureError, UsageError
from flowcontract.openapi import documents
from flowcontract.text import plural


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "pages", type=Path, nargs="*", metavar="PAGE", help="page of docusaurus-openapi-docs (*.api.mdx)"
    )
    parser.add_argument("--schema", metavar="URL|FILE", help="OpenAPI document to import operations from")
    parser.add_argument(
        "--operation",
        metavar="OPERATION",
        action="append",
        default=[],
        help="with --schema: import this operation, given by ID or as 'METHOD PATH'; repeatable",
    )
    parser.add_argument(
        "--add",
        action="store_true",
        help="add the operations to the --output file, and replace those that it already contains",
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", default="-", help="file to write to (default: standard output)"
    )
    parser.add_argument("--keep-prose", action="store_true", help="keep descriptions, summaries and field titles")
    parser.add_argument(
        "--accept-disagreements",
        action="store_true",
        help="use the front matter of each page where it contradicts the rest of the page or other pages",
    )
    output.add_to(parser, as_json=None)  # It prints a document.


def run(arguments: argparse.Namespace) -> int:
    """Capture and write. Raises FlowContractError where the input cannot be captured."""
    from flowcontract import capture

    if not arguments.pages and not arguments.schema:
        raise UsageError("expected pages or --schema.", do="Pass a PAGE, or a document with --schema.")
    if bool(arguments.schema) != bool(arguments.operation):
        raise UsageError("--schema and --operation must be given together.", do="Pass both.")
    if arguments.add and arguments.output == "-":
        raise UsageError("--add needs a file to add to.", do="Pass the captured file with --output.")
    if arguments.output != "-":
        documents.require_writable(Path(arguments.output))
    found = capture.combine(
        arguments.pages,
        schema=arguments.schema or "",
        operations=arguments.operation,
        add_to=Path(arguments.output) if arguments.add else None,
        keep_prose=arguments.keep_prose,
    )
    for line in (*found.warnings, *found.disagreements):
        sys.stderr.write(f"flowcontract capture: {line}\n")
    if found.disagreements and not arguments.accept_disagreements:
        raise CaptureError(
            f"the pages have {plural(len(found.disagreements), 'contradiction or gap', 'contradictions or gaps')}, see "
            "above; nothing was written.",
            do="Download them again, or add --accept-disagreements to use what the front matter of each page has.",
        )
    text = documents.dump(found.document)
    if arguments.output == "-":
        sys.stdout.write(text)
        return 0
    documents.write(Path(arguments.output), text)
    operations = sum(len(item) for item in found.document["paths"].values())
    if not arguments.quiet:
        output.message(f"{arguments.output} captured: {operations} operation(s).")
        captured = shlex.quote(arguments.output)
        output.message(f"next: build a contract with `flowcontract build --captured {captured} -o FILE`")
    return 0
