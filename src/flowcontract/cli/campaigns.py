"""`flowcontract campaigns`: list, show, compare and delete fuzz campaigns; triage their findings."""

import argparse
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowcontract.cli import campaign_reports, options, output
from flowcontract.errors import UsageError
from flowcontract.http.target import Target

if TYPE_CHECKING:
    from flowcontract.engine.campaigns.conclusion import Conclusion
    from flowcontract.engine.campaigns.database import Campaign, Database
    from flowcontract.engine.campaigns.findings import CampaignFinding

_STATES = ("open", "known", "fixed", "wontfix", "false-positive")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    options.add_database(parser)
    output.add_to(parser)
    shared = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    options.add_database(shared, default=argparse.SUPPRESS)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        described = f"{text[:1].upper()}{text[1:]}."
        action: argparse.ArgumentParser = actions.add_parser(name, parents=[shared], help=text, description=described)
        return action

    listed = add("list", "list all campaigns in the database (default)")
    show = add("show", "show findings and coverage of one campaign")
    show.add_argument("campaign", nargs="?", default="", metavar="ID", help="campaign (default: the newest)")
    compare = add("compare", "show which findings are new, gone or unchanged")
    compare.add_argument("before", metavar="BEFORE", help="earlier campaign")
    compare.add_argument("after", metavar="AFTER", help="later campaign")
    report = add("report", "write the reports of one campaign")
    report.add_argument("campaign", nargs="?", default="", metavar="ID", help="campaign (default: the newest)")
    report.add_argument(
        "-o",
        "--output",
        dest="report",
        type=Path,
        default=Path("campaign"),
        metavar="DIR",
        help="folder to write to (default: %(default)s)",
    )
    options.add_format(report, campaign_reports.FORMATS)
    options.add_show_secrets(report)
    options.add_show_secrets(show)
    delete = add("delete", "delete one campaign with its findings")
    delete.add_argument("campaign", metavar="ID", help="campaign")
    decide = add("decide", "set the status of a finding")
    decide.add_argument("finding", metavar="FINDING", help="ID of the finding, or its first characters")
    decide.add_argument("status", choices=_STATES, help="new status")
    decide.add_argument("--note", default="", help="reason")
    decide.add_argument("--link", default="", metavar="URL", help="URL of the ticket")
    decide.add_argument(
        "--expires", type=_day, metavar="DATE", help="date on which the finding becomes open again, such as 2026-12-31"
    )
    output.add_to(listed)
    output.add_to(show, quiet="print the result only")
    output.add_to(compare, quiet="print the numbers only")
    output.add_to(report, as_json=None)
    output.add_to(decide, as_json=None)
    output.add_to(delete, as_json=None)


def _day(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected a date such as 2026-12-31, got {text!r}") from error
    if day <= date.today():
        raise argparse.ArgumentTypeError(f"expected a date in the future, got {text!r}")
    return day.isoformat()


def run(arguments: argparse.Namespace) -> int:
    """Run the action. 0 done, 1 with `compare` new findings or regressions, 2 error."""
    from flowcontract.engine.campaigns.database import Database

    with Database(arguments.database, create=False) as database:
        action = {
            None: _list, "list": _list, "show": _show, "compare": _compare, "report": _report, "decide": _decide,
            "delete": _delete,
        }  # fmt: skip
        return action[arguments.action](database, arguments)


def _conclusion(database: "Database", campaign: "Campaign") -> "Conclusion":
    from flowcontract.engine.campaigns import session
    from flowcontract.engine.campaigns.conclusion import Evaluation, conclude

    contract = session.contract_of(database, campaign)
    target = Target.at(campaign.target, contract.base_path)
    return conclude(Evaluation(database, contract, campaign, target))


def _list(database: "Database", arguments: argparse.Namespace) -> int:
    from flowcontract.engine.campaigns.driver import TIME_LIMIT
    from flowcontract.reporting.campaigns.progress import clock
    from flowcontract.text import one_line

    campaigns = database.campaigns()
    listed: list[dict[str, Any]] = [
        {
            "id": campaign.id, "state": campaign.state, "seed": campaign.settings.seed,
            "seconds": campaign.seconds, **_numbers(database, campaign),
            "started": campaign.started[:16], "server": campaign.target, "name": campaign.name,
        }
        for campaign in campaigns
    ]  # fmt: skip
    if arguments.json:
        output.print_json(listed)
    elif not arguments.quiet:
        head = ["id", "state", "seed", "ran", "requests", "open", "decided", "warnings", "started", "target", "name"]
        shown = [{**each, "seconds": clock(each["seconds"])} for each in listed]
        for row, campaign in zip(shown, campaigns, strict=True):
            if campaign.state == "complete" and campaign.ended.startswith(TIME_LIMIT):
                row["state"] = "time limit"
        rows = [["?" if value is None else one_line(str(value)) for value in each.values()] for each in shown]
        if not any(each["name"] for each in listed):  # More space for the target.
            head, rows = head[:-1], [row[:-1] for row in rows]
        sys.stdout.write(output.columns([head, *rows], right=frozenset({0, 2, 3, 4, 5, 6, 7})))
    return 0


def _numbers(database: "Database", campaign: "Campaign") -> dict[str, int | None]:
    """Requests and findings of a campaign; None for what cannot be counted, with a message."""
    from flowcontract.engine.campaigns.driver import state_of

    try:
        conclusion = _conclusion(database, campaign)
    except UsageError as error:  # Its contract is damaged: list the others.
        output.message(f"flowcontract campaigns: the findings of campaign {campaign.id} are not counted: {error}")
        requests = state_of(database, campaign).requests
        return {"requests": requests, "open": None, "known": None, "warnings": None}
    if conclusion.left_out:
        output.message(f"flowcontract campaigns: not all findings of campaign {campaign.id}: {conclusion.left_out}")
    opened = sum(each.is_open for each in conclusion.findings)
    warnings = sum(each.is_warning for each in conclusion.findings)
    known = len(conclusion.findings) - opened - warnings
    return {"requests": conclusion.run_result.requests, "open": opened, "known": known, "warnings": warnings}


def _show(database: "Database", arguments: argparse.Namespace) -> int:
    campaign = database.campaign(arguments.campaign)
    arguments.report = None
    campaign_reports.show(_conclusion(database, campaign).run_result, arguments)
    return 0


def _compare(database: "Database", arguments: argparse.Namespace) -> int:
    from rich.text import Text

    from flowcontract.reporting import json_report

    console = output.console()
    before, after = (
        {each.finding.fingerprint: each for each in _conclusion(database, database.campaign(number)).findings}
        for number in (arguments.before, arguments.after)
    )
    new = [each for key, each in after.items() if key not in before]
    retested = database.retested(database.campaign(arguments.after))
    left = [each for key, each in before.items() if key not in after]
    gone = [each for each in left if each.was_retested(retested)]
    not_retested = [each for each in left if not each.was_retested(retested)]
    regressions = [each for each in after.values() if each.is_regression]
    new = [each for each in new if not each.is_regression]
    unchanged = [each for key, each in after.items() if key in before and not each.is_regression]
    code = 1 if regressions or any(each.is_open for each in new) else 0
    if arguments.json:
        parts = {
            "new": new, "regressions": regressions, "gone": gone, "not_retested": not_retested, "unchanged": unchanged,
        }  # fmt: skip
        document = {name: [json_report.finding(each.finding) for each in findings] for name, findings in parts.items()}
        output.print_json({"schema_version": json_report.SCHEMA_VERSION, **document})
        return code
    for label, style, findings in (
        ("new", "bold red", new),
        ("regression" if len(regressions) == 1 else "regressions", "bold red", regressions),
        ("gone", "green", gone),
        ("not retested", "yellow", not_retested),
        ("unchanged", "yellow", unchanged),
    ):
        console.print(Text(f"{len(findings)} {label}", style=style))
        for each in findings if not arguments.quiet else ():
            status = each.finding.decision or str(each.finding.status)
            line = f"  {each.finding.fingerprint}  {each.finding.title}  ({status}, {_times(each)})"
            console.print(Text(line), soft_wrap=True)
    return code


def _times(each: "CampaignFinding") -> str:
    from flowcontract.text import plural

    return plural(each.finding.count, "time")


def _report(database: "Database", arguments: argparse.Namespace) -> int:
    from flowcontract import reporting

    campaign_reports.require_writable(arguments)
    campaign = database.campaign(arguments.campaign)
    run_result = _conclusion(database, campaign).run_result
    formats = arguments.format or campaign_reports.FORMATS
    written = reporting.write(run_result, arguments.report, formats, show_secrets=arguments.show_secrets)
    if not arguments.quiet:
        output.message(f"Report written to {written.get('html') or next(iter(written.values()))}.")
    return 0


def _delete(database: "Database", arguments: argparse.Namespace) -> int:
    campaign = database.campaign(arguments.campaign)
    database.delete(campaign)
    if not arguments.quiet:
        output.message(f"Campaign {campaign.id} is deleted. Decisions about its findings stay.")
    return 0


def _decide(database: "Database", arguments: argparse.Namespace) -> int:
    from flowcontract.engine.campaigns import session, triage
    from flowcontract.engine.campaigns.database import Triage

    _, each = triage.find(database, lambda campaign: session.contract_of(database, campaign), arguments.finding)
    decision = Triage(arguments.status, arguments.note, arguments.link, arguments.expires or "")
    database.decide(each.finding.fingerprint, decision)
    if not arguments.quiet:
        output.message(f"{each.finding.fingerprint} is now {arguments.status}: {each.finding.title}")
    return 0
