"""A Markdown summary for `$GITHUB_STEP_SUMMARY`, a merge request or a chat.

Text of a server appears only in code spans and code blocks, each fenced by more backticks than it contains: markup,
mentions and links have no effect there. Other text is escaped.
"""

import re

from flowcontract.checks.findings import Finding, FindingStatus, Result, RunResult
from flowcontract.reporting import view
from flowcontract.reporting.side_by_side import sides, where
from flowcontract.text import one_line, plural, visible

FINDINGS = 30
"""Maximum number of findings; a job summary is limited to 1 MiB."""
BODY = 2_000
"""Maximum number of characters of a body."""
_SCRIPT = 8_000
"""Maximum number of characters of a script."""

_SIGNS = {Result.PASSED: "✅", Result.FAILED: "❌", Result.INCONCLUSIVE: "⚠️"}
_STATUS_SIGNS = {
    FindingStatus.OPEN: "🔴", FindingStatus.FLAKY: "🟣", FindingStatus.WARNING: "🔵",
    FindingStatus.WAIVED: "🟡", FindingStatus.KNOWN: "🟡",
}  # fmt: skip
_MARKUP = re.compile(r"[\\`*_{}\[\]()<>#!|~$:@]|(?<=www)\.", re.IGNORECASE)


def render(run_result: RunResult) -> str:
    """The run result as GitHub-flavored Markdown."""
    findings = view.ordered(run_result.findings)
    parts = [
        f"## {_SIGNS[run_result.result]} {run_result.result.name.capitalize()}",
        span(view.sentence(run_result)),
        prose(view.summary(run_result)) + ".",
        _table(("", ""), [(label, span(text, in_table=True)) for label, text in view.facts(run_result)]),
    ]
    parts += [_finding(finding) for finding in findings[:FINDINGS]]
    if len(findings) > FINDINGS:
        parts.append(f"**{plural(len(findings) - FINDINGS, 'more finding')}** in the HTML report.")
    if run_result.notes:
        parts.append("### Notes\n\n" + "\n".join(f"- {span(note)}" for note in run_result.notes))
    if run_result.statuses:
        seen = [(str(status), f"{count:,}") for status, count in run_result.statuses]
        parts.append(_folded("Statuses seen", _table(("Status", "Responses"), seen)))
    if run_result.rules:
        checked = [(span(rule, in_table=True), f"{count:,}") for rule, count in run_result.rules]
        parts.append(_folded("Rules checked", _table(("Rule", "Times"), checked)))
    return "\n\n".join(parts) + "\n"


def prose(text: str) -> str:
    """Text on one line, with every character that could be markup, a mention or a link escaped."""
    # A word joiner keeps mentions and references (`@name`, `#1`) from being recognized after rendering.
    escaped = _MARKUP.sub(lambda match: "\\" + match[0], one_line(text).replace("&", "&amp;")).replace("\\<", "&lt;")
    return escaped.replace("@", "@\u2060").replace("#", "#\u2060")


def span(text: str, *, in_table: bool = False) -> str:
    """Text on one line as a code span that the text cannot end."""
    line = one_line(text).strip() or " "
    fence = _fence(line, 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    code = f"{fence}{pad}{line}{pad}{fence}"
    return code.replace("|", "\\|") if in_table else code


def _advice(text: str) -> str:
    """Advice, in which `…` is code, as a cell of a table."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return span(text, in_table=True)
    return "".join(span(piece, in_table=True) if index % 2 else prose(piece) for index, piece in enumerate(pieces))


def block(text: str, language: str = "") -> str:
    """Text as a code block that the text cannot end."""
    shown = visible(text)
    fence = _fence(shown, 3)
    return f"{fence}{language}\n{shown}\n{fence}"


def _fence(text: str, least: int) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    return "`" * max(least, longest + 1)


def _finding(finding: Finding) -> str:
    failure = finding.failure
    rows = [
        ("Where", span(where(failure), in_table=True)),
        ("How to fix", _advice(finding.advice)),
        ("Contract", span(str(failure.location), in_table=True)),
        ("Test", span(failure.reason, in_table=True)),
        ("Seen", plural(finding.count, "time")),
        ("ID", span(view.identity(finding), in_table=True)),
    ]
    if others := view.others(finding):
        rows.insert(1, ("Also", span(others, in_table=True)))
    if finding.note:
        rows.append(("Note", span(finding.note, in_table=True)))
    parts = [
        f"### {_STATUS_SIGNS[finding.status]} {view.label(finding)}: {prose(finding.title)}\n",
        f"{span(finding.rule)} {span(failure.message)}\n",
        _table(("", ""), rows) + "\n",
        *([block("\n".join(steps)) + "\n"] if (steps := view.numbered_steps(failure)) else []),
        _reproduction(finding),
    ]
    marked = [
        f"{sign} {line.text}"
        for sign, side in zip("-+", sides(failure) or (), strict=False)
        for line in side.lines
        if line.is_marked
    ]
    if marked:
        parts.append("\n" + block("\n".join(marked[:60]), "diff"))
    parts.append("\n" + _folded("Request and response", _evidence(finding)))
    return "\n".join(parts)


def _reproduction(finding: Finding) -> str:
    """The commands that send the request, or the whole sequence, again."""
    if finding.script:
        if len(finding.script) > _SCRIPT:
            return "The script is in `report.html`."
        return _folded("Script (needs jq)", block(finding.script.rstrip(), "sh"))
    command = view.command(finding)
    return block(command, "sh") if command else "The curl command is in `report.html`."


def _evidence(finding: Finding) -> str:
    shown = view.evidence(finding.failure.exchange, BODY)
    lines = [
        f"> {shown.request_line}",
        *(f"> {name}: {value}" for name, value in shown.request_headers),
        f"< {shown.status_line}",
        *(f"< {name}: {value}" for name, value in shown.response_headers),
        "",
        shown.response_body.text,
        *([f"({shown.response_body.note})"] if shown.response_body.note else []),
    ]
    return block("\n".join(lines))


def _folded(title: str, content: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{content}\n\n</details>"


def _table(head: tuple[str, str], rows: list[tuple[str, str]]) -> str:
    return "\n".join([f"| {head[0]} | {head[1]} |", "|---|---|", *(f"| {left} | {right} |" for left, right in rows)])
