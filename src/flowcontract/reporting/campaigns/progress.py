"""Progress of a running campaign: a live panel on a terminal, plain lines elsewhere."""

import time
from typing import IO

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from flowcontract.engine.campaigns.driver import Budget, State
from flowcontract.engine.campaigns.metrics import named, percentile
from flowcontract.text import plural

LINE_EVERY = 5.0
"""Seconds between two lines."""
_BARS = "▁▂▃▄▅▆▇█"


class Progress:
    """Shows the state of a campaign. Use it as a context manager."""

    def __init__(self, console: Console, budget: Budget, title: str, *, stream: IO[str] | None = None) -> None:
        self._console = console
        self._budget = budget
        self._title = title
        self._live = Live(console=console, refresh_per_second=4, transient=True) if console.is_terminal else None
        self._line_at = time.monotonic() + LINE_EVERY
        self._before = (0.0, 0)
        self._rate = 0.0
        self._stream = stream

    def __enter__(self) -> "Progress":
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def show(self, state: State) -> None:
        """Show the current state."""
        seconds, cases = self._before
        if state.seconds - seconds >= 1:
            rate = (state.cases - cases) / (state.seconds - seconds)
            self._rate = rate if not self._rate else 0.6 * self._rate + 0.4 * rate
            self._before = (state.seconds, state.cases)
        if self._live:
            self._live.update(self._panel(state))
        elif time.monotonic() >= self._line_at or state.ended:
            self._line_at = time.monotonic() + LINE_EVERY
            self._console.print(line(state, self._rate, self._left(state)), highlight=False, soft_wrap=True)

    def _left(self, state: State) -> str:
        if self._budget.seconds is not None:
            return clock(max(0.0, self._budget.seconds - state.seconds))
        if self._budget.cases is not None and self._rate:
            return clock(max(0.0, (self._budget.cases - state.cases) / self._rate))
        return "?"

    def _panel(self, state: State) -> Panel:
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim", justify="right")
        table.add_column(overflow="fold")
        distinct = state.counts["distinct", "", ""]
        table.add_row(
            "cases", f"{state.cases:,}  ({distinct:,} distinct, {self._rate:,.0f}/s, {plural(state.workers, 'worker')})"
        )
        table.add_row("time", f"{clock(state.seconds)}  ({self._left(state)} left)")
        table.add_row("responses", "  ".join(f"{status} {n:,}" for status, n in named(state.counts, "status").items()))
        table.add_row(
            "latency",
            f"p50 {1000 * percentile(state.counts, 0.5):.1f} ms  p99 {1000 * percentile(state.counts, 0.99):.1f} ms",
        )
        table.add_row("behaviors", f"{len(state.behaviors):,}  {self._sparks(state)}")
        table.add_row("next case is new", f"{novelty(state)}")
        failures = Text(plural(state.failures, "distinct failure"), style="bold red" if state.failures else "green")
        table.add_row("failures", failures)
        if state.unreachable_since:
            table.add_row(
                "target",
                Text(f"unreachable for {time.monotonic() - state.unreachable_since:.0f} s", style="bold yellow"),
            )
        share = 0.0
        if self._budget.seconds:
            share = state.seconds / self._budget.seconds
        elif self._budget.cases:
            share = state.cases / self._budget.cases
        bar = ProgressBar(total=1.0, completed=min(1.0, share))
        return Panel(Group(table, bar), title=Text(self._title), border_style="cyan")

    def _sparks(self, state: State) -> str:
        """Discoveries over time, in 30 steps."""
        steps = [0] * 30
        width = max(1.0, state.seconds / 30)
        for (second, what), n in state.timeline.items():
            if what == "behaviors":
                steps[min(29, int(second / width))] += n
        top = max(steps) or 1
        return "".join(_BARS[round(7 * (n / top) ** 0.5)] if n else " " for n in steps)


def line(state: State, rate: float, left: str) -> str:
    """The state of a campaign on one line."""
    statuses = " ".join(f"{status}:{n}" for status, n in named(state.counts, "status").items())
    parts = [
        f"{clock(state.seconds)}", f"{state.cases} cases", f"{rate:.0f}/s", statuses,
        f"{len(state.behaviors)} behaviors",
        plural(state.failures, "failure"), f"next case is new: {novelty(state)}",
    ]  # fmt: skip
    parts.append("target unreachable" if state.unreachable_since else state.ended or f"{left} left")
    return " · ".join(parts)


def novelty(state: State) -> str:
    """The probability that the next case shows new behavior, as text; unknown until random cases have run."""
    return percent(state.saturation) if state.counts["random", "", ""] else "unknown yet"


def percent(share: float) -> str:
    """`11.7 %`, `0.0234 %`: three significant digits."""
    return f"{100 * share:.3g} %"


def clock(seconds: float) -> str:
    """`1:02:03`, or `2:03` below an hour."""
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
