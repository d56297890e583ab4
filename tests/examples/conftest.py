"""The examples as a reader has them: a copy of the folder, and the commands of its README in a shell."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
# Made by those who work in the folder itself.
LITTER = shutil.ignore_patterns("node_modules", "dist", "__pycache__", ".pytest_cache", "reports*", "qa.*")

# What tests set for themselves; those of the matrix make a folder the registry of pip for a whole session.
OF_TESTS = ("PYTEST", "FLOWCONTRACT", "PIP_NO_INDEX", "PIP_FIND_LINKS", "PIP_CONFIG_FILE")


@dataclass(frozen=True, slots=True)
class Followed:
    """What came of following a README."""

    folder: Path
    printed: str


@pytest.fixture
def follow(tmp_path: Path) -> Callable[..., Followed]:
    """Do what an example's README says, `skip` apart, and fail where a command does."""

    def followed(name: str, *, skip: str = "^$", **variables: str) -> Followed:
        folder = tmp_path / name
        shutil.copytree(EXAMPLES / name, folder, ignore=LITTER)
        kept = {key: value for key, value in os.environ.items() if not key.startswith(OF_TESTS)}
        path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
        lines = [line for line in commands(folder / "README.md") if not re.search(skip, line)]
        assert lines, f"the README of {name} has no command"
        done = subprocess.run(
            ["bash", "-e", "-c", "\n".join(lines)],
            cwd=folder,
            env={**kept, "NO_COLOR": "1", **variables, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,  # For a command that hangs, not for a busy machine.
        )
        assert done.returncode == 0, done.stdout
        return Followed(folder, done.stdout)

    return followed


def commands(readme: Path) -> list[str]:
    """The lines of the console blocks."""
    blocks = re.findall(r"^```console\n(.*?)^```", readme.read_text(encoding="utf-8"), re.M | re.S)
    return [line for block in blocks for line in block.splitlines()]
