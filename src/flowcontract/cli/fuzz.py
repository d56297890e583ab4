"""`flowcontract fuzz`: fuzz a server and deduplicate the findings."""

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
"""Requests per second to a target on another machine, by default."""
TIME = 60.0
"""Seconds that a campaign takes where neither --time nor --cases is given."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add(
        "url",
        metavar="URL",
        nargs="?",
        help="server to fuzz, with or without the base path (with --resume: the same as before)",
    )
    options.add_target(parser)
    options.add_spec(parser)
    options.add_requests(parser)
    parser.set_defaults(seed=None)  # A resumed campaign has a seed; a new one starts with 0.
    options.add_known_issues(parser)
    add(
        "--time",
        type=options.duration,
        metavar="T",
        help="duration: 90, 90s, 15m, 8h, 2d (default: 60s, or until --cases)",
    )
    add(
        "--cases",
        type=options.whole(1, 2**32 - 1, "a number of cases of at least 1"),
        metavar="N",
        help="number of cases",
    )
    add(
        "--rate",
        type=options.between(0, 1e6, "a number of requests per second"),
        metavar="N",
        help=f"requests per second (default: no limit on this machine, else {POLITE:g}; 0: no limit)",
    )
    add(
        "--workers",
        type=options.whole(1, 256, "a number from 1 to 256"),
        metavar="N",
        help="worker processes (default: one less than processors)",
    )
    add("--cluster", metavar="ADDRESS", help="address of a dask.distributed scheduler to run on")
    add(
        "--timeout",
        type=options.duration,
        default=10.0,
        metavar="T",
        help="request timeout (default: 10s)",
    )
    add(
        "--outage",
        type=options.duration,
        default=60.0,
        metavar="T",
        help="how long the target may be unreachable (default: 60s)",
    )
    options.add_database(parser)
    add("--name", default="", help="name of the campaign")
    add("--resume", nargs="?", const="", metavar="ID", help="resume a campaign from the database (default: the newest)")
    add(
        "--fail-on",
        choices=("open", "new", "never"),
        default="open",
        help="which findings fail the run (default: open)",
    )
    add("--report", type=Path, metavar="FILE", help="write the report, one HTML file")
    output.add_to(
        parser, quiet="print the result only, and no progress", as_json="print the result as one JSON document"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run a campaign. 0 no open findings, 1 open (or new) findings, 2 inconclusive."""
    from flowcontract.engine.campaigns import session
    from flowcontract.engine.campaigns.database import Database
    from flowcontract.reporting.campaigns import terminal
    from flowcontract.reporting.campaigns.progress import Progress

    contract = options.document(arguments)
    if arguments.resume is None and not arguments.url:
        raise UsageError("expected the URL of a server, got none.", do="Add a URL, or use --resume.")
    asked = _asked(contract, arguments)
    if arguments.report:
        documents.require_writable(arguments.report)
    progress_console = output.console(stderr=True)
    progress_console.quiet = arguments.quiet
    with Database(arguments.database, create=arguments.resume is None) as database:
        if arguments.resume is not None:
            campaign = database.campaign(arguments.resume)
            _check(asked, campaign)
            prepared = session.resume(contract, campaign, options.stored_target(contract, arguments, campaign.target))
        else:
            target = options.target(contract, arguments, arguments.url)
            prepared = session.begin(database, contract, target, asked)
        budget = _budget(arguments, prepared.plan.target, prepared.cases)
        title = f"campaign {prepared.campaign.id} against {prepared.plan.target.url}, seed {prepared.plan.seed}"
        with Progress(progress_console, budget, title) as progress:
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
                output.message(f"report: {arguments.report}")
    return int(conclusion.result)


def _check(asked: Mapping[str, Any], campaign: "Campaign") -> None:
    """Raise UsageError where a resumed campaign is given other settings than it started with."""
    began = campaign.settings
    known = {name: tuple(asked["values"].get(name, ())) for name in began["known"]}
    given = {
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
    for option, (wanted, had) in given.items():
        if wanted not in (None, had):
            raise UsageError(
                f"{option} differs from the setting that campaign {campaign.id} started with.",
                do=f"Remove {option}, or start a new campaign.",
            )


def _asked(contract: Contract, arguments: argparse.Namespace) -> dict[str, Any]:
    return {
        "name": arguments.name,
        "seed": arguments.seed,
        "values": parameter_values.by_operation(contract, arguments.param),
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
