"""The plots of a campaign's report: drawn by pygal as SVG, without its style and script, which our own replace."""

import math
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pygal

from flowcontract.engine.campaigns.metrics import Counts, bucket, edge, named, percentile

# pygal puts a finder of the time before Python 3.4 into the import machinery, for map plugins that we do not use:
# Python warns of it at every later import.
sys.meta_path[:] = [finder for finder in sys.meta_path if hasattr(finder, "find_spec")]

WIDTH, HEIGHT = 560, 260
"""Units of a plot's view box; it is as wide as its column. Letters are made for a column of 340 to 620 pixels."""
_ROOM = pygal.style.Style(label_font_size=19, major_label_font_size=19)
"""Letters are ours; by these pygal leaves room for them, also on a phone."""
STEPS = 40
"""Bars of a plot over time."""
_OWN = re.compile(r"<(style|script)\b.*?</\1>|<!--.*?-->|<defs>\s*</defs>|<title>Pygal</title>", re.DOTALL)
_COLOUR = re.compile(r"\bcolor-(\d+)\b")
_IDENTITY = re.compile(r"""\s(?:id|style)="[^"]*\"""")


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing, and what its colours stand for, in their order."""

    svg: str
    legend: tuple[tuple[str, int], ...]
    """What is drawn, and the number of its colour in our style sheet."""


def _plot(chart: Any, label: str, colours: Sequence[int] = ()) -> Plot:
    """The drawing alone: no style, no script, no identifiers, so that the same data give the same text.

    `colours`: the number of each series' colour, where it is not its place.
    """
    drawn = _IDENTITY.sub("", _OWN.sub("", chart.render(is_unicode=True)))
    names = [str(more["title"]) for _, more in chart.raw_series]
    colours = colours or range(len(names))
    drawn = _COLOUR.sub(lambda found: f"color-{colours[int(found[1])]}", drawn)
    legend = tuple(zip(names, colours, strict=True))
    return Plot(drawn.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1), legend)


def _ticks(top: float) -> list[float]:
    """From three to six round numbers from 0 to `top` or just beyond."""
    if top <= 0:
        return [0, 1]
    size = 10.0 ** math.floor(math.log10(top))
    step = next(part * size for part in (0.2, 0.5, 1, 2) if top <= 5 * part * size)
    return [round(number * step, 9) for number in range(math.ceil(round(top / step, 9)) + 1)]


def _scale(top: float) -> dict[str, Any]:
    """Options for a vertical axis from 0 to `top`."""
    ticks = _ticks(top)
    return {"y_labels": ticks, "range": (0, ticks[-1]), "value_formatter": "{:,g}".format}


def _course(seconds: float) -> dict[str, Any]:
    """Options for a horizontal axis of time."""
    ticks = [tick for tick in _ticks(seconds) if tick <= max(seconds, 1)]
    return {"x_labels": ticks, "xrange": (0, max(seconds, 1)), "x_value_formatter": _time, "stroke_style": {"width": 2}}


def _options(**more: Any) -> dict[str, Any]:
    return {
        "js": (), "disable_xml_declaration": True, "explicit_size": False, "width": WIDTH, "height": HEIGHT,
        "show_legend": False, "show_dots": False, "margin": 8, "margin_bottom": 14, "margin_left": 18,
        "margin_right": 18, "truncate_label": -1, "style": _ROOM, **more,
    }  # fmt: skip


def discoveries(moments: Counter[tuple[int, str]], seconds: float) -> Plot:
    """Behaviours and kinds of failure seen so far, over time."""
    top = sum(n for (_, kind), n in moments.items() if kind == "behaviours")
    chart = pygal.XY(**_options(**_course(seconds), **_scale(top)))
    for title, what in (("behaviours", "behaviours"), ("kinds of failure", "cells")):
        points: list[tuple[float, int]] = [(0, 0)]
        so_far = 0
        for (second, kind), n in sorted(moments.items()):
            if kind == what:
                points.append((second, so_far))
                so_far += n
                points.append((min(second + 1, seconds), so_far))
        points.append((seconds, so_far))
        chart.add(title, _thinned(points))
    return _plot(chart, "Discoveries over time")


def saturation(moments: Counter[tuple[int, str]], seconds: float) -> Plot:
    """The chance that the next case shows a behaviour never seen, in per cent, over time."""
    points = chances(moments, seconds)
    if not points:
        return Plot("", ())
    chart = pygal.XY(**_options(**_course(seconds), **_scale(max(share for _, share in points))))
    chart.add("chance that the next case is new, %", _thinned(points))
    return _plot(chart, "Saturation over time")


def chances(moments: Counter[tuple[int, str]], seconds: float) -> list[tuple[float, float]]:
    """That chance in per cent at each second that drew cases: Good and Turing's estimate from all until then."""
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
            points.append((min(second + 1, seconds), 100 * once / drawn))
    return [*points, (seconds, points[-1][1])] if points else []


def statuses(moments: Counter[tuple[int, str]], seconds: float) -> Plot:
    """How many answers of each status came, over time."""
    width = max(1, -(-int(seconds + 1) // STEPS))
    steps = int(seconds) // width + 1
    series: dict[str, list[int]] = {}
    for (second, what), n in moments.items():
        if what.startswith("status "):
            series.setdefault(what.removeprefix("status "), [0] * steps)[min(steps - 1, second // width)] += n
    if not series:
        return Plot("", ())
    labels = [_time(step * width) for step in range(steps)]
    top = max(sum(column) for column in zip(*series.values(), strict=True))
    chart = pygal.StackedBar(**_options(x_labels=labels, spacing=2, show_minor_x_labels=False, **_scale(top)))
    chart.x_labels_major = labels[:: max(1, -(-steps // 6))]
    for status in sorted(series):
        chart.add(status, series[status])
    return _plot(chart, "Statuses over time", _colours(sorted(series)))


def _colours(statuses: Sequence[str]) -> list[int]:
    """Green for a success, red for a failure of the server or no answer, others for what is between."""
    found = []
    used: Counter[str] = Counter()
    for status in statuses:
        kind = status[:1] if status[:1] in ("2", "3", "4") else "5"
        choices = {"2": (2,), "3": (5,), "4": (0, 3, 4, 6, 5), "5": (1, 7)}[kind]
        found.append(choices[used[kind] % len(choices)])
        used[kind] += 1
    return found


def latencies(counts: Counts) -> Plot:
    """How many answers took how long, in buckets that grow with the time; p50 and p99 have colours of their own."""
    found = {int(name): n for name, n in named(counts, "latency").items()}
    if not found:
        return Plot("", ())
    numbers = list(range(min(found), max(found) + 1))
    marked = {bucket(percentile(counts, share) * 0.999): name for share, name in ((0.5, "p50"), (0.99, "p99"))}
    labels = [_duration(edge(number)) for number in numbers]
    top = max(found.values())
    chart = pygal.StackedBar(**_options(x_labels=labels, spacing=1, show_minor_x_labels=False, **_scale(top)))
    chart.x_labels_major = labels[:: max(1, -(-len(labels) // 6))]
    chart.add("answers", [found.get(number, 0) if number not in marked else 0 for number in numbers])
    for number, name in sorted(marked.items()):
        chart.add(
            f"{name} {_duration(percentile(counts, float(name[1:]) / 100))}",
            [found.get(number, 0) if each == number else 0 for each in numbers],
        )
    return _plot(chart, "Latency of the answers", (0, 2, 1)[: 1 + len(marked)])


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
