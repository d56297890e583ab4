"""Answers per second, processor time and latency of the mock beside other servers, in one run.

    python -m benchmarks.mock [SERVER…] [--rounds 5] [--seconds 3] [--kind KIND]

Each window of a server stands between two windows of the reference, a bare ASGI application on the same server
software; what is told is the median of the ratios. Only ratios within one run mean anything.
"""

import argparse
import sys

from benchmarks.mock import measure, servers


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mock", description=__doc__.splitlines()[0])
    parser.add_argument("server", nargs="*", metavar="SERVER", help=f"of {', '.join(servers.SERVERS)} (all)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of one window")
    parser.add_argument("--kind", action="append", choices=list(measure.KINDS), help="kinds of reads, repeatable (all)")
    arguments = parser.parse_args()
    servers.write_answer()
    reference = servers.SERVERS["bare"]
    named = arguments.server or [name for name in servers.SERVERS if name != reference.name]
    chosen = [servers.SERVERS[name] for name in named]
    figures, _ = measure.compare(
        [each for each in chosen if each.is_available],
        reference,
        arguments.kind or measure.KINDS,
        rounds=arguments.rounds,
        seconds=arguments.seconds,
        tell=lambda line: print(line, file=sys.stderr),
    )
    for row in figures:
        print(
            f"{row.server:12} {row.kind:14} {row.ratio:6.2f} of bare ({row.spread[0]:.2f} to {row.spread[1]:.2f}), "
            f"CPU {row.cpu:6.1f} us = {row.cpu_ratio:5.2f}, {row.per_second:8.0f}/s, p50 {row.p50:6.2f} ms, "
            f"p99 {row.p99:6.2f} ms, refused {row.refused:.0%}, failed {row.failed}"
        )


if __name__ == "__main__":
    main()
