"""The clients that there are: which packages, how they are installed and called, how strict they are. All is data."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowcontract.compatibility.diff.rules import Consumer, consumer
from flowcontract.compatibility.versions import numbers
from flowcontract.errors import ContractError, UsageError
from flowcontract.openapi import documents, releases
from flowcontract.openapi.contract import Contract, carried

_PACKAGE = re.compile(r"(@[a-z0-9][\w.-]*/)?[A-Za-z0-9][\w.-]*")
_VERSION = re.compile(r"\d[0-9A-Za-z.+-]{0,63}")
_KEYS = {"install", "package", "with", "module", "driver", "consumers", "releases"}
INSTALLERS = ("pip", "npm")


@dataclass(frozen=True, slots=True)
class Package:
    """A generated client in one language, in all its versions."""

    language: str
    install: str
    """`pip` or `npm`."""
    name: str
    beside: tuple[str, ...]
    """Further packages that its driver needs, with their versions."""
    module: str
    driver: Path
    consumers: tuple[tuple[str, Consumer], ...]
    """How strict it is, by the first release from which that holds, oldest first."""
    releases: tuple[str, ...]
    """Those that are tried where none are named."""

    def consumer(self, release: str) -> Consumer | None:
        """How strict the client of a release is; None for one older than any that is known."""
        held = [each for first, each in self.consumers if numbers(first) <= numbers(release)]
        return held[-1] if held else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A client as a person names it: `python:2024.8`."""

    package: Package
    version: str
    """A version, or the beginning of one."""

    def __str__(self) -> str:
        return f"{self.package.language}:{self.version}"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the clients of one API."""

    packages: Mapping[str, Package]
    servers: tuple[str, ...]
    """The releases of the server that are tried where none are named."""
    contracts: str = ""
    """Where the contract of a release is: `releases` for the project's own, else a path with `{release}`; empty where
    there is none."""

    def contract(self, release: str, *, published_only: bool = False) -> Contract:
        """The contract of a release; with `published_only`, without what was observed beyond it.

        Raises UsageError for a release that is not known, ContractError for a file that is none.
        """
        if self.contracts == "releases":
            return releases.load(release, published_only=published_only)
        path = Path(self.contracts.replace("{release}", release))
        if not self.contracts or not path.is_file():
            raise UsageError(
                f"a release with a contract was expected, not {release!r:.80}.",
                do="Say under `contracts` in the file of clients where it is, or name a file.",
            )
        return Contract.load(path)

    def wanted(self, text: str) -> list[Wanted]:
        """The client that is named, `LANGUAGE:VERSION`; all that are tried of a language where it is named alone.

        Raises UsageError for a language or a version that cannot be.
        """
        language, colon, version = text.partition(":")
        if language not in self.packages:
            near = difflib.get_close_matches(language, self.packages, n=1)
            raise UsageError(
                f"a client was expected, LANGUAGE:VERSION, not {text[:80]!r}.",
                do=f"Did you mean {near[0]}?" if near else f"Languages: {', '.join(self.packages)}.",
            )
        package = self.packages[language]
        if not colon:
            return [Wanted(package, release) for release in package.releases]
        if not _VERSION.fullmatch(version):
            raise UsageError(
                f"a version or the beginning of one was expected after {language}:, not {version[:80]!r}.",
                do=f"Write, for instance, {language}:{next(iter(package.releases), '1.0')}.",
            )
        return [Wanted(package, version)]

    def all(self) -> list[Wanted]:
        """Every client that is tried where none are named."""
        return [wanted for language in self.packages for wanted in self.wanted(language)]


def load(path: Path | None = None) -> Known:
    """Read a file of clients, or the one the project carries. Raises ContractError where it is none."""
    path = path or carried("clients.yaml")
    raw = documents.read(path)
    if not isinstance(raw, Mapping) or not isinstance(raw.get("clients"), Mapping) or not raw["clients"]:
        raise ContractError(f"{path} lists no clients.", do="Give it `clients`, as spec/clients.yaml has them.")
    packages = {language: _package(path, str(language), item) for language, item in raw["clients"].items()}
    contracts = str(raw.get("contracts") or "")
    if contracts not in ("", "releases"):
        contracts = str(path.resolve().parent / contracts)
    return Known(packages, _texts(path, "servers", raw.get("servers") or []), contracts)


def _package(path: Path, language: str, raw: Any) -> Package:
    def wrong(what: str) -> ContractError:
        return ContractError(f"{path}: clients/{language}: {what}.", do="Mend the file.")

    if not isinstance(raw, Mapping) or not {"install", "package", "module", "driver"} <= raw.keys() <= _KEYS:
        raise wrong(f"`install`, `package`, `module`, `driver` were expected, of {', '.join(sorted(_KEYS))}")
    if raw["install"] not in INSTALLERS:
        raise wrong(f"`install` is one of {', '.join(INSTALLERS)}, not {raw['install']!r:.80}")
    beside = _texts(path, f"clients/{language}/with", raw.get("with") or [])
    for name in (raw["package"], *(re.sub(r"(?<=.)(@|==).*", "", each) for each in beside)):
        if not isinstance(name, str) or not _PACKAGE.fullmatch(name):
            raise wrong(f"the name of a package was expected, not {name!r:.80}")
    driver = Path(__file__).parent / "drivers" / str(raw["driver"])
    if not driver.is_file():
        driver = path.resolve().parent / str(raw["driver"])
    if not driver.is_file():
        raise wrong(f"there is no driver {raw['driver']!r:.80}")
    consumers = raw.get("consumers") or {}
    if not isinstance(consumers, Mapping) or not all(map(numbers, consumers)):
        raise wrong("`consumers` maps releases to how strict a client of them is")
    return Package(
        language=language,
        install=raw["install"],
        name=raw["package"],
        beside=beside,
        module=str(raw["module"]),
        driver=driver,
        consumers=tuple((first, consumer(str(consumers[first]))) for first in sorted(consumers, key=numbers)),
        releases=_texts(path, f"clients/{language}/releases", raw.get("releases") or []),
    )


def _texts(path: Path, at: str, raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, list) or not all(isinstance(each, str) for each in raw):
        raise ContractError(f"{path}: {at}: a list of texts was expected.", do="Put quotes around numbers.")
    return tuple(raw)
