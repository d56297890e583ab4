"""`flowcontract fuzz`: send many distinct requests, and turn up each cause once."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowcontract.cli import options, output
from flowcontract.errors import UsageError
from flowcontract.http.target import Target
from flowcontract.openapi import documents, parameter_values
from flowcontract.openapi.contract import Contract

if TYPE_CHECKING:
    from flowcontract.engine.campaigns.database import Campaign
    from flowcontract.engine.campaigns.driver import Budget

POLITE = 10.0
"""Requests a second that a target on another machine is sent where nothing else is said."""
TIME = 60.0
"""Seconds a campaign takes where neither time nor cases are given."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("url", metavar="URL", nargs="?", help="the target, with or without the base path (with --resume: as it was)")
    options.add_tokens(parser)
    options.add_spec(parser)
    options.add_requests(parser)
    parser.set_defaults(seed=None)  # A resumed campaign has one; a new one begins with 0.
    options.add_known_issues(parser)
    add(
        "--time",
        type=options.duration,
        metavar="T",
        help="how long: 90, 90s, 15m, 8h, 2d (default: 60s, or until --cases)",
    )
    add("--cases", type=options.whole(1, 2**32 - 1, "a number of cases from 1"), metavar="N", help="how many cases")
    add(
        "--rate",
        type=options.between(0, 1e6, "a number of requests a second"),
        metavar="N",
        help=f"requests a second (default: no limit on this machine, else {POLITE:g}; 0: no limit)",
    )
    add(
        "--workers",
        type=options.whole(1, 256, "a number from 1 to 256"),
        metavar="N",
        help="processes (default: one for each processor but one)",
    )
    add("--cluster", metavar="ADDRESS", help="run on the workers of this dask.distributed scheduler")
    add(
        "--timeout",
        type=options.duration,
        default=10.0,
        metavar="T",
        help="how long one request may take (default: 10s)",
    )
    add(
        "--outage",
        type=options.duration,
        default=60.0,
        metavar="T",
        help="how long the target may be away (default: 60s)",
    )
    options.add_database(parser)
    add("--name", default="", help="what to call the campaign")
    add(
        "--resume",
        nargs="?",
        const="",
        metavar="ID",
        help="go on with a campaign of the database (default: the newest)",
    )
    add(
        "--fail-on", choices=("open", "new", "never"), default="open", help="what makes the exit code 1 (default: open)"
    )
    add("--report", type=Path, metavar="FILE", help="write the report, one HTML file")
    output.add_to(
        parser, quiet="print the verdict alone, and no progress", as_json="print the outcome as one JSON document"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run a campaign. 0 nothing open, 1 something open (or new), 2 could not judge."""
    from flowcontract.engine.campaigns import session
    from flowcontract.engine.campaigns.database import Database
    from flowcontract.reporting.campaigns import terminal
    from flowcontract.reporting.campaigns.progress import Progress

    contract = Contract.load(arguments.spec)
    if arguments.resume is None and not arguments.url:
        raise UsageError("a URL was expected.", do="Name the target, or use --resume.")
    asked = _asked(contract, arguments)
    if arguments.report:
        documents.require_writable(arguments.report)
    beside = output.console(stderr=True)
    beside.quiet = arguments.quiet
    with Database(arguments.database, create=arguments.resume is None) as database:
        if arguments.resume is not None:
            campaign = database.campaign(arguments.resume)
            _check(asked, campaign)
            prepared = session.resume(
                contract, campaign, options.target(contract, arguments, arguments.url or campaign.target)
            )
        else:
            target = options.target(contract, arguments, arguments.url)
            prepared = session.begin(database, contract, target, asked)
        budget = _budget(arguments, prepared.plan.target, prepared.cases)
        title = f"campaign {prepared.campaign.id} against {prepared.plan.target.url}, seed {prepared.plan.seed}"
        with Progress(beside, budget, title) as progress:
            state = session.drive(
                database, prepared, budget, progress.show, workers=arguments.workers, cluster=arguments.cluster
            )
        campaign = database.campaign(prepared.campaign.id)
        conclusion = session.conclude(
            database, contract, campaign, prepared.plan.target, fail_on=arguments.fail_on,
            waivers_file=arguments.waivers, baseline_file=arguments.baseline,
        )  # fmt: skip
        if arguments.json:
            output.print_json(terminal.document(conclusion, campaign, state, arguments.database))
        else:
            terminal.print(conclusion, campaign, state, arguments.database, output.console(), quiet=arguments.quiet)
        if arguments.report:
            from flowcontract.reporting.campaigns import html

            html.write(arguments.report, conclusion, campaign, state, contract)
            if not arguments.quiet:
                output.told(f"report: {arguments.report}")
    return int(conclusion.result)


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
        "--param": (
            known if any(known.values()) else None,
            {name: tuple(each) for name, each in began["known"].items()},
        ),
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
        "keys": parameter_values.by_operation(contract, arguments.param),
        "operations": list(arguments.operation),
        "published": arguments.published_only,
        "unsafe": arguments.allow_unsafe,
        "timeout": arguments.timeout,
        "cases": arguments.cases,
    }


def _budget(arguments: argparse.Namespace, target: Target, cases: int | None) -> "Budget":
    from flowcontract.engine.campaigns.driver import Budget

    cases = arguments.cases or cases
    seconds = arguments.time or (None if cases else TIME)
    rate = arguments.rate
    if rate is None:
        rate = None if target.is_loopback else POLITE
    return Budget(seconds=seconds, cases=cases, rate=rate or None, outage=arguments.outage)
