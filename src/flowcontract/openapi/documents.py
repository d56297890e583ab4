"""Read and write YAML and JSON documents the one way the project does it.

OpenAPI asks for YAML 1.2 restricted to JSON's types: `no` is a string, dates are strings, keys are strings.
"""

import contextlib
import errno
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from flowcontract.errors import ContractError
from flowcontract.openapi import cache

MAX_DEPTH = 10_000
"""Levels of a document that are parsed."""


def parse(text: str | bytes, name: str) -> Any:
    """Parse YAML (or JSON, its subset); `name` is what the error calls the source.

    Raises ContractError with line and column for what is no YAML.
    """
    from flowcontract.openapi import yaml12

    try:
        _require_shallow(text)
        return _with_string_keys(_json(text) or yaml12.load(text), {})
    except (yaml12.Invalid, UnicodeDecodeError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or (str(error).splitlines() or [type(error).__name__])[0]
        raise ContractError(f"{name} is no valid YAML{where}: {problem}.", do="Mend the file.") from error


def _json(text: str | bytes) -> Any:
    """A JSON document's value; None for any other. Its own parser reads it thirty times as fast as one of YAML."""
    if text[:1] not in ("{", b"{"):
        return None
    try:
        return json.loads(text, parse_constant=_refuse)
    except ValueError:  # What is wrong with it, the parser of YAML says better; and it may be a mapping of YAML's.
        return None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def read(path: Path) -> Any:
    """Read a YAML or JSON file; raises ContractError where it is missing, unreadable or invalid."""
    text = content(path)
    return cache.kept("document", text, lambda: parse(text, str(path)))


def content(path: Path) -> bytes:
    """The bytes of a file; raises ContractError where it is missing or unreadable."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ContractError(f"there is no file {path}.", do="Check the path.") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name.
        reason = getattr(error, "strerror", None) or error
        raise ContractError(f"{path} cannot be read: {reason}.", do="Check the path and its rights.") from error


def dump(document: Any) -> str:
    """Write a document as YAML, the same text for the same document every time."""
    from flowcontract.openapi import yaml12

    return yaml12.dump(document)


def dump_json(document: Any) -> str:
    """Write a document as readable JSON, the same text for the same document every time."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def make_folder(path: Path) -> None:
    """Make a folder where there is none. Raises ContractError where it cannot be made."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name.
        reason = getattr(error, "strerror", None) or error
        raise ContractError(f"the folder {path} cannot be made: {reason}.", do="Choose another folder.") from error


def require_writable(path: Path) -> None:
    """See that a file can be written, before what would be lost is made. Nothing is left behind, no folder either.

    Raises ContractError where it cannot.
    """
    import tempfile

    missing = list(_missing(path.parent))
    make_folder(path.parent)
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if path.is_file() or not path.exists():  # A device or a pipe is written to as it is.
            path = path.resolve()
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            os.close(handle)
            os.unlink(temporary)  # noqa: PTH108
    except (OSError, RuntimeError, ValueError) as error:
        raise _unwritable(path, error) from error
    finally:
        for folder in missing:
            with contextlib.suppress(OSError):  # Somebody else has put something there meanwhile.
                folder.rmdir()


def _missing(folder: Path) -> Iterator[Path]:
    """The folders that are not there, from this one up. What cannot even be asked for is told when it is made."""
    with contextlib.suppress(OSError, ValueError):
        while not folder.exists():
            yield folder
            folder = folder.parent


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all: to a temporary file beside it, then renamed.

    A link stays a link to what is then written; a device or a pipe is written to as it is. Raises ContractError where
    it cannot be written; what was at `path` is then as it was.
    """
    import tempfile

    temporary = ""
    try:
        path = path.resolve()
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_text(text, encoding="utf-8", newline="\n")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        os.chmod(temporary, mode)  # noqa: PTH101
        os.replace(temporary, path)  # noqa: PTH105
    except (OSError, RuntimeError, ValueError) as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: Exception) -> ContractError:
    """RuntimeError: links that lead to each other; ValueError: a NUL in the name."""
    reason = getattr(error, "strerror", None) or error
    return ContractError(f"{path} cannot be written: {reason}.", do="Choose another file or folder.")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _require_shallow(text: str | bytes) -> None:
    """Refuse what is nested so deep that the parser, which calls itself, would run out of stack."""
    plain = text if isinstance(text, str) else text.decode("latin-1")
    deep = 0
    for sign in re.findall(r"[\[{\]}]", plain):
        deep = deep + 1 if sign in "[{" else max(deep - 1, 0)
        if deep > MAX_DEPTH:
            break
    if deep > MAX_DEPTH or re.search(rf"(?:[-?:][ ]){{{MAX_DEPTH}}}", plain):
        raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")


def _with_string_keys(node: Any, done: dict[int, Any]) -> Any:
    """Copy a parsed document; what YAML aliases share stays shared, so that aliases of aliases stay small."""
    if not isinstance(node, Mapping | list):
        return node
    if id(node) not in done:
        done[id(node)] = None
        if isinstance(node, list):
            done[id(node)] = [_with_string_keys(item, done) for item in node]
        else:
            done[id(node)] = {
                key if isinstance(key, str) else _key(key): _with_string_keys(value, done)
                for key, value in node.items()
            }
    elif done[id(node)] is None:
        raise ValueError("an alias stands in what it refers to")
    return done[id(node)]


def _key(key: Any) -> str:
    """A status such as 200 is a string in OpenAPI, however YAML read it."""
    return json.dumps(key) if isinstance(key, bool | int | float) or key is None else str(key)


def lines(text: str) -> dict[str, int]:
    """Map each JSON Pointer of a YAML text to the line (from 1) on which its key stands."""
    return cache.kept("lines", text.encode("utf-8", "surrogatepass"), lambda: dict(_lines(text)))


def _lines(text: str) -> Iterator[tuple[str, int]]:
    from flowcontract.openapi import pointers, yaml12

    yield "", 1
    pending = [("", yaml12.compose(text))]
    while pending:
        pointer, node = pending.pop()
        for key, line, value in yaml12.parts(node):
            place = pointer + pointers.join(key)
            yield place, line
            pending.append((place, value))
