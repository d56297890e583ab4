"""Which contract is meant where none is named: the configuration, else the document of the current folder."""

import re
from pathlib import Path

CONFIGURATION = "flowcontract.toml"
_FOLDERS = ("", "spec", "docs")
_NAMES = ("openapi.yaml", "openapi.yml", "openapi.json")

_IS_DOCUMENT = re.compile(rb"""(?:^(?:\xef\xbb\xbf)?["']?openapi["']?|"openapi")\s*:\s*["']?3\.""", re.M)
"""The version of a document: a key at the beginning of a line of YAML, anywhere in JSON."""
_SUFFIXES = (".yaml", ".yml", ".json")
_LARGEST = 20_000_000
"""Bytes of the largest file that is read to find a document."""


def document_in(folder: Path) -> Path | None:
    """`openapi.yaml` or `openapi.json` in a folder, or in its `spec/` or `docs/`; None where there is none."""
    paths = [folder / below / name for below in _FOLDERS for name in _NAMES]
    return next((path for path in paths if path.is_file()), None)


def any_document_in(folder: Path) -> Path | None:
    """The OpenAPI document of a folder under any name, or of its `spec/` or `docs/`; None where there is none."""
    below = (path for name in _FOLDERS for path in sorted((folder / name).glob("*")) if path.suffix in _SUFFIXES)
    small = (path for path in below if path.is_file() and path.stat().st_size <= _LARGEST)
    return next((path for path in small if _IS_DOCUMENT.search(path.read_bytes())), None)


def configuration_of(folder: Path) -> Path | None:
    """The configuration file of a folder, or of the repository that it belongs to.

    Outside of a repository only the folder itself counts: a file further up could be anybody's.
    """
    folders = [folder, *folder.parents]
    root = next((index for index, each in enumerate(folders) if (each / ".git").exists()), 0)
    for each in folders[: root + 1]:
        if (each / CONFIGURATION).is_file():
            return each / CONFIGURATION
        project = each / "pyproject.toml"
        if project.is_file() and _may_configure(project):
            return project
    return None


def _may_configure(project: Path) -> bool:
    """Whether a `pyproject.toml` has a table of ours; also for one that cannot be read: its reader says why."""
    try:
        return b"[tool.flowcontract" in project.read_bytes()
    except OSError:
        return True
