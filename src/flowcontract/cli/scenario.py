"""`flowcontract scenario`: activate, clear and list scenarios of a running mock."""

import argparse
import sys
from typing import Any

from flowcontract.cli import output
from flowcontract.cli.admin_client import Admin, add_url, mock_url
from flowcontract.errors import UsageError


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "action", nargs="?", default="list", choices=("list", "set", "clear"), help="what to do (default: list)"
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="with set: scenarios to activate, in this order")
    add_url(parser)
    parser.add_argument("--session", default="", metavar="S", help="only for requests of this client session")
    parser.add_argument(
        "--for",
        type=int,
        default=None,
        dest="calls",
        metavar="N",
        help="with set: for this many responses (default: until cleared)",
    )
    parser.add_argument(
        "--operation",
        action="append",
        default=[],
        metavar="OPERATION",
        help="with set: only for this operation, given by ID or as 'METHOD PATH'; repeatable (default: all)",
    )
    output.add_to(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the action and print the active scenarios. 0 done, 2 no mock responds or a name is unknown."""
    if arguments.action == "set" and not arguments.names:
        raise UsageError(
            "expected the name of a scenario, got none.", do="List them with `flowcontract scenario list`."
        )
    if arguments.action != "set" and arguments.names:
        raise UsageError(f"{arguments.action} takes no names.", do="Activate a scenario with `scenario set NAME`.")
    if arguments.calls is not None and (arguments.calls < 1 or arguments.action != "set"):
        raise UsageError(
            "expected --for with set and a number of at least 1.",
            do="Without --for a scenario is active until cleared.",
        )
    if arguments.operation and arguments.action != "set":
        raise UsageError("expected --operation with set only.", do="Activate a scenario with `scenario set NAME`.")
    admin = Admin(mock_url(arguments))
    session = {"session": arguments.session}
    if arguments.action == "set":
        limits: dict[str, Any] = {"for": arguments.calls}
        if arguments.operation:
            limits["operations"] = arguments.operation
        activations = [{"name": name, **limits} for name in arguments.names]
        _, response = admin.ask("PUT", "/scenarios/active", {"scenarios": activations, **session}, member="sessions")
    elif arguments.action == "clear":
        _, response = admin.ask("DELETE", "/scenarios/active", query=session, member="sessions")
    else:
        _, response = admin.ask("GET", "/scenarios", query=session, member="sessions")
    if arguments.json:
        output.print_json(response)
    elif not arguments.quiet:
        sys.stdout.write(_text(response))
    return 0


def _text(response: dict[str, Any]) -> str:
    lines = []
    scenarios = response.get("scenarios", [])
    if scenarios:
        rows = [(each["name"], "yes" if each["breaks_contract"] else "no", each["summary"]) for each in scenarios]
        documented = ("OPERATION.STATUS", "no", "This operation responds with this documented status.")
        lines += [output.columns([("scenario", "breaks contract", "summary"), *rows, documented])]
    where = f" for session {response['session']}" if response["session"] else ""
    lines.append(f"Active{where}: {_active(response['active'])}")
    for name, active in response["sessions"].items():
        if name != response["session"]:
            lines.append(f"Active for session {name}: {_active(active)}")
    return "\n".join(lines) + "\n"


def _active(active: list[dict[str, Any]]) -> str:
    return ", ".join(each["name"] + _limits(each) for each in active) or "none"


def _limits(active: dict[str, Any]) -> str:
    """The operations and the number of responses that an active scenario is limited to, in parentheses."""
    left = [] if active["left"] is None else [f"{active['left']} left"]
    limits = [*active.get("operations", []), *left]
    return f" ({', '.join(limits)})" if limits else ""
