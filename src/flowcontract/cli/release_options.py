"""The release that a command is about: `--release NAME`, and `--release list` where the releases are told."""

import argparse

from flowcontract.openapi import assemble, releases
from flowcontract.openapi.contract import Contract

LIST = "list"


def add_release(parser: argparse.ArgumentParser, *, listed: bool = False) -> None:
    """Declare `--release`. `listed`: the command prints the list of them, too."""
    more = "; `list` prints those there are" if listed else ""
    parser.add_argument(
        "--release", metavar="NAME", help=f"the contract as it is in this release, such as 2025.12.2{more}"
    )


def in_release(contract: Contract, name: str | None) -> Contract:
    """A contract as it is in a release, itself where none is named. Raises UsageError for an unknown one."""
    return contract if name is None else releases.load(name, contract)


def published_part(contract: Contract, name: str | None) -> Contract:
    """The published part of a contract, as it is in a release. Raises UsageError, and ContractError without such."""
    return assemble.published(contract) if name is None else releases.load(name, contract, published_only=True)
