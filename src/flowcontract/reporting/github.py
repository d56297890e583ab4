"""Workflow commands for GitHub Actions: one annotation per cause, at its file and line in the contract.

Escapes are those of the runner: `%`, CR and LF in a message, `:` and `,` too in a property. Nothing else can
begin a line, so nothing a server says is taken as a command.
"""

from collections.abc import Iterator, Mapping

from flowcontract.checks.results import Cause, Judgement, Standing, Verdict
from flowcontract.reporting.view import STANDINGS, VERDICTS, ordered
from flowcontract.text import one_line


def render(judgement: Judgement) -> str:
    """The judgement as workflow commands, one per line; print them where the runner reads."""
    return "".join(f"{line}\n" for line in _commands(judgement))


def _commands(judgement: Judgement) -> Iterator[str]:
    for cause in ordered(judgement.causes):
        yield _of_cause(cause)
    if judgement.verdict is Verdict.UNJUDGED:
        yield command("error", one_line(judgement.headline), {"title": VERDICTS[judgement.verdict]})
    for note in judgement.notes:
        yield command("notice", one_line(note), {"title": "flowcontract"})


def _of_cause(cause: Cause) -> str:
    failure = cause.failure
    is_open = cause.standing in (Standing.OPEN, Standing.FLAKY)
    place = {"file": failure.place.file, "line": str(failure.place.line)} if failure.place.file else {}
    told = [failure.message, cause.note, cause.advice, cause.curl]
    message = "\n".join(one_line(text) for text in told if text)
    return command(
        "error" if is_open else "notice",
        message,
        {**place, "title": f"{STANDINGS[cause.standing]}: {cause.title} [{cause.rule}]"},
    )


def command(name: str, message: str, properties: Mapping[str, str]) -> str:
    """One workflow command, its message and properties escaped."""
    told = ",".join(f"{key}={_property(one_line(value))}" for key, value in properties.items() if value)
    return f"::{name} {told}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
