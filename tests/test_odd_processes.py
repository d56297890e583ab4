"""Commands in odd processes: without HOME or a locale, optimized, on a full disk, two at once."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

THING = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
DOCUMENT = {
    "openapi": "3.1.1",
    "info": {"title": "Ünïcode", "version": "1"},
    "paths": {
        "/things": {
            "get": {
                "operationId": "list",
                "responses": {"200": {"description": "é", "content": {"application/json": {"schema": THING}}}},
            }
        }
    },
}
GATE = ("gate", "--spec", "openapi.json", "--profile", "quick", "--time-limit", "60")


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "openapi.json").write_text(json.dumps(DOCUMENT), encoding="utf-8")
    return tmp_path


def started(
    desk: Path, *words: str, env: Mapping[str, str] | None = None, python: tuple[str, ...] = (), **more: Any
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *python, "-m", "flowcontract", *words],
        cwd=desk,
        env=dict(os.environ if env is None else env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        **more,
    )


def printed_by(process: subprocess.Popen[str], *codes: int) -> str:
    printed, _ = process.communicate(timeout=200)
    assert process.returncode in codes, printed
    assert "Traceback" not in printed
    return printed


def bare(**more: str) -> dict[str, str]:
    """An environment with nothing but what finds the interpreter and its packages."""
    return {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ} | more


def test_a_run_needs_neither_home_nor_locale_nor_assertions(desk: Path) -> None:
    env = bare(HOME="/nonexistent", LANG="C", LC_ALL="C", PYTHONIOENCODING="ascii", TERM="dumb")

    printed = printed_by(started(desk, *GATE, "--report", "reports", env=env, python=("-O",)), 0)

    assert "passed" in printed
    assert json.loads((desk / "reports" / "ctrf.json").read_text("utf-8"))["results"]


def test_a_full_disk_is_one_line(desk: Path) -> None:
    resource = pytest.importorskip("resource", reason="limits of files are set by POSIX")

    def few_bytes() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))

    # Python would leave truncated bytecode of what it imports first, and every later process would read it.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    printed = printed_by(started(desk, *GATE, "--report", "reports", env=environment, preexec_fn=few_bytes), 2)

    assert "cannot be written: File too large." in printed.strip().splitlines()[-1]


def test_two_runs_write_the_same_reports_at_once(desk: Path) -> None:
    runs = [started(desk, *GATE, "--report", "reports") for _ in range(2)]

    for run in runs:
        printed_by(run, 0)

    assert json.loads((desk / "reports" / "ctrf.json").read_text("utf-8"))["results"]
    assert (desk / "reports" / "report.html").read_text("utf-8").rstrip().endswith("</html>")
