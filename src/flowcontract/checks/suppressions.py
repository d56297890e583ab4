"""Known findings: waivers with an owner, a reason and an expiry date, and a baseline of what was there before."""

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from flowcontract.checks.findings import OF_INPUT, Example, Finding, FindingStatus, Place
from flowcontract.checks.registry import RULES
from flowcontract.errors import UsageError
from flowcontract.openapi import documents
from flowcontract.text import nearest, plural, unknown_key

_NEEDED = ("rule", "operation", "reason", "owner", "expires")
_OPTIONAL = ("fingerprint",)
_BASELINE_VERSION = 2
_SHOWN = 3
"""Operations of a baseline that a note names."""
_FULL = ("probes", "examples", "coverage", "stateful", "fuzzing")
"""The phases of a run that changes no data, for a baseline that names none."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """One entry of `waivers.yaml`: a rule that an operation may violate until a date."""

    rule: str
    operation: str
    """ID of an operation, or `*` for all."""
    reason: str
    owner: str
    expires: date
    """The last day on which it is in force."""
    fingerprint: str = ""
    """Of the one finding it covers; empty for all findings of the rule."""

    def concerns(self, finding: Finding) -> bool:
        """Whether it is about this finding, for one of its operations at least."""
        return (
            finding.rule == self.rule
            and (self.operation == "*" or self.operation in _operations(finding))
            and self.fingerprint in ("", finding.fingerprint)
        )

    def covered(self, finding: Finding) -> frozenset[str]:
        """The operations of a finding that it concerns: with a fingerprint, all of them."""
        return _operations(finding) if self.operation == "*" or self.fingerprint else frozenset((self.operation,))

    def __str__(self) -> str:
        """For people: rule, operation, owner."""
        return f"{self.rule} for {self.operation} ({self.owner}, until {self.expires.isoformat()})"


def load_waivers(path: Path) -> tuple[Waiver, ...]:
    """Read a file of waivers: a list, or a mapping with the list under `waivers`. Raises UsageError."""
    document = documents.read(path)
    if isinstance(document, Mapping):
        if wrong := unknown_key(document, ("waivers",)):
            raise UsageError(f"{path}: {wrong}", do="Fix the file.")
        document = document.get("waivers")
    if not isinstance(document, list):
        raise UsageError(f"{path}: expected a list of waivers.", do=f"Each has {', '.join(_NEEDED)}.")
    return tuple(_waiver(item, f"{path}: waiver {number}") for number, item in enumerate(document, 1))


def _waiver(item: Any, where: str) -> Waiver:
    if not isinstance(item, Mapping):
        raise UsageError(f"{where}: expected a mapping, got {type(item).__name__}.", do=f"It has {', '.join(_NEEDED)}.")
    if wrong := unknown_key(item, (*_NEEDED, *_OPTIONAL)):
        raise UsageError(f"{where}: {wrong}", do="Fix the file.")
    missing = [name for name in _NEEDED if not str(item.get(name) or "").strip()]
    if missing:
        raise UsageError(f"{where}: missing {', '.join(missing)}.", do=f"Each waiver has {', '.join(_NEEDED)}.")
    if item["rule"] not in RULES:
        hint = nearest(str(item["rule"]), RULES)
        raise UsageError(f"{where}: unknown rule {item['rule']!r}.{hint}", do="`flowcontract explain` lists all rules.")
    try:
        expires = date.fromisoformat(str(item["expires"]))
    except ValueError as error:
        raise UsageError(
            f"{where}: expected a date in expires, got {item['expires']!r}.", do="Write it as 2027-01-31."
        ) from error
    texts = {name: str(item[name]) for name in ("rule", "operation", "reason", "owner")}
    return Waiver(**texts, expires=expires, fingerprint=str(item.get("fingerprint") or ""))


def apply_waivers(
    waivers: Sequence[Waiver],
    findings: Sequence[Finding],
    today: date,
    *,
    is_complete: bool = True,
    operations: Collection[str] = (),
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Mark the findings of which waivers in force cover every operation.

    `is_complete`: everything was tested, so that what is unused can be removed. `operations`: those of the contract,
    if they are known.
    Returns the findings, and notes about waivers that concern nothing.
    """
    used: set[int] = set()
    marked = []
    for finding in findings:
        concerning = [(index, waiver) for index, waiver in enumerate(waivers) if waiver.concerns(finding)]
        used |= {index for index, _ in concerning}
        in_force = [waiver for _, waiver in concerning if waiver.expires >= today]
        covered = frozenset().union(*(waiver.covered(finding) for waiver in in_force))
        if in_force and covered >= _operations(finding):
            first = in_force[0]
            note = f"{first.reason} ({first.owner}, until {first.expires.isoformat()})"
            finding = replace(finding, status=FindingStatus.WAIVED, note=note)
        elif in_force:
            finding = replace(finding, note=_partly_waived(finding, covered))
        elif concerning:
            ended = concerning[0][1].expires.isoformat()
            finding = replace(finding, note=f"its waiver expired on {ended} ({concerning[0][1].owner})")
        marked.append(finding)
    advice = "Remove it." if is_complete else "This run did not test everything."
    notes = [
        f"Unused waiver: {waiver}. {_unknown(waiver, operations) or advice}"
        for index, waiver in enumerate(waivers)
        if index not in used
    ]
    return tuple(marked), tuple(notes)


def _unknown(waiver: Waiver, operations: Collection[str]) -> str:
    """What is wrong with a waiver for an operation that the contract does not have; empty for others."""
    if not operations or waiver.operation == "*" or waiver.operation in operations:
        return ""
    return f"The contract has no operation {waiver.operation!r}.{nearest(waiver.operation, operations)}"


def _operations(finding: Finding) -> frozenset[str]:
    """The operations in which a finding occurs."""
    return frozenset(finding.operations or (finding.failure.operation,))


def _partly_waived(finding: Finding, covered: frozenset[str]) -> str:
    """Why a finding is open although a waiver names one of its operations, and how to waive all of it."""
    others = ", ".join(sorted(_operations(finding) - covered))
    return (
        f"waived for {', '.join(sorted(covered))}, but not for {others}; "
        f"`fingerprint: {finding.fingerprint}` in the waiver accepts the finding for all of them"
    )


@dataclass(frozen=True, slots=True)
class KnownFinding:
    """One finding of a baseline."""

    title: str
    rule: str
    operation: str
    phases: frozenset[str] = frozenset()
    """Names of the phases of the run that found it."""
    parts: frozenset[str] = frozenset()
    """Fingerprints that parts of it have in a run that sees less."""
    places: frozenset[Place] | None = None
    """Where it was found; None for everywhere, in a baseline that does not say so."""
    unasked: frozenset[str] = frozenset()
    """Operations that may have had it as well, because only others were asked."""

    def is_still_seen(self, findings: Sequence[Finding]) -> bool:
        """Whether the operation still violates the rule, in whatever way."""
        return any(each.rule == self.rule and self.operation in each.operations for each in findings)

    def covered(self, places: Collection[Place]) -> frozenset[Place]:
        """Those of some places where it is known."""
        return frozenset(
            place for place in places if self.places is None or place in self.places or place[0] in self.unasked
        )


def load_baseline(path: Path) -> dict[str, KnownFinding]:
    """Read a baseline: each known finding by fingerprint. Raises UsageError."""
    document = documents.read(path)
    try:
        if document["version"] != _BASELINE_VERSION:
            raise ValueError(document["version"])
        phases = frozenset(map(str, document.get("phases", _FULL)))
        return {
            str(item["fingerprint"]): KnownFinding(
                str(item["title"]),
                str(item["rule"]),
                str(item["operation"]),
                phases,
                frozenset(map(str, item.get("parts", ()))),
                _places(item["operations"]) if "operations" in item else None,
                frozenset(map(str, item.get("unasked", ()))),
            )
            for item in document["findings"]
        }
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{path} is not a baseline of version {_BASELINE_VERSION}.", do="Write one with --write-baseline."
        ) from error


def _places(operations: Mapping[str, Sequence[str]]) -> frozenset[Place]:
    """The places of a finding, from its operations with the parts of their requests."""
    return frozenset(
        (str(operation), str(part)) for operation, parts in operations.items() for part in (parts or ("",))
    )


def write_baseline(path: Path, findings: Sequence[Finding], phases: Sequence[str] = _FULL) -> None:
    """Write the findings that are open, flaky or known as the new baseline. `phases`: those that looked for them."""
    known = [finding for finding in findings if finding.status not in (FindingStatus.WAIVED, FindingStatus.WARNING)]
    entries: list[dict[str, Any]] = [
        {
            "fingerprint": finding.fingerprint,
            "rule": finding.rule,
            "operation": finding.failure.operation,
            "operations": {
                operation: sorted(part for name, part in finding.places if name == operation and part)
                for operation in sorted({name for name, _ in finding.places})
            },
            "title": finding.title,
            "message": finding.failure.message,
            **({"parts": list(finding.parts)} if finding.parts else {}),
            **({"unasked": list(finding.unasked)} if finding.unasked else {}),
        }
        for finding in sorted(known, key=lambda finding: finding.fingerprint)
    ]
    documents.write(
        path, documents.dump_json({"version": _BASELINE_VERSION, "phases": list(phases), "findings": entries})
    )


def apply_baseline(
    known: Mapping[str, KnownFinding],
    findings: Sequence[Finding],
    was_tested: Callable[[KnownFinding], bool] = lambda _: True,
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Mark the findings that the baseline contains. `was_tested`: whether the run could have seen a finding.

    A finding that the baseline has for some of its operations, or parts of their requests, is open for the others.
    Returns the findings, and notes about known findings that did not occur. Where the operation still violates the
    rule, it is not known to be fixed: it may be part of another finding now.
    """
    marked = tuple(
        _known(finding, known) if finding.status in (FindingStatus.OPEN, FindingStatus.FLAKY) else finding
        for finding in findings
    )
    seen = {finding.fingerprint for finding in findings}
    gone = {name: each for name, each in known.items() if name not in seen and not each.is_still_seen(findings)}
    notes = [
        f"In the baseline, but not found: {each.title}, {each.operation} ({name})."
        for name, each in sorted(gone.items())
        if was_tested(each)
    ]
    if unseen := len(gone) - len(notes):
        found = plural(unseen, "finding")
        notes.append(f"Not found by this run, which did not test everything: {found} of the baseline.")
    return marked, tuple(notes)


def _known(finding: Finding, known: Mapping[str, KnownFinding]) -> Finding:
    """A finding as a baseline leaves it: known, or open where it is new."""
    own, parts = {finding.fingerprint}, frozenset(finding.parts)
    same = [each for name, each in known.items() if name in own | parts or each.parts & (own | parts)]
    names = known.keys() | frozenset().union(*(each.parts for each in same))
    is_whole = finding.fingerprint in names or (bool(parts) and parts <= names)
    new = finding.places.difference(*(each.covered(finding.places) for each in same))
    if new and same:
        return _as_new(finding, new, frozenset[Place]().union(*(each.places or () for each in same)))
    return replace(finding, status=FindingStatus.KNOWN, note="in the baseline") if is_whole else finding


def _as_new(finding: Finding, new: Collection[Place], known: Collection[Place]) -> Finding:
    """A finding that is new in some places: for their operations alone, shown by the plainest request there."""
    shown = [Example(finding.failure, finding.curl, finding.script), *finding.examples]
    is_of_input = finding.rule in OF_INPUT
    first = next(
        (each for each in shown if (each.failure.operation, each.failure.part if is_of_input else "") in new), shown[0]
    )
    operations = {operation for operation, _ in new}
    return replace(
        finding,
        failure=first.failure,
        curl=first.curl,
        script=first.script,
        examples=tuple(each for each in shown if each is not first),
        operations=tuple(each for each in finding.operations if each in operations),
        note=f"new for {_named(new)}; the baseline has it for {_named(known, _SHOWN)} only",
    )


def _named(places: Collection[Place], most: int = sys.maxsize) -> str:
    """Places for people: `listBooks (query parameter limit)`. `most`: operations that are named."""
    parts: dict[str, list[str]] = {}
    for operation, part in sorted(places):
        parts.setdefault(operation, []).extend([part] if part else [])
    named = [f"{name} ({', '.join(each)})" if each else name for name, each in parts.items()]
    more = [f"{len(named) - most} more"] if len(named) > most else []
    return ", ".join([*named[:most], *more])
