"""`--plan`: print what a run would send, without sending it."""

import argparse
import sys
from typing import TYPE_CHECKING

from flowcontract.cli import options
from flowcontract.http.curl import curl
from flowcontract.openapi.contract import Contract

if TYPE_CHECKING:
    from flowcontract.engine import Options

_URL = "http://127.0.0.1:8000"
"""URL in the requests where no target is given."""
_NEVER_SENT = "a-token-that-is-never-sent"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare `--plan`."""
    parser.add_argument(
        "--plan", action="store_true", help="print the probes and what each one tests, without sending them"
    )


def show(contract: Contract, arguments: argparse.Namespace, plan: "Options") -> None:
    """Print the probes of a run, and the resources that its sequences would create."""
    from flowcontract import engine

    target = options.target(contract, arguments, arguments.url or _URL, token=_NEVER_SENT)
    for number, probe in enumerate(engine.plan(contract, target, plan), 1):
        name = probe.name.removesuffix(f" of {probe.operation}")
        sys.stdout.write(f"{number:>4}  {probe.operation}: {probe.reason}  [{name}]\n")
        sys.stdout.write(f"      {curl(target, probe.request)}\n")
        if probe.only_if_denied:
            before = probe.only_if_denied.removesuffix(f" of {probe.operation}")
            sys.stdout.write(f"      only if the server denied [{before}]\n")
    for kind in engine.resource_kinds(contract, plan):
        sys.stdout.write(f"\nsequences with {kind.name}{f' of {kind.parent.name}' if kind.parent else ''} (--pair):\n")
        for action, operation in kind.operations:
            sys.stdout.write(f"  {action:<8}{operation.method} {operation.path} ({operation.id})\n")
