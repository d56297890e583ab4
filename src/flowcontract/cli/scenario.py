"""`flowcontract scenario`: put a running mock into a named state."""

import argparse
import sys
from typing import Any

from flowcontract.cli import output
from flowcontract.cli.admin_client import DEFAULT_URL, Admin
from flowcontract.errors import UsageError


def configure(parser: argparse.ArgumentParser) -> None:
    """What to do, on which mock, for which session and how long."""
    parser.add_argument("action", nargs="?", default="list", choices=("list", "set", "clear"), help="what to do (list)")
    parser.add_argument("names", nargs="*", metavar="NAME", help="with set: one scenario or several, played in order")
    parser.add_argument("--url", default=DEFAULT_URL, metavar="URL", help=f"the mock ({DEFAULT_URL})")
    parser.add_argument("--session", default="", metavar="S", help="only for the calls of this client session")
    parser.add_argument(
        "--for", type=int, default=None, dest="calls", metavar="N", help="with set: for so many answers"
    )
    output.add_to(parser)


def run(arguments: argparse.Namespace) -> int:
    """Do it, and print what is on afterwards: 0. Where no mock answers or a name is unknown: 2."""
    if arguments.action == "set" and not arguments.names:
        raise UsageError("the name of a scenario was expected.", do="`flowcontract scenario list` shows them.")
    if arguments.action != "set" and arguments.names:
        raise UsageError(f"{arguments.action} takes no names.", do="To switch a scenario on: scenario set NAME.")
    if arguments.calls is not None and (arguments.calls < 1 or arguments.action != "set"):
        raise UsageError("--for takes a number from 1, and goes with set.", do="Leave it out for: until cleared.")
    admin = Admin(arguments.url)
    session = {"session": arguments.session}
    if arguments.action == "set":
        wanted = [{"name": name, "for": arguments.calls} for name in arguments.names]
        _, answer = admin.ask("PUT", "/scenarios/active", {"scenarios": wanted, **session})
    elif arguments.action == "clear":
        _, answer = admin.ask("DELETE", "/scenarios/active", query=session)
    else:
        _, answer = admin.ask("GET", "/scenarios", query=session)
    if arguments.json:
        output.print_json(answer)
    elif not arguments.quiet:
        sys.stdout.write(_told(answer))
    return 0


def _told(answer: dict[str, Any]) -> str:
    lines = []
    states = answer.get("scenarios", [])
    if states:
        rows = [
            (state["name"], "breaks" if state["breaks_contract"] else "keeps", state["summary"]) for state in states
        ]
        lines += [output.columns([("state", "contract", "what a client meets"), *rows])]
    where = f" for session {answer['session']}" if answer["session"] else ""
    lines.append(f"On{where}: {_on(answer['active'])}")
    for name, active in answer["sessions"].items():
        if name != answer["session"]:
            lines.append(f"On for session {name}: {_on(active)}")
    return "\n".join(lines) + "\n"


def _on(active: list[dict[str, Any]]) -> str:
    return (
        ", ".join(each["name"] + (f" ({each['left']} left)" if each["left"] is not None else "") for each in active)
        or "none"
    )
