"""Workflow commands for GitHub Actions: one annotation per finding, at its file and line in the contract.

Escaping follows the runner: `%`, CR and LF in a message, also `:` and `,` in a property. No other text starts a line,
so text of a server is never executed as a command.
"""

from collections.abc import Iterator, Mapping

from flowcontract.checks.findings import Finding, FindingStatus, RunResult
from flowcontract.reporting import view
from flowcontract.reporting.cases import needs_case_of_its_own
from flowcontract.reporting.side_by_side import where
from flowcontract.text import one_line

_ELSEWHERE = "The curl command is in report.html."
_SCRIPT = "A script that sends these requests is in summary.md and report.html."


def render(run_result: RunResult) -> str:
    """The run result as workflow commands, one per line; print them in a job."""
    return "".join(f"{line}\n" for line in _commands(run_result))


def _commands(run_result: RunResult) -> Iterator[str]:
    for finding in view.ordered(run_result.findings):
        yield _annotation(finding)
    if needs_case_of_its_own(run_result):
        yield command("error", one_line(run_result.headline), {"title": run_result.result.name.lower()})
    for note in run_result.notes:
        yield command("notice", one_line(note), {"title": "flowcontract"})


def _annotation(finding: Finding) -> str:
    failure = finding.failure
    is_open = finding.status in (FindingStatus.OPEN, FindingStatus.FLAKY)
    file = view.workspace_file(failure)
    location = {"file": file, "line": str(failure.location.line)} if file else {}
    command_line = (_SCRIPT if finding.script else "") if failure.steps else view.command(finding) or _ELSEWHERE
    texts = [where(failure), view.with_steps(failure), view.also(finding), finding.note, finding.advice, command_line]
    message = "\n".join(one_line(text) for text in texts if text)
    return command(
        "error" if is_open else "notice",
        message,
        {**location, "title": f"{view.label(finding)}: {finding.title} [{finding.rule}]"},
    )


def command(name: str, message: str, properties: Mapping[str, str]) -> str:
    """One workflow command, its message and properties escaped."""
    attributes = ",".join(f"{key}={_property(one_line(value))}" for key, value in properties.items() if value)
    return f"::{name} {attributes}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
