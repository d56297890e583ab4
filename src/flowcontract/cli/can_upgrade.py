"""`flowcontract can-upgrade`: will this client go on working when the server is upgraded?"""

import argparse
import sys

from flowcontract.cli import output
from flowcontract.cli.client_options import add_bench, bench, server


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add(
        "--client",
        action="append",
        required=True,
        metavar="LANGUAGE:VERSION",
        help="the client, in the newest version that begins so; repeatable",
    )
    add("--to", required=True, metavar="RELEASE", help="the release of the server, or a file with its contract")
    add_bench(parser)
    output.add_to(parser, quiet="print the answer without its reasons")


def run(arguments: argparse.Namespace) -> int:
    """Try and tell. 0 yes, 1 no, 2 could not judge."""
    from flowcontract.compatibility import clients, matrix
    from flowcontract.errors import UsageError
    from flowcontract.reporting import client_matrix

    known = clients.load(arguments.clients)
    for text in arguments.client:
        if ":" not in text:
            raise UsageError(f"--client takes LANGUAGE:VERSION, not {text[:80]!r}.", do="Say which version you have.")
    wanted = [each for text in arguments.client for each in known.wanted(text)]
    options = matrix.Options(tuple(arguments.operation), "", arguments.jobs, arguments.timeout)
    found = matrix.run(bench(known, arguments), wanted, [server(known, arguments.to)], options)
    sys.stdout.write(
        client_matrix.as_json(found) if arguments.json else client_matrix.answers(found, reasons=not arguments.quiet)
    )
    return found.exit_code
