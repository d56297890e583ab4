"""`flowcontract proxy`: validate live traffic through a reverse proxy."""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowcontract.cli import options, output
from flowcontract.http.target import Target
from flowcontract.openapi.contract import Contract

if TYPE_CHECKING:
    from flowcontract.proxy import Entry, Options, Running


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("--upstream", required=True, metavar="URL", help="server to forward requests to")
    options.add_spec(parser)
    options.add_release(parser)
    add("--host", default="127.0.0.1", metavar="HOST", help="address to listen on (default: %(default)s)")
    add(
        "--port",
        type=options.whole(0, 65535, "a port from 0 to 65535"),
        default=8080,
        metavar="PORT",
        help="port to listen on; 0 picks a free port (default: 8080)",
    )
    add(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="another host name that clients use for the proxy; repeatable",
    )
    add(
        "--enforce",
        action="store_true",
        help="reject invalid requests with 4xx and invalid responses with 502, with the reason",
    )
    add("--mock-missing", action="store_true", help="let the mock respond for operations that the upstream lacks")
    add(
        "--timeout",
        type=options.seconds,
        default=30.0,
        metavar="S",
        help="timeout of the upstream, in seconds (default: 30)",
    )
    add("--report", type=options.folder, metavar="DIR", help="write reports to this folder at the end")
    add("--record", type=Path, metavar="DIR", help="write the traffic as a scenario and as examples for the mock")
    output.add_to(
        parser,
        quiet="print the result only",
        as_json="print the URL of the proxy as one line of JSON, and the result as another at the end",
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until stopped. 0 passed, 1 failed, 2 inconclusive or unable to serve."""
    from flowcontract import reporting
    from flowcontract.openapi import documents
    from flowcontract.proxy import Options
    from flowcontract.proxy.recording import FILES, Recorder
    from flowcontract.reporting import json_report, terminal

    settings = Options(arguments.enforce, arguments.timeout, hosts=frozenset([*arguments.allow_host, arguments.host]))
    contract = options.contract(arguments)
    for name in FILES if arguments.record else ():  # Before anything is recorded.
        documents.require_writable(arguments.record / name)
    if arguments.report:
        reporting.require_writable(arguments.report)
    with proxying(
        contract, arguments.upstream, settings, host=arguments.host, port=arguments.port, mock=arguments.mock_missing
    ) as running:
        checker = running.proxy.checker
        output.warn_of_other_machines("proxy", arguments.host)
        if arguments.json:
            print(_line(running, contract), flush=True)
        elif not arguments.quiet:
            print(_panel(running, contract, arguments), flush=True)
            checker.observers.append(_print)
        recorder = Recorder(contract)
        if arguments.record:
            checker.observers.append(recorder)
        running.serve()
    if arguments.record:
        recorder.write(arguments.record)
        for reason, count in recorder.left_out.items():
            output.message(f"not recorded: {count} ({reason})")
    run_result = checker.run_result()
    if arguments.report:
        reporting.write(run_result, arguments.report, reporting.ALL)
    if arguments.json:
        print(json.dumps(json_report.run_result(run_result)))
    else:
        terminal.print(run_result, output.console(), quiet=arguments.quiet)
    return int(run_result.result)


def _panel(running: "Running", contract: Contract, arguments: argparse.Namespace) -> str:
    """The URL of the proxy, what it does, how to stop it, and which files it writes then."""
    rows = [
        ("URL", f"{running.origin} (use it in your app)"),
        ("Upstream", running.proxy.checker.target.origin),
        ("Contract", contract.name),
        ("Stop", "Ctrl-C, then the result is printed"),
    ]
    rows += [("Report", f"{arguments.report} at the end")] * bool(arguments.report)
    rows += [("Record", f"{arguments.record} at the end")] * bool(arguments.record)
    return output.columns((f"{name}:", text) for name, text in rows).rstrip()


def _line(running: "Running", contract: Contract) -> str:
    """The same for programs."""
    upstream = running.proxy.checker.target.origin
    return json.dumps({"url": running.origin, "upstream": upstream, "contract": contract.name, "pid": os.getpid()})


@contextmanager
def proxying(
    contract: Contract, upstream: str, settings: "Options | None" = None, *, mock: bool = False, **where: Any
) -> "Iterator[Running]":
    """A proxy that listens in front of `upstream`.

    `mock`: respond for operations that the upstream lacks; `where`: host and port.
    """
    import flowmock
    from flowcontract.cli import proxy_requests
    from flowcontract.proxy import Proxy, TrafficChecker, listening
    from flowmock.settings import Settings

    target = Target.at(upstream, contract.base_path)
    made = flowmock.create(contract, Settings(admin=False, watch=False, cors=False))
    checker = TrafficChecker(contract, target, proxy_requests.by(made))
    with listening(Proxy(checker, settings, made if mock else None, made), **where) as running:
        yield running


def _print(entry: "Entry") -> None:
    from flowcontract.text import one_line

    exchange = entry.exchange
    status = exchange.response.status if exchange.response else exchange.error
    sys.stdout.write(f"{status}  {exchange.request.method} {one_line(exchange.request.target)}\n")
    for error in entry.request_errors:
        sys.stdout.write(f"     request: {one_line(error)}\n")
    for violation in entry.violations:
        sys.stdout.write(f"     {violation.rule}: {one_line(violation.message)}\n")
    sys.stdout.flush()
