"""`flowcontract mock`: serve the contract."""

import argparse
import gc
import os
import sys
from pathlib import Path

from flowcontract import releases
from flowcontract.commands import _output
from flowcontract.commands._release import LIST
from flowcontract.contract import Contract


def configure(parser: argparse.ArgumentParser) -> None:
    """Every setting of the mock, and what is printed."""
    from flowmock import settings

    settings.add_to(parser)
    _output.add_to(parser, as_json="print where the mock is as one line of JSON")


def run(arguments: argparse.Namespace) -> int:
    """Serve until stopped: 0. A setting that cannot be, a contract that cannot be read, a taken port: 2."""
    gc.disable()  # Until it serves: what is made before that stays.
    try:
        return _run(arguments)
    finally:
        gc.enable()


def _run(arguments: argparse.Namespace) -> int:
    from flowmock import settings

    chosen = settings.resolve(arguments, os.environ, Path.cwd())
    if LIST in chosen.release:
        sys.stdout.write(releases.text(Contract.load(Path(chosen.spec[0]) if chosen.spec else None)))
        return 0
    from flowmock import panel, process, server

    mock = process.from_settings(chosen)
    for complaint in mock.compiled.complaints:
        sys.stderr.write(f"flowcontract mock: {complaint}\n")
    with server.listening(mock) as running:
        if arguments.json:
            print(panel.as_json(running), flush=True)
        elif not arguments.quiet:
            panel.show(running, sys.stdout)
            mock.observers.append(panel.line)
        gc.freeze()  # Nor need the collector look at it from now on.
        gc.enable()
        running.serve()
    return 0
