"""Workflow commands for GitHub Actions: one annotation per cause, at its file and line in the contract.

Escapes are those of the runner: `%`, CR and LF in a message, `:` and `,` too in a property. Nothing else can
begin a line, so nothing a server says is taken as a command.
"""

from collections.abc import Iterator, Mapping

from flowcontract.checks.findings import Finding, FindingStatus, Result, RunResult
from flowcontract.reporting.view import RESULTS, STATUSES, ordered
from flowcontract.text import one_line


def render(run_result: RunResult) -> str:
    """The judgement as workflow commands, one per line; print them where the runner reads."""
    return "".join(f"{line}\n" for line in _commands(run_result))


def _commands(run_result: RunResult) -> Iterator[str]:
    for finding in ordered(run_result.findings):
        yield _of_cause(finding)
    if run_result.result is Result.INCONCLUSIVE:
        yield command("error", one_line(run_result.headline), {"title": RESULTS[run_result.result]})
    for note in run_result.notes:
        yield command("notice", one_line(note), {"title": "flowcontract"})


def _of_cause(finding: Finding) -> str:
    failure = finding.failure
    is_open = finding.status in (FindingStatus.OPEN, FindingStatus.FLAKY)
    location = {"file": failure.location.file, "line": str(failure.location.line)} if failure.location.file else {}
    told = [failure.message, finding.note, finding.advice, finding.curl]
    message = "\n".join(one_line(text) for text in told if text)
    return command(
        "error" if is_open else "notice",
        message,
        {**location, "title": f"{STATUSES[finding.status]}: {finding.title} [{finding.rule}]"},
    )


def command(name: str, message: str, properties: Mapping[str, str]) -> str:
    """One workflow command, its message and properties escaped."""
    told = ",".join(f"{key}={_property(one_line(value))}" for key, value in properties.items() if value)
    return f"::{name} {told}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
