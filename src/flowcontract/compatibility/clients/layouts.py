"""Which generator made a local client: its module, its driver and how strict it is, by the files that it has."""

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_DEPTH = 3
"""Levels of folders in which a package is looked for: `src/harbor_client/client.py`."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a generator's clients have in common."""

    generator: str
    files: frozenset[str]
    """Files in the package by which it is recognized."""
    driver: str
    consumer: str
    """How strict its clients are: a consumer or traits, as `diff --consumer` takes them."""


LAYOUTS = (
    Layout(
        "openapi-generator",
        frozenset({"__init__.py", "api_client.py", "configuration.py"}),
        "openapi_generator_python.py",
        "python",
    ),
    Layout(
        "openapi-python-client",
        frozenset({"__init__.py", "client.py", "types.py", "api/__init__.py"}),
        "openapi_python_client.py",
        "closed-enums,requires-fields,requires-nullable,checks-formats",
    ),
)


def recognized(client: Path) -> tuple[str, Layout] | None:
    """The module of a folder or a wheel, and its layout; None where no generator is recognized."""
    names = frozenset(_names(client))
    for folder in sorted({str(PurePosixPath(name).parent) for name in names}):
        for layout in LAYOUTS:
            if {f"{folder}/{name}" for name in layout.files} <= names:
                return PurePosixPath(folder).name, layout
    return None


def _names(client: Path) -> Iterable[str]:
    if client.is_dir():
        patterns = ("/".join(["*"] * depth) for depth in range(2, _DEPTH + 2))
        return (path.relative_to(client).as_posix() for each in patterns for path in client.glob(each + ".py"))
    if not zipfile.is_zipfile(client):
        return ()
    with zipfile.ZipFile(client) as wheel:
        return wheel.namelist()
