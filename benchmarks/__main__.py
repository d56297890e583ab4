"""Everything that is measured, each part beside what others do, in one command.

    python -m benchmarks [PART…] [--short] [--write] [--server NAME]

The parts: mock (reads, start-up and memory, beside other servers and the limit), start (of these the starts alone),
large (large documents), gate and fuzz (beside `schemathesis run`). The other servers are installed by npm into a folder
of their own. `--short` takes some minutes and shows that everything runs; figures for the page are those of a long run,
with `--write`.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from benchmarks import gate, large, page
from benchmarks.mock import measure, ours, peers, report, servers, start

OURS = "mock"
PARTS = ("mock", "start", "large", "gate", "fuzz")


def _chosen(names: list[str]) -> dict[str, servers.Server]:
    known = {name: each for name, each in (servers.SERVERS | peers.PEERS).items() if name != "bare"}
    if any(name not in known for name in names):
        raise SystemExit(f"there are these servers: {', '.join(known)}")
    chosen = {name: each for name, each in known.items() if not names or name in names or name == OURS}
    if any(each.group == "peer" for each in chosen.values()):
        peers.install()
    for name in [name for name, each in chosen.items() if not each.is_available]:
        print(f"{name} is left out: there is no {chosen.pop(name).needs} on this machine", file=sys.stderr)
    return chosen


def _mock(arguments: argparse.Namespace) -> None:
    """Reads, and starts, because the table of ratios has both."""
    servers.write_answer()
    chosen, reference = _chosen(arguments.server), servers.SERVERS["bare"]
    rounds, seconds = (1, 1) if arguments.short else (5, 1)
    kinds = tuple(measure.KINDS)
    figures, _ = measure.compare(chosen.values(), reference, kinds, rounds=rounds, seconds=seconds, tell=_tell)
    begun = _begun(arguments, chosen)
    said = "\n\n".join(f"Reads, {kind}:\n\n{report.throughput(kind, figures)}" for kind in kinds)
    said = f"{said}\n\n{report.times(OURS, figures, kinds, begun)}"
    _say(arguments, "mock", f"{said}\n\n{page.machine()} {_versions()}")
    _say_starts(arguments, begun)


def _start(arguments: argparse.Namespace) -> None:
    servers.write_answer()
    _say_starts(arguments, _begun(arguments, _chosen(arguments.server)))


def _begun(arguments: argparse.Namespace, chosen: dict[str, servers.Server]) -> dict[str, start.Begun]:
    rounds = 1 if arguments.short else 5
    return start.starts(list(chosen.values()), servers.SERVERS["bare"], rounds=rounds, tell=_tell)


def _say_starts(arguments: argparse.Namespace, begun: dict[str, start.Begun]) -> None:
    _say(arguments, "start", f"{report.starts(begun)}\n\n{page.machine()}")


def _versions() -> str:
    return f"The others: {', '.join(f'{name} {version}' for name, version in peers.versions().items())}."


def _memory(arguments: argparse.Namespace) -> None:
    _say(arguments, "mock memory", ours.memory(10_000 if arguments.short else ours.REQUESTS))


def _fuzz(arguments: argparse.Namespace) -> None:
    number, seconds = ("3", "30") if arguments.short else ("8", "60")
    write = ["--write"] if arguments.write else []
    faults = ["faults", "--flow", number, "--crud", number, "--time", seconds, *write]
    products = ["products", "--time", seconds, *write, "drf", "connexion"]
    for module, *words in (faults, products):
        subprocess.run([sys.executable, "-m", f"benchmarks.fuzz.{module}", *words], check=True, cwd=page.ROOT)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _say(arguments: argparse.Namespace, part: str, text: str) -> None:
    print(f"\n{text}", flush=True)
    if arguments.write:
        page.put(part, text)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("part", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (all)")
    parser.add_argument("--short", action="store_true", help="a few minutes: shows that everything runs")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/performance.md")
    parser.add_argument("--server", action="append", default=[], metavar="NAME", help="beside these alone (all)")
    parser.add_argument("--document", action="append", default=[], type=Path, metavar="FILE", help="for large")
    arguments = parser.parse_args()
    parts = arguments.part or PARTS
    if unknown := set(parts).difference(PARTS):
        parser.error(f"there is no part {min(unknown)!r}; there are {', '.join(PARTS)}")
    if "mock" in parts:
        _mock(arguments)
        _memory(arguments)
    elif "start" in parts:
        _start(arguments)
    if "large" in parts:
        _say(arguments, "large", large.measured(arguments.document, short=arguments.short, tell=_tell))
    if "gate" in parts:
        _say(arguments, "gate", gate.measured(short=arguments.short, tell=_tell))
    if "fuzz" in parts:
        _fuzz(arguments)


if __name__ == "__main__":
    main()
