"""Waivers: what a known server is known to get wrong, with an owner, a reason and an end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from flowcontract.checks.registry import RULES
from flowcontract.checks.results import Finding, FindingStatus
from flowcontract.errors import UsageError
from flowcontract.openapi import documents

_NEEDED = ("rule", "operation", "reason", "owner", "expires")
_OPTIONAL = ("fingerprint",)


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


def load(path: Path) -> tuple[Waiver, ...]:
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
        import difflib

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


def apply(
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
