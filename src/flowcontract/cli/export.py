"""`flowcontract export`: what the contract and the scenarios answer, as files for a frontend's tests."""

import argparse
import sys
from pathlib import Path

from flowcontract.cli import options, output
from flowcontract.errors import UsageError
from flowcontract.export import Scene
from flowcontract.http.target import Target

FORMATS = ("typescript", "msw", "har")
_BEGAN = "2000-01-01T00:00:00+00:00"
"""The same for every archive, so that the same contract gives the same file."""
_EXAMPLES = "examples"
"""What the archive without a scenario is called."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("-o", "--output", type=Path, required=True, metavar="DIR", help="folder to write into")
    add("--format", action="append", choices=FORMATS, help="write only this; repeatable (default: all)")
    options.add_spec(parser)
    options.add_release(parser)
    add("--operation", action="append", default=[], metavar="ID", help="export this one; repeatable (default: all)")
    add(
        "--scenario",
        action="append",
        metavar="NAME",
        help="export this one; repeatable; `none` for none (default: all)",
    )
    add(
        "--scenario-file",
        action="append",
        default=[],
        metavar="FILE",
        help="file with scenarios of your own; repeatable",
    )
    add(
        "--url", default="http://127.0.0.1:8000", metavar="URL", help="where the API is said to be in HAR (%(default)s)"
    )
    add("--types", metavar="PACKAGE", help="write models.ts too, with the types of this generated client")
    output.add_to(parser, as_json="print the files that were written as one JSON document")


def run(arguments: argparse.Namespace) -> int:
    """Play and write. 0 done, 2 it cannot be."""
    from flowcontract.cli.recorded_scenarios import Player
    from flowcontract.export import fixtures, msw
    from flowcontract.openapi import documents

    contract = options.contract(arguments)
    operations = [contract.operation(name) for name in arguments.operation] or list(contract.operations.values())
    target = Target.at(arguments.url, contract.base_path)
    player = Player(contract, operations, tuple(arguments.scenario_file), target)
    usual = player.play()
    names = _scenarios(arguments.scenario, player.scenarios)
    scenes = [scene for scene in map(player.play, names) if scene.played]
    wanted = arguments.format or FORMATS
    files: dict[str, str] = {}
    if "typescript" in wanted or arguments.types:  # The models are made of the fixtures.
        files["fixtures.ts"] = fixtures.render(contract, usual, scenes)
    if arguments.types:
        files["models.ts"] = fixtures.models(contract, usual, arguments.types)
    if "msw" in wanted:
        files["handlers.ts"] = msw.render(contract, usual, scenes)
    if "har" in wanted:
        files[f"har/{_EXAMPLES}.har"] = _archive(usual, target)
        files |= {f"har/{scene.name}.har": _archive(scene, target) for scene in scenes}
    documents.make_folder(arguments.output)
    for name, text in files.items():
        documents.write(arguments.output / name, text)
    written = [str(arguments.output / name) for name in files]
    if arguments.json:
        output.print_json({"files": written})
    elif not arguments.quiet:
        sys.stdout.writelines(f"{name}\n" for name in written)
    return 0


def _archive(scene: Scene, target: Target) -> str:
    """The HAR of one scene; `target`: where the API is said to be."""
    from flowcontract.reporting import har

    return har.archive(scene.exchanges(), target.url, began=_BEGAN, comment=scene.summary)


def _scenarios(asked: list[str] | None, known: tuple[str, ...]) -> tuple[str, ...]:
    if asked is None:
        return known
    if asked == ["none"]:
        return ()
    for name in asked:
        if name not in known:
            import difflib

            near = difflib.get_close_matches(name, known, n=3) or known
            raise UsageError(f"there is no scenario {name!r}.", do=f"There are, for instance: {', '.join(near)}.")
    return tuple(dict.fromkeys(asked))
