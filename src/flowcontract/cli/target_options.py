"""What commands say alike about a server: its contract, its tokens, the keys that exist on it, what it is asked."""

import argparse
import contextlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

from flowcontract.cli import numbers
from flowcontract.cli.release_options import LIST, add_release, in_release
from flowcontract.http.messages import Target
from flowcontract.openapi import parameter_values
from flowcontract.openapi.contract import Contract


def add_spec(parser: argparse.ArgumentParser) -> None:
    """Declare `--spec`."""
    parser.add_argument("--spec", type=Path, metavar="FILE", help="the contract (default: the one the project carries)")


def add_tokens(parser: argparse.ArgumentParser) -> None:
    """Declare `--token` and `--token-none`."""
    add = parser.add_argument
    add("--token", help="a token that may read everything (default: $FLOWCONTRACT_TOKEN)")
    add("--token-none", metavar="TOKEN", help="a token that may read nothing (default: $FLOWCONTRACT_TOKEN_NONE)")


def add_question(parser: argparse.ArgumentParser) -> None:
    """Declare what is asked by which contract: `--key`, `--spec`, `--operation`, `--seed`, `--allow-unsafe`."""
    add = parser.add_argument
    add(
        "--key",
        action="append",
        default=[],
        metavar="[NAME=]VALUE",
        help="a key that exists there; several names with commas; repeatable (default: the examples' keys)",
    )
    add_spec(parser)
    add(
        "--operation",
        action="append",
        default=[],
        metavar="ID",
        help="ask this operation; repeatable (default: all safe ones)",
    )
    add("--seed", type=int, default=0, metavar="N", help="the same seed has the same cases (default: 0)")
    add(
        "--allow-unsafe",
        action="store_true",
        help="send unsafe methods with credentials too: this can change what is there",
    )


def add_judging(parser: argparse.ArgumentParser) -> None:
    """Declare what does not count: `--published-only`, `--waivers`, `--baseline`."""
    add = parser.add_argument
    add("--published-only", action="store_true", help="judge by the published part of the contract alone")
    add("--waivers", type=Path, metavar="FILE", help="what is known and accepted, with owner, reason and expiry date")
    add("--baseline", type=Path, metavar="FILE", help="fail only on what is not in this file")


def add_plan(parser: argparse.ArgumentParser) -> None:
    """Declare how the gate's plan is sent: `--profile`, `--timeout`, `--max-time`."""
    add = parser.add_argument
    add("--profile", choices=("quick", "full"), default="full", help="quick: the plan alone; full: generated cases too")
    add("--timeout", type=numbers.seconds, default=5.0, metavar="S", help="seconds a request may take (default: 5)")
    add("--max-time", type=numbers.seconds, default=60.0, metavar="S", help="seconds a server may take (default: 60)")


def add_key_flags(parser: argparse.ArgumentParser, words: Sequence[str], *, listed: bool = False) -> None:
    """Add a flag for each path parameter of the contract: what it is called is the contract's to say.

    `listed`: the command prints the list of releases, too.
    """
    early = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    add_spec(early)
    add_release(early)
    said = early.parse_known_args(words)[0]
    given = Contract.load(said.spec)
    contract = given if listed and said.release == LIST else in_release(given, said.release)
    parser.set_defaults(contract=contract, given=given)
    for name in sorted({p.name for o in contract.operations.values() for p in o.path_parameters()}):
        if re.fullmatch(r"[A-Za-z][\w-]*", name):
            with contextlib.suppress(argparse.ArgumentError):  # A flag of our own goes first; --key NAME= remains.
                parser.add_argument(
                    f"--{name}",
                    action="append",
                    dest=f"key:{name}",
                    default=[],
                    metavar="VALUE",
                    help=f"a {name} that exists there; repeatable",
                )


def given_keys(arguments: argparse.Namespace) -> list[parameter_values.Key]:
    """The keys that were named, by --key and by the flags of the path parameters."""
    given = [parameter_values.parse(text) for text in arguments.key]
    for name, values in vars(arguments).items():
        if name.startswith("key:"):
            given += [{name.removeprefix("key:"): value} for value in values]
    return given


def target(contract: Contract, arguments: argparse.Namespace, url: str, *, token: str | None = None) -> Target:
    """The target at a URL with the tokens that were said; `token` where none was. Raises UsageError."""
    return Target.at(
        url,
        contract.base_path,
        token=arguments.token or os.environ.get("FLOWCONTRACT_TOKEN") or token,
        none_token=arguments.token_none or os.environ.get("FLOWCONTRACT_TOKEN_NONE"),
    )
