"""One HTML file that carries everything with it: no network, no script, and a policy that allows neither."""

from collections.abc import Iterator
from dataclasses import dataclass

from flowcontract.checks.results import Cause, Judgement, Standing
from flowcontract.http.messages import Exchange
from flowcontract.reporting import html_template, view
from flowcontract.text import one_line, plural

EXCHANGES = 1_000
"""Rows of the table of exchanges; the archive holds all of them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One exchange in the table."""

    number: int
    method: str
    target: str
    outcome: str
    status: str
    kind: str
    """`2xx`, `3xx`, … or `none`, for its colour."""
    media: str
    size: str
    time: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One status with its share of all answers, in percent."""

    status: int
    kind: str
    count: int
    start: float
    share: float


def render(judgement: Judgement) -> str:
    """The judgement as one HTML document."""
    environment = html_template.environment("report.css")
    environment.globals.update(evidence=view.evidence, difference=view.difference, STANDINGS=view.STANDINGS)
    causes = view.ordered(judgement.causes)
    text = environment.get_template("report.html.j2").render(
        judgement=judgement,
        verdict=judgement.verdict.name.lower(),
        words=view.VERDICTS[judgement.verdict],
        headline=view.sentence(judgement),
        tally=view.tally(judgement),
        facts=view.facts(judgement),
        figures=_figures(judgement),
        causes=causes,
        bars=list(_bars(judgement)),
        rules=_rules(judgement),
        rows=[_row(number, exchange) for number, exchange in enumerate(judgement.exchanges[:EXCHANGES], 1)],
        hidden=max(0, len(judgement.exchanges) - EXCHANGES),
    )
    return text + "\n"


def _figures(judgement: Judgement) -> list[tuple[str, str, str]]:
    """The summary: figure, what it counts, and its tone."""
    counts = {standing: sum(cause.standing is standing for cause in judgement.causes) for standing in Standing}
    figures = [
        (f"{len(judgement.open_causes):,}", "open causes", "bad" if judgement.open_causes else "good"),
        (f"{len(judgement.rules):,}", "rules judged", ""),
        (f"{judgement.requests:,}", "requests", ""),
        (f"{judgement.seconds:.1f} s", "duration", ""),
    ]
    if judgement.remarks:
        count, noun = plural(len(judgement.remarks), "remark").split()
        figures.insert(1, (count, noun, "note"))
    for standing, tone in ((Standing.KNOWN, "warn"), (Standing.WAIVED, "warn"), (Standing.FLAKY, "bad")):
        if counts[standing]:
            figures.insert(1, (f"{counts[standing]:,}", str(standing), tone))
    return figures


def _rules(judgement: Judgement) -> list[tuple[str, int, list[Cause]]]:
    """Each rule with how often it was judged and its causes; rules that were broken come first."""
    rules = [
        (rule, count, [cause for cause in judgement.causes if cause.rule == rule]) for rule, count in judgement.rules
    ]
    return sorted(rules, key=lambda row: not row[2])


def _bars(judgement: Judgement) -> Iterator[Bar]:
    total = sum(count for _, count in judgement.statuses) or 1
    start = 0.0
    for status, count in judgement.statuses:
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
