"""Run the gate, and beside it `schemathesis run`, against a product."""

import contextlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.page import ROOT
from benchmarks.products.comparison import Comparison, Entry, compare, of_gate, of_schemathesis
from benchmarks.products.process import Running

GRACE = 60.0
"""Seconds beyond its own time limit after which a run is stopped."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of one tester against one product."""

    tester: str
    product: str
    code: int | None
    """The exit code; None when the run was stopped because it exceeded its time limit."""
    seconds: float
    cpu: float
    """Seconds of processor time of the tester's processes."""
    requests: int
    comparison: Comparison
    headline: str
    changed: tuple[str, ...]
    """Files of the product that are not byte for byte as before the run."""
    report: str
    """Its JSON, or the end of its output when it printed none."""


def gate(server: Running, entries: Sequence[Entry], *, seconds: int, options: Sequence[str] = ()) -> Measured:
    """`flowcontract gate` with this time limit."""
    words = [sys.executable, "-m", "flowcontract", "gate", server.url, "--spec", str(server.document), "--json"]
    before = server.kept_data()
    done, took, cpu = _timed([*words, "--time-limit", str(seconds), *options], seconds + GRACE)
    printed = done.stdout if done else ""
    try:
        result = json.loads(printed)
    except ValueError:
        result = {"findings": [], "requests": 0, "headline": (done.stderr if done else "stopped").strip()[-300:]}
    writes = "--allow-unsafe" in options
    return Measured(
        "gate",
        server.product.name,
        done.returncode if done else None,
        took,
        cpu,
        result["requests"],
        compare(of_gate(result), entries, writes=writes),
        result.get("headline", ""),
        _changed(before, server) if not writes else (),
        json.dumps(result, ensure_ascii=False, indent=1),
    )


def schemathesis(server: Running, entries: Sequence[Entry], *, seconds: int) -> Measured:
    """`schemathesis run` with all its checks over the reads, for the same time."""
    command = str(Path(sys.executable).with_name("schemathesis"))
    with tempfile.TemporaryDirectory(prefix="products-") as folder:
        report = Path(folder, "events.ndjson")
        words = [command, "run", str(server.document), "--url", server.url, "--continue-on-failure", "--no-color"]
        words += ["--generation-deterministic", "--max-time", str(seconds), "--include-method", "GET"]
        before = server.kept_data()
        done, took, cpu = _timed([*words, "--report-ndjson-path", str(report)], seconds + GRACE)
        text = report.read_text(encoding="utf-8") if report.exists() else ""
    # A run that was stopped may have left a last line that is not complete.
    events = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("}\n")]
    reported, requests = of_schemathesis(events)
    return Measured(
        "schemathesis",
        server.product.name,
        done.returncode if done else None,
        took,
        cpu,
        requests,
        compare(reported, entries),
        (done.stdout.strip().rpartition("\n")[2] if done else "stopped").strip("= "),
        _changed(before, server),
        "\n".join(f"{one.rule} {', '.join(one.operations)}\n{one.text}\n" for one in reported),
    )


def _timed(words: list[str], limit: float) -> tuple[subprocess.CompletedProcess[str] | None, float, float]:
    """The finished process (None when it was stopped at the limit), seconds, and seconds of processor time."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = None
    with contextlib.suppress(subprocess.TimeoutExpired):
        done = subprocess.run(words, capture_output=True, text=True, errors="replace", cwd=ROOT, timeout=limit)
    took, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return done, took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _changed(before: dict[str, bytes], server: Running) -> tuple[str, ...]:
    after = server.kept_data()
    return tuple(name for name in before if before[name] != after[name])
