"""Reviewed defects of real servers that `flowcontract fuzz` and `schemathesis run` find, and what they cost.

    python -m benchmarks.fuzz.products [--time S] [--write] [NAME...]

The servers, and what is known about them, are those of `benchmarks.products`; only reads are sent.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import page
from benchmarks.products import comparison, process, run
from benchmarks.products.catalogue import PRODUCTS
from benchmarks.products.process import Running


def fuzz(server: Running, seconds: int) -> run.Measured:
    """A campaign of this time by one worker."""
    with tempfile.TemporaryDirectory(prefix="products-") as folder:
        words = [sys.executable, "-m", "flowcontract", "fuzz", server.url, "--spec", str(server.document), "--json"]
        words += ["--time", str(seconds), "--workers", "1", "--database", str(Path(folder, "campaign.db"))]
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(
            [*words, *server.product.options], capture_output=True, text=True, cwd=page.ROOT, check=False
        )
        took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    try:
        result = json.loads(done.stdout)
    except ValueError:
        result = {"findings": [], "requests": 0, "headline": done.stderr.strip()[-300:]}
    found = tuple(comparison.of_gate(result))
    name = server.product.name
    return run.Measured("fuzz", name, done.returncode, took, cpu, result["requests"], found, result["headline"])


def main() -> int:
    """Measure, then print the table and the findings that were not reviewed yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--time", type=int, default=60, metavar="S", help="seconds for each run")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    entries = comparison.read_entries()
    rows = []
    for name in arguments.names or list(PRODUCTS):
        for tester in ("flowcontract fuzz", "schemathesis run"):
            with process.running(PRODUCTS[name]) as server:
                if tester == "flowcontract fuzz":
                    measured = fuzz(server, arguments.time)
                else:
                    measured = run.schemathesis(server, seconds=arguments.time)
            found = measured.comparison(entries)
            true = len(found.found)
            rows.append(
                (
                    name,
                    f"`{tester}`",
                    f"{true} of {true + len(found.missed)}",
                    f"{len(found.false)}",
                    f"{len(found.duplicates)}",
                    f"{len(found.new)}",
                    f"{measured.requests:,}",
                    f"{measured.cpu:.1f} s",
                    f"{measured.cpu / true:.1f} s" if true else "",
                )
            )
            print(f"{name}: {tester}: {measured.headline}", file=sys.stderr, flush=True)
            for one in found.new:
                print(f"  not reviewed: {one.rule} {one.operations[:2]} {one.text[:160]}", file=sys.stderr, flush=True)
            for entry, one in found.false:
                print(
                    f"  false ({entry}): {one.rule} {one.operations[:2]} {one.text[:160]}", file=sys.stderr, flush=True
                )
    head = (
        "server", "tester", "known defects", "false", "duplicates", "not reviewed", "requests", "CPU", "CPU per defect",
    )  # fmt: skip
    text = f"{page.table(head, rows)}\n\n{page.machine()}"
    print(text)
    if arguments.write:
        page.put("fuzz products", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
