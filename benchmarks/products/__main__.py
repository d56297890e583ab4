"""Real servers from PyPI and npm, tested by the gate and by `schemathesis run`.

python -m benchmarks.products serve NAME     start one; prints its URL and its document, runs until Ctrl-C
python -m benchmarks.products install [NAME…]
"""

import argparse
import contextlib
import signal
import sys
from pathlib import Path

from benchmarks.products import install, process
from benchmarks.products.catalogue import PRODUCTS, Product


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
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
