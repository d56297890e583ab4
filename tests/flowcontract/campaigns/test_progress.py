"""What a campaign shows while it runs."""

import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import pytest
from rich.console import Console

from flowcontract.checks import Violation
from flowcontract.checks.probe import Expect, Probe
from flowcontract.engine.campaigns import session
from flowcontract.engine.campaigns.conclusion import CurrentFindings, Evaluation
from flowcontract.engine.campaigns.database import Database, Point, StoredGroup, Triage
from flowcontract.engine.campaigns.driver import Budget, State
from flowcontract.engine.campaigns.findings import CampaignFinding
from flowcontract.engine.campaigns.plan import FailureGroup, Ranges, Settings, Shard
from flowcontract.http.messages import Exchange, Request
from flowcontract.reporting.campaigns.progress import Progress, clock


def _state(**more: Any) -> State:
    counts = Counter({("status", "read", "200"): 200, ("status", "read", "404"): 1000, ("tested", "read", ""): 3})
    points = [Point(0, "probes", 700, 1.0, 5, 0), Point(7, "fuzzing", 500, 2.0, 1, 1)]
    return State(Ranges(), counts, {}, points, seconds=112.0, workers=2, operations=4, **more)


def _shown(state: State, *, terminal: bool, findings: Sequence[CampaignFinding] = ()) -> str:
    budget = Budget(seconds=160)
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=terminal, width=100, legacy_windows=False)
    with Progress(console, budget, "campaign 1", lambda _: findings) as progress:
        progress.show(state)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.getvalue())


def test_a_terminal_has_a_live_view() -> None:
    text = _shown(_state(), terminal=True)

    for part in (
        "campaign 1", "1,200", "2 workers", "200 200", "404 1,000", "1 of 4 operations", "probes", "fuzzing",
        "1:52  (0:48 left)", "findings  0",
    ):  # fmt: skip
        assert part in text
    assert re.search("[▁▂▃▄▅▆▇█]", text), "the curve of a source"


@pytest.mark.parametrize("decision", ["open", "known"])
def test_the_findings_of_the_result_are_shown_by_their_titles(
    things: Any, database: Database, decision: Literal["open", "known"]
) -> None:
    """Not the failures that they are made of."""
    exchange = Exchange(Request("GET", "/api/things/"), None, "closed")
    probe = Probe("a", "b", "things_list", exchange.request, Expect.DOCUMENTED)
    group = FailureGroup(Violation("no-response", "m", "", "closed"), probe, exchange, None, None, 1, Shard("a", 0), ())
    other = replace(group, probe=replace(probe, operation="things_read"))
    state = _state()
    state.groups.update(a=StoredGroup(group, 0.0, 0.0), b=StoredGroup(other, 0.0, 0.0))
    prepared = session.begin(database, things.contract, things.target, Settings())
    findings = CurrentFindings(Evaluation(database, things.contract, prepared.campaign, things.target))
    database.decide(findings(state)[0].finding.fingerprint, Triage(decision))
    findings = CurrentFindings(Evaluation(database, things.contract, prepared.campaign, things.target))

    text = _shown(state, terminal=True, findings=findings(state))

    assert ("No valid response (things_" in text) is (decision == "open")
    assert re.search(r"findings +1" if decision == "open" else r"findings +0", text)


def test_why_nothing_is_sent_is_in_the_live_view() -> None:
    assert re.search(r"unreachable for \d+ s", _shown(_state(unreachable_since=1.0), terminal=True))
    assert "the credentials expired" in _shown(_state(paused="the credentials expired"), terminal=True)


def test_a_pipe_has_plain_lines() -> None:
    text = _shown(_state(ended="time limit of 12 s reached"), terminal=False)

    assert text == (
        "1:52 · 1,200 requests · 200:200 404:1000 · 1 of 4 operations tested · 0 findings · "
        "time limit of 12 s reached\n"
    )
    assert _shown(_state(), terminal=False) == "", "no more than a line every few seconds"


@pytest.mark.parametrize(("seconds", "text"), [(5, "0:05"), (65.9, "1:05"), (3725, "1:02:05")])
def test_times_are_read_as_on_a_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text
