"""Checked cases per second of the client's processor: `flowcontract fuzz` beside `schemathesis run`.

    python benchmarks/fuzz/throughput.py [--seconds 15] [--million]

Both run in one go against one mock on loopback, with the same contract and one worker. Counted is the processor
time of the client's processes (getrusage of waited-for children), the start-up of both left in. `--million` makes
the requests of a million cases as well, and names the peak of the memory.
"""

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import flowmock
from flowcontract.contract import Contract, carried
from flowcontract.fuzz.store import Store

TOKEN = "benchmark-token-0123456789"


def _cpu_of(words: Sequence[str], environment: dict[str, str]) -> tuple[float, str]:
    """Seconds of processor time that a command and its children took, and what it said."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(words, env=environment, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout + done.stderr


def _ours(url: str, seconds: float, folder: Path) -> tuple[int, float, float]:
    store = folder / "campaign.db"
    words = [
        sys.executable,
        "-m",
        "flowcontract.cli",
        "fuzz",
        url,
        "--time",
        f"{seconds}",
        "--workers",
        "1",
        "--store",
        str(store),
    ]
    cpu, said = _cpu_of(words, {**os.environ, "FLOWCONTRACT_TOKEN": TOKEN})
    with Store(store, create=False) as opened:
        counts = opened.counts(opened.campaign())
    cases = counts["cases", "", ""]
    print(said.splitlines()[-1])
    print(f"peak of the largest process: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MB")
    return cases, cpu, counts["distinct", "", ""] / cases


def _theirs(url: str, examples: int) -> tuple[int, float]:
    words = [
        str(Path(sys.executable).with_name("schemathesis")), "run", str(carried("openapi.yaml")), "--url", url,
        "-H", f"Authorization: Bearer {TOKEN}", "-n", str(examples), "--phases", "fuzzing", "--continue-on-failure",
    ]  # fmt: skip
    cpu, said = _cpu_of(words, {**os.environ, "NO_COLOR": "1"})
    found = re.findall(r"(\d[\d,]*) generated", said)
    return (int(found[0].replace(",", "")) if found else 0), cpu


def _million() -> None:
    """Make the requests of a million cases, without sending them: the peak of this process's memory."""
    from flowcontract.exchange import Target
    from flowcontract.fuzz import kinds  # noqa: F401 - fills the table of kinds
    from flowcontract.fuzz.breadth import Breadth
    from flowcontract.fuzz.deck import decks
    from flowcontract.probes import default_keys

    contract = Contract.load()
    target = Target.at("http://127.0.0.1:1", contract.base_path, token=TOKEN)
    known = {name: default_keys(operation) for name, operation in contract.operations.items()}
    breadth = Breadth(decks(contract, target, known), 1)
    for index in range(1_000_000):
        breadth.case(index)
    print(f"a million cases made: peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--examples", type=int, default=1000)
    parser.add_argument("--million", action="store_true")
    arguments = parser.parse_args()
    with flowmock.running(tokens=(TOKEN,)) as mock, tempfile.TemporaryDirectory() as folder:
        cases, cpu, distinct = _ours(mock.url, arguments.seconds, Path(folder))
        theirs, their_cpu = _theirs(mock.url, arguments.examples)
    rate = f"{cases:>8} cases {cpu:>7.1f} s CPU {cases / cpu:>8.0f} a CPU second"
    print(f"flowcontract fuzz   {rate}, {100 * distinct:.2f} % distinct")
    print(f"schemathesis run    {theirs:>8} cases {their_cpu:>7.1f} s CPU {theirs / their_cpu:>8.0f} a CPU second")
    if theirs:
        print(f"ratio {cases / cpu / (theirs / their_cpu):.1f}")
    if arguments.million:
        _million()


if __name__ == "__main__":
    main()
