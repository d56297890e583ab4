"""The judgement on a terminal: the verdict first, then each cause in a few lines.

Nothing that a server said is taken as markup, moves the cursor, or stands where a CI runner looks for
commands (`::` at the beginning of a line, `##` anywhere). Lines are never wrapped or cut here, so that a
curl line can be copied whole. Colours are rich's to decide: none where the output is no terminal, none
under NO_COLOR.
"""

import json

from rich.console import Console
from rich.text import Text

from flowcontract.checks.findings import Finding, FindingStatus, Result, RunResult
from flowcontract.reporting import json_report
from flowcontract.reporting.view import RESULTS, STATUSES, difference, facts, ordered, outcome, tally
from flowcontract.text import one_line, plural, visible

DIFF_LINES = 12
"""Lines of a difference that a terminal shows; the other reports show more."""

_COLOURS = {Result.PASSED: "green", Result.FAILED: "red", Result.INCONCLUSIVE: "yellow"}
_SIGNS = {Result.PASSED: ("✓", "OK"), Result.FAILED: ("✗", "X"), Result.INCONCLUSIVE: ("?", "?")}
_STANDING_COLOURS = {
    FindingStatus.OPEN: "red",
    FindingStatus.FLAKY: "magenta",
    FindingStatus.WARNING: "blue",
    FindingStatus.WAIVED: "yellow",
    FindingStatus.KNOWN: "yellow",
}
_LINES = {"expected": "red", "actual": "green", "skip": "dim"}


def print(run_result: RunResult, console: Console, *, quiet: bool = False) -> None:  # noqa: A001  reads as terminal.print
    """Print a judgement; `quiet` prints the verdict line alone."""
    _verdict(run_result, console)
    if quiet:
        return
    for finding in ordered(run_result.findings):
        _finding(finding, console)
    if run_result.notes:
        _line(console, "")
        for note in run_result.notes:
            _line(console, ("note  ", "yellow"), one_line(note))
    _line(console, "")
    for label, text in facts(run_result):
        _line(console, (f"{label.lower():<10}  ", "dim"), text)
    seen = ", ".join(f"{status} ({count}x)" for status, count in run_result.statuses)
    _line(console, ("statuses    ", "dim"), seen or "none")


def print_json(run_result: RunResult, console: Console) -> None:
    """Print a judgement as one JSON document, for programs."""
    text = json.dumps(json_report.run_result(run_result), indent=2).replace("##", "#\\u0023")
    console.print(Text(text), soft_wrap=True, highlight=False)


def _verdict(run_result: RunResult, console: Console) -> None:
    colour = f"bold {_COLOURS[run_result.result]}"
    sign = _SIGNS[run_result.result][0 if _is_unicode(console) else 1]
    _line(console, (f"{sign} {RESULTS[run_result.result]}: ", colour), one_line(run_result.headline))
    _line(console, (f"  {tally(run_result)}", "dim"))


def _finding(finding: Finding, console: Console) -> None:
    failure = finding.failure
    colour = _STANDING_COLOURS[finding.status]
    _line(console, "")
    _line(
        console,
        (f"{STATUSES[finding.status]:<6}  ", f"bold {colour}"),
        (one_line(finding.rule), "bold"),
        f"  {one_line(finding.title)}",
    )
    _field(console, "place", one_line(str(failure.location)))
    if finding.status in (FindingStatus.WAIVED, FindingStatus.KNOWN):
        _field(console, "note", one_line(finding.note or failure.message))
        return
    _field(console, "came", one_line(failure.message))
    _field(console, "answer", f"{one_line(failure.operation)}: {outcome(failure.exchange)}")
    _field(console, "probe", f"{one_line(failure.probe)}: {one_line(failure.reason)}")
    if finding.count > 1:
        _field(console, "seen", f"{finding.count}x, by {plural(len(finding.probes), 'probe')}")
    if finding.note:
        _field(console, "note", one_line(finding.note))
    _difference(finding, console)
    _field(console, "do", one_line(finding.advice))
    # Alone on its line and flush left: one triple click copies it.
    _put(console, Text(visible(finding.curl).replace("\n", "\\n"), "cyan"))


def _difference(finding: Finding, console: Console) -> None:
    lines = difference(finding.failure)
    for line in lines[:DIFF_LINES]:
        _field(console, "", f"{line.sign} {line.text}", _LINES.get(line.kind, ""))
    if len(lines) > DIFF_LINES:
        _field(console, "", f"… {plural(len(lines) - DIFF_LINES, 'more line')}", "dim")


def _field(console: Console, label: str, text: str, style: str = "") -> None:
    _line(console, (f"{label:>6} | ", "dim"), (text, style))


def _line(console: Console, *parts: str | tuple[str, str]) -> None:
    """Print one line of texts, some with a style; `##` is drawn apart."""
    pairs = [(part, "") if isinstance(part, str) else part for part in parts]
    _put(console, Text.assemble(*((text.replace("##", "# #"), style) for text, style in pairs)))


def _put(console: Console, text: Text) -> None:
    """Print one line as it is, in what the console's encoding can hold."""
    held = text.plain.encode(console.encoding, "backslashreplace").decode(console.encoding)
    console.print(text if held == text.plain else Text(held), soft_wrap=True, highlight=False)


def _is_unicode(console: Console) -> bool:
    return console.encoding.lower().startswith("utf")
