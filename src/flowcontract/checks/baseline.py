"""Baseline: the causes that were there when a gate was put in place, so that it fails only on what is new."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from flowcontract.checks.results import Cause, Standing
from flowcontract.errors import UsageError
from flowcontract.openapi import documents

_VERSION = 1


def load(path: Path) -> dict[str, str]:
    """Read a baseline: the title of each known cause by its fingerprint. Raises UsageError."""
    document = documents.read(path)
    try:
        if document["version"] != _VERSION:
            raise ValueError(document["version"])
        return {str(cause["fingerprint"]): str(cause["title"]) for cause in document["causes"]}
    except (TypeError, KeyError, ValueError) as error:
        raise UsageError(
            f"{path} is no baseline of version {_VERSION}.", do="Write one with --write-baseline."
        ) from error


def write(path: Path, causes: Sequence[Cause]) -> None:
    """Write the causes that are open or known now as the new baseline."""
    held = [cause for cause in causes if cause.standing not in (Standing.WAIVED, Standing.REMARK)]
    entries: list[dict[str, Any]] = [
        {
            "fingerprint": cause.fingerprint,
            "rule": cause.rule,
            "operation": cause.failure.operation,
            "title": cause.title,
            "message": cause.failure.message,
        }
        for cause in sorted(held, key=lambda cause: cause.fingerprint)
    ]
    documents.write(path, documents.dump_json({"version": _VERSION, "causes": entries}))


def apply(known: dict[str, str], causes: Sequence[Cause]) -> tuple[tuple[Cause, ...], tuple[str, ...]]:
    """Mark the causes that the baseline holds; and name those it holds that are gone."""
    judged = tuple(
        replace(cause, standing=Standing.KNOWN, note="in the baseline")
        if cause.fingerprint in known and cause.standing in (Standing.OPEN, Standing.FLAKY)
        else cause
        for cause in causes
    )
    gone = set(known) - {cause.fingerprint for cause in causes}
    notes = tuple(f"In the baseline, but gone: {known[fingerprint]} ({fingerprint})." for fingerprint in sorted(gone))
    return judged, notes
