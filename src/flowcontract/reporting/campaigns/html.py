"""The report of a campaign: one HTML file without network access or scripts, whatever the target responded."""

from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

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

ROWS = 60
"""Maximum number of input classes in the heat map; those without failures are summed up."""


@dataclass(frozen=True, slots=True)
class Heat:
    """One cell of the heat map."""

    failed: int
    share: float
    level: int
    """0 without failures, 1 to 5 by the share of failed cases."""


@dataclass(frozen=True, slots=True)
class Row:
    """One input class: number of cases, and how many violated each rule."""

    name: str
    cases: int
    heat: tuple[Heat, ...]


def write(path: Path, conclusion: Conclusion, campaign: Campaign, state: State, contract: Contract) -> None:
    """Write the report. Raises ContractError if the file cannot be written; an existing file then stays unchanged."""
    documents.write(path, render(conclusion, campaign, state, contract), private=True)


def render(conclusion: Conclusion, campaign: Campaign, state: State, contract: Contract) -> str:
    """The report as text; the same campaign always yields the same text."""
    rules, rows = heat_map(state.counts)
    charts = (
        ("Behaviors and failures over time", plots.discoveries(state.timeline, state.seconds)),
        ("Saturation over time", plots.saturation(state.timeline, state.seconds)),
        ("Statuses over time", plots.statuses(state.timeline, state.seconds)),
        ("Response times", plots.latencies(state.counts)),
    )
    environment = html_template.environment("report.css", "campaign.css")
    environment.filters.update(drawing=Markup, clock=clock)
    environment.globals.update(evidence=view.evidence, difference=view.difference, shortened=coverage.shortened)
    return environment.get_template("campaign.html.j2").render(
        result=conclusion.result.name.lower(),
        conclusion=conclusion,
        campaign=campaign,
        state=state,
        figures=_figures(state),
        novelty=novelty(state),
        plots=charts,
        rules=rules,
        rows=rows,
        dimensions=coverage.of(contract, campaign.settings, state.counts),
    )


def _figures(state: State) -> tuple[tuple[str, str], ...]:
    rate = state.cases / state.seconds if state.seconds else 0.0
    return (
        ("cases", f"{state.cases:,}"),
        ("distinct cases", f"{100 * state.counts['distinct', '', ''] / state.cases:.2f} %" if state.cases else "none"),
        ("cases per second", f"{rate:,.0f}"),
        ("behaviors", f"{len(state.behaviors):,}"),
        ("p50", f"{1000 * percentile(state.counts, 0.5):.1f} ms"),
        ("p99", f"{1000 * percentile(state.counts, 0.99):.1f} ms"),
        ("next case is new", novelty(state)),
    )


def heat_map(counts: Counts) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    """The violated rules, and each input class with the number of violations; the worst classes first."""
    cases = named(counts, "class")
    failed = {(a, b): n for (what, a, b), n in counts.items() if what == "failed"}
    rules = tuple(sorted({rule for _, rule in failed}))
    violating = {name for name, _ in failed}
    groups: dict[str, list[str]] = {}
    for name in cases:
        groups.setdefault(name if name in violating else f"{name.partition('/')[0]}, all other classes", []).append(
            name
        )
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
