"""What a campaign shows while it runs."""

import io
import re
from collections import Counter
from typing import Any

import pytest
from rich.console import Console

from flowcontract.engine.campaigns.driver import Budget, State
from flowcontract.engine.campaigns.plan import Ranges
from flowcontract.reporting.campaigns.progress import Progress, clock, percent


def _state(**more: Any) -> State:
    counts = Counter({
        ("cases", "", ""): 1200, ("distinct", "", ""): 1190, ("status", "200", ""): 200, ("status", "404", ""): 1000,
        ("latency", "40", ""): 1200, ("random", "", ""): 400, ("behavior", "a", "random"): 1,
    })  # fmt: skip
    timeline = Counter({(0, "behaviors"): 5, (7, "behaviors"): 1})
    return State(Ranges(), counts, {}, timeline, {"a", "b"}, seconds=12.0, workers=2, **more)


def _shown(state: State, *, terminal: bool, budget: Budget = Budget(seconds=60)) -> str:  # noqa: B008 - frozen
    said = io.StringIO()
    console = Console(file=said, force_terminal=terminal, width=100, legacy_windows=False)
    with Progress(console, budget, "campaign 1") as progress:
        progress.show(state)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said.getvalue())


def test_a_terminal_has_a_live_view() -> None:
    text = _shown(_state(), terminal=True)

    for part in (
        "campaign 1", "1,200", "1,190 distinct", "100/s", "2 workers", "0:48 left", "200 200", "404 1,000", "p50",
        "p99", "0.25 %", "0 distinct failures",
    ):  # fmt: skip
        assert part in text
    assert re.search("[▁▂▃▄▅▆▇█]", text), "discoveries over time"


def test_a_target_that_is_away_stands_in_the_live_view() -> None:
    assert re.search(r"unreachable for \d+ s", _shown(_state(unreachable_since=1.0), terminal=True))


def test_a_pipe_has_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    text = _shown(_state(ended="time limit of 12 s reached"), terminal=False)

    assert text == (
        "0:12 · 1200 cases · 100/s · 200:200 404:1000 · 2 behaviors · 0 failures · next case is new: 0.25 % · "
        "time limit of 12 s reached\n"
    )
    assert _shown(_state(), terminal=False) == "", "no more than a line every few seconds"


def test_the_time_left_follows_from_the_cases_where_they_are_the_budget() -> None:
    assert "0:18 left" in _shown(_state(), terminal=True, budget=Budget(cases=3000))


@pytest.mark.parametrize(("seconds", "text"), [(5, "0:05"), (65.9, "1:05"), (3725, "1:02:05")])
def test_times_are_read_as_on_a_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


@pytest.mark.parametrize(("share", "text"), [(1, "100 %"), (0.117281, "11.7 %"), (0.00023456, "0.0235 %")])
def test_shares_have_three_digits_that_mean_something(share: float, text: str) -> None:
    assert percent(share) == text
