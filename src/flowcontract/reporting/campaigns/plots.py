"""The charts of a campaign's report."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from flowcontract.engine.campaigns.metrics import Counts, bucket, edge, named, percentile
from flowcontract.reporting import svg

STEPS = 40
"""Maximum number of bars of a chart over time."""
POINTS = 400
"""Maximum number of points of a line: more are not distinguishable at the width of a column."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart and its legend."""

    svg: str
    legend: tuple[tuple[str, int], ...]
    """Title of each series, and the number of its color in the style sheet."""


def _lines(label: str, seconds: float, top: float, series: Sequence[svg.Line]) -> Plot:
    end = max(seconds, 1)
    x = svg.Axis(end, tuple((tick, _time(tick)) for tick in svg.ticks(seconds) if tick <= end))
    return Plot(svg.lines(label, x, svg.scale(top), series), tuple((line.title, line.color) for line in series))


def _bars(label: str, columns: Sequence[str], series: Sequence[svg.Bars]) -> Plot:
    top = max(sum(column) for column in zip(*(layer.values for layer in series), strict=True))
    chart = svg.bars(label, columns, svg.scale(top), series)
    return Plot(chart, tuple((layer.title, layer.color) for layer in series))


def discoveries(timeline: Counter[tuple[int, str]], seconds: float) -> Plot:
    """Distinct behaviors and distinct failures seen so far, over time."""
    top = sum(n for (_, kind), n in timeline.items() if kind == "behaviors")
    series = []
    for color, (title, what) in enumerate((("behaviors", "behaviors"), ("distinct failures", "failures"))):
        points: list[tuple[float, int]] = [(0, 0)]
        so_far = 0
        for (second, kind), n in sorted(timeline.items()):
            if kind == what:
                points.append((second, so_far))
                so_far += n
                points.append((min(second + 1, seconds), so_far))
        points.append((seconds, so_far))
        series.append(svg.Line(title, color, _thinned(points)))
    return _lines("Discoveries over time", seconds, top, series)


def saturation(timeline: Counter[tuple[int, str]], seconds: float) -> Plot:
    """The probability that the next case shows new behavior, in percent, over time."""
    points = chances(timeline, seconds)
    if not points:
        return Plot("", ())
    line = svg.Line("probability that the next case shows new behavior, %", 0, _thinned(points))
    return _lines("Saturation over time", seconds, max(share for _, share in points), [line])


def chances(timeline: Counter[tuple[int, str]], seconds: float) -> list[tuple[float, float]]:
    """That probability in percent at each second with random cases: the Good-Turing estimate over all cases so far."""
    by_second: dict[int, Counter[str]] = defaultdict(Counter)
    for (second, kind), n in timeline.items():
        if kind in ("once", "random"):
            by_second[second][kind] += n
    points: list[tuple[float, float]] = []
    once = cases = 0
    for second, counted in sorted(by_second.items()):
        once += counted["once"]
        cases += counted["random"]
        if cases:
            points.append((min(second + 1, seconds), 100 * once / cases))
    return [*points, (seconds, points[-1][1])] if points else []


def statuses(timeline: Counter[tuple[int, str]], seconds: float) -> Plot:
    """Number of responses by status, over time."""
    width = max(1, -(-int(seconds + 1) // STEPS))
    steps = int(seconds) // width + 1
    series: dict[str, list[int]] = {}
    for (second, what), n in timeline.items():
        if what.startswith("status "):
            series.setdefault(what.removeprefix("status "), [0] * steps)[min(steps - 1, second // width)] += n
    if not series:
        return Plot("", ())
    columns = [_time(step * width) for step in range(steps)]
    names = sorted(series)
    layers = [svg.Bars(name, color, series[name]) for name, color in zip(names, _colors(names), strict=True)]
    return _bars("Statuses over time", columns, layers)


def _colors(statuses: Sequence[str]) -> list[int]:
    """Color numbers: green for success, red for a server error or no response, other colors for the rest."""
    colors = []
    used: Counter[str] = Counter()
    for status in statuses:
        kind = status[:1] if status[:1] in ("2", "3", "4") else "5"
        choices = {"2": (2,), "3": (5,), "4": (0, 3, 4, 6, 5), "5": (1, 7)}[kind]
        colors.append(choices[used[kind] % len(choices)])
        used[kind] += 1
    return colors


def latencies(counts: Counts) -> Plot:
    """Histogram of response times in buckets of growing width; p50 and p99 have their own colors."""
    found = {int(name): n for name, n in named(counts, "latency").items()}
    if not found:
        return Plot("", ())
    numbers = list(range(min(found), max(found) + 1))
    marked = {bucket(percentile(counts, share) * 0.999): name for share, name in ((0.5, "p50"), (0.99, "p99"))}
    columns = [_duration(edge(number)) for number in numbers]
    layers = [svg.Bars("responses", 0, [0 if number in marked else found.get(number, 0) for number in numbers])]
    for color, (number, name) in zip((2, 1), sorted(marked.items()), strict=False):
        title = f"{name} {_duration(percentile(counts, float(name[1:]) / 100))}"
        layers.append(svg.Bars(title, color, [found.get(each, 0) if each == number else 0 for each in numbers]))
    return _bars("Response times", columns, layers)


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most `POINTS` points, and the last one."""
    step = max(1, len(points) // POINTS)
    return [*points[::step], points[-1]]


def _time(seconds: float) -> str:
    whole = int(seconds)
    if whole >= 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02} h"
    return f"{whole // 60}:{whole % 60:02}" if whole >= 60 else f"{whole} s"


def _duration(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.1f} s"
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} µs"
    return f"{seconds * 1e3:.0f} ms" if seconds >= 0.01 else f"{seconds * 1e3:.1f} ms"
