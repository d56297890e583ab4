"""A diff for people, machines, pull requests and code scanning."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from importlib.metadata import version
from typing import Any

from flowcontract.compatibility.diff import Changes, Diff, Direction, Finding, Impact
from flowcontract.compatibility.diff.rules import CONSUMERS, RULES, Severity
from flowcontract.openapi.model import Location
from flowcontract.reporting import json_report
from flowcontract.reporting.github import command
from flowcontract.reporting.markdown import span
from flowcontract.reporting.sarif import message, uri
from flowcontract.text import one_line, without_ci_commands

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
SHOWN = 20
"""Findings of one rule that the text shows; the other formats show all."""

_LEVELS = {
    Severity.BREAKING: ("error", "error"),
    Severity.WARNING: ("warning", "warning"),
    Severity.ADDITIVE: ("notice", "note"),
    Severity.GENERATED: ("notice", "note"),
}
"""What a severity is called by GitHub and by SARIF."""
_CLIENTS = {
    Direction.UPGRADED_SERVER: "old clients {} with the new server",
    Direction.UPGRADED_CLIENT: "new clients {} with the old server",
}
"""What a breaking change in a direction means, or that there is none."""


def text(diff: Diff, changes: Changes, counted: Collection[Direction] = tuple(Direction)) -> str:
    """For people: the summary, the findings by direction, and the result for every known consumer.

    `counted`: the directions that decide the exit code.
    """
    lines = [_headline(diff, counted)]
    for direction in Direction:
        found = [one for one in diff.findings if one.direction is direction]
        lines += ["", f"{direction}:"] if found else []
        shown: dict[str, int] = {}
        for one in found:
            shown[one.rule] = shown.get(one.rule, 0) + 1
            if shown[one.rule] <= SHOWN:
                lines.append(f"  {one.severity!s:<9}  {one_line(one.location)}: {one_line(one.text)}  [{one.rule}]")
        more = {rule: count - SHOWN for rule, count in shown.items() if count > SHOWN}
        lines += [f"  … and {count} more of {rule}" for rule, count in more.items()]
    if diff.not_compared:
        lines += ["", "not compared:"]
        lines += [f"  {one_line(name)} {one_line(str(problem))}" for name, problem in diff.not_compared[:SHOWN]]
        more_problems = len(diff.not_compared) - SHOWN
        lines += [f"  … and {more_problems} more"] if more_problems > 0 else []
    width = max(map(len, CONSUMERS))
    lines += ["", f"{'by consumer':<{width}}  {Direction.UPGRADED_SERVER:<22}  {Direction.UPGRADED_CLIENT}"]
    for name, server, client in by_consumer(changes):
        lines.append(f"{name:<{width}}  {server:<22}  {client}")
    return without_ci_commands("\n".join(lines)) + "\n"


def by_consumer(changes: Changes) -> Iterator[tuple[str, str, str]]:
    """Whether each known consumer breaks, in both directions."""
    for name, consumer in CONSUMERS.items():
        diff = changes.for_consumer(consumer)
        server, client = ("breaks" if diff.breaks(direction) else "works" for direction in Direction)
        yield name, server, client


def _headline(diff: Diff, counted: Collection[Direction], shown: Callable[[str], str] = one_line) -> str:
    """The impact on one line, beginning with the directions that count; `shown` escapes a version for the format."""
    failing = [text.format("fail") for direction, text in _CLIENTS.items() if diff.breaks(direction)]
    impact = diff.impact
    if failing and not any(map(diff.breaks, counted)):
        impact = Impact.ADDITIVE
        failing = [text.format("work") for direction, text in _CLIENTS.items() if direction in counted] + failing
    client = f"a {diff.consumer.name!r} client" + (f", {diff.consumer.about}" if diff.consumer.about else "")
    what = "; ".join(failing) or "no client fails"
    return f"{impact}: {what}. {shown(diff.old)} → {shown(diff.new)}, for {client}."


def as_json(diff: Diff, changes: Changes, _counted: Collection[Direction] = tuple(Direction)) -> str:
    """For programs."""
    document = {
        "schema_version": json_report.SCHEMA_VERSION,
        "old": diff.old,
        "new": diff.new,
        "step": diff.step,
        "consumer": {"name": diff.consumer.name, "traits": sorted(diff.consumer.traits)},
        "impact": diff.impact,
        "breaks": {direction.value: diff.breaks(direction) for direction in Direction},
        "findings": [_as_mapping(one) for one in diff.findings],
        "not_compared": [
            {
                "contract": name,
                "operation": problem.operation,
                "pointer": problem.pointer,
                "message": problem.message,
            }
            for name, problem in diff.not_compared
        ],
        "consumers": {
            name: {Direction.UPGRADED_SERVER.value: server, Direction.UPGRADED_CLIENT.value: client}
            for name, server, client in by_consumer(changes)
        },
    }
    return json.dumps(json_report.encodable(document), indent=2).replace("##", "#\\u0023") + "\n"


def _as_mapping(one: Finding) -> Mapping[str, Any]:
    return {
        "rule": one.rule,
        "about": RULES[one.rule].about,
        "severity": str(one.severity),
        "direction": one.direction,
        "operation": one.operation,
        "where": one.where,
        "at": one.at,
        "operations": list(one.operations),
        "text": one.text,
        "old": _location(one.old),
        "new": _location(one.new),
    }


def _location(location: Location) -> Mapping[str, Any]:
    return {"pointer": location.pointer, "file": location.file, "line": location.line}


def markdown(diff: Diff, changes: Changes, counted: Collection[Direction] = tuple(Direction)) -> str:
    """For a pull request. `counted`: the directions that decide the exit code."""
    parts = [f"## {_headline(diff, counted, span)}"]
    if diff.findings:
        rows = [
            f"| {one.severity} | {one.direction} | {span(one.location, in_table=True)}"
            f" | {span(one.text, in_table=True)} | `{one.rule}` |"
            for one in diff.findings
        ]
        parts.append("\n".join(["| | who | where | what | rule |", "|---|---|---|---|---|", *rows]))
    if diff.not_compared:
        items = [f"- {span(name)} {span(str(problem))}" for name, problem in diff.not_compared]
        parts.append("\n".join(["Not compared:", "", *items]))
    head = [f"| consumer | {' | '.join(direction.value for direction in Direction)} |", "|---|---|---|"]
    parts.append("\n".join(head + [f"| {' | '.join(row)} |" for row in by_consumer(changes)]))
    return "\n\n".join(parts) + "\n"


def _level(one: Finding, counted: Collection[Direction]) -> tuple[str, str]:
    """What a finding is called by GitHub and by SARIF: of a direction that does not count, a notice."""
    return _LEVELS[one.severity if one.direction in counted else Severity.ADDITIVE]


def github(diff: Diff, _changes: Changes, counted: Collection[Direction] = tuple(Direction)) -> str:
    """Workflow commands: an annotation per finding at its line of the new contract.

    `counted`: the directions that decide the exit code.
    """
    lines = []
    for one in diff.findings:
        location = {"file": one.new.file, "line": str(one.new.line)} if one.new.file else {}
        annotation = one_line(f"{one.direction}: {one.location}: {one.text}")
        lines.append(command(_level(one, counted)[0], annotation, {**location, "title": f"{one.severity}: {one.rule}"}))
    return "".join(f"{line}\n" for line in lines)


def sarif(diff: Diff, _changes: Changes, counted: Collection[Direction] = tuple(Direction)) -> str:
    """A SARIF 2.1.0 log with a result per finding. `counted`: the directions that decide the exit code."""
    names = list(dict.fromkeys(one.rule for one in diff.findings))
    rules = [{"id": name, "shortDescription": {"text": RULES[name].about}} for name in names]
    run = {
        "tool": {"driver": {"name": "flowcontract", "version": version("flowcontract"), "rules": rules}},
        "automationDetails": {"id": f"flowcontract/diff/{diff.consumer.name}/"},
        "results": [_result(one, names.index(one.rule), _level(one, counted)[1]) for one in diff.findings],
        "properties": {"old": diff.old, "new": diff.new, "impact": diff.impact},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _result(one: Finding, index: int, level: str) -> Mapping[str, Any]:
    named = {"fullyQualifiedName": one_line(one.new.pointer), "name": one_line(one.operation)}
    location: dict[str, Any] = {"logicalLocations": [named]}
    if one.new.file:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": uri(one.new.file)},
            "region": {"startLine": max(1, one.new.line)},
        }
    return {
        "ruleId": one.rule,
        "ruleIndex": index,
        "level": level,
        "message": {"text": message(one_line(f"{one.direction}: {one.location}: {one.text}"))},
        "locations": [location],
    }


FORMATS = {"text": text, "json": as_json, "markdown": markdown, "github": github, "sarif": sarif}
