"""`flowcontract compare`: where two servers answer the same requests differently."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from flowcontract import keys
from flowcontract.contract import Contract
from flowcontract.exchange import Target

if TYPE_CHECKING:
    from flowcontract.compare import Comparison


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("left", metavar="URL_A", help="one server, with or without the base path")
    add("right", metavar="URL_B", help="the other one")
    add("--token", help="a token that may read everything on both (default: $FLOWCONTRACT_TOKEN)")
    add("--token-b", metavar="TOKEN", help="the token for B, where it is another one (default: $FLOWCONTRACT_TOKEN_B)")
    add("--token-none", metavar="TOKEN", help="a token that may read nothing (default: $FLOWCONTRACT_TOKEN_NONE)")
    add("--token-none-b", metavar="TOKEN", help="the same for B (default: $FLOWCONTRACT_TOKEN_NONE_B)")
    add(
        "--key",
        action="append",
        default=[],
        metavar="[NAME=]VALUE",
        help="a key that exists on both; several names with commas; repeatable (default: the examples' keys)",
    )
    add("--spec", type=Path, metavar="FILE", help="the contract (default: the one the project carries)")
    add("--operation", action="append", default=[], metavar="ID", help="ask this operation; repeatable (default: safe)")
    add("--profile", choices=("quick", "full"), default="full", help="quick: the plan alone; full: generated cases too")
    add("--seed", type=int, default=0, metavar="N", help="of the generated cases (default: 0)")
    add("--values", action="store_true", help="compare values too: for servers that have the same data")
    add("--allow-unsafe", action="store_true", help="send unsafe methods with credentials too: this can change both")
    add("--timeout", type=_seconds, default=5.0, metavar="S", help="seconds a request may take (default: 5)")
    add("--max-time", type=_seconds, default=60.0, metavar="S", help="seconds each server may take (default: 60)")
    add(
        "--at-least",
        type=_percent,
        default=100.0,
        metavar="PERCENT",
        help="share of requests that have to be answered alike (default: 100)",
    )
    add("--json", action="store_true", help="print the comparison as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Compare and print. 0 alike, 1 not, 2 could not compare."""
    from flowcontract import compare

    contract = Contract.load(arguments.spec)
    given = os.environ.get
    token = arguments.token or given("FLOWCONTRACT_TOKEN")
    nothing = arguments.token_none or given("FLOWCONTRACT_TOKEN_NONE")
    token_b = arguments.token_b or given("FLOWCONTRACT_TOKEN_B") or token
    nothing_b = arguments.token_none_b or given("FLOWCONTRACT_TOKEN_NONE_B") or nothing
    left = Target.at(arguments.left, contract.base_path, token=token, none_token=nothing)
    right = Target.at(arguments.right, contract.base_path, token=token_b, none_token=nothing_b)
    options = compare.Options(
        keys=keys.by_operation(contract, [keys.parse(text) for text in arguments.key]),
        operations=tuple(arguments.operation),
        profile=arguments.profile,
        seed=arguments.seed,
        allow_unsafe=arguments.allow_unsafe,
        values=arguments.values,
        timeout=arguments.timeout,
        max_time=arguments.max_time,
    )
    found = compare.run(contract, left, right, options)
    sys.stdout.write(_json(found) if arguments.json else _text(found))
    return 0 if 100 * found.agreement >= arguments.at_least else 1


def _text(found: "Comparison") -> str:
    from flowcontract.reports.text import one_line, visible

    share = f"{_share(found)} %"
    lines = [f"{share} alike: {found.agreed} of {found.compared} requests.", f"A  {found.left}", f"B  {found.right}"]
    for each in found.differences:
        lines += [
            "",
            *(f"{each.kind}  {one_line(message)}" for message in each.messages),
            f"  place | {one_line(str(each.place))}",
            f"  probe | {one_line(each.probes[0])}: {one_line(each.reason)}",
            f"   seen | {each.count}x",
            f"      A | {visible(each.curl_left)}",
            f"      B | {visible(each.curl_right)}",
        ]
    lines += [""] * bool(found.notes) + [f"note  {one_line(note)}" for note in found.notes]
    # What a CI runner reads as a command (`##`) is drawn apart.
    text = "\n".join(lines).replace("##", "# #") + "\n"
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _share(found: "Comparison") -> str:
    """The share in percent, cut and not rounded: 100 is said of nothing less."""
    return f"{int(found.agreement * 1000) / 10:g}"


def _json(found: "Comparison") -> str:
    from flowcontract.reports import plain

    document = {
        "contract": found.contract,
        "a": found.left,
        "b": found.right,
        "operations": list(found.operations),
        "profile": found.profile,
        "seed": found.seed,
        "compared": found.compared,
        "agreed": found.agreed,
        "agreement": found.agreement,
        "differences": [
            {
                "kind": each.kind,
                "operation": each.operation,
                "messages": list(each.messages),
                "place": str(each.place),
                "count": each.count,
                "probes": list(each.probes),
                "reason": each.reason,
                "a": {"curl": each.curl_left, "exchange": plain.exchange(each.left)},
                "b": {"curl": each.curl_right, "exchange": plain.exchange(each.right)},
            }
            for each in found.differences
        ],
        "notes": list(found.notes),
    }
    return json.dumps(plain.encodable(document), indent=2).replace("##", "#\\u0023") + "\n"


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number < 86400:
        raise argparse.ArgumentTypeError("a number of seconds above 0 was expected")
    return number


def _percent(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 100:
        raise argparse.ArgumentTypeError("a share from 0 to 100 was expected")
    return number
