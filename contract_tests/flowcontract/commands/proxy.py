"""`flowcontract proxy`: stand before a server, and judge every request and answer that goes by."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowcontract.contract import Contract
from flowcontract.errors import UsageError
from flowcontract.exchange import Target

if TYPE_CHECKING:
    from flowcontract.proxy import Entry, Options, Running


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("--upstream", required=True, metavar="URL", help="the one server that requests go to")
    add("--spec", type=Path, metavar="FILE", help="the contract (default: the one the project carries)")
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=int, default=8080, metavar="PORT", help="port to listen on, 0 for a free one (default: 8080)")
    add("--allow-host", action="append", default=[], metavar="NAME", help="name that clients call the proxy by")
    add("--enforce", action="store_true", help="answer 502 with the cause instead of what breaks the contract")
    add("--mock-missing", action="store_true", help="let the mock answer for operations that the upstream lacks")
    add("--timeout", type=float, default=30.0, metavar="S", help="seconds to wait for the upstream (default: 30)")
    add("--report", type=Path, metavar="DIR", help="write the gate's reports into this folder at the end")
    add("--record", type=Path, metavar="DIR", help="write what went by as a scenario of the mock and as examples")
    add("--quiet", "-q", action="store_true", help="print no line for each exchange")


def run(arguments: argparse.Namespace) -> int:
    """Serve until stopped. 0 nothing was broken, 1 the contract was, 2 nothing could be judged or it cannot serve."""
    from rich.console import Console

    from flowcontract import documents, reports
    from flowcontract.proxy import Options
    from flowcontract.record import Recorder
    from flowcontract.reports import terminal

    if not 0 <= arguments.port <= 65535 or not 0 < arguments.timeout < 86400:
        raise UsageError("a port from 0 to 65535 and a timeout above 0 were expected.", do="Correct --port, --timeout.")
    options = Options(arguments.enforce, arguments.timeout, hosts=frozenset([*arguments.allow_host, arguments.host]))
    contract = Contract.load(arguments.spec)
    for folder in (arguments.record, arguments.report):
        if folder:  # Before anything is recorded that could then not be written.
            documents.make_folder(folder)
    with proxying(
        contract, arguments.upstream, options, host=arguments.host, port=arguments.port, mock=arguments.mock_missing
    ) as running:
        bench = running.proxy.bench
        print(f"{running.origin} -> {bench.target.origin}, judged by {contract.name}", flush=True)
        if not arguments.quiet:
            bench.observers.append(_print)
        recorder = Recorder(contract)
        if arguments.record:
            bench.observers.append(recorder)
        running.serve()
    if arguments.record:
        recorder.write(arguments.record)
        for reason, count in recorder.left_out.items():
            print(f"not recorded: {count} ({reason})")
    judgement = bench.judgement()
    if arguments.report:
        reports.write(judgement, arguments.report, reports.ALL)
    terminal.print(judgement, Console(), quiet=arguments.quiet)
    return int(judgement.verdict)


@contextmanager
def proxying(
    contract: Contract, upstream: str, options: "Options | None" = None, *, mock: bool = False, **where: Any
) -> "Iterator[Running]":
    """A proxy that listens, before `upstream`. `mock`: it answers what the upstream lacks; `where`: host and port."""
    import flowmock.app
    from flowcontract.commands import _understanding
    from flowcontract.proxy import Bench, Proxy, listening
    from flowmock.settings import Settings

    target = Target.at(upstream, contract.base_path)
    made = flowmock.app.create(contract, Settings(admin=False, watch=False, cors=False))
    bench = Bench(contract, target, _understanding.by(made, target))
    with listening(Proxy(bench, options, made if mock else None), **where) as running:
        yield running


def _print(entry: "Entry") -> None:
    from flowcontract.reports.text import one_line

    exchange = entry.exchange
    came = exchange.response.status if exchange.response else exchange.error
    sys.stdout.write(f"{came}  {exchange.request.method} {one_line(exchange.request.target)}\n")
    for violation in entry.violations:
        sys.stdout.write(f"     request: {one_line(violation)}\n")
    for finding in entry.findings:
        sys.stdout.write(f"     {finding.rule}: {one_line(finding.message)}\n")
    sys.stdout.flush()
