"""The releases in which a mock serves its first contract: one at its base path, several under prefixes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowcontract.errors import UsageError
from flowcontract.openapi import releases
from flowcontract.openapi.contract import Contract


@dataclass(frozen=True, slots=True)
class ServedRelease:
    """A served contract and its release."""

    contract: Contract
    release: str


def of(contract: Contract, names: Sequence[str]) -> tuple[ServedRelease, ...]:
    """A contract in these releases; without names, itself. Raises UsageError for an unknown release."""
    if not names:
        return (ServedRelease(contract, contract.version),)
    distinct = dict.fromkeys(names)
    prefixes = {name: f"/{name}" if len(distinct) > 1 else "" for name in distinct}
    return tuple(ServedRelease(releases.load(name, contract, prefix=prefix), name) for name, prefix in prefixes.items())


def as_json(contract: Contract, served: Sequence[ServedRelease]) -> dict[str, Any]:
    """The releases of a contract and those that are served, for the admin API; empty lists if it has no releases.

    `like`: the last release that changed the served contract; None if its version is not a release.
    """
    folder = releases.folder_of(contract)
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
