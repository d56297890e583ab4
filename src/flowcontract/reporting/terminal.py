"""A run result on a terminal: the result first, then each finding in a few lines.

Text of a server is never interpreted as markup, never moves the cursor, and never looks like a command of a CI runner
(`::` at the start of a line, `##` anywhere). Lines are never wrapped or truncated, so that a curl command can be
copied. rich decides about colors: none if the output is not a terminal, none with NO_COLOR.
"""

import json
import re
from dataclasses import replace

from rich.console import Console
from rich.text import Text

from flowcontract.checks.findings import CampaignSummary, Finding, FindingStatus, Result, RunResult
from flowcontract.http.redaction import Redactor
from flowcontract.reporting import json_report, view
from flowcontract.reporting.side_by_side import sent_value, sides, where
from flowcontract.reporting.view import facts, ordered, outcome, summary
from flowcontract.text import one_line, plural, visible

MANY_SCRIPTS = 4
"""Findings with a script from which on the scripts are left to the other reports."""
MARKED_LINES = 6
"""Maximum number of lines of expected and of actual; the other reports show more."""
_ALONE = re.compile(r":$|^HTTP |^ *['\"]?(?:\d{3}|\dXX|default)['\"]?: (?:\{\}|…)$|^ *- [^:]+: \[.*\]$")
"""A keyword such as `enum:`, a status, or a security requirement: it says nothing that the message does not."""

_COLORS = {Result.PASSED: "green", Result.FAILED: "red", Result.INCONCLUSIVE: "yellow"}
_SIGNS = {Result.PASSED: ("✓", "OK"), Result.FAILED: ("✗", "X"), Result.INCONCLUSIVE: ("?", "?")}
_ACCEPTED = (FindingStatus.WAIVED, FindingStatus.KNOWN)
"""Findings that are named only."""
_STATUS_COLORS = {
    FindingStatus.OPEN: "red",
    FindingStatus.FLAKY: "magenta",
    FindingStatus.WARNING: "blue",
    FindingStatus.WAIVED: "yellow",
    FindingStatus.KNOWN: "yellow",
}


def print(  # noqa: A001  reads as terminal.print
    run_result: RunResult,
    console: Console,
    *,
    quiet: bool = False,
    verbose: bool = False,
    show_secrets: bool = False,
) -> None:
    """Print a run result without secrets of the server.

    `quiet` prints the result and the summary only, of a campaign also the ID of each open finding; `verbose` the
    scripts of all sequences, however many there are.
    """
    run_result = _redacted(run_result, show_secrets=show_secrets)
    _result(run_result, console)
    if quiet:
        for finding in ordered(run_result.open_findings) if run_result.campaign else ():
            _line(console, f"  {finding.fingerprint}  {one_line(finding.title)}")
        return
    scripts = [finding for finding in run_result.findings if finding.script and finding.status not in _ACCEPTED]
    has_scripts = verbose or len(scripts) < MANY_SCRIPTS
    for finding in ordered(run_result.findings):
        _finding(finding, run_result, console, has_scripts=has_scripts)
    if run_result.notes:
        _line(console, "")
        for note in run_result.notes:
            _line(console, ("note  ", "yellow"), one_line(note))
    _line(console, "")
    if run_result.findings:  # The first line has scrolled away.
        _line(console, ("result      ", "dim"), f"{run_result.result.name.lower()}: {one_line(run_result.headline)}")
    for label, text in facts(run_result):
        _line(console, (f"{label.lower():<10}  ", "dim"), text)
    seen = ", ".join(f"{status} ({count}x)" for status, count in run_result.statuses)
    _line(console, ("statuses    ", "dim"), seen or "none")


def print_json(run_result: RunResult, console: Console, *, show_secrets: bool = False) -> None:
    """Print a run result without secrets of the server, as one JSON document."""
    run_result = _redacted(run_result, show_secrets=show_secrets)
    text = json.dumps(json_report.run_result(run_result), indent=2).replace("##", "#\\u0023")
    console.print(Text(text), soft_wrap=True, highlight=False)


def _redacted(run_result: RunResult, *, show_secrets: bool) -> RunResult:
    """A run result without secrets of the server, and without the exchanges, which are not printed."""
    return Redactor(show_secrets=show_secrets).value(replace(run_result, exchanges=()))


def _result(run_result: RunResult, console: Console) -> None:
    color = f"bold {_COLORS[run_result.result]}"
    sign = _SIGNS[run_result.result][0 if _is_unicode(console) else 1]
    _line(console, (f"{sign} {run_result.result.name.lower()}: ", color), one_line(run_result.headline))
    _line(console, (f"  {summary(run_result)}", "dim"))


def _finding(finding: Finding, run_result: RunResult, console: Console, *, has_scripts: bool) -> None:
    failure = finding.failure
    color = _STATUS_COLORS[finding.status]
    _line(console, "")
    _line(
        console,
        (f"{view.label(finding):<7}  ", f"bold {color}"),
        (one_line(finding.title), "bold"),
        f"  [{one_line(finding.rule)}]",
    )
    _field(console, "where", where(failure))
    _field(console, "problem", one_line(failure.message))
    if finding.status in _ACCEPTED:
        if finding.note:
            _field(console, "note", one_line(finding.note))
        _identity(finding, run_result, console)
        return
    if others := view.others(finding):
        _field(console, "also", others)
    _sides(finding, console)
    _field(console, "fix", one_line(finding.advice))
    _field(console, "contract", one_line(str(failure.location)))
    seen = f" ({plural(finding.count, 'occurrence')})" if finding.count > 1 else ""
    for label, text in (
        ("sent", sent_value(failure)),
        # The steps of a sequence say more.
        ("test", "" if failure.steps else one_line(failure.reason)),
        ("got", f"{outcome(failure.exchange)}{seen}"),
        ("response", view.reason(failure)),
        ("note", one_line(finding.note)),
    ):
        if text:
            _field(console, label, text)
    _identity(finding, run_result, console)
    for number, line in enumerate(view.numbered_steps(failure)):
        _field(console, "" if number else "steps", line)
    if finding.script and not has_scripts:
        _field(console, "script", "--verbose prints it; report.html of --report DIR has it")
        return
    for line in finding.script.splitlines():
        # No line is a workflow command of GitHub.
        _put(console, Text(re.sub(r"^(\s*)::", r"\1: :", visible(line)), "cyan"))
    if finding.script:
        return
    if command := view.command(finding):
        # On a line of its own, not indented: a triple click selects it.
        _put(console, Text(command, "cyan"))
    else:
        _field(console, "curl", f"{len(finding.curl):,} characters: report.html of --report DIR has the command")


def _identity(finding: Finding, run_result: RunResult, console: Console) -> None:
    """What names a finding in a waiver or a command."""
    if run_result.campaign:
        _first_seen(finding, run_result.campaign, console)
    else:
        _field(console, "id", view.identity(finding))


def _first_seen(finding: Finding, campaign: CampaignSummary, console: Console) -> None:
    """The ID with which a finding of a campaign is looked up, and where it comes from."""
    for fingerprint, seconds, shard, new in campaign.first_seen:
        if fingerprint == finding.fingerprint:
            age = "new" if new else "seen in an earlier campaign"
            source, _, number = shard.rpartition(" ")
            seen = f"first seen after {seconds:.1f} s by {source or 'the campaign'} (shard {number})"
            _field(console, "id", f"{fingerprint}, {age}, {seen}")


def _sides(finding: Finding, console: Console) -> None:
    """The marked lines of both sides, one below the other."""
    found = sides(finding.failure)
    for label, side, style in zip(("expected", "actual"), found or (), ("green", "red"), strict=False):
        marked = [line.text.strip() for line in side.lines if line.is_marked and not _ALONE.search(line.text)]
        for number, text in enumerate(marked[:MARKED_LINES]):
            _field(console, "" if number else label, text, style)
        if len(marked) > MARKED_LINES:
            _field(console, "", f"… {plural(len(marked) - MARKED_LINES, 'more line')}", "dim")


def _field(console: Console, label: str, text: str, style: str = "") -> None:
    _line(console, (f"{label:>8} | ", "dim"), (text, style))


def _line(console: Console, *parts: str | tuple[str, str]) -> None:
    """Print one line of texts, some with a style; `##` becomes `# #`."""
    pairs = [(part, "") if isinstance(part, str) else part for part in parts]
    _put(console, Text.assemble(*((text.replace("##", "# #"), style) for text, style in pairs)))


def _put(console: Console, text: Text) -> None:
    """Print one line; characters that the console cannot encode become escapes."""
    plain = text.plain if _is_unicode(console) else text.plain.replace(" → ", " -> ")
    encodable = plain.encode(console.encoding, "backslashreplace").decode(console.encoding)
    console.print(text if encodable == text.plain else Text(encodable), soft_wrap=True, highlight=False)


def _is_unicode(console: Console) -> bool:
    return console.encoding.lower().startswith("utf")
