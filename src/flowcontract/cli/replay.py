"""`flowcontract replay`: re-run a failing request, on the same target or another."""

import argparse
from typing import TYPE_CHECKING, Any

from flowcontract.cli import options, output
from flowcontract.http.curl import curl
from flowcontract.http.redaction import Redactor
from flowcontract.http.target import Target

if TYPE_CHECKING:
    from flowcontract.engine.campaigns.findings import CampaignFinding
    from flowcontract.engine.campaigns.triage import ReplayResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add(
        "finding",
        metavar="ID",
        help="ID of a finding, or its first characters (`flowcontract campaigns show` lists them)",
    )
    add("--target", dest="url", metavar="URL", help="another target (default: the target of the campaign)")
    options.add_target(parser)
    options.add_show_secrets(parser)
    options.add_database(parser)
    options.add_spec(parser)
    add("--allow-unsafe", action="store_true", help="send it even if its method is unsafe")
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
    if arguments.json:
        output.print_json(_document(target, each, replayed))
        return 1 if replayed.failures else 0
    console = output.console()
    still = "still a warning:" if each.is_warning else "still failing:"
    label, style = (still, "bold red") if replayed.failures else ("passed:", "bold green")
    console.print(Text(label, style=style), Text(f"{each.finding.fingerprint}  {each.finding.title}"), soft_wrap=True)
    if arguments.quiet:
        return 1 if replayed.failures else 0
    console.print(Text(f"  {curl(target, replayed.exchange.request)}"), soft_wrap=True)
    response = replayed.exchange.response
    received = f"{response.status} in {1000 * response.elapsed:.0f} ms" if response else replayed.exchange.error
    console.print(Text(f"  response: {received}"), soft_wrap=True)
    for message in replayed.failures:
        console.print(Text(f"  {message}"), soft_wrap=True)
    return 1 if replayed.failures else 0


def _document(target: Target, each: "CampaignFinding", replayed: "ReplayResult") -> dict[str, Any]:
    from flowcontract.reporting import json_report

    return {
        "schema_version": json_report.SCHEMA_VERSION,
        "target": target.url,
        "failures": list(replayed.failures),
        "finding": json_report.finding(each.finding),
        "exchange": json_report.exchange(replayed.exchange),
    }
