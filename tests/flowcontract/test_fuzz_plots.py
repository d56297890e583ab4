"""The plots of a campaign's report."""

from collections import Counter
from xml.etree import ElementTree

import pytest

from flowcontract.reporting import svg
from flowcontract.reporting.campaigns import plots

MOMENTS = Counter({
    (0, "behaviors"): 40, (3, "behaviors"): 2, (3, "failures"): 1,
    (1, "random"): 10, (1, "once"): 5, (3, "random"): 10, (3, "once"): -4,
    (0, "status 404"): 7, (1, "status 200"): 2, (3, "status 500"): 1, (3, "status timeout"): 1,
})  # fmt: skip


@pytest.mark.parametrize(
    ("top", "ticks"),
    [
        (0, [0, 1]),
        (1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (7, [0, 2, 4, 6, 8]),
        (42, [0, 10, 20, 30, 40, 50]),
        (3861, [0, 1000, 2000, 3000, 4000]),
    ],
)
def test_axes_have_few_round_numbers_that_reach_the_top(top: float, ticks: list[float]) -> None:
    assert svg.ticks(top) == ticks


def test_a_failure_of_the_server_is_red_and_a_success_green() -> None:
    legend = dict(plots.statuses(MOMENTS, 4).legend)

    assert legend == {"200": 2, "404": 0, "500": 1, "timeout": 7}


def test_the_curve_of_saturation_falls_with_what_was_seen_again() -> None:
    assert plots.chances(MOMENTS, 4) == [(2, 50.0), (4, 5.0), (4, 5.0)]


def test_the_same_campaign_gives_the_same_drawing_without_script_or_style() -> None:
    for draw in (plots.discoveries, plots.saturation, plots.statuses):
        one, other = draw(MOMENTS, 4), draw(MOMENTS, 4)
        assert one == other
        assert not any(part in one.svg for part in ("<script", "<style", "style=", " id="))


def test_an_empty_campaign_has_plots_as_well() -> None:
    empty: Counter[tuple[int, str]] = Counter()

    assert plots.discoveries(empty, 0).svg
    assert not plots.statuses(empty, 0).svg
    assert not plots.saturation(empty, 0).svg
    assert not plots.latencies(Counter()).svg


def test_every_drawing_is_xml_with_a_label_and_a_title_for_each_series() -> None:
    drawn = plots.statuses(MOMENTS, 4)

    root = ElementTree.fromstring(drawn.svg)

    space = {"svg": "http://www.w3.org/2000/svg"}
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Statuses over time"
    assert [title.text for title in root.iterfind("svg:g/svg:title", space)] == [name for name, _ in drawn.legend]
    assert "3 s: 500, 1" in [title.text for title in root.iterfind("svg:g/svg:rect/svg:title", space)]


def test_labels_cannot_leave_the_drawing() -> None:
    hostile = '"><script>alert(1)</script>'

    drawn = svg.bars(hostile, [hostile], svg.scale(1), [svg.Bars(hostile, 0, [1])])

    assert "<script" not in drawn
    assert ElementTree.fromstring(drawn).get("aria-label") == hostile


def test_bars_are_stacked_in_the_plotted_area() -> None:
    drawn = ElementTree.fromstring(
        svg.bars("two", ["a", "b"], svg.scale(10), [svg.Bars("low", 0, [4, 0]), svg.Bars("high", 1, [6, 10])])
    )

    low, high, alone = [dict(box.attrib) for box in drawn.iter("{http://www.w3.org/2000/svg}rect")]
    assert float(high["y"]) + float(high["height"]) == pytest.approx(float(low["y"]), abs=0.2)
    assert alone["y"] == high["y"]
    assert float(high["x"]) + float(high["width"]) < float(alone["x"])
