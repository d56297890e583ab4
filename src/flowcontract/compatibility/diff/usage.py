"""Which operations a program calls, read from its sources or from a list."""

import re
from collections.abc import Iterator
from pathlib import Path

from flowcontract.errors import UsageError
from flowcontract.openapi.contract import Contract

_MOST = 2_000_000
"""Bytes of the largest file that is read."""
_IDENTIFIER = re.compile(r"[A-Za-z_][\w-]*")
_PATH = re.compile(r"/[\w./{}$:~-]*")
_PARAMETER = re.compile(r"\$?\{[^{}]*\}|:\w+")


def operations_used(contract: Contract, source: Path) -> frozenset[str]:
    """The IDs of the operations of a contract that a program calls: a folder of sources, or a file with a list.

    An operation is called where its ID occurs as an identifier in any spelling (`listShips`, `list_ships`), or its path
    as a text. Raises UsageError where none is.
    """
    if not source.exists():
        raise UsageError(
            f"expected a file or a folder, got {str(source)!r}.", do="Pass the folder with the sources of your client."
        )
    identifiers, paths = set[str](), set[str]()
    for text in _texts(source):
        identifiers |= {_plain(found) for found in _IDENTIFIER.findall(text)}
        paths |= {_template(found) for found in _PATH.findall(text)}
    used = frozenset(
        one.id
        for one in contract.operations.values()
        if _plain(one.id) in identifiers or {_template(one.path), _template(one.base_path + one.path)} & paths
    )
    if not used:
        raise UsageError(
            f"expected calls of operations of {contract.name} in {source}, found none.",
            do="Pass the folder with the program's sources, or a file with operation IDs.",
        )
    return used


def _texts(source: Path) -> Iterator[str]:
    files = [source] if source.is_file() else sorted(path for path in source.rglob("*") if path.is_file())
    for path in files:
        if path.stat().st_size <= _MOST:
            content = path.read_bytes()
            if b"\0" not in content:
                yield content.decode("utf-8", "replace")


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _template(path: str) -> str:
    return _PARAMETER.sub("{}", path)
