"""`flowcontract mock`: serve a mock of the contract."""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowcontract.cli import output
from flowcontract.cli.config import Config
from flowcontract.openapi import discovery, releases
from flowcontract.openapi.contract import Contract

if TYPE_CHECKING:
    from flowmock.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare an option for every setting of the mock."""
    from flowmock import settings

    settings.add_to(parser)
    output.add_to(parser, as_json="print the URL of the mock as one line of JSON")


def run(arguments: argparse.Namespace) -> int:
    """Serve until stopped. 0 stopped, 2 an invalid setting, an unreadable contract or a port in use."""
    from flowmock import settings

    chosen = settings.resolve(
        arguments, os.environ, _table(arguments.configuration), source=arguments.configuration.name
    )
    chosen, origin = _with_contract(chosen, arguments)
    if releases.LIST in chosen.release:
        sys.stdout.write(releases.text(Contract.load(chosen.spec[0] if chosen.spec else None)))
        return 0
    # Connexion first: where its many imports begin deep in ours, Python's stack gets and frees memory all the time.
    from flowmock import connexion_app, startup  # noqa: F401
    from flowmock.server import process, running

    mock = process.from_settings(chosen)
    with running.listening(mock) as served:
        output.contract(arguments, mock.contracts[0], origin)
        for warning in mock.compiled.warnings:
            sys.stderr.write(f"flowcontract mock: {warning}\n")
        output.warn_of_other_machines("mock", chosen.host)
        if arguments.json:
            print(startup.as_json(served), flush=True)
        elif not arguments.quiet:
            startup.show(served, sys.stdout)
            mock.observers.append(startup.log_exchange)
        served.serve()
    return 0


def configured(configuration: Config) -> dict[str, Any]:
    """What the configuration sets of how the mock of a contract behaves, for one that is started in Python."""
    from flowmock import settings

    of_contract = {"spec", "overlay", "examples", "allow-refs", "release"}
    of_process = {"host", "port", "watch"}
    table = {key: value for key, value in _table(configuration).items() if key not in of_contract | of_process}
    chosen = settings.resolve(argparse.Namespace(), {}, table, source=configuration.name)
    return {name: getattr(chosen, name) for name in (key.replace("-", "_") for key in table)}


def _table(configuration: Config) -> dict[str, Any]:
    """The table of the mock with its paths as seen from the current folder."""
    from flowmock.settings import FIELDS

    table = {key: configuration.content[key] for key in ("spec", "allow-refs") if key in configuration.content}
    table |= configuration.table("mock")
    for key, value in table.items():
        if key == "server-profile" and configuration.path and (configuration.path.parent / str(value)).is_file():
            table[key] = configuration.located(value)
        each = FIELDS.get(key.replace("-", "_"))
        if each is None or not any(word in each.metadata["metavar"] for word in ("FILE", "DIR")):
            continue
        if isinstance(value, str):
            table[key] = configuration.located(value)
        elif isinstance(value, list):  # The mock reports any other type.
            table[key] = [configuration.located(text) if isinstance(text, str) else text for text in value]
    return table


def _configured(arguments: argparse.Namespace) -> str:
    """Where a contract comes from that the command line does not name."""
    from flowmock.settings import variable

    return variable("spec") if os.environ.get(variable("spec")) else str(arguments.configuration.name)


def _with_contract(chosen: "Settings", arguments: argparse.Namespace) -> "tuple[Settings, str]":
    """The settings with the contract of the current folder where none is named, and where the contract comes from."""
    if chosen.spec:
        return chosen, "--spec" if arguments.spec else _configured(arguments)
    found = discovery.document_in(Path.cwd())
    return (
        (chosen, "bundled") if found is None else (replace(chosen, spec=(str(found),)), "found in the current folder")
    )
