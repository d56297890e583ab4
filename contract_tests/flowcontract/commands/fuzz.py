"""`flowcontract fuzz`: send many distinct requests, and turn up each cause once."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowcontract import documents, keys
from flowcontract.commands import _numbers, _output, _target
from flowcontract.commands._numbers import duration
from flowcontract.commands._store import add_store
from flowcontract.contract import Contract
from flowcontract.errors import UsageError
from flowcontract.exchange import Target

if TYPE_CHECKING:
    from flowcontract.fuzz.campaign import Budget
    from flowcontract.fuzz.store import Campaign

POLITE = 10.0
"""Requests a second that a target on another machine is sent where nothing else is said."""
TIME = 60.0
"""Seconds a campaign takes where neither time nor cases are given."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("url", metavar="URL", nargs="?", help="the target, with or without the base path (with --resume: as it was)")
    _target.add_tokens(parser)
    _target.add_question(parser)
    parser.set_defaults(seed=None)  # A resumed campaign has one; a new one begins with 0.
    _target.add_judging(parser)
    add("--time", type=duration, metavar="T", help="how long: 90, 90s, 15m, 8h, 2d (default: 60s, or until --cases)")
    add("--cases", type=_numbers.whole(1, 2**32 - 1, "a number of cases from 1"), metavar="N", help="how many cases")
    add(
        "--rate",
        type=_numbers.between(0, 1e6, "a number of requests a second"),
        metavar="N",
        help=f"requests a second (default: no limit on this machine, else {POLITE:g}; 0: no limit)",
    )
    add(
        "--workers",
        type=_numbers.whole(1, 256, "a number from 1 to 256"),
        metavar="N",
        help="processes (default: one for each processor but one)",
    )
    add("--cluster", metavar="ADDRESS", help="run on the workers of this dask.distributed scheduler")
    add("--timeout", type=duration, default=10.0, metavar="T", help="how long one request may take (default: 10s)")
    add("--outage", type=duration, default=60.0, metavar="T", help="how long the target may be away (default: 60s)")
    add_store(parser)
    add("--name", default="", help="what to call the campaign")
    add("--resume", nargs="?", const="", metavar="ID", help="go on with a campaign of the store (default: the newest)")
    add(
        "--fail-on", choices=("open", "new", "never"), default="open", help="what makes the exit code 1 (default: open)"
    )
    add("--report", type=Path, metavar="FILE", help="write the report, one HTML file")
    _output.add_to(
        parser, quiet="print the verdict alone, and no progress", as_json="print the outcome as one JSON document"
    )


def complete(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    """Add a flag for each path parameter of the contract."""
    _target.add_key_flags(parser, words)


def run(arguments: argparse.Namespace) -> int:
    """Run a campaign. 0 nothing open, 1 something open (or new), 2 could not judge."""
    from flowcontract.fuzz import session, summary
    from flowcontract.fuzz.store import Store

    contract: Contract = arguments.contract
    if arguments.resume is None and not arguments.url:
        raise UsageError("a URL was expected.", do="Name the target, or use --resume.")
    asked = _asked(contract, arguments)
    if arguments.report:
        documents.require_writable(arguments.report)
    beside = _output.console(stderr=True)
    beside.quiet = arguments.quiet
    with Store(arguments.store, create=arguments.resume is None) as store:
        if arguments.resume is not None:
            campaign = store.campaign(arguments.resume)
            _check(asked, campaign)
            begun = session.resume(
                contract, campaign, _target.target(contract, arguments, arguments.url or campaign.target)
            )
        else:
            target = _target.target(contract, arguments, arguments.url)
            begun = session.begin(store, contract, target, asked)
        state = session.drive(
            store, begun, _budget(arguments, begun.plan.target, begun.cases), beside,
            workers=arguments.workers, cluster=arguments.cluster,
        )  # fmt: skip
        campaign = store.campaign(begun.campaign.id)
        conclusion = session.conclude(
            store, contract, campaign, begun.plan.target, fail_on=arguments.fail_on,
            waivers_file=arguments.waivers, baseline_file=arguments.baseline,
        )  # fmt: skip
        if arguments.json:
            _output.print_json(summary.document(conclusion, campaign, state, arguments.store))
        else:
            summary.print(conclusion, campaign, state, arguments.store, _output.console(), quiet=arguments.quiet)
        if arguments.report:
            from flowcontract.fuzz import report

            report.write(arguments.report, conclusion, campaign, state, contract)
            if not arguments.quiet:
                _output.told(f"report: {arguments.report}")
    return int(conclusion.verdict)


def _check(asked: Mapping[str, Any], campaign: "Campaign") -> None:
    """Refuse to go on with a campaign in another way than it began."""
    began = campaign.settings
    known = {name: tuple(asked["keys"].get(name, ())) for name in began["known"]}
    told = {
        "--seed": (asked["seed"], campaign.seed),
        "--name": (asked["name"] or None, campaign.name),
        "--operation": (sorted(asked["operations"]) or None, sorted(began["operations"])),
        "--published-only": (asked["published"] or None, began["published"]),
        "--allow-unsafe": (asked["unsafe"] or None, began["unsafe"]),
        "--key": (known if any(known.values()) else None, {name: tuple(each) for name, each in began["known"].items()}),
    }
    for option, (wanted, had) in told.items():
        if wanted not in (None, had):
            raise UsageError(
                f"{option} is not what campaign {campaign.id} began with.",
                do=f"Leave {option} out, or begin a new campaign.",
            )


def _asked(contract: Contract, arguments: argparse.Namespace) -> dict[str, Any]:
    return {
        "name": arguments.name,
        "seed": arguments.seed,
        "keys": keys.by_operation(contract, _target.given_keys(arguments)),
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
