"""What changed between two contracts, for which clients, and in which direction.

There are two directions: a client of the old contract with a server of the new one, after the server was upgraded; and
a client of the new contract with a server of the old one, after the client was upgraded. Descriptions and the
structure of the document do not count. The severity of a change depends on how strict the client is with responses
(`flowcontract.compatibility.diff.rules`).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from flowcontract.compatibility.diff.operations import compare
from flowcontract.compatibility.diff.pairs import Difference, Pair
from flowcontract.compatibility.diff.rules import RULES, Consumer, Severity
from flowcontract.compatibility.diff.versions import Step, step, violated_promises
from flowcontract.openapi.contract import Contract
from flowcontract.openapi.model import Location
from flowcontract.openapi.normalization import Problem


class Direction(StrEnum):
    """Which side was upgraded."""

    UPGRADED_SERVER = "old client, new server"
    UPGRADED_CLIENT = "new client, old server"


class Impact(StrEnum):
    """The overall effect of a diff."""

    SILENT = "silent"
    """No request and no response changed."""
    ADDITIVE = "additive"
    BREAKING = "breaking"


@dataclass(frozen=True, slots=True)
class Finding:
    """One change, with its severity for one consumer. A change of a shared part is one, at its first location."""

    rule: str
    severity: Severity
    direction: Direction
    operation: str
    where: str
    at: str
    text: str
    old: Location
    new: Location
    blocks_reading: bool = False
    """Whether the consumer rejects such a response."""
    field: str = ""
    """The part of `at` below the schemas of `old` and `new`."""
    operations: tuple[str, ...] = ()
    """Every operation that it reaches."""

    @property
    def location(self) -> str:
        """Operation, part and field in one text, and how many more operations it reaches."""
        more = len(self.operations) - 1
        others = f"(and {more} more {'operation' if more == 1 else 'operations'})" if more > 0 else ""
        return " ".join(part for part in (self.operation, self.where, self.at, others) if part)


@dataclass(frozen=True, slots=True)
class Diff:
    """Everything that changed between two contracts, for one consumer."""

    old: str
    """The old contract's version."""
    new: str
    step: Step
    consumer: Consumer
    findings: tuple[Finding, ...]
    """The most severe first."""
    not_compared: tuple[tuple[str, Problem], ...] = ()
    """What could not be read, with the name of its contract: it was left out."""

    @property
    def impact(self) -> Impact:
        """Breaking where a finding is, additive where any other request or response changed."""
        worst = max((finding.severity for finding in self.findings), default=Severity.GENERATED)
        if worst is Severity.BREAKING:
            return Impact.BREAKING
        return Impact.SILENT if worst is Severity.GENERATED else Impact.ADDITIVE

    def breaks(self, direction: Direction) -> bool:
        """Whether there is a breaking change in this direction."""
        return any(one.direction is direction and one.severity is Severity.BREAKING for one in self.findings)

    def unreadable(self, direction: Direction) -> tuple[Finding, ...]:
        """The changes because of which the consumer rejects success responses in this direction."""
        return tuple(one for one in self.findings if one.direction is direction and one.blocks_reading)


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed between two contracts, before severities for a consumer."""

    old: Contract
    new: Contract
    found: tuple[tuple[Direction, Difference], ...]

    @classmethod
    def between(cls, old: Contract, new: Contract, operations: Iterable[str] = ()) -> "Changes":
        """Compare two contracts; `operations`: IDs of the operations to compare, all by default.

        Raises ContractError where one of them cannot be read.
        """
        pairs = (
            (Direction.UPGRADED_SERVER, Pair(old, new, upgraded=True)),
            (Direction.UPGRADED_CLIENT, Pair(new, old, upgraded=False)),
        )
        only = frozenset(operations)
        return cls(old, new, tuple((direction, one) for direction, pair in pairs for one in compare(pair, only)))

    def for_consumer(self, consumer: Consumer) -> Diff:
        """The diff for one consumer."""
        old, new = self.old.version, self.new.version
        raised = step(old, new)
        findings = _grouped([self._finding(*each, consumer, raised) for each in self._distinct()])
        worst = max((_promised(one) for one in findings), default=Severity.GENERATED)
        places = self.old.location("/info/version"), self.new.location("/info/version")
        for rule, text in violated_promises(raised, worst, old, new):
            severity = RULES[rule].otherwise
            findings.append(Finding(rule, severity, Direction.UPGRADED_SERVER, "", "info.version", "", text, *places))
        findings.sort(key=lambda one: (-one.severity, one.direction != Direction.UPGRADED_SERVER))
        return Diff(old, new, raised, consumer, tuple(findings), self._not_compared())

    def _distinct(self) -> Iterator[tuple[Direction, Difference, tuple[str, ...]]]:
        """Each change of a shared part once, with the operations that it reaches."""
        groups: dict[tuple[object, ...], tuple[Direction, Difference, dict[str, None]]] = {}
        for way, one in self.found:
            key = way, one.rule, one.text, one.client, one.server, one.field, one.is_error, one.loses_list
            groups.setdefault(key, (way, one, {}))[2][one.operation] = None
        for way, one, operations in groups.values():
            yield way, one, tuple(filter(None, operations))

    def _not_compared(self) -> tuple[tuple[str, Problem], ...]:
        """A problem of both contracts is one."""
        problems = {problem: side.name for side in (self.new, self.old) for problem in side.problems}
        return tuple((name, problem) for problem, name in problems.items())

    def _finding(
        self, direction: Direction, found: Difference, operations: tuple[str, ...], consumer: Consumer, raised: Step
    ) -> Finding:
        rule = RULES[found.rule]
        traits = {rule.trait, "reads-lists" if found.loses_list else ""} - {""}
        hurt = bool(traits & consumer.traits)
        severity = Severity.BREAKING if hurt else rule.otherwise
        if found.is_error and found.rule.startswith("response-"):
            severity = min(severity, Severity.WARNING)  # Clients report an error whatever its body is.
        if raised is Step.PATCH and found.rule == "response-field-unknown" and found.text.endswith("always sent"):
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
            text=found.text,
            old=self.old.location(pointers[0]),
            new=self.new.location(pointers[1]),
            blocks_reading=hurt and not found.is_error,
            field=found.field,
            operations=operations,
        )


def diff(old: Contract, new: Contract, consumer: Consumer, *, operations: Iterable[str] = ()) -> Diff:
    """Compare two contracts for one consumer; `operations`: IDs of the operations to compare, all by default."""
    return Changes.between(old, new, operations).for_consumer(consumer)


def _promised(one: Finding) -> Severity:
    """The severity as a version counts it: versions promise nothing about new clients on old servers."""
    is_upgrade = one.direction is Direction.UPGRADED_SERVER
    return one.severity if is_upgrade else min(one.severity, Severity.ADDITIVE)


def _shared(old: str, new: str) -> tuple[str, ...]:
    """Where a change is: in the component alone, where only one side is a component."""
    components = tuple(each for each in (old, new) if each.startswith("/components/"))
    return components if len(components) == 1 else (old, new)


def _grouped(findings: list[Finding]) -> list[Finding]:
    """One finding for each change: at its first location of the greatest severity, with all operations it reaches."""
    groups: dict[tuple[str, ...], Finding] = {}
    missing = {
        (one.direction, one.location)
        for one in findings
        if one.rule in ("response-field-missing", "response-nullable-field-missing")
        and one.severity is Severity.BREAKING
    }
    for one in findings:
        if one.rule == "response-field-removed" and (one.direction, one.location) in missing:
            continue  # A missing field is also removed.
        key = (one.direction, one.rule, one.text, *_shared(one.old.pointer, one.new.pointer), one.field)
        first = groups.get(key)
        if first is None:
            groups[key] = one
            continue
        operations = tuple(dict.fromkeys((*first.operations, *one.operations)))
        shown = one if one.severity > first.severity else first
        blocks = first.blocks_reading or one.blocks_reading
        groups[key] = replace(shown, operations=operations, blocks_reading=blocks)
    seen = {(one.direction, one.rule, one.text, one.operation, one.where, one.at): one for one in groups.values()}
    return _of_resources(seen.values())


def _of_resources(findings: Iterable[Finding]) -> list[Finding]:
    """The same change of a member in several operations of one resource once: POST and PATCH may have own schemas."""
    groups: dict[tuple[object, ...], Finding] = {}
    for one in findings:
        resource = re.sub(r"/\{[^/{}]*\}/?$", "", one.operation.partition(" ")[2]).rstrip("/")
        key = (
            one.direction,
            one.rule,
            one.severity,
            one.text,
            one.where,
            one.at,
            resource if one.at else one.operation,
        )
        first = groups.setdefault(key, one)
        if first is not one:
            operations = tuple(dict.fromkeys((*first.operations, *one.operations)))
            groups[key] = replace(
                first, operations=operations, blocks_reading=first.blocks_reading or one.blocks_reading
            )
    return list(groups.values())
