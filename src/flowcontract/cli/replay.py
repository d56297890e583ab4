"""`flowcontract replay`: re-run a failing request, on the same target or another."""

import argparse
from typing import TYPE_CHECKING, Any

from flowcontract.checks.findings import Result
from flowcontract.cli import options, output
from flowcontract.http.curl import curl
from flowcontract.http.redaction import Redactor
from flowcontract.http.script import SequenceStep
from flowcontract.http.target import Target
from flowcontract.reporting import view
from flowcontract.text import one_line

if TYPE_CHECKING:
    from flowcontract.engine.campaigns.findings import CampaignFinding
    from flowcontract.engine.campaigns.replaying import ReplayResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add(
        "finding",
        metavar="ID",
        help="ID of a finding, or its first characters (`flowcontract campaigns show` lists them)",
    )
    add(
        "--target",
        dest="url",
        metavar="URL",
        help="server to send the request to (default: the server of the campaign)",
    )
    options.add_target(parser)
    options.add_show_secrets(parser)
    options.add_database(parser)
    options.add_spec(parser)
    add("--allow-unsafe", action="store_true", help="send the request even if its method is unsafe")
    output.add_to(parser, quiet="print the result only", as_json="print the result as one JSON document")


def run(arguments: argparse.Namespace) -> int:
    """Replay. 0 the failure or warning is gone, 1 it is still there, 2 inconclusive."""
    from rich.text import Text

    from flowcontract.engine.campaigns import session, triage
    from flowcontract.engine.campaigns.database import Database

    with Database(arguments.database, create=False) as database:
        campaign, each = triage.find(
            database, lambda campaign: session.contract_of(database, campaign), arguments.finding
        )
        contract = options.contract_of_campaign(arguments, database, campaign)
    target = options.stored_target(contract, arguments, campaign.target)
    replayed = triage.replay(contract, campaign, each, target, unsafe=arguments.allow_unsafe)
    replayed = Redactor(show_secrets=arguments.show_secrets).value(replayed)
    code = int(replayed.result)
    if arguments.json:
        output.print_json(_document(target, each, replayed))
        return code
    console = output.console()
    label, style = _label(replayed.result, is_warning=each.is_warning)
    why = f": {replayed.inconclusive}" if replayed.result is Result.INCONCLUSIVE else ""
    title = f"{each.finding.fingerprint}  {each.finding.title}{why}"
    console.print(Text(label, style=style), Text(one_line(title)), soft_wrap=True)
    if arguments.quiet:
        return code
    if replayed.inconclusive:
        name = f" ({one_line(campaign.name)})" if campaign.name else ""
        console.print(Text(f"  recorded in campaign {campaign.id}{name}"), soft_wrap=True)
    for number, (what, exchange) in enumerate(replayed.steps, 1):
        console.print(Text(f"  {number}. {view.step_line(SequenceStep(what, exchange))}"), soft_wrap=True)
    if each.finding.script and len(replayed.steps) > 1:  # The last request alone is about something that is deleted.
        console.print(Text(f"  script: flowcontract campaigns show {campaign.id} --verbose"), soft_wrap=True)
    else:
        command = curl(target, replayed.exchange.request, response=replayed.exchange.response)
        console.print(Text(f"  {command}"), soft_wrap=True)
    console.print(Text(f"  response: {view.outcome(replayed.exchange)}"), soft_wrap=True)
    for message in replayed.failures:
        console.print(Text(f"  {one_line(message)}"), soft_wrap=True)
    for note in replayed.notes:
        console.print(Text(f"  note: {one_line(note)}"), soft_wrap=True)
    return code


def _label(result: Result, *, is_warning: bool) -> tuple[str, str]:
    if result is Result.FAILED:
        return "still a warning:" if is_warning else "still failing:", "bold red"
    return ("passed:", "bold green") if result is Result.PASSED else ("inconclusive:", "bold yellow")


def _document(target: Target, each: "CampaignFinding", replayed: "ReplayResult") -> dict[str, Any]:
    from flowcontract.reporting import json_report

    return {
        "schema_version": json_report.SCHEMA_VERSION,
        "server": target.url,
        "result": replayed.result.name.lower(),
        "failures": list(replayed.failures),
        "inconclusive": replayed.inconclusive,
        "finding": json_report.finding(each.finding),
        "exchange": json_report.exchange(replayed.exchange),
        "notes": list(replayed.notes),
    }
