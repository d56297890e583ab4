"""Reports: one run result in the formats that people and tools read. A report makes no decisions of its own.

A format is a module with `render(run_result) -> str`, imported on first use to keep the start-up time low.
"""

from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from flowcontract.errors import UsageError
from flowcontract.http.redaction import Redactor
from flowcontract.openapi import documents

if TYPE_CHECKING:  # The help of a command that writes reports names the formats alone.
    from flowcontract.checks.findings import RunResult

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
"""Each format (also the name of its module) and the name of its file."""
ALL: tuple[str, ...] = tuple(FILES)


def render(run_result: "RunResult", name: str) -> str:
    """A run result as text; the same result always yields the same text. Raises UsageError for an unknown format."""
    if name not in FILES:
        raise UsageError(f"unknown report format {name!r}.", do=f"Choose from: {', '.join(ALL)}.")
    text: str = import_module(f"{__name__}.{name}").render(run_result)
    return text


def require_writable(directory: Path, formats: Iterable[str] = ALL) -> None:
    """Check that the files of these formats can be written to a folder. Raises ContractError if not."""
    for name in formats:
        documents.require_writable(directory / FILES[name])


def write(
    run_result: "RunResult", directory: Path, formats: Iterable[str] = ALL, *, show_secrets: bool = False
) -> dict[str, Path]:
    """Write a run result to a folder, created if necessary; returns the file of each format.

    Secrets of the server are left out (`show_secrets`: kept), and only the owner may read the files.
    Everything is rendered before the first file is written. Raises UsageError for an unknown format and
    ContractError if the folder cannot be written.
    """
    run_result = Redactor(show_secrets=show_secrets).value(run_result)
    rendered = {name: render(run_result, name) for name in formats}
    written = {}
    for name, text in rendered.items():
        written[name] = directory / FILES[name]
        documents.write(written[name], text, private=True)
    return written
