"""`flowcontract explain`: what a rule means, and how to fix a violation."""

import argparse
import sys
from dataclasses import asdict

from flowcontract.cli import output
from flowcontract.errors import UsageError
from flowcontract.text import nearest


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("rule", nargs="?", metavar="RULE", help="ID of the rule (default: list all rules)")
    output.add_to(parser, quiet="print the title only")


def run(arguments: argparse.Namespace) -> int:
    """Print one rule, or the list. Raises UsageError for an unknown one."""
    from flowcontract.checks.preconditions import PRECONDITIONS
    from flowcontract.checks.registry import RULES

    if arguments.rule is not None and arguments.rule not in RULES:
        raise UsageError(
            f"unknown rule {arguments.rule!r}.{nearest(arguments.rule, RULES)}",
            do="`flowcontract explain` lists all rules.",
        )
    rules = list(RULES.values()) if arguments.rule is None else [RULES[arguments.rule]]
    if arguments.json:
        listed = [asdict(rule) | {"preconditions": PRECONDITIONS.get(rule.id, "")} for rule in rules]
        output.print_json(listed if arguments.rule is None else listed[0])
    elif arguments.rule is None:
        sys.stdout.write(output.columns([(rule.id, _severity(rule.is_warning), rule.title) for rule in rules]))
    elif arguments.quiet:
        sys.stdout.write(f"{rules[0].title}\n")
    else:
        (rule,) = rules
        needs = f"What it needs:  {PRECONDITIONS[rule.id]}\n" if rule.id in PRECONDITIONS else ""
        sys.stdout.write(
            f"{rule.id} ({_severity(rule.is_warning)}): {rule.title}\n\n"
            f"Why it matters: {rule.why}\n"
            f"How to fix it:  {rule.advice}\n"
            f"{needs}\n"
            f'Change its severity: {rule.id} = "off", "warning" or "failure"\n'
            "under [rules] in flowcontract.toml, or with `flowcontract gate --rule`.\n"
        )
    return 0


def _severity(is_warning: bool) -> str:
    return "warning" if is_warning else "failure"
