"""Clients in environments of their own, kept in a cache: installed once, by who comes first, whole or not at all."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import user_cache_path

from flowcontract.compatibility.clients import Package, Wanted
from flowcontract.compatibility.clients.installers import INSTALLERS
from flowcontract.compatibility.versions import newest, release
from flowcontract.errors import ClientError, ContractError
from flowcontract.openapi import cache, documents

_MARK = "flowcontract-client.json"
"""Written into an environment when everything else is there: one without it was cut off, and is made again."""


@dataclass(frozen=True, slots=True)
class Client:
    """A client that is installed."""

    package: Package
    version: str
    folder: Path

    @property
    def title(self) -> str:
        """`python:2024.8.3.post1729836879`, by which it can be asked for again."""
        return f"{self.package.language}:{self.version}"

    @property
    def release(self) -> str:
        """The release of the server that it was generated for."""
        return release(self.version)

    @property
    def command(self) -> list[str]:
        """How its driver is run, from its folder."""
        return INSTALLERS[self.package.install].command(self.package, self.folder)


@dataclass(frozen=True, slots=True)
class Cache:
    """The environments of a user."""

    folder: Path
    offline: bool = False
    """Take what is there, ask no registry."""
    timeout: float = 300.0
    """Seconds that an installation, or waiting for one of somebody else, may take."""

    def client(self, wanted: Wanted) -> tuple[Client, str]:
        """The client, installed if need be, and what has to be said about it.

        The newest published version is taken; where no registry answers, the newest that is installed. Raises
        ClientError where there is neither.
        """
        package, asked = wanted.package, wanted.version
        here = {client.version: client for client in self._installed(package)}
        if asked in here:
            return here[asked], ""
        known = newest(here, asked)
        if self.offline:
            if known is None:
                raise ClientError(f"{wanted} is not in {self.folder}.", do="Leave --offline away once.")
            return here[known], ""
        try:
            version = INSTALLERS[package.install].published(package, asked, self.timeout)
        except ClientError as error:
            if known is None:
                raise
            return here[known], f"{wanted}: taken from the cache, the registry could not be asked. {error.what}"
        return here.get(version) or self._install(package, version), ""

    def _installed(self, package: Package) -> Iterator[Client]:
        for mark in sorted(self.folder.glob(f"*/{_MARK}")):
            version = str(_read(mark).get("version"))
            client = Client(package, version, mark.parent)
            if mark.parent == self._folder(package, version) and _is_made(client):
                yield client

    def _folder(self, package: Package, version: str) -> Path:
        name = package.name.replace("/", "+")
        return self.folder / f"{package.language}-{name}-{version}{INSTALLERS[package.install].tag}"

    def _install(self, package: Package, version: str) -> Client:
        client = Client(package, version, self._folder(package, version))
        try:
            documents.make_folder(self.folder)
            with FileLock(f"{client.folder}.lock", timeout=self.timeout):
                if not _is_made(client):
                    shutil.rmtree(client.folder, ignore_errors=True)
                    client.folder.mkdir()
                    INSTALLERS[package.install].install(package, version, client.folder, self.timeout)
                    documents.write(client.folder / _MARK, documents.dump_json(_told(client)))
        except Timeout as error:
            raise ClientError(
                f"somebody else has been installing {client.title} for {self.timeout:g} s.", do="Try again later."
            ) from error
        except (OSError, ContractError) as error:
            raise ClientError(f"nothing can be kept in {self.folder}: {error}", do="Choose another --cache.") from error
        return client


def _told(client: Client) -> dict[str, object]:
    """What the mark says: an environment is what was asked for where its mark says the same."""
    return {"package": client.package.name, "version": client.version, "with": list(client.package.beside)}


def _read(mark: Path) -> dict[str, object]:
    try:
        told = json.loads(mark.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _is_made(client: Client) -> bool:
    """Whether it was installed to the end, and the interpreter that it was made for is still there."""
    program = Path(client.command[0])
    return _read(client.folder / _MARK) == _told(client) and (not program.is_absolute() or program.exists())


def usual_folder() -> Path:
    """Where environments are kept when nothing is said: below `$FLOWCONTRACT_CACHE`, else the user's cache folder."""
    given = os.environ.get(cache.VARIABLE)
    return (Path(given) if given else user_cache_path("flowcontract", appauthor=False)) / "clients"
