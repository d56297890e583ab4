"""The mock beside its peers and its limits: the tables of the page."""

from collections.abc import Mapping, Sequence

from benchmarks.mock.measure import Figures
from benchmarks.mock.start import Begun
from benchmarks.page import table


def throughput(kind: str, figures: Sequence[Figures]) -> str:
    """One kind of reads, fastest first."""
    head = (
        "server",
        "of bare",
        "lowest to highest",
        "reads/s",
        "CPU per read",
        "of bare",
        "p50",
        "p99",
        "other status",
    )
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
    """How our mock stands to each other server: the ratios of reads per second and of start-up time."""
    by_place = {(each.server, each.kind): each for each in figures}
    names = dict.fromkeys(each.server for each in figures if each.server != ours)
    rows = [
        (
            name,
            *(f"{by_place[ours, kind].ratio / by_place[name, kind].ratio:.2f} times" for kind in kinds),
            f"{begun[ours].seconds / begun[name].seconds:.2f} times",
        )
        for name in names
    ]
    return table(("our mock compared with", *(f"reads, {kind}" for kind in kinds), "start"), rows)
