"""The target of a command: its tokens, said on the command line or in the environment."""

import argparse
import os

from flowcontract.contract import Contract
from flowcontract.exchange import Target


def add_tokens(parser: argparse.ArgumentParser) -> None:
    """Declare `--token` and `--token-none`."""
    add = parser.add_argument
    add("--token", help="a token that may read everything (default: $FLOWCONTRACT_TOKEN)")
    add("--token-none", metavar="TOKEN", help="a token that may read nothing (default: $FLOWCONTRACT_TOKEN_NONE)")


def target(contract: Contract, arguments: argparse.Namespace, url: str, *, token: str | None = None) -> Target:
    """The target at a URL with the tokens that were said; `token` where none was. Raises UsageError."""
    return Target.at(
        url,
        contract.base_path,
        token=arguments.token or os.environ.get("FLOWCONTRACT_TOKEN") or token,
        none_token=arguments.token_none or os.environ.get("FLOWCONTRACT_TOKEN_NONE"),
    )
