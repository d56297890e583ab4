"""Line charts as SVG.

A chart has no styles, scripts or IDs: its parts have classes, and the page's style sheet colors them, so that a chart
follows the light or dark color scheme of its page. The same data always yields the same text.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 560, 260
"""Size of the view box. A chart fills its column, which is 340 to 620 pixels wide."""
LETTER = 19
"""Height of a letter in view box units on a phone, where the style sheet makes letters largest."""
_TOP, _RIGHT, _BOTTOM, _GAP = 16, 30, 38, 8
"""Margins of the plot area: half a letter above, half a label on the right, a line of labels below."""


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis from 0 to `end` with labels."""

    end: float
    labels: tuple[tuple[float, str], ...]
    """Position and text of each label."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart."""

    title: str
    color: int
    """The number of its color in the style sheet."""
    points: Sequence[tuple[float, float]]


def ticks(top: float) -> list[float]:
    """From two to six round numbers from 0 to `top` or just above."""
    if top <= 0:
        return [0, 1]
    size = 10.0 ** math.floor(math.log10(top))
    step = next(part * size for part in (0.2, 0.5, 1, 2) if top <= 5 * part * size)
    return [round(number * step, 9) for number in range(math.ceil(round(top / step, 9)) + 1)]


def scale(top: float) -> Axis:
    """An axis from 0 to `top` or just above, with round numbers."""
    numbers = ticks(top)
    return Axis(numbers[-1], tuple((number, f"{number:,g}") for number in numbers))


def lines(label: str, x: Axis, y: Axis, series: Sequence[Line]) -> str:
    """A line chart. `label` is its accessible name."""
    area = _Area.for_axis(y)
    drawn = []
    for line in series:
        points = " ".join(f"{_n(area.x(a, x.end))},{_n(area.y(b, y.end))}" for a, b in line.points)
        drawn.append(_series(line, f'<polyline points="{points}"/>'))
    return _chart(label, area, x, y, drawn)


@dataclass(frozen=True, slots=True)
class _Area:
    """The plot area: right of the labels of the vertical axis."""

    left: float

    @classmethod
    def for_axis(cls, y: Axis) -> "_Area":
        return cls(2 * _GAP + 0.6 * LETTER * max(len(text) for _, text in y.labels))

    def x(self, value: float, end: float) -> float:
        return self.left + (WIDTH - _RIGHT - self.left) * value / end

    def y(self, value: float, end: float) -> float:
        return HEIGHT - _BOTTOM - (HEIGHT - _BOTTOM - _TOP) * value / end


def _chart(label: str, area: _Area, x: Axis, y: Axis, series: Iterable[str]) -> str:
    rows = _labels(
        "y",
        y,
        lambda value, text: (
            f'<path d="M{_n(area.left)} {_n(area.y(value, y.end))}H{WIDTH - _RIGHT}"/>'
            f'<text x="{_n(area.left - _GAP)}" y="{_n(area.y(value, y.end))}" dy=".35em">{text}</text>'
        ),
    )
    columns = _labels(
        "x",
        x,
        lambda value, text: (
            f'<text x="{_n(area.x(value, x.end))}" y="{HEIGHT - _BOTTOM + LETTER + _GAP}">{text}</text>'
        ),
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(label)}"'
        f' viewBox="0 0 {WIDTH} {HEIGHT}">{rows}{columns}{"".join(series)}</svg>'
    )


def _labels(name: str, axis: Axis, draw: Callable[[float, str], str]) -> str:
    return f'<g class="axis {name}">{"".join(draw(value, escape(text)) for value, text in axis.labels)}</g>'


def _series(series: Line, content: str) -> str:
    return f'<g class="series color-{series.color}"><title>{escape(series.title)}</title>{content}</g>'


def _n(value: float) -> str:
    """A coordinate with one decimal: a tenth of a unit is less than a pixel."""
    return f"{value:.1f}".removesuffix(".0")
