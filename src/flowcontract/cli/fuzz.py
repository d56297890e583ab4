"""`flowcontract fuzz`: fuzz a server and deduplicate the findings."""

import argparse
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from flowcontract.cli import campaign_reports, config, options, output, plan, termination, without_run
from flowcontract.errors import UsageError
from flowcontract.http.target import Target
from flowcontract.openapi import parameter_values
from flowcontract.openapi.contract import Contract

if TYPE_CHECKING:
    from flowcontract.engine.campaigns.conclusion import Evaluation
    from flowcontract.engine.campaigns.database import Campaign
    from flowcontract.engine.campaigns.driver import Budget
    from flowcontract.engine.campaigns.plan import Settings
    from flowcontract.engine.campaigns.session import PreparedCampaign

POLITE = 10.0
"""Requests per second to a target on another machine, by default."""
TIMEOUT = 10.0
"""Seconds for one request, by default."""
TIME = 60.0
"""Seconds that a campaign takes where neither --time nor --cases is given."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("url", metavar="URL", nargs="?", help="server to fuzz, with or without the base path")
    options.add_target(parser)
    options.add_spec(parser)
    options.add_requests(parser)
    options.add_seed(parser)
    parser.set_defaults(seed=None)  # A resumed campaign has a seed; a new one starts with 0.
    options.add_selection(parser)
    options.add_rules(parser)
    options.add_known_issues(parser)
    add(
        "--time",
        type=options.duration,
        metavar="T",
        help="duration: 90, 90s, 15m, 8h, 2d; with --resume, additional time (default: 60s, or until --cases)",
    )
    add(
        "--cases",
        type=options.whole(1, 2**32 - 1, "a number of cases of at least 1"),
        metavar="N",
        help="stop after about N requests; requests that failed in earlier campaigns are always sent again",
    )
    add(
        "--rate",
        type=options.between(0, 1e6, "a number of requests per second"),
        metavar="N",
        help="requests per second; 0 for no limit (default: no limit for a server on this machine, otherwise "
        f"{POLITE:g})",
    )
    add(
        "--workers",
        type=options.whole(1, 256, "a number from 1 to 256"),
        metavar="N",
        help="worker processes (default: number of processors minus one); with --allow-unsafe, always 1",
    )
    add("--cluster", metavar="ADDRESS", help="address of a dask.distributed scheduler to run on")
    add("--timeout", type=options.duration, metavar="T", help="request timeout (default: 10s)")
    options.add_settle(parser)
    add(
        "--outage",
        type=options.duration,
        default=60.0,
        metavar="T",
        help="how long the server may be unreachable before the campaign ends (default: 60s)",
    )
    add("--fail-fast", action="store_true", help="stop at the first failure")
    options.add_database(parser)
    add(
        "--keep",
        type=options.size,
        default=200 * 10**6,
        metavar="SIZE",
        help="database size, at least 1MB, above which old bodies are truncated; findings are not affected"
        " (default: 200MB)",
    )
    add("--name", default="", help="name of the campaign")
    plan.add(parser)
    add("--resume", nargs="?", const="", metavar="ID", help="resume a campaign from the database (default: the newest)")
    add(
        "--fail-on",
        choices=("open", "warning", "new", "never"),
        default="open",
        help="which findings fail the campaign: open ones (default), also warnings, only new ones, or none",
    )
    campaign_reports.add(parser)
    output.add_to(
        parser, quiet="print the result only, and no progress", as_json="print the result as one JSON document"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run a campaign. 0 no open findings, 1 open (or new) findings, 2 inconclusive."""
    with without_run.reported(arguments, campaign_reports.FORMATS):
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    from flowcontract.checks import suppressions
    from flowcontract.engine.campaigns import session
    from flowcontract.engine.campaigns.conclusion import Evaluation, conclude, resume_command
    from flowcontract.engine.campaigns.database import Database

    if arguments.plan:
        contract = options.document(arguments)
        published = options.published_contract(arguments) if arguments.published_only else None
        plan.show(contract, arguments, _settings(contract, arguments).options(arguments.seed or 0, published))
        return 0
    if arguments.resume is None and not arguments.url:
        raise UsageError("expected the URL of a server, got none.", do="Add a URL, or use --resume.")
    waivers = suppressions.load_waivers(arguments.waivers) if arguments.waivers else ()
    campaign_reports.require_writable(arguments)
    with Database(arguments.database, create=arguments.resume is None, keep=arguments.keep) as database:
        prepared = None
        if arguments.resume is not None:
            campaign = database.campaign(arguments.resume)
            contract = options.contract_of_campaign(arguments, database, campaign)
            target = options.stored_target(contract, arguments, campaign.target)
            _check(_settings(contract, arguments), arguments, campaign)
            if campaign.state == "complete" and not (arguments.time or arguments.cases):
                output.message(
                    f"flowcontract fuzz: campaign {campaign.id} is already complete ({campaign.ended})."
                    " Give --time or --cases to go on."
                )
            else:
                campaign = replace(campaign, settings=_with_limits(campaign, arguments))
                prepared = session.resume(database, contract, campaign, target)
                database.change_settings(campaign, campaign.settings)
        else:
            contract = options.document(arguments)
            target = options.target(contract, arguments, arguments.url)
            prepared = session.begin(database, contract, target, _settings(contract, arguments), arguments.name)
            campaign = prepared.campaign
        evaluation = Evaluation(
            database, contract, campaign, target, arguments.fail_on, waivers, baseline_file=arguments.baseline
        )
        repeated = options.repeated(arguments, target)
        try:
            if prepared is not None:
                _drive(prepared, arguments, evaluation)
                evaluation = replace(evaluation, campaign=database.campaign(campaign.id))
            conclusion = conclude(evaluation, repeated)
        except KeyboardInterrupt:  # The second one: what was found is in the database.
            command = resume_command(evaluation, repeated)
            output.message(f"flowcontract fuzz: stopped before the result. Go on with: {command}")
            return 130
        if database.size > arguments.keep:
            output.message(
                f"flowcontract fuzz: the database has {_megabytes(database.size)}, more than --keep"
                f" {_megabytes(arguments.keep)}: findings stay."
                " Delete old campaigns with `flowcontract campaigns delete`."
            )
    with output.unread_if_failed(conclusion.run_result.result):
        campaign_reports.show(conclusion.run_result, arguments)
    output.remind_of_contract(arguments, conclusion.run_result.result)
    return int(conclusion.run_result.result)


def _megabytes(size: int) -> str:
    """A size in bytes, in words."""
    return f"{size / 10**6:.1f} MB"


def _drive(prepared: "PreparedCampaign", arguments: argparse.Namespace, evaluation: "Evaluation") -> None:
    """Run a campaign until its limits, and show its progress."""
    from flowcontract.engine.campaigns import session
    from flowcontract.engine.campaigns.conclusion import CurrentFindings
    from flowcontract.reporting.campaigns.progress import Progress

    settings, target, findings = prepared.plan.settings, evaluation.target, CurrentFindings(evaluation)
    if settings.allow_unsafe and ((arguments.workers or 1) > 1 or arguments.cluster):
        output.message(
            "flowcontract fuzz: one worker: with --allow-unsafe, each shard would see what the others change."
        )
    budget = _budget(arguments, target, settings)
    title = f"campaign {prepared.campaign.id} against {target.url}, seed {settings.seed}"
    console = output.console(stderr=True)
    console.quiet = arguments.quiet
    with Progress(console, budget, title, findings) as progress, termination.as_interrupt():
        session.drive(
            evaluation.database, prepared, budget, progress.show, workers=arguments.workers,
            cluster=arguments.cluster, renewed=_renewed(evaluation.contract, arguments, target),
            is_failing=findings.is_failing,
        )  # fmt: skip


def _renewed(contract: Contract, arguments: argparse.Namespace, target: Target) -> Callable[[], Target | None]:
    """Reads the token file again, where there is one: it may hold a new token by now."""

    def read() -> Target | None:
        return options.target(contract, arguments, target.url) if arguments.token_file else None

    return read


def _check(asked: "Settings", arguments: argparse.Namespace, campaign: "Campaign") -> None:
    """Raise UsageError where a resumed campaign is given other settings than it started with."""
    began = campaign.settings
    given = {
        "--seed": (arguments.seed, began.seed),
        "--name": (arguments.name or None, campaign.name),
        "--operation": (sorted(asked.operations) or None, sorted(began.operations)),
        "--include": (asked.include or None, began.include),
        "--exclude": (asked.exclude or None, began.exclude),
        "--safe": (asked.safe or None, began.safe),
        "--pair": (asked.pairs or None, began.pairs),
        "--rule": (asked.severities or None, began.severities),
        "--timeout": (arguments.timeout, began.timeout),
        "--settle": (asked.settle or None, began.settle),
        "--published-only": (asked.published or None, began.published),
        "--allow-unsafe": (asked.allow_unsafe or None, began.allow_unsafe),
        "--param": (asked.path_values or None, began.path_values),
    }
    for option, (wanted, had) in given.items():
        if wanted not in (None, had):
            raise UsageError(
                f"{option} differs from the setting that campaign {campaign.id} started with.",
                do=f"Remove {option}, or start a new campaign.",
            )


def _settings(contract: Contract, arguments: argparse.Namespace) -> "Settings":
    from flowcontract.engine.campaigns.plan import Settings

    values = parameter_values.by_operation(contract, arguments.param)
    return Settings(
        seed=arguments.seed or 0,
        path_values={name: tuple(dict(each) for each in sets) for name, sets in values.items()},
        may_change=parameter_values.named_operations(contract, arguments.param),
        operations=options.operation_ids(contract, arguments.operation),
        include=tuple(arguments.include),
        exclude=tuple(arguments.exclude),
        safe=options.operation_ids(contract, arguments.safe),
        pairs=options.pairs(contract, arguments),
        allow_unsafe=arguments.allow_unsafe,
        published=arguments.published_only,
        timeout=arguments.timeout or TIMEOUT,
        settle=arguments.settle,
        severities=dict(arguments.rule),
        plugins=tuple(config.plugins(arguments.configuration)),
        cases=arguments.cases,
        seconds=arguments.time or (None if arguments.cases else TIME),
    )


def _with_limits(campaign: "Campaign", arguments: argparse.Namespace) -> "Settings":
    """The settings of a resumed campaign: what is left of its limits, or new ones."""
    began = campaign.settings
    if arguments.time or arguments.cases:
        seconds = round(campaign.seconds + arguments.time, 1) if arguments.time else None
        return replace(began, cases=arguments.cases, seconds=seconds)
    return began if began.cases or began.seconds else replace(began, seconds=round(campaign.seconds + TIME, 1))


def _budget(arguments: argparse.Namespace, target: Target, settings: "Settings") -> "Budget":
    from flowcontract.engine.campaigns.driver import Budget

    rate = arguments.rate
    if rate is None:
        rate = None if target.is_loopback else POLITE
    return Budget(
        seconds=settings.seconds,
        cases=settings.cases,
        rate=rate or None,
        outage=arguments.outage,
        fail_fast=arguments.fail_fast,
        # The bundled contract is only a fallback: a server that it does not fit is not worth the whole time.
        needs_success=output.is_contract_bundled(arguments),
    )
