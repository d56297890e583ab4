"""`flowcontract compare`: compare the responses of two servers to the same requests."""

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from flowcontract.cli import options, output
from flowcontract.http.redaction import Redactor
from flowcontract.openapi import parameter_values

if TYPE_CHECKING:
    from flowcontract.engine.comparison import Comparison


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("left", metavar="URL_A", help="first server, with or without the base path")
    add("right", metavar="URL_B", help="second server")
    options.add_target(parser)
    add("--token-b", metavar="TOKEN", help="token for B, if it differs (default: $FLOWCONTRACT_TOKEN_B)")
    add(
        "--token-none-b",
        metavar="TOKEN",
        help="token without any permission for B (default: $FLOWCONTRACT_TOKEN_NONE_B)",
    )
    options.add_show_secrets(parser)
    options.add_spec(parser)
    options.add_requests(parser)
    options.add_limits(parser)
    options.add_release(parser)
    add("--values", action="store_true", help="compare values too: for servers with the same data")
    add(
        "--at-least",
        type=options.between(0, 100, "a percentage from 0 to 100"),
        default=100.0,
        metavar="PERCENT",
        help="percentage of requests that must have equal responses (default: 100)",
    )
    output.add_to(parser, quiet="print the percentage only", as_json="print the comparison as one JSON document")


def run(arguments: argparse.Namespace) -> int:
    """Compare and print. 0 equal, 1 different, 2 inconclusive or an error."""
    from flowcontract.engine import comparison

    contract = options.contract(arguments)
    left = options.target(contract, arguments, arguments.left)
    right = options.target(contract, _arguments_for_b(arguments), arguments.right)
    plan = comparison.Options(
        path_values=parameter_values.by_operation(contract, arguments.param),
        operations=options.operation_ids(contract, arguments.operation),
        allow_unsafe=arguments.allow_unsafe,
        values=arguments.values,
        timeout=arguments.timeout,
        time_limit=arguments.time_limit,
    )
    with output.console(stderr=True).status("sending requests to both servers"):
        found = comparison.run(contract, left, right, plan)
    found = Redactor(show_secrets=arguments.show_secrets).value(found)
    if arguments.json:
        output.print_json(_document(found))
    else:
        sys.stdout.write(_text(found, quiet=arguments.quiet))
    return 0 if 100 * found.agreement >= arguments.at_least else 1


def _arguments_for_b(arguments: argparse.Namespace) -> argparse.Namespace:
    """The arguments with the tokens of B, if they differ."""
    changed = dict(vars(arguments))
    if token := arguments.token_b or os.environ.get("FLOWCONTRACT_TOKEN_B"):
        changed |= {"token": token, "token_file": None}
    if none_token := arguments.token_none_b or os.environ.get("FLOWCONTRACT_TOKEN_NONE_B"):
        changed["token_none"] = none_token
    return argparse.Namespace(**changed)


def _text(found: "Comparison", *, quiet: bool) -> str:
    from flowcontract.text import one_line, plural, visible, without_ci_commands

    share = f"{_share(found)} %"
    operations = f"{len(found.served)} of {plural(len(found.operations), 'operation')}"
    lines = [
        f"{share} equal: {found.agreed} of {found.compared} requests to {operations}.",
        f"A  {found.left}",
        f"B  {found.right}",
    ]
    for each in found.differences if not quiet else ():
        lines += [
            "",
            *(f"{each.kind}  {one_line(message)}" for message in each.messages),
            f"     at | {one_line(str(each.location))}",
            f"  probe | {one_line(each.probes[0])}: {one_line(each.reason)}",
            f"   seen | {each.count}x",
            f"      A | {visible(each.curl_left)}",
            f"      B | {visible(each.curl_right)}",
        ]
    if found.notes and not quiet:
        lines += ["", *(f"note  {one_line(note)}" for note in found.notes)]
    text = without_ci_commands("\n".join(lines)) + "\n"
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _share(found: "Comparison") -> str:
    """The percentage, truncated and not rounded, so that 100 means all."""
    return f"{int(found.agreement * 1000) / 10:g}"


def _document(found: "Comparison") -> dict[str, Any]:
    from flowcontract.reporting import json_report

    return {
        "schema_version": json_report.SCHEMA_VERSION,
        "contract": found.contract,
        "a": found.left,
        "b": found.right,
        "operations": list(found.operations),
        "served": list(found.served),
        "compared": found.compared,
        "agreed": found.agreed,
        "agreement": found.agreement,
        "differences": [
            {
                "kind": each.kind,
                "operation": each.operation,
                "messages": list(each.messages),
                "location": str(each.location),
                "count": each.count,
                "probes": list(each.probes),
                "reason": each.reason,
                "a": {"curl": each.curl_left, "exchange": json_report.exchange(each.left)},
                "b": {"curl": each.curl_right, "exchange": json_report.exchange(each.right)},
            }
            for each in found.differences
        ],
        "notes": list(found.notes),
    }
