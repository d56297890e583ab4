"""Options that several commands share, each declared once."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from flowcontract.http.target import Target
from flowcontract.openapi import assemble, parameter_values, releases
from flowcontract.openapi.contract import Contract

LIST_RELEASES = "list"
"""The name with which `--release` lists the releases."""
DAY = 86400.0
"""Seconds."""
_Number = TypeVar("_Number", int, float)


def add_spec(parser: argparse.ArgumentParser) -> None:
    """Declare `--spec` and `--allow-refs`."""
    parser.add_argument("--spec", metavar="FILE|URL|-", help="OpenAPI document (default: the project's contract)")
    add_allow_refs(parser)


def add_allow_refs(parser: argparse.ArgumentParser) -> None:
    """Declare `--allow-refs`."""
    parser.add_argument(
        "--allow-refs",
        action="append",
        default=[],
        metavar="DIR|ORIGIN",
        help="also read $ref targets below this folder or origin; repeatable (default: the document's folder)",
    )


def add_release(parser: argparse.ArgumentParser, *, listed: bool = False) -> None:
    """Declare `--release`. `listed`: the command also prints the list of releases."""
    more = "; `list` lists the releases" if listed else ""
    parser.add_argument("--release", metavar="NAME", help=f"use the contract of this release, such as 2025.12.2{more}")


def add_tokens(parser: argparse.ArgumentParser) -> None:
    """Declare `--token` and `--token-none`."""
    add = parser.add_argument
    add("--token", help="token with permission to read everything (default: $FLOWCONTRACT_TOKEN)")
    add("--token-none", metavar="TOKEN", help="token without any permission (default: $FLOWCONTRACT_TOKEN_NONE)")


def add_requests(parser: argparse.ArgumentParser) -> None:
    """Declare what is requested: `--param`, `--operation`, `--seed`, `--allow-unsafe`."""
    add = parser.add_argument
    add(
        "--param",
        action="append",
        default=[],
        type=parameter_values.parse,
        metavar="[OPERATION:]NAME=VALUE",
        help="value of a path parameter that exists on the target; repeatable (default: the contract's examples)",
    )
    add(
        "--operation",
        action="append",
        default=[],
        metavar="ID",
        help="test this operation; repeatable (default: all safe operations)",
    )
    add("--seed", type=int, default=0, metavar="N", help="random seed; the same seed gives the same cases (default: 0)")
    add(
        "--allow-unsafe",
        action="store_true",
        help="also send unsafe methods with credentials: this can change data on the target",
    )


def add_known_issues(parser: argparse.ArgumentParser) -> None:
    """Declare what does not fail a run: `--published-only`, `--waivers`, `--baseline`."""
    add = parser.add_argument
    add("--published-only", action="store_true", help="check against the published part of the contract only")
    add("--waivers", type=Path, metavar="FILE", help="accepted findings, each with owner, reason and expiry date")
    add("--baseline", type=Path, metavar="FILE", help="fail only on findings that are not in this file")


def add_run(parser: argparse.ArgumentParser) -> None:
    """Declare how a test plan is sent: `--profile`, `--timeout`, `--time-limit`."""
    add = parser.add_argument
    add(
        "--profile",
        choices=("quick", "full"),
        default="full",
        help="quick: the test plan only; full: generated cases too (default: full)",
    )
    add("--timeout", type=seconds, default=5.0, metavar="S", help="request timeout in seconds (default: 5)")
    add(
        "--time-limit",
        type=seconds,
        default=60.0,
        metavar="S",
        help="time limit for the whole run, in seconds (default: 60)",
    )


def add_database(parser: argparse.ArgumentParser) -> None:
    """Declare `--database`."""
    parser.add_argument(
        "--database",
        type=Path,
        default=Path("campaign.db"),
        metavar="FILE",
        help="campaign database (default: %(default)s)",
    )


def document(arguments: argparse.Namespace) -> Contract:
    """The contract that `--spec` names. Raises ContractError."""
    return Contract.load(arguments.spec, allow_refs=tuple(arguments.allow_refs))


def contract(arguments: argparse.Namespace) -> Contract:
    """The contract that `--spec` and `--release` name. Raises ContractError or UsageError."""
    given = document(arguments)
    return given if arguments.release is None else releases.load(arguments.release, given)


def published_contract(arguments: argparse.Namespace) -> Contract:
    """The published part of the contract that `--spec` and `--release` name. Raises ContractError or UsageError."""
    given = document(arguments)
    if arguments.release is None:
        return assemble.published(given)
    return releases.load(arguments.release, given, published_only=True)


def target(contract: Contract, arguments: argparse.Namespace, url: str, *, token: str | None = None) -> Target:
    """The target at a URL with the tokens of the command line or the environment, else with `token`.

    Raises UsageError for a URL or a token that cannot be used.
    """
    return Target.at(
        url,
        contract.base_path,
        token=arguments.token or os.environ.get("FLOWCONTRACT_TOKEN") or token,
        none_token=arguments.token_none or os.environ.get("FLOWCONTRACT_TOKEN_NONE"),
    )


def between(least: float, most: float, what: str) -> Callable[[str], float]:
    """A reader of numbers from `least` to `most`, both included; `what`: the expected number, for messages."""
    return _within(float, least, most, what)


def whole(least: int, most: int, what: str) -> Callable[[str], int]:
    """A reader of whole numbers from `least` to `most`, both included; `1_000` is one."""
    return _within(int, least, most, what)


def seconds(text: str) -> float:
    """Read seconds: above 0, below a day."""
    what = "a number of seconds above 0"
    number = _number(float, text, what)
    if not 0 < number < DAY:
        raise argparse.ArgumentTypeError(f"expected {what}, got {text!r}")
    return number


def duration(text: str) -> float:
    """Read `90`, `90s`, `1.5m`, `8h` or `2d` as seconds."""
    units = {"s": 1, "m": 60, "h": 3600, "d": DAY}
    what = "a duration such as 90s, 15m or 8h"
    number, unit = (text[:-1], text[-1]) if text[-1:] in units else (text, "s")
    time = _number(float, number, what) * units[unit]
    if not 0 < time < 400 * DAY:
        raise argparse.ArgumentTypeError(f"expected {what}, got {text!r}")
    return time


def _within(kind: Callable[[str], _Number], least: float, most: float, what: str) -> Callable[[str], _Number]:
    def read(text: str) -> _Number:
        number = _number(kind, text, what)
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"expected {what}, got {text!r}")
        return number

    return read


def _number(kind: Callable[[str], _Number], text: str, what: str) -> _Number:
    try:
        return kind(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected {what}, got {text!r}") from error
