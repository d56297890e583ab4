"""The examples for CI are valid, ask the gate for what it offers, and keep inputs out of scripts."""

import argparse
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from flowcontract import reporting
from flowcontract.openapi import documents

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "ci"
GITHUB = EXAMPLES / ".github" / "workflows" / "contract-gate.yml"
GITLAB = EXAMPLES / ".gitlab" / "contract-gate.yml"
GATE = EXAMPLES / "gate.sh"


def _scripts(path: Path) -> list[str]:
    """The shell scripts of a workflow, each as one text."""
    document: Any = documents.read(path)
    if path == GITLAB:
        return ["\n".join(document[".contract-gate"]["script"])]
    return [step["run"] for job in document["jobs"].values() for step in job.get("steps", ()) if "run" in step]


def test_the_gate_is_asked_for_options_that_it_has() -> None:
    from flowcontract.cli import gate

    parser = argparse.ArgumentParser()
    gate.configure(parser)
    options = set(re.findall(r"(?<![\w-])--[a-z-]+", GATE.read_text(encoding="utf-8")))

    assert options >= {"--param", "--report", "--profile", "--waivers", "--baseline"}
    assert options <= set(parser.format_help().replace(",", " ").split())


@pytest.mark.needs("bash")
@pytest.mark.parametrize("path", [GITHUB, GITLAB], ids=["github", "gitlab"])
def test_scripts_are_valid_and_take_inputs_as_variables(path: Path) -> None:
    shell = shutil.which("bash" if path == GITHUB else "sh")
    assert shell

    scripts = _scripts(path)
    assert any("./gate.sh" in script for script in scripts)
    for script in scripts:
        assert "${{" not in script
        assert subprocess.run([shell, "-n", "-c", script]).returncode == 0


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.yml")), ids=lambda path: "/".join(path.parts[-2:]))
def test_the_files_they_name_are_ones_that_are_written(path: Path) -> None:
    for name in re.findall(r"reports/([\w.-]+)", path.read_text(encoding="utf-8")):
        assert name in reporting.FILES.values()


@pytest.mark.needs("sh")
def test_each_key_becomes_one_option(tmp_path: Path) -> None:
    (tmp_path / "flowcontract").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', encoding="utf-8")
    (tmp_path / "flowcontract").chmod(0o755)
    variables = {"TARGET": "http://x; echo", "FLOWCONTRACT_TOKEN": "t", "SLUGS": "a b", "PROFILE": "full"}

    told = subprocess.run(
        [str(GATE)],
        env={**variables, "PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    assert told[:4] == ["gate", "http://x; echo", "--profile", "full"]
    assert shlex.join(told[-4:]) == "--param slug=a --param slug=b"
