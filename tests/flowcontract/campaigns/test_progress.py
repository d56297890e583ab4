"""What a campaign shows while it runs."""

import io
import re
from collections import Counter
from typing import Any

import pytest
from rich.console import Console

from flowcontract.checks import Violation
from flowcontract.checks.probe import Expect, Probe
from flowcontract.engine.campaigns.database import Point, StoredGroup
from flowcontract.engine.campaigns.driver import Budget, State
from flowcontract.engine.campaigns.plan import FailureGroup, Ranges, Shard
from flowcontract.http.messages import Exchange, Request
from flowcontract.reporting.campaigns.progress import Progress, clock


def _state(**more: Any) -> State:
    counts = Counter({("status", "read", "200"): 200, ("status", "read", "404"): 1000, ("tested", "read", ""): 3})
    points = [Point(0, "probes", 700, 1.0, 5, 0), Point(7, "fuzzing", 500, 2.0, 1, 1)]
    return State(Ranges(), counts, {}, points, seconds=112.0, workers=2, operations=4, **more)


def _shown(state: State, *, terminal: bool, budget: Budget = Budget(seconds=160)) -> str:  # noqa: B008 - frozen
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=terminal, width=100, legacy_windows=False)
    with Progress(console, budget, "campaign 1") as progress:
        progress.show(state)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.getvalue())


def test_a_terminal_has_a_live_view() -> None:
    text = _shown(_state(), terminal=True)

    for part in (
        "campaign 1", "1,200", "2 workers", "200 200", "404 1,000", "1 of 4 operations", "probes", "fuzzing",
        "1:52  (0:48 left)", "0 failures",
    ):  # fmt: skip
        assert part in text
    assert re.search("[▁▂▃▄▅▆▇█]", text), "the curve of a source"


def test_findings_are_shown_by_their_titles() -> None:
    exchange = Exchange(Request("GET", "/read"), None, "closed")
    probe = Probe("a", "b", "read", exchange.request, Expect.DOCUMENTED)
    group = FailureGroup(Violation("server-error", "m", "", "500"), probe, exchange, None, None, 1, Shard("a", 0), ())
    state = _state()
    state.groups["key"] = StoredGroup(group, 0.0, 0.0)

    text = _shown(state, terminal=True)

    assert "1 failure" in text
    assert "Server error (read)" in text


def test_why_nothing_is_sent_is_in_the_live_view() -> None:
    assert re.search(r"unreachable for \d+ s", _shown(_state(unreachable_since=1.0), terminal=True))
    assert "the credentials expired" in _shown(_state(paused="the credentials expired"), terminal=True)


def test_a_pipe_has_plain_lines() -> None:
    text = _shown(_state(ended="time limit of 12 s reached"), terminal=False)

    assert text == (
        "1:52 · 1,200 requests · 200:200 404:1000 · 1 of 4 operations tested · 0 failures · "
        "time limit of 12 s reached\n"
    )
    assert _shown(_state(), terminal=False) == "", "no more than a line every few seconds"


@pytest.mark.parametrize(("seconds", "text"), [(5, "0:05"), (65.9, "1:05"), (3725, "1:02:05")])
def test_times_are_read_as_on_a_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text
