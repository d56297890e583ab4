"""What was once read from a document, kept on disk for the next start.

An entry is found by a hash of the document's bytes and of what reads them (our own modules), so one that is stale is
never found. It is JSON behind a hash of itself: what is damaged, cut off or not ours is not read, and made again.
Entries are written beside their place and renamed into it, so that processes that write one at once cannot mix, and
where nothing can be written nothing is kept. A folder that others may write to is not used at all: what lies in it
would decide what is served.
"""

import contextlib
import os
import stat
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import orjson

VARIABLE = "FLOWCONTRACT_CACHE"
"""Names the folder; empty: nothing is kept. Where it is not set, it is the user's folder for such things."""
MOST = 200
"""Entries that are kept; past that the oldest go."""
_SHARED = 1000
"""Parts that may be written more than once, beside as many as there are: aliases can name one a million times."""
_SUFFIX = ".json"
_Value = TypeVar("_Value")


def cached(kind: str, data: bytes, make: Callable[[], _Value]) -> _Value:
    """What `make` makes of `data`, from disk where it was made before.

    `kind` says what is made; the value is of JSON's types, and shares few of its parts: any other is made each time.
    Raises what `make` raises, which is not kept.
    """
    kept_in = folder()
    if kept_in is None:
        return make()
    name = blake2b(data, digest_size=16, person=kind.encode()[:16], key=_reader()).hexdigest()
    path = kept_in / f"{kind}-{name}{_SUFFIX}"
    found: _Value | None = _read(path)
    if found is not None:
        return found
    value = make()
    _write(path, value)
    return value


def folder() -> Path | None:
    """Where entries are kept, made where it is not there; None where none can be."""
    named = os.environ.get(VARIABLE)
    if named == "":
        return None
    if named is None:
        import platformdirs

        named = platformdirs.user_cache_dir("flowcontract", appauthor=False)
    found = Path(named)
    try:
        found.mkdir(mode=0o700, parents=True, exist_ok=True)
        return found if _is_ours(found.stat()) else None
    except OSError:
        return None


def _is_ours(found: os.stat_result) -> bool:
    """Whether no other user may write there. Windows separates the folders of users by other means."""
    if not hasattr(os, "geteuid"):
        return True
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


@cache
def _reader() -> bytes:
    """Tells this version of us from any other: names, sizes and times of our files, and of the schemas' compiler's."""
    import jsonschema_rs

    folders = (Path(__file__).parent, Path(jsonschema_rs.__file__).parent)
    files = [file for folder in folders for file in os.scandir(folder) if file.is_file()]
    seen = sorted((file.path, file.stat().st_size, file.stat().st_mtime_ns) for file in files)
    return blake2b(repr(seen).encode(), digest_size=32).digest()


def _read(path: Path) -> Any:
    """An entry's value; None where there is none that is whole."""
    try:
        content = path.read_bytes()
        checksum, _, payload = content.partition(b"\n")
        return orjson.loads(payload) if checksum == _checksum(payload) else None
    except (OSError, ValueError):
        return None


def _write(path: Path, value: Any) -> None:
    """Write an entry whole or not at all; that it cannot be written is nobody's trouble."""
    if value is None or not _is_writable(value):
        return
    import tempfile

    temporary = ""
    try:
        payload = orjson.dumps(value)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
        with os.fdopen(handle, "wb") as file:
            file.write(_checksum(payload) + b"\n" + payload)
        os.replace(temporary, path)  # noqa: PTH105
        _forget_oldest(path.parent)
    except (OSError, TypeError, RecursionError):  # TypeError: orjson's, for what JSON cannot say.
        with contextlib.suppress(OSError):
            if temporary:
                os.unlink(temporary)  # noqa: PTH108


def _forget_oldest(folder: Path) -> None:
    """Keep the newest entries. Another process may take one away first."""
    entries = []
    with os.scandir(folder) as found:
        for each in found:
            if each.name.endswith(_SUFFIX):
                with contextlib.suppress(FileNotFoundError):
                    entries.append((each.stat().st_mtime_ns, each.path))
    for _, path in sorted(entries)[:-MOST]:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)  # noqa: PTH108


def _is_writable(value: Any) -> bool:
    """Whether it can be written out: what YAML's aliases share is then written as often as it is named."""
    distinct: set[int] = set()
    written = 0
    pending = [value]
    while pending:
        node = pending.pop()
        if isinstance(node, dict | list):
            distinct.add(id(node))
            written += 1
            if written > 2 * len(distinct) + _SHARED:
                return False
            pending += node.values() if isinstance(node, dict) else node
    return True


def _checksum(payload: bytes) -> bytes:
    return blake2b(payload, digest_size=16).hexdigest().encode()
