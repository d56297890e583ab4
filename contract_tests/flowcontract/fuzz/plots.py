"""The plots of a campaign's report: drawn by pygal as SVG, without its style and script, which our own replace."""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pygal

from flowcontract.fuzz.tally import Counts, bucket, edge, named, percentile

# pygal puts a finder of the time before Python 3.4 into the import machinery, for map plugins that we do not use:
# Python warns of it at every later import.
sys.meta_path[:] = [finder for finder in sys.meta_path if hasattr(finder, "find_spec")]

WIDTH, HEIGHT = 560, 260
"""Units of a plot's view box; it is as wide as its column. Letters are made for a column of 340 to 620 pixels."""
STEPS = 40
"""Bars of a plot over time."""
_OWN = re.compile(r"<(style|script)\b.*?</\1>|<!--.*?-->|<defs>\s*</defs>|<title>Pygal</title>", re.DOTALL)
_IDENTITY = re.compile(r"""\s(?:id|style)="[^"]*\"""")


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing, and what its colours stand for, in their order."""

    svg: str
    legend: tuple[str, ...]


def _plot(chart: Any, label: str) -> Plot:
    """The drawing alone: no style, no script, no identifiers, so that the same data give the same text."""
    drawn = _IDENTITY.sub("", _OWN.sub("", chart.render(is_unicode=True)))
    legend = tuple(str(more["title"]) for _, more in chart.raw_series)
    return Plot(drawn.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1), legend)


def _options(**more: Any) -> dict[str, Any]:
    return {
        "js": (), "disable_xml_declaration": True, "explicit_size": False, "width": WIDTH, "height": HEIGHT,
        "show_legend": False, "show_dots": False, "margin": 8, "margin_bottom": 14, "margin_left": 18,
        "truncate_label": -1,
        "x_labels_major_count": 6, "show_minor_x_labels": False, "y_labels_major_count": 5,
        "show_minor_y_labels": False, **more,
    }  # fmt: skip


def discoveries(moments: Counter[tuple[int, str]], seconds: float) -> Plot:
    """Behaviours and kinds of failure seen so far, over time."""
    chart = pygal.XY(**_options(stroke_style={"width": 2}, x_value_formatter=_time))
    for title, what in (("behaviours", "behaviours"), ("kinds of failure", "cells")):
        points: list[tuple[float, int]] = [(0, 0)]
        so_far = 0
        for (second, kind), n in sorted(moments.items()):
            if kind == what:
                points.append((second, so_far))
                so_far += n
                points.append((second + 1, so_far))
        points.append((max(seconds, points[-1][0]), so_far))
        chart.add(title, _thinned(points))
    return _plot(chart, "Discoveries over time")


def saturation(moments: Counter[tuple[int, str]], seconds: float) -> Plot:
    """The chance that the next case shows a behaviour never seen, in per cent: Good and Turing's estimate."""
    by_second: dict[int, Counter[str]] = defaultdict(Counter)
    for (second, kind), n in moments.items():
        if kind in ("once", "drawn"):
            by_second[second][kind] += n
    points: list[tuple[float, float]] = []
    once = drawn = 0
    for second, counted in sorted(by_second.items()):
        once += counted["once"]
        drawn += counted["drawn"]
        if drawn:
            points.append((second + 1, 100 * once / drawn))
    if not points:
        return Plot("", ())
    points.append((max(seconds, points[-1][0]), points[-1][1]))
    chart = pygal.XY(**_options(stroke_style={"width": 2}, x_value_formatter=_time, include_x_axis=True))
    chart.add("chance that the next case is new, %", _thinned(points))
    return _plot(chart, "Saturation over time")


def statuses(moments: Counter[tuple[int, str]], seconds: float) -> Plot:
    """How many answers of each status came, over time."""
    width = max(1, -(-int(seconds + 1) // STEPS))
    steps = int(seconds) // width + 1
    series: dict[str, list[int]] = {}
    for (second, what), n in moments.items():
        if what.startswith("status "):
            series.setdefault(what.removeprefix("status "), [0] * steps)[min(steps - 1, second // width)] += n
    labels = [_time(step * width) for step in range(steps)]
    chart = pygal.StackedBar(**_options(x_labels=labels, spacing=2))
    chart.x_labels_major = labels[:: max(1, steps // 5)]
    for status in sorted(series):
        chart.add(status, series[status])
    return _plot(chart, "Statuses over time")


def latencies(counts: Counts) -> Plot:
    """How many answers took how long, in buckets that grow with the time; p50 and p99 have colours of their own."""
    found = {int(name): n for name, n in named(counts, "latency").items()}
    if not found:
        return Plot("", ())
    numbers = list(range(min(found), max(found) + 1))
    marked = {bucket(percentile(counts, share) * 0.999): name for share, name in ((0.5, "p50"), (0.99, "p99"))}
    labels = [_duration(edge(number)) for number in numbers]
    chart = pygal.StackedBar(**_options(x_labels=labels, spacing=1))
    chart.x_labels_major = labels[:: max(1, len(labels) // 6)]
    chart.add("answers", [found.get(number, 0) if number not in marked else 0 for number in numbers])
    for number, name in sorted(marked.items()):
        chart.add(
            f"{name} {_duration(percentile(counts, float(name[1:]) / 100))}",
            [found.get(number, 0) if each == number else 0 for each in numbers],
        )
    return _plot(chart, "Latency of the answers")


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """As many points as the plot can show."""
    step = max(1, len(points) // 400)
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
