"""Mutate modules with mutmut and count the mutants that their tests notice.

    python -m tests.mutation                       every module of modules.toml, all mutants (hours)
    python -m tests.mutation checks --ends-with 3  a tenth: the mutants whose number ends in 3
    python -m tests.mutation --changed main        the functions that changed since a commit, as CI does
    python -m tests.mutation --write               put the scores into README.md

mutmut runs in a copy of the repository. The exit code is 1 where a score is below the floor.
"""

import argparse
import ast
import datetime
import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULES = tomllib.loads(Path(__file__).with_name("modules.toml").read_text(encoding="utf-8"))
TABLE = Path(__file__).with_name("README.md")
FLOOR = 80.0
"""Percent of the mutants that must be noticed."""
NOTICED = ("killed", "timeout", "suspicious", "segfault", "caught by type check")
IGNORED = ("not checked", "skipped")
COPIED = ("contract_tests", "mock", "spec", "src", "tests", "conftest.py", "pyproject.toml")


@dataclass(frozen=True, slots=True)
class Score:
    """How many mutants of a module its tests notice."""

    module: str
    noticed: int
    survivors: tuple[str, ...]

    @property
    def mutants(self) -> int:
        return self.noticed + len(self.survivors)

    @property
    def percent(self) -> float:
        return 100 * self.noticed / self.mutants if self.mutants else 100.0


def run(name: str, files: Sequence[str], patterns: Sequence[str], jobs: int) -> Score:
    """Mutate files of a module; `patterns` choose among the names of the mutants, and none means all."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        copy = Path(folder)
        _copy(copy, files, MODULES[name]["tests"])
        mutants = copy / "mutants"
        for source in ("src", "mock"):
            (mutants / source).mkdir(parents=True)  # Python forgets a path that does not exist when it starts.
        environment = os.environ | {"PYTHONPATH": f"{mutants / 'src'}{os.pathsep}{mutants / 'mock'}"}
        mutmut = [sys.executable, "-m", "mutmut"]
        ran = subprocess.run(
            [*mutmut, "run", "--max-children", str(jobs), *patterns],
            cwd=copy,
            env=environment,
            capture_output=True,
            text=True,
        )
        listed = subprocess.run(
            [*mutmut, "results", "--all", "true"], cwd=copy, env=environment, capture_output=True, text=True
        )
    results = re.findall(r"^\s*(\S+__mutmut_\d+): (.+)$", listed.stdout, re.M)
    counts = Counter(status for _, status in results)
    if not set(counts) - set(IGNORED) and "nothing matches" not in ran.stderr:
        sys.exit(f"mutmut tested no mutant of {name}:\n{ran.stdout[-3000:]}\n{ran.stderr[-3000:]}")
    survivors = tuple(mutant for mutant, status in results if status not in (*NOTICED, *IGNORED))
    return Score(name, sum(counts[status] for status in NOTICED), survivors)


def _copy(folder: Path, files: Sequence[str], tests: Sequence[str]) -> None:
    """The repository as mutmut needs it: tracked files, and a configuration for these files and tests."""
    tracked = subprocess.run(["git", "ls-files", "-z", *COPIED], cwd=ROOT, capture_output=True, check=True).stdout
    for name in tracked.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    lines = {
        "source_paths": ["src/", "mock/"],
        "only_mutate": files,
        "also_copy": [name for name in COPIED if name not in ("src", "mock")],
        "pytest_add_cli_args_test_selection": tests,
        "use_git_change_detection": ["false"],
    }
    text = "".join(f"{key}=\n" + "".join(f"    {value}\n" for value in values) for key, values in lines.items())
    # A process that has run the tests has their results in its caches, which would hide mutants.
    text += "process_isolation=forkserver\n"
    (folder / "setup.cfg").write_text(f"[mutmut]\n{text}", encoding="utf-8")


def changed(base: str, ends: Sequence[str]) -> dict[str, tuple[list[str], list[str]]]:
    """By module, the files that changed since a commit and patterns of the mutants of their changed functions."""
    diff = subprocess.run(
        ["git", "diff", "-U0", base, "--", "src", "mock"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    found: dict[str, tuple[list[str], list[str]]] = {}
    for part in re.split(r"^diff --git ", diff, flags=re.M)[1:]:
        file = re.search(r"^\+\+\+ b/(\S+\.py)$", part, re.M)
        name = next((name for name in MODULES if file and _is_of(file[1], MODULES[name]["mutate"])), None)
        if not file or not name:
            continue
        lines = {
            line
            for start, count in re.findall(r"^@@ \S+ \+(\d+)(?:,(\d+))? @@", part, re.M)
            for line in range(int(start), int(start) + int(count or 1))
        }
        package = re.sub(r"^(src|mock)/|\.py$", "", file[1]).replace("/__init__", "*").replace("/", ".")
        numbers = [*ends, *(f"*{end}" for end in ends)] or ["*"]
        names = _functions(ROOT / file[1], lines)
        patterns = [f"{package}.{each}__mutmut_{number}" for each in names for number in numbers]
        if patterns:
            files, all_patterns = found.setdefault(name, ([], []))
            files.append(file[1])
            all_patterns += patterns
    return found


def _is_of(file: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatch(file, pattern) for pattern in patterns)


def _functions(file: Path, lines: set[int]) -> Iterator[str]:
    """The functions and methods that these lines are in, as mutmut names them."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        members = node.body if isinstance(node, ast.ClassDef) else [node]
        for member in members:
            if isinstance(member, ast.FunctionDef) and lines & {*range(member.lineno, (member.end_lineno or 0) + 1)}:
                yield f"xǁ{node.name}ǁ{member.name}" if isinstance(node, ast.ClassDef) else f"x_{member.name}"


def write(scores: Sequence[Score], sample: str) -> None:
    """Replace the rows of these modules in the table, with today's date and what was sampled."""
    today = datetime.datetime.now(datetime.UTC).date()
    rows = dict(re.findall(r"^\| `(\w+)` (\|.*)$", TABLE.read_text(encoding="utf-8"), re.M))
    for score in scores:
        rows[score.module] = f"| {score.percent:.0f} % | {score.noticed} of {score.mutants} | {sample} | {today} |"
    head = TABLE.read_text(encoding="utf-8").partition("| Module |")[0]
    table = "| Module | Score | Noticed | Sample | Date |\n|---|---|---|---|---|\n"
    table += "".join(f"| `{name}` {rows[name]}\n" for name in MODULES if name in rows)
    TABLE.write_text(head + table, encoding="utf-8")


def main() -> int:
    """Run what is asked for, print the scores and the survivors, and give the exit code."""
    parser = argparse.ArgumentParser(prog="mutation", description="Count the mutants that the tests notice.")
    parser.add_argument("modules", nargs="*", help=f"of {', '.join(MODULES)} (default: all)")
    parser.add_argument("--files", nargs="+", help="patterns of files in place of the module's")
    parser.add_argument("--ends-with", nargs="+", metavar="DIGITS", help="only mutants whose number ends so")
    parser.add_argument("--changed", metavar="COMMIT", help="only functions that changed since this commit")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="mutants tested at once")
    parser.add_argument("--write", action="store_true", help="put the scores into README.md")
    options = parser.parse_args()
    if options.changed:
        work = [(name, *of) for name, of in changed(options.changed, options.ends_with or ()).items()]
    else:
        ends = [f"*__mutmut_{end}" for end in options.ends_with or ()]
        patterns = ends + [pattern.replace("mutmut_", "mutmut_*") for pattern in ends]
        names = options.modules or list(MODULES)
        work = [(name, options.files or MODULES[name]["mutate"], patterns) for name in names]
    scores = []
    for name, files, patterns in work:
        scores.append(run(name, files, patterns, options.jobs))
        sys.stdout.writelines(f"survived: {mutant}\n" for mutant in scores[-1].survivors)
        sys.stdout.write(f"{name}: {scores[-1].noticed} of {scores[-1].mutants} noticed, {scores[-1].percent:.1f} %\n")
        sys.stdout.flush()
    if options.write:
        sample = f"numbers ending in {', '.join(options.ends_with)}" if options.ends_with else "all"
        write(scores, sample + (f" of {', '.join(options.files)}" if options.files else ""))
    return int(any(score.percent < FLOOR for score in scores))


if __name__ == "__main__":
    sys.exit(main())
