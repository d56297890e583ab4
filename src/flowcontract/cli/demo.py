"""`flowcontract demo`: the whole pipeline once, from API docs to test report."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from flowcontract.cli import options, output
from flowcontract.text import plural

if TYPE_CHECKING:
    from rich.console import Console

    from flowcontract.checks.findings import RunResult
    from flowcontract.openapi.contract import Contract

STEPS = ("capture", "build", "mock", "gate", "report")

_TIME_LIMIT = 300.0
"""Seconds; enough for the first run on a slow machine."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--report",
        type=options.folder,
        metavar="DIR",
        default=Path("reports/demo"),
        help="folder for the reports (default: %(default)s)",
    )
    output.add_to(parser, quiet="print the result only", as_json="print the result as one JSON document")


def run(arguments: argparse.Namespace) -> int:
    """Capture, build, mock, gate and report. 0 passed, 1 failed, 2 inconclusive. Raises FlowContractError."""
    from flowcontract import reporting
    from flowcontract.reporting import terminal

    console = output.console()
    steps = output.console()
    steps.quiet = arguments.quiet or arguments.json
    folder: Path = arguments.report
    reporting.require_writable(folder)
    captured = _capture(folder, steps)
    contract = _build(captured, folder, steps)
    run_result = _gate(contract, steps)
    written = reporting.write(run_result, folder)
    _tell(steps, "report", f"{len(written)} files in {folder}")
    steps.print()
    if arguments.json:
        terminal.print_json(run_result, console)
        return int(run_result.result)
    terminal.print(run_result, console, quiet=arguments.quiet or not run_result.open_findings)
    steps.print(f"  report: {written['html']}")
    steps.print("  next:   serve the contract with `flowcontract mock`, test a server with `flowcontract gate URL`")
    return int(run_result.result)


def _capture(folder: Path, console: "Console") -> Path:
    """Read the published pages that come with the project."""
    from flowcontract import capture
    from flowcontract.errors import CaptureError
    from flowcontract.openapi import documents
    from flowcontract.openapi.contract import carried

    pages = sorted(carried("pages").glob("*.mdx"))
    if not pages:
        raise CaptureError(f"expected a page in {carried('pages')}, got none.", do="Reinstall flowcontract.")
    found = capture.from_pages(pages)
    if found.disagreements:
        raise CaptureError(f"the page contradicts itself: {found.disagreements[0]}", do="Download it again.")
    path = folder / "spec" / "captured.yaml"
    documents.write(path, documents.dump(found.document))
    _tell(console, "capture", f"{', '.join(page.name for page in pages)} -> {path}")
    return path


def _build(captured: Path, folder: Path, console: "Console") -> "Contract":
    """Add overlays and examples to the captured document."""
    from flowcontract.openapi import assemble, documents
    from flowcontract.openapi.contract import Contract, carried

    overlays, examples = sorted(carried("overlays").glob("*.yaml")), carried("examples")
    path = folder / "spec" / "openapi.yaml"
    documents.write(path, assemble.render(assemble.build(captured, overlays, examples, base=path.parent)))
    count = len(list(examples.glob("*.yaml")))
    _tell(console, "build", f"{plural(len(overlays), 'overlay')}, {plural(count, 'example')} -> {path}")
    return Contract.load(path)


def _gate(contract: "Contract", console: "Console") -> "RunResult":
    """Serve the contract and test the mock against it, with a token that has permissions and one that has none."""
    import flowmock
    from flowcontract import engine
    from flowcontract.http.target import Target

    token, nothing = "flowcontract-demo-token", "flowcontract-demo-nothing"
    with flowmock.running(contract, tokens=(token, f"{nothing}:none")) as mock:
        _tell(console, "mock", mock.url)
        target = Target.at(mock.url, contract.base_path, token=token, none_token=nothing)
        with console.status("testing"):
            run_result = engine.run(contract, target, engine.Options(assume_examples=True, time_limit=_TIME_LIMIT))
    _tell(console, "gate", f"{run_result.requests} requests, {len(run_result.rules)} rules")
    return run_result


def _tell(console: "Console", step: str, text: str) -> None:
    number = STEPS.index(step) + 1
    line = f"{number}/{len(STEPS)} {step:<8} {text}"
    console.print(line)
