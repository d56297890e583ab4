"""The contract as it was, and as it is, in other releases of the server.

`spec/overlays/releases/` holds one overlay for each release that changed the contract, a delta on its neighbour
in the direction of the release that the contract itself was captured from; `index.yaml` there holds the order.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowcontract import documents
from flowcontract.build import CAPTURED, PROVENANCE, published
from flowcontract.contract import Contract, carried
from flowcontract.errors import ContractError, UsageError
from flowcontract.overlay import Draft, Overlay


@dataclass(frozen=True, slots=True)
class Release:
    """A release that changed the contract."""

    name: str
    change: str
    """What changed against the release before it."""


@dataclass(frozen=True, slots=True)
class _Index:
    folder: Path
    releases: tuple[Release, ...]
    base: int
    first: str
    last: str


def listed(folder: Path | None = None) -> tuple[Release, ...]:
    """Every release that changed the contract, oldest first. Raises ContractError where none are known."""
    return _index(folder).releases


def names(folder: Path | None = None) -> list[str]:
    """The names of these releases, oldest first."""
    return [release.name for release in listed(folder)]


def load(
    name: str, contract: Contract | None = None, *, folder: Path | None = None, published_only: bool = False
) -> Contract:
    """The contract of a release; one that changed nothing has that of the last release that did.

    `contract` is the one the overlays begin from (default: the project's own). With `published_only`, what was
    observed beyond the published contract is left out. Raises UsageError for a release that is not known.
    """
    index = _index(folder)
    position = _position(index, name)
    contract = contract or Contract.load()
    if published_only:
        contract = published(contract)
    document: dict[str, Any] = copy.deepcopy(dict(contract.document))
    draft = Draft(document, dict(document.pop(PROVENANCE, {})))
    step = 1 if position > index.base else -1
    for at in range(index.base + step, position + step, step) if position != index.base else ():
        path = index.folder / f"{index.releases[at].name}.yaml"
        overlay = Overlay.load(path, origin=f"overlays/releases/{path.name}")
        # The published part lacks the examples that an overlay keeps true.
        draft.apply(overlay, strict=not published_only)
    document["info"]["version"] = name
    if position != index.base:
        document.pop(CAPTURED, None)
    if draft.origins:
        document[PROVENANCE] = dict(sorted(draft.origins.items()))
    source = contract.source if position == index.base else None
    return Contract(document, source=source, label=f"the contract of release {name}")


def _index(folder: Path | None) -> _Index:
    folder = folder or carried("overlays/releases")
    raw = documents.read(folder / "index.yaml")
    if not isinstance(raw, Mapping) or not isinstance(raw.get("releases"), Mapping):
        raise ContractError(f"{folder / 'index.yaml'} lists no releases.", do="Mend the file.")
    releases = tuple(Release(name, str(change)) for name, change in raw["releases"].items())
    names = [release.name for release in releases]
    if raw.get("base") not in names or names != sorted(names, key=_number) or not {"first", "last"} <= raw.keys():
        raise ContractError(
            f"{folder / 'index.yaml'}: `base`, one of the releases, `first` and `last` were expected, and the releases"
            " in order.",
            do="Mend the file.",
        )
    return _Index(folder, releases, names.index(raw["base"]), str(raw["first"]), str(raw["last"]))


def _position(index: _Index, name: str) -> int:
    number = _number(name)
    if not number or not _number(index.first) <= number <= _number(index.last):
        raise UsageError(
            f"a release from {index.first} to {index.last} was expected, not {name!r}.",
            do=f"Those that changed the contract: {', '.join(release.name for release in index.releases)}.",
        )
    return max(at for at, release in enumerate(index.releases) if _number(release.name) <= number)


def _number(name: str) -> tuple[int, ...]:
    """A release as numbers to compare; empty for what is no release."""
    parts = name.split(".")
    return (
        tuple(map(int, parts)) if len(parts) > 1 and all(part.isdecimal() and part.isascii() for part in parts) else ()
    )
