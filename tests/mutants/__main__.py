"""Make each mistake of mutants.toml in a copy of the sources, and see whether the tests that should fail do.

    python -m tests.mutants                all
    python -m tests.mutants grouping       those in files with this in their path

The exit code is 1 if a mutant survives.
"""

import argparse
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MUTANTS: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("mutants.toml").read_text("utf-8"))["mutant"]
COPIED = ("src", "mock", "spec", "tests", "conftest.py", "pyproject.toml")


def passes(tests: Iterable[str], copy: Path) -> bool:
    """Whether these tests pass in a copy."""
    environment = os.environ | {
        "PYTHONPATH": f"{copy / 'src'}{os.pathsep}{copy / 'mock'}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True).returncode == 0


def survives(mutant: Mapping[str, Any], copy: Path) -> bool:
    """Whether all of its tests pass with the mistake made."""
    file = copy / mutant["file"]
    right = file.read_text(encoding="utf-8")
    if right.count(mutant["text"]) != 1:
        sys.exit(
            f"{mutant['file']}: expected this text once, got it {right.count(mutant['text'])} times: {mutant['text']}"
        )
    file.write_text(right.replace(mutant["text"], mutant["replacement"]), encoding="utf-8")
    try:
        return passes(mutant["tests"], copy)
    finally:
        file.write_text(right, encoding="utf-8")


def main() -> int:
    """Try the chosen mutants, print a line for each, and give the exit code."""
    parser = argparse.ArgumentParser(prog="mutants", description="Make known mistakes and see whether tests fail.")
    parser.add_argument("part", nargs="?", default="", help="part of the path of the files to mutate (default: all)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="mutants tried at once")
    options = parser.parse_args()
    chosen = [mutant for mutant in MUTANTS if options.part in mutant["file"]]
    tracked = subprocess.run(["git", "ls-files", "-z", *COPIED], cwd=ROOT, capture_output=True, check=True).stdout
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copies: queue.Queue[Path] = queue.Queue()
        for number in range(options.jobs):
            copy = Path(folder) / str(number)
            for name in tracked.decode().split("\0"):
                if name and (ROOT / name).is_file():
                    (copy / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(ROOT / name, copy / name)
            copies.put(copy)

        if not passes(sorted({test for mutant in chosen for test in mutant["tests"]}), copy):
            sys.exit("expected the tests to pass without a mistake, but they fail: run them first")

        def tried(mutant: Mapping[str, Any]) -> bool:
            copy = copies.get()
            try:
                survived = survives(mutant, copy)
            finally:
                copies.put(copy)
            sys.stdout.write(f"{'SURVIVED' if survived else 'noticed '} {mutant['file']}: {mutant['text'].strip()}\n")
            sys.stdout.flush()
            return survived

        with ThreadPoolExecutor(options.jobs) as pool:
            survivors = sum(pool.map(tried, chosen))
    sys.stdout.write(f"{len(chosen) - survivors} of {len(chosen)} mutants were noticed\n")
    return int(survivors > 0)


if __name__ == "__main__":
    sys.exit(main())
