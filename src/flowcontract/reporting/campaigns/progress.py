"""Progress of a running campaign: a live panel on a terminal, plain lines elsewhere."""

import time
from collections import Counter
from collections.abc import Callable, Sequence

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from flowcontract.engine.campaigns.conclusion import curves
from flowcontract.engine.campaigns.driver import Budget, State
from flowcontract.engine.campaigns.findings import CampaignFinding
from flowcontract.text import one_line, plural

LINE_EVERY = 5.0
"""Seconds between two lines."""
_TITLES = 6
"""Findings whose titles are shown."""
_BARS = "▁▂▃▄▅▆▇█"
_STEPS = 20


class Progress:
    """Shows the state of a campaign. Use it as a context manager."""

    def __init__(
        self, console: Console, budget: Budget, title: str, findings: Callable[[State], Sequence[CampaignFinding]]
    ) -> None:
        """`findings`: the open findings of a state."""
        self._findings = findings
        self._console = console
        self._budget = budget
        self._title = title
        self._live = Live(console=console, refresh_per_second=4, transient=True) if console.is_terminal else None
        self._line_at = time.monotonic() + LINE_EVERY

    def __enter__(self) -> "Progress":
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def show(self, state: State) -> None:
        """Show the current state."""
        if self._live:
            self._live.update(self._panel(state))
        elif time.monotonic() >= self._line_at or state.ended:
            self._line_at = time.monotonic() + LINE_EVERY
            self._console.print(
                line(state, len(self._findings(state)), left(state, self._budget)), highlight=False, soft_wrap=True
            )

    def _panel(self, state: State) -> Panel:
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim", justify="right")
        table.add_column(overflow="fold")
        table.add_row("time", f"{clock(state.seconds)}  ({left(state, self._budget)} left)")
        table.add_row("tested", f"{state.tested:,} of {plural(state.operations, 'operation')}")
        table.add_row("requests", f"{state.requests:,}  ({plural(state.workers, 'worker')})")
        table.add_row("responses", "  ".join(f"{status} {n:,}" for status, n in _statuses(state)))
        for curve in curves(state.points):
            drawn = _spark([features for _, features in curve.points])
            table.add_row(curve.source, f"{drawn}  {curve.discoveries:,} new in {curve.requests:,} requests")
        titles = [f"{each.finding.title} ({each.finding.failure.operation})" for each in self._findings(state)]
        table.add_row("findings", Text(f"{len(titles):,}", style="bold red" if titles else "green"))
        for title in titles[:_TITLES]:
            table.add_row("", one_line(title))
        if len(titles) > _TITLES:
            table.add_row("", f"and {len(titles) - _TITLES} more")
        if state.unreachable_since:
            waited = f"unreachable for {time.monotonic() - state.unreachable_since:.0f} s"
            table.add_row("target", Text(waited, style="bold yellow"))
        if state.paused:
            table.add_row("paused", Text(state.paused, style="bold yellow"))
        share = 0.0
        if self._budget.seconds:
            share = state.seconds / self._budget.seconds
        elif self._budget.cases:
            share = state.requests / self._budget.cases
        bar = ProgressBar(total=1.0, completed=min(1.0, share))
        return Panel(Group(table, bar), title=Text(self._title), border_style="cyan")


def left(state: State, budget: Budget) -> str:
    """The time that is left of the campaign."""
    if budget.seconds is not None:
        return clock(max(0.0, budget.seconds - state.seconds))
    if budget.cases is not None and state.requests and state.seconds:
        return clock(max(0.0, (budget.cases - state.requests) * state.seconds / state.requests))
    return "?"


def line(state: State, findings: int, remaining: str) -> str:
    """The state of a campaign on one line; `findings`: the number of open ones."""
    statuses = " ".join(f"{status}:{n}" for status, n in _statuses(state))
    parts = [
        f"{clock(state.seconds)}",
        plural(state.requests, "request"),
        statuses,
        f"{state.tested} of {plural(state.operations, 'operation')} tested",
        plural(findings, "finding"),
    ]
    waiting = "server unreachable" if state.unreachable_since else f"paused: {state.paused}" if state.paused else ""
    parts.append(state.ended or waiting or f"{remaining} left")
    return " · ".join(part for part in parts if part)


def _statuses(state: State) -> list[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for (what, _, status), number in state.counts.items():
        if what == "status":
            counts["none" if status == "0" else status] += number
    return sorted(counts.items())


def _spark(numbers: list[int]) -> str:
    """How a growing number grew, in a few steps."""
    if not numbers or not numbers[-1]:
        return " " * _STEPS
    steps = [numbers[min(len(numbers) - 1, index * len(numbers) // _STEPS)] for index in range(_STEPS)]
    return "".join(_BARS[round(7 * number / numbers[-1])] for number in steps)


def clock(seconds: float) -> str:
    """`1:02:03`, or `2:03` below an hour."""
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
