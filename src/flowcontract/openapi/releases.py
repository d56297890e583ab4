"""The contract as it was, and as it is, in other releases of the server.

`spec/overlays/releases/` holds one overlay for each release that changed the contract, a delta on its neighbor
in the direction of the release that the contract itself was captured from; `index.yaml` there holds the order. Any
contract with such a folder beside it (`overlays/releases/`) has releases.
"""

import copy
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowcontract.errors import ContractError, UsageError
from flowcontract.openapi import documents
from flowcontract.openapi.assemble import CAPTURED, PROVENANCE, published
from flowcontract.openapi.contract import Contract, carried
from flowcontract.openapi.model import EXTENSION
from flowcontract.openapi.overlay import Draft, Overlay
from flowcontract.openapi.structure import METHODS
from flowcontract.text import nearest

LIST = "list"
"""The name with which `--release` lists the releases."""
UNDESCRIBED = f"{EXTENSION}-undescribed"
"""Names, at the root of a release's contract, the operations of the base that it says nothing about."""


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
    operations: frozenset[str] | None
    """The operations whose history is known; None for all of them."""


def folder_of(contract: Contract) -> Path | None:
    """The folder with the releases of a contract; None where it has none."""
    folder = contract.source.resolve().parent / "overlays" / "releases" if contract.source else None
    return folder if folder and (folder / "index.yaml").is_file() else None


def listed(folder: Path | None = None) -> tuple[Release, ...]:
    """Every release that changed the contract, oldest first. Raises ContractError where none are known."""
    return _index(folder).releases


def names(folder: Path | None = None) -> list[str]:
    """The names of these releases, oldest first."""
    return [release.name for release in listed(folder)]


def text(contract: Contract) -> str:
    """What `--release list` prints: a line for each release, with what it changed. Raises UsageError."""
    index = _index(_folder(contract))
    lines = [f"{release.name:<10} {release.change}" for release in index.releases]
    end = f"Other releases from {index.first} to {index.last} have the contract of the last one before them."
    return "\n".join([*lines, "", end, ""])


def like(name: str, folder: Path | None = None) -> str:
    """The release that changed the contract whose contract a release has. Raises UsageError for an unknown one."""
    index = _index(folder)
    return index.releases[_position(index, name)].name


def load(
    name: str,
    contract: Contract | None = None,
    *,
    folder: Path | None = None,
    published_only: bool = False,
    prefix: str = "",
) -> Contract:
    """The contract of a release; one that changed nothing has that of the last release that did.

    `contract` is the one the overlays begin from (default: the project's own), `folder` holds them (default: the
    one beside the contract). With `published_only`, what was observed beyond the published contract is left out.
    `prefix` (`/2025.12.2`) is put before the base path. Raises UsageError for a release that is not known.
    """
    contract = contract or Contract.load()
    index = _index(folder or _folder(contract))
    position = _position(index, name)
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
        _leave_out_undescribed(document, index.operations)
    if draft.origins:
        document[PROVENANCE] = dict(sorted(draft.origins.items()))
    if prefix:
        document["servers"] = [{"url": prefix + contract.base_path}]
    source = contract.source if position == index.base else None
    return Contract(document, source=source, label=f"the contract of release {name}")


def _leave_out_undescribed(document: dict[str, Any], known: frozenset[str] | None) -> None:
    """Take out the operations whose history is not known, and name them."""
    undescribed = []
    for path, item in list(document["paths"].items()):
        for method in METHODS:
            operation = item.get(method)
            if known is not None and isinstance(operation, Mapping) and operation.get("operationId") not in known:
                undescribed.append(str(operation.get("operationId")))
                del item[method]
        if not any(method in item for method in METHODS):
            del document["paths"][path]
    if undescribed:
        document[UNDESCRIBED] = undescribed


def _folder(contract: Contract) -> Path:
    folder = folder_of(contract)
    if folder is None:
        raise UsageError(
            f"{contract.name} has no releases: overlays/releases/index.yaml not found.",
            do="Remove the release, or add overlays with the changes of the releases.",
        )
    return folder


def _index(folder: Path | None) -> _Index:
    folder = folder or carried("overlays/releases")
    raw = documents.read(folder / "index.yaml")
    if not isinstance(raw, Mapping) or not isinstance(raw.get("releases"), Mapping):
        raise ContractError(f"{folder / 'index.yaml'} lists no releases.", do="Fix the file.")
    releases = tuple(Release(name, str(change)) for name, change in raw["releases"].items())
    names = [release.name for release in releases]
    if raw.get("base") not in names or names != sorted(names, key=_number) or not {"first", "last"} <= raw.keys():
        raise ContractError(
            f"{folder / 'index.yaml'}: expected `base` (a release), `first`, `last` and the releases in order.",
            do="Fix the file.",
        )
    operations = frozenset(map(str, raw["operations"])) if "operations" in raw else None
    return _Index(folder, releases, names.index(raw["base"]), str(raw["first"]), str(raw["last"]), operations)


def _position(index: _Index, name: str) -> int:
    """The index of the release with the contract of `name`; a series (`2024.8`) must have one contract."""
    number, first, last = map(_number, (name, index.first, index.last))
    missing = len(first) - len(number)
    earliest, latest = number + (0,) * missing, number + (sys.maxsize,) * missing
    known = [release.name for release in index.releases]
    if not number or latest < first or last < earliest:
        hint = f" Did you mean {known[0 if latest < first else -1]!r}?" if number else nearest(name, known)
        raise UsageError(
            f"expected a release from {index.first} to {index.last}, got {name!r}.{hint}",
            do=f"Releases that changed the contract: {', '.join(known)}.",
        )
    begin, end = _last(known, max(earliest, first)), _last(known, latest)
    if begin != end:
        raise UsageError(
            f"the releases of {name} have several contracts.",
            do=f"Pass a release: {', '.join(known[begin : end + 1])}.",
        )
    return end


def _last(known: Sequence[str], number: tuple[int, ...]) -> int:
    return max(at for at, name in enumerate(known) if _number(name) <= number)


def _number(name: str) -> tuple[int, ...]:
    """A release as numbers to compare; empty for what is no release."""
    parts = name.split(".")
    return (
        tuple(map(int, parts)) if len(parts) > 1 and all(part.isdecimal() and part.isascii() for part in parts) else ()
    )
