"""The known clients, as data: which packages, how they are installed and called, how strict they are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowcontract.compatibility.clients.layouts import recognized
from flowcontract.compatibility.diff.rules import Consumer, consumer
from flowcontract.compatibility.versions import numbers
from flowcontract.errors import ContractError, UsageError
from flowcontract.openapi import documents, releases
from flowcontract.openapi.contract import Contract, carried
from flowcontract.text import nearest, unknown_key

_PACKAGE = re.compile(r"(@[a-z0-9][\w.-]*/)?[A-Za-z0-9][\w.-]*")
_VERSION = re.compile(r"\d[0-9A-Za-z.+-]{0,63}")
_KEYS = ("install", "package", "with", "module", "driver", "consumers", "releases")
INSTALLERS = ("pip", "npm")


@dataclass(frozen=True, slots=True)
class Package:
    """A generated client in one language, in all its versions."""

    language: str
    install: str
    """`pip` or `npm`."""
    name: str
    """Its name in the registry; the path of a local client."""
    dependencies: tuple[str, ...]
    """Further packages that its driver needs, with versions."""
    module: str
    driver: Path
    consumers: tuple[tuple[str, Consumer], ...]
    """How strict it is, by the first release for which that is true, oldest first."""
    releases: tuple[str, ...]
    """Releases to test by default."""

    @property
    def is_local(self) -> bool:
        """Whether it is a folder or a wheel of this machine."""
        return Path(self.name).is_absolute()

    def consumer(self, release: str) -> Consumer | None:
        """How strict the client of a release is; None for an older release than any known."""
        known = [each for first, each in self.consumers if numbers(first) <= numbers(release)]
        return known[-1] if known else None


@dataclass(frozen=True, slots=True)
class ClientVersion:
    """A client as given on the command line: `python:2024.8`."""

    package: Package
    version: str
    """A version, or its first numbers."""

    def __str__(self) -> str:
        return f"{self.package.language}:{self.version}"


@dataclass(frozen=True, slots=True)
class ClientCatalog:
    """The known clients of one API."""

    packages: Mapping[str, Package]
    servers: tuple[str, ...]
    """Releases of the server to test by default."""
    contracts: str = ""
    """The contracts of the releases: `releases` for the project's own, or a path with `{release}`; empty for none."""

    def contract(self, release: str, *, published_only: bool = False) -> Contract:
        """The contract of a release; with `published_only`, without observed behavior.

        Raises UsageError for an unknown release, ContractError for an invalid file.
        """
        if self.contracts == "releases":
            return releases.load(release, published_only=published_only)
        path = Path(self.contracts.replace("{release}", release))
        if not self.contracts or not path.is_file():
            raise UsageError(
                f"expected a release with a contract, got {release!r:.80}.",
                do="Add its path under `contracts` in the file of clients, or name a file.",
            )
        return Contract.load(path)

    def select(self, text: str) -> list[ClientVersion]:
        """The client `LANGUAGE:VERSION`, or the default versions of a `LANGUAGE`.

        Raises UsageError for an unknown language or an invalid version.
        """
        language, colon, version = text.partition(":")
        if language not in self.packages:
            raise UsageError(
                f"expected a client as LANGUAGE:VERSION, got {text[:80]!r}.",
                do=nearest(language, self.packages).strip() or f"Languages: {', '.join(self.packages)}.",
            )
        package = self.packages[language]
        if not colon:
            return [ClientVersion(package, release) for release in package.releases]
        if not _VERSION.fullmatch(version):
            raise UsageError(
                f"expected a version after {language}:, got {version[:80]!r}.",
                do=f"Write, for instance, {language}:{next(iter(package.releases), '1.0')}.",
            )
        return [ClientVersion(package, version)]

    def all(self) -> list[ClientVersion]:
        """Every client to test by default."""
        return [version for language in self.packages for version in self.select(language)]


def load(path: Path | None = None) -> ClientCatalog:
    """Read a file of clients, or the project's. Raises ContractError for an invalid file."""
    path = path or carried("clients.yaml")
    raw = documents.read(path)
    if not isinstance(raw, Mapping) or not isinstance(raw.get("clients"), Mapping) or not raw["clients"]:
        raise ContractError(f"expected `clients` in {path}, got none.", do="Write it like spec/clients.yaml.")
    if wrong := unknown_key(raw, ("clients", "servers", "contracts")):
        raise ContractError(f"{path}: {wrong}", do="Fix the file.")
    packages = {language: _package(path, str(language), item) for language, item in raw["clients"].items()}
    contracts = str(raw.get("contracts") or "")
    if contracts not in ("", "releases"):
        contracts = str(path.resolve().parent / contracts)
    return ClientCatalog(packages, _strings(path, "servers", raw.get("servers") or []), contracts)


def _package(path: Path, language: str, raw: Any) -> Package:
    def wrong(what: str) -> ContractError:
        return ContractError(f"{path}: clients/{language}: {what}.", do="Fix the file.")

    raw = raw if isinstance(raw, Mapping) else {}
    if unknown := unknown_key(raw, _KEYS):
        raise wrong(unknown.removesuffix("."))
    if not {"install", "package"} <= raw.keys():
        raise wrong("expected `install` and `package`")
    if raw["install"] not in INSTALLERS:
        raise wrong(f"expected {' or '.join(INSTALLERS)} for `install`, got {raw['install']!r:.80}")
    dependencies = _strings(path, f"clients/{language}/with", raw.get("with") or [])
    local = _local(path, str(raw["package"]))
    if local and not local.exists():
        raise wrong(f"the package {raw['package']!r:.80} not found")
    raw = {**_by_layout(local), **raw}
    if not {"module", "driver"} <= raw.keys():
        raise wrong("expected `module` and `driver`: no client of a known generator is in the package")
    names = [re.sub(r"(?<=.)(@|==).*", "", each) for each in dependencies]
    for name in names if local else [raw["package"], *names]:
        if not isinstance(name, str) or not _PACKAGE.fullmatch(name):
            raise wrong(f"expected the name of a package, got {name!r:.80}")
    driver = Path(__file__).parent / "drivers" / str(raw["driver"])
    if not driver.is_file():
        driver = path.resolve().parent / str(raw["driver"])
    if not driver.is_file():
        raise wrong(f"driver {raw['driver']!r:.80} not found")
    consumers = raw.get("consumers") or {}
    if not isinstance(consumers, Mapping) or not all(map(numbers, consumers)):
        raise wrong("expected a mapping of releases to consumers for `consumers`")
    return Package(
        language=language,
        install=raw["install"],
        name=str(local or raw["package"]),
        dependencies=dependencies,
        module=str(raw["module"]),
        driver=driver,
        consumers=tuple((first, consumer(str(consumers[first]))) for first in sorted(consumers, key=numbers)),
        releases=_strings(path, f"clients/{language}/releases", raw.get("releases") or []),
    )


def _by_layout(local: Path | None) -> dict[str, Any]:
    """What the files of a local client say of it."""
    found = recognized(local) if local else None
    if found is None:
        return {}
    module, layout = found
    return {"module": module, "driver": layout.driver, "consumers": {"0": layout.consumer}}


def _local(path: Path, package: str) -> Path | None:
    """The path of a local client, which begins with `.` or `/` or ends with `.whl`; None for a name."""
    is_path = package.startswith((".", "/")) or package.endswith(".whl")
    return path.resolve().parent / package if is_path else None


def _strings(path: Path, at: str, raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, list) or not all(isinstance(each, str) for each in raw):
        raise ContractError(f"{path}: {at}: expected a list of strings.", do="Put quotes around numbers.")
    return tuple(raw)
