"""The result of a campaign on a terminal: the result first, then each finding in a few lines."""

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

_STYLES = {Result.PASSED: "bold green", Result.FAILED: "bold red", Result.INCONCLUSIVE: "bold yellow"}


def document(conclusion: Conclusion, campaign: Campaign, state: State, database: Path) -> dict[str, Any]:
    """The result of a campaign as JSON."""
    return {
        "schema_version": json_report.SCHEMA_VERSION,
        "campaign": campaign.id,
        "name": campaign.name,
        "database": str(database),
        "contract": campaign.contract,
        "target": campaign.target,
        "seed": campaign.seed,
        "result": conclusion.result.name.lower(),
        "exit_code": int(conclusion.result),
        "headline": conclusion.headline,
        "cases": state.cases,
        "distinct": state.counts["distinct", "", ""],
        "seconds": state.seconds,
        "ended": state.ended,
        "notes": list(conclusion.notes),
        "findings": [
            {**json_report.finding(each.finding), "triage": each.state, "new": each.new, "first_seen": each.second}
            for each in conclusion.findings
        ],
    }


def print(  # noqa: A001
    conclusion: Conclusion, campaign: Campaign, state: State, database: Path, console: Console, *, quiet: bool = False
) -> None:
    """Print the result of a campaign; `quiet` prints the headline only."""
    label = f"{conclusion.result.name.lower()}:"
    console.print(Text(label, style=_STYLES[conclusion.result]), Text(conclusion.headline), soft_wrap=True)
    if quiet:
        return
    rate = state.cases / state.seconds if state.seconds else 0
    console.print(
        Text(
            f"campaign {campaign.id} in {database}: {clock(state.seconds)}, {rate:,.0f} cases/s, "
            f"{state.counts['distinct', '', '']:,} distinct, p50 {1000 * percentile(state.counts, 0.5):.1f} ms, "
            f"p99 {1000 * percentile(state.counts, 0.99):.1f} ms, next case is new: {novelty(state)}"
            + (f"; ended: {state.ended}" if state.ended else ""),
            style="dim",
        ),
        soft_wrap=True,
    )
    for each in conclusion.findings:
        finding = each.finding
        failure = finding.failure
        console.print()
        age = "new" if each.new else "seen before"
        head = Text(f"{finding.fingerprint}  {finding.title}", style="bold")
        head.append(f" ({_plain(each.trigger)})" if each.trigger else "")
        times = plural(finding.count, "time")
        head.append(f"  {finding.status}, {age}, seen {times}, first after {clock(each.second)}", style="dim")
        console.print(head, soft_wrap=True)
        lines = {
            "": failure.message, "location": str(failure.location), "curl": finding.curl, "fix": finding.advice,
            "case": f"{each.case}, seed {campaign.seed}; reproduce: flowcontract replay {finding.fingerprint}",
            "note": each.note or finding.note,
        }  # fmt: skip
        for label, text in lines.items():
            if text:
                console.print(Text(f"  {label + ': ' if label else ''}{_plain(text)}"), soft_wrap=True, highlight=False)
    for note in conclusion.notes:
        console.print(Text(f"note: {_plain(note)}"), soft_wrap=True)
    if conclusion.findings:
        first = conclusion.findings[0].finding.fingerprint
        console.print()
        console.print(
            Text(f"next: `flowcontract replay {first}` reproduces it, `flowcontract campaigns show` shows coverage")
        )


def _plain(text: str) -> str:
    """Text of the target without terminal control characters."""
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
