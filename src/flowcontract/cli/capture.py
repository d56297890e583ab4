"""`flowcontract capture`: read published pages, or operations of an OpenAPI document, into a contract."""

import argparse
import sys
from pathlib import Path

from flowcontract.cli import output
from flowcontract.errors import CaptureError, UsageError
from flowcontract.openapi import documents


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "pages", type=Path, nargs="*", metavar="PAGE", help="a page of docusaurus-openapi-docs (*.api.mdx)"
    )
    parser.add_argument("--schema", metavar="URL|FILE", help="an OpenAPI document to capture from instead of pages")
    parser.add_argument(
        "--operation",
        metavar="ID",
        action="append",
        default=[],
        help="with --schema: the operationId to capture; repeatable",
    )
    parser.add_argument("-o", "--output", metavar="FILE", default="-", help="where to write (default: standard output)")
    parser.add_argument("--keep-prose", action="store_true", help="keep descriptions, summaries and titles of fields")
    parser.add_argument(
        "--accept-disagreements",
        action="store_true",
        help="write what a page's front matter says even where the rest of the page says something else",
    )
    output.add_to(parser, as_json=None)  # What it prints is a document already.


def run(arguments: argparse.Namespace) -> int:
    """Capture, and write. Raises FlowContractError where the input cannot be captured."""
    from flowcontract import capture

    if bool(arguments.pages) == bool(arguments.schema):
        raise UsageError("either pages or `--schema` were expected.", do="Name one PAGE, or `--schema` and a document.")
    if bool(arguments.schema) != bool(arguments.operation):
        raise UsageError("`--schema` and `--operation` belong together.", do="Name a document and an operationId.")
    if arguments.output != "-":
        documents.require_writable(Path(arguments.output))
    if arguments.schema:
        found = capture.from_schema(arguments.schema, arguments.operation, keep_prose=arguments.keep_prose)
    else:
        found = capture.from_pages(arguments.pages, keep_prose=arguments.keep_prose)
    for line in (*found.warnings, *found.disagreements):
        sys.stderr.write(f"flowcontract capture: {line}\n")
    if found.disagreements and not arguments.accept_disagreements:
        raise CaptureError(
            f"the page says different things in {len(found.disagreements)} place(s), named above; nothing was written.",
            do="Take it from its source again, or add --accept-disagreements to believe its front matter.",
        )
    text = documents.dump(found.document)
    if arguments.output == "-":
        sys.stdout.write(text)
        return 0
    documents.write(Path(arguments.output), text)
    operations = sum(len(item) for item in found.document["paths"].values())
    if not arguments.quiet:
        output.told(f"{arguments.output} captured: {operations} operation(s).")
        output.told(f"next: `flowcontract build --captured {arguments.output} -o FILE` makes a contract of it")
    return 0
