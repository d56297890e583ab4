"""`flowcontract check-fixture`: validate a consumer's fixtures against the contract."""

import argparse
import sys
from pathlib import Path

from flowcontract.cli import options, output


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("files", nargs="+", type=Path, metavar="FILE", help="fixture: a response body as JSON or YAML")
    add(
        "--operation",
        metavar="OPERATION",
        help="operation of the response, given by ID or as 'METHOD PATH' (default: any)",
    )
    add("--status", metavar="STATUS", help="status of the response (default: any)")
    options.add_spec(parser)
    options.add_release(parser)
    output.add_to(parser, quiet="print only invalid fixtures")


def run(arguments: argparse.Namespace) -> int:
    """Check and print. 0 all are valid, 1 one is not, 2 one cannot be read or assigned to an operation."""
    from flowcontract.export import check_fixture
    from flowcontract.text import one_line

    contract = options.contract(arguments)
    checked = check_fixture.check(contract, arguments.files, operation=arguments.operation, status=arguments.status)
    if arguments.json:
        listed = [
            {
                "file": each.file,
                "operation": each.operation,
                "status": each.status,
                "also": list(each.also),
                "valid": not each.problems,
                "problems": [
                    {"message": message, "location": str(location)}
                    for message, location in zip(each.problems, each.locations, strict=True)
                ],
            }
            for each in checked
        ]
        output.print_json(listed)
    else:
        for each in checked:
            if arguments.quiet and not each.problems:
                continue
            response = f"{each.operation} {each.status}"
            if each.also:
                response += f"; {each.also[0]} too" if len(each.also) == 1 else f"; {len(each.also)} others too"
            sys.stdout.write(f"{'invalid' if each.problems else 'valid'}  {one_line(each.file)} ({response})\n")
            for message, location in zip(each.problems, each.locations, strict=True):
                sys.stdout.write(f"  {one_line(message)}\n    {one_line(str(location))}\n")
    return int(any(each.problems for each in checked))
