"""Reports: one judgement in the formats that people and tools read. They print what they are given and decide nothing.

A format is a module with `render(judgement) -> str`; what it needs is imported when it is asked for.
"""

from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from flowcontract.checks.findings import RunResult
from flowcontract.errors import UsageError
from flowcontract.openapi import documents

FILES: Mapping[str, str] = MappingProxyType(
    {
        "html": "report.html",
        "junit": "junit.xml",
        "markdown": "summary.md",
        "github": "annotations.txt",
        "sarif": "report.sarif",
        "ctrf": "ctrf.json",
        "har": "exchanges.har",
        "ndjson": "events.ndjson",
    }
)
"""The name of each format, which is also that of its module, and of the file it is written to."""
ALL: tuple[str, ...] = tuple(FILES)


def render(run_result: RunResult, name: str) -> str:
    """A judgement in one format; the same judgement gives the same text. Raises UsageError for no format."""
    if name not in FILES:
        raise UsageError(f"there is no report format {name!r}.", do=f"There are: {', '.join(ALL)}.")
    text: str = import_module(f"{__name__}.{name}").render(run_result)
    return text


def require_writable(directory: Path, formats: Iterable[str] = ALL) -> None:
    """See that the files of these formats can be written into a folder. Raises ContractError where they cannot."""
    for name in formats:
        documents.require_writable(directory / FILES[name])


def write(run_result: RunResult, directory: Path, formats: Iterable[str] = ALL) -> dict[str, Path]:
    """Write a judgement into a folder, made where it is missing; give the file of each format.

    Everything is rendered before the first file is written. Raises UsageError for an unknown format and
    ContractError where the folder cannot be written.
    """
    rendered = {name: render(run_result, name) for name in formats}
    written = {}
    for name, text in rendered.items():
        written[name] = directory / FILES[name]
        documents.write(written[name], text)
    return written
