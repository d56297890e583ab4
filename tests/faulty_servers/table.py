"""What runs over the catalogue came to: on the terminal, in the committed table, and on the published page."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import median

from flowcontract.checks.findings import Result

from .fault import Fault

CONFORMING = "conforming"
"""The class of servers without a fault."""
_COLUMNS = ("server", "class", "outcome", "rules")


@dataclass(frozen=True, slots=True)
class Run:
    """What the gate made of one server."""

    name: str
    kind: str
    about: str
    forbids: str
    """What forbids the fault; empty for a conforming server."""
    by_input: bool
    result: Result | None = None
    """None where the gate gave none, but an error."""
    rules: tuple[str, ...] = ()
    """The rules of the failures, in order."""
    requests: int = 0
    seconds: float = 0.0
    error: str = ""
    warnings: tuple[str, ...] = ()
    """The rules of the warnings, which fail nothing."""

    @property
    def is_conforming(self) -> bool:
        """Whether the server conforms to the contract."""
        return not self.forbids

    @property
    def outcome(self) -> str:
        """`failed`, `warned` (passed with a warning), `passed`, `inconclusive` or `error`."""
        if self.result is None:
            return "error"
        if self.result == Result.PASSED and self.warnings:
            return "warned"
        return {Result.PASSED: "passed", Result.FAILED: "failed", Result.INCONCLUSIVE: "inconclusive"}[self.result]

    @property
    def is_found(self) -> bool:
        """Whether a faulty server failed; a warning is less."""
        return not self.is_conforming and self.outcome == "failed"

    @property
    def is_false_alarm(self) -> bool:
        """Whether a conforming server did not pass."""
        return self.is_conforming and self.outcome not in ("passed", "warned")

    @property
    def row(self) -> tuple[str, str, str, str]:
        """The row of the committed table."""
        shown = self.rules if self.outcome == "failed" else self.warnings if self.outcome == "warned" else ()
        return self.name, self.kind, self.outcome, " ".join(sorted(shown))


def by_class(runs: Iterable[Run]) -> list[tuple[str, list[Run]]]:
    """The faulty servers, class by class, in the order of the catalogue."""
    faulty = [run for run in runs if not run.is_conforming]
    order = list(dict.fromkeys(run.kind for run in faulty))
    grouped = groupby(sorted(faulty, key=lambda run: order.index(run.kind)), key=lambda run: run.kind)
    return [(kind, list(group)) for kind, group in grouped]


def line(run: Run) -> str:
    """One line about one server."""
    if run.error:
        return f"error         {run.name}: {run.error}\n"
    mark = "  <- false alarm" if run.is_false_alarm else ""
    rules = ", ".join((*run.rules, *(f"({rule})" for rule in run.warnings))) or "-"
    return f"{run.outcome:<13} {run.name:<40} {run.requests:>4} requests {run.seconds:>5.1f} s  {rules}{mark}\n"


def listed(faults: Iterable[Fault]) -> str:
    """The catalogue itself, one line for each fault."""
    return "".join(f"{fault.kind:<15} {fault.name:<40} {fault.about}\n" for fault in faults)


def percent(part: int, whole: int) -> str:
    """A share with one decimal place."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def summary(runs: Sequence[Run]) -> str:
    """Found faults by class, what was not found, false alarms, requests and seconds."""
    faulty = [run for run in runs if not run.is_conforming]
    conforming = [run for run in runs if run.is_conforming]
    lines = [f"{'class':<16} {'faults':>6} {'found':>6}"]
    for kind, group in [*by_class(runs), ("all", faulty)]:
        found = sum(run.is_found for run in group)
        lines.append(f"{kind:<16} {len(group):>6} {found:>6}  {percent(found, len(group))}")
    alarms = [run for run in conforming if run.is_false_alarm]
    lines.append(f"\n{len(conforming)} conforming servers, {len(alarms)} false alarms")
    lines += [f"  {run.name}: {', '.join(run.rules) or run.error or 'no result'}" for run in alarms]
    lines += [f"{run.outcome}: {run.name} ({run.about})" for run in faulty if not run.is_found]
    if runs:
        requests = [run.requests for run in runs]
        seconds = [run.seconds for run in runs]
        lines.append(
            f"requests: {median(requests):.0f} at the median, {max(requests)} at most; "
            f"seconds: {median(seconds):.1f} at the median, {max(seconds):.1f} at most"
        )
    return "\n".join(lines) + "\n"


def write(file: Path, runs: Iterable[Run]) -> None:
    """Write the committed table."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter="\t", lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows(run.row for run in runs)


def read(file: Path) -> dict[str, tuple[str, ...]]:
    """The rows of the committed table by the name of the server."""
    with file.open(encoding="utf-8", newline="") as stream:
        rows = [tuple(row) for row in csv.reader(stream, delimiter="\t")]
    return {row[0]: row for row in rows[1:]}


def sample(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """The conforming servers, and for each rule the first server that it finds."""
    seen: set[str] = set()
    for name, kind, _, rules in rows:
        new = set(rules.split()) - seen
        if new or kind == CONFORMING:
            yield name
        seen |= new


def differences(runs: Iterable[Run], expected: Mapping[str, tuple[str, ...]]) -> list[str]:
    """A line for each run that is not exactly as in the committed table, and for each false alarm."""
    lines = []
    for run in runs:
        row = expected.get(run.name)
        if row is None:
            lines.append(f"{run.name}: got {_result(run.row)}, and the table does not have it")
        elif row != run.row:
            lines.append(f"{run.name}: expected {_result(row)}, got {_result(run.row)}")
        elif run.is_false_alarm:
            lines.append(f"{run.name}: a conforming server does not pass: {_result(run.row)}")
    return lines


def _result(row: Sequence[str]) -> str:
    return f"{row[2]} by {row[3]}" if row[3] else row[2]


INTRODUCTION = """\
# Proof: what the gate detects, and what it does not

`tests/faulty_servers/` holds a conforming server, {faults} servers that each violate the contract in one way, and
{variants} conforming servers that each differ in what the contract allows. `tox run -e kill` runs `flowcontract gate`
against all of them and compares the outcome of each with a committed table, `tests/faulty_servers/expected.tsv`. It
fails if one differs, or if a conforming server does not pass. `-- --write` writes the table and this page.

A fault violates the published contract, the observed behavior of the server, or HTTP. Each fault has a witness: one or
more requests that expose it. A test proves that the faulty server and the conforming one respond to them differently.

A fault is **found** if the gate fails on the server. It is **warned** if the gate passes with a warning, because a
conforming server may behave the same way.

"""


def markdown(runs: Sequence[Run]) -> str:
    """The page: found by class, rules by class, what is not found, conforming servers."""
    faulty = [run for run in runs if not run.is_conforming]
    conforming = [run for run in runs if run.is_conforming]
    found = sum(run.is_found for run in faulty)
    outcomes = Counter(run.outcome for run in faulty)
    others = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()) if outcome != "failed")
    parts = [
        INTRODUCTION.format(faults=len(faulty), variants=len(conforming))
        + f"**{found} of {len(faulty)} faults found ({percent(found, len(faulty))}); {others or 'no others'}; "
        f"{sum(run.is_false_alarm for run in conforming)} false alarms among {len(conforming)} conforming servers; "
        f"{max(run.requests for run in runs)} requests at most.**\n\n",
        "## By class\n\n",
        grid(
            ("class", "faults", "found", "rate", "requests (median)"),
            (
                (
                    kind,
                    len(group),
                    sum(run.is_found for run in group),
                    percent(sum(run.is_found for run in group), len(group)),
                    f"{median(run.requests for run in group):.0f}",
                )
                for kind, group in by_class(runs)
            ),
        ),
        "\n## Which rules find which class\n\nHow many faults of a class each rule finds.\n\n",
        _matrix(runs),
        "\n## What does not fail\n\n",
        grid(
            ("fault", "what is wrong", "outcome", "warnings"),
            ((f"`{run.name}`", run.about, run.outcome, _code(run.warnings)) for run in faulty if not run.is_found),
        ),
        "\n## Conforming servers\n\n",
        grid(
            ("server", "what is particular", "outcome", "warnings"),
            ((f"`{run.name}`", run.about, run.outcome, _code(run.warnings)) for run in conforming),
        ),
    ]
    return "".join(parts)


def _code(rules: Iterable[str]) -> str:
    return ", ".join(f"`{rule}`" for rule in rules)


def _matrix(runs: Sequence[Run]) -> str:
    counts = Counter(rule for run in runs if run.is_found for rule in run.rules)
    classes = by_class(runs)
    rows = (
        (f"`{rule}`", *(sum(rule in run.rules for run in group if run.is_found) or "" for _, group in classes))
        for rule, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )
    return grid(("rule", *(kind for kind, _ in classes)), rows)


def grid(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table of a page."""

    def row(cells: Iterable[object]) -> str:
        return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |\n"

    names = list(heads)
    return row(names) + row("---" for _ in names) + "".join(row(cells) for cells in rows)
