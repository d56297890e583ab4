"""`flowcontract matrix`: test generated clients against releases of the server."""

import argparse
import sys

from flowcontract.cli import options, output
from flowcontract.cli.client_options import add_bench, bench, require_own_clients, server, show_clients
from flowcontract.openapi import documents

EXTENSIONS = {"text": "txt", "json": "json", "markdown": "md", "html": "html"}
"""File extension of each format."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add(
        "--client",
        action="append",
        default=[],
        metavar="LANGUAGE[:VERSION]",
        help="test this client, in the newest version that starts with VERSION; repeatable (default: all in --clients)",
    )
    add(
        "--server",
        action="append",
        default=[],
        metavar="RELEASE",
        help="test against this release, or the contract in a file; repeatable (default: those in --clients)",
    )
    add(
        "--base",
        metavar="RELEASE",
        help="release whose mock also sends invalid responses, or `none` (default: the release of the"
        " project's contract, else the first)",
    )
    add("--format", choices=EXTENSIONS, default="text", help="output format (default: text)")
    add("--report", type=options.folder, metavar="DIR", help="write all formats to this folder")
    add_bench(parser)
    output.add_to(parser, quiet="print the summary only", as_json="same as --format json")


def run(arguments: argparse.Namespace) -> int:
    """Test and print. 0 every client works with every server, 1 one does not, 2 inconclusive."""
    from flowcontract.compatibility import clients, matrix
    from flowcontract.errors import UsageError
    from flowcontract.openapi.contract import Contract
    from flowcontract.reporting.client_matrix import FORMATS as WRITERS
    from flowcontract.reporting.client_matrix_labels import headline

    known = clients.load(arguments.clients)
    show_clients(arguments)
    wanted = [each for text in arguments.client for each in known.select(text)] or known.all()
    servers = [server(known, name) for name in arguments.server or known.servers]
    require_own_clients(arguments, servers)
    if not wanted or not servers:
        raise UsageError("expected a client and a server, got none.", do="Pass them with --client and --server.")
    versions = [each.version for each in servers]
    own = Contract.load().version
    default = own if own in versions else versions[0]
    base = default if arguments.base is None else arguments.base
    if base not in (*versions, "none"):
        raise UsageError(f"expected one of the servers for --base, got {base[:80]!r}.", do="Add it with --server.")
    files = (
        {name: arguments.report / f"matrix.{ending}" for name, ending in EXTENSIONS.items()} if arguments.report else {}
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
