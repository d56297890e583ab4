"""`flowcontract campaigns`: list, show and compare fuzz campaigns; triage their findings."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowcontract.cli import options, output
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

if TYPE_CHECKING:
    from flowcontract.engine.campaigns.database import Campaign, Database
    from flowcontract.engine.campaigns.findings import CampaignFinding
    from flowcontract.engine.campaigns.session import Conclusion


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    shared = argparse.ArgumentParser(add_help=False)
    options.add_database(shared)
    options.add_spec(shared)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listed = actions.add_parser("list", parents=[shared], help="list every campaign of the database")
    show = actions.add_parser("show", parents=[shared], help="show findings and coverage of one campaign")
    show.add_argument("campaign", nargs="?", default="", metavar="ID", help="campaign (default: the newest)")
    compare = actions.add_parser("compare", parents=[shared], help="show which findings are new, gone and still there")
    compare.add_argument("before", metavar="BEFORE", help="earlier campaign")
    compare.add_argument("after", metavar="AFTER", help="later campaign")
    html = actions.add_parser("report", parents=[shared], help="write the HTML report of one campaign")
    html.add_argument("campaign", nargs="?", default="", metavar="ID", help="campaign (default: the newest)")
    html.add_argument("-o", "--output", type=Path, default=Path("campaign.html"), metavar="FILE", help="file to write")
    decide = actions.add_parser("decide", parents=[shared], help="set the status of a finding")
    decide.add_argument("finding", metavar="FINDING", help="ID of the finding, or its first characters")
    decide.add_argument("status", choices=("open", "known", "fixed"), help="new status")
    decide.add_argument("--note", default="", help="reason")
    output.add_to(listed)
    output.add_to(show, quiet="print the result only")
    output.add_to(compare, quiet="print the numbers only")
    output.add_to(html, as_json=None)
    output.add_to(decide, as_json=None)


def run(arguments: argparse.Namespace) -> int:
    """Run the action. 0 done, 1 with `compare` new findings, 2 error."""
    from flowcontract.engine.campaigns.database import Database

    with Database(arguments.database, create=False) as database:
        contract = options.document(arguments)
        return {"list": _list, "show": _show, "compare": _compare, "report": _report, "decide": _decide}[
            arguments.action
        ](database, contract, arguments)


def _conclusion(database: "Database", contract: Contract, campaign: "Campaign") -> "Conclusion":
    from flowcontract.engine.campaigns import session

    return session.conclude(database, contract, campaign, Target.at(campaign.target, contract.base_path))


def _list(database: "Database", contract: Contract, arguments: argparse.Namespace) -> int:
    from flowcontract.reporting.campaigns.progress import clock
    from flowcontract.text import one_line

    listed: list[dict[str, Any]] = []
    for campaign in database.campaigns():
        findings = _conclusion(database, contract, campaign).findings
        opened = sum(each.is_open for each in findings)
        warnings = sum(each.is_warning for each in findings)
        listed.append(
            {
                "id": campaign.id, "state": campaign.state, "seed": campaign.seed, "seconds": campaign.seconds,
                "cases": database.ranges(campaign).count(), "open": opened, "known": len(findings) - opened - warnings,
                "warnings": warnings, "started": campaign.started[:16], "target": campaign.target,
                "name": campaign.name,
            }
        )  # fmt: skip
    if arguments.json:
        output.print_json(listed)
    elif not arguments.quiet:
        head = ["id", "state", "seed", "ran", "cases", "open", "known", "warnings", "started", "target", "name"]
        shown = [{**each, "seconds": clock(each["seconds"])} for each in listed]
        rows = [[one_line(str(value)) for value in each.values()] for each in shown]
        if not any(each["name"] for each in listed):  # More space for the target.
            head, rows = head[:-1], [row[:-1] for row in rows]
        sys.stdout.write(output.columns([head, *rows], right=frozenset({0, 2, 3, 4, 5, 6, 7})))
    return 0


def _show(database: "Database", contract: Contract, arguments: argparse.Namespace) -> int:
    from flowcontract.engine.campaigns import coverage
    from flowcontract.engine.campaigns.driver import state_of
    from flowcontract.reporting.campaigns import terminal

    campaign = database.campaign(arguments.campaign)
    state = state_of(database, campaign)
    conclusion = _conclusion(database, contract, campaign)
    covered = coverage.of(contract, campaign.settings, state.counts)
    if arguments.json:
        document = terminal.document(conclusion, campaign, state, database.path)
        coverages = {each.title: {"reached": dict(each.reached), "missed": list(each.missed)} for each in covered}
        output.print_json({**document, "coverage": coverages})
        return 0
    console = output.console()
    terminal.print(conclusion, campaign, state, database.path, console, quiet=arguments.quiet)
    if not arguments.quiet:
        console.print()
        coverage.print(covered, console)
    return 0


def _compare(database: "Database", contract: Contract, arguments: argparse.Namespace) -> int:
    from rich.text import Text

    from flowcontract.reporting import json_report

    console = output.console()
    before, after = (
        {each.finding.fingerprint: each for each in _conclusion(database, contract, database.campaign(number)).findings}
        for number in (arguments.before, arguments.after)
    )
    new = [each for key, each in after.items() if key not in before]
    gone = [each for key, each in before.items() if key not in after]
    still = [each for key, each in after.items() if key in before]
    code = 0 if all(each.is_warning for each in new) else 1
    if arguments.json:
        parts = {"new": new, "gone": gone, "still": still}
        document = {name: [json_report.finding(each.finding) for each in findings] for name, findings in parts.items()}
        output.print_json({"schema_version": json_report.SCHEMA_VERSION, **document})
        return code
    for label, style, findings in (
        ("new", "bold red", new),
        ("gone", "green", gone),
        ("still there", "yellow", still),
    ):
        console.print(Text(f"{len(findings)} {label}", style=style))
        for each in findings if not arguments.quiet else ():
            console.print(
                Text(f"  {each.finding.fingerprint}  {each.finding.title}  ({_state(each)}, {_times(each)})"),
                soft_wrap=True,
            )
    return code


def _state(each: "CampaignFinding") -> str:
    return "warning" if each.is_warning else each.state


def _times(each: "CampaignFinding") -> str:
    from flowcontract.text import plural

    return plural(each.finding.count, "time")


def _report(database: "Database", contract: Contract, arguments: argparse.Namespace) -> int:
    from flowcontract.engine.campaigns.driver import state_of
    from flowcontract.reporting.campaigns import html

    campaign = database.campaign(arguments.campaign)
    state = state_of(database, campaign)
    html.write(arguments.output, _conclusion(database, contract, campaign), campaign, state, contract)
    if not arguments.quiet:
        output.message(f"Report written to {arguments.output}.")
    return 0


def _decide(database: "Database", contract: Contract, arguments: argparse.Namespace) -> int:
    from flowcontract.engine.campaigns import triage

    _, each = triage.find(database, contract, arguments.finding)
    database.decide(each.finding.fingerprint, arguments.status, arguments.note)
    if not arguments.quiet:
        output.message(f"{each.finding.fingerprint} is {arguments.status} now: {each.finding.title}")
    return 0
