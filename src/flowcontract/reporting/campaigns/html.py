"""The report of a campaign: one HTML file that needs no network and runs no script, whatever a target has answered."""

from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from flowcontract.checks.findings import Result
from flowcontract.engine.campaigns import coverage
from flowcontract.engine.campaigns.database import Campaign
from flowcontract.engine.campaigns.driver import State
from flowcontract.engine.campaigns.metrics import Counts, named, percentile
from flowcontract.engine.campaigns.session import Conclusion
from flowcontract.openapi import documents
from flowcontract.openapi.contract import Contract
from flowcontract.reporting import html_template, view
from flowcontract.reporting.campaigns import plots
from flowcontract.reporting.campaigns.progress import clock, novelty

WORDS = {Result.PASSED: "Passed", Result.FAILED: "Failed", Result.INCONCLUSIVE: "Inconclusive"}
ROWS = 60
"""Classes of input in the heat map at most; those that broke nothing are summed up."""


@dataclass(frozen=True, slots=True)
class Heat:
    """One square of the heat map."""

    failed: int
    share: float
    level: int
    """0 for nothing failed, 1 to 5 for how large a share of the class did."""


@dataclass(frozen=True, slots=True)
class Row:
    """One class of input: how many cases, and how many of them broke each rule."""

    name: str
    cases: int
    heat: tuple[Heat, ...]


def write(path: Path, conclusion: Conclusion, campaign: Campaign, state: State, contract: Contract) -> None:
    """Write the report. Raises ContractError where the file cannot be written; what was there is then as it was."""
    documents.write(path, render(conclusion, campaign, state, contract))


def render(conclusion: Conclusion, campaign: Campaign, state: State, contract: Contract) -> str:
    """The report as text; the same campaign gives the same text."""
    rules, rows = heat_map(state.counts)
    drawn = (
        ("Discoveries", plots.discoveries(state.timeline, state.seconds)),
        ("Saturation", plots.saturation(state.timeline, state.seconds)),
        ("Statuses over time", plots.statuses(state.timeline, state.seconds)),
        ("Latency", plots.latencies(state.counts)),
    )
    environment = html_template.environment("report.css", "campaign.css")
    environment.filters.update(drawing=Markup, clock=clock)
    environment.globals.update(evidence=view.evidence, difference=view.difference, shortened=coverage.shortened)
    return environment.get_template("campaign.html.j2").render(
        word=WORDS[conclusion.result],
        conclusion=conclusion,
        campaign=campaign,
        state=state,
        figures=_figures(state),
        novelty=novelty(state),
        plots=drawn,
        rules=rules,
        rows=rows,
        dimensions=coverage.of(contract, campaign.settings, state.counts),
    )


def _figures(state: State) -> tuple[tuple[str, str], ...]:
    rate = state.cases / state.seconds if state.seconds else 0.0
    return (
        ("cases", f"{state.cases:,}"),
        ("distinct", f"{100 * state.counts['distinct', '', ''] / state.cases:.2f} %" if state.cases else "none"),
        ("a second", f"{rate:,.0f}"),
        ("behaviors", f"{len(state.behaviors):,}"),
        ("p50", f"{1000 * percentile(state.counts, 0.5):.1f} ms"),
        ("p99", f"{1000 * percentile(state.counts, 0.99):.1f} ms"),
        ("next case is new", novelty(state)),
    )


def heat_map(counts: Counts) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    """Rules that were broken, and each class of input with how often it broke them; the worst classes first."""
    cases = named(counts, "class")
    failed = {(a, b): n for (what, a, b), n in counts.items() if what == "failed"}
    rules = tuple(sorted({rule for _, rule in failed}))
    broke = {name for name, _ in failed}
    groups: dict[str, list[str]] = {}
    for name in cases:
        groups.setdefault(name if name in broke else f"{name.partition('/')[0]}, every other class", []).append(name)
    rows = []
    for title, names in groups.items():
        total = sum(cases[name] for name in names)
        heat = tuple(_heat(sum(failed.get((name, rule), 0) for name in names), total) for rule in rules)
        rows.append(Row(title, total, heat))
    rows.sort(key=lambda row: (-max((each.share for each in row.heat), default=0.0), row.name))
    return rules, tuple(rows[:ROWS])


def _heat(failed: int, cases: int) -> Heat:
    share = failed / cases if cases else 0.0
    level = 0 if not failed else 1 + sum(share >= limit for limit in (0.01, 0.1, 0.5, 0.99))
    return Heat(failed, share, level)
