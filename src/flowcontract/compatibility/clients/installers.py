"""How a client comes from its registry into a folder of its own, and how a driver is run there: with pip, with npm.

Both are asked through what they offer to everybody. Where their registry is, and through which proxy, is set up for
them as ever; it is no business of ours.
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
    """What an environment depends on beside the package: the version of the interpreter that it was made for."""

    def published(self, package: Package, begins: str, timeout: float) -> str:
        """The newest published version that begins so. Raises ClientError."""
        ...

    def install(self, package: Package, version: str, folder: Path, timeout: float) -> None:
        """Install it into an empty folder. Raises ClientError."""
        ...

    def command(self, package: Package, folder: Path) -> list[str]:
        """How the driver is run with what is in the folder."""
        ...


class Pip:
    """Into a virtual environment of this Python, with the pip of this Python."""

    tag = f"-{sys.implementation.cache_tag}"

    def published(self, package: Package, begins: str, timeout: float) -> str:
        """What pip would install."""
        wanted = f"=={begins}.*" if begins.replace(".", "").isdecimal() else f"=={begins}"
        report = _run(
            [*_PIP, "install", "--dry-run", "--no-deps", "--ignore-installed", "--report=-", *_QUIET, *_ONCE,
             package.name + wanted], timeout
        )  # fmt: skip
        with _reading("pip"):
            return str(json.loads(report)["install"][0]["metadata"]["version"])

    def install(self, package: Package, version: str, folder: Path, timeout: float) -> None:
        """Make the environment and install into it."""
        _run([sys.executable, "-m", "venv", "--without-pip", str(folder)], timeout)
        python = self._python(folder)
        _run([*_PIP, f"--python={python}", "install", *_QUIET, *_ONCE, f"{package.name}=={version}", *package.beside],
             timeout)  # fmt: skip

    def command(self, package: Package, folder: Path) -> list[str]:
        """Isolated: what else is installed for the user is not seen."""
        return [str(self._python(folder)), "-I", str(package.driver)]

    def _python(self, folder: Path) -> Path:
        return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


class Npm:
    """Into a folder with a `node_modules`."""

    tag = ""

    def published(self, package: Package, begins: str, timeout: float) -> str:
        """Chosen from the list of versions: npm takes ranges of final versions only."""
        with _reading("npm"):
            listed = json.loads(_run(["npm", "view", package.name, "versions", "--json", *_NPM], timeout))
            version = newest([listed] if isinstance(listed, str) else list(map(str, listed)), begins)
        if version is None:
            raise ClientError(f"{package.name} has no version {begins}.", do="Name another one.")
        return version

    def install(self, package: Package, version: str, folder: Path, timeout: float) -> None:
        """Install; no script of a package is run."""
        _run(["npm", "install", "--ignore-scripts", "--prefer-offline", "--prefix", str(folder), *_NPM,
              f"{package.name}@{version}", *package.beside], timeout)  # fmt: skip

    def command(self, package: Package, folder: Path) -> list[str]:  # noqa: ARG002 - the driver looks where it stands
        """The folder is where the driver is run."""
        return ["node", str(package.driver)]


INSTALLERS: Mapping[str, Installer] = {"pip": Pip(), "npm": Npm()}

_PIP = (sys.executable, "-m", "pip")
_QUIET = ("--quiet", "--no-input", "--disable-pip-version-check", "--no-warn-script-location")
_ONCE = ("--retries=1",)
_NPM = ("--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error", "--fetch-retries=1")
_INSTEAD = {"npm": "Install Node 20 or later, with npm.", "node": "Install Node 20 or later."}


@contextlib.contextmanager
def _reading(tool: str) -> Iterator[None]:
    """Raises ClientError where a tool tells something other than what it is known to tell."""
    try:
        yield
    except (ValueError, LookupError, TypeError) as error:
        raise ClientError(f"{tool} did not tell what it was asked for.", do=f"Take a newer {tool}.") from error


def _run(command: Sequence[str], timeout: float) -> str:
    """Run a tool and give what it prints. Raises ClientError with the last that it said where it fails."""
    name = Path(command[0]).name
    try:
        done = subprocess.run(  # noqa: S603 - no shell
            command, capture_output=True, encoding="utf-8", errors="replace", timeout=timeout, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError as error:
        raise ClientError(f"there is no {name} on this machine.", do=_INSTEAD.get(name, "Install it.")) from error
    except OSError as error:
        raise ClientError(f"{name} cannot be run: {error.strerror}.", do="Check its rights.") from error
    except subprocess.TimeoutExpired as error:
        shown = " ".join(command[:4])
        raise ClientError(
            f"`{shown} …` took longer than {timeout:g} s.", do="Try again, or raise --timeout."
        ) from error
    if done.returncode:
        raise ClientError(_said(command, done), do="Check the version, the network and the tool's own settings.")
    return done.stdout


_PREFIX = re.compile(r"(npm (error|ERR!)|ERROR:)\s*")
"""What pip and npm put before each line of an error."""
_UNREACHED = re.compile(r"connection broken|ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT|EAI_AGAIN", re.IGNORECASE)


def _said(command: Sequence[str], done: subprocess.CompletedProcess[str]) -> str:
    """The first that a tool says of its error: what follows is advice."""
    name = "pip" if "pip" in command[1:3] else Path(command[0]).name
    lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    if any("No module named pip" in line for line in lines):
        return f"there is no pip for {sys.executable}: `{sys.executable} -m ensurepip` installs it."
    errors = [_PREFIX.sub("", line) for line in lines if _PREFIX.match(line)] or lines
    told = one_line("; ".join([line for line in errors if line][:2]), 300) or f"it ended with {done.returncode}"
    reached = ", no registry answered" if any(map(_UNREACHED.search, lines)) else ""
    return f"{name} failed{reached}: {told}."
