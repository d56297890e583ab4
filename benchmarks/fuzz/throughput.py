"""Checked cases per second of the client's processor: `flowcontract fuzz` beside `schemathesis run`.

    python benchmarks/fuzz/throughput.py [--pairs 5] [--cases 15000] [--examples 1000]

Both run against one mock on loopback, with the same contract and one worker, in turns: each pair of windows gives a
ratio, and the median of the ratios counts, because a busy machine slows both windows of a pair alike. Counted is the
processor time of the client's processes (getrusage of waited-for children), the start-up of both left in.
"""

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import flowmock
from flowcontract.engine.campaigns.database import Database
from flowcontract.openapi.contract import carried

TOKEN = "benchmark-token-0123456789"


@dataclass(frozen=True, slots=True)
class Window:
    """One run of one program."""

    cases: int
    cpu: float
    """Seconds of processor time, start-up included."""
    distinct: float = 1.0
    """From 0 to 1."""

    @property
    def rate(self) -> float:
        return self.cases / self.cpu

    def __str__(self) -> str:
        return f"{self.cases:>7} cases {self.cpu:>6.1f} s CPU {self.rate:>6.0f} a CPU second"


def _cpu_of(words: Sequence[str], environment: dict[str, str]) -> tuple[float, str]:
    """Seconds of processor time that a command and its children took, and what it said."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(words, env=environment, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout + done.stderr


def ours(url: str, cases: int) -> Window:
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "campaign.db"
        words = [sys.executable, "-m", "flowcontract", "fuzz", url, "--cases", str(cases), "--workers", "1",
                 "--database", str(database)]  # fmt: skip
        cpu, _ = _cpu_of(words, {**os.environ, "FLOWCONTRACT_TOKEN": TOKEN})
        with Database(database, create=False) as opened:
            counts = opened.counts(opened.campaign())
    return Window(counts["cases", "", ""], cpu, counts["distinct", "", ""] / counts["cases", "", ""])


def theirs(url: str, examples: int) -> Window:
    words = [
        str(Path(sys.executable).with_name("schemathesis")), "run", str(carried("openapi.yaml")), "--url", url,
        "-H", f"Authorization: Bearer {TOKEN}", "-n", str(examples), "--phases", "fuzzing", "--continue-on-failure",
    ]  # fmt: skip
    cpu, said = _cpu_of(words, {**os.environ, "NO_COLOR": "1"})
    found = re.search(r"(\d[\d,]*) generated", said)
    if found is None:
        raise SystemExit(f"schemathesis said nothing of how many cases it made:\n{said[-2000:]}")
    return Window(int(found[1].replace(",", "")), cpu)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--cases", type=int, default=15_000, help="of one window of ours")
    parser.add_argument("--examples", type=int, default=1_000, help="cases of one window of theirs, as much work")
    arguments = parser.parse_args()
    ratios, distinct = [], []
    with flowmock.running(tokens=(TOKEN,)) as mock:
        for number in range(arguments.pairs):
            us, them = ours(mock.url, arguments.cases), theirs(mock.url, arguments.examples)
            ratios.append(us.rate / them.rate)
            distinct.append(us.distinct)
            print(f"{number + 1}. flowcontract fuzz  {us}, {100 * us.distinct:.2f} % distinct")
            print(f"   schemathesis run   {them}    ratio {ratios[-1]:.1f}", flush=True)
    median = statistics.median(ratios)
    print(f"median ratio {median:.1f} (from {min(ratios):.1f} to {max(ratios):.1f}), "
          f"at least {100 * min(distinct):.2f} % distinct")  # fmt: skip
    return 0 if median >= 10 and min(distinct) >= 0.95 else 1


if __name__ == "__main__":
    sys.exit(main())
