"""How much memory a campaign takes while its cases are really sent.

    python benchmarks/fuzz/memory.py [--cases 1000000] [--workers 1]

The mock is the target, on loopback. Every tenth of the way it names the cases so far, and the resident memory of the
driver and of each worker: the peak since their start, and together. Needs psutil (the extra `cluster` brings it).
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

import flowmock
from flowcontract.engine.campaigns.database import Database

TOKEN = "benchmark-token-0123456789"


def _megabytes(process: psutil.Process) -> float:
    """The peak of a process so far, as the kernel keeps it; 0 where it has ended."""
    with suppress(OSError, psutil.Error):
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return 0.0


def _cases(database: Path) -> int:
    with suppress(Exception), Database(database, create=False) as opened:  # It may not be there yet.
        return opened.counts(opened.campaign())["cases", "", ""]
    return 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    with flowmock.running(tokens=(TOKEN,)) as mock, tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "campaign.db"
        words = [sys.executable, "-m", "flowcontract", "fuzz", mock.url, "--cases", str(arguments.cases),
                 "--workers", str(arguments.workers), "--database", str(database)]  # fmt: skip
        environment = {**os.environ, "FLOWCONTRACT_TOKEN": TOKEN}
        driver = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        peaks: dict[int, float] = {}
        told = -1
        while driver.poll() is None:
            time.sleep(1)
            with suppress(psutil.Error):
                parent = psutil.Process(driver.pid)
                for process in (parent, *parent.children(recursive=True)):
                    peaks[process.pid] = max(peaks.get(process.pid, 0), _megabytes(process))
            cases = _cases(database)
            if cases * 10 // arguments.cases > told:
                told = cases * 10 // arguments.cases
                each = ", ".join(f"{peak:.0f}" for pid, peak in peaks.items() if pid != driver.pid)
                print(
                    f"{cases:>9} cases: driver {peaks.get(driver.pid, 0):.0f} MB, its processes {each} MB", flush=True
                )
        print(driver.communicate()[0].strip())
        print(f"database: {database.stat().st_size / 1e6:.1f} MB")
        print(f"peak: {max(peaks.values()):.0f} MB in the largest process, {sum(peaks.values()):.0f} MB in all of them")


if __name__ == "__main__":
    main()
