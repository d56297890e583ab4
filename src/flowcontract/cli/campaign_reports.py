"""How the commands about campaigns show a result: on the terminal, as JSON, and as report files."""

import argparse
import sys

from flowcontract.checks.findings import RunResult
from flowcontract.cli import options, output
from flowcontract.errors import UsageError

FORMATS = ("html", "junit", "markdown", "github", "sarif", "ctrf")
"""The report formats of campaigns: those that list findings. A campaign keeps no list of its exchanges."""


def add(parser: argparse.ArgumentParser) -> None:
    """Declare `--report`, `--format` and `--show-secrets`."""
    parser.add_argument("--report", type=options.folder, metavar="DIR", help="write reports to this folder")
    options.add_format(parser, FORMATS)
    options.add_show_secrets(parser)


def require_writable(arguments: argparse.Namespace) -> None:
    """Check that the reports can be written. Raises UsageError for an unknown format, ContractError if they cannot."""
    from flowcontract import reporting

    unknown = set(arguments.format) - set(FORMATS)
    if unknown:
        raise UsageError(f"unknown report format {min(unknown)!r}.", do=f"Formats: {', '.join(FORMATS)}.")
    if arguments.report:
        reporting.require_writable(arguments.report, arguments.format or FORMATS)


def show(run_result: RunResult, arguments: argparse.Namespace) -> None:
    """Write the reports, and print the result."""
    from flowcontract import reporting
    from flowcontract.reporting import terminal, view

    secrets = arguments.show_secrets
    written = {}
    if arguments.report:
        written = reporting.write(run_result, arguments.report, arguments.format or FORMATS, show_secrets=secrets)
    console = output.console()
    if arguments.json:
        terminal.print_json(run_result, console, show_secrets=secrets)
        return
    terminal.print(
        run_result, console, quiet=arguments.quiet, verbose=getattr(arguments, "verbose", False), show_secrets=secrets
    )
    if arguments.quiet:
        return
    if written:
        sys.stdout.write(f"report      {written.get('html') or next(iter(written.values()))}\n")
    if run_result.findings and (campaign := run_result.campaign):
        label = "replay" if campaign.resume else "next"
        finding = next(iter(run_result.open_findings or run_result.findings))
        sys.stdout.write(f"{label:<12}{view.replay(finding, campaign)}\n")
