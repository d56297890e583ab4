"""The table of a benchmark run, and the lists that show what is behind its figures."""

from collections.abc import Iterable, Sequence

from benchmarks.page import table
from benchmarks.products.comparison import Entry, Reported
from benchmarks.products.run import Measured

_HEAD = (
    "product",
    "tester",
    "result",
    "true: found / known",
    "not reviewed",
    "false",
    "contested",
    "duplicates",
    "time",
    "CPU",
    "requests",
    "CPU per true finding",
    "requests per true finding",
    "data",
)
_RESULTS = {0: "passed", 1: "failed", 2: "inconclusive", None: "stopped"}


def summary(runs: Sequence[Measured], entries: Sequence[Entry]) -> str:
    """A row for each run, then a total for each tester."""
    rows = [_row(run.product, run.tester, _RESULTS.get(run.code, f"exit {run.code}"), [run], entries) for run in runs]
    for tester in dict.fromkeys(run.tester for run in runs):
        rows += [_row("**all**", tester, "", [run for run in runs if run.tester == tester], entries)]
    return table(_HEAD, rows)


def _row(product: str, tester: str, result: str, runs: Sequence[Measured], entries: Sequence[Entry]) -> tuple[str, ...]:
    def total(lists: Iterable[Sequence[object]]) -> int:
        return sum(map(len, lists))

    all_of = [run.comparison(entries) for run in runs]
    found = sum(len(one.found) for one in all_of)
    cpu, requests = sum(run.cpu for run in runs), sum(run.requests for run in runs)
    changed = [name for run in runs for name in run.changed]
    return (
        product,
        tester,
        result,
        f"{found} / {found + total(one.missed for one in all_of)}",
        str(total(one.new for one in all_of)),
        str(total(one.false for one in all_of)),
        str(total(one.contested for one in all_of)),
        str(total(one.duplicates for one in all_of)),
        f"{sum(run.seconds for run in runs):.0f} s",
        f"{cpu:.1f} s",
        f"{requests:,}",
        f"{cpu / found:.1f} s" if found else "-",
        f"{requests / found:,.0f}" if found else "-",
        f"changed: {', '.join(changed)}" if changed else "unchanged",
    )


def details(run: Measured, entries: Sequence[Entry]) -> str:
    """What was missed, false, a duplicate, or is to be reviewed in one run."""
    result = run.comparison(entries)
    lines = [f"{run.product}, {run.tester}: {run.headline}"]
    lines += [f"  missed     {name}" for name in result.missed]
    for kind in ("false", "contested", "duplicates"):
        lines += [f"  {kind:10} {name}: {_line(one)}" for name, one in getattr(result, kind)]
    lines += [f"  new        {_line(one)}" for one in result.new]
    lines += [f"  warning    {_line(one)}" for one in result.warnings]
    return "\n".join(lines)


def _line(one: Reported) -> str:
    more = f" and {len(one.operations) - 1} more" if len(one.operations) > 1 else ""
    return f"{one.rule}, {one.operations[0]}{more}: {one.summary()}"
