"""Real servers from PyPI and npm, tested by the gate and by `schemathesis run`.

python -m benchmarks.products serve NAME     start one; prints its URL and its document, runs until Ctrl-C
python -m benchmarks.products install [NAME…]
"""

import argparse
import contextlib
import signal
import sys
from pathlib import Path

from benchmarks import page
from benchmarks.products import comparison, install, process, report, run
from benchmarks.products.catalogue import PRODUCTS, Product

TESTERS = ("gate", "schemathesis")


def _products(names: list[str]) -> list[Product]:
    """The products with these names, or all; those that cannot run here are left out with a reason."""
    if unknown := set(names).difference(PRODUCTS):
        raise SystemExit(f"Unknown product {min(unknown)!r}. Choose from {', '.join(PRODUCTS)}.")
    chosen = [PRODUCTS[name] for name in names or PRODUCTS]
    for product in chosen:
        if reason := process.missing(product):
            _progress(f"{product.name}: skipped, {reason}")
    return [product for product in chosen if not process.missing(product)]


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _serve(arguments: argparse.Namespace) -> None:
    for product in _products([arguments.name]):
        with process.running(product, folder=arguments.folder) as server, contextlib.suppress(KeyboardInterrupt):
            print(f"{server.url} {server.document}", flush=True)
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            signal.pause()


def _install(arguments: argparse.Namespace) -> None:
    for product in _products(arguments.name):
        _progress(f"{product.name}: installing {', '.join(product.packages)}")
        install.installed(product.name, product.installer, product.packages, folder=arguments.folder)


def _run(arguments: argparse.Namespace) -> int:
    runs: list[run.Measured] = []
    for product in _products(arguments.name):
        for tester in arguments.tester or TESTERS:
            _progress(f"{product.name}: {tester}")
            # A server of its own for each, so that neither sees the data of the other.
            with process.running(product, folder=arguments.folder) as server:
                seconds, writes = arguments.time_limit, arguments.allow_unsafe
                if tester == "gate":
                    measured = run.gate(server, seconds=seconds, writes=writes, options=arguments.option)
                else:
                    measured = run.schemathesis(server, seconds=seconds, writes=writes)
            runs.append(measured)
            if arguments.reports:
                measured.save(arguments.reports)
    return _show(runs)


def _compare(arguments: argparse.Namespace) -> int:
    return _show([run.Measured.load(file) for file in sorted(arguments.reports.glob("*.json"))])


def _show(runs: list[run.Measured]) -> int:
    """Exit code 1 when the gate missed a known defect, or one of its findings is false or not reviewed."""
    entries = comparison.read_entries()
    for measured in runs:
        print(report.details(measured, entries))
    print(f"\n{report.summary(runs, entries)}\n\n{page.machine()}")
    ours = [(one.changed, one.comparison(entries)) for one in runs if one.tester == "gate"]
    return int(any(changed or result.missed or result.false or result.new for changed, result in ours))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.products", description=__doc__.splitlines()[0])
    folder = argparse.ArgumentParser(add_help=False)
    folder.add_argument(
        "--folder", type=Path, default=install.FOLDER, metavar="DIR", help=f"environments (default: {install.FOLDER})"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", parents=[folder], help="start one product")
    serve.add_argument("name", metavar="NAME", help=f"one of {', '.join(PRODUCTS)}")
    serve.set_defaults(run=_serve)
    installing = commands.add_parser("install", parents=[folder], help="install products")
    installing.add_argument("name", nargs="*", metavar="NAME", help="(default: all)")
    installing.set_defaults(run=_install)
    running = commands.add_parser("run", parents=[folder], help="test products, compare with the reviewed findings")
    running.add_argument("name", nargs="*", metavar="NAME", help="(default: all)")
    running.add_argument(
        "--time-limit", type=int, default=55, metavar="S", help="of each run, in seconds (default: 55)"
    )
    running.add_argument("--tester", action="append", choices=TESTERS, help="repeatable (default: both)")
    running.add_argument("--allow-unsafe", action="store_true", help="also test operations that write")
    running.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="WORD",
        help="more for the gate, such as --option=--seed=7",
    )
    running.add_argument("--reports", type=Path, metavar="DIR", help="keep what each run reported in this folder")
    running.set_defaults(run=_run)
    comparing = commands.add_parser("compare", help="compare the reports of an earlier run again")
    comparing.add_argument("reports", type=Path, metavar="DIR")
    comparing.set_defaults(run=_compare)
    arguments = parser.parse_args()
    sys.exit(arguments.run(arguments))


if __name__ == "__main__":
    main()
