"""`flowcontract campaigns`: list, show and compare fuzz campaigns; decide about what they found."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from flowcontract.contract import Contract
from flowcontract.exchange import Target

if TYPE_CHECKING:
    from flowcontract.fuzz.session import Conclusion
    from flowcontract.fuzz.store import Campaign, Store


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--store", type=Path, default=Path("campaign.db"), metavar="FILE", help="default: campaign.db")
    shared.add_argument("--spec", type=Path, metavar="FILE", help="the contract (default: the one the project carries)")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", parents=[shared], help="every campaign of the store")
    show = actions.add_parser("show", parents=[shared], help="what one campaign found and covered")
    show.add_argument("campaign", nargs="?", default="", metavar="ID", help="default: the newest")
    compare = actions.add_parser("compare", parents=[shared], help="what is new, gone and still there")
    compare.add_argument("before", metavar="ID")
    compare.add_argument("after", metavar="ID")
    report = actions.add_parser("report", parents=[shared], help="write the report of one campaign, one HTML file")
    report.add_argument("campaign", nargs="?", default="", metavar="ID", help="default: the newest")
    report.add_argument("-o", "--output", type=Path, default=Path("campaign.html"), metavar="FILE")
    decide = actions.add_parser("decide", parents=[shared], help="say what becomes of a cause")
    decide.add_argument("cause", metavar="CAUSE", help="its identifier, or the beginning of it")
    decide.add_argument("state", choices=("open", "known", "fixed"))
    decide.add_argument("--note", default="", help="why")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked. 0 done, 2 could not; `compare` gives 1 where something is new."""
    from flowcontract.fuzz.store import Store

    with Store(arguments.store, create=False) as store:
        contract = Contract.load(arguments.spec)
        return {"list": _list, "show": _show, "compare": _compare, "report": _report, "decide": _decide}[
            arguments.action
        ](store, contract, arguments)


def _conclusion(store: "Store", contract: Contract, campaign: "Campaign") -> "Conclusion":
    from flowcontract.fuzz import session

    return session.conclude(store, contract, campaign, Target.at(campaign.target, contract.base_path))


def _list(store: "Store", contract: Contract, _: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.table import Table

    from flowcontract.fuzz.progress import clock

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("id", "started", "target", "seed", "state", "ran", "cases", "open", "known", "name"):
        table.add_column(
            column, justify="right" if column in ("id", "seed", "ran", "cases", "open", "known") else "left"
        )
    for campaign in store.campaigns():
        causes = _conclusion(store, contract, campaign).found
        opened = sum(each.is_open for each in causes)
        table.add_row(
            str(campaign.id), campaign.started, campaign.target, str(campaign.seed), campaign.state,
            clock(campaign.seconds),
            f"{store.ranges(campaign).count():,}", str(opened), str(len(causes) - opened), campaign.name,
        )  # fmt: skip
    Console().print(table)
    return 0


def _show(store: "Store", contract: Contract, arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from flowcontract.fuzz import coverage, summary
    from flowcontract.fuzz.campaign import state_of

    campaign = store.campaign(arguments.campaign)
    state = state_of(store, campaign)
    console = Console()
    summary.print(_conclusion(store, contract, campaign), campaign, state, store.path, console)
    console.print()
    coverage.print(coverage.of(contract, campaign.settings["operations"], state.counts), console)
    return 0


def _compare(store: "Store", contract: Contract, arguments: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.text import Text

    console = Console()
    before, after = (
        {each.cause.fingerprint: each for each in _conclusion(store, contract, store.campaign(number)).found}
        for number in (arguments.before, arguments.after)
    )
    new = [each for key, each in after.items() if key not in before]
    gone = [each for key, each in before.items() if key not in after]
    still = [each for key, each in after.items() if key in before]
    for word, style, causes in (("new", "bold red", new), ("gone", "green", gone), ("still there", "yellow", still)):
        console.print(Text(f"{len(causes)} {word}", style=style))
        for each in causes:
            console.print(
                Text(f"  {each.cause.fingerprint}  {each.cause.title}  ({each.state}, {each.cause.count} times)"),
                soft_wrap=True,
            )
    return 1 if new else 0


def _report(store: "Store", contract: Contract, arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from flowcontract.fuzz import report
    from flowcontract.fuzz.campaign import state_of

    campaign = store.campaign(arguments.campaign)
    state = state_of(store, campaign)
    report.write(arguments.output, _conclusion(store, contract, campaign), campaign, state, contract)
    Console().print(f"{arguments.output} written.", highlight=False)
    return 0


def _decide(store: "Store", contract: Contract, arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from flowcontract.fuzz import triage

    _, each = triage.find(store, contract, arguments.cause)
    store.decide(each.cause.fingerprint, arguments.state, arguments.note)
    Console().print(f"{each.cause.fingerprint} is {arguments.state} now: {each.cause.title}", highlight=False)
    return 0
