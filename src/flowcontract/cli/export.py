"""`flowcontract export`: the responses of examples and scenarios as files for a frontend's tests."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from flowcontract.cli import options, output
from flowcontract.errors import UsageError
from flowcontract.export import ScenarioResponses
from flowcontract.http.target import Target
from flowcontract.text import nearest_or_all

if TYPE_CHECKING:
    from flowcontract.cli.recorded_scenarios import ScenarioRecorder

FORMATS = ("typescript", "msw", "har")
_STARTED = "2000-01-01T00:00:00+00:00"
"""Time in every archive; constant, so that the same contract gives the same file."""
_EXAMPLES = "examples"
"""Name of the archive without a scenario."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("-o", "--output", type=Path, required=True, metavar="DIR", help="folder to write to")
    add("--format", action="append", choices=FORMATS, help="write only this format; repeatable (default: all)")
    options.add_spec(parser)
    options.add_release(parser)
    options.add_operation(parser, "export only")
    add(
        "--scenario",
        action="append",
        metavar="NAME",
        help="export this scenario, or none with `none`; repeatable (default: all except long lists)",
    )
    add(
        "--scenario-file",
        action="append",
        default=[],
        metavar="FILE",
        help="YAML file with your own scenarios; repeatable",
    )
    add(
        "--url",
        default="http://127.0.0.1:8000",
        metavar="URL",
        help="URL of the API in HAR files (default: %(default)s)",
    )
    add("--types", metavar="PACKAGE", help="also write models.ts, with the types of this generated client")
    output.add_to(parser, as_json="print the names of the files as one JSON document")


def run(arguments: argparse.Namespace) -> int:
    """Collect the responses and write them. 0 done, 2 error."""
    from flowcontract.cli.recorded_scenarios import ScenarioRecorder
    from flowcontract.export import fixtures, msw
    from flowcontract.openapi import documents

    contract = options.contract(arguments)
    operations = [contract.operation(name) for name in arguments.operation] or list(contract.operations.values())
    target = Target.at(arguments.url, contract.base_path)
    recorder = ScenarioRecorder(contract, operations, tuple(arguments.scenario_file), target)
    names = _scenarios(arguments.scenario, recorder)
    formats = arguments.format or FORMATS
    if "har" in formats and _EXAMPLES in names:
        raise UsageError(
            f"har/{_EXAMPLES}.har has the responses without a scenario, and a scenario is named {_EXAMPLES!r}, too.",
            do="Rename the scenario, or leave har out with --format.",
        )
    documents.make_folder(arguments.output)  # Before the work: it may not be possible.
    usual = recorder.record()
    scenarios = [scenario for scenario in map(recorder.record, names) if scenario.operations]
    files: dict[str, str] = {}
    if "typescript" in formats or arguments.types:  # The models import the fixtures.
        files["fixtures.ts"] = fixtures.render(contract, usual, scenarios)
    if arguments.types:
        files["models.ts"] = fixtures.models(contract, usual, arguments.types)
    if "msw" in formats:
        files["handlers.ts"] = msw.render(contract, usual, scenarios)
    if "har" in formats:
        files[f"har/{_EXAMPLES}.har"] = _archive(usual, target)
        files |= {f"har/{scenario.name}.har": _archive(scenario, target) for scenario in scenarios}
    for name, text in files.items():
        documents.write(arguments.output / name, text)
    written = [str(arguments.output / name) for name in files]
    if arguments.json:
        output.print_json({"files": written})
    elif not arguments.quiet:
        sys.stdout.writelines(f"{name}\n" for name in written)
    return 0


def _archive(scenario: ScenarioResponses, target: Target) -> str:
    """The HAR of one scenario; `target`: where the API is."""
    from flowcontract.reporting import har

    return har.archive(scenario.exchanges(), target.url, began=_STARTED, comment=scenario.summary)


def _scenarios(given: list[str] | None, recorder: "ScenarioRecorder") -> tuple[str, ...]:
    if given is None:
        return recorder.usual_scenarios
    if given == ["none"]:
        return ()
    for name in given:
        if name not in recorder.scenarios:
            raise UsageError(f"unknown scenario {name!r}.", do=nearest_or_all(name, recorder.scenarios))
    return tuple(dict.fromkeys(given))
