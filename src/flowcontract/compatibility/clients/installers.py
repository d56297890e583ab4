"""Installation of clients from their registries into folders, and the commands of their drivers: pip and npm.

Both use their own configuration of registry and proxy.
"""

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from flowcontract.compatibility.clients import Package
from flowcontract.compatibility.versions import newest
from flowcontract.errors import ClientError
from flowcontract.text import one_line


class Installer(Protocol):
    """Installs the packages of one registry."""

    tag: str
    """Suffix of the environment's name: the version of the interpreter, where it matters."""

    def published(self, package: Package, begins: str, timeout: float) -> str:
        """The newest published version that starts with `begins`. Raises ClientError."""
        ...

    def install(self, package: Package, version: str, folder: Path, timeout: float) -> None:
        """Install it into an empty folder. Raises ClientError."""
        ...

    def command(self, package: Package, folder: Path) -> list[str]:
        """The command that runs the driver in the folder."""
        ...


class Pip:
    """Installs into a virtual environment, with the pip of this Python."""

    tag = f"-{sys.implementation.cache_tag}"

    def published(self, package: Package, begins: str, timeout: float) -> str:
        """The version that pip would install."""
        wanted = f"=={begins}.*" if begins.replace(".", "").isdecimal() else f"=={begins}"
        report = _run(
            [*_PIP, "install", "--dry-run", "--no-deps", "--ignore-installed", "--report=-", *_QUIET, *_ONCE,
             package.name + wanted], timeout
        )  # fmt: skip
        with _reading("pip"):
            return str(json.loads(report)["install"][0]["metadata"]["version"])

    def install(self, package: Package, version: str, folder: Path, timeout: float) -> None:
        """Create the environment and install into it."""
        _run([sys.executable, "-m", "venv", "--without-pip", str(folder)], timeout)
        python = self._python(folder)
        wanted = [package.name if package.is_local else f"{package.name}=={version}", *package.dependencies]
        _run([*_PIP, f"--python={python}", "install", *_QUIET, *_ONCE, *wanted], timeout)

    def command(self, package: Package, folder: Path) -> list[str]:
        """Isolated from other packages of the user."""
        return [str(self._python(folder)), "-I", str(package.driver)]

    def _python(self, folder: Path) -> Path:
        return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


class Npm:
    """Installs into a folder with `node_modules`."""

    tag = ""

    def published(self, package: Package, begins: str, timeout: float) -> str:
        """Chosen from the list of versions, because npm resolves ranges of final versions only."""
        with _reading("npm"):
            listed = json.loads(_run(["npm", "view", package.name, "versions", "--json", *_NPM], timeout))
            version = newest([listed] if isinstance(listed, str) else list(map(str, listed)), begins)
        if version is None:
            raise ClientError(f"{package.name} has no version {begins}.", do="Choose another version.")
        return version

    def install(self, package: Package, version: str, folder: Path, timeout: float) -> None:
        """Install without running scripts of packages."""
        wanted = package.name if package.is_local else f"{package.name}@{version}"
        _run(["npm", "install", "--ignore-scripts", "--prefer-offline", "--prefix", str(folder), *_NPM,
              wanted, *package.dependencies], timeout)  # fmt: skip

    def command(self, package: Package, folder: Path) -> list[str]:  # noqa: ARG002 - the driver runs in the folder
        """Run in the folder, where the driver finds `node_modules`."""
        return ["node", str(package.driver)]


INSTALLERS: Mapping[str, Installer] = {"pip": Pip(), "npm": Npm()}

_PIP = (sys.executable, "-m", "pip")
_QUIET = ("--quiet", "--no-input", "--disable-pip-version-check", "--no-warn-script-location")
_ONCE = ("--retries=1",)
_NPM = ("--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error", "--fetch-retries=1")
_INSTALL_HINTS = {"npm": "Install Node 20 or later, with npm.", "node": "Install Node 20 or later."}


@contextlib.contextmanager
def _reading(tool: str) -> Iterator[None]:
    """Raise ClientError where a tool prints something unexpected."""
    try:
        yield
    except (ValueError, LookupError, TypeError) as error:
        raise ClientError(f"{tool} printed unexpected output.", do=f"Install a newer {tool}.") from error


def _run(command: Sequence[str], timeout: float) -> str:
    """Run a tool and return its output. Raises ClientError with its error message where it fails."""
    name = Path(command[0]).name
    try:
        done = subprocess.run(  # noqa: S603 - no shell
            command, capture_output=True, encoding="utf-8", errors="replace", timeout=timeout, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError as error:
        raise ClientError(f"{name} is not installed.", do=_INSTALL_HINTS.get(name, "Install it.")) from error
    except OSError as error:
        raise ClientError(f"{name} cannot be run: {error.strerror}.", do="Check its permissions.") from error
    except subprocess.TimeoutExpired as error:
        shown = " ".join(command[:4])
        raise ClientError(
            f"`{shown} …` took longer than {timeout:g} s.", do="Try again, or raise --timeout."
        ) from error
    if done.returncode:
        raise ClientError(_error(command, done), do="Check the version, the network and the tool's own settings.")
    return done.stdout


_PREFIX = re.compile(r"(npm (error|ERR!)|ERROR:)\s*")
"""What pip and npm put before each line of an error."""
_UNREACHED = re.compile(r"connection broken|ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT|EAI_AGAIN", re.IGNORECASE)


def _error(command: Sequence[str], done: subprocess.CompletedProcess[str]) -> str:
    """The first lines of a tool's error message; the rest is advice."""
    name = "pip" if "pip" in command[1:3] else Path(command[0]).name
    lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    if any("No module named pip" in line for line in lines):
        return f"pip is not installed for {sys.executable}: run `{sys.executable} -m ensurepip`."
    errors = [_PREFIX.sub("", line) for line in lines if _PREFIX.match(line)] or lines
    text = one_line("; ".join([line for line in errors if line][:2]), 300) or f"exit code {done.returncode}"
    reached = ", the registry did not respond" if any(map(_UNREACHED.search, lines)) else ""
    return f"{name} failed{reached}: {text}."
