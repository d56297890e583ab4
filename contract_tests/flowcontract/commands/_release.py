"""The release that a command is about: `--release NAME`, and `--release list`."""

import argparse

from flowcontract import build, releases
from flowcontract.contract import Contract

LIST = "list"


def add_release(parser: argparse.ArgumentParser) -> None:
    """Declare `--release`."""
    parser.add_argument(
        "--release", metavar="NAME", help="the contract of this release (2025.12.2); `list` prints those there are"
    )


def in_release(contract: Contract, name: str | None) -> Contract:
    """A contract as it is in a release; itself where none is named, or the list is asked for. Raises UsageError."""
    return contract if name in (None, LIST) else releases.load(str(name), contract)


def published_part(contract: Contract, name: str | None) -> Contract:
    """The published part of a contract, as it is in a release. Raises UsageError, and ContractError without such."""
    return build.published(contract) if name is None else releases.load(name, contract, published_only=True)
