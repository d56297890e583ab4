"""`flowcontract gate`: test a server against the contract."""

import argparse
import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flowcontract.cli import options, output, owner_commands, termination, without_run
from flowcontract.cli import plan as requests
from flowcontract.cli.admin_client import introduced
from flowcontract.errors import TargetError, UsageError
from flowcontract.http.target import Target
from flowcontract.openapi import documents, parameter_values, releases
from flowcontract.openapi.contract import Contract
from flowcontract.text import plural

if TYPE_CHECKING:
    from flowcontract.checks.findings import RunResult
    from flowcontract.engine import Options
    from flowcontract.engine.events import Event

_PAUSE = 0.2
"""Seconds between two attempts to connect to a server that is starting."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    from flowcontract import reporting

    add = parser.add_argument
    add(
        "url",
        nargs="?",
        metavar="URL",
        help="server to test, with or without the base path (default: a mock of the contract)",
    )
    options.add_target(parser)
    options.add_spec(parser)
    options.add_requests(parser)
    options.add_seed(parser)
    add(
        "--profile",
        choices=("quick", "full"),
        default="full",
        help="quick: valid requests, probes and sequences only; full: also generated cases, such as boundary and "
        "invalid values of parameters and bodies (default: full)",
    )
    options.add_limits(parser)
    options.add_release(parser, listed=True)
    options.add_known_issues(parser)
    options.add_selection(parser)
    add(
        "--changed-since",
        metavar="FILE|URL",
        help="test only operations that differ from this earlier document, including the schemas they refer to",
    )
    add(
        "--workers",
        type=options.whole(1, 64, "a number from 1 to 64"),
        default=4,
        metavar="N",
        help="maximum number of concurrent connections (default: 4)",
    )
    add(
        "--allow-partial",
        action="store_true",
        help="pass even if the run was cut short, or tested only operations that need no credentials",
    )
    add(
        "--fail-on",
        choices=("failure", "warning"),
        default="failure",
        help="severity that makes the run fail (default: failure); to fail only on new findings, use --baseline",
    )
    add("--fail-fast", action="store_true", help="stop after the phase with the first failure")
    options.add_rules(parser)
    add("--wait", type=options.seconds, default=0.0, metavar="S", help="seconds to wait for the server to start")
    options.add_settle(parser)
    add(
        "--max-response-time",
        type=options.seconds,
        metavar="S",
        help="limit for the response time, in seconds (default: depends on the server)",
    )
    add(
        "--setup",
        default="",
        metavar="COMMAND",
        help="command to run first; it prints an [OPERATION:]NAME=VALUE line for each resource that it created",
    )
    add("--teardown", default="", metavar="COMMAND", help="command to run at the end, even if the run fails")
    add("--write-baseline", type=Path, metavar="FILE", help="write the current findings to this baseline file")
    add("--report", type=options.folder, metavar="DIR", help="write reports to this folder")
    options.add_format(parser, reporting.ALL)
    requests.add(parser)
    options.add_show_secrets(parser)
    output.add_to(parser, quiet="print the result only", as_json="print the result as one JSON document")


def run(arguments: argparse.Namespace) -> int:
    """Test and report. 0 passed, 1 failed, 2 inconclusive; reports have the reason also where there was no run."""
    from flowcontract import reporting

    with without_run.reported(arguments, reporting.ALL):
        return _run(arguments)


def _write(arguments: argparse.Namespace, run_result: "RunResult") -> dict[str, Path]:
    """Write the reports, if any; the file of each format."""
    from flowcontract import reporting

    if not arguments.report:
        return {}
    formats = arguments.format or reporting.ALL
    return reporting.write(run_result, arguments.report, formats, show_secrets=arguments.show_secrets)


def _run(arguments: argparse.Namespace) -> int:
    from rich.text import Text

    from flowcontract import engine, reporting
    from flowcontract.checks import suppressions

    if arguments.release == releases.LIST:
        sys.stdout.write(releases.text(options.document(arguments)))
        return 0
    if arguments.wait and arguments.spec and arguments.spec.startswith(("http://", "https://")):
        parts = urlsplit(arguments.spec)  # The server that is starting often serves the document, too.
        wait_for(Target.at(f"{parts.scheme}://{parts.netloc}", "", tls=options.tls(arguments)), arguments.wait)
    contract = options.contract(arguments)
    plan = engine_options(contract, arguments)
    unknown = set(arguments.format) - set(reporting.ALL)
    if unknown:
        raise UsageError(f"unknown report format {min(unknown)!r}.", do=f"Formats: {', '.join(reporting.ALL)}.")
    if arguments.plan:
        requests.show(contract, arguments, plan)
        return 0
    if arguments.report:
        reporting.require_writable(arguments.report, arguments.format or reporting.ALL)
    if plan.only is not None and (why := _why_none(contract, plan, arguments.changed_since)):
        return _show(arguments, without_run.result(arguments, why, is_passed=True))
    if arguments.write_baseline:
        documents.require_writable(arguments.write_baseline)
    with contextlib.ExitStack() as stack:
        # First of all: what --setup created is removed again.
        stack.enter_context(termination.as_interrupt())
        target = stack.enter_context(_target(contract, arguments))
        wait_for(target, arguments.wait)
        made = stack.enter_context(owner_commands.around(arguments.setup, arguments.teardown, target.url))
        if made:
            arguments.param = [*arguments.param, *made]
            plan = replace(plan, path_values=_parameter_values(contract, arguments))
        status = stack.enter_context(output.console(stderr=True).status(Text(f"testing {target.url}")))
        progress = _Progress(arguments, contract, target, lambda text: status.update(Text(text)))
        run_result: RunResult = engine.run(contract, target, plan, progress)
        if any(
            finding.rule in ("missing-authorization-check", "nonexistent-resource-found")
            for finding in run_result.open_findings
        ):
            # Not before the run: a server that fails at its first request must fail at one of the plan.
            mock = introduced(target, arguments.timeout)
            run_result = engine.run(contract, mock, plan) if mock.any_token or mock.any_path_value else run_result
    if arguments.write_baseline:
        suppressions.write_baseline(arguments.write_baseline, run_result.findings, run_result.ran)
        if run_result.cut:
            output.message(f"flowcontract gate: warning: the baseline may lack findings: {run_result.cut}.")
    return _show(arguments, run_result, arguments.write_baseline)


def _show(arguments: argparse.Namespace, run_result: "RunResult", baseline: Path | None = None) -> int:
    """Write the reports and print the result; its exit code. `baseline`: the file that was written."""
    from flowcontract.reporting import terminal

    written = _write(arguments, run_result)
    secrets = arguments.show_secrets
    console = output.console()
    with output.unread_if_failed(run_result.result):
        if arguments.json:
            terminal.print_json(run_result, console, show_secrets=secrets)
        else:
            terminal.print(
                run_result,
                console,
                quiet=arguments.quiet,
                verbose=getattr(arguments, "verbose", False),
                show_secrets=secrets,
            )
            if not arguments.quiet:
                _print_next(run_result, written, baseline)
    output.remind_of_contract(arguments, run_result.result)
    return int(run_result.result)


def _print_next(run_result: "RunResult", written: dict[str, Path], baseline: Path | None) -> None:
    """Print where the details are, or how to get them."""
    if baseline:
        sys.stdout.write(f"baseline    {baseline}\n")
    if written:
        sys.stdout.write(f"report      {written.get('html') or next(iter(written.values()))}\n")
    elif run_result.findings:
        sys.stdout.write("next        add --report DIR for an HTML page with every request and response\n")


@contextlib.contextmanager
def _target(contract: Contract, arguments: argparse.Namespace) -> Iterator[Target]:
    if arguments.url is not None:
        yield options.target(contract, arguments, arguments.url)
        return
    import flowmock

    token = arguments.token or "flowcontract-gate-token"
    none_token = arguments.token_none or "flowcontract-none-token"
    existing = tuple(
        f"{operation}:{name}={value}"
        for operation, sets in _parameter_values(contract, arguments).items()
        for values in sets
        for name, value in values.items()
    )
    with flowmock.running(contract, tokens=(token, f"{none_token}:none"), param=existing) as mock:
        yield Target.at(mock.url, contract.base_path, token=token, none_token=none_token)


def engine_options(contract: Contract, arguments: argparse.Namespace) -> "Options":
    """What the arguments say about a run. Raises UsageError for files that cannot be used."""
    from flowcontract import engine
    from flowcontract.checks import suppressions

    return engine.Options(
        path_values=_parameter_values(contract, arguments),
        may_change=parameter_values.named_operations(contract, arguments.param),
        assume_examples=arguments.url is None,
        operations=options.operation_ids(contract, arguments.operation),
        only=_changed(contract, arguments),
        profile=arguments.profile,
        seed=arguments.seed,
        workers=arguments.workers,
        include=tuple(arguments.include),
        exclude=tuple(arguments.exclude),
        safe=options.operation_ids(contract, arguments.safe),
        pairs=options.pairs(contract, arguments),
        allow_partial=arguments.allow_partial,
        fail_on_warnings=arguments.fail_on == "warning",
        fail_fast=arguments.fail_fast,
        severities=_severities(arguments),
        allow_unsafe=arguments.allow_unsafe,
        published=options.published_contract(arguments) if arguments.published_only else None,
        timeout=arguments.timeout,
        time_limit=arguments.time_limit,
        settle=arguments.settle,
        max_response_time=arguments.max_response_time,
        waivers=suppressions.load_waivers(arguments.waivers) if arguments.waivers else (),
        baseline=suppressions.load_baseline(arguments.baseline) if arguments.baseline else {},
    )


def _changed(contract: Contract, arguments: argparse.Namespace) -> frozenset[str] | None:
    """The operations that differ from an earlier document; None for all. Raises ContractError."""
    if arguments.changed_since is None:
        return None
    from flowcontract.compatibility.diff.changed import changed_operations

    earlier = Contract.load(arguments.changed_since, allow_refs=tuple(arguments.allow_refs))
    return changed_operations(earlier, contract)


def _why_none(contract: Contract, plan: "Options", earlier: str) -> str:
    """Why none of the changed operations is tested; empty if one is."""
    from flowcontract.engine.selection import NOT_SELECTED, select

    selection = select(contract, plan)
    if selection.operations:
        return ""
    reasons = {name: reason for name, reason in selection.left_out.items() if reason != NOT_SELECTED}
    if not reasons:
        return f"no operation differs from {earlier}, so nothing was tested."
    changed = [contract.operations[name] for name in reasons]
    named = ", ".join(f"{one.method} {one.path} ({reasons[one.id]})" for one in changed)
    return f"nothing was tested. Changed operations that were not tested: {named}."


def _parameter_values(contract: Contract, arguments: argparse.Namespace) -> dict[str, list[Mapping[str, str]]]:
    """The values of `--param` by operation; for our own mock also values for operations that have none."""
    given = parameter_values.by_operation(contract, arguments.param)
    if arguments.url is None:
        from flowcontract.generation.request_builder import made_up_path_values

        for operation in contract.operations.values():
            if operation.id not in given and operation.path_parameters() and not operation.example_path_values():
                values = made_up_path_values(contract, operation)
                given |= {operation.id: [values]} if values else {}
    return given


def _severities(arguments: argparse.Namespace) -> dict[str, str]:
    """The severities that the caller chose; with a limit for the response time, a slow response is a failure."""
    chosen = {"slow-response": "failure"} if arguments.max_response_time is not None else {}
    return {**chosen, **dict(arguments.rule)}


def wait_for(target: Target, seconds: float) -> None:
    """Wait until the server accepts connections, at most this long."""
    from flowcontract.http.client import Transport

    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with Transport(target) as transport, contextlib.suppress(TargetError):
            transport.connect()
            return
        time.sleep(_PAUSE)


class _Progress:
    """Shows which contract is used, and the progress of a run."""

    def __init__(
        self, arguments: argparse.Namespace, contract: Contract, target: Target, show: Callable[[str], None]
    ) -> None:
        self._arguments = arguments
        self._contract = contract
        self._url = target.url
        self._show = show
        self._operations = 0

    def __call__(self, event: "Event") -> None:
        """Handle an event of the engine."""
        from flowcontract.engine.events import PhaseFinished, Progress, RunStarted

        if isinstance(event, RunStarted):
            output.contract(self._arguments, self._contract, "--spec")
            self._operations = event.operations
        elif isinstance(event, Progress):
            found = f"{event.tested} of {plural(self._operations, 'operation')} tested, "
            found += f"{plural(event.requests, 'request')}, {plural(event.failures, 'failed check')} so far"
            found += f", waited {event.waited} (rate limit)" if event.waited else ""
            self._show(f"testing {self._url}: {found} ({event.phase})")
        elif isinstance(event, PhaseFinished) and getattr(self._arguments, "verbose", False):
            output.message(
                f"phase {event.phase}: {plural(event.requests, 'request')}, {event.seconds:.1f} s of CPU time"
            )
