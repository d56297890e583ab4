"""What a run over the catalogue looks like: on the terminal, and as the page that is published."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from flowcontract.checks.findings import Result

from .fault import Fault

WANTED = 0.95
"""The share of faults that has to be killed."""

FORBIDS = {"published": "the page", "observed": "what was observed", "rules": "HTTP and the rules"}


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
    """The rules that were broken, in order."""
    requests: int = 0
    seconds: float = 0.0
    error: str = ""
    warnings: tuple[str, ...] = ()
    """The rules of the warnings, which break nothing."""

    @property
    def is_right(self) -> bool:
        return not self.forbids

    @property
    def is_killed(self) -> bool:
        """Whether a faulty server was called broken."""
        return not self.is_right and self.result == Result.FAILED

    @property
    def has_warnings(self) -> bool:
        """Whether a faulty server was called right, and what is wrong was told all the same: it is no kill."""
        return not self.is_right and self.result == Result.PASSED and bool(self.warnings)

    @property
    def is_false_alarm(self) -> bool:
        """Whether a conforming server did not pass."""
        return self.is_right and self.result != Result.PASSED


def by_class(runs: Iterable[Run]) -> list[tuple[str, list[Run]]]:
    """The faulty servers, class by class, in the order of the catalogue."""
    faulty = [run for run in runs if not run.is_right]
    order = list(dict.fromkeys(run.kind for run in faulty))
    grouped = groupby(sorted(faulty, key=lambda run: order.index(run.kind)), key=lambda run: run.kind)
    return [(kind, list(group)) for kind, group in grouped]


def line(run: Run) -> str:
    """One line about one server."""
    if run.error:
        return f"ERROR     {run.name}: {run.error}\n"
    words = ("FALSE", "right") if run.is_right else ("killed", "warned" if run.has_warnings else "SURVIVES")
    word = words[0] if run.is_false_alarm or run.is_killed else words[1]
    rules = ", ".join((*run.rules, *(f"({rule})" for rule in run.warnings))) or "-"
    return f"{word:<9} {run.name:<40} {run.requests:>4} requests {run.seconds:>5.1f} s  {rules}\n"


def listed(faults: Iterable[Fault]) -> str:
    """The catalogue itself, one line for each fault."""
    return "".join(f"{fault.kind:<15} {fault.name:<40} {fault.about}\n" for fault in faults)


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def summary(runs: list[Run]) -> str:
    """Kill rate by class, what survived, false alarms, requests used. A warning is no kill."""
    faulty = [run for run in runs if not run.is_right]
    right = [run for run in runs if run.is_right]
    lines = [f"{'class':<16} {'faults':>6} {'killed':>6}"]
    for kind, group in by_class(runs):
        killed = sum(run.is_killed for run in group)
        lines.append(f"{kind:<16} {len(group):>6} {killed:>6}  {percent(killed, len(group))}")
    killed = sum(run.is_killed for run in faulty)
    wrong = [run for run in right if run.is_false_alarm]
    lines.append(f"{'all':<16} {len(faulty):>6} {killed:>6}  {percent(killed, len(faulty))}")
    lines.append(f"\n{len(right)} conforming servers, {len(wrong)} false alarms")
    lines += [f"  {run.name}: {', '.join(run.rules) or run.error or 'no result'}" for run in wrong]
    for word, told in (("warned", _warned(faulty)), ("survives", _survivors(faulty))):
        lines += [f"{word}: {run.name} ({run.about})" for run in told]
    if runs:
        used = [run.requests for run in runs]
        spent = [run.seconds for run in runs]
        lines.append(
            f"requests: {median(used):.0f} at the median, {max(used)} at most; "
            f"seconds: {median(spent):.1f} at the median, {max(spent):.1f} at most"
        )
    return "\n".join(lines) + "\n"


INTRODUCTION = """\
# Proof: what the gate sees, and what it does not

`tests/faulty_servers/` holds a conforming server, {faults} servers that each break the contract in one way, and
{variants} conforming servers that each keep it in their own way. `tox run -e kill` runs `flowcontract gate`, with its
defaults, against all of them. It fails if fewer than 95 % of the faulty ones fail, or if a conforming
one does. This page is written by that command (`-- --write`).

A fault is forbidden by **the page** (the published contract), by **what was observed** of the server beyond it, or by
**HTTP and the rules** that the gate holds every server to. Each has a witness, a request or a few that show it: a
test proves that the faulty server answers them in another way than the right one. *Input* marks a fault that a single
request shows, whatever came before.

A fault is **killed** if the gate fails the server. It is **warned** if the gate passes with a warning,
because a conforming server may do the same; a warning is not a kill.

"""


def markdown(runs: list[Run]) -> str:
    """The page: kill rate by class, rules by class, rules by fault, conforming servers, warnings, survivors."""
    faulty = [run for run in runs if not run.is_right]
    right = [run for run in runs if run.is_right]
    killed = sum(run.is_killed for run in faulty)
    wrong = sum(run.is_false_alarm for run in right)
    parts = [
        INTRODUCTION.format(faults=len(faulty), variants=len(right))
        + f"**{killed} of {len(faulty)} faults killed ({percent(killed, len(faulty))}), "
        f"{len(_warned(faulty))} warned, {len(_survivors(faulty))} not found; "
        f"{wrong} false alarms among {len(right)} conforming servers; "
        f"{max(run.requests for run in runs)} requests at most.**\n\n",
        "## By class\n\n",
        grid(
            ("class", "faults", "killed", "rate", "warned", "requests (median)"),
            (
                (
                    kind,
                    len(group),
                    sum(run.is_killed for run in group),
                    percent(sum(run.is_killed for run in group), len(group)),
                    len(_warned(group)) or "",
                    f"{median(run.requests for run in group):.0f}",
                )
                for kind, group in by_class(runs)
            ),
        ),
        "\n## Which rules see which class\n\nHow many faults of a class each rule sees.\n\n",
        _matrix(runs),
        "\n## What is warned\n\nThe gate passes with a warning that names the rule.\n\n",
        _listed(("fault", "what is wrong", "warning"), _warned(faulty)),
        "\n## What survives\n\nThe gate passes without a warning.\n\n",
        _listed(("fault", "what is wrong"), _survivors(faulty)),
        "\n## Conforming servers\n\n",
        grid(
            ("server", "what is particular", "result", "warnings"),
            (
                (
                    f"`{run.name}`",
                    run.about,
                    ", ".join(run.rules) if run.is_false_alarm else "passed",
                    _code(run.warnings),
                )
                for run in right
            ),
        ),
        "\n## Every fault\n",
        *(f"\n### {kind.capitalize()}\n\n{_faults(group)}" for kind, group in by_class(runs)),
    ]
    return "".join(parts)


def _warned(runs: Iterable[Run]) -> list[Run]:
    return [run for run in runs if run.has_warnings]


def _survivors(runs: Iterable[Run]) -> list[Run]:
    return [run for run in runs if not (run.is_killed or run.has_warnings)]


def _listed(heads: tuple[str, ...], runs: list[Run]) -> str:
    """Faults with as much of name, sentence and warnings as there are heads; a word where there is none."""
    rows = ((f"`{run.name}`", run.about, _code(run.warnings))[: len(heads)] for run in runs)
    return grid(heads, rows) if runs else "Nothing.\n"


def _code(rules: Iterable[str]) -> str:
    return ", ".join(f"`{rule}`" for rule in rules)


def _faults(group: list[Run]) -> str:
    heads = ("fault", "what is wrong", "forbidden by", "input", "rules that see it", "requests")
    rows = (
        (
            f"`{run.name}`",
            run.about,
            FORBIDS[run.forbids],
            "yes" if run.by_input else "",
            _code(run.rules)
            if run.is_killed
            else f"warning: {_code(run.warnings)}"
            if run.has_warnings
            else "**none**",
            run.requests,
        )
        for run in group
    )
    return grid(heads, rows)


def _matrix(runs: list[Run]) -> str:
    seen = Counter(rule for run in runs if run.is_killed for rule in run.rules)
    classes = by_class(runs)
    rows = (
        (f"`{rule}`", *(sum(rule in run.rules for run in group if run.is_killed) or "" for _, group in classes))
        for rule, _ in sorted(seen.items(), key=lambda item: (-item[1], item[0]))
    )
    return grid(("rule", *(kind for kind, _ in classes)), rows)


def grid(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table of a page."""

    def row(cells: Iterable[object]) -> str:
        return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |\n"

    names = list(heads)
    return row(names) + row("---" for _ in names) + "".join(row(cells) for cells in rows)


def passes(runs: Iterable[Run]) -> bool:
    """Whether enough faults were killed and no conforming server failed."""
    all_runs = list(runs)
    faulty = [each for each in all_runs if not each.is_right]
    killed = sum(each.is_killed for each in faulty)
    return killed >= WANTED * len(faulty) and not any(each.is_false_alarm for each in all_runs)
