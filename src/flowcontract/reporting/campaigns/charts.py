"""What the HTML report shows of a campaign: the curve of each source, and the statuses of each operation."""

from dataclasses import dataclass

from flowcontract.checks.findings import CampaignSummary, SourceCurve
from flowcontract.reporting import svg

_POINTS = 200
"""Maximum number of points of a line: more are not distinguishable at the width of a column."""


@dataclass(frozen=True, slots=True)
class Row:
    """One operation: how often each status was seen, in the order of `statuses`."""

    operation: str
    counts: tuple[int, ...]


def curves(campaign: CampaignSummary) -> str:
    """New features and failures over the CPU seconds of each source, as SVG; empty if nothing was discovered."""
    end = max((curve.cpu_seconds for curve in campaign.sources), default=0.0)
    top = max((curve.discoveries for curve in campaign.sources), default=0)
    if not top or not end:
        return ""
    lines = [svg.Line(curve.source, color, _points(curve)) for color, curve in enumerate(campaign.sources)]
    x = svg.Axis(end, tuple((tick, f"{tick:,g} s") for tick in svg.ticks(end) if tick <= end))
    return svg.lines("Discoveries of each source over its CPU time", x, svg.scale(top), lines)


def _points(curve: SourceCurve) -> list[tuple[float, float]]:
    step = max(1, len(curve.points) // _POINTS)
    points: list[tuple[float, float]] = [(0.0, 0.0), *((seconds, number) for seconds, number in curve.points[::step])]
    return [*points, (curve.cpu_seconds, curve.discoveries)]


def coverage(campaign: CampaignSummary) -> tuple[tuple[int, ...], tuple[Row, ...]]:
    """The statuses that were seen (0: no response), and how often each operation had each of them."""
    statuses = tuple(sorted({status for _, status, _ in campaign.reached}))
    seen = {(operation, status): count for operation, status, count in campaign.reached}
    operations = dict.fromkeys(operation for operation, _, _ in campaign.reached)
    rows = (Row(name, tuple(seen.get((name, status), 0) for status in statuses)) for name in operations)
    return statuses, tuple(rows)
