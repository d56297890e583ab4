"""Baseline: the causes that were there when a gate was put in place, so that it fails only on what is new."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from flowcontract.checks.results import Finding, FindingStatus
from flowcontract.errors import UsageError
from flowcontract.openapi import documents

_VERSION = 2


def load(path: Path) -> dict[str, str]:
    """Read a baseline: the title of each known cause by its fingerprint. Raises UsageError."""
    document = documents.read(path)
    try:
        if document["version"] != _VERSION:
            raise ValueError(document["version"])
        return {str(finding["fingerprint"]): str(finding["title"]) for finding in document["findings"]}
    except (TypeError, KeyError, ValueError) as error:
        raise UsageError(
            f"{path} is no baseline of version {_VERSION}.", do="Write one with --write-baseline."
        ) from error


def write(path: Path, findings: Sequence[Finding]) -> None:
    """Write the causes that are open or known now as the new baseline."""
    held = [finding for finding in findings if finding.status not in (FindingStatus.WAIVED, FindingStatus.WARNING)]
    entries: list[dict[str, Any]] = [
        {
            "fingerprint": finding.fingerprint,
            "rule": finding.rule,
            "operation": finding.failure.operation,
            "title": finding.title,
            "message": finding.failure.message,
        }
        for finding in sorted(held, key=lambda finding: finding.fingerprint)
    ]
    documents.write(path, documents.dump_json({"version": _VERSION, "findings": entries}))


def apply(known: dict[str, str], findings: Sequence[Finding]) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Mark the causes that the baseline holds; and name those it holds that are gone."""
    judged = tuple(
        replace(finding, status=FindingStatus.KNOWN, note="in the baseline")
        if finding.fingerprint in known and finding.status in (FindingStatus.OPEN, FindingStatus.FLAKY)
        else finding
        for finding in findings
    )
    gone = set(known) - {finding.fingerprint for finding in findings}
    notes = tuple(f"In the baseline, but gone: {known[fingerprint]} ({fingerprint})." for fingerprint in sorted(gone))
    return judged, notes
