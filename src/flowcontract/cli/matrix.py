"""`flowcontract matrix`: which generated client reads which release of the server, and why not."""

import argparse
import sys
from pathlib import Path

from flowcontract.cli import output
from flowcontract.cli.client_options import add_bench, bench, server
from flowcontract.openapi import documents

ENDINGS = {"text": "txt", "json": "json", "markdown": "md", "html": "html"}
"""How the file of each format ends."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add(
        "--client",
        action="append",
        default=[],
        metavar="LANGUAGE[:VERSION]",
        help="try this client, in the newest version that begins so; repeatable (default: some of each language)",
    )
    add(
        "--server",
        action="append",
        default=[],
        metavar="RELEASE",
        help="try them on this release, or on the contract in a file; repeatable (default: those that changed much)",
    )
    add(
        "--base",
        metavar="RELEASE",
        help="of the servers, the one whose answers are broken on purpose too; `none` for none (default: the release"
        " of the project's contract, else the first)",
    )
    add("--format", choices=ENDINGS, default="text", help="what is printed (default: text)")
    add("--report", type=Path, metavar="DIR", help="write all formats into this folder")
    add_bench(parser)
    output.add_to(parser, quiet="print the verdict alone", as_json="the same as --format json")


def run(arguments: argparse.Namespace) -> int:
    """Try and tell. 0 every client reads every server, 1 one does not, 2 one could not be judged."""
    from flowcontract.compatibility import clients, matrix
    from flowcontract.errors import UsageError
    from flowcontract.openapi.contract import Contract
    from flowcontract.reporting.client_matrix import FORMATS as WRITERS
    from flowcontract.reporting.client_matrix_labels import headline

    known = clients.load(arguments.clients)
    wanted = [each for text in arguments.client for each in known.wanted(text)] or known.all()
    servers = [server(known, name) for name in arguments.server or known.servers]
    if not wanted or not servers:
        raise UsageError("a client and a server were expected.", do="Name them with --client and --server.")
    versions = [each.version for each in servers]
    own = Contract.load().version
    base = arguments.base or (own if own in versions else versions[0])
    if base not in (*versions, "none"):
        raise UsageError(f"--base is one of the servers, not {base[:80]!r}.", do="Add it with --server.")
    files = (
        {name: arguments.report / f"matrix.{ending}" for name, ending in ENDINGS.items()} if arguments.report else {}
    )
    for path in files.values():
        documents.require_writable(path)
    options = matrix.Options(tuple(arguments.operation), base, arguments.jobs, arguments.timeout)
    found = matrix.run(bench(known, arguments), wanted, servers, options)
    for name, path in files.items():
        documents.write(path, WRITERS[name](found))
    if arguments.quiet:
        sys.stdout.write(f"{headline(found)}\n")
    else:
        sys.stdout.write(WRITERS["json" if arguments.json else arguments.format](found))
    return found.exit_code
