"""The mock beside its peers and its limits: the tables and the plot of the page."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pygal
from pygal.style import Style

from benchmarks.mock.measure import Figures
from benchmarks.mock.servers import Server
from benchmarks.mock.start import Begun
from benchmarks.page import table

_COLOURS = {"ours": "#0a6ebd", "limit": "#8a94a0", "peer": "#c2571a"}


def throughput(kind: str, figures: Sequence[Figures]) -> str:
    """One kind of reads, fastest first."""
    head = ("server", "of bare", "lowest to highest", "reads/s", "CPU per read", "of bare", "p50", "p99", "refused")
    rows = [
        (
            each.server,
            f"{each.ratio:.3f}",
            f"{each.spread[0]:.3f} to {each.spread[1]:.3f}",
            f"{each.per_second:,.0f}",
            f"{each.cpu:,.0f} µs",
            f"{each.cpu_ratio:.1f}",
            f"{each.p50:.1f} ms",
            f"{each.p99:.1f} ms",
            f"{each.refused:.0%}",
        )
        for each in sorted(figures, key=lambda row: -row.ratio)
        if each.kind == kind
    ]
    return table(head, rows)


def starts(begun: Mapping[str, Begun]) -> str:
    """Start-up and memory, quickest first."""
    head = ("server", "to the first 200", "of bare", "CPU", "memory (PSS)")
    return table(
        head,
        [
            (each.server, f"{each.seconds:.2f} s", f"{each.ratio:.1f}", f"{each.cpu:.2f} s", f"{each.pss:.0f} MB")
            for each in sorted(begun.values(), key=lambda row: row.seconds)
        ],
    )


def times(ours: str, figures: Sequence[Figures], kinds: Sequence[str], begun: Mapping[str, Begun]) -> str:
    """How our mock stands to each other server: as often as it for reads, as a part of it for the start."""
    by_place = {(each.server, each.kind): each for each in figures}
    names = dict.fromkeys(each.server for each in figures if each.server != ours)
    rows = [
        (
            name,
            *(f"{by_place[ours, kind].ratio / by_place[name, kind].ratio:.2f} times" for kind in kinds),
            f"{begun[ours].seconds / begun[name].seconds:.2f} of it",
        )
        for name in names
    ]
    return table(("our mock beside", *(f"reads, {kind}" for kind in kinds), "start"), rows)


def plot(kind: str, figures: Sequence[Figures], servers: Mapping[str, Server], path: Path) -> None:
    """Draw one kind of reads as bars, on a logarithmic scale; the file holds no script and loads nothing."""
    rows = sorted((each for each in figures if each.kind == kind), key=lambda row: row.ratio)
    style = Style(background="white", plot_background="white", font_family="sans-serif", value_font_size=11)
    chart = pygal.HorizontalBar(
        js=(), style=style, logarithmic=True, range=(0.01, 10), width=760, height=60 + 30 * len(rows),
        show_legend=False, print_values=True, x_labels=[each.server for each in rows],
        value_formatter=lambda value: f"{value:.2f}", title="Repeated reads: answers per second, bare server = 1",
    )  # fmt: skip
    chart.add(
        "of bare",
        [{"value": each.ratio, "color": _COLOURS[servers[each.server].group]} for each in rows],
    )
    drawn = chart.render(is_unicode=True, disable_xml_declaration=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(re.sub(r"<script\b.*?</script>|<!--.*?-->", "", drawn, flags=re.DOTALL) + "\n", encoding="utf-8")
