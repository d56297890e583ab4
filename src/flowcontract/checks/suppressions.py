"""Known findings: waivers with an owner, a reason and an expiry date, and a baseline of what was there before."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from flowcontract.checks.findings import Finding, FindingStatus
from flowcontract.checks.registry import RULES
from flowcontract.errors import UsageError
from flowcontract.openapi import documents

_NEEDED = ("rule", "operation", "reason", "owner", "expires")
_OPTIONAL = ("fingerprint",)
_BASELINE_VERSION = 2


@dataclass(frozen=True, slots=True)
class Waiver:
    """One line of `waivers.yaml`: a rule that an operation may break until a day."""

    rule: str
    operation: str
    """Id of an operation, or `*` for any."""
    reason: str
    owner: str
    expires: date
    """The last day on which it holds."""
    fingerprint: str = ""
    """Of the one cause it covers; empty for every cause of the rule."""

    def covers(self, finding: Finding) -> bool:
        """Whether it is about this cause."""
        return (
            finding.rule == self.rule
            and self.operation in ("*", finding.failure.operation)
            and self.fingerprint in ("", finding.fingerprint)
        )

    def __str__(self) -> str:
        """For people: rule, operation, owner."""
        return f"{self.rule} for {self.operation} ({self.owner}, until {self.expires.isoformat()})"


def load_waivers(path: Path) -> tuple[Waiver, ...]:
    """Read a file of waivers: a list, or a mapping with the list under `waivers`. Raises UsageError."""
    document = documents.read(path)
    if isinstance(document, Mapping):
        document = document.get("waivers")
    if not isinstance(document, list):
        raise UsageError(f"{path} was expected to hold a list of waivers.", do=f"Each has {', '.join(_NEEDED)}.")
    return tuple(_waiver(item, f"{path}: waiver {number}") for number, item in enumerate(document, 1))


def _waiver(item: Any, where: str) -> Waiver:
    if not isinstance(item, Mapping):
        raise UsageError(f"{where} was expected to be a mapping.", do=f"It has {', '.join(_NEEDED)}.")
    missing = [name for name in _NEEDED if not str(item.get(name) or "").strip()]
    if missing:
        raise UsageError(f"{where} lacks {', '.join(missing)}.", do="A waiver without them is never reviewed.")
    unknown = sorted(set(item) - {*_NEEDED, *_OPTIONAL})
    if unknown:
        raise UsageError(f"{where} has {', '.join(unknown)}, which is no part of a waiver.", do="Check the spelling.")
    if item["rule"] not in RULES:
        near = difflib.get_close_matches(str(item["rule"]), RULES, n=1) or list(RULES)[:1]
        raise UsageError(
            f"{where} names the rule {item['rule']!r}, which does not exist.", do=f"Did you mean {near[0]!r}?"
        )
    try:
        expires = date.fromisoformat(str(item["expires"]))
    except ValueError as error:
        raise UsageError(
            f"{where} expires {item['expires']!r}, which is no date.", do="Write it as 2027-01-31."
        ) from error
    texts = {name: str(item[name]) for name in ("rule", "operation", "reason", "owner")}
    return Waiver(**texts, expires=expires, fingerprint=str(item.get("fingerprint") or ""))


def apply_waivers(
    waivers: Sequence[Waiver], findings: Sequence[Finding], today: date
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Mark the causes that a waiver in force covers; and name the waivers that have expired or cover nothing."""
    used: set[int] = set()
    judged = []
    for finding in findings:
        covering = [(index, waiver) for index, waiver in enumerate(waivers) if waiver.covers(finding)]
        used |= {index for index, _ in covering}
        in_force = [waiver for _, waiver in covering if waiver.expires >= today]
        if in_force:
            finding = replace(finding, status=FindingStatus.WAIVED, note=f"{in_force[0].reason} ({in_force[0].owner})")
        elif covering:
            ended = covering[0][1].expires.isoformat()
            finding = replace(finding, note=f"its waiver expired on {ended} ({covering[0][1].owner})")
        judged.append(finding)
    notes = [
        f"The waiver {waiver} covers nothing: take it out." for index, waiver in enumerate(waivers) if index not in used
    ]
    return tuple(judged), tuple(notes)


def load_baseline(path: Path) -> dict[str, str]:
    """Read a baseline: the title of each known cause by its fingerprint. Raises UsageError."""
    document = documents.read(path)
    try:
        if document["version"] != _BASELINE_VERSION:
            raise ValueError(document["version"])
        return {str(finding["fingerprint"]): str(finding["title"]) for finding in document["findings"]}
    except (TypeError, KeyError, ValueError) as error:
        raise UsageError(
            f"{path} is no baseline of version {_BASELINE_VERSION}.", do="Write one with --write-baseline."
        ) from error


def write_baseline(path: Path, findings: Sequence[Finding]) -> None:
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
    documents.write(path, documents.dump_json({"version": _BASELINE_VERSION, "findings": entries}))


def apply_baseline(known: dict[str, str], findings: Sequence[Finding]) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
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
