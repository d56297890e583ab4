"""Run the gate, and beside it `schemathesis run`, against a product."""

import contextlib
import dataclasses
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.page import ROOT
from benchmarks.products.comparison import Comparison, Entry, Reported, compare, of_gate, of_schemathesis
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
    findings: tuple[Reported, ...]
    headline: str
    changed: tuple[str, ...] = ()
    """Files of the product that are not byte for byte as before the run."""
    with_writes: bool = False
    """Whether it was allowed to write."""

    def comparison(self, entries: Iterable[Entry]) -> Comparison:
        """Its findings, sorted by the reviewed ones of this product."""
        own = [entry for entry in entries if entry.product == self.product]
        return compare(self.findings, own, writes=self.with_writes)

    def save(self, folder: Path) -> None:
        """Write it into a folder, to be compared again later."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(dataclasses.asdict(self), ensure_ascii=False, indent=1)
        (folder / f"{self.product}.{self.tester}.json").write_text(text, encoding="utf-8", errors="replace")

    @classmethod
    def load(cls, file: Path) -> "Measured":
        """Read what `save` wrote."""
        values = json.loads(file.read_text(encoding="utf-8"))
        findings = [Reported(**{**one, "operations": tuple(one["operations"])}) for one in values.pop("findings")]
        return cls(**{**values, "findings": tuple(findings), "changed": tuple(values["changed"])})


def gate(server: Running, *, seconds: int, writes: bool = False, options: Sequence[str] = ()) -> Measured:
    """`flowcontract gate` with this time limit."""
    words = [sys.executable, "-m", "flowcontract", "gate", server.url, "--spec", str(server.document), "--json"]
    words += ["--allow-unsafe"] if writes else []
    before = server.kept_data()
    done, took, cpu = _timed([*words, "--time-limit", str(seconds), *server.product.options, *options], seconds + GRACE)
    printed = done.stdout if done else ""
    try:
        result = json.loads(printed)
    except ValueError:
        result = {"findings": [], "requests": 0, "headline": (done.stderr if done else "stopped").strip()[-300:]}
    return Measured(
        "gate",
        server.product.name,
        done.returncode if done else None,
        took,
        cpu,
        result["requests"],
        tuple(of_gate(result)),
        result.get("headline", ""),
        _changed(before, server) if not writes else (),
        writes,
    )


def schemathesis(server: Running, *, seconds: int, writes: bool = False) -> Measured:
    """`schemathesis run` with all its checks for the same time, over the reads or over everything."""
    command = str(Path(sys.executable).with_name("schemathesis"))
    with tempfile.TemporaryDirectory(prefix="products-") as folder:
        report = Path(folder, "events.ndjson")
        words = [command, "run", str(server.document), "--url", server.url, "--continue-on-failure", "--no-color"]
        words += ["--generation-deterministic", "--max-time", str(seconds)]
        words += [] if writes else ["--include-method", "GET"]
        words += [word for header in server.product.headers for word in ("--header", header)]
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
        tuple(reported),
        (done.stdout.strip().rpartition("\n")[2] if done else "stopped").strip("= "),
        _changed(before, server) if not writes else (),
        writes,
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
