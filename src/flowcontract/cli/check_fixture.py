"""`flowcontract check-fixture`: are the fixtures of a consumer still what the server answers."""

import argparse
import sys
from pathlib import Path

from flowcontract.cli import options, output


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("files", nargs="+", type=Path, metavar="FILE", help="a fixture: JSON or YAML, the body of an answer")
    add("--operation", metavar="ID", help="the operation that it is an answer of (default: any)")
    add("--status", metavar="STATUS", help="the status that it comes with (default: any)")
    options.add_spec(parser)
    options.add_release(parser)
    output.add_to(parser, quiet="print only what is not true")


def run(arguments: argparse.Namespace) -> int:
    """Judge and print. 0 all are true, 1 one is not, 2 one cannot be read."""
    from flowcontract.export import check_fixture
    from flowcontract.text import one_line

    contract = options.contract(arguments)
    judged = check_fixture.check(contract, arguments.files, operation=arguments.operation, status=arguments.status)
    if arguments.json:
        listed = [
            {
                "file": each.file,
                "operation": each.operation,
                "status": each.status,
                "true": not each.problems,
                "problems": [
                    {"message": message, "place": str(place)}
                    for message, place in zip(each.problems, each.places, strict=True)
                ],
            }
            for each in judged
        ]
        output.print_json(listed)
    else:
        for each in judged:
            if arguments.quiet and not each.problems:
                continue
            answer = f"{each.operation} {each.status}"
            sys.stdout.write(f"{'not true' if each.problems else 'true'}  {one_line(each.file)} ({answer})\n")
            for message, place in zip(each.problems, each.places, strict=True):
                sys.stdout.write(f"  {one_line(message)}\n    {one_line(str(place))}\n")
    return int(any(each.problems for each in judged))
