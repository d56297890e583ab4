"""Our probes and rules inside `schemathesis run`, as the guide shows it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import flowmock
from flowcontract.openapi.contract import carried

TOKEN = "a-token-for-schemathesis"


def _run(url: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    words = ["run", str(carried("openapi.yaml")), "--url", url, "-H", f"Authorization: Bearer {TOKEN}"]
    return subprocess.run(
        [Path(sys.executable).with_name("schemathesis"), *words, "--phases", "examples", "--no-color"],
        cwd=folder,
        env=os.environ | {"SCHEMATHESIS_HOOKS": "flowcontract.schemathesis_plugin", "FLOWCONTRACT_TOKEN": TOKEN},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("scenario", "code", "message"), [("", 0, "No issues found"), ("another-flow", 1, "flowcontract_rules")]
)
def test_schemathesis_sends_our_probes_and_checks_our_rules(
    scenario: str, code: int, message: str, tmp_path: Path
) -> None:
    with flowmock.running(tokens=[TOKEN]) as mock:
        if scenario:
            mock.mock.scenarios.activate([scenario])

        done = _run(mock.url, tmp_path)

    assert done.returncode == code, done.stdout
    assert message in done.stdout
