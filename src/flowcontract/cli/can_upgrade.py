"""`flowcontract can-upgrade`: check whether a client works with another release of the server."""

import argparse
import sys

from flowcontract.cli import output
from flowcontract.cli.client_options import add_bench, bench, require_own_clients, server, show_clients


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add(
        "--client",
        action="append",
        required=True,
        metavar="LANGUAGE:VERSION",
        help="test this client, in the newest version that starts with VERSION; repeatable",
    )
    add("--to", required=True, metavar="RELEASE", help="release of the server, or a file with its contract")
    add_bench(parser)
    output.add_to(parser, quiet="print the result without reasons")


def run(arguments: argparse.Namespace) -> int:
    """Test and print. 0 every client works, 1 one does not, 2 inconclusive."""
    from flowcontract.compatibility import clients, matrix
    from flowcontract.errors import UsageError
    from flowcontract.reporting import client_matrix

    known = clients.load(arguments.clients)
    show_clients(arguments)
    for text in arguments.client:
        if ":" not in text:
            raise UsageError(
                f"expected --client LANGUAGE:VERSION, got {text[:80]!r}.", do="Add the version that you use."
            )
    setup = bench(known, arguments)
    to = server(known, arguments.to)
    require_own_clients(arguments, [to])
    wanted = [each for text in arguments.client for each in known.select(text)]
    options = matrix.Options(tuple(arguments.operation), "", arguments.jobs, arguments.timeout)
    found = matrix.run(setup, wanted, [to], options)
    sys.stdout.write(
        client_matrix.as_json(found) if arguments.json else client_matrix.upgrade(found, reasons=not arguments.quiet)
    )
    return found.exit_code
