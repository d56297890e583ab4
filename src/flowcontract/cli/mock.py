"""`flowcontract mock`: serve a mock of the contract."""

import argparse
import os
import sys
from pathlib import Path

from flowcontract.cli import options, output
from flowcontract.openapi import releases
from flowcontract.openapi.contract import Contract


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare an option for every setting of the mock."""
    from flowmock import settings

    settings.add_to(parser)
    output.add_to(parser, as_json="print the URL of the mock as one line of JSON")


def run(arguments: argparse.Namespace) -> int:
    """Serve until stopped. 0 stopped, 2 an invalid setting, an unreadable contract or a port in use."""
    from flowmock import settings

    chosen = settings.resolve(arguments, os.environ, Path.cwd())
    if options.LIST_RELEASES in chosen.release:
        sys.stdout.write(releases.text(Contract.load(chosen.spec[0] if chosen.spec else None)))
        return 0
    from flowmock import startup
    from flowmock.server import process, running

    mock = process.from_settings(chosen)
    for warning in mock.compiled.warnings:
        sys.stderr.write(f"flowcontract mock: {warning}\n")
    with running.listening(mock) as served:
        if arguments.json:
            print(startup.as_json(served), flush=True)
        elif not arguments.quiet:
            startup.show(served, sys.stdout)
            mock.observers.append(startup.log_exchange)
        served.serve()
    return 0
