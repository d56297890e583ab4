"""A cache of clients, each in its own environment, installed once and completely."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import user_cache_path

from flowcontract.compatibility.clients import ClientVersion, Package
from flowcontract.compatibility.clients.installers import INSTALLERS
from flowcontract.compatibility.versions import newest, release
from flowcontract.errors import ClientError, ContractError
from flowcontract.openapi import cache, documents

_WRITTEN = frozenset({"__pycache__", "node_modules", "build", "dist"})
_MARK = "flowcontract-client.json"
"""Written into an environment last: an environment without it is incomplete and is installed again."""


@dataclass(frozen=True, slots=True)
class Client:
    """An installed client."""

    package: Package
    version: str
    folder: Path

    @property
    def title(self) -> str:
        """`python:2024.8.3.post1729836879`, as `--client` takes it."""
        return f"{self.package.language}:{self.version}"

    @property
    def release(self) -> str:
        """The release of the server that it was generated for."""
        return release(self.version)

    @property
    def command(self) -> list[str]:
        """The command that runs its driver, from its folder."""
        return INSTALLERS[self.package.install].command(self.package, self.folder)


@dataclass(frozen=True, slots=True)
class Cache:
    """The environments of one user."""

    folder: Path
    offline: bool = False
    """Use installed clients only, contact no registry."""
    timeout: float = 300.0
    """Seconds that an installation, or waiting for another process that installs, may take."""

    def client(self, wanted: ClientVersion) -> tuple[Client, str]:
        """The client, installed if necessary, and a note about it.

        The newest published version; where no registry responds, the newest installed version. Raises ClientError where
        there is neither.
        """
        package, requested = wanted.package, wanted.version
        if package.is_local:  # Installed again when a file changes.
            return self._install(package, f"{requested}+{_digest(Path(package.name))}"), ""
        here = {client.version: client for client in self._installed(package)}
        if requested in here:
            return here[requested], ""
        known = newest(here, requested)
        if self.offline:
            if known is None:
                raise ClientError(f"{wanted} is not in {self.folder}.", do="Run it once without --offline.")
            return here[known], ""
        try:
            version = INSTALLERS[package.install].published(package, requested, self.timeout)
        except ClientError as error:
            if known is None:
                raise
            return here[known], f"{wanted}: used from the cache because the registry does not respond. {error.what}"
        return here.get(version) or self._install(package, version), ""

    def _installed(self, package: Package) -> Iterator[Client]:
        for mark in sorted(self.folder.glob(f"*/{_MARK}")):
            version = str(_read(mark).get("version"))
            client = Client(package, version, mark.parent)
            if mark.parent == self._folder(package, version) and _is_complete(client):
                yield client

    def _folder(self, package: Package, version: str) -> Path:
        name = Path(package.name).stem if package.is_local else package.name.replace("/", "+")
        return self.folder / f"{package.language}-{name}-{version}{INSTALLERS[package.install].tag}"

    def _install(self, package: Package, version: str) -> Client:
        client = Client(package, version, self._folder(package, version))
        try:
            documents.make_folder(self.folder)
            with FileLock(f"{client.folder}.lock", timeout=self.timeout):
                if not _is_complete(client):
                    shutil.rmtree(client.folder, ignore_errors=True)
                    client.folder.mkdir()
                    INSTALLERS[package.install].install(package, version, client.folder, self.timeout)
                    documents.write(client.folder / _MARK, documents.dump_json(_mark(client)))
        except Timeout as error:
            raise ClientError(
                f"another process has been installing {client.title} for {self.timeout:g} s.", do="Try again later."
            ) from error
        except (OSError, ContractError) as error:
            raise ClientError(f"cannot write to {self.folder}: {error}", do="Choose another --cache.") from error
        return client


def _digest(path: Path) -> str:
    """A short digest of the files of a client, without hidden folders and those that tools write."""
    found = hashlib.sha256()
    for each in sorted(path.rglob("*")) if path.is_dir() else [path]:
        parts = each.relative_to(path).parts
        if each.is_file() and not any(part.startswith(".") or part in _WRITTEN for part in parts):
            found.update("/".join(parts).encode() + b"\0" + each.read_bytes())
    return found.hexdigest()[:8]


def _mark(client: Client) -> dict[str, object]:
    """The content of the mark: an environment is the requested one where its mark has this content."""
    return {"package": client.package.name, "version": client.version, "with": list(client.package.dependencies)}


def _read(mark: Path) -> dict[str, object]:
    try:
        content = json.loads(mark.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _is_complete(client: Client) -> bool:
    """Whether it is installed completely and its interpreter still exists."""
    program = Path(client.command[0])
    return _read(client.folder / _MARK) == _mark(client) and (not program.is_absolute() or program.exists())


def default_folder() -> Path:
    """The default folder: below `$FLOWCONTRACT_CACHE`, else the user's cache folder."""
    given = os.environ.get(cache.VARIABLE)
    return (Path(given) if given else user_cache_path("flowcontract", appauthor=False)) / "clients"
