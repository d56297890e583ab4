"""Install a product into an environment of its own, below a folder outside the project."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

import platformdirs

FOLDER = platformdirs.user_cache_path("flowcontract-products", appauthor=False)
"""Where the environments are made unless another folder is named."""


def installed(name: str, installer: Literal["pip", "npm"], packages: tuple[str, ...], *, folder: Path = FOLDER) -> Path:
    """The environment that holds these packages; it is made when it is missing or holds others.

    Raises CalledProcessError with the output of pip or npm on the standard error stream.
    """
    environment = folder / name
    marker = environment / "installed.json"
    wanted = json.dumps([installer, *packages])
    if marker.exists() and marker.read_text(encoding="utf-8") == wanted:
        return environment
    if environment.exists():
        shutil.rmtree(environment)
    environment.mkdir(parents=True)
    if installer == "pip":
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, *packages], check=True)
    else:
        (environment / "package.json").write_text('{"private": true}\n', encoding="utf-8")
        npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock"]
        subprocess.run([*npm, "--prefix", str(environment), *packages], check=True)
    marker.write_text(wanted, encoding="utf-8")
    return environment
