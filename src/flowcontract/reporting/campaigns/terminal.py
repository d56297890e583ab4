"""What a campaign leaves on the terminal: the verdict first, then each cause in a few lines."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from flowcontract.checks.findings import Result
from flowcontract.engine.campaigns.database import Campaign
from flowcontract.engine.campaigns.driver import State
from flowcontract.engine.campaigns.metrics import percentile
from flowcontract.engine.campaigns.session import Conclusion
from flowcontract.reporting import json_report
from flowcontract.reporting.campaigns.progress import clock, novelty
from flowcontract.text import plural

_WORDS = {
    Result.PASSED: ("KEPT", "bold green"),
    Result.FAILED: ("BROKEN", "bold red"),
    Result.INCONCLUSIVE: ("NOT JUDGED", "bold yellow"),
}


def document(conclusion: Conclusion, campaign: Campaign, state: State, database: Path) -> dict[str, Any]:
    """What a campaign comes to, for programs."""
    return {
        "campaign": campaign.id,
        "name": campaign.name,
        "database": str(database),
        "contract": campaign.contract,
        "target": campaign.target,
        "seed": campaign.seed,
        "verdict": conclusion.result.name.lower(),
        "exit_code": int(conclusion.result),
        "headline": conclusion.headline,
        "cases": state.cases,
        "distinct": state.counts["distinct", "", ""],
        "seconds": state.seconds,
        "ended": state.ended,
        "notes": list(conclusion.notes),
        "causes": [
            {**json_report.finding(each.finding), "state": each.state, "new": each.new, "second": each.second}
            for each in conclusion.found
        ],
    }


def print(  # noqa: A001
    conclusion: Conclusion, campaign: Campaign, state: State, database: Path, console: Console, *, quiet: bool = False
) -> None:
    """Print what a campaign comes to; `quiet` prints the verdict alone."""
    word, style = _WORDS[conclusion.result]
    console.print(Text(word, style=style), Text(conclusion.headline), soft_wrap=True)
    if quiet:
        return
    rate = state.cases / state.seconds if state.seconds else 0
    console.print(
        Text(
            f"campaign {campaign.id} of {database}: {clock(state.seconds)}, {rate:,.0f} cases/s, "
            f"{state.counts['distinct', '', '']:,} distinct, p50 {1000 * percentile(state.counts, 0.5):.1f} ms, "
            f"p99 {1000 * percentile(state.counts, 0.99):.1f} ms, next is new: {novelty(state)}"
            + (f"; it ended because {state.ended}" if state.ended else ""),
            style="dim",
        ),
        soft_wrap=True,
    )
    for each in conclusion.found:
        finding = each.finding
        failure = finding.failure
        console.print()
        mark = "new" if each.new else "again"
        head = Text(f"{finding.fingerprint}  {finding.title}", style="bold")
        head.append(f" ({_plain(each.trigger)})" if each.trigger else "")
        times = plural(finding.count, "time")
        head.append(f"  {finding.status}, {mark}, {times}, first after {clock(each.second)}", style="dim")
        console.print(head, soft_wrap=True)
        lines = {
            "": failure.message, "at": str(failure.location), "curl": finding.curl, "do": finding.advice,
            "found by": f"{each.case}, seed {campaign.seed}; again with: flowcontract replay {finding.fingerprint}",
            "note": each.note or finding.note,
        }  # fmt: skip
        for label, text in lines.items():
            if text:
                console.print(Text(f"  {label + ': ' if label else ''}{_plain(text)}"), soft_wrap=True, highlight=False)
    for note in conclusion.notes:
        console.print(Text(f"note: {_plain(note)}"), soft_wrap=True)
    if conclusion.found:
        first = conclusion.found[0].finding.fingerprint
        console.print()
        console.print(Text(f"next: `flowcontract replay {first}` asks again, `flowcontract campaigns` looks back"))


def _plain(text: str) -> str:
    """Text of the target without anything that a terminal would obey."""
    return "".join(mark if mark.isprintable() else f"\\x{ord(mark):02x}" for mark in text)
