"""One self-contained HTML file: no network, and a content security policy that allows our style sheet and script."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup, escape

from flowcontract.checks.findings import Finding, FindingStatus, OperationCoverage, RunResult
from flowcontract.checks.registry import RULES
from flowcontract.http.messages import Exchange
from flowcontract.reporting import html_template, side_by_side, view
from flowcontract.reporting.campaigns import charts
from flowcontract.text import one_line, plural

EXCHANGES = 1_000
"""Maximum number of rows in the table of exchanges; the HAR file has all of them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One exchange in the table."""

    number: int
    method: str
    target: str
    outcome: str
    status: str
    kind: str
    """`2xx`, `3xx`, … or `none`, for its color."""
    media: str
    size: str
    time: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One status with its share of all responses, in percent."""

    status: int
    kind: str
    count: int
    start: float
    share: float


def render(run_result: RunResult) -> str:
    """The run result as one HTML document."""
    campaign = run_result.campaign
    styles = ("report.css", "campaign.css") if campaign else ("report.css",)
    environment = html_template.environment(*styles, script="report.js")
    environment.filters["drawing"] = Markup  # Our own drawing, of numbers and escaped text.
    statuses, by_operation = charts.coverage(campaign) if campaign else ((), ())
    environment.globals.update(
        advice=_advice,
        evidence=view.evidence,
        replay=view.replay,
        sides=side_by_side.sides,
        where=side_by_side.where,
        step_line=view.step_line,
    )
    findings = view.ordered(run_result.findings)
    text = environment.get_template("report.html.j2").render(
        run_result=run_result,
        result=run_result.result.name.lower(),
        headline=view.sentence(run_result),
        totals=view.summary(run_result),
        facts=view.facts(run_result),
        figures=_figures(run_result),
        findings=findings,
        labels=view.LABELS,
        label=view.label,
        bars=list(_bars(run_result)),
        rules=_rules(run_result),
        coverage=_coverage(run_result),
        tested=sum(item.tested for item in run_result.coverage),
        rows=[_row(number, exchange) for number, exchange in enumerate(run_result.exchanges[:EXCHANGES], 1)],
        chart=charts.curves(campaign) if campaign else "",
        statuses=statuses,
        rows_by_operation=by_operation,
        hidden=max(0, len(run_result.exchanges) - EXCHANGES),
    )
    return text + "\n"


def _advice(finding: Finding) -> Markup:
    """The advice; `…` in that of a rule is code."""
    text = one_line(finding.advice)
    if finding.rule not in RULES or text != RULES[finding.rule].advice:
        return escape(text)
    # A plain string: markup would escape the tags, too.
    return Markup(re.sub("`([^`]*)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704  Our own text, escaped.


def _figures(run_result: RunResult) -> list[tuple[str, str, str]]:
    """The key figures: figure, label and tone."""
    figures = [
        (f"{len(run_result.open_findings):,}", "open findings", "bad" if run_result.open_findings else "good"),
        (f"{len(run_result.rules):,}", "rules checked", ""),
        (f"{run_result.requests:,}", "requests", ""),
        (f"{run_result.seconds:.1f} s", "duration", ""),
    ]
    if run_result.warnings:
        count, noun = plural(len(run_result.warnings), "warning").split()
        figures.insert(1, (count, noun, "note"))
    tones = {FindingStatus.KNOWN: "warn", FindingStatus.WAIVED: "warn", FindingStatus.FLAKY: "bad"}
    others = Counter((view.label(each), tones[each.status]) for each in run_result.findings if each.status in tones)
    for (name, tone), times in sorted(others.items(), reverse=True):
        figures.insert(1, (f"{times:,}", name, tone))
    return figures


def _rules(run_result: RunResult) -> list[tuple[str, int, list[Finding]]]:
    """Each rule with the number of checks and its findings; violated rules come first."""
    rules = [
        (rule, count, [finding for finding in run_result.findings if finding.rule == rule])
        for rule, count in run_result.rules
    ]
    return sorted(rules, key=lambda row: not row[2])


def _coverage(run_result: RunResult) -> list[tuple[OperationCoverage, int, list[int]]]:
    """Each operation with the number of rules checked and the numbers of its findings; those with findings first."""
    findings = view.ordered(run_result.findings)
    rows = [
        (
            item,
            len(run_result.checked.get(item.operation, ())),
            [number for number, finding in enumerate(findings, 1) if item.operation in finding.operations],
        )
        for item in run_result.coverage
    ]
    return sorted(rows, key=lambda row: (not row[2], row[0].tested))


def _bars(run_result: RunResult) -> Iterator[Bar]:
    total = sum(count for _, count in run_result.statuses) or 1
    start = 0.0
    for status, count in run_result.statuses:
        share = 100 * count / total
        yield Bar(status, _kind(status), count, round(start, 3), round(share, 3))
        start += share


def _row(number: int, exchange: Exchange) -> Row:
    response = exchange.response
    return Row(
        number=number,
        method=one_line(exchange.request.method, 40),
        target=one_line(exchange.request.target, 300),
        outcome=view.outcome(exchange),
        status=str(response.status) if response else one_line(exchange.error, 60),
        kind=_kind(response.status) if response else "none",
        media=one_line((response.header("content-type") or "").partition(";")[0], 60) if response else "",
        size=f"{len(response.body):,} B" if response else "",
        time=view.milliseconds(response.elapsed) if response else "",
    )


def _kind(status: int) -> str:
    return f"{status // 100}xx" if 200 <= status < 600 else "none"
