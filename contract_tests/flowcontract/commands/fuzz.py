"""`flowcontract fuzz`: send many distinct requests, and turn up each cause once."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flowcontract import keys
from flowcontract.commands import _target
from flowcontract.commands import gate as gate_command
from flowcontract.contract import Contract
from flowcontract.errors import UsageError
from flowcontract.exchange import Target

if TYPE_CHECKING:
    from flowcontract.fuzz.campaign import Budget

POLITE = 10.0
"""Requests a second that a target on another machine is sent where nothing else is said."""
TIME = 60.0
"""Seconds a campaign takes where neither time nor cases are given."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("url", metavar="URL", nargs="?", help="the target, with or without the base path (with --resume: as it was)")
    _target.add_tokens(parser)
    add(
        "--key", action="append", default=[], metavar="[NAME=]VALUE", help="a key that exists on the target; repeatable"
    )
    add("--spec", type=Path, metavar="FILE", help="the contract (default: the one the project carries)")
    add(
        "--operation",
        action="append",
        default=[],
        metavar="ID",
        help="only this operation; repeatable (default: all safe ones)",
    )
    add("--published-only", action="store_true", help="judge by the published part of the contract alone")
    add("--time", type=duration, metavar="T", help="how long: 90, 90s, 15m, 8h, 2d (default: 60s, or until --cases)")
    add("--cases", type=_count, metavar="N", help="how many cases")
    add(
        "--rate",
        type=_rate,
        metavar="N",
        help=f"requests a second (default: no limit on this machine, else {POLITE:g}; 0: no limit)",
    )
    add("--seed", type=int, default=0, metavar="N", help="the same seed has the same cases (default: 0)")
    add("--workers", type=_workers, metavar="N", help="processes (default: one for each processor but one)")
    add("--cluster", metavar="ADDRESS", help="run on the workers of this dask.distributed scheduler")
    add("--timeout", type=duration, default=10.0, metavar="T", help="how long one request may take (default: 10s)")
    add("--outage", type=duration, default=60.0, metavar="T", help="how long the target may be away (default: 60s)")
    add(
        "--allow-unsafe",
        action="store_true",
        help="send methods that change things, with credentials: this changes the target",
    )
    add(
        "--store",
        type=Path,
        default=Path("campaign.db"),
        metavar="FILE",
        help="the campaign store (default: campaign.db)",
    )
    add("--name", default="", help="what to call the campaign")
    add("--resume", nargs="?", const="", metavar="ID", help="go on with a campaign of the store (default: the newest)")
    add(
        "--fail-on", choices=("open", "new", "never"), default="open", help="what makes the exit code 1 (default: open)"
    )
    add("--waivers", type=Path, metavar="FILE", help="what is known and accepted, as for the gate")
    add("--baseline", type=Path, metavar="FILE", help="causes that are known, as for the gate")
    add("--report", type=Path, metavar="FILE", help="write the report, one HTML file")


def complete(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    """Add a flag for each path parameter of the contract."""
    gate_command.complete(parser, words)


def run(arguments: argparse.Namespace) -> int:
    """Run a campaign. 0 nothing open, 1 something open (or new), 2 could not judge."""
    from rich.console import Console

    from flowcontract.fuzz import session, summary
    from flowcontract.fuzz.store import Store

    contract: Contract = arguments.contract
    with Store(arguments.store, create=arguments.resume is None) as store:
        if arguments.resume is not None:
            campaign = store.campaign(arguments.resume)
            begun = session.resume(
                contract, campaign, _target.target(contract, arguments, arguments.url or campaign.target)
            )
        elif arguments.url:
            target = _target.target(contract, arguments, arguments.url)
            begun = session.begin(store, contract, target, _asked(contract, arguments))
        else:
            raise UsageError("a URL was expected.", do="Name the target, or use --resume.")
        state = session.drive(
            store, begun, _budget(arguments, begun.plan.target, begun.cases), Console(stderr=True),
            workers=arguments.workers, cluster=arguments.cluster,
        )  # fmt: skip
        campaign = store.campaign(begun.campaign.id)
        conclusion = session.conclude(
            store, contract, campaign, begun.plan.target, fail_on=arguments.fail_on,
            waivers_file=arguments.waivers, baseline_file=arguments.baseline,
        )  # fmt: skip
        summary.print(conclusion, campaign, state, arguments.store, Console())
        if arguments.report:
            from flowcontract.fuzz import report

            report.write(arguments.report, conclusion, campaign, state, contract)
    return int(conclusion.verdict)


def _asked(contract: Contract, arguments: argparse.Namespace) -> dict[str, object]:
    given = [keys.parse(text) for text in arguments.key]
    for name, values in vars(arguments).items():
        if name.startswith("key:"):
            given += [{name.removeprefix("key:"): value} for value in values]
    return {
        "name": arguments.name,
        "seed": arguments.seed,
        "keys": keys.by_operation(contract, given),
        "operations": list(arguments.operation),
        "published": arguments.published_only,
        "unsafe": arguments.allow_unsafe,
        "timeout": arguments.timeout,
        "cases": arguments.cases,
    }


def _budget(arguments: argparse.Namespace, target: Target, cases: int | None) -> "Budget":
    from flowcontract.fuzz.campaign import Budget

    cases = arguments.cases or cases
    seconds = arguments.time or (None if cases else TIME)
    rate = arguments.rate
    if rate is None:
        rate = None if target.is_loopback else POLITE
    return Budget(seconds=seconds, cases=cases, rate=rate or None, outage=arguments.outage)


def duration(text: str) -> float:
    """Read `90`, `90s`, `1.5m`, `8h` or `2d` as seconds."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    number, unit = (text[:-1], text[-1]) if text[-1:] in units else (text, "s")
    seconds = float(number) * units[unit]
    if not 0 < seconds < 400 * 86400:
        raise argparse.ArgumentTypeError("a time such as 90s, 15m or 8h was expected")
    return seconds


def _count(text: str) -> int:
    number = int(text.replace("_", ""))
    if not 0 < number < 2**32:
        raise argparse.ArgumentTypeError("a number of cases from 1 to 4294967295 was expected")
    return number


def _rate(text: str) -> float:
    number = float(text)
    if not 0 <= number < 1e6:
        raise argparse.ArgumentTypeError("a number of requests a second was expected")
    return number


def _workers(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 256:
        raise argparse.ArgumentTypeError("a number from 1 to 256 was expected")
    return number
