"""The releases that a mock serves its first contract in: one in the place of that contract, several under prefixes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowcontract.errors import UsageError
from flowcontract.openapi import releases
from flowcontract.openapi.contract import Contract


@dataclass(frozen=True, slots=True)
class ServedRelease:
    """A contract as it is served, and the release that it is of."""

    contract: Contract
    release: str


def of(contract: Contract, names: Sequence[str]) -> tuple[ServedRelease, ...]:
    """A contract in these releases, itself where none is named. Raises UsageError for a release that is not known."""
    if not names:
        return (ServedRelease(contract, contract.version),)
    distinct = dict.fromkeys(names)
    prefixes = {name: f"/{name}" if len(distinct) > 1 else "" for name in distinct}
    return tuple(ServedRelease(releases.load(name, contract, prefix=prefix), name) for name, prefix in prefixes.items())


def shown(contract: Contract, served: Sequence[ServedRelease]) -> dict[str, Any]:
    """The releases of a contract and those that are served, for the mock's own interface.

    `like` names the release that changed the contract whose contract is served; None for one whose version names no
    release. Empty lists where it has none.
    """
    folder = releases.beside(contract)
    if folder is None:
        return {"releases": [], "served": []}
    return {
        "releases": [{"release": each.name, "change": each.change} for each in releases.listed(folder)],
        "served": [
            {
                "release": each.release,
                "like": _like(each.release, folder),
                "base_path": each.contract.base_path,
            }
            for each in served
        ],
    }


def _like(release: str, folder: Path) -> str | None:
    try:
        return releases.like(release, folder)
    except UsageError:
        return None
