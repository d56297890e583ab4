"""`flowcontract verify`: check which requests a running mock received."""

import argparse
import json
import sys
from typing import Any

from flowcontract.cli import output
from flowcontract.cli.admin_client import Admin, add_url, mock_url
from flowcontract.errors import UsageError


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments: which requests to count, and how many to expect."""
    add_url(parser)
    parser.add_argument(
        "--operation",
        action="append",
        metavar="OPERATION",
        help="operation of the contract, given by ID or as 'METHOD PATH'; repeatable",
    )
    parser.add_argument("--method", action="append", metavar="METHOD", help="HTTP method; repeatable")
    parser.add_argument("--path", action="append", metavar="NAME=VALUE", help="value of a path parameter; repeatable")
    parser.add_argument("--query", action="append", metavar="NAME=VALUE", help="value of a query parameter; repeatable")
    parser.add_argument("--header", action="append", metavar="NAME=VALUE", help="value of a header; repeatable")
    parser.add_argument("--body", metavar="JSON", help="JSON that the body must contain")
    parser.add_argument(
        "--role",
        action="append",
        metavar="ROLE",
        help="role of the caller: anonymous, invalid, any, all, some, none; repeatable",
    )
    parser.add_argument("--session", metavar="S", help="client session")
    parser.add_argument(
        "--status", action="append", metavar="STATUS", help="status of the response, such as 200 or 4XX; repeatable"
    )
    parser.add_argument("--rule", metavar="TEXT", help="text in the rule that determined the response")
    parser.add_argument("--since", type=int, metavar="N", help="only requests after exchange number N")
    for count in ("exactly", "at-least", "at-most"):
        default = " (default: 1)" if count == "at-least" else ""
        text = f"expect {count.replace('-', ' ')} N requests{default}"
        parser.add_argument(f"--{count}", type=int, metavar="N", help=text)
    output.add_to(parser, quiet="print nothing; the exit code is the result")


def run(arguments: argparse.Namespace) -> int:
    """Check and print. 0 the expectation is met, 1 it is not, 2 no mock responds or an argument is invalid."""
    named = vars(arguments)
    expectation: dict[str, Any] = {}
    for name in ("operation", "method", "role", "session", "status", "rule", "since", "exactly", "at-least", "at-most"):
        if named[name.replace("-", "_")] is not None:
            expectation[name] = named[name.replace("-", "_")]
    for name in ("path", "query", "header"):
        if named[name]:
            expectation[name] = _pairs(named[name], name)
    if arguments.body is not None:
        expectation["body"] = _json(arguments.body)
    status, response = Admin(mock_url(arguments)).ask("POST", "/verify", expectation, member="message")
    met = status == 200
    if arguments.json:
        output.print_json(response)
    elif not arguments.quiet:
        sys.stdout.write(f"{'ok' if met else 'not met'}: {response['message']}\n")
    return 0 if met else 1


def _pairs(texts: list[str], name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in texts:
        key, equals, value = each.partition("=")
        if not key or not equals:
            raise UsageError(f"expected --{name} NAME=VALUE, got {key!r}.", do="Add an equals sign and a value.")
        found.setdefault(key, []).append(value)
    return found


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"expected JSON for --body: {error}.", do="Check the quotes around it.") from error
