"""What changed between two contracts, for whom, and in which direction.

Between two contracts there are two questions: what meets a client of the old one on a server of the new, after
the server was upgraded; and what meets a client of the new one on a server of the old, when the client was
first. Text and the way a document is divided up are no part of either. How much a change matters depends on how
strict the client is with what it reads (`flowcontract.diff.rules`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from flowcontract.compatibility.diff.operations import Found, Pair, compare
from flowcontract.compatibility.diff.rules import RULES, Consumer, Severity
from flowcontract.compatibility.diff.versions import Step, judge, step
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Location
from flowcontract.openapi.validation import reading


class Direction(StrEnum):
    """Who is ahead of whom."""

    UPGRADED_SERVER = "old client, new server"
    UPGRADED_CLIENT = "new client, old server"


class Verdict(StrEnum):
    """What a diff comes to."""

    SILENT = "silent"
    """Nothing changed on the wire."""
    ADDITIVE = "additive"
    BREAKING = "breaking"


@dataclass(frozen=True, slots=True)
class Finding:
    """One change, judged for one consumer."""

    rule: str
    severity: Severity
    direction: Direction
    operation: str
    where: str
    at: str
    said: str
    old: Location
    new: Location
    hurts_reading: bool = False
    """Whether the consumer refuses to read such an answer at all."""

    @property
    def place(self) -> str:
        """Operation, part of it and field, for people to read."""
        return " ".join(part for part in (self.operation, self.where, self.at) if part)


@dataclass(frozen=True, slots=True)
class Diff:
    """Everything that changed between two contracts, for one consumer."""

    old: str
    """The old contract's version."""
    new: str
    step: Step
    consumer: Consumer
    findings: tuple[Finding, ...]
    """The worst first."""

    @property
    def verdict(self) -> Verdict:
        """Breaking where anything is, additive where anything else changed on the wire."""
        worst = max((finding.severity for finding in self.findings), default=Severity.GENERATED)
        if worst is Severity.BREAKING:
            return Verdict.BREAKING
        return Verdict.SILENT if worst is Severity.GENERATED else Verdict.ADDITIVE

    def breaks(self, direction: Direction) -> bool:
        """Whether it breaks in this direction."""
        return any(one.direction is direction and one.severity is Severity.BREAKING for one in self.findings)

    def unreadable(self, direction: Direction) -> tuple[Finding, ...]:
        """The changes because of which the consumer refuses to read a success answer in this direction."""
        return tuple(one for one in self.findings if one.direction is direction and one.hurts_reading)


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed between two contracts, not yet judged for anybody."""

    old: Contract
    new: Contract
    found: tuple[tuple[Direction, Found], ...]

    @classmethod
    def between(cls, old: Contract, new: Contract, operations: Iterable[str] = ()) -> "Changes":
        """Compare two contracts; `operations` are the ids to look at, default all.

        Raises ContractError where one of them cannot be read.
        """
        pairs = (
            (Direction.UPGRADED_SERVER, Pair(old, new, upgraded=True)),
            (Direction.UPGRADED_CLIENT, Pair(new, old, upgraded=False)),
        )
        only = frozenset(operations)
        with reading((old.name, old.document), (new.name, new.document)):
            return cls(old, new, tuple((direction, one) for direction, pair in pairs for one in compare(pair, only)))

    def judged(self, consumer: Consumer) -> Diff:
        """What they come to for one consumer."""
        old, new = self.old.version, self.new.version
        raised = step(old, new)
        findings = _distinct([self._finding(direction, found, consumer, raised) for direction, found in self.found])
        worst = max((one.severity for one in findings), default=Severity.GENERATED)
        places = self.old.location("/info/version"), self.new.location("/info/version")
        for rule, said in judge(raised, worst, old, new):
            severity = RULES[rule].otherwise
            findings.append(Finding(rule, severity, Direction.UPGRADED_SERVER, "", "info.version", "", said, *places))
        findings.sort(key=lambda one: (-one.severity, one.direction != Direction.UPGRADED_SERVER))
        return Diff(old, new, raised, consumer, tuple(findings))

    def _finding(self, direction: Direction, found: Found, consumer: Consumer, raised: Step) -> Finding:
        rule = RULES[found.rule]
        hurt = bool(rule.trait) and rule.trait in consumer.traits
        severity = Severity.BREAKING if hurt else rule.otherwise
        is_error = found.where.startswith(("answer 4", "answer 5", "answer default"))
        if is_error and found.rule.startswith("response-"):
            severity = min(severity, Severity.WARNING)  # An error is an error, whatever its body says.
        if raised is Step.PATCH and found.rule == "response-field-unknown" and found.said.endswith("always sent"):
            rule = RULES["version-requires-in-patch"]
            severity = max(severity, rule.otherwise)
        is_upgrade = direction is Direction.UPGRADED_SERVER
        pointers = (found.client, found.server) if is_upgrade else (found.server, found.client)
        return Finding(
            rule=rule.name,
            severity=severity,
            direction=direction,
            operation=found.operation,
            where=found.where,
            at=found.at,
            said=found.said,
            old=self.old.location(pointers[0]),
            new=self.new.location(pointers[1]),
            hurts_reading=hurt and not is_error,
        )


def diff(old: Contract, new: Contract, consumer: Consumer, *, operations: Iterable[str] = ()) -> Diff:
    """Compare two contracts for one consumer; `operations` are the ids to look at, default all."""
    return Changes.between(old, new, operations).judged(consumer)


def _distinct(findings: list[Finding]) -> list[Finding]:
    """Without what is said twice: a field that is missing is gone, too; a component is renamed once."""
    kept: list[Finding] = []
    missing = {
        (one.direction, one.place)
        for one in findings
        if one.rule in ("response-field-missing", "response-nullable-field-missing")
        and one.severity is Severity.BREAKING
    }
    renamed: set[str] = set()
    for one in findings:
        if one.rule == "response-field-removed" and (one.direction, one.place) in missing:
            continue
        if one.rule == "component-renamed":
            if one.said in renamed or one.direction is Direction.UPGRADED_CLIENT:
                continue
            renamed.add(one.said)
        kept.append(one)
    return list(dict.fromkeys(kept))
