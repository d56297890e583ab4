"""What `matrix` and `can-upgrade` share: their options, and the mock that clients run against."""

import argparse
import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowcontract.cli import options, output
from flowcontract.errors import UsageError
from flowcontract.openapi.contract import Contract

if TYPE_CHECKING:
    from flowcontract.compatibility.clients import ClientCatalog
    from flowcontract.compatibility.matrix import RunningServer, Setup

_OFFLINE = "FLOWCONTRACT_OFFLINE"
_TOKEN = "flowcontract-matrix-token"  # noqa: S105 - of a mock that ends with the command


def add_bench(parser: argparse.ArgumentParser) -> None:
    """Declare where clients come from and how they are run."""
    add = parser.add_argument
    add(
        "--clients",
        type=Path,
        metavar="FILE",
        help="file with the clients to test (default: those of the bundled example)",
    )
    options.add_operation(parser, "call only")
    add(
        "--cache",
        type=Path,
        metavar="DIR",
        help="folder to install clients into (default: below $FLOWCONTRACT_CACHE, else the user's cache)",
    )
    add(
        "--offline",
        action="store_true",
        help=f"use installed clients only; do not contact package registries [{_OFFLINE}]",
    )
    add(
        "--jobs",
        type=options.whole(1, 16, "a number from 1 to 16"),
        default=2,
        metavar="N",
        help="number of clients to install or run at once (default: 2)",
    )
    add(
        "--timeout",
        type=options.seconds,
        default=300.0,
        metavar="S",
        help="time limit to install or run one client, in seconds (default: 300)",
    )


def bench(known: "ClientCatalog", arguments: argparse.Namespace) -> "Setup":
    """Clients from the cache, run against the mock; progress goes to standard error."""
    from flowcontract.compatibility.clients.environments import Cache, default_folder
    from flowcontract.compatibility.matrix import Setup
    from flowmock.settings import on_or_off

    offline = arguments.offline or on_or_off(os.environ.get(_OFFLINE) or "off", _OFFLINE)
    cache = Cache(arguments.cache or default_folder(), offline, arguments.timeout)
    return Setup(known, cache, serve, (lambda _: None) if arguments.quiet else output.message)


def show_clients(arguments: argparse.Namespace) -> None:
    """Print whose clients are tested; the bundled ones even with `--quiet` and `--json`."""
    if arguments.clients is None:
        named = f"the bundled example, {Contract.load().title}'s published clients, because --clients names no others"
        output.message(f"flowcontract {arguments.command}: clients: {named}.")
    elif not (arguments.quiet or arguments.json):
        output.message(f"flowcontract {arguments.command}: clients: {arguments.clients}")


def require_own_clients(arguments: argparse.Namespace, servers: Iterable[Contract]) -> None:
    """Raise UsageError where the bundled clients, of another API, would be tested with one of these contracts."""
    other = next((each for each in servers if each.title != Contract.load().title), None)
    if arguments.clients is None and other is not None:
        raise UsageError(f"no file names the clients of {other.name}.", do="Pass one with --clients FILE.")


def server(known: "ClientCatalog", name: str) -> Contract:
    """The contract of a release or in a file. Raises UsageError or ContractError."""
    # Path.exists raises for a name that is too long.
    if os.path.isfile(name) or "/" in name or name.endswith((".yaml", ".yml", ".json")):  # noqa: PTH113
        return Contract.load(name)
    if not name[:1].isdecimal():
        raise UsageError(f"expected a release or a file, got {name[:80]!r}.", do="Pass a release such as 2024.8.1.")
    return known.contract(name)


@contextlib.contextmanager
def serve(contract: Contract, states: Mapping[str, Any]) -> Iterator["RunningServer"]:
    """A mock that a client session finds in any of these states."""
    import flowmock
    from flowcontract.compatibility.matrix import RunningServer
    from flowcontract.openapi import documents

    sessions = {name: f"case-{number}" for number, name in enumerate(states)}
    with tempfile.TemporaryDirectory(prefix="flowcontract-") as folder:
        path = Path(folder) / "states.yaml"
        documents.write(path, json.dumps({sessions[name]: state for name, state in states.items()}))
        with flowmock.running(contract, tokens=(_TOKEN,), scenario_file=(str(path),), journal=0) as mock:
            for session in sessions.values():
                mock.mock.scenarios.activate([session], session)
            yield RunningServer(mock.url, _TOKEN, lambda name: {"X-Mock-Session": sessions[name]})
