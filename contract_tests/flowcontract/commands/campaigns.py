"""`flowcontract campaigns`: list, show and compare fuzz campaigns; decide about what they found."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowcontract.commands import _output, _target
from flowcontract.commands._store import add_store
from flowcontract.contract import Contract
from flowcontract.exchange import Target

if TYPE_CHECKING:
    from flowcontract.fuzz.findings import Found
    from flowcontract.fuzz.session import Conclusion
    from flowcontract.fuzz.store import Campaign, Store


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    shared = argparse.ArgumentParser(add_help=False)
    add_store(shared)
    _target.add_spec(shared)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listed = actions.add_parser("list", parents=[shared], help="every campaign of the store")
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
    _output.add_to(listed)
    _output.add_to(show, quiet="print the verdict alone")
    _output.add_to(compare, quiet="print the figures alone")
    _output.add_to(report, as_json=None)
    _output.add_to(decide, as_json=None)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked. 0 done, 2 could not; `compare` gives 1 where something new is broken."""
    from flowcontract.fuzz.store import Store

    with Store(arguments.store, create=False) as store:
        contract = Contract.load(arguments.spec)
        return {"list": _list, "show": _show, "compare": _compare, "report": _report, "decide": _decide}[
            arguments.action
        ](store, contract, arguments)


def _conclusion(store: "Store", contract: Contract, campaign: "Campaign") -> "Conclusion":
    from flowcontract.fuzz import session

    return session.conclude(store, contract, campaign, Target.at(campaign.target, contract.base_path))


def _list(store: "Store", contract: Contract, arguments: argparse.Namespace) -> int:
    from flowcontract.fuzz.progress import clock
    from flowcontract.reports.text import one_line

    listed: list[dict[str, Any]] = []
    for campaign in store.campaigns():
        causes = _conclusion(store, contract, campaign).found
        opened = sum(each.is_open for each in causes)
        remarks = sum(each.is_remark for each in causes)
        listed.append(
            {
                "id": campaign.id, "state": campaign.state, "seed": campaign.seed, "seconds": campaign.seconds,
                "cases": store.ranges(campaign).count(), "open": opened, "known": len(causes) - opened - remarks,
                "remarks": remarks, "started": campaign.started[:16], "target": campaign.target, "name": campaign.name,
            }
        )  # fmt: skip
    if arguments.json:
        _output.print_json(listed)
    elif not arguments.quiet:
        head = ["id", "state", "seed", "ran", "cases", "open", "known", "remarks", "started", "target", "name"]
        shown = [{**each, "seconds": clock(each["seconds"])} for each in listed]
        rows = [[one_line(str(value)) for value in each.values()] for each in shown]
        if not any(each["name"] for each in listed):  # Then there is more room for the target.
            head, rows = head[:-1], [row[:-1] for row in rows]
        sys.stdout.write(_output.columns([head, *rows], right=frozenset({0, 2, 3, 4, 5, 6, 7})))
    return 0


def _show(store: "Store", contract: Contract, arguments: argparse.Namespace) -> int:
    from flowcontract.fuzz import coverage, summary
    from flowcontract.fuzz.campaign import state_of

    campaign = store.campaign(arguments.campaign)
    state = state_of(store, campaign)
    conclusion = _conclusion(store, contract, campaign)
    covered = coverage.of(contract, campaign.settings, state.counts)
    if arguments.json:
        document = summary.document(conclusion, campaign, state, store.path)
        coverages = {each.title: {"reached": dict(each.reached), "missed": list(each.missed)} for each in covered}
        _output.print_json({**document, "coverage": coverages})
        return 0
    console = _output.console()
    summary.print(conclusion, campaign, state, store.path, console, quiet=arguments.quiet)
    if not arguments.quiet:
        console.print()
        coverage.print(covered, console)
    return 0


def _compare(store: "Store", contract: Contract, arguments: argparse.Namespace) -> int:
    from rich.text import Text

    from flowcontract.reports import plain

    console = _output.console()
    before, after = (
        {each.cause.fingerprint: each for each in _conclusion(store, contract, store.campaign(number)).found}
        for number in (arguments.before, arguments.after)
    )
    new = [each for key, each in after.items() if key not in before]
    gone = [each for key, each in before.items() if key not in after]
    still = [each for key, each in after.items() if key in before]
    code = 0 if all(each.is_remark for each in new) else 1
    if arguments.json:
        parts = {"new": new, "gone": gone, "still": still}
        _output.print_json({word: [plain.cause(each.cause) for each in causes] for word, causes in parts.items()})
        return code
    for word, style, causes in (("new", "bold red", new), ("gone", "green", gone), ("still there", "yellow", still)):
        console.print(Text(f"{len(causes)} {word}", style=style))
        for each in causes if not arguments.quiet else ():
            console.print(
                Text(f"  {each.cause.fingerprint}  {each.cause.title}  ({_state(each)}, {_times(each)})"),
                soft_wrap=True,
            )
    return code


def _state(each: "Found") -> str:
    return "remark" if each.is_remark else each.state


def _times(each: "Found") -> str:
    from flowcontract.reports.view import plural

    return plural(each.cause.count, "time")


def _report(store: "Store", contract: Contract, arguments: argparse.Namespace) -> int:
    from flowcontract.fuzz import report
    from flowcontract.fuzz.campaign import state_of

    campaign = store.campaign(arguments.campaign)
    state = state_of(store, campaign)
    report.write(arguments.output, _conclusion(store, contract, campaign), campaign, state, contract)
    if not arguments.quiet:
        _output.told(f"{arguments.output} written: open it in a browser.")
    return 0


def _decide(store: "Store", contract: Contract, arguments: argparse.Namespace) -> int:
    from flowcontract.fuzz import triage

    _, each = triage.find(store, contract, arguments.cause)
    store.decide(each.cause.fingerprint, arguments.state, arguments.note)
    if not arguments.quiet:
        _output.told(f"{each.cause.fingerprint} is {arguments.state} now: {each.cause.title}")
    return 0
